"""The playground of a real, running service, and what a person does in it: `left.opens("納期")`, `left.presses("担当する")`."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright

from server.store import embedded
from tests import chromium
from tests.e2e import axe

ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = ROOT / "var" / "screenshots"
PATIENCE_MS: Final = 30_000  # a machine that runs other things besides is slow to draw
READING_SECONDS: Final = 240.0


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_service(data: Path, port: int = 0) -> Iterator[str]:
    """`sobani run` on this port, else a free one, with data of its own; brings the public address."""
    port = port or free_port()
    wishes = {"PORT": str(port), "SOBANI_DATA": str(data), "SOBANI_PLAYGROUND": "on", "SOBANI_LOG_LEVEL": "warning"}
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("SOBANI_") and name != "REDIS_URL"
    }
    with (data / "service.log").open("w") as log:
        service = subprocess.Popen(
            [sys.executable, "-m", "server", "run"],
            cwd=ROOT,
            env=inherited | wishes,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert service.stdout is not None
            address = service.stdout.readline().strip()
            assert address == f"http://127.0.0.1:{port}/playground", (data / "service.log").read_text()
            yield address.removesuffix("/playground")
        finally:
            service.terminate()
            service.communicate(timeout=30)


class Service:
    """A running service for many tests. It can be made as new in a third of the time that another one takes."""

    def __init__(self, data: Path) -> None:
        """Waits until the worker has read the mails that the playground begins with."""
        self._data = data
        self._port = free_port()
        self._life = ExitStack()
        self._is_new = True
        self.store = embedded.address(data)
        self.address = self._life.enter_context(running_service(data, self._port))
        with redis.Redis.from_url(self.store) as client:
            until = time.monotonic() + READING_SECONDS
            while any(client.xlen(jobs) for jobs in client.scan_iter("*:jobs", count=10_000)):
                assert time.monotonic() < until, "the mails are not read"
                time.sleep(0.1)
            names = list(client.scan_iter(count=10_000))
            with client.pipeline() as pipe:
                for name in names:
                    pipe.pttl(name)
                    pipe.dump(name)
                found = pipe.execute()
        self._kept = list(zip(names, found[::2], found[1::2], strict=True))

    def is_as_new(self) -> None:
        """Puts everything back as it was when the mails had been read: what is in the store, and the mailboxes that the service holds."""
        if not self._is_new:
            with redis.Redis.from_url(self.store) as client, client.pipeline() as pipe:
                pipe.flushall()
                for name, lasts, value in self._kept:
                    if value is not None:
                        pipe.restore(name, max(lasts, 0), value)
                pipe.execute()
            self._life.close()
            self._life.enter_context(running_service(self._data, self._port))
        self._is_new = False

    def stop(self) -> None:
        """Ends it."""
        self._life.close()


@contextmanager
def real_browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    path = chromium.find()
    assert path is not None, "no Chromium: `python -m tests.chromium` installs one"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-site-isolation-trials"]
        )
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two mail clients. `card` is where its sidebar draws."""

    page: Page
    name: str  # "gmail" | "outlook"

    @property
    def client(self) -> Locator:
        """The whole half of the page."""
        return self.page.locator(f"#{self.name}")

    @property
    def card(self) -> Locator:
        """The sidebar's cards."""
        if self.name == "gmail":
            return self.client.locator(".panel-cards")
        return self.frame.locator("#card")

    @property
    def everywhere(self) -> Locator:
        """The cards and what opens over them."""
        return self.client if self.name == "gmail" else self.frame.locator("body")

    @property
    def frame(self) -> FrameLocator:
        """Outlook's task pane."""
        return self.client.frame_locator(".client-panel iframe")

    def signs_in(self, person: str) -> None:
        """Another account from the list."""
        choice = self.client.locator(".account option", has_text=person).get_attribute("value")
        self.client.locator(".account select").select_option(choice)

    def opens(self, subject: str) -> None:
        """The newest mail of this subject."""
        self.client.locator(".mail-list button", has_text=subject).first.click()
        expect(self.client.locator(".mail-reading h3").first).to_contain_text(subject)
        self.settles()

    def opens_received(self, subject: str) -> None:
        """The customer's mail of this subject that lay in the mailbox from the start, whatever has come in its thread since."""
        rows = self.client.locator(".mail-list button:not([data-key^='new/'])", has_text=subject)
        rows.first.click()
        expect(self.client.locator(".mail-reading h3").first).to_contain_text(subject)
        self.settles()

    def chooses(self, line: str) -> None:
        """A line of the add-on's own menu in Gmail."""
        self.client.get_by_role("button", name="アドオンのメニュー").click()
        self.client.get_by_role("menuitem", name=line).click()
        self.settles()

    def takes_away(self, permission: str) -> None:
        """A permission that the agent had granted the add-on in Gmail."""
        self.chooses("アドオンの許可")
        self.client.get_by_label(permission).uncheck()
        self.client.get_by_role("button", name="反映する").click()
        self.settles()

    def closes_the_mail(self) -> None:
        """Back to the list alone."""
        self.client.locator(".reading-tools .icon-button").click()
        expect(self.client.locator(".mail-reading")).to_be_hidden()
        self.settles()

    @property
    def window(self) -> Locator:
        """The window in which a mail is written."""
        return self.client.locator(".compose")

    @property
    def window_frame(self) -> FrameLocator:
        """Outlook's task pane in that window."""
        return self.window.frame_locator(".pane-frame")

    def replies_by_itself(self, everyone: bool = False) -> None:
        """The client's own button, which asks nobody."""
        self.client.locator(".reading-actions button").nth(1 if everyone else 0).click()
        expect(self.window).to_be_visible()

    def writes(self, text: str) -> None:
        """At the cursor of the window, where one begins to write."""
        box = self.window.locator(".compose-text")
        box.focus()
        self.page.keyboard.insert_text(text)
        expect(box).to_have_value(re.compile(re.escape(text)))

    def sends(self) -> None:
        """The window's own button; the window goes."""
        self.presses_send()
        expect(self.window).to_have_count(0)

    def presses_send(self) -> None:
        """The window's own button, whatever comes of it."""
        self.window.locator(".compose-buttons > .primary").click()

    def shares(self) -> None:
        """The open mail in the other client, too."""
        self.client.locator(".share").click()

    def settles(self) -> None:
        """Waits until the sidebar has answered."""
        if self.name == "gmail":
            expect(self.client.locator(".client-panel")).to_have_attribute("aria-busy", "false")
        else:
            expect(self.card).to_have_attribute("aria-busy", "false")

    def presses(self, verb: str) -> None:
        """A button of the card, from the menu if it lies there."""
        button = self.card.get_by_role("button", name=verb, exact=True).filter(visible=True)
        if button.count() == 0:
            self.card.get_by_text("⋯", exact=True).filter(visible=True).first.click()
            entry = self.everywhere.get_by_role("menuitem", name=verb, exact=True)
            button = entry.or_(button).filter(visible=True)
        button.first.click()
        self.settles()

    def types(self, label: str, text: str) -> None:
        """Into a field of the card."""
        self.card.get_by_label(label).fill(text)

    def shows(self, *texts: str) -> None:
        """Waits until the card has these texts."""
        for text in texts:
            expect(self.card).to_contain_text(text)


@dataclass(frozen=True, slots=True)
class Playground:
    """The page with both clients."""

    page: Page
    left: Side
    right: Side


def open_playground(
    browser: Browser, url: str, *, language: str = "ja", theme: str = "light", size: tuple[int, int] = (1440, 900)
) -> Playground:
    """The page as somebody sees it who comes for the first time, in this language and theme."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="ja-JP", timezone_id="Asia/Tokyo")
    page.add_init_script(
        f'localStorage.setItem("sobani-playground", \'{{"language":"{language}","theme":"{theme}"}}\');'
        "window.violations = [];"
        "document.addEventListener('securitypolicyviolation', (event) =>"
        " window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));"
    )
    page.goto(f"{url}/playground/")
    found = Playground(page, Side(page, "gmail"), Side(page, "outlook"))
    for side in (found.left, found.right):
        side.settles()
    return found


def photograph(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong, on the page and in its frames; the one of the event bundle nobody sees."""
    seen = [frame for frame in page.frames if not frame.url.endswith("/outlook/events.html")]
    return [line for frame in seen for line in axe.complaints(frame)]

"""What Outlook's task pane loads, and how long an agent waits for its first card: real Chromium, office.js, msal, service and store."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from email import message_from_string
from email.policy import default
from typing import Final
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import BrowserContext

from tests.bench import opening
from tests.bench.browser import EMPTY, browser
from tests.bench.clients import SECONDS
from tests.bench.figures import Figure, high, middle
from tests.bench.world import Agent, Copy, Letter, World, settle
from tests.e2e.outlook import BRIDGE, OUTLOOK, SERVICE, OutlookMail, granted

PANE: Final = f"{SERVICE}/outlook/pane"
ICONS: Final = f"{SERVICE}/icons/"
LONGEST_MS: Final = 60_000  # the first open, with nothing in the cache, on a machine that does other things besides

# Outlook's page is told the times and hands them on: whoever asks the frame for them takes its time away.
_STOPWATCH: Final = """
if (location.origin === OUTLOOK) {
    window.times = new Promise((resolve) => addEventListener("message", ({ data }) => {
        const { times } = JSON.parse(data);
        if (times) resolve(times);
    }));
} else {
    const times = { office: 0, card: 0 };
    const tell = () => {
        const all = performance.getEntriesByType("resource");
        const ours = all.filter(({ name, initiatorType }) => initiatorType !== "fetch" && new URL(name).origin === location.origin);
        const question = all.find(({ name }) => name.endsWith("/outlook/open"));
        times.service = question ? question.responseEnd - question.startTime : 0;
        times.loaded = [location.href, ...ours.map(({ name }) => name)];
        times.seen = document.body.innerText;
        parent.postMessage(JSON.stringify({ times }), "*");
    };
    const look = (card) => new MutationObserver((_, observer) => {
        if (card.childElementCount > 0 && card.getAttribute("aria-busy") === "false") {
            times.card = performance.now();
            observer.disconnect();
            setTimeout(tell, 100); // what the browser notes of the question comes a moment later
        }
    }).observe(card, { childList: true, attributes: true });
    addEventListener("DOMContentLoaded", () => {
        const card = document.getElementById("card");
        if (card) look(card);
        Office.onReady(() => {
            times.office = performance.now();
            if (!card) tell();
        });
    });
    setTimeout(tell, LONGEST);
}
"""


class Times(msgspec.Struct, frozen=True):
    """What happened in an add-in's frame, in milliseconds since its navigation began; 0 for what did not."""

    office: float  # its own script was there and office.js ready
    card: float  # drawn
    service: float  # what the answer with the card took by itself
    loaded: tuple[str, ...]  # from its own origin
    seen: str


def measure(world: World, *, opens: int) -> Iterator[Figure]:
    """Give the pane's bytes, and how long an agent waits for a full card who opens the pane, beside what any add-in takes."""
    panes: list[Times] = []
    empties: list[Times] = []
    with world.valkey() as valkey:
        store, workspace = settle(valkey.url)
        with world.copy(valkey.url) as other:
            agent = opening.a_full_card(world, store, workspace, other.port)
        with world.copy(valkey.url, public_url=SERVICE) as copy, browser(world.folder, copy.port) as context:
            window = Window(context, agent.agent, _as_outlook_has(agent.letter))
            window.opens(PANE), window.opens(EMPTY)  # from now on the scripts are in the browser's cache
            for _ in range(opens):
                # In turns, so that whatever else the machine does falls on both.
                panes.append(window.opens(PANE))
                empties.append(window.opens(EMPTY))
            icons = {url for url in panes[0].loaded if url.startswith(ICONS)}
            yield Figure("pane.kb", _kilobytes(copy, set(panes[0].loaded) - icons), "kB gzip")
            yield Figure("pane.icons_kb", _kilobytes(copy, icons), "kB, a full card's")
    cards = [pane.card for pane in panes]
    yield Figure("pane.first_card_ms", middle(cards), "ms, median")
    yield Figure("pane.first_card_p90_ms", high(cards, 90), "ms")
    yield Figure("pane.first_card_office_ms", middle([pane.office for pane in panes]), "ms until ready")
    yield Figure("pane.first_card_service_ms", middle([pane.service for pane in panes]), "ms of answering")
    yield Figure("pane.office_js_ms", middle([empty.office for empty in empties]), "ms, empty page")
    ratios = [pane.card / empty.office for pane, empty in zip(panes, empties, strict=True)]
    yield Figure("pane.first_card_over_office_js", middle(ratios), "times")


class Window:
    """Outlook on the web, where an agent has a mail open."""

    def __init__(self, context: BrowserContext, agent: Agent, mail: OutlookMail) -> None:
        self._context = context
        self._agent = agent
        self._mail = mail

    def opens(self, add_in: str) -> Times:
        """Open an add-in beside the mail. Raises RuntimeError when it does not get on."""
        page = self._context.new_page()
        for script in self._scripts(add_in):
            page.add_init_script(script)
        page.goto(OUTLOOK)
        told = page.evaluate("mail => { host.open(mail); return times; }", self._mail.wire())
        page.close()
        times = msgspec.convert(told, Times)
        if not times.office or (add_in == PANE and not times.card):
            raise RuntimeError(f"{add_in} shows nothing: {times}")
        return times

    def _scripts(self, add_in: str) -> tuple[str, ...]:
        setting = {
            "origin": OUTLOOK,
            "pane": add_in,
            "locale": "ja-JP",
            "sets": {"Mailbox": "1.13", "NestedAppAuth": "1.1"},
            "profile": {"email": self._agent.email, "name": self._agent.name},
        }
        token = json.dumps(granted(self._agent.entra_token, self._agent.email))
        outlook = json.dumps(OUTLOOK)
        return (
            f"if (location.origin === {outlook}) window.name = {json.dumps(json.dumps(setting))};",
            f"window.tokenFor = async () => {json.dumps(token)};",
            BRIDGE.replace("SERVICE", json.dumps(SERVICE)),
            _STOPWATCH.replace("OUTLOOK", outlook).replace("LONGEST", str(LONGEST_MS)),
        )


def _as_outlook_has(letter: Letter) -> OutlookMail:
    headers = str(letter.item["headers"])
    parsed = message_from_string(headers, policy=default)
    sender = parsed["From"].addresses[0]
    return OutlookMail(
        itemId=str(letter.item["itemId"]),
        messageId=parsed["Message-ID"],
        subject=parsed["Subject"],
        text=str(letter.item["text"]),
        headers=headers,
        date=parsed["Date"].datetime.isoformat(),
        sender={"address": sender.addr_spec, "name": sender.display_name},
    )


def _kilobytes(copy: Copy, urls: set[str]) -> float:
    """Ask the service for these, as a browser does; what it sends, in thousands of bytes."""
    size = 0
    with closing(http.client.HTTPConnection("127.0.0.1", copy.port, timeout=SECONDS)) as connection:
        for url in map(urlsplit, urls):
            connection.request("GET", f"{url.path}?{url.query}", headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            size += len(answer.read())
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{answer.status} for {url.path}")
    return size / 1000

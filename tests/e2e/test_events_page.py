"""The event bundle as browsers run it: in events.html, with Microsoft's own office.js and msal in a real Chromium, inside a simulated Outlook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from tests.e2e.outlook import SERVICE, Outlook, OutlookDraft, access_token, granted, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STOP = {"verdict": "stop", "message": "佐藤さんが 3分前から対応中です。"}

UNHURRIED = """
if (location.pathname === "/outlook/events.html") {
    const wait = window.setTimeout.bind(window), now = Date.now, begun = now();
    window.setTimeout = (then, ms, ...more) => wait(then, ms >= 300 ? ms * 5 : ms, ...more);
    Date.now = () => begun + (now() - begun) / 5;
}
"""
"""The bundle gives up after some seconds, and a busy machine may need more of them to load it: its time passes more slowly here."""


class ComposeWindow(Outlook):
    """A mail being written, with the bundle's page beside it, out of sight, instead of the pane."""

    def _serve(self, route: Route, path: str) -> None:
        if path == "/outlook/events.html":
            body, headers = self.pane.events_page()
            route.fulfill(body=body, headers=headers)
        elif path in ("/outlook/events.js", "/outlook/naa.js"):
            asset = self.pane.asset(path.rpartition("/")[2])
            assert asset is not None
            route.fulfill(body=asset.body, headers=asset.headers())
        else:
            super()._serve(route, path)

    def begin(self, draft: OutlookDraft) -> None:
        """Opens the window; returns once office.js has asked for events."""
        self.page.evaluate(
            """([draft, page]) => {
                window.heard = [];
                const before = answered;
                answered = (request) => { heard.push(request._data); return before(request); };
                host.mail = draft;
                frame.name = JSON.stringify({ hostInfo: `outlook|web|16.01|${locale}|telemetry`, xdmInfo: `${conversation}|app1|${origin}`, serializerVersion: 1 });
                frame.src = page;
                document.body.append(frame);
            }""",
            [draft.wire(), f"{SERVICE}/outlook/events.html"],
        )
        self._until(lambda: bool(self.host("registered.has('appCommandInvoked')")), "office.js asks for no events")

    def fire(self, function: str) -> None:
        """Outlook calls a function of the manifest."""
        self.page.evaluate("name => tell('appCommandInvoked', ['event1', name, '{}'])", function)

    def completions(self) -> list[dict[str, Any]]:
        """What the events were completed with, once there is one."""

        def heard() -> list[list[Any]]:
            found: list[list[Any]] = self.page.evaluate(
                "heard.filter((data) => data?.DdaMethod?.DispatchId === 94).map((data) => [data[0], data[1], data[2]])"
            )
            return found

        self._until(lambda: bool(heard()), "the event is not completed")
        self.page.wait_for_timeout(200)
        assert all(call[:2] == ["event1", 0] for call in heard())
        return [json.loads(data)["completedContext"] for _, _, data in heard()]


@pytest.fixture
def outlook(browser: Browser) -> Iterator[ComposeWindow]:
    context: BrowserContext = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
    context.add_init_script(UNHURRIED)
    yield ComposeWindow(context, sets={"Mailbox": "1.15", "NestedAppAuth": "1.1"})
    context.close()


def test_a_second_reply_is_stopped_with_the_name_and_the_way_out(outlook: ComposeWindow) -> None:
    outlook.service = lambda asked: asked.answer(STOP)
    outlook.begin(OutlookDraft())
    outlook.fire("onMessageSend")
    assert outlook.completions() == [
        {
            "allowEvent": False,
            "errorMessage": STOP["message"],
            "commandId": "SobaniComposePane",
            "cancelLabel": "Sobani で確認",
        }
    ]
    (asked,) = outlook.asked
    assert asked.path == "/outlook/send"
    assert asked.authorization == f"Bearer {access_token()}"
    assert asked.body == {
        "inReplyTo": "<1@tanaka-shoten.example>",
        "conversationId": "AAQk",
        "to": [{"email": "tanaka@tanaka-shoten.example", "name": "田中 太郎"}],
        "cc": [],
        "bcc": [],
        "subject": "RE: 納期の件",
        "canAsk": True,
        "missed": {},
        "locale": "ja-JP",
    }


def test_a_mail_begun_brings_the_token_and_the_service_is_awake(outlook: ComposeWindow) -> None:
    outlook.service = lambda asked: asked.answer(
        {"verdict": "allow"} if asked.path == "/outlook/send" else {"toast": ""}
    )
    outlook.begin(OutlookDraft())
    outlook.fire("onNewMessageCompose")
    assert outlook.completions() == [{"allowEvent": True}]
    outlook.fire("onMessageSend")
    outlook.wait_asked(2)
    assert [asked.path for asked in outlook.asked] == ["/outlook/compose", "/outlook/send"]
    assert len(outlook.tokens) == 1


def test_what_could_not_be_checked_goes_and_is_kept_in_the_mailbox(outlook: ComposeWindow) -> None:
    outlook.service = lambda asked: asked.answer("", 500)
    outlook.begin(OutlookDraft())
    outlook.fire("onMessageSend")
    assert outlook.completions() == [{"allowEvent": True}]
    heard = json.dumps(outlook.page.evaluate("heard"))
    assert "missed" in heard
    assert "failed" in heard


def test_without_any_token_the_mail_goes(outlook: ComposeWindow) -> None:
    """Outlook refuses its own way, and this host answers nothing to getAccessToken."""
    outlook.token = lambda _method: refused("USER_INTERACTION_REQUIRED")
    outlook.begin(OutlookDraft())
    outlook.fire("onMessageSend")
    assert outlook.completions() == [{"allowEvent": True}]
    assert outlook.asked == []
    assert {method for method, _ in outlook.tokens} == {"GetToken"}, "nobody is asked anything"


def test_the_token_of_another_account_than_the_mailboxs_checks_nothing(outlook: ComposeWindow) -> None:
    """That account's own claim would let a colleague's mail go, or stop the owner's."""
    outlook.begin(OutlookDraft())
    outlook.frame.evaluate("Office.auth = { getAuthContext: async () => ({ userObjectId: 'somebody-else' }) }; 0")
    outlook.fire("onMessageSend")
    assert outlook.completions() == [{"allowEvent": True}]
    assert outlook.asked == []


def test_the_page_violates_no_policy_of_ours(outlook: ComposeWindow) -> None:
    outlook.token = lambda _method: granted(access_token())
    outlook.service = lambda asked: asked.answer(STOP)
    outlook.begin(OutlookDraft())
    outlook.fire("onMessageSend")
    outlook.completions()
    ours = [
        one
        for one in outlook.frame.evaluate("violations")
        if not one["source"].startswith("https://appsforoffice.microsoft.com/")
    ]
    assert ours == []
    assert outlook.console == []

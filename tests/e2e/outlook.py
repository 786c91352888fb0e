"""A simulated Outlook on the web around the real pane: real office.js and real msal in a real Chromium, every other address played here.

Nothing touches the network: Playwright answers for Microsoft's CDN (from npm's copy of office.js), for the host page, and for our service.
What the host says is read from office.js' own source, so this proves our use of office.js, not Outlook itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Frame, Page, Route

from server.hosts.outlook.pane import FOLDER, Pane, PaneConfig
from tests.e2e.axe import complaints

OUTLOOK: Final = "https://outlook.office.com"
SERVICE: Final = "https://desk.aoba.example"
CLIENT_ID: Final = "5b1a9b0e-8a44-4c55-9c0d-2f2f7a1d0001"
TENANT: Final = "3f0c7a52-6f0e-4b0e-9d3c-52a1a7f1c001"
SATO: Final = "0a6f0f9a-1111-4222-8333-444455556666"

OFFICE_JS: Final = FOLDER / "node_modules/@microsoft/office-js/dist"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice")
"""Of axe-core, for the pane."""
ICONS: Final = FOLDER.parents[3] / "cards/icons"
HOST_PAGE: Final = Path(__file__).with_name("outlook_host.html")

_OF_DRAFTS: Final = re.compile(r'(conversationId:(\w+)\("conversationId"\),)(from:\w+\("from"\),internetHeaders:)')

# office.js asks whether these are there, and checks its own arguments and errors with them.
MICROSOFT_AJAX: Final = """
window.Type = Function;
Type.registerNamespace = (name) => { window[name] ??= {}; };
Type.registerClass = () => undefined;
Type.prototype.registerClass = () => undefined;
Function._validateParams = Function._validateParameter = () => null;
for (const kind of ["argument", "argumentNull", "argumentType", "argumentOutOfRange", "invalidOperation", "create"]) {
    Error[kind] = (message) => new Error(message);
}
window.Sys = {
    StringBuilder: function () {},
    Debug: { trace: () => undefined },
    Serialization: { JavaScriptSerializer: { serialize: JSON.stringify, deserialize: JSON.parse } },
};
"""

# As Outlook puts it into the frame; msal finds it there. Asks the test for each token.
BRIDGE: Final = """
if (location.origin === SERVICE) {
    const listeners = [];
    const reply = (envelope) => setTimeout(() => listeners.forEach((listener) => listener(JSON.stringify(envelope))));
    window.nestedAppAuthBridge = {
        addEventListener: (_type, listener) => listeners.push(listener),
        removeEventListener: () => undefined,
        postMessage: async (text) => {
            const { method, requestId, tokenParams } = JSON.parse(text);
            if (method === "GetInitContext") {
                reply({ requestId, success: true, initContext: { sdkName: "test", sdkVersion: "1", capabilities: {} } });
            } else {
                reply({ requestId, ...JSON.parse(await window.tokenFor(method, tokenParams.scope)) });
            }
        },
    };
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push({ directive: event.effectiveDirective, blocked: event.blockedURI, source: event.sourceFile }));
}
"""


@dataclass(frozen=True, slots=True)
class OutlookMail:
    """A mail as Outlook holds it."""

    itemId: str  # noqa: N815 - the name in Office.js
    messageId: str  # noqa: N815 - as above
    subject: str
    text: str = "いつもお世話になっております。"
    headers: str = "From: tanaka@tanaka-shoten.example\r\nSubject: =?utf-8?B??=\r\n"
    date: str = "2026-05-10T01:32:00Z"
    sender: Mapping[str, str] = field(
        default_factory=lambda: {"address": "tanaka@tanaka-shoten.example", "name": "田中 太郎"}
    )
    itemClass: str = "IPM.Note"  # noqa: N815 - as above
    itemType: int = 1  # noqa: N815 - as above; 1 mail, 2 appointment, 3 meeting request

    def wire(self) -> dict[str, Any]:
        """As the host page wants it."""
        mail = asdict(self)
        return mail | {
            "conversationId": "AAQk",
            "from": mail.pop("sender"),
            "to": [{"address": "support@aoba.example", "name": "サポート"}],
            "cc": [],
        }


@dataclass(frozen=True, slots=True)
class OutlookDraft:
    """A mail being written. `body` is HTML with the cursor at `|`."""

    inReplyTo: str | None = "<1@tanaka-shoten.example>"  # noqa: N815 - the name in Office.js
    conversationId: str = "AAQk"  # noqa: N815 - as above
    subject: str = "RE: 納期の件"
    body: str = "|<br><div>-- <br>佐藤</div>"
    to: tuple[Mapping[str, str], ...] = ({"address": "tanaka@tanaka-shoten.example", "name": "田中 太郎"},)
    cc: tuple[Mapping[str, str], ...] = ()
    bcc: tuple[Mapping[str, str], ...] = ()
    itemType: int = 4  # noqa: N815 - as above

    def wire(self) -> dict[str, Any]:
        """As the host page wants it."""
        return asdict(self) | {"draft": True}


@dataclass(slots=True)
class Asked:
    """One question of the pane to the service, and the way to answer it."""

    path: str
    body: dict[str, Any]
    authorization: str
    _route: Route

    @property
    def subject(self) -> str:
        """The subject of the mail it is about, "" for none."""
        about = self.body.get("item") or self.body.get("compose")
        return str(about["subject"]) if about else ""

    def answer(self, answer: Mapping[str, Any] | str, status: int = 200) -> None:
        """Answers it with JSON, or with a text that is none."""
        body = answer if isinstance(answer, str) else json.dumps(answer)
        self._route.fulfill(status=status, body=body, content_type="application/json")

    def drop(self) -> None:
        """Breaks the connection."""
        self._route.abort()


def access_token(name: str = "token1", oid: str = SATO) -> str:
    """Looks like a token to msal; `name` tells one from another."""
    claims = {"oid": oid, "tid": TENANT, "preferred_username": "sato@aoba.example", "name": "佐藤 美咲", "jti": name}
    return ".".join(_part(part) for part in ({"alg": "RS256", "typ": "JWT"}, claims, {"signature": name}))


def granted(token: str, username: str = "sato@aoba.example") -> dict[str, Any]:
    """What the host's bridge says when there is a token."""
    account = {"environment": "login.microsoftonline.com", "homeAccountId": f"{SATO}.{TENANT}", "localAccountId": SATO}
    account |= {"tenantId": TENANT, "username": username, "name": "佐藤 美咲"}
    return {
        "success": True,
        "token": {"access_token": token, "id_token": token, "expires_in": 3600, "scope": "x"},
        "account": account,
    }


def refused(status: str) -> dict[str, Any]:
    """What the bridge says when there is none."""
    return {"success": False, "error": {"status": status, "code": "AADSTS65001", "description": "refused"}}


@cache
def pane() -> Pane:
    """The built pane; to pack its files takes longer than to show it."""
    return Pane(
        PaneConfig(
            client_id=CLIENT_ID,
            authority="https://login.microsoftonline.com/organizations",
            frame_ancestors=(OUTLOOK,),
        )
    )


class Outlook:
    """One Outlook window with the pane in it. Questions wait in `asked` until the test answers them, unless `service` does."""

    def __init__(
        self,
        context: BrowserContext,
        *,
        width: int = 340,
        height: int = 900,
        locale: str = "ja-JP",
        sets: Mapping[str, str] | None = None,
    ) -> None:
        self.asked: list[Asked] = []
        self.waiting: list[Asked] = []
        self.service: Callable[[Asked], None] | None = None
        self.tokens: list[tuple[str, str]] = []
        self.token: Callable[[str], Mapping[str, Any]] = lambda _method: granted(access_token())
        self.console: list[str] = []
        self.pane_client = CLIENT_ID
        self.pane = pane()
        self.page: Page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.expose_function("tokenFor", self._token_for)
        setting = {
            "origin": OUTLOOK,
            "pane": f"{SERVICE}/outlook/pane",
            "locale": locale,
            "sets": sets or {"Mailbox": "1.13", "NestedAppAuth": "1.1"},
            "profile": {"email": "sato@aoba.example", "name": "佐藤 美咲"},
        }
        self.page.add_init_script(
            f"if (location.origin === {json.dumps(OUTLOOK)}) window.name = {json.dumps(json.dumps(setting))};"
        )
        self.page.add_init_script(BRIDGE.replace("SERVICE", json.dumps(SERVICE)))
        self.page.route("**/*", self._route)
        self.page.goto(OUTLOOK)

    def open(self, mail: OutlookMail | OutlookDraft | None) -> None:
        """Opens the pane beside a mail, or in the window of one being written."""
        self.page.evaluate("mail => host.open(mail)", mail and mail.wire())
        self._until(lambda: any(frame.url.startswith(SERVICE) for frame in self.page.frames), "the pane is not open")

    def select(self, mail: OutlookMail | OutlookDraft | None, *, quietly: bool = False) -> None:
        """Selects another mail while the pane is pinned; `quietly`: the client forgets to say so."""
        self.page.evaluate("([mail, quietly]) => host.select(mail, { quietly })", [mail and mail.wire(), quietly])

    def silence(self, *methods: int) -> None:
        """Office calls with these numbers never call back."""
        self.misbehave("silent", *methods)

    def misbehave(self, how: str, *methods: int | str) -> None:
        """Office calls with these numbers are "silent", "failing", "lying" (they do nothing) or "slow" (they do it and say nothing)."""
        self.page.evaluate("([how, methods]) => methods.forEach((method) => host[how].add(method))", [how, methods])

    def host(self, expression: str) -> Any:
        """What the host page knows: `mail`, `forms` (the reply forms opened), `executed` (dispatch ids called)."""
        return self.page.evaluate(f"host.{expression}")

    def wait_waiting(self, count: int = 1) -> Asked:
        """The newest question for changes, once there have been so many."""
        self._until(lambda: len(self.waiting) >= count, f"the pane did not wait {count} times")
        return self.waiting[-1]

    def wait_asked(self, count: int = 1) -> Asked:
        """The newest question, once there are so many."""
        self._until(lambda: len(self.asked) >= count, f"the pane did not ask {count} times")
        return self.asked[-1]

    def complaints(self) -> list[str]:
        """What axe-core finds wrong with the pane, in a line each."""
        return complaints(self.frame, only=RULES)

    @property
    def frame(self) -> Frame:
        """The pane's own window."""
        return next(frame for frame in self.page.frames if frame.url.startswith(SERVICE))

    def _until(self, true: Callable[[], bool], complaint: str) -> None:
        for _ in range(600):
            if true():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{complaint}; {self.console}")

    def _token_for(self, method: str, scope: str) -> str:
        self.tokens.append((method, scope))
        return json.dumps(self.token(method))

    def _route(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        origin = f"{url.scheme}://{url.netloc}"
        if origin == OUTLOOK:
            route.fulfill(body=HOST_PAGE.read_text(), content_type="text/html")
        elif origin == "https://appsforoffice.microsoft.com":
            _office_js(route, OFFICE_JS / url.path.removeprefix("/lib/1/hosted/").lower())
        elif origin == "https://ajax.aspnetcdn.com":
            route.fulfill(body=MICROSOFT_AJAX, content_type="text/javascript")
        elif origin == SERVICE:
            self._serve(route, url.path)
        else:
            route.abort()

    def _serve(self, route: Route, path: str) -> None:
        if path == "/outlook/pane":
            body, headers = self.pane.page()
            route.fulfill(body=body, headers=headers)
        elif path.startswith("/outlook/assets/"):
            asset = self.pane.asset(path.rpartition("/")[2])
            assert asset is not None
            route.fulfill(body=asset.body, headers=asset.headers())
        elif path.startswith("/icons/"):
            route.fulfill(path=ICONS / path.rpartition("/")[2])
        else:
            request = route.request
            authorization = request.headers.get("authorization", "")
            if path == "/outlook/changes":
                query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
                self.waiting.append(Asked(path, query, authorization, route))
                return
            asked = Asked(path, json.loads(request.post_data or ""), authorization, route)
            self.asked.append(asked)
            if self.service is not None:
                self.service(asked)


def _office_js(route: Route, file: Path) -> None:
    """Office.js from npm; it is older than Mailbox 1.14, so `inReplyTo` of drafts is put in as Outlook's own has it."""
    if not file.is_file():
        route.fulfill(status=404)
    elif file.name == "outlook-web-16.01.js":
        route.fulfill(body=_newer(file), content_type="text/javascript")
    else:
        route.fulfill(path=file)


@cache
def _newer(file: Path) -> str:
    text, count = _OF_DRAFTS.subn(r'\1inReplyTo:\2("inReplyTo"),\3', file.read_text())
    assert count == 1, "npm's office.js is another one now"
    return text


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

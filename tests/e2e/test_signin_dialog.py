"""Signing in where Outlook has no nested app authentication: the dialog in a real Chromium, with real msal and a stand-in for Entra.

The desktop's dialog is played with a small stand-in for office.js, since the real one needs Outlook itself; the web's is office.js' own.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.axe import complaints
from tests.e2e.entra import ENTRA, Entra
from tests.e2e.outlook import CLIENT_ID, RULES, SATO, SERVICE, Outlook, OutlookMail, access_token, granted, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DELAY = OutlookMail("AAMk1", "<1@tanaka-shoten.example>", "納期の件")
OLD = {"Mailbox": "1.9", "DialogApi": "1.2", "DialogOrigin": "1.1"}
SIGN_IN = "サインイン"

# What the dialog's page uses of Office; a desktop client's own messages go through Outlook itself. Like the real one it knows of the dialog
# by the first address, and after that by what it kept.
_DESKTOP_OFFICE = """
const host = new URLSearchParams(location.search).get("_host_Info") ?? sessionStorage.getItem("hostInfoValue");
if (host !== null) sessionStorage.setItem("hostInfoValue", host);
window.Office = {
    onReady: async () => ({ host: host && "Outlook", platform: "PC" }),
    context: {
        requirements: { isSetSupported: (set) => set !== "DialogOrigin" || !host.includes("old") },
        ui: host === null ? undefined : { messageParent: (message, options) => window.told(message, options?.targetOrigin ?? "") },
    },
};
"""

_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => window.violated?.(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture
def entra() -> Entra:
    return Entra()


class Windows:
    """What the windows of the dialog get, beside Outlook's own: the page, its scripts, office.js, Entra. Also what violates the policy."""

    def __init__(self, context: BrowserContext, entra: Entra) -> None:
        self.outlook = Outlook(context, sets=OLD)
        self.entra = entra
        self.told: list[tuple[dict[str, Any], str]] = []
        self.violations: list[str] = []
        self.desktop = False
        context.expose_function("told", lambda message, origin: self.told.append((json.loads(message), origin)))
        context.expose_function("violated", self._violate)
        context.add_init_script(_VIOLATIONS)
        context.route("**/*", self._route)

    def _violate(self, violation: str) -> None:
        self.violations.append(violation)

    def _route(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        origin = f"{url.scheme}://{url.netloc}"
        if origin == ENTRA:
            self.entra.answer(route)
        elif (origin, url.path) == (SERVICE, "/outlook/signin"):
            body, headers = self.outlook.pane.signin_page()
            route.fulfill(body=body, headers=headers)
        elif origin == "https://appsforoffice.microsoft.com" and self.desktop:
            route.fulfill(body=_DESKTOP_OFFICE, content_type="text/javascript")
        else:
            self.outlook._route(route)


@pytest.fixture
def windows(context: BrowserContext, entra: Entra) -> Windows:
    return Windows(context, entra)


# ------------------------------------------------------------------ a desktop client: one window


def desktop_dialog(windows: Windows, context: BrowserContext, build: str = "new", **wish: str) -> Page:
    windows.desktop = True
    page = context.new_page()
    asked = {"hint": "sato@aoba.example", "claims": "", "choose": "", "locale": "ja-JP", **wish}
    page.goto(f"{SERVICE}/outlook/signin?_host_Info=Outlook$Win32${build}$ja-JP$$isDialog#{urlencode(asked)}")
    for _ in range(600):
        if windows.told:
            return page
        page.wait_for_timeout(50)
    raise AssertionError(f"the dialog said nothing; {page.url} {windows.violations}")


def test_the_dialog_goes_to_entra_and_hands_the_token_over(windows: Windows, context: BrowserContext) -> None:
    page = desktop_dialog(windows, context)
    ((told, origin),) = windows.told
    lifetime = told.pop("lifetime")
    assert told == {"token": access_token("dialog"), "objectId": SATO, "username": "sato@aoba.example"}
    assert 3_500_000 < lifetime <= 3_601_000
    assert origin == SERVICE
    (asked,) = windows.entra.asked
    assert asked["login_hint"] == "sato@aoba.example"
    assert f"api://{CLIENT_ID}/access_as_user" in asked["scope"].split()
    assert "access_token" not in json.loads(asked["claims"]), "msal's own claims are about the id token"
    assert "prompt" not in asked
    assert windows.violations == []
    assert "code" not in page.url


def test_the_token_is_in_no_storage(windows: Windows, context: BrowserContext) -> None:
    page = desktop_dialog(windows, context)
    stored = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    token = access_token("dialog")
    assert token not in stored
    assert token.split(".")[1] not in stored


def test_neither_the_address_nor_the_claims_reach_the_service(windows: Windows, context: BrowserContext) -> None:
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    desktop_dialog(windows, context, claims='{"access_token":{"acrs":{"essential":true,"value":"c1"}}}')
    ours = [url for url in requests if url.startswith(SERVICE)]
    assert ours
    assert not any("sato" in url.partition("#")[0] or "acrs" in url.partition("#")[0] for url in ours)


def test_claims_and_another_account_are_asked_for(windows: Windows, context: BrowserContext) -> None:
    desktop_dialog(windows, context, claims='{"access_token":{"acrs":{"essential":true,"value":"c1"}}}', choose="1")
    (asked,) = windows.entra.asked
    assert json.loads(asked["claims"])["access_token"]["acrs"]["value"] == "c1"
    assert asked["prompt"] == "select_account"


def test_a_client_that_names_no_origin_is_told_all_the_same(windows: Windows, context: BrowserContext) -> None:
    desktop_dialog(windows, context, build="old")
    ((told, origin),) = windows.told
    assert told["token"] == access_token("dialog")
    assert origin == ""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"error": "access_denied", "error_description": "AADSTS65004: User declined to consent"}, "consentNeeded"),
        ({"error": "consent_required", "error_description": "AADSTS65001: consent"}, "consentNeeded"),
        ({"error": "invalid_grant", "error_description": "AADSTS90094: admin consent"}, "consentNeeded"),
        ({"error": "access_denied", "error_description": "AADSTS50105: not assigned"}, "signInRefused"),
        ({"error": "invalid_grant", "error_description": "AADSTS53003: conditional access"}, "signInRefused"),
        ({"error": "server_error", "error_description": "AADSTS90033: later"}, "signInFailed"),
    ],
)
def test_a_refusal_is_told_in_one_sentence(
    windows: Windows, context: BrowserContext, error: dict[str, str], sentence: str
) -> None:
    windows.entra.error = error
    desktop_dialog(windows, context)
    assert [told for told, _ in windows.told] == [{"problem": sentence}]


def test_a_code_that_cannot_be_redeemed_is_told(windows: Windows, context: BrowserContext) -> None:
    windows.entra.token_error = {"error": "invalid_grant", "error_description": "AADSTS65001: consent was withdrawn"}
    desktop_dialog(windows, context)
    assert [told for told, _ in windows.told] == [{"problem": "consentNeeded"}]


# ------------------------------------------------------------------ Outlook on the web: the pane, the dialog, and Entra's window


def alert(windows: Windows) -> Any:
    return windows.outlook.frame.get_by_role("alert")


def dialog_of(windows: Windows, context: BrowserContext) -> Page:
    """Presses the pane's button, which opens the dialog."""
    with context.expect_page() as opened:
        windows.outlook.frame.get_by_role("button", name=SIGN_IN).click()
    return opened.value


def test_the_pane_asks_for_a_click_then_signs_in_through_the_dialog(windows: Windows, context: BrowserContext) -> None:
    windows.outlook.open(DELAY)
    expect(alert(windows)).to_contain_text("続けるにはサインインしてください。")
    assert len(context.pages) == 1, "nothing opens by itself"
    dialog = dialog_of(windows, context)
    with context.expect_page():
        dialog.get_by_role("button", name=SIGN_IN).click()
    asked = windows.outlook.wait_asked()
    assert asked.path == "/outlook/open"
    assert asked.authorization == f"Bearer {access_token('dialog')}"
    assert windows.entra.asked[0]["login_hint"] == "sato@aoba.example"
    windows.outlook.page.wait_for_timeout(1_500)
    assert len(context.pages) == 1, "both windows are closed"
    assert not [one for one in windows.violations if SERVICE in one], windows.violations
    assert windows.outlook.tokens == [], "Outlook itself was not asked"


def test_a_dialog_that_is_closed_can_be_opened_again(windows: Windows, context: BrowserContext) -> None:
    windows.outlook.open(DELAY)
    dialog_of(windows, context).close()
    expect(alert(windows)).to_contain_text("サインインが途中で閉じられました。")
    dialog = dialog_of(windows, context)
    dialog.get_by_role("button", name=SIGN_IN).click()
    assert windows.outlook.wait_asked().authorization == f"Bearer {access_token('dialog')}"


def test_entras_window_can_be_closed_and_opened_again(windows: Windows, context: BrowserContext) -> None:
    windows.outlook.open(DELAY)
    dialog = dialog_of(windows, context)
    context.route(re.compile(f"^{ENTRA}/.*authorize"), lambda _route: None)  # Entra takes its time
    with context.expect_page() as opened:
        dialog.get_by_role("button", name=SIGN_IN).click()
    dialog.wait_for_timeout(300)
    opened.value.close()
    context.unroute(re.compile(f"^{ENTRA}/.*authorize"))
    dialog.get_by_role("button", name=SIGN_IN).click()
    assert windows.outlook.wait_asked().authorization == f"Bearer {access_token('dialog')}"


def test_where_pop_ups_are_blocked_office_asks_the_next_time(windows: Windows, context: BrowserContext) -> None:
    windows.outlook.open(DELAY)
    frame = windows.outlook.frame
    expect(alert(windows)).to_contain_text("続けるにはサインインしてください。")
    frame.evaluate("window.unblocked = window.open; window.open = () => null; 0")
    frame.get_by_role("button", name=SIGN_IN).click()
    expect(alert(windows)).to_contain_text("サインインのウィンドウを開けませんでした。ポップアップを許可してから")
    frame.get_by_role("button", name="OK").click()  # office.js says it too, in its own words
    frame.evaluate("window.open = window.unblocked; 0")
    frame.get_by_role("button", name=SIGN_IN).click()
    with context.expect_page() as opened:
        frame.get_by_role("button", name="許可").click()
    opened.value.get_by_role("button", name=SIGN_IN).click()
    assert windows.outlook.wait_asked().authorization == f"Bearer {access_token('dialog')}"


def test_what_entra_refuses_stands_in_the_dialog(windows: Windows, context: BrowserContext) -> None:
    windows.entra.error = {"error": "access_denied", "error_description": "AADSTS50105: not assigned"}
    windows.outlook.open(DELAY)
    dialog = dialog_of(windows, context)
    dialog.get_by_role("button", name=SIGN_IN).click()
    sentence = "サインインが許可されませんでした。管理者にお問い合わせください。"
    expect(dialog.get_by_role("status")).to_have_text(sentence)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(browser: Browser, entra: Entra, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(locale="ja-JP", color_scheme=scheme)
    windows = Windows(context, entra)
    windows.outlook.open(DELAY)
    dialog = dialog_of(windows, context)
    expect(dialog.get_by_role("button", name=SIGN_IN)).to_be_focused()
    assert complaints(dialog, only=RULES) == []
    context.close()


def test_another_account_than_the_mailboxs_is_named(windows: Windows, context: BrowserContext) -> None:
    windows.entra.username = "misaki@hq.aoba.example"
    windows.outlook.open(DELAY)
    dialog_of(windows, context).get_by_role("button", name=SIGN_IN).click()
    windows.outlook.wait_asked().answer({"toast": "x"})
    expect(windows.outlook.frame.get_by_text("サインイン中のアカウント: misaki@hq.aoba.example")).to_be_visible()


def test_a_message_from_elsewhere_is_not_taken_for_a_token(windows: Windows, context: BrowserContext) -> None:
    windows.outlook.open(DELAY)
    dialog_of(windows, context)
    fake = {"token": "stolen", "lifetime": 3_600_000, "objectId": SATO, "username": "x"}
    windows.outlook.page.evaluate(
        "told => document.querySelector('iframe').contentWindow.postMessage(told, '*')", json.dumps(fake)
    )
    windows.outlook.page.wait_for_timeout(300)
    assert windows.outlook.asked == []


def test_where_outlooks_own_way_fails_for_good_the_dialog_comes_next(context: BrowserContext, entra: Entra) -> None:
    windows = Windows(context, entra)
    windows.outlook.page.close()
    windows.outlook = Outlook(context, sets={**OLD, "NestedAppAuth": "1.1"})
    windows.outlook.token = lambda _method: refused("NESTED_APP_AUTH_UNAVAILABLE")
    windows.outlook.open(DELAY)
    expect(alert(windows)).to_contain_text("サインインできませんでした。")
    dialog_of(windows, context).get_by_role("button", name=SIGN_IN).click()
    assert windows.outlook.wait_asked().authorization == f"Bearer {access_token('dialog')}"


def test_a_bridge_that_outlook_promised_and_left_out_is_no_dead_end(context: BrowserContext, entra: Entra) -> None:
    """Issue 7723 of msal: it would open windows by itself, at once, which are blocked."""
    windows = Windows(context, entra)
    windows.outlook.page.close()
    windows.outlook = Outlook(context, sets={**OLD, "NestedAppAuth": "1.1"})
    windows.outlook.page.add_init_script("delete window.nestedAppAuthBridge")
    windows.outlook.open(DELAY)
    expect(alert(windows)).to_contain_text("続けるにはサインインしてください。")
    dialog_of(windows, context).get_by_role("button", name=SIGN_IN).click()
    assert windows.outlook.wait_asked().authorization == f"Bearer {access_token('dialog')}"


def test_a_client_with_neither_says_so(context: BrowserContext) -> None:
    outlook = Outlook(context, sets={"Mailbox": "1.9"})
    outlook.open(DELAY)
    expect(outlook.frame.get_by_role("alert")).to_contain_text("お使いの Outlook ではサインインできません。")


# ------------------------------------------------------------------ claims challenges


SPY_ON_CLAIMS = """
if (window.nestedAppAuthBridge) {
    const post = nestedAppAuthBridge.postMessage;
    nestedAppAuthBridge.postMessage = (text) => {
        const { method, tokenParams } = JSON.parse(text);
        // msal asks for claims of its own about the id token.
        if (tokenParams) window.claimed(method, JSON.stringify(JSON.parse(tokenParams.claims ?? "{}").access_token ?? ""));
        return post(text);
    };
}
"""
ESSENTIAL = '{"acrs":{"essential":true,"value":"c1"}}'
WANTED = f'{{"access_token":{ESSENTIAL}}}'


@pytest.mark.parametrize(
    ("challenge", "claims"),
    [
        (f'Bearer error="insufficient_claims", claims="{base64.b64encode(WANTED.encode()).decode()}"', ESSENTIAL),
        (
            f'Bearer realm="", error="insufficient_claims", claims="{base64.urlsafe_b64encode(WANTED.encode()).decode()}"',
            ESSENTIAL,
        ),
        (f'Bearer error="invalid_token", claims="{base64.b64encode(WANTED.encode()).decode()}"', ""),
        ('Bearer error="insufficient_claims", claims="!!"', ""),
        ('Bearer error="insufficient_claims", claims="W10="', ""),
        ("Bearer", ""),
    ],
)
def test_a_claims_challenge_is_passed_on_to_outlook(context: BrowserContext, challenge: str, claims: str) -> None:
    outlook = Outlook(context)
    claimed: list[tuple[str, str]] = []
    outlook.page.expose_function("claimed", lambda method, claims: claimed.append((method, claims)))
    outlook.page.add_init_script(SPY_ON_CLAIMS)
    names = iter(["first", "second"])
    outlook.token = lambda _method: granted(access_token(next(names)))
    outlook.open(DELAY)
    outlook.wait_asked()._route.fulfill(status=401, headers={"WWW-Authenticate": challenge})
    assert outlook.wait_asked(2).authorization == f"Bearer {access_token('second')}"
    assert claimed == [("GetToken", '""'), ("GetToken", claims or '""')]


def test_a_challenge_that_needs_the_agent_asks_with_the_same_claims(context: BrowserContext) -> None:
    outlook = Outlook(context)
    claimed: list[tuple[str, str]] = []
    outlook.page.expose_function("claimed", lambda method, claims: claimed.append((method, claims)))
    outlook.page.add_init_script(SPY_ON_CLAIMS)
    outlook.token = lambda _method: granted(access_token("first"))
    outlook.open(DELAY)
    asked = outlook.wait_asked()
    outlook.token = lambda method: (
        refused("USER_INTERACTION_REQUIRED") if method == "GetToken" else granted(access_token("second"))
    )
    challenge = f'Bearer error="insufficient_claims", claims="{base64.b64encode(WANTED.encode()).decode()}"'
    asked._route.fulfill(status=401, headers={"WWW-Authenticate": challenge})
    assert outlook.wait_asked(2).authorization == f"Bearer {access_token('second')}"
    assert claimed[-1] == ("GetTokenPopup", ESSENTIAL)

"""The CRMs' page: only administrators, nothing secret comes back, nothing is saved that was not tried."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from server.domain.crm import PANEL_FIELDS, Ability, Connection, CrmError
from server.domain.events import Identity
from server.gateways.crm import MODULES, load
from server.screens.crm_fields import FIELDS, HOOKS
from server.screens.crm_page import KINDS, TROUBLES
from server.web.pages.headers import WITH_FORMS
from tests.store.shop import Shop, shop_at
from tests.web.crm_desk import SPECS, TOKEN, CrmDesk
from tests.web.second_screen import PUBLIC, SATO, SUZUKI, Browser, words

FORM: Final = {
    "name": "顧客管理",
    "of.url": "https://aoba.cybozu.com",
    "of.orders": "yes",
    "of.fields": "plan = プラン\r\n",
    "of.token": TOKEN,
    "fresh": "900",
    "do": "save",
}


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def desk(shop: Shop) -> CrmDesk:
    return CrmDesk(shop.store)


@pytest.fixture
def ito(desk: CrmDesk) -> Browser:
    return desk.signs_in()


def submit(browser: Browser, path: str, fields: dict[str, Any] | None = None, **headers: str) -> TestResponse:
    """What a form of our own page sends."""
    return browser.client.post(
        path,
        base_url=browser.public_url,
        data=fields or {},
        headers={"Origin": browser.public_url, "Accept-Language": browser.language, **headers},
    )


def saved(desk: CrmDesk, browser: Browser, kind: str = "kintone", **changes: str) -> Connection:
    """A connection that is there already."""
    answer = submit(browser, f"/crm/new/{kind}", {**FORM, **changes})
    assert answer.status_code == 303, words(answer)
    return desk.kept()[-1]


def value_of(page: str, name: str) -> str:
    found = re.search(f'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


# Who may


@pytest.mark.parametrize("identity", [SATO, SUZUKI, Identity("google", "aoba.example", "g-s", "support@aoba.example")])
def test_whoever_is_no_administrator_reads_one_plain_sentence(desk: CrmDesk, identity: Identity) -> None:
    browser = desk.signs_in(identity)
    answer = browser.get("/crm")
    assert answer.status_code == 403
    assert "CRM の接続は管理者だけが行えます。管理者に依頼してください。" in words(answer)
    for path in ("new/kintone", "edit/x1", "test/x1", "switch/x1", "hook/x1", "remove/x1", "panel"):
        assert submit(browser, f"/crm/{path}", FORM).status_code == 403
    for path in ("new/kintone", "edit/x1", "remove/x1", "panel", "agree/x1", "agreed/here?state=x&code=y"):
        assert browser.get(f"/crm/{path}").status_code == 403
    assert desk.kept() == ()


@pytest.mark.parametrize(
    "path", ["new/kintone", "edit/x1", "test/x1", "switch/x1", "hook/x1", "remove/x1", "panel", "leave"]
)
def test_a_form_of_another_site_changes_nothing(desk: CrmDesk, ito: Browser, path: str) -> None:
    saved(desk, ito)
    before = desk.kept()
    for foreign in ("https://evil.example", "null", f"{PUBLIC}.evil.example"):
        assert submit(ito, f"/crm/{path}", FORM, Origin=foreign).status_code == 403
    assert desk.kept() == before
    assert ito.get("/crm").status_code == 200


@pytest.mark.parametrize(
    "path", ["", "/new/kintone", "/edit/x1", "/remove/x1", "/panel", "/agreed?state=x", "/edit/none"]
)
def test_every_answer_is_for_our_own_pages_only(desk: CrmDesk, ito: Browser, path: str) -> None:
    saved(desk, ito)
    answer = ito.get(f"/crm{path}")
    assert answer.headers["Content-Security-Policy"] == WITH_FORMS["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text)


# Connecting


def test_a_connection_is_tested_and_saved_with_its_secrets_sealed(shop: Shop, desk: CrmDesk, ito: Browser) -> None:
    answer = submit(ito, "/crm/new/kintone", FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/crm?said=works")
    (one,) = desk.kept()
    assert (one.id, one.kind, one.name, one.fresh_seconds) == ("x1", "kintone", "顧客管理", 900)
    assert one.settings == {"url": "https://aoba.cybozu.com", "orders": "yes", "fields": "plan = プラン"}
    assert one.abilities == (Ability.DEALS, Ability.WEBHOOKS), "what its settings make possible"
    assert desk.connections.credentials("aoba", "x1") == {"token": TOKEN}
    ((tried, credentials, _),) = desk.vendor.checked
    assert (tried.id, credentials) == ("", {"token": TOKEN})
    assert not [key for key, value in shop.everything().items() if TOKEN.encode() in key + value]
    said = ito.sees("/crm?said=works")
    assert "保存しました。接続できています。" in said
    assert re.search("顧客管理 kintone 接続できています · .+前 · Webhook は未受信", said)


def test_what_is_wrong_is_one_sentence_and_may_be_saved_all_the_same(desk: CrmDesk, ito: Browser) -> None:
    desk.vendor.trouble = CrmError("mapping", "no field プラン in app 3")
    answer = submit(ito, "/crm/new/kintone", FORM)
    assert answer.status_code == 422
    said = words(answer)
    assert "設定で指定した項目が CRM にないか、書き方に誤りがあります。 no field プラン in app 3" in said
    assert desk.kept() == ()
    assert TOKEN not in answer.text
    again = {**FORM, "of.token": "", "held": value_of(answer.text, "held"), "do": "anyway"}
    assert submit(ito, "/crm/new/kintone", again).status_code == 303
    assert desk.connections.credentials("aoba", "x1") == {"token": TOKEN}
    assert "顧客管理 kintone 未確認" in ito.sees("/crm")


def test_a_test_saves_nothing_and_keeps_what_was_typed_unseen(desk: CrmDesk, ito: Browser) -> None:
    answer = submit(ito, "/crm/new/kintone", {**FORM, "do": "test"})
    assert answer.status_code == 200
    assert "接続できました。まだ保存していません。" in words(answer)
    assert "入力した値は保存するまで保持しています。" in words(answer)
    assert TOKEN not in answer.text
    assert desk.kept() == ()
    held = value_of(answer.text, "held")
    assert submit(ito, "/crm/new/kintone", {**FORM, "of.token": "", "held": held}).status_code == 303
    assert desk.connections.credentials("aoba", "x1") == {"token": TOKEN}
    assert (
        submit(ito, "/crm/new/http", {**FORM, "of.token": "", "held": held, "sample": "a@b.example"}).status_code == 422
    )


def test_a_secret_is_never_shown_again_and_replaced_only_when_one_is_typed(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    page = ito.get("/crm/edit/x1").text
    assert TOKEN not in page
    assert "保存済みです。変更するときだけ入力してください。" in page
    assert submit(ito, "/crm/edit/x1", {**FORM, "of.token": "", "name": "新しい名前"}).status_code == 303
    assert desk.vendor.checked[-1][1] is None, "asked with what is kept"
    assert desk.kept()[0].name == "新しい名前"
    assert desk.connections.credentials("aoba", "x1") == {"token": TOKEN}
    assert submit(ito, "/crm/edit/x1", {**FORM, "of.token": "another"}).status_code == 303
    assert desk.connections.credentials("aoba", "x1") == {"token": "another"}
    assert TOKEN not in ito.get("/crm").text


def test_what_is_kept_is_sent_to_no_other_host(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    desk.vendor.checked.clear()
    for elsewhere in ("https://evil.example", "http://aoba.cybozu.com", "https://aoba.cybozu.com:8443"):
        for deed in ("test", "save", "anyway"):
            answer = submit(ito, "/crm/edit/x1", {**FORM, "of.token": "", "of.url": elsewhere, "do": deed})
            assert answer.status_code == 422
            assert "アドレスが変わったため、認証情報を入力し直してください。" in words(answer)
    assert desk.vendor.checked == []
    assert submit(ito, "/crm/edit/x1", {**FORM, "of.token": "new", "of.url": "https://b.cybozu.com"}).status_code == 303
    assert desk.connections.credentials("aoba", "x1") == {"token": "new"}
    same = {**FORM, "of.token": "", "of.url": "https://b.cybozu.com/k/"}
    assert submit(ito, "/crm/edit/x1", same).status_code == 303


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"of.token": ""}, "入力してください: アクセストークン"),
        ({"name": " "}, "入力してください: 接続名"),
        ({"of.url": "aoba.cybozu.com"}, "このままでは使えません: アドレス"),
        ({"of.url": "javascript:alert(1)"}, "このままでは使えません: アドレス"),
        ({"of.url": "https://["}, "このままでは使えません: アドレス"),
        ({"of.fields": "x" * 20_001}, "このままでは使えません: 独自の項目"),
    ],
)
def test_what_cannot_be_meant_is_named_and_what_was_typed_stays(
    desk: CrmDesk, ito: Browser, changes: dict[str, str], said: str
) -> None:
    fields = {**FORM, "of.token": TOKEN, **changes}
    if "of.token" in changes:
        desk.vendor.checked.clear()
    answer = submit(ito, "/crm/new/kintone", fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert desk.vendor.checked == []
    assert desk.kept() == ()
    assert value_of(answer.text, "name") == fields["name"].strip()


def test_a_mapped_look_up_is_tried_with_an_address_before_it_is_saved(desk: CrmDesk, ito: Browser) -> None:
    answer = submit(ito, "/crm/new/http", FORM)
    assert answer.status_code == 422
    assert "保存する前に、試すメールアドレスを入力してください。" in words(answer)
    answer = submit(ito, "/crm/new/http", {**FORM, "sample": "taro@hokuto-foods.example", "do": "test"})
    assert "見つかった内容 name 田中 &lt;b&gt;太郎&lt;/b&gt; 会員番号 A-1" in words(answer)
    desk.vendor.trouble = CrmError("garbled")
    answer = submit(ito, "/crm/new/http", {**FORM, "sample": "taro@hokuto-foods.example"})
    assert answer.status_code == 422
    assert 'value="anyway"' not in answer.text
    desk.vendor.trouble = None
    assert submit(ito, "/crm/new/http", {**FORM, "sample": "taro@hokuto-foods.example"}).status_code == 303


def test_what_is_no_kind_and_no_connection_is_not_there(ito: Browser) -> None:
    for path in ("new/oracle", "new/..%2F", "edit/x9", "remove/x9", "agree/x9"):
        assert ito.get(f"/crm/{path}").status_code == 404
    for path in ("test/x9", "switch/x9", "hook/x9", "remove/x9"):
        assert submit(ito, f"/crm/{path}").status_code == 404


# Afterwards


def test_the_list_says_how_each_connection_is(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    desk.vendor.trouble = CrmError("refused", status=401)
    assert submit(ito, "/crm/test/x1").headers["Location"] == "/crm?said=tested"
    assert re.search(
        "接続できません · .+前 · Webhook は未受信 認証情報が受け付けられないか、必要な権限がありません。",
        ito.sees("/crm"),
    )
    assert submit(ito, "/crm/switch/x1", {"do": "off"}).status_code == 303
    assert "顧客管理 kintone 停止中" in ito.sees("/crm")
    assert desk.kept()[0].off
    assert submit(ito, "/crm/switch/x1", {"do": "on"}).status_code == 303
    assert not desk.kept()[0].off
    english = desk.signs_in(language="en-GB").sees("/crm")
    assert "The CRM does not accept these credentials, or they may not read what is asked for." in english


def test_removing_asks_once_with_what_it_means(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    asked = ito.sees("/crm/remove/x1")
    assert "顧客管理を、認証情報および取得した内容とともに削除します。" in asked
    assert desk.kept()
    assert submit(ito, "/crm/remove/x1").status_code == 303
    assert desk.kept() == ()
    assert desk.forgotten == [("aoba", "x1")]


def test_the_webhook_s_address_is_shown_and_can_be_made_anew(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    page = ito.sees("/crm/edit/x1")
    assert "kintone で、アプリごとに設定します。" in page
    first = re.search(f'value="({PUBLIC}/webhooks/aoba/x1/[^"]+)"', ito.get("/crm/edit/x1").text)
    assert first
    assert submit(ito, "/crm/hook/x1").status_code == 303
    assert first[1] not in ito.get("/crm/edit/x1").text
    assert desk.connections.hooked("aoba", "x1", first[1].rpartition("/")[2]) is None


# The panel


def order_of(page: str) -> list[str]:
    return re.findall('name="order" value="([a-z_]+)"', page)


def test_the_panel_s_fields_are_moved_by_buttons_and_kept_when_saved(shop: Shop, desk: CrmDesk, ito: Browser) -> None:
    page = ito.get("/crm/panel").text
    assert order_of(page) == list(PANEL_FIELDS)
    assert page.count(" checked") == len(PANEL_FIELDS)
    fields: dict[str, Any] = {"order": list(PANEL_FIELDS), "shown": ["role", "plan", "value"]}
    moved = submit(ito, "/crm/panel", {**fields, "up": "value"})
    assert "取引額と推移は4番目になりました。" in words(moved)
    assert order_of(moved.text)[:5] == ["role", "plan", "contract", "value", "owner"]
    assert re.search('name="up" value="value"[^>]* autofocus', moved.text), "the keyboard stays where it was"
    assert "最初から表示 役職 プラン 取引額と推移" in words(moved)
    assert not shop.store.directory.workspace("aoba").panel  # type: ignore[union-attr]  # it is there
    down = submit(ito, "/crm/panel", {"order": order_of(moved.text), "shown": fields["shown"], "down": "role"})
    kept = submit(ito, "/crm/panel", {"order": order_of(down.text), "shown": fields["shown"], "do": "save"})
    assert kept.status_code == 303
    found = shop.store.directory.workspace("aoba")
    assert found
    assert found.panel == ("plan", "role", "value")
    again = ito.get("/crm/panel").text
    assert order_of(again)[:3] == ["plan", "role", "value"]
    assert again.count(" checked") == 3
    assert submit(ito, "/crm/panel", {"order": order_of(again), "do": "save"}).status_code == 422
    submit(ito, "/crm/panel", {"order": ["shoe_size", "plan"], "shown": ["shoe_size", "plan"], "do": "reset"})
    found = shop.store.directory.workspace("aoba")
    assert found
    assert found.panel == PANEL_FIELDS


def test_the_preview_shows_what_the_card_will(ito: Browser) -> None:
    """The role stands beside the name, and is none of the facts that are seen at once."""
    seen = ito.get("/crm/panel").text.partition('class="seen"')[2].partition("</ol>")[0]
    assert re.findall("<li>([^<]*)</li>", seen) == ["役職", "プラン", "契約期間", "担当者", "取引額と推移"]


# Consent


def agreeing(desk: CrmDesk, browser: Browser) -> dict[str, str]:
    """What the vendor is given."""
    fields = {
        **FORM,
        "of.token": "",
        "of.client_id": "client",
        "of.client_secret": "hush",
        "of.url": "https://api.vendor.example/",
    }
    desk.vendor.trouble = CrmError("unset")
    assert "先に保存し、提供元の画面で同意してください。" in words(
        submit(browser, "/crm/new/hubspot", {**fields, "do": "test"})
    )
    answer = submit(browser, "/crm/new/hubspot", fields)
    assert answer.headers["Location"] == "/crm/edit/x1?said=consent", "there is no test to pass before the consent"
    desk.vendor.trouble = None
    assert f'value="{PUBLIC}/crm/agreed" readonly' in browser.get("/crm/edit/x1").text
    led = browser.get("/crm/agree/x1")
    assert led.status_code == 303
    address = urlsplit(led.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://vendor.example/agree"
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def test_who_has_typed_no_client_is_not_sent_to_the_vendor(desk: CrmDesk, ito: Browser) -> None:
    desk.vendor.trouble = CrmError("unset")
    fields = {**FORM, "of.token": "", "of.url": "https://api.vendor.example/"}
    answer = submit(ito, "/crm/new/hubspot", fields)
    assert answer.status_code == 422
    assert "先に保存し、提供元の画面で同意してください" not in words(answer)
    assert not desk.kept()


def test_consent_becomes_tokens_that_only_the_store_knows(desk: CrmDesk, ito: Browser) -> None:
    asked = agreeing(desk, ito)
    assert (asked["client_id"], asked["scope"], asked["response_type"]) == ("client", "contacts deals", "code")
    assert asked["redirect_uri"] == f"{PUBLIC}/crm/agreed"
    desk.vendor.tokens = {"access_token": "first", "refresh_token": "again", "expires_in": "1800", "scope": "x"}
    back = desk.browser().get(f"/crm/agreed?code=c%2F1&state={asked['state']}")
    onward = re.search('content="0; url=([^"]+)"', back.text)
    assert onward, "the step from another site brings no cookie along"
    answer = ito.get(unescape(onward[1]))
    assert answer.headers["Location"] == "/crm/edit/x1?said=agreed"
    ((method, url, body),) = desk.vendor.sent
    sent = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert (method, url) == ("POST", "https://api.vendor.example/token")
    assert (sent["code"], sent["client_id"], sent["client_secret"]) == ("c/1", "client", "hush")
    assert sent["redirect_uri"] == asked["redirect_uri"]
    proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (proof, "S256")
    kept = desk.connections.credentials("aoba", "x1")
    assert (kept["access_token"], kept["refresh_token"], kept["client_secret"]) == ("first", "again", "hush")
    assert int(kept["expires_at"]) > 1_700_000_000_000
    assert ito.get(unescape(onward[1])).headers["Location"] == "/crm?said=not_agreed", "a code is exchanged once"
    assert len(desk.vendor.sent) == 1


def test_a_vendor_that_wants_json_gets_json(desk: CrmDesk, ito: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    hubspot = SPECS["hubspot"]
    assert hubspot.oauth
    monkeypatch.setitem(SPECS, "hubspot", hubspot._replace(oauth=hubspot.oauth._replace(json=True, pkce=False)))
    asked = agreeing(desk, ito)
    assert "code_challenge" not in asked
    desk.vendor.tokens = {"access_token": "first"}
    assert ito.get(f"/crm/agreed/here?code=c&state={asked['state']}").headers["Location"].endswith("said=agreed")
    sent = json.loads(desk.vendor.sent[0][2])
    assert (sent["grant_type"], sent["code"], sent["scope"]) == ("authorization_code", "c", "contacts deals")
    assert "code_verifier" not in sent
    assert "refresh_token" not in desk.connections.credentials("aoba", "x1")


def test_consent_given_in_another_browser_is_not_taken(desk: CrmDesk, ito: Browser) -> None:
    asked = agreeing(desk, ito)
    other = desk.signs_in()
    answer = other.get(f"/crm/agreed/here?code=c&state={asked['state']}")
    assert answer.headers["Location"] == "/crm?said=not_agreed"
    assert desk.vendor.sent == []
    assert ito.get("/crm/agreed/here?code=c&state=of-my-own").headers["Location"] == "/crm?said=not_agreed"


def test_consent_that_is_declined_or_not_exchanged_changes_nothing(desk: CrmDesk, ito: Browser) -> None:
    asked = agreeing(desk, ito)
    declined = ito.get(f"/crm/agreed/here?error=access_denied&state={asked['state']}")
    assert declined.headers["Location"] == "/crm/edit/x1?said=declined"
    state = parse_qs(urlsplit(ito.get("/crm/agree/x1").headers["Location"]).query)["state"][0]
    desk.vendor.trouble = CrmError("mapping", status=400)
    failed = ito.get(f"/crm/agreed/here?code=c&state={state}")
    assert failed.headers["Location"] == "/crm/edit/x1?said=not_exchanged"
    state = parse_qs(urlsplit(ito.get("/crm/agree/x1").headers["Location"]).query)["state"][0]
    desk.vendor.trouble = CrmError("down", "gaierror")
    unreached = ito.get(f"/crm/agreed/here?code=c&state={state}")
    assert unreached.headers["Location"] == "/crm/edit/x1?said=not_reached"
    assert "access_token" not in desk.connections.credentials("aoba", "x1")


def test_other_credentials_end_the_consent_that_was_given_for_those_before(desk: CrmDesk, ito: Browser) -> None:
    agreeing(desk, ito)
    kept = {**desk.connections.credentials("aoba", "x1"), "access_token": "first", "refresh_token": "again"}
    desk.connections.save("aoba", desk.kept()[0], kept)
    same = {
        **FORM,
        "of.token": "",
        "of.url": "https://api.vendor.example/",
        "of.client_secret": "renewed",
        "do": "anyway",
    }
    submit(ito, "/crm/edit/x1", same)
    assert desk.connections.credentials("aoba", "x1")["refresh_token"] == "again"
    submit(ito, "/crm/edit/x1", {**same, "of.client_id": "another"})
    assert desk.connections.credentials("aoba", "x1") == {"client_id": "another", "client_secret": "renewed"}


def test_without_a_client_there_is_nothing_to_agree_to(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito, "hubspot")
    assert ito.get("/crm/agree/x1").headers["Location"] == "/crm/edit/x1?said=no_client"
    saved(desk, ito, "kintone")
    assert ito.get("/crm/agree/x2").status_code == 404


# Words


def test_every_kind_and_every_trouble_has_its_words(ito: Browser) -> None:
    assert KINDS.keys() == MODULES.keys()
    assert set(TROUBLES) == {
        "refused", "missing", "conflict", "busy", "slow", "down", "broken", "garbled", "mapping", "unsafe", "unset", "failed",
    }  # fmt: skip
    said = ito.sees("/crm")
    for name in ("HubSpot", "Salesforce", "kintone", "Zendesk", "Odoo", "その他のシステム", "Sobani の顧客台帳"):
        assert name in said


@pytest.mark.parametrize("kind", [kind for kind in MODULES if kind != "builtin"])
def test_every_field_of_a_connector_has_its_words(kind: Any) -> None:
    found = load(kind).SPEC
    for setting in (*found.settings, *found.secrets):
        assert (kind, setting.name) in FIELDS or ("", setting.name) in FIELDS, setting.name
    if Ability.WEBHOOKS in found.abilities:
        assert kind in HOOKS
    names = [one.name for one in (*found.settings, *found.secrets)]
    assert len(set(names)) == len(names)


def test_the_page_has_a_script_for_nothing(desk: CrmDesk, ito: Browser) -> None:
    saved(desk, ito)
    for path in ("", "/new/kintone", "/edit/x1", "/panel"):
        assert "<script" not in ito.get(f"/crm{path}").text

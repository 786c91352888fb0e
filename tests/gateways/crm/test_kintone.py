"""What is kintone's own. That it behaves as every CRM must is in test_contract."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.domain.crm import (
    Ability,
    Asked,
    Attachment,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Letter,
    Made,
    Money,
    Order,
    Trouble,
    Wanted,
)
from server.gateways.crm.kintone import SPEC, Kintone, able, connect
from server.gateways.crm.kintone_api import address
from server.gateways.crm.kintone_apps import People, Things
from server.gateways.crm.kintone_query import quoted
from server.gateways.crm.kintone_write import Writing
from server.gateways.crm.line import GuardedLine
from server.web.playground.kintone import Answer as Said
from tests.standins.crm.gate import MemoryGate
from tests.standins.crm.kintone import ACTIVITIES, APPS, CUSTOMERS, TICKETS, KintoneVendor
from tests.standins.crm.server import Answer, says

TANAKA = CrmRef("k", "contact", "1")
BUSY = CrmRef("k", "contact", "5")
Connected = Callable[..., Kintone]


class Safe:
    """The credentials, as a test has them."""

    def __init__(self, tokens: str) -> None:
        self.tokens = tokens

    def get(self) -> Mapping[str, str]:
        return {"tokens": self.tokens}

    def put(self, credentials: Mapping[str, str]) -> None:
        raise AssertionError(credentials)


@pytest.fixture(scope="module")
def shared() -> Iterator[KintoneVendor]:
    """One for all: nobody but a test that makes its own writes into it."""
    with KintoneVendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(shared: KintoneVendor) -> KintoneVendor:
    shared.behave()
    return shared


@pytest.fixture
def lines() -> Iterator[list[GuardedLine]]:
    opened: list[GuardedLine] = []
    yield opened
    for line in opened:
        line.close()


@pytest.fixture
def connected(lines: list[GuardedLine]) -> Connected:
    def to(vendor: KintoneVendor, apps: object = APPS, tokens: str | None = None, **settings: str) -> Kintone:
        lines.append(GuardedLine(SPEC, MemoryGate(time.monotonic), local=True, random=lambda: 0.0))
        written = apps if isinstance(apps, str) else json.dumps(apps)
        connection = Connection("k", "kintone", "k", {"url": vendor.url, "apps": written, **settings})
        safe = Safe(vendor.tokens if tokens is None else tokens)
        return connect(connection, safe, lines[-1], lambda: 0)

    return to


@pytest.fixture
def crm(vendor: KintoneVendor, connected: Connected) -> Kintone:
    return connected(vendor)


@pytest.fixture
def own() -> Iterator[KintoneVendor]:
    with KintoneVendor() as vendor:
        yield vendor


def changed(path: str, value: object) -> dict[str, Any]:
    """The mapping with one field of it changed: "tickets.link"."""
    apps: dict[str, Any] = json.loads(json.dumps(APPS))
    app, _, name = path.partition(".")
    apps[app][name] = value
    return apps


def asked(*emails: str, names: tuple[str, ...] = (), domain: str = "") -> Wanted:
    return Wanted(tuple(map(Asked, emails)), names, domain)


def refused(action: Callable[[], object]) -> CrmError:
    with pytest.raises(CrmError) as caught:
        action()
    return caught.value


def test_several_addresses_are_one_question(crm: Kintone, vendor: KintoneVendor) -> None:
    found = crm.find(asked("info@minato-print.example", "hanako.suzuki@gmail.com", "nobody@nowhere.example"))
    assert {one.name for one in found} == {"港 一郎", "港 花子", "鈴木 花子"}
    (call,) = vendor.calls
    assert call.param("query").count(" in (") == 2  # the field, and the one inside the table
    assert "content-type" not in call.headers  # kintone refuses a GET that has one


def test_an_address_inside_a_table_is_found(crm: Kintone) -> None:
    (found,) = crm.find(asked("tanaka@hokuto-foods.example"))
    assert found.ref == TANAKA
    assert found.url.endswith(f"/k/{CUSTOMERS}/show#record=1")


@given(st.text(max_size=60))
def test_no_text_gets_out_of_its_quotation_marks(text: str) -> None:
    written = quoted(text)
    inside = written[1:-1].replace("\\\\", "").replace('\\"', "")
    assert written[0] == written[-1] == '"'
    assert '"' not in inside
    assert "\\" not in inside
    assert not set("\r\n\t") & set(written)


@pytest.mark.parametrize("email", ['a" or 氏名 != "@x.example', "a\\@x.example", 'x\\") or $id > 0 or ("@x.example'])
def test_an_address_cannot_change_the_query(crm: Kintone, email: str) -> None:
    assert crm.find(asked(email)) == []


def test_a_website_is_the_companys_domain_in_whatever_form(crm: Kintone) -> None:
    (found,) = crm.find(asked("new@hokuto-foods.example", domain="hokuto-foods.example"))
    assert (found.ref.kind, found.domain, found.name) == ("company", "hokuto-foods.example", "北都フーズ株式会社")


def test_what_like_gives_too_much_is_left_out(crm: Kintone) -> None:
    # kintone looks for words: "foods.example" stands in "hokuto-foods.example".
    assert crm.find(asked("a@foods.example", domain="foods.example")) == []


def test_a_colleague_of_the_same_name_is_brought_for_the_matching_to_judge(crm: Kintone) -> None:
    found = crm.find(asked("t.tanaka2@hokuto-foods.example", names=("田中 太郎",), domain="hokuto-foods.example"))
    assert [one.ref for one in found if one.ref.kind == "contact"] == [TANAKA]
    assert crm.find(asked("t@elsewhere.example", names=("田中 太郎",), domain="elsewhere.example")) == []


def test_colleagues_do_not_crowd_out_the_company_in_an_app_that_holds_both(
    own: KintoneVendor, connected: Connected
) -> None:
    apps = changed("customers.domain", "会社サイト") | {"companies": None}
    app = own.kintone.domain.apps[0]
    app.fields["会社サイト"] = "LINK"
    site = "https://crowd.example"
    app.records = [{"会社名": "群衆社", "会社サイト": site}]
    app.records += [{"氏名": f"社員 {n}", "メール": f"n{n}@crowd.example", "会社サイト": site} for n in range(50)]
    own.kintone = type(own.kintone)(own.kintone.domain, time.time)
    found = connected(own, apps).find(asked("n3@crowd.example", domain="crowd.example"))
    assert {(one.ref.kind, one.name) for one in found} == {("contact", "社員 3"), ("company", "群衆社")}


@pytest.mark.parametrize("name", ["田中　太郎", "田中  太郎", "田中 太郎"])
def test_which_space_is_in_a_name_does_not_matter(crm: Kintone, name: str) -> None:
    found = crm.find(asked("t2@hokuto-foods.example", names=(name,), domain="hokuto-foods.example"))
    assert TANAKA in [one.ref for one in found]


def test_many_long_addresses_go_as_a_post_that_may_be_repeated(crm: Kintone, vendor: KintoneVendor) -> None:
    vendor.misbehave("503")
    many = [f"{'x' * 60}{n}@{'long.' * 40}example" for n in range(19)]
    (found,) = crm.find(asked(*many, "taro.tanaka@hokuto-foods.example"))
    assert found.ref == TANAKA
    assert [(call.method, call.headers["x-http-method-override"]) for call in vendor.calls] == [("POST", "GET")] * 2


def test_fields_are_read_by_their_type(crm: Kintone) -> None:
    record = crm.load(TANAKA)
    assert record.owner == "渡辺 さくら"  # USER_SELECT
    assert record.products == ("AB-200", "GM-5")  # CHECK_BOX
    assert record.value == Money("12000000", "JPY")  # SINGLE_LINE_TEXT "12,000,000円"
    assert list(record.trend) == [300_000, 280_000, 90_000]  # SUBTABLE of NUMBER
    assert record.note == "請求書は紙で。\n朝は不在"  # RICH_TEXT
    assert record.contract_end == "2027-03-31"  # DATE
    assert record.last_contact == 1_794_965_400_000  # DATETIME, in UTC
    assert record.health == 42  # CALC, as text
    assert record.more == {"業種": "食品"}


def test_a_table_of_features_says_what_was_never_used(crm: Kintone) -> None:
    record = crm.load(TANAKA)
    assert [(one.feature, one.counts) for one in record.usage] == [("発注", (40, 21, 9)), ("定期便", (0, 0, 0))]
    assert record.unused == ("定期便",)


def test_open_and_complaint_are_what_the_mapping_calls_so(crm: Kintone) -> None:
    items = {item.title: item for item in crm.load(TANAKA).items}
    assert (items["納品数が違う"].open, items["納品数が違う"].complaint) == (True, True)
    assert (items["請求書の再発行"].open, items["請求書の再発行"].complaint) == (False, False)
    assert items["新店舗 2台"].open  # not among the closed ones
    assert items["新店舗 2台"].amount == Money("1200000", "JPY")


def test_an_old_open_ticket_is_not_lost_behind_ten_thousand_newer_ones(
    vendor: KintoneVendor, connected: Connected
) -> None:
    apps = json.loads(json.dumps(APPS))
    apps["tickets"] = {
        "app": ACTIVITIES,
        "link": "顧客番号",
        "title": "件名",
        "date": "日時",
        "status": "種別",
        "open": ["電話"],
    }
    crm = connected(vendor, apps)
    crm.load(BUSY)
    queries = [call.param("query") for call in vendor.calls if call.param("app") == str(ACTIVITIES)]
    assert any('種別 in ("電話")' in query for query in queries)
    assert len(vendor.calls) <= SPEC.calls["load"]


def test_another_customers_items_are_not_shown(vendor: KintoneVendor, connected: Connected) -> None:
    vendor.impostor = True
    crm = connected(vendor)
    record = crm.load(BUSY)  # the impostor's own, so that the record itself is right
    assert {item.kind for item in record.items} == {"activity"}


@pytest.mark.parametrize("number", ["", "0x1", "1 or 1=1", "１", "-1"])
def test_what_is_no_record_number_is_not_asked_for(crm: Kintone, vendor: KintoneVendor, number: str) -> None:
    assert refused(lambda: crm.load(CrmRef("k", "contact", number))).why == "missing"
    assert not vendor.calls


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (400, "GAIA_IA02", "refused"),
        (520, "GAIA_IA02", "refused"),  # as it was in former years
        (520, "CB_WA01", "refused"),
        (403, "GAIA_NO01", "refused"),
        (404, "GAIA_AP01", "mapping"),
        (404, "GAIA_RE01", "missing"),
        (400, "GAIA_IQ11", "mapping"),
        (520, "GAIA_IL23", "mapping"),
        (429, "GAIA_TM12", "busy"),
        (409, "GAIA_CO02", "conflict"),
        (503, "GAIA_XX99", "down"),
        (400, "nonsense", "mapping"),
    ],
)
def test_kintones_code_says_more_than_the_status(
    vendor: KintoneVendor, connected: Connected, monkeypatch: pytest.MonkeyPatch, status: int, code: str, why: Trouble
) -> None:
    body: Answer = says(
        {"code": code, "id": "x", "message": "指定されたフィールド（メール）が見つかりません。"}, status
    )
    monkeypatch.setattr(vendor, "answer", lambda _: body)
    error = refused(lambda: connected(vendor).find(asked("a@b.example")))
    assert (error.why, error.status) == (why, status)
    assert "見つかりません" not in str(error)


def test_a_field_that_is_not_there_is_named(vendor: KintoneVendor, connected: Connected) -> None:
    crm = connected(vendor, changed("customers.email", ["メアド"]))
    error = refused(lambda: crm.find(asked("a@b.example")))
    assert error.why == "mapping"
    assert "GAIA_IQ11" in str(error)
    assert "メアド" in str(error)
    assert "a@b.example" not in str(error)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("customers.role", "肩書", "肩書"),
        ("tickets.title", "表題", "表題"),
        ("customers.email", ["メモ"], "RICH_TEXT"),
        ("activities.link", "内容", "MULTI_LINE_TEXT"),
        ("activities.key", "鍵", "鍵"),
    ],
)
def test_the_check_names_the_wrong_field(
    vendor: KintoneVendor, connected: Connected, path: str, value: object, said: str
) -> None:
    error = refused(connected(vendor, changed(path, value)).check)
    assert error.why == "mapping"
    assert said in str(error)


def test_the_check_is_silent_when_all_is_well(crm: Kintone) -> None:
    crm.check()


@pytest.mark.parametrize(
    "apps",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"customers": {"app": "eleven", "email": ["メール"]}}',
        '{"customers": {"app": 0, "email": ["メール"]}}',
        '{"customers": {"app": 1}}',
        '{"customers": {"app": 1, "email": ["メール"], "nmae": "氏名"}}',
        '{"customers": {"app": 1, "email": ["メール = \\"\\" or 氏名"]}}',
        '{"customers": {"app": 1, "email": ["メール"]}, "tickets": {"app": 2, "link": "", "title": "件名"}}',
        '{"customers": {"app": 1, "email": ["メール"]}, "tickets": {"app": 2, "link": "番号", "title": "件名", "by": "moon"}}',
    ],
)
def test_a_mapping_that_cannot_work_is_refused_at_once(vendor: KintoneVendor, connected: Connected, apps: str) -> None:
    assert refused(lambda: connected(vendor, apps)).why in {"mapping", "unset"}
    assert not vendor.calls


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://aoba.cybozu.com", "https://aoba.cybozu.com"),
        ("https://aoba.cybozu.com/k/11/", "https://aoba.cybozu.com"),
        ("https://AOBA.kintone.com/", "https://aoba.kintone.com"),
        ("https://aoba.s.cybozu.com", "https://aoba.s.cybozu.com"),
        ("https://aoba.cybozu.cn", "https://aoba.cybozu.cn"),
    ],
)
def test_kintones_own_hosts_are_taken(url: str, host: str) -> None:
    assert address(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "http://aoba.cybozu.com",
        "https://cybozu.com.evil.example",
        "https://aoba.cybozu.com@evil.example",
        "https://evil.example/.cybozu.com",
        "https://aoba.cybozu.com:8443",
        "https://10.0.0.1",
        "ftp://aoba.cybozu.com",
        "aoba",
        "https://[",
    ],
)
def test_other_hosts_are_not(vendor: KintoneVendor, connected: Connected, url: str) -> None:
    assert refused(lambda: connected(vendor, url=url)).why == "unsafe"


def test_a_guest_space_has_its_own_address(connected: Connected) -> None:
    with KintoneVendor(space="7") as vendor:
        assert refused(lambda: connected(vendor).find(asked("taro.tanaka@hokuto-foods.example"))).why == "mapping"
        (found,) = connected(vendor, space="7").find(asked("taro.tanaka@hokuto-foods.example"))
        assert f"/k/guest/7/{CUSTOMERS}/show#record=1" in found.url
        assert refused(lambda: connected(vendor, space="../7")).why == "mapping"


@pytest.mark.parametrize("tokens", ["", " , ", ",".join(f"t{n}" for n in range(10)), "令牌"])
def test_tokens_that_kintone_would_not_take_are_not_sent(
    vendor: KintoneVendor, connected: Connected, tokens: str
) -> None:
    crm = connected(vendor, tokens=tokens)
    assert refused(lambda: crm.find(asked("a@b.example"))).why == "unset"
    assert not vendor.calls


def test_tokens_may_be_pasted_line_by_line(vendor: KintoneVendor, connected: Connected) -> None:
    connected(vendor, tokens=vendor.tokens.replace(",", "\n")).check()
    assert vendor.calls[0].headers["x-cybozu-api-token"] == vendor.tokens


def letter(**more: Any) -> Letter:
    return Letter(
        key="mail-1",
        direction="in",
        subject="納品数が\n違う",
        text="10箱のはずが8箱です。",
        sender="taro.tanaka@hokuto-foods.example",
        sender_name="田中 太郎",
        recipients=("support@aoba.example",),
        at=1_795_000_000_000,
        by="鈴木 健太",
        **more,
    )


def stored(vendor: KintoneVendor, app: int, made: Made) -> dict[str, Any]:
    """A record as a person would see it in kintone."""
    number = made.id.partition("-")[2]
    query = f"app={app}&id={number}"
    said: Said = vendor.kintone.answer("GET", "/k/v1/record.json", query, {"x-cybozu-api-token": vendor.tokens}, b"")
    assert isinstance(said.content, dict)
    record: dict[str, Any] = said.content["record"]
    return {code: cell["value"] for code, cell in record.items()}


def test_a_mail_is_written_down_once_with_its_files(own: KintoneVendor, connected: Connected) -> None:
    crm = connected(own)
    files = (Attachment("見積書.pdf", "application/pdf", b"%PDF\r\n--sobani-"), Attachment("a.txt", "text/plain", b""))
    made = crm.log(letter(files=files), TANAKA)
    assert crm.log(letter(), TANAKA) == made
    record = stored(own, ACTIVITIES, made)
    assert record["件名"] == "納品数が 違う"  # a text of one line takes no line end
    assert record["内容"].startswith("田中 太郎 <taro.tanaka@hokuto-foods.example> → support@aoba.example\n\n10箱")
    assert (record["顧客番号"], record["種別"], record["記録者"]) == ("1", "メール", "鈴木 健太")
    assert record["日時"] == "2026-11-18T11:06:40Z"
    assert [file["name"] for file in record["添付"]] == ["見積書.pdf", "a.txt"]


def test_what_was_written_down_can_be_taken_back_twice(own: KintoneVendor, connected: Connected) -> None:
    crm = connected(own)
    made = crm.log(letter(), TANAKA)
    crm.unlog(made)
    crm.unlog(made)
    assert crm.log(letter(), TANAKA).id == made.id  # the number is free again in the stand-in: it is really gone


def test_only_items_of_the_mapped_apps_are_deleted(crm: Kintone, vendor: KintoneVendor) -> None:
    assert refused(lambda: crm.unlog(Made(f"{CUSTOMERS}-1"))).why == "mapping"
    assert not vendor.calls


def test_two_that_write_at_once_end_with_one_record(
    own: KintoneVendor, connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connected(own).log(letter(), TANAKA)
    looked: list[int] = []
    real = Writing._made

    def late(self: Writing, app: People | Things, key: str) -> Made | None:
        looked.append(1)
        return None if len(looked) == 1 else real(self, app, key)

    monkeypatch.setattr(Writing, "_made", late)
    assert connected(own).log(letter(), TANAKA) == first


def test_a_companys_number_is_not_written_where_a_customers_belongs(own: KintoneVendor, connected: Connected) -> None:
    company = CrmRef("k", "company", "1")
    assert refused(lambda: connected(own).log(letter(), company)).why == "mapping"
    assert all(call.method == "GET" for call in own.calls)
    assert {item.kind for item in connected(own).load(company).items} == {"order"}  # linked by the company's name


def test_a_mails_text_is_never_html_in_a_rich_text_field(own: KintoneVendor, connected: Connected) -> None:
    made = connected(own).create(
        Order(key="t-1", kind="ticket", title="件名", text="<script>x</script>\nよろしく", record=TANAKA)
    )
    record = stored(own, TICKETS, made)
    assert record["内容"] == "&lt;script&gt;x&lt;/script&gt;<br>よろしく"
    assert (record["対応状況"], record["顧客番号"]) == ("未対応", "1")


def test_contacts_and_deals_are_made_once(own: KintoneVendor, connected: Connected) -> None:
    crm = connected(own)
    contact = Order(key="c-1", kind="contact", title="", name="新井 恵", email="arai@new.example", company="新会社")
    assert crm.create(contact) == crm.create(contact)
    (found,) = crm.find(asked("arai@new.example"))
    assert (found.name, found.company) == ("新井 恵", "新会社")
    deal = Order(key="d-1", kind="deal", title="新店", amount=Money("100", "JPY"), record=found.ref)
    assert crm.create(deal) == crm.create(deal)
    assert [item.title for item in crm.load(found.ref).items] == ["新店"]


def test_items_linked_by_company_get_the_records_company(own: KintoneVendor, connected: Connected) -> None:
    crm = connected(own, changed("tickets.by", "company") | {"activities": None})
    made = crm.create(Order(key="t-2", kind="ticket", title="x", record=TANAKA))
    assert stored(own, TICKETS, made)["顧客番号"] == "北都フーズ株式会社"


def test_abilities_are_what_is_mapped() -> None:
    def of(apps: object) -> frozenset[Ability]:
        return able(Connection("k", "kintone", "k", {"apps": json.dumps(apps)}))

    everything = SPEC.abilities - {Ability.CREATE_CONTACT}
    assert everything <= of(APPS)
    assert Ability.LOG not in of(changed("activities.key", ""))
    assert Ability.LOG_FILES not in of(changed("activities.files", ""))
    assert of({"customers": {"app": 1, "email": ["メール"]}}) == {Ability.WEBHOOKS}


def delivery(body: object) -> Delivery:
    return Delivery("POST", "https://sobani.example/hook", {}, json.dumps(body).encode(), 0)


def test_a_webhook_is_a_hint_about_the_customer_it_names(crm: Kintone) -> None:
    cell = {
        "$id": {"type": "__ID__", "value": "1"},
        "メール": {"type": "LINK", "value": "Taro.Tanaka@hokuto-foods.example"},
    }
    edited = crm.changed(
        delivery({"id": "n-1", "type": "UPDATE_RECORD", "app": {"id": str(CUSTOMERS)}, "record": cell})
    )
    assert (edited.ids, edited.refs, edited.hint) == (("n-1",), (TANAKA,), True)
    assert edited.addresses == ("taro.tanaka@hokuto-foods.example",)
    gone = crm.changed(delivery({"id": "n-2", "type": "DELETE_RECORD", "app": {"id": str(CUSTOMERS)}, "recordId": "5"}))
    assert gone.refs == (BUSY,)
    linked = {"$id": {"value": "9"}, "顧客番号": {"type": "NUMBER", "value": "5"}}
    ticket = crm.changed(delivery({"id": "n-3", "type": "ADD_RECORD", "app": {"id": str(TICKETS)}, "record": linked}))
    assert ticket.refs == (BUSY,)


@pytest.mark.parametrize(
    "body",
    [
        {"id": "n", "type": "UPDATE_RECORD", "app": {"id": "999"}, "record": {"$id": {"value": "1"}}},
        {"id": "n", "type": "DELETE_RECORD", "app": {"id": str(TICKETS)}, "recordId": "1"},
        {"id": "n", "type": "UPDATE_RECORD", "app": {"id": str(CUSTOMERS)}, "record": {"$id": {"value": "*"}}},
        {"id": "n", "type": "UPDATE_RECORD", "app": {"id": str(TICKETS)}, "record": {"顧客番号": {"value": ["x"]}}},
    ],
)
def test_a_webhook_never_has_everything_read_again(crm: Kintone, body: object) -> None:
    """Nobody signs it: whoever guesses the address must not be able to use up the day's calls."""
    moved = crm.changed(delivery(body))
    assert moved.hint
    assert not moved.everything
    assert not moved.refs
    assert not moved.addresses


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type": 1, "app": {}}', b"\xff"])
def test_a_webhook_that_cannot_be_read_is_garbled(crm: Kintone, body: bytes) -> None:
    assert refused(lambda: crm.changed(Delivery("POST", "https://x.example", {}, body, 0))).why == "garbled"


def test_nothing_of_customers_or_tokens_is_logged(crm: Kintone, vendor: KintoneVendor) -> None:
    with capture_logs() as logged:
        crm.find(asked("taro.tanaka@hokuto-foods.example"))
        crm.load(TANAKA)
        vendor.misbehave("403")
        error = refused(lambda: crm.find(asked("taro.tanaka@hokuto-foods.example")))
    written = f"{logged}{error}{error.args}"
    for secret in ("tanaka", "田中", "token-of-app", "北都"):
        assert secret not in written


def test_the_example_of_the_documentation_is_a_mapping() -> None:
    written = (Path(__file__).parents[3] / "docs/kintone.md").read_text("utf-8")
    example = written.partition("```json\n")[2].partition("```")[0]
    assert able(Connection("k", "kintone", "k", {"apps": example})) == SPEC.abilities

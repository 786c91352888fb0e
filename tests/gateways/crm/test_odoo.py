"""What is Odoo's own: versions, transports, models that may not be there, and how it says no."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from server.domain.crm import (
    Asked,
    Attachment,
    Candidate,
    Crm,
    CrmError,
    CrmRef,
    Delivery,
    Made,
    Money,
    Order,
    Record,
    Trouble,
    Wanted,
)
from server.gateways.crm.odoo_rpc import Account, Json2, NotForUs, XmlRpc, version
from server.gateways.crm.spec import Reply
from tests.gateways.crm.contract import LETTER, TARO, WANTED, Office, wanted
from tests.gateways.crm.offices.odoo import MISAKI, YEN, OdooOffice
from tests.gateways.crm.test_odoo_xmlrpc import OlderOffice
from tests.standins.crm import odoo
from tests.standins.crm.server import Request

TARO_REF = CrmRef("c1", "contact", "11")
PDF = Attachment("納品書.pdf", "application/pdf", b"%PDF-1.7 test")
MODELS = ("crm.lead", "helpdesk.ticket", "sale.order", "mail.message")


@pytest.fixture(params=[OdooOffice, OlderOffice], ids=["json2", "xmlrpc"])
def office(request: pytest.FixtureRequest) -> Iterator[OdooOffice]:
    with request.param(request) as opened:
        yield opened


@pytest.fixture
def newer(request: pytest.FixtureRequest) -> Iterator[OdooOffice]:
    with OdooOffice(request) as opened:
        yield opened


@pytest.fixture
def crm(office: OdooOffice) -> Crm:
    return office.connect()


def why(call: Callable[[], object]) -> Trouble | None:
    try:
        call()
    except CrmError as error:
        return error.why
    return None


def paths(office: Office) -> list[str]:
    return [call.path for call in office.vendor.calls]


def asked_fields(request: Request) -> list[str]:
    """What a search_read over JSON-2 asked for."""
    found: list[str] = request.json["fields"]
    return found


# ------------------------------------------------------------------ versions and transports


@pytest.mark.parametrize(
    ("release", "path"),
    [
        (14, "/xmlrpc/2/object"),
        (18, "/xmlrpc/2/object"),
        (19, "/json/2/res.partner/search_read"),
        (22, "/json/2/res.partner/search_read"),
    ],
)
def test_the_version_decides_over_the_transport_and_is_asked_for_once(
    newer: OdooOffice, release: int, path: str
) -> None:
    newer.odoo.release = release
    crm = newer.connect()
    assert crm.find(WANTED)
    assert path in paths(newer)
    newer.vendor.calls.clear()
    crm.find(WANTED)
    assert [call for call in paths(newer) if call == "/web/version" or call.endswith("/common")] == []


def test_a_transport_that_is_chosen_needs_no_version(newer: OdooOffice) -> None:
    newer.connect({"transport": "json2"}).find(WANTED)
    assert "/web/version" not in paths(newer)
    newer.vendor.calls.clear()
    newer.connect({"transport": "xmlrpc"}).find(WANTED)  # 19 still has it
    assert paths(newer) == ["/xmlrpc/2/common", "/xmlrpc/2/object", "/xmlrpc/2/object"]


def test_a_release_between_two_versions_is_the_older() -> None:
    body = xmlrpc.client.dumps(({"server_version_info": ["saas~18", 3, 0, "final", 0]},), methodresponse=True).encode()
    assert (
        version(
            Says({"/web/version": CrmError("garbled", "a redirect", status=303), "/xmlrpc/2/common": body}),
            "https://x.example",
        )
        == 18
    )


def test_what_says_no_version_is_no_odoo() -> None:
    line = Says({"/web/version": b'{"version": "?"}', "/xmlrpc/2/common": b"<html>"})
    assert why(lambda: version(line, "https://x.example")) == "garbled"


def test_the_host_is_told_which_database_is_meant(newer: OdooOffice) -> None:
    newer.odoo.many = True
    assert newer.connect().find(WANTED)
    assert why(lambda: newer.connect({"database": "other"}).find(WANTED)) == "missing"


def test_a_database_that_is_not_there_is_missing_and_a_wrong_user_refused(request: pytest.FixtureRequest) -> None:
    with OlderOffice(request) as office:
        assert why(office.connect({"database": "other"}).check) == "missing"
        assert why(office.connect({"login": "nobody@aoba.example"}).check) == "refused"
        assert why(office.connect({"login": ""}).check) == "unset"


def test_a_key_with_signs_of_xml_in_it_is_only_a_wrong_key(office: OdooOffice) -> None:
    assert why(office.connect(credentials={"key": "<&\x00]]>"}).check) == "refused"


# ------------------------------------------------------------------ what may not be there


def test_a_module_that_is_not_installed_is_no_error(office: OdooOffice, crm: Crm) -> None:
    for model in MODELS[:3]:
        office.odoo.uninstall(model)
    assert crm.find(WANTED)
    record = crm.load(TARO_REF)
    assert {item.kind for item in record.items} == {"activity"}
    office.vendor.calls.clear()
    crm.load(TARO_REF)
    crm.find(WANTED)
    assert len(office.vendor.calls) == 4  # partner, messages, tags; partners: what is not there is not asked again


def test_a_model_that_the_user_may_not_read_is_left_out(office: OdooOffice, crm: Crm) -> None:
    office.odoo.closed = set(MODELS)
    assert crm.load(TARO_REF).items == ()


def test_the_partners_have_to_be_readable(office: OdooOffice) -> None:
    office.odoo.closed = {"res.partner"}
    crm = office.connect()
    for call in (crm.check, lambda: crm.find(WANTED), lambda: crm.load(TARO_REF)):
        assert why(call) == "refused"


@pytest.mark.parametrize("model", MODELS)
def test_a_key_that_dies_between_two_calls_is_refused_and_not_taken_for_an_absent_model(
    office: OdooOffice, crm: Crm, model: str
) -> None:
    crm.load(TARO_REF)

    def dies(request: Request) -> bool:
        if model in f"{request.path}{request.body.decode()}":
            office.odoo.keys.clear()
        return False

    office.vendor.misbehave("500", times=None, when=dies)
    assert why(lambda: crm.load(TARO_REF)) == "refused"


def test_what_was_installed_is_seen_after_an_hour(office: OdooOffice, crm: Crm) -> None:
    kept = office.odoo.rows["sale.order"], office.odoo.types["sale.order"]
    office.odoo.uninstall("sale.order")
    crm.load(TARO_REF)
    office.odoo.rows["sale.order"], office.odoo.types["sale.order"] = kept
    assert "order" not in {item.kind for item in crm.load(TARO_REF).items}
    office.now += 3_600_000
    assert "order" in {item.kind for item in crm.load(TARO_REF).items}


def test_a_field_that_this_version_lacks_is_not_asked_for(newer: OdooOffice) -> None:
    crm = newer.connect()
    crm.load(TARO_REF)
    assert not [
        call for call in newer.vendor.calls if call.path.endswith("/search_read") and "mobile" in asked_fields(call)
    ]
    newer.odoo.types["res.partner"]["mobile"] = "char"
    newer.odoo.rows["res.partner"][11] |= {"phone": False, "mobile": "090-5550-0100"}
    newer.now += 3_600_000
    assert crm.load(TARO_REF).phone == "090-5550-0100"


def test_a_body_is_read_only_where_there_is_no_beginning_of_it(newer: OdooOffice) -> None:
    crm = newer.connect()
    crm.load(TARO_REF)
    del newer.odoo.types["mail.message"]["preview"]
    newer.vendor.calls.clear()
    record = newer.connect().load(TARO_REF)
    assert "電話あり。折り返し" in {item.title for item in record.items}


def test_oca_tickets_are_open_until_their_own_date(office: OdooOffice) -> None:
    types = office.odoo.types["helpdesk.ticket"]
    types["closed_date"] = types.pop("close_date")
    for row in office.odoo.rows["helpdesk.ticket"].values():
        row["closed_date"] = row.pop("close_date")
    tickets = [item for item in office.connect().load(TARO_REF).items if item.kind == "ticket"]
    assert [item.open for item in tickets] == [True, False]


# ------------------------------------------------------------------ what is read


def test_the_teams_own_fields_come_from_the_person_or_else_the_company(crm: Crm) -> None:
    record = crm.load(TARO_REF)
    assert (record.plan, record.contract_end, record.health) == ("Professional", "2027-03-31", 72)
    assert record.more == {"取扱": "青果、冷凍"}
    assert record.value == Money("5400000", "JPY")
    assert (record.role, record.owner, record.phone) == ("購買部長", "佐藤 美咲", "03-5550-0100")


def test_products_may_be_tags(office: OdooOffice) -> None:
    record = office.connect({"fields": "products = category_id"}).load(TARO_REF)
    assert record.products == ("青果", "冷凍")


def test_false_is_nothing(office: OdooOffice) -> None:
    office.odoo.add("res.partner", 50, name="空", email="kara@x.example")
    record = office.connect().load(CrmRef("c1", "contact", "50"))
    assert "False" not in repr(replace(record, items=()))
    assert record == Record(ref=record.ref, name="空", addresses=("kara@x.example",), url=record.url)


def test_deals_and_orders_of_the_company_belong_to_its_people(crm: Crm) -> None:
    record = crm.load(CrmRef("c1", "contact", "12"))
    assert sorted((item.kind, item.title) for item in record.items if item.kind in {"deal", "order"}) == [
        ("deal", "秋の棚替え"),
        ("order", "S00042"),
    ]
    assert "activity" not in {item.kind for item in record.items}


def test_words_of_a_choice_are_shown_and_orders_that_are_drafts_are_not(crm: Crm) -> None:
    orders = [item for item in crm.load(TARO_REF).items if item.kind == "order"]
    assert [(item.status, item.amount) for item in orders] == [("Sales Order", Money("345600", "JPY"))]


def test_what_odoo_wrote_itself_is_no_activity(crm: Crm) -> None:
    assert "担当者 → 佐藤" not in {item.title for item in crm.load(TARO_REF).items}


def test_an_archived_partner_can_still_be_read_but_is_not_found(office: OdooOffice, crm: Crm) -> None:
    office.odoo.rows["res.partner"][11]["active"] = False
    assert not [one for one in crm.find(wanted(TARO)) if one.ref.id == "11"]
    assert crm.load(TARO_REF).name == "田中 太郎"


def test_further_addresses_are_in_fields_that_the_team_names(office: OdooOffice) -> None:
    office.odoo.rows["res.partner"][11]["x_email2"] = "Taro@tanaka.example"
    assert not office.connect().find(wanted("taro@tanaka.example"))
    (found,) = office.connect({"addresses": "x_email2"}).find(wanted("taro@tanaka.example"))
    assert found.addresses == (TARO, "taro@tanaka.example")


def test_all_of_several_addresses_are_asked_for_in_one_call(office: OdooOffice, crm: Crm) -> None:
    crm.find(WANTED)
    office.vendor.calls.clear()
    found = crm.find(Wanted((Asked(TARO), Asked("jiro@other.example"))))
    assert {one.name for one in found} == {"田中 太郎", "別人 次郎"}
    assert len(office.vendor.calls) == 2


def test_a_web_site_that_only_ends_alike_is_another_company(office: OdooOffice, crm: Crm) -> None:
    office.odoo.add("res.partner", 60, name="別の会社", is_company=True, website="https://nothokuto-foods.example")
    office.odoo.add(
        "res.partner",
        61,
        name="北都フーズ 関西",
        is_company=True,
        website="https://kansai.hokuto-foods.example/index.html",
    )
    found = crm.find(wanted("new@hokuto-foods.example", domain="hokuto-foods.example"))
    assert {one.name for one in found} == {"北都フーズ株式会社", "北都フーズ 関西"}


def test_the_same_name_at_the_same_company_is_a_candidate(crm: Crm) -> None:
    found = crm.find(wanted("t-tanaka@hokuto-foods.example", "田中 太郎", domain="hokuto-foods.example"))
    assert "田中 太郎" in {one.name for one in found}
    assert not crm.find(wanted("t-tanaka@gmail.com", "田中 太郎"))


def test_the_person_is_not_lost_among_the_branches_of_a_large_company(office: OdooOffice, crm: Crm) -> None:
    for key in range(200, 230):
        office.odoo.add(
            "res.partner", key, name=f"0 支店 {key}", is_company=True, website="https://hokuto-foods.example"
        )
    rows = office.odoo.rows["res.partner"]
    rows[11] = rows.pop(11)  # the last that the database returns
    found = crm.find(WANTED)
    assert (len(found), found[0].name) == (20, "田中 太郎")


def test_an_address_for_invoices_is_not_a_second_person(office: OdooOffice, crm: Crm) -> None:
    company = [10, "北都フーズ株式会社"]
    office.odoo.add("res.partner", 80, name="経理 田中", parent_id=company, email=TARO, type="invoice")
    office.odoo.add(
        "res.partner", 81, name="倉庫", parent_id=company, email="soko@hokuto-foods.example", type="delivery"
    )
    assert [one.name for one in crm.find(wanted(TARO))] == ["田中 太郎"]
    assert [one.name for one in crm.find(wanted("soko@hokuto-foods.example"))] == ["倉庫"]  # better than nobody


def lead_of(office: OdooOffice, crm: Crm) -> Candidate:
    office.odoo.add(
        "crm.lead", 7, name="展示会の名刺", contact_name="新田 一郎", partner_name="新商会", email_from="新田 <nitta@shin.example>", type="lead",
        stage_id=[1, "新規"], user_id=MISAKI, write_date="2026-05-20 00:00:00", description="<p>サンプル<br>希望</p>", company_currency=YEN,
    )  # fmt: skip
    (found,) = crm.find(wanted("nitta@shin.example"))
    return found


def test_a_lead_that_is_nobodys_partner_is_found_and_read(office: OdooOffice, crm: Crm) -> None:
    found = lead_of(office, crm)
    assert (found.ref.kind, found.name, found.company) == ("lead", "新田 一郎", "新商会")
    record = crm.load(found.ref)
    assert (record.name, record.company, record.note, record.owner) == (
        "新田 一郎",
        "新商会",
        "サンプル\n希望",
        "佐藤 美咲",
    )
    assert [(item.kind, item.title, item.amount) for item in record.items] == [("deal", "展示会の名刺", None)]


def test_a_mail_is_logged_at_a_lead(office: OdooOffice, crm: Crm) -> None:
    ref = lead_of(office, crm).ref
    crm.log(LETTER, ref)
    assert [row["model"] for row in office.odoo.rows["mail.message"].values() if row["message_id"]] == ["crm.lead"]
    assert [item.title for item in crm.load(ref).items if item.kind == "activity"] == [LETTER.subject]


def test_the_language_of_choices_is_asked_for(newer: OdooOffice) -> None:
    newer.connect({"language": "ja_JP"}).load(TARO_REF)
    contexts = [call.json["context"].get("lang") for call in newer.vendor.calls if call.path.startswith("/json/2/")]
    assert set(contexts) == {"ja_JP"}
    assert why(newer.connect({"language": "de_DE"}).check) == "mapping"  # not installed there
    assert why(lambda: newer.connect({"language": "../x"})) == "mapping"


# ------------------------------------------------------------------ what is written


@pytest.mark.parametrize("release", [15, 16, 17, 18, 19, 22])
def test_a_note_is_the_same_in_every_version_and_mails_nobody(newer: OdooOffice, release: int) -> None:
    newer.odoo.release = release
    newer.connect().log(LETTER, TARO_REF)
    (row,) = [row for row in newer.odoo.rows["mail.message"].values() if row["message_id"]]
    assert row["body"] == (
        "<p>田中 太郎 &lt;taro.tanaka@hokuto-foods.example&gt; → support@aoba.example</p>"
        "<p>お世話になっております。<br/>&lt;12箱&gt; &amp; 3袋をお願いします。</p>"
    )
    assert row["date"] == "2026-05-28 19:26:40"
    assert newer.odoo.mailed == []


def test_control_characters_do_not_break_the_call(office: OdooOffice, crm: Crm) -> None:
    crm.log(replace(LETTER, subject="a\x00b\x0bc\ud800", text="x\x01\u202ey"), TARO_REF)
    (logged,) = office.logged()
    assert "abc" in logged
    assert "xy" in logged


def test_files_that_were_sent_go_when_the_note_cannot_be_made(office: OdooOffice, crm: Crm) -> None:
    with_file = replace(LETTER, files=(PDF,))
    assert why(lambda: crm.log(with_file, CrmRef("c1", "contact", "999999"))) == "missing"
    assert office.odoo.rows["ir.attachment"] == {}


def test_undoing_takes_the_files_too(office: OdooOffice, crm: Crm) -> None:
    made = crm.log(replace(LETTER, files=(PDF, PDF)), TARO_REF)
    assert len(office.odoo.rows["ir.attachment"]) == 2
    crm.unlog(made)
    assert office.odoo.rows["ir.attachment"] == {}
    assert why(lambda: crm.unlog(Made("x"))) == "missing"


def test_a_new_ticket_mails_nobody(office: OdooOffice, crm: Crm) -> None:
    order = Order(key="k", kind="ticket", title="納期の確認", text="本文", email=TARO, record=TARO_REF)
    crm.create(order)
    assert office.odoo.mailed == []


def test_an_amount_in_another_currency_is_only_told(office: OdooOffice, crm: Crm) -> None:
    order = Order(key="k1", kind="deal", title="見積", text="本文", amount=Money("120", "USD"), record=TARO_REF)
    row = office.odoo.rows["crm.lead"][int(crm.create(order).id)]
    assert row["expected_revenue"] == 0.0
    assert "120 USD" in row["description"]
    for key, currency in (("k2", "JPY"), ("k3", "")):  # what names none is in their own
        order = replace(order, key=key, amount=Money("98000", currency))
        assert office.odoo.rows["crm.lead"][int(crm.create(order).id)]["expected_revenue"] == 98000.0


def test_a_ticket_needs_the_module(office: OdooOffice, crm: Crm) -> None:
    office.odoo.uninstall("helpdesk.ticket")
    assert why(lambda: crm.create(Order(key="k", kind="ticket", title="x", record=TARO_REF))) == "mapping"


def test_a_new_contact_belongs_to_the_company_that_was_open(office: OdooOffice, crm: Crm) -> None:
    order = Order(
        key="k",
        kind="contact",
        title="",
        name="新 人",
        email="new@hokuto-foods.example",
        record=CrmRef("c1", "company", "10"),
    )
    made = crm.create(order)
    assert office.odoo.rows["res.partner"][int(made.id)]["parent_id"] == [10, "北都フーズ株式会社"]


# ------------------------------------------------------------------ webhooks


def moved(crm: Crm, body: Mapping[str, object]) -> tuple[set[CrmRef], tuple[str, ...]]:
    said = crm.changed(Delivery("POST", "https://sobani.aoba.example/x", {}, json.dumps(body).encode(), 0))
    assert said.hint
    return set(said.refs), said.addresses


def test_a_webhook_of_another_model_names_its_partner(crm: Crm) -> None:
    both = {CrmRef("c1", "contact", "11"), CrmRef("c1", "company", "11")}
    assert moved(crm, {"_model": "sale.order", "_id": 1, "partner_id": 11}) == (both, ())
    assert moved(crm, {"_model": "sale.order", "_id": 1, "partner_id": [11, "田中 太郎"]}) == (both, ())
    assert moved(crm, {"_model": "sale.order", "_id": 1}) == (set(), ())
    lead = {"_model": "crm.lead", "_id": 7, "partner_id": False, "email_from": "新田 <nitta@shin.example>"}
    assert moved(crm, lead) == ({CrmRef("c1", "lead", "7")}, ("nitta@shin.example",))


# ------------------------------------------------------------------ how it says no


class Says:
    """A line that answers what it was told to, by the end of the address."""

    def __init__(self, answers: Mapping[str, bytes | CrmError]) -> None:
        self._answers = answers

    def send(self, method: str, url: str, **_more: object) -> Reply:
        said = next(answer for end, answer in self._answers.items() if url.endswith(end))
        if isinstance(said, CrmError):
            raise said
        return Reply(200, {}, said)

    def json(self, reply: Reply) -> object:
        return json.loads(reply.body)

    def within(self, seconds: float | None = None) -> AbstractContextManager[None]:
        return nullcontext()


ACCOUNT = Account("https://odoo.example", "aoba", odoo.LOGIN, odoo.KEY)


def faulty(code: int, text: str) -> bytes:
    return xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True).encode()


@pytest.mark.parametrize(
    ("code", "text", "expected", "general"),
    [
        (3, "Access Denied", "refused", False),
        (4, "You are not allowed to access 'Contact' (res.partner) records.", "refused", True),
        (2, "Object helpdesk.ticket doesn't exist", "missing", True),
        (2, "Record does not exist or has been deleted.\n(Record: res.partner(5,), User: 2)", "missing", False),
        (2, "The operation cannot be completed: 田中", "mapping", False),
        (
            1,
            "Traceback (most recent call last):\nValueError: Invalid field 'x_plan' on model 'res.partner'\n",
            "mapping",
            False,
        ),
        (1, 'psycopg2.OperationalError: FATAL:  database "aoba" does not exist\n', "missing", False),
        (
            1,
            "Traceback (most recent call last):\nTypeError: cannot marshal None unless allow_none is enabled\n",
            "down",
            False,
        ),
    ],
)
def test_each_fault_has_its_name(code: int, text: str, expected: Trouble, *, general: bool) -> None:
    line = Says({"/common": xmlrpc.client.dumps((7,), methodresponse=True).encode(), "/object": faulty(code, text)})
    with pytest.raises(CrmError) as caught:
        XmlRpc(line, ACCOUNT).call("res.partner", "search_read", domain=[])
    assert (caught.value.why, isinstance(caught.value, NotForUs)) == (expected, general)
    assert str(caught.value) == f"fault {code}"


@pytest.mark.parametrize(
    ("status", "sent", "name", "message", "expected", "general"),
    [
        (401, "refused", "werkzeug.exceptions.Unauthorized", "Invalid apikey", "refused", False),
        (403, "refused", "odoo.exceptions.AccessError", "You are not allowed to access", "refused", True),
        (404, "missing", "werkzeug.exceptions.NotFound", "the model 'helpdesk.ticket' does not exist", "missing", True),
        (
            404,
            "missing",
            "odoo.exceptions.MissingError",
            "Record does not exist or has been deleted.",
            "missing",
            False,
        ),
        (422, "mapping", "odoo.exceptions.ValidationError", "田中", "mapping", False),
        (500, "down", "builtins.ValueError", "Invalid field 'x_plan' on model 'res.partner'", "mapping", False),
        (500, "down", "psycopg2.OperationalError", "could not connect", "down", False),
    ],
)
def test_each_error_of_json2_has_its_name(
    status: int, sent: Trouble, name: str, message: str, expected: Trouble, *, general: bool
) -> None:
    body = json.dumps(
        {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback"}
    ).encode()
    line = Says({"/search_read": CrmError(sent, f"status {status}", status=status, body=body)})
    with pytest.raises(CrmError) as caught:
        Json2(line, ACCOUNT).call("res.partner", "search_read", domain=[])
    assert (caught.value.why, isinstance(caught.value, NotForUs)) == (expected, general)
    assert str(caught.value) == f"status {status}"


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<methodResponse><params><param><value><string>&b;</string></value></param></params></methodResponse>"""
OUTSIDE = BOMB.replace(b'<!ENTITY a "ha">', b'<!ENTITY a SYSTEM "file:///etc/hostname">')
DEEP = b"<methodResponse><params><param>" + b"<value><array><data>" * 50_000


@pytest.mark.parametrize(
    "body", [BOMB, OUTSIDE, DEEP, b"", b"\x1f\x8b\x08", b"<methodResponse/>", b"<a><b></a>", b"\xff\xfe<"]
)
def test_xml_that_is_none_or_means_harm_is_garbled(body: bytes) -> None:
    assert why(lambda: XmlRpc(Says({"/common": body}), ACCOUNT).call("res.partner", "search_read")) == "garbled"


GOOD = xmlrpc.client.dumps(
    ([{"id": 7, "name": "x", "partner_id": [1, "y"], "active": True, "score": 1.5}],), methodresponse=True
).encode()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=6), st.integers(0, 30))
def test_xml_with_holes_and_patches_is_read_or_garbled(at: int, patch: bytes, hole: int) -> None:
    body = GOOD[:at] + patch + GOOD[at + hole :]
    line = Says({"/common": xmlrpc.client.dumps((7,), methodresponse=True).encode(), "/object": body})
    assert why(lambda: XmlRpc(line, ACCOUNT).call("res.partner", "search_read")) in {None, "garbled"}

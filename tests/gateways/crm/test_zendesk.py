"""What is Zendesk's own: a search that lags, addresses beside the first, tickets that mail people, tokens that are renewed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import pytest
from msgspec.structs import replace

from server.domain.crm import (
    Asked,
    Attachment,
    Crm,
    CrmError,
    CrmRef,
    Delivery,
    ForgedDelivery,
    Made,
    Moved,
    Order,
    Reason,
    Trouble,
    Wanted,
)
from server.gateways.crm.zendesk_events import signature
from tests.gateways.crm.contract import BUSY, COMPANY, COMPLAINT, DOMAIN, LETTER, NOW, TARO, WANTED, wanted
from tests.gateways.crm.offices.zendesk import ZendeskOffice
from tests.standins.crm import zendesk
from tests.standins.crm.server import Answer, How

TARO_REF = CrmRef("c1", "contact", "11")
COMPANY_REF = CrmRef("c1", "company", "100")
MINUTE = 60_000
EMPTY = "wCdBvXaHttn0wRVIYctzZ9O6O0bnqWakJMEKZ9VoRWw="  # by openssl dgst -sha256 -hmac


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[ZendeskOffice]:
    with ZendeskOffice(request) as opened:
        yield opened


@pytest.fixture
def crm(office: ZendeskOffice) -> Crm:
    return office.connect()


def why(call: Callable[[], object]) -> Trouble | None:
    try:
        call()
    except CrmError as error:
        return error.why
    return None


def paths(office: ZendeskOffice) -> list[str]:
    return [call.path.removeprefix("/api/v2/") for call in office.vendor.calls]


def exports(office: ZendeskOffice) -> int:
    return paths(office).count("incremental/users/cursor.json")


# ------------------------------------------------------------------ finding


def test_an_address_is_asked_for_without_a_keyword(office: ZendeskOffice, crm: Crm) -> None:
    """With one it would go to the index, which learns of new users minutes later."""
    crm.find(WANTED)
    assert [call.param("query") for call in office.vendor.calls] == [TARO]


def test_whoever_only_mentions_the_address_is_not_found(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.user(50, "書いた人", "writer@x.example", notes=f"{TARO} の紹介")
    assert [one.name for one in crm.find(wanted(TARO))] == ["田中 太郎"]


def test_a_further_address_is_the_persons_too(office: ZendeskOffice, crm: Crm) -> None:
    (found,) = crm.find(wanted("taro@tanaka.example"))
    assert found.addresses == (TARO, "taro@tanaka.example")
    assert len(office.vendor.calls) == 1
    assert crm.load(found.ref).addresses == (TARO, "taro@tanaka.example")


def test_further_addresses_are_asked_for_where_they_do_not_come_along(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.sideloads = False
    (found,) = crm.find(wanted("taro@tanaka.example"))
    assert found.ref == TARO_REF
    assert paths(office) == ["users/search.json", "users/11/identities.json"]


def test_no_more_than_two_users_are_asked_for_further_addresses(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.sideloads = False
    for key in range(60, 70):
        office.zendesk.user(key, f"人{key}", f"p{key}@x.example", notes="shared@x.example")
    assert crm.find(wanted("shared@x.example")) == []
    assert len([path for path in paths(office) if path.endswith("/identities.json")]) == 2


def test_the_first_address_that_somebody_has_is_enough(office: ZendeskOffice, crm: Crm) -> None:
    many = Wanted((Asked("x@nowhere.example"), Asked(TARO, Reason.REPLY_TO), Asked(BUSY, Reason.FORM)))
    assert [one.ref for one in crm.find(many)] == [TARO_REF]
    assert paths(office) == ["users/search.json"] * 2


def test_a_deleted_user_is_nobody(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.users[11]["active"] = False
    assert not crm.find(wanted(TARO))
    assert why(lambda: crm.load(TARO_REF)) == "missing"


def test_a_company_has_the_domain_itself_or_the_one_above(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.organization(101, "名だけの会社", notes=DOMAIN)
    office.zendesk.organization(102, "長い名の会社", f"not{DOMAIN}")
    found = crm.find(wanted(f"x@kansai.{DOMAIN}", domain=f"kansai.{DOMAIN}"))
    assert found == []  # the search itself compares words
    assert [one.name for one in crm.find(wanted(f"x@{DOMAIN}", domain=DOMAIN))] == [COMPANY]


# ------------------------------------------------------------------ the search lags


def newcomer(office: ZendeskOffice) -> str:
    office.zendesk.user(70, "新田 一郎", "nitta@shin.example", "ichiro@shin.example")
    office.zendesk.unindexed.add(70)
    return "ichiro@shin.example"


def test_a_user_whom_the_search_does_not_know_yet_is_found(office: ZendeskOffice, crm: Crm) -> None:
    email = newcomer(office)
    (found,) = crm.find(wanted(email))
    assert (found.name, found.ref.id) == ("新田 一郎", "70")
    (call,) = [call for call in office.vendor.calls if "incremental" in call.path]
    assert call.param("start_time") == str((NOW - 15 * MINUTE) // 1000)


def test_strangers_cost_one_export_a_minute(office: ZendeskOffice, crm: Crm) -> None:
    for number in range(30):
        crm.find(wanted(f"stranger{number}@x.example"))
    assert exports(office) == 1
    email = newcomer(office)
    assert not crm.find(wanted(email))
    office.now += MINUTE
    assert crm.find(wanted(email))
    assert exports(office) == 2


def test_an_agent_who_is_no_administrator_does_without(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.administrator = False
    newcomer(office)
    for _ in range(3):
        assert not crm.find(wanted("ichiro@shin.example", domain="shin.example"))
        office.now += 5 * MINUTE
    assert exports(office) == 1


@pytest.mark.parametrize(("how", "expected"), [("429", None), ("500", None), ("401", "refused"), ("slow", "slow")])
def test_what_goes_wrong_there_matters_only_when_all_is_wrong(
    office: ZendeskOffice, how: How, expected: Trouble | None
) -> None:
    crm = office.connect(seconds=0.6)
    office.vendor.misbehave(how, times=None, when=lambda request: "incremental" in request.path)
    assert why(lambda: crm.find(wanted("stranger@x.example"))) == expected


def test_a_webhook_names_the_address_of_a_new_user(office: ZendeskOffice, crm: Crm) -> None:
    moved = told(
        office,
        crm,
        {
            "id": "e1",
            "subject": "zen:user:70",
            "type": "zen:event-type:user.created",
            "detail": {"email": "Nitta@shin.example"},
        },
    )
    assert moved.addresses == ("nitta@shin.example",)


# ------------------------------------------------------------------ loading


def test_fields_come_from_the_user_or_else_the_organisation(office: ZendeskOffice, crm: Crm) -> None:
    record = crm.load(TARO_REF)
    assert (record.plan, record.contract_end, record.company) == ("professional", "2027-03-31", COMPANY)
    assert (record.phone, record.note) == ("+81355500100", "締め日は20日")
    office.zendesk.users[11]["user_fields"]["plan"] = None
    office.zendesk.organizations[100]["organization_fields"]["plan"] = "enterprise"
    assert crm.load(TARO_REF).plan == "enterprise"
    company = crm.load(COMPANY_REF)
    assert (company.name, company.plan, company.contract_end) == (COMPANY, "enterprise", "2027-03-31")


def test_a_companys_tickets_are_those_of_all_its_people(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.user(12, "高橋 一郎", "ichiro@hokuto-foods.example", organization_id=100)
    office.zendesk.ticket(503, 12, "見積の依頼")
    assert {item.title for item in crm.load(COMPANY_REF).items} == {COMPLAINT, "請求書の宛名", "見積の依頼"}


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": "urgent"},
        {"satisfaction_rating": {"score": "bad", "comment": "遅い"}},
        {"tags": ["返品", "苦情"]},
        {"tags": ["Complaint"]},
    ],
)
def test_a_complaint_is_urgent_badly_rated_or_tagged_as_one(
    office: ZendeskOffice, crm: Crm, fields: Mapping[str, object]
) -> None:
    office.zendesk.ticket(504, 12 if 12 in office.zendesk.users else 31, "件", **fields)
    (item,) = crm.load(CrmRef("c1", "contact", "31")).items
    assert item.complaint


def test_the_newest_tickets_are_read_and_the_others_counted(office: ZendeskOffice, crm: Crm) -> None:
    record = crm.load(CrmRef("c1", "contact", "41"))
    assert (len(record.items), record.totals) == (40, {"ticket": 10_000})
    (call,) = [call for call in office.vendor.calls if "tickets" in call.path]
    assert dict(call.query) == {"sort_by": "updated_at", "sort_order": "desc", "per_page": "40", "include": "users"}


def test_whoever_has_a_ticket_is_named(crm: Crm) -> None:
    assert {item.title: item.by for item in crm.load(TARO_REF).items} == {COMPLAINT: "佐藤 花", "請求書の宛名": ""}


# ------------------------------------------------------------------ writing


def test_a_logged_mail_is_a_closed_ticket_that_nobody_is_told_of(office: ZendeskOffice, crm: Crm) -> None:
    made = crm.log(LETTER, TARO_REF)
    ticket = office.zendesk.tickets[int(made.id)]
    assert (ticket["status"], ticket["is_public"], ticket["created_at"]) == ("closed", False, "2026-05-28T19:26:40Z")
    assert office.zendesk.mailed == []
    (item,) = [item for item in crm.load(TARO_REF).items if item.kind == "activity"]
    assert (item.title, item.open, item.status) == (LETTER.subject, False, "")


def test_a_mail_from_the_future_is_of_now(office: ZendeskOffice, crm: Crm) -> None:
    """Zendesk refuses comments that are not yet written."""
    made = crm.log(replace(LETTER, at=NOW + 86_400_000), TARO_REF)
    assert office.zendesk.tickets[int(made.id)]["created_at"] == "2026-05-28T20:26:40Z"


def test_only_administrators_log(office: ZendeskOffice, crm: Crm) -> None:
    office.zendesk.administrator = False
    assert why(lambda: crm.log(LETTER, TARO_REF)) == "refused"


def test_a_mail_logged_at_a_company_is_the_senders(office: ZendeskOffice, crm: Crm) -> None:
    assert office.zendesk.tickets[int(crm.log(LETTER, COMPANY_REF).id)]["requester_id"] == 11
    stranger = replace(LETTER, key="k2", direction="out", sender="support@aoba.example", recipients=(f"new@{DOMAIN}",))
    made = crm.log(stranger, COMPANY_REF)
    user = office.zendesk.users[office.zendesk.tickets[int(made.id)]["requester_id"]]
    assert (user["email"], user["organization_id"]) == (f"new@{DOMAIN}", 100)
    assert office.zendesk.mailed == []
    assert why(lambda: crm.log(replace(LETTER, key="k3", sender="", recipients=()), COMPANY_REF)) == "mapping"


def test_files_go_by_their_tokens(office: ZendeskOffice, crm: Crm) -> None:
    crm.log(
        replace(LETTER, files=(Attachment("a.pdf", "application/pdf", b"%PDF"), Attachment("b", "", b"x"))), TARO_REF
    )
    assert office.zendesk.uploads == {"up0": b"%PDF", "up1": b"x"}


def test_a_ticket_whose_answer_is_lost_is_made_once(office: ZendeskOffice, crm: Crm) -> None:
    order = Order(key="k", kind="ticket", title="納期の確認", text="本文", record=TARO_REF)
    lost = [Answer(502, b"")]

    def lose(answer: Answer) -> Answer:
        return lost.pop() if answer.status == 201 and lost else answer

    office.vendor.distort = lose
    made = crm.create(order)
    assert [key for key, row in office.zendesk.tickets.items() if row["subject"] == "納期の確認"] == [int(made.id)]
    assert office.zendesk.mailed == []


def test_a_ticket_of_a_stranger_makes_the_stranger_quietly(office: ZendeskOffice, crm: Crm) -> None:
    made = crm.create(Order(key="k", kind="ticket", title="質問", text="", name="新 人", email="new@x.example"))
    ticket = office.zendesk.tickets[int(made.id)]
    assert office.zendesk.users[ticket["requester_id"]]["email"] == "new@x.example"
    assert office.zendesk.mailed == []


def test_an_address_that_is_taken_is_a_conflict_until_the_search_knows_it(office: ZendeskOffice, crm: Crm) -> None:
    email = newcomer(office)
    order = Order(key="k", kind="contact", title="", name="新田", email=email)
    assert why(lambda: crm.create(order)) == "conflict"
    office.settle()
    assert crm.create(order).id == "70"


def test_there_are_no_deals(crm: Crm) -> None:
    assert why(lambda: crm.create(Order(key="k", kind="deal", title="x", record=TARO_REF))) == "mapping"


@pytest.mark.parametrize("key", ["x", "0", "-1", "1/../2", ""])
def test_what_is_no_id_is_not_sent(office: ZendeskOffice, crm: Crm, key: str) -> None:
    crm.unlog(Made(key))
    assert why(lambda: crm.load(CrmRef("c1", "contact", key))) == "missing"
    assert office.vendor.calls == []


# ------------------------------------------------------------------ credentials


OAUTH = {"access_token": "first", "refresh_token": "r1", "client_id": "sobani", "client_secret": "client-secret"}


def test_a_spent_token_is_renewed_once_and_kept_for_everybody(office: ZendeskOffice) -> None:
    office.safe.kept = dict(OAUTH)
    office.zendesk.refreshes["r1"] = "fresh"
    crm = office.connect()
    assert crm.find(WANTED)
    assert {name: office.safe.kept[name] for name in ("access_token", "refresh_token", "client_id")} == {
        "access_token": "fresh", "refresh_token": "second", "client_id": "sobani",
    }  # fmt: skip
    assert int(office.safe.kept["expires_at"]) == NOW + 1_800_000
    office.vendor.calls.clear()
    crm.find(WANTED)
    assert "/oauth/tokens" not in [call.path for call in office.vendor.calls]


def test_a_token_is_renewed_before_it_is_spent(office: ZendeskOffice) -> None:
    office.safe.kept = {**OAUTH, "expires_at": str(NOW + 30_000)}
    office.zendesk.bearers.add("first")
    office.zendesk.refreshes["r1"] = "fresh"
    office.connect().find(WANTED)
    assert [call.path for call in office.vendor.calls] == ["/oauth/tokens", "/api/v2/users/search.json"]


def test_a_consent_that_was_withdrawn_is_refused(office: ZendeskOffice) -> None:
    office.safe.kept = dict(OAUTH)
    assert why(lambda: office.connect().find(WANTED)) == "refused"
    office.safe.kept = {"access_token": "first"}
    assert why(lambda: office.connect().find(WANTED)) == "refused"


def test_a_token_without_an_address_is_a_bearer(office: ZendeskOffice) -> None:
    office.zendesk.bearers.add(zendesk.TOKEN)
    assert office.connect({"login": ""}).find(WANTED)


@pytest.mark.parametrize("me", [{"id": None, "name": "Anonymous user"}, {"id": 11, "role": "end-user"}])
def test_whoever_is_no_agent_is_refused(office: ZendeskOffice, me: Mapping[str, object]) -> None:
    office.zendesk.users[900] |= me
    assert why(office.connect().check) == "refused"


# ------------------------------------------------------------------ webhooks


def told(office: ZendeskOffice, crm: Crm, body: Mapping[str, object], secret: str = zendesk.WEBHOOK) -> Moved:
    written = json.dumps(body).encode()
    timestamp = "2026-05-28T20:26:40Z"
    headers = {
        "x-zendesk-webhook-signature-timestamp": timestamp,
        "x-zendesk-webhook-signature": signature(timestamp, written, secret),
        "x-zendesk-webhook-invocation-id": "01HVNNPA3MQCJZG9AF4YQ7VV3T",
    }
    return crm.changed(Delivery("POST", "https://sobani.aoba.example/x", headers, written, office.now))


def test_an_event_of_a_ticket_names_its_people(office: ZendeskOffice, crm: Crm) -> None:
    detail = {"id": "501", "requester_id": "11", "organization_id": "100", "status": "OPEN"}
    moved = told(office, crm, {"id": "e1", "subject": "zen:ticket:501", "detail": detail})
    assert moved == Moved(ids=("e1",), refs=(TARO_REF, COMPANY_REF))


def test_zero_is_no_organisation(office: ZendeskOffice, crm: Crm) -> None:
    moved = told(office, crm, {"id": "e1", "subject": "zen:user:11", "detail": {"id": "11", "organization_id": "0"}})
    assert moved.refs == (TARO_REF,)


def test_a_trigger_sends_what_the_team_wrote(office: ZendeskOffice, crm: Crm) -> None:
    moved = told(
        office, crm, {"requester_id": "11", "organization_id": "", "email": "Taro.Tanaka@hokuto-foods.example"}
    )
    assert moved == Moved(ids=("01HVNNPA3MQCJZG9AF4YQ7VV3T",), refs=(TARO_REF,), addresses=(TARO,))


def test_the_signature_is_that_of_the_documents() -> None:
    """base64(HMAC-SHA256(secret, timestamp + body)), computed apart."""
    assert signature("2021-03-25T05:09:27Z", b"", "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==") == EMPTY


def test_without_a_secret_no_webhook_is_believed(office: ZendeskOffice) -> None:
    crm = office.connect(credentials={"token": zendesk.TOKEN})
    assert why(lambda: told(office, crm, {"id": "e1", "subject": "zen:user:11"})) == "unset"
    with pytest.raises(ForgedDelivery):
        told(office, office.connect(), {"id": "e1", "subject": "zen:user:11"}, secret="another")

"""Salesforce's own traps, beside what the one suite holds every connector to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.domain.crm import Asked, Attachment, CrmError, CrmRef, Delivery, Money, Order, Wanted
from server.gateways.crm import salesforce_soql
from server.gateways.crm.salesforce_line import refusal
from tests.gateways.crm.contract import DOMAIN, LETTER, SHARED, TARO, wanted
from tests.gateways.crm.offices.salesforce import SalesforceOffice
from tests.standins.crm.salesforce import CLIENT, REFRESH, TOKEN, SalesforceOrg, id_of
from tests.standins.crm.server import Answer, says

TARO_REF = CrmRef("c1", "contact", id_of("Contact", 1))
LEAD_REF = CrmRef("c1", "lead", id_of("Lead", 1))
COMPANY_REF = CrmRef("c1", "company", id_of("Account", 1))


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[SalesforceOffice]:
    with SalesforceOffice(request) as opened:
        opened.safe.put({**CLIENT, "access_token": TOKEN})
        yield opened


# ------------------------------------------------------------------ look-ups


def test_a_look_up_is_one_call_however_many_queries_it_has(office: SalesforceOffice) -> None:
    crm = office.connect()
    crm.find(Wanted((Asked(TARO), Asked(SHARED)), ("田中 太郎",), DOMAIN))
    crm.load(TARO_REF)
    first, second = (call.json["compositeRequest"] for call in office.vendor.calls)
    assert [one["referenceId"] for one in first] == ["contacts", "leads", "accounts", "same"]
    assert [one["referenceId"] for one in second] == ["person", "cases", "deals", "roles", "orders"]


def test_settings_say_which_field_is_which_line(office: SalesforceOffice) -> None:
    record = office.connect().load(TARO_REF)
    assert (record.plan, record.reading, record.contract_end) == ("スタンダード", "たなか たろう", "2027-03-31")
    assert (record.role, record.phone, record.note) == ("購買部長", "03-0000-0000", "年度末に更新")
    assert (record.value, record.more) == (Money("3600000", "JPY"), {"サポート": "プレミアム"})
    assert (record.owner, record.url) == ("佐藤 明子", f"{office.vendor.url}/{TARO_REF.id}")


def test_a_lead_has_its_own_fields(office: SalesforceOffice) -> None:
    crm = office.connect()
    (found,) = crm.find(wanted("jiro@shinki.example"))
    assert (found.ref, found.company) == (LEAD_REF, "新規株式会社")
    record = crm.load(found.ref)
    assert (record.name, record.company, record.role, record.more) == (
        "佐々木 次郎",
        "新規株式会社",
        "部長",
        {"興味": "デモ希望"},
    )


def test_an_account_has_the_deals_cases_and_fields_that_are_its_own(office: SalesforceOffice) -> None:
    record = office.connect().load(COMPANY_REF)
    assert {item.kind for item in record.items} == {"deal", "ticket", "order"}
    assert record.more == {"サポート": "プレミアム"}


def test_a_web_site_that_only_begins_alike_is_another_company(office: SalesforceOffice) -> None:
    found = office.connect().find(wanted(f"new@{DOMAIN}", domain=DOMAIN))
    assert [one.ref for one in found] == [COMPANY_REF]


def test_somebody_of_the_same_name_at_the_same_company_is_found(office: SalesforceOffice) -> None:
    found = office.connect().find(wanted(f"private@{DOMAIN}", "田中 太郎", domain=DOMAIN))
    assert {one.ref for one in found} == {TARO_REF, COMPANY_REF}


def test_an_address_in_a_field_of_the_teams_own_is_found(office: SalesforceOffice) -> None:
    (found,) = office.connect({"addresses": "Alt_Email__c"}).find(wanted("tanaka@hokuto.example"))
    assert (found.ref, found.addresses) == (TARO_REF, (TARO, "tanaka@hokuto.example"))


def test_a_deal_in_which_a_contact_without_account_has_a_role_is_theirs(office: SalesforceOffice) -> None:
    office.vendor.put("Opportunity", 7, Name="印刷機", StageName="提案", IsClosed=False, Amount=5.0)
    office.vendor.put("OpportunityContactRole", 7, OpportunityId=id_of("Opportunity", 7), ContactId=id_of("Contact", 2))
    record = office.connect().load(CrmRef("c1", "contact", id_of("Contact", 2)))
    assert [(item.kind, item.title) for item in record.items] == [("deal", "印刷機")]


def test_currencies_are_asked_for_only_where_there_are_several(office: SalesforceOffice) -> None:
    office.vendor.several_currencies = True
    office.vendor.rows["Opportunity"][id_of("Opportunity", 1)] |= {"CurrencyIsoCode": "USD", "Amount": 99.5}
    (deal,) = [one for one in office.connect({"currencies": "several"}).load(TARO_REF).items if one.kind == "deal"]
    assert deal.amount == Money("99.50", "USD")


@pytest.mark.parametrize(
    ("hidden", "gone"),
    [
        ({"Case"}, {"ticket"}),
        ({"Opportunity", "OpportunityContactRole"}, {"deal"}),
        ({"Order"}, {"order"}),
        ({"Lead"}, set[str]()),
    ],
)
def test_what_the_user_may_not_see_is_left_out(office: SalesforceOffice, hidden: set[str], gone: set[str]) -> None:
    office.vendor.hidden = hidden
    crm = office.connect()
    assert crm.find(wanted(TARO, domain=DOMAIN))
    record = crm.load(TARO_REF)
    assert {item.kind for item in record.items} == {"deal", "ticket", "order", "activity"} - gone


def test_a_field_that_the_user_may_not_see_takes_only_its_objects_away(office: SalesforceOffice) -> None:
    office.vendor.hidden_fields = {"Reason", "Website"}
    crm = office.connect()
    crm.check()
    assert [one.ref for one in crm.find(wanted(TARO, domain=DOMAIN))] == [TARO_REF]
    assert {item.kind for item in crm.load(TARO_REF).items} == {"deal", "order", "activity"}


def test_a_company_is_found_without_any_address(office: SalesforceOffice) -> None:
    assert [one.ref for one in office.connect().find(Wanted(domain=DOMAIN))] == [COMPANY_REF]
    assert office.connect().find(Wanted()) == []


def test_an_organisation_without_leads_is_well(office: SalesforceOffice) -> None:
    office.vendor.hidden = {"Lead"}
    office.connect().check()


def test_contacts_that_may_not_be_seen_are_trouble(office: SalesforceOffice) -> None:
    office.vendor.hidden = {"Contact"}
    with pytest.raises(CrmError) as caught:
        office.connect().find(wanted(TARO))
    assert caught.value.why == "mapping"
    assert str(caught.value) == "INVALID_TYPE Contact"


def test_a_field_that_is_not_there_is_named(office: SalesforceOffice) -> None:
    with pytest.raises(CrmError) as caught:
        office.connect({"fields": "plan = Paln__c"}).check()
    assert (caught.value.why, str(caught.value)) == ("mapping", "INVALID_FIELD Paln__c")


quoted = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.fixture(scope="module")
def org() -> Iterator[SalesforceOrg]:
    with SalesforceOrg() as opened:
        yield opened


@given(text=quoted)
def test_a_text_is_one_text_to_soql_whatever_is_in_it(org: SalesforceOrg, text: str) -> None:
    made, another = org.put("Contact", 1, LastName=text), org.put("Contact", 2, LastName="another")
    soql = f"SELECT Id FROM Contact WHERE LastName = {salesforce_soql.quoted(text)}"  # noqa: S608 - what is tested
    found = [row["Id"] for row in org.query(soql)["records"]]
    assert made in found
    assert another not in found


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (401, "INVALID_SESSION_ID", "refused"),
        (403, "REQUEST_LIMIT_EXCEEDED", "busy"),
        (403, "API_DISABLED_FOR_ORG", "refused"),
        (400, "MALFORMED_QUERY", "mapping"),
        (400, "INVALID_FIELD", "mapping"),
        (400, "QUERY_TIMEOUT", "slow"),
        (400, "UNABLE_TO_LOCK_ROW", "busy"),
        (400, "DUPLICATES_DETECTED", "conflict"),
        (404, "ENTITY_IS_DELETED", "missing"),
        (503, "SERVER_UNAVAILABLE", "down"),
        (500, "UNKNOWN_EXCEPTION", "down"),
    ],
)
def test_an_error_is_what_its_code_says(office: SalesforceOffice, status: int, code: str, why: str) -> None:
    body = [{"message": f"about {TARO}", "errorCode": code}]
    assert refusal(status, body).why == why
    assert TARO not in str(refusal(status, body))
    crm = office.connect()

    def wrong(_: Answer) -> Answer:
        return says(body, status)

    office.vendor.distort = wrong
    with pytest.raises(CrmError) as caught:
        crm.load(TARO_REF)
    assert caught.value.why == why
    assert TARO not in str(caught.value)


def test_the_limit_of_the_day_is_not_asked_again_soon() -> None:
    day = refusal(403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    at_once = refusal(403, [{"message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])  # fmt: skip
    assert (day.retry_after, at_once.retry_after) == (3600.0, 10.0)


# ------------------------------------------------------------------ consent


def test_a_session_that_has_ended_is_renewed_once_and_everybody_has_the_new_one(office: SalesforceOffice) -> None:
    office.vendor.token = "another"
    crm = office.connect()
    assert crm.find(wanted(TARO))
    assert crm.load(TARO_REF).name
    assert office.vendor.renewals == 1
    assert office.safe.get()["access_token"] == office.vendor.token
    office.vendor.misbehave("401", times=None, when=lambda call: "/data/" in call.path)
    with pytest.raises(CrmError) as caught:
        crm.find(wanted(TARO))
    assert (caught.value.why, office.vendor.renewals) == ("refused", 2)


def test_many_who_find_the_session_ended_renew_it_once(office: SalesforceOffice) -> None:
    office.vendor.token = "another"
    crm = office.connect()
    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(lambda _: crm.find(wanted(TARO)), range(5)))
    assert office.vendor.renewals == 1


def test_the_refresh_token_of_a_consent_is_used(office: SalesforceOffice) -> None:
    office.safe.put({**CLIENT, "access_token": "spent", "refresh_token": REFRESH})
    assert office.connect().find(wanted(TARO))
    assert [call.form["grant_type"] for call in office.vendor.calls if call.path.endswith("/token")] == [
        "refresh_token"
    ]
    office.safe.put({**CLIENT, "access_token": "spent", "refresh_token": "withdrawn"})
    with pytest.raises(CrmError) as caught:
        office.connect().find(wanted(TARO))
    assert caught.value.why == "refused"


def test_a_certificate_stands_for_the_user_without_a_secret(office: SalesforceOffice) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    office.vendor.public_key = public.decode()
    credentials = {"client_id": CLIENT["client_id"], "private_key": pem}
    crm = office.connect({"username": "sobani@aoba.example"}, credentials=credentials)
    assert crm.find(wanted(TARO))
    with pytest.raises(CrmError) as caught:
        office.connect(credentials={**credentials, "private_key": "no key"}).find(wanted(TARO))
    assert caught.value.why == "unset"


# ------------------------------------------------------------------ writing


def test_a_mail_is_an_email_message_of_its_sender(office: SalesforceOffice) -> None:
    made = office.connect().log(LETTER, TARO_REF)
    mail = office.vendor.rows["EmailMessage"][made.id]
    assert (mail["Incoming"], mail["Status"], mail["FromAddress"]) == (True, "1", TARO)
    (relation,) = office.vendor.rows["EmailMessageRelation"].values()
    assert (relation["RelationId"], relation["RelationType"]) == (TARO_REF.id, "FromAddress")


def test_a_mail_that_went_out_names_whom_it_went_to(office: SalesforceOffice) -> None:
    made = office.connect().log(replace(LETTER, direction="out"), TARO_REF)
    mail = office.vendor.rows["EmailMessage"][made.id]
    assert (mail["Incoming"], mail["Status"], mail["ToIds"]) == (False, "3", [TARO_REF.id])


def test_without_enhanced_email_a_mail_is_a_task(office: SalesforceOffice) -> None:
    office.vendor.enhanced_email = False
    crm = office.connect()
    made = crm.log(LETTER, TARO_REF)
    assert crm.log(LETTER, TARO_REF) == made
    task = office.vendor.rows["Task"][made.id]
    assert (task["Subject"], task["Status"], task["TaskSubtype"], task["WhoId"]) == (
        LETTER.subject,
        "Completed",
        "Email",
        TARO_REF.id,
    )
    crm.unlog(made)
    assert not office.logged()


def test_statuses_are_the_organisations_own_words(office: SalesforceOffice) -> None:
    office.vendor.enhanced_email = False
    office.vendor.statuses = {"未着手", "完了"}
    with pytest.raises(CrmError) as caught:
        office.connect().log(LETTER, TARO_REF)
    assert caught.value.why == "mapping"
    assert office.connect({"task_status": "完了"}).log(LETTER, TARO_REF).id


def test_a_mail_at_a_company_is_a_task_and_at_a_lead_too(office: SalesforceOffice) -> None:
    crm = office.connect({"log_as": "task"})
    assert office.vendor.rows["Task"][crm.log(LETTER, COMPANY_REF).id]["WhatId"] == COMPANY_REF.id
    assert office.vendor.rows["Task"][crm.log(replace(LETTER, key="2"), LEAD_REF).id]["WhoId"] == LEAD_REF.id


def test_a_mail_and_its_files_are_made_together_or_not_at_all(office: SalesforceOffice) -> None:
    crm = office.connect()
    letter = replace(LETTER, files=(Attachment("納品書.pdf", "application/pdf", b"%PDF"),))
    office.vendor.hidden = {"ContentVersion"}
    with pytest.raises(CrmError):
        crm.log(letter, TARO_REF)
    assert not office.logged()
    office.vendor.hidden = set()
    made = crm.log(letter, TARO_REF)
    assert crm.log(letter, TARO_REF) == made
    crm.unlog(made)
    assert not office.vendor.rows["ContentVersion"]


def test_a_deal_has_its_contact_in_a_role_and_its_account(office: SalesforceOffice) -> None:
    order = Order(key="k", kind="deal", title="増量", amount=Money("1000", "JPY"), record=TARO_REF)
    made = office.connect().create(order)
    deal = office.vendor.rows["Opportunity"][made.id]
    assert (deal["AccountId"], deal["Amount"], deal["StageName"]) == (COMPANY_REF.id, 1000.0, "Prospecting")
    assert deal["CloseDate"] == "2026-06-27"
    assert "CurrencyIsoCode" not in deal
    roles = [one for one in office.vendor.rows["OpportunityContactRole"].values() if one["OpportunityId"] == made.id]
    assert [one["ContactId"] for one in roles] == [TARO_REF.id]


def test_a_lead_has_cases_and_no_deals(office: SalesforceOffice) -> None:
    crm = office.connect()
    order = Order(key="k", kind="ticket", title="質問", email="jiro@shinki.example", record=LEAD_REF)
    assert office.vendor.rows["Case"][crm.create(order).id]["SuppliedEmail"] == "jiro@shinki.example"
    with pytest.raises(CrmError) as caught:
        crm.create(replace(order, kind="deal"))
    assert caught.value.why == "mapping"


def test_salesforce_sends_no_webhooks(office: SalesforceOffice) -> None:
    with pytest.raises(CrmError) as caught:
        office.connect().changed(Delivery("POST", "https://sobani.example/x", {}, b"{}", office.now))
    assert caught.value.why == "unset"

"""HubSpot's own traps, beside what the one suite holds every connector to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hubspot.utils.signature import Signature
from msgspec.structs import replace

from server.domain.crm import (
    Asked,
    Attachment,
    CrmError,
    CrmRef,
    Delivery,
    ForgedDelivery,
    Money,
    Moved,
    Order,
    Wanted,
)
from server.gateways.crm.hubspot_events import SKEW_MS, signature
from server.gateways.crm.hubspot_house import HOUSE_MS
from tests.gateways.crm.contract import BUSY, DOMAIN, LETTER, NOW, SHARED, TARO, wanted
from tests.gateways.crm.offices.hubspot import HubSpotOffice
from tests.standins.crm.hubspot import REFRESH, SECRET, TOKEN, HubSpotAccount, event, signed, told
from tests.standins.crm.server import Answer, Request

TARO_REF = CrmRef("c1", "contact", "101")
OAUTH = {"client_id": "id", "client_secret": SECRET, "access_token": TOKEN, "refresh_token": REFRESH}
URL = "https://sobani.example/webhooks/crm/abc"


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[HubSpotOffice]:
    with HubSpotOffice(request) as opened:
        yield opened


def paths(office: HubSpotOffice) -> list[str]:
    return [call.path for call in office.vendor.calls]


# ------------------------------------------------------------------ look-ups


def test_a_known_address_costs_no_search(office: HubSpotOffice) -> None:
    crm = office.connect()
    crm.check()
    office.vendor.behave()
    crm.find(wanted(TARO, domain=DOMAIN))
    assert paths(office) == [f"/crm/v3/objects/contacts/{TARO}"]


def test_a_further_address_is_found_by_one_search(office: HubSpotOffice) -> None:
    crm = office.connect()
    (found,) = crm.find(wanted("tanaka@hokuto.example"))
    assert found.ref == TARO_REF
    assert "tanaka@hokuto.example" in found.addresses


def test_two_people_share_an_address_that_stands_in_a_property_of_the_teams_own(office: HubSpotOffice) -> None:
    found = office.connect({"addresses": "work_email"}).find(wanted(SHARED))
    assert {one.name for one in found if SHARED in one.addresses} == {"港 一郎", "港 花子"}


def test_several_addresses_are_read_at_once(office: HubSpotOffice) -> None:
    crm = office.connect()
    crm.check()
    office.vendor.behave()
    found = crm.find(Wanted((Asked(TARO), Asked(BUSY), Asked("nobody@nowhere.example"))))
    assert {one.ref.id for one in found} == {"101", "105"}
    assert paths(office) == ["/crm/v3/objects/contacts/batch/read"]


def test_a_search_keeps_within_five_groups_in_lower_case(office: HubSpotOffice) -> None:
    addresses = tuple(Asked(f"someone{n}@{DOMAIN}") for n in range(9))
    office.connect({"addresses": "work_email"}).find(Wanted(addresses, ("TANAKA Taro", "田中 太郎"), DOMAIN))
    (search,) = [call.json for call in office.vendor.calls if call.path == "/crm/v3/objects/contacts/search"]
    assert len(search["filterGroups"]) == 5
    values = [word for group in search["filterGroups"] for one in group["filters"] for word in one.get("values", [])]
    assert values == [word.lower() for word in values]


def test_somebody_of_the_same_name_at_the_same_company_is_found(office: HubSpotOffice) -> None:
    found = office.connect().find(wanted(f"private@{DOMAIN}", "田中 太郎", domain=DOMAIN))
    assert [one.ref.kind for one in found] == ["contact", "company"]
    assert found[0].ref == TARO_REF


def test_a_contact_that_was_merged_away_is_its_heir(office: HubSpotOffice) -> None:
    office.vendor.put("contacts", "200", firstname="Ken", email="ken@x.example", hs_merged_object_ids="150;160")
    record = office.connect().load(CrmRef("c1", "contact", "150"))
    assert (record.name, record.ref.id) == ("Ken", "150")


def test_settings_say_which_property_is_which_line(office: HubSpotOffice) -> None:
    record = office.connect().load(TARO_REF)
    assert (record.plan, record.reading, record.role) == ("スタンダード", "たなか たろう", "購買部長")
    assert (record.contract_start, record.contract_end) == ("2026-04-01", "2027-03-31")
    assert (record.value, record.trend) == (Money("3600000", "JPY"), (100_000.0, 120_000.0))
    assert record.more == {"サポート": "プレミアム"}
    assert (record.owner, record.phone) == ("佐藤 明子", "03-0000-0000")
    assert record.url == "https://app.hubspot.com/contacts/62515/record/0-1/101"


def test_a_type_that_the_app_may_not_read_is_left_out(office: HubSpotOffice) -> None:
    office.vendor.missing_scopes = {"tickets", "owners"}
    crm = office.connect()
    record = crm.load(TARO_REF)
    assert {item.kind for item in record.items} == {"deal", "order", "activity"}
    assert record.owner == ""
    with pytest.raises(CrmError) as caught:
        crm.check()
    assert caught.value.why == "refused"


def test_owners_and_pipelines_are_read_once_an_hour(office: HubSpotOffice) -> None:
    crm = office.connect()
    crm.load(TARO_REF)
    office.vendor.behave()
    crm.load(TARO_REF)
    warm = len(office.vendor.calls)
    office.now += HOUSE_MS + 1
    crm.load(TARO_REF)
    assert (warm, len(office.vendor.calls) - warm) == (8, 12)


def test_open_deals_stay_when_there_are_more_than_can_be_shown(office: HubSpotOffice) -> None:
    numbers = [
        office.vendor.put("tickets", str(5000 + n), subject=f"T{n}", hs_pipeline_stage="4", hs_lastmodifieddate="2026-05-27T00:00:00Z")
        for n in range(60)
    ]  # fmt: skip
    office.vendor.tie("contacts", "101", "tickets", numbers)
    record = office.connect().load(TARO_REF)
    assert len(record.items) == 40
    assert {item.title for item in record.items if item.open} == {"春の増量", "納品数が違う"}
    assert record.totals["ticket"] == 62


def test_a_lead_is_nothing_that_hubspot_has(office: HubSpotOffice) -> None:
    with pytest.raises(CrmError) as caught:
        office.connect().load(CrmRef("c1", "lead", "101"))
    assert caught.value.why == "missing"


# ------------------------------------------------------------------ what HubSpot says otherwise than others


@pytest.mark.parametrize("status", [423, 477])
def test_an_account_that_is_locked_is_busy(office: HubSpotOffice, status: int) -> None:
    crm = office.connect()

    def locked(_: Answer) -> Answer:
        return told(status, "LOCKED", "wait")

    office.vendor.distort = locked
    with pytest.raises(CrmError) as caught:
        crm.find(wanted(TARO))
    assert (caught.value.why, caught.value.retry_after) == ("busy", 2.0)


def test_the_daily_limit_is_not_asked_again_soon(office: HubSpotOffice) -> None:
    crm = office.connect()

    def spent(_: Answer) -> Answer:
        body = {"status": "error", "message": "You have reached your daily limit.", "policyName": "DAILY"}
        return Answer(429, json.dumps(body, separators=(",", ":")).encode(), {"Content-Type": "application/json"})

    office.vendor.distort = spent
    with pytest.raises(CrmError) as caught:
        crm.load(TARO_REF)
    assert (caught.value.why, caught.value.retry_after) == ("busy", 3600.0)


# ------------------------------------------------------------------ consent


def oauth(office: HubSpotOffice, **more: str) -> None:
    office.safe.put({**OAUTH, "expires_at": str(NOW + 1_800_000), **more})


def test_a_token_that_ends_soon_is_renewed_and_everybody_has_the_new_one(office: HubSpotOffice) -> None:
    office.vendor.rotates = True
    oauth(office, expires_at=str(NOW + 30_000))
    crm = office.connect()
    crm.find(wanted(TARO))
    crm.find(wanted(TARO))
    kept = office.safe.get()
    assert office.vendor.renewals == 1
    assert (kept["access_token"], kept["refresh_token"]) == ("oauth-1", "na1-refresh-2")
    assert kept["expires_at"] == str(NOW + 1_800_000)
    assert kept["client_secret"] == SECRET


def test_a_token_that_is_refused_is_renewed_once(office: HubSpotOffice) -> None:
    oauth(office)
    crm = office.connect()
    office.vendor.token = "another"
    assert crm.find(wanted(TARO))
    assert office.vendor.renewals == 1
    office.vendor.misbehave("401", times=None, when=lambda call: "/crm/" in call.path)
    with pytest.raises(CrmError) as caught:
        crm.find(wanted(TARO))
    assert (caught.value.why, office.vendor.renewals) == ("refused", 2)


def test_consent_that_was_withdrawn_is_refused(office: HubSpotOffice) -> None:
    oauth(office, access_token="spent", refresh_token="withdrawn")
    with pytest.raises(CrmError) as caught:
        office.connect().find(wanted(TARO))
    assert caught.value.why == "refused"
    assert "withdrawn" in str(caught.value)
    assert office.vendor.renewals == 0


def test_many_who_find_the_token_spent_renew_it_once(office: HubSpotOffice) -> None:
    oauth(office)
    office.vendor.token = "another"
    crm = office.connect()
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda _: crm.find(wanted(TARO)), range(6)))
    assert office.vendor.renewals == 1


# ------------------------------------------------------------------ writing


def test_the_logged_mail_says_who_wrote_to_whom_and_when(office: HubSpotOffice) -> None:
    crm = office.connect()
    made = crm.log(LETTER, TARO_REF)
    mail = office.vendor.objects["emails"][made.id]
    assert (mail["hs_email_direction"], mail["hs_timestamp"]) == ("INCOMING_EMAIL", str(LETTER.at))
    headers = json.loads(mail["hs_email_headers"] or "")
    assert (headers["from"]["email"], headers["to"]) == (TARO, [{"email": "support@aoba.example"}])
    assert "佐藤 美咲]" in (mail["hs_email_text"] or "")
    assert made.url.endswith(f"/101?engagement={made.id}")


def test_taking_a_mail_back_takes_its_files_too(office: HubSpotOffice) -> None:
    crm = office.connect()
    letter = replace(LETTER, files=(Attachment("納品書.pdf", "application/pdf", b"%PDF"),))
    made = crm.log(letter, TARO_REF)
    assert crm.log(letter, TARO_REF) == made
    assert len(office.vendor.files) == 1
    crm.unlog(made)
    assert not office.vendor.files
    assert not office.logged()


def test_whoever_has_the_address_is_the_contact_that_was_wanted(office: HubSpotOffice) -> None:
    order = Order(key="k", kind="contact", title="", name="田中 太郎", email=TARO, company="北都フーズ")
    assert office.connect().create(order).id == "101"


def test_only_another_currency_than_the_accounts_is_said(office: HubSpotOffice) -> None:
    crm = office.connect()
    order = Order(key="k1", kind="deal", title="増量", amount=Money("1000", "JPY"), record=TARO_REF)
    first = crm.create(order)
    second = crm.create(replace(order, key="k2", amount=Money("10.50", "USD")))
    deals = office.vendor.objects["deals"]
    assert "deal_currency_code" not in deals[first.id]
    assert (deals[second.id]["deal_currency_code"], deals[second.id]["amount"]) == ("USD", "10.50")


# ------------------------------------------------------------------ webhooks


def deliver(office: HubSpotOffice, *events: dict[str, object]) -> Moved:
    headers, body = signed(list(events), office.now, url=URL)
    return office.connect().changed(Delivery("POST", URL, headers, body, office.now))


def test_a_deal_and_a_ticket_are_their_contacts_and_companies(office: HubSpotOffice) -> None:
    moved = deliver(office, event("deal.propertyChange", 301, propertyName="amount"), event("ticket.creation", 401))
    assert set(moved.refs) == {TARO_REF, CrmRef("c1", "company", "501")}


def test_both_sides_of_an_association_and_all_of_a_merge_have_changed(office: HubSpotOffice) -> None:
    moved = deliver(
        office,
        event("contact.associationChange", 0, associationType="CONTACT_TO_COMPANY", fromObjectId=102, toObjectId=501),
        event("contact.merge", 0, primaryObjectId=103, mergedObjectIds=[104], newObjectId=105),
    )
    assert {ref.id for ref in moved.refs} == {"102", "501", "103", "104", "105"}


def test_the_newer_kind_of_subscription_names_types_by_number(office: HubSpotOffice) -> None:
    moved = deliver(office, event("object.propertyChange", 101, objectTypeId="0-1", propertyName="jobtitle"))
    assert moved.refs == (TARO_REF,)


def test_whoever_was_looked_for_in_vain_is_looked_for_again(office: HubSpotOffice) -> None:
    moved = deliver(
        office,
        event("contact.creation", 104),
        event("contact.propertyChange", 101, propertyName="email", propertyValue="New@Hokuto-Foods.example"),
    )
    assert moved.addresses == ("new@hokuto-foods.example", "hanako.suzuki@gmail.com")


def test_events_of_another_account_are_not_ours(office: HubSpotOffice) -> None:
    assert deliver(office, {**event("contact.propertyChange", 101), "portalId": 1}) == Moved()


def test_another_try_of_one_event_has_its_id(office: HubSpotOffice) -> None:
    first = deliver(office, event("contact.propertyChange", 101, propertyName="email", propertyValue=""))
    again = deliver(
        office, {**event("contact.propertyChange", 101, propertyName="email", propertyValue=""), "attemptNumber": 3}
    )
    other = deliver(office, event("contact.propertyChange", 101, propertyName="phone"))
    assert first.ids == again.ids
    assert first.ids != other.ids  # eventId alone is not unique


def test_an_old_delivery_is_refused_and_one_from_the_future_too(office: HubSpotOffice) -> None:
    headers, body = signed([event("contact.creation", 104)], office.now, url=URL)
    crm = office.connect()
    for late in (SKEW_MS + 1, -SKEW_MS - 1):
        with pytest.raises(ForgedDelivery):
            crm.changed(Delivery("POST", URL, headers, body, office.now + late))


def test_twelve_escapes_of_the_address_are_undone_before_it_is_signed_and_no_others() -> None:
    escaped = "https://x.example/a%2fb%3A%40?c=%20d%2Ce%26"
    meant = "https://x.example/a/b:@?c=%20d,e%26"
    expected = Signature.get_signature(SECRET, "{}", "v3", meant, "POST", "1780000000000")
    assert signature("POST", escaped, b"{}", "1780000000000", SECRET) == expected


def test_without_the_apps_secret_no_webhook_can_be_believed(office: HubSpotOffice) -> None:
    headers, body = signed([event("contact.creation", 104)], office.now, url=URL)
    crm = office.connect(credentials={"token": TOKEN})
    with pytest.raises(CrmError) as caught:
        crm.changed(Delivery("POST", URL, headers, body, office.now))
    assert caught.value.why == "unset"


def test_the_clients_own_log_holds_nothing_that_customers_write(
    office: HubSpotOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    office.connect().load(TARO_REF)
    assert "太郎" not in caplog.text
    assert TOKEN not in caplog.text


def test_the_stand_in_refuses_what_hubspot_refuses() -> None:
    with HubSpotAccount() as account:
        request = Request("GET", "/", "/crm/v3/objects/contacts/1", [], {"authorization": f"Bearer {TOKEN}"}, b"")
        assert account.answer(request).status == 404
        assert account.answer(Request("GET", "/", request.path, [], {}, b"")).status == 401

"""What every connector keeps, held against a stand-in of its vendor; tests/gateways/crm/contract.py has the cast."""

from __future__ import annotations

import logging
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Attachment,
    Candidate,
    Creatable,
    Crm,
    CrmError,
    CrmKind,
    CrmRef,
    ForgedDelivery,
    Moved,
    Order,
    Record,
    Trouble,
)
from server.gateways.crm import load
from tests.gateways.crm.contract import (
    BUSY,
    COMPANY,
    COMPLAINT,
    DEAL,
    DOMAIN,
    HANAKO,
    HOWS,
    LETTER,
    NOBODY,
    NOW,
    SHARED,
    TARO,
    WANTED,
    YEAR,
    Office,
    distorted,
    office_of,
    offices,
    wanted,
)
from tests.standins.crm.server import Answer, How

HASTY = 0.15  # seconds, for a CRM that does not answer
SLACK = 10.0  # for a busy machine; what misbehaves does so for far longer
DAY = 24 * 3_600_000
MARKUP = re.compile(r"</?(?:b|p|br|div|script|a|img|span)[\s/>]|&(?:amp|lt|gt|nbsp|#\d+);", re.IGNORECASE)


def kinds(*abilities: Ability, holding: str = "") -> list[CrmKind]:
    """The CRMs that are able to all this, and hold this of the cast. The others have no such test: what they are not is no gap."""
    return [
        kind
        for kind in offices()
        if load(kind).SPEC.abilities.issuperset(abilities) and holding not in office_of(kind).lacks
    ]


def only(*abilities: Ability, holding: str = "") -> pytest.MarkDecorator:
    return in_offices(kinds(*abilities, holding=holding))


def in_offices(chosen: Sequence[CrmKind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("office", chosen, indirect=True)


@pytest.fixture(params=offices())
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Each CRM's in turn."""
    with office_of(request.param)(request) as opened:
        yield opened


@pytest.fixture
def crm(office: Office) -> Crm:
    return office.connect()


def people(found: Sequence[Candidate], email: str) -> list[Candidate]:
    return [one for one in found if one.ref.kind != "company" and email in one.addresses]


def ref_of(crm: Crm, email: str) -> CrmRef:
    return people(crm.find(wanted(email)), email)[0].ref


def trouble(call: Callable[[], object]) -> CrmError:
    with pytest.raises(CrmError) as caught:
        call()
    return caught.value


def why(call: Callable[[], object]) -> Trouble | None:
    try:
        call()
    except CrmError as error:
        return error.why
    return None


# ------------------------------------------------------------------ finding


def test_a_customer_is_found_by_the_address(crm: Crm) -> None:
    (found,) = people(crm.find(WANTED), TARO)
    assert found.name == "田中 太郎"
    assert found.ref.connection == "c1"
    assert found.reason is None


def test_the_address_may_be_written_in_capitals(crm: Crm) -> None:
    assert people(crm.find(wanted(TARO)), TARO)


def test_nobody_is_found_for_an_address_that_nobody_has(crm: Crm) -> None:
    assert not people(crm.find(wanted(NOBODY, domain="nowhere.example")), NOBODY)


@only(holding="shared")
def test_several_people_may_share_an_address(office: Office, crm: Crm) -> None:
    assert {one.name for one in people(crm.find(wanted(SHARED)), SHARED)} == {"港 一郎", "港 花子"}


@only(holding="company")
def test_a_company_is_found_by_its_domain(office: Office, crm: Crm) -> None:
    companies = [one for one in crm.find(wanted(f"new@{DOMAIN}", domain=DOMAIN)) if one.ref.kind == "company"]
    assert [one.domain for one in companies] == [DOMAIN]
    assert COMPANY in {companies[0].name, companies[0].company}
    assert crm.load(companies[0].ref).ref == companies[0].ref


def test_no_company_is_looked_for_without_a_domain(office: Office, crm: Crm) -> None:
    assert not [one for one in crm.find(wanted(HANAKO)) if one.ref.kind == "company"]


def test_an_address_with_signs_of_the_query_language_is_only_an_address(crm: Crm) -> None:
    for email in (
        "o'brien\"@x.example",
        "a%@x.example",
        "a_b*?@x.example",
        "a\\@x.example",
        "x' or '1'='1@x.example",
        "a&b=c#d@x.example",
        "a+b@x.example",
    ):
        assert not crm.find(wanted(email)), email


@only(holding="calls")
def test_another_customers_data_is_never_given_the_address_that_was_asked_for(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, TARO)
    office.vendor.impostor = True
    try:
        found = crm.find(WANTED)
    except CrmError as error:
        assert error.why in {"garbled", "missing"}  # noqa: PT017 - either way of seeing it will do
    else:
        assert not people(found, TARO)
    assert trouble(lambda: office.connect().load(ref)).why in {"garbled", "missing"}


# ------------------------------------------------------------------ loading


def test_a_record_comes_with_its_items(office: Office, crm: Crm) -> None:
    record = crm.load(ref_of(crm, TARO))
    assert (record.name, record.ref.connection) == ("田中 太郎", "c1")
    assert TARO in record.addresses
    if "company" not in office.lacks:
        assert record.company == COMPANY
    counts = Counter(item.kind for item in record.items)
    for kind, ability, count in (
        ("deal", Ability.DEALS, 1),
        ("ticket", Ability.TICKETS, 2),
        ("order", Ability.ORDERS, 1),
        ("activity", Ability.ACTIVITIES, 3),
    ):
        if ability in office.spec.abilities and kind not in office.lacks:
            assert counts[kind] == count, kind  # type: ignore[index] # the kinds' names
        elif ability not in office.spec.abilities:
            assert not counts[kind], kind  # type: ignore[index] # the kinds' names
    assert [item.at for item in record.items] == sorted((item.at for item in record.items), reverse=True)
    assert len({(item.kind, item.id) for item in record.items}) == len(record.items)
    assert all(item.title and item.id for item in record.items)


@only(Ability.DEALS, holding="deal")
def test_the_open_deal_has_its_amount(office: Office, crm: Crm) -> None:
    (deal,) = [item for item in crm.load(ref_of(crm, TARO)).items if item.kind == "deal"]
    assert deal.open
    assert deal.amount is not None
    assert deal.amount.amount == DEAL.amount
    assert deal.amount.currency == ("" if "currency" in office.lacks else DEAL.currency)


@only(Ability.TICKETS, holding="ticket")
def test_the_complaint_is_known_as_one(office: Office, crm: Crm) -> None:
    tickets = [item for item in crm.load(ref_of(crm, TARO)).items if item.kind == "ticket"]
    assert [item.title for item in tickets if item.open] == [COMPLAINT]
    if "complaint" not in office.lacks:
        assert [item.title for item in tickets if item.complaint] == [COMPLAINT]


def test_yen_have_no_decimals(crm: Crm) -> None:
    record = crm.load(ref_of(crm, TARO))
    for money in (record.value, *(item.amount for item in record.items)):
        assert money is None or money.currency != "JPY" or money.amount.lstrip("-").isdecimal()


def test_times_and_days_are_real_ones(crm: Crm) -> None:
    record = crm.load(ref_of(crm, TARO))
    assert all(NOW - 5 * YEAR < item.at < NOW + 2 * YEAR for item in record.items)
    assert record.last_contact == 0 or NOW - 5 * YEAR < record.last_contact < NOW + YEAR
    for day in (record.contract_start, record.contract_end, record.renewal):
        assert not day or date.fromisoformat(day).isoformat() == day


def test_links_lead_to_the_web(crm: Crm) -> None:
    found = crm.find(WANTED)
    record = crm.load(people(found, TARO)[0].ref)
    for url in (record.url, *(item.url for item in record.items), *(one.url for one in found)):
        assert not url or url.startswith(("http://", "https://"))


def test_html_in_fields_comes_out_as_text(office: Office, crm: Crm) -> None:
    found = people(crm.find(wanted(HANAKO)), HANAKO)
    record = crm.load(found[0].ref)
    for name in (found[0].name, record.name):
        assert "鈴木" in name
        assert "花子" in name
    written = msgspec.json.encode([found, record]).decode()
    assert not MARKUP.search(written)
    if "html" not in office.lacks:
        assert record.note or record.items


@only(holding="busy")
def test_a_customer_with_ten_thousand_activities_costs_no_more_than_another(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, BUSY)
    crm.load(ref_of(crm, TARO))
    office.vendor.behave()
    record = crm.load(ref)
    assert 1 <= len(record.items) <= ITEMS_KEPT
    assert len(office.vendor.calls) <= office.spec.calls["load"]
    assert office.vendor.sent < 512 * 1024


def test_a_record_that_is_gone_is_missing(crm: Crm) -> None:
    for id_ in ("999999999", "0", "zzz", "../../x", "1 OR 1=1", "'"):

        def load(id_: str = id_) -> None:
            crm.load(CrmRef("c1", "contact", id_))

        assert trouble(load).why in {"missing", "mapping"}, id_


def test_a_look_up_makes_no_more_calls_than_the_connector_says(office: Office, crm: Crm) -> None:
    calls, sent = office.spec.calls, office.vendor.calls
    ref = people(crm.find(WANTED), TARO)[0].ref
    crm.load(ref)
    assert len(sent) <= calls["find"] + calls["load"] + calls.get("once", 0)
    sent.clear()
    crm.find(WANTED)
    assert len(sent) <= calls["find"]
    sent.clear()
    crm.find(wanted(NOBODY, "誰か", domain="nowhere.example"))
    assert len(sent) <= calls["find"]
    sent.clear()
    crm.load(ref)
    assert len(sent) <= calls["load"]


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("how", HOWS)
@only(holding="calls")
def test_each_failure_has_its_name(office: Office, how: How) -> None:
    ref = ref_of(office.connect(), TARO)
    crm = office.connect(seconds=HASTY if how in {"slow", "drip"} else 10.0)
    office.vendor.misbehave(how, times=None)
    began = time.monotonic()
    operations: list[tuple[str, Callable[[], object]]] = [
        ("find", lambda: crm.find(WANTED)),
        ("load", lambda: crm.load(ref)),
        ("check", crm.check),
    ]
    for name, call in operations:
        assert why(call) in office.troubles(name, how), name
    assert time.monotonic() - began < 3 * HASTY + SLACK or how not in {"slow", "drip"}
    assert all(not call.path.startswith("/elsewhere") for call in office.vendor.calls)


@only(holding="calls")
def test_several_slow_calls_share_one_deadline(office: Office) -> None:
    """Each answer would come in time, all of them together do not: what is asked after the first is the last that is asked."""
    ref = ref_of(office.connect(), TARO)
    crm = office.connect(seconds=0.5)
    office.vendor.delay = 0.4
    most = len(office.vendor.calls)
    for call in (lambda: crm.find(WANTED), lambda: crm.load(ref)):
        why(call)
        most += 1 + office.spec.at_once
        assert len(office.vendor.calls) <= most


@only(holding="calls")
def test_what_may_be_asked_again_is(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, TARO)
    office.vendor.misbehave("503")
    assert people(crm.find(WANTED), TARO)
    office.vendor.misbehave("503")
    assert crm.load(ref).name == "田中 太郎"
    assert len(office.vendor.misbehaved) == 2


@only(holding="calls")
def test_a_busy_crm_says_for_how_long(office: Office, crm: Crm) -> None:
    crm.find(WANTED)
    office.vendor.misbehave("429", times=None, retry_after=77)
    error = trouble(lambda: crm.find(WANTED))
    assert (error.why, error.retry_after) == ("busy", 77.0)


@pytest.mark.parametrize("seed", range(40))
@only(holding="calls")
def test_an_answer_with_strange_values_in_it_is_read_or_refused(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    crm = office.connect()
    ref = ref_of(crm, TARO)

    def distort(answer: Answer) -> Answer:
        return distorted(answer, chance)

    office.vendor.distort = distort
    found: Sequence[Candidate] = ()
    try:
        found = crm.find(WANTED)
        record = crm.load(ref)
    except CrmError as error:
        assert error.why in {"garbled", "missing", "mapping", "refused", "unset", "failed", "conflict", "busy", "down"}  # noqa: PT017 - reading it will do as well
        assert error.why != "failed"  # noqa: PT017 - as above
    else:
        assert msgspec.convert(msgspec.to_builtins(record), Record) == record
        assert not MARKUP.search(msgspec.json.encode(record).decode())
    for one in found:
        assert msgspec.convert(msgspec.to_builtins(one), Candidate) == one


def test_check_is_content_with_what_works(crm: Crm) -> None:
    crm.check()


def test_check_names_settings_that_are_wrong(office: Office) -> None:
    for name, settings in office.wrong_settings().items():

        def check(wrong: Mapping[str, str] = settings) -> None:
            office.connect(wrong).check()

        assert trouble(check).why in {"mapping", "unset", "missing", "unsafe"}, name


@in_offices([kind for kind in offices() if load(kind).SPEC.secrets])
def test_without_credentials_it_is_unset(office: Office) -> None:
    assert why(lambda: office.connect(credentials={}).check()) == "unset"


@only(holding="calls")
def test_a_token_that_is_revoked_in_mid_use_is_refused(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, TARO)
    crm.load(ref)
    office.revoke()
    assert why(lambda: crm.load(ref)) == "refused"
    assert why(lambda: crm.find(WANTED)) == "refused"
    assert why(crm.check) == "refused"


@pytest.mark.parametrize(
    ("office", "how"),
    [*((kind, None) for kind in offices()), *product(kinds(holding="calls"), HOWS)],
    indirect=["office"],
)
def test_nothing_private_reaches_a_log_or_an_error(
    office: Office, how: How | None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)  # as the libraries' lines are written in production
    ref = ref_of(office.connect(), TARO)
    crm = office.connect(seconds=HASTY)
    if how is not None:
        office.vendor.misbehave(how, times=None)
    said = []
    with capture_logs() as logs:
        calls: list[Callable[[], object]] = [lambda: crm.find(WANTED), lambda: crm.load(ref), crm.check]
        if Ability.LOG in office.spec.abilities:
            calls.append(lambda: crm.log(LETTER, ref))
        for call in calls:
            try:
                call()
            except CrmError as error:
                said.append(f"{error} {error.__cause__} {error.__context__ if not error.__suppress_context__ else ''}")
    written = f"{said} {logs} {caplog.text} {capfd.readouterr()}"
    assert [private for private in office.private() if private in written] == []


# ------------------------------------------------------------------ writing


@only(Ability.LOG)
def test_a_mail_is_logged_once_and_taken_back(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, TARO)
    made = crm.log(LETTER, ref)
    (logged,) = office.logged()
    assert LETTER.subject in logged
    assert "3袋" in logged
    office.settle()
    if office.tells_twice:
        assert crm.log(LETTER, ref).id == made.id
        assert len(office.logged()) == 1
    if Ability.UNLOG in office.spec.abilities:
        crm.unlog(made)
        assert not office.logged()
        crm.unlog(made)


@only(Ability.LOG_FILES)
def test_attachments_go_along(office: Office, crm: Crm) -> None:
    letter = replace(LETTER, files=(Attachment("納品書.pdf", "application/pdf", b"%PDF-1.7 test"),))
    crm.log(letter, ref_of(crm, TARO))
    (logged,) = office.logged()
    assert "納品書.pdf" in logged


@pytest.mark.parametrize("how", ["503", "hang_up", "half_closed"])
@only(Ability.LOG)
def test_a_mail_is_not_sent_twice_when_no_answer_comes(office: Office, crm: Crm, how: How) -> None:
    ref = ref_of(crm, TARO)
    office.vendor.misbehave(how, times=None, when=office.writes)
    trouble(lambda: crm.log(LETTER, ref))
    assert len(office.vendor.misbehaved) == 1


@only(Ability.LOG)
def test_logging_at_a_record_that_is_gone_fails(office: Office, crm: Crm) -> None:
    assert trouble(lambda: crm.log(LETTER, CrmRef("c1", "contact", "999999999"))).why in {"missing", "mapping"}
    assert not office.logged()


@pytest.mark.parametrize(
    ("office", "kind"),
    [(crm, kind) for kind in get_args(Creatable) for crm in kinds(Ability(f"create_{kind}"))],
    indirect=["office"],
)
def test_what_is_created_is_there(office: Office, crm: Crm, kind: Creatable) -> None:
    ref = ref_of(crm, TARO)
    before = Counter(item.kind for item in crm.load(ref).items)
    email = "ichiro@shin-shokai.example"
    order = Order(
        key=f"order-{kind}", kind=kind, title="見積のご相談", text="<3台> & 送料", name="新田 一郎", email=email, company="新商会", record=None if kind == "contact" else ref
    )  # fmt: skip
    made = crm.create(order)
    assert made.id
    office.settle()
    if kind == "contact":
        (found,) = people(crm.find(wanted(email)), email)
        assert "新田" in found.name
    elif kind not in office.lacks:
        assert Counter(item.kind for item in crm.load(ref).items)[kind] == before[kind] + 1
    if kind in office.creates_once:
        assert crm.create(order).id == made.id


# ------------------------------------------------------------------ webhooks


def told(moved: Moved, ref: CrmRef) -> bool:
    return moved.everything or ref in moved.refs or TARO in moved.addresses


@only(Ability.WEBHOOKS)
def test_a_webhook_says_what_has_changed(office: Office, crm: Crm) -> None:
    ref = ref_of(crm, TARO)
    moved = crm.changed(office.delivery(ref))
    assert told(moved, ref)
    assert moved.hint is not office.signed


@only(Ability.WEBHOOKS)
def test_a_forged_webhook_is_refused_or_only_a_hint(office: Office, crm: Crm) -> None:
    forged = office.forged(office.delivery(ref_of(crm, TARO)))
    if office.signed:
        with pytest.raises(ForgedDelivery):
            crm.changed(forged)
        with pytest.raises(ForgedDelivery):
            crm.changed(replace(forged, headers={}))
    else:
        try:
            assert crm.changed(forged).hint
        except CrmError as error:
            assert error.why == "garbled"  # noqa: PT017 - a hint will do as well


@only(Ability.WEBHOOKS)
def test_a_replayed_webhook_is_refused_or_known_by_its_ids(office: Office, crm: Crm) -> None:
    delivery = office.delivery(ref_of(crm, TARO))
    first = crm.changed(delivery)
    assert crm.changed(delivery).ids == first.ids  # a duplicate
    late = replace(delivery, at=delivery.at + DAY)
    if office.signed and office.dated:
        with pytest.raises(ForgedDelivery):
            crm.changed(late)
    else:
        assert crm.changed(late).ids == first.ids


@in_offices([kind for kind in kinds(Ability.WEBHOOKS) if office_of(kind).garbled is not Office.garbled])
def test_a_webhook_with_nonsense_in_it_is_garbled(office: Office, crm: Crm) -> None:
    nonsense = office.garbled()
    assert nonsense is not None
    assert trouble(lambda: crm.changed(nonsense)).why == "garbled"

"""What the mapped look-up does beyond the contract: its settings, and the trial before they are saved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Asked, Connection, CrmError, CrmRef, Money, Wanted
from server.gateways.crm import http
from server.gateways.crm.http import MappedCrm
from server.gateways.crm.line import GuardedLine
from tests.costs import costs_its_length
from tests.gateways.crm.contract import NOBODY, SHARED, TARO, Safe, wanted
from tests.gateways.crm.offices.http import FIELDS, fill
from tests.standins.crm.gate import MemoryGate
from tests.standins.crm.inhouse import TOKEN, Inhouse
from tests.standins.crm.server import Answer, Request, says


class House(Inhouse):
    instead: Answer | None = None

    def answer(self, request: Request) -> Answer:
        return self.instead or super().answer(request)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as running:
        fill(running)
        yield running


class Open:
    """Makes connections, and closes their lines."""

    def __init__(self) -> None:
        self.lines: list[GuardedLine] = []

    def __call__(
        self, house: House, settings: Mapping[str, str] = MappingProxyType({}), *, local: bool = True
    ) -> MappedCrm:
        whole = {
            "url": f"{house.url}/api/contacts/?email={{email}}",
            "load_url": f"{house.url}/api/contacts/{{id}}/",
            "records": "$.results[*]",
            "record": "$.contact",
            "fields": FIELDS,
            "zone": "Asia/Tokyo",
            **settings,
        }
        line = GuardedLine(http.SPEC, MemoryGate(time.monotonic), seconds=4.0, local=local, sleep=lambda _: None)
        self.lines.append(line)
        return MappedCrm(Connection("c1", "http", "CRM", whole), Safe({"token": TOKEN}), line)


@pytest.fixture
def crm_of() -> Iterator[Open]:
    opened = Open()
    yield opened
    for line in opened.lines:
        line.close()


def test_everything_that_is_mapped_is_read(house: House, crm_of: Open) -> None:
    crm = crm_of(house)
    record = crm.load(crm.find(wanted(TARO))[0].ref)
    assert (record.reading, record.company, record.role, record.plan) == (
        "タナカ タロウ",
        "北都フーズ株式会社",
        "購買部",
        "スタンダード",
    )
    assert (record.contract_start, record.contract_end) == ("2024-04-01", "2027-03-31")
    assert record.addresses == (TARO, "t.tanaka@hokuto-foods.example")
    assert record.products == ("在庫くん", "受注くん")
    assert record.value == Money("3480000", "JPY")
    assert record.url == "https://crm.inhouse.example/contacts/1"
    assert record.more == {"業種": "食品"}
    assert record.note == "月末締め"
    at = {item.id: item.at for item in record.items}
    assert at["T-1"] == 1_778_544_300_000  # 9:05 in Tokyo


def test_a_search_by_a_part_of_the_address_shows_whose_addresses_they_are(house: House, crm_of: Open) -> None:
    """The matching drops them by that; django-crm searches so."""
    house.add(9, last_name="別", first_name="人", email=f"x.{TARO}")
    found = crm_of(house).find(wanted(TARO))
    assert [candidate.addresses[0] for candidate in found] == [TARO, f"x.{TARO}"]


def test_the_search_ends_with_the_address_that_somebody_has(house: House, crm_of: Open) -> None:
    asked = Wanted((Asked("old@hokuto-foods.example"), Asked(TARO), Asked(SHARED)))
    found = crm_of(house).find(asked)
    assert [candidate.name for candidate in found] == ["田中 太郎"]
    assert [call.param("email") for call in house.calls] == ["old@hokuto-foods.example", TARO]


def test_at_most_twenty_come_of_a_search(house: House, crm_of: Open) -> None:
    for number in range(100, 160):
        house.add(number, last_name="誰か", email=f"{number}@many.example")
    assert len(crm_of(house).find(wanted("many.example"))) == 20


def test_without_an_address_to_load_from_the_search_is_asked_again(house: House, crm_of: Open) -> None:
    crm = crm_of(house, {"load_url": ""})
    one, two = crm.find(wanted(SHARED))
    assert {crm.load(ref).name for ref in (one.ref, two.ref)} == {"港 一郎", "港 花子"}
    assert crm.load(two.ref).name == two.name
    for id_ in (f"77|{SHARED}", "1|", "1", "|", f"|{SHARED}"):
        with pytest.raises(CrmError) as caught:
            crm.load(CrmRef("c1", "contact", id_))
        assert caught.value.why == "missing"


def test_an_id_is_only_an_id_in_the_address(house: House, crm_of: Open) -> None:
    crm = crm_of(house)
    for id_ in ("../../admin", "1/../2", "1?x=2", "1#2", "..", "."):
        with pytest.raises(CrmError):
            crm.load(CrmRef("c1", "contact", id_))
    assert all(call.path.count("/") >= 4 or "%2F" in call.target for call in house.calls)
    assert not [call for call in house.calls if call.target.rstrip("/").endswith("..")]


def test_companies_may_be_asked_for_by_their_domain(house: House, crm_of: Open) -> None:
    house.instead = says([{"key": "c-1", "name": "北都フーズ株式会社", "site": "https://www.hokuto-foods.example/"}])
    crm = crm_of(
        house,
        {
            "url": f"{house.url}/companies/{{domain}}",
            "load_url": "",
            "records": "$",
            "kind": "company",
            "fields": "id = $.key\nname = $.name\ndomain = $.site",
        },
    )
    (found,) = crm.find(wanted("new@hokuto-foods.example", domain="hokuto-foods.example"))
    assert (found.ref.kind, found.domain, found.name) == ("company", "hokuto-foods.example", "北都フーズ株式会社")
    assert house.calls[0].path == "/companies/hokuto-foods.example"
    assert crm.load(found.ref).name == "北都フーズ株式会社"
    assert not crm.find(wanted("someone@gmail.com"))
    assert len(house.calls) == 2


def test_an_address_beside_which_no_name_is_known_is_asked_for_alone(house: House, crm_of: Open) -> None:
    crm = crm_of(house, {"url": f"{house.url}/api/contacts/?email={{email}}&name={{name}}"})
    assert crm.find(wanted(TARO))
    assert crm.find(wanted(TARO, "田中 太郎"))
    assert [call.param("name") for call in house.calls] == ["", "田中 太郎"]


@pytest.mark.parametrize(
    "answer",
    [Answer(204), says({"results": []}), says({"results": None}), says({"detail": "Not found."}, 404)],
    ids=["204", "empty", "null", "404"],
)
def test_nobody_is_said_in_several_ways(house: House, crm_of: Open, answer: Answer) -> None:
    house.instead = answer
    crm = crm_of(house)
    assert not crm.find(wanted(NOBODY))
    crm.check()


def test_a_page_that_is_no_answer_is_missing(house: House, crm_of: Open) -> None:
    house.instead = Answer(404, b"<html>Not Found</html>")
    with pytest.raises(CrmError) as caught:
        crm_of(house).check()
    assert caught.value.why == "missing"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fields": "id = $.id\n\nname = $.["}, "fields, line 3: not a JSONPath"),
        ({"fields": "id = $.id\nname"}, "fields, line 2: not of the form: name = $.path"),
        ({"fields": "name = $.name"}, "fields: id is missing"),
        ({"fields": "id = $.id\ndeals.title = $.t"}, "fields: deals = $.path is missing"),
        ({"fields": "id = $.id\ndeals = $.d\ndeals.x = $.t"}, "fields, line 3: no such part of an item"),
        ({"records": "results"}, "records: not a JSONPath"),
        ({"record": "$..a..b"}, "record: a path that may take too long"),
        ({"fields": "id = $.id\n" + "\n".join(f"a{n} = $..a" for n in range(9))}, "fields: too many paths that search"),
        ({"url": "https://crm.example/"}, "url: needs {domain} or {email} or {name}"),
        ({"load_url": "https://crm.example/{email}"}, "load_url: needs {id}"),
        ({"zone": "Edo"}, "zone: not the name of a time zone"),
        ({"header": "Host"}, "header: not the name of a header"),
    ],
)
def test_a_wrong_setting_is_named(house: House, crm_of: Open, settings: dict[str, str], said: str) -> None:
    with pytest.raises(CrmError) as caught:
        crm_of(house, settings)
    error = caught.value
    assert (error.why, str(error)) == ("mapping", said)


def test_a_trial_shows_what_each_field_has_found(house: House, crm_of: Open) -> None:
    said = dict(crm_of(house, {"fields": f"{FIELDS}\nphone = $.tel\n社員数 = $.company.size"}).try_it(TARO))
    assert said["records"] == "1"
    assert (said["id"], said["name"], said["contract_end"], said["value"]) == (
        "1",
        "田中 太郎",
        "2027-03-31",
        "3480000 JPY",
    )
    assert said["addresses"] == f"{TARO}, t.tanaka@hokuto-foods.example"
    assert (said["業種"], said["社員数"], said["phone"]) == ("食品", "", "")  # the last two lead nowhere
    assert (said["deals"], said["deals.title"], said["deals.amount"], said["tickets"]) == (
        "1",
        "棚の更新",
        "1200000 JPY",
        "2",
    )
    assert list(said)[:3] == ["records", "id", "name"]


def test_a_trial_with_an_address_that_nobody_has_finds_no_records(house: House, crm_of: Open) -> None:
    assert crm_of(house).try_it(NOBODY) == [("records", "0")]


def test_a_trial_names_a_path_that_leads_to_no_record(house: House, crm_of: Open) -> None:
    assert crm_of(house, {"record": "$.person"}).try_it(TARO) == [("records", "1"), ("record", "")]
    assert crm_of(house, {"fields": "id = $.nr\nname = $.last_name", "load_url": "", "records": "$.results"}).try_it(
        TARO
    )[-1] == (
        "id",
        "",
    )


@pytest.mark.parametrize("how", ["401", "500", "slow", "redirect", "huge"])
def test_a_trial_says_what_is_wrong(house: House, crm_of: Open, how: str) -> None:
    house.misbehave(how, times=None)  # type: ignore[arg-type] # one of them
    crm = crm_of(house)
    with pytest.raises(CrmError), crm_of.lines[0].within(0.5):
        crm.try_it(TARO)
    assert not [call for call in house.calls if call.path == "/elsewhere"]


def test_an_answer_of_more_than_256_kilobytes_is_not_read(house: House, crm_of: Open) -> None:
    house.add(50, last_name="長", email="long@many.example", memo="x" * 263_000)
    with pytest.raises(CrmError) as caught:
        crm_of(house).find(wanted("long@many.example"))
    assert caught.value.why == "garbled"


def test_addresses_inside_are_not_asked(house: House, crm_of: Open) -> None:
    crm = crm_of(house, {"url": house.url.replace("http:", "https:") + "/?email={email}"}, local=False)
    with pytest.raises(CrmError) as caught:
        crm.find(wanted(TARO))
    assert caught.value.why == "unsafe"
    assert not house.connections


def test_a_system_without_credentials_needs_no_header(house: House, crm_of: Open) -> None:
    house.instead = says({"results": [{"id": 1}]})
    assert crm_of(house, {"header": ""}).find(wanted(TARO))
    assert "authorization" not in house.calls[0].headers


def test_an_answer_nested_too_deep_costs_nothing(house: House, crm_of: Open) -> None:
    crm = crm_of(house, {"fields": "id = $.id\nname = $..a\nnote = $..zzz"})

    def read(depth: int) -> None:
        house.instead = Answer(200, b'{"results": [' + b'{"id": ["1"], "a":' * depth + b"1" + b"}" * depth + b"]}")
        try:
            crm.find(wanted(TARO))
        except CrmError as error:
            assert error.why == "garbled"  # noqa: PT017 - refusing it will do as well

    costs_its_length(read, 400)


def test_the_dearest_path_that_is_taken_costs_the_answer_s_length(house: House, crm_of: Open) -> None:
    crm = crm_of(house, {"records": "$..*", "fields": "id = $.id\nname = $..*"})

    def read(count: int) -> None:
        rows = ",".join('{"id":1,"a":[1,2,3]}' for _ in range(count))
        house.instead = Answer(200, f'{{"results": [{rows}]}}'.encode())
        crm.find(wanted(TARO))

    costs_its_length(read, 12_000)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_as_a_mapping_is_understood_or_refused(label: str, path: str) -> None:
    settings = {"url": "https://crm.example/{email}", "fields": f"id = $.id\n{label} = {path}", "records": path or "$"}
    try:
        MappedCrm(Connection("c1", "http", "CRM", settings), Safe({}), None)  # type: ignore[arg-type] # no call is made
    except CrmError as error:
        assert error.why == "mapping"  # noqa: PT017 - understanding it will do as well

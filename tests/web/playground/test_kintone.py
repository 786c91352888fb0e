"""The sample company's CRM: its customers, seen through the real connector, and the switch that makes it slow or stops it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping

import msgspec
import orjson
import pytest
from flask.testing import FlaskClient

from server.domain.addresses import company_domain
from server.domain.crm import Ability, Asked, Candidate, Connection, CrmRef, Money, Reason, Record, Wanted
from server.domain.matching import judge, trusted
from server.gateways.crm.kintone import SPEC, Kintone, connect
from server.gateways.crm.line import SECONDS, GuardedLine
from server.web.playground import kintone
from server.web.playground.kintone import MAPPING, Moods, sample_connection, sample_domain
from server.web.playground.mailbox import Mailboxes
from tests.standins.crm.gate import MemoryGate
from tests.standins.crm.server import Answer, Request, Vendor
from tests.web.playground.conftest import PUBLIC_URL

LATEST = "2026-11-20"  # the sample mailbox's last morning
TOKEN = {"X-Cybozu-API-Token": "playground-customers"}


class Sample(Vendor):
    """The playground's kintone without the playground."""

    def __init__(self) -> None:
        super().__init__()
        self.kintone = kintone.Kintone(sample_domain(), time.time)

    def answer(self, request: Request) -> Answer:
        path = request.path.removeprefix("/playground/kintone")
        query = request.target.partition("?")[2]
        said = self.kintone.answer(request.method, path, query, request.headers, request.body)
        return Answer(said.status, orjson.dumps(said.content), {"Content-Type": "application/json"})


class Safe:
    def __init__(self, credentials: Mapping[str, str]) -> None:
        self.credentials = credentials

    def get(self) -> Mapping[str, str]:
        return self.credentials

    def put(self, credentials: Mapping[str, str]) -> None:
        raise AssertionError(credentials)


@pytest.fixture(scope="module")
def crm() -> Iterator[Kintone]:
    with Sample() as vendor:
        connection, credentials = sample_connection(vendor.url)
        line = GuardedLine(SPEC, MemoryGate(time.monotonic), local=True)
        yield connect(connection, Safe(credentials), line, lambda: 0)
        line.close()


def found(crm: Kintone, email: str, *names: str) -> tuple[Candidate, ...]:
    wanted = Wanted((Asked(email),), names, company_domain(email))
    return judge(wanted, crm.find(wanted))


def shown(crm: Kintone, email: str, *names: str) -> Record:
    """What the panel shows unasked."""
    wanted = Wanted((Asked(email),), names, company_domain(email))
    one = trusted(found(crm, email, *names), wanted)
    assert one is not None
    return crm.load(one.ref)


def test_there_are_25_customers_whose_every_field_is_known() -> None:
    domain = sample_domain()
    assert len(domain.apps[0].records) == 25
    for app in domain.apps:
        for row in app.records:
            assert set(row) <= set(app.fields), app.name


def test_no_date_is_later_than_the_mailbox_but_those_of_contracts() -> None:
    later = {"契約終了日", "更新期限"}
    for app in sample_domain().apps:
        for row in app.records:
            for code, value in row.items():
                if app.fields[code] in ("DATE", "DATETIME") and code not in later:
                    assert str(value)[:10] <= LATEST, (app.name, row)


def test_most_customers_are_people_of_the_sample_mailbox(mailboxes: Mailboxes) -> None:
    writers = {mail.sender.email for mail in mailboxes.of("suzuki")}
    known = {str(row.get("メールアドレス")) for row in sample_domain().apps[0].records}
    assert len(known & writers) >= 18


def test_the_connection_works_and_can_do_everything(crm: Kintone) -> None:
    crm.check()
    connection, credentials = sample_connection("http://127.0.0.1:8080")
    assert set(connection.abilities) == set(Ability)
    assert connection.settings["url"] == "http://127.0.0.1:8080/playground/kintone"
    assert json.loads(connection.settings["apps"]) == MAPPING
    assert "playground" not in str(connection.settings["apps"])
    assert set(credentials) == {"tokens"}
    assert msgspec.json.decode(msgspec.json.encode(connection), type=Connection) == connection


def test_an_upset_customer_has_an_open_complaint_falling_use_and_a_renewal_soon(crm: Kintone) -> None:
    record = shown(crm, "h.nakamura@hokuto-foods.example", "中村 浩")
    assert [item.title for item in record.items if item.complaint and item.open] == [
        "GM-5替刃が届かない（AO-261021-0233）"
    ]
    assert list(record.usage[0].counts) == sorted(record.usage[0].counts, reverse=True)
    assert record.renewal == "2026-12-01"
    assert record.health == 24
    assert list(record.trend) != sorted(record.trend)
    assert {item.kind for item in record.items} == {"deal", "ticket", "order", "activity"}
    assert record.owner == "渡辺 さくら"


def test_one_person_with_two_records_is_for_somebody_to_choose(crm: Kintone) -> None:
    wanted = Wanted((Asked("hana-kimura@tegami.example"),), ("木村 花",))
    both = found(crm, "hana-kimura@tegami.example", "木村 花")
    assert [one.reason for one in both] == [Reason.EXACT, Reason.EXACT]
    assert len({one.company for one in both}) == 2  # by which they can be told apart
    assert trusted(both, wanted) is None


def test_of_two_people_with_one_address_the_name_tells(crm: Kintone) -> None:
    assert len([one for one in found(crm, "front@hotel-shiomi.example") if one.reason is Reason.EXACT]) == 2
    assert shown(crm, "front@hotel-shiomi.example", "吉田 奈々").name == "吉田 奈々"


def test_a_company_is_known_by_its_domain_alone(crm: Kintone) -> None:
    record = shown(crm, "ueno@techno-hayate.example", "上野 結衣")
    assert record.ref.kind == "company"
    assert record.name == "株式会社テクノハヤテ"
    assert record.items


def test_an_alias_is_an_exact_address_too(crm: Kintone) -> None:
    record = shown(crm, "olivia.bennett@harbourlane.example", "Olivia Bennett")
    assert record.addresses[0] == "obennett@harbourlane.example"
    assert record.value == Money("41250.50", "USD")
    assert record.unused == ("Service booking",)


def test_another_address_of_the_same_name_at_the_same_company_is_only_proposed(crm: Kintone) -> None:
    (maeda,) = found(crm, "maeda@shirakaba-nogyo.example", "前田 洋平")
    assert (maeda.reason, maeda.addresses) == (Reason.NAME, ("y.maeda@shirakaba-nogyo.example",))
    wanted = Wanted((Asked("maeda@shirakaba-nogyo.example"),), ("前田 洋平",), "shirakaba-nogyo.example")
    assert trusted([maeda], wanted) is None
    assert "お届け日の先行登録" in crm.load(maeda.ref).unused  # what his mail of 9 November asks about


@pytest.mark.parametrize(
    "email", ["nishikawa@wakaba-hall.example", "ikeda@wakaba-dental.example", "ono.makoto@tegami.example"]
)
def test_some_are_not_in_the_crm(crm: Kintone, email: str) -> None:
    assert found(crm, email) == ()


def test_yen_and_dollars_are_what_they_are(crm: Kintone) -> None:
    assert shown(crm, "weiling.tan@meridian-sg.example", "Tan Wei Ling").value == Money("126400.00", "USD")
    assert shown(crm, "tanaka@midori-coffee.example", "田中 太郎").value == Money("14260000", "JPY")


def test_every_record_can_be_loaded(crm: Kintone) -> None:
    for number in range(1, 26):
        assert crm.load(CrmRef("kintone", "contact", str(number))).company or number == 21


def test_the_page_serves_it_with_kintones_errors(playground: FlaskClient) -> None:
    url = f"{PUBLIC_URL}/playground/kintone/k/v1/records.json"
    good = playground.get(url, query_string={"app": "101", "query": "limit 2", "totalCount": "true"}, headers=TOKEN)
    assert (good.status_code, good.json["totalCount"], len(good.json["records"])) == (200, "25", 2)  # type: ignore[index]
    wrong = playground.get(url, query_string={"app": "101"}, headers={"X-Cybozu-API-Token": "x"})
    assert (wrong.status_code, wrong.json["code"]) == (400, "GAIA_IA02")  # type: ignore[index]
    assert playground.get(f"{PUBLIC_URL}/playground/kintone/k/v1/space.json", headers=TOKEN).status_code == 404


def test_the_switch_stops_it_and_starts_it(playground: FlaskClient) -> None:
    url = f"{PUBLIC_URL}/playground/kintone/k/v1/records.json?app=101"
    assert playground.get(f"{PUBLIC_URL}/playground/crm").json == {"state": "running"}
    assert playground.post(f"{PUBLIC_URL}/playground/crm", json={"state": "down"}).json == {"state": "down"}
    assert playground.get(url, headers=TOKEN).status_code == 503
    assert playground.post(f"{PUBLIC_URL}/playground/crm", json={"state": "running"}).json == {"state": "running"}
    assert playground.get(url, headers=TOKEN).status_code == 200
    assert playground.post(f"{PUBLIC_URL}/playground/crm", json={"state": "on fire"}).status_code == 400
    assert playground.post(f"{PUBLIC_URL}/playground/crm", data={"state": "down"}).status_code == 415


def test_when_slow_each_call_waits() -> None:
    slept: list[float] = []
    moods = Moods(kintone.Kintone(sample_domain(), time.time), slept.append, "slow")
    call = ("GET", "/k/v1/record.json", "app=101&id=1", {"x-cybozu-api-token": "playground-customers"}, b"")
    assert moods.answer(*call).status == 200
    assert slept == [kintone.SLOW_SECONDS]
    assert kintone.SLOW_SECONDS * (1 + 5) < SECONDS * 0.75  # the sample's look-up still comes through


def test_a_link_into_it_opens_the_record(playground: FlaskClient) -> None:
    page = playground.get(f"{PUBLIC_URL}/playground/kintone/k/101/show")
    assert page.mimetype == "text/html"
    assert 'id="record=1"' in page.text
    assert "渡辺 さくら" in page.text
    assert "<p>" not in page.text.partition("<article")[2]
    assert playground.get(f"{PUBLIC_URL}/playground/kintone/k/999/show").status_code == 404

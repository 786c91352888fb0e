"""The mapped look-up against a real CRM, as docs/mapped-lookup.md maps it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.domain.crm import Connection, CrmError, CrmRef, Money
from server.gateways.crm import http
from server.gateways.crm.http import MappedCrm
from server.gateways.crm.line import GuardedLine
from tests.gateways.crm.contract import HANAKO, NOBODY, SHARED, TARO, Safe, wanted
from tests.live.conftest import DjangoCrm
from tests.standins.crm.gate import MemoryGate

GUIDE = Path(__file__).parents[2] / "docs" / "mapped-lookup.md"

Connect = Callable[[str], MappedCrm]


@pytest.fixture
def connect(django_crm: DjangoCrm) -> Iterator[Connect]:
    """The settings of the guide, with the address of the one that runs here."""
    guide = GUIDE.read_text(encoding="utf-8").partition("## Example: django-crm")[2]
    named = dict(re.findall(r"^\| (.+?) \| `(.+?)` \|$", guide, re.MULTILINE))
    example = "https://crm.example"
    settings = {
        "url": named["Address to look customers up"].replace(example, django_crm.url),
        "load_url": named["Address of one record"].replace(example, django_crm.url),
        "records": named["Where the records stand"],
        "record": named["Where the one record stands"],
        "fields": guide.partition("```text\n")[2].partition("```")[0],
    }
    line = GuardedLine(http.SPEC, MemoryGate(time.monotonic), seconds=60.0, local=True)

    def connect_(token: str) -> MappedCrm:
        return MappedCrm(Connection("c1", "http", "CRM", settings), Safe({"token": f"Bearer {token}"}), line)

    yield connect_
    line.close()


@pytest.fixture
def crm(connect: Connect, django_crm: DjangoCrm) -> MappedCrm:
    return connect(django_crm.token)


def test_the_connection_works(crm: MappedCrm) -> None:
    crm.check()


def test_it_finds_by_a_part_of_the_address_and_shows_whose_it_is(crm: MappedCrm, django_crm: DjangoCrm) -> None:
    found = crm.find(wanted(TARO))
    assert sorted(candidate.addresses[0] for candidate in found) == [TARO, f"x.{TARO}"]
    (taro,) = [candidate for candidate in found if TARO in candidate.addresses]
    assert (taro.ref.id, taro.name, taro.company) == (django_crm.taro, "太郎 田中", "北都フーズ株式会社")
    assert [candidate.name for candidate in crm.find(wanted(SHARED))] == ["一郎 港"]  # an address is one person's there
    assert not crm.find(wanted(NOBODY))


def test_it_loads_a_person_with_deals_and_tickets(crm: MappedCrm, django_crm: DjangoCrm) -> None:
    record = crm.load(CrmRef("c1", "contact", django_crm.taro))
    assert (record.name, record.role, record.note) == ("太郎 田中", "購買部", "月末締め")
    (deal,) = [item for item in record.items if item.kind == "deal"]
    assert (deal.title, deal.open, deal.amount) == ("棚の更新", True, Money("1200000", "JPY"))
    tickets = {item.title: item.open for item in record.items if item.kind == "ticket"}
    assert tickets == {"納品数が違う": True, "請求書の宛名": False}
    assert all(item.at for item in record.items)


def test_html_comes_out_as_text(crm: MappedCrm) -> None:
    (found,) = crm.find(wanted(HANAKO))
    record = crm.load(found.ref)
    assert record.name == '"花子" 鈴木'
    assert record.note == "紹介済み"


def test_a_trial_shows_each_field(crm: MappedCrm) -> None:
    said = dict(crm.try_it(TARO))
    assert (said["records"], said["name"], said["deals"], said["tickets"]) == ("2", "太郎 田中", "1", "2")


def test_records_that_are_not_there_are_missing(crm: MappedCrm) -> None:
    for id_ in ("00000000-0000-4000-8000-000000000000", "zzz", "../../admin"):
        with pytest.raises(CrmError) as caught:
            crm.load(CrmRef("c1", "contact", id_))
        assert caught.value.why == "missing"


def test_a_wrong_token_is_refused(connect: Connect) -> None:
    with pytest.raises(CrmError) as caught:
        connect("bcrm_pat_wrong").check()
    assert caught.value.why == "refused"

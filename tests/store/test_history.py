"""A page of history is the same size and costs the same however long the history is, and no row is lost or shown twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from msgspec.structs import replace

from server.domain.ids import digest
from server.store.conversations import HISTORY_ROWS
from tests.contract.office import mail
from tests.store.shop import Shop

START = datetime(2020, 1, 1, tzinfo=UTC)


def fill(shop: Shop, count: int, *, apart: timedelta, sender: str = "田中 <tanaka@midori.example>") -> None:
    """Bring in past mails, each a conversation of its own; parsing one is enough."""
    one = shop.placing(mail("pattern", sender=sender))
    mails = []
    for n in range(count):
        key = digest(f"{n} {apart} {sender}")
        date = int((START + n * apart).timestamp())
        mails.append(replace(one, key=key, key2=digest(key), ids=(key,), date=date))
    shop.conversations.ingest(shop.workspace, mails)


def ids(shop: Shop, sender: str = "田中 <tanaka@midori.example>", person: str = "sato") -> list[str]:
    first = shop.opens(mail("open", sender=sender), person)
    found = [row.conversation.id for page in shop.pages(first, person) for row in page.history]
    assert first.conversation.id not in found
    return found


@pytest.mark.parametrize("count", [0, 1, HISTORY_ROWS - 1, HISTORY_ROWS, HISTORY_ROWS + 1, 3 * HISTORY_ROWS, 100])
def test_all_pages_together_show_every_conversation_once(shop: Shop, count: int) -> None:
    fill(shop, count, apart=timedelta(hours=7))
    found = ids(shop)
    assert len(found) == len(set(found)) == count


@pytest.mark.slow
def test_a_thousand_of_one_second_are_all_there_too(shop: Shop) -> None:
    """An import of a form's mails, all of one date."""
    fill(shop, 2_050, apart=timedelta())
    found = ids(shop)
    assert Counter(found).most_common(1)[0][1] == 1
    assert len(found) == 2_050


def test_the_newest_come_first(shop: Shop) -> None:
    fill(shop, 40, apart=timedelta(hours=7))
    first = shop.opens(mail("open"))
    dates = [row.conversation.active for page in shop.pages(first) for row in page.history]
    assert all(one >= next_ for one, next_ in pairwise(dates))


def test_the_company_follows_the_person_and_nobody_stands_in_both(shop: Shop) -> None:
    fill(shop, 30, apart=timedelta(hours=7))
    fill(shop, 30, apart=timedelta(hours=5), sender="山田 <yamada@midori.example>")
    first = shop.opens(mail("open"))
    rows = [row for page in shop.pages(first) for row in page.history]
    assert [row.of for row in rows] == ["person"] * 30 + ["company"] * 30
    assert len({row.conversation.id for row in rows}) == 60


def test_a_private_teams_rows_are_left_out_and_nothing_else(shop: Shop) -> None:
    for n in range(30):
        to = "hr@aoba.example" if n % 3 else "support@aoba.example"
        when = format_datetime(START + n * timedelta(hours=9))
        shop.conversations.ingest(shop.workspace, [shop.placing(mail(f"m{n}", to=to, date=when))])
    assert len(ids(shop, person="sato")) == 10
    everything = ids(shop, person="yamamoto")
    assert len(everything) == len(set(everything)) == 30


@pytest.mark.slow
def test_a_page_costs_as_many_commands_for_two_thousand_as_for_twenty(shop: Shop) -> None:
    costs = []
    for more in (20, 1_980):
        fill(shop, more, apart=timedelta(minutes=3 + more))
        raw = mail("open")
        shop.opens(raw)
        shop.client.config_resetstat()
        view = shop.opens(raw)
        stats = shop.client.info("commandstats")
        costs.append(
            {name: stat["calls"] for name, stat in stats.items() if "config" not in name and "info" not in name}
        )
        assert len(view.history) == HISTORY_ROWS
    assert costs[0] == costs[1]

"""What it costs to open a mail whose card is full, against the least that any answer from the store costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import redis

from server.domain.mail import Address, Mail
from server.domain.placing import placing_of
from server.domain.workspace import Workspace
from server.wiring import Store
from tests.bench import floor
from tests.bench.clients import Client, Gmail, Outlook
from tests.bench.figures import Figure, high, middle
from tests.bench.processes import cpu_seconds
from tests.bench.world import Copy, World, settle

CUSTOMER = "hanako.yamada@sakura.example"
PAST = 1_780_000_000


@dataclass
class Cost:
    """What one side has spent, a round each, in milliseconds a request."""

    service: list[float] = field(default_factory=list)
    store: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def measure(world: World, *, opens: int, rounds: int) -> Iterator[Figure]:
    """Give CPU per warm open over the floor's, and both by themselves."""
    with world.valkey() as valkey:
        store, workspace = settle(valkey.url)
        with world.copy(valkey.url) as ours, world.copy(valkey.url, "tests.bench.floor:create_app") as bare:
            client = a_full_card(world, store, workspace, ours.port)
            card = client.open().body
            with redis.Redis.from_url(valkey.url) as direct:
                direct.set(floor.KEY, card)
            request = client.request(floor.ROUTE, {})
            ask_us = partial(client.caller.post, floor.ROUTE, *request)
            ask_floor = partial(
                Gmail(world, client.agent.number, client.letter, bare.port).caller.post, floor.ROUTE, *request
            )
            costs = {"open": Cost(), "floor": Cost()}
            for _ in range(rounds):
                # In turns, so that whatever else the machine does falls on both.
                spend(costs["open"], ours, valkey.pid or 0, ask_us, opens)
                spend(costs["floor"], bare, valkey.pid or 0, ask_floor, opens)
    ratios = [mine / its for mine, its in zip(costs["open"].service, costs["floor"].service, strict=True)]
    yield Figure("open.cpu_over_floor", middle(ratios), "times")
    for name, cost in costs.items():
        yield Figure(f"{name}.cpu_ms", middle(cost.service), "ms CPU/request")
        yield Figure(f"{name}.valkey_cpu_ms", middle(cost.store), "ms CPU/request")
        yield Figure(f"{name}.p50_ms", middle(cost.latencies), "ms")
        yield Figure(f"{name}.p99_ms", high(cost.latencies), "ms")
    yield Figure("open.card_bytes", len(card), "bytes")


def a_full_card(world: World, store: Store, workspace: Workspace, port: int) -> Gmail:
    """Return an agent in Gmail at a mail that a colleague has: twelve rows of history, three notes, every fact known."""
    letter = world.letter(CUSTOMER, "先日の見積書の件", "山田 花子")
    store.conversations.ingest(workspace, (placing_of(_past_mail(number), workspace) for number in range(20)))
    holder: Client = Outlook(world, 1, letter, port)
    card = holder.open()
    card = holder.press(card.button("take"))
    for text in ("請求書の再送をお願いされています。", "明日の午前に電話します。", "倉庫へ在庫を確認済み。"):
        card = holder.press(card.button("note"), {"note": text})
    card = holder.press(card.button("priority", priority="urgent"))
    for what, form in (
        ("tags", {"tags": "見積, 再送, 重要"}),
        ("due", {"due": "2026-12-01T10:00"}),
        ("customer", CUSTOMER_FACTS),
        ("merge_customers", {"address": "h.yamada@sakura-trading.example"}),
    ):
        question = holder.press(card.button("ask", what=what))
        card = holder.press(question.button(what), form)
        if not card.changed:
            raise RuntimeError(f"{what} was not saved: {card.toast} {card.body[:300]!r}")
    agent = Gmail(world, 2, letter, port)
    agent.open()
    return agent


CUSTOMER_FACTS = {
    "name": "山田 花子",
    "reading": "やまだ はなこ",
    "company": "さくら商会",
    "role": "購買部 課長",
    "customer_note": "月末は電話がつながりにくい。",
}


def _past_mail(number: int) -> Mail:
    return Mail(
        message_id=f"past-{number}@sakura.example",
        references=(),
        date=PAST + number * 86_400,
        sender=Address(CUSTOMER, "山田 花子"),
        to=(Address("support@aoba.example"),),
        subject=f"ご注文 {number:04} の納期について",
        text="いつもお世話になっております。先日注文した品の納期をお知らせください。",
        language="ja",
    )


def spend(cost: Cost, service: Copy, valkey: int, ask: Callable[[], object], times: int) -> None:
    """Ask so often, and note what each request cost the service and the store."""
    for _ in range(20):
        ask()
    before, store_before = service.cpu_seconds(), cpu_seconds(valkey)
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        cost.latencies.append((time.perf_counter() - begun) * 1000)
    cost.service.append((service.cpu_seconds() - before) * 1000 / times)
    cost.store.append((cpu_seconds(valkey) - store_before) * 1000 / times)

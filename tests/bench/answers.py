"""What answers cost: ranking, embedding and checking by themselves, and an open that proposes some against one that does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import redis

from server.replies import bench, embedding
from server.replies.check import Draft, check
from tests.bench import floor
from tests.bench.clients import Gmail
from tests.bench.figures import Figure, middle
from tests.bench.opening import CUSTOMER, Cost, a_full_card, spend
from tests.bench.world import World, settle, suggest

_DRAFT = (
    "山田 花子 様\n\nお世話になっております。青葉商事の佐藤です。このたびはお届けが遅れており、誠に申し訳ございません。\n"
    "運送会社に確認したところ、荷物は現在、札幌の営業所にございます。明日の午前中に配達へ出る予定です。\n\n"
    "1. 配達の状況は、追跡番号から運送会社のページでご確認いただけます。\n2. ご不在の場合は、再配達をお申し付けください。\n\n"
    "到着を確認しましたら、11月25日(水)までに改めてご連絡いたします。ご不明な点がございましたら、お気軽にお知らせください。\n"
) * 4


def measure(world: World, *, opens: int, rounds: int) -> Iterator[Figure]:
    """Give each by its median; the two opens in turns within one run."""
    embedder = embedding.load()
    yield _named("replies.rank_ms_1000", bench.rank_speed(embedder.dimensions, 1))
    yield _named("replies.embed_cpu_ms", bench.embedding_cost(embedder))
    yield Figure("replies.check_ms_1000", _check_ms(), "ms CPU/1,000 characters")
    yield from _opens(world, opens, rounds)


def _check_ms() -> float:
    draft = Draft(
        body=_DRAFT, language="ja", customer_names=("山田 花子",), agent_name="佐藤 美咲", now=1_795_000_000_000
    )
    times = []
    for _ in range(60):
        begun = time.process_time()
        check(draft)
        times.append((time.process_time() - begun) * 1000 * 1000 / len(_DRAFT))
    return middle(times)


def _opens(world: World, opens: int, rounds: int) -> Iterator[Figure]:
    """A card that proposes three answers, beside a long history, against the least that any answer from the store costs."""
    with world.valkey() as valkey:
        store, workspace = settle(valkey.url)
        with world.copy(valkey.url) as ours, world.copy(valkey.url, "tests.bench.floor:create_app") as bare:
            a_full_card(world, store, workspace, ours.port)
            letter = world.letter(CUSTOMER, "別の見積書の件", "山田 花子")
            client = Gmail(world, 2, letter, ours.port)
            client.open()
            suggest(store, workspace)
            client.open().button("write")
            with redis.Redis.from_url(valkey.url) as direct:
                direct.set(floor.KEY, client.open().body)
            request = client.request(floor.ROUTE, {})
            ask_us = partial(client.caller.post, floor.ROUTE, *request)
            ask_floor = partial(Gmail(world, 2, letter, bare.port).caller.post, floor.ROUTE, *request)
            mine, its = Cost(), Cost()
            for _ in range(rounds):
                spend(mine, ours, valkey.pid or 0, ask_us, opens)
                spend(its, bare, valkey.pid or 0, ask_floor, opens)
    ratios = [ours / floors for ours, floors in zip(mine.service, its.service, strict=True)]
    yield Figure("open.suggested.cpu_over_floor", middle(ratios), "times")
    yield Figure("open.suggested.cpu_ms", middle(mine.service), "ms CPU/request")


def _named(name: str, one: bench.Figure) -> Figure:
    return Figure(name, one.value, one.unit)

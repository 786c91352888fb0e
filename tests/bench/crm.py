"""What a CRM beside the mail costs a card: known already, asked for the first time, dead; and how often it is asked at all.

The CRM is the tests' kintone on the loopback, in the benchmark's own process, behind the real connector.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import msgspec

from server.gateways.crm.kintone import SPEC
from server.settings import from_environment, secret_keys
from server.web.playground.kintone import Kintone, Row, sample_connection, sample_domain
from server.wiring import open_store
from tests.bench.clients import Gmail, client
from tests.bench.figures import Figure, high, middle
from tests.bench.world import KEYS, World, settle
from tests.standins.crm.kintone import KintoneVendor

CUSTOMERS_APP: Final = 101
SETTLED: Final = 1.5  # s without a call after which every look-up has ended


class CrmVendor(KintoneVendor):
    """A kintone with as many customers as wanted, each with the deals, tickets, orders and activities of the sample's first."""

    def __init__(self, customers: int) -> None:
        super().__init__()
        domain = sample_domain()
        for app in domain.apps:
            first = [row for row in app.records if app.id == CUSTOMERS_APP or row.get("顧客番号") == 1]
            if app.id == CUSTOMERS_APP:
                app.records = [self._named(first[0], number) for number in range(customers)]
            else:
                app.records = [{**row, "顧客番号": n + 1} for n in range(customers) for row in first]
        self.kintone = Kintone(domain, time.time)

    @staticmethod
    def _named(row: Row, number: int) -> Row:
        return {**row, "氏名": f"客 {number:04}", "メールアドレス": address_of(number), "別のアドレス": []}

    def settle(self) -> None:
        """Return once nobody has called for a while: cards do not wait for all that they asked for."""
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < SETTLED:
            if len(self.calls) != seen:
                seen, since = len(self.calls), time.monotonic()
            time.sleep(0.05)

    @property
    def look_ups(self) -> int:
        """How many searches there were: each look-up of somebody not yet known makes one."""
        return sum(_is_search(request.target) for request in self.calls)


def address_of(number: int) -> str:
    return f"customer-{number:04}@company-{number:04}.example"


def _is_search(target: str) -> bool:
    return f"app={CUSTOMERS_APP}" in target and "query=" in target


def measure(world: World, *, agents: int, customers: int, opens: int) -> Iterator[Figure]:
    """Give the time of an open by what is known, and the look-ups of many opens."""
    with ExitStack() as ending:
        vendor = ending.enter_context(CrmVendor(customers + opens))
        ports = {}
        for name in ("plain", "crm"):
            valkey = ending.enter_context(world.valkey())
            settle(valkey.url)
            if name == "crm":
                _connect(valkey.url, vendor.url)
            copies = 2 if name == "crm" else 1
            ports[name] = [
                ending.enter_context(world.copy(valkey.url, SOBANI_CRM_PRIVATE="on")).port for _ in range(copies)
            ]
        yield from _look_ups(world, vendor, ports["crm"], agents, customers, opens)
        yield from _times(world, vendor, ports["plain"][0], ports["crm"][0], customers, opens)


def _connect(redis_url: str, vendor_url: str) -> None:
    settings = from_environment({"SOBANI_KEYS": KEYS, "REDIS_URL": redis_url})
    store = open_store(redis_url, secret_keys(settings))
    connection, credentials = sample_connection("http://127.0.0.1")
    at = msgspec.structs.replace(connection, settings={**connection.settings, "url": vendor_url})
    store.connections.save("aoba", at, credentials)


def _look_ups(
    world: World, vendor: CrmVendor, ports: Sequence[int], agents: int, customers: int, opens: int
) -> Iterator[Figure]:
    """Many agents open mails of some customers; then all of them open the mail of one more at the same moment."""
    letters = [world.letter(address_of(number), f"件名 {number}") for number in range(customers)]

    def open_one(turn: int) -> int:
        mail = letters[turn * 7 % customers]
        return client(world, turn % agents, mail, ports[turn % len(ports)]).open().status

    with ThreadPoolExecutor(16) as crowd:
        good = sum(status == 200 for status in crowd.map(open_one, range(opens)))
    vendor.settle()
    found, calls = vendor.look_ups, len(vendor.calls)
    yield Figure("crm.lookups_per_1000_opens", found * 1000 / opens, f"look-ups; {good} of {opens} opens answered")
    yield Figure("crm.kintone.calls_per_lookup", calls / max(1, found), f"HTTP calls; {_documented()} documented")
    vendor.behave()
    letter = world.letter(address_of(customers), "至急")
    crowd_of = [client(world, number % agents, letter, ports[number % len(ports)]) for number in range(100)]
    with ThreadPoolExecutor(100) as crowd:
        list(crowd.map(lambda one: one.open(), crowd_of))
    vendor.settle()
    yield Figure("crm.single_flight_lookups", vendor.look_ups, "look-ups of 100 opens at once")


def _documented() -> int:
    return SPEC.calls["find"] + SPEC.calls["load"]


def _times(world: World, vendor: CrmVendor, plain: int, crm: int, customers: int, opens: int) -> Iterator[Figure]:
    """First and second opens of one agent, in turns with a workspace that has no CRM."""
    rounds = max(10, opens // 10)
    cold: list[float] = []
    cold_plain: list[float] = []
    warm: list[float] = []
    warm_plain: list[float] = []
    for number in range(rounds):
        mail = world.letter(address_of(customers + 1 + number % (opens - 1)), f"初めて {number}")
        for port, first, second in ((plain, cold_plain, warm_plain), (crm, cold, warm)):
            one = Gmail(world, 3, mail, port)
            first.append(_timed(one.open))
            if port == crm:
                time.sleep(0.2)  # what the card did not wait for
            second.append(middle([_timed(one.open) for _ in range(3)]))
    yield Figure("crm.open.warm_ms", middle(warm), f"ms; {middle(warm_plain):.1f} without a CRM")
    yield Figure(
        "crm.open.cold_ms", middle(cold), f"ms; {middle(cold_plain):.1f} without a CRM, mail read first in both"
    )
    yield Figure("crm.open.cold_most_ms", high(cold), "ms, p99")
    vendor.behave()
    vendor.misbehave("503", times=None)
    falling: list[float] = []
    for number in range(8):
        mail = world.letter(f"falling-{number}@dead-{number}.example", "届かない")
        falling.append(_timed(Gmail(world, 4, mail, crm).open))
    asked = len(vendor.calls)
    dead, dead_plain = [], []
    for number in range(rounds):
        mail = world.letter(f"dead-{number}@gone-{number}.example", "届かない")
        dead_plain.append(_timed(Gmail(world, 4, mail, plain).open))
        dead.append(_timed(Gmail(world, 4, mail, crm).open))
    yield Figure("crm.open.dead_falling_ms", max(falling), "ms, the slowest of the opens that found it dead")
    yield Figure("crm.open.dead_ms", middle(dead), f"ms; {middle(dead_plain):.1f} without a CRM")
    yield Figure("crm.open.dead_extra_ms", max(0.0, middle(dead) - middle(dead_plain)), "ms, of first opens")
    yield Figure("crm.open.dead_calls", len(vendor.calls) - asked, f"HTTP calls of {rounds} opens while it was dead")


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000

"""Whether an open costs more in a large workspace, or for a customer with a long history; and whether the queue's page does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from secrets import token_hex

from server.domain.mail import Address, Mail
from server.domain.placing import placing_of
from server.store.embedded import Embedded
from server.store.sessions import RedisSessions
from tests.bench.clients import Outlook, Screen
from tests.bench.figures import Figure, middle
from tests.bench.processes import cpu_seconds
from tests.bench.world import PUBLIC_URL, Copy, Letter, World, settle

OPENED = 200
"""Different mails that are opened in turn: always the same one would always be in the processor's cache."""
START = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """One store with its copy of the service, and the mails that are opened there."""

    valkey: Embedded
    copy: Copy
    open: Sequence[Callable[[], object]]
    look: Sequence[Callable[[], object]]  # at the queue's page

    def cpu_seconds(self) -> float:
        """Return what service and store have spent together."""
        return self.copy.cpu_seconds() + cpu_seconds(self.valkey.pid or 0)


def conversations(world: World, sizes: tuple[int, int], opens: int, rounds: int) -> Iterator[Figure]:
    """Give the cost of an open, and of a look at the queue's page, among many conversations over that among few."""
    opened = min(OPENED, *sizes)
    letters = [world.letter(f"c{number}@k{number}.example", f"件名 {number}") for number in range(opened)]
    with _sides(world, letters, [_strangers(number - opened) for number in sizes]) as (small, large):
        yield from _ratio("open.growth.conversations", small, large, lambda side: side.open, opens, rounds)
        yield from _ratio("queue.growth", small, large, lambda side: side.look, opens, rounds)


def history(world: World, sizes: tuple[int, int], opens: int, rounds: int) -> Iterator[Figure]:
    """Give the cost of an open for a customer with many past conversations over that for one with few."""
    letters = [world.letter("hanako@sakura.example", "見積書の件")]
    yield from _compare(world, "history", letters, [_past(number) for number in sizes], opens, rounds)


def thread(world: World, sizes: tuple[int, int], opens: int, rounds: int) -> Iterator[Figure]:
    """Give the cost of an open in a conversation of many mails over that in one of few."""
    letters = [world.letter("hanako@sakura.example", "見積書の件")]
    answered = str(letters[0].item["headers"]).partition("Message-ID: <")[2].partition(">")[0]
    fills = [_past(number, answered) for number in sizes]
    yield from _compare(world, "thread", letters, fills, opens, rounds)


def _compare(
    world: World, name: str, letters: Sequence[Letter], fills: Sequence[Iterable[Mail]], opens: int, rounds: int
) -> Iterator[Figure]:
    with _sides(world, letters, fills) as (small, large):
        yield from _ratio(f"open.growth.{name}", small, large, lambda side: side.open, opens, rounds)


def _ratio(
    name: str,
    small: Side,
    large: Side,
    asked: Callable[[Side], Sequence[Callable[[], object]]],
    count: int,
    rounds: int,
) -> Iterator[Figure]:
    costs = [(_spend(small, asked(small), count), _spend(large, asked(large), count)) for _ in range(rounds)]
    yield Figure(name, middle([after / before for before, after in costs]), "times the CPU")
    yield Figure(f"{name}.cpu_ms", middle([after for _, after in costs]), "ms CPU/request")


def _spend(side: Side, asked: Sequence[Callable[[], object]], count: int) -> float:
    before = side.cpu_seconds()
    for ask in islice(cycle(asked), count):
        ask()
    return (side.cpu_seconds() - before) * 1000 / count


@contextmanager
def _sides(world: World, letters: Sequence[Letter], fills: Sequence[Iterable[Mail]]) -> Iterator[tuple[Side, Side]]:
    with ExitStack() as ending:
        small, large = (ending.enter_context(_side(world, letters, fill)) for fill in fills)
        yield small, large


@contextmanager
def _side(world: World, letters: Sequence[Letter], mails: Iterable[Mail]) -> Iterator[Side]:
    with world.valkey() as valkey:
        store, workspace = settle(valkey.url)
        store.conversations.ingest(workspace, (placing_of(mail, workspace) for mail in mails))
        with world.copy(valkey.url) as copy:
            clients = [Outlook(world, 1, letter, copy.port) for letter in letters]
            for one in clients:
                one.open()  # from now on known by its pointer
                one.close()  # the server hangs up while the other side is filled
            sessions = RedisSessions(store.library, f"{PUBLIC_URL}/queue/enter", token_hex, time.time)
            screen = Screen(world, 1, copy.port, partial(sessions.link, workspace))
            yield Side(valkey, copy, [one.open for one in clients], [screen.overview, screen.unclaimed])


def _strangers(count: int) -> Iterator[Mail]:
    """Mails of as many customers of as many companies within a day or so: each is a conversation that nobody has yet."""
    return (_mail(number, f"person{number}@company{number}.example", seconds=1) for number in range(count))


def _past(count: int, thread: str = "") -> Iterator[Mail]:
    """Mails of one customer; with a thread's id all in one conversation."""
    return (_mail(number, "hanako@sakura.example", thread) for number in range(count))


def _mail(number: int, customer: str, thread: str = "", seconds: int = 60) -> Mail:
    return Mail(
        message_id=f"past-{number}@{customer.rpartition('@')[2]}",
        references=(thread,) if thread else (),
        date=START + number * seconds,
        sender=Address(customer, f"顧客 {number}"),
        to=(Address("support@aoba.example"),),
        subject=f"ご注文 {number} の納期について",
        text="いつもお世話になっております。先日注文した品の納期をお知らせください。",
        language="ja",
    )

"""Whether an open costs more in a large workspace, or for a customer with a long history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice

from server.domain.mail import Address, Mail
from server.domain.placing import placing_of
from server.store.embedded import Embedded
from tests.bench.clients import Outlook
from tests.bench.figures import Figure, middle
from tests.bench.processes import cpu_seconds
from tests.bench.world import Copy, Letter, World, settle

OPENED = 200
"""Different mails that are opened in turn: always the same one would always be in the processor's cache."""
START = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """One store with its copy of the service, and the mails that are opened there."""

    valkey: Embedded
    copy: Copy
    open: Sequence[Callable[[], object]]

    def cpu_seconds(self) -> float:
        """Return what service and store have spent together."""
        return self.copy.cpu_seconds() + cpu_seconds(self.valkey.pid or 0)


def conversations(world: World, sizes: tuple[int, int], opens: int, rounds: int) -> Iterator[Figure]:
    """Give the cost of an open among many conversations over that among few."""
    opened = min(OPENED, *sizes)
    letters = [world.letter(f"c{number}@k{number}.example", f"件名 {number}") for number in range(opened)]
    fills = [_strangers(number - opened) for number in sizes]
    yield from _compare(world, "conversations", letters, fills, opens, rounds)


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
    with ExitStack() as ending:
        small, large = (ending.enter_context(_side(world, letters, fill)) for fill in fills)
        costs = [(_spend(small, opens), _spend(large, opens)) for _ in range(rounds)]
    yield Figure(f"open.growth.{name}", middle([after / before for before, after in costs]), "times the CPU")
    yield Figure(f"open.growth.{name}.cpu_ms", middle([after for _, after in costs]), "ms CPU/request")


def _spend(side: Side, opens: int) -> float:
    before = side.cpu_seconds()
    for ask in islice(cycle(side.open), opens):
        ask()
    return (side.cpu_seconds() - before) * 1000 / opens


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
            yield Side(valkey, copy, [one.open for one in clients])


def _strangers(count: int) -> Iterator[Mail]:
    """Mails of as many customers of as many companies: each is a conversation."""
    return (_mail(number, f"person{number}@company{number}.example") for number in range(count))


def _past(count: int, thread: str = "") -> Iterator[Mail]:
    """Mails of one customer; with a thread's id all in one conversation."""
    return (_mail(number, "hanako@sakura.example", thread) for number in range(count))


def _mail(number: int, customer: str, thread: str = "") -> Mail:
    return Mail(
        message_id=f"past-{number}@{customer.rpartition('@')[2]}",
        references=(thread,) if thread else (),
        date=START + number * 60,
        sender=Address(customer, f"顧客 {number}"),
        to=(Address("support@aoba.example"),),
        subject=f"ご注文 {number} の納期について",
        text="いつもお世話になっております。先日注文した品の納期をお知らせください。",
        language="ja",
    )

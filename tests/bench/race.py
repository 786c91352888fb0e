"""Many people take the same conversation at the same moment, through two copies of the service: one may win."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from tests.bench.clients import Answer, Client, client
from tests.bench.figures import Figure
from tests.bench.world import World, settle


def measure(world: World, *, persons: int, rounds: int) -> Iterator[Figure]:
    """Give the number of rounds that had exactly one winner, everybody else refused with the winner's name."""
    with world.valkey() as valkey, ExitStack() as ending:
        settle(valkey.url)
        copies = [ending.enter_context(world.copy(valkey.url)) for _ in range(2)]
        letter = world.letter("hanako@sakura.example", "至急のお願い", "山田 花子")
        # Every other agent uses Outlook, every other pair the second copy: each client meets each copy.
        clients = [client(world, number, letter, copies[number // 2 % 2].port) for number in range(persons)]
        with ThreadPoolExecutor(persons) as crowd:
            won = sum(_round(clients, crowd) for _ in range(rounds))
    yield Figure("claim.race.rounds_with_one_winner", won, f"of {rounds} rounds")
    yield Figure("claim.race.persons", persons, "persons")


def _round(clients: Sequence[Client], crowd: ThreadPoolExecutor) -> bool:
    # At most a few at a time: whoever opens is no part of the race.
    turns = threading.Semaphore(8)

    def look(one: Client) -> str:
        with turns:
            return one.open().button("take")

    tokens = list(crowd.map(look, clients))
    start = threading.Barrier(len(clients))

    def take(one: Client, token: str) -> Answer:
        start.wait()
        return one.press(token)

    answers = list(crowd.map(take, clients, tokens))
    winners = [number for number, answer in enumerate(answers) if answer.changed]
    if len(winners) != 1:
        return False
    winner = clients[winners[0]]
    refused = sum(winner.agent.name in answer.toast for answer in answers if not answer.changed)
    given_back = winner.press(answers[winners[0]].button("release"))
    return refused == len(clients) - 1 and given_back.changed

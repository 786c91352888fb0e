"""Against whose names a reply is held: those of the customers whose mails the agent has at hand."""

from __future__ import annotations

from typing import Any, cast

import pytest

from server.domain.conversation import Company, Conversation, Customer, Message, QueuePage, QueueRow, View
from server.domain.errors import RecordsUnavailable
from server.domain.ports import Conversations
from server.domain.workspace import Viewer, Workspace
from server.usecases.checking import others_at_hand

VIEWER = Viewer(Workspace("aoba", "青葉商事"), None)


def conversation(customer: str) -> Conversation:
    return Conversation(
        id=customer, subject="", status="", kind="open", customer=customer, active=0, teams=(), created=0, version=0, state=0
    )  # fmt: skip


def view(customer: str, domain: str = "", *said: str) -> View:
    mails = tuple(Message(f"m{at}", customer, customer, "", 0, "in", snippet=one) for at, one in enumerate(said))
    return View(0, None, conversation(customer), None, Company(domain) if domain else None, mails=mails)


class AtHand:
    """The agent's own list."""

    def __init__(self, *rows: tuple[str, Customer | None]) -> None:
        self._rows = tuple(QueueRow(conversation(address), customer) for address, customer in rows)

    def queue_page(self, viewer: Viewer, name: str, cursor: str = "", rows: int = 50) -> QueuePage:
        assert (viewer, name) == (VIEWER, "mine")
        return QueuePage(0, {}, self._rows[:rows])


class Gone:
    def queue_page(self, *_: Any, **__: Any) -> QueuePage:
        raise RecordsUnavailable


def others(at_hand: object, of: View) -> tuple[str, ...]:
    return others_at_hand(cast("Conversations", at_hand), VIEWER, of)


def test_the_other_customers_and_their_companies_are_named_once() -> None:
    takahashi = Customer("1", name="高橋 健", company="株式会社みなと")
    at_hand = AtHand(("takahashi@minato.example", takahashi), ("t2@minato.example", takahashi), ("x@y.example", None))
    assert others(at_hand, view("tanaka@midori.example")) == ("高橋 健", "株式会社みなと")


@pytest.mark.parametrize("own", ["tanaka@midori.example", "mori@midori.example"])
def test_the_customer_and_their_colleagues_are_no_others(own: str) -> None:
    at_hand = AtHand(("tanaka@midori.example", Customer("1", name="田中 太郎")))
    assert others(at_hand, view(own, "midori.example")) == ()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("弊社の高橋からもご連絡したとおりです。", ("山田 花", "Anna Smith")),
        ("Anna Smith from our side will join.", ("高橋 健", "山田 花")),
        ("Anna will join.", ("高橋 健", "山田 花", "Anna Smith")),  # there are many
    ],
)
def test_whom_the_customer_speaks_of_the_reply_may_name(said: str, left: tuple[str, ...]) -> None:
    people = ("高橋 健", "山田 花", "Anna Smith")
    at_hand = AtHand(*((f"{at}@b.example", Customer(str(at), name=name)) for at, name in enumerate(people)))
    assert others(at_hand, view("tanaka@midori.example", "", said)) == left


def test_without_the_list_the_other_rules_still_read() -> None:
    assert others(Gone(), view("tanaka@midori.example")) == ()

"""CRMs asked beside requests: however many press, one asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from server.domain.conversation import Conversation, Customer, View
from server.domain.crm import Connection, Entry, Sight
from server.domain.workspace import Viewer, Workspace
from server.usecases.look_up import Lookup
from server.web.lookups import Lookups

CRM = Connection(id="x1", kind="kintone", name="顧客管理")
VIEWER = Viewer(Workspace("aoba", "青葉商事", connections=(CRM,)), None)
VIEW = View(
    0,
    None,
    Conversation(
        id="c1", subject="", status="", kind="open", customer="a@b.example", active=0, teams=(), created=0, version=0, state=0
    ),
    Customer("1"),
    None,
    crm=Sight(),
)  # fmt: skip


class Slow:
    """A CRM that answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.begun = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, *_: object, own: str, again: bool) -> tuple[Entry, int]:
        self.asked.append(again)
        self.begun.set()
        assert self.may_answer.wait(60)
        return Entry(connection="x1", at=1, state="none"), 7


def test_a_press_reads_again() -> None:
    crm = Slow()
    crm.may_answer.set()
    seen = Lookups(cast("Lookup", crm)).again(VIEWER, VIEW, "x1")
    assert crm.asked == [True]
    assert seen.crm
    assert [entry.at for entry in seen.crm.entries] == [1]
    assert seen.feed == 7


def test_who_presses_while_it_is_read_again_joins_in() -> None:
    crm = Slow()
    lookups = Lookups(cast("Lookup", crm))
    with ThreadPoolExecutor(20) as crowd:
        first = crowd.submit(lookups.again, VIEWER, VIEW, "x1")
        assert crm.begun.wait(60)
        others = [crowd.submit(lookups.again, VIEWER, VIEW, "x1") for _ in range(19)]
        # The CRM is slower than the patience of a card.
        assert [other.result(60) for other in others] == [VIEW] * 19
        crm.may_answer.set()
        first.result(60)
    assert crm.asked == [True]
    assert lookups.again(VIEWER, VIEW, "x1").feed == 7
    assert crm.asked == [True, True], "what is over is asked anew"

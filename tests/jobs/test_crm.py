"""The worker's part of a CRM: what waits is done, what may pass is tried again, what is unclear is said and not repeated."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from server.domain.changes import CreateInCrm, LogMail, UnlogMail
from server.domain.conversation import View
from server.domain.crm import Errand, Letter, Order, Sight, Trouble
from server.domain.ports import Acted, Target
from server.jobs.crm import TRIED_FOR, CrmWork
from server.store.crm import RedisCrm
from server.store.vault import Vault
from server.usecases.look_up import Lookup
from tests.contract.office import mail
from tests.standins.crm.memory import CONNECTION, MemoryConnectors, MemoryCrm, record
from tests.store.shop import Shop, shop_at

MAIL: Final = mail(1)
LETTER: Final = Letter(key="k", direction="in", subject="納期", text="届きません。", sender="tanaka@midori.example")


class Desk:
    """A shop with a CRM, and its worker. `later` is ms that have passed by the worker's clock."""

    def __init__(self, url: str) -> None:
        self.shop: Shop = shop_at(url)
        vault = Vault([b"k" * 32])
        self.shop.conversations._vault = vault
        self.shop.store.connections._vault = vault
        self.shop.store.connections.save("aoba", CONNECTION, {"token": "t"})
        self.shop.workspace = msgspec.structs.replace(self.shop.workspace, connections=(CONNECTION,))
        self.crm = MemoryCrm(record())
        self.later = 0
        self.store = RedisCrm(self.shop.store.library, vault)

    @property
    def work(self) -> CrmWork:
        connectors = MemoryConnectors({CONNECTION.id: self.crm})
        return CrmWork(self.store, connectors, Lookup(connectors, self.store, self.now), self.now)

    def now(self) -> int:
        return self.view.now + self.later

    @property
    def view(self) -> View:
        return self.shop.opens(MAIL)

    def acts(self, change: object) -> str:
        view = self.view
        assert view.message
        self.shop.clicks += 1
        target = Target(view.conversation.id, 0, view.message.key, view.message.circle)
        acted = self.shop.conversations.act(self.shop.viewer(), target, change, once=f"{self.shop.clicks}")  # type: ignore[arg-type]
        assert isinstance(acted, Acted)
        return acted.code

    def logs(self) -> None:
        letter = msgspec.msgpack.encode(LETTER)
        assert self.acts(LogMail("x1", "contact", "1", letter)) == "ok"

    def works(self) -> int:
        """Do all that waits; how much stays."""
        work = self.work
        while work.begin("aoba", self.shop.store.directory):
            work.wait()
        return int(self.shop.client.xlen("{w:aoba}:cj"))

    def abandons(self) -> None:
        """Let the time pass after which what a worker took is anybody's."""
        client: Any = self.shop.client
        (left,) = client.xrange("{w:aoba}:cj")
        client.xclaim("{w:aoba}:cj", "worker", "gone", 0, [left[0]], idle=200_000)

    @property
    def sight(self) -> Sight:
        found = self.view.crm
        assert found
        return found

    @property
    def errand(self) -> Errand:
        (found,) = self.sight.errands
        return found


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(redis_url)


def test_a_logged_mail_is_written_down_and_its_text_goes(desk: Desk) -> None:
    desk.logs()
    assert desk.works() == 0
    assert desk.crm.letters == {"k": LETTER}
    assert (desk.errand.state, desk.errand.made is not None) == ("done", True)


@pytest.mark.parametrize("trouble", ["down", "busy", "broken"])
def test_what_may_pass_stays_and_is_tried_again_for_ten_minutes(desk: Desk, trouble: Trouble) -> None:
    desk.logs()
    desk.crm.trouble = trouble
    assert desk.works() == 1
    assert desk.errand.state == "waiting"
    desk.later = TRIED_FOR + 1000
    desk.abandons()
    assert desk.works() == 0
    assert (desk.errand.state, desk.errand.trouble) == ("failed", trouble)


@pytest.mark.parametrize(
    ("trouble", "state"), [("slow", "unsure"), ("garbled", "unsure"), ("refused", "failed"), ("mapping", "failed")]
)
def test_the_rest_is_said_and_not_repeated(desk: Desk, trouble: Trouble, state: str) -> None:
    desk.logs()
    desk.crm.trouble = trouble
    assert desk.works() == 0
    assert (desk.errand.state, desk.errand.trouble) == (state, trouble)
    assert desk.crm.calls["log"] == 1


def test_what_a_dead_worker_left_is_done_by_the_next_one(desk: Desk) -> None:
    desk.logs()
    RedisCrm(desk.shop.store.library, None, consumer="dead").take("aoba", 5)
    assert desk.works() == 1, "it may still be at it"
    desk.abandons()
    assert desk.works() == 0
    assert len(desk.crm.letters) == 1


def test_a_fault_of_ours_is_said_and_keeps_nothing_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.logs()

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.crm, "log", breaks)
    assert desk.works() == 0
    assert (desk.errand.state, desk.errand.trouble) == ("failed", "failed")


def test_a_removed_connection_takes_nothing(desk: Desk) -> None:
    desk.logs()
    desk.shop.store.connections.remove("aoba", "x1")
    assert desk.works() == 0
    assert desk.crm.letters == {}


def test_taking_back_what_the_crm_refuses_leaves_it_there_and_says_so(desk: Desk) -> None:
    desk.logs()
    desk.works()
    desk.crm.trouble = "refused"
    assert desk.acts(UnlogMail("x1")) == "ok"
    desk.works()
    assert (desk.errand.state, desk.errand.trouble) == ("done", "refused")
    assert desk.crm.letters


def test_taking_back_is_tried_as_long_as_logging_however_old_the_log_is(desk: Desk) -> None:
    desk.logs()
    desk.works()
    client: Any = desk.shop.client
    (key,) = client.keys("{w:aoba}:xe:*")
    old = msgspec.structs.replace(desk.errand, at=desk.errand.at - 2 * TRIED_FOR)
    client.hset(key, "x1|log", msgspec.msgpack.encode(old))
    desk.crm.trouble = "down"
    assert desk.acts(UnlogMail("x1")) == "ok"
    assert desk.works() == 1
    assert desk.errand.state == "undoing"
    desk.crm.trouble = None
    desk.abandons()
    assert desk.works() == 0
    assert not desk.sight.errands


def test_a_fault_of_ours_at_taking_back_never_offers_to_write_a_second_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.logs()
    desk.works()

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.crm, "unlog", breaks)
    assert desk.acts(UnlogMail("x1")) == "ok"
    assert desk.works() == 0
    assert (desk.errand.state, desk.errand.trouble) == ("done", "failed")


def test_an_order_is_made_once(desk: Desk) -> None:
    order = Order(key="k:ticket", kind="ticket", title="納品数の相違")
    assert desk.acts(CreateInCrm("x1", "ticket", order.title, msgspec.json.encode(order).decode())) == "ok"
    assert desk.works() == 0
    assert desk.crm.orders == {"k:ticket": order}


def test_what_is_old_is_read_again_beside_the_card(desk: Desk) -> None:
    view = desk.view
    assert view.customer
    Lookup(MemoryConnectors({"x1": desk.crm}), desk.store, desk.now)(
        desk.shop.workspace, CONNECTION, view.customer.id, view.message, view.conversation.id
    )
    desk.crm.records["1"] = record(plan="プレミアム")
    desk.shop.conversations.clock_offset = 6 * 60_000
    assert desk.sight.entries
    assert desk.works() == 0
    (entry,) = desk.sight.entries
    assert entry.record
    assert entry.record.plan == "プレミアム"
    assert desk.crm.calls == {"find": 1, "load": 2}, "a record that is known is not searched again"

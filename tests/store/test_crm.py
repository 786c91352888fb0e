"""What CRMs said of customers, kept in a real store: entries, links, errands, the stream for the worker, and the gate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import pytest

from server.domain.changes import (
    CreateInCrm,
    LinkRecord,
    LogMail,
    MergeCustomers,
    SplitAddress,
    UnlinkRecord,
    UnlogMail,
)
from server.domain.conversation import View
from server.domain.crm import Attachment, CrmRef, Entry, Errand, Letter, Made, Moved, Reason
from server.domain.ports import Acted, Looking, Target
from server.store.crm import CrmJob, RedisCrm
from server.store.vault import Vault
from tests.contract.office import mail
from tests.standins.crm.memory import CONNECTION, record
from tests.store.shop import Shop

MAIL: Final = mail(1)
HOUR: Final = 3_600_000


@pytest.fixture
def crm(shop: Shop) -> RedisCrm:
    """The shop's workspace has one CRM."""
    vault = Vault([b"k" * 32])
    shop.conversations._vault = vault
    shop.workspace = msgspec.structs.replace(shop.workspace, connections=(CONNECTION,))
    return RedisCrm(shop.store.library, vault)


def opens(shop: Shop, raw: bytes = MAIL, *, minutes: float = 0) -> View:
    shop.conversations.clock_offset = int(minutes * 60_000)
    return shop.opens(raw)


def looking(crm: RedisCrm, view: View) -> Looking:
    assert view.customer
    found = crm.looking("aoba", view.customer.id, CONNECTION.id)
    assert found
    return found


def kept(crm: RedisCrm, view: View, **fields: object) -> int | None:
    entry = Entry(
        **{
            "connection": CONNECTION.id,
            "at": view.now,
            "tried": view.now,
            "state": "found",
            "record": record(),
            "reason": Reason.EXACT,
            **fields,
        }  # type: ignore[arg-type]
    )
    return crm.keep("aoba", looking(crm, view), entry, view.conversation.id)


def jobs(crm: RedisCrm) -> tuple[CrmJob, ...]:
    found = crm.take("aoba", 50)
    crm.done("aoba", found)
    return found


def acts(shop: Shop, view: View, change: object, person: str = "sato") -> Acted:
    assert view.message
    shop.clicks += 1
    target = Target(view.conversation.id, view.conversation.state, view.message.key, view.message.circle)
    acted = shop.conversations.act(shop.viewer(person), target, change, once=f"click {shop.clicks}")  # type: ignore[arg-type]
    assert isinstance(acted, Acted)
    return acted


def test_without_a_crm_there_is_nothing_to_see(shop: Shop) -> None:
    assert shop.opens(MAIL).crm is None


def test_one_open_of_many_is_given_the_look_up(shop: Shop, crm: RedisCrm) -> None:
    opens(shop)
    shop.client.delete(*shop.client.scan_iter(match="*}:xq:*"))
    with ThreadPoolExecutor(8) as pool:
        views = list(pool.map(lambda _: shop.opens(MAIL), range(24)))
    sights = [view.crm for view in views]
    assert all(sight and sight.pending == ("x1",) for sight in sights)
    assert sorted(sight.fetch for sight in sights if sight) == [()] * 23 + [("x1",)]
    assert jobs(crm) == (), "who opens first asks at once"


def test_what_was_kept_is_shown_until_it_is_old_and_is_then_read_again_once(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    assert kept(crm, view)
    fresh = opens(shop, minutes=4).crm
    assert fresh
    assert (fresh.entries[0].record, fresh.pending, fresh.fetch) == (record(), (), ())
    assert jobs(crm) == ()
    stale = [opens(shop, minutes=6).crm for _ in range(3)]
    assert all(sight and sight.entries and not sight.pending for sight in stale), "nobody waits for it"
    (job,) = jobs(crm)
    assert (job.kind, job.about, job.connection, job.cid) == ("look", view.customer.id, "x1", view.conversation.id)  # type: ignore[union-attr]


def test_that_nobody_was_found_holds_briefly(shop: Shop, crm: RedisCrm) -> None:
    kept(crm, opens(shop), state="none", record=None, reason=None)
    opens(shop, minutes=0.5)
    assert jobs(crm) == ()
    opens(shop, minutes=1.5)
    assert len(jobs(crm)) == 1


def test_a_failure_of_long_ago_is_not_shown_while_the_crm_is_asked_again(shop: Shop, crm: RedisCrm) -> None:
    kept(crm, opens(shop), at=0, state="failed", record=None, reason=None, trouble="down")
    seen = opens(shop).crm
    assert seen
    assert [one.trouble for one in seen.entries] == ["down"]
    later = opens(shop, minutes=15).crm
    assert later
    assert (later.entries, later.pending, later.fetch) == ((), ("x1",), ())
    assert [job.kind for job in jobs(crm)] == ["look"]


def test_a_choice_holds_for_everybody_and_a_look_up_that_it_overtook_is_not_kept(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    before = looking(crm, view)
    acted = acts(shop, view, LinkRecord("x1", "contact", "2"))
    assert acted.code == "ok"
    assert acted.view.crm
    assert acted.view.crm.fetch == ("x1",), "who chose waits to see it"
    entry = Entry(connection="x1", at=view.now, tried=view.now, state="found", record=record("1"), reason=Reason.EXACT)
    assert crm.keep("aoba", before, entry, "") is None
    assert looking(crm, view).known.link == CrmRef("x1", "contact", "2")
    acts(shop, view, UnlinkRecord("x1", "contact", "2"), "suzuki")
    known = looking(crm, view).known
    assert (known.link, known.unlike) == (None, frozenset({CrmRef("x1", "contact", "2")}))
    acts(shop, view, LinkRecord("x1", "contact", "2"))
    known = looking(crm, view).known
    assert (known.link, known.unlike) == (CrmRef("x1", "contact", "2"), frozenset())


def test_a_webhook_has_what_was_looked_at_lately_read_again_at_once(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    kept(crm, view)
    other = CrmRef("x1", "contact", "9")
    assert crm.moved("aoba", "x1", Moved(refs=(other,))) == 0
    assert crm.moved("aoba", "x1", Moved(refs=(record().ref,))) == 1
    assert crm.moved("aoba", "x1", Moved(refs=(record().ref,))) == 1
    assert [job.kind for job in jobs(crm)] == ["look"], "a second delivery asks for nothing more"
    sight = opens(shop).crm
    assert sight
    assert sight.entries[0].record == record(), "what was known is shown meanwhile"
    kept(crm, view)
    assert crm.moved("aoba", "x1", Moved(addresses=("tanaka@midori.example",))) == 1


def test_a_webhook_about_what_nobody_looks_at_waits_until_somebody_does(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    kept(crm, view, at=view.now - 2 * HOUR, tried=view.now - 2 * HOUR)
    assert crm.moved("aoba", "x1", Moved(refs=(record().ref,))) == 1
    assert jobs(crm) == ()
    opens(shop)
    assert len(jobs(crm)) == 1


def test_everything_read_through_a_connection_goes_with_it(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    kept(crm, view)
    assert crm.moved("aoba", "x1", Moved(everything=True)) == 1
    again = opens(shop).crm
    assert again
    assert (again.entries, again.fetch) == ((), ("x1",))


LETTER: Final = Letter(
    key="k1", direction="in", subject="納期", text="まだ届きません。", sender="tanaka@midori.example"
)


def log(letter: Letter = LETTER) -> LogMail:
    return LogMail("x1", "contact", "1", msgspec.msgpack.encode(letter))


def test_a_mail_is_logged_once_for_the_whole_team(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    first, second = acts(shop, view, log()), acts(shop, view, log(), "suzuki")
    assert (first.code, second.code) == ("ok", "logged")
    assert second.view.crm
    (errand,) = second.view.crm.errands
    assert (errand.by, errand.state, errand.kind) == ("sato", "waiting", "log")
    (job,) = crm.take("aoba", 10)
    assert crm.letter("aoba", job) == LETTER
    assert "まだ届きません".encode() not in b"".join(shop.everything().values()), "it lies sealed"
    crm.went("aoba", job, msgspec.structs.replace(errand, state="done", made=Made("m1")))
    crm.done("aoba", [job])
    shown = opens(shop).crm
    assert shown
    assert (shown.errands[0].state, shown.errands[0].made) == ("done", Made("m1"))


def test_attachments_wait_sealed_and_only_as_long_as_they_must(shop: Shop, crm: RedisCrm) -> None:
    content = b"%PDF" + bytes(range(256)) * 2000
    letter = msgspec.structs.replace(LETTER, files=(Attachment("a.pdf", "application/pdf", content),))
    acts(shop, opens(shop), log(letter))
    (job,) = crm.take("aoba", 10)
    assert crm.letter("aoba", job) == letter
    held = b"".join(shop.everything().values())
    assert content[:64] not in held
    crm.done("aoba", [job])
    assert len(held) - len(b"".join(shop.everything().values())) > len(content)


def test_what_was_logged_can_be_taken_back_and_logged_again(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    acts(shop, view, log())
    (job,) = jobs(crm)
    assert acts(shop, view, UnlogMail("x1")).code == "busy", "it is on its way"
    errand = crm.errand("aoba", job)
    assert errand
    crm.went("aoba", job, msgspec.structs.replace(errand, state="done", made=Made("m1")))
    assert acts(shop, view, UnlogMail("x1"), "suzuki").code == "ok"
    (back,) = jobs(crm)
    assert back.kind == "unlog"
    taken = crm.errand("aoba", back)
    assert taken
    assert (taken.state, taken.made) == ("undoing", Made("m1"))
    crm.went("aoba", back, None)
    assert crm.errand("aoba", back) is None
    assert acts(shop, view, log()).code == "ok"


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_what_went_wrong_may_be_tried_again_by_anybody(shop: Shop, crm: RedisCrm, state: str) -> None:
    view = opens(shop)
    acts(shop, view, CreateInCrm("x1", "ticket", "納品数", "{}"))
    (job,) = jobs(crm)
    errand = crm.errand("aoba", job)
    assert isinstance(errand, Errand)
    crm.went("aoba", job, msgspec.structs.replace(errand, state=state, trouble="down"))
    assert acts(shop, view, CreateInCrm("x1", "ticket", "納品数", "{}"), "suzuki").code == "ok"
    assert len(jobs(crm)) == 1


def test_merged_customers_share_a_link_and_are_read_again(shop: Shop, crm: RedisCrm) -> None:
    other = opens(shop, mail(2, sender="田中 <tanaka@example.com>"))
    acts(shop, other, LinkRecord("x1", "contact", "7"))
    view = opens(shop)
    kept(crm, view)
    acts(shop, view, MergeCustomers("tanaka@example.com"))
    assert looking(crm, view).known == msgspec.structs.replace(
        looking(crm, view).known, link=CrmRef("x1", "contact", "7"), entry=None
    )
    acts(shop, opens(shop), SplitAddress("tanaka@example.com"))
    assert looking(crm, opens(shop)).known.link == CrmRef("x1", "contact", "7")


def test_nothing_of_a_forgotten_customer_stays(shop: Shop, crm: RedisCrm) -> None:
    view = opens(shop)
    kept(crm, view)
    acts(shop, view, LinkRecord("x1", "contact", "1"))
    acts(shop, view, log())
    before = looking(crm, view)
    shop.conversations.forget(shop.workspace, "tanaka@midori.example")
    entry = Entry(connection="x1", at=view.now, tried=view.now, state="found", record=record(), reason=Reason.EXACT)
    assert crm.keep("aoba", before, entry, "") is None, "a look-up that was under way brings nothing back"
    left = [key for key in shop.everything() if b"}:x" in key and b":xr:" not in key and b":xq:" not in key]
    assert left == []
    assert jobs(crm) == ()


class TestGate:
    """The gate before one CRM, shared by all copies of the service."""

    QUOTAS = ((3, 10.0),)

    def at(self, crm: RedisCrm, seconds: float) -> RedisCrm:
        return RedisCrm(crm._library, None, clock_offset=int(seconds * 1000))

    def test_no_more_calls_pass_than_the_quota_has(self, crm: RedisCrm) -> None:
        assert [crm.enter("aoba", "x1", self.QUOTAS, 1).go for _ in range(4)] == [True, True, True, False]
        assert 0 < crm.enter("aoba", "x1", self.QUOTAS, 1).wait <= 11
        assert crm.enter("aoba", "x2", self.QUOTAS, 1).go, "another connection has its own"
        assert self.at(crm, 12).enter("aoba", "x1", self.QUOTAS, 1).go

    def test_a_crm_that_fails_again_and_again_is_left_alone_and_then_asked_once(self, crm: RedisCrm) -> None:
        shut = [crm.left("aoba", "x1", ok=False) for _ in range(5)]
        assert shut[:4] == [0] * 4
        assert crm.enter("aoba", "x1", (), 1).broken == shut[4]
        later = self.at(crm, 31)
        assert later.enter("aoba", "x1", (), 1).go
        assert later.enter("aoba", "x1", (), 1).broken, "one probe at a time"
        assert later.left("aoba", "x1", ok=False) - shut[4] > 50_000, "it is left alone for longer"
        last = self.at(crm, 100)
        assert last.enter("aoba", "x1", (), 1).go
        last.left("aoba", "x1", ok=True)
        assert all(last.enter("aoba", "x1", (), 1).go for _ in range(3))

    def test_a_single_good_answer_forgives_failures(self, crm: RedisCrm) -> None:
        for _ in range(4):
            crm.left("aoba", "x1", ok=False)
        crm.left("aoba", "x1", ok=True)
        assert crm.left("aoba", "x1", ok=False) == 0

    def test_a_crm_that_asks_for_a_pause_gets_it_from_all(self, crm: RedisCrm) -> None:
        assert crm.left("aoba", "x1", ok=False, pause=20.0)
        assert crm.enter("aoba", "x1", (), 1).broken
        assert self.at(crm, 21).enter("aoba", "x1", (), 1).go

    def test_a_card_is_told_that_it_is_shut(self, shop: Shop, crm: RedisCrm) -> None:
        view = opens(shop)
        for _ in range(5):
            crm.left("aoba", "x1", ok=False)
        shop.client.delete(*shop.client.scan_iter(match="*}:xq:*"))
        sight = opens(shop).crm
        assert sight
        assert sight.broken["x1"] > view.now
        assert (sight.pending, sight.fetch) == ((), ())

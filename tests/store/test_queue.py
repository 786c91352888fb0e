"""The counts of the home card are those of its lists, whatever has happened."""

from __future__ import annotations

from server.domain.changes import AddNote, Assign, Move, SetDue, SetHold, SetStatus, Take
from server.domain.conversation import Queue
from tests.contract.office import mail
from tests.store.shop import Shop


def agree(queue: Queue) -> None:
    for name, count in queue.counts.items():
        assert count == len(getattr(queue, name)), name


def test_counts_agree_with_lists_after_everything_that_moves_a_conversation(shop: Shop) -> None:
    views = [shop.opens(mail(n, sender=f"客{n} <c{n}@shop{n}.example>")) for n in range(7)]
    shop.acts(views[0], Take())
    shop.acts(views[1], Assign("suzuki"))
    shop.acts(views[2], SetHold("customer"))
    shop.acts(views[3], SetDue(1_000))
    shop.acts(views[4], AddNote("@鈴木 お願いします", ("suzuki",)))
    shop.acts(views[5], SetStatus("done", "done"))
    for person in ("sato", "suzuki", "yamamoto"):
        agree(shop.conversations.queue(shop.viewer(person)))
    queue = shop.conversations.queue(shop.viewer("suzuki"))
    assert queue.counts == {"mentions": 2, "overdue": 1, "unclaimed": 3, "mine": 1, "held": 1}


def test_what_moves_out_of_sight_is_not_counted(shop: Shop) -> None:
    view = shop.opens(mail(1))
    acted = shop.acts(view, AddNote("@鈴木", ("suzuki",)), "yamamoto")
    shop.acts(acted.view, Assign("suzuki"), "yamamoto")
    shop.acts(shop.opens(mail(1), "yamamoto"), Move("hr"), "yamamoto")
    queue = shop.conversations.queue(shop.viewer("suzuki"))
    agree(queue)
    assert set(queue.counts.values()) == {0}


def test_a_mention_in_a_part_is_seen_when_the_whole_is_opened(shop: Shop) -> None:
    shop.opens(mail(1))
    newer = shop.opens(mail(2))
    shop.acts(newer, AddNote("@鈴木", ("suzuki",)))
    shop.opens(mail(3, references=[1, 2]))
    assert shop.conversations.queue(shop.viewer("suzuki")).counts["mentions"] == 1
    shop.opens(mail(1), "suzuki")
    queue = shop.conversations.queue(shop.viewer("suzuki"))
    agree(queue)
    assert queue.counts["mentions"] == 0

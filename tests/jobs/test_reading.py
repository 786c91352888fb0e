"""The worker's reading: every entry of the outbox is done once, and none stops those behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from server.domain.changes import Correct, Picked, Taken
from server.domain.conversation import View
from server.domain.ports import Acted, Target
from server.domain.template import Template
from server.jobs.reading import Reader, read_all
from server.replies.embedding import CharEmbedder, Vectors
from server.wiring import open_store
from tests.contract.office import mail
from tests.store.shop import Shop, shop_at

KEY = b"a key of a test, long enough to be one"


@pytest.fixture
def shop(redis_url: str) -> Shop:
    """Return a shop whose mails wait to be read."""
    return Shop(open_store(redis_url, [KEY]), shop_at(redis_url).workspace)


def reader(shop: Shop, embedder: CharEmbedder | None = None) -> Reader:
    return Reader(shop.store.outbox, embedder or CharEmbedder(), b"sentences")


def drains(shop: Shop, by: Reader) -> int:
    done = 0
    while got := by.read(shop.workspace):
        done += got
    return done


def again(shop: Shop, view: View) -> View:
    assert view.message
    target = Target(view.conversation.id, view.conversation.state, view.message.key, view.message.circle)
    found = shop.conversations.open_conversation(shop.viewer(), target)
    assert isinstance(found, View)
    return found


class Broken(CharEmbedder):
    """Fails at one mail."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if any("壊れる" in text for text in texts):
            raise ValueError("no")
        return super().embed(texts)


def test_mails_are_read_and_nothing_is_left(shop: Shop) -> None:
    views = [shop.opens(mail(n, text=f"注文{n}が届きません。本日17時までにご返事をください。")) for n in range(3)]
    assert drains(shop, reader(shop)) >= 3
    assert shop.store.outbox.waiting("aoba") == 0
    for view in views:
        understood = again(shop, view).reading.understood
        assert understood
        assert understood.model == "char-1"
        assert [one.text for one in understood.deadlines]


def test_a_mail_that_breaks_the_reader_stops_nobody_and_is_not_tried_for_ever(shop: Shop) -> None:
    broken, whole = shop.opens(mail(1, text="壊れる品です。")), shop.opens(mail(2, text="領収書をください。"))
    drains(shop, reader(shop, Broken()))
    understood = again(shop, broken).reading.understood
    assert understood
    assert not np.frombuffer(understood.vector, "<i2").any()
    assert not again(shop, broken).reading.stale
    other = again(shop, whole).reading.understood
    assert other
    assert np.frombuffer(other.vector, "<i2").any()


def test_what_was_sealed_with_a_lost_key_is_passed_over(shop: Shop, redis_url: str) -> None:
    shop.opens(mail(1))
    other = Shop(open_store(redis_url, [b"another key of a test, as long as that"]), shop.workspace)
    drains(other, reader(other))
    assert other.store.outbox.waiting("aoba") == 0


def test_templates_are_embedded_when_they_change_and_again_by_another_model(shop: Shop) -> None:
    answers, outbox = shop.store.answers, shop.store.outbox
    _, one = answers.save(shop.viewer(), Template(id="", title="配送", body="荷物の配送状況をご案内します。"), 0, "")
    drains(shop, reader(shop))
    _, vectors = outbox.templates("aoba", "char-1")
    assert set(vectors) == {one.id}
    assert vectors[one.id][0] == 1


def test_picks_enough_are_refitted(shop: Shop) -> None:
    answers = shop.store.answers
    texts = {"a": "荷物の配送状況を教えてください", "b": "領収書を発行してください"}
    for id_, text in texts.items():
        answers.save(shop.viewer(), Template(id=id_, title=text, body=f"{text}へのご案内です。"), 0, "")
    by = reader(shop)
    for n in range(12):
        id_ = "a" if n % 2 else "b"
        view = shop.opens(mail(n, text=f"{texts[id_]}。{n}番目です。", sender=f"客 <c{n}@shop{n}.example>"))
        drains(shop, by)
        view = again(shop, view)
        assert view.message
        target = Target(view.conversation.id, 0, view.message.key, view.message.circle)
        acted = shop.conversations.act(shop.viewer(), target, Picked(Taken(id_, "題")), once=f"pick {n}")
        assert isinstance(acted, Acted)
    drains(shop, by)
    assert shop.store.outbox.stock("aoba", "support", "char-1").fit


def test_what_an_agent_corrects_is_remembered_by_its_mail_and_goes_with_it(shop: Shop) -> None:
    view = shop.opens(mail(1, text="対応がひどすぎます。もう二度と利用しません。", sender="客 <c@shop.example>"))
    by = reader(shop)
    drains(shop, by)
    view = again(shop, view)
    assert view.message
    target = Target(view.conversation.id, 0, view.message.key, view.message.circle)
    shop.conversations.act(shop.viewer(), target, Correct("dissatisfied"), once="no")
    drains(shop, by)
    kept = shop.store.outbox.corrections("aoba", "support", "char-1", "dissatisfied")
    assert len(kept) == 1
    shop.conversations.forget(shop.workspace, "c@shop.example")
    assert shop.store.outbox.corrections("aoba", "support", "char-1", "dissatisfied") == []


def test_every_workspace_gets_its_turn(shop: Shop) -> None:
    shop.opens(mail(1))
    assert read_all(shop.store.directory, reader(shop)) >= 1

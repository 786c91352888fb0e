"""What the store keeps of answers: templates and their versions, mails as they were understood, picks and the sums they make."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.changes import Change, Correct, Picked, StartReply, Taken, Unpick
from server.domain.conversation import View
from server.domain.ports import Acted, Target
from server.domain.template import Template
from server.domain.understanding import Deadline, Mood, Sign, Understood
from server.replies.vectors import pack, unit
from server.store.vault import Unreadable, Vault
from server.wiring import open_store
from tests.contract.office import mail
from tests.store.shop import Shop

MODEL = "use-m3-1"
KEY = b"a key of a test, long enough to be one"


@pytest.fixture
def reading(shop: Shop, redis_url: str) -> Shop:
    """Return the shop with a worker that reads."""
    store = open_store(redis_url, [KEY])
    found = Shop(store, shop.workspace)
    found.store.outbox.begin("aoba", MODEL)
    return found


def vector(seed: int) -> bytes:
    return pack(unit(np.random.default_rng(seed).normal(size=512).astype(np.float32)))


UPSET = Understood(model=MODEL, vector=b"", mood=Mood(dissatisfied=Sign(0.9, "届きません。")))
NOTHING = Understood(model=MODEL, vector=b"", language="ja")


def read_as(shop: Shop, view: View, seed: int = 1, read: Understood = NOTHING) -> View:
    """Let the worker understand the open mail."""
    assert view.message
    found = msgspec.structs.replace(read, vector=vector(seed))
    assert shop.store.outbox.understood("aoba", view.message.key, found, ("dissatisfied",), told=True)
    return again(shop, view)


def again(shop: Shop, view: View) -> View:
    assert view.message
    target = Target(view.conversation.id, view.conversation.state, view.message.key, view.message.circle)
    found = shop.conversations.open_conversation(shop.viewer(), target)
    assert isinstance(found, View)
    return found


def acts(shop: Shop, view: View, change: Change) -> View:
    assert view.message
    shop.clicks += 1
    target = Target(view.conversation.id, view.conversation.state, view.message.key, view.message.circle)
    done = shop.conversations.act(shop.viewer(), target, change, once=f"click {shop.clicks}")
    assert isinstance(done, Acted)
    assert done.code == "ok"
    return done.view


def summed(shop: Shop, template: str, model: str = MODEL) -> bytes:
    found: Any = shop.client.hget(f"{{w:aoba}}:ps:{model}:support", template)
    return found or b""


def sums(shop: Shop) -> dict[str, dict[bytes, bytes]]:
    client: Any = shop.client
    return {name: client.hgetall(f"{{w:aoba}}:{name}:{MODEL}:support") for name in ("ps", "pc")}


def test_a_customers_mail_waits_sealed_until_it_was_read(reading: Shop) -> None:
    raw = mail(1, text="注文した品が届きません。")
    view = reading.opens(raw)
    assert view.reading.waiting
    assert view.reading.understood is None
    assert (
        "届きません".encode() not in b"".join(reading.everything().values()).replace("注文した品".encode(), b"")
        or view.message
    )
    outbox = reading.store.outbox
    (job,) = [one for one in outbox.take("aoba", 10) if one.kind == "read"]
    text = outbox.to_read("aoba", job)
    assert text
    assert text.text == "注文した品が届きません。"
    assert text.teams == ("support",)
    assert "届きません".encode() not in job.data
    view = read_as(
        reading,
        view,
        read=Understood(
            model=MODEL,
            vector=b"",
            language="ja",
            mood=Mood(dissatisfied=Sign(0.9, "届きません。")),
            deadlines=(Deadline("今日中", 1_800_000_000),),
            present={"order_number": "A-1"},
            missing=("product",),
            category="not_arrived",
        ),
    )
    outbox.done("aoba", [job])
    assert not view.reading.waiting
    understood = view.reading.understood
    assert understood
    assert (understood.model, understood.category, understood.missing) == (MODEL, "not_arrived", ("product",))
    assert understood.vector == vector(1)
    assert understood.mood.dissatisfied == Sign(0.9, "届きません。")
    assert view.conversation.moods == ("dissatisfied",)
    # Opened again, from another mailbox too, it is not read twice.
    reading.opens(raw)
    assert not [one for one in outbox.take("aoba", 10) if one.kind == "read"]


def test_a_mail_of_ours_and_a_robots_are_not_read(reading: Shop) -> None:
    reading.opens(mail(1, sender="佐藤 <sato@aoba.example>", to="support@aoba.example, 客 <c@shop.example>"))
    reading.opens(mail(2, Auto_Submitted="auto-replied"))
    assert not [one for one in reading.store.outbox.take("aoba", 10) if one.kind == "read"]


def test_without_keys_nothing_waits(shop: Shop) -> None:
    shop.opens(mail(1))
    assert shop.store.outbox.waiting("aoba") == 0


def test_what_a_dead_worker_left_is_taken_again(reading: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    reading.opens(mail(1))
    first = reading.store.outbox.take("aoba", 10)
    assert [one.kind for one in first].count("read") == 1
    monkeypatch.setattr("server.store.stream.AGAIN", 0)
    assert reading.store.outbox.take("aoba", 10) == first
    reading.store.outbox.done("aoba", first)
    assert reading.store.outbox.take("aoba", 10) == ()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["t1", "t2"])), min_size=1, max_size=6), st.randoms())
def test_picks_that_are_taken_back_leave_the_very_sums_there_were(
    reading: Shop, picks: list[tuple[int, str]], order: random.Random
) -> None:
    """In whatever order they go: integers forget nothing and add nothing."""
    views = {n: read_as(reading, reading.opens(mail(n)), n) for n in {number for number, _ in picks}}
    for view in (again(reading, reading.opens(mail(n))) for n in range(4)):
        for pick in view.reading.picks:  # of an example that was broken off
            acts(reading, view, Unpick(pick.id))
    states = [sums(reading)]
    for number, template in picks:
        acts(reading, views[number], Picked(Taken(template, "題")))
        states.append(sums(reading))
    acts(reading, views[picks[-1][0]], Unpick(again(reading, views[picks[-1][0]]).reading.picks[0].id))
    assert sums(reading) == states[-2]
    left = [(view, pick.id) for view in views.values() for pick in again(reading, view).reading.picks]
    order.shuffle(left)
    for view, id_ in left:
        acts(reading, view, Unpick(id_))
    assert sums(reading) == states[0] == {"ps": {}, "pc": {}}


def test_a_pick_is_the_sum_of_its_mails(reading: Shop) -> None:
    for n in (1, 2):
        acts(reading, read_as(reading, reading.opens(mail(n)), n), Picked(Taken("t1", "題")))
    held = np.frombuffer(summed(reading, "t1"), "<i4")
    wanted = sum(np.frombuffer(vector(n), "<i2").astype(np.int64) for n in (1, 2))
    assert (held == wanted).all()


def test_a_reply_made_of_a_template_teaches_in_the_same_step(reading: Shop) -> None:
    view = read_as(reading, reading.opens(mail(1)))
    answers = reading.store.answers
    saved = [answers.save(reading.viewer(), Template(id=id_, title=id_, body="本文"), 0, "")[1] for id_ in ("t1", "t2")]
    assert [one.version for one in saved] == [1, 1]
    before = view.reading.learned
    view = acts(
        reading, view, StartReply("outlook", pick=Taken("t2", "題", "edited", 120, ("t1", "t2")), due=4_000_000_000_000)
    )
    assert view.reading.learned > before
    assert [(p.template, p.how, p.changed, p.by) for p in view.reading.picks] == [("t2", "edited", 120, "sato")]
    assert view.conversation.due == 4_000_000_000_000
    figures = answers.statistics(reading.workspace)
    assert (figures["t2"].edited, figures["t2"].change, figures["t1"].passed_over) == (1, 0.12, 1)
    acts(reading, view, Unpick(view.reading.picks[0].id))
    figures = answers.statistics(reading.workspace)
    assert (figures["t2"].edited, figures["t2"].changed) == (0, 0)


def test_words_of_ones_own_reject_what_was_proposed(reading: Shop) -> None:
    view = read_as(reading, reading.opens(mail(1)))
    answers = reading.store.answers
    answers.save(reading.viewer(), Template(id="t1", title="題", body="本文"), 0, "")
    acts(reading, view, StartReply("outlook", shown=("t1",)))
    assert answers.statistics(reading.workspace)["t1"].rejected == 1


def test_forgetting_a_customer_takes_back_what_was_learned_from_them(reading: Shop) -> None:
    theirs, another = mail(1, sender="客 <c@shop.example>"), mail(2, sender="他 <d@other.example>")
    for n, raw in ((1, theirs), (2, another)):
        acts(reading, read_as(reading, reading.opens(raw), n), Picked(Taken("t1", "題")))
    reading.opens(mail(3, sender="客 <c@shop.example>"))  # still waits to be read
    reading.store.conversations.forget(reading.workspace, "c@shop.example")
    held = np.frombuffer(summed(reading, "t1"), "<i4")
    assert (held == np.frombuffer(vector(2), "<i2")).all()
    left = [key for key in reading.client.scan_iter() if b":u:" in key or b":pm:" in key]
    assert len(left) == 2
    about = {one.about for one in reading.store.outbox.take("aoba", 50) if one.kind == "read"}
    assert not any(
        key.decode().endswith(one) for one in about for key in reading.client.scan_iter(match="*:m:*") if one == "c"
    )


def test_another_model_begins_anew_and_never_mixes(reading: Shop) -> None:
    view = acts(reading, read_as(reading, reading.opens(mail(1))), Picked(Taken("t1", "題")))
    reading.store.outbox.begin("aoba", "char-1")
    view = again(reading, view)
    assert view.reading.stale
    assert view.message
    # The mail is read again, and its pick is learned again, by the new vector alone.
    reading.opens(mail(1))
    assert again(reading, view).reading.understood
    read = Understood(model="char-1", vector=pack(unit(np.ones(64, dtype=np.float32))), language="ja")
    assert reading.store.outbox.understood("aoba", view.message.key, read, (), told=True)
    assert len(summed(reading, "t1", "char-1")) == 64 * 4
    shelf_before = sums(reading)
    acts(reading, view, Unpick(view.reading.picks[0].id))
    assert summed(reading, "t1", "char-1") == b""
    assert sums(reading) == shelf_before


def test_what_an_agent_corrects_stays_corrected(reading: Shop) -> None:
    view = read_as(reading, reading.opens(mail(1)), read=UPSET)
    view = acts(reading, view, Correct("dissatisfied"))
    assert view.conversation.moods == ()
    assert view.reading.understood
    assert view.reading.understood.corrected == ("dissatisfied",)
    view = read_as(reading, view, read=UPSET)
    assert view.conversation.moods == ()
    assert [one.kind for one in reading.store.outbox.take("aoba", 10)].count("correct") == 1
    assert view.message
    mood = reading.store.outbox.mood_of("aoba", view.message.key)
    assert mood
    assert mood.dissatisfied.sentence == "届きません。"


def test_two_who_edit_one_template_lose_nothing(reading: Shop) -> None:
    answers = reading.store.answers
    code, first = answers.save(reading.viewer(), Template(id="", title="配送", body="一"), 0, "新規")
    assert (code, first.version) == ("ok", 1)
    assert first.id
    mine = msgspec.structs.replace(first, body="二")
    theirs = msgspec.structs.replace(first, body="三")
    assert answers.save(reading.viewer(), mine, 1, "直した")[0] == "ok"
    code, now = answers.save(reading.viewer("suzuki"), theirs, 1, "私も")
    assert (code, now.body, now.version) == ("stale", "二", 2)
    assert answers.save(reading.viewer("suzuki"), theirs, 2, "改めて")[0] == "ok"
    assert [(one.template.body, one.by, one.why) for one in answers.revisions(reading.workspace, first.id)] == [
        ("三", "suzuki", "改めて"),
        ("二", "sato", "直した"),
        ("一", "sato", "新規"),
    ]
    assert answers.save(reading.viewer(), Template(id="none", title="", body=""), 3, "")[0] == "unknown_value"


def test_a_starter_set_is_written_once(reading: Shop) -> None:
    some = [Template(id=f"s{n}", title=f"題{n}", body="本文") for n in range(3)]
    assert reading.store.answers.seed(reading.workspace, some) == 3
    assert reading.store.answers.seed(reading.workspace, some) == 0
    assert set(reading.store.answers.all(reading.workspace)) == {"s0", "s1", "s2"}


def test_what_is_sealed_opens_with_an_older_key_and_in_no_other_workspace() -> None:
    sealed = Vault([KEY]).seal(b"text", "aoba")
    assert Vault([b"a newer key of a test, as long as that", KEY]).open(sealed, "aoba") == b"text"
    with pytest.raises(Unreadable):
        Vault([KEY]).open(sealed, "other")
    with pytest.raises(Unreadable):
        Vault([b"a newer key of a test, as long as that"]).open(sealed, "aoba")
    with pytest.raises(Unreadable):
        Vault([KEY]).open(b"", "aoba")

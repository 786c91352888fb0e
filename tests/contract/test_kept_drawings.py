"""The lasting part of a card comes from a kept drawing at the second look: nobody may see the difference."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from typing import Any

import redis

from cards.model import Action
from server.domain.ports import Target
from server.web.sealing import Sealer
from tests.contract.office import Agent, Office, Screen, dumps, mail


def without_tokens(screen: Screen) -> Any:
    """Return the answer without what is new in each: tokens, and the time it was drawn at."""
    body = copy.deepcopy(screen.body)
    body.pop("live", None)  # sealed with the second it was drawn in

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: strip(one) for key, one in value.items() if key != "a" and not (key == "value" and "key" in value)
            }
        return [strip(one) for one in value] if isinstance(value, list) else value

    return strip(body)


def kept_of(office: Office) -> list[bytes]:
    """Return the keys of kept drawings."""
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    return sorted(client.scan_iter(match="{w:aoba}:b:*"))


def busy(office: Office, agent: Agent, raw: bytes) -> None:
    """Give the customer a history, and the conversation notes."""
    for n in range(14):
        agent.opens(mail(f"past-{n}", subject=f"過去の件 {n} <b>&", date=f"Mon, {n + 1:02d} Jun 2026 10:00:00 +0900"))
    card = agent.opens(raw)
    for text in ("一つ目", "二つ目 @鈴木", "三つ目"):
        card = agent.clicks(card.button("note"), {"note": text})


def test_the_second_look_is_the_first_with_fresh_tokens(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    first = sato.opens(raw)
    assert kept_of(office)
    second = sato.opens(raw)
    assert without_tokens(first) == without_tokens(second)
    assert [(one.name, one.args) for one in first.buttons] == [(one.name, one.args) for one in second.buttons]
    assert not {one.token for one in first.buttons} & {one.token for one in second.buttons}
    assert second.has("peek")


def test_buttons_out_of_a_kept_drawing_work(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    sato.opens(raw)
    card = sato.opens(raw)
    assert "過去の件 13" in sato.clicks(card.button("peek")).text
    assert "四つ目" in sato.clicks(card.button("note"), {"note": "四つ目"}).text


def test_whatever_changes_is_seen_at_once(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    busy(office, sato, raw)
    for agent in (sato, suzuki):
        agent.opens(raw)
    suzuki.clicks(suzuki.opens(raw).button("note"), {"note": "鈴木のメモ"})
    assert "鈴木のメモ" in sato.opens(raw).text
    past = suzuki.opens(mail("past-13", subject="過去の件 13 <b>&", date="Mon, 14 Jun 2026 10:00:00 +0900"))
    mine = suzuki.clicks(past.button("take"))
    suzuki.clicks(mine.button("status", status="done"))
    assert sato.opens(raw).text.count("対応済") == 1
    question = suzuki.clicks(suzuki.opens(raw).button("ask", what="customer"))
    suzuki.clicks(question.button("customer"), {"name": "田中 次郎", "company": "緑商事"})
    assert "緑商事" in sato.opens(raw).text


def test_each_sees_it_with_their_own_eyes_and_in_their_own_language(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    english = office.at(client, "sato@aoba.example", language="en-US")
    busy(office, sato, raw)
    for agent in (sato, suzuki, english):
        agent.opens(raw)
    assert without_tokens(sato.opens(raw)) != without_tokens(suzuki.opens(raw))
    assert "History" in english.opens(raw).text
    assert "これまでのやり取り" in sato.opens(raw).text


def test_a_drawing_ends_with_the_day_and_goes_when_somebody_is_forgotten(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    sato.opens(raw)
    client_ = office.store.library.client
    assert isinstance(client_, redis.Redis)
    (key,) = [one for one in kept_of(office) if client_.hlen(one)][:1]
    assert 0 < client_.pttl(key) <= 86_400_000
    workspace = office.store.directory.workspace("aoba")
    assert workspace
    office.store.conversations.forget(workspace, "tanaka@midori.example")
    assert not kept_of(office)
    assert "過去の件" not in dumps(sato.goes_home().body)


def test_a_broken_drawing_would_be_drawn_anew_after_a_flush(office: Office, client: str) -> None:
    """It is a cache: without it everything is still there."""
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    first = sato.opens(raw)
    for key in kept_of(office):
        office.store.library.client.delete(key)
    assert without_tokens(sato.opens(raw)) == without_tokens(first)


def test_what_was_typed_on_yesterdays_card_is_not_lost_to_a_kept_drawing(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    sato.opens(raw)
    drawn = sato.opens(raw).button("note")
    yesterday = Sealer(["k" * 40], lambda: time.time() - 11 * 3600)
    token = yesterday.for_card("aoba", "sato", Target(drawn.conversation, 1), "n")(Action("note"))
    answer = sato.clicks(replace(drawn, token=token), {"note.n3": "昨日のうちに書いた言葉"}, mail=raw)
    assert "昨日のうちに書いた言葉" in answer.fields.values()
    assert "過去の件 13" in answer.text


def test_another_version_of_the_drawing_code_draws_anew(office: Office, client: str) -> None:
    """Two copies of two versions, or a developer between two starts: neither sees the other's drawings."""
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    sato.opens(raw)
    first = sato.opens(raw)
    before = len(drawings_of(office))
    office.store.conversations.drawn_by = "another version"
    assert without_tokens(sato.opens(raw)) == without_tokens(first)
    sato.opens(raw)
    assert len(drawings_of(office)) == before + 1


def test_a_drawing_that_cannot_be_read_is_a_card_and_no_bare_error(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    busy(office, sato, raw)
    sato.opens(raw)
    sato.opens(raw)
    store: Any = office.store.library.client
    for key in kept_of(office):
        store.hset(key, mapping=dict.fromkeys(store.hkeys(key), b"\xc1 not ours"))
    broken = sato.opens(raw)
    assert broken.status in {200, 500}
    assert broken.has("show")


def drawings_of(office: Office) -> list[bytes]:
    """Return the names of all kept drawings."""
    store: Any = office.store.library.client
    return [name for key in kept_of(office) for name in store.hkeys(key)]

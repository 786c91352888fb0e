"""GET /outlook/changes, where the server lets nobody wait: who may ask, what is told, and when to ask again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
import redis

from server.store.keys import sequence
from server.usecases.apply import apply
from server.web.live import LIFETIME, Lives
from tests.contract.conftest import WORKSPACE
from tests.contract.office import Office, OutlookAgent, Screen, mail
from tests.standins import entra

KEY = "k" * 40


def token(office: Office, viewer: str = "sato", conversation: str = "", *, age: float = 0, number: int = -1) -> str:
    """Return what an answer would have brought: by default all that has happened is seen."""
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    newest = int(client.hget(sequence("aoba"), "feed") or 0)
    return Lives([KEY], lambda: time.time() - age).token("aoba", viewer, conversation, newest if number < 0 else number)


def asks(
    office: Office, agent: OutlookAgent, live: str, *, bearer: str | None = None
) -> tuple[int, Any, Mapping[str, str]]:
    headers = {"Authorization": f"Bearer {agent.token() if bearer is None else bearer}"}
    answer = office.app.get("/outlook/changes", query_string={"live": live, "pane": "p1"}, headers=headers)
    return answer.status_code, answer.get_json(), dict(answer.headers)


def test_a_colleagues_change_is_told_and_nothing_else_is(office: Office) -> None:
    sato, suzuki = office.at_outlook("sato@aoba.example"), office.at_gmail("suzuki@aoba.example")
    first, other = suzuki.opens(mail(1)), suzuki.opens(mail(2, sender="木村 <kimura@hoshi.example>"))
    sato.opens(mail(1))
    here, there = token(office, "sato", first.conversation), token(office, "sato", other.conversation)
    queue = token(office)
    status, said, headers = asks(office, sato, here)
    assert (status, said["changed"], headers["Cache-Control"]) == (200, False, "no-store")
    assert 1.5 < said["wait"] < 2.5
    suzuki.clicks(first.button("take"))
    time.sleep(1.1)  # a copy that lets nobody wait reads at most once a second
    assert asks(office, sato, here)[:2] == (200, {"changed": True})
    assert asks(office, sato, queue)[:2] == (200, {"changed": True})
    assert asks(office, sato, there)[1]["changed"] is False


def test_the_longer_nothing_happens_the_later_a_pane_asks_again(office: Office) -> None:
    sato = office.at_outlook("sato@aoba.example")
    sato.goes_home()
    waits = [asks(office, sato, token(office, age=age))[1]["wait"] for age in (0, 100, 10_000)]
    assert waits[0] < 2.5
    assert 8 < waits[1] < 12
    assert 25 < waits[2] < 34


def test_without_a_good_bearer_token_a_new_one_is_asked_for(office: Office) -> None:
    sato = office.at_outlook("sato@aoba.example")
    live = token(office)
    status, _, headers = asks(office, sato, live, bearer="rubbish")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "live",
    ["", "rubbish", "too old", "another agent's", "another workspace's", "another key's"],
)
def test_what_is_no_token_of_this_agent_sends_the_pane_back_to_open(office: Office, live: str) -> None:
    sato = office.at_outlook("sato@aoba.example")
    sato.goes_home()
    tokens = {
        "too old": token(office, age=LIFETIME + 1),
        "another agent's": token(office, "suzuki"),
        "another workspace's": Lives([KEY], time.time).token("midori", "sato", "", 0),
        "another key's": Lives(["x" * 40], time.time).token("aoba", "sato", "", 0),
    }
    assert asks(office, sato, tokens.get(live, live))[:2] == (410, {"changed": True})


def test_whoever_is_no_agent_any_more_hears_nothing(office: Office) -> None:
    ito = office.at_outlook("ito@aoba.example")
    ito.goes_home()
    live = token(office, "ito")
    assert asks(office, ito, live)[0] == 200
    before, _, after = WORKSPACE.format(tenant=entra.TENANT).partition('[[person]]\nid = "ito"')
    assert after
    apply(office.store.directory, before)
    assert asks(office, ito, live)[:2] == (410, {"changed": True})


def test_a_store_that_does_not_answer_makes_panes_ask_later(office: Office) -> None:
    sato = office.at_outlook("sato@aoba.example")
    sato.goes_home()
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    client.set("{w:aoba}:feed", "not a stream")
    status, said, _ = asks(office, sato, token(office))
    assert (status, said["changed"]) == (200, False)
    assert said["wait"] > 5


def test_only_get_is_answered(office: Office) -> None:
    answer = office.app.post("/outlook/changes")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def changed(office: Office, agent: OutlookAgent, card: Screen) -> bool:
    """Whether the pane that shows this card is told of a change, by a copy that reads now."""
    time.sleep(1.05)  # a copy that lets nobody wait reads at most once a second
    status, said, _ = asks(office, agent, card.body["live"])
    assert status == 200
    return bool(said["changed"])


def test_every_card_of_the_pane_brings_what_to_wait_with_and_no_card_of_gmail_does(office: Office) -> None:
    sato, suzuki = office.at_outlook("sato@aoba.example"), office.at_gmail("suzuki@aoba.example")
    assert sato.goes_home().body["live"]
    card = sato.opens(mail(1))
    assert card.body["live"]
    assert sato.clicks(card.button("take")).body["live"]
    assert "live" not in suzuki.opens(mail(1)).body


def test_a_pane_is_told_of_a_colleague_once_and_ones_own_look_wakes_nobody_again(office: Office) -> None:
    """Looking is a change for those who look too: it must not go back and forth between them for ever."""
    sato, ito = office.at_outlook("sato@aoba.example"), office.at_outlook("ito@aoba.example")
    here = sato.opens(mail(1))
    there = ito.opens(mail(1))
    assert changed(office, sato, here)  # ito looks, too
    here = sato.opens(mail(1))
    assert not changed(office, ito, there)
    assert not changed(office, sato, here)
    there = ito.clicks(there.button("take"))
    assert changed(office, sato, here)
    assert not changed(office, ito, there)


def test_a_queue_is_told_of_what_happens_to_its_mails(office: Office) -> None:
    sato, suzuki = office.at_outlook("sato@aoba.example"), office.at_gmail("suzuki@aoba.example")
    card = suzuki.opens(mail(1))
    queue = sato.goes_home()
    assert not changed(office, sato, queue)
    suzuki.clicks(card.button("take"))
    assert changed(office, sato, queue)
    assert not changed(office, sato, sato.goes_home())


def test_whoever_shows_one_of_two_conversations_that_become_one_is_told(office: Office) -> None:
    sato, ito = office.at_outlook("sato@aoba.example"), office.at_outlook("ito@aoba.example")
    older, newer = sato.opens(mail(1)), sato.opens(mail(2))
    assert not changed(office, sato, older)
    ito.opens(mail(3, references=[1, 2]))
    assert changed(office, sato, older)
    assert changed(office, sato, newer)

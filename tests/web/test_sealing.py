"""A button's token opens to what was sealed, for a working day, and to nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.model import Action
from server.domain.errors import ActionTooOld, BadAction, SobaniError
from server.domain.ports import Target
from server.web.sealing import LIFETIME, LONGEST, Sealer

KEYS = ("a" * 32,)
NOW = 1_795_000_000.0
TARGET = Target("c1", 3, "m" * 32, "open")

words = st.text(st.characters(codec="utf-8"), max_size=30)


def token(action: Action, keys: tuple[str, ...] = KEYS, now: float = NOW) -> str:
    return Sealer(keys, lambda: now).for_card("aoba", "sato", TARGET, "nonce")(action)


@given(
    workspace=words,
    viewer=words,
    nonce=words,
    target=st.builds(Target, words, st.integers(0, 2**53), words, words),
    name=words,
    args=st.dictionaries(words, words, max_size=4),
)
def test_what_is_opened_is_what_was_sealed(
    workspace: str, viewer: str, nonce: str, target: Target, name: str, args: dict[str, str]
) -> None:
    sealer = Sealer(KEYS, lambda: NOW)
    opened = sealer.open(sealer.for_card(workspace, viewer, target, nonce)(Action(name, args)))
    assert (opened.workspace, opened.viewer, opened.target, opened.nonce) == (workspace, viewer, target, nonce)
    assert (opened.name, dict(opened.args)) == (name, args)


@given(data=st.data())
def test_a_changed_character_is_refused_wherever_it_stands(data: st.DataObject) -> None:
    good = token(Action("take_over", {"fence": "7"}))
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=0x3042).filter(lambda one: one != good[at]))
    with pytest.raises(BadAction):
        Sealer(KEYS, lambda: NOW).open(good[:at] + other + good[at + 1 :])


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_sent_instead_of_a_token_is_refused_and_never_fails(text: str) -> None:
    with pytest.raises(SobaniError):
        Sealer(KEYS, lambda: NOW).open(text)


def test_parts_of_two_tokens_make_no_third() -> None:
    """The card's half of one, the action's half of another."""
    sealer = Sealer(KEYS, lambda: NOW)
    one = sealer.for_card("aoba", "sato", TARGET, "n1")(Action("take"))
    two = sealer.for_card("kita", "spy", TARGET, "n2")(Action("move", {"team": "hr"}))
    head, body = one.partition("~")[0], two.partition("~")[2]
    with pytest.raises(BadAction):
        sealer.open(f"{head}~{body}")


@pytest.mark.parametrize("cut", [0, 1, 5, 40])
def test_a_token_without_its_end_is_refused(cut: int) -> None:
    good = token(Action("take"))
    with pytest.raises(BadAction):
        Sealer(KEYS, lambda: NOW).open(good[:cut])
    with pytest.raises(BadAction):
        Sealer(KEYS, lambda: NOW).open(good[: -cut or -2])


def test_a_very_long_token_is_refused() -> None:
    with pytest.raises(BadAction):
        Sealer(KEYS, lambda: NOW).open("a" * (LONGEST + 1))


def test_a_token_works_for_a_working_day_and_no_longer() -> None:
    good = token(Action("take"))
    assert Sealer(KEYS, lambda: NOW + LIFETIME - 1).open(good).name == "take"
    with pytest.raises(ActionTooOld):
        Sealer(KEYS, lambda: NOW + LIFETIME + 1).open(good)


def test_a_new_key_opens_what_the_old_one_sealed_until_that_is_taken_out() -> None:
    old, new = "o" * 32, "n" * 32
    before = token(Action("take"), (old,))
    rotated = Sealer((new, old), lambda: NOW)
    assert rotated.open(before).name == "take"
    after = rotated.for_card("aoba", "sato", TARGET, "nonce")(Action("note"))
    assert Sealer((new,), lambda: NOW).open(after).name == "note"
    for keys, sealed in (((new,), before), ((old,), after)):
        with pytest.raises(BadAction):
            Sealer(keys, lambda: NOW).open(sealed)


def test_a_token_is_short() -> None:
    """It travels through both hosts: ids and small words of ours only, and short enough for both."""
    assert len(token(Action("status", {"status": "done"}))) < 300

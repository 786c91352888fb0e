"""What a pane waits with opens to what was drawn, for a working day, and to nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import ActionTooOld, BadAction
from server.web.live import LIFETIME, Live, Lives

KEY = "a" * 32
NOW = 1_795_000_000
words = st.text(st.characters(codec="utf-8"), max_size=30)


def lives(*keys: str, now: float = NOW) -> Lives:
    return Lives(keys or (KEY,), lambda: now)


@given(words, words, words, st.integers(0, 2**53))
def test_what_is_opened_is_what_was_drawn(workspace: str, viewer: str, conversation: str, number: int) -> None:
    token = lives().token(workspace, viewer, conversation, number)
    assert lives().open(token) == Live(workspace, viewer, conversation, number, NOW)


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    token = lives().token("aoba", "sato", "c1", 7)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != token[at]))
    with pytest.raises(BadAction):
        lives().open(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("token", ["", "a", "a" * 22, "青" * 60, "a" * 2000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadAction):
        lives().open(token)


def test_any_of_the_keys_opens_and_the_first_one_seals() -> None:
    old, new = "o" * 32, "n" * 32
    assert lives(new, old).open(lives(old).token("aoba", "sato", "", 1)).conversation == ""
    with pytest.raises(BadAction):
        lives(old).open(lives(new, old).token("aoba", "sato", "", 1))


def test_a_token_is_good_for_a_working_day() -> None:
    token = lives().token("aoba", "sato", "c1", 7)
    assert lives(now=NOW + LIFETIME).open(token).number == 7
    with pytest.raises(ActionTooOld):
        lives(now=NOW + LIFETIME + 1).open(token)


def test_a_token_goes_into_an_address_as_it_is() -> None:
    token = lives().token("aoba", "sato", "c" * 40, 123_456)
    assert token.replace("-", "").replace("_", "").isalnum()

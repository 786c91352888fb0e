"""Tokens that several threads and copies of the service share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.domain.crm import CrmError, Trouble
from server.gateways.crm.spec import Reply
from server.gateways.crm.tokens import Tokens
from tests.gateways.crm.contract import NOW, Safe

KEPT = {"client_id": "id", "access_token": "first", "refresh_token": "r1", "expires_at": str(NOW + 3_600_000)}


class Vendor:
    """Gives a token for each asking."""

    def __init__(self, why: Trouble | None = None, **more: object) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.why = why
        self.more = more

    def __call__(self, kept: Mapping[str, str]) -> Reply:
        self.asked.append(kept)
        if self.why:
            raise CrmError(self.why, "status 400", status=400)
        return Reply(200, {}, json.dumps({"access_token": f"token-{len(self.asked)}", **self.more}).encode())


def tokens(safe: Safe, vendor: Callable[[Mapping[str, str]], Reply]) -> Tokens:
    return Tokens(safe, lambda: NOW, vendor)


def test_a_token_is_used_until_its_last_minute() -> None:
    safe, vendor = Safe(KEPT), Vendor()
    mine = tokens(safe, vendor)
    assert mine.current(KEPT) == "first"
    assert mine.current({**KEPT, "expires_at": ""}) == "first"  # when it ends was not said: until it is refused
    assert not vendor.asked
    assert mine.current({**KEPT, "expires_at": str(NOW + 59_000)}) == "token-1"
    assert mine.current({"token": "of an app"}) == ""


def test_what_is_not_said_anew_stays() -> None:
    safe = Safe(KEPT)
    assert tokens(safe, Vendor(expires_in=1800)).renewed("first") == "token-1"
    assert safe.kept == {**KEPT, "access_token": "token-1", "expires_at": str(NOW + 1_800_000)}
    assert tokens(safe, Vendor(refresh_token="r2")).renewed("token-1") == "token-1"
    assert tokens(safe, Vendor(refresh_token="r2")).renewed("") == "token-1"


def test_who_comes_second_takes_what_the_first_was_given() -> None:
    safe, vendor = Safe(KEPT), Vendor()
    mine = tokens(safe, vendor)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: mine.renewed("first"), range(8))) == {"token-1"}
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("why", "told"),
    [("mapping", "refused"), ("refused", "refused"), ("missing", "refused"), ("down", "down"), ("busy", "busy")],
)
def test_only_a_refusal_is_the_credentials_fault(why: Trouble, told: Trouble) -> None:
    safe = Safe(KEPT)
    with pytest.raises(CrmError) as caught:
        tokens(safe, Vendor(why)).renewed("first")
    assert caught.value.why == told
    assert safe.kept == KEPT


def test_an_answer_without_a_token_changes_nothing() -> None:
    safe = Safe(KEPT)
    with pytest.raises(CrmError) as caught:
        tokens(safe, lambda _: Reply(200, {}, b"<html>")).renewed("first")
    assert caught.value.why == "garbled"
    assert safe.kept == KEPT

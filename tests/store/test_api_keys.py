"""API keys: shown once, known again, ended, counted; nothing of a secret lies in the store."""

from __future__ import annotations

import secrets
from functools import partial

import pytest

from server.store.api_keys import A_MINUTE, MOST, RedisApiKeys
from tests.store.shop import Shop

MAY_10 = 1_778_400_000.0


@pytest.fixture
def keys(shop: Shop) -> RedisApiKeys:
    return RedisApiKeys(shop.store.library, partial(secrets.token_urlsafe, 32), lambda: MAY_10)


def issued(keys: RedisApiKeys, name: str = "基幹システム", workspace: str = "aoba") -> str:
    token = keys.issue(workspace, name, "ito")
    assert token
    return token


def test_a_key_is_known_again_and_the_day_of_its_use_is_kept(keys: RedisApiKeys) -> None:
    token = issued(keys)
    (before,) = keys.all("aoba")
    assert (before.name, before.by, before.created, before.last) == ("基幹システム", "ito", 1_778_400_000_000, "")
    assert keys.verify(token) == ("aoba", before.id, 0)
    assert [one.last for one in keys.all("aoba")] == ["2026-05-10"]


def test_nothing_of_a_secret_lies_in_the_store(shop: Shop, keys: RedisApiKeys) -> None:
    secret = issued(keys).rpartition(".")[2].encode()
    for key, value in shop.everything().items():
        assert secret not in key + value


def test_what_is_no_key_opens_nothing(shop: Shop, keys: RedisApiKeys) -> None:
    token = issued(keys)
    other = issued(keys)
    swapped = token.rpartition(".")[0] + "." + other.rpartition(".")[2]
    elsewhere = token.replace("sobani_aoba", "sobani_other")
    for bad in ("", "x", token[:-1], token + "x", token.upper(), swapped, elsewhere, f"{token}\n", "é" * 60):
        assert keys.verify(bad) is None
    assert not [key for key in shop.client.scan_iter() if b":ar:" in key], "only good keys are counted"


def test_an_ended_key_opens_nothing_any_more(shop: Shop, keys: RedisApiKeys) -> None:
    token, other = issued(keys), issued(keys)
    assert keys.verify(token)
    id_ = token.split(".")[1]
    assert keys.revoke("aoba", id_)
    assert keys.verify(token) is None
    assert keys.verify(other)
    assert not keys.revoke("aoba", id_)
    assert not keys.revoke("other", other.split(".")[1])
    assert [one.id for one in keys.all("aoba")] == [other.split(".")[1]]


def test_too_many_requests_of_one_key_wait_for_the_next_minute(shop: Shop, keys: RedisApiKeys) -> None:
    token, other = issued(keys), issued(keys)
    access = keys.verify(token)
    assert access
    shop.client.set(f"{{w:aoba}}:ar:{access.key}", A_MINUTE, ex=42)
    late = keys.verify(token)
    assert late
    assert 40 <= late.wait <= 42
    assert keys.verify(other) == ("aoba", other.split(".")[1], 0)


def test_a_workspace_has_so_many_keys_at_most(keys: RedisApiKeys) -> None:
    for _ in range(MOST):
        issued(keys)
    assert keys.issue("aoba", "one more", "ito") is None
    assert keys.issue("other", "theirs", "x")

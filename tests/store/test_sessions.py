"""Links to the queue's page work once; a session lives twelve hours from its last use on, and nothing brings one back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from server.domain.errors import RecordsUnavailable
from server.domain.events import Identity
from server.store.keys import FAMILIES, Kind
from server.store.library import Library
from server.store.sessions import LINK_SECONDS, RENEWED_AFTER, SESSION_SECONDS, SESSIONS_EACH, RedisSessions
from server.wiring import open_store
from tests.store.shop import Shop

PAGE: Final = "https://sobani.aoba.example/queue/enter"
SATO: Final = Identity("google", "aoba.example", "g-sato", "sato@aoba.example", "佐藤 美咲")


class Secrets:
    """Secrets that can be told apart, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.made = 0
        self.now = 1_795_000_000.0

    def __call__(self) -> str:
        self.made += 1
        return f"secret-of-twenty-letters-{self.made:03}"

    def clock(self) -> float:
        return self.now


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def sessions(shop: Shop, secrets: Secrets) -> RedisSessions:
    return RedisSessions(shop.store.library, PAGE, secrets, secrets.clock)


def token_of(link: str) -> str:
    address, _, token = link.partition("#")
    assert address == PAGE
    return token


def key_of(shop: Shop, family: str) -> str:
    (key,) = shop.client.scan_iter(f"{{w:aoba}}:{family}:*")
    assert isinstance(key, bytes)
    return key.decode()


def test_a_link_is_redeemed_once(shop: Shop, sessions: RedisSessions) -> None:
    token = token_of(sessions.link(shop.workspace, SATO))
    assert sessions.redeem(token) == SATO
    assert sessions.redeem(token) is None


def test_of_many_who_redeem_a_link_at_the_same_moment_one_does(shop: Shop, sessions: RedisSessions) -> None:
    token = token_of(sessions.link(shop.workspace, SATO))
    with ThreadPoolExecutor(8) as pool:
        assert sum(one is not None for one in pool.map(sessions.redeem, [token] * 64)) == 1


def test_a_link_is_gone_after_a_minute(shop: Shop, sessions: RedisSessions) -> None:
    token = token_of(sessions.link(shop.workspace, SATO))
    key = key_of(shop, "link")
    assert LINK_SECONDS - 5 < int(shop.client.ttl(key)) <= LINK_SECONDS == 60
    shop.client.delete(key)  # as the store does by then
    assert sessions.redeem(token) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "aoba",
        "aoba.",
        "aoba.short",
        "aoba.secret-of-twenty-letters-999",
        "é.x",
        "*.*",
        "a" * 10_000,
        "other}:rev." + "a" * 24,
    ],
)
def test_a_forged_token_opens_nothing(shop: Shop, sessions: RedisSessions, token: str) -> None:
    sessions.link(shop.workspace, SATO)
    assert sessions.redeem(token) is None
    assert sessions.find(token) is None
    sessions.end(token)


def test_a_link_is_no_session_and_a_session_is_no_link(shop: Shop, sessions: RedisSessions) -> None:
    link = token_of(sessions.link(shop.workspace, SATO))
    session = sessions.begin("aoba", SATO, "Asia/Tokyo")
    assert sessions.find(link) is None
    assert sessions.redeem(session) is None


def test_a_token_of_another_workspace_opens_nothing_here(shop: Shop, sessions: RedisSessions) -> None:
    token = sessions.begin("midori", SATO, "")
    assert sessions.find(token) is not None
    assert sessions.find(token.replace("midori", "aoba")) is None


def test_no_token_stands_in_the_store(shop: Shop, sessions: RedisSessions) -> None:
    sessions.link(shop.workspace, SATO)
    sessions.begin("aoba", SATO, "Asia/Tokyo")
    everything = shop.everything()
    assert not [key for key, value in everything.items() if b"secret" in key or b"secret" in value]
    assert not [key for key in everything if b"@" in key]


def test_a_session_knows_its_account_and_the_directory_s_revision(shop: Shop, sessions: RedisSessions) -> None:
    session = sessions.find(sessions.begin("aoba", SATO, "Europe/Berlin"))
    assert session
    assert (session.workspace, session.identity, session.time_zone) == ("aoba", SATO, "Europe/Berlin")
    assert session.revision == int(shop.client.get("{w:aoba}:rev") or 0)


def test_a_session_lives_twelve_hours_from_its_last_use_on(shop: Shop, sessions: RedisSessions) -> None:
    token = sessions.begin("aoba", SATO, "")
    key = key_of(shop, "s")
    shop.client.expire(key, 60)
    assert sessions.find(token)
    assert int(shop.client.ttl(key)) > SESSION_SECONDS - 5
    assert int(shop.client.ttl(key_of(shop, "sa"))) > SESSION_SECONDS - 5


def test_a_use_is_written_down_only_now_and_then(shop: Shop, sessions: RedisSessions) -> None:
    token = sessions.begin("aoba", SATO, "")
    key = key_of(shop, "s")
    left = SESSION_SECONDS - RENEWED_AFTER + 5
    shop.client.expire(key, left)
    sessions.find(token)
    assert int(shop.client.ttl(key)) <= left


def test_an_ended_session_stays_ended(shop: Shop, sessions: RedisSessions) -> None:
    token = sessions.begin("aoba", SATO, "")
    sessions.end(token)
    sessions.end(token)
    assert sessions.find(token) is None
    assert shop.client.keys("{w:aoba}:s*:*") == []


def test_the_session_used_longest_ago_makes_room(shop: Shop, sessions: RedisSessions, secrets: Secrets) -> None:
    tokens = []
    for _ in range(SESSIONS_EACH):
        secrets.now += 10
        tokens.append(sessions.begin("aoba", SATO, ""))
    secrets.now += 10
    for key in shop.client.keys("{w:aoba}:s:*"):
        shop.client.expire(key, 100)
    sessions.find(tokens[0])  # used again: now the second is the oldest
    newest = sessions.begin("aoba", SATO, "")
    assert [bool(sessions.find(token)) for token in (*tokens, newest)] == [True, False, True, True, True, True]


def test_colleagues_do_not_end_each_other_s_sessions(sessions: RedisSessions) -> None:
    mine = sessions.begin("aoba", SATO, "")
    for number in range(SESSIONS_EACH):
        sessions.begin("aoba", Identity("google", "aoba.example", f"g{number}", f"{number}@aoba.example"), "")
    assert sessions.find(mine)


def test_its_keys_are_named_and_go_by_themselves(shop: Shop, sessions: RedisSessions) -> None:
    families = {family.pattern.partition(":")[0]: family for family in FAMILIES}
    sessions.link(shop.workspace, SATO)
    sessions.begin("aoba", SATO, "")
    for name in ("link", "s", "sa"):
        assert families[name].kind is Kind.EPHEMERAL
        assert 0 < int(shop.client.ttl(key_of(shop, name))) <= SESSION_SECONDS


def test_a_store_that_does_not_answer_is_said(tmp_path_factory: pytest.TempPathFactory, secrets: Secrets) -> None:
    library: Library = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket").library
    sessions = RedisSessions(library, PAGE, secrets, secrets.clock)
    with pytest.raises(RecordsUnavailable):
        sessions.find("aoba.secret-of-twenty-letters-001")
    with pytest.raises(RecordsUnavailable):
        sessions.redeem("aoba.secret-of-twenty-letters-001")
    library.client.close()

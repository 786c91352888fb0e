"""CRM connections: what is sealed stays sealed, what is removed stays removed, and every copy follows at its next look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from server.domain.crm import Ability, Connection, CrmError
from server.domain.errors import RecordsUnavailable
from server.store.connections import Pending, RedisConnections
from server.store.keys import FAMILIES
from server.store.vault import Vault
from server.usecases.apply import apply
from server.wiring import open_store
from tests.contract.conftest import WORKSPACE
from tests.standins import entra
from tests.store.shop import Shop

OLD: Final = b"o" * 40
NEW: Final = b"n" * 40
HUBSPOT: Final = Connection("x1", "hubspot", "HubSpot", {"portal": "1"}, (Ability.DEALS, Ability.LOG))
KINTONE: Final = Connection("x2", "kintone", "顧客管理 (kintone)")
TOKEN: Final = {"token": "pat-eu1-never-to-be-seen"}


def secrets_of(name: str) -> Iterator[str]:
    return (f"{name}-of-twenty-letters-{number:03}" for number in range(1_000))


def connections_at(shop: Shop, *keys: bytes, forgotten: list[tuple[str, str]] | None = None) -> RedisConnections:
    names = secrets_of("secret")
    found = forgotten if forgotten is not None else []
    return RedisConnections(
        shop.store.library, Vault(keys or (OLD,)), lambda: next(names), lambda *one: found.append(one)
    )


@pytest.fixture
def connections(shop: Shop) -> RedisConnections:
    return connections_at(shop)


def test_a_saved_connection_comes_with_the_workspace_in_every_copy(
    shop: Shop, connections: RedisConnections, redis_url: str
) -> None:
    elsewhere = open_store(redis_url)
    before = elsewhere.directory.workspace("aoba")
    assert before
    assert before.connections == ()
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.save("aoba", KINTONE, None)
    after = shop.store.directory.workspace("aoba")
    assert after
    assert after.connections == (HUBSPOT, KINTONE)
    assert after.version > before.version
    elsewhere.directory.notice(before, after.version)
    again = elsewhere.directory.workspace("aoba")
    assert again
    assert again.connections == (HUBSPOT, KINTONE)
    elsewhere.library.client.close()


def test_a_changed_connection_keeps_its_place_and_its_credentials(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", KINTONE, TOKEN)
    connections.save("aoba", HUBSPOT, None)
    renamed = Connection("x2", "kintone", "Customers", off=True)
    connections.save("aoba", renamed, None)
    found = shop.store.directory.workspace("aoba")
    assert found
    assert found.connections == (renamed, HUBSPOT)
    assert connections.credentials("aoba", "x2") == TOKEN


def test_applying_the_workspace_file_again_leaves_the_connections(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.show("aoba", ["value", "plan"])
    apply(shop.store.directory, WORKSPACE.format(tenant=entra.TENANT).replace("青葉商事", "青葉商事株式会社"))
    found = shop.store.directory.workspace("aoba")
    assert found
    assert (found.name, found.connections, found.panel) == ("青葉商事株式会社", (HUBSPOT,), ("value", "plan"))


def test_the_panel_s_fields_are_those_that_there_are_and_each_once(shop: Shop, connections: RedisConnections) -> None:
    connections.show("aoba", ["value", "shoe_size", "plan", "value"])
    found = shop.store.directory.workspace("aoba")
    assert found
    assert found.panel == ("value", "plan")


def test_no_secret_lies_readable_in_the_store(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.leave("aoba", Pending("x1", "browser", "a-verifier"))
    hook = connections.hook_secret("aoba", "x1").encode()
    assert len(hook) > 20
    for key, value in shop.everything().items():
        for secret in (TOKEN["token"].encode(), hook, b"a-verifier"):
            assert secret not in key + value


def test_what_was_sealed_for_one_connection_opens_for_no_other(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.save("aoba", KINTONE, {"token": "another"})
    sealed = shop.client.hget("{w:aoba}:cs", "x1")
    assert isinstance(sealed, bytes)
    shop.client.hset("{w:aoba}:cs", "x2", sealed)
    shop.client.hset("{w:midori}:cs", "x1", sealed)
    for workspace, connection in (("aoba", "x2"), ("midori", "x1")):
        with pytest.raises(CrmError) as raised:
            connections.credentials(workspace, connection)
        assert raised.value.why == "unset"


def test_what_an_older_key_sealed_is_sealed_anew_when_it_is_used(shop: Shop) -> None:
    before = connections_at(shop, OLD)
    before.save("aoba", HUBSPOT, TOKEN)
    hook = before.hook_secret("aoba", "x1")
    rotated = connections_at(shop, NEW, OLD)
    assert rotated.credentials("aoba", "x1") == TOKEN
    assert rotated.hooked("aoba", "x1", hook) == HUBSPOT
    alone = connections_at(shop, NEW)
    assert alone.credentials("aoba", "x1") == TOKEN
    assert alone.hook_secret("aoba", "x1") == hook


def test_a_key_that_is_gone_is_said_and_no_failure(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    other = connections_at(shop, NEW)
    with pytest.raises(CrmError) as raised:
        other.credentials("aoba", "x1")
    assert raised.value.why == "unset"
    assert "pat-eu1" not in str(raised.value)
    assert other.hook_secret("aoba", "x1") == ""
    assert other.hooked("aoba", "x1", "") is None


def test_removing_forgets_everything_of_it_and_says_so(shop: Shop) -> None:
    forgotten: list[tuple[str, str]] = []
    connections = connections_at(shop, forgotten=forgotten)
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.save("aoba", KINTONE, TOKEN)
    connections.asked("aoba", "x1", 1, None)
    hook = connections.hook_secret("aoba", "x1")
    connections.remove("aoba", "x1")
    found = shop.store.directory.workspace("aoba")
    assert found
    assert found.connections == (KINTONE,)
    assert connections.hooked("aoba", "x1", hook) is None
    assert connections.states("aoba") == {}
    assert connections.has_credentials("aoba") == {"x2", "x2/hook"}
    with pytest.raises(CrmError):
        connections.credentials("aoba", "x1")
    assert forgotten == [("aoba", "x1")]


def test_a_refreshed_token_is_everybody_s(connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    secrets = connections.secrets("aoba", "x1")
    assert secrets.get() == TOKEN
    secrets.put({"token": "second"})
    secrets.put({"token": "third"})
    assert connections.secrets("aoba", "x1").get() == {"token": "third"}


def test_a_token_refreshed_meanwhile_brings_back_neither_what_was_removed_nor_what_was_replaced(
    connections: RedisConnections,
) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.save("aoba", KINTONE, TOKEN)
    removed, replaced = connections.secrets("aoba", "x1"), connections.secrets("aoba", "x2")
    removed.get()
    replaced.get()
    connections.remove("aoba", "x1")
    connections.save("aoba", KINTONE, {"token": "by hand"})
    removed.put({"token": "refreshed"})
    replaced.put({"token": "refreshed"})
    with pytest.raises(CrmError):
        connections.credentials("aoba", "x1")
    assert connections.credentials("aoba", "x2") == {"token": "by hand"}


def test_a_webhook_s_address_opens_its_connection_and_nothing_else(connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.save("aoba", KINTONE, None)
    secret = connections.hook_secret("aoba", "x1")
    assert connections.hooked("aoba", "x1", secret) == HUBSPOT
    for workspace, connection, wrong in (
        ("aoba", "x1", ""),
        ("aoba", "x1", secret[:-1]),
        ("aoba", "x1", "\ud800\x00é"),
        ("aoba", "x2", secret),
        ("aoba", "x3", secret),
        ("aoba", "x3", "no connection has this secret"),
        ("midori", "x1", secret),
    ):
        assert connections.hooked(workspace, connection, wrong) is None
    connections.save("aoba", HUBSPOT, TOKEN)
    assert connections.hook_secret("aoba", "x1") == secret, "saving leaves the address as it is"
    connections.renew_hook("aoba", "x1")
    assert connections.hooked("aoba", "x1", secret) is None


def test_an_event_is_new_once_and_for_each_connection(shop: Shop, connections: RedisConnections) -> None:
    assert connections.fresh("aoba", "x1", ["a", "b", "a"]) == ("a", "b")
    assert connections.fresh("aoba", "x1", ["b", "c"]) == ("c",)
    assert connections.fresh("aoba", "x2", ["a"]) == ("a",)
    assert connections.fresh("aoba", "x1", []) == ()
    connections.undelivered("aoba", "x1", ["a"])
    assert connections.fresh("aoba", "x1", ["a", "b"]) == ("a",)
    assert all(shop.client.ttl(key) > 80_000 for key in shop.client.scan_iter("{w:aoba}:wh:*"))


def test_who_goes_to_agree_comes_back_once(connections: RedisConnections) -> None:
    pending = Pending("x1", "browser", "verifier")
    state = connections.leave("aoba", pending)
    assert connections.come_back("midori", state) is None
    assert connections.come_back("aoba", state) == pending
    assert connections.come_back("aoba", state) is None


def test_how_a_connection_was_is_known_until_it_is_asked_again(connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.asked("aoba", "x1", 5, "refused")
    connections.delivered("aoba", "x1", 7)
    states = connections.states("aoba")
    assert (states["x1"].at, states["x1"].trouble, states["x1/hook"].at) == (5, "refused", 7)
    connections.asked("aoba", "x1", 9, None)
    assert connections.states("aoba")["x1"].trouble == ""


def test_ids_never_come_twice(connections: RedisConnections) -> None:
    assert len({connections.new_id("aoba") for _ in range(5)}) == 5


def test_every_key_of_it_is_named_with_its_lifetime(shop: Shop, connections: RedisConnections) -> None:
    connections.save("aoba", HUBSPOT, TOKEN)
    connections.show("aoba", ["plan"])
    connections.asked("aoba", "x1", 5, None)
    connections.fresh("aoba", "x1", ["a"])
    connections.leave("aoba", Pending("x1", "browser", "verifier"))
    named = {one.pattern.partition("<")[0]: one for one in FAMILIES}
    for name in ("cx", "cs", "ca", "panel", "wh:", "ag:"):
        (key,) = list(shop.client.scan_iter(f"{{w:aoba}}:{name}*"))
        assert (shop.client.ttl(key) == -1) == (named[name].lifetime == "kept"), name


def test_a_store_that_is_away_is_said(shop: Shop, connections: RedisConnections) -> None:
    shop.client.set("{w:aoba}:cs", "no hash")
    with pytest.raises(RecordsUnavailable):
        connections.credentials("aoba", "x1")
    with pytest.raises(RecordsUnavailable):
        connections.save("aoba", HUBSPOT, TOKEN)

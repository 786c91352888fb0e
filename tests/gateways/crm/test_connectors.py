"""CRMs made of connections: kept while nothing changes, made anew when something does, and tested with what is only typed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from server.domain.crm import Ability, Asked, Connection, Crm, CrmError, Wanted
from server.gateways.crm.connectors import GuardedConnectors
from server.store.connections import RedisConnections
from server.store.vault import Vault
from tests.standins.crm.server import Answer, Request, Vendor, says
from tests.store.shop import Shop, shop_at

TOKEN: Final = {"token": "Bearer right"}


class Shelf(Vendor):
    """A system of the company's own: contacts by address."""

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != "Bearer right":
            return self.error(401, request)
        email = request.param("email")
        found = [{"id": 7, "name": "田中 太郎", "mail": email, "rank": "A"}] if email.startswith("taro") else []
        return says({"results": found})


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as vendor:
        yield vendor


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def connections(shop: Shop) -> RedisConnections:
    numbers = itertools.count()
    return RedisConnections(
        shop.store.library, Vault((b"k" * 40,)), lambda: f"secret-of-twenty-letters-{next(numbers)}"
    )


def own(workspace: str, connection: Connection) -> Crm:
    raise CrmError("unset", f"{workspace} {connection.id}")


@pytest.fixture
def connectors(shop: Shop, connections: RedisConnections) -> Iterator[GuardedConnectors]:
    made = GuardedConnectors(shop.store.crm, connections, lambda: 1_795_000_000_000, own=own, local=True)
    yield made
    made.close()


def in_house(shelf: Shelf, id_: str = "x1") -> Connection:
    fields = "id = $.id\nname = $.name\naddresses = $.mail\n会員ランク = $.rank"
    settings = {"url": f"{shelf.url}/contacts?email={{email}}", "records": "$.results[*]", "fields": fields}
    return Connection(id_, "http", "社内名簿", settings)


def test_a_crm_is_kept_while_its_connection_stays_as_it_is(
    connectors: GuardedConnectors, connections: RedisConnections, shelf: Shelf
) -> None:
    one = in_house(shelf)
    connections.save("aoba", one, TOKEN)
    first = connectors.connect("aoba", one)
    found = first.find(Wanted((Asked("taro@hokuto-foods.example"),)))
    assert [candidate.name for candidate in found] == ["田中 太郎"]
    assert connectors.connect("aoba", in_house(shelf)) is first
    assert connectors.connect("midori", one) is not first, "another workspace's is another one"
    renamed = msgspec.structs.replace(one, name="名簿")
    assert connectors.connect("aoba", renamed) is not first


def test_a_token_that_is_replaced_or_revoked_ends_at_once(
    connectors: GuardedConnectors, connections: RedisConnections, shelf: Shelf
) -> None:
    one = in_house(shelf)
    connections.save("aoba", one, TOKEN)
    crm = connectors.connect("aoba", one)
    crm.check()
    connections.save("aoba", one, {"token": "Bearer wrong"})
    with pytest.raises(CrmError) as refused:
        crm.check()
    assert refused.value.why == "refused"
    connections.remove("aoba", one.id)
    with pytest.raises(CrmError) as gone:
        crm.check()
    assert gone.value.why == "unset"


def test_what_is_only_typed_is_tested_and_nothing_is_kept(
    shop: Shop, connectors: GuardedConnectors, connections: RedisConnections, shelf: Shelf
) -> None:
    unsaved = in_house(shelf, "")
    tried = dict(connectors.check("aoba", unsaved, TOKEN, "taro@hokuto-foods.example"))
    assert (tried["records"], tried["id"], tried["name"], tried["会員ランク"]) == ("1", "7", "田中 太郎", "A")
    assert connectors.check("aoba", unsaved, TOKEN) == ()
    with pytest.raises(CrmError) as refused:
        connectors.check("aoba", unsaved, {"token": "Bearer wrong"})
    assert refused.value.why == "refused"
    with pytest.raises(CrmError) as mapping:
        connectors.check("aoba", msgspec.structs.replace(unsaved, settings={**unsaved.settings, "fields": "x"}), TOKEN)
    assert mapping.value.why == "mapping"
    connections.save("aoba", in_house(shelf), TOKEN)
    assert connectors.check("aoba", in_house(shelf)) == (), "a saved one is asked with what is kept"
    assert not [key for key in shop.everything() if b":wh:" in key]


def test_addresses_inside_are_for_those_alone_who_allow_them(
    shop: Shop, connections: RedisConnections, shelf: Shelf
) -> None:
    strict = GuardedConnectors(shop.store.crm, connections, lambda: 0, own=own)
    with pytest.raises(CrmError) as unsafe:
        strict.check("aoba", in_house(shelf, ""), TOKEN)
    assert unsafe.value.why == "unsafe"
    assert shelf.calls == []


def test_the_workspace_s_own_records_are_asked_without_a_line(connectors: GuardedConnectors) -> None:
    mine = Connection("x9", "builtin", "顧客台帳")
    for ask in (lambda: connectors.connect("aoba", mine), lambda: connectors.check("aoba", mine)):
        with pytest.raises(CrmError, match="aoba x9"):
            ask()


def test_what_a_connection_can_do_is_what_its_settings_make_possible(
    connectors: GuardedConnectors, shelf: Shelf
) -> None:
    assert connectors.able(in_house(shelf)) >= {Ability.TICKETS}
    apps = '{"customers": {"app": 1, "email": ["mail"]}}'
    kintone = Connection("x2", "kintone", "", {"url": "https://aoba.cybozu.com", "apps": apps})
    assert connectors.able(kintone) == {Ability.WEBHOOKS}
    spec = connectors.spec("http")
    assert spec
    assert spec.kind == "http"
    assert connectors.spec("oracle") is None

"""Every kind of call that the HubSpot connector makes of CRM objects, held against HubSpot's own OpenAPI document (see prism.py).

HubSpot publishes one document for each API: HubSpot/HubSpot-public-api-spec-collection on GitHub,
PublicApiSpecs/CRM/Objects/Rollouts/424/v3/objects.json is the one of the objects.
"""

from __future__ import annotations

from typing import Any

from server.domain.crm import Connection, CrmRef, Money, Order
from server.gateways.crm.hubspot import SPEC, connect
from server.gateways.crm.spec import Reply
from tests.gateways.crm.contract import BUSY, DOMAIN, LETTER, NOW, TARO, Safe, wanted
from tests.gateways.crm.prism import Watching, between
from tests.standins.crm.hubspot import TOKEN, cast

SORTS = "Request body property sorts.0 must be string"
"""The guide "Search the CRM" writes {"propertyName", "direction"}; the document, a text."""


class Objects(Watching):
    """Only calls of CRM objects go through Prism: the document knows no others."""

    def __init__(self, prism: str, vendor: str) -> None:
        super().__init__(SPEC)
        self._prism = prism
        self._vendor = vendor

    def send(self, method: str, url: str, **more: Any) -> Reply:
        path = url.removeprefix(self._vendor)
        return super().send(
            method, (self._prism if path.startswith("/crm/v3/objects/") else self._vendor) + path, **more
        )


def test_hubspot_holds_nothing_against_our_calls() -> None:
    with cast() as vendor, between("hubspot", vendor.url) as prism:
        line = Objects(prism, vendor.url)
        connection = Connection("h", "hubspot", "h", {"url": vendor.url, "orders": "yes", "fields": "plan = plan_name"})
        crm = connect(connection, Safe({"token": TOKEN}), line, lambda: NOW)
        crm.check()
        (taro, *_) = crm.find(wanted(TARO, "田中 太郎", domain=DOMAIN))
        crm.find(wanted(f"nobody@{DOMAIN}", "田中 太郎", domain=DOMAIN))
        crm.load(taro.ref)
        crm.load(CrmRef("h", "company", "501"))
        (busy,) = crm.find(wanted(BUSY))
        crm.load(busy.ref)
        crm.unlog(crm.log(LETTER, taro.ref))
        crm.create(Order(key="c", kind="contact", title="", name="新田 一郎", email="ichiro@shin-shokai.example"))
        crm.create(Order(key="t", kind="ticket", title="件名", record=taro.ref))
        crm.create(Order(key="d", kind="deal", title="件名", amount=Money("10", "USD"), record=taro.ref))
        line.close()
        assert {message for _, message in line.violations} <= {SORTS}
        assert {(call.split()[0], call.rpartition("/")[2]) for call in line.seen} >= {
            ("GET", "contacts"),
            ("GET", "101"),
            ("POST", "read"),
            ("POST", "search"),
            ("POST", "emails"),
            ("POST", "tickets"),
            ("POST", "deals"),
        }

"""kintone in the one suite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import pytest

from server.domain.crm import Creatable, CrmKind, CrmRef, Delivery
from tests.gateways.crm.contract import TARO, Office
from tests.standins.crm.kintone import ACTIVITIES, APPS, CUSTOMERS, KintoneVendor
from tests.standins.crm.server import Request


class KintoneOffice(Office):
    kind: ClassVar[CrmKind] = "kintone"
    creates_once: ClassVar[frozenset[Creatable]] = frozenset({"contact", "ticket", "deal"})
    signed = False
    vendor: KintoneVendor

    def open_vendor(self, request: pytest.FixtureRequest) -> KintoneVendor:
        return KintoneVendor()

    def settings(self) -> dict[str, str]:
        return {"url": self.vendor.url, "apps": json.dumps(APPS)}

    def credentials(self) -> dict[str, str]:
        return {"tokens": self.vendor.tokens}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        def with_(app: str, /, **changes: object) -> Mapping[str, str]:
            apps: dict[str, Any] = json.loads(json.dumps(APPS))
            return {"apps": json.dumps({**apps, app: {**apps[app], **changes}})}

        return {
            "no such app": with_("tickets", app=99),
            "no such field": with_("customers", role="肩書"),
            "no such field for the address": with_("customers", email=["メアド"]),
            "a field that cannot be looked up": with_("customers", email=["メモ"]),
            "not JSON": {"apps": "customers"},
            "not a field code": with_("orders", title='件名" or "'),
            "in a guest space": {"space": "3"},
            "not a guest space": {"space": "three"},
            "not kintone": {"url": "https://kintone.example"},
            "nothing": {"apps": ""},
        }

    def writes(self, request: Request) -> bool:
        return request.method != "GET" and "x-http-method-override" not in request.headers

    def revoke(self) -> None:
        self.vendor.revoke()

    def logged(self) -> Sequence[str]:
        found = []
        for record in self.vendor.records(ACTIVITIES):
            if record["キー"]:
                names = [file["name"] for file in record["添付"]]
                found.append("\n".join([record["件名"], record["内容"], *names]))
        return found

    def delivery(self, ref: CrmRef) -> Delivery:
        notice = {
            "id": "01234567-0123-0123-0123-0123456789ab",
            "type": "UPDATE_RECORD",
            "app": {"id": str(CUSTOMERS), "name": "顧客"},
            "record": {"$id": {"type": "__ID__", "value": ref.id}, "メール": {"type": "LINK", "value": TARO}},
            "recordTitle": "田中 太郎",
            "url": f"{self.vendor.url}/k/{CUSTOMERS}/show#record={ref.id}",
        }
        return Delivery("POST", "https://sobani.example/hook", {}, json.dumps(notice).encode(), self.now)

    def garbled(self) -> Delivery:
        return Delivery("POST", "https://sobani.example/hook", {}, b'{"type": "UPDATE_RECORD", "app": 7}', self.now)


OFFICE: Final = KintoneOffice

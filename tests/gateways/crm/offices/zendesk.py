"""Zendesk with the cast. A person there has an address that nobody else has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import ClassVar

import pytest

from server.domain.crm import Creatable, CrmRef, Delivery
from server.gateways.crm.zendesk_events import signature
from tests.gateways.crm.contract import BUSY, COMPANY, COMPLAINT, DOMAIN, HANAKO, TARO, Office
from tests.standins.crm import zendesk
from tests.standins.crm.server import Vendor


@cache
def _busy() -> Mapping[int, zendesk.Row]:
    """Ten thousand tickets, made once: nobody changes them."""
    with zendesk.Zendesk() as vendor:
        vendor.user(41, "多忙 太一", BUSY)
        vendor.ticket(1000, 41, "記録", description="本文\n" * 100, updated_at="2026-05-01T00:00:00Z")
        return {key: {**vendor.tickets[1000], "id": key, "subject": f"記録 {key}"} for key in range(1000, 11_000)}


def with_cast(vendor: zendesk.Zendesk) -> zendesk.Zendesk:
    """Fill an account."""
    vendor.organization(
        100,
        COMPANY,
        DOMAIN,
        notes="締め日は20日",
        organization_fields={"contract_end": "2027-03-31T00:00:00+00:00", "plan": None},
    )
    vendor.user(
        11,
        "田中 太郎",
        TARO,
        "taro@tanaka.example",
        organization_id=100,
        phone="+81355500100",
        user_fields={"plan": "professional"},
    )
    vendor.user(31, "鈴木 <b>花子</b>", HANAKO, notes="<p>電話は<b>午前</b>に。<br/>3&amp;4月は休み</p>")
    vendor.user(41, "多忙 太一", BUSY)
    vendor.user(99, "別人 次郎", "jiro@other.example")
    vendor.ticket(
        501, 11, COMPLAINT, status="open", priority="high", tags=["クレーム"], assignee_id=900, created_at="2026-05-26T08:00:00Z",
        updated_at="2026-05-27T08:00:00Z",
    )  # fmt: skip
    vendor.ticket(
        502, 11, "請求書の宛名", status="closed", created_at="2026-04-01T08:00:00Z", updated_at="2026-04-02T08:00:00Z"
    )
    vendor.ticket(599, 99, "別人の用件", updated_at="2026-05-27T09:00:00Z")
    vendor.tickets |= _busy()
    return vendor


class ZendeskOffice(Office):
    kind = "zendesk"
    lacks = frozenset({"shared", "activity"})
    creates_once: ClassVar[frozenset[Creatable]] = frozenset({"contact", "ticket"})
    secrets = (zendesk.WEBHOOK,)

    def open_vendor(self, request: pytest.FixtureRequest) -> Vendor:
        self.zendesk = with_cast(zendesk.Zendesk())
        return self.zendesk

    def settings(self) -> dict[str, str]:
        return {
            "url": self.vendor.url,
            "login": zendesk.LOGIN,
            "fields": "plan = plan\ncontract_end = organization.contract_end",
        }

    def credentials(self) -> dict[str, str]:
        return {"token": zendesk.TOKEN, "webhook": zendesk.WEBHOOK}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "no address": {"url": ""},
            "no such page": {"url": f"{self.vendor.url}/shop"},
            "no such field": {"fields": "plan = plann"},
            "not a line": {"fields": "plan"},
        }

    def revoke(self) -> None:
        self.zendesk.tokens.clear()

    def settle(self) -> None:
        self.zendesk.unindexed.clear()

    def logged(self) -> Sequence[str]:
        return [
            f"{row['subject']} {row['description']} {[self.zendesk.names[token] for token in row['comment'].get('uploads', ())]}"
            for row in self.zendesk.tickets.values()
            if "sobani_log" in row["tags"]
        ]

    def delivery(self, ref: CrmRef) -> Delivery:
        body = json.dumps(
            {
                "type": "zen:event-type:user.details_changed",
                "account_id": 12514403,
                "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
                "time": "2026-05-28T05:33:18Z",
                "zendesk_event_version": "2022-06-20",
                "subject": f"zen:user:{ref.id}",
                "detail": {
                    "id": ref.id,
                    "email": TARO,
                    "external_id": "",
                    "organization_id": "100",
                    "role": "end-user",
                },
                "event": {"current": "x", "previous": ""},
            }
        ).encode()
        return self._signed(body)

    def garbled(self) -> Delivery:
        return self._signed(b"[1")

    def _signed(self, body: bytes) -> Delivery:
        timestamp = datetime.fromtimestamp(self.now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-zendesk-webhook-id": "01GK8E6BKWMJZD2T8Y5AXJQMG5",
            "x-zendesk-webhook-invocation-id": "01HVNNPA3MQCJZG9AF4YQ7VV3T",
            "x-zendesk-webhook-signature-timestamp": timestamp,
            "x-zendesk-webhook-signature": signature(timestamp, body, zendesk.WEBHOOK),
        }
        return Delivery("POST", "https://sobani.aoba.example/crm/zendesk/c1/secret", headers, body, self.now)


OFFICE = ZendeskOffice

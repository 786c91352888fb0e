"""Odoo 19 with the cast; tests/gateways/crm/test_odoo_xmlrpc.py has an older one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

import pytest

from server.domain.crm import Creatable, CrmRef, Delivery
from tests.gateways.crm.contract import BUSY, COMPANY, COMPLAINT, HANAKO, SHARED, TARO, Office
from tests.standins.crm import odoo
from tests.standins.crm.server import Request, Vendor

YEN = [25, "JPY"]
MISAKI = [5, "佐藤 美咲"]


@cache
def _busy() -> Mapping[int, odoo.Row]:
    """Ten thousand messages, made once: nobody changes them."""
    with odoo.Odoo() as vendor:
        vendor.add(
            "mail.message", 1000, model="res.partner", res_id=41, body="<p>本文</p>" * 50, message_type="email", date="2026-05-01 00:00:00"
        )  # fmt: skip
        first = vendor.rows["mail.message"][1000]
    return {key: {**first, "id": key, "subject": f"記録 {key}"} for key in range(1000, 11_000)}


def with_cast(vendor: odoo.Odoo) -> odoo.Odoo:
    """Fill a database."""
    partner, lead, ticket, message = "res.partner", "crm.lead", "helpdesk.ticket", "mail.message"
    vendor.add("res.partner.category", 1, name="青果")
    vendor.add("res.partner.category", 2, name="冷凍")
    vendor.add("res.company", 1, name="青葉商事", currency_id=YEN)
    vendor.add(
        partner, 10, name=COMPANY, is_company=True, website="https://www.hokuto-foods.example/", user_id=MISAKI, currency_id=YEN,
        total_invoiced=5_400_000.0, x_plan="pro", x_contract_end="2027-03-31", category_id=[1, 2],
    )  # fmt: skip
    vendor.add(
        partner, 11, name="田中 太郎", parent_id=[10, COMPANY], email="Taro.Tanaka@hokuto-foods.example", function="購買部長", phone="03-5550-0100",
        x_score=72,
    )  # fmt: skip
    vendor.add(partner, 12, name="高橋 一郎", parent_id=[10, COMPANY], email="ichiro.takahashi@hokuto-foods.example")
    vendor.add(partner, 21, name="港 一郎", email=f"港 一郎 <{SHARED}>")
    vendor.add(partner, 22, name="港 花子", email=SHARED)
    vendor.add(
        partner, 31, name="鈴木 <b>花子</b>", email=HANAKO, comment="<p>電話は<b>午前</b>に。<br/>3&amp;4月は休み</p><script>alert(1)</script>"
    )  # fmt: skip
    vendor.add(partner, 41, name="多忙 太一", email=BUSY)
    vendor.add(partner, 99, name="別人 次郎", email="jiro@other.example")

    stage = {"company_currency": YEN, "type": "opportunity", "user_id": MISAKI}
    vendor.add(
        lead, 1, name="秋の棚替え", partner_id=[11, "田中 太郎"], expected_revenue=1_200_000.0, stage_id=[2, "提案"], probability=40.0,
        write_date="2026-05-20 01:02:03", **stage,
    )  # fmt: skip
    vendor.add(
        lead, 2, name="春の棚替え", partner_id=[10, COMPANY], expected_revenue=800_000.0, stage_id=[4, "受注"], probability=100.0,
        date_closed="2026-03-01 00:00:00", write_date="2026-03-01 00:00:00", **stage,
    )  # fmt: skip
    vendor.add(
        ticket, 1, name=COMPLAINT, partner_id=[11, "田中 太郎"], stage_id=[1, "新規"], priority="2", ticket_type_id=[3, "クレーム"], user_id=MISAKI,
        write_date="2026-05-26 08:00:00",
    )  # fmt: skip
    vendor.add(
        ticket, 2, name="請求書の宛名", partner_id=[10, COMPANY], stage_id=[4, "解決済み"], priority="0", close_date="2026-04-02 00:00:00",
        write_date="2026-04-02 00:00:00",
    )  # fmt: skip
    vendor.add(
        "sale.order", 1, name="S00042", state="sale", partner_id=[10, COMPANY], amount_total=345_600.0, currency_id=YEN,
        date_order="2026-05-02 03:00:00", user_id=MISAKI,
    )  # fmt: skip
    vendor.add(
        "sale.order", 2, name="S00043", state="draft", partner_id=[10, COMPANY], amount_total=1.0, currency_id=YEN
    )
    for key, subject, body, kind, date in (
        (1, "見積の件", "<p>承知しました</p>", "email", "2026-05-27 02:00:00"),
        (2, False, "<p>電話あり。<b>折り返し</b></p>", "comment", "2026-05-12 02:00:00"),
        (3, "納品日", "<p>来週です</p>", "email", "2026-04-12 02:00:00"),
        (4, False, "<p>担当者 → 佐藤</p>", "notification", "2026-05-28 02:00:00"),
    ):
        vendor.add(
            message,
            key,
            model=partner,
            res_id=11,
            subject=subject,
            body=body,
            message_type=kind,
            date=date,
            author_id=[11, "田中 太郎"],
        )
    vendor.rows[message] |= _busy()
    return vendor


class OdooOffice(Office):
    kind = "odoo"
    signed = False
    creates_once: ClassVar[frozenset[Creatable]] = frozenset({"contact", "ticket", "deal"})
    release: ClassVar[int] = 19

    def open_vendor(self, request: pytest.FixtureRequest) -> Vendor:
        self.odoo = with_cast(odoo.Odoo(self.release))
        return self.odoo

    def settings(self) -> dict[str, str]:
        fields = "plan = x_plan\ncontract_end = x_contract_end\nhealth = x_score\n取扱 = category_id"
        return {"url": self.vendor.url, "database": odoo.DATABASE, "login": odoo.LOGIN, "fields": fields}

    def credentials(self) -> dict[str, str]:
        return {"key": odoo.KEY}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "no address": {"url": ""},
            "no such page": {"url": f"{self.vendor.url}/shop"},
            "no such field": {"fields": "plan = x_plann"},
            "not a field": {"fields": "plan = x plan"},
            "not a line": {"fields": "plan"},
            "no such further address": {"addresses": "x_email3"},
            "no such transport": {"transport": "soap"},
        }

    def writes(self, request: Request) -> bool:
        return any(
            word in f"{request.path} {request.body.decode()}"
            for word in ("message_post", "/create", "/unlink", ">create<", ">unlink<")
        )

    def revoke(self) -> None:
        self.odoo.keys.clear()

    def logged(self) -> Sequence[str]:
        files = self.odoo.rows["ir.attachment"]
        return [
            f"{row['subject']} {row['body']} {[files[key]['name'] for key in row['attachment_ids']]}"
            for row in self.odoo.rows["mail.message"].values()
            if row["message_id"]
        ]

    def delivery(self, ref: CrmRef) -> Delivery:
        body = {
            "_action": "Send Webhook Notification(#42)",
            "_id": int(ref.id),
            "_model": "res.partner",
            "email": TARO,
            "id": int(ref.id),
        }
        headers = {"content-type": "application/json", "user-agent": "python-requests/2.31.0"}
        return Delivery(
            "POST", "https://sobani.aoba.example/crm/odoo/c1/secret", headers, json.dumps(body).encode(), self.now
        )

    def garbled(self) -> Delivery:
        return Delivery("POST", "https://sobani.aoba.example/crm/odoo/c1/secret", {}, b'{"hello": 1}', self.now)


OFFICE = OdooOffice

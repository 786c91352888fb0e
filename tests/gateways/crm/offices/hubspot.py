"""HubSpot in the one suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import pytest
from hubspot.utils.signature import Signature

from server.domain.crm import Creatable, CrmKind, CrmRef, Delivery
from tests.gateways.crm.contract import Office
from tests.standins.crm.hubspot import SECRET, TOKEN, HubSpotAccount, cast, event, signed
from tests.standins.crm.server import Request

_URL: Final = "https://sobani.example/webhooks/crm/abc"


class HubSpotOffice(Office):
    kind: ClassVar[CrmKind] = "hubspot"
    lacks = frozenset({"shared"})  # addresses are unique; a property of the team's own is tested apart
    creates_once: ClassVar[frozenset[Creatable]] = frozenset({"contact", "ticket", "deal"})
    vendor: HubSpotAccount

    def open_vendor(self, request: pytest.FixtureRequest) -> HubSpotAccount:
        return cast()

    def settings(self) -> dict[str, str]:
        lines = (
            "plan = plan_name",
            "contract_start = contract_start",
            "contract_end = contract_end",
            "reading = furigana",
            "trend = monthly_value",
            "サポート = company.support_plan",
        )
        return {"url": self.vendor.url, "orders": "yes", "fields": "\n".join(lines)}

    def credentials(self) -> dict[str, str]:
        return {"token": TOKEN, "client_secret": SECRET}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "no such property": {"fields": "plan = plan_nmae"},
            "no such property of companies": {"fields": "plan = company.plan_nmae"},
            "no such address": {"addresses": "mail_2"},
            "not a line": {"fields": "plan"},
            "not a name": {"addresses": "a-b"},
            "not an address": {"url": "api.hubapi.com"},
        }

    def writes(self, request: Request) -> bool:
        return request.method != "GET" and not request.path.endswith(("/search", "/batch/read"))

    def logged(self) -> Sequence[str]:
        found = []
        for number, mail in self.vendor.objects["emails"].items():
            if int(number) < 100_000 and "sobani:" in (mail.get("hs_email_text") or ""):
                files = (mail.get("hs_attachment_ids") or "").split(";")
                names = "".join(self.vendor.files[file].decode("utf-8", "replace") for file in files if file)
                found.append(f"{mail['hs_email_subject']}\n{mail['hs_email_text']}\n{names}")
        return found

    def delivery(self, ref: CrmRef) -> Delivery:
        changed = event("contact.propertyChange", int(ref.id), propertyName="jobtitle", propertyValue="部長")
        headers, body = signed([changed], self.now, url=_URL)
        return Delivery("POST", _URL, headers, body, self.now)

    def garbled(self) -> Delivery:
        body = '[{"eventId": 1}, "?"]'
        signature = Signature.get_signature(SECRET, body, "v3", _URL, "POST", str(self.now))
        headers = {"x-hubspot-request-timestamp": str(self.now), "x-hubspot-signature-v3": signature}
        return Delivery("POST", _URL, headers, body.encode(), self.now)


OFFICE: Final = HubSpotOffice

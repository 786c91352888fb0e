"""Salesforce in the one suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import pytest

from server.domain.crm import Creatable, CrmKind, Trouble
from tests.gateways.crm.contract import Office
from tests.standins.crm.salesforce import CLIENT, SalesforceOrg, cast
from tests.standins.crm.server import How, Request


class SalesforceOffice(Office):
    kind: ClassVar[CrmKind] = "salesforce"
    creates_once: ClassVar[frozenset[Creatable]] = frozenset({"contact", "ticket", "deal"})
    secrets = ("00Dxx0000001gPL!session",)
    vendor: SalesforceOrg

    def open_vendor(self, request: pytest.FixtureRequest) -> SalesforceOrg:
        return cast()

    def settings(self) -> dict[str, str]:
        lines = (
            "plan = Plan__c",
            "reading = Reading__c",
            "contract_end = Contract_End__c",
            "value = Ltv__c",
            "サポート = Account.Support__c",
            "興味 = Lead.Interest__c",
        )
        return {"url": self.vendor.url, "orders": "yes", "currency": "JPY", "fields": "\n".join(lines)}

    def credentials(self) -> dict[str, str]:
        return dict(CLIENT)

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "no such field": {"fields": "plan = Paln__c"},
            "no such field of accounts": {"fields": "plan = Account.Paln__c"},
            "no such field of leads": {"fields": "plan = Lead.Paln__c"},
            "no such address": {"addresses": "Mail2__c"},
            "not a field": {"fields": "plan = a..b"},
            "not a currency": {"currency": "円"},
            "several currencies, and there is one": {"currencies": "several"},
            "not a version": {"version": "latest"},
            "not an address": {"url": "aoba.my.salesforce.com"},
        }

    def writes(self, request: Request) -> bool:
        return request.method == "DELETE" or b'"allOrNone": true' in request.body

    def revoke(self) -> None:
        self.vendor.token = "revoked"
        self.vendor.misbehave("401", times=None, when=lambda call: call.path.startswith("/services/oauth2"))

    def troubles(self, operation: str, how: How) -> frozenset[Trouble | None]:
        # Without a session everything begins at the token's address; a refused one is a refusal, whatever it was called.
        return super().troubles(operation, how)

    def logged(self) -> Sequence[str]:
        found = []
        rows = self.vendor.rows
        for mail in (*rows["EmailMessage"].values(), *rows["Task"].values()):
            text = mail.get("TextBody") or mail.get("Description") or ""
            if "MessageIdentifier" in mail or "sobani:" in text:
                files = [
                    one["Title"]
                    for one in rows["ContentVersion"].values()
                    if one["FirstPublishLocationId"] == mail["Id"]
                ]
                found.append(f"{mail['Subject']}\n{text}\n{files}")
        return found


OFFICE: Final = SalesforceOffice

"""Who is found in Salesforce: contacts and leads by their addresses, accounts by their web site, and people of the same name there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from server.domain.crm import Candidate, CrmRef, RecordKind, Wanted
from server.gateways.crm import values
from server.gateways.crm.people import full_name
from server.gateways.crm.salesforce_api import ID, Api, Row
from server.gateways.crm.salesforce_soql import listed, select, website

COLUMNS: Final[Mapping[RecordKind, str]] = {
    "contact": "Id, FirstName, LastName, Email, MobilePhone, AccountId, Account.Name, Owner.Name",
    "lead": "Id, FirstName, LastName, Email, MobilePhone, Company, Owner.Name",
    "company": "Id, Name, Owner.Name",
}


class People:
    """The queries for them, and what their rows say. `further`: fields of contacts that hold an address besides Email."""

    def __init__(self, connection: str, further: Sequence[str], api: Api) -> None:
        self._connection = connection
        self._further = further
        self._api = api

    def searches(self, wanted: Wanted) -> dict[str, str]:
        """All queries of a look-up, by names of which `person` wants to know its own."""
        emails = listed(one.email for one in wanted.addresses[:10])
        asked: dict[str, str] = {}
        if wanted.addresses:
            either = " OR ".join(f"{field} IN {emails}" for field in ("Email", *self._further))
            asked["contacts"] = self.query(either)
            asked["leads"] = select(COLUMNS["lead"], "Lead", f"Email IN {emails} AND IsConverted = false", "LIMIT 10")
        if wanted.domain:
            asked["accounts"] = select("Id, Name, Website", "Account", website("Website", wanted.domain), "LIMIT 20")
            if words := [word for name in wanted.names[:3] for word in name.split()][:20]:
                there = website("Account.Website", wanted.domain)
                asked["same"] = self.query(f"LastName IN {listed(words)} AND ({there})", 10)
        return asked

    def query(self, where: str, most: int = 20) -> str:
        """The query for contacts."""
        more = "".join(f", {field}" for field in self._further)
        return select(f"{COLUMNS['contact']}{more}", "Contact", where, f"LIMIT {most}")

    def person(self, row: Row, name: str) -> Candidate | None:
        """A contact, or a lead where the query of that name found it."""
        kind: RecordKind = "lead" if name == "leads" else "contact"
        number = values.ident(row.get("Id"))
        if not ID.fullmatch(number):
            return None
        company = row.get("Company") if kind == "lead" else values.at(row, "Account", "Name")
        return Candidate(
            CrmRef(self._connection, kind, number),
            full_name(values.text(row.get("FirstName")), values.text(row.get("LastName"))),
            values.text(company),
            self.addresses(row, kind),
            url=self._api.link(number),
        )

    def account(self, row: Row, domain: str) -> Candidate | None:
        """An account, if the web site really is of this domain."""
        number, name = values.ident(row.get("Id")), values.text(row.get("Name"))
        # LIKE finds hokuto-foods.example.evil too.
        if not ID.fullmatch(number) or values.domain(row.get("Website")) != domain:
            return None
        return Candidate(
            CrmRef(self._connection, "company", number), name, name, domain=domain, url=self._api.link(number)
        )

    def addresses(self, row: Row, kind: RecordKind) -> tuple[str, ...]:
        """All of a person's addresses."""
        more = self._further if kind == "contact" else []
        return values.addresses(row.get("Email"), *(values.at(row, *field.split(".")) for field in more))

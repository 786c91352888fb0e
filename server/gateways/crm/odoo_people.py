"""Who is found in Odoo: partners by their addresses or their company's domain, and leads that are no partners yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.domain.crm import Candidate, CrmRef
from server.gateways.crm import odoo_cells as cells
from server.gateways.crm import values
from server.gateways.crm.odoo_database import Database, Row

_FOUND: Final = (
    "name", "email", "email_normalized", "commercial_company_name", "commercial_partner_id", "is_company", "type", "website",
)  # fmt: skip


class People:
    """Asks for them, and reads what comes. `further`: fields of res.partner with further addresses."""

    def __init__(self, connection: str, further: Sequence[str], db: Database) -> None:
        self._connection = connection
        self._further = further
        self._db = db

    def partners(self, asked: Sequence[str], names: Sequence[str], domain: str) -> list[Candidate]:
        """Partners with one of these addresses, the company of this domain, and its people of these names."""
        terms: list[list[object]] = []
        if asked:
            terms.append([["email_normalized", "in", list(asked)]])
            terms += [[[name, "=ilike", email]] for name in self._further for email in asked]
        if domain:
            company: list[object] = ["|", ["website", "ilike", domain], ["email_normalized", "=like", f"%@{domain}"]]
            terms.append(["&", ["is_company", "=", True], *company])
            if names:
                terms.append(["&", ["name", "in", list(names)], ["email_normalized", "=like", f"%@{domain}"]])
        if not terms:
            return []
        # Polish notation: an "|" before all but the last.
        query = [*(["|"] * (len(terms) - 1)), *(part for term in terms for part in term)]
        # More than are returned: whoever has the address must not be cut off by the branches of a large company.
        rows = self._db.read("res.partner", query, [*_FOUND, *self._further], limit=60)
        people = {
            (cells.first(row.get("commercial_partner_id")), values.text(row.get("email_normalized")))
            for row in rows
            if not _is_place(row)
        }
        found = []
        for row in rows:
            # Odoo keeps the addresses for invoices and deliveries as partners, often with their person's e-mail address.
            if (
                _is_place(row)
                and (cells.first(row.get("commercial_partner_id")), values.text(row.get("email_normalized"))) in people
            ):
                continue
            one = self._candidate(row)
            # The database compares loosely ("%" and "_" in an address, any part of a web site), and may be somebody else's altogether.
            exact = set(one.addresses) & set(asked)
            same = domain and (
                _under(one.domain, domain)
                or (one.name in names and any(_under(email.rpartition("@")[2], domain) for email in one.addresses))
            )
            if one.ref.id and (exact or same):
                found.append(one)
        return found

    def leads(self, asked: Sequence[str]) -> list[Candidate]:
        """Leads that nobody has made a partner of: the others' are found with their partner."""
        query = [["email_normalized", "in", list(asked)], ["partner_id", "=", False]]
        fields = ["name", "contact_name", "partner_name", "email_from", "email_normalized"]
        found = []
        for row in self._db.optional("crm.lead", query, fields, limit=10):
            addresses = values.addresses(row.get("email_normalized"), row.get("email_from"))
            key = values.ident(row.get("id"))
            if key and set(addresses) & set(asked):
                name = values.text(row.get("contact_name")) or values.text(row.get("name"))
                ref = CrmRef(self._connection, "lead", key)
                company = values.text(row.get("partner_name"))
                found.append(Candidate(ref, name, company, addresses, "", self._db.link("crm.lead", key)))
        return found

    def _candidate(self, row: Row) -> Candidate:
        key = values.ident(row.get("id"))
        addresses = values.addresses(
            row.get("email_normalized"), row.get("email"), *(row.get(name) for name in self._further)
        )
        company = row.get("is_company") is True
        host = ""
        if company:
            host = values.domain(row.get("website")) or next((email.rpartition("@")[2] for email in addresses), "")
        return Candidate(
            ref=CrmRef(self._connection, "company" if company else "contact", key),
            name=values.text(row.get("name")),
            company="" if company else values.text(row.get("commercial_company_name")),
            addresses=addresses,
            domain=host,
            url=self._db.link("res.partner", key),
        )


def _is_place(row: Row) -> bool:
    return values.text(row.get("type")) in {"invoice", "delivery", "other"}


def _under(host: str, domain: str) -> bool:
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))

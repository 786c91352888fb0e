"""The customers and companies in a team's kintone: who is found, and what a record of theirs says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.domain.addresses import company_domain
from server.domain.crm import Candidate, CrmError, CrmRef, Record, Wanted
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm import values
from server.gateways.crm.kintone_api import Api
from server.gateways.crm.kintone_apps import Apps, People, listed
from server.gateways.crm.kintone_query import like, within

_CANDIDATES: Final = 20


class Customers:
    """The app of the customers, and that of the companies, where they have one of their own."""

    def __init__(self, connection: str, apps: Apps, api: Api) -> None:
        self._connection = connection
        self._apps = apps
        self._api = api

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """By address, by domain, and by name where the domain is known."""
        customers, companies = self._apps.customers, self._apps.companies
        by_domain = _domains(companies or customers, wanted.domain)
        conditions = _persons(customers, wanted)
        if by_domain and not companies:
            # Only records without an address: a company's people have its domain, too, and would crowd it out.
            none = [within(code, [""]) for code in customers.email if "." not in code]
            conditions.append(" and ".join([f"({' or '.join(by_domain)})", *none]))
        found = self._candidates(customers, conditions, wanted)
        if companies:
            found += self._candidates(companies, by_domain, wanted, company=True)
        return found[:_CANDIDATES]

    def load(self, ref: CrmRef) -> Record:
        """The record alone. What is written down asks for it, too: kintone would take the number of one that is gone."""
        people = self._apps.people(ref.kind)
        fields = self._api.record(people.app, _record_id(ref.id))
        if cells.record_id(fields) != ref.id:
            raise CrmError("garbled", "kintone: another record than the one asked for")
        return self._read(people, ref, fields)

    def _candidates(
        self, people: People, conditions: Sequence[str], wanted: Wanted, *, company: bool = False
    ) -> list[Candidate]:
        """Records that really are what was asked for: not all that the query gave."""
        if not conditions:
            return []
        codes = listed(people.email, (people.name, people.company, people.domain))
        records, _ = self._api.records(
            people.app, [" or ".join(f"({one})" for one in conditions)], codes, limit=_CANDIDATES, cost=1
        )
        found = [self._candidate(people, fields, company=company) for fields in records]
        return [candidate for candidate in found if candidate.ref.id and _fits(candidate, wanted)]

    def _candidate(self, people: People, fields: cells.Fields, *, company: bool) -> Candidate:
        number, addresses = cells.record_id(fields), cells.emails(people, fields)
        name, firm = cells.text(fields, people.name), cells.text(fields, people.company)
        is_company = company or not addresses
        return Candidate(
            ref=CrmRef(self._connection, "company" if is_company else "contact", number),
            name=(name or firm) if is_company else name,
            company=firm or (name if is_company else ""),
            addresses=addresses,
            domain=values.domain(cells.first(fields, people.domain)) if is_company else "",
            url=self._api.show(people.app, number),
        )

    def _read(self, people: People, ref: CrmRef, fields: cells.Fields) -> Record:
        number = values.whole(cells.first(fields, people.health))
        usage = cells.usage(people, fields)
        never = [used.feature for used in usage if not used.last and not any(used.counts)]
        name, firm = cells.text(fields, people.name), cells.text(fields, people.company)
        more = {label: cells.joined(fields, code) for label, code in people.more.items()}
        return Record(
            ref=ref,
            name=name or (firm if ref.kind == "company" else ""),
            reading=cells.text(fields, people.reading),
            company=firm or (name if ref.kind == "company" else ""),
            role=cells.text(fields, people.role),
            addresses=cells.emails(people, fields),
            phone=cells.text(fields, people.phone),
            url=self._api.show(people.app, ref.id),
            owner=cells.joined(fields, people.owner),
            plan=cells.joined(fields, people.plan),
            contract_start=values.day(cells.first(fields, people.contract_start)),
            contract_end=values.day(cells.first(fields, people.contract_end)),
            renewal=values.day(cells.first(fields, people.renewal)),
            products=cells.several(fields, people.products),
            environment=tuple(part for code in people.environment for part in cells.several(fields, code)),
            value=cells.money(fields, people.value, people.currency, people.currency_field),
            trend=cells.numbers(fields, people.trend),
            health=None if number is None else min(max(number, 0), 100),
            usage=usage,
            unused=tuple(dict.fromkeys((*cells.several(fields, people.unused), *never))),
            last_contact=values.moment(cells.first(fields, people.last_contact)),
            note=values.prose(cells.first(fields, people.note)),
            more={label: value for label, value in more.items() if value},
        )


def _domains(people: People, domain: str) -> list[str]:
    """A domain as it may be written, alone or as a website's address. `like` finds words: what it gives is compared again."""
    if not domain or not people.domain:
        return []
    hosts = [domain, f"www.{domain}"]
    written = [
        *hosts,
        *(f"{scheme}://{host}{end}" for scheme in ("https", "http") for host in hosts for end in ("", "/")),
    ]
    return [within(people.domain, written), like(people.domain, domain)]


def _persons(people: People, wanted: Wanted) -> list[str]:
    """By each field of addresses; a colleague of the same name, too, is for the matching to judge."""
    emails = list(dict.fromkeys(asked.email.lower() for asked in wanted.addresses))[:_CANDIDATES]
    conditions = [within(code, emails) for code in people.email] if emails else []
    if wanted.domain and wanted.names and people.name and people.email:
        # Not by the name alone: everybody who is called so would crowd out the addresses.
        there = " or ".join(like(code, wanted.domain) for code in people.email)
        spaced = dict.fromkeys(space.join(name.split()) for name in wanted.names[:5] for space in (" ", "\u3000", ""))
        conditions.append(f"({within(people.name, list(spaced))} and ({there}))")
    return conditions


def _fits(candidate: Candidate, wanted: Wanted) -> bool:
    home = wanted.domain.lower()
    if candidate.ref.kind == "company":
        return bool(home) and candidate.domain == home
    asked = {one.email.lower() for one in wanted.addresses}
    if not asked.isdisjoint(candidate.addresses):
        return True
    named = "".join(candidate.name.split()) in {"".join(name.split()) for name in wanted.names}
    return bool(home) and named and any(company_domain(email) == home for email in candidate.addresses)


def _record_id(number: str) -> str:
    if not (number.isascii() and number.isdigit()):
        raise CrmError("missing", "kintone: not a record's number")
    return number

"""Salesforce: contacts, leads and accounts with their opportunities, cases, orders, tasks and events.

Calls are made by server.gateways.crm.salesforce_api. Beside it, salesforce_line has the tokens and what errors mean, salesforce_soql the
language of queries, salesforce_people who is found, salesforce_items what belongs to a record, salesforce_write what is logged and made.
Sources, read November 2026 on developer.salesforce.com:

- "API Request Limits and Allocations": 100,000 calls in 24 hours (Enterprise), more with licences; 15,000 in a Developer Edition.
  Ours: 40 a minute.
- "Composite": up to 25 requests in one, 5 of them queries, which count as a single call. So a look-up is one call to find and one to load,
  and each query has its own ORDER BY and LIMIT; what the user may not read fails alone.
- Relationship queries: Tasks and Events are subqueries of the person; opportunities are the account's, by a semi-join, and those in which the
  contact has a role (semi-joins cannot stand beside OR).
- CurrencyIsoCode exists only where several currencies are on; without them no field tells the currency: a setting.
- No webhooks over plain HTTP: changes come by Change Data Capture over gRPC. A record is read again when it is stale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from server.domain.crm import (
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    RecordKind,
    Wanted,
)
from server.gateways.crm import mapping, values
from server.gateways.crm.people import full_name
from server.gateways.crm.salesforce_api import NO_OBJECT, TYPES, Api, type_of
from server.gateways.crm.salesforce_items import Items
from server.gateways.crm.salesforce_line import Refusal, Signed
from server.gateways.crm.salesforce_people import COLUMNS, People
from server.gateways.crm.salesforce_soql import select
from server.gateways.crm.salesforce_write import Writing
from server.gateways.crm.spec import Clock, Line, OAuth, Quota, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="salesforce",
    settings=(
        Setting("url", "url", required=True),  # My Domain: https://aoba.my.salesforce.com
        Setting(
            "fields", "lines"
        ),  # "plan = Plan__c", of the account "plan = Account.Plan__c", of leads "plan = Lead.Plan__c"
        Setting("addresses"),  # further fields of contacts that hold an address
        Setting("currency"),  # of an organisation with one currency
        Setting("currencies", "choice", choices=("one", "several"), default="one"),
        Setting("orders", "choice", choices=("no", "yes"), default="no"),
        Setting("complaints", default="Complaint, 苦情, クレーム"),  # values of a case's type or reason
        Setting("log_as", "choice", choices=("auto", "email", "task"), default="auto"),
        Setting("task_status", default="Completed"),
        Setting("deal_stage", default="Prospecting"),
        Setting("deal_days", default="30"),  # until a new opportunity's close date
        Setting("username"),  # of the JWT bearer flow, beside private_key
        Setting(
            "audience", "url", default="https://login.salesforce.com"
        ),  # of the same: test.salesforce.com for a sandbox
        Setting("version", default="62.0"),
    ),
    secrets=(
        Setting("client_id", required=True),
        Setting("client_secret", "secret"),  # client credentials, or with the refresh token of OAuth
        Setting("private_key", "lines"),  # PEM, of the JWT bearer flow
    ),
    abilities=frozenset(
        {
            Ability.DEALS,
            Ability.TICKETS,
            Ability.ORDERS,
            Ability.ACTIVITIES,
            Ability.LOG,
            Ability.LOG_FILES,
            Ability.UNLOG,
            Ability.CREATE_CONTACT,
            Ability.CREATE_TICKET,
            Ability.CREATE_DEAL,
        }
    ),
    quotas=(Quota(40, 60.0),),
    at_once=5,
    calls=MappingProxyType({"find": 1, "load": 1, "once": 1}),  # once: the token
    oauth=OAuth(
        authorize="{url}/services/oauth2/authorize",
        token="{url}/services/oauth2/token",  # noqa: S106 - an address
        scopes=("api", "refresh_token"),
        pkce=True,  # "OAuth 2.0 Web Server Flow for Web App Integration"
    ),
)

_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79}){0,4}")
_NOBODY: Final = "003000000000000AAA"
_DEFAULTS: Final = {"role": "Title", "phone": "Phone", "note": "Description"}


class Salesforce:
    """One organisation. Safe between threads."""

    def __init__(
        self, connection: Connection, secrets: Secrets, line: Line, clock: Clock, settings: Mapping[str, str]
    ) -> None:
        base = settings["url"].rstrip("/")
        self._settings = settings
        self._further = mapping.words(settings["addresses"])
        self._fields = {kind: _fields(settings["fields"], kind) for kind in TYPES}
        self._api = Api(base, settings["version"], Signed(base, settings, secrets, line, clock))
        self._people = People(connection.id, self._further, self._api)
        self._items = Items(settings, self._api, clock)
        self._writing = Writing(settings, self._api, self._people, clock)

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port. People by address, accounts by their web site, and people of the same name there: one call."""
        found: dict[str, Candidate] = {}
        people = self._people
        for name, rows in self._api.ask(people.searches(wanted), needed="contacts").items():
            for row in rows:
                one = people.account(row, wanted.domain) if name == "accounts" else people.person(row, name)
                if one is not None:
                    found.setdefault(one.ref.id, one)
        return list(found.values())[:20]

    def load(self, ref: CrmRef) -> Record:
        """See the port. One call."""
        type_of(ref)
        parts = self._api.ask(self._queries(ref.kind, ref.id), needed="person")
        if not parts["person"]:
            raise CrmError("missing", "the record is gone")
        row = parts["person"][0]
        if values.ident(row.get("Id"))[:15] != ref.id[:15]:
            raise CrmError("garbled", "another record came than was asked for")
        items, done = self._items.read(parts, row)
        more = self._fields[ref.kind]
        first, last = values.text(row.get("FirstName")), values.text(row.get("LastName"))
        name = values.text(row.get("Name")) if ref.kind == "company" else full_name(first, last)
        company = row.get("Company") if ref.kind == "lead" else values.at(row, "Account", "Name")
        record = Record(
            ref=ref,
            name=name,
            company=name if ref.kind == "company" else values.text(company),
            addresses=() if ref.kind == "company" else self._people.addresses(row, ref.kind),
            phone=values.text(row.get("MobilePhone")),
            url=self._api.link(ref.id),
            owner=values.text(values.at(row, "Owner", "Name")),
            last_contact=done,
            items=items,
        )
        currency = values.currency(row.get("CurrencyIsoCode")) or self._settings["currency"]
        return more.fill(record, lambda field: values.at(row, *field.split(".")), currency)

    def check(self) -> None:
        """See the port. What a look-up would ask, of nobody."""
        for kind in TYPES:
            try:
                self._api.ask(self._queries(kind, _NOBODY), needed="person")
            except Refusal as refused:
                if kind == "contact" or refused.code not in NO_OBJECT:
                    raise
        self._api.ask({"contacts": self._people.query("Email = 'nobody@example.com'")}, needed="contacts")

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port. As EmailMessage where that is there, else as Task."""
        return self._writing.log(letter, ref)

    def unlog(self, made: Made) -> None:
        """See the port: the mail goes to the recycle bin, with its files."""
        self._writing.unlog(made)

    def create(self, order: Order) -> Made:
        """See the port."""
        return self._writing.create(order)

    def changed(self, delivery: Delivery) -> Moved:
        """See the port: Salesforce sends none."""
        raise CrmError("unset", f"Salesforce sends no webhooks, and this {delivery.method} is none")

    def _queries(self, kind: RecordKind, number: str) -> dict[str, str]:
        """The record with what was done, as "person", and what else belongs to it."""
        own = [*self._fields[kind].names(), *(self._further if kind == "contact" else ())]
        own += ["CurrencyIsoCode"] if self._settings["currencies"] == "several" else []
        # A field that is named twice is an error.
        columns = {name.lower(): name for name in (*COLUMNS[kind].split(", "), *own)}.values()
        person = select(", ".join((*columns, *self._items.within())), TYPES[kind], f"Id = '{number}'")
        return {"person": person, **self._items.queries(kind, number)}


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Salesforce:
    """See spec.Connect."""
    settings = SPEC.chosen(connection)
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    if not re.fullmatch(r"[0-9]{2}\.0", settings["version"]):
        raise CrmError("mapping", "version")
    if not re.fullmatch(r"[0-9]{1,3}", settings["deal_days"]):
        raise CrmError("mapping", "deal_days")
    if settings["currency"] and not re.fullmatch(r"[A-Z]{3}", settings["currency"]):
        raise CrmError("mapping", "currency")
    named = [*mapping.words(settings["addresses"]), *mapping.fields(settings["fields"], {}).names()]
    if wrong := [name for name in named if not _FIELD.fullmatch(name)]:
        raise CrmError("mapping", f"{wrong[0]} cannot be a field")
    return Salesforce(connection, secrets, line, clock, settings)


def _fields(written: str, kind: RecordKind) -> mapping.Fields:
    """Of the setting, what this kind of record has: fields of an account stand as Account.X, of a lead as Lead.X."""
    prefix = {"company": "Account.", "lead": "Lead."}.get(kind, "")
    own, defaults = mapping.fields(written, {}), dict(_DEFAULTS)
    if kind == "company":
        del defaults["role"]

    def mine(name: str) -> str:
        if prefix:
            return name.removeprefix(prefix) if name.startswith(prefix) else ""
        return "" if name.startswith("Lead.") else name

    known = defaults | {line: mine(name) for line, name in own.known.items() if mine(name)}
    return mapping.Fields(known, {label: mine(name) for label, name in own.more.items() if mine(name)})

"""Salesforce: contacts, leads and accounts with their opportunities, cases, orders, tasks and events.

Queries and writes go through simple-salesforce, which rides on our line; how it logs in is not used, since it would keep the token to
itself. Sources, read November 2026 on developer.salesforce.com:

- "API Request Limits and Allocations": 100,000 calls in 24 hours (Enterprise), more with licences; 15,000 in a Developer Edition. Whoever is
  over it gets 403 REQUEST_LIMIT_EXCEEDED, without Retry-After. Ours: 40 a minute.
- "Composite": up to 25 requests in one, 5 of them queries, which count as a single call. So a look-up is one call to find and one to load,
  and each query has its own ORDER BY and LIMIT; what the user may not read fails alone.
- Relationship queries: Tasks and Events are subqueries of the person; opportunities are the account's, by a semi-join, and those in which the
  contact has a role (semi-joins cannot stand beside OR).
- EmailMessage: there with Enhanced Email or Email-to-Case; MessageIdentifier can be filtered, so a mail that was logged before is found; the
  contact goes into ToIds, or into an EmailMessageRelation of the type FromAddress; the activity on the timeline is made by Salesforce. Without
  it the mail is a Task of the subtype Email, whose Description cannot be filtered: those of the day are compared.
- Values of picklists are the organisation's own, in its own language (Status "完了"): hence settings for those that are written.
- CurrencyIsoCode exists only where several currencies are on; without them no field tells the currency: a setting.
- No webhooks over plain HTTP: changes come by Change Data Capture over gRPC. A record is read again when it is stale.
- OAuth: client credentials and JWT bearer have no refresh token and no expiry is told; a session that has ended is 401 INVALID_SESSION_ID.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import jwt
import msgspec
from msgspec.json import Decoder

from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Item,
    ItemKind,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    RecordKind,
    Trouble,
    Wanted,
)
from server.domain.prepared import prepared
from server.gateways.crm import mapping, values
from server.gateways.crm.marks import mark, marked
from server.gateways.crm.people import first_and_last, full_name
from server.gateways.crm.riders import requests_session
from server.gateways.crm.spec import Clock, Line, OAuth, Quota, Reply, Secrets, Setting, Spec

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

_TOKEN: Final = "/services/oauth2/token"  # noqa: S105 - a path
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79}){0,4}")
_RECENT: Final = "CreatedDate = LAST_N_DAYS:30"
_NOBODY: Final = "003000000000000AAA"
_TEXT: Final = 30_000  # Description and TextBody hold 32,000 characters
_LIMIT_PAUSE: Final = 3_600.0

_TYPES: Final[Mapping[RecordKind, str]] = {"contact": "Contact", "lead": "Lead", "company": "Account"}
_DEFAULTS: Final = {"role": "Title", "phone": "Phone", "note": "Description"}
_OF: Final[Mapping[RecordKind, str]] = {
    "contact": "Id, FirstName, LastName, Email, MobilePhone, AccountId, Account.Name, Owner.Name",
    "lead": "Id, FirstName, LastName, Email, MobilePhone, Company, Owner.Name",
    "company": "Id, Name, Owner.Name",
}
_TASK: Final = "Id, Subject, IsClosed, ActivityDate, CreatedDate, Owner.Name"
_EVENT: Final = "Id, Subject, StartDateTime, CreatedDate, Owner.Name"
_CASE: Final = "Id, CaseNumber, Subject, Status, Priority, Type, Reason, IsClosed, LastModifiedDate, Owner.Name"
_DEAL: Final = ("Id", "Name", "StageName", "Amount", "IsClosed", "LastModifiedDate", "Owner.Name")
_ORDER: Final = ("Id", "OrderNumber", "Status", "TotalAmount", "LastModifiedDate", "Owner.Name")

# "Status Codes and Error Responses": what the errorCode says more than the status. 400 otherwise is a wrong mapping.
_CODES: Final[Mapping[str, Trouble]] = {
    "INVALID_SESSION_ID": "refused",
    "INSUFFICIENT_ACCESS": "refused",
    "INSUFFICIENT_ACCESS_OR_READONLY": "refused",
    "REQUEST_LIMIT_EXCEEDED": "busy",
    "UNABLE_TO_LOCK_ROW": "busy",
    "SERVER_UNAVAILABLE": "down",
    "QUERY_TIMEOUT": "slow",
    "NOT_FOUND": "missing",
    "ENTITY_IS_DELETED": "missing",
    "INVALID_CROSS_REFERENCE_KEY": "missing",
    "MALFORMED_ID": "missing",
    "DUPLICATES_DETECTED": "conflict",
    "DUPLICATE_VALUE": "conflict",
}
_NO_OBJECT: Final = frozenset({"INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})
_NOT_FOR_US: Final = _NO_OBJECT | {"INVALID_FIELD"}
"""An object or a field that the organisation does not have, or this user may not see: the rest is still worth showing."""

Row = Mapping[str, object]


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str = ""


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to one request of several."""

    reference_id: str
    http_status_code: int
    body: object = None


class _Parts(msgspec.Struct, frozen=True, rename="camel"):
    composite_response: list[_Part]


_TOKENS: Final = Decoder(_Token)
_as_parts: Final = prepared(_Parts)


class _Sides(NamedTuple):
    """simple-salesforce twice: what reads may be asked again."""

    read: Any
    write: Any


class Refusal(CrmError):
    """An error that Salesforce has named. `code` is its errorCode."""

    def __init__(self, why: Trouble, code: str, detail: str = "", *, retry_after: float = 0.0, status: int = 0) -> None:
        super().__init__(why, f"{code} {detail}".strip(), retry_after=retry_after, status=status)
        self.code = code


class Salesforce:
    """One organisation. Safe between threads."""

    def __init__(
        self, connection: Connection, secrets: Secrets, line: Line, clock: Clock, settings: Mapping[str, str]
    ) -> None:
        self._connection = connection.id
        self._settings = settings
        self._base = settings["url"].rstrip("/")
        self._clock = clock
        self._line = _Signed(self._base, settings, secrets, line, clock)
        self._several = settings["currencies"] == "several"
        self._addresses = _words(settings["addresses"])
        self._complaints = set(re.split(r"\s*[,、]\s*", settings["complaints"].strip()))
        self._fields = {kind: _fields(settings["fields"], kind) for kind in _TYPES}
        self._lock = threading.Lock()
        self._made: _Sides | None = None

    # ------------------------------------------------------------------ look-ups

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port. People by address, accounts by their web site, and people of the same name there: one call."""
        found: dict[str, Candidate] = {}
        for name, rows in self._ask(self._searches(wanted), needed="contacts").items():
            for row in rows:
                one = self._account(row, wanted.domain) if name == "accounts" else self._person(row, name)
                if one is not None:
                    found.setdefault(one.ref.id, one)
        return list(found.values())[:20]

    def load(self, ref: CrmRef) -> Record:
        """See the port. One call."""
        if ref.kind not in _TYPES or not _ID.fullmatch(ref.id):
            raise CrmError("missing", "Salesforce has no such kind of record, or no such id")
        parts = self._ask(self._loads(ref.kind, ref.id), needed="person")
        if not parts["person"]:
            raise CrmError("missing", "the record is gone")
        row = parts["person"][0]
        if values.ident(row.get("Id"))[:15] != ref.id[:15]:
            raise CrmError("garbled", "another record came than was asked for")
        items, done = self._items(parts, row)
        more = self._fields[ref.kind]
        first, last = values.text(row.get("FirstName")), values.text(row.get("LastName"))
        name = values.text(row.get("Name")) if ref.kind == "company" else full_name(first, last)
        company = row.get("Company") if ref.kind == "lead" else values.at(row, "Account", "Name")
        record = Record(
            ref=ref,
            name=name,
            company=name if ref.kind == "company" else values.text(company),
            addresses=() if ref.kind == "company" else self._of(row, ref.kind),
            phone=values.text(row.get("MobilePhone")),
            url=self._link(ref.id),
            owner=values.text(values.at(row, "Owner", "Name")),
            last_contact=done,
            items=items,
        )
        currency = values.currency(row.get("CurrencyIsoCode")) or self._settings["currency"]
        return more.fill(record, lambda field: values.at(row, *field.split(".")), currency)

    def check(self) -> None:
        """See the port. What a look-up would ask, of nobody."""
        for kind in ("contact", "lead", "company"):
            try:
                self._ask(self._loads(kind, _NOBODY), needed="person")
            except Refusal as refused:
                if kind == "contact" or refused.code not in _NO_OBJECT:
                    raise
        self._ask({"contacts": self._people("Email = 'nobody@example.com'")}, needed="contacts")

    # ------------------------------------------------------------------ writing

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port. As EmailMessage where that is there, else as Task."""
        self._writable(ref)
        day = values.day(letter.at or self._clock())
        asked = {"person": _select("Id", _TYPES[ref.kind], f"Id = '{ref.id}'")}
        that_day = f"{_who(ref)} = '{ref.id}' AND ActivityDate = {day} AND TaskSubtype = 'Email'"
        asked["tasks"] = _select("Id, Description", "Task", that_day, "LIMIT 100")
        as_email = self._settings["log_as"] != "task" and ref.kind != "company"
        if as_email:
            asked["mails"] = _select("Id", "EmailMessage", f"MessageIdentifier = '{mark(letter.key)}'", "LIMIT 1")
        parts = self._ask(asked, needed="person")
        if not parts["person"]:
            raise CrmError("missing", "the record is gone")
        before = [*parts.get("mails", ()), *_ours(parts.get("tasks", ()), letter.key)]
        if before:
            return self._with_files(values.ident(before[0].get("Id")))
        if as_email and "mails" in parts:
            try:
                return self._logged("EmailMessage", letter, ref, day)
            except Refusal as refused:
                if self._settings["log_as"] == "email" or refused.why not in {"mapping", "refused"}:
                    raise
        return self._logged("Task", letter, ref, day)

    def unlog(self, made: Made) -> None:
        """See the port: the mail goes to the recycle bin, with its files."""
        mail, *files = made.id.split("+")
        if not all(map(_ID.fullmatch, (mail, *files))) or mail[:3] not in {"02s", "00T"}:
            raise CrmError("failed", "not the id of a logged mail")
        if files:
            versions = ", ".join(f"'{one}'" for one in files)
            soql = _select("ContentDocumentId", "ContentVersion", f"Id IN ({versions})")
            for row in self._ask({"files": soql}, needed="files")["files"]:
                self._delete("ContentDocument", values.ident(row.get("ContentDocumentId")))
        self._delete("EmailMessage" if mail.startswith("02s") else "Task", mail)

    def create(self, order: Order) -> Made:
        """See the port."""
        if order.kind == "contact":
            made = self._new_contact(order)
        elif order.record is None:
            raise CrmError("failed", "a case or opportunity belongs to a record")
        else:
            self._writable(order.record)
            made = (
                self._new_case(order, order.record) if order.kind == "ticket" else self._new_deal(order, order.record)
            )
        return Made(made, self._link(made))

    def changed(self, delivery: Delivery) -> Moved:
        """See the port: Salesforce sends none."""
        raise CrmError("unset", f"Salesforce sends no webhooks, and this {delivery.method} is none")

    # ------------------------------------------------------------------ finding

    def _searches(self, wanted: Wanted) -> dict[str, str]:
        emails = _list(one.email for one in wanted.addresses[:10])
        asked: dict[str, str] = {}
        if wanted.addresses:
            either = " OR ".join(f"{field} IN {emails}" for field in ("Email", *self._addresses))
            asked["contacts"] = self._people(either)
            asked["leads"] = _select(_OF["lead"], "Lead", f"Email IN {emails} AND IsConverted = false", "LIMIT 10")
        if wanted.domain:
            asked["accounts"] = _select("Id, Name, Website", "Account", _website("Website", wanted.domain), "LIMIT 20")
            if words := [word for name in wanted.names[:3] for word in name.split()][:20]:
                there = _website("Account.Website", wanted.domain)
                asked["same"] = self._people(f"LastName IN {_list(words)} AND ({there})", 10)
        return asked

    def _people(self, where: str, most: int = 20) -> str:
        more = "".join(f", {field}" for field in self._addresses)
        return _select(f"{_OF['contact']}{more}", "Contact", where, f"LIMIT {most}")

    def _person(self, row: Row, name: str) -> Candidate | None:
        kind: RecordKind = "lead" if name == "leads" else "contact"
        number = values.ident(row.get("Id"))
        if not _ID.fullmatch(number):
            return None
        company = row.get("Company") if kind == "lead" else values.at(row, "Account", "Name")
        return Candidate(
            CrmRef(self._connection, kind, number),
            full_name(values.text(row.get("FirstName")), values.text(row.get("LastName"))),
            values.text(company),
            self._of(row, kind),
            url=self._link(number),
        )

    def _account(self, row: Row, domain: str) -> Candidate | None:
        number, name = values.ident(row.get("Id")), values.text(row.get("Name"))
        # LIKE finds hokuto-foods.example.evil too.
        if not _ID.fullmatch(number) or values.domain(row.get("Website")) != domain:
            return None
        return Candidate(CrmRef(self._connection, "company", number), name, name, domain=domain, url=self._link(number))

    def _of(self, row: Row, kind: RecordKind) -> tuple[str, ...]:
        """A person's addresses."""
        more = self._addresses if kind == "contact" else []
        return values.addresses(row.get("Email"), *(values.at(row, *field.split(".")) for field in more))

    # ------------------------------------------------------------------ loading

    def _loads(self, kind: RecordKind, number: str) -> dict[str, str]:
        own = [*self._fields[kind].names(), *(self._addresses if kind == "contact" else [])]
        own += ["CurrencyIsoCode"] if self._several else []
        # A field that is named twice is an error.
        columns = ", ".join({name.lower(): name for name in (*_OF[kind].split(", "), *own)}.values())
        tasks = _select(_TASK, "Tasks", "", f"ORDER BY CreatedDate DESC LIMIT {ITEMS_KEPT}")
        events = _select(_EVENT, "Events", "", "ORDER BY StartDateTime DESC LIMIT 20")
        asked = {"person": _select(f"{columns}, ({tasks}), ({events})", _TYPES[kind], f"Id = '{number}'")}
        if kind == "lead":
            return asked
        account = f"AccountId = '{number}'"
        if kind == "contact":
            theirs = _select("AccountId", "Contact", f"Id = '{number}'")
            account = f"AccountId IN ({theirs})"
        newest = f"ORDER BY IsClosed ASC, LastModifiedDate DESC LIMIT {ITEMS_KEPT}"
        asked["cases"] = _select(_CASE, "Case", f"ContactId = '{number}'" if kind == "contact" else account, newest)
        iso = ["CurrencyIsoCode"] if self._several else []
        deal = [*_DEAL, *iso]
        asked["deals"] = _select(", ".join(deal), "Opportunity", account, newest)
        if kind == "contact":
            through = ", ".join(f"Opportunity.{name}" for name in deal)
            asked["roles"] = _select(through, "OpportunityContactRole", f"ContactId = '{number}'", "LIMIT 20")
        if self._settings["orders"] == "yes":
            asked["orders"] = _select(
                ", ".join((*_ORDER, *iso)), "Order", account, "ORDER BY LastModifiedDate DESC LIMIT 20"
            )
        return asked

    def _items(self, parts: Mapping[str, Sequence[Row]], person: Row) -> tuple[tuple[Item, ...], int]:
        """All items, and when somebody last had to do with them."""
        roles = [values.obj(row.get("Opportunity")) for row in parts.get("roles", ())]
        found = [self._case(row) for row in parts.get("cases", ())]
        found += [self._deal(row) for row in (*parts.get("deals", ()), *roles)]
        found += [self._order(row) for row in parts.get("orders", ())]
        now, done = self._clock(), 0
        for name in ("Tasks", "Events"):
            for row in values.objs(values.at(person, name, "records")):
                at = values.moment(row.get("StartDateTime") or row.get("ActivityDate") or row.get("CreatedDate"))
                found.append(self._item("activity", row, values.text(row.get("Subject")), at))
                if at <= now and row.get("IsClosed") is not False:
                    done = max(done, at)
        once = {(one.kind, one.id): one for one in found if one is not None}
        newest = sorted(once.values(), key=lambda one: one.at, reverse=True)
        kept = sorted(newest, key=lambda one: not one.open)[:ITEMS_KEPT]
        return tuple(sorted(kept, key=lambda one: one.at, reverse=True)), done

    def _case(self, row: Row) -> Item | None:
        title = values.text(row.get("Subject")) or values.text(row.get("CaseNumber"))
        kinds = {values.text(row.get("Type")), values.text(row.get("Reason"))}
        urgent = values.text(row.get("Priority")) in {"High", "Critical", "高", "緊急"}
        one = self._item("ticket", row, title, values.moment(row.get("LastModifiedDate")))
        return one and msgspec.structs.replace(
            one,
            status=values.text(row.get("Status")),
            open=row.get("IsClosed") is False,
            complaint=urgent or bool(kinds & self._complaints),
        )

    def _deal(self, row: Row) -> Item | None:
        one = self._item("deal", row, values.text(row.get("Name")), values.moment(row.get("LastModifiedDate")))
        return one and msgspec.structs.replace(
            one,
            status=values.text(row.get("StageName")),
            open=row.get("IsClosed") is False,
            amount=values.money(row.get("Amount"), row.get("CurrencyIsoCode") or self._settings["currency"]),
        )

    def _order(self, row: Row) -> Item | None:
        one = self._item("order", row, values.text(row.get("OrderNumber")), values.moment(row.get("LastModifiedDate")))
        return one and msgspec.structs.replace(
            one,
            status=values.text(row.get("Status")),
            amount=values.money(row.get("TotalAmount"), row.get("CurrencyIsoCode") or self._settings["currency"]),
        )

    def _item(self, kind: ItemKind, row: Row, title: str, at: int) -> Item | None:
        number = values.ident(row.get("Id"))
        if not _ID.fullmatch(number):
            return None
        by = values.text(values.at(row, "Owner", "Name"))
        return Item(kind, number, title or "—", at, url=self._link(number), by=by)

    # ------------------------------------------------------------------ writing, in parts

    def _writable(self, ref: CrmRef) -> None:
        if ref.kind not in _TYPES or not _ID.fullmatch(ref.id):
            raise CrmError("missing", "Salesforce has no such kind of record, or no such id")

    def _logged(self, kind: str, letter: Letter, ref: CrmRef, day: str) -> Made:
        asked: list[tuple[str, str, Mapping[str, object]]] = []
        if kind == "Task":
            text = marked(letter.text, letter.key, letter.by, _TEXT)
            task = {"Subject": letter.subject[:255], "Description": text, "ActivityDate": day, _who(ref): ref.id}
            asked.append(("mail", kind, {**task, "Status": self._settings["task_status"], "TaskSubtype": "Email"}))
        else:
            incoming = letter.direction == "in"
            at = datetime.fromtimestamp((letter.at or self._clock()) / 1000, UTC)
            mail: dict[str, object] = {
                "Subject": letter.subject[:3_000],
                "TextBody": letter.text[:_TEXT],
                "FromAddress": letter.sender,
                "FromName": letter.sender_name,
                "ToAddress": ";".join(letter.recipients)[:4_000],
                "MessageDate": at.isoformat(timespec="seconds"),
                "Incoming": incoming,
                "Status": "1" if incoming else "3",  # read, sent
                "MessageIdentifier": mark(letter.key),
            }
            if incoming:
                asked.append(("mail", kind, mail))
                relation = {"RelationId": ref.id, "RelationType": "FromAddress", "RelationAddress": letter.sender}
                asked.append(("relation", "EmailMessageRelation", {"EmailMessageId": "@{mail.id}", **relation}))
            else:
                asked.append(("mail", kind, {**mail, "ToIds": [ref.id]}))
        for number, file in enumerate(letter.files):
            data = base64.b64encode(file.content).decode()
            version = {"Title": file.name[:255], "PathOnClient": file.name[:500], "VersionData": data}
            asked.append((f"file{number}", "ContentVersion", {**version, "FirstPublishLocationId": "@{mail.id}"}))
        made = self._write(asked)
        files = [made[f"file{number}"] for number in range(len(letter.files))]
        return Made("+".join((made["mail"], *files)), self._link(made["mail"]))

    def _with_files(self, mail: str) -> Made:
        """What an earlier try has made, with the files that hang on it."""
        soql = _select("ContentDocument.LatestPublishedVersionId", "ContentDocumentLink", f"LinkedEntityId = '{mail}'")
        rows = self._ask({"files": soql}).get("files", ())
        files = [values.ident(values.at(row, "ContentDocument", "LatestPublishedVersionId")) for row in rows]
        return Made("+".join((mail, *filter(_ID.fullmatch, files))), self._link(mail))

    def _new_contact(self, order: Order) -> str:
        known = self._ask({"contacts": self._people(f"Email = {_text(order.email)}")}, needed="contacts")["contacts"]
        if known and order.email in self._of(known[0], "contact"):
            return values.ident(known[0].get("Id"))
        first, last = first_and_last(order.name)
        own: dict[str, object] = {"FirstName": first, "LastName": last or order.email, "Email": order.email}
        if order.record and order.record.kind == "company":
            own["AccountId"] = order.record.id
        return self._write([("made", "Contact", {name: value for name, value in own.items() if value})])["made"]

    def _new_case(self, order: Order, ref: CrmRef) -> str:
        whose = {"contact": "ContactId", "company": "AccountId", "lead": "SuppliedEmail"}[ref.kind]
        who = order.email if ref.kind == "lead" else ref.id
        recent = _select("Id, Description", "Case", f"{whose} = {_text(who)} AND {_RECENT}", "LIMIT 50")
        if before := _ours(self._ask({"cases": recent}, needed="cases")["cases"], order.key):
            return values.ident(before[0].get("Id"))
        own = {"Subject": order.title[:255], "Description": marked(order.text, order.key, limit=_TEXT), whose: who}
        return self._write([("made", "Case", {**own, "SuppliedEmail": order.email, "SuppliedName": order.name[:80]})])[
            "made"
        ]

    def _new_deal(self, order: Order, ref: CrmRef) -> str:
        if ref.kind == "lead":
            raise CrmError("mapping", "a lead has no opportunities before it is converted")
        name = order.title[:120]
        asked = {"deals": _select("Id, Description", "Opportunity", f"Name = {_text(name)} AND {_RECENT}", "LIMIT 50")}
        if ref.kind == "contact":
            asked["person"] = _select("Id, AccountId", "Contact", f"Id = '{ref.id}'")
        parts = self._ask(asked, needed="deals")
        if before := _ours(parts["deals"], order.key):
            return values.ident(before[0].get("Id"))
        own: dict[str, object] = {
            "Name": name,
            "StageName": self._settings["deal_stage"],
            "CloseDate": values.day(self._clock() + int(self._settings["deal_days"]) * 86_400_000),
            "Description": marked(order.text, order.key, limit=_TEXT),
        }
        account = (
            ref.id if ref.kind == "company" else next((row.get("AccountId") for row in parts.get("person", ())), None)
        )
        if account:
            own["AccountId"] = account
        if order.amount:
            own["Amount"] = values.number(order.amount.amount)
            if self._several and order.amount.currency:
                own["CurrencyIsoCode"] = order.amount.currency
        made: list[tuple[str, str, Mapping[str, object]]] = [("made", "Opportunity", own)]
        if ref.kind == "contact":
            role = {"OpportunityId": "@{made.id}", "ContactId": ref.id, "IsPrimary": True}
            made.append(("role", "OpportunityContactRole", role))
        return self._write(made)["made"]

    def _delete(self, kind: str, number: str) -> None:
        try:
            self._call(lambda sides: getattr(sides.write, kind).delete(number))
        except CrmError as error:
            if error.why != "missing":
                raise

    # ------------------------------------------------------------------ calls

    def _ask(self, queries: Mapping[str, str], needed: str = "") -> Mapping[str, Sequence[Row]]:
        """Several queries as one call. Rows by name; a name is missing when this user may not see such objects, unless it is needed."""
        if not queries:
            return {}
        path = f"/services/data/v{self._settings['version']}/query/?q="
        asked = [{"method": "GET", "url": path + quote(soql), "referenceId": name} for name, soql in queries.items()]
        found: dict[str, Sequence[Row]] = {}
        for part in self._composite(asked, all_or_none=False):
            if part.http_status_code < 300:
                rows = values.at(part.body, "records")
                if not isinstance(rows, list) or part.reference_id not in queries:
                    raise CrmError("garbled", "not the records of a query")
                found[part.reference_id] = values.objs(rows)
                continue
            refused = refusal(part.http_status_code, part.body)
            if part.reference_id == needed or refused.code not in _NOT_FOR_US:
                raise refused
        if needed in queries and needed not in found:
            raise CrmError("garbled", "a query without an answer")
        return found

    def _write(self, records: Sequence[tuple[str, str, Mapping[str, object]]]) -> Mapping[str, str]:
        """Make several records or none, in one call. Their ids by name."""
        path = f"/services/data/v{self._settings['version']}/sobjects/"
        asked: list[Mapping[str, object]] = [
            {"method": "POST", "url": path + kind, "referenceId": name, "body": own} for name, kind, own in records
        ]
        made: dict[str, str] = {}
        refused: list[Refusal] = []
        for part in self._composite(asked, all_or_none=True):
            number = values.ident(values.at(part.body, "id"))
            if part.http_status_code < 300 and _ID.fullmatch(number):
                made[part.reference_id] = number
            else:
                refused.append(refusal(part.http_status_code, part.body))
        # The others are only rolled back with the one that failed.
        if real := [one for one in refused if one.code != "PROCESSING_HALTED"] or refused:
            raise real[0]
        if set(made) != {name for name, _, _ in records}:
            raise CrmError("garbled", "not the ids of what was made")
        return made

    def _composite(self, asked: Sequence[Mapping[str, object]], *, all_or_none: bool) -> Sequence[_Part]:
        body = json.dumps({"allOrNone": all_or_none, "compositeRequest": asked})

        def call(sides: _Sides) -> object:
            side = sides.write if all_or_none else sides.read
            return side.restful("composite/", method="POST", data=body)

        try:
            return _as_parts(self._call(call)).composite_response
        except msgspec.ValidationError:
            raise CrmError("garbled", "not the answer to several requests") from None

    def _call(self, call: Callable[[_Sides], object]) -> object:
        try:
            return call(self._sides())
        except CrmError:
            raise
        except (ValueError, RecursionError):
            raise CrmError("garbled", "not JSON") from None

    def _sides(self) -> _Sides:
        with self._lock:
            if self._made is None:
                # Two seconds and 50 MB (it brings a SOAP client), owed only by those who have a Salesforce.
                from simple_salesforce.api import Salesforce as Client  # noqa: PLC0415 - see above

                def client(*, reads: bool) -> Any:
                    session = requests_session(self._line, lambda method, _: reads or method == "GET")
                    return Client(
                        instance_url=self._base,
                        session_id="our line has it",
                        session=session,
                        version=self._settings["version"],
                        object_pairs_hook=dict,
                    )

                self._made = _Sides(client(reads=True), client(reads=False))
            return self._made

    def _link(self, number: str) -> str:
        return f"{self._base}/{number}"


class _Signed:
    """Our line to Salesforce with our token on it: a Line that simple-salesforce rides on."""

    def __init__(self, base: str, settings: Mapping[str, str], secrets: Secrets, line: Line, clock: Clock) -> None:
        self._base = base
        self._settings = settings
        self._secrets = secrets
        self._line = line
        self._clock = clock
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        repeatable: bool | None = None,
        cost: int = 1,
    ) -> Reply:
        """As `Line.send` has it. A session that has ended is renewed once: a 401 has done nothing."""
        path = re.sub(r"^https?://[^/]*", "", url)  # simple-salesforce writes https and the host, whatever it was given
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "x-prettyprint"}

        def once(token: str) -> Reply:
            more = {**kept, "Authorization": f"Bearer {token}"}
            return self._line.send(
                method,
                self._base + path,
                params=params,
                headers=more,
                json=json,
                body=body,
                repeatable=repeatable,
                cost=cost,
            )

        with self._line.within():
            token = self._secrets.get().get("access_token") or self._renewed("")
            try:
                return once(token)
            except CrmError as error:
                if error.status != 401:
                    raise _told(error) from None
            try:
                return once(self._renewed(token))
            except CrmError as error:
                raise _told(error) from None

    def json(self, reply: Reply) -> object:
        """As `Line.json` has it."""
        return self._line.json(reply)

    def within(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """As `Line.within` has it."""
        return self._line.within(seconds)

    def _renewed(self, spent: str) -> str:
        """Another token than the spent one, which everybody then has."""
        with self._lock:
            kept = self._secrets.get()
            if (token := kept.get("access_token", "")) and token != spent:
                return token  # another copy of the service, or another thread, was faster
            try:
                reply = self._line.send(
                    "POST",
                    self._base + _TOKEN,
                    body=urlencode(self._grant(kept)).encode(),
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
            except CrmError as error:
                if error.why in {"mapping", "refused", "missing"}:  # 400 invalid_grant, invalid_client
                    raise CrmError("refused", "no token for these credentials", status=error.status) from None
                raise
            fresh = values.decode(reply.body, _TOKENS)
            renewed = {**kept, "access_token": fresh.access_token}
            if fresh.refresh_token:
                renewed["refresh_token"] = fresh.refresh_token
            self._secrets.put(renewed)
            return fresh.access_token

    def _grant(self, kept: Mapping[str, str]) -> Mapping[str, str]:
        """Ask for a token in the way that the credentials allow."""
        client = {name: kept[name] for name in ("client_id", "client_secret") if kept.get(name)}
        if kept.get("refresh_token"):
            return {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"], **client}
        if kept.get("private_key"):
            claims = {
                "iss": kept.get("client_id", ""),
                "sub": self._settings["username"],
                "aud": self._settings["audience"].rstrip("/"),
                "exp": self._clock() // 1000 + 180,
            }
            try:
                assertion = jwt.encode(claims, kept["private_key"], algorithm="RS256")
            except (jwt.PyJWTError, ValueError, TypeError):
                raise CrmError("unset", "the private key is none") from None
            return {"grant_type": _JWT_BEARER, "assertion": assertion}
        if not kept.get("client_id") or not kept.get("client_secret"):
            raise CrmError("unset", "there are no credentials")
        return {"grant_type": "client_credentials", **client}


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Salesforce:
    """See spec.Connect."""
    settings = {one.name: connection.settings.get(one.name, "").strip() or one.default for one in SPEC.settings}
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    if not re.fullmatch(r"[0-9]{2}\.0", settings["version"]):
        raise CrmError("mapping", "version")
    if not re.fullmatch(r"[0-9]{1,3}", settings["deal_days"]):
        raise CrmError("mapping", "deal_days")
    if settings["currency"] and not re.fullmatch(r"[A-Z]{3}", settings["currency"]):
        raise CrmError("mapping", "currency")
    named = [*_words(settings["addresses"]), *mapping.fields(settings["fields"], {}).names()]
    if wrong := [name for name in named if not _FIELD.fullmatch(name)]:
        raise CrmError("mapping", f"{wrong[0]} cannot be a field")
    return Salesforce(connection, secrets, line, clock, settings)


def refusal(status: int, body: object) -> Refusal:
    """What [{"message", "errorCode"}] says. Of the message only a field's name is kept: it may quote what customers wrote."""
    first = values.objs(body)[:1]
    code = values.ident(values.at(list(first), 0, "errorCode"))
    message = values.at(list(first), 0, "message")
    named = re.search(
        r"(?:column|relationship|sObject type) '([A-Za-z0-9_.]{1,80})'", message if isinstance(message, str) else ""
    )
    why = _CODES.get(code)
    if why is None:
        by_status: Mapping[int, Trouble] = {
            401: "refused",
            403: "refused",
            404: "missing",
            409: "conflict",
            429: "busy",
        }
        why = by_status.get(status, "down" if status >= 500 else "mapping" if code else "garbled")
    pause = 0.0
    if code == "REQUEST_LIMIT_EXCEEDED":  # of the day, or of those that take twenty seconds
        pause = 10.0 if "ConcurrentRequests" in str(message) else _LIMIT_PAUSE
    elif why == "busy":
        pause = 2.0
    code = code if re.fullmatch(r"[A-Z_]{1,60}", code) else f"status {status}"
    return Refusal(why, code, named[1] if named else "", retry_after=pause, status=status)


def _told(error: CrmError) -> CrmError:
    """The same with what Salesforce says of it, where it says something."""
    try:
        body: object = msgspec.json.decode(error.body) if error.status >= 400 else None
    except (msgspec.DecodeError, RecursionError):
        return error
    if not values.at(body, 0, "errorCode"):
        return error
    told = refusal(error.status, body)
    told.retry_after = max(told.retry_after, error.retry_after) if told.why != error.why else error.retry_after
    return told


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


def _select(columns: str, of: str, where: str, rest: str = "") -> str:
    """SOQL. Texts in `where` come from `_text` and `_list`, ids and the names of fields were held against their patterns."""
    return " ".join(filter(None, (f"SELECT {columns} FROM {of}", where and f"WHERE {where}", rest)))  # noqa: S608 - see above


def _who(ref: CrmRef) -> str:
    return "WhatId" if ref.kind == "company" else "WhoId"


def _ours(rows: Sequence[Row], key: str) -> list[Row]:
    return [row for row in rows if mark(key) in values.prose(row.get("Description"), _TEXT * 2)]


def _website(field: str, domain: str) -> str:
    """Conditions on a web site. No wildcard in front: over a large organisation that takes minutes."""
    from simple_salesforce.format import format_soql  # noqa: PLC0415 - as in Salesforce._sides

    starts = [f"{scheme}{www}{domain}" for scheme in ("", "https://", "http://") for www in ("", "www.")]
    return " OR ".join(format_soql(f"{field} LIKE '{{:like}}%'", one) for one in starts)


def _text(value: str) -> str:
    """A text as SOQL quotes it."""
    from simple_salesforce.format import quote_soql_value  # noqa: PLC0415 - as in Salesforce._sides

    return str(quote_soql_value(value))


def _list(several: Iterable[str]) -> str:
    from simple_salesforce.format import quote_soql_value  # noqa: PLC0415 - as in Salesforce._sides

    return str(quote_soql_value(list(several)))


def _words(written: str) -> list[str]:
    return [name for name in re.split(r"[,、\s]+", written) if name]

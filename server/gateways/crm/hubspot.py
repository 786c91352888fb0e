"""HubSpot: contacts and companies with their deals, tickets, orders, notes, mails, calls and meetings.

Objects are read and written through HubSpot's own client (hubspot-api-client 12, /crm/v3), whose requests travel on our line; its models
are not used, they check nothing and its own log would hold what customers write. server.gateways.crm.hubspot_line has what is said of tokens,
hubspot_events of webhooks. Sources, read November 2026 on developers.hubspot.com:

- Limits ("API usage guidelines and limits", changelog "Increasing our API limits"): an app of one account 190 calls in 10 s (Free and
  Starter 100), a public app 110; searches 5 in a second for the whole account. We do not know the edition: 90 in 10 s, 4 searches a second.
- "Contacts": GET /crm/v3/objects/contacts/{address}?idProperty=email with `associations` is one call outside the limit of searches. Further
  addresses of a contact stand in hs_additional_emails, with semicolons. A contact that was merged away answers with its heir, which
  names it in hs_merged_object_ids.
- "Search the CRM": at most 5 groups of 6 filters, values of IN in lower case, new records take some seconds to be found.
- A GET ignores properties that do not exist (OpenAPI document of CRM Objects, v3): a wrong mapping is silent, so `check` looks for the names.

A look-up asks at most: find 1 for a known address, else 3 (the address, one search for contacts, one for the company); load 1 for the
record, 1 for a contact's company, 1 for each kind of item that it has (7); and, once an hour, 4 for the account, owners and pipelines.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec
from msgspec.json import Decoder
from msgspec.structs import replace
from urllib3 import encode_multipart_formdata

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
    Wanted,
)
from server.gateways.crm import hubspot_events as events
from server.gateways.crm import mapping, values
from server.gateways.crm.hubspot_line import Signed
from server.gateways.crm.marks import mark, marked
from server.gateways.crm.people import first_and_last, full_name
from server.gateways.crm.riders import Pool
from server.gateways.crm.spec import Clock, Line, OAuth, Quota, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="hubspot",
    settings=(
        Setting("fields", "lines"),
        Setting("addresses"),  # further properties of contacts that hold an address
        Setting("orders", "choice", choices=("no", "yes"), default="no"),  # needs the scope crm.objects.orders.read
        Setting("complaints", default="COMPLAINT"),  # values of hs_ticket_category
        Setting("ticket_pipeline", default="0"),
        Setting("ticket_stage", default="1"),
        Setting("deal_pipeline", default="default"),
        Setting("deal_stage", default="appointmentscheduled"),
        Setting("url", "url", default="https://api.hubapi.com"),
    ),
    secrets=(
        Setting(
            "token", "secret"
        ),  # of an app for this account only; else OAuth, which fills in access_token and refresh_token
        Setting("client_id"),
        Setting("client_secret", "secret"),  # also signs webhooks
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
            Ability.WEBHOOKS,
        }
    ),
    quotas=(Quota(90, 10.0), Quota(19, 1.0)),
    at_once=6,
    calls=MappingProxyType({"find": 3, "load": 9, "once": 4}),
    oauth=OAuth(
        authorize="https://app.hubspot.com/oauth/authorize",
        token="{url}/oauth/2026-03/token",  # noqa: S106 - an address
        scopes=(
            "oauth",
            "crm.objects.contacts.read",
            "crm.objects.contacts.write",
            "crm.objects.companies.read",
            "crm.objects.deals.read",
            "crm.objects.deals.write",
            "crm.objects.orders.read",
            "crm.objects.owners.read",
            "sales-email-read",
            "tickets",
            "files",
        ),
    ),
)

HOUSE_MS: Final = 60 * 60_000
"""How long owners, pipelines and the account are taken as known."""
_BATCH: Final = 100  # ids of one batch read
_NOTES: Final = 40  # of notes, which come with their whole text
_TEXT: Final = 60_000  # a property holds 65,536 characters
_ID: Final = re.compile(r"[0-9]{1,20}")

_TYPES: Final[Mapping[RecordKind, str]] = {"contact": "contacts", "company": "companies"}
_TYPE_IDS: Final = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5", "orders": "0-123"}
# "Associations", default types: from the new object to what it belongs to; the unlabelled ones, which do not make it primary.
_ASSOCIATED: Final[Mapping[tuple[str, RecordKind], int]] = {
    ("emails", "contact"): 198,
    ("emails", "company"): 186,
    ("tickets", "contact"): 16,
    ("tickets", "company"): 339,
    ("deals", "contact"): 3,
    ("deals", "company"): 341,
    ("contacts", "company"): 279,
}
_DEFAULTS: Final = {
    "role": "jobtitle",
    "phone": "phone",
    "value": "total_revenue",
    "last_contact": "notes_last_contacted",
}
_NAME_CONTACT: Final = ("firstname", "lastname", "email", "hs_additional_emails")
_OF_CONTACT: Final = (
    *_NAME_CONTACT,
    "company",
    "mobilephone",
    "associatedcompanyid",
    "hubspot_owner_id",
    "hs_merged_object_ids",
)
_OF_COMPANY: Final = ("name", "domain", "hs_additional_domains", "hubspot_owner_id", "hs_merged_object_ids")


class _Kind(NamedTuple):
    """How one type of object becomes items."""

    item: ItemKind
    titles: tuple[str, ...]
    at: str
    more: tuple[str, ...] = ()

    @property
    def properties(self) -> list[str]:
        return [*self.titles, self.at, "hubspot_owner_id", *self.more]


_KINDS: Final[Mapping[str, _Kind]] = {
    "deals": _Kind(
        "deal",
        ("dealname",),
        "hs_lastmodifieddate",
        ("amount", "deal_currency_code", "dealstage", "hs_is_closed"),
    ),
    "tickets": _Kind(
        "ticket",
        ("subject",),
        "hs_lastmodifieddate",
        ("hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category"),
    ),
    "orders": _Kind(
        "order",
        ("hs_order_name",),
        "hs_lastmodifieddate",
        ("hs_total_price", "hs_currency_code", "hs_fulfillment_status", "hs_external_order_status"),
    ),
    "notes": _Kind("activity", ("hs_note_body",), "hs_timestamp"),
    "emails": _Kind("activity", ("hs_email_subject",), "hs_timestamp"),
    "calls": _Kind("activity", ("hs_call_title", "hs_body_preview"), "hs_timestamp"),
    "meetings": _Kind("activity", ("hs_meeting_title", "hs_body_preview"), "hs_timestamp"),
}

_T = TypeVar("_T")


class _Object(msgspec.Struct, frozen=True):
    id: str | int
    properties: dict[str, object] = {}
    associations: object = None

    def ids(self, of: str) -> tuple[list[str], bool]:
        """Ids of associated objects, each once (one label is one line), and whether there are more than were said."""
        found = values.at(self.associations, of)
        several = [values.ident(values.at(one, "id")) for one in values.objs(values.at(found, "results"))]
        return [one for one in dict.fromkeys(several) if _ID.fullmatch(one)], bool(values.at(found, "paging", "next"))


class _Page(msgspec.Struct, frozen=True):
    results: list[_Object]
    total: int = 0


class _Stage(msgspec.Struct, frozen=True):
    id: str
    label: str = ""
    metadata: dict[str, object] = {}

    @property
    def closed(self) -> bool:
        return values.flag(self.metadata.get("isClosed")) is True or self.metadata.get("ticketState") == "CLOSED"


class _Pipeline(msgspec.Struct, frozen=True):
    stages: list[_Stage] = []


class _Pipelines(msgspec.Struct, frozen=True):
    results: list[_Pipeline]


class _Owner(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class _Owners(msgspec.Struct, frozen=True):
    results: list[_Owner]


class _Account(msgspec.Struct, frozen=True, rename="camel"):
    portal_id: int = 0
    ui_domain: str = ""
    company_currency: str = ""

    def link(self, kind: str, record: str) -> str:
        """Where HubSpot shows a record; "" while the account is not known, or names a host that is not HubSpot's."""
        host = self.ui_domain
        if not self.portal_id or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.hubspot\.com", host):
            return ""
        return f"https://{host}/contacts/{self.portal_id}/record/{_TYPE_IDS[kind]}/{record}"


class _Property(msgspec.Struct, frozen=True):
    name: str


class _Properties(msgspec.Struct, frozen=True):
    results: list[_Property]


_OBJECT: Final = Decoder(_Object)
_PAGE: Final = Decoder(_Page)
_PIPELINES: Final = Decoder(_Pipelines)
_OWNERS: Final = Decoder(_Owners)
_ACCOUNT: Final = Decoder(_Account)
_PROPERTIES: Final = Decoder(_Properties)


class _Objects(NamedTuple):
    """The three parts of HubSpot's client that we use; it has no types."""

    basic: Any
    batch: Any
    search: Any


class HubSpot:
    """One HubSpot account. Safe between threads."""

    def __init__(
        self, connection: Connection, secrets: Secrets, line: Line, clock: Clock, fields: mapping.Fields
    ) -> None:
        settings = {one.name: connection.settings.get(one.name) or one.default for one in SPEC.settings}
        self._connection = connection.id
        self._secrets = secrets
        self._clock = clock
        self._fields = fields
        self._settings = settings
        self._emails = _names(settings["addresses"])
        self._complaints = set(_names(settings["complaints"]))
        self._kinds = [kind for kind in _KINDS if kind != "orders" or settings["orders"] == "yes"]
        self._line = Signed(settings["url"].rstrip("/"), secrets, line, clock)
        self._lock = threading.Lock()
        self._made: _Objects | None = None
        self._house: dict[str, tuple[int, object]] = {}

    # ------------------------------------------------------------------ look-ups

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port. By address outside the limit of searches; a search only for what that does not find."""
        with self._line.within():
            return self._find(wanted)

    def _find(self, wanted: Wanted) -> Sequence[Candidate]:
        addresses = list(dict.fromkeys(one.email for one in wanted.addresses))[:6]
        found: list[_Object] = []
        if addresses and not self._emails:
            found = self._by_address(addresses)
        if addresses and not any(addresses[0] in self._addresses(one) for one in found):
            found += self._by_search(addresses, wanted)
        contacts = {str(one.id): self._contact(one) for one in found}
        several = list(contacts.values())
        if wanted.domain and not any(set(addresses) & set(one.addresses) for one in several):
            several += self._companies(wanted.domain)
        return several[:20]

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        with self._line.within():
            return self._load(ref)

    def _load(self, ref: CrmRef) -> Record:
        of = _TYPES.get(ref.kind)
        if of is None or not _ID.fullmatch(ref.id):
            raise CrmError("missing", "HubSpot has no such kind of record, or no such id")
        own = [name for name in self._fields.names() if not name.startswith("company.")]
        main = self._get(of, ref.id, [*(_OF_CONTACT if of == "contacts" else _OF_COMPANY), *self._emails, *own])
        if ref.id != str(main.id) and ref.id not in values.texts(main.properties.get("hs_merged_object_ids")):
            raise CrmError("garbled", "another record came than was asked for")
        read = self._read_together(main, ref.kind)
        items, totals = self._items(main, ref.kind, read)
        company = cast("_Object | None", read["company"]) if of == "contacts" else main
        account = self._account()
        record = Record(
            ref=ref,
            name=_name(main.properties) if of == "contacts" else values.text(main.properties.get("name")),
            company=values.text((company.properties if company else {}).get("name"))
            or values.text(main.properties.get("company")),
            addresses=self._addresses(main) if of == "contacts" else (),
            phone=values.text(main.properties.get("mobilephone")),
            url=account.link(of, str(main.id)),
            owner=self._owner(main.properties.get("hubspot_owner_id")),
            last_contact=max((one.at for one in items if one.kind == "activity"), default=0),
            items=items,
            totals=totals,
        )

        def get(name: str) -> object:
            if name.startswith("company."):
                return None if company is None else company.properties.get(name.removeprefix("company."))
            return main.properties.get(name)

        return self._fields.fill(record, get, account.company_currency)

    def check(self) -> None:
        """See the port. A property that does not exist is not an error to HubSpot, so the names are looked up."""
        self._account(anew=True)
        self._ask(lambda api: api.basic.get_page("contacts", limit=1, associations=self._kinds, _preload_content=False))
        own = {name for name in self._fields.names() if not name.startswith("company.")} | set(self._emails)
        known = self._property_names("contacts")
        # A line of the panel may be a property of companies alone: it is then filled when a company is looked at.
        missing = own - known - (self._property_names("companies") if own - known else set())
        theirs = {name.removeprefix("company.") for name in self._fields.names() if name.startswith("company.")}
        if theirs:
            missing |= theirs - self._property_names("companies")
        if missing:
            raise CrmError("mapping", f"no such property: {', '.join(sorted(missing)[:5])}")

    # ------------------------------------------------------------------ writing

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port. The same mail is known again by a mark at the end of its text."""
        self._writable(ref)
        marked_as = mark(letter.key)
        moment = str(letter.at or self._clock())
        same = ("hs_timestamp", moment) if letter.at else None
        if before := self._written("emails", ref, "hs_email_text", marked_as, same):
            files = list(values.texts(before.properties.get("hs_attachment_ids")))
            return self._logged("+".join((str(before.id), *files)), ref)
        files = [self._upload(one.name, one.type, one.content) for one in letter.files]
        sender = {"email": letter.sender, "firstName": letter.sender_name, "lastName": ""}
        headers = {"from": sender, "to": [{"email": one} for one in letter.recipients], "cc": [], "bcc": []}
        direction = {"in": "INCOMING_EMAIL", "out": "EMAIL", "internal": "FORWARDED_EMAIL"}[letter.direction]
        made = self._create(
            "emails",
            {
                "hs_timestamp": moment,
                "hs_email_direction": direction,
                "hs_email_status": "SENT",
                "hs_email_subject": letter.subject,
                "hs_email_text": marked(letter.text, letter.key, letter.by, _TEXT),
                "hs_email_headers": json.dumps(headers, ensure_ascii=False),
                **({"hs_attachment_ids": ";".join(files)} if files else {}),
            },
            ref,
        )
        return self._logged("+".join((made, *files)), ref)

    def unlog(self, made: Made) -> None:
        """See the port: the mail goes to HubSpot's recycling bin, its files are deleted."""
        email, *files = made.id.split("+")
        if not all(map(_ID.fullmatch, (email, *files))):
            raise CrmError("failed", "not the id of a logged mail")
        _gone(lambda: self._ask(lambda api: api.basic.archive("emails", email, _preload_content=False)))
        for file in files:
            _gone(partial(self._line.send, "DELETE", f"{self._line.base}/files/v3/files/{file}"))

    def create(self, order: Order) -> Made:
        """See the port."""
        account = self._account()
        if order.kind == "contact":
            made = self._new_contact(order)
            return Made(made, account.link("contacts", made))
        of = "tickets" if order.kind == "ticket" else "deals"
        if order.record is None:
            raise CrmError("failed", "a ticket or deal belongs to a record")
        self._writable(order.record)
        marked_as = mark(order.key)
        text = "content" if of == "tickets" else "description"
        before = self._written(of, order.record, text, marked_as)
        if before is not None:
            made = str(before.id)
        else:
            own: dict[str, str] = {text: marked(order.text, order.key, limit=_TEXT)}
            if of == "tickets":
                own |= {"subject": order.title, "hs_pipeline": self._settings["ticket_pipeline"]}
                own |= {"hs_pipeline_stage": self._settings["ticket_stage"]}
            else:
                own |= {"dealname": order.title, "pipeline": self._settings["deal_pipeline"]}
                own |= {"dealstage": self._settings["deal_stage"]}
                if order.amount:
                    own["amount"] = order.amount.amount
                    # Only accounts with several currencies have this property; one more would refuse the deal.
                    if order.amount.currency and order.amount.currency != account.company_currency:
                        own["deal_currency_code"] = order.amount.currency
            made = self._create(of, own, order.record)
        return Made(made, account.link(of, made))

    # ------------------------------------------------------------------ webhooks

    def changed(self, delivery: Delivery) -> Moved:
        """See the port. Of a deal or ticket is asked whose it is, of a new contact its addresses: somebody looked for it in vain."""
        events.verify(delivery, self._secrets.get().get("client_secret", ""))
        portal = self._account().portal_id
        told = [one for one in events.read(delivery.body) if not portal or one.portal_id in (portal, str(portal))]
        touched: dict[str, dict[str, None]] = {of: {} for of in ("contacts", "companies", "deals", "tickets")}
        new: list[str] = []
        addresses: list[str] = []
        for event in told:
            for of, number in events.touched(event):
                touched[of][number] = None
                if of == "contacts" and event.subscription_type.endswith((".creation", ".restore")):
                    new.append(number)
            if event.property_name in ("email", "hs_additional_emails", *self._emails):
                addresses += values.addresses(event.property_value)
        for of in ("deals", "tickets"):
            for whose in ("contacts", "companies"):
                for number in self._belongs(of, whose, list(touched[of])[:_BATCH]):
                    touched[whose][number] = None
        for one in self._batch("contacts", new[:_BATCH], [*_NAME_CONTACT, *self._emails]) if new else []:
            addresses += self._addresses(one)
        refs = [CrmRef(self._connection, "contact", one) for one in touched["contacts"]]
        refs += [CrmRef(self._connection, "company", one) for one in touched["companies"]]
        return Moved(tuple(one.id for one in told), tuple(refs), tuple(dict.fromkeys(addresses)))

    # ------------------------------------------------------------------ finding

    def _by_address(self, addresses: Sequence[str]) -> list[_Object]:
        properties = [*_NAME_CONTACT, "company"]
        if len(addresses) > 1:
            return self._batch("contacts", addresses, properties, by="email")
        try:
            reply = self._ask(
                lambda api: api.basic.get_by_id(
                    "contacts", addresses[0], id_property="email", properties=properties, _preload_content=False
                )
            )
        except CrmError as error:
            if error.why == "missing":
                return []
            raise
        return [values.decode(reply, _OBJECT)]

    def _by_search(self, addresses: Sequence[str], wanted: Wanted) -> list[_Object]:
        """Further addresses of contacts, and people of the same name at the same company: one search."""
        groups = [[_filter("email", "IN", addresses)]]
        groups += [[_filter(name, "IN", addresses)] for name in self._emails[:2]]
        if words := [word.lower() for name in wanted.names[:3] for word in name.split()][:20] if wanted.domain else []:
            groups.append([_filter("hs_email_domain", "EQ", wanted.domain), _filter("lastname", "IN", words)])
        room = 5 - len(groups)
        groups += [[_filter("hs_additional_emails", "CONTAINS_TOKEN", one)] for one in addresses[:room]]
        return self._search("contacts", groups, [*_NAME_CONTACT, *self._emails, "company"], most=20).results

    def _companies(self, domain: str) -> list[Candidate]:
        groups = [[_filter("domain", "EQ", domain)], [_filter("hs_additional_domains", "CONTAINS_TOKEN", domain)]]
        page = self._search("companies", groups, ["name", "domain", "hs_additional_domains"], most=5)
        found = []
        for one in page.results:
            name, own = values.text(one.properties.get("name")), values.domain(one.properties.get("domain"))
            others = map(values.domain, values.texts(one.properties.get("hs_additional_domains")))
            own = domain if domain in others else own
            ref = CrmRef(self._connection, "company", str(one.id))
            found.append(Candidate(ref, name, name, domain=own, url=self._link("companies", ref.id)))
        return found

    def _contact(self, one: _Object) -> Candidate:
        return Candidate(
            CrmRef(self._connection, "contact", str(one.id)),
            _name(one.properties),
            values.text(one.properties.get("company")),
            self._addresses(one),
            url=self._link("contacts", str(one.id)),
        )

    def _addresses(self, one: _Object) -> tuple[str, ...]:
        more = [values.texts(one.properties.get(name)) for name in ("hs_additional_emails", *self._emails)]
        return values.addresses(one.properties.get("email"), *(address for several in more for address in several))

    # ------------------------------------------------------------------ loading

    def _read_together(self, main: _Object, whose: RecordKind) -> Mapping[str, object]:
        """All that hangs on a record, and what the account shares, at a time: one after the other they take a second or two."""
        jobs: dict[str, Callable[[], object]] = {"account": self._account, "owners": self._owners}
        for of in self._kinds:
            ids, more = main.ids(of)
            if ids:
                jobs[of] = partial(self._all_of, of, ids, whose, str(main.id), more=more)
            if ids and of in {"deals", "tickets"}:
                jobs[f"stages.{of}"] = partial(self._stages, of)
        if whose == "contact":
            jobs["company"] = partial(self._company_of, main)
        with ThreadPoolExecutor(SPEC.at_once) as pool:
            # Each in a copy of this context: the line's deadline is in it.
            begun = {name: pool.submit(copy_context().run, job) for name, job in jobs.items()}
            return {name: job.result() for name, job in begun.items()}

    def _all_of(
        self, of: str, ids: Sequence[str], whose: RecordKind, number: str, *, more: bool
    ) -> tuple[list[_Object], int]:
        """The objects of one type, the newest where there are too many, and how many there are."""
        kind = _KINDS[of]
        try:
            if more or len(ids) > (_NOTES if of == "notes" else _BATCH):
                whom = _filter(f"associations.{whose}", "EQ", number)
                page = self._search(of, [[whom]], kind.properties, most=ITEMS_KEPT, sort=kind.at)
                return page.results, max(page.total, len(ids))
            return [one for one in self._batch(of, ids, kind.properties) if str(one.id) in ids], len(ids)
        except CrmError as error:
            if error.status == 403:  # the app may not read this type: the rest is still worth showing
                return [], 0
            raise

    def _items(
        self, main: _Object, whose: RecordKind, read: Mapping[str, object]
    ) -> tuple[tuple[Item, ...], dict[str, int]]:
        items: list[Item] = []
        totals: dict[str, int] = {}
        for of in filter(read.__contains__, self._kinds):
            kind = _KINDS[of]
            objects, count = cast("tuple[list[_Object], int]", read[of])
            items += [self._item(of, kind, one, _TYPES[whose], str(main.id)) for one in objects]
            totals[kind.item] = totals.get(kind.item, 0) + count
        newest = sorted(items, key=lambda one: one.at, reverse=True)
        kept = sorted(newest, key=lambda one: not one.open)[:ITEMS_KEPT]
        shown = tuple(sorted(kept, key=lambda one: one.at, reverse=True))
        cut = {kind: most for kind, most in totals.items() if most > sum(one.kind == kind for one in shown)}
        return shown, cut

    def _item(self, of: str, kind: _Kind, one: _Object, whose: str, whom: str) -> Item:
        own = one.properties
        titles = (values.text(own.get(name)) for name in kind.titles)
        account = self._account()
        activity = kind.item == "activity"
        page = account.link(whose, whom) if activity else account.link(of, str(one.id))
        item = Item(
            kind.item,
            str(one.id),
            next(filter(None, titles), "—"),
            values.moment(own.get(kind.at)),
            url=f"{page}?engagement={one.id}" if page and activity else page,
            by=self._owner(own.get("hubspot_owner_id")),
        )
        if of == "deals":
            stage = self._stages(of).get(values.ident(own.get("dealstage")))
            closed = values.flag(own.get("hs_is_closed"))
            currency = own.get("deal_currency_code") or account.company_currency
            return replace(
                item,
                status=stage.label if stage else "",
                open=not (closed if closed is not None else bool(stage and stage.closed)),
                amount=values.money(own.get("amount"), currency),
            )
        if of == "tickets":
            stage = self._stages(of).get(values.ident(own.get("hs_pipeline_stage")))
            urgent = own.get("hs_ticket_priority") in {"HIGH", "URGENT"}
            return replace(
                item,
                status=stage.label if stage else "",
                open=not (stage and stage.closed),
                complaint=urgent or own.get("hs_ticket_category") in self._complaints,
            )
        if of == "orders":
            status = own.get("hs_external_order_status") or own.get("hs_fulfillment_status")
            currency = own.get("hs_currency_code") or account.company_currency
            return replace(item, status=values.text(status), amount=values.money(own.get("hs_total_price"), currency))
        return item

    def _company_of(self, contact: _Object) -> _Object | None:
        number = values.ident(contact.properties.get("associatedcompanyid"))
        if not _ID.fullmatch(number):
            return None
        names = [name.removeprefix("company.") for name in self._fields.names() if name.startswith("company.")]
        try:
            return self._get("companies", number, ["name", "domain", *names], linked=False)
        except CrmError as error:
            if error.why == "missing" or error.status == 403:
                return None
            raise

    # ------------------------------------------------------------------ what the whole account shares

    def _account(self, *, anew: bool = False) -> _Account:
        if anew:
            self._house.pop("account", None)
        return self._shared("account", lambda: self._read("/account-info/v3/details", _ACCOUNT), _Account())

    def _owners(self) -> Mapping[str, str]:
        def read() -> Mapping[str, str]:
            page = self._read("/crm/v3/owners/", _OWNERS, params=[("limit", "500")])
            return {
                one.id: full_name(values.text(one.first_name), values.text(one.last_name)) or values.text(one.email)
                for one in page.results
            }

        return self._shared("owners", read, {})

    def _owner(self, number: object) -> str:
        written = values.ident(number)
        return self._owners().get(written, "") if written else ""

    def _stages(self, of: str) -> Mapping[str, _Stage]:
        def read() -> Mapping[str, _Stage]:
            page = self._read(f"/crm/v3/pipelines/{of}", _PIPELINES)
            return {stage.id: stage for pipeline in page.results for stage in pipeline.stages}

        return self._shared(f"stages.{of}", read, {})

    def _shared(self, name: str, read: Callable[[], _T], nothing: _T) -> _T:
        """What was read within the hour. What the app may not read is nothing: a panel without owners is better than none."""
        kept = self._house.get(name)
        if kept is None or kept[0] < self._clock():
            try:
                value = read()
            except CrmError as error:
                if error.status != 403:
                    raise
                value = nothing
            kept = self._clock() + HOUSE_MS, value
            self._house[name] = kept
        return cast("_T", kept[1])

    def _property_names(self, of: str) -> set[str]:
        return {one.name for one in self._read(f"/crm/v3/properties/{of}", _PROPERTIES).results}

    def _link(self, of: str, number: str) -> str:
        return self._account().link(of, number)

    # ------------------------------------------------------------------ writing, in parts

    def _writable(self, ref: CrmRef) -> None:
        if ref.kind not in _TYPES or not _ID.fullmatch(ref.id):
            raise CrmError("missing", "HubSpot has no such kind of record, or no such id")

    def _written(
        self, of: str, ref: CrmRef, text: str, marked_as: str, also: tuple[str, str] | None = None
    ) -> _Object | None:
        """What an earlier try has made of it at this record."""
        filters = [_filter(f"associations.{ref.kind}", "EQ", ref.id)]
        filters += [_filter(also[0], "EQ", also[1])] if also else []
        wanted = [text, *(["hs_attachment_ids"] if of == "emails" else [])]
        page = self._search(of, [filters], wanted, most=20, sort="hs_createdate" if of == "emails" else "createdate")
        ours = (one for one in page.results if marked_as in values.prose(one.properties.get(text), _TEXT * 2))
        return next(ours, None)

    def _logged(self, made: str, ref: CrmRef) -> Made:
        page = self._link(_TYPES[ref.kind], ref.id)
        return Made(made, f"{page}?engagement={made.partition('+')[0]}" if page else "")

    def _create(self, of: str, properties: Mapping[str, str], ref: CrmRef | None) -> str:
        body: dict[str, object] = {"properties": properties, "associations": []}
        if ref is not None:
            kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _ASSOCIATED[of, ref.kind]}
            body["associations"] = [{"to": {"id": ref.id}, "types": [kind]}]
        reply = self._ask(lambda api: api.basic.create(of, body, _preload_content=False))
        return str(values.decode(reply, _OBJECT).id)

    def _new_contact(self, order: Order) -> str:
        first, last = first_and_last(order.name)
        own = {"email": order.email, "firstname": first, "lastname": last, "company": order.company}
        at = order.record if order.record and order.record.kind == "company" else None
        try:
            return self._create("contacts", {name: value for name, value in own.items() if value}, at)
        except CrmError as error:
            # Addresses are unique in HubSpot: whoever has this one is the contact that was wanted.
            known = re.search(rb"Existing ID: ([0-9]{1,20})", error.body) if error.why == "conflict" else None
            if known:
                return known[1].decode()
            raise

    def _upload(self, name: str, kind: str, content: bytes) -> str:
        options = json.dumps({"access": "PRIVATE", "overwrite": False})
        body, content_type = encode_multipart_formdata(
            {"file": (name, content, kind), "folderPath": "/sobani", "options": options}
        )
        reply = self._line.send(
            "POST", f"{self._line.base}/files/v3/files", body=body, headers={"Content-Type": content_type}
        )
        made = str(values.decode(reply.body, _OBJECT).id)
        if not _ID.fullmatch(made):
            raise CrmError("garbled", "a file without an id")
        return made

    def _belongs(self, of: str, whose: str, ids: Sequence[str]) -> Iterable[str]:
        if not ids:
            return
        inputs = {"inputs": [{"id": one} for one in ids]}
        path = f"{self._line.base}/crm/v3/associations/{of}/{whose}/batch/read"
        reply = self._line.send("POST", path, json=inputs, repeatable=True)
        for one in values.objs(values.at(values.decode(reply.body, values.OBJECT), "results")):
            for to in values.objs(one.get("to")):
                if _ID.fullmatch(number := values.ident(to.get("id"))):
                    yield number

    # ------------------------------------------------------------------ calls

    def _get(self, of: str, number: str, properties: Sequence[str], *, linked: bool = True) -> _Object:
        more: dict[str, object] = {"associations": self._kinds} if linked else {}
        names = list(dict.fromkeys(properties))
        reply = self._ask(lambda api: api.basic.get_by_id(of, number, properties=names, _preload_content=False, **more))
        return values.decode(reply, _OBJECT)

    def _batch(self, of: str, ids: Sequence[str], properties: Sequence[str], *, by: str = "") -> list[_Object]:
        """Read several at once; HubSpot answers 207 and leaves out those that are not there."""
        body: dict[str, object] = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
        body |= {"propertiesWithHistory": []} | ({"idProperty": by} if by else {})
        reply = self._ask(lambda api: api.batch.read(of, body, _preload_content=False))
        return values.decode(reply, _PAGE).results

    def _search(
        self,
        of: str,
        groups: Sequence[Sequence[Mapping[str, object]]],
        properties: Sequence[str],
        *,
        most: int,
        sort: str = "",
    ) -> _Page:
        body: dict[str, object] = {
            "filterGroups": [{"filters": list(group)} for group in groups],
            "properties": list(properties),
            "limit": most,
            "after": "0",
            "sorts": [{"propertyName": sort, "direction": "DESCENDING"}] if sort else [],
        }
        reply = self._ask(lambda api: api.search.do_search(of, body, _preload_content=False))
        return values.decode(reply, _PAGE)

    def _read(self, path: str, shape: Decoder[_T], params: Sequence[tuple[str, str]] = ()) -> _T:
        return values.decode(self._line.send("GET", f"{self._line.base}{path}", params=params).body, shape)

    def _ask(self, call: Callable[[_Objects], Any]) -> bytes:
        """One call of HubSpot's client. The body of its answer, as it came."""
        return bytes(call(self._objects()).data)

    def _objects(self) -> _Objects:
        with self._lock:
            if self._made is None:
                # Half a second and 20 MB, owed only by those who have a HubSpot.
                from hubspot.crm import objects  # noqa: PLC0415 - see above

                client = objects.ApiClient(objects.Configuration(host=self._line.base))
                client.rest_client.pool_manager = Pool(self._line, _reads)
                self._made = _Objects(objects.BasicApi(client), objects.BatchApi(client), objects.SearchApi(client))
            return self._made


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> HubSpot:
    """See spec.Connect."""
    settings = connection.settings
    if not values.link(settings.get("url") or "https://api.hubapi.com"):
        raise CrmError("unset", "url")
    if any(not re.fullmatch(r"[A-Za-z0-9_]{1,100}", name) for name in _names(settings.get("addresses", ""))):
        raise CrmError("mapping", "what is named for addresses cannot be a property")
    return HubSpot(connection, secrets, line, clock, mapping.fields(settings.get("fields", ""), _DEFAULTS))


def _names(written: str) -> list[str]:
    return [name for name in re.split(r"[,、\s]+", written) if name]


def _reads(method: str, url: str) -> bool:
    """Batch reads and searches are POSTs that change nothing."""
    return method == "GET" or url.endswith(("/search", "/batch/read"))


def _filter(name: str, operator: str, value: str | Sequence[str]) -> Mapping[str, object]:
    if isinstance(value, str):
        return {"propertyName": name, "operator": operator, "value": value}
    return {"propertyName": name, "operator": operator, "values": [one.lower() for one in value]}


def _gone(delete: Callable[[], object]) -> None:
    try:
        delete()
    except CrmError as error:
        if error.why != "missing":
            raise


def _name(properties: Mapping[str, object]) -> str:
    return full_name(values.text(properties.get("firstname")), values.text(properties.get("lastname")))

"""HubSpot: contacts and companies with their deals, tickets, orders, notes, mails, calls and meetings.

Objects are read and written through HubSpot's own client (hubspot-api-client 12, /crm/v3), in server.gateways.crm.hubspot_api. Beside it,
hubspot_line has the tokens, hubspot_house what the whole account shares, hubspot_items what hangs on a record, hubspot_write what is logged and
made, and hubspot_events the webhooks. Sources, read November 2026 on developers.hubspot.com:

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

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from types import MappingProxyType
from typing import Final, cast

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
    Wanted,
)
from server.gateways.crm import hubspot_events as events
from server.gateways.crm import mapping, values
from server.gateways.crm.hubspot_api import BATCH, ID, Api, Object, condition, type_of
from server.gateways.crm.hubspot_house import House
from server.gateways.crm.hubspot_items import KINDS, Items
from server.gateways.crm.hubspot_line import Signed
from server.gateways.crm.hubspot_write import Writing
from server.gateways.crm.people import full_name
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
_COMPANY: Final = "company."  # before a field of the contact's company


class HubSpot:
    """One HubSpot account. Safe between threads."""

    def __init__(
        self, connection: Connection, secrets: Secrets, line: Line, clock: Clock, fields: mapping.Fields
    ) -> None:
        settings = SPEC.chosen(connection)
        self._connection = connection.id
        self._secrets = secrets
        self._emails = mapping.words(settings["addresses"])
        self._own = [name for name in fields.names() if not name.startswith(_COMPANY)]
        self._theirs = [name.removeprefix(_COMPANY) for name in fields.names() if name.startswith(_COMPANY)]
        self._fields = fields
        self._kinds = [kind for kind in KINDS if kind != "orders" or settings["orders"] == "yes"]
        self._line = Signed(settings["url"].rstrip("/"), secrets, line, clock)
        self._api = Api(self._line)
        self._house = House(self._api, clock)
        self._items = Items(self._api, self._house, self._kinds, mapping.words(settings["complaints"]))
        self._writing = Writing(self._api, self._house, settings, clock)

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port. By address outside the limit of searches; a search only for what that does not find."""
        with self._line.within():
            return self._find(wanted)

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        with self._line.within():
            return self._load(ref)

    def check(self) -> None:
        """See the port. A property that does not exist is not an error to HubSpot, so the names are looked up."""
        self._house.account(anew=True)
        self._api.first_contact(self._kinds)
        own = {*self._own, *self._emails}
        known = self._house.property_names("contacts")
        # A line of the panel may be a property of companies alone: it is then filled when a company is looked at.
        missing = own - known - (self._house.property_names("companies") if own - known else set())
        if self._theirs:
            missing |= set(self._theirs) - self._house.property_names("companies")
        if missing:
            raise CrmError("mapping", f"no such property: {', '.join(sorted(missing)[:5])}")

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port. The same mail is known again by a mark at the end of its text."""
        return self._writing.log(letter, ref)

    def unlog(self, made: Made) -> None:
        """See the port: the mail goes to HubSpot's recycling bin, its files are deleted."""
        self._writing.unlog(made)

    def create(self, order: Order) -> Made:
        """See the port."""
        return self._writing.create(order)

    def changed(self, delivery: Delivery) -> Moved:
        """See the port. Of a deal or ticket is asked whose it is, of a new contact its addresses: somebody looked for it in vain."""
        events.verify(delivery, self._secrets.get().get("client_secret", ""))
        portal = self._house.account().portal_id
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
                for number in self._api.belongs(of, whose, list(touched[of])[:BATCH]):
                    touched[whose][number] = None
        for one in self._api.batch("contacts", new[:BATCH], [*_NAME_CONTACT, *self._emails]) if new else []:
            addresses += self._addresses(one)
        refs = [CrmRef(self._connection, "contact", one) for one in touched["contacts"]]
        refs += [CrmRef(self._connection, "company", one) for one in touched["companies"]]
        return Moved(tuple(one.id for one in told), tuple(refs), tuple(dict.fromkeys(addresses)))

    # ------------------------------------------------------------------ finding

    def _find(self, wanted: Wanted) -> Sequence[Candidate]:
        addresses = list(dict.fromkeys(one.email for one in wanted.addresses))[:6]
        found: list[Object] = []
        if addresses and not self._emails:
            found = self._api.contacts(addresses, [*_NAME_CONTACT, "company"])
        if addresses and not any(addresses[0] in self._addresses(one) for one in found):
            found += self._by_search(addresses, wanted)
        contacts = {str(one.id): self._contact(one) for one in found}
        several = list(contacts.values())
        if wanted.domain and not any(set(addresses) & set(one.addresses) for one in several):
            several += self._companies(wanted.domain)
        return several[:20]

    def _by_search(self, addresses: Sequence[str], wanted: Wanted) -> list[Object]:
        """Further addresses of contacts, and people of the same name at the same company: one search."""
        groups = [[condition("email", "IN", addresses)]]
        groups += [[condition(name, "IN", addresses)] for name in self._emails[:2]]
        if words := [word.lower() for name in wanted.names[:3] for word in name.split()][:20] if wanted.domain else []:
            groups.append([condition("hs_email_domain", "EQ", wanted.domain), condition("lastname", "IN", words)])
        room = 5 - len(groups)
        groups += [[condition("hs_additional_emails", "CONTAINS_TOKEN", one)] for one in addresses[:room]]
        return self._api.search("contacts", groups, [*_NAME_CONTACT, *self._emails, "company"], most=20).results

    def _companies(self, domain: str) -> list[Candidate]:
        groups = [[condition("domain", "EQ", domain)], [condition("hs_additional_domains", "CONTAINS_TOKEN", domain)]]
        page = self._api.search("companies", groups, ["name", "domain", "hs_additional_domains"], most=5)
        found = []
        for one in page.results:
            name, own = values.text(one.properties.get("name")), values.domain(one.properties.get("domain"))
            others = map(values.domain, values.texts(one.properties.get("hs_additional_domains")))
            own = domain if domain in others else own
            ref = CrmRef(self._connection, "company", str(one.id))
            found.append(Candidate(ref, name, name, domain=own, url=self._house.account().link("companies", ref.id)))
        return found

    def _contact(self, one: Object) -> Candidate:
        return Candidate(
            CrmRef(self._connection, "contact", str(one.id)),
            _name(one.properties),
            values.text(one.properties.get("company")),
            self._addresses(one),
            url=self._house.account().link("contacts", str(one.id)),
        )

    def _addresses(self, one: Object) -> tuple[str, ...]:
        more = [values.texts(one.properties.get(name)) for name in ("hs_additional_emails", *self._emails)]
        return values.addresses(one.properties.get("email"), *(address for several in more for address in several))

    # ------------------------------------------------------------------ loading

    def _load(self, ref: CrmRef) -> Record:
        of = type_of(ref)
        properties = [*(_OF_CONTACT if of == "contacts" else _OF_COMPANY), *self._emails, *self._own]
        main = self._api.get(of, ref.id, properties, linked=self._kinds)
        if ref.id != str(main.id) and ref.id not in values.texts(main.properties.get("hs_merged_object_ids")):
            raise CrmError("garbled", "another record came than was asked for")
        asking: dict[str, Callable[[], object]] = {"account": self._house.account, "owners": self._house.owners}
        asking |= self._items.readers(main, ref)
        if of == "contacts":
            asking["company"] = partial(self._company_of, main)
        said = _together(asking)
        items, totals = self._items.read(main, ref, said)
        company = cast("Object | None", said["company"]) if of == "contacts" else main
        account = self._house.account()
        record = Record(
            ref=ref,
            name=_name(main.properties) if of == "contacts" else values.text(main.properties.get("name")),
            company=values.text((company.properties if company else {}).get("name"))
            or values.text(main.properties.get("company")),
            addresses=self._addresses(main) if of == "contacts" else (),
            phone=values.text(main.properties.get("mobilephone")),
            url=account.link(of, str(main.id)),
            owner=self._house.owner(main.properties.get("hubspot_owner_id")),
            last_contact=max((one.at for one in items if one.kind == "activity"), default=0),
            items=items,
            totals=totals,
        )

        def get(name: str) -> object:
            if name.startswith(_COMPANY):
                return None if company is None else company.properties.get(name.removeprefix(_COMPANY))
            return main.properties.get(name)

        return self._fields.fill(record, get, account.company_currency)

    def _company_of(self, contact: Object) -> Object | None:
        number = values.ident(contact.properties.get("associatedcompanyid"))
        if not ID.fullmatch(number):
            return None
        try:
            return self._api.get("companies", number, ["name", "domain", *self._theirs])
        except CrmError as error:
            if error.why == "missing" or error.status == 403:
                return None
            raise


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> HubSpot:
    """See spec.Connect."""
    settings = SPEC.chosen(connection)
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    if any(not re.fullmatch(r"[A-Za-z0-9_]{1,100}", name) for name in mapping.words(settings["addresses"])):
        raise CrmError("mapping", "what is named for addresses cannot be a property")
    return HubSpot(connection, secrets, line, clock, mapping.fields(settings["fields"], _DEFAULTS))


def _together(asking: Mapping[str, Callable[[], object]]) -> Mapping[str, object]:
    """All that is asked at a time: one after the other it would take a second or two."""
    with ThreadPoolExecutor(SPEC.at_once) as pool:
        # Each in a copy of this context: the line's deadline is in it.
        begun = {name: pool.submit(copy_context().run, ask) for name, ask in asking.items()}
        return {name: one.result() for name, one in begun.items()}


def _name(properties: Mapping[str, object]) -> str:
    return full_name(values.text(properties.get("firstname")), values.text(properties.get("lastname")))

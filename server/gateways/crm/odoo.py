"""Odoo, self-hosted or hosted: partners, leads, helpdesk tickets, sale orders, and the messages on a partner.

Beside it, odoo_rpc has the two transports, odoo_database models, fields and records, odoo_people who is found, odoo_items what a customer has,
odoo_write what is logged and made. Read for this (odoo/odoo and odoo/documentation on GitHub):
- A self-hosted server has no quota; odoo.com publishes none. Ours keeps one customer's look-ups from taking all of its few workers.
- `email_normalized` (addons/mail, mail.thread.blacklist) is the first address of `email`, in lower case, indexed. Other addresses are
  in whatever fields the team has made for them: the setting `addresses`.
- False stands for an empty field of any type; times are UTC without a zone; a many2one comes as [id, name], and a currency's name is
  its ISO code (res.currency), so that amounts need no further call.
- OCA's helpdesk_mgmt has the same `helpdesk.ticket` as the Enterprise module, with `closed_date` for `close_date`.
- addons/base/models/ir_actions.py, _run_action_webhook (17 and later): POST {"_model", "_id", "_action", chosen fields}, unsigned, one second
  to answer, never tried again.
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
    Wanted,
)
from server.gateways.crm import mapping, values
from server.gateways.crm import odoo_cells as cells
from server.gateways.crm.odoo_database import Database, Model, Row
from server.gateways.crm.odoo_items import FIELDS, LEAD, Items
from server.gateways.crm.odoo_people import People
from server.gateways.crm.odoo_write import Writing
from server.gateways.crm.spec import Clock, Line, Quota, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="odoo",
    settings=(
        Setting("url", "url", required=True),
        Setting("database"),
        Setting("login"),  # up to 18: the user that the key belongs to
        Setting("transport", "choice", choices=("auto", "xmlrpc", "json2"), default="auto"),
        Setting("language"),  # "ja_JP": in which stages and choices are named
        Setting("fields", "lines"),
        Setting("addresses"),  # fields of res.partner with further addresses: "x_email2, x_email3"
        Setting("complaints", default="苦情, クレーム, complaint"),  # words in a ticket's type, category or tags
    ),
    secrets=(Setting("key", "secret", required=True),),
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
    quotas=(Quota(300, 60),),
    at_once=4,  # a small server has two to five workers, and its own people wait for the same ones
    # Partners, leads. Partner and company, deals, tickets, orders, messages, names of tags. Beside these, once in an hour: version,
    # user (up to 18), and fields of the six models.
    calls=MappingProxyType({"find": 2, "load": 7, "once": 8}),
)

_DEFAULTS: Final[Mapping[str, str]] = {"role": "function", "note": "comment", "value": "total_invoiced"}
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?(@[a-z]+)?")

_PARTNER: Final = (
    "name", "email", "email_normalized", "phone", "mobile", "parent_id", "commercial_partner_id", "commercial_company_name",
    "company_name", "is_company", "user_id", "website", "currency_id",
)  # fmt: skip


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Odoo:
    """Return the Odoo behind this connection; no call is made."""
    settings = SPEC.chosen(connection)
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    if settings["transport"] not in {"auto", "xmlrpc", "json2"}:
        raise CrmError("mapping", "transport")
    if settings["language"] and not _LANGUAGE.fullmatch(settings["language"]):
        raise CrmError("mapping", "language")
    fields = mapping.fields(settings["fields"], _DEFAULTS)
    further = mapping.words(settings["addresses"])
    for name in (*fields.names(), *further):
        if not _FIELD.fullmatch(name):
            raise CrmError("mapping", f"{name} cannot be a field")
    return Odoo(connection.id, settings, fields, further, secrets, line, clock)


class Odoo:
    """A database of Odoo."""

    def __init__(
        self,
        connection: str,
        settings: Mapping[str, str],
        fields: mapping.Fields,
        further: Sequence[str],
        secrets: Secrets,
        line: Line,
        clock: Clock,
    ) -> None:
        partner = tuple(dict.fromkeys((*_PARTNER, *further, *fields.names())))
        complaints = tuple(phrase.lower() for phrase in mapping.phrases(settings["complaints"]))
        self._connection = connection
        self._fields = fields
        self._further = tuple(further)
        self._line = line
        self._db = Database(settings, {"res.partner": partner, **FIELDS}, secrets, line, clock)
        self._people = People(connection, self._further, self._db)
        self._items = Items(complaints, self._db)
        self._writing = Writing(self._db, self._people, line)

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port."""
        asked = tuple(dict.fromkeys(one.email for one in wanted.addresses if one.email))
        with self._line.within():
            found = self._people.partners(asked, wanted.names if wanted.domain else (), wanted.domain)
            if asked:
                found += self._people.leads(asked)
        return sorted(found, key=lambda one: not set(one.addresses) & set(asked))[:20]

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        with self._line.within():
            return self._load_lead(ref) if ref.kind == "lead" else self._load_partner(ref)

    def check(self) -> None:
        """See the port."""
        self._db.forget()
        with self._line.within():
            partner = self._db.model("res.partner")
            wanted = [name for name in (*self._fields.names(), *self._further) if name not in _DEFAULTS.values()]
            if absent := [name for name in wanted if name not in partner.fields]:
                raise CrmError("mapping", f"res.partner has no {absent[0]}")
            self._db.read("res.partner", [], ["name"], limit=1)

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port."""
        return self._writing.log(letter, ref)

    def unlog(self, made: Made) -> None:
        """See the port."""
        self._writing.unlog(made)

    def create(self, order: Order) -> Made:
        """See the port."""
        return self._writing.create(order)

    def changed(self, delivery: Delivery) -> Moved:
        """See the port."""
        said = values.decode(delivery.body, values.OBJECT)
        model, key = values.text(said.get("_model")), values.ident(said.get("_id"))
        if not model or not key:
            raise CrmError("garbled", "not a webhook of Odoo")
        partner = key if model == "res.partner" else values.ident(cells.first(said.get("partner_id")) or "")
        refs = [CrmRef(self._connection, kind, partner) for kind in ("contact", "company") if partner]
        if model == "crm.lead":
            refs.append(CrmRef(self._connection, "lead", key))
        addresses = values.addresses(said.get("email_normalized"), said.get("email"), said.get("email_from"))
        # Unsigned: whoever knows the path can say it. So it is only a hint, and it repeats nothing that could be forged.
        return Moved(refs=tuple(refs), addresses=addresses, hint=True)

    # ------------------------------------------------------------------ loading

    def _load_partner(self, ref: CrmRef) -> Record:
        key = cells.number(ref.id)
        model = self._db.model("res.partner")
        # The partner with all that stand above it, archived ones too: the company is read in the same call.
        rows = self._db.read(
            "res.partner",
            [["id", "parent_of", [key]]],
            model.some(*_PARTNER, *self._further, *self._fields.names()),
            limit=20,
            context={"active_test": False},
        )
        by_id = {values.ident(row.get("id")): row for row in rows}
        row = by_id.get(str(key))
        if row is None:
            raise CrmError("missing", "no such partner")
        above = cells.first(row.get("commercial_partner_id")) or key
        company = by_id.get(str(above), row)
        items = self._items.of(above, "res.partner", key)
        tags = self._tags(model, (row, company))

        def get(name: str) -> object:
            """What the partner says, or else its company."""
            for one in (row, company):
                said = "、".join(tags.get((id(one), name), ())) or model.plain(name, one.get(name))
                if said not in (None, "", 0, []):
                    return said
            return None

        business = ref.kind == "company" or row.get("is_company") is True
        record = Record(
            ref=ref,
            name=values.text(row.get("name")),
            company=""
            if business
            else values.text(row.get("commercial_company_name")) or values.text(row.get("company_name")),
            addresses=values.addresses(
                row.get("email_normalized"), row.get("email"), *(row.get(name) for name in self._further)
            ),
            phone=values.text(row.get("phone")) or values.text(row.get("mobile")),
            url=self._db.link("res.partner", str(key)),
            owner=cells.name(row.get("user_id")) or cells.name(company.get("user_id")),
            last_contact=max((item.at for item in items if item.kind == "activity"), default=0),
            items=items,
        )
        return self._fields.fill(
            record, get, cells.name(company.get("currency_id")) or cells.name(row.get("currency_id"))
        )

    def _load_lead(self, ref: CrmRef) -> Record:
        key = cells.number(ref.id)
        fields = self._db.model("crm.lead").some(*LEAD)
        rows = self._db.read("crm.lead", [["id", "=", key]], fields, limit=1, context={"active_test": False})
        row = next((row for row in rows if values.ident(row.get("id")) == str(key)), None)
        if row is None:
            raise CrmError("missing", "no such lead")
        messages = self._items.messages("crm.lead", key)
        return Record(
            ref=ref,
            name=values.text(row.get("contact_name")) or values.text(row.get("name")),
            company=values.text(row.get("partner_name")),
            role=values.text(row.get("function")),
            addresses=values.addresses(row.get("email_normalized"), row.get("email_from")),
            phone=values.text(row.get("phone")) or values.text(row.get("mobile")),
            url=self._db.link("crm.lead", str(key)),
            owner=cells.name(row.get("user_id")),
            last_contact=max((item.at for item in messages), default=0),
            note=values.prose(row.get("description")),
            items=values.kept((self._items.deal(row), *messages)),
        )

    def _tags(self, model: Model, rows: Sequence[Row]) -> Mapping[tuple[int, str], list[str]]:
        """Names where a field that the team chose holds several records: such a field comes as bare numbers. At most two kinds of them."""
        many = {
            name: values.text(model.fields[name].get("relation"))
            for name in self._fields.names()
            if name in model.fields and values.text(model.fields[name].get("type")) in {"many2many", "one2many"}
        }
        found: dict[tuple[int, str], list[str]] = {}
        for relation in tuple(dict.fromkeys(many.values()))[:2]:
            names = [name for name, of in many.items() if of == relation]
            numbers = sorted({number for row in rows for name in names for number in cells.numbers(row.get(name))})[:80]
            if not numbers:
                continue
            said = self._db.optional(relation, [["id", "in", numbers]], ["display_name"], limit=80)
            called = {cells.first(row.get("id")): values.text(row.get("display_name")) for row in said}
            for row in rows:
                for name in names:
                    found[id(row), name] = [
                        called[number] for number in cells.numbers(row.get(name)) if called.get(number)
                    ]
        return found

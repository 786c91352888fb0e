"""Odoo, self-hosted or hosted: partners, leads, helpdesk tickets, sale orders, and the messages on a partner.

Read for this (odoo/odoo and odoo/documentation on GitHub; server.gateways.crm.odoo_rpc names what is said of the two transports):
- A self-hosted server has no quota; odoo.com publishes none. Ours keeps one customer's look-ups from taking all of its few workers.
- `email_normalized` (addons/mail, mail.thread.blacklist) is the first address of `email`, in lower case, indexed. Other addresses are
  in whatever fields the team has made for them: the setting `addresses`.
- False stands for an empty field of any type; times are UTC without a zone; a many2one comes as [id, name], and a currency's name is
  its ISO code (res.currency), so that amounts need no further call.
- Models depend on what is installed, fields on version and rights (`mobile` left res.partner in 19): `fields_get` with the names that
  are wanted is asked once in an hour for each model, and nothing else is ever read. OCA's helpdesk_mgmt has the same `helpdesk.ticket` as
  the Enterprise module, with `closed_date` for `close_date`.
- message_post (addons/mail/models/mail_thread.py): the subtype mail.mt_note is internal, nobody is mailed. Text is escaped since 17
  unless `body_is_html`, which is there for callers from outside; before 17 there is no such argument, and text is HTML.
- `tracking_disable` (mail.thread.create): without it the first stage of a helpdesk team mails the customer by its template.
- addons/base/models/ir_actions.py, _run_action_webhook (17 and later): POST {"_model", "_id", "_action", chosen fields}, unsigned, one second
  to answer, never tried again.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from server.domain.addresses import visible
from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Item,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Wanted,
)
from server.gateways.crm import mapping, values
from server.gateways.crm.odoo_rpc import Account, Json2, NotForUs, Rpc, XmlRpc, version
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
_HOUR: Final = 3_600_000
_WRITING: Final = 15.0  # seconds for the several calls of a write
_EACH: Final = 20  # deals, tickets, orders, messages of one look-up
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?(@[a-z]+)?")

_FOUND: Final = (
    "name", "email", "email_normalized", "commercial_company_name", "commercial_partner_id", "is_company", "type", "website",
)  # fmt: skip
_PARTNER: Final = (
    "name", "email", "email_normalized", "phone", "mobile", "parent_id", "commercial_partner_id", "commercial_company_name",
    "company_name", "is_company", "user_id", "website", "currency_id",
)  # fmt: skip
_LEAD: Final = (
    "name", "contact_name", "partner_name", "partner_id", "email_from", "email_normalized", "phone", "mobile", "function",
    "description", "type", "stage_id", "probability", "date_closed", "expected_revenue", "company_currency", "user_id", "write_date",
)  # fmt: skip
_TICKET: Final = (
    "name", "number", "ticket_ref", "stage_id", "user_id", "priority", "close_date", "closed_date", "closed", "ticket_type_id", "category_id",
    "type_id", "write_date",
)  # fmt: skip
_SALE: Final = ("name", "state", "amount_total", "currency_id", "date_order", "user_id")
_MESSAGE: Final = ("date", "subject", "preview", "body", "author_id", "message_type", "res_id")

_Row = Mapping[str, object]


class _Model(NamedTuple):
    """What a model has of what we would read: name -> description. `at`: when it was asked; nothing at all: not installed, or not for us."""

    fields: Mapping[str, _Row]
    at: int

    def some(self, *wanted: str) -> list[str]:
        return [name for name in wanted if name in self.fields]


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Odoo:
    """Return the Odoo behind this connection; no call is made."""
    settings = {
        setting.name: connection.settings.get(setting.name, "").strip() or setting.default for setting in SPEC.settings
    }
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    if settings["transport"] not in {"auto", "xmlrpc", "json2"}:
        raise CrmError("mapping", "transport")
    if settings["language"] and not _LANGUAGE.fullmatch(settings["language"]):
        raise CrmError("mapping", "language")
    fields = mapping.fields(settings["fields"], _DEFAULTS)
    extra = tuple(name for name in re.split(r"[,、\s]+", settings["addresses"]) if name)
    for name in (*fields.names(), *extra):
        if not _FIELD.fullmatch(name):
            raise CrmError("mapping", f"{name} cannot be a field")
    return Odoo(connection.id, settings, fields, extra, secrets, line, clock)


class Odoo:
    """A database of Odoo."""

    def __init__(
        self,
        connection: str,
        settings: Mapping[str, str],
        fields: mapping.Fields,
        extra: Sequence[str],
        secrets: Secrets,
        line: Line,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._url = settings["url"].rstrip("/").removesuffix("/odoo").removesuffix("/web")
        self._fields = fields
        self._extra = tuple(extra)
        self._complaints = tuple(word.lower() for word in re.split(r"\s*[,、]\s*", settings["complaints"]) if word)
        self._secrets = secrets
        self._line = line
        self._clock = clock
        # What is asked once. Two threads may ask at the same time; they hear the same.
        self._version = 0
        self._rpc: tuple[str, Rpc] | None = None
        self._models: dict[str, _Model] = {}

    # ------------------------------------------------------------------ find

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        asked = tuple(dict.fromkeys(one.email for one in wanted.addresses if one.email))
        with self._line.within():
            found = self._people(asked, wanted.names if wanted.domain else (), wanted.domain)
            if asked:
                found += self._leads(asked)
        return sorted(found, key=lambda one: not set(one.addresses) & set(asked))[:20]

    def _people(self, asked: Sequence[str], names: Sequence[str], domain: str) -> list[Candidate]:
        terms: list[list[object]] = []
        if asked:
            terms.append([["email_normalized", "in", list(asked)]])
            terms += [[[name, "=ilike", email]] for name in self._extra for email in asked]
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
        rows = self._read("res.partner", query, [*_FOUND, *self._extra], limit=60)
        people = {
            (_first(row.get("commercial_partner_id")), values.text(row.get("email_normalized")))
            for row in rows
            if not _is_place(row)
        }
        found = []
        for row in rows:
            # Odoo keeps the addresses for invoices and deliveries as partners, often with their person's e-mail address.
            if (
                _is_place(row)
                and (_first(row.get("commercial_partner_id")), values.text(row.get("email_normalized"))) in people
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

    def _candidate(self, row: _Row) -> Candidate:
        key = values.ident(row.get("id"))
        addresses = values.addresses(
            row.get("email_normalized"), row.get("email"), *(row.get(name) for name in self._extra)
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
            url=self._link("res.partner", key),
        )

    def _leads(self, asked: Sequence[str]) -> list[Candidate]:
        """Leads that nobody has made a partner of: the others' are found with their partner."""
        query = [["email_normalized", "in", list(asked)], ["partner_id", "=", False]]
        fields = ["name", "contact_name", "partner_name", "email_from", "email_normalized"]
        found = []
        for row in self._optional("crm.lead", query, fields, limit=10):
            addresses = values.addresses(row.get("email_normalized"), row.get("email_from"))
            key = values.ident(row.get("id"))
            if key and set(addresses) & set(asked):
                name = values.text(row.get("contact_name")) or values.text(row.get("name"))
                ref = CrmRef(self._connection, "lead", key)
                company = values.text(row.get("partner_name"))
                found.append(Candidate(ref, name, company, addresses, "", self._link("crm.lead", key)))
        return found

    # ------------------------------------------------------------------ load

    def load(self, ref: CrmRef) -> Record:
        with self._line.within():
            return self._load_lead(ref) if ref.kind == "lead" else self._load_partner(ref)

    def _load_partner(self, ref: CrmRef) -> Record:
        key = _number(ref.id)
        model = self._model("res.partner")
        # The partner with all that stand above it, archived ones too: the company is read in the same call.
        rows = self._read(
            "res.partner",
            [["id", "parent_of", [key]]],
            model.some(*_PARTNER, *self._extra, *self._fields.names()),
            limit=20,
            context={"active_test": False},
        )
        by_id = {values.ident(row.get("id")): row for row in rows}
        row = by_id.get(str(key))
        if row is None:
            raise CrmError("missing", "no such partner")
        above = _first(row.get("commercial_partner_id")) or key
        company = by_id.get(str(above), row)
        items = self._items(above, "res.partner", key)
        tags = self._tags(model, (row, company))

        def get(name: str) -> object:
            """What the partner says, or else its company."""
            for one in (row, company):
                said = "、".join(tags.get((id(one), name), ())) or self._plain(model, name, one.get(name))
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
                row.get("email_normalized"), row.get("email"), *(row.get(name) for name in self._extra)
            ),
            phone=values.text(row.get("phone")) or values.text(row.get("mobile")),
            url=self._link("res.partner", str(key)),
            owner=_name(row.get("user_id")) or _name(company.get("user_id")),
            last_contact=max((item.at for item in items if item.kind == "activity"), default=0),
            items=items,
        )
        return self._fields.fill(record, get, _name(company.get("currency_id")) or _name(row.get("currency_id")))

    def _load_lead(self, ref: CrmRef) -> Record:
        key = _number(ref.id)
        fields = self._model("crm.lead").some(*_LEAD)
        rows = self._read("crm.lead", [["id", "=", key]], fields, limit=1, context={"active_test": False})
        row = next((row for row in rows if values.ident(row.get("id")) == str(key)), None)
        if row is None:
            raise CrmError("missing", "no such lead")
        messages = self._messages("crm.lead", key)
        return Record(
            ref=ref,
            name=values.text(row.get("contact_name")) or values.text(row.get("name")),
            company=values.text(row.get("partner_name")),
            role=values.text(row.get("function")),
            addresses=values.addresses(row.get("email_normalized"), row.get("email_from")),
            phone=values.text(row.get("phone")) or values.text(row.get("mobile")),
            url=self._link("crm.lead", str(key)),
            owner=_name(row.get("user_id")),
            last_contact=max((item.at for item in messages), default=0),
            note=values.prose(row.get("description")),
            items=_kept([self._deal(row), *messages]),
        )

    def _items(self, above: int, model: str, key: int) -> tuple[Item, ...]:
        """What the whole company has: an order is as often its own as one of its people's."""
        theirs: list[object] = ["partner_id", "child_of", [above]]
        deals = self._optional(
            "crm.lead",
            [theirs, ["type", "=", "opportunity"], ["date_closed", "=", False], ["probability", "<", 100]],
            self._model("crm.lead").some(*_LEAD),
            order="write_date desc",
        )
        tickets = self._model("helpdesk.ticket")
        closed = next(iter(tickets.some("close_date", "closed_date")), "")
        # PostgreSQL puts what has no date first: those that are open.
        cases = self._optional(
            "helpdesk.ticket",
            [theirs],
            tickets.some(*_TICKET),
            order=f"{closed} desc, write_date desc" if closed else "write_date desc",
        )
        sales = self._optional(
            "sale.order",
            [theirs, ["state", "not in", ["draft", "cancel"]]],
            self._model("sale.order").some(*_SALE),
            order="date_order desc",
        )
        return _kept(
            [
                *map(self._deal, deals),
                *map(self._ticket, cases),
                *map(self._sale, sales),
                *self._messages(model, key),
            ]
        )

    def _deal(self, row: _Row) -> Item:
        key = values.ident(row.get("id"))
        worth = row.get("expected_revenue")
        return Item(
            kind="deal",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("write_date")),
            status=_name(row.get("stage_id")),
            open=not row.get("date_closed"),
            amount=values.money(worth, _name(row.get("company_currency"))) if worth else None,
            url=self._link("crm.lead", key),
            by=_name(row.get("user_id")),
        )

    def _ticket(self, row: _Row) -> Item:
        key = values.ident(row.get("id"))
        kinds = [_name(row.get(name)).lower() for name in ("ticket_type_id", "category_id", "type_id")]
        return Item(
            kind="ticket",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("write_date")),
            status=_name(row.get("stage_id")),
            open=not (row.get("close_date") or row.get("closed_date") or row.get("closed")),
            complaint=row.get("priority") == "3" or any(word in kind for kind in kinds for word in self._complaints),
            url=self._link("helpdesk.ticket", key),
            by=_name(row.get("user_id")),
        )

    def _sale(self, row: _Row) -> Item:
        key = values.ident(row.get("id"))
        return Item(
            kind="order",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("date_order")),
            status=values.text(self._plain(self._model("sale.order"), "state", row.get("state"))),
            open=row.get("state") == "sent",
            amount=values.money(row.get("amount_total"), _name(row.get("currency_id"))),
            url=self._link("sale.order", key),
            by=_name(row.get("user_id")),
        )

    def _messages(self, model: str, key: int) -> list[Item]:
        """Mails and notes; not what Odoo writes itself when a field changes."""
        known = self._model("mail.message")
        # A body can be a mail of a megabyte with its pictures inside; what is shown is its beginning.
        fields = [name for name in known.some(*_MESSAGE) if name != "body" or "preview" not in known.fields]
        query = [
            ["model", "=", model],
            ["res_id", "=", key],
            ["message_type", "not in", ["notification", "user_notification", "auto_comment"]],
        ]
        found = []
        for row in self._optional("mail.message", query, fields, order="id desc"):
            title = values.text(row.get("subject")) or values.text(row.get("preview")) or values.text(row.get("body"))
            if title and row.get("res_id") == key:
                found.append(
                    Item(
                        kind="activity",
                        id=values.ident(row.get("id")),
                        title=title,
                        at=values.moment(row.get("date")),
                        status=values.text(self._plain(known, "message_type", row.get("message_type"))),
                        url=self._link(model, str(key)),
                        by=_name(row.get("author_id")),
                    )
                )
        return found

    def _tags(self, model: _Model, rows: Sequence[_Row]) -> Mapping[tuple[int, str], list[str]]:
        """Names where a field that the team chose holds several records: such a field comes as bare numbers. At most two kinds of them."""
        many = {
            name: values.text(model.fields[name].get("relation"))
            for name in self._fields.names()
            if name in model.fields and values.text(model.fields[name].get("type")) in {"many2many", "one2many"}
        }
        found: dict[tuple[int, str], list[str]] = {}
        for relation in tuple(dict.fromkeys(many.values()))[:2]:
            names = [name for name, of in many.items() if of == relation]
            numbers = sorted({number for row in rows for name in names for number in _numbers(row.get(name))})[:80]
            if not numbers:
                continue
            said = self._optional(relation, [["id", "in", numbers]], ["display_name"], limit=80)
            called = {_first(row.get("id")): values.text(row.get("display_name")) for row in said}
            for row in rows:
                for name in names:
                    found[id(row), name] = [called[number] for number in _numbers(row.get(name)) if called.get(number)]
        return found

    def _plain(self, model: _Model, name: str, value: object) -> object:
        """A value as a person reads it: the name of a record, the words of a choice."""
        if value is False or value is None:
            kind = model.fields.get(name, {}).get("type")
            return value if kind == "boolean" else None
        if isinstance(value, list):
            return _name(value) or None
        choices = model.fields.get(name, {}).get("selection")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, list) and len(choice) == 2 and choice[0] == value:
                return choice[1]
        return value

    # ------------------------------------------------------------------ write

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        with self._line.within(_WRITING):
            return self._log(letter, ref)

    def _log(self, letter: Letter, ref: CrmRef) -> Made:
        model, key = ("crm.lead" if ref.kind == "lead" else "res.partner"), _number(ref.id)
        # The Message-ID of the note, so that a second try finds the first.
        mark = f"<{_digest(letter.key)}.sobani@{urlsplit(self._url).hostname}>"
        query = [["message_id", "=", mark], ["model", "=", model], ["res_id", "=", key]]
        for row in self._read("mail.message", query, ["res_id"], limit=1):
            if row.get("res_id") == key and isinstance(row.get("id"), int):
                return Made(str(row["id"]), self._link(model, str(key)))
        files = self._upload(letter, model, key)
        modern = self._which() >= 17
        try:
            said = self._api().call(
                model,
                "message_post",
                [key],
                body=_letter(letter),
                subject=visible(letter.subject)[:500],
                message_type="comment",
                subtype_xmlid="mail.mt_note",
                message_id=mark,
                attachment_ids=files,
                # The user of the key becomes no follower of the customer; named so up to 18, and so from 19 on.
                context=self._context(mail_create_nosubscribe=True, mail_post_autofollow_author_skip=True),
                **({"body_is_html": True} if modern else {}),
                **({"date": _written(letter.at)} if letter.at else {}),
            )
        except CrmError as error:
            # Nothing is made by a failed call; only one that got no answer may have been.
            if files and error.why not in {"slow", "down", "garbled"}:
                self._forget("ir.attachment", files)
            raise
        return Made(str(_made(said)), self._link(model, str(key)))

    def _upload(self, letter: Letter, model: str, key: int) -> list[int]:
        if not letter.files:
            return []
        said = self._api().create(
            "ir.attachment",
            [
                {
                    "name": visible(file.name)[:200] or "file",
                    "datas": base64.b64encode(file.content).decode(),
                    "mimetype": file.type,
                    "res_model": model,
                    "res_id": key,
                }
                for file in letter.files
            ],
            self._context(),
        )
        return _numbers(said)

    def unlog(self, made: Made) -> None:
        with self._line.within(_WRITING):
            self._unlog(_number(made.id))

    def _unlog(self, key: int) -> None:
        rows = self._read("mail.message", [["id", "=", key]], ["attachment_ids"], limit=1)
        files = [number for row in rows if row.get("id") == key for number in _numbers(row.get("attachment_ids"))]
        if any(row.get("id") == key for row in rows):
            self._forget("mail.message", [key])
        if files:  # they hang on the partner and would stay
            self._forget("ir.attachment", files)

    def _forget(self, model: str, keys: Sequence[int]) -> None:
        try:
            self._api().call(model, "unlink", keys)
        except CrmError as error:
            if error.why != "missing":
                raise

    def create(self, order: Order) -> Made:
        with self._line.within(_WRITING):
            return self._create_contact(order) if order.kind == "contact" else self._create_item(order)

    def _create_item(self, order: Order) -> Made:
        model = "crm.lead" if order.kind == "deal" else "helpdesk.ticket"
        known = self._model(model)
        if not known.fields:
            raise CrmError("mapping", f"{model} is not installed")
        partner = _number(order.record.id) if order.record and order.record.kind != "lead" else 0
        mark = f"sobani:{_digest(order.key)[:20]}"
        for row in self._read(model, [["description", "ilike", mark]], [], limit=1):
            return Made(values.ident(row.get("id")), self._link(model, values.ident(row.get("id"))))
        text = order.text
        fields: dict[str, object] = {"name": visible(order.title)[:200]}
        if partner:
            fields["partner_id"] = partner
        if order.kind == "deal":
            fields |= {
                "type": "opportunity",
                "email_from": order.email,
                "contact_name": order.name,
                "partner_name": order.company,
            }
            if order.amount and self._currency() == order.amount.currency:
                fields["expected_revenue"] = values.number(order.amount.amount)
            elif order.amount:  # the field has the company's currency: a dollar is no yen
                text = f"{order.amount.amount} {order.amount.currency}\n\n{text}".strip()
        else:
            fields |= {"partner_email": order.email, "partner_name": order.name}
        fields["description"] = f"{_html(text)}<p>{mark}</p>"
        return self._make(
            model,
            {
                name: value
                for name, value in fields.items()
                if value and (name in known.fields or name == "description")
            },
        )

    def _create_contact(self, order: Order) -> Made:
        for one in self._people((order.email,), (), "") if order.email else ():
            if one.ref.kind == "contact":
                return Made(one.ref.id, one.url)
        fields: dict[str, object] = {
            "name": visible(order.name or order.title or order.email)[:200],
            "email": order.email,
        }
        if order.record and order.record.kind == "company":
            fields["parent_id"] = _number(order.record.id)
        elif order.company:
            fields["company_name"] = visible(order.company)[:200]
        return self._make("res.partner", {name: value for name, value in fields.items() if value})

    def _make(self, model: str, fields: Mapping[str, object]) -> Made:
        key = str(_made(self._api().create(model, [fields], self._context(tracking_disable=True))))
        return Made(key, self._link(model, key))

    def _currency(self) -> str:
        """The currency that amounts of new deals have: the company's, when there is only one."""
        rows = self._read("res.company", [], ["currency_id"], limit=10)
        found = {_name(row.get("currency_id")) for row in rows}
        return found.pop() if len(found) == 1 else ""

    # ------------------------------------------------------------------ the rest

    def check(self) -> None:
        self._models.clear()
        with self._line.within():
            self._check()

    def _check(self) -> None:
        partner = self._model("res.partner")
        wanted = [name for name in (*self._fields.names(), *self._extra) if name not in _DEFAULTS.values()]
        absent = [name for name in wanted if name not in partner.fields]
        if absent:
            raise CrmError("mapping", f"res.partner has no {absent[0]}")
        self._read("res.partner", [], ["name"], limit=1)

    def changed(self, delivery: Delivery) -> Moved:
        said = values.decode(delivery.body, values.OBJECT)
        model, key = values.text(said.get("_model")), values.ident(said.get("_id"))
        if not model or not key:
            raise CrmError("garbled", "not a webhook of Odoo")
        partner = key if model == "res.partner" else values.ident(_first(said.get("partner_id")) or "")
        refs = [CrmRef(self._connection, kind, partner) for kind in ("contact", "company") if partner]
        if model == "crm.lead":
            refs.append(CrmRef(self._connection, "lead", key))
        addresses = values.addresses(said.get("email_normalized"), said.get("email"), said.get("email_from"))
        # Unsigned: whoever knows the path can say it. So it is only a hint, and it repeats nothing that could be forged.
        return Moved(refs=tuple(refs), addresses=addresses, hint=True)

    def _link(self, model: str, key: str) -> str:
        # A path of every version since 9, whatever the web client's own addresses look like (addons/mail/controllers/mail.py).
        return f"{self._url}/mail/view?{urlencode({'model': model, 'res_id': key})}" if key else ""

    def _which(self) -> int:
        if not self._version:
            self._version = version(self._line, self._url)
        return self._version

    def _api(self) -> Rpc:
        key = self._secrets.get().get("key", "")
        if not key:
            raise CrmError("unset", "key")
        if self._rpc is not None and self._rpc[0] == key:
            return self._rpc[1]
        transport, database, login = (self._settings[name] for name in ("transport", "database", "login"))
        modern = transport == "json2" or (transport == "auto" and self._which() >= 19)
        if not modern and not (database and login):
            raise CrmError("unset", "database, login")
        account = Account(self._url, database, login, key)
        rpc: Rpc = Json2(self._line, account) if modern else XmlRpc(self._line, account)
        self._rpc = (key, rpc)
        return rpc

    def _context(self, **more: object) -> dict[str, object]:
        language = self._settings["language"]
        return {**({"lang": language} if language else {}), **more}

    def _model(self, model: str) -> _Model:
        """Which of the fields we would read there are. A model that is not installed, or not for this user, has none."""
        known = self._models.get(model)
        if known is not None and self._clock() - known.at < _HOUR:
            return known
        wanted: Sequence[str] = {
            "res.partner": tuple(dict.fromkeys((*_PARTNER, *self._extra, *self._fields.names()))),
            "crm.lead": _LEAD,
            "helpdesk.ticket": (*_TICKET, "partner_id", "partner_email", "partner_name"),
            "sale.order": _SALE,
            "mail.message": _MESSAGE,
        }[model]
        attributes = ["type", "relation", "selection"]
        try:
            said = self._api().call(
                model, "fields_get", allfields=list(wanted), attributes=attributes, context=self._context()
            )
            if not isinstance(said, dict):
                raise CrmError("garbled", "not a description of fields")
        except NotForUs:
            if model == "res.partner":
                raise
            said = {}
        fields = {name: values.obj(said[name]) for name in wanted if name in said}
        self._models[model] = _Model(fields, self._clock())
        return self._models[model]

    def _read(
        self,
        model: str,
        query: Sequence[object],
        fields: Sequence[str],
        *,
        limit: int = _EACH,
        order: str = "",
        context: Mapping[str, object] | None = None,
    ) -> Sequence[_Row]:
        said = self._api().call(
            model,
            "search_read",
            domain=list(query),
            fields=["id", *fields],
            limit=limit,
            **({"order": order} if order else {}),
            context=self._context(**(context or {})),
        )
        if not isinstance(said, list):
            raise CrmError("garbled", "not a list of records")
        return values.objs(said)[:limit]

    def _optional(
        self, model: str, query: Sequence[object], fields: Sequence[str], *, limit: int = _EACH, order: str = ""
    ) -> Sequence[_Row]:
        """What may not be installed, or not for this user: then there is nothing of it, and no error."""
        known = self._models.get(model)
        if known is not None and not known.fields and self._clock() - known.at < _HOUR:
            return ()
        try:
            return self._read(model, query, fields, limit=limit, order=order)
        except NotForUs:
            self._models[model] = _Model({}, self._clock())
            return ()


def _is_place(row: _Row) -> bool:
    return values.text(row.get("type")) in {"invoice", "delivery", "other"}


def _under(host: str, domain: str) -> bool:
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _number(key: str) -> int:
    """An id of ours as Odoo's; what cannot be one is of no record."""
    if not re.fullmatch(r"[1-9]\d{0,9}", key):
        raise CrmError("missing", "not an id of Odoo")
    return int(key)


def _numbers(value: object) -> list[int]:
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, int) and not isinstance(one, bool)]


def _made(said: object) -> int:
    """The id that a call gave for what it made: bare up to 18, in a list from 19 on."""
    if found := _numbers(said):
        return found[0]
    raise CrmError("garbled", "no id of what was made")


def _first(value: object) -> int:
    """The record that a many2one names; 0 for none."""
    return next(iter(_numbers(value)), 0)


def _name(value: object) -> str:
    """The name in a many2one."""
    return values.text(value[1]) if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) else ""


def _kept(items: Sequence[Item]) -> tuple[Item, ...]:
    """As many as a card may show: open ones before others are cut, then the newest; newest first."""
    kept = sorted((item for item in items if item.id), key=lambda item: (item.open, item.at), reverse=True)[:ITEMS_KEPT]
    return tuple(sorted(kept, key=lambda item: item.at, reverse=True))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def _written(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _html(text: str) -> str:
    return "".join(
        f"<p>{html.escape(part).replace(chr(10), '<br/>')}</p>"
        for part in re.split(r"\n{2,}", visible(text).strip())
        if part
    )


def _letter(letter: Letter) -> str:
    """A mail as a note: who wrote to whom, and the text. No words of ours: they would be in one language."""
    sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
    return _html(f"{sender} → {', '.join(letter.recipients[:20])}\n\n{letter.text}")

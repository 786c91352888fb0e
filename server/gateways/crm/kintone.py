"""kintone: a table builder that teams keep their customers in. Which app and which field is what, the workspace's settings say.

Beside it, kintone_apps has that setting, kintone_cells the fields of records, kintone_api the calls, kintone_query the conditions, kintone_people the
customers, kintone_items what belongs to them, kintone_write what is logged and made. Read for this (cybozu.dev, kintone.dev, jp.cybozu.help;
kintone/rest-api-spec on GitHub has the same as OpenAPI):
- rest-api/overview: `/k/v1/`, in a guest space `/k/guest/ID/v1/`; an address over 8 KB goes as POST with X-HTTP-Method-Override: GET;
  a GET carries no Content-Type. Authentication: up to 9 API tokens, with commas, in X-Cybozu-API-Token, one for each app.
- records/get-records: at most 500 records, `fields[0]` to `fields[99]`, never a field inside a table; `totalCount` comes as text.
- overview/field-types: every field comes as {"type", "value"}, numbers as text, times in UTC.
- 100 calls at a time for a domain, then 429; 10,000 calls a day for an app (standard course), for which only a mail warns.
- help, "Webhook": five kinds of notification, at most 60 a minute for a domain, none for bulk changes, and no signature.
- Errors are {"code", "id", "message"} in the language of the account, so only the code counts. The status is not to be trusted alone:
  cli-kintone's own tests saw a wrong token as 520 in former years and as 400 now; an app that does not exist is a 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.json import Decoder

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
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm import values
from server.gateways.crm.kintone_api import Api
from server.gateways.crm.kintone_apps import Apps, Things, inner, read_apps, written_codes
from server.gateways.crm.kintone_items import Items
from server.gateways.crm.kintone_people import Customers
from server.gateways.crm.kintone_query import within
from server.gateways.crm.kintone_write import Writing
from server.gateways.crm.spec import Clock, Line, Quota, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="kintone",
    settings=(
        Setting("url", "url", required=True),
        Setting("space"),  # a guest space's number
        Setting("apps", "lines", required=True),  # JSON, `Apps`
    ),
    secrets=(Setting("tokens", "secret", required=True),),
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
    # For each app and day. No app is called more often than that of the customers, so its calls are those that are counted.
    quotas=(Quota(9_000, 86_400),),
    at_once=10,  # of the 100 that the whole domain has, its people's own customisations included
    calls={"find": 2, "load": 8},
)

_LINKABLE: Final = frozenset({"SINGLE_LINE_TEXT", "LINK", "NUMBER", "CALC", "DROP_DOWN", "RADIO_BUTTON"})
_FINDABLE: Final = frozenset({"SINGLE_LINE_TEXT", "LINK"})  # of the texts, only these can be asked for with `in`


class _NotedApp(msgspec.Struct, frozen=True):
    id: str = ""


class _Notice(msgspec.Struct, frozen=True):
    """A webhook's body (help, "Content of Webhook notifications")."""

    type: str
    app: _NotedApp
    id: str = ""
    record: dict[str, object] = {}
    recordId: str = ""  # noqa: N815 - kintone's name


_NOTICE: Final = Decoder(_Notice)


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Kintone:
    """Return the kintone of these settings. Raises CrmError("unset", "unsafe", "mapping"); calls nobody."""
    del clock  # nothing here depends on the time
    settings = SPEC.chosen(connection)
    url, space = settings["url"].rstrip("/"), settings["space"]
    if not url or not settings["apps"]:
        raise CrmError("unset", "kintone: url and apps are needed")
    if space and not (space.isascii() and space.isdigit()):
        raise CrmError("mapping", "kintone: the guest space is a number")
    apps = read_apps(settings["apps"])
    codes = {inner(code) for _, app, _ in apps.mapped() for code in app.codes()}
    return Kintone(connection.id, apps, Api(url, space, codes, secrets, line), line)


def able(connection: Connection) -> frozenset[Ability]:
    """What the mapping of this connection makes possible. Raises CrmError("mapping")."""
    apps = read_apps(connection.settings.get("apps", ""))
    named = {
        Ability.DEALS: apps.deals,
        Ability.TICKETS: apps.tickets,
        Ability.ORDERS: apps.orders,
        Ability.ACTIVITIES: apps.activities,
        Ability.LOG: apps.activities and apps.activities.key,
        Ability.UNLOG: apps.activities and apps.activities.key,
        Ability.LOG_FILES: apps.activities and apps.activities.key and apps.activities.files,
        Ability.CREATE_DEAL: apps.deals and apps.deals.key,
        Ability.CREATE_TICKET: apps.tickets and apps.tickets.key,
        Ability.CREATE_CONTACT: apps.customers.key,
        Ability.WEBHOOKS: True,
    }
    return frozenset(ability for ability, wanted in named.items() if wanted)


class Kintone:
    """A Crm. Safe between threads: it holds nothing but its settings."""

    def __init__(self, connection: str, apps: Apps, api: Api, line: Line) -> None:
        self._connection = connection
        self._apps = apps
        self._api = api
        self._line = line
        self._customers = Customers(connection, apps, api)
        self._items = Items(apps, api)
        self._writing = Writing(apps, api, self._customers)

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """One question to the app of the customers, and one to that of the companies, where they have one of their own."""
        with self._line.within():
            return self._customers.find(wanted)

    def load(self, ref: CrmRef) -> Record:
        """The record, and of each app of items the newest that belong to it."""
        with self._line.within():
            record = self._customers.load(ref)
            items, totals = self._items.of(record)
            return msgspec.structs.replace(record, items=items, totals=totals)

    def check(self) -> None:
        """Read the form of every app and look for every field of the mapping, then read a record as a look-up would."""
        for name, app, findable in self._apps.mapped():
            form = self._api.form(app.app)
            for code in dict.fromkeys((*app.codes(), *written_codes(app))):
                field = cells.field_of(form, code)
                if field is None:
                    raise CrmError("mapping", f"kintone: {name} has no field {code}")
                if code in findable and field.type not in (_LINKABLE if isinstance(app, Things) else _FINDABLE):
                    raise CrmError("mapping", f"kintone: {name}.{code} is {field.type}, which cannot be looked up")
        self._api.records(self._apps.customers.app, [within("$id", ["0"])], ("$id",), limit=1, cost=1)

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A record in the app of activities, found again by its key."""
        return self._writing.log(letter, ref)

    def unlog(self, made: Made) -> None:
        """Delete that record."""
        self._writing.unlog(made)

    def create(self, order: Order) -> Made:
        """A record in the app of customers, tickets or deals."""
        return self._writing.create(order)

    def changed(self, delivery: Delivery) -> Moved:
        """What a notification hints at. Unsigned: never more than the customer it names, or a forger could have everything read again."""
        notice = values.decode(delivery.body, _NOTICE)
        number = notice.recordId or cells.record_id(notice.record)
        ids = (notice.id,) if notice.id else ()
        refs: list[CrmRef] = []
        emails: list[str] = []
        for kind in ("contact", "company"):
            people = self._apps.people(kind)
            if notice.app.id == str(people.app) and number.isdigit():
                refs.append(CrmRef(self._connection, kind, number))
                emails += cells.emails(people, notice.record)
        for _, app in self._apps.things():
            if notice.app.id == str(app.app):
                linked = [value for value in cells.words(notice.record, app.link) if value]
                refs += [
                    CrmRef(self._connection, "contact", value) for value in linked if app.by == "id" and value.isdigit()
                ]
                emails += [value.lower() for value in linked if app.by == "email"]
        return Moved(ids=ids, refs=tuple(dict.fromkeys(refs)), addresses=tuple(dict.fromkeys(emails)), hint=True)

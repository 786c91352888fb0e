"""Which of a team's kintone apps and fields is what: the setting `apps` of a connection, as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from server.domain.crm import CrmError, ItemKind, RecordKind

# What may stand in a field code (help, "field codes"): letters of any script, digits not in front, and a few signs.
_CODE: Final = re.compile(r"\$id|(?!\d)[\w・･＿＄￥$£¥€]{1,128}")


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app whose records are customers or companies: which field is what, "table.field" for one inside a table."""

    app: int
    email: tuple[str, ...] = ()
    name: str = ""
    reading: str = ""
    company: str = ""
    domain: str = ""  # a domain, or the address of a website
    role: str = ""
    phone: str = ""
    owner: str = ""
    plan: str = ""
    contract_start: str = ""
    contract_end: str = ""
    renewal: str = ""
    products: str = ""
    environment: tuple[str, ...] = ()
    value: str = ""
    currency: str = ""  # ISO 4217, of all its records
    currency_field: str = ""
    trend: tuple[str, ...] = ()  # several fields, or one inside a table; oldest first
    health: str = ""
    feature: str = ""  # with the next two: a table of features and their use
    feature_last: str = ""
    feature_counts: tuple[str, ...] = ()  # oldest month first
    unused: str = ""
    last_contact: str = ""
    note: str = ""
    key: str = ""  # where a new contact's key is kept, so that a second try finds the first
    more: dict[str, str] = {}  # label -> field
    preset: dict[str, str] = {}  # written into new records

    def codes(self) -> tuple[str, ...]:
        """Every field that is read."""
        return listed(
            self.email,
            (self.name, self.reading, self.company, self.domain, self.role, self.phone, self.owner, self.plan),
            (self.contract_start, self.contract_end, self.renewal, self.products, self.value, self.currency_field),
            self.environment,
            self.trend,
            (self.health, self.feature, self.feature_last),
            self.feature_counts,
            (self.unused, self.last_contact, self.note),
            self.more.values(),
        )


class Things(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app whose records belong to customers. `link` holds the customer's record number, address or company, as `by` says."""

    app: int
    link: str
    title: str
    by: Literal["id", "email", "company"] = "id"
    date: str = "更新日時"
    status: str = ""
    open: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()  # instead of `open`: every other status is open
    complaint: str = ""
    complaints: tuple[str, ...] = ()  # the values of `complaint` that say so
    amount: str = ""
    currency: str = ""
    currency_field: str = ""
    owner: str = ""
    text: str = ""
    who: str = ""  # the colleague who wrote a mail down
    key: str = ""
    files: str = ""
    preset: dict[str, str] = {}

    def codes(self) -> tuple[str, ...]:
        """Every field that is read of an item."""
        shown = (self.title, self.date, self.status, self.complaint, self.amount, self.currency_field, self.owner)
        return listed((self.link, *shown))


class Apps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The setting `apps`. Without `companies`, a record of the customers' app that has no address is a company."""

    customers: People
    companies: People | None = None
    deals: Things | None = None
    tickets: Things | None = None
    orders: Things | None = None
    activities: Things | None = None

    def things(self) -> Iterable[tuple[ItemKind, Things]]:
        """The apps of items."""
        named: tuple[tuple[ItemKind, Things | None], ...] = (
            ("deal", self.deals),
            ("ticket", self.tickets),
            ("order", self.orders),
            ("activity", self.activities),
        )
        return [(kind, app) for kind, app in named if app]

    def people(self, kind: RecordKind) -> People:
        """The app of a kind of record."""
        return self.companies or self.customers if kind == "company" else self.customers

    def mapped(self) -> Iterable[tuple[str, People | Things, frozenset[str]]]:
        """Every app by its name in the settings, with the fields that queries ask for."""
        people = {"customers": self.customers, "companies": self.companies}
        for name, one in people.items():
            if one:
                yield name, one, frozenset((*one.email, one.name, one.domain, one.key))
        for kind, app in self.things():
            yield f"{kind}s".replace("ys", "ies"), app, frozenset((app.link, app.key))


_APPS: Final = msgspec.json.Decoder(Apps)


def read_apps(written: str) -> Apps:
    """The mapping, with every field code one that kintone knows: what is not a code could change a query."""
    try:
        apps = _APPS.decode(written)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CrmError("mapping", f"kintone: apps: {error}") from None
    named: list[People | Things] = [app for app in (apps.customers, apps.companies) if app]
    for app in [*named, *(app for _, app in apps.things())]:
        for code in (*app.codes(), *written_codes(app), *app.preset):
            if not all(_CODE.fullmatch(part) for part in code.split(".", 1)):
                raise CrmError("mapping", f"kintone: apps: not a field code in app {app.app}")
        if app.app <= 0:
            raise CrmError("mapping", "kintone: apps: an app is a number")
        if isinstance(app, Things) and not (app.link and app.title):
            raise CrmError("mapping", f"kintone: apps: app {app.app} needs link and title")
    if not apps.customers.email and not apps.customers.domain:
        raise CrmError("mapping", "kintone: apps: the customers need a field for their address")
    return apps


def written_codes(app: People | Things) -> tuple[str, ...]:
    """Fields that are only written."""
    return listed((app.key,)) if isinstance(app, People) else listed((app.key, app.text, app.who, app.files))


def listed(*groups: Iterable[str]) -> tuple[str, ...]:
    """The codes that are given, each once."""
    return tuple(dict.fromkeys(code for group in groups for code in group if code))


def inner(code: str) -> str:
    """A field's own code: in a query, one inside a table goes without the table."""
    return code.rpartition(".")[2]

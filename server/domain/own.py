"""The customers whom the workspace keeps here itself, as its other systems and files bring them: what the built-in CRM knows.

Every record and item carries the id that its bringer gave it, so that bringing it twice is bringing it once.
Times are ms since the epoch, days ISO dates, months "2026-04".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from server.domain.addresses import MAX_EMAIL, clean_email, one_line, visible
from server.domain.crm import Money
from server.domain.customers import OurAddresses

Kind = Literal["contact", "company"]
ItemKind = Literal["order", "subscription", "event"]
Period = Literal["month", "year", "once"]

ITEMS: Final[Mapping[ItemKind, int]] = {"order": 200, "subscription": 50, "event": 200}
"""How many of each a customer keeps: the newest."""
FEATURES: Final = 50
MONTHS: Final = 24
"""How many features of a customer are counted, and for how many months back."""
HOLDERS: Final = 20
"""How many customers of one address or domain are looked at."""

MAX_ID: Final = 200
MAX_ADDRESSES: Final = 20
MAX_NOTE: Final = 4_000
MAX_MORE: Final = 40

LINES: Final[Mapping[str, int]] = {
    "name": 200,
    "reading": 200,
    "company": 200,
    "role": 100,
    "phone": 50,
    "owner": 100,
    "plan": 100,
}
"""Fields of one line, and how many characters they may have."""
LISTS: Final[Mapping[str, int]] = {"products": 50, "environment": 20, "features": 100}
"""Fields of several words, and how many there may be."""
MAX_WORD: Final = 100
DAYS: Final = ("contract_start", "contract_end", "renewal")

_NO_DECIMALS: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
"""ISO 4217: currencies without a smaller unit."""
_AMOUNT: Final = re.compile(r"(-?\d{1,15})(?:\.(\d{1,4}))?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_URL: Final = re.compile(r"https?://[^\s<>\"]{1,2000}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)
_MONTH: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)


class Customer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person or a company. `domain`: of a company, by which all who write from there are known as its people."""

    id: str
    kind: Kind = "contact"
    name: str = ""
    reading: str = ""
    company: str = ""
    role: str = ""
    addresses: tuple[str, ...] = ()
    domain: str = ""
    phone: str = ""
    url: str = ""
    owner: str = ""
    plan: str = ""
    contract_start: str = ""
    contract_end: str = ""
    renewal: str = ""
    products: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    features: tuple[str, ...] = ()  # of the plan
    value: Money | None = None  # lifetime value; counted from orders and subscriptions when it is left out
    health: int | None = None
    last_contact: int = 0
    note: str = ""
    more: dict[str, str] = {}


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was bought. `subscription`: whose invoice it is, so that nothing is counted twice."""

    id: str
    title: str
    at: int
    status: str = ""
    open: bool = False
    cancelled: bool = False
    amount: Money | None = None
    url: str = ""
    by: str = ""
    subscription: str = ""


class Subscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is paid again and again: `amount` each `period`, from `start` on, up to `end` where there is one."""

    id: str
    title: str
    start: str
    end: str = ""
    renewal: str = ""
    status: str = ""
    cancelled: bool = False  # stopped: `end` says as of when
    amount: Money | None = None
    period: Period = "month"
    url: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to the customer elsewhere."""

    id: str
    title: str
    at: int
    status: str = ""
    url: str = ""
    by: str = ""


Item = Order | Subscription | Event


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """How often one feature was used in one month: the whole count, not what was added."""

    feature: str
    month: str
    count: float
    last: int = 0


class Used(msgspec.Struct, frozen=True):
    """All that is kept of one feature."""

    feature: str
    last: int = 0
    months: dict[str, float] = {}


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with all that belongs to them, newest first. `cut`: kinds of which older ones were let go."""

    customer: Customer
    orders: tuple[Order, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    events: tuple[Event, ...] = ()
    used: tuple[Used, ...] = ()
    cut: tuple[ItemKind, ...] = ()


class Held(NamedTuple):
    """A customer as it stands in the store; version 0: there is none yet."""

    customer: Customer | None
    version: int


class Put(NamedTuple):
    """A customer to be written, unless somebody has written another version than `seen` meanwhile."""

    customer: Customer
    seen: int


class Brought(NamedTuple):
    """An item or a use, and the id of the customer it belongs to."""

    customer: str
    what: Item | Use


Wrote = Literal["new", "changed", "same", "stale"]
Took = Literal["new", "changed", "same", "no_customer", "too_old", "too_many"]
"""too_old: as many newer ones are kept already. too_many: no further feature is counted."""

Touched = Callable[[str, Sequence[str]], None]
"""Told after a write whose addresses are concerned (workspace, addresses), so that what was read of them is read again."""


class Records(Protocol):
    """Where customers are kept. Every method raises RecordsUnavailable, and costs the same however many there are."""

    def known(self, workspace: str, ids: Sequence[str]) -> Sequence[Held]:
        """Return the customers of these ids, in their order."""

    def holders(self, workspace: str, addresses: Sequence[str]) -> Sequence[tuple[Customer, ...]]:
        """Return for each address up to two customers who have it."""

    def find(self, workspace: str, addresses: Sequence[str], domain: str) -> Sequence[Customer]:
        """Return customers who have one of the addresses, then companies of the domain; at most HOLDERS."""

    def load(self, workspace: str, id_: str) -> Whole | None:
        """Return one customer with everything."""

    def put(self, workspace: str, rows: Sequence[Put]) -> Sequence[Wrote]:
        """Write customers, each by itself; what became of each."""

    def bring(self, workspace: str, rows: Sequence[Brought]) -> Sequence[Took]:
        """Write items and uses; what became of each."""

    def remove(self, workspace: str, id_: str) -> bool:
        """Remove a customer with everything. False: there was none."""

    def page(self, workspace: str, cursor: int, count: int) -> tuple[Sequence[Customer], int]:
        """Return customers in the order in which they first came, and where to go on; 0: at the end."""


WrongReason = Literal[
    "empty",
    "too_long",
    "too_many",
    "address",
    "ours",
    "domain",
    "day",
    "moment",
    "month",
    "money",
    "decimals",
    "currency",
    "url",
    "health",
    "kind",
    "order",
]


class Wrong(Exception):
    """A field that cannot be kept. Its value is not part of it."""

    def __init__(self, field: str, why: WrongReason) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why: WrongReason = why


def tidy(customer: Customer, ours: OurAddresses) -> Customer:
    """Return the customer with every field as it is kept. Raises Wrong."""
    changes: dict[str, object] = {"id": id_of(customer.id)}
    for field, most in LINES.items():
        if text := getattr(customer, field):
            changes[field] = line_of(field, text, most)
    for field, most in LISTS.items():
        if not getattr(customer, field):
            continue
        words = unique(line_of(field, word, MAX_WORD) for word in getattr(customer, field))
        if len(words) > most:
            raise Wrong(field, "too_many")
        changes[field] = words
    for field in DAYS:
        if text := getattr(customer, field):
            changes[field] = day_of(field, text)
    changes["addresses"] = _addresses(customer.addresses, ours)
    changes["domain"] = domain_of(customer.domain, ours)
    changes["url"] = url_of(customer.url)
    changes["value"] = money_of("value", customer.value)
    if customer.health is not None and not 0 <= customer.health <= 100:
        raise Wrong("health", "health")
    changes["note"] = _note(customer.note)
    changes["more"] = _more(customer.more)
    if customer.contract_start and customer.contract_end and customer.contract_end < customer.contract_start:
        raise Wrong("contract_end", "order")
    return msgspec.structs.replace(customer, **changes)


def id_of(text: str, field: str = "id") -> str:
    """Return an id that somebody else gave. Raises Wrong."""
    found = line_of(field, text, MAX_ID)
    if not found:
        raise Wrong(field, "empty")
    return found


def line_of(field: str, text: str, most: int) -> str:
    """Return text on one line. Raises Wrong."""
    if not text:
        return ""  # most fields of most rows
    found = one_line(text, most + 1)
    if len(found) > most or len(text) > most * 4:
        raise Wrong(field, "too_long")
    return found


def day_of(field: str, text: str) -> str:
    """Return an ISO date, "" for none. Raises Wrong."""
    if not text:
        return ""
    try:
        if len(text) != 10:
            raise Wrong(field, "day")
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Wrong(field, "day") from error


def month_of(field: str, text: str) -> str:
    """Return a month. Raises Wrong."""
    if not _MONTH.fullmatch(text):
        raise Wrong(field, "month")
    return text


def url_of(text: str, field: str = "url") -> str:
    """Return an address that a browser may be led to: nothing but http and https. Raises Wrong."""
    text = text.strip()
    if text and not _URL.fullmatch(text):
        raise Wrong(field, "url")
    return text


def domain_of(text: str, ours: OurAddresses) -> str:
    """Return a company's domain. Raises Wrong."""
    domain = text.strip().lower().removeprefix("@").rstrip(".")
    if not domain:
        return ""
    # The same reading as an address's, so that both meet: a domain in kanji becomes ASCII.
    domain = clean_email(f"x@{domain}").partition("@")[2]
    if not _DOMAIN.fullmatch(domain) or len(domain) > 255:
        raise Wrong("domain", "domain")
    if domain in ours.domains:
        raise Wrong("domain", "ours")
    return domain


def money_of(field: str, money: Money | None) -> Money | None:
    """Return an amount as it is kept: without needless zeros, and without decimals where the currency has none. Raises Wrong."""
    if money is None:
        return None
    found = _AMOUNT.fullmatch(money.amount)
    if not found:
        raise Wrong(field, "money")
    if money.currency and not _CURRENCY.fullmatch(money.currency):
        raise Wrong(field, "currency")
    decimals = found[2] or ""
    if money.currency in _NO_DECIMALS:
        if decimals.strip("0"):
            raise Wrong(field, "decimals")
        decimals = ""
    whole = str(int(found[1]))
    if found[1].startswith("-") and whole == "0" and decimals.strip("0"):
        whole = "-0"
    return Money(f"{whole}.{decimals}" if decimals else whole, money.currency)


def has_decimals(currency: str) -> bool:
    """Whether the currency has a smaller unit."""
    return currency not in _NO_DECIMALS


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that say anything, each once, in their order."""
    return tuple(dict.fromkeys(filter(None, words)))


def _addresses(given: Sequence[str], ours: OurAddresses) -> tuple[str, ...]:
    found = []
    for text in given:
        if not text.strip():
            continue
        email = clean_email(text) if len(text) <= MAX_EMAIL else ""
        if not email:
            raise Wrong("addresses", "address")
        if email in ours:
            raise Wrong("addresses", "ours")
        found.append(email)
    addresses = unique(found)
    if len(addresses) > MAX_ADDRESSES:
        raise Wrong("addresses", "too_many")
    return addresses


def _note(text: str) -> str:
    found = visible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(found) > MAX_NOTE:
        raise Wrong("note", "too_long")
    return found


def _more(given: Mapping[str, str]) -> dict[str, str]:
    found = {line_of("more", label, MAX_WORD): line_of("more", text, 500) for label, text in given.items()}
    found = {label: text for label, text in found.items() if label and text}
    if len(found) > MAX_MORE:
        raise Wrong("more", "too_many")
    return found

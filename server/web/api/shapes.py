"""What the API takes and gives, as types: they decode requests, and the OpenAPI document is made of them.

Unknown fields are refused: a misspelt one would be lost in silence. A field that is left out stays as it is; null takes it back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from server.domain import own
from server.domain.crm import Money
from server.usecases.keep_customers import Change

MAX_ROWS: Final = 1_000

Id = Annotated[str, Meta(min_length=1, max_length=own.MAX_ID, description="The caller's own id.")]
Line = Annotated[str, Meta(max_length=200)]
Short = Annotated[str, Meta(max_length=own.MAX_WORD)]
Words = Annotated[list[Short], Meta(max_length=100)]
Url = Annotated[str, Meta(max_length=2_000, description="http or https")]
Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-04"])]
Moment = Annotated[datetime, Meta(tz=True)]
Amount = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$",
        description="Decimal text; without decimals where the currency has none.",
        examples=["5400", "99.50"],
    ),
]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["JPY"])]


class MoneyShape(Struct, forbid_unknown_fields=True, kw_only=True):
    """An amount."""

    amount: Amount
    currency: Currency


class CustomerFields(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A person or a company. A company's `domain` leads everybody who writes from there to it."""

    kind: Literal["contact", "company"] | UnsetType | None = UNSET
    name: Line | UnsetType | None = UNSET
    reading: Line | UnsetType | None = UNSET
    company: Line | UnsetType | None = UNSET
    role: Short | UnsetType | None = UNSET
    addresses: Annotated[list[Annotated[str, Meta(max_length=320)]], Meta(max_length=20)] | UnsetType | None = UNSET
    domain: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=50)] | UnsetType | None = UNSET
    url: Url | UnsetType | None = UNSET
    owner: Short | UnsetType | None = UNSET
    plan: Short | UnsetType | None = UNSET
    contract_start: date | UnsetType | None = UNSET
    contract_end: date | UnsetType | None = UNSET
    renewal: date | UnsetType | None = UNSET
    products: Words | UnsetType | None = UNSET
    environment: Words | UnsetType | None = UNSET
    features: (
        Annotated[list[Short], Meta(max_length=100, description="Of the plan: what of them is never used is shown.")]
        | UnsetType
        | None
    ) = UNSET
    value: MoneyShape | UnsetType | None = UNSET
    health: Annotated[int, Meta(ge=0, le=100)] | UnsetType | None = UNSET
    last_contact: Moment | UnsetType | None = UNSET
    note: Annotated[str, Meta(max_length=own.MAX_NOTE)] | UnsetType | None = UNSET
    more: (
        Annotated[dict[str, str | None], Meta(description="Further facts by their labels; null takes one back.")]
        | UnsetType
        | None
    ) = UNSET


class CustomerRow(CustomerFields, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A customer with the caller's id."""

    id: Id


class OrderRow(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Something that was bought. `subscription`: the id of the subscription whose invoice it is."""

    customer: Id
    id: Id
    title: Line
    at: Moment
    status: Short = ""
    open: bool = False
    cancelled: bool = False
    amount: MoneyShape | None = None
    url: Url = ""
    by: Short = ""
    subscription: Annotated[str, Meta(max_length=own.MAX_ID)] = ""


class SubscriptionRow(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Something that is paid again and again: `amount` each `period`."""

    customer: Id
    id: Id
    title: Line
    start: date
    end: date | None = None
    renewal: date | None = None
    status: Short = ""
    cancelled: bool = False
    amount: MoneyShape | None = None
    period: own.Period = "month"
    url: Url = ""


class EventRow(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Something that happened to the customer elsewhere."""

    customer: Id
    id: Id
    title: Line
    at: Moment
    status: Short = ""
    url: Url = ""
    by: Short = ""


class UsageRow(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """How often a feature was used in a month: the whole count so far, which takes the place of an earlier one."""

    customer: Id
    feature: Annotated[str, Meta(min_length=1, max_length=own.MAX_WORD)]
    month: Month
    count: Annotated[float, Meta(ge=0, le=1e12)]
    last: Moment | None = None


class Profile(Struct, kw_only=True):
    """A customer with all that is kept, newest first. `incomplete`: of what older ones were let go."""

    customer: CustomerRow
    orders: list[OrderRow]
    subscriptions: list[SubscriptionRow]
    events: list[EventRow]
    usage: list[UsageRow]
    incomplete: list[own.ItemKind]


class Found(Struct, kw_only=True):
    """Customers who have an address."""

    customers: list[CustomerRow]


class RowReport(Struct, kw_only=True, omit_defaults=True):
    """What became of one row, counted from 0."""

    row: int
    status: Literal["new", "changed", "same", "wrong"]
    path: str = ""
    detail: str = ""


class Report(Struct, kw_only=True):
    """What became of a request's rows. A row that is wrong stops no other."""

    new: int
    changed: int
    same: int
    wrong: int
    rows: list[RowReport]


class FieldProblem(Struct, kw_only=True):
    """One field that cannot be read, as a path into the request's body."""

    path: str
    detail: str


class Problem(Struct, kw_only=True, omit_defaults=True):
    """Why a request was not carried out (RFC 9457). `code` is for programs and does not change."""

    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[FieldProblem] = []


class Customers(Struct, forbid_unknown_fields=True):
    """Rows are read one by one, so that a wrong one does not stop the others."""

    customers: Annotated[list[CustomerRow], Meta(max_length=MAX_ROWS)]


class Orders(Struct, forbid_unknown_fields=True):
    """As Customers."""

    orders: Annotated[list[OrderRow], Meta(max_length=MAX_ROWS)]


class Subscriptions(Struct, forbid_unknown_fields=True):
    """As Customers."""

    subscriptions: Annotated[list[SubscriptionRow], Meta(max_length=MAX_ROWS)]


class Events(Struct, forbid_unknown_fields=True):
    """As Customers."""

    events: Annotated[list[EventRow], Meta(max_length=MAX_ROWS)]


class Usage(Struct, forbid_unknown_fields=True):
    """As Customers."""

    usage: Annotated[list[UsageRow], Meta(max_length=MAX_ROWS)]


ItemRow = OrderRow | SubscriptionRow | EventRow | UsageRow


def change_of(id_: str, fields: CustomerFields, *, whole: bool = False) -> Change:
    """Return what the request says of a customer. Raises own.Wrong."""
    said: dict[str, object] = {}
    for name in CustomerFields.__struct_fields__:
        value = getattr(fields, name)
        if value is not UNSET:
            said[name] = _kept(name, value)
    return Change(id=id_, fields=said, whole=whole)


def brought_of(row: ItemRow) -> own.Brought:
    """Return what the row brings. Raises own.Wrong."""
    customer = own.id_of(row.customer, "customer")
    match row:
        case OrderRow():
            return own.Brought(
                customer,
                own.Order(
                    id=own.id_of(row.id),
                    title=_title(row.title),
                    at=ms_of("at", row.at),
                    status=own.line_of("status", row.status, own.MAX_WORD),
                    open=row.open,
                    cancelled=row.cancelled,
                    amount=_money(row.amount),
                    url=own.url_of(row.url),
                    by=own.line_of("by", row.by, own.MAX_WORD),
                    subscription=own.line_of("subscription", row.subscription, own.MAX_ID),
                ),
            )
        case SubscriptionRow():
            if row.end and row.end < row.start:
                raise own.Wrong("end", "order")
            return own.Brought(
                customer,
                own.Subscription(
                    id=own.id_of(row.id),
                    title=_title(row.title),
                    start=row.start.isoformat(),
                    end=row.end.isoformat() if row.end else "",
                    renewal=row.renewal.isoformat() if row.renewal else "",
                    status=own.line_of("status", row.status, own.MAX_WORD),
                    cancelled=row.cancelled,
                    amount=_money(row.amount),
                    period=row.period,
                    url=own.url_of(row.url),
                ),
            )
        case EventRow():
            return own.Brought(
                customer,
                own.Event(
                    id=own.id_of(row.id),
                    title=_title(row.title),
                    at=ms_of("at", row.at),
                    status=own.line_of("status", row.status, own.MAX_WORD),
                    url=own.url_of(row.url),
                    by=own.line_of("by", row.by, own.MAX_WORD),
                ),
            )
        case UsageRow():
            feature = own.line_of("feature", row.feature, own.MAX_WORD)
            if not feature:
                raise own.Wrong("feature", "empty")
            last = ms_of("last", row.last) if row.last else 0
            return own.Brought(
                customer, own.Use(feature=feature, month=own.month_of("month", row.month), count=row.count, last=last)
            )


def row_of(customer: own.Customer) -> CustomerRow:
    """Return a customer as the API shows it: only what is known."""
    shown: dict[str, object] = {}
    for name in CustomerFields.__struct_fields__:
        value = getattr(customer, name)
        if name == "kind" or value not in (None, "", (), 0, {}) or (name == "health" and value is not None):
            shown[name] = value
    for name in own.DAYS:
        if name in shown:
            shown[name] = date.fromisoformat(str(shown[name]))
    for name in ("addresses", *own.LISTS):
        if name in shown:
            shown[name] = list(getattr(customer, name))
    if customer.value:
        shown["value"] = _money_shape(customer.value)
    if customer.last_contact:
        shown["last_contact"] = moment_of(customer.last_contact)
    return msgspec.structs.replace(CustomerRow(id=customer.id), **shown)


def profile_of(whole: own.Whole) -> Profile:
    """Return everything that is kept of a customer."""
    id_ = whole.customer.id
    return Profile(
        customer=row_of(whole.customer),
        orders=[
            OrderRow(
                customer=id_,
                id=one.id,
                title=one.title,
                at=moment_of(one.at),
                status=one.status,
                open=one.open,
                cancelled=one.cancelled,
                amount=_money_shape(one.amount),
                url=one.url,
                by=one.by,
                subscription=one.subscription,
            )
            for one in whole.orders
        ],
        subscriptions=[
            SubscriptionRow(
                customer=id_,
                id=one.id,
                title=one.title,
                start=date.fromisoformat(one.start),
                end=date.fromisoformat(one.end) if one.end else None,
                renewal=date.fromisoformat(one.renewal) if one.renewal else None,
                status=one.status,
                cancelled=one.cancelled,
                amount=_money_shape(one.amount),
                period=one.period,
                url=one.url,
            )
            for one in whole.subscriptions
        ],
        events=[
            EventRow(
                customer=id_,
                id=one.id,
                title=one.title,
                at=moment_of(one.at),
                status=one.status,
                url=one.url,
                by=one.by,
            )
            for one in whole.events
        ],
        usage=[
            UsageRow(
                customer=id_,
                feature=used.feature,
                month=month,
                count=count,
                last=moment_of(used.last) if used.last and month == max(used.months) else None,
            )
            for used in whole.used
            for month, count in used.months.items()
        ],
        incomplete=list(whole.cut),
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_370_764_800_000  # the year 9999 begins


def ms_of(field: str, moment: datetime) -> int:
    """Return ms since the epoch. Raises own.Wrong for what no calendar of ours reaches."""
    ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms < _LAST:
        raise own.Wrong(field, "moment")
    return ms


def moment_of(ms: int) -> datetime:
    """Return the moment, in UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def _kept(field: str, value: object) -> object:
    """A field's value as the records have it."""
    match value:
        case MoneyShape():
            return Money(value.amount, value.currency)
        case datetime():  # before date, which it is, too
            return ms_of(field, value)
        case date():
            return value.isoformat()
        case list():
            return tuple(value)
        case _:
            return value


def _title(text: str) -> str:
    found = own.line_of("title", text, 200)
    if not found:
        raise own.Wrong("title", "empty")
    return found


def _money(shape: MoneyShape | None) -> Money | None:
    return own.money_of("amount", Money(shape.amount, shape.currency) if shape else None)


def _money_shape(money: Money | None) -> MoneyShape | None:
    return MoneyShape(amount=money.amount, currency=money.currency) if money else None

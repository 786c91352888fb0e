"""What a CRM knows of a customer, whichever CRM it is: connections, records, candidates, and what may be asked of a connector.

Times are milliseconds since the epoch, days are ISO dates ("2026-04-01"); "" and 0 mean that it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

CrmKind = Literal["builtin", "odoo", "hubspot", "salesforce", "kintone", "zendesk", "http"]
RecordKind = Literal["contact", "lead", "company"]
ItemKind = Literal["deal", "ticket", "order", "subscription", "activity", "event"]
Creatable = Literal["contact", "ticket", "deal"]

ITEMS_KEPT = 40
"""Items of one record that a connector reads and a card may show; whoever has more is read in the CRM itself."""


class Ability(StrEnum):
    """What a connector can do besides finding and loading; the panel offers only that."""

    DEALS = "deals"
    TICKETS = "tickets"
    ORDERS = "orders"
    ACTIVITIES = "activities"
    LOG = "log"
    LOG_FILES = "log_files"  # attachments may go along with a logged mail
    UNLOG = "unlog"
    CREATE_CONTACT = "create_contact"
    CREATE_TICKET = "create_ticket"
    CREATE_DEAL = "create_deal"
    WEBHOOKS = "webhooks"


class Connection(msgspec.Struct, frozen=True):
    """One CRM of a workspace, without its secrets. `settings` are the connector's own (server.gateways.crm, its Spec names them)."""

    id: str
    kind: CrmKind
    name: str  # as agents read it: "HubSpot", "顧客管理 (kintone)"
    settings: dict[str, str] = {}
    abilities: tuple[Ability, ...] = ()
    off: bool = False  # kept, but not asked
    fresh_seconds: int = 300  # what is older is read again, beside the card


class CrmRef(msgspec.Struct, frozen=True):
    """One record in one CRM."""

    connection: str
    kind: RecordKind
    id: str


class Money(msgspec.Struct, frozen=True):
    """An amount as the CRM has it: decimal text ("1200000", "99.50") and ISO 4217 code ("" when the CRM does not say)."""

    amount: str
    currency: str = ""


class Item(msgspec.Struct, frozen=True):
    """A deal, ticket, order, subscription, activity or event of a record; `at` is when it last moved."""

    kind: ItemKind
    id: str
    title: str
    at: int = 0
    status: str = ""  # in the CRM's own words
    open: bool = False
    complaint: bool = False  # the CRM marks it as one, or as urgent
    amount: Money | None = None
    url: str = ""
    by: str = ""  # whoever looks after it


class Usage(msgspec.Struct, frozen=True):
    """How a customer uses one feature. `counts`: uses a month, oldest first, as far as known."""

    feature: str
    last: int = 0
    counts: tuple[float, ...] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one CRM says of a person or a company. Plain text everywhere: connectors take HTML out."""

    ref: CrmRef
    name: str = ""
    reading: str = ""
    company: str = ""
    role: str = ""
    addresses: tuple[str, ...] = ()
    phone: str = ""
    url: str = ""  # where the record is shown in the CRM
    owner: str = ""
    plan: str = ""
    contract_start: str = ""
    contract_end: str = ""
    renewal: str = ""
    products: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()  # versions, devices: "iOS 18", "ver. 4.2"
    value: Money | None = None  # lifetime value
    trend: tuple[float, ...] = ()  # value a month, oldest first
    health: int | None = None  # 0 (leaving) to 100, as the CRM itself scores it
    usage: tuple[Usage, ...] = ()
    unused: tuple[str, ...] = ()  # features of the plan that were never used
    last_contact: int = 0
    note: str = ""
    more: dict[str, str] = {}  # fields of the team's own choice: label -> value, in their order
    items: tuple[Item, ...] = ()  # newest first, at most ITEMS_KEPT, open ones before closed ones are cut
    totals: dict[str, int] = {}  # item kind -> how many there are in the CRM, where it said so and not all were read


class Reason(StrEnum):
    """Why a record is taken for the customer's, most trusted first."""

    CHOSEN = "chosen"  # a colleague said so
    EXACT = "exact"  # the address itself
    ALIAS = "alias"  # another address of the same person
    SUBADDRESS = "subaddress"  # the same mailbox: tanaka+shop@, t.anaka@gmail.com
    REPLY_TO = "reply_to"
    BEHALF = "behalf"  # sent on behalf of
    FORM = "form"  # the address that a form's mail names
    NAME = "name"  # same name at the same company
    DOMAIN = "domain"  # the company of the domain; never a person


class Asked(msgspec.Struct, frozen=True):
    """An address by which a record may be found, and how we came to it."""

    email: str
    how: Reason = Reason.EXACT


class Wanted(msgspec.Struct, frozen=True):
    """By what a customer is looked for: addresses, most trusted first, names, and the company's domain ("" for free mail)."""

    addresses: tuple[Asked, ...] = ()
    names: tuple[str, ...] = ()
    domain: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """A record that may be the customer's, as a search found it. Connectors leave `reason` None; server.domain.matching gives it."""

    ref: CrmRef
    name: str = ""
    company: str = ""
    addresses: tuple[str, ...] = ()
    domain: str = ""  # of a company record
    url: str = ""
    reason: Reason | None = None


Trouble = Literal[
    "refused",  # 401, 403: the credentials are wrong, expired, revoked, or may not read this
    "missing",  # 404: the record, or the address of the service
    "conflict",  # 409: somebody else has changed or made it
    "busy",  # 429, or our own limit
    "slow",  # no answer within the time limit
    "down",  # no connection, 5xx
    "broken",  # the circuit is open: not asked at all
    "garbled",  # an answer that cannot be understood
    "mapping",  # 400, 422: a field or an object that the settings name does not exist
    "unsafe",  # an address that must not be called
    "unset",  # settings or credentials are missing
    "failed",  # a fault of ours
]
"""Why a CRM gave nothing. A key of server.screens' sentences."""


class CrmError(Exception):
    """A CRM did not do what was asked. `str(error)` is for the log: no names, addresses, tokens. `body` is the vendor's answer, never logged."""

    def __init__(
        self, why: Trouble, detail: str = "", *, retry_after: float = 0.0, status: int = 0, body: bytes = b""
    ) -> None:
        super().__init__(detail or why)
        self.why: Trouble = why
        self.retry_after = retry_after  # seconds, 0 when the CRM did not say
        self.status = status
        self.body = body


class Attachment(msgspec.Struct, frozen=True):
    """A file of a mail."""

    name: str
    type: str  # "application/pdf"
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be written down at a record. `key` is the same for the same mail, so that a second try finds the first."""

    key: str
    direction: Literal["in", "out", "internal"]
    subject: str
    text: str
    sender: str
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    at: int = 0
    by: str = ""  # the colleague who logs it
    files: tuple[Attachment, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A contact, ticket or deal to be made. `key` as in Letter; `record` is what it belongs to, None for a new contact."""

    key: str
    kind: Creatable
    title: str
    text: str = ""
    name: str = ""
    email: str = ""
    company: str = ""
    amount: Money | None = None
    record: CrmRef | None = None


class Made(msgspec.Struct, frozen=True):
    """Something that was written into a CRM."""

    id: str  # in the connector's own words: what `unlog` takes
    url: str = ""


class Delivery(msgspec.Struct, frozen=True):
    """A webhook as it came: lower-case header names; `url` is the public address that was called; `at` is our clock, ms."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: int


class Moved(msgspec.Struct, frozen=True):
    """What a webhook says has changed. `ids` name the deliveries' events, so that a replay is known; `hint`: unsigned, only worth reading again."""

    ids: tuple[str, ...] = ()
    refs: tuple[CrmRef, ...] = ()
    addresses: tuple[str, ...] = ()
    everything: bool = False
    hint: bool = False


class ForgedDelivery(Exception):
    """The webhook does not prove that the CRM sent it, or is too old. The reason is for the log."""


class Crm(Protocol):
    """A connected CRM. Safe between threads. Every method raises CrmError, and ends within its line's time limit."""

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """Return records that may be the customer's: by address, by several, by domain. At most 20, no reason given yet."""

    def load(self, ref: CrmRef) -> Record:
        """Return all that is shown of a record. Raises CrmError("missing") when it is gone."""

    def check(self) -> None:
        """Raise what is wrong with address, credentials or settings; do nothing when a look-up would work."""

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """Write a mail down at a record; what carries the same key already is returned instead, where the CRM can tell."""

    def unlog(self, made: Made) -> None:
        """Take it back; what is gone already is well."""

    def create(self, order: Order) -> Made:
        """Make a contact, ticket or deal."""

    def changed(self, delivery: Delivery) -> Moved:
        """Read a webhook. Raises ForgedDelivery, CrmError("garbled")."""


class Connectors(Protocol):
    """Who makes a Crm of a connection."""

    def connect(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None = None) -> Crm:
        """Return it; no call is made. With credentials it is one of its own, for a test before saving; else the shared one.

        Raises CrmError("unset", "unsafe", "mapping").
        """


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one CRM has said about one customer, and when: what the panel draws. Kept in the store."""

    connection: str
    at: int  # when it was read; of a failure, when what is still shown was read (0: never)
    state: Literal["found", "several", "none", "failed"]
    wanted: Wanted = Wanted()
    candidates: tuple[Candidate, ...] = ()  # best first; the linked one among them
    record: Record | None = None
    reason: Reason | None = None  # why this record
    trouble: Trouble | None = None  # the last try failed; the rest is what was known before
    tried: int = 0  # when that was


class Known(msgspec.Struct, frozen=True):
    """What is known of a customer in one connection before it is asked: whom colleagues chose, who it is not, what was read last."""

    link: CrmRef | None = None
    unlike: frozenset[CrmRef] = frozenset()
    entry: Entry | None = None


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Something written into a CRM about a mail, once for the whole team."""

    connection: str
    kind: Literal["log", "contact", "ticket", "deal"]
    by: str  # person id
    at: int
    state: Literal["waiting", "done", "failed", "unsure", "undoing"]  # unsure: it was sent, and no answer came
    title: str = ""
    made: Made | None = None
    trouble: Trouble | None = None
    ref: CrmRef | None = None
    files: bool = False  # the mail's attachments were wanted along: so they are the next time


class Sight(msgspec.Struct, frozen=True):
    """The CRM part of a message card: an entry per connection that has answered, and what is on its way."""

    entries: tuple[Entry, ...] = ()  # in the order of the workspace's connections
    pending: tuple[str, ...] = ()  # connections that are being asked for the first time
    broken: dict[str, int] = {}  # connections that are not asked for a while -> until when
    errands: tuple[Errand, ...] = ()  # of the open mail, newest first
    fetch: tuple[str, ...] = ()  # connections that this very request was given to ask


class Connections(Protocol):
    """The CRM connections of a workspace, as its administrators keep them. All raise RecordsUnavailable.

    What is not secret comes with the workspace itself (Workspace.connections, Workspace.panel).
    """

    def save(self, workspace: str, connection: Connection, credentials: Mapping[str, str] | None) -> None:
        """Keep a connection; None leaves its credentials as they are. Every copy follows at its next open."""

    def remove(self, workspace: str, connection: str) -> None:
        """Forget it, its credentials, and all that was read through it."""

    def credentials(self, workspace: str, connection: str) -> Mapping[str, str]:
        """Return what was sealed. Raises CrmError("unset") when nothing was, or its key is gone."""

    def show(self, workspace: str, fields: Sequence[str]) -> None:
        """Choose what the panel shows, in this order (PANEL_FIELDS)."""


PANEL_FIELDS = (
    "role",
    "plan",
    "contract",
    "owner",
    "value",
    "health",
    "renewal",
    "products",
    "environment",
    "unused",
    "usage",
    "phone",
    "last_contact",
    "note",
    "more",
)
"""What the panel can show of records, in the order that holds until a workspace chooses its own; the first four are shown unfolded."""

"""What an agent may ask of a conversation: a closed union, each applied by one atomic script (store/scripts/act.lua)."""

from __future__ import annotations

from typing import Literal

import msgspec

from server.domain.crm import Creatable, RecordKind
from server.domain.reading import Use
from server.domain.understanding import Feeling


class Taken(msgspec.Struct, frozen=True):
    """A template that an answer was made of: how, how much of it was changed (thousandths), and what had been proposed."""

    template: str
    title: str
    how: Use = "as_is"
    changed: int = 0
    shown: tuple[str, ...] = ()  # ids, best first


class Gift(msgspec.Struct, frozen=True):
    """A benefit that goes with the reply. Refused ("given") once the customer has had it `per_month` times in thirty days."""

    benefit: str
    per_month: int


class Take(msgspec.Struct, frozen=True, tag="take"):
    """Claim it. Refused ("held") while a colleague's lease lives; one's own lease is renewed."""


class StartReply(msgspec.Struct, frozen=True, tag="start_reply"):
    """Claim it, if free, for as long as a reply is written (draft_minutes), and be shown as replying.

    `host` and `box` (the account) say where the draft will lie. One that lies there already stays, unless `anew`.
    """

    host: str = ""
    box: str = ""
    anew: bool = False
    pick: Taken | None = None
    shown: tuple[str, ...] = ()  # proposed, and not used
    due: int = 0  # ms by which the reply promises something; 0 promises nothing
    gift: Gift | None = None


class DraftMade(msgspec.Struct, frozen=True, tag="draft_made"):
    """The mailbox has made the draft of one's own reply: this is where it lies."""

    id: str
    thread: str


class DraftFailed(msgspec.Struct, frozen=True, tag="draft_failed"):
    """The mailbox has made no draft: it must not be looked for. The claim stays; what the reply taught and gave is taken back."""

    pick: str = ""
    benefit: str = ""


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Give one's own claim back. With `others`, end a colleague's (roles: release_others)."""

    others: bool = False


class HandOver(msgspec.Struct, frozen=True, tag="hand_over"):
    """Give one's own claim to a colleague, with a word."""

    to: str
    word: str = ""


class TakeOver(msgspec.Struct, frozen=True, tag="take_over"):
    """Take a colleague's claim, saying why; they are told. `fence` is the lease the agent saw: another one is stale."""

    reason: str
    fence: int


class SetStatus(msgspec.Struct, frozen=True, tag="status"):
    """Set a status. Kind "done" ends the claim; reopening clears who closed it. A colleague's claim refuses it ("held")."""

    status: str
    kind: Literal["open", "working", "waiting", "done"]


class SetHold(msgspec.Struct, frozen=True, tag="hold"):
    """Let it wait for a reason ("" ends the waiting). One's own claim ends, the assignee stays."""

    hold: str


class SetPriority(msgspec.Struct, frozen=True, tag="priority"):
    """Set or clear ("") the priority."""

    priority: str


class Assign(msgspec.Struct, frozen=True, tag="assign"):
    """Name who should deal with it ("" nobody); no lease."""

    to: str


class SetTags(msgspec.Struct, frozen=True, tag="tags"):
    """Replace the tags."""

    tags: tuple[str, ...]


class SetDue(msgspec.Struct, frozen=True, tag="due"):
    """Set or clear (0) the due time, milliseconds since the epoch."""

    due: int


class AddNote(msgspec.Struct, frozen=True, tag="note"):
    """Write a note; mentioned people find the conversation on their home card until they open it."""

    text: str
    mentions: tuple[str, ...] = ()


class EditCustomer(msgspec.Struct, frozen=True, tag="customer"):
    """What the team knows about the person; for everybody, from now on."""

    name: str
    reading: str
    company: str
    role: str
    note: str


class MergeCustomers(msgspec.Struct, frozen=True, tag="merge_customers"):
    """The person behind `address` is this customer too: one record with all addresses."""

    address: str


class SplitAddress(msgspec.Struct, frozen=True, tag="split_address"):
    """`address` is somebody else: it leaves this record and starts one of its own."""

    address: str


class Move(msgspec.Struct, frozen=True, tag="move"):
    """Another team owns it from now on; a claim of somebody who may not see it there ends."""

    team: str


class Unmerge(msgspec.Struct, frozen=True, tag="unmerge"):
    """Take apart what the ids had joined: `part` becomes its own conversation again, for good."""

    part: str


class Picked(msgspec.Struct, frozen=True, tag="pick"):
    """A template was put into an answer that is being written: learned at once."""

    pick: Taken


class Unpick(msgspec.Struct, frozen=True, tag="unpick"):
    """That was not what the mail needed: what was learned from it is taken back."""

    pick: str


class Correct(msgspec.Struct, frozen=True, tag="correct"):
    """The mail is not what it was marked as ("not upset")."""

    feeling: Feeling


class LinkRecord(msgspec.Struct, frozen=True, tag="link_record"):
    """This record of a CRM is the customer; for everybody, from now on."""

    connection: str
    kind: RecordKind
    record: str


class UnlinkRecord(msgspec.Struct, frozen=True, tag="unlink_record"):
    """That record is not the customer: nobody is shown it for them any more. Linking it again takes this back."""

    connection: str
    kind: RecordKind
    record: str


class LogMail(msgspec.Struct, frozen=True, tag="log_mail"):
    """Write the open mail down at the customer's record. Refused ("logged") when a colleague has."""

    connection: str
    kind: RecordKind
    record: str
    letter: bytes = b""  # the mail itself with its attachments, msgpack; the store seals it
    files: bool = False


class UnlogMail(msgspec.Struct, frozen=True, tag="unlog_mail"):
    """Take what was written down back out of the CRM."""

    connection: str


class CreateInCrm(msgspec.Struct, frozen=True, tag="create_in_crm"):
    """Make a contact, ticket or deal of the open mail. Refused ("logged") when a colleague has."""

    connection: str
    what: Creatable
    title: str
    order: str = ""  # all of it, JSON; the store seals it


Change = (
    Take
    | StartReply
    | DraftMade
    | DraftFailed
    | Release
    | HandOver
    | TakeOver
    | SetStatus
    | SetHold
    | SetPriority
    | Assign
    | SetTags
    | SetDue
    | AddNote
    | EditCustomer
    | MergeCustomers
    | SplitAddress
    | Move
    | Unmerge
    | Picked
    | Unpick
    | Correct
    | LinkRecord
    | UnlinkRecord
    | LogMail
    | UnlogMail
    | CreateInCrm
)

ADDITIVE = (
    SetPriority,
    SetTags,
    SetDue,
    AddNote,
    EditCustomer,
    DraftMade,
    DraftFailed,
    Picked,
    Unpick,
    Correct,
    LinkRecord,
    UnlinkRecord,
    LogMail,
    UnlogMail,
    CreateInCrm,
)
"""Changes that are right whatever happened since the card was drawn; all others are refused when it is stale."""

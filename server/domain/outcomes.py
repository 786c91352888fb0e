"""What a use-case answers; screens turn it into an effect. Expected answers are outcomes, failures are errors."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from server.domain.conversation import Composed, Queue, SendCheck, Sends, View
from server.domain.finding import Finding
from server.domain.suggestion import Suggestion
from server.domain.workspace import Benefit, Preferences


class Refusal(StrEnum):
    """Why a click changed nothing."""

    HELD = "held"  # a colleague's claim lives
    STALE = "stale"  # something happened since the card was drawn
    NOT_MINE = "not_mine"  # the claim was not the agent's (any more)
    NOT_ALLOWED = "not_allowed"  # role
    NEEDS_NAME = "needs_name"  # a shared account, and nobody named
    NEEDS_TEXT = "needs_text"  # a reason or note is empty
    UNKNOWN_VALUE = "unknown_value"  # a status, person, team or address that does not exist (any more)
    OTHER_MAIL = "other_mail"  # another mail is open than the one that the card was about
    GIVEN = "given"  # the customer has had this benefit as often as they may
    LOGGED = "logged"  # a colleague has written it into the CRM already
    BUSY = "busy"  # the same reply is being drafted by another click
    TOO_OLD = "too_old"  # the card is older than a working day


class Seen(msgspec.Struct, frozen=True):
    """The message card. `over`: on top of the card whose row led here, with the host's way back."""

    view: View
    over: bool = False


class Done(msgspec.Struct, frozen=True):
    """The click did it; the fresh card. `deed` names the sentence of the toast (the Change's tag, or "adopt")."""

    view: View
    deed: str
    word: str = ""  # a name for the sentence: whom it went to, which status
    replayed: bool = False


class Refused(msgspec.Struct, frozen=True):
    """The click changed nothing; the fresh card, one sentence, and what had been typed."""

    why: Refusal
    view: View
    form: dict[str, str] = {}
    ask: str = ""  # the question card to draw again with the typed text, "" for the message card


class Replying(msgspec.Struct, frozen=True):
    """The agent replies: the draft lies in their mailbox (`id`), or their client opens its own form with the reply's text."""

    view: View
    id: str = ""
    thread: str = ""
    text: str = ""
    everyone: bool = True
    again: bool = False  # a draft that was there already


class Editing(msgspec.Struct, frozen=True):
    """The card on which a reply is written: the text, what the check found in it, and the template it was made of."""

    view: View
    text: str = ""
    suggestion: Suggestion | None = None  # what the text began as
    findings: tuple[Finding, ...] = ()  # most serious first, without the ignored rules'
    checked: bool = False  # the check has just read the text
    ignored: tuple[str, ...] = ()  # rules that the agent does not want to hear of again for this text
    placed: bool = False  # the text is ours, not what stands in the field already
    everyone: bool = True
    shown: tuple[str, ...] = ()  # templates that had been proposed at the first click; else the view says what is
    tasks: tuple[str, ...] = ()  # what a language model may be asked to do with the text (server.replies.polish.Task)
    declined: str = ""  # why it has just given nothing back (server.replies.polish.Reason)
    benefits: tuple[Benefit, ...] = ()  # that may still be given to this customer
    benefit: str = ""  # id of the one that the text offers
    why: Literal["", "findings", "unfilled"] = ""  # why the insert was stopped
    refused: Refused | None = None


class Found(msgspec.Struct, frozen=True):
    """Templates that were looked for, each filled for the mail at hand; `more` were found besides."""

    words: str
    category: str
    rows: tuple[Suggestion, ...] = ()
    more: int = 0


class Writing(msgspec.Struct, frozen=True):
    """The card of a compose window."""

    composed: Composed
    known: bool = True  # False: the client may not tell who the recipients are
    said: Done | Refused | None = None  # what became of a click on it
    found: Found | None = None
    categories: tuple[str, ...] = ()  # of the templates there are: ids, or words of the team's own
    text: str = ""
    findings: tuple[Finding, ...] = ()
    checked: bool = False


class Inserting(msgspec.Struct, frozen=True):
    """Text for the open compose window."""

    text: str


class Choosing(msgspec.Struct, frozen=True):
    """The settings card. `sends`, for administrators, says how many sends were checked; `saved`: just now."""

    preferences: Preferences
    sends: Sends | None = None
    saved: bool = False


class Leading(msgspec.Struct, frozen=True):
    """A page of ours to open in a window of its own."""

    url: str


class Consenting(msgspec.Struct, frozen=True):
    """The agent must grant this first; the host asks, and repeats the click."""

    scopes: tuple[str, ...]


class Checked(msgspec.Struct, frozen=True):
    """Our word to a send: let it go, stop it, or ask the agent."""

    verdict: Literal["allow", "stop", "ask"]
    check: SendCheck


Question = Literal[
    "take_over",
    "hand_over",
    "hold",
    "assign",
    "customer",
    "merge_customers",
    "split_address",
    "move",
    "unmerge",
    "tags",
    "due",
    "status",
    "crm_records",
    "crm_contact",
    "crm_ticket",
    "crm_deal",
]
"""What a question card can be about."""


class Ask(msgspec.Struct, frozen=True):
    """A question card before a change: what is asked, and what had been typed."""

    what: Question
    view: View
    form: dict[str, str] = {}


class NotOurs(msgspec.Struct, frozen=True):
    """The mail is not the team's: nothing is kept. `teams`: ids of those it could be added to."""

    teams: tuple[str, ...] = ()


class Stranger(msgspec.Struct, frozen=True):
    """The account is no agent's: `workspace` "" is unknown company; `ask` names the administrators to turn to."""

    workspace: str = ""
    ask: tuple[str, ...] = ()
    why: Literal["unknown_company", "closed", "archived", "mismatch", "guest", "shared_refused"] = "unknown_company"


class Waiting(msgspec.Struct, frozen=True):
    """The home card. `over`: on top of the card it was opened from, with the host's way back."""

    queue: Queue
    over: bool = False


class HistoryPage(msgspec.Struct, frozen=True):
    """Further rows of the history. What CRMs know is shown between them from `before` on, ms; 0: from the newest."""

    view: View
    before: int = 0


class TimelinePage(msgspec.Struct, frozen=True):
    """Everything that happened in the conversation, newest first (at most 50 events)."""

    view: View


class Failed(msgspec.Struct, frozen=True):
    """Something failed: the error's `public` key, whether trying again helps, and what is known all the same."""

    public: str
    retryable: bool = False
    view: View | None = None
    keeps_card: bool = False  # only say it: the card, and what was typed, stay for another try


Outcome = (
    Seen
    | Done
    | Refused
    | Ask
    | NotOurs
    | Stranger
    | Waiting
    | HistoryPage
    | TimelinePage
    | Replying
    | Editing
    | Writing
    | Inserting
    | Choosing
    | Leading
    | Consenting
    | Checked
    | Failed
)

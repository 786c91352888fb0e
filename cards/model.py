"""The vocabulary of cards: what a screen may say, in words neither host owns.

A `Card` is plain data. `cards.google` and `cards.adaptive` turn it into JSON; both match the closed unions below with
`assert_never`, so a new block does not type-check until both renderers know it. All strings here are plain text,
never markup: the renderers make foreign text safe (`cards.escape`) and cut it to length.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Frozen to the type checker only: at run time that would make every value three times as slow to build.

        A card is a hundred values, built for each request; with plain slots they cost 60 microseconds less.
        """
        return partial(dataclasses.dataclass, slots=slots, unsafe_hash=frozen)


class Tone(StrEnum):
    """What a line means; colour never says it alone, the words do too."""

    NEUTRAL = "neutral"
    SUBTLE = "subtle"
    ACCENT = "accent"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"


class Icon(StrEnum):
    """The few pictures the product uses; each is a PNG of this name under the service's /icons/ (48 px, drawn for 24)."""

    PERSON = "person"
    COMPANY = "company"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"
    NOTE = "note"
    CLOCK = "clock"
    LOCK = "lock"
    STATUS_OPEN = "status-open"
    STATUS_WORKING = "status-working"
    STATUS_WAITING = "status-waiting"
    STATUS_DONE = "status-done"
    PRIORITY = "priority"
    WARNING = "warning"
    INFO = "info"
    MENTION = "mention"
    EYE = "eye"
    PENCIL = "pencil"
    DEAL = "deal"
    TICKET = "ticket"
    ORDER = "order"
    ACTIVITY = "activity"


@dataclass(frozen=True, slots=True)
class Action:
    """What a click asks for: the name of a use-case and its small arguments. The host seals it (`Seal`) when drawing."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)


Seal = Callable[[Action], str]
"""Makes the opaque token that a button carries and the service opens again at the click."""


@dataclass(frozen=True, slots=True)
class Link:
    """An https page to open outside the card."""

    url: str


@dataclass(frozen=True, slots=True)
class Button:
    """A verb. At most one button of a card is `filled`: the next sensible step."""

    label: str
    target: Action | Link
    filled: bool = False
    enabled: bool = True
    needs: tuple[str, ...] = ()  # names of Fields/Choices of the card that must not be empty for this click
    files: bool = False  # the open mail's attachments are wanted: a client that alone can read them sends them along


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `lines` > 0 cuts it after so many lines where the host can."""

    text: str
    tone: Tone = Tone.NEUTRAL
    strong: bool = False
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing with a picture: small label above, text, small line below; optionally a click on the whole or a button at its end.

    `one_line`: a row of a list, whose text is cut rather than wrapped.
    """

    text: str
    above: str = ""
    below: str = ""
    icon: Icon | None = None
    tone: Tone = Tone.NEUTRAL
    strong: bool = False
    button: Button | None = None
    target: Action | Link | None = None
    one_line: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One label with its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values, one below the other."""

    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline: what (title), its details (who, when), and a snippet."""

    title: str
    detail: str
    snippet: str = ""
    icon: Icon = Icon.INFO
    target: Action | Link | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Entries, newest first."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that must be seen: an error, a refusal, a hand-over. Announced by screen readers when it is new."""

    text: str
    tone: Tone = Tone.ACCENT
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A place to type. What was typed comes back under `name`.

    Both hosts keep what stands in a field when the card is redrawn with a field of the same name; one that must come
    back empty (after a note was saved) takes another name.
    """

    name: str
    label: str
    value: str = ""
    hint: str = ""
    multiline: bool = False
    max_length: int = 2000


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer of a Choice. The value is never empty: Outlook's renderer refuses such an answer."""

    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A list to pick one from (a drop-down), or several when `many` (check boxes). At most 100 options."""

    name: str
    label: str
    options: tuple[Option, ...]
    many: bool = False


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and time to pick; comes back under `name` as "YYYY-MM-DDTHH:MM" in the agent's time zone ("" when unset)."""

    name: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Verbs side by side; `menu` holds the rest behind "⋯" (its label for screen readers is `menu_label`)."""

    items: tuple[Button, ...]
    menu: tuple[Button, ...] = ()
    menu_label: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """How something went, as bars: values oldest first. `words` say the same to whoever does not see the picture."""

    values: tuple[float, ...]
    words: str


Block = Text | Row | Facts | Trend | Timeline | Notice | Field | Choice | DateTime | Buttons


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that belong together. Collapsible ones show their first `shown` blocks until they are opened.

    A `lasting` section says nothing that changes by itself before the day is over: it can be kept (cards.kept).
    """

    blocks: tuple[Block, ...]
    title: str = ""
    collapsible: bool = False
    shown: int = 0
    id: str = ""  # stable, so that the pane can keep a section open across redraws
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Lasting sections that were drawn before (cards.kept): one host's JSON, comma between them, with gaps for tokens.

    `parts` has one more than `actions`: the token of the first action stands after the first part.
    """

    parts: tuple[bytes, ...]
    actions: tuple[Action, ...]
    widgets: int  # how many of the host's widgets they are

    def filled(self, seal: Seal) -> bytes:
        """The sections with fresh tokens."""
        pieces = [self.parts[0]]
        for action, part in zip(self.actions, self.parts[1:], strict=True):
            pieces += (seal(action).encode(), part)
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Header:
    """Who or what the card is about."""

    title: str
    subtitle: str = ""
    icon: Icon | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One screen of the sidebar. `name` is stable per kind of screen ("message", "home", "take-over")."""

    name: str
    header: Header
    sections: tuple[Section | Kept, ...]
    language: str = "ja"

    @property
    def plain(self) -> tuple[Section, ...]:
        """The sections that are to be drawn."""
        return tuple(section for section in self.sections if isinstance(section, Section))


class Place(StrEnum):
    """Where a card goes in the host's stack of cards."""

    HERE = "here"  # in place of the card that was clicked
    ON_TOP = "on_top"  # a question of its own, with the host's way back
    ROOT = "root"  # back to the first card, redrawn


@dataclass(frozen=True, slots=True)
class Show:
    """Draw this card. `toast` is one short sentence beside it; `changed` tells the host that shared state has changed."""

    card: Card
    place: Place = Place.HERE
    toast: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """One short sentence; the card stays as it is, with what was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class StartReply:
    """Open a reply beside the card. With an `id` the draft lies in the mailbox; else the client opens its own form with this text."""

    card: Card
    text: str = ""
    everyone: bool = True
    id: str = ""
    thread: str = ""
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Insert:
    """Put this text into the open compose window, at the cursor; the card stays."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Open a page in a window of its own; the card stays."""

    url: str


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Have the host ask for permissions that the agent has not granted, and repeat the click. Only Gmail's are asked for one by one."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Our word to a mail that is being sent: "allow", "stop" or "ask", with the sentence that says why."""

    decision: str
    sentence: str = ""


Effect = Show | Toast | StartReply | Insert | OpenPage | AskConsent | Verdict

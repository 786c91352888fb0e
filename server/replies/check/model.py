"""What a rule reads and says: a draft, the workspace's policy, the page they make, hits on it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple

from server.domain.finding import Severity
from server.domain.names import Name, cores, read_names
from server.mail.language import language_of
from server.mail.newtext import read_text
from server.replies.check.salutation import SpokenTo, first_lines, is_person, spoken_to

LONGEST = 40_000
"""Characters of a draft that are read; nobody writes a longer one by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reply before it goes out, with what is known of the conversation it belongs to. All but the body may be unknown."""

    body: str
    subject: str | None = None  # None: the mail program keeps the thread's own
    language: str = ""  # "ja" or "en", where the text itself does not tell
    customer_names: tuple[str, ...] = ()  # the record's name first, then display name, reading, other ways to write it
    company_names: tuple[str, ...] = ()  # the customer's company, the record's form first
    other_names: tuple[str, ...] = ()  # people and companies that a copied text may still speak to
    agent_name: str = ""
    our_company: str = ""
    upset: bool = False  # the mail that is answered
    incoming_language: str = ""
    has_attachment: bool | None = None  # None: the host does not tell
    notes: tuple[str, ...] = ()  # the conversation's internal notes
    now: int = 0  # ms since the epoch; 0 where no date shall be looked at
    zone: str = "Asia/Tokyo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the workspace decided: rules that are off, its own words."""

    off: frozenset[str] = frozenset()
    banned: tuple[str, ...] = ()
    voice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # word -> what the team says instead
    forbidden_promises: tuple[str, ...] = ()


class Hit(NamedTuple):
    """One place that a rule found, in positions of the text it read."""

    start: int
    end: int
    replacement: str | None = None
    words: Mapping[str, str] = MappingProxyType({})
    where: Literal["subject", "body"] = "body"
    as_given: bool = False  # the positions are already those of the text as it was given


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the colleague looks for. `rank` orders findings: lower is more serious, errors below 100."""

    id: str
    severity: Severity
    languages: tuple[str, ...]
    family: str
    rank: int
    look: Callable[[Page], Iterable[Hit]]


_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20, 0x00A0: 0x20, 0x202F: 0x20, 0x2007: 0x20, 0x09: 0x20, 0x2019: 0x27, 0x2018: 0x27, 0x201C: 0x22,
    0x201D: 0x22, 0x2212: 0x2D, 0x2010: 0x2D, 0x2011: 0x2D, 0xFFE5: 0xA5, 0xFE52: 0x2E, 0x25EF: 0x25CB, 0x3007: 0x25CB,
}  # fmt: skip
_FOLD |= {code: ord(unicodedata.normalize("NFKC", chr(code))) for code in range(0xFF61, 0xFF9E)}
_SMALL = {code: code + 32 for code in range(65, 91)}
_FOLDED = re.compile(f"[{re.escape(''.join(map(chr, _FOLD)))}]")
_MARKS = re.compile(r"[^\u0300-\u036f\u3099\u309a\uff9e\uff9f][\u0300-\u036f\u3099\u309a\uff9e\uff9f]+")
_HAS_MARKS = re.compile(r"[\u0300-\u036f\u3099\u309a\uff9e\uff9f]")


def _fold(found: re.Match[str]) -> str:
    return chr(_FOLD[ord(found[0])])


class Text:
    """A text as rules read it (widths folded, one kind of space and quotation mark), with the way back to what was given.

    Not NFKC itself: it lengthens (㈱ becomes three characters), and positions must stay true. What it would lengthen is
    left as it is; a letter and the mark behind it become one, and only then a table of positions is kept.
    """

    __slots__ = ("__dict__", "_starts", "given", "text")

    def __init__(self, given: str) -> None:
        self.given = given[:LONGEST]
        text = _FOLDED.sub(_fold, self.given)  # a tenth of what str.translate costs over kanji
        if "\r" in text:
            text = text.replace("\r\n", " \n").replace("\r", "\n")
        self._starts: list[int] | None = None
        if _HAS_MARKS.search(text):
            text, self._starts = _composed(text)
        self.text = text

    @cached_property
    def low(self) -> str:
        """The text in small Latin letters, of the same length (str.lower() lengthens İ)."""
        low = self.text.lower()
        return low if len(low) == len(self.text) else self.text.translate(_SMALL)

    def given_at(self, start: int, end: int) -> tuple[int, int]:
        """Where these positions lie in the text as it was given."""
        if self._starts is None:
            return start, end
        return self._starts[start], self._starts[end]


def _composed(text: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for found in _MARKS.finditer(text):
        pieces.append(text[at : found.start()])
        starts.extend(range(at, found.start()))
        piece = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", found[0][:8]))
        pieces.append(piece)
        starts.extend([found.start()] * len(piece))
        at = found.end()
    pieces.append(text[at:])
    starts.extend(range(at, len(text) + 1))
    return "".join(pieces), starts


class Sentence(NamedTuple):
    """One sentence and where it stands."""

    start: int
    end: int
    text: str


_QUOTE_MARKS = (">", "wrote:", "書きました", "のメール", "--", "_____", "====", "────", "━━━━", "――", "ーーーー", "****", "From", "差出人", "送信者", "++++", "・・・・", "◆◇", "~~~~", "◇◆", "■□", "□■", "////")  # fmt: skip
"""One of these is in every text that holds a quote or a signature; reading for them costs as much as all rules."""
_JA_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_EN_END = re.compile(r"[.!?]+(?=[\s\"')]|\Z)|\n[ \n]*\n|\n(?= {0,8}(?:[-*•(]|\d{1,2}[.)]))")
_LIST_LINE = re.compile(
    r"^\s*(?:[・●○■◆▼□※→*•>|│-]|\(?\d{1,2}[.):．、](?!\d)|\(\d|[①-⑳Ⅰ-Ⅻ]|手順\s*\d|(?:step|ステップ)\s*\d|【|\[)",
    re.IGNORECASE,
)
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_LETTER = re.compile(r"[^\W\d_]")


class Page:
    """The draft laid out for the rules: only what its writer added, quotes blanked, in both foldings."""

    def __init__(self, draft: Draft, policy: Policy) -> None:
        self.draft = draft
        self.policy = policy
        self.subject = Text(draft.subject or "")
        self.whole = Text(draft.body)
        self.text = _own(self.whole)
        self.written = _written(self.text)
        self.language = self.written or _guessed(self.text, draft)
        self.dates: list[re.Match[str]] | None = None  # these two are found once, by server.replies.check.dates
        self.promised: list[tuple[int, int, str, int]] | None = None

    @cached_property
    def low(self) -> str:
        """The body in small Latin letters, of the same length."""
        low = self.text.lower()
        return low if len(low) == len(self.text) else self.text.translate(_SMALL)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Every character that the small letters hold."""
        return frozenset(self.low)

    @cached_property
    def has_words(self) -> bool:
        """Whether there is enough to be a reply at all: what is missing from one is not missing from a scrap."""
        return len(_LETTER.findall(self.text[:400])) >= 12

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Sentences of the body, without those that are only marks and space."""
        if self.language == "en":
            ends = [found.end() for found in _EN_END.finditer(self.text)]
            pieces = list(pairwise([0, *ends, len(self.text)]))
        else:
            pieces = [found.span() for found in _JA_SENTENCE.finditer(self.text)]
        return tuple(
            Sentence(start, end, text) for start, end in pieces if _LETTER.search(text := self.text[start:end])
        )

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    @cached_property
    def first_lines(self) -> list[tuple[int, str]]:
        """The first non-empty lines with where they begin."""
        return first_lines(self.text)

    @cached_property
    def spoken_to(self) -> tuple[SpokenTo, ...]:
        """Whom the first lines address, in Japanese forms."""
        return spoken_to(self.text, self.companies)

    @cached_property
    def companies(self) -> tuple[str, ...]:
        """The customer's company without its legal form, ready to compare."""
        return cores(self.draft.company_names)

    @cached_property
    def agents(self) -> tuple[Name, ...]:
        """The writer's name."""
        return read_names((self.draft.agent_name,))

    @cached_property
    def others(self) -> tuple[Name, ...]:
        """Names that a copied text may still speak to."""
        return read_names(self.draft.other_names)

    @cached_property
    def customers(self) -> tuple[Name, ...]:
        """How the customer's name may be written; a company or a shared desk in the name's place is nobody's name."""
        return tuple(name for name in read_names(self.draft.customer_names) if is_person(name.full))

    def sentence_at(self, position: int) -> Sentence:
        """The sentence that holds this position."""
        at = bisect_right(self._sentence_starts, position) - 1
        return self.sentences[at] if at >= 0 else Sentence(position, position, "")

    def line_at(self, position: int) -> tuple[int, int]:
        """Where the line with this position begins and ends; of a very long line what lies near."""
        start = self.text.rfind("\n", max(0, position - 500), position) + 1
        end = self.text.find("\n", position, position + 500)
        return start or max(0, position - 500), end if end >= 0 else min(len(self.text), position + 500)

    def in_list(self, position: int) -> bool:
        """Whether the line is an item of a list or a heading: orders are usual there."""
        start, end = self.line_at(position)
        return bool(_LIST_LINE.match(self.text[start : min(end, start + 40)]))

    def quoted(self, position: int) -> bool:
        """Whether the position lies within 「…」 or "…" of its line: those are somebody's words or a screen's."""
        start, _ = self.line_at(position)
        before = self.text[start:position]
        return (
            before.count("「") > before.count("」")
            or before.count("『") > before.count("』")
            or before.count('"') % 2 == 1
        )

    def around(self, position: int, before: int = 80, after: int = 120) -> str:
        """What stands near, within the paragraph."""
        start = max(0, position - before, self.text.rfind("\n\n", max(0, position - before), position) + 1)
        end = self.text.find("\n\n", position, position + after)
        return self.text[start : end if end >= 0 else position + after]


def _own(whole: Text) -> str:
    """The text with quotes blanked out and what follows the last own line cut: positions stay."""
    text = whole.text
    if not any(mark in text for mark in _QUOTE_MARKS):
        return text
    kept = read_text(text, "").new.split("\n")
    lines = text.split("\n")
    out: list[str] = []
    at = 0
    for line in lines:
        while at < len(kept) and not kept[at]:
            at += 1
        if at == len(kept):
            break
        bare = line.strip()
        if bare and bare == kept[at].strip():
            out.append(line)
            at += 1
        else:
            out.append(" " * len(line))
    return "\n".join(out)


def _written(text: str) -> str:
    """The language that the text itself tells."""
    sample = text[:400]
    if len(_KANA.findall(sample)) * 4 >= len(sample) > 12:  # plainly so, and a tenth of the work
        return "ja"
    return language_of(text)


def _guessed(text: str, draft: Draft) -> str:
    """The language of a text too short to tell: what the caller says, else its letters."""
    if draft.language in {"ja", "en"}:
        return draft.language
    sample = text[:400] if _LETTER.search(text[:400]) else (draft.subject or "")[:400]
    if _KANA.search(sample):
        return "ja"
    letters = _LETTER.findall(sample)
    return "en" if letters and sum(letter.isascii() for letter in letters) * 2 > len(letters) else ""

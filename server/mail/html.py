"""HTML of a mail as text: once whole, once without what the mail program marked as quoted.

A tokenizer in one pass, not a DOM. Tried first and dropped: selectolax 1.0.2 (lexbor) takes the square of the depth
(60,000 open <div>: 15 s) and of the attributes of a tag, marking lines through its tree cost 4 ms for a 3 KB mail,
and taking a node out of the tree while another match lies inside it ends the process.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache

MAX_HTML = 120_000

_TOKEN = re.compile(
    r"""
      <!--.*?(?:-->|\Z)
    | <[!?][^<>]*+>?
    | <(?P<close>/?)(?P<tag>[a-zA-Z][^\s/<>]*+)(?P<attributes>(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>
    | <(?P<broken>/?[a-zA-Z][^<>]*+)>?
    """,
    re.VERBOSE | re.DOTALL,
)
"""Possessive throughout: whatever a hostile page holds is read once."""

_RAW = frozenset({"script", "style", "title", "textarea", "noscript", "template", "object", "iframe", "svg", "select"})
_ONLY_TEXT = frozenset({"script", "style", "title", "textarea"})  # no tags inside; the others nest
_MATTER = _RAW | {"blockquote", "pre"}  # what changes the reading without an attribute
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "header", "hr", "html", "li", "main", "nav", "ol", "pre", "section", "table", "tbody", "tr", "ul",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_CLOSED_BY_NEXT = frozenset({"p", "li", "td", "th", "tr", "dd", "dt"})
_SIGNATURES = frozenset(
    {
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "signature",
        "ms-outlook-mobile-signature",
        "messagesignaturesection",
    }
)
_QUOTES = frozenset(
    {
        "moz-cite-prefix",
        "yahoo_quoted",
        "protonmail_quote",
        "zmail_extra",
        "outlookmessageheader",
        "messagereplysection",
    }
)
_TAILS = frozenset({"appendonsend", "divrplyfwdmsg", "mail-editor-reference-message-container"})
_ATTRIBUTE = re.compile(
    r"""(?<![^\s"'])(class|id|name|style|type|hidden)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?""", re.IGNORECASE
)
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:max-height|opacity)\s*:\s*0(?:\.0+)?(?:px|pt|em|%)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_TINY = re.compile(r"font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
_BORDERED = re.compile(r"^\s*(?:From|差出人|送信者)\s*[:\uff1a]")
_AHEAD = 800
_MAX_BOXES = 100

# Ends of lines while the white space of the source is folded; characters for private use, taken out of the source first.
_EDGE, _PARAGRAPH, _BR, _GAP, _KEPT = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_MARKS = re.compile(f"[{_EDGE}-{_KEPT}\x00]")
_BLANKS = re.compile(f"[ \t\r\n\f\u00a0{_GAP}]+")
_LINE_END = re.compile(f" ?([{_EDGE}{_PARAGRAPH}{_BR}][{_EDGE}{_PARAGRAPH}{_BR} ]*)")
_MARK_OF = {
    "br": _BR,
    "td": _GAP,
    "th": _GAP,
    **dict.fromkeys(_BLOCKS, _EDGE),
    **dict.fromkeys(_PARAGRAPHS, _PARAGRAPH),
}


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The text of a document; `new` lacks the quotes and signatures marked in it."""

    whole: str
    new: str
    marked: bool  # whether a quote was marked, and is not in `new`
    signed: bool = False  # whether a signature was


@dataclass(slots=True)
class _Region:
    """A part of the document that is left out: from a tag to its own end."""

    tag: str = ""
    depth: int = 0

    def opens(self, tag: str) -> None:
        self.tag, self.depth = tag, 1

    def sees(self, tag: str, *, close: bool) -> None:
        if tag == self.tag and self.depth:
            if close or tag in _CLOSED_BY_NEXT:
                self.depth -= 1
            else:
                self.depth += 1


@dataclass(slots=True)
class _Reader:
    """Where the reading stands; lives for one document."""

    source: str
    last_blockquote: int
    whole: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    hidden: _Region = field(default_factory=_Region)
    quoted: _Region = field(default_factory=_Region)
    pre: int = 0
    ended: bool = False
    marked: bool = False
    signed: bool = False
    in_gmail: bool = False
    boxes: int = 0

    def emit(self, text: str) -> None:
        if not self.hidden.depth:
            self.whole.append(text)
            if not self.quoted.depth and not self.ended:
                self.new.append(text)

    def text(self, piece: str) -> None:
        if piece and not self.hidden.depth:
            shown = _MARKS.sub("", html.unescape(piece)) if "&" in piece else piece
            # White space is folded at the end, once; in <pre> it is protected from that.
            self.emit(shown.replace("\r", "").replace("\n", _BR).replace(" ", _KEPT) if self.pre else shown)

    def open(self, tag: str, attributes: str, end: int) -> None:
        if tag not in _VOID:
            if self.hidden.depth:
                self.hidden.sees(tag, close=False)
            if self.quoted.depth:
                self.quoted.sees(tag, close=False)
            if not self.hidden.depth and (attributes or tag in _MATTER):
                self._look(tag, _attributes(attributes) if attributes else {}, end)
        if mark := _MARK_OF.get(tag):
            self.emit(mark)

    def close(self, tag: str) -> None:
        if mark := _MARK_OF.get(tag):
            self.emit(mark)
        if tag == "pre":
            self.pre = max(0, self.pre - 1)
        self.hidden.sees(tag, close=True)
        self.quoted.sees(tag, close=True)

    def _look(self, tag: str, found: dict[str, str], end: int) -> None:
        if tag in _RAW or "hidden" in found or ("style" in found and _is_invisible(tag, found["style"])):
            self.hidden.opens(tag)
        elif not self.quoted.depth and not self.ended:
            self._quote(tag, found, end)
        self.pre += tag == "pre"

    def _quote(self, tag: str, found: dict[str, str], end: int) -> None:
        names = (
            {*found.get("class", "").lower().split(), found.get("id", "").lower(), found.get("name", "").lower()}
            if found
            else set()
        )
        if names & _TAILS or ("border-top" in found.get("style", "").lower() and self._header_follows(end)):
            self.ended = self.marked = True
        elif names & _SIGNATURES:
            self.signed = True
            self.quoted.opens(tag)
        elif tag == "div" and "gmail_quote" in names and self.last_blockquote >= end:
            # Not the whole: an answer between the quoted lines stands in this very div, beside the blockquotes.
            self.in_gmail = self.marked = True
        elif (
            (tag == "blockquote" and (self.in_gmail or found.get("type", "").lower() == "cite"))
            or "gmail_quote" in names
            or names & _QUOTES
            or (tag == "div" and found.get("name", "").lower() == "quote")  # GMX
            or (self.in_gmail and "gmail_attr" in names)
        ):
            self.marked = True
            self.quoted.opens(tag)

    def _header_follows(self, end: int) -> bool:
        self.boxes += 1
        return self.boxes <= _MAX_BOXES and bool(_BORDERED.match(_TOKEN.sub("", self.source[end : end + _AHEAD])))


def read_html(source: str) -> HtmlText:
    """Text as a reader sees it: hidden parts, scripts and styles are away, blocks and <br> begin lines."""
    source = _MARKS.sub("", source[:MAX_HTML])
    reader = _Reader(source, source.lower().rfind("<blockquote"))
    at = 0
    while found := _TOKEN.search(source, at):
        reader.text(source[at : found.start()])
        at = found.end()
        tag = (found["tag"] or (found["broken"] or "").lstrip("/").split(" ")[0]).lower()
        if not tag:
            continue
        if found["close"] or (found["broken"] or "").startswith("/"):
            reader.close(tag)
            continue
        if tag in _ONLY_TEXT:
            at = _after_raw(source, tag, at)
            continue
        reader.open(tag, found["attributes"] or "", at)
    reader.text(source[at:])
    whole = _folded(reader.whole)
    new = whole if len(reader.new) == len(reader.whole) else _folded(reader.new)
    return HtmlText(whole, new, reader.marked, reader.signed)


def _after_raw(source: str, tag: str, at: int) -> int:
    end = re.compile(f"</{tag}[^<>]*>?", re.IGNORECASE).search(source, at)
    return end.end() if end else len(source)


def _is_invisible(tag: str, style: str) -> bool:
    """Newsletters set the size of whole layouts to 0 and that of the text inside anew: only a span of size 0 is meant to be unseen."""
    return bool(_INVISIBLE.search(style) or (tag == "span" and _TINY.search(style)))


def _attributes(text: str) -> dict[str, str]:
    return {found[1].lower(): (found[2] or "").strip("\"'") for found in _ATTRIBUTE.finditer(text)}


def _folded(pieces: list[str]) -> str:
    return _LINE_END.sub(_line_end, _BLANKS.sub(" ", "".join(pieces))).replace(_KEPT, " ").strip()


def _line_end(found: re.Match[str]) -> str:
    return _newlines(found[1])


@lru_cache(maxsize=256)
def _newlines(marks: str) -> str:
    """The edges of blocks end a line once, however many meet; a <br> after an edge is an empty line; so is a paragraph."""
    breaks = marks.count(_BR) + (marks[0] != _BR)
    return "\n" * min(2, max(breaks if _BR in marks else 1, 1 + (_PARAGRAPH in marks)))

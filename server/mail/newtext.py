"""What the writer of a mail added: quotes, forwarded originals and the signature taken off.

Rules in the order of their certainty: marks in the HTML, lines that introduce a quote, lines that are quoted, signatures.
Signatures and what machines add are in server.mail.trimmings. Each rule has its trap in tests/mail/newtext_cases:
差出人不明の荷物, dates in sentences, ruled lists, answers between quoted lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.mail.html import HtmlText, read_html
from server.mail.trimmings import without_banner, without_ending

_READ = 60_000
_LONGEST = 400  # no line that introduces a quote is longer; the patterns see no more than that

_WEEKDAY = r"[(\uff08][日月火水木金土]曜?日?[)\uff09]"
_DATE = rf"(?:\d{{4}}\s*[年/.-]\s*\d{{1,2}}\s*[月/.-]\s*\d{{1,2}}日?\s*(?:{_WEEKDAY}|[日月火水木金土]曜日)?)"
_TIME = r"(?:(?:午前|午後|AM|PM)?\s*\d{1,2}(?::\d{2}){1,2}|\d{1,2}時\d{1,2}分)"
_NO_ANGLE = r"[^<>\uff1c\uff1e]"
_MAILBOX = rf"(?:[<\uff1c]{_NO_ANGLE}{{1,160}}@{_NO_ANGLE}{{1,160}}[>\uff1e]*)"  # Outlook writes <a@b<mailto:a@b>>
_RFC_DATE = r"\w{3},\s\d{1,2}\s\w{3}\s\d{4}"
_STARTS = re.compile(
    rf"^[\s*(\uff08]*(?:(?:On|Le|Am)\b.{{0,40}}\d|{_DATE}|{_RFC_DATE}|\d{{1,2}}\s\w{{3,9}}\.?\s\d{{4}}|At\s\d{{1,2}}:\d|In\s(?:message|article)\s*<)",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    rf"""^[\s*(\uff08]*(?:
        On\b.{{4,300}}\bwrote\s*[:\uff1a]
      | Le\b.{{4,200}}\ba\sécrit\s*[:\uff1a]
      | Am\b.{{4,200}}\bschrieb\b.{{0,120}}[:\uff1a]
      | At\s\d.{{4,200}}\bwrote\s*[:\uff1a]
      | In\s(?:message|article)\s*<.{{4,300}}\b(?:wrote|writes)\s*[:\uff1a]
      | {_RFC_DATE}.{{4,200}}書きました\s*[:\uff1a。]?
      | {_DATE}.{{0,12}}{_TIME}{_NO_ANGLE}{{0,160}}{_MAILBOX}{{1,3}}.{{0,12}}[:\uff1a]
      | {_DATE}.{{0,12}}{_TIME}.{{0,200}}(?:のメール|のメッセージ|wrote|さんは書きました|が書きました)\s*[:\uff1a]
      | {_DATE}.{{0,200}}(?:さん|様)(?:は|が)?.{{0,40}}書きました\s*[:\uff1a。]?
      | .{{1,120}}(?:さん|様)は\s*{_DATE}.{{0,40}}に?書きました\s*[:\uff1a。]?
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_INTRODUCES_ALONE = re.compile(
    r"^\s*(?:[^\s].{0,120}さんは(?:.{0,40}に)?書きました\s*[:\uff1a。]?|[^\s].{0,120}<[^<>@\s]{1,100}@[^<>\s]{1,100}>\s+wrote(?:\s+on\s[^:]{4,30}\d{1,2}:\d{2})?\s*:|.{0,120}さん(?:から)?のメール\s*[:\uff1a])\s*$"
)
_DASHED = re.compile(
    r"^[\s>]*[-_=*ー─━―‐–—\uff0d\uff1d]{2,}\s*(?:Original\s+(?:Message|Appointment)|Forwarded\s+(?:by|message|mail)\b.{0,80}?|Reply\s+Message"
    r"|(?:転送|元の?|元々の|受信|返信元?|オリジナル)(?:された)?の?(?:メッセージ|メール)(?:\s*(?:ここから|開始))?|ここから転送.{0,20})\s*[-_=*ー─━―‐–—\uff0d\uff1d]{0,80}\s*$",
    re.IGNORECASE,
)
_FORWARDS = re.compile(r"forward|転送|^\s*begin forwarded message", re.IGNORECASE)
_BEGINS = re.compile(
    r"^\s*(?:Begin forwarded message|転送されたメッセージ|以下、?転送(?:いたし|し)?ます)\s*[:\uff1a。]?\s*$",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"^\s*[-#=*_]{2,}.{0,20}(?:reply\s+above\s+this\s+line|この行より上に).{0,40}[-#=*_]{2,}\s*$", re.IGNORECASE
)
"""The line under which a help desk's letter puts what was written before."""
_HEADER = re.compile(
    r"^[\s>\uff1e*・]*(?:差出人|送信者|送信元|宛先|送信日時|送信日|受信日時|日時|日付|件名|返信先|"
    r"From|Sender|Sent|Date|To|Cc|Subject|Reply-To|Importance)\s*\*?\s*[:\uff1a]",
    re.IGNORECASE,
)
_SURE_HEADER = re.compile(r"^[\s>\uff1e*・]*(?:送信日時|受信日時|件名|Sent|Subject)\s*\*?\s*[:\uff1a]", re.IGNORECASE)
_DATE_HEADER = re.compile(r"^[\s>\uff1e*・]*(?:日時|日付|送信日|Date)\s*\*?\s*[:\uff1a]", re.IGNORECASE)
_FIRST_HEADER = re.compile(r"^[\s>\uff1e*・]*(?:差出人|送信者|送信元|From)\s*\*?\s*[:\uff1a]", re.IGNORECASE)
_UNQUOTE = re.compile(r"^\s{0,2}[>\uff1e] ?")
_QUOTED = re.compile(r"^\s{0,2}(?:[>\uff1e]|&gt;)")
_HYPHENS = re.compile(r"^\s*[-_=]{10,}\s*$")
_UNDERLINE = re.compile(r"^\s*_{10,}\s*$")

_MARKED = re.compile(
    r"gmail_quote|type=.?cite|moz-cite|yahoo_quoted|protonmail_quote|zmail_extra|RplyFwdMsg|appendonsend|border-top|editor-reference"
    r"|signature|OutlookMessageHeader|messageReplySection|name=.?quote",
    re.IGNORECASE,
)
"""HTML without any of these says nothing that the plain part beside it does not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail's text: `body` is all of it, `new` what its writer added."""

    body: str
    new: str


def read_text(text: str, html: str, *, forward: bool = False, attached: str = "") -> Reading:
    """The whole and the new text of a mail with a plain part, an HTML part, or both.

    `forward` says that the subject does; a forward without a word of its own counts as what it forwards. `attached` is
    the text of a mail that hangs on this one.
    """
    plain = text[:_READ].replace("\r\n", "\n").replace("\r", "\n")
    has_plain = bool(plain.strip())
    page = read_html(html) if html and (not has_plain or _MARKED.search(html)) else HtmlText("", "", marked=False)
    body = plain if has_plain else page.whole
    by_marks = page.new if page.marked or (page.signed and page.new) else ""
    base = by_marks or ("" if page.marked else body)
    new, left, original = _split(base.split("\n"), page.marked)
    if not new and page.marked and has_plain:
        new, left, original = _split(plain.split("\n"), marked=False)  # an answer written inside the quote
    if not new and (forward or attached or _FORWARDS.search(original[:200])):
        source = (_split(page.whole.split("\n"), marked=False)[2] if page.marked else original) or attached
        new = _without_headers(source) if source else ""
    # Somebody who sends nothing but a signature means it.
    return Reading(f"{body}\n\n{attached}".strip() if attached else body.strip(), new or left)


def _split(lines: list[str], marked: bool) -> tuple[str, str, str]:
    """New text, the same with its signature, and what follows the line that introduces the original."""
    kept, original = _parted(lines, marked)
    bare = without_banner(kept)
    return _finished(without_ending(bare)), _finished(bare), original


def _parted(lines: list[str], marked: bool) -> tuple[list[str], str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _QUOTED.match(line):
            at += 1
            continue
        taken = _introduction(lines, at)
        if taken:
            follows = next((other for other in lines[at + taken : at + taken + 4] if other.strip()), "")
            if not (marked or _QUOTED.match(follows)):
                return kept, "\n".join(lines[at + taken :])
            at += taken  # the quote is marked line by line: answers may stand between
            continue
        if _cuts(lines, at):
            if kept and _HYPHENS.match(kept[-1][:_LONGEST]):
                kept.pop()  # some draw a line over the header
            return kept, "\n".join(lines[at:])
        kept.append(line)
        at += 1
    return kept, ""


def _introduction(lines: list[str], at: int) -> int:
    """How many lines introduce a quote here (mail programs wrap that line), 0 for none."""
    first = lines[at]
    if len(first) > _LONGEST:
        return 0
    if _INTRODUCES_ALONE.match(first):
        return 1
    if _STARTS.match(first):
        joined = ""
        for count, line in enumerate(lines[at : at + 4], 1):
            if len(line) > _LONGEST or (count > 1 and not line.strip()):
                return 0
            joined = f"{joined} {line.strip()}" if joined else line
            if joined.rstrip().endswith((":", "\uff1a", "書きました", "書きました。")) and _INTRODUCES.match(joined):
                return count
    return 0


def _cuts(lines: list[str], at: int) -> bool:
    """Whether the original begins here without marks of its own: a dashed line, or the header lines of Outlook."""
    line = lines[at]
    if len(line) > _LONGEST or not line.strip():
        return False
    if _DASHED.match(line) or _BEGINS.match(line) or _ABOVE.match(line):
        return True
    if _UNDERLINE.match(line):
        follows = [other for other in lines[at + 1 : at + 4] if other.strip()]
        return bool(follows) and bool(_FIRST_HEADER.match(follows[0]))
    if _FIRST_HEADER.match(line):
        block = [other for other in lines[at : at + 10] if other.strip()][:7]
        headers = [other[:_LONGEST] for other in block if _HEADER.match(other[:_LONGEST])]
        # Three make a header, two may be prose; "From: Tokyo, To: Osaka, Date: 10 May" is a freight.
        return len(headers) >= 3 and (
            bool(_DATE_HEADER.match(headers[1])) or any("@" in other or _SURE_HEADER.match(other) for other in headers)
        )
    return False


def _finished(lines: Sequence[str]) -> str:
    """Lines as one text, with single empty lines."""
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip("\n").rstrip()


def _without_headers(original: str) -> str:
    """The text of a forwarded original: its header lines and the line that introduces it are off, and so are its own quotes."""
    lines = original.split("\n")
    at = 0
    while at < len(lines) and (
        not lines[at].strip() or _DASHED.match(lines[at][:_LONGEST]) or _BEGINS.match(lines[at][:_LONGEST])
        or _UNDERLINE.match(lines[at]) or _HEADER.match(lines[at][:_LONGEST])
    ):  # fmt: skip
        at += 1
    bare = (
        [_UNQUOTE.sub("", line) for line in lines[at:]] if at < len(lines) and _QUOTED.match(lines[at]) else lines[at:]
    )
    new, left, _ = _split(bare, marked=False)
    return new or left

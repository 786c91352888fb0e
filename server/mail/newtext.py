"""What the writer of a mail added: quotes, forwarded originals and the signature taken off.

Rules in the order of their certainty: marks in the HTML, lines that introduce a quote, lines that are quoted, signatures.
Each has its trap in tests/mail/test_newtext.py: 差出人不明の荷物, dates in sentences, ruled lists, answers between quoted lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from server.mail.html import HtmlText, read_html

_READ = 60_000
_LONGEST = 400  # no line that introduces a quote is longer; the patterns see no more than that

_WEEKDAY = r"[(\uff08][日月火水木金土]曜?日?[)\uff09]"
_DATE = rf"(?:\d{{4}}\s*[年/.-]\s*\d{{1,2}}\s*[月/.-]\s*\d{{1,2}}日?\s*(?:{_WEEKDAY}|[日月火水木金土]曜日)?)"
_TIME = r"(?:(?:午前|午後|AM|PM)?\s*\d{1,2}(?::\d{2}){1,2}|\d{1,2}時\d{1,2}分)"
_NO_ANGLE = r"[^<>\uff1c\uff1e]"
_MAILBOX = rf"(?:[<\uff1c]{_NO_ANGLE}{{1,160}}@{_NO_ANGLE}{{1,160}}[>\uff1e]*)"  # Outlook writes <a@b<mailto:a@b>>
_STARTS = re.compile(rf"^[\s*(\uff08]*(?:On\b.{{0,40}}\d|{_DATE}|\d{{1,2}}\s\w{{3,9}}\.?\s\d{{4}})", re.IGNORECASE)
_INTRODUCES = re.compile(
    rf"""^[\s*(\uff08]*(?:
        On\b.{{4,300}}\bwrote\s*[:\uff1a]
      | {_DATE}.{{0,12}}{_TIME}{_NO_ANGLE}{{0,160}}{_MAILBOX}{{1,3}}.{{0,12}}[:\uff1a]
      | {_DATE}.{{0,12}}{_TIME}.{{0,200}}(?:のメール|のメッセージ|wrote|さんは書きました|が書きました)\s*[:\uff1a]
      | {_DATE}.{{0,200}}(?:さん|様)(?:は|が)?.{{0,40}}書きました\s*[:\uff1a。]?
      | .{{1,120}}(?:さん|様)は\s*{_DATE}.{{0,40}}に?書きました\s*[:\uff1a。]?
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_INTRODUCES_ALONE = re.compile(
    r"^\s*(?:[^\s].{0,120}さんは(?:.{0,40}に)?書きました\s*[:\uff1a。]?|[^\s].{0,120}<[^<>@\s]{1,100}@[^<>\s]{1,100}>\s+wrote\s*:|.{0,120}さんのメール\s*[:\uff1a])\s*$"
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
_HEADER = re.compile(
    r"^[\s>\uff1e*・]*(?:差出人|送信者|送信元|宛先|送信日時|送信日|受信日時|日時|日付|件名|返信先|"
    r"From|Sender|Sent|Date|To|Cc|Subject|Reply-To|Importance)\s*\*?\s*[:\uff1a]",
    re.IGNORECASE,
)
_FIRST_HEADER = re.compile(r"^[\s>\uff1e*・]*(?:差出人|送信者|送信元|From)\s*\*?\s*[:\uff1a]", re.IGNORECASE)
_UNQUOTE = re.compile(r"^\s{0,2}[>\uff1e] ?")
_QUOTED = re.compile(r"^\s{0,2}(?:[>\uff1e]|&gt;)")
_UNDERLINE = re.compile(r"^\s*_{10,}\s*$")

_DELIMITER = re.compile(r"^-- ?$")
_RULED = re.compile(
    r"^\s*[-=_*~#+・.:;|/\\ー─━―‐–—\uff1a\uff0d\uff1d\uff3f\uff0a\uff5e〜∽◆◇■□●○★☆▼▽△▲※┏┓┗┛┣┫┃│┌┐└┘├┤+\s]{5,}$"
)
_RULED_MARK = re.compile(r"[^\s]")
_CONTACT = re.compile(
    r"\bTEL\b|\bFAX\b|\bPhone\b|\bMobile\b|電話|携帯|〒\s*\d|\S@\S|株式会社|有限会社|合同会社|\uff08株\uff09|\(株\)|㈱|https?://|www\.|E-?mail|メール[:\uff1a]"
    r"|\b(?:Inc|Ltd|LLC|GmbH|Corp)\b\.?",
    re.IGNORECASE,
)
_PHONE_LINE = re.compile(
    r"^\s*(?:(?:iPhone|iPad|Android(?:携帯)?|スマートフォン|スマホ|Xperia|Galaxy|AQUOS|Yahoo!?メール.{0,20}|Outlook for \w+|.{0,24}アプリ)(?:から|より)(?:の?送信|送りました).{0,10}"
    r"|Sent from (?:my |Mail |Yahoo |Outlook|Proton|the ).{0,60}|Get Outlook for .{0,40}|Outlook for (?:iOS|Android|Mac).{0,20}(?:を入手|から送信)?"
    r"|(?:iOS|Android|Mac|Windows)\s*版?\s*(?:Outlook|の?メール|Gmail).{0,24})\s*$",
    re.IGNORECASE,
)
_FILLED_IN = re.compile(
    r"^[\s■●◆◇□○・*【\[「<\uff1c#-]*(?:(?:ご|お)?(?:問い?合わせ|相談|質問|要望|用件|意見|注文|依頼)(?:の?内容|事項)?|内容|本文|メッセージ|コメント|備考|件名"
    r"|(?:your )?(?:message|comments?|enquiry|inquiry|question))\s*(?:[(\uff08][^()\uff08\uff09]{0,20}[)\uff09])?[】\]」>\uff1e]?\s*(?:[:\uff1a=]|$|(?<=[】\]」>]))",
    re.IGNORECASE,
)
"""A field of a form: what follows a ruled line there is the message, addresses and all."""
_SIGNATURE_LINES = 12

_MARKED = re.compile(
    r"gmail_quote|type=.?cite|moz-cite|yahoo_quoted|protonmail_quote|zmail_extra|RplyFwdMsg|appendonsend|border-top|editor-reference"
    r"|_signature|OutlookMessageHeader",
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
    base = page.new if page.marked or not has_plain else plain
    new, original = _split(base.split("\n"), page.marked)
    if not new and page.marked and has_plain:
        new, original = _split(plain.split("\n"), marked=False)  # an answer written inside the quote
    if not new and (forward or attached or _FORWARDS.search(original[:200])):
        source = (_split(page.whole.split("\n"), marked=False)[1] if page.marked else original) or attached
        new = _without_headers(source) if source else ""
    return Reading(f"{body}\n\n{attached}".strip() if attached else body.strip(), new)


def _split(lines: list[str], marked: bool) -> tuple[str, str]:
    """New text and what follows the line that introduces the original."""
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
                return _finished(kept), "\n".join(lines[at + taken :])
            at += taken  # the quote is marked line by line: answers may stand between
            continue
        if _cuts(lines, at):
            return _finished(kept), "\n".join(lines[at:])
        kept.append(line)
        at += 1
    return _finished(kept), ""


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
    if _DASHED.match(line) or _BEGINS.match(line):
        return True
    if _UNDERLINE.match(line):
        follows = [other for other in lines[at + 1 : at + 4] if other.strip()]
        return bool(follows) and bool(_FIRST_HEADER.match(follows[0]))
    if _FIRST_HEADER.match(line):
        block = [other for other in lines[at : at + 10] if other.strip()][:7]
        return sum(1 for other in block if _HEADER.match(other)) >= 3  # three make a header, two may be prose
    return False


def _finished(lines: list[str]) -> str:
    """Without signature and telephone's advertisement, with single empty lines."""
    kept = [line.rstrip() for line in lines if not _PHONE_LINE.match(line[:120])]
    while kept and not kept[-1]:
        kept.pop()
    kept = kept[: _signature(kept)]
    out: list[str] = []
    for line in kept:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip("\n").rstrip()


def _signature(lines: list[str]) -> int:
    """Where the signature begins; the number of lines when there is none."""
    for at, line in enumerate(lines):
        if _DELIMITER.match(line) and at and len(lines) - at <= 2 * _SIGNATURE_LINES:
            return at
    first = max(0, len(lines) - _SIGNATURE_LINES)
    ruled = [at for at in range(first, len(lines)) if _is_ruled(lines[at])]
    for at, until in pairwise([*ruled, len(lines)]):
        # Only the block right under the line counts: a list between two lines stands above the signature more often than not.
        block = lines[at + 1 : until]
        if any(_CONTACT.search(line[:300]) for line in block) and not any(
            _FILLED_IN.match(line[:60]) for line in block
        ):
            return at
    return len(lines)


def _is_ruled(line: str) -> bool:
    return len(line) <= _LONGEST and bool(_RULED.match(line)) and len(_RULED_MARK.findall(line)) >= 5


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
    return _split(bare, marked=False)[0]

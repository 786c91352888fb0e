"""The subject: short, about the matter, no number of ours, not shouted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule

LONGEST = 60

_PREFIX = re.compile(r"^(?:\s*(?:re|fwd?|aw|sv|返信|転送) ?(?:\[\d+\])?:\s*)+", re.IGNORECASE)
# Numbers of orders and invoices are the customer's own words; a ticket's number is ours.
_NUMBER = r" ?[:#.-]? ?#? ?[A-Z]{0,5}[-_]?(?!(?:19|20)\d\d(?!\d))\d{3,}[\w-]{0,12} ?[\]】)]?"
_DESK = r"(?:SUP|SUPPORT|TICKET|TKT|TK|CASE|REQ|INC|SR|CS|HELP|HD|ISSUE)"
_TICKET = re.compile(
    rf"[\[【(]? ?(?:(?:ticket|チケット|ケース|インシデント|incident|support (?:request|case|ticket))[ _-]?(?:番号|number|no\.?|id|ナンバー)?|(?:case|issue|request|thread)[ _-]?(?:番号|number|no\.|id|#|:)|お?問い?合わ?せ番号|受付 ?(?:番号|No\.?|ID)|案件番号){_NUMBER}"
    rf"|\b(?:case|request) ?#?\d{{5,}}\b|[\[【]#? ?(?:{_DESK}[-_ #])?(?!(?:19|20)\d\d[\]】])\d{{4,}}[\]】]|[\[【]#[\w-]{{3,20}}[\]】]|[\[【]ID ?: ?\d{{3,}}[\]】]|\[{_DESK}-\d{{2,}}\]|\bref:_\w+|^#\d{{4,}}\b",
    re.IGNORECASE,
)
_PARCEL = re.compile(r"発送|配送|お届け|出荷|荷物|運輸|宅急便|宅配")
"""A carrier's お問い合わせ番号 is the customer's to follow the parcel with."""
_NOT_OURS = re.compile(r"order|invoice|注文|ご注文|請求|見積|伝票|追跡|tracking|予約|会員", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_CJK = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_SHOUTED_ALONE = frozenset({"URGENT", "IMPORTANT", "ATTENTION", "NOTICE", "WARNING", "REMINDER", "HELLO", "UPDATE"})
_NO_SUBJECT = re.compile(
    r"^[\s(\[【]*(?:no subject|件名なし|件名無し|無題|題名なし|\(?none\)?|untitled)[\s)\]】]*$", re.IGNORECASE
)
_SAYS_NOTHING = """
お問い合わせ|お問い合わせの件|お問合せの件|お問い合わせについて|お問い合わせの件について|ご連絡|ご連絡です|ご連絡の件|お知らせ|ご確認|ご確認ください|ご確認のお願い
ご案内|ご質問|ご質問の件|ご質問について|ご返信|ご回答|件|お世話になっております|いつもお世話になっております|お礼|お詫び|ご報告|重要|【重要】|【重要】お知らせ|【お知らせ】
至急|【至急】|よろしくお願いします|ありがとうございます|先日の件|例の件|ご依頼の件|お疲れ様です|こんにちは
hello|hi|hey|question|inquiry|enquiry|update|important|info|information|support|help|notice|reply|response|regarding|about|follow-up|follow up|fyi|reminder
your inquiry|your enquiry|your question|your request|your message|your email|quick question|support request
"""
_VAGUE = frozenset(word for line in _SAYS_NOTHING.split("\n") for word in line.split("|") if word)


def _bare(text: str) -> tuple[int, str]:
    """Where the subject itself begins, behind Re: and Fwd:, and what it says."""
    prefix = _PREFIX.match(text)
    at = prefix.end() if prefix else 0
    return at, text[at:]


def _empty(page: Page) -> Iterator[Hit]:
    given = page.draft.subject
    if given is not None and (not _bare(page.subject.text)[1].strip() or _NO_SUBJECT.match(page.subject.text)):
        yield Hit(0, len(page.subject.text), None, {}, "subject")


def _ticket(page: Page) -> Iterator[Hit]:
    text = page.subject.text
    first = _bare(text)[0]
    for found in _TICKET.finditer(text):
        if found[0][1:-1].isdigit() and _NOT_OURS.search(text):
            continue
        if "合" in found[0] and _PARCEL.search(text):
            continue
        if (
            _NOT_OURS.search(found[0])
            or re.search(r"(?:注文|請求|見積|伝票|追跡|予約|会員)(?:番号|書)?[\s:]*$", text[: found.start()])
            or re.search(
                r"(?:order|invoice|tracking|booking) ?(?:no\.?|number|id)? ?$", text[: found.start()], re.IGNORECASE
            )
        ):
            continue
        start, end = found.span()
        while end < len(text) and text[end] in " :-":
            end += 1
        if end == len(text):
            while start > first and text[start - 1] in " :-":
                start -= 1
        yield Hit(start, end, "", {"word": found[0].strip()}, "subject")


def _capitals(page: Page) -> Iterator[Hit]:
    at, text = _bare(page.subject.text)  # behind Re: it is the customer's own
    if at or _CJK.search(text) or any(letter.islower() for letter in text):
        return
    words = _WORD.findall(text)
    long = [word for word in words if len(word) >= 4]
    if len(long) >= 2 or (len(words) >= 3 and long) or any(word in _SHOUTED_ALONE for word in words):
        low = text.lower().strip()
        start = at + len(text) - len(text.lstrip())
        yield Hit(start, start + len(text.strip()), low[:1].upper() + low[1:], {}, "subject")


def _long(page: Page) -> Iterator[Hit]:
    at, text = _bare(page.subject.text)
    if len(text.strip()) > LONGEST:
        yield Hit(at, at + len(text), None, {"count": str(len(text.strip()))}, "subject")


def _vague(page: Page) -> Iterator[Hit]:
    at, text = _bare(page.subject.text)
    if at == 0 and text.strip(" 。.!?:").casefold() in _VAGUE:
        yield Hit(at, at + len(text), None, {"word": text.strip()}, "subject")


def _shouted(page: Page) -> Iterator[Hit]:
    for found in re.finditer(r"[!?]{2,}|[★☆◆■♪]{1,}", page.subject.text):
        yield Hit(found.start(), found.end(), "", {"word": found[0]}, "subject")


_BOTH = ("ja", "en")
RULES = (
    Rule("subject-empty", Severity.ERROR, _BOTH, "subject", 24, _empty),
    Rule("subject-ticket-number", Severity.ERROR, _BOTH, "subject", 26, _ticket),
    Rule("subject-capitals", Severity.ERROR, _BOTH, "subject", 28, _capitals),
    Rule("subject-long", Severity.HINT, _BOTH, "subject", 160, _long),
    Rule("subject-vague", Severity.HINT, _BOTH, "subject", 162, _vague),
    Rule("subject-marks", Severity.HINT, _BOTH, "subject", 164, _shouted),
)

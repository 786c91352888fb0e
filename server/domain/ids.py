"""Message ids as the key of everything: the same mail must give the same id in Gmail, in Outlook and from a file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from calendar import timegm
from email.utils import parsedate_tz

MAX_ID = 500
MAX_REFERENCES = 40
NEWEST_KEPT = 38
"""Of a longer list the newest 38 and the very first two stay: the root is what old copies of a thread have in common."""

_BRACKETED = re.compile(r"<([^<>]*)>")
_COMMENT = re.compile(r"\s\([^()]*\)|\([^()]*\)\s")  # one that touches a space: brackets inside an id belong to it
_NOT_IN_IDS = re.compile("[<>\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_MIN_BARE = 8  # an id without "@" names one mail only when it is long enough not to be "<1>" or "<mail>"
_PREFIX = re.compile(
    r"\s*(?:(?:re|r|aw|sv|antw|fw|fwd|wg|tr|返信|返|転送|回复|转发|答复)\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*:|\[[^\[\]]{0,60}\])\s*",
    re.IGNORECASE,
)
_SUBJECT_READ = 1_000
_DATE_READ = 200


def digest(text: str) -> str:
    """32 hex digits for use in key names, where ids of any length and alphabet would not do."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def normalise(value: str) -> str | None:
    """The id of a Message-ID value, without brackets, its domain in lower case; None when it cannot name one mail.

    Only the domain loses its case: the part before the @ is case-sensitive, and Exchange uses that.
    """
    found = _BRACKETED.search(value)
    text = _NOT_IN_IDS.sub("", found[1] if found else _without_comments(value))
    local, at, domain = text.rpartition("@")
    if at:
        text = f"{local}@{domain.lower()}" if local and domain else ""
    elif len(text) < _MIN_BARE:
        text = ""
    return text if 0 < len(text) <= MAX_ID else None


def parse_references(in_reply_to: str, references: str, own: str = "") -> tuple[str, ...]:
    """The ids a mail answers, nearest first: In-Reply-To, then References from its end; without `own` and repetitions."""
    wanted = [*_ids(in_reply_to, loose=False), *reversed(_ids(references, loose=True))]
    unique = [found for found in dict.fromkeys(wanted) if found != own]
    if len(unique) > MAX_REFERENCES:
        return (*unique[:NEWEST_KEPT], *unique[-2:])
    return tuple(unique)


def fingerprint(date_header: str, address: str, subject: str) -> str:
    """The stand-in for a missing id: "fp:" and a digest of what every copy of the mail shows alike."""
    parts = (_instant(date_header), address.strip().lower(), bare_subject(subject))
    return f"fp:{digest(chr(0).join(parts))}"


def seconds_of(date_header: str) -> int:
    """A Date header as seconds since the epoch; 0 when it cannot be read. A date without a zone counts as UTC."""
    try:
        parsed = parsedate_tz(date_header[:_DATE_READ])
        if parsed is None:
            return 0
        seconds = timegm((*parsed[:6], 0, 1, 0)) - (parsed[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):  # the standard parser raises all four on odd dates
        return 0
    return seconds if 0 < seconds < 1 << 38 else 0


def bare_subject(subject: str) -> str:
    """A subject without the Re:/Fwd:/返信:/[..] that clients and lists put before it; for comparing, not for showing."""
    text = " ".join(unicodedata.normalize("NFKC", subject[:_SUBJECT_READ]).split())
    start = 0
    while found := _PREFIX.match(text, start):
        start = found.end()
    return text[start:].strip().casefold()


def is_prefixed(subject: str) -> bool:
    """Whether something like Re: stands before the bare subject."""
    text = " ".join(unicodedata.normalize("NFKC", subject[:_SUBJECT_READ]).split())
    return bool(bare_subject(subject)) and _PREFIX.match(text) is not None


def _instant(date_header: str) -> str:
    seconds = seconds_of(date_header)
    return str(seconds) if seconds else " ".join(_without_comments(date_header[:_DATE_READ]).split()).lower()


def _without_comments(value: str) -> str:
    return _COMMENT.sub(" ", value)


def _ids(value: str, *, loose: bool) -> list[str]:
    """Ids in order of appearance. `loose` also takes bare words with an @: wrong in In-Reply-To, which used to quote addresses."""
    found = _BRACKETED.findall(value)
    if not found:
        words = _without_comments(value).replace(",", " ").split()
        if loose or len(words) == 1:
            found = [word for word in words if "@" in word]
    return [good for good in map(normalise, found) if good is not None]

"""Readers of what a CRM sends. Each takes anything and returns what can be said of it; "", 0, None or () when that is nothing.

A field of a wrong type is not known; only a whole answer of a wrong shape is an error, `decode`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from babel.numbers import get_currency_precision
from msgspec.json import Decoder

from server.domain.addresses import clean_email, one_line, parse_addresses, visible
from server.domain.crm import ITEMS_KEPT, CrmError, Item, Money
from server.domain.figures import amount_of
from server.mail.html import read_html

LINE: Final = 200  # characters of a name, a title, a status
NOTE: Final = 2_000  # of a note

_T = TypeVar("_T")
_NOTHING: Final[Mapping[str, object]] = {}

# Tags that CRMs' editors write. "<taro@x.example>", "a < b" and "<未定>" are text and stay.
_MARKUP: Final = re.compile(
    r"<(?:/?(?:a|abbr|article|audio|b|big|blockquote|body|br|button|center|cite|code|dd|del|details|div|dl|dt|em|embed|fieldset"
    r"|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|math|meta|nav|noscript"
    r"|object|ol|option|p|pre|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|template"
    r"|textarea|tfoot|th|thead|title|tr|tt|u|ul|video)(?=[\s/<>]|$)|!--|!doctype)"
    r"|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});",
    re.IGNORECASE,
)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before each began

_WEEKDAY: Final = re.compile(r"\([^()]{1,9}\)")
_TIME: Final = (
    r"(?:(?:T|\s)\s*(?P<half>午前|午後)?\s*(?P<hour>\d{1,2})(?::|時)(?P<minute>\d{1,2})?分?"
    r"(?::?(?P<second>\d{1,2})秒?(?:[.,]\d{1,9})?)?\s*(?P<pm>[AP]\.?M\.?)?\s*(?P<zone>Z|UTC|GMT|JST|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_PATTERNS: Final = tuple(
    re.compile(rf"{pattern}\s*{_TIME}", re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?P<gap>[-/.])(?P<month>\d{1,2})(?P=gap)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})年\s*(?P<month>\d{1,2})月\s*(?P<day>\d{1,2})日",
        r"(?P<era>令和|平成|昭和)\s*(?P<year>\d{1,2}|元)年\s*(?P<month>\d{1,2})月\s*(?P<day>\d{1,2})日",
        r"(?P<day>\d{1,2})\.?[ -](?P<name>[A-Z]{3})[A-Z]{0,6}\.?,?[ -](?P<year>\d{4})",
        r"(?P<name>[A-Z]{3})[A-Z]{0,6}\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<year>\d{4}),?",
        r"(?P<first>\d{1,2})[-/.](?P<second_>\d{1,2})[-/.](?P<year>\d{4}),?",
    )
)
# With its time it is of this century: what else has 12 digits is an epoch in ms, before 2001.
_COMPACT: Final = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)(?:(?<=^20\d{6})(\d\d)(\d\d)(\d\d)?)?")
_DOTNET: Final = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_DIGITS: Final = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_LAST: Final = 253_402_214_400_000  # 9999-12-31, in ms
_MILLISECONDS: Final = 100_000_000_000  # from here on an epoch is in ms: as seconds it would be the year 5138

_NUMBER: Final = re.compile(r"[-+]?(?:\d[\d., '\u00a0]*|\.\d+)(?:e[-+]?\d{1,2})?", re.IGNORECASE)
_AROUND: Final = re.compile(r"^[^\d.(+△▲-]{0,12}|[^\d.)]{0,12}$")
_MULTIPLIED: Final = re.compile(
    r"\d\s*(?:[十百千万億兆]|(?:k|m|b|bn|mn|mm|mio|mrd|thousand|million|billion|lakh|crore)(?![a-z]))", re.IGNORECASE
)
"""A number that is not the whole of it: 5千, 1.2M. To read it as 5 would be worse than not at all."""
_CENTS: Final = 3  # a decimal comma, and two digits
_THOUSANDS: Final = re.compile(r"-?\d{1,3}\.\d{3}")
_SIGNS: Final = {"円": "JPY", "¥": "JPY", "YEN": "JPY", "€": "EUR", "£": "GBP", "₩": "KRW", "฿": "THB", "₫": "VND"}
_CODE: Final = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")
_LARGEST: Final = Decimal(10) ** 15


OBJECT: Final = Decoder(dict[str, object])
ANYTHING: Final = Decoder(object)


def decode(body: bytes, shape: Decoder[_T]) -> _T:
    """An answer as the shape it should have; unknown fields are ignored. Raises CrmError("garbled"), which quotes nothing of it.

    The decoder is one of a module: msgspec must know its shape before there are threads (docs/adr/0023).
    """
    try:
        return shape.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise CrmError("garbled", f"not the expected {getattr(shape.type, '__name__', 'shape')}", body=body) from None


def obj(value: object) -> Mapping[str, object]:
    """An object of JSON, an empty one when it is none."""
    return value if isinstance(value, dict) else _NOTHING


def objs(value: object) -> Sequence[Mapping[str, object]]:
    """The objects in a list of JSON; whatever else stands in it is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def at(value: object, *path: str | int) -> object:
    """What stands at the end of a path of keys and places, None when it ends before."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def ident(value: object) -> str:
    """An id: text of up to 200 characters without blanks, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**20 else ""
    return value if isinstance(value, str) and 0 < len(value) <= LINE and visible(value) == value.strip() else ""


def text(value: object, limit: int = LINE) -> str:
    """Plain text on one line: HTML taken out, nothing invisible, cut with "…"."""
    return _cut(one_line(_plain(value, limit), limit * 2), limit)


def prose(value: object, limit: int = NOTE) -> str:
    """Plain text that keeps its lines: HTML taken out, nothing invisible, cut with "…"."""
    plain = visible(_plain(value, limit)).replace("\r\n", "\n").replace("\r", "\n")
    lines = "\n".join(line.strip(" \t\u3000") for line in plain.split("\n"))
    return _cut(_BLANK_LINES.sub("\n\n", lines).strip(), limit)


def texts(value: object, limit: int = LINE, most: int = 40) -> tuple[str, ...]:
    """Several short texts, each once: a list of them, or one text with ";", "、" or line ends between."""
    many: Sequence[object]
    if isinstance(value, str):
        many = [piece for line in prose(value, NOTE).split("\n") for piece in re.split(r"[;；、]", line)]
    else:
        many = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(filter(None, (text(one, limit) for one in many[: most * 5]))))[:most]


def address(value: object) -> str:
    """A mail address in the form the service compares ("田中 <Taro@X.example>" -> "taro@x.example")."""
    return next(iter(addresses(value)), "")


def addresses(*values: object, most: int = 20) -> tuple[str, ...]:
    """Mail addresses, each once, in order; a value is one text (several with commas, semicolons or blanks between) or a list."""
    return tuple(dict.fromkeys(found for value in values for found in _addresses(value)))[:most]


def domain(value: object) -> str:
    """The host of a company's domain or web address, without "www."."""
    written = text(value, 300).lower()
    try:
        host = urlsplit(written if "//" in written else f"//{written.rpartition('@')[2]}").hostname or ""
        host = host.strip(".").removeprefix("www.").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    return host if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", host) else ""


def link(value: object) -> str:
    """An address of the web that a card may open: http or https, with a host and without a password."""
    if not isinstance(value, str) or len(value) > LINE * 10:
        return ""
    written = value.strip()
    try:
        parts = urlsplit(written)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return written if good and written == visible(written) and not re.search(r"[\s<>\"\\]", written) else ""


def flag(value: object) -> bool | None:
    """Yes or no, None when neither is said."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value)
    word = text(value, 20).lower()
    if word in {"true", "yes", "y", "1", "on", "はい", "有", "あり", "○"}:
        return True
    return False if word in {"false", "no", "n", "0", "off", "いいえ", "無", "なし", "×"} else None


def number(value: object) -> float | None:
    """A number: JSON's own, or "1,200,000", "１２００", "1.234,56", "(500)", "△500", "12.5%"."""
    found = _decimal(value)
    return None if found is None else float(found)


def whole(value: object) -> int | None:
    """A number without a fraction; one that has a fraction is rounded."""
    found = _decimal(value)
    return None if found is None else int(found.quantize(Decimal(1), ROUND_HALF_UP))


def currency(value: object) -> str:
    """The ISO 4217 code that a text names ("jpy", "円", "1,200 JPY"); "" for "$", which several countries use."""
    written = unicodedata.normalize("NFKC", text(value, 40)).upper()
    code = _CODE.search(written.replace("YEN", ""))
    return code[0] if code else next((code for sign, code in _SIGNS.items() if sign in written), "")


def money(value: object, code: object = "") -> Money | None:
    """An amount with as many decimals as its currency has: none in JPY. The currency may stand in the amount itself ("¥1,200")."""
    found = _decimal(value)
    if found is None:
        return None
    iso = currency(code) or (currency(value) if isinstance(value, str) else "")
    if iso:
        precision = get_currency_precision(iso)
        if precision == 0 and _by_hand(value):
            found *= 1000
        exact = found.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
        return Money(f"{exact:f}" if exact else f"{abs(exact):f}", iso)
    plain = f"{found:f}"
    return Money((plain.rstrip("0").rstrip(".") if "." in plain else plain) if found else "0")


def _by_hand(value: object) -> bool:
    """Whether a person has written thousands with a point, and the currency beside it: 1.200 JPY. A system's 1.200 has decimals."""
    return isinstance(value, str) and bool(currency(value)) and _THOUSANDS.fullmatch(_figures(value)) is not None


def moment(value: object, zone: tzinfo = UTC) -> int:
    """A time in ms since the epoch; 0 when not known, or before 1970. What names no zone is in `zone`; a day is its midnight."""
    found = _moment(value)
    if found is None:
        return 0
    if not isinstance(found, datetime):
        found = datetime.combine(found, time())
    try:
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        ms = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    except (OverflowError, ValueError):
        return 0
    return ms if 0 < ms < _LAST else 0


def day(value: object, zone: tzinfo = UTC) -> str:
    """An ISO date. A time that names its zone is the day that it then was in `zone`; one that names none keeps its day."""
    found = _moment(value)
    if isinstance(found, datetime):
        try:
            found = (found.astimezone(zone) if found.tzinfo else found).date()
        except (OverflowError, ValueError):
            return ""
    return found.isoformat() if found else ""


def kept(items: Iterable[Item]) -> tuple[Item, ...]:
    """As many items as a card may show: open ones before others are cut, then the newest; newest first."""
    most = sorted(items, key=lambda item: (item.open, item.at), reverse=True)[:ITEMS_KEPT]
    return tuple(sorted(most, key=lambda item: item.at, reverse=True))


def _plain(value: object, limit: int) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) and math.isfinite(value) else str(value)[:LINE]
    if not isinstance(value, str):
        return ""
    source = value[: max(limit * 20, 20_000)]  # a note may be nine tenths markup
    return read_html(source).whole if _MARKUP.search(source) else source


def _cut(plain: str, limit: int) -> str:
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rstrip()}…"


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value[:100]:
            if isinstance(one, str):
                yield from _addresses(one)
    elif isinstance(value, str):
        # Two addresses with only a blank between them are two.
        written = re.sub(r"(@\S+)\s+(?=\S+@)", r"\1,", prose(value[:4_000]))
        yield from filter(None, (clean_email(mailbox.email) for mailbox in parse_addresses(written)))


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(_figures(value)) if isinstance(value, str) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None


def _figures(written: str) -> str:
    """What Decimal reads of a number as people write it; "" when it is none."""
    if amount := amount_of(written[:60]):
        return amount
    plain = unicodedata.normalize("NFKC", written[:60]).replace("−", "-").strip()
    if _MULTIPLIED.search(plain):
        return ""
    plain = _AROUND.sub("", plain).strip()
    minus = plain[:1] in {"△", "▲", "("}
    plain = plain.strip("△▲() ")
    if not _NUMBER.fullmatch(plain):
        return ""
    plain = re.sub(r"[ '\u00a0]", "", plain)
    comma, dot = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and dot >= 0:  # whichever comes last stands before the decimals
        plain = plain.replace(",", "") if dot > comma else plain.replace(".", "").replace(",", ".")
    elif comma >= 0:
        groups = re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+", plain) or plain.count(",") > 1
        if not groups and len(plain) - comma > _CENTS:
            return ""  # 1,2000 is a slip, and nobody knows of what
        plain = plain.replace(",", "" if groups else ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    return f"-{plain.lstrip('+-')}" if minus else plain


def _moment(value: object) -> date | datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = f"{value:.3f}".removesuffix(".000") if isinstance(value, float) else str(value)
    written = unicodedata.normalize("NFKC", written[:80]).strip()
    try:
        if found := _COMPACT.fullmatch(written):
            return _built(*(int(part or 0) for part in found.groups()), exact=found[4] is not None)
        if found := _DOTNET.fullmatch(written):
            return _epoch(Decimal(found[1]) / 1000)
        if _DIGITS.fullmatch(written):
            epoch = Decimal(written)
            return _epoch(epoch / 1000 if epoch >= _MILLISECONDS else epoch)
        return _written(_WEEKDAY.sub("", written))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _epoch(seconds: Decimal) -> datetime | None:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(seconds * 1000)) if seconds > 0 else None


def _written(written: str) -> date | datetime | None:
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(written):
            parts = found.groupdict()
            year = 1 if parts["year"] == "元" else int(parts["year"])
            year += _ERAS[parts["era"]] if parts.get("era") else 0
            if parts.get("first"):
                month, number_ = _which(int(parts["first"]), int(parts["second_"]))
            else:
                month = _MONTHS.index(parts["name"].lower()) + 1 if parts.get("name") else int(parts["month"])
                number_ = int(parts["day"])
            if parts["hour"] is None:
                return date(year, month, number_)
            return _built(
                year,
                month,
                number_,
                _hour(int(parts["hour"]), parts["half"] or (parts["pm"] or "").upper()[:1]),
                int(parts["minute"] or 0),
                int(parts["second"] or 0),
                exact=True,
                zone=_zone(parts["zone"]),
            )
    return parsedate_to_datetime(written) if re.match(r"[A-Za-z]{3}, ", written) else None


def _which(first: int, second: int) -> tuple[int, int]:
    """Month and day of 25/12/2026 and 12/25/2026. 05/10/2026 is either: a wrong day is worse than none."""
    if first == second or second > 12:
        return first, second
    if first > 12:
        return second, first
    raise ValueError


def _hour(hour: int, half: str) -> int:
    if half in {"午後", "P"}:
        return hour % 12 + 12
    return hour % 12 if half in {"午前", "A"} else hour


def _zone(written: str | None) -> tzinfo | None:
    if not written:
        return None
    named = {"Z": 0, "UTC": 0, "GMT": 0, "JST": 9}.get(written.upper())
    if named is not None:
        return timezone(timedelta(hours=named))
    hours, minutes = int(written[1:3]), int(written[3:].lstrip(":") or 0)
    return timezone((-1 if written[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _built(
    year: int, month: int, day_: int, hour: int, minute: int, second: int, *, exact: bool, zone: tzinfo | None = None
) -> date | datetime:
    if not exact:
        return date(year, month, day_)
    # 24:00 and the leap second are what some databases write for the end of a day and of a minute.
    return datetime(year, month, day_, tzinfo=zone) + timedelta(
        hours=hour if hour <= 24 else _refuse(), minutes=minute if minute < 60 else _refuse(), seconds=min(second, 60)
    )


def _refuse() -> int:
    raise ValueError

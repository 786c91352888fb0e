"""Customers as CSV files that people's spreadsheets and other systems write, and our own: read with a mapping, written, and the same again.

A file has a header. A mapping says for each column which field it is: a key of COLUMNS, "more" (kept under the column's own name), or
"" (left out). An empty cell says nothing: what is there stays.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final, Literal

import msgspec

from server.domain.crm import Money
from server.domain.figures import amount_of, currency_in
from server.domain.own import Customer, WrongReason

MAX_BYTES: Final = 20_000_000
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 300
MORE: Final = "more: "
"""What stands before the label of a field of the team's own choice in a header of ours."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        "顧客id", "顧客番号", "顧客コード", "お客様番号", "会員番号", "会員id", "取引先コード", "管理番号", "customer id", "customer number",
        "account id", "external id",
    ),
    "kind": ("種別", "区分", "type"),
    "name": ("氏名", "名前", "お名前", "お客様名", "顧客名", "担当者名", "ご担当者名", "担当者", "full name", "contact name", "contact"),
    "family": ("姓", "苗字", "last name", "family name", "surname"),
    "given": ("名", "first name", "given name"),
    "reading": ("ふりがな", "フリガナ", "氏名カナ", "カナ", "よみがな", "kana", "phonetic name"),
    "family_reading": ("せい", "セイ", "姓カナ", "姓かな"),
    "given_reading": ("めい", "メイ", "名カナ", "名かな"),
    "company": ("会社", "会社名", "企業名", "法人名", "取引先名", "組織名", "店名", "店舗名", "company name", "organization", "organisation", "account name"),
    "role": ("役職", "部署", "部署名", "肩書", "title", "job title", "position", "department"),
    "addresses": (
        "メール", "メールアドレス", "eメール", "emailアドレス", "電子メール", "mail", "email", "e-mail", "email address", "e-mail address", "mail address",
    ),
    "domain": ("ドメイン", "会社ドメイン", "company domain", "website domain"),
    "phone": ("電話", "電話番号", "tel", "携帯", "携帯電話", "phone number", "telephone", "mobile"),
    "url": ("リンク", "link", "顧客ページ", "record url"),
    "owner": ("担当", "営業担当", "担当営業", "自社担当者", "account owner", "account manager", "sales rep"),
    "plan": ("プラン", "契約プラン", "プラン名", "契約内容", "plan name"),
    "contract_start": ("契約開始日", "契約日", "利用開始日", "開始日", "contract start date", "start date"),
    "contract_end": ("契約終了日", "契約満了日", "満了日", "終了日", "契約期限", "contract end date", "end date"),
    "renewal": ("更新日", "契約更新日", "次回更新日", "renewal date"),
    "products": ("商品", "製品", "利用製品", "契約製品", "product"),
    "environment": ("環境", "利用環境", "動作環境", "os", "version", "バージョン"),
    "features": ("機能", "プランの機能", "契約機能"),
    "value": ("累計売上", "累計金額", "累計購入額", "売上", "売上金額", "ltv", "lifetime value", "revenue", "total spent"),
    "currency": ("通貨", "currency code"),
    "health": ("健康度", "ヘルス", "ヘルススコア", "health score"),
    "last_contact": ("最終連絡日", "最終接触日", "最終対応日", "last contacted"),
    "note": ("備考", "メモ", "注記", "コメント", "notes", "memo", "comment", "remarks"),
}  # fmt: skip
"""Fields, and by what other names their columns are known."""
_LISTS: Final = frozenset({"addresses", "products", "environment", "features"})
"""Fields that several columns may bring together."""
EXPORTED: Final = tuple(
    field for field in COLUMNS if field not in {"family", "given", "family_reading", "given_reading"}
)

FileReason = Literal["too_large", "not_csv", "no_header", "no_rows", "too_many_rows", "too_many_columns"]
RowReason = WrongReason | Literal["unreadable", "cells", "number", "twice", "ambiguous", "nobody"]

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet may take for a formula, also in full-width letters, and what our own protection has been put before."""
_PROTECTED: Final = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_NOT_IN_NAMES: Final = re.compile(r"[\s_\-/()\[\]【】「」*:・.#]+")
_BLANK: Final = " \t\u3000"  # a line's end says something in a list of one
_SEPARATORS: Final = re.compile(r"[;；、,]")
_WEEKDAY: Final = re.compile(r"\([^()]{1,9}\)")
_TIME: Final = (
    r"(?:(?:T|\s)\s*(?P<hour>\d{1,2})(?::|時)(?P<minute>\d{1,2})(?:分|:(?P<second>\d{2})(?:\.\d{1,6})?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_DAYS: Final = tuple(
    re.compile(f"{pattern}{_TIME}", re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<era>令和|平成|R|H)(?P<year>\d{1,2}|元)[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?",
    )
)
_ERAS: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
"""The year before each began."""
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_COMPANIES: Final = frozenset({"company", "会社", "法人", "企業", "取引先", "organization", "account"})
_CONTACTS: Final = frozenset({"contact", "person", "個人", "担当者", "人", "連絡先"})


class BadFile(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, why: FileReason) -> None:
        super().__init__(why)
        self.why: FileReason = why


class Row(msgspec.Struct, frozen=True):
    """A line of the file. `line` as spreadsheets count, the header being 1; `broken`: it is none that could be read."""

    line: int
    cells: tuple[str, ...] = ()
    broken: Literal["", "unreadable", "cells"] = ""


class Table(msgspec.Struct, frozen=True):
    """A file that could be read."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


class Said(msgspec.Struct, frozen=True):
    """What a row says of a customer. `id` is "" where the file has none."""

    id: str
    fields: dict[str, object]


class BrokenCell(Exception):
    """A cell, or the row, that cannot be taken. `field` is the mapped field."""

    def __init__(self, field: str, why: RowReason) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why: RowReason = why


# ---------------------------------------------------------------- reading


def read(data: bytes) -> Table:
    """Read UTF-8 with or without its mark, UTF-16 with it, or Shift_JIS; comma, semicolon or tab. Raises BadFile."""
    if len(data) > MAX_BYTES:
        raise BadFile("too_large")
    text = _text_of(data)
    if text is None or "\0" in text:
        raise BadFile("not_csv")
    rows = _rows(text, _delimiter(text))
    header = next(rows, Row(1))
    names = tuple(cell.strip() for cell in header.cells)
    if header.broken or not any(names):
        raise BadFile("no_header")
    if len(names) > MAX_COLUMNS:
        raise BadFile("too_many_columns")
    found: list[Row] = []
    for row in rows:
        if len(found) == MAX_ROWS:
            raise BadFile("too_many_rows")
        found.append(_fitted(row, len(names)))
    if not found:
        raise BadFile("no_rows")
    return Table(names, tuple(found))


def guess(header: Sequence[str]) -> tuple[str, ...]:
    """Return for each column the field that its name says, "" where that is nothing we know. No field twice, but lists."""
    chosen: list[str] = []
    for name in header:
        if name.startswith(MORE) and name[len(MORE) :].strip():
            chosen.append("more")
            continue
        field = _BY_NAME.get(_plain(name), "") or _BY_NAME.get(_plain(name).rstrip("0123456789"), "")
        chosen.append("" if field in chosen and field not in _LISTS else field)
    return tuple(chosen)


def mapped_twice(mapping: Sequence[str]) -> str:
    """Return a field that two columns claim and only one can be, "" when there is none."""
    single = [field for field in mapping if field and field != "more" and field not in _LISTS]
    return next((field for field in single if single.count(field) > 1), "")


def said_by(row: Row, header: Sequence[str], mapping: Sequence[str], zone: tzinfo) -> Said:
    """Return what the row says. Raises BrokenCell."""
    if row.broken:
        raise BrokenCell("", row.broken)
    cells: dict[str, list[str]] = {}
    more: dict[str, str] = {}
    for name, field, cell in zip(header, mapping, row.cells, strict=True):
        text = (cell[1:] if _PROTECTED.match(cell) else cell).strip(_BLANK)
        if not text.strip() or not field:
            continue
        if field == "more":
            more[name.removeprefix(MORE)] = text
        else:
            cells.setdefault(field, []).append(text)
    one = {field: texts[0].strip() for field, texts in cells.items()}
    fields: dict[str, object] = {field: text for field, text in one.items() if field in _PLAIN}
    for target, family, given in (("name", "family", "given"), ("reading", "family_reading", "given_reading")):
        if target not in one and (parts := [one[part] for part in (family, given) if part in one]):
            fields[target] = " ".join(parts)
    for field in _LISTS & cells.keys():
        fields[field] = tuple(word for text in cells[field] for word in _words(field, text))
    for field in ("contract_start", "contract_end", "renewal"):
        if field in one:
            fields[field] = _day(field, one[field])
    if "kind" in one:
        fields["kind"] = _kind(one["kind"])
    if "value" in one:
        fields["value"] = _money(one["value"], one.get("currency", ""))
    if "health" in one:
        fields["health"] = _health(one["health"])
    if "last_contact" in one:
        fields["last_contact"] = _moment(one["last_contact"], zone)
    if more:
        fields["more"] = more
    return Said(one.get("id", ""), fields)


_PLAIN: Final = frozenset({"name", "reading", "company", "role", "domain", "phone", "url", "owner", "plan", "note"})


def _plain(name: str) -> str:
    return _NOT_IN_NAMES.sub("", unicodedata.normalize("NFKC", name).casefold())


_BY_NAME: Final = {_plain(name): field for field, names in COLUMNS.items() for name in (field, *names)}


def _text_of(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codecs: tuple[str, ...] = ("utf-16",)
    else:
        codecs = ("utf-8-sig", "cp932")
    for codec in codecs:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _delimiter(text: str) -> str:
    """The character that parts the header's cells: the one that stands there most, quotations left out."""
    head = re.sub(r'"[^"]*"', "", text[:10_000]).lstrip("\r\n").splitlines()
    return max(",;\t", key=head[0].count) if head else ","


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield rows that say anything. After a quotation that never ends nothing more can be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number, broken="unreadable")
            continue
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells))


def _fitted(row: Row, width: int) -> Row:
    """Short rows are filled up: spreadsheets leave out empty cells at the end. What is too long has a comma too many somewhere."""
    if row.broken or len(row.cells) == width:
        return row
    if any(cell.strip() for cell in row.cells[width:]):
        return Row(row.line, broken="cells")
    return Row(row.line, (row.cells + ("",) * width)[:width])


def _words(field: str, text: str) -> Iterable[str]:
    """One a line, or with separators between them; addresses may stand with blanks, too."""
    if "\n" in text:
        return text.split("\n")
    return _SEPARATORS.sub(" ", text).split() if field == "addresses" else _SEPARATORS.split(text)


def _day(field: str, text: str) -> str:
    return _parts(field, text)[0].isoformat()


def _moment(text: str, zone: tzinfo) -> int:
    try:
        moment = datetime.fromisoformat(unicodedata.normalize("NFKC", text))
    except ValueError:
        moment = datetime.combine(*_parts("last_contact", text))
    try:
        return max(0, round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000))
    except (OverflowError, ValueError) as error:
        raise BrokenCell("last_contact", "day") from error


def _parts(field: str, text: str) -> tuple[date, time]:
    """The day as it is written, and the time beside it, midnight where there is none. Raises BrokenCell."""
    text = _WEEKDAY.sub("", unicodedata.normalize("NFKC", text)).strip()
    found = next((found for pattern in _DAYS if (found := pattern.fullmatch(text))), None)
    if found is None:
        raise BrokenCell(field, "day")
    said = found.groupdict()
    try:
        year = (1 if said["year"] == "元" else int(said["year"])) + _ERAS.get(said.get("era", ""), 0)
        zone = datetime.strptime(said["zone"], "%z").tzinfo if said["zone"] else None
        hour, minute, second = (int(said[part] or 0) for part in ("hour", "minute", "second"))
        return date(year, int(said["month"]), int(said["day"])), time(hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise BrokenCell(field, "day") from error


def _kind(text: str) -> str:
    word = unicodedata.normalize("NFKC", text).casefold()
    if word in _COMPANIES:
        return "company"
    if word in _CONTACTS:
        return "contact"
    raise BrokenCell("kind", "kind")


def _money(text: str, currency: str) -> Money:
    amount = amount_of(text)
    if not amount:
        raise BrokenCell("value", "money")
    return Money(amount, unicodedata.normalize("NFKC", currency).upper() or currency_in(text))


def _health(text: str) -> int:
    bare = unicodedata.normalize("NFKC", text).removesuffix("%").strip()
    if not _NUMBER.fullmatch(bare):
        raise BrokenCell("health", "number")
    return round(float(bare)) if len(bare) < 10 else -1


# ---------------------------------------------------------------- writing


def head_line(labels: Sequence[str]) -> bytes:
    """Return the first line: UTF-8 with its mark, so that spreadsheets open it as that."""
    return b"\xef\xbb\xbf" + _line([*EXPORTED, *(f"{MORE}{label}" for label in labels)])


def lines_of(customers: Iterable[Customer], labels: Sequence[str]) -> bytes:
    """Return customers as lines. No cell is a formula to a spreadsheet."""
    return b"".join(_line(_cells(customer, labels)) for customer in customers)


def _cells(one: Customer, labels: Sequence[str]) -> Iterator[str]:
    for field in EXPORTED:
        value = getattr(one, field, "")
        if field in _LISTS:
            # A word that has a separator in it stays whole when its cell has several lines.
            joined = "\n".join(value)
            yield f"{joined}\n" if len(value) == 1 and _SEPARATORS.search(joined) else joined
        elif field == "value":
            yield one.value.amount if one.value else ""
        elif field == "currency":
            yield one.value.currency if one.value else ""
        elif field == "health":
            yield "" if one.health is None else str(one.health)
        elif field == "last_contact":
            moment = datetime.fromtimestamp(one.last_contact / 1000, UTC)
            yield moment.isoformat(timespec="milliseconds") if one.last_contact else ""
        else:
            yield value
    for label in labels:
        yield one.more.get(label, "")


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return out.getvalue().encode("utf-8")

"""Templates as files that people edit: CSV for spreadsheets, JSON for programs. A broken row is named, the others are read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Final, Literal

import msgspec

from server.domain.addresses import visible
from server.domain.categories import CATEGORIES
from server.domain.template import Link, Situation, Template
from server.domain.workspace import Language
from server.replies.filling import problems

FIELDS: Final = (
    "id",
    "title",
    "category",
    "language",
    "situation",
    "subject",
    "body",
    "links",
    "owner",
    "teams",
    "pair",
    "archived",
)
"""What a person edits of a template, in the order of the columns. The version is the service's own."""

MAX_BYTES: Final = 5_000_000
MAX_ROWS: Final = 5000
MAX_TITLE: Final = 120
MAX_WORD: Final = 64
MAX_LINKS: Final = 20
MAX_URL: Final = 2000

BrokenReason = Literal[
    "too_large",  # the whole file
    "too_many_rows",
    "not_csv",
    "not_json",
    "column_missing",
    "unreadable",  # a quotation mark that never closes, or the wrong number of cells
    "empty",
    "too_long",
    "bad_id",
    "duplicate_id",
    "unknown_language",
    "unknown_situation",
    "bad_link",
    "bad_value",
    "unknown_variable",  # and below: as server.replies.filling.problems says
    "not_allowed",
    "syntax",
    "too_deep",
    "too_many",
]


class Broken(msgspec.Struct, frozen=True):
    """A row that was not read, as a spreadsheet counts it (the header is row 1; JSON: the first template is 1; 0: the file)."""

    row: int
    field: str
    reason: BrokenReason
    quote: str = ""  # at most 60 characters of what it is about


class Read(msgspec.Struct, frozen=True):
    """What a file holds. An empty id is a new template's: whoever saves it gives it one."""

    templates: tuple[Template, ...] = ()
    broken: tuple[Broken, ...] = ()


_FORMULA: Final = re.compile(r"^'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet may take for a formula, also in full-width letters, and what our own protection has been put before."""

_PROTECTED: Final = re.compile(r"^'+[=+\-@\t\r＝＋－＠]")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_URL: Final = re.compile(r"https?://[^\s<>\"]+")
_LANGUAGES: Final[Mapping[str, Language]] = {
    "": "ja",
    "ja": "ja",
    "日本語": "ja",
    "japanese": "ja",
    "en": "en",
    "英語": "en",
    "english": "en",
}
_SITUATIONS: Final = frozenset(situation.value for situation in Situation)
_YES: Final = frozenset({"yes", "true", "1", "はい"})
_NO: Final = frozenset({"", "no", "false", "0", "いいえ"})
_CATEGORY_BY_NAME: Final = {
    name.casefold(): category for category, names in CATEGORIES.items() for name in (names.ja, names.en)
}
_MAX_RECORD_LINES: Final = 1000
_MAX_RECORD: Final = 120_000  # below the csv module's own limit for one cell
_MAX_UNREAD: Final = 200
_MAX_RECORDS: Final = 50_000  # blank ones too

_Row = Mapping[str, object] | BrokenReason


class _BrokenFieldError(Exception):
    """Stops the reading of one row: which field, and why."""

    def __init__(self, field: str, reason: BrokenReason, quote: str = "") -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason: BrokenReason = reason
        self.quote = " ".join(quote.split())[:60]


def write_csv(templates: Iterable[Template]) -> bytes:
    """Return a CSV file that Excel opens by itself: UTF-8 with its mark, and no cell that could be a formula."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(FIELDS)
    for template in templates:
        cells = (
            template.id,
            template.title,
            template.category,
            template.language,
            template.situation.value,
            template.subject,
            template.body,
            "\n".join(f"{link.title} {link.url}".strip() for link in template.links),
            template.owner,
            " ".join(template.teams),
            template.pair,
            "yes" if template.archived else "",
        )
        rows.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def write_json(templates: Iterable[Template]) -> bytes:
    """Return the same as JSON: {"templates": [...]}, indented."""
    rows = [{field: value for field, value in msgspec.to_builtins(one).items() if field in FIELDS} for one in templates]
    return msgspec.json.format(msgspec.json.encode({"templates": rows}), indent=2) + b"\n"


def read_csv(data: bytes) -> Read:
    """Read what a spreadsheet has saved: UTF-8 with or without its mark, UTF-16 with its mark, or Shift_JIS; comma, semicolon or tab."""
    if len(data) > MAX_BYTES:
        return Read(broken=(Broken(0, "", "too_large"),))
    text = _text_of(data)
    if text is None or "\0" in text:
        return Read(broken=(Broken(0, "", "not_csv"),))
    lines = _lines(text)
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    records = _records(lines, delimiter)
    header = [cell.strip().casefold() for cell in next(records, (1, []))[1] or ()]
    missing = [field for field in ("title", "body") if field not in header]
    if missing:
        return Read(broken=(Broken(1, missing[0], "column_missing"),))
    return _read(_csv_rows(records, header))


def read_json(data: bytes) -> Read:
    """Read {"templates": [...]} or a bare list of templates."""
    if len(data) > MAX_BYTES:
        return Read(broken=(Broken(0, "", "too_large"),))
    try:
        found: object = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # RecursionError: a thousand brackets
        return Read(broken=(Broken(0, "", "not_json"),))
    rows = found.get("templates") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        return Read(broken=(Broken(0, "", "not_json"),))
    return _read((number, row if isinstance(row, dict) else "unreadable") for number, row in enumerate(rows, 1))


def _read(rows: Iterable[tuple[int, _Row]]) -> Read:
    """Make templates of numbered rows; a row that could not be read at all is the reason why."""
    templates: list[Template] = []
    broken: list[Broken] = []
    seen: set[str] = set()
    for earlier, (number, row) in enumerate(rows):
        if earlier >= MAX_ROWS:
            broken.append(Broken(number, "", "too_many_rows"))
            break
        try:
            template = _template(row)
        except _BrokenFieldError as error:
            broken.append(Broken(number, error.field, error.reason, error.quote))
            continue
        if template.id and template.id in seen:
            broken.append(Broken(number, "id", "duplicate_id", template.id))
            continue
        seen.add(template.id)
        templates.append(template)
    return Read(tuple(templates), tuple(broken))


def _template(row: _Row) -> Template:
    if isinstance(row, str):
        raise _BrokenFieldError("", row)
    subject, body = _text(row, "subject"), _text(row, "body")
    title = _word(row, "title", MAX_TITLE)
    for field, value in (("title", title), ("body", body)):
        if not value.strip():
            raise _BrokenFieldError(field, "empty")
    for found in problems(subject, "subject") + problems(body):
        raise _BrokenFieldError(found.place.where, found.reason, found.quote)
    category = _word(row, "category")
    return Template(
        id=_id(row),
        title=title,
        body=body,
        subject=subject,
        category=_CATEGORY_BY_NAME.get(category.casefold(), category),
        language=_language(row),
        situation=_situation(row),
        links=_links(row.get("links")),
        owner=_word(row, "owner"),
        teams=_teams(row.get("teams")),
        pair=_word(row, "pair"),
        archived=_archived(row.get("archived")),
    )


def _text(row: Mapping[str, object], field: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _BrokenFieldError(field, "bad_value")
    return visible(value.replace("\r\n", "\n").replace("\r", "\n"))


def _word(row: Mapping[str, object], field: str, most: int = MAX_WORD) -> str:
    value = " ".join(_text(row, field).split())
    if len(value) > most:
        raise _BrokenFieldError(field, "too_long", value)
    return value


def _id(row: Mapping[str, object]) -> str:
    value = _text(row, "id").strip()
    if value and not _ID.fullmatch(value):
        raise _BrokenFieldError("id", "bad_id", value)
    return value


def _language(row: Mapping[str, object]) -> Language:
    value = _text(row, "language").strip()
    language = _LANGUAGES.get(value.casefold())
    if language is None:
        raise _BrokenFieldError("language", "unknown_language", value)
    return language


def _situation(row: Mapping[str, object]) -> Situation:
    value = _text(row, "situation").strip().casefold()
    if value and value not in frozenset(Situation):
        raise _BrokenFieldError("situation", "unknown_situation", value)
    return Situation(value or Situation.ORDINARY)


def _links(value: object) -> tuple[Link, ...]:
    """Lines of a cell (title, blank, address), or JSON's list of objects."""
    pairs: list[tuple[object, object]] = []
    if isinstance(value, str):
        for line in filter(None, map(str.strip, visible(value).split("\n"))):
            title, _, url = line.rpartition(" ")
            pairs.append((title.strip(), url))
    elif isinstance(value, list):
        pairs = [(link.get("title", ""), link.get("url")) if isinstance(link, dict) else ("", None) for link in value]
    elif value is not None:
        raise _BrokenFieldError("links", "bad_value")
    if len(pairs) > MAX_LINKS:
        raise _BrokenFieldError("links", "too_many")
    return tuple(_link(title, url) for title, url in pairs)


def _link(title: object, url: object) -> Link:
    if not isinstance(title, str) or not isinstance(url, str):
        raise _BrokenFieldError("links", "bad_value")
    if len(url) > MAX_URL or not _URL.fullmatch(url):  # javascript: and the like must not reach a mail
        raise _BrokenFieldError("links", "bad_link", url)
    name = " ".join(visible(title).split())
    if len(name) > MAX_TITLE:
        raise _BrokenFieldError("links", "too_long", name)
    return Link(name, url)


def _teams(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        found: Sequence[object] = re.split(r"[\s,;、]+", value.strip())
    elif isinstance(value, list):
        found = value
    elif value is None:
        found = ()
    else:
        raise _BrokenFieldError("teams", "bad_value")
    teams: dict[str, None] = {}
    for team in found:
        if team == "":
            continue
        if not isinstance(team, str) or not _ID.fullmatch(team):
            raise _BrokenFieldError("teams", "bad_value", str(team))
        teams[team] = None
    return tuple(teams)


def _archived(value: object) -> bool:
    if isinstance(value, bool) or value is None:
        return bool(value)
    word = value.strip().casefold() if isinstance(value, str) else None
    if word is None or word not in _YES | _NO:
        raise _BrokenFieldError("archived", "bad_value", str(value))
    return word in _YES


def _text_of(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _lines(text: str) -> list[str]:
    """Physical lines with their ends. str.splitlines would also divide at U+2028 and form feeds inside a cell."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text.replace("\r\n", "\n").replace("\r", "\n"))


def _csv_rows(records: Iterable[tuple[int, list[str] | None]], header: Sequence[str]) -> Iterator[tuple[int, _Row]]:
    """Rows by the names of their columns, or why one could not be read."""
    unread = 0
    spoilt = False  # the lines that follow a record with broken quotation are most likely the rest of its cells
    for number, cells in records:
        if number > _MAX_RECORDS:
            yield number, "too_many_rows"
            return
        if cells is None:
            unread += 1
            spoilt = True
            if unread > _MAX_UNREAD:  # this is no table, and each try reads on for many lines
                yield number, "not_csv"
                return
            yield number, "unreadable"
        elif not any(map(str.strip, cells)):
            continue
        elif len(cells) < len(header) or any(cells[len(header) :]):
            if not spoilt:
                yield number, "unreadable"
        else:
            spoilt = False
            bare = [cell[1:] if _PROTECTED.match(cell) else cell for cell in cells]
            yield number, dict(zip(header, bare, strict=False))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Every record with its number, None for one with broken quotation: reading goes on at the line after it began.

    A reader that simply went on would take everything after an unclosed quotation mark for one cell.
    """
    at = 0
    for number in count(1):
        if at >= len(lines):
            return
        reader = csv.reader(_record(lines, at), delimiter=delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            at += 1
            yield number, None
        else:
            at += reader.line_num
            yield number, cells


def _record(lines: Sequence[str], start: int) -> Iterator[str]:
    """The lines that a record beginning here may reach over."""
    size = 0
    for at in range(start, min(len(lines), start + _MAX_RECORD_LINES)):
        size += len(lines[at])
        if size > _MAX_RECORD and at > start:  # a single line is the csv module's own to refuse
            return
        yield lines[at]

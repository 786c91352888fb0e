"""The cells of kintone's records: read by their type, and written as their type wants it (cybozu.dev, "field types")."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from server.domain.crm import ITEMS_KEPT, Money, Usage
from server.gateways.crm import values
from server.gateways.crm.kintone_apps import People

_PEOPLE: Final = frozenset({"USER_SELECT", "ORGANIZATION_SELECT", "GROUP_SELECT", "STATUS_ASSIGNEE"})
_WRITABLE_CHOICES: Final = frozenset({"CHECK_BOX", "MULTI_SELECT"})


class _Field(NamedTuple):
    """One field of a record, as it comes."""

    type: str = ""
    value: object = None


Fields = Mapping[str, object]
"""A record: field code -> {"type", "value"}. What is of another shape is not known."""


class FormField(msgspec.Struct, frozen=True):
    """A field as an app's form has it; a table has fields of its own."""

    type: str = ""
    fields: dict[str, FormField] = {}
    maxLength: str | None = None  # noqa: N815 - kintone's name


def record_id(fields: Fields) -> str:
    """The record's number, "" when it has none."""
    number = _field(fields.get("$id")).value
    return number if isinstance(number, str) and number.isascii() and number.isdigit() else ""


def _field(value: object) -> _Field:
    known = values.obj(value)
    return _Field(str(known.get("type", "")), known.get("value"))


def _cells(fields: Fields, code: str) -> list[_Field]:
    """The field of this code, or, inside a table, that of every row."""
    table, dot, inner = code.partition(".")
    field = _field(fields.get(table))
    if not dot:
        return [field]
    rows = values.objs(field.value) if field.type == "SUBTABLE" else ()
    return [_field(values.obj(row.get("value")).get(inner)) for row in rows]


def _plain(field: _Field) -> list[object]:
    """The values of one field: people and files by their name, choices one by one."""
    value = field.value
    if isinstance(value, dict):
        return [value.get("name")]
    if isinstance(value, list):
        return [one.get("name") if isinstance(one, dict) else one for one in value]
    return [] if value is None or value == "" else [value]


def _all(fields: Fields, code: str) -> list[object]:
    return [value for field in _cells(fields, code) for value in _plain(field)] if code else []


def first(fields: Fields, code: str) -> object:
    """The only value of a field, or the first of several."""
    return next(iter(_all(fields, code)), None)


def words(fields: Fields, code: str) -> list[str]:
    """Values as they are compared."""
    return [str(value).strip() for value in _all(fields, code) if isinstance(value, str | int)]


def text(fields: Fields, code: str) -> str:
    """A field as plain text on one line."""
    return values.text(first(fields, code))


def joined(fields: Fields, code: str) -> str:
    """All values of a field, with commas: two owners, three choices."""
    return values.text(", ".join(filter(None, map(values.text, _all(fields, code)))))


def several(fields: Fields, code: str) -> tuple[str, ...]:
    """All values of a field; those of a text stand on lines of their own."""
    found = _all(fields, code)
    return values.texts(found[0] if len(found) == 1 else found)


def emails(people: People, fields: Fields) -> tuple[str, ...]:
    """The addresses of a record, from every field that may have one."""
    return values.addresses(*(value for code in people.email for value in _all(fields, code)))


def numbers(fields: Fields, codes: Sequence[str]) -> tuple[float, ...]:
    """A number a field or line of a table; what is empty counts as none, so that the others keep their places."""
    cells = [cell for code in codes for cell in _cells(fields, code)]
    return tuple(values.number(next(iter(_plain(cell)), None)) or 0.0 for cell in cells[:ITEMS_KEPT])


def money(fields: Fields, code: str, currency: str, currency_field: str) -> Money | None:
    """An amount in the currency of its record, or of all."""
    return values.money(first(fields, code), first(fields, currency_field) or currency)


def usage(people: People, fields: Fields) -> tuple[Usage, ...]:
    """The table of features, row by row. An empty cell keeps its place, so that the months stay the rows'."""
    if not people.feature:
        return ()
    columns = (people.feature, people.feature_last, *people.feature_counts)
    cells = [_cells(fields, code) if code else [] for code in columns]
    found = []
    for row, feature in enumerate(cells[0]):
        name = values.text(next(iter(_plain(feature)), None))
        last, *counts = [next(iter(_plain(column[row])), None) if row < len(column) else None for column in cells[1:]]
        if name:
            found.append(Usage(name, values.moment(last), tuple(values.number(count) or 0.0 for count in counts)))
    return tuple(found[:ITEMS_KEPT])


def field_of(form: Mapping[str, FormField], code: str) -> FormField | None:
    """The field of this code in a form, None when there is none."""
    table, dot, inner = code.partition(".")
    if code == "$id":
        return FormField("__ID__")
    field = form.get(table)
    return field.fields.get(inner) if dot and field else field


def written_text(form: Mapping[str, FormField], code: str, text: str) -> object:
    """A text as a field of this type takes it. What comes from a mail is never read as HTML."""
    field = form.get(code, FormField())
    if field.type == "RICH_TEXT":
        return html.escape(text).replace("\n", "<br>")
    if field.type in _WRITABLE_CHOICES:
        return [text]
    plain = text if field.type == "MULTI_LINE_TEXT" else " ".join(text.split())
    limit = values.whole(field.maxLength) if field.maxLength else None
    return plain[:limit] if limit else plain


def preset(form: Mapping[str, FormField], code: str, text: str) -> object:
    """A value of the mapping's own; people are named by their login."""
    if form.get(code, FormField()).type in _PEOPLE:
        return [{"code": text}]
    return written_text(form, code, text)


def written_time(form: Mapping[str, FormField], code: str, at: int) -> str:
    """A time as a DATE or DATETIME field takes it; "" for one that kintone fills in itself."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    kind = form.get(code, FormField()).type
    return {"DATETIME": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "DATE": f"{moment:%Y-%m-%d}"}.get(kind, "")

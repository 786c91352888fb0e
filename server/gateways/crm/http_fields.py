"""The setting `fields` of a mapped look-up: where in an answer each value stands.

Paths are JSONPath (RFC 9535). What one may cost is bounded: the settings are an administrator's, the answers somebody else's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import jsonpath_rfc9535 as jsonpath

from server.domain.crm import CrmError, ItemKind
from server.gateways.crm import values
from server.gateways.crm.mapping import READERS, phrases

_NODES: Final = 2_000  # values that a path may find
_LONGEST: Final = 300  # characters of a path
_MORE: Final = 30  # labels of the team's own
_SEARCHING: Final = 8  # paths that look through all of an answer: each may take half a second of the largest

KINDS: Final[Mapping[str, ItemKind]] = {
    "deals": "deal",
    "tickets": "ticket",
    "orders": "order",
    "subscriptions": "subscription",
    "activities": "activity",
    "events": "event",
}
_OF_ITEM: Final = frozenset({"id", "title", "at", "status", "open", "complaint", "amount", "currency", "url", "by"})
WORDS: Final = frozenset({"closed", "complaints"})  # of items: the words that say so, with commas between
_PLAIN: Final = frozenset({"id", "name", "addresses", "domain", "url", "owner", "value", "currency"})
_LITERAL: Final = frozenset({"url", "currency"})  # may be written out instead of found
# A filter within all descendants, one filter inside another, or a pattern can take the square of the answer's size, or worse.
_DEAR: Final = re.compile(r"\b(?:match|search)\s*\(|\.\..*\.\.|\?.*\?|\?.*\$|\.\..*\?")


class Path(NamedTuple):
    """Where a value stands: one path, or several with " + " between, whose texts are joined with a blank."""

    written: str
    # Compiled; the library's two lines (1 for Python 3.11, 2 from 3.12) name the type differently.
    queries: tuple[Any, ...]

    def found(self, answer: object) -> bool:
        """Whether there is anything, if only null."""
        return any(True for query in self.queries for _ in _nodes(query, answer))

    def all(self, answer: object) -> Sequence[object]:
        """Everything found, lists taken apart."""
        found: list[object] = []
        for query in self.queries:
            for value in _nodes(query, answer):
                found += value if isinstance(value, list) else [value]
        return found[:_NODES]

    def one(self, answer: object) -> object:
        """The value; a list when there are several, None when there is none."""
        each = [list(_nodes(query, answer)) for query in self.queries]
        if len(each) > 1:
            return " ".join(filter(None, (values.text(value) for found in each for value in found[:1])))
        return each[0][0] if len(each[0]) == 1 else each[0] or None


class Mapped(NamedTuple):
    """The setting `fields`, understood. A value is a path, or a text that stands for itself."""

    plain: Mapping[str, Path | str]
    lists: Mapping[str, Path]
    items: Mapping[str, Mapping[str, Path | str]]
    more: Mapping[str, Path]


def read_path(where: str, written: str) -> Path:
    """Compile a path. Raises CrmError("mapping"), which names where it stands."""
    queries = []
    for piece in re.split(r"\s\+\s", written):
        path = piece.strip()
        if len(path) > _LONGEST or _DEAR.search(path):
            raise CrmError("mapping", f"{where}: a path that may take too long")
        try:
            queries.append(jsonpath.compile(path))
        except (jsonpath.JSONPathError, RecursionError, ValueError):
            raise CrmError("mapping", f"{where}: not a JSONPath") from None
    return Path(written, tuple(queries))


def read_fields(written: str) -> Mapped:
    """Read the lines "name = $.path". Raises CrmError("mapping"), which names the line by its number."""
    plain: dict[str, Path | str] = {}
    lists: dict[str, Path] = {}
    items: dict[str, dict[str, Path | str]] = {}
    more: dict[str, Path] = {}
    for number, line in enumerate(written.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"fields, line {number}"
        label, equals, value = (part.strip() for part in line.partition("="))
        group, dot, of = label.partition(".")
        if not equals or not label or not value:
            raise CrmError("mapping", f"{where}: not of the form: name = $.path")
        if dot and group in KINDS:
            if of in _OF_ITEM:
                items.setdefault(group, {})[of] = _value(where, of, value)
            elif of in WORDS:
                items.setdefault(group, {})[of] = value
            else:
                raise CrmError("mapping", f"{where}: no such part of an item")
        elif label in KINDS:
            lists[label] = read_path(where, value)
        elif label in _PLAIN or label in READERS:
            plain[label] = _value(where, label, value)
        elif len(more) < _MORE:
            more[values.text(label, 60)] = read_path(where, value)
    if len(re.findall(r"=.*(?:\.\.|\?)", written)) > _SEARCHING:
        raise CrmError("mapping", "fields: too many paths that search")
    if orphans := sorted(items.keys() - lists.keys()):
        raise CrmError("mapping", f"fields: {orphans[0]} = $.path is missing")
    return Mapped(plain, lists, {name: items.get(name, {}) for name in lists}, more)


def _value(where: str, name: str, written: str) -> Path | str:
    return written if name in _LITERAL and not written.startswith("$") else read_path(where, written)


def got(of: Mapping[str, Path | str], raw: object, name: str) -> object:
    """What stands under a name; None for one that is not mapped."""
    path = of.get(name)
    return path.one(raw) if isinstance(path, Path) else path


def words_of(of: Mapping[str, Path | str], name: str) -> Collection[str]:
    """The words that say so: of `closed`, of `complaints`."""
    written = of.get(name)
    return phrases(written) if isinstance(written, str) else ()


def _nodes(query: Any, answer: object) -> Iterator[object]:
    try:
        for node in itertools.islice(query.finditer(answer), _NODES):
            yield node.value
    except (jsonpath.JSONPathError, RecursionError):
        return  # an answer nested too deep for the path: not known

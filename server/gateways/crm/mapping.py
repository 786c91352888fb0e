"""What settings say of a CRM that a team has made its own: words in a list, and which field fills which line of the panel.

The latter is one setting, a line each, as "plan = plan_name". A name of `READERS` on the left is that line of the panel; anything
else is a label of the team's own choice. Nothing on the right takes a default away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from server.domain.crm import CrmError, Record
from server.gateways.crm import values

Get = Callable[[str], object]
"""What the CRM says under a field's name."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,120}")
_MORE: Final = 30
"""Labels of the team's own that a panel can hold."""


def words(written: str) -> tuple[str, ...]:
    """The words of a setting, which commas, blanks or line ends divide: names of fields, tags."""
    return tuple(filter(None, re.split(r"[,、\s]+", written)))


def phrases(written: str) -> tuple[str, ...]:
    """The phrases of a setting, which only commas divide: "Needs Attention, 苦情"."""
    return tuple(filter(None, (phrase.strip() for phrase in re.split("[,、]", written))))


def _score(value: object) -> int | None:
    found = values.whole(value)
    return None if found is None else max(0, min(100, found))


def _numbers(value: object) -> tuple[float, ...]:
    """Amounts a month: a list, or one text with blanks, commas or semicolons between."""
    many = re.split(r"[;,\s]+", value) if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(number for number in map(values.number, many[:60]) if number is not None)


READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "reading": values.text,
    "company": values.text,
    "role": values.text,
    "phone": values.text,
    "plan": values.text,
    "contract_start": values.day,
    "contract_end": values.day,
    "renewal": values.day,
    "products": values.texts,
    "environment": values.texts,
    "trend": _numbers,
    "health": _score,
    "unused": values.texts,
    "last_contact": values.moment,
    "note": values.prose,
}
"""How each line is read; `value`, which has a currency, is read apart."""


class Fields(NamedTuple):
    """A setting as it was understood: line of the panel -> field, and label -> field."""

    known: Mapping[str, str]
    more: Mapping[str, str]

    def names(self) -> tuple[str, ...]:
        """The CRM's names of all fields, each once."""
        return tuple(dict.fromkeys((*self.known.values(), *self.more.values())))

    def fill(self, record: Record, get: Get, currency: str = "") -> Record:
        """The record with what the fields say. An empty field takes nothing away that the record has."""
        found: dict[str, Any] = {line: READERS[line](get(name)) for line, name in self.known.items() if line in READERS}
        if name := self.known.get("value"):
            found["value"] = values.money(get(name), currency)
        more = {label: text for label, name in self.more.items() if (text := values.text(get(name)))}
        # Nothing, or a time or a text that is not known; a health of 0 is known.
        said = {line: value for line, value in found.items() if value or (line == "health" and value is not None)}
        return replace(record, **said, more={**record.more, **more})


def fields(written: str, defaults: Mapping[str, str]) -> Fields:
    """Read the setting. Raises CrmError("mapping") for a line that is none."""
    known, more = dict(defaults), dict[str, str]()
    for number, line in enumerate(written.splitlines(), start=1):
        label, found, name = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not found or not label or (name and not _NAME.fullmatch(name)):
            raise CrmError("mapping", f"line {number} of the fields is not of the form: line = field")
        if label in READERS or label == "value":
            known.pop(label, None)
            if name:
                known[label] = name
        elif name and len(more) < _MORE:
            more[values.text(label, 60)] = name
    return Fields(known, more)

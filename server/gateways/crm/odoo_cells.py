"""Odoo's way to name records: numbers, lists of them, and [id, name] for one; False where there is none."""

from __future__ import annotations

import re

from server.domain.crm import CrmError
from server.gateways.crm import values


def number(key: str) -> int:
    """An id of ours as Odoo's; what cannot be one is of no record."""
    if not re.fullmatch(r"[1-9]\d{0,9}", key):
        raise CrmError("missing", "not an id of Odoo")
    return int(key)


def numbers(value: object) -> list[int]:
    """The records that a field of several names."""
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, int) and not isinstance(one, bool)]


def made(said: object) -> int:
    """The id that a call gave for what it made: bare up to 18, in a list from 19 on."""
    if found := numbers(said):
        return found[0]
    raise CrmError("garbled", "no id of what was made")


def first(value: object) -> int:
    """The record that a many2one names; 0 for none."""
    return next(iter(numbers(value)), 0)


def name(value: object) -> str:
    """The name in a many2one."""
    return values.text(value[1]) if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) else ""

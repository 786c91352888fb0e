"""Writing down the workspace's own customers: fields that came, over those that are there; others' writes are not lost.

API row, line of a file  ->  Change  ->  what is there, changed by it, tidied  ->  written at the version that was seen
                                           ^--------- again, when somebody was faster ----------|
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.own import Customer, Put, Records, Wrong, WrongReason, Wrote, id_of, tidy
from server.domain.workspace import Workspace

TRIES: Final = 8
"""How often a row is written anew when others write the same customer at the same moment."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a customer. `fields`: those of Customer; None takes back what was there.

    `whole`: what is not said is taken back, too. In `more`, None takes back one label.
    """

    id: str
    fields: Mapping[str, object]
    whole: bool = False


class Became(msgspec.Struct, frozen=True):
    """What became of a change, and the customer as it is now. `field`, `why`: of "wrong"."""

    code: Literal["new", "changed", "same", "wrong"]
    field: str = ""
    why: WrongReason | None = None
    customer: Customer | None = None


def changed(before: Customer | None, change: Change, workspace: Workspace) -> Customer:
    """Return the customer after the change. Raises Wrong."""
    empty = Customer(id=change.id)
    base = empty if change.whole or before is None else before
    fields: dict[str, object] = {
        field: getattr(empty, field) if value is None else value for field, value in change.fields.items()
    }
    given = fields.get("more")
    if isinstance(given, Mapping):
        fields["more"] = {label: text for label, text in {**base.more, **given}.items() if text is not None}
    return tidy(msgspec.structs.replace(base, **fields), workspace.ours)


def keep(records: Records, workspace: Workspace, changes: Sequence[Change]) -> list[Became]:
    """Write all that can be written; what became of each, in order. A later change of one customer comes after an earlier one.

    Raises RecordsUnavailable; what was written by then stays, and does no harm when it comes again.
    """
    outcome: list[Became] = [Became("wrong")] * len(changes)
    waiting: dict[int, str] = {}
    for at, change in enumerate(changes):
        try:
            waiting[at] = id_of(change.id)
        except Wrong as error:
            outcome[at] = Became("wrong", error.field, error.why)
    tries = 0
    while waiting:
        turn: dict[str, int] = {}  # of each customer the first that still waits
        for at, id_ in waiting.items():
            turn.setdefault(id_, at)
        puts: dict[int, Put] = {}
        for (id_, at), held in zip(turn.items(), records.known(workspace.id, list(turn)), strict=True):
            try:
                change = msgspec.structs.replace(changes[at], id=id_)
                puts[at] = Put(changed(held.customer, change, workspace), held.version)
            except Wrong as error:
                outcome[at] = Became("wrong", error.field, error.why)
                del waiting[at]
        stale = 0
        for at, code in zip(puts, records.put(workspace.id, list(puts.values())), strict=True):
            if code == "stale":
                stale += 1
            else:
                outcome[at] = Became(_CODES[code], customer=puts[at].customer)
                del waiting[at]
        tries = tries + 1 if stale else 0
        if tries == TRIES:
            raise RecordsUnavailable("busy")
    return outcome


_CODES: Final[Mapping[Wrote, Literal["new", "changed", "same"]]] = {"new": "new", "changed": "changed", "same": "same"}

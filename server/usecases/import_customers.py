"""What a file of customers would change here, before anything is written; and the writing, of exactly that.

A row is known by its id; a file without ids by the customer's address, so that importing it twice is importing it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

import msgspec

from server.domain.addresses import clean_email
from server.domain.customer_file import (
    EXPORTED,
    MAX_COLUMNS,
    BrokenCell,
    Row,
    RowReason,
    Said,
    Table,
    head_line,
    lines_of,
    said_by,
)
from server.domain.ids import digest
from server.domain.own import Customer, Held, Put, Records, Wrong, id_of
from server.domain.workspace import Workspace
from server.usecases.keep_customers import Change, changed, keep

BATCH: Final = 500
"""Rows that are looked up and written together."""
EXAMPLES: Final = 5


class WrongRow(msgspec.Struct, frozen=True):
    """A row that cannot be brought in: where, why, and what stands there. `first`: the line of the one that came before it."""

    line: int
    column: str
    why: RowReason
    quote: str = ""
    first: int = 0


class Plan(msgspec.Struct, frozen=True):
    """What the file would do. `mark` names the file, its mapping and the state here: when one differs, it must be looked at again."""

    new: int = 0
    changed: int = 0
    same: int = 0
    wrong: tuple[WrongRow, ...] = ()
    examples: tuple[Customer, ...] = ()  # the first ones that would be new or different, as they would be
    mark: str = ""


class _Found(NamedTuple):
    """A row with whom it is about."""

    row: Row
    change: Change


def plan(records: Records, workspace: Workspace, table: Table, mapping: Sequence[str], zone: tzinfo) -> Plan:
    """Sort the rows by what would become of them; `zone` is where times without one are. Raises RecordsUnavailable."""
    return _Reading(records, workspace, table, mapping, zone).plan()


def carry_out(
    records: Records, workspace: Workspace, table: Table, mapping: Sequence[str], zone: tzinfo, mark: str
) -> tuple[Plan, bool]:
    """Write what is new or different, if the plan still has this mark; what was planned now, and whether it was written.

    Raises RecordsUnavailable: what was written by then stays, and does no harm when the file comes again.
    """
    reading = _Reading(records, workspace, table, mapping, zone)
    made = reading.plan()
    if made.mark != mark:
        return made, False
    for start in range(0, len(reading.to_write), BATCH):
        part = reading.to_write[start : start + BATCH]
        codes = records.put(workspace.id, [put for _, put in part])
        # Somebody wrote them in the seconds since: what the file says comes over what they said.
        keep(records, workspace, [change for (change, _), code in zip(part, codes, strict=True) if code == "stale"])
    return made, True


def export(records: Records, workspace: str) -> Iterator[bytes]:
    """Yield all customers as a file that `plan` reads: lines as they are ready. Raises RecordsUnavailable."""
    labels: dict[str, None] = {}
    for part in _pages(records, workspace):
        for customer in part:
            labels.update(dict.fromkeys(customer.more))
    chosen = tuple(labels)[: MAX_COLUMNS - len(EXPORTED)]
    yield head_line(chosen)
    for part in _pages(records, workspace):
        yield lines_of(part, chosen)


def _pages(records: Records, workspace: str) -> Iterator[Sequence[Customer]]:
    cursor = 0
    while True:
        part, cursor = records.page(workspace, cursor, BATCH)
        yield part
        if not cursor:
            return


class _Reading:
    """One look at a file: row by row, and in batches where the store is asked."""

    def __init__(
        self, records: Records, workspace: Workspace, table: Table, mapping: Sequence[str], zone: tzinfo
    ) -> None:
        self._records = records
        self._workspace = workspace
        self._table = table
        self._mapping = mapping
        self._zone = zone
        self._column: Mapping[str, str] = {
            field: name for name, field in reversed(list(zip(table.header, mapping, strict=True))) if field
        }
        self._lines: dict[str, int] = {}  # id -> the line that had it first
        self._wrong: list[WrongRow] = []
        self._mark = hashlib.blake2b(msgspec.msgpack.encode((table, tuple(mapping))), digest_size=16)
        self.to_write: list[tuple[Change, Put]] = []

    def plan(self) -> Plan:
        """Look at every row."""
        new = changed_ = same = 0
        examples: list[Customer] = []
        for start in range(0, len(self._table.rows), BATCH):
            found = list(self._found(self._table.rows[start : start + BATCH]))
            known = self._records.known(self._workspace.id, [one.change.id for one in found])
            for (row, change), held in zip(found, known, strict=True):
                after = self._after(row, change, held)
                if after is None:
                    continue
                if after == held.customer:
                    same += 1
                    continue
                new, changed_ = (new + 1, changed_) if held.customer is None else (new, changed_ + 1)
                self._mark.update(f"{row.line}:{held.version};".encode())
                self.to_write.append((change, Put(after, held.version)))
                if len(examples) < EXAMPLES:
                    examples.append(after)
        wrong = tuple(sorted(self._wrong, key=lambda one: one.line))
        return Plan(new, changed_, same, wrong, tuple(examples), self._mark.hexdigest())

    def _after(self, row: Row, change: Change, held: Held) -> Customer | None:
        try:
            return changed(held.customer, change, self._workspace)
        except Wrong as error:
            self._refuse(row, error.field, error.why)
            return None

    def _found(self, rows: Sequence[Row]) -> Iterator[_Found]:
        """Yield the rows that can be read and whose customer is plain, each customer once."""
        said: list[tuple[Row, Said]] = []
        for row in rows:
            try:
                said.append((row, said_by(row, self._table.header, self._mapping, self._zone)))
            except BrokenCell as error:
                self._refuse(row, error.field, error.why)
        ids = self._ids(said)
        for row, one in said:
            id_ = ids.get(row.line)
            if id_ is None:
                continue
            if first := self._lines.get(id_):
                self._refuse(row, "id" if one.id else "addresses", "twice", first)
                continue
            self._lines[id_] = row.line
            yield _Found(row, Change(id=id_, fields=one.fields))

    def _ids(self, said: Sequence[tuple[Row, Said]]) -> Mapping[int, str]:
        """Return whom each row is about, by line; those of whom it cannot be told are refused."""
        ids: dict[int, str] = {}
        by_address: dict[int, tuple[Row, str]] = {}
        for row, one in said:
            addresses = one.fields.get("addresses")
            address = clean_email(addresses[0]) if isinstance(addresses, tuple) and addresses else ""
            if one.id:
                try:
                    ids[row.line] = id_of(one.id)
                except Wrong as error:
                    self._refuse(row, "id", error.why)
            elif address:
                by_address[row.line] = row, address
            else:
                self._refuse(row, "addresses", "address" if addresses else "nobody")
        holders = self._records.holders(self._workspace.id, [address for _, address in by_address.values()])
        for (line, (row, address)), held in zip(by_address.items(), holders, strict=True):
            if len(held) > 1:
                self._refuse(row, "addresses", "ambiguous")
            else:
                ids[line] = held[0].id if held else f"mail-{digest(address)[:20]}"
        return ids

    def _refuse(self, row: Row, field: str, why: RowReason, first: int = 0) -> None:
        column = self._column.get(field, "")
        cell = row.cells[self._table.header.index(column)] if column and row.cells else ""
        self._wrong.append(WrongRow(row.line, column, why, " ".join(cell.split())[:60], first))

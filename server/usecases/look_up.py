"""What a CRM knows of one customer: by the record that was chosen or found before, else by a search that is judged here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from server.domain.conversation import Message
from server.domain.crm import (
    Asked,
    Candidate,
    Connection,
    Connectors,
    Crm,
    CrmError,
    CrmRef,
    Entry,
    Known,
    Reason,
    Record,
    Trouble,
    Wanted,
)
from server.domain.errors import RecordsUnavailable
from server.domain.matching import judge, trusted
from server.domain.matching import wanted as wanted_of
from server.domain.ports import Looked, Looking
from server.domain.workspace import Workspace

log = structlog.get_logger()

_NOT_BY_ADDRESS: Final = frozenset({Reason.CHOSEN, Reason.NAME, Reason.DOMAIN})

SHOWN: Final = 8
"""Candidates that are kept to choose from."""


def look_up(crm: Crm, connection: str, known: Known, wanted: Wanted, now: int, *, again: bool = False) -> Entry:
    """Ask once and say what came of it; a CRM that fails leaves what was known before, with its trouble. `again`: search anew."""
    before = known.entry
    wanted = _with_earlier(wanted, before)
    try:
        if known.link:
            record = _loaded(crm, known.link)
            candidates = before.candidates if before else ()
            if record:
                return _found(connection, now, wanted, candidates, record, Reason.CHOSEN)
        elif before and before.record and before.reason and not again and before.record.ref not in known.unlike:
            record = _loaded(crm, before.record.ref)
            if record and _still(record, before.reason, wanted):
                return _found(connection, now, wanted, before.candidates, record, before.reason)
        return _searched(crm, connection, known, wanted, now)
    except CrmError as error:
        if before:
            return msgspec.structs.replace(before, trouble=error.why, tried=now, wanted=wanted)
        return Entry(connection=connection, at=0, state="failed", wanted=wanted, trouble=error.why, tried=now)


def _searched(crm: Crm, connection: str, known: Known, wanted: Wanted, now: int) -> Entry:
    found = judge(wanted, crm.find(wanted))
    best = trusted(found, wanted, known.unlike)  # which stay among the candidates, to be linked again
    shown = found[:SHOWN]
    if best and best.reason and (record := _loaded(crm, best.ref)) and _still(record, best.reason, wanted):
        return _found(connection, now, wanted, shown, record, best.reason)
    return Entry(
        connection=connection, at=now, state="several" if shown else "none", wanted=wanted, candidates=shown, tried=now
    )


def _found(
    connection: str, now: int, wanted: Wanted, candidates: tuple[Candidate, ...], record: Record, reason: Reason
) -> Entry:
    return Entry(
        connection=connection,
        at=now,
        state="found",
        wanted=wanted,
        candidates=candidates,
        record=record,
        reason=reason,
        tried=now,
    )


def _loaded(crm: Crm, ref: CrmRef) -> Record | None:
    """Return the record; None when it is gone, or when the CRM answers with another one."""
    try:
        record = crm.load(ref)
    except CrmError as error:
        if error.why == "missing":
            return None
        raise
    if record.ref != ref:
        raise CrmError("garbled", "another record than the one asked for")
    return record


def _still(record: Record, reason: Reason, wanted: Wanted) -> bool:
    """Whether a record that was found by an address has one of the customer's, now that all of it is read."""
    if reason in _NOT_BY_ADDRESS or not record.addresses:
        return True
    judged = judge(wanted, (Candidate(record.ref, addresses=record.addresses),))
    return any(one.reason not in _NOT_BY_ADDRESS for one in judged)


def _with_earlier(wanted: Wanted, before: Entry | None) -> Wanted:
    """Add the addresses that an earlier mail brought: a refresh knows no mail."""
    if before is None:
        return wanted
    have = {one.email for one in wanted.addresses}
    earlier: list[Asked] = [one for one in before.wanted.addresses if one.email not in have]
    return msgspec.structs.replace(wanted, addresses=(*wanted.addresses, *earlier)[:12])


class Lookup:
    """One look-up, whoever waits for it: in a request's own threads, or in the worker."""

    def __init__(
        self,
        connectors: Connectors,
        records: Looked,
        clock: Callable[[], int],
        noted: Callable[[str, str, int, Trouble | None], None] = lambda *_: None,
    ) -> None:
        """`clock`: ms since the epoch. `noted` is told how a connection was (workspace, connection, when, what was wrong)."""
        self._noted = noted
        self._connectors = connectors
        self._records = records
        self._clock = clock

    def __call__(
        self,
        workspace: Workspace,
        connection: Connection,
        customer: str,
        message: Message | None,
        cid: str,
        *,
        own: str = "",
        again: bool = False,
    ) -> tuple[Entry, int] | None:
        """Ask, and keep what came; with the feed's number. None when it was overtaken, or the customer is gone.

        `own`: the conversation's address for the customer. Raises RecordsUnavailable.
        """
        looking = self._records.looking(workspace.id, customer, connection.id)
        if looking is None:
            return None
        wanted = wanted_of(looking.customer, message, own)
        entry = self._ask(workspace, connection, looking, wanted, again=again)
        self._noted(workspace.id, connection.id, entry.tried, entry.trouble)
        feed = self._records.keep(workspace.id, looking, entry, cid)
        return None if feed is None else (entry, feed)

    def _ask(
        self, workspace: Workspace, connection: Connection, looking: Looking, wanted: Wanted, *, again: bool
    ) -> Entry:
        try:
            crm = self._connectors.connect(workspace.id, connection)
            return look_up(crm, connection.id, looking.known, wanted, self._clock(), again=again)
        except CrmError as error:
            trouble: Trouble = error.why
        except RecordsUnavailable:
            raise
        except Exception:
            log.exception("fault", connection=connection.kind)
            trouble = "failed"
        before = looking.known.entry or Entry(connection=connection.id, at=0, state="failed", wanted=wanted)
        return msgspec.structs.replace(before, trouble=trouble, tried=self._clock())

"""Asks CRMs beside a request: the card waits a moment for what was never read, and never longer; the rest comes when it comes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

import msgspec

from server.domain.conversation import View
from server.domain.crm import Entry, Sight
from server.domain.outcomes import Outcome
from server.domain.workspace import Viewer, Workspace
from server.usecases.look_up import Lookup

PATIENCE: Final = 0.3
"""s that a card waits for a CRM it has no data of."""
PATIENCE_OF_A_CHOICE: Final = 2.0
"""s that a card waits for the record that somebody has just chosen."""


class Lookups:
    """Look-ups of the requests of one process. A full house leaves a card to its next look."""

    def __init__(self, look: Lookup, *, threads: int = 8, patience: float = PATIENCE) -> None:
        """`patience`: s that a card waits for what was never read."""
        self._look = look
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="crm")
        self.patience = patience
        self._under_way: dict[tuple[str, str, str], Future[tuple[Entry, int] | None]] = {}
        self._lock = threading.Lock()

    def complete(self, viewer: Viewer, outcome: Outcome) -> Outcome:
        """Return the outcome with what its CRMs said in time."""
        view = getattr(outcome, "view", None)
        if not isinstance(view, View) or not view.crm or not view.crm.pending or not view.customer or view.kept:
            return outcome
        mine = self._begin(viewer.workspace, view, view.crm, view.customer.id)
        if not mine:
            return outcome
        chosen = getattr(outcome, "deed", "") in {"crm_link", "crm_unlink"}
        deadline = time.monotonic() + (PATIENCE_OF_A_CHOICE if chosen else self.patience)
        waiting = set(mine.values())
        while waiting and (left := deadline - time.monotonic()) > 0:
            _, waiting = wait(waiting, left, return_when=FIRST_COMPLETED)
        done = {id_: future for id_, future in mine.items() if future.done()}
        return msgspec.structs.replace(outcome, view=_with(viewer, view, view.crm, done)) if done else outcome

    def again(self, viewer: Viewer, view: View, connection: str) -> View:
        """See server.usecases.desk.CrmDesk."""
        known = {one.id: one for one in viewer.workspace.connections if not one.off}
        if view.customer is None or view.crm is None or connection not in known:
            return view
        future = self._pool.submit(
            self._look,
            viewer.workspace,
            known[connection],
            view.customer.id,
            view.message,
            view.conversation.id,
            own=view.conversation.customer,
            again=True,
        )
        wait({future}, PATIENCE_OF_A_CHOICE)
        return _with(viewer, view, view.crm, {connection: future}) if future.done() else view

    def _begin(
        self, workspace: Workspace, view: View, sight: Sight, customer: str
    ) -> dict[str, Future[tuple[Entry, int] | None]]:
        """Start what this request was given to ask; wait too for what another request of this process is asking."""
        found = {}
        connections = {one.id: one for one in workspace.connections}
        for id_ in sight.pending:
            at = (workspace.id, customer, id_)
            with self._lock:
                future = self._under_way.get(at)
                if future is None and id_ in sight.fetch and id_ in connections:
                    future = self._pool.submit(
                        self._look,
                        workspace,
                        connections[id_],
                        customer,
                        view.message,
                        view.conversation.id,
                        own=view.conversation.customer,
                    )
                    self._under_way[at] = future
                    future.add_done_callback(lambda _, at=at: self._under_way.pop(at, None))  # type: ignore[misc]
            if future is not None:
                found[id_] = future
        return found


def _with(viewer: Viewer, view: View, sight: Sight, done: dict[str, Future[tuple[Entry, int] | None]]) -> View:
    entries = {entry.connection: entry for entry in sight.entries}
    feed = view.feed
    for future in done.values():
        if future.exception() is None and (result := future.result()):
            entries[result[0].connection] = result[0]
            feed = max(feed, result[1])
    order = [one.id for one in viewer.workspace.connections if one.id in entries]
    fuller = msgspec.structs.replace(
        sight,
        entries=tuple(entries[id_] for id_ in order),
        pending=tuple(id_ for id_ in sight.pending if id_ not in entries),
    )
    # The drawing is of more than the store has named: one is kept at the next look.
    return msgspec.structs.replace(view, crm=fuller, sheet="", feed=feed)

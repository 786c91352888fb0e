"""Asks CRMs beside a request: the card waits a moment for what was never read, and never longer; the rest comes when it comes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

import msgspec

from server.domain.conversation import View
from server.domain.crm import Connection, Entry, Sight
from server.domain.outcomes import Outcome
from server.domain.workspace import Viewer, Workspace
from server.usecases.look_up import Lookup

PATIENCE: Final = 0.3
"""s that a card waits for a CRM it has no data of."""
PATIENCE_OF_A_CHOICE: Final = 2.0
"""s that a card waits for the record that somebody has just chosen."""


_Asked = Future[tuple[Entry, int] | None]
"""A look-up and its result, with the feed's number."""


class Lookups:
    """Look-ups of the requests of one process. A full house leaves a card to its next look."""

    def __init__(self, look: Lookup, *, threads: int = 8, patience: float = PATIENCE) -> None:
        """`patience`: s that a card waits for what was never read."""
        self._look = look
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="crm")
        self.patience = patience
        self._under_way: dict[tuple[str, str, str, bool], _Asked] = {}
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
        future = self._asking(viewer.workspace, view, view.customer.id, connection, known[connection], again=True)
        if future is None or not wait({future}, PATIENCE_OF_A_CHOICE).done:
            return view
        return _with(viewer, view, view.crm, {connection: future})

    def _begin(self, workspace: Workspace, view: View, sight: Sight, customer: str) -> dict[str, _Asked]:
        """Start what this request was given to ask; wait too for what another request of this process is asking."""
        found = {}
        connections = {one.id: one for one in workspace.connections}
        for id_ in sight.pending:
            mine = connections.get(id_) if id_ in sight.fetch else None
            if future := self._asking(workspace, view, customer, id_, mine):
                found[id_] = future
        return found

    def _asking(
        self,
        workspace: Workspace,
        view: View,
        customer: str,
        id_: str,
        connection: Connection | None,
        *,
        again: bool = False,
    ) -> _Asked | None:
        """Return the look-up of this customer that is under way; else begin it, when there is a connection to ask."""
        at = (workspace.id, customer, id_, again)
        with self._lock:
            future = self._under_way.get(at)
            if future is None and connection is not None:
                future = self._pool.submit(
                    self._look,
                    workspace,
                    connection,
                    customer,
                    view.message,
                    view.conversation.id,
                    own=view.conversation.customer,
                    again=again,
                )
                self._under_way[at] = future
                future.add_done_callback(lambda _: self._under_way.pop(at, None))
        return future


def _with(viewer: Viewer, view: View, sight: Sight, done: dict[str, _Asked]) -> View:
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

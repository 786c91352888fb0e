"""Asks CRMs beside the requests: reads again what is old, writes down what agents have logged or had made, takes it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, Protocol

import msgspec
import structlog

from server.domain.crm import Connection, Connectors, Crm, CrmError, Errand, Letter, Made, Moved, Order, Trouble
from server.domain.errors import RecordsUnavailable
from server.domain.workspace import Workspace
from server.jobs.reading import Workspaces
from server.store.crm import CrmJob
from server.usecases.look_up import Lookup

THREADS: Final = 8
TRIED_FOR: Final = 600_000
"""ms for which an errand is tried again while its CRM does not answer; then its agent is told."""
PASSING: Final[frozenset[Trouble]] = frozenset({"busy", "down", "broken"})
"""Nothing has been written, and it may go well the next time."""
UNCLEAR: Final[frozenset[Trouble]] = frozenset({"slow", "garbled"})
"""It may have been written: the answer was lost."""

log = structlog.get_logger()


class CrmOutbox(Protocol):
    """What waits, and where its results go (server.store.crm). All raise RecordsUnavailable."""

    def take(self, workspace: str, most: int) -> tuple[CrmJob, ...]: ...
    def done(self, workspace: str, jobs: Iterable[CrmJob]) -> None: ...
    def errand(self, workspace: str, job: CrmJob) -> Errand | None: ...
    def went(self, workspace: str, job: CrmJob, errand: Errand | None) -> None: ...
    def letter(self, workspace: str, job: CrmJob) -> Letter | None: ...
    def order(self, workspace: str, job: CrmJob) -> Order | None: ...
    def moved(self, workspace: str, connection: str, what: Moved) -> int: ...


class CrmWork:
    """Does what waits, several at a time: a CRM that is slow keeps nobody else waiting. `clock`: ms since the epoch."""

    def __init__(self, outbox: CrmOutbox, connectors: Connectors, look: Lookup, clock: Callable[[], int]) -> None:
        self._outbox = outbox
        self._connectors = connectors
        self._look = look
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="crm")
        self._places = threading.Semaphore(THREADS)

    def begin(self, workspace_id: str, workspaces: Workspaces) -> int:
        """Begin what waits in one workspace, as far as there is room; how much. Raises RecordsUnavailable."""
        room = 0
        while room < THREADS and self._places.acquire(blocking=False):
            room += 1
        begun = 0
        try:
            jobs = self._outbox.take(workspace_id, room) if room else ()
            workspace = workspaces.workspace(workspace_id) if jobs else None
            for job in jobs:
                self._pool.submit(self._run, workspace, workspace_id, job)
                begun += 1
        finally:
            for _ in range(room - begun):
                self._places.release()
        return begun

    def wait(self) -> None:
        """Return once nothing is under way."""
        for _ in range(THREADS):
            self._places.acquire()
        self._places.release(THREADS)

    def _run(self, workspace: Workspace | None, workspace_id: str, job: CrmJob) -> None:
        try:
            if workspace is None or self.do(workspace, job):
                self._outbox.done(workspace_id, [job])
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))  # taken again when the store is back
        except Exception:
            log.exception("job_failed", action=job.kind)
            self._fail(workspace_id, job)
        finally:
            self._places.release()

    def do(self, workspace: Workspace, job: CrmJob) -> bool:
        """Do one; whether it need not be done again. Raises RecordsUnavailable."""
        if job.kind == "look":
            connection = _connection(workspace, job.connection)
            if connection:
                self._look(workspace, connection, job.about, None, job.cid)
            return True
        errand = self._outbox.errand(workspace.id, job)
        if errand is None or errand.state != ("undoing" if job.kind == "unlog" else "waiting"):
            return True
        try:
            crm = self._crm(workspace, errand)
            if job.kind == "unlog":
                if errand.made:
                    crm.unlog(errand.made)
                self._outbox.went(workspace.id, job, None)
                return True
            made, moved = self._made(workspace, crm, errand, job)
        except CrmError as error:
            return self._went_wrong(workspace, job, errand, error)
        self._outbox.went(workspace.id, job, msgspec.structs.replace(errand, state="done", made=made, trouble=None))
        if moved:
            self._outbox.moved(workspace.id, errand.connection, moved)
        return True

    def _crm(self, workspace: Workspace, errand: Errand) -> Crm:
        connection = _connection(workspace, errand.connection)
        if connection is None:
            raise CrmError("unset", "the connection is gone")
        return self._connectors.connect(workspace.id, connection)

    def _made(self, workspace: Workspace, crm: Crm, errand: Errand, job: CrmJob) -> tuple[Made, Moved | None]:
        """Write it; and what is to be read again, since the card still says otherwise."""
        if errand.kind == "log":
            letter = self._outbox.letter(workspace.id, job)
            if letter is None or errand.ref is None:
                raise CrmError("failed", "the mail can no longer be opened")
            return crm.log(letter, errand.ref), None
        order = self._outbox.order(workspace.id, job)
        if order is None:
            raise CrmError("failed", "the order can no longer be opened")
        return crm.create(order), Moved(refs=(order.record,) if order.record else (), addresses=(order.email,))

    def _went_wrong(self, workspace: Workspace, job: CrmJob, errand: Errand, error: CrmError) -> bool:
        log.warning("crm_errand", action=errand.kind, reason=error.why)
        if error.why in PASSING and self._clock() - job.at < TRIED_FOR:
            return False  # it stays in the stream, and is taken again in two minutes
        if job.kind == "unlog":
            state = msgspec.structs.replace(errand, state="done", trouble=error.why)
        else:
            unclear = error.why in UNCLEAR
            state = msgspec.structs.replace(errand, state="unsure" if unclear else "failed", trouble=error.why)
        self._outbox.went(workspace.id, job, state)
        return True

    def _fail(self, workspace_id: str, job: CrmJob) -> None:
        """A fault of ours: the agent is told, and nobody tries it again and again."""
        try:
            if job.kind != "look" and (errand := self._outbox.errand(workspace_id, job)):
                # What could not be taken back is still there: "failed" would offer to write it a second time.
                state: Literal["done", "failed"] = "done" if job.kind == "unlog" else "failed"
                self._outbox.went(workspace_id, job, msgspec.structs.replace(errand, state=state, trouble="failed"))
            self._outbox.done(workspace_id, [job])
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))


def _connection(workspace: Workspace, id_: str) -> Connection | None:
    return next((one for one in workspace.connections if one.id == id_ and not one.off), None)


def work_forever(
    workspaces: Workspaces, work: CrmWork, *, pause: float = 0.2, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Work for as long as the process lives. A store that does not answer is waited for."""
    while True:
        begun = 0
        try:
            for workspace_id in workspaces.workspaces():
                begun += work.begin(workspace_id, workspaces)
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))
            sleep(2.0)
        except Exception:
            log.exception("fault")
            sleep(2.0)
        if not begun:
            sleep(pause)

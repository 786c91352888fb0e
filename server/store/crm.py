"""What the team's CRMs say, in Redis: entries per customer and connection, the work that waits for them, and the gate before each CRM.

open.lua  --never read-->  web/lookups.py, beside the request  --crm_keep-->  entry
          --old-->  {w:<id>}:cj  --XREADGROUP, by the worker-->  jobs/crm.py  --crm_keep-->  entry
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from server.domain.conversation import Customer
from server.domain.crm import CrmRef, Entry, Errand, Known, Letter, Moved, Order
from server.domain.errors import RecordsUnavailable
from server.domain.ids import digest
from server.domain.ports import Looking
from server.domain.prepared import prepared
from server.store.connect import FAILURES
from server.store.keys import prefix, sequence
from server.store.library import Library
from server.store.stream import Stream
from server.store.vault import Unreadable, Vault

_customer = msgspec.msgpack.Decoder(Customer).decode
_entry = msgspec.msgpack.Decoder(Entry).decode
_errand = msgspec.msgpack.Decoder(Errand).decode
_letter = msgspec.msgpack.Decoder(Letter).decode
_order = msgspec.json.Decoder(Order).decode

T = TypeVar("T")


class CrmJob(msgspec.Struct, frozen=True):
    """One entry of the stream. look: `about` is a customer; errand, unlog: a mail's key."""

    id: str
    kind: Literal["look", "errand", "unlog"]
    about: str
    connection: str = ""
    cid: str = ""  # the conversation that shows it
    field: str = ""
    sealed: str = ""

    @property
    def at(self) -> int:
        """When it began to wait, ms."""
        return int(self.id.partition("-")[0])


class _Data(msgspec.Struct, frozen=True):
    cid: str = ""
    connection: str = ""
    field: str = ""
    sealed: str = ""


_data = msgspec.msgpack.Decoder(_Data).decode
_reference = prepared(CrmRef)
_crm_job = prepared(CrmJob)


class Permit(msgspec.Struct, frozen=True):
    """Whether a call may be made now: `wait` seconds until the quota allows it, or shut until `broken` (ms)."""

    wait: float = 0.0
    broken: int = 0

    @property
    def go(self) -> bool:
        """Whether it may."""
        return not (self.wait or self.broken)


class RedisCrm:
    """The store's side of look-ups and errands. Everything raises RecordsUnavailable."""

    def __init__(
        self, library: Library, vault: Vault | None, consumer: str = "worker", *, clock_offset: int = 0
    ) -> None:
        self._library = library
        self._vault = vault
        self.clock_offset = clock_offset
        self._stream = Stream(library, "cj", consumer)

    # ------------------------------------------------------------------ look-ups

    def looking(self, workspace: str, customer: str, connection: str) -> Looking | None:
        """Return what is known already; None when the customer is gone."""
        got = self._call("crm_look", workspace, {"customer": customer, "connection": connection})
        if not got:
            return None
        record, link, unlike, entry = got
        return Looking(
            customer=_customer(record),
            known=Known(
                link=_ref(connection, link.decode()) if link else None,
                unlike=frozenset(_ref(connection, line) for line in unlike.decode().split("\n") if line),
                entry=_entry(entry) if entry else None,
            ),
            raw_link=link.decode(),
            raw_unlike=unlike.decode(),
        )

    def keep(self, workspace: str, looking: Looking, entry: Entry, cid: str) -> int | None:
        """Keep what came of a look-up and tell open panes; the feed's number, None when it was overtaken meanwhile."""
        refs = {one.ref for one in entry.candidates} | ({entry.record.ref} if entry.record else set())
        request = {
            "customer": looking.customer.id,
            "connection": entry.connection,
            "link": looking.raw_link,
            "unlike": looking.raw_unlike,
            "head": f"{entry.at}:{entry.tried}:{entry.state}",
            "refs": [_ref_digest(ref) for ref in refs],
            "cid": cid,
        }
        kept = self._call("crm_keep", workspace, request, msgspec.msgpack.encode(entry))
        return None if kept is None else int(kept)

    def moved(self, workspace: str, connection: str, what: Moved) -> int:
        """Have read again what a webhook speaks of; how many customers that is."""
        if what.everything:
            return self.drop(workspace, connection)
        request = {
            "connection": connection,
            "refs": [_ref_digest(ref) for ref in what.refs],
            "addresses": [digest(address) for address in what.addresses],
        }
        return int(self._call("crm_moved", workspace, request))

    def drop(self, workspace: str, connection: str) -> int:
        """Forget all that was read through a connection (it was changed or removed); how many customers that was."""
        p = prefix(workspace)
        fields = [connection, *(f"{connection}|{part}" for part in ("at", "old", "cid"))]

        def remove(client: Any) -> int:
            dropped = 0
            for key in client.scan_iter(match=f"{p}xc:*", count=1000):
                dropped += bool(client.hdel(key, *fields))
            for pattern in (f"{p}xr:{connection}:*", f"{p}xq:*:{connection}"):
                for key in client.scan_iter(match=pattern, count=1000):
                    client.delete(key)
            client.hdel(f"{p}xb", connection)
            return dropped

        return self._do(remove)

    # ------------------------------------------------------------------ the worker's stream

    def take(self, workspace: str, most: int) -> tuple[CrmJob, ...]:
        """Return what waits, oldest first; what a dead worker left, before the rest."""
        return tuple(_job(*entry) for entry in self._stream.take(workspace, most))

    def done(self, workspace: str, jobs: Iterable[CrmJob]) -> None:
        """These need not be done again."""
        self._stream.done(workspace, (job.id for job in jobs))

    # ------------------------------------------------------------------ errands

    def errand(self, workspace: str, job: CrmJob) -> Errand | None:
        """Return the errand as it stands; None when it was taken back."""
        raw = self._call("crm_errand", workspace, {"key": job.about, "field": job.field})
        return _errand(raw) if raw else None

    def went(self, workspace: str, job: CrmJob, errand: Errand | None) -> None:
        """Write down what became of it, None that it is no more, and tell open panes."""
        self._call(
            "crm_errand_went", workspace, {"key": job.about, "field": job.field, "cid": job.cid, "errand": errand}
        )

    def letter(self, workspace: str, job: CrmJob) -> Letter | None:
        """Return the mail to be written down; None when it was sealed with a key that is gone."""
        return self._opened(workspace, job, _letter)

    def order(self, workspace: str, job: CrmJob) -> Order | None:
        """Return what is to be made; None as above."""
        return self._opened(workspace, job, _order)

    def _opened(self, workspace: str, job: CrmJob, decode: Callable[[bytes], T]) -> T | None:
        if self._vault is None:
            return None
        try:
            return decode(self._vault.open(b64decode(job.sealed), workspace))
        except (Unreadable, binascii.Error, msgspec.DecodeError):
            return None

    # ------------------------------------------------------------------ the gate

    def gate(self, workspace: str, connection: str) -> RedisGate:
        """Return the gate before one CRM."""
        return RedisGate(self, workspace, connection)

    def enter(self, workspace: str, connection: str, quotas: Sequence[tuple[int, float]], cost: int) -> Permit:
        """Ask whether a call may be made; `quotas` are calls and seconds."""
        windows = [(calls, int(seconds * 1000)) for calls, seconds in quotas]
        answer = self._call("gate_enter", workspace, {"connection": connection, "quotas": windows, "cost": cost})
        match answer[0]:
            case b"go":
                return Permit()
            case b"wait":
                return Permit(wait=answer[1] / 1000)
            case _:
                return Permit(broken=answer[1])

    def left(self, workspace: str, connection: str, *, ok: bool, pause: float = 0.0) -> int:
        """Say how the call went; `pause` seconds is what the CRM asks for. Until when it is shut now (ms), 0 when it is not."""
        request = {"connection": connection, "ok": ok, "pause": int(pause * 1000)}
        return int(self._call("gate_left", workspace, request))

    def _do(self, work: Callable[[Any], T]) -> T:
        try:
            return work(self._library.client)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def _call(self, function: str, workspace: str, request: Mapping[str, object], *blobs: bytes) -> Any:
        whole = {"p": prefix(workspace), "me": "", "see": [], "private": [], "off": self.clock_offset, **request}
        return self._library.call(function, sequence(workspace), whole, *blobs)


class RedisGate:
    """The port `Gate` of server.gateways.crm.line."""

    def __init__(self, crm: RedisCrm, workspace: str, connection: str) -> None:
        self._crm = crm
        self._workspace = workspace
        self._connection = connection

    def enter(self, quotas: Sequence[tuple[int, float]], cost: int) -> Permit:
        """See the port."""
        return self._crm.enter(self._workspace, self._connection, quotas, cost)

    def left(self, *, ok: bool, pause: float = 0.0) -> int:
        """See the port."""
        return self._crm.left(self._workspace, self._connection, ok=ok, pause=pause)


def ref_text(ref: CrmRef) -> str:
    """Return a reference as links hold it: "<kind>/<id>"."""
    return f"{ref.kind}/{ref.id}"


def _ref(connection: str, text: str) -> CrmRef:
    kind, _, id_ = text.partition("/")
    return _reference({"connection": connection, "kind": kind, "id": id_})


def _ref_digest(ref: CrmRef) -> str:
    return digest(ref_text(ref))


def _job(id_: str, fields: Mapping[bytes, bytes]) -> CrmJob:
    data = _data(fields[b"data"])
    return _crm_job(
        {
            "id": id_,
            "kind": fields[b"kind"].decode(),
            "about": fields[b"about"].decode(),
            **msgspec.structs.asdict(data),
        }
    )

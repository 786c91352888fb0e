"""The guarded way to one CRM: kept connections, one deadline, a look-up's retries, the shared quota and circuit breaker.

Connectors send everything through it, and so do the vendors' libraries (server.gateways.crm.riders). Nothing of what is sent or
answered reaches a log: a line there names the kind of CRM, how it went, the status and the time.
"""

from __future__ import annotations

import http.client
import math
import random as random_
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec
import structlog

from server.domain.crm import CrmError, Trouble
from server.domain.errors import RecordsUnavailable
from server.gateways.crm.spec import Reply, Spec
from server.gateways.transport import Answer, Clock, TooLargeError, UnsafeAddressError, Wire, is_host, is_public

SECONDS: Final = 4.0  # of a call, or of the several that `within` binds together
_TRIES: Final = 3
_PAUSE: Final = 0.2  # seconds, doubled with each try; how much of it is waited is left to chance
_WORTHWHILE: Final = 0.2  # with less time left than this another try is only a cost
_LONGEST_PAUSE: Final = 86_400.0
_deadline: Final[ContextVar[float]] = ContextVar("deadline", default=math.inf)
"""What `within` binds calls to. Threads begin without one: who starts some in the block gives each a copy of its context."""

_WHY: Final[Mapping[int, Trouble]] = {
    401: "refused",
    402: "refused",
    403: "refused",
    404: "missing",
    408: "slow",
    409: "conflict",
    410: "missing",
    412: "conflict",
    429: "busy",
}
_PASSING: Final[frozenset[Trouble]] = frozenset({"busy", "down"})
_AILING: Final[frozenset[Trouble]] = frozenset({"slow", "down", "busy"})
"""What speaks of the CRM's health. A refusal, a missing record, a wrong field do not: it is well enough to say so."""

log = structlog.get_logger()


@contextmanager
def unless_gone() -> Iterator[None]:
    """What is to be deleted and is there no longer is deleted: no error."""
    try:
        yield
    except CrmError as error:
        if error.why != "missing":
            raise


class Permit(Protocol):
    """Whether a call may be made now."""

    @property
    def wait(self) -> float:
        """Seconds until the quota allows it; 0 when it does."""

    @property
    def broken(self) -> int:
        """Until when (ms since the epoch) the CRM is left alone; 0 when it may be asked."""


class Gate(Protocol):
    """What all copies of the service share of one connection: its quota and its circuit breaker.

    After its pause a broken circuit is half open: one caller is let through, and how it fares decides for the others.
    """

    def enter(self, quotas: Sequence[tuple[int, float]], cost: int) -> Permit:
        """Ask to make a call. Whoever may go must say with `left` how it went. Raises RecordsUnavailable."""

    def left(self, *, ok: bool, pause: float = 0.0) -> object:
        """Say how it went; `pause`: for so many seconds the CRM wants to be left alone. Raises RecordsUnavailable."""


class Call(NamedTuple):
    """One request of a connector, checked and put together."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    repeatable: bool
    cost: int


class GuardedLine:
    """A Line. Safe between threads.

    `local` lets it call addresses inside, though no cloud's metadata, and plain http. `random` says how much of a
    pause is waited, from 0 to 1, so that those who failed together do not come back together.
    """

    def __init__(
        self,
        spec: Spec,
        gate: Gate,
        *,
        seconds: float = SECONDS,
        local: bool = False,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_.random,
    ) -> None:
        self._spec = spec
        self._gate = gate
        self._seconds = seconds
        self._local = local
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._wire = Wire(largest=spec.largest, clock=clock, allowed=is_host if local else is_public)
        self._places = threading.BoundedSemaphore(spec.at_once)

    @contextmanager
    def within(self, seconds: float | None = None) -> Iterator[None]:
        """All calls in the block share one deadline (None: the line's own limit); an outer one holds too."""
        bound = _deadline.set(min(_deadline.get(), self._clock() + (self._seconds if seconds is None else seconds)))
        try:
            yield
        finally:
            _deadline.reset(bound)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        repeatable: bool | None = None,
        cost: int = 1,
    ) -> Reply:
        """As `Line.send` has it."""
        sent = dict(headers or {})
        if json is not None:
            body = msgspec.json.encode(json)
            sent = {"Content-Type": "application/json", **sent}
        call = Call(
            method.upper(),
            self._checked(url, params),
            _sendable({"User-Agent": "Sobani", **sent}),
            body,
            method.upper() == "GET" if repeatable is None else repeatable,
            cost,
        )
        deadline = min(self._clock() + self._seconds, _deadline.get())
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(call, deadline, attempt)
            except CrmError as error:
                pause = self._pause(error, attempt)
                worthwhile = deadline - self._clock() - pause >= _WORTHWHILE
                if not call.repeatable or error.why not in _PASSING or attempt == _TRIES or not worthwhile:
                    raise
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def json(self, reply: Reply) -> object:
        """As `Line.json` has it."""
        try:
            return msgspec.json.decode(reply.body.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise CrmError("garbled", "not JSON", status=reply.status) from None

    def close(self) -> None:
        """Close what is idle."""
        self._wire.close()

    def _checked(self, url: str, params: Sequence[tuple[str, str]]) -> str:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna").decode("ascii")
            port = parts.port
        except (ValueError, UnicodeError):
            raise CrmError("unsafe", "not an address of the web") from None
        schemes = {"http", "https"} if self._local else {"https"}
        if parts.scheme not in schemes or not host or "@" in parts.netloc:
            raise CrmError("unsafe", "not an https address of a host")
        host = f"[{host}]" if ":" in host else host
        # What is percent-encoded already stays so; what cannot stand in an address is.
        path, query = (quote(part, safe="%/:?&=@!$'()*+,;~|[]") for part in (parts.path, parts.query))
        more = urlencode(params, quote_via=quote)
        return urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", path, "&".join(filter(None, (query, more))), ""))  # fmt: skip

    def _once(self, call: Call, deadline: float, attempt: int) -> Reply:
        left = deadline - self._clock()
        if left <= 0:
            raise CrmError("slow", "the time was up before the call")
        if not self._places.acquire(timeout=left):
            raise CrmError("busy", "as many calls of our own as may be made at a time")
        try:
            self._enter(call, deadline, attempt)
            return self._through(call, deadline, attempt)
        finally:
            self._places.release()

    def _enter(self, call: Call, deadline: float, attempt: int) -> None:
        while True:
            permit = self._gate.enter(self._spec.quotas, call.cost)
            if permit.broken:
                # Shut by others, or by our own last try: what that met says more to whoever reads it.
                raise CrmError("broken" if attempt == 1 else "down", "left alone for a while")
            if not permit.wait:
                return
            wait = permit.wait + self._random() * 0.05
            if deadline - self._clock() - wait < _WORTHWHILE:
                raise CrmError("busy", "the quota is used up", retry_after=permit.wait)
            self._sleep(wait)

    def _through(self, call: Call, deadline: float, attempt: int) -> Reply:
        began = self._clock()
        ok, pause, status, outcome = True, 0.0, 0, "failed"
        try:
            reply = self._asked(call, deadline)
        except CrmError as error:
            ok, pause, status, outcome = error.why not in _AILING, error.retry_after, error.status, error.why
            raise
        else:
            status, outcome = reply.status, "ok"
            return reply
        finally:
            try:
                self._gate.left(ok=ok, pause=0.0 if ok else pause)
            except RecordsUnavailable:
                # What the CRM answered, or has done, must not be lost for that.
                log.warning("crm_gate_unavailable", component="crm", name=self._spec.kind)
            log.log(
                10 if outcome == "ok" else 20,
                "crm_call",
                component="crm",
                name=self._spec.kind,
                status=status,
                outcome=outcome,
                attempt=attempt,
                ms=round((self._clock() - began) * 1000),
            )

    def _asked(self, call: Call, deadline: float) -> Reply:
        try:
            answer = self._wire.ask(
                call.url, call.method, call.body, call.headers, deadline=deadline, again=call.repeatable
            )
        except TimeoutError:
            raise CrmError("slow", "no answer in time") from None
        except UnsafeAddressError:
            raise CrmError("unsafe", "an address inside") from None
        except TooLargeError:
            raise CrmError("garbled", "too long") from None
        except http.client.InvalidURL:
            raise CrmError("unsafe", "not an address of the web") from None
        except (http.client.RemoteDisconnected, OSError) as error:
            raise CrmError("down", type(error).__name__) from None
        except (http.client.HTTPException, ValueError) as error:
            raise CrmError("garbled", type(error).__name__) from None
        if answer.status < 300:
            return Reply(answer.status, answer.headers, answer.body)
        raise _error(answer)

    def _pause(self, error: CrmError, attempt: int) -> float:
        """Full jitter; no shorter than what the CRM asks for."""
        return error.retry_after + self._random() * _PAUSE * 2.0 ** (attempt - 1)


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Headers that can be sent: a token pasted with a line end or full-width letters in it is a wrong token, not a fault of ours."""
    if not all(f"{name}{value}".isascii() and f"{name}{value}".isprintable() for name, value in headers.items()):
        raise CrmError("refused", "credentials with characters that no token has")
    return headers


def _error(answer: Answer) -> CrmError:
    why: Trouble = "garbled"  # a redirect: it may lead anywhere, with our credentials
    if answer.status >= 500:
        why = "down"
    elif answer.status >= 400:
        why = _WHY.get(answer.status, "mapping")
    return CrmError(
        why,
        f"status {answer.status}",
        retry_after=_retry_after(answer.headers),
        status=answer.status,
        body=answer.body,
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds, 0 when not said. A date counts from the answer's own: the two come from one clock."""
    written = headers.get("retry-after", "").strip()
    try:
        if written.replace(".", "", 1).isdecimal():
            seconds = float(written)
        else:
            gap = parsedate_to_datetime(written) - parsedate_to_datetime(headers.get("date", ""))
            seconds = gap / timedelta(seconds=1)
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_PAUSE)

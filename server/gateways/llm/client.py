"""Calls the endpoint through OpenAI's own client: one deadline over everything, cancellable, and no answer too large to hold.

The client's time limits are per packet and its retries sleep as long as the server says, so neither bounds a call. Here
each call has a thread and a connection of its own: who waits stops waiting at the deadline, and the connection is then
shut down under the thread, which ends it whatever it was reading. Mail text reaches neither a log nor an error.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import httpx2
import msgspec
from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAI, OpenAIError

from server.replies.polish import Declined, Job, Outcome, Prepared, Reason, accept, prepare

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

Clock = Callable[[], float]
"""Seconds that only grow."""

LARGEST: Final = 256 * 1024  # bytes of an answer, its error's text included; a long reply has 20 kB
_WORTHWHILE: Final = 1.0  # with less time left than this, repeating is only a cost
# All that goes along: the client would add the system, its version and whatever OPENAI_* variables say.
_HEADERS: Final = frozenset({"authorization", "content-length", "content-type", "host", "transfer-encoding"})


class Endpoint:
    """A LanguageModel. Safe between threads. `limit` seconds are all that a wish may take, `pause` stands before its one repetition."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        *,
        limit: float = 10.0,
        pause: float = 0.5,
        at_once: int = 8,
        clock: Clock = time.monotonic,
    ) -> None:
        self._tls = ssl.create_default_context()
        # A local server often wants no key; the client insists on one.
        self._client = OpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, http_client=httpx2.Client(verify=self._tls)
        )
        self._model = model
        self._limit = limit
        self._pause = pause
        self._clock = clock
        self._places = threading.BoundedSemaphore(at_once)

    def begin(self, job: Job) -> _Call:
        """Ask, without waiting. More than `at_once` wishes at a time are declined as busy: each holds a thread."""
        call = _Call(self._clock, self._limit)
        prepared = prepare(job)
        if isinstance(prepared, Declined):
            call.settle(prepared)
        elif not self._places.acquire(blocking=False):
            call.settle(Declined("busy"))
        else:
            try:
                threading.Thread(target=self._run, args=(call, prepared), name="language-model", daemon=True).start()
            except BaseException:
                self._places.release()
                raise
        return call

    def rewrite(self, job: Job) -> Outcome:
        """Ask and wait."""
        return self.begin(job).result()

    def _run(self, call: _Call, prepared: Prepared) -> None:
        outcome: Outcome = Declined("failed")
        try:
            outcome = self._ask(call, prepared)
        finally:
            self._places.release()
            call.settle(outcome)

    def _ask(self, call: _Call, prepared: Prepared) -> Outcome:
        """At most twice: asking again changes nothing on the other side but its bill."""
        try:
            return self._try(call, prepared)
        except _Failure as failure:
            pause = max(failure.wait, self._pause)
            if not failure.passing or call.left() - pause < _WORTHWHILE or call.over.wait(pause):
                return Declined(failure.reason)
        try:
            return self._try(call, prepared)
        except _Failure as failure:
            return Declined(failure.reason)

    def _try(self, call: _Call, prepared: Prepared) -> Outcome:
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": message.content}
            if message.role == "system"
            else {"role": "user", "content": message.content}
            for message in prepared.messages
        ]
        line = _Line(self._tls, call)
        try:
            with httpx2.Client(transport=line) as http:
                client = self._client.copy(http_client=http)
                answer = client.chat.completions.with_raw_response.create(
                    model=self._model, messages=messages, timeout=max(call.left(), 0.001)
                )
                content = answer.content
        except APITimeoutError as error:
            raise _Failure("timeout") from error
        except APIStatusError as error:
            raise _refusal(error) from error
        except APIConnectionError as error:
            if line.overflowed:
                raise _Failure("too_long") from error
            if call.over.is_set():
                raise _Failure("cancelled") from error
            raise _Failure("failed", passing=True) from error
        except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _Failure("broken") from error
        return _read(prepared, content)


class _Failure(Exception):
    """One try came to nothing. When that may pass, another may do better, `wait` seconds later or more."""

    def __init__(self, reason: Reason, *, passing: bool = False, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.passing = passing
        self.wait = wait


def _refusal(error: APIStatusError) -> _Failure:
    """What an error's status says. Its text is not read: it may quote the mail."""
    if error.status_code in {401, 403}:
        return _Failure("refused")
    if error.status_code == 429:
        return _Failure("busy", passing=True, wait=_retry_after(error))
    return _Failure("failed", passing=error.status_code >= 500)


def _retry_after(error: APIStatusError) -> float:
    asked = error.response.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= 6 else 0.0


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_completion: Final = msgspec.json.Decoder(_Completion).decode


def _read(prepared: Prepared, content: bytes) -> Outcome:
    """The answer as the protocol has it; read by types of our own, since the client's take anything for an answer."""
    try:
        completion = _completion(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Declined("broken")
    if not completion.choices:
        return Declined("empty")
    choice = completion.choices[0]
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        return Declined("withheld")
    if choice.finish_reason == "length":
        return Declined("cut_off")
    return accept(prepared, choice.message.content or "")


class _Call:
    """One wish under way, as its asker and its thread both see it."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self.over = threading.Event()
        self._clock = clock
        self._deadline = clock() + limit
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._outcome: Outcome | None = None
        self._waiting = threading.Lock()
        self._sockets = threading.Lock()
        self._socket: socket.socket | None = None

    def left(self) -> float:
        return self._deadline - self._clock()

    def result(self) -> Outcome:
        with self._waiting:
            if self._outcome is None:
                try:
                    self._outcome = self._outcomes.get(timeout=max(self.left(), 0.0))
                except queue.Empty:
                    self._outcome = Declined("timeout")
                self._hang_up()
            return self._outcome

    def cancel(self) -> None:
        self.settle(Declined("cancelled"))
        self._hang_up()

    def settle(self, outcome: Outcome) -> None:
        """The first outcome counts."""
        self._outcomes.put(outcome)

    def connected(self, sock: socket.socket) -> None:
        """Remember what to shut down; a call that is over gets no further."""
        with self._sockets:
            self._socket = sock
        if self.over.is_set():
            self._hang_up()

    def _hang_up(self) -> None:
        """Wake the thread wherever it reads: closing the socket would not."""
        self.over.set()
        with self._sockets:
            if self._socket is not None:
                with suppress(OSError):  # gone already
                    # Not SSLSocket's own shutdown: it takes the TLS state away from under the reader.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Line(httpx2.BaseTransport):
    """A connection for one try: tells the call its socket, sends only our headers, counts what comes."""

    def __init__(self, tls: ssl.SSLContext, call: _Call) -> None:
        self.overflowed = False
        self._call = call
        self._inner = httpx2.HTTPTransport(
            verify=tls, trust_env=False, limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        kept = [(name, value) for name, value in request.headers.items() if name.lower() in _HEADERS]
        headers = [*kept, ("accept", "application/json"), ("accept-encoding", "identity")]
        extensions = {**request.extensions, "trace": self._trace}
        # Not the request itself: the client reads its own headers again when the answer is there.
        response = self._inner.handle_request(
            httpx2.Request(request.method, request.url, headers=headers, stream=request.stream, extensions=extensions)
        )
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            response.close()  # a small answer could unpack to any size
            raise httpx2.DecodingError("an encoding that was not asked for", request=request)
        assert isinstance(response.stream, httpx2.SyncByteStream)  # noqa: S101 - HTTPTransport gives no other
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=_Counted(response.stream, self._count, request)
        )

    def close(self) -> None:
        self._inner.close()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._call.connected(info["return_value"].get_extra_info("socket"))

    def _count(self, size: int) -> bool:
        self.overflowed = size > LARGEST
        return self.overflowed


class _Counted(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, too_many: Callable[[int], bool], request: httpx2.Request) -> None:
        self._stream = stream
        self._too_many = too_many
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if self._too_many(size):
                raise httpx2.ReadError("more than anybody answers", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()

"""What both hosts need to trust a signed token: the issuer's keys, held by their max-age, and a memory of tokens already verified.

Which claims a token must carry is each host's own business (`gmail.auth`, `outlook.auth`).
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import urllib3

from server.domain.errors import Unauthenticated

Key = TypeVar("Key")
Value = TypeVar("Value")

Clock = Callable[[], float]
"""Seconds since the epoch."""

_MAX_KEYS_BYTES: Final = 512 * 1024
_DEFAULT_MAX_AGE: Final = 3600.0
_MAX_AGE: Final = re.compile(r"max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class KeysError(Exception):
    """The issuer's keys could not be fetched or read; `str(error)` is for the log."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of a keys address: the body, and for how many seconds it may be kept."""

    body: bytes
    max_age: float = _DEFAULT_MAX_AGE


def fetch_keys(url: str, *, time_limit: float = 2.0) -> Fetched:
    """One GET of a keys address. Never follows a redirect: keys come from where the settings say, or not at all.

    Raises KeysError.
    """
    deadline = time.monotonic() + time_limit
    try:
        with urllib3.PoolManager(num_pools=1) as pool:
            answer = pool.request(
                "GET",
                url,
                timeout=urllib3.Timeout(total=time_limit),
                retries=False,
                redirect=False,
                preload_content=False,
                headers={"Accept": "application/json"},
            )
            try:
                body = _read(answer, deadline)
            finally:
                answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise KeysError(f"no answer: {type(error).__name__}") from error
    if answer.status != 200:
        raise KeysError(f"answered {answer.status}")
    found = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
    return Fetched(body, float(found[1]) if found else _DEFAULT_MAX_AGE)


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The whole body, within the time limit also when it comes byte by byte: a socket's own limit starts anew with each."""
    body = bytearray()
    while chunk := answer.read1(65536):
        body += chunk
        if len(body) > _MAX_KEYS_BYTES:
            raise KeysError("answered too much")
        if time.monotonic() > deadline:
            raise KeysError("answered too slowly")
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Held(Generic[Key]):
    keys: Mapping[str, Key]
    fresh_until: float
    usable_until: float


class KeyRing(Generic[Key]):
    """An issuer's signing keys by `kid`; asks for them when they are too old, and once when a `kid` is unknown.

    Anybody can send a token with an invented `kid`, so such questions reach the issuer at most once in `gap` seconds.
    While the issuer does not answer, keys already held stay good for `grace` seconds past their age.
    """

    def __init__(
        self,
        fetch: Callable[[], Fetched],
        parse: Callable[[bytes], Mapping[str, Key]],
        clock: Clock,
        *,
        gap: float = 60.0,
        gap_after_failure: float = 5.0,
        grace: float = 24 * 3600.0,
    ) -> None:
        """`parse` makes keys of the body and raises ValueError when it is not what it should be."""
        self._fetch = fetch
        self._parse = parse
        self._clock = clock
        self._gap = gap
        self._gap_after_failure = gap_after_failure
        self._grace = grace
        self._held: _Held[Key] = _Held({}, 0.0, 0.0)
        self._next_fetch = 0.0
        self._failure = ""
        self._fetching = threading.Lock()

    def find(self, kid: str) -> Key:
        """The key of this name.

        Raises Unauthenticated when the issuer has no such key, or when there are none and it cannot be asked.
        """
        now = self._clock()
        held = self._held
        key = held.keys.get(kid)
        if key is not None and now < held.fresh_until:
            return key
        usable = key is not None and now < held.usable_until
        # Single flight: whoever has a usable old key does not wait for another thread's question.
        if self._fetching.acquire(blocking=not usable):
            try:
                self._refresh(kid, now)
            finally:
                self._fetching.release()
        held = self._held
        key = held.keys.get(kid)
        if key is not None and now < held.usable_until:
            return key
        if self._failure:
            raise Unauthenticated(f"signing keys: {self._failure}")
        raise Unauthenticated("unknown signing key")

    def _refresh(self, kid: str, now: float) -> None:
        held = self._held
        if now < self._next_fetch or (kid in held.keys and now < held.fresh_until):
            return  # another thread has just asked
        try:
            fetched = self._fetch()
            keys = self._parse(fetched.body)
        except (KeysError, ValueError) as error:
            self._failure = str(error) or type(error).__name__
            self._next_fetch = now + self._gap_after_failure
            return
        age = min(max(fetched.max_age, self._gap), 24 * 3600.0)
        self._failure = ""
        self._next_fetch = now + self._gap
        self._held = _Held(keys, now + age, now + age + self._grace)


class VerifiedTokens(Generic[Value]):
    """What tokens have already been proved to say, until they expire; keeps a digest, never a token. The least recently used go first."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[str, bytes], tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, token: str, now: float, *, audience: str = "") -> Value | None:
        """What this token said when it was verified for this audience, unless it has expired since."""
        key = (audience, _digest(token))
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if now >= entry[0]:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, token: str, value: Value, expires: float, *, audience: str = "") -> None:
        """Remember a token that has just been verified, until `expires` (seconds since the epoch)."""
        key = (audience, _digest(token))
        with self._lock:
            self._entries[key] = (expires, value)
            self._entries.move_to_end(key)
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

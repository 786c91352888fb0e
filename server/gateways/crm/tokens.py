"""The access token of a connection, kept among its secrets: renewed once for all threads and all copies of the service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec.json import Decoder

from server.domain.crm import CrmError
from server.gateways.crm import values
from server.gateways.crm.spec import Clock, Reply, Secrets

_ENDING_MS: Final = 60_000  # what ends within it is renewed before it is refused

Ask = Callable[[Mapping[str, str]], Reply]
"""Asks the vendor for a token with what the secrets hold. Raises CrmError."""


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 0.0


_GRANTED: Final = Decoder(_Granted)


class Tokens:
    """Tokens of OAuth. Safe between threads."""

    def __init__(self, secrets: Secrets, clock: Clock, ask: Ask) -> None:
        self._secrets = secrets
        self._clock = clock
        self._ask = ask
        self._lock = threading.Lock()

    def current(self, kept: Mapping[str, str]) -> str:
        """The token among these secrets, another one when it is about to end, "" when none was ever given. Raises CrmError."""
        token = kept.get("access_token", "")
        ending = 0 < (values.whole(kept.get("expires_at")) or 0) < self._clock() + _ENDING_MS
        return self.renewed(token) if ending and kept.get("refresh_token") else token

    def renewed(self, spent: str) -> str:
        """Another token than the spent one, which everybody then has. Raises CrmError("refused") when there is none to be had."""
        with self._lock:
            kept = self._secrets.get()
            if (token := kept.get("access_token", "")) and token != spent:
                return token  # another thread, or another copy of the service, was faster
            try:
                reply = self._ask(kept)
            except CrmError as error:
                if error.why in {
                    "mapping",
                    "refused",
                    "missing",
                }:  # 400 invalid_grant, invalid_client, BAD_REFRESH_TOKEN
                    what = (
                        "the consent was withdrawn" if kept.get("refresh_token") else "no token for these credentials"
                    )
                    raise CrmError("refused", what, status=error.status) from None
                raise
            fresh = values.decode(reply.body, _GRANTED)
            renewed = {**kept, "access_token": fresh.access_token}
            renewed["expires_at"] = str(self._clock() + int(fresh.expires_in * 1000)) if fresh.expires_in else ""
            if fresh.refresh_token:
                renewed["refresh_token"] = fresh.refresh_token
            self._secrets.put(renewed)
            return fresh.access_token

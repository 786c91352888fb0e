"""Our line to HubSpot with our token on it.

Sources, read November 2026 on developers.hubspot.com: /oauth/v1 ends on 16 February 2027 ("Migrate from the OAuth v1 API"), hence
/oauth/2026-03/token, which hubspot-api-client 12 does not know; an access token lives for 30 minutes; "Error handling": 423 and 477 are to be tried
again, 429 names the limit in policyName.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec.json import Decoder

from server.domain.crm import CrmError
from server.gateways.crm import values
from server.gateways.crm.spec import Clock, Line, Reply, Secrets

SEARCH_COST: Final = 4
"""Of the 19 a second that the Spec allows: so that at most 4 searches start in one."""
_TOKEN: Final = "/oauth/2026-03/token"  # noqa: S105 - a path


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 1800.0


_TOKENS: Final = Decoder(_Token)


class Signed:
    """Our line to HubSpot with our token on it: a Line that HubSpot's client rides on, and the way of our own requests."""

    def __init__(self, base: str, secrets: Secrets, line: Line, clock: Clock) -> None:
        self.base = base
        self._secrets = secrets
        self._line = line
        self._clock = clock
        self._lock = threading.Lock()

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
        """As `Line.send` has it. A token that is spent is renewed once: a 401 has done nothing."""
        if url.endswith("/search"):
            cost = SEARCH_COST

        def once(token: str) -> Reply:
            more = {**(headers or {}), "Authorization": f"Bearer {token}"}
            return self._line.send(
                method, url, params=params, headers=more, json=json, body=body, repeatable=repeatable, cost=cost
            )

        token = self._token()
        try:
            return once(token)
        except CrmError as error:
            fresh = self._renewed(token) if error.status == 401 else ""
            if not fresh:
                raise _told(error) from None
        try:
            return once(fresh)
        except CrmError as error:
            raise _told(error) from None

    def json(self, reply: Reply) -> object:
        """As `Line.json` has it."""
        return self._line.json(reply)

    def within(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """As `Line.within` has it."""
        return self._line.within(seconds)

    def _token(self) -> str:
        kept = self._secrets.get()
        token = kept.get("access_token") or kept.get("token", "")
        if kept.get("refresh_token") and (values.whole(kept.get("expires_at")) or 0) < self._clock() + 60_000:
            return self._renewed(token)
        if not token:
            raise CrmError("unset", "there is no token")
        return token

    def _renewed(self, spent: str) -> str:
        """Another token than the spent one, which everybody then has; "" when there is no way to one."""
        with self._lock:
            kept = self._secrets.get()
            if (token := kept.get("access_token", "")) and token != spent:
                return token  # another copy of the service, or another thread, was faster
            if not kept.get("refresh_token"):
                return ""
            form = {"grant_type": "refresh_token"}
            form |= {name: kept.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
            try:
                reply = self._line.send(
                    "POST",
                    self.base + _TOKEN,
                    body=urlencode(form).encode(),
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
            except CrmError as error:
                # 400 BAD_REFRESH_TOKEN: the app was taken out of the account.
                if error.why in {"mapping", "refused", "missing"}:
                    raise CrmError("refused", "the consent was withdrawn", status=error.status) from None
                raise
            fresh = values.decode(reply.body, _TOKENS)
            self._secrets.put(
                {
                    **kept,
                    "access_token": fresh.access_token,
                    "refresh_token": fresh.refresh_token or kept["refresh_token"],
                    "expires_at": str(self._clock() + int(fresh.expires_in * 1000)),
                }
            )
            return fresh.access_token


def _told(error: CrmError) -> CrmError:
    """What HubSpot means by it where the status alone does not say."""
    if error.status in {423, 477}:  # locked for a moment; the account is being moved to another data centre
        return CrmError("busy", "locked", retry_after=error.retry_after or 2.0, status=error.status)
    if error.status == 429 and b'"DAILY"' in error.body:
        return CrmError("busy", "the daily limit", retry_after=max(error.retry_after, 3600.0), status=429)
    return error

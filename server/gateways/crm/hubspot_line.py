"""Our line to HubSpot with our token on it.

Sources, read November 2026 on developers.hubspot.com: /oauth/v1 ends on 16 February 2027 ("Migrate from the OAuth v1 API"), hence
/oauth/2026-03/token, which hubspot-api-client 12 does not know; an access token lives for 30 minutes; "Error handling": 423 and 477 are to be tried
again, 429 names the limit in policyName.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlencode

from server.domain.crm import CrmError
from server.gateways.crm.spec import Clock, Line, Reply, Secrets
from server.gateways.crm.tokens import Tokens

SEARCH_COST: Final = 4
"""Of the 19 a second that the Spec allows: so that at most 4 searches start in one."""
_TOKEN: Final = "/oauth/2026-03/token"  # noqa: S105 - a path


class Signed:
    """Our line to HubSpot with our token on it: a Line that HubSpot's client rides on, and the way of our own requests."""

    def __init__(self, base: str, secrets: Secrets, line: Line, clock: Clock) -> None:
        self.base = base
        self._secrets = secrets
        self._line = line
        self._tokens = Tokens(secrets, clock, self._granted)

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

        kept = self._secrets.get()
        token = self._tokens.current(kept) or kept.get("token", "")
        if not token:
            raise CrmError("unset", "there is no token")
        try:
            return once(token)
        except CrmError as error:
            if error.status != 401 or not kept.get("refresh_token"):
                raise _told(error) from None
        try:
            return once(self._tokens.renewed(token))
        except CrmError as error:
            raise _told(error) from None

    def json(self, reply: Reply) -> object:
        """As `Line.json` has it."""
        return self._line.json(reply)

    def within(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """As `Line.within` has it."""
        return self._line.within(seconds)

    def _granted(self, kept: Mapping[str, str]) -> Reply:
        form = {"grant_type": "refresh_token"}
        form |= {name: kept.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
        return self._line.send(
            "POST",
            self.base + _TOKEN,
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )


def _told(error: CrmError) -> CrmError:
    """What HubSpot means by it where the status alone does not say."""
    if error.status in {423, 477}:  # locked for a moment; the account is being moved to another data centre
        return CrmError("busy", "locked", retry_after=error.retry_after or 2.0, status=error.status)
    if error.status == 429 and b'"DAILY"' in error.body:
        return CrmError("busy", "the daily limit", retry_after=max(error.retry_after, 3600.0), status=429)
    return error

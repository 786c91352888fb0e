"""Our line to Salesforce with our token on it, and what its errors mean.

Sources, read November 2026 on developer.salesforce.com: client credentials and JWT bearer have no refresh token and no expiry is told; a session
that has ended is 401 INVALID_SESSION_ID. Whoever is over the day's calls gets 403 REQUEST_LIMIT_EXCEEDED, without Retry-After.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlencode

import jwt
import msgspec

from server.domain.crm import CrmError, Trouble
from server.gateways.crm import values
from server.gateways.crm.spec import Clock, Line, Reply, Secrets
from server.gateways.crm.tokens import Tokens

_TOKEN: Final = "/services/oauth2/token"  # noqa: S105 - a path
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIMIT_PAUSE: Final = 3_600.0

# "Status Codes and Error Responses": what the errorCode says more than the status. 400 otherwise is a wrong mapping.
_CODES: Final[Mapping[str, Trouble]] = {
    "INVALID_SESSION_ID": "refused",
    "INSUFFICIENT_ACCESS": "refused",
    "INSUFFICIENT_ACCESS_OR_READONLY": "refused",
    "REQUEST_LIMIT_EXCEEDED": "busy",
    "UNABLE_TO_LOCK_ROW": "busy",
    "SERVER_UNAVAILABLE": "down",
    "QUERY_TIMEOUT": "slow",
    "NOT_FOUND": "missing",
    "ENTITY_IS_DELETED": "missing",
    "INVALID_CROSS_REFERENCE_KEY": "missing",
    "MALFORMED_ID": "missing",
    "DUPLICATES_DETECTED": "conflict",
    "DUPLICATE_VALUE": "conflict",
}


class Refusal(CrmError):
    """An error that Salesforce has named. `code` is its errorCode."""

    def __init__(self, why: Trouble, code: str, detail: str = "", *, retry_after: float = 0.0, status: int = 0) -> None:
        super().__init__(why, f"{code} {detail}".strip(), retry_after=retry_after, status=status)
        self.code = code


class Signed:
    """Our line to Salesforce with our token on it: a Line that simple-salesforce rides on."""

    def __init__(self, base: str, settings: Mapping[str, str], secrets: Secrets, line: Line, clock: Clock) -> None:
        self._base = base
        self._settings = settings
        self._secrets = secrets
        self._line = line
        self._clock = clock
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
        """As `Line.send` has it. A session that has ended is renewed once: a 401 has done nothing."""
        path = re.sub(r"^https?://[^/]*", "", url)  # simple-salesforce writes https and the host, whatever it was given
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "x-prettyprint"}

        def once(token: str) -> Reply:
            more = {**kept, "Authorization": f"Bearer {token}"}
            return self._line.send(
                method,
                self._base + path,
                params=params,
                headers=more,
                json=json,
                body=body,
                repeatable=repeatable,
                cost=cost,
            )

        with self._line.within():
            token = self._tokens.current(self._secrets.get()) or self._tokens.renewed("")
            try:
                return once(token)
            except CrmError as error:
                if error.status != 401:
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
        return self._line.send(
            "POST",
            self._base + _TOKEN,
            body=urlencode(self._grant(kept)).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    def _grant(self, kept: Mapping[str, str]) -> Mapping[str, str]:
        """Ask for a token in the way that the credentials allow."""
        client = {name: kept[name] for name in ("client_id", "client_secret") if kept.get(name)}
        if kept.get("refresh_token"):
            return {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"], **client}
        if kept.get("private_key"):
            claims = {
                "iss": kept.get("client_id", ""),
                "sub": self._settings["username"],
                "aud": self._settings["audience"].rstrip("/"),
                "exp": self._clock() // 1000 + 180,
            }
            try:
                assertion = jwt.encode(claims, kept["private_key"], algorithm="RS256")
            except (jwt.PyJWTError, ValueError, TypeError):
                raise CrmError("unset", "the private key is none") from None
            return {"grant_type": _JWT_BEARER, "assertion": assertion}
        if not kept.get("client_id") or not kept.get("client_secret"):
            raise CrmError("unset", "there are no credentials")
        return {"grant_type": "client_credentials", **client}


def refusal(status: int, body: object) -> Refusal:
    """What [{"message", "errorCode"}] says. Of the message only a field's name is kept: it may quote what customers wrote."""
    first = values.objs(body)[:1]
    code = values.ident(values.at(list(first), 0, "errorCode"))
    message = values.at(list(first), 0, "message")
    named = re.search(
        r"(?:column|relationship|sObject type) '([A-Za-z0-9_.]{1,80})'", message if isinstance(message, str) else ""
    )
    why = _CODES.get(code)
    if why is None:
        by_status: Mapping[int, Trouble] = {
            401: "refused",
            403: "refused",
            404: "missing",
            409: "conflict",
            429: "busy",
        }
        why = by_status.get(status, "down" if status >= 500 else "mapping" if code else "garbled")
    pause = 0.0
    if code == "REQUEST_LIMIT_EXCEEDED":  # of the day, or of those that take twenty seconds
        pause = 10.0 if "ConcurrentRequests" in str(message) else _LIMIT_PAUSE
    elif why == "busy":
        pause = 2.0
    code = code if re.fullmatch(r"[A-Z_]{1,60}", code) else f"status {status}"
    return Refusal(why, code, named[1] if named else "", retry_after=pause, status=status)


def _told(error: CrmError) -> CrmError:
    """The same with what Salesforce says of it, where it says something."""
    try:
        body: object = msgspec.json.decode(error.body) if error.status >= 400 else None
    except (msgspec.DecodeError, RecursionError):
        return error
    if not values.at(body, 0, "errorCode"):
        return error
    told = refusal(error.status, body)
    told.retry_after = max(told.retry_after, error.retry_after) if told.why != error.why else error.retry_after
    return told

"""Zendesk's API with our token on every call.

Read for this (developer.zendesk.com):
- Introduction, "Security and authentication": Basic `ADDRESS/token:TOKEN`, or a bearer token of OAuth (authorize, then /oauth/tokens).
- Errors: {"error": "RecordInvalid", "description", "details": {"email": [{"error": "DuplicateValue"}]}}; {"error": {"title", "message"}} from the
  front door. /users/me answers a wrong session with an anonymous user and 200.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from server.domain.addresses import visible
from server.domain.crm import CrmError, Made
from server.gateways.crm import values
from server.gateways.crm.spec import Clock, Line, Reply, Secrets
from server.gateways.crm.tokens import Tokens

NUMBER: Final = re.compile(r"[1-9]\d{0,19}")

Row = Mapping[str, object]


class Api:
    """The API of one account. Safe between threads. All raise CrmError."""

    def __init__(self, settings: Mapping[str, str], secrets: Secrets, line: Line, clock: Clock) -> None:
        self._url = settings["url"].rstrip("/")
        self._login = settings["login"]
        self._secrets = secrets
        self._line = line
        self._tokens = Tokens(secrets, clock, self._granted)

    def link(self, path: str, key: str) -> str:
        """Where Zendesk shows a record, "" for none."""
        return f"{self._url}/agent/{path}/{key}" if key else ""

    def get(self, path: str, **query: str) -> Row:
        """What a path answers."""
        return values.decode(self.send("GET", path, params=list(query.items())).body, values.OBJECT)

    def rows(self, path: str, name: str, **query: str) -> Sequence[Row]:
        """The list in what a path answers, each user with the identities that came beside them."""
        said = self.get(path, **query)
        if not isinstance(said.get(name), list):
            raise CrmError("garbled", f"no {name}")
        rows = values.objs(said[name])
        if "identities" not in said:
            return rows
        # Side-loaded: beside the users, not in them.
        beside = values.objs(said["identities"])
        return [{**row, "identities": [one for one in beside if one.get("user_id") == row.get("id")]} for row in rows]

    def identities(self, key: str) -> tuple[str, ...]:
        """All addresses of a user."""
        rows = self.rows(f"users/{key}/identities.json", "identities") if NUMBER.fullmatch(key) else ()
        return values.addresses(*(row.get("value") for row in rows if row.get("type") == "email"))

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Reply:
        """One call of the API. A token that is spent is renewed once: a 401 has done nothing."""

        def once(authorization: str) -> Reply:
            more = {"Accept": "application/json", **(headers or {}), "Authorization": authorization}
            url = f"{self._url}/api/v2/{path}"
            return self._line.send(
                method, url, params=params, headers=more, json=json, body=body, repeatable=repeatable
            )

        kept = self._secrets.get()
        token = self._tokens.current(kept)
        try:
            return once(f"Bearer {token}" if token else self._authorization(kept))
        except CrmError as error:
            if error.status != 401 or not kept.get("refresh_token"):
                raise
        return once(f"Bearer {self._tokens.renewed(token)}")

    def upload(self, name: str, kind: str, content: bytes) -> str:
        """Store a file, and tell its token."""
        address = f"uploads.json?{urlencode({'filename': visible(name)[:200] or 'file'}, quote_via=quote)}"
        reply = self.send("POST", address, body=content, headers={"Content-Type": kind or "application/binary"})
        token = values.at(values.decode(reply.body, values.OBJECT), "upload", "token")
        if not isinstance(token, str) or not token:
            raise CrmError("garbled", "no token for a file")
        return token

    def made(self, reply: Reply, name: str, path: str) -> Made:
        """The record that an answer says was made."""
        key = values.ident(values.at(values.decode(reply.body, values.OBJECT), name, "id"))
        if not key:
            raise CrmError("garbled", "no id of what was made")
        return Made(key, self.link(path, key))

    def _authorization(self, kept: Mapping[str, str]) -> str:
        if not kept.get("token"):
            raise CrmError("unset", "token")
        if not self._login:
            return f"Bearer {kept['token']}"
        pair = f"{self._login}/token:{kept['token']}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _granted(self, kept: Mapping[str, str]) -> Reply:
        form = {name: kept.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
        return self._line.send("POST", f"{self._url}/oauth/tokens", json={"grant_type": "refresh_token", **form})


def strings(value: object) -> list[str]:
    """The texts in a list, as they are."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def addresses(user: Row) -> tuple[str, ...]:
    """A user's addresses, as far as they came along."""
    further = [row.get("value") for row in values.objs(user.get("identities")) if row.get("type") == "email"]
    return values.addresses(user.get("email"), *further)


def as_number(key: str) -> int:
    """An id of ours as Zendesk's; what cannot be one is of no record."""
    if not NUMBER.fullmatch(key):
        raise CrmError("missing", "not an id of Zendesk")
    return int(key)

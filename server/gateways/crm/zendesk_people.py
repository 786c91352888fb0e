"""Who is found in Zendesk: users by their addresses, those of the last minutes too, and organisations by their domain.

Read for this (developer.zendesk.com; issues on GitHub where they say more):
- Ticketing, "Search": "It can take up to a few minutes for new tickets, users, and other resources to be indexed." /users/search with a bare
  address finds a new user at once where the search syntax does not yet (facetoe/zenpy 427 and 519): that is what is asked. What is still
  missing is looked for among the users of the last minutes ("Incremental exports": all but the last minute; for administrators), once
  in a minute for everybody; and a webhook of user.created names the address, so that "nobody" is forgotten.
- Ticketing, "User identities": a user has further addresses; `include=identities` brings them along where it is heeded, else each user
  who was found by another address than the first is asked for them.
- Ticketing, "Search" again: that a query without a keyword looks at the domains of an organisation is not written down; whatever comes
  back is compared with its `domain_names`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from server.domain.crm import Candidate, CrmError, CrmRef, Wanted
from server.gateways.crm import values
from server.gateways.crm.spec import Clock
from server.gateways.crm.zendesk_api import Api, Row, addresses, strings

_ADDRESSES: Final = 3
_NEW_MS: Final = 15 * 60_000
_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE


class People:
    """Safe between threads: whoever comes first asks for newcomers."""

    def __init__(self, connection: str, api: Api, clock: Clock) -> None:
        self._connection = connection
        self._api = api
        self._clock = clock
        self._meeting = threading.Lock()
        self._newcomers: tuple[int, Sequence[Row]] = (0, ())  # until when they are taken as known

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """By address, and by domain when nobody has one."""
        asked = tuple(dict.fromkeys(one.email for one in wanted.addresses if one.email))[:_ADDRESSES]
        found: list[Candidate] = []
        further = 2  # users who may have to be asked for their other addresses
        for email in asked:
            for user in self._api.rows("users/search.json", "users", query=email, include="identities", per_page="20"):
                known = addresses(user)
                if email not in known and "identities" not in user and further:
                    further -= 1
                    known = (*known, *self._api.identities(values.ident(user.get("id"))))
                # The search looks at names and notes too: an address in a signature is nobody's.
                if email in known and user.get("active") is not False:
                    found.append(self._person(user, known))
            if found:
                return found[:20]
        newcomers = [
            (user, addresses(user)) for user in (self._recent() if asked else ()) if user.get("active") is not False
        ]
        found = [self._person(user, known) for user, known in newcomers if set(known) & set(asked)]
        return found[:20] or (self._companies(wanted.domain) if wanted.domain else [])

    def _person(self, user: Row, known: Sequence[str]) -> Candidate:
        key = values.ident(user.get("id"))
        return Candidate(
            ref=CrmRef(self._connection, "contact", key),
            name=values.text(user.get("name")),
            addresses=tuple(known),
            url=self._api.link("users", key),
        )

    def _recent(self) -> Sequence[Row]:
        """Users of the last minutes, whom the search may not know yet."""
        now = self._clock()
        until, users = self._newcomers
        if now < until:
            return users
        # Whoever comes first asks; the others go by what was known, which may be nothing.
        if not self._meeting.acquire(blocking=False):
            return users
        try:
            since = str((now - _NEW_MS) // 1000)
            users = self._api.rows(
                "incremental/users/cursor.json", "users", start_time=since, per_page="200", include="identities"
            )
            self._newcomers = (now + _MINUTE, users)
        except CrmError as error:
            if error.status == 401 or error.why in {"slow", "broken"}:
                raise
            # For administrators only, and ten times a minute for all: doing without it costs a few minutes of knowledge.
            self._newcomers = (now + (_HOUR if error.why in {"refused", "missing"} else _MINUTE), ())
            return ()
        finally:
            self._meeting.release()
        return users

    def _companies(self, domain: str) -> list[Candidate]:
        found = []
        for row in self._api.rows("search.json", "results", query=f'type:organization "{domain}"', per_page="20"):
            domains = [values.domain(name) for name in strings(row.get("domain_names"))]
            key = values.ident(row.get("id"))
            if key and any(name == domain or domain.endswith(f".{name}") for name in domains if name):
                name = values.text(row.get("name"))
                ref = CrmRef(self._connection, "company", key)
                found.append(Candidate(ref, name, "", (), domain, self._api.link("organizations", key)))
        return found

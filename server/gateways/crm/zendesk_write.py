"""What is written into Zendesk: mails that are logged, and users and tickets that are made.

Read for this (developer.zendesk.com):
- Ticketing, "Ticket import": triggers do not run for an imported ticket, so nobody is mailed, and a closed one is met by no automation
  (a solved one would be asked for satisfaction a day later). That is how a mail is logged: an imported, closed ticket with one private
  comment, deleted to undo it. A note on the user would be one text for all, without undo. For administrators only.
- Ticketing, "Creating tickets": a first comment that is not public keeps the ticket private: the standard triggers write to the customer
  only "Ticket has public comments". `Idempotency-Key`: the same key makes one ticket, within two hours.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from server.domain.addresses import visible
from server.domain.crm import CrmError, CrmRef, Letter, Made, Order
from server.gateways.crm import values
from server.gateways.crm.line import unless_gone
from server.gateways.crm.marks import digest, noted
from server.gateways.crm.spec import Clock, Line
from server.gateways.crm.zendesk_api import Api, addresses, as_number

MARK: Final = "sobani_log"
"""The tag of a ticket that is a logged mail."""
_WRITING: Final = 15.0  # seconds for the several calls of a write


class Writing:
    """Writes once, however often it is asked: a ticket's external_id is its key."""

    def __init__(self, api: Api, line: Line, clock: Clock) -> None:
        self._api = api
        self._line = line
        self._clock = clock

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A mail as an imported, closed ticket: nobody is mailed."""
        key = f"sobani-{digest(letter.key, 32)}"
        with self._line.within(_WRITING):
            if made := self._by_key(key):
                return made
            comment: dict[str, object] = {"value": visible(noted(letter)), "public": False}
            if uploads := [self._api.upload(file.name, file.type, file.content) for file in letter.files]:
                comment["uploads"] = uploads
            ticket: dict[str, object] = {
                "subject": visible(letter.subject)[:150] or "-",
                "status": "closed",
                "external_id": key,
                "tags": [MARK],
                "comments": [comment],
                **self._whose(ref, letter.sender if letter.direction == "in" else next(iter(letter.recipients), "")),
            }
            if letter.at:
                when = datetime.fromtimestamp(min(letter.at, self._clock()) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                ticket["created_at"] = comment["created_at"] = when
            reply = self._api.send("POST", "imports/tickets.json", json={"ticket": ticket})
            return self._api.made(reply, "ticket", "tickets")

    def unlog(self, made: Made) -> None:
        """That ticket is deleted."""
        with unless_gone():
            self._api.send("DELETE", f"tickets/{as_number(made.id)}.json", repeatable=True)

    def create(self, order: Order) -> Made:
        """A user, or a ticket of one."""
        with self._line.within(_WRITING):
            if order.kind == "contact":
                return self._contact(order.email, order.name or order.title, order.record)
            if order.kind != "ticket":
                raise CrmError("mapping", "Zendesk has no deals")
            key = f"sobani-{digest(order.key, 32)}"
            if made := self._by_key(key):
                return made
            ticket = {
                "subject": visible(order.title)[:150] or "-",
                "comment": {"body": visible(order.text).strip() or visible(order.title) or "-", "public": False},
                "external_id": key,
                **self._whose(order.record, order.email),
            }
            # With this key Zendesk itself makes it once, so it may be sent again.
            headers = {"Idempotency-Key": key}
            reply = self._api.send("POST", "tickets.json", json={"ticket": ticket}, headers=headers, repeatable=True)
            return self._api.made(reply, "ticket", "tickets")

    def _whose(self, ref: CrmRef | None, email: str) -> dict[str, object]:
        """Who a ticket is from: every ticket is some user's."""
        if ref is not None and ref.kind == "contact":
            return {"requester_id": as_number(ref.id)}
        if not email:
            raise CrmError("mapping", "a ticket needs a person")
        made = self._contact(email, "", ref)
        return {"requester_id": as_number(made.id)}

    def _contact(self, email: str, name: str, ref: CrmRef | None) -> Made:
        if not email:
            raise CrmError("mapping", "a user needs an address")
        if known := self._exactly(email):
            return known
        user: dict[str, object] = {
            "name": visible(name)[:200] or email,
            "email": email,
            "role": "end-user",
            "skip_verify_email": True,  # else Zendesk writes to the customer
        }
        if ref is not None and ref.kind == "company":
            user["organization_id"] = as_number(ref.id)
        try:
            return self._api.made(self._api.send("POST", "users.json", json={"user": user}), "user", "users")
        except CrmError as error:
            if b"DuplicateValue" not in error.body:
                raise
            # The search did not know it yet; it will be found in a minute.
            if known := self._exactly(email):
                return known
            raise CrmError("conflict", "the address is somebody's already", status=error.status) from None

    def _exactly(self, email: str) -> Made | None:
        for user in self._api.rows("users/search.json", "users", query=email, include="identities", per_page="20"):
            if email in addresses(user) and user.get("active") is not False:
                key = values.ident(user.get("id"))
                return Made(key, self._api.link("users", key))
        return None

    def _by_key(self, key: str) -> Made | None:
        for row in self._api.rows("tickets.json", "tickets", external_id=key):
            if row.get("external_id") == key and (number := values.ident(row.get("id"))):
                return Made(number, self._api.link("tickets", number))
        return None

"""Zendesk: users, their organisations, and their tickets.

Beside it, zendesk_api has the calls and tokens, zendesk_people who is found, zendesk_write what is logged and made, zendesk_events the
webhooks. Read for this (developer.zendesk.com):
- Introduction, "Rate limits": 200 calls a minute for an account on the lowest plan, 700 and more on others, 10 of incremental exports;
  then 429 with Retry-After. All integrations of an account share them.
- Ticketing, "Tickets": /users/ID/tickets/requested, sorted with sort_by and sort_order, which count only with pages, not with cursors
  (a Zendesk advocate in the community, 2024-11). `external_id` lists tickets without the search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Item,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Wanted,
)
from server.gateways.crm import mapping, values
from server.gateways.crm import zendesk_events as events
from server.gateways.crm.spec import Clock, Line, OAuth, Quota, Secrets, Setting, Spec
from server.gateways.crm.zendesk_api import NUMBER, Api, Row, addresses, strings
from server.gateways.crm.zendesk_people import People
from server.gateways.crm.zendesk_write import MARK, Writing

SPEC: Final = Spec(
    kind="zendesk",
    settings=(
        Setting("url", "url", required=True),  # https://NAME.zendesk.com
        Setting("login"),  # the address that the API token goes with
        Setting("fields", "lines"),  # plan = plan; contract_end = organization.contract_end
        Setting("complaints", default="complaint, 苦情, クレーム"),  # tags
    ),
    secrets=(
        Setting("token", "secret"),  # else OAuth, which fills in access_token and refresh_token
        Setting("client_id"),
        Setting("client_secret", "secret"),
        Setting("webhook", "secret"),
    ),
    abilities=frozenset(
        {
            Ability.TICKETS,
            Ability.ACTIVITIES,  # the mails that were logged
            Ability.LOG,
            Ability.LOG_FILES,
            Ability.UNLOG,
            Ability.CREATE_CONTACT,
            Ability.CREATE_TICKET,
            Ability.WEBHOOKS,
        }
    ),
    quotas=(Quota(140, 60),),
    at_once=4,
    # Three addresses, the identities of two users, and when nobody has them the new users and the organisations. A user, then tickets.
    calls=MappingProxyType({"find": 7, "load": 2}),
    oauth=OAuth(
        authorize="{url}/oauth/authorizations/new",
        token="{url}/oauth/tokens",  # noqa: S106 - an address
        scopes=("read", "write"),
        json=True,  # "OAuth Tokens for Grant Types"
        pkce=True,  # "Using PKCE to make Zendesk OAuth access tokens more secure"
    ),
)

_DEFAULTS: Final[Mapping[str, str]] = {"note": "notes", "phone": "phone"}
_OPEN: Final = frozenset({"new", "open", "pending", "hold"})


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Zendesk:
    """Return the Zendesk behind this connection; no call is made."""
    settings = SPEC.chosen(connection)
    if not values.link(settings["url"]):
        raise CrmError("unset", "url")
    return Zendesk(connection.id, settings, mapping.fields(settings["fields"], _DEFAULTS), secrets, line, clock)


class Zendesk:
    """An account of Zendesk."""

    def __init__(
        self,
        connection: str,
        settings: Mapping[str, str],
        fields: mapping.Fields,
        secrets: Secrets,
        line: Line,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._fields = fields
        self._complaints = frozenset(word.lower() for word in mapping.words(settings["complaints"]))
        self._secrets = secrets
        self._line = line
        self._api = Api(settings, secrets, line, clock)
        self._people = People(connection, self._api, clock)
        self._writing = Writing(self._api, line, clock)

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """See the port."""
        with self._line.within():
            return self._people.find(wanted)

    def load(self, ref: CrmRef) -> Record:
        """See the port."""
        if ref.kind == "lead" or not NUMBER.fullmatch(ref.id):
            raise CrmError("missing", "not an id of Zendesk")
        with self._line.within():
            return self._load_company(ref) if ref.kind == "company" else self._load_person(ref)

    def check(self) -> None:
        """See the port."""
        with self._line.within():
            me = values.obj(self._api.get("users/me.json").get("user"))
            if not values.ident(me.get("id")) or me.get("role") == "end-user":
                raise CrmError("refused", "not an agent")
            names = [name for name in self._fields.names() if name not in _DEFAULTS.values()]
            if names:
                own = {values.text(row.get("key")) for row in self._api.rows("user_fields.json", "user_fields")}
                rows = self._api.rows("organization_fields.json", "organization_fields")
                theirs = {values.text(row.get("key")) for row in rows}
                keys = own | theirs | {f"organization.{name}" for name in theirs} | set(me)
                if absent := [name for name in names if name not in keys]:
                    raise CrmError("mapping", f"there is no field {absent[0]}")

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """See the port."""
        return self._writing.log(letter, ref)

    def unlog(self, made: Made) -> None:
        """See the port."""
        self._writing.unlog(made)

    def create(self, order: Order) -> Made:
        """See the port."""
        return self._writing.create(order)

    def changed(self, delivery: Delivery) -> Moved:
        """See the port."""
        events.verify(delivery, self._secrets.get().get("webhook", ""))
        return events.moved(delivery, self._connection)

    # ------------------------------------------------------------------ loading

    def _load_person(self, ref: CrmRef) -> Record:
        said = self._api.get(f"users/{ref.id}.json", include="identities,organizations")
        user = values.obj(said.get("user"))
        if values.ident(user.get("id")) != ref.id or user.get("active") is False:  # a deleted user still answers
            raise CrmError("missing", "no such user")
        home = values.ident(user.get("organization_id"))
        organizations = values.objs(said.get("organizations"))
        company = next((row for row in organizations if values.ident(row.get("id")) == home), {})
        identities = [row for row in values.objs(said.get("identities")) if values.ident(row.get("user_id")) == ref.id]
        record = Record(
            ref=ref,
            name=values.text(user.get("name")),
            company=values.text(company.get("name")),
            addresses=addresses({**user, "identities": identities}),
            url=self._api.link("users", ref.id),
        )
        return self._filled(record, user, company, "requester_id", f"users/{ref.id}/tickets/requested.json")

    def _load_company(self, ref: CrmRef) -> Record:
        company = values.obj(self._api.get(f"organizations/{ref.id}.json").get("organization"))
        if values.ident(company.get("id")) != ref.id:
            raise CrmError("missing", "no such organisation")
        record = Record(ref=ref, name=values.text(company.get("name")), url=self._api.link("organizations", ref.id))
        return self._filled(record, {}, company, "organization_id", f"organizations/{ref.id}/tickets.json")

    def _filled(self, record: Record, user: Row, company: Row, owner: str, path: str) -> Record:
        def get(name: str) -> object:
            """A field of the user, or else of the organisation; "organization.NAME" is that one's only."""
            of_company = name.removeprefix("organization.")
            own = None if of_company != name else values.obj(user.get("user_fields")).get(name, user.get(name))
            if own not in (None, "", [], False):
                return own
            return values.obj(company.get("organization_fields")).get(of_company, company.get(of_company))

        said = self._api.get(path, sort_by="updated_at", sort_order="desc", per_page=str(ITEMS_KEPT), include="users")
        names = {values.ident(row.get("id")): values.text(row.get("name")) for row in values.objs(said.get("users"))}
        rows = values.objs(said.get("tickets"))[:ITEMS_KEPT]
        # Somebody else's tickets are not shown, whatever was asked for.
        items = [self._ticket(row, names) for row in rows if values.ident(row.get(owner)) == record.ref.id]
        total = values.whole(said.get("count"))
        whole = msgspec.structs.replace(
            record,
            items=values.kept(items),
            last_contact=max((item.at for item in items), default=0),
            totals={"ticket": total} if total is not None and total > len(rows) else {},
        )
        return self._fields.fill(whole, get)

    def _ticket(self, row: Row, names: Mapping[str, str]) -> Item:
        key = values.ident(row.get("id"))
        tags = {tag.lower() for tag in strings(row.get("tags"))}
        title = (
            values.text(row.get("subject"))
            or values.text(row.get("raw_subject"))
            or values.text(row.get("description"))
        )
        score = values.at(row.get("satisfaction_rating"), "score")
        logged = MARK in tags
        status = values.text(row.get("status"))
        return Item(
            kind="activity" if logged else "ticket",
            id=key,
            title=title,
            at=values.moment(row.get("updated_at")) if not logged else values.moment(row.get("created_at")),
            status="" if logged else status,
            open=status in _OPEN and not logged,
            complaint=not logged
            and (row.get("priority") == "urgent" or score == "bad" or bool(tags & self._complaints)),
            url=self._api.link("tickets", key),
            by=names.get(values.ident(row.get("assignee_id")), ""),
        )

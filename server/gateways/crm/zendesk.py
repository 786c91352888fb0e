"""Zendesk: users, their organisations, and their tickets.

Read for this (developer.zendesk.com; issues on GitHub where they say more):
- Introduction, "Security and authentication": Basic `ADDRESS/token:TOKEN`, or a bearer token of OAuth (authorize, then /oauth/tokens).
- Introduction, "Rate limits": 200 calls a minute for an account on the lowest plan, 700 and more on others, 10 of incremental exports;
  then 429 with Retry-After. All integrations of an account share them.
- Ticketing, "Search": "It can take up to a few minutes for new tickets, users, and other resources to be indexed." /users/search with a bare
  address finds a new user at once where the search syntax does not yet (facetoe/zenpy 427 and 519): that is what is asked. What is still
  missing is looked for among the users of the last minutes ("Incremental exports": all but the last minute; for administrators), once
  in a minute for everybody; and a webhook of user.created names the address, so that "nobody" is forgotten.
- Ticketing, "User identities": a user has further addresses; `include=identities` brings them along where it is heeded, else each user
  who was found by another address than the first is asked for them.
- Ticketing, "Tickets": /users/ID/tickets/requested, sorted with sort_by and sort_order, which count only with pages, not with cursors
  (a Zendesk advocate in the community, 2024-11). `external_id` lists tickets without the search.
- Ticketing, "Search" again: that a query without a keyword looks at the domains of an organisation is not written down; whatever comes
  back is compared with its `domain_names`.
- Ticketing, "Ticket import": triggers do not run for an imported ticket, so nobody is mailed, and a closed one is met by no automation
  (a solved one would be asked for satisfaction a day later). That is how a mail is logged: an imported, closed ticket with one private
  comment, deleted to undo it. A note on the user would be one text for all, without undo. For administrators only.
- Ticketing, "Creating tickets": a first comment that is not public keeps the ticket private: the standard triggers write to the customer
  only "Ticket has public comments". `Idempotency-Key`: the same key makes one ticket, within two hours.
- Webhooks, "Verifying": base64(HMAC-SHA256(secret, X-Zendesk-Webhook-Signature-Timestamp + body)); "Webhook event types": `id`, `subject`
  ("zen:user:65..."), `detail`. What a trigger sends is the team's own JSON: {"requester_id": "{{ticket.requester.id}}"}.
- Errors: {"error": "RecordInvalid", "description", "details": {"email": [{"error": "DuplicateValue"}]}}; {"error": {"title", "message"}} from the
  front door. /users/me answers a wrong session with an anonymous user and 200.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec.json import Decoder

from server.domain.addresses import visible
from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    ForgedDelivery,
    Item,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Wanted,
)
from server.gateways.crm import mapping, values
from server.gateways.crm.spec import Clock, Line, OAuth, Quota, Reply, Secrets, Setting, Spec

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
_WRITING: Final = 15.0  # seconds for the several calls of a write
_MARK: Final = "sobani_log"
"""The tag of a ticket that is a logged mail."""
_OPEN: Final = frozenset({"new", "open", "pending", "hold"})
_ADDRESSES: Final = 3
_NEW_MS: Final = 15 * 60_000
_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_SKEW_MS: Final = 5 * _MINUTE
_NUMBER: Final = re.compile(r"[1-9]\d{0,19}")

_Row = Mapping[str, object]


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 0.0


_TOKENS: Final = Decoder(_Tokens)


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Zendesk:
    """Return the Zendesk behind this connection; no call is made."""
    settings = {
        setting.name: connection.settings.get(setting.name, "").strip() or setting.default for setting in SPEC.settings
    }
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
        self._url = settings["url"].rstrip("/")
        self._login = settings["login"]
        self._fields = fields
        self._complaints = frozenset(word.lower() for word in re.split(r"[,、\s]+", settings["complaints"]) if word)
        self._secrets = secrets
        self._line = line
        self._clock = clock
        self._renewing = threading.Lock()
        self._meeting = threading.Lock()
        self._newcomers: tuple[int, Sequence[_Row]] = (0, ())  # until when they are taken as known

    # ------------------------------------------------------------------ find

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        asked = tuple(dict.fromkeys(one.email for one in wanted.addresses if one.email))[:_ADDRESSES]
        with self._line.within():
            found: list[Candidate] = []
            further = 2  # users who may have to be asked for their other addresses
            for email in asked:
                for user in self._list("users/search.json", "users", query=email, include="identities", per_page="20"):
                    addresses = _addresses(user)
                    if email not in addresses and "identities" not in user and further:
                        further -= 1
                        addresses = (*addresses, *self._identities(values.ident(user.get("id"))))
                    # The search looks at names and notes too: an address in a signature is nobody's.
                    if email in addresses and user.get("active") is not False:
                        found.append(self._person(user, addresses))
                if found:
                    return found[:20]
            newcomers = [
                (user, _addresses(user))
                for user in (self._recent() if asked else ())
                if user.get("active") is not False
            ]
            found = [self._person(user, addresses) for user, addresses in newcomers if set(addresses) & set(asked)]
            return found[:20] or (self._companies(wanted.domain) if wanted.domain else [])

    def _person(self, user: _Row, addresses: Sequence[str]) -> Candidate:
        key = values.ident(user.get("id"))
        return Candidate(
            ref=CrmRef(self._connection, "contact", key),
            name=values.text(user.get("name")),
            addresses=tuple(addresses),
            url=self._link("users", key),
        )

    def _identities(self, key: str) -> tuple[str, ...]:
        rows = self._list(f"users/{key}/identities.json", "identities") if _NUMBER.fullmatch(key) else ()
        return values.addresses(*(row.get("value") for row in rows if row.get("type") == "email"))

    def _recent(self) -> Sequence[_Row]:
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
            users = self._list(
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
        for row in self._list("search.json", "results", query=f'type:organization "{domain}"', per_page="20"):
            domains = [values.domain(name) for name in _texts(row.get("domain_names"))]
            key = values.ident(row.get("id"))
            if key and any(name == domain or domain.endswith(f".{name}") for name in domains if name):
                name = values.text(row.get("name"))
                ref = CrmRef(self._connection, "company", key)
                found.append(Candidate(ref, name, "", (), domain, self._link("organizations", key)))
        return found

    # ------------------------------------------------------------------ load

    def load(self, ref: CrmRef) -> Record:
        if ref.kind == "lead" or not _NUMBER.fullmatch(ref.id):
            raise CrmError("missing", "not an id of Zendesk")
        with self._line.within():
            return self._load_company(ref) if ref.kind == "company" else self._load_person(ref)

    def _load_person(self, ref: CrmRef) -> Record:
        said = self._object(f"users/{ref.id}.json", include="identities,organizations")
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
            addresses=_addresses({**user, "identities": identities}),
            url=self._link("users", ref.id),
        )
        return self._filled(record, user, company, "requester_id", f"users/{ref.id}/tickets/requested.json")

    def _load_company(self, ref: CrmRef) -> Record:
        company = values.obj(self._object(f"organizations/{ref.id}.json").get("organization"))
        if values.ident(company.get("id")) != ref.id:
            raise CrmError("missing", "no such organisation")
        record = Record(ref=ref, name=values.text(company.get("name")), url=self._link("organizations", ref.id))
        return self._filled(record, {}, company, "organization_id", f"organizations/{ref.id}/tickets.json")

    def _filled(self, record: Record, user: _Row, company: _Row, owner: str, path: str) -> Record:
        def get(name: str) -> object:
            """A field of the user, or else of the organisation; "organization.NAME" is that one's only."""
            of_company = name.removeprefix("organization.")
            own = None if of_company != name else values.obj(user.get("user_fields")).get(name, user.get(name))
            if own not in (None, "", [], False):
                return own
            return values.obj(company.get("organization_fields")).get(of_company, company.get(of_company))

        said = self._object(path, sort_by="updated_at", sort_order="desc", per_page=str(ITEMS_KEPT), include="users")
        names = {values.ident(row.get("id")): values.text(row.get("name")) for row in values.objs(said.get("users"))}
        rows = values.objs(said.get("tickets"))[:ITEMS_KEPT]
        # Somebody else's tickets are not shown, whatever was asked for.
        items = tuple(self._ticket(row, names) for row in rows if values.ident(row.get(owner)) == record.ref.id)
        total = values.whole(said.get("count"))
        whole = msgspec.structs.replace(
            record,
            items=tuple(sorted(items, key=lambda item: item.at, reverse=True)),
            last_contact=max((item.at for item in items), default=0),
            totals={"ticket": total} if total is not None and total > len(rows) else {},
        )
        return self._fields.fill(whole, get)

    def _ticket(self, row: _Row, names: Mapping[str, str]) -> Item:
        key = values.ident(row.get("id"))
        tags = {tag.lower() for tag in _texts(row.get("tags"))}
        title = (
            values.text(row.get("subject"))
            or values.text(row.get("raw_subject"))
            or values.text(row.get("description"))
        )
        score = values.at(row.get("satisfaction_rating"), "score")
        logged = _MARK in tags
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
            url=self._link("tickets", key),
            by=names.get(values.ident(row.get("assignee_id")), ""),
        )

    # ------------------------------------------------------------------ write

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        key = f"sobani-{_digest(letter.key)}"
        with self._line.within(_WRITING):
            if made := self._by_key(key):
                return made
            sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
            comment: dict[str, object] = {
                "value": visible(f"{sender} → {', '.join(letter.recipients[:20])}\n\n{letter.text}"),
                "public": False,
            }
            if uploads := [self._upload(file.name, file.type, file.content) for file in letter.files]:
                comment["uploads"] = uploads
            ticket: dict[str, object] = {
                "subject": visible(letter.subject)[:150] or "-",
                "status": "closed",
                "external_id": key,
                "tags": [_MARK],
                "comments": [comment],
                **self._whose(ref, letter.sender if letter.direction == "in" else next(iter(letter.recipients), "")),
            }
            if letter.at:
                when = datetime.fromtimestamp(min(letter.at, self._clock()) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                ticket["created_at"] = comment["created_at"] = when
            return self._made(self._send("POST", "imports/tickets.json", json={"ticket": ticket}), "ticket", "tickets")

    def _whose(self, ref: CrmRef | None, email: str) -> dict[str, object]:
        """Who a ticket is from: every ticket is some user's."""
        if ref is not None and ref.kind == "contact":
            return {"requester_id": _as_number(ref.id)}
        if not email:
            raise CrmError("mapping", "a ticket needs a person")
        made = self._contact(email, "", ref)
        return {"requester_id": _as_number(made.id)}

    def _upload(self, name: str, kind: str, content: bytes) -> str:
        address = f"uploads.json?{urlencode({'filename': visible(name)[:200] or 'file'}, quote_via=quote)}"
        reply = self._send("POST", address, body=content, headers={"Content-Type": kind or "application/binary"})
        token = values.at(values.decode(reply.body, values.OBJECT), "upload", "token")
        if not isinstance(token, str) or not token:
            raise CrmError("garbled", "no token for a file")
        return token

    def unlog(self, made: Made) -> None:
        try:
            self._send("DELETE", f"tickets/{_as_number(made.id)}.json", repeatable=True)
        except CrmError as error:
            if error.why != "missing":
                raise

    def create(self, order: Order) -> Made:
        with self._line.within(_WRITING):
            if order.kind == "contact":
                return self._contact(order.email, order.name or order.title, order.record)
            if order.kind != "ticket":
                raise CrmError("mapping", "Zendesk has no deals")
            key = f"sobani-{_digest(order.key)}"
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
            reply = self._send("POST", "tickets.json", json={"ticket": ticket}, headers=headers, repeatable=True)
            return self._made(reply, "ticket", "tickets")

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
            user["organization_id"] = _as_number(ref.id)
        try:
            return self._made(self._send("POST", "users.json", json={"user": user}), "user", "users")
        except CrmError as error:
            if b"DuplicateValue" not in error.body:
                raise
            # The search did not know it yet; it will be found in a minute.
            if known := self._exactly(email):
                return known
            raise CrmError("conflict", "the address is somebody's already", status=error.status) from None

    def _exactly(self, email: str) -> Made | None:
        for user in self._list("users/search.json", "users", query=email, include="identities", per_page="20"):
            if email in _addresses(user) and user.get("active") is not False:
                key = values.ident(user.get("id"))
                return Made(key, self._link("users", key))
        return None

    def _by_key(self, key: str) -> Made | None:
        for row in self._list("tickets.json", "tickets", external_id=key):
            if row.get("external_id") == key and (number := values.ident(row.get("id"))):
                return Made(number, self._link("tickets", number))
        return None

    def _made(self, reply: Reply, name: str, path: str) -> Made:
        key = values.ident(values.at(values.decode(reply.body, values.OBJECT), name, "id"))
        if not key:
            raise CrmError("garbled", "no id of what was made")
        return Made(key, self._link(path, key))

    # ------------------------------------------------------------------ the rest

    def check(self) -> None:
        with self._line.within():
            me = values.obj(self._object("users/me.json").get("user"))
            if not values.ident(me.get("id")) or me.get("role") == "end-user":
                raise CrmError("refused", "not an agent")
            names = [name for name in self._fields.names() if name not in _DEFAULTS.values()]
            if names:
                own, theirs = (
                    self._list("user_fields.json", "user_fields"),
                    self._list("organization_fields.json", "organization_fields"),
                )
                keys = {values.text(row.get("key")) for row in own} | {
                    f"organization.{values.text(row.get('key'))}" for row in theirs
                }
                keys |= {values.text(row.get("key")) for row in theirs} | set(me)
                if absent := [name for name in names if name not in keys]:
                    raise CrmError("mapping", f"there is no field {absent[0]}")

    def changed(self, delivery: Delivery) -> Moved:
        _verify(delivery, self._secrets.get().get("webhook", ""))
        said = values.decode(delivery.body, values.OBJECT)
        detail = values.obj(said.get("detail")) or said
        _, kind, key = (*values.text(said.get("subject")).split(":"), "", "", "")[:3]
        people = [values.ident(detail.get("requester_id")), key if kind == "user" else ""]
        companies = [values.ident(detail.get("organization_id")), key if kind == "organization" else ""]
        refs = [CrmRef(self._connection, "contact", one) for one in people if _NUMBER.fullmatch(one)]
        refs += [CrmRef(self._connection, "company", one) for one in companies if _NUMBER.fullmatch(one)]
        event = (
            values.ident(said.get("id"))
            if kind
            else values.ident(delivery.headers.get("x-zendesk-webhook-invocation-id"))
        )
        return Moved(
            ids=(event,) if event else (),
            refs=tuple(dict.fromkeys(refs)),
            addresses=values.addresses(detail.get("email"), values.at(detail, "requester", "email")),
        )

    def _link(self, path: str, key: str) -> str:
        return f"{self._url}/agent/{path}/{key}" if key else ""

    def _object(self, path: str, **query: str) -> _Row:
        return values.decode(self._send("GET", path, params=list(query.items())).body, values.OBJECT)

    def _list(self, path: str, name: str, **query: str) -> Sequence[_Row]:
        said = self._object(path, **query)
        if not isinstance(said.get(name), list):
            raise CrmError("garbled", f"no {name}")
        rows = values.objs(said[name])
        if "identities" not in said:
            return rows
        # Side-loaded: beside the users, not in them.
        beside = values.objs(said["identities"])
        return [{**row, "identities": [one for one in beside if one.get("user_id") == row.get("id")]} for row in rows]

    def _send(
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
        try:
            return once(self._authorization(kept))
        except CrmError as error:
            if error.status != 401 or not kept.get("refresh_token"):
                raise
        return once(f"Bearer {self._renewed(kept.get('access_token', ''))}")

    def _authorization(self, kept: Mapping[str, str]) -> str:
        if bearer := kept.get("access_token"):
            if kept.get("refresh_token") and 0 < (values.whole(kept.get("expires_at")) or 0) < self._clock() + _MINUTE:
                bearer = self._renewed(bearer)
            return f"Bearer {bearer}"
        if not kept.get("token"):
            raise CrmError("unset", "token")
        if not self._login:
            return f"Bearer {kept['token']}"
        pair = f"{self._login}/token:{kept['token']}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _renewed(self, spent: str) -> str:
        """Another token than the spent one, which everybody then has."""
        with self._renewing:
            kept = self._secrets.get()
            if (token := kept.get("access_token", "")) and token != spent:
                return token  # another thread, or another copy of the service, was faster
            form = {name: kept.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
            try:
                reply = self._line.send(
                    "POST", f"{self._url}/oauth/tokens", json={"grant_type": "refresh_token", **form}
                )
            except CrmError as error:
                if error.why in {"mapping", "refused", "missing"}:
                    raise CrmError("refused", "the consent was withdrawn", status=error.status) from None
                raise
            fresh = values.decode(reply.body, _TOKENS)
            until = str(self._clock() + int(fresh.expires_in * 1000)) if fresh.expires_in else ""
            refresh = fresh.refresh_token or kept.get("refresh_token", "")
            self._secrets.put(
                {**kept, "access_token": fresh.access_token, "refresh_token": refresh, "expires_at": until}
            )
            return fresh.access_token


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """What X-Zendesk-Webhook-Signature must be."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, "sha256")).decode()


def _verify(delivery: Delivery, secret: str) -> None:
    if not secret:
        raise CrmError("unset", "webhook")
    timestamp = delivery.headers.get("x-zendesk-webhook-signature-timestamp", "")
    if abs(delivery.at - values.moment(timestamp)) > _SKEW_MS:
        raise ForgedDelivery("older than five minutes, or without a time")
    expected = signature(timestamp, delivery.body, secret)
    if not hmac.compare_digest(expected.encode(), delivery.headers.get("x-zendesk-webhook-signature", "").encode()):
        raise ForgedDelivery("the signature is not Zendesk's")


def _addresses(user: _Row) -> tuple[str, ...]:
    further = [row.get("value") for row in values.objs(user.get("identities")) if row.get("type") == "email"]
    return values.addresses(user.get("email"), *further)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _as_number(key: str) -> int:
    if not _NUMBER.fullmatch(key):
        raise CrmError("missing", "not an id of Zendesk")
    return int(key)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]

"""kintone: a table builder that teams keep their customers in. Which app and which field is what, the workspace's settings say.

Read for this (cybozu.dev, kintone.dev, jp.cybozu.help; kintone/rest-api-spec on GitHub has the same as OpenAPI):
- rest-api/overview: `/k/v1/`, in a guest space `/k/guest/ID/v1/`; an address over 8 KB goes as POST with X-HTTP-Method-Override: GET;
  a GET carries no Content-Type. Authentication: up to 9 API tokens, with commas, in X-Cybozu-API-Token, one for each app.
- records/get-records: at most 500 records, `fields[0]` to `fields[99]`, never a field inside a table; `totalCount` comes as text.
- overview/query: a field inside a table wants `in` instead of `=`, and so do choices, status and users: everything here is `in`.
  `like` finds words, not substrings, and gives up at 100,000 hits: whatever it finds is compared again.
- overview/field-types: every field comes as {"type", "value"}, numbers as text, times in UTC.
- 100 calls at a time for a domain, then 429; 10,000 calls a day for an app (standard course), for which only a mail warns.
- help, "Webhook": five kinds of notification, at most 60 a minute for a domain, none for bulk changes, and no signature.
- Errors are {"code", "id", "message"} in the language of the account, so only the code counts. The status is not to be trusted alone:
  cli-kintone's own tests saw a wrong token as 520 in former years and as 400 now; an app that does not exist is a 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec.json import Decoder

from server.domain.addresses import company_domain
from server.domain.crm import (
    ITEMS_KEPT,
    Ability,
    Candidate,
    Connection,
    CrmError,
    CrmRef,
    Delivery,
    Item,
    ItemKind,
    Letter,
    Made,
    Moved,
    Order,
    Record,
    Trouble,
    Wanted,
)
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm import values
from server.gateways.crm.kintone_apps import Apps, People, Things, inner, listed, read_apps, written_codes
from server.gateways.crm.marks import mark
from server.gateways.crm.spec import Clock, Line, Quota, Reply, Secrets, Setting, Spec

SPEC: Final = Spec(
    kind="kintone",
    settings=(
        Setting("url", "url", required=True),
        Setting("space"),  # a guest space's number
        Setting("apps", "lines", required=True),  # JSON, `Apps`
    ),
    secrets=(Setting("tokens", "secret", required=True),),
    abilities=frozenset(
        {
            Ability.DEALS,
            Ability.TICKETS,
            Ability.ORDERS,
            Ability.ACTIVITIES,
            Ability.LOG,
            Ability.LOG_FILES,
            Ability.UNLOG,
            Ability.CREATE_CONTACT,
            Ability.CREATE_TICKET,
            Ability.CREATE_DEAL,
            Ability.WEBHOOKS,
        }
    ),
    # For each app and day. No app is called more often than that of the customers, so its calls are those that are counted.
    quotas=(Quota(9_000, 86_400),),
    at_once=10,  # of the 100 that the whole domain has, its people's own customisations included
    calls={"find": 2, "load": 8},
)

CANDIDATES: Final = 20
_PAGE: Final = ITEMS_KEPT
_LONGEST_URL: Final = 6_000  # kintone ends at 8 KB, its host's name included
_LINKABLE: Final = frozenset({"SINGLE_LINE_TEXT", "LINK", "NUMBER", "CALC", "DROP_DOWN", "RADIO_BUTTON"})
_FINDABLE: Final = frozenset({"SINGLE_LINE_TEXT", "LINK"})  # of the texts, only these can be asked for with `in`
_HOST: Final = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.s)?\.(?:cybozu\.com|kintone\.com|cybozu\.cn)")
_TOKEN: Final = re.compile(r"[!-+\--~]{1,200}")
_ERROR_CODE: Final = re.compile(r"[A-Z]{2,8}_[A-Z]{2}\d{2}")

_TROUBLES: Final[tuple[tuple[str, Trouble], ...]] = (
    ("GAIA_IA", "refused"),  # IA02: no token of this app among those given
    ("GAIA_NO", "refused"),  # NO01: the token may not do this
    ("CB_AU", "refused"),
    ("CB_WA", "refused"),
    ("CB_NO", "refused"),
    ("GAIA_RE01", "missing"),
    ("GAIA_TM", "busy"),
    ("GAIA_DA02", "busy"),  # the database could not be locked: the same again may do
    ("GAIA_RE18", "busy"),
    ("GAIA_CO", "conflict"),
    # AP01 app, IQ and QU query, FC01 field, IL23 guest space, LO04 lookup: what the settings name is not there.
    ("GAIA_", "mapping"),
    ("CB_VA01", "mapping"),
    ("CB_IL", "mapping"),
    ("CB_IJ", "mapping"),
)
"""By the beginning of the code; the first that fits."""


class _Records(msgspec.Struct, frozen=True):
    records: list[dict[str, object]]
    totalCount: str | int | None = None  # noqa: N815 - kintone's name


class _Record(msgspec.Struct, frozen=True):
    record: dict[str, object]


class _Made(msgspec.Struct, frozen=True):
    id: str | int


class _FileKey(msgspec.Struct, frozen=True):
    fileKey: str  # noqa: N815 - kintone's name


class _Form(msgspec.Struct, frozen=True):
    properties: dict[str, cells.FormField]


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _NotedApp(msgspec.Struct, frozen=True):
    id: str = ""


class _Notice(msgspec.Struct, frozen=True):
    """A webhook's body (help, "Content of Webhook notifications")."""

    type: str
    app: _NotedApp
    id: str = ""
    record: dict[str, object] = {}
    recordId: str = ""  # noqa: N815 - kintone's name


_RECORDS: Final = Decoder(_Records)
_RECORD: Final = Decoder(_Record)
_MADE: Final = Decoder(_Made)
_FILE_KEY: Final = Decoder(_FileKey)
_FORM: Final = Decoder(_Form)
_ERROR: Final = Decoder(_Error)
_NOTICE: Final = Decoder(_Notice)


def connect(connection: Connection, secrets: Secrets, line: Line, clock: Clock) -> Kintone:
    """Return the kintone of these settings. Raises CrmError("unset", "unsafe", "mapping"); calls nobody."""
    del clock  # nothing here depends on the time
    settings = connection.settings
    url = settings.get("url", "").strip().rstrip("/")
    if not url or not settings.get("apps", "").strip():
        raise CrmError("unset", "kintone: url and apps are needed")
    space = settings.get("space", "").strip()
    if space and not (space.isascii() and space.isdigit()):
        raise CrmError("mapping", "kintone: the guest space is a number")
    return Kintone(connection.id, _address(url), space, read_apps(settings["apps"]), secrets, line)


def able(connection: Connection) -> frozenset[Ability]:
    """What the mapping of this connection makes possible. Raises CrmError("mapping")."""
    apps = read_apps(connection.settings.get("apps", ""))
    named = {
        Ability.DEALS: apps.deals,
        Ability.TICKETS: apps.tickets,
        Ability.ORDERS: apps.orders,
        Ability.ACTIVITIES: apps.activities,
        Ability.LOG: apps.activities and apps.activities.key,
        Ability.UNLOG: apps.activities and apps.activities.key,
        Ability.LOG_FILES: apps.activities and apps.activities.key and apps.activities.files,
        Ability.CREATE_DEAL: apps.deals and apps.deals.key,
        Ability.CREATE_TICKET: apps.tickets and apps.tickets.key,
        Ability.CREATE_CONTACT: apps.customers.key,
        Ability.WEBHOOKS: True,
    }
    return frozenset(ability for ability, wanted in named.items() if wanted)


@dataclass(frozen=True, slots=True)
class Kintone:
    """A Crm. Safe between threads: it holds nothing but its settings."""

    connection: str
    url: str
    space: str
    apps: Apps
    secrets: Secrets
    line: Line

    def find(self, wanted: Wanted) -> Sequence[Candidate]:
        """One question to the app of the customers, and one to that of the companies, where they have one of their own."""
        with self.line.within():
            return self._find(wanted)

    def _find(self, wanted: Wanted) -> Sequence[Candidate]:
        customers, companies = self.apps.customers, self.apps.companies
        by_domain = _domains(companies or customers, wanted.domain)
        conditions = _persons(customers, wanted)
        if by_domain and not companies:
            # Only records without an address: a company's people have its domain, too, and would crowd it out.
            none = [_within(code, [""]) for code in customers.email if "." not in code]
            conditions.append(" and ".join([f"({' or '.join(by_domain)})", *none]))
        found = self._candidates(customers, conditions, wanted)
        if companies:
            found += self._candidates(companies, by_domain, wanted, company=True)
        return found[:CANDIDATES]

    def load(self, ref: CrmRef) -> Record:
        """The record, and of each app of items the newest that belong to it."""
        with self.line.within():
            return self._load(ref)

    def _load(self, ref: CrmRef) -> Record:
        record = self._whose(ref)
        items: list[Item] = []
        totals: dict[str, int] = {}
        for kind, app in self.apps.things():
            links = _links(app, record)
            if links and ref.kind == "company" and app.by == "id" and self.apps.companies:
                continue  # the number is one of the customers' app
            if links:
                read, total = self._items(kind, app, links)
                items += read
                if total > len(read):
                    totals[kind] = total
        return msgspec.structs.replace(record, items=values.kept(items), totals=totals)

    def check(self) -> None:
        """Read the form of every app and look for every field of the mapping, then read a record as a look-up would."""
        for name, app, findable in self._mapped():
            form = self._form(app.app)
            for code in dict.fromkeys((*app.codes(), *written_codes(app))):
                field = cells.field_of(form, code)
                if field is None:
                    raise CrmError("mapping", f"kintone: {name} has no field {code}")
                if code in findable and field.type not in (_LINKABLE if isinstance(app, Things) else _FINDABLE):
                    raise CrmError("mapping", f"kintone: {name}.{code} is {field.type}, which cannot be looked up")
        self._records(self.apps.customers.app, [_within("$id", ["0"])], ("$id",), limit=1, cost=1)

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A record in the app of activities, found again by its key."""
        app = self.apps.activities
        if app is None or not app.key:
            raise CrmError("unset", "kintone: activities and their key are not mapped")
        sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
        head = f"{sender} → {', '.join(letter.recipients)}"
        texts = {
            app.title: letter.subject,
            app.text: f"{head}\n\n{letter.text}",
            app.who: letter.by,
            app.key: mark(letter.key),
        }
        return self._make(app, texts, mark(letter.key), ref, at=letter.at, letter=letter)

    def unlog(self, made: Made) -> None:
        """Delete that record."""
        app, _, number = made.id.partition("-")
        if app not in {str(known.app) for _, known in self.apps.things()} or not number.isdigit():
            raise CrmError("mapping", "kintone: that was written into an app which the settings name no longer")
        try:
            self._send("DELETE", "records.json", [("app", app), ("ids[0]", number)])
        except CrmError as error:
            if error.why != "missing":
                raise

    def create(self, order: Order) -> Made:
        """A record in the app of customers, tickets or deals."""
        if order.kind == "contact":
            people = self.apps.customers
            if not people.key or not people.email:
                raise CrmError("unset", "kintone: the customers' key and address are not mapped")
            texts = {people.email[0]: order.email, people.name: order.name, people.company: order.company}
            return self._make(people, {**texts, people.note: order.text, people.key: mark(order.key)}, mark(order.key))
        app = self.apps.tickets if order.kind == "ticket" else self.apps.deals
        if app is None or not app.key:
            raise CrmError("unset", f"kintone: {order.kind} and its key are not mapped")
        texts = {app.title: order.title, app.text: order.text, app.key: mark(order.key)}
        if order.amount:
            texts[app.amount] = order.amount.amount
        return self._make(app, texts, mark(order.key), order.record, email=order.email, company=order.company)

    def changed(self, delivery: Delivery) -> Moved:
        """What a notification hints at. Unsigned: never more than the customer it names, or a forger could have everything read again."""
        notice = values.decode(delivery.body, _NOTICE)
        number = notice.recordId or cells.record_id(notice.record)
        ids = (notice.id,) if notice.id else ()
        refs: list[CrmRef] = []
        emails: list[str] = []
        for kind in ("contact", "company"):
            people = self.apps.people(kind)
            if notice.app.id == str(people.app) and number.isdigit():
                refs.append(CrmRef(self.connection, kind, number))
                emails += cells.emails(people, notice.record)
        for _, app in self.apps.things():
            if notice.app.id == str(app.app):
                linked = [value for value in cells.words(notice.record, app.link) if value]
                refs += [
                    CrmRef(self.connection, "contact", value) for value in linked if app.by == "id" and value.isdigit()
                ]
                emails += [value.lower() for value in linked if app.by == "email"]
        return Moved(ids=ids, refs=tuple(dict.fromkeys(refs)), addresses=tuple(dict.fromkeys(emails)), hint=True)

    def _candidates(
        self, people: People, conditions: Sequence[str], wanted: Wanted, *, company: bool = False
    ) -> list[Candidate]:
        """Records that really are what was asked for: not all that the query gave."""
        if not conditions:
            return []
        codes = listed(people.email, (people.name, people.company, people.domain))
        records, _ = self._records(
            people.app, [" or ".join(f"({one})" for one in conditions)], codes, limit=CANDIDATES, cost=1
        )
        found = [self._candidate(people, fields, company=company) for fields in records]
        return [candidate for candidate in found if candidate.ref.id and _fits(candidate, wanted)]

    def _candidate(self, people: People, fields: cells.Fields, *, company: bool) -> Candidate:
        number, addresses = cells.record_id(fields), cells.emails(people, fields)
        name, firm = cells.text(fields, people.name), cells.text(fields, people.company)
        is_company = company or not addresses
        return Candidate(
            ref=CrmRef(self.connection, "company" if is_company else "contact", number),
            name=(name or firm) if is_company else name,
            company=firm or (name if is_company else ""),
            addresses=addresses,
            domain=values.domain(cells.first(fields, people.domain)) if is_company else "",
            url=self._show(people.app, number),
        )

    def _read(self, people: People, ref: CrmRef, fields: cells.Fields) -> Record:
        number = values.whole(cells.first(fields, people.health))
        usage = cells.usage(people, fields)
        never = [used.feature for used in usage if not used.last and not any(used.counts)]
        name, firm = cells.text(fields, people.name), cells.text(fields, people.company)
        more = {label: cells.joined(fields, code) for label, code in people.more.items()}
        return Record(
            ref=ref,
            name=name or (firm if ref.kind == "company" else ""),
            reading=cells.text(fields, people.reading),
            company=firm or (name if ref.kind == "company" else ""),
            role=cells.text(fields, people.role),
            addresses=cells.emails(people, fields),
            phone=cells.text(fields, people.phone),
            url=self._show(people.app, ref.id),
            owner=cells.joined(fields, people.owner),
            plan=cells.joined(fields, people.plan),
            contract_start=values.day(cells.first(fields, people.contract_start)),
            contract_end=values.day(cells.first(fields, people.contract_end)),
            renewal=values.day(cells.first(fields, people.renewal)),
            products=cells.several(fields, people.products),
            environment=tuple(part for code in people.environment for part in cells.several(fields, code)),
            value=cells.money(fields, people.value, people.currency, people.currency_field),
            trend=cells.numbers(fields, people.trend),
            health=None if number is None else min(max(number, 0), 100),
            usage=usage,
            unused=tuple(dict.fromkeys((*cells.several(fields, people.unused), *never))),
            last_contact=values.moment(cells.first(fields, people.last_contact)),
            note=values.prose(cells.first(fields, people.note)),
            more={label: value for label, value in more.items() if value},
        )

    def _items(self, kind: ItemKind, app: Things, links: Sequence[str]) -> tuple[list[Item], int]:
        """The newest, and how many there are; when not all could be read, the open ones besides."""
        mine = _within(app.link, links)
        codes = app.codes()
        records, total = self._records(app.app, [mine], codes, order=inner(app.date), limit=_PAGE, cost=0)
        status = inner(app.status)
        if total > len(records) and status and (app.open or app.closed):
            still = _within(status, app.open) if app.open else _within(status, app.closed, negate=True)
            more, _ = self._records(app.app, [mine, still], codes, order=inner(app.date), limit=_PAGE, cost=0)
            records = [*records, *more]
        # The query may have been answered with somebody else's: only what carries the link is this customer's.
        wanted = {link.lower() for link in links}
        numbered = {
            number: fields
            for fields in records
            if (number := cells.record_id(fields))
            and not wanted.isdisjoint(word.lower() for word in cells.words(fields, app.link))
        }
        return [self._item(kind, app, number, fields) for number, fields in numbered.items()], total

    def _item(self, kind: ItemKind, app: Things, number: str, fields: cells.Fields) -> Item:
        status = cells.joined(fields, app.status)
        return Item(
            kind=kind,
            id=f"{app.app}-{number}",
            title=cells.joined(fields, app.title),
            at=values.moment(cells.first(fields, app.date)),
            status=status,
            open=status in app.open if app.open else bool(status and app.closed and status not in app.closed),
            complaint=not set(app.complaints).isdisjoint(cells.words(fields, app.complaint)),
            amount=cells.money(fields, app.amount, app.currency, app.currency_field),
            url=self._show(app.app, number),
            by=cells.joined(fields, app.owner),
        )

    def _make(
        self,
        app: People | Things,
        texts: Mapping[str, str],
        key: str,
        ref: CrmRef | None = None,
        *,
        email: str = "",
        company: str = "",
        at: int = 0,
        letter: Letter | None = None,
    ) -> Made:
        """Write a record, unless one carries the key already."""
        if found := self._made(app, key):
            return found
        form = self._form(app.app)
        record: dict[str, object] = {
            code: {"value": cells.preset(form, code, value)} for code, value in app.preset.items()
        }
        written = dict(texts)
        if isinstance(app, Things):
            if ref and ref.kind == "company" and app.by == "id" and self.apps.companies:
                raise CrmError("mapping", "kintone: the link is a number of the customers' app, and this is a company")
            if ref:
                whose = self._whose(ref)
                email, company = email or next(iter(whose.addresses), ""), whose.company or company
            written[app.link] = {"id": ref.id if ref else "", "email": email, "company": company}[app.by]
            if at and (day := cells.written_time(form, app.date, at)):
                record[app.date] = {"value": day}
            if letter and app.files and letter.files:
                record[app.files] = {
                    "value": [{"fileKey": self._upload(one.name, one.type, one.content)} for one in letter.files]
                }
        for code, text in written.items():
            if code and text and "." not in code:
                record[code] = {"value": cells.written_text(form, code, text)}
        try:
            reply = self._send("POST", "record.json", json={"app": app.app, "record": record}, cost=1)
        except CrmError as error:
            # With a key field that takes no value twice, whoever came second is told so: the first one's record is the answer.
            found = self._made(app, key) if error.why in {"mapping", "conflict"} else None
            if found is None:
                raise
            return found
        number = values.ident(values.decode(reply.body, _MADE).id)
        return Made(f"{app.app}-{number}", self._show(app.app, number))

    def _made(self, app: People | Things, key: str) -> Made | None:
        records, _ = self._records(app.app, [_within(inner(app.key), [key])], listed((app.key,)), limit=1, cost=1)
        number = next((cells.record_id(fields) for fields in records if key in cells.words(fields, app.key)), "")
        return Made(f"{app.app}-{number}", self._show(app.app, number)) if number else None

    def _whose(self, ref: CrmRef) -> Record:
        """The record alone. What is written down asks for it, too: kintone would take the number of one that is gone."""
        people = self.apps.people(ref.kind)
        params = [("app", str(people.app)), ("id", _record_id(ref.id))]
        fields = values.decode(self._send("GET", "record.json", params).body, _RECORD).record
        if cells.record_id(fields) != ref.id:
            raise CrmError("garbled", "kintone: another record than the one asked for")
        return self._read(people, ref, fields)

    def _upload(self, name: str, kind: str, content: bytes) -> str:
        """Upload a file; what no record takes up is deleted by kintone after three days (file/upload-file)."""
        edge = "sobani-" + "".join(f"{len(content):x}")
        while edge.encode() in content:
            edge += "-"
        safe = re.sub(r'[\r\n"\\]', "_", name) or "file"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
            f"Content-Type: {re.sub('[^!-~]', '', kind) or 'application/octet-stream'}\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        reply = self._send("POST", "file.json", headers=headers, body=body, cost=0)
        return values.decode(reply.body, _FILE_KEY).fileKey

    def _form(self, app: int) -> Mapping[str, cells.FormField]:
        return values.decode(self._send("GET", "app/form/fields.json", [("app", str(app))]).body, _FORM).properties

    def _mapped(self) -> Iterable[tuple[str, People | Things, frozenset[str]]]:
        """Every app by its name in the settings, with the fields that queries ask for."""
        people = {"customers": self.apps.customers, "companies": self.apps.companies}
        for name, one in people.items():
            if one:
                yield name, one, frozenset((*one.email, one.name, one.domain, one.key))
        for kind, app in self.apps.things():
            yield f"{kind}s".replace("ys", "ies"), app, frozenset((app.link, app.key))

    def _records(
        self,
        app: int,
        conditions: Sequence[str],
        codes: Sequence[str],
        *,
        order: str = "$id",
        limit: int,
        cost: int,
    ) -> tuple[list[dict[str, object]], int]:
        """Records of a query, newest or highest number first, and how many there are in all."""
        condition = " and ".join(f"({one})" for one in conditions)
        query = f"{condition} order by {order} desc limit {limit}"
        counted = limit == _PAGE  # counting is what makes kintone slow, so only where it is shown
        # A table is asked for as a whole.
        fields = list(dict.fromkeys(("$id", *(code.partition(".")[0] for code in codes))))[:100]
        params = [("app", str(app)), ("query", query), *((f"fields[{at}]", code) for at, code in enumerate(fields))]
        if counted:
            params.append(("totalCount", "true"))
        if len(urlencode(params, quote_via=quote)) <= _LONGEST_URL:
            reply = self._send("GET", "records.json", params, cost=cost)
        else:
            body = {"app": app, "query": query, "fields": fields, "totalCount": counted}
            headers = {"X-HTTP-Method-Override": "GET"}
            reply = self._send("POST", "records.json", headers=headers, json=body, repeatable=True, cost=cost)
        answer = values.decode(reply.body, _RECORDS)
        total = values.whole(answer.totalCount) if answer.totalCount is not None else None
        return answer.records[:limit], max(total or 0, len(answer.records))

    def _send(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        repeatable: bool | None = None,
        cost: int = 1,
    ) -> Reply:
        tokens = [token.strip() for token in re.split(r"[,\s]+", self.secrets.get().get("tokens", "")) if token.strip()]
        if not tokens or len(tokens) > 9 or not all(map(_TOKEN.fullmatch, tokens)):
            raise CrmError("unset", "kintone: one to nine API tokens are needed")
        space = f"guest/{self.space}/" if self.space else ""
        try:
            return self.line.send(
                method,
                f"{self.url}/k/{space}v1/{path}",
                params=params,
                headers={"X-Cybozu-API-Token": ",".join(tokens), **(headers or {})},
                json=json,
                body=body,
                repeatable=repeatable,
                cost=cost,
            )
        except CrmError as error:
            raise self._named(error) from None

    def _named(self, error: CrmError) -> CrmError:
        """The same error by kintone's own code, which says more than the status."""
        try:
            told = _ERROR.decode(error.body) if error.body else _Error()
        except (msgspec.DecodeError, UnicodeDecodeError):
            return error
        if not _ERROR_CODE.fullmatch(told.code):
            return error
        why = error.why
        if error.status < 500 or error.status == 520:  # 520 is for whatever has no status of its own
            why = next((why for start, why in _TROUBLES if told.code.startswith(start)), why)
        if error.status == 429:
            why = "busy"
        # The message may quote values; a field of the mapping that stands in it is what an administrator must know.
        known = {inner(code) for _, app, _ in self._mapped() for code in app.codes()}
        field = max((code for code in known if code in told.message), key=len, default="") if why == "mapping" else ""
        detail = f"kintone {told.code}{f' {field}' if field else ''}"
        return CrmError(why, detail, retry_after=error.retry_after, status=error.status, body=error.body)

    def _show(self, app: int, number: str) -> str:
        space = f"guest/{self.space}/" if self.space else ""
        return f"{self.url}/k/{space}{app}/show#record={number}"


def _address(url: str) -> str:
    """The hosts that kintone has, or this machine, for a stand-in: whether that may be called, the line says."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise CrmError("unsafe", "kintone: not an address") from None
    if parts.query or parts.fragment or parts.username or "@" in parts.netloc:
        raise CrmError("unsafe", "kintone: only the address of the domain")
    if host in {"127.0.0.1", "localhost", "::1"} and parts.scheme in {"http", "https"}:
        return url
    if parts.scheme != "https" or port or not _HOST.fullmatch(host):
        raise CrmError("unsafe", "kintone: https://….cybozu.com, .kintone.com or .cybozu.cn")
    return f"https://{host}"  # whatever page was copied from the browser


def _quoted(value: str) -> str:
    """A text in a query: backslash and quotation mark escaped, and nothing that would end the line."""
    plain = "".join(" " if sign in "\r\n\t" else sign for sign in value)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within(code: str, wanted: Sequence[str], *, negate: bool = False) -> str:
    return f"{inner(code)} {'not in' if negate else 'in'} ({', '.join(map(_quoted, wanted))})"


def _domains(people: People, domain: str) -> list[str]:
    """A domain as it may be written, alone or as a website's address. `like` finds words: what it gives is compared again."""
    if not domain or not people.domain:
        return []
    hosts = [domain, f"www.{domain}"]
    written = [
        *hosts,
        *(f"{scheme}://{host}{end}" for scheme in ("https", "http") for host in hosts for end in ("", "/")),
    ]
    return [_within(people.domain, written), f"{inner(people.domain)} like {_quoted(domain)}"]


def _persons(people: People, wanted: Wanted) -> list[str]:
    """By each field of addresses; a colleague of the same name, too, is for the matching to judge."""
    emails = list(dict.fromkeys(asked.email.lower() for asked in wanted.addresses))[:CANDIDATES]
    conditions = [_within(code, emails) for code in people.email] if emails else []
    if wanted.domain and wanted.names and people.name and people.email:
        # Not by the name alone: everybody who is called so would crowd out the addresses.
        there = " or ".join(f"{inner(code)} like {_quoted(wanted.domain)}" for code in people.email)
        spaced = dict.fromkeys(space.join(name.split()) for name in wanted.names[:5] for space in (" ", "\u3000", ""))
        conditions.append(f"({_within(people.name, list(spaced))} and ({there}))")
    return conditions


def _fits(candidate: Candidate, wanted: Wanted) -> bool:
    home = wanted.domain.lower()
    if candidate.ref.kind == "company":
        return bool(home) and candidate.domain == home
    asked = {one.email.lower() for one in wanted.addresses}
    if not asked.isdisjoint(candidate.addresses):
        return True
    named = "".join(candidate.name.split()) in {"".join(name.split()) for name in wanted.names}
    return bool(home) and named and any(company_domain(email) == home for email in candidate.addresses)


def _record_id(number: str) -> str:
    if not (number.isascii() and number.isdigit()):
        raise CrmError("missing", "kintone: not a record's number")
    return number


def _links(app: Things, record: Record) -> Sequence[str]:
    """What items of this app are linked by."""
    by = {"id": (record.ref.id,), "email": record.addresses, "company": (record.company,)}
    return [link for link in by[app.by] if link]

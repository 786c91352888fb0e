"""Conversations in Redis: requests to the scripts, and their answers as values of the domain."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args

import msgspec

from server.domain.addresses import company_domain
from server.domain.changes import (
    ADDITIVE,
    AddNote,
    Assign,
    Change,
    CreateInCrm,
    HandOver,
    LinkRecord,
    LogMail,
    MergeCustomers,
    Move,
    SplitAddress,
    UnlinkRecord,
)
from server.domain.conversation import (
    ClaimEnd,
    Company,
    Composed,
    Conversation,
    Customer,
    Happening,
    HistoryRow,
    Message,
    Note,
    Past,
    Presence,
    Queue,
    QueuePage,
    QueueRow,
    Recipient,
    SendCheck,
    Sends,
    View,
)
from server.domain.crm import Entry, Errand, Sight
from server.domain.errors import RecordsUnavailable
from server.domain.events import Place, Pointer, Window
from server.domain.ids import bare_subject, digest, is_prefixed
from server.domain.mail import Address
from server.domain.placing import Placing
from server.domain.ports import Acted, Elsewhere, Forgotten, Imported, Missing, Target
from server.domain.reading import Pick, Reading, Solved, ToRead
from server.domain.understanding import Deadline, Feeling, Mood, Understood
from server.domain.workspace import Viewer, Workspace
from server.replies.embedding import Model
from server.store.connect import FAILURES
from server.store.keys import prefix, sequence
from server.store.library import Library
from server.store.vault import Unreadable, Vault

HISTORY_ROWS: Final = 12
QUEUE_ROWS: Final = 8
QUEUE_LISTS: Final = ("mentions", "overdue", "unclaimed", "mine", "held")
RECIPIENTS_SHOWN: Final = 8  # of a compose window; who writes to more reads no further
RECIPIENTS_CHECKED: Final = 500  # of a send
MISSED: Final = "missed:"
_SCORE: Final = re.compile(r"\d{1,16}(\.\d{1,3})?", re.ASCII)
NOTES_SHOWN: Final = 3
MAILS_SHOWN: Final = 5
PRESENCE_EVERY: Final = 20_000  # ms between two writes of the same presence (DESIGN: at most every 20 s)
VIEWING_FOR: Final = 180_000  # ms after which somebody who looked is no longer shown
REPLYING_FOR: Final = 900_000
COMPOSING_FOR: Final = 150_000  # an open compose window says so every 45 s
CLICK_KEPT: Final = 10 * 3600 * 1000  # ms; as long as a sealed action lives (server/web/sealing.py)
SETTLED_AFTER: Final = 14 * 86_400  # s; an import takes for done what is so much older than the workspace's newest mail
DRAWINGS_WAITING: Final = 16  # a workspace; what is pushed out was a cache entry that nobody will miss
BATCH: Final = 40  # mails a script call of an import: one fsync for all of them

Value = TypeVar("Value")

_conversation = msgspec.msgpack.Decoder(Conversation).decode
_customer = msgspec.msgpack.Decoder(Customer).decode
_company = msgspec.msgpack.Decoder(Company).decode


_SEEN_FOR: Final = {"viewing": VIEWING_FOR, "replying": REPLYING_FOR, "composing": COMPOSING_FOR}


class _Drawing(NamedTuple):
    conversation: str
    sheet: str
    until: int  # ms by Redis's clock
    drawn: bytes


class RedisConversations:
    """The port `Conversations` over the script library. `clock_offset` (ms) shifts Redis's clock, for tests."""

    def __init__(
        self, library: Library, *, clock_offset: int = 0, drawn_by: str = "", vault: Vault | None = None
    ) -> None:
        """`drawn_by` names the code that draws: a drawing of another one is never used. Without a vault no mail waits to be read."""
        self._library = library
        self._vault = vault
        self.drawn_by = drawn_by
        self.clock_offset = clock_offset
        self._drawings: dict[str, deque[_Drawing]] = {}  # on their way to Redis, with the workspace's next call

    def open_pointer(self, viewer: Viewer, pointer: Pointer, place: Place | None = None) -> View | Missing | Elsewhere:
        """See the port."""
        return self._open(
            viewer, {"ptr": _pointer_key(pointer), "fetch": True, **_sheet_of(viewer, place, self.drawn_by)}
        )

    def open_mail(
        self,
        viewer: Viewer,
        mail: Placing,
        pointer: Pointer | None = None,
        place: Place | None = None,
        thread: Pointer | None = None,
    ) -> View | Elsewhere:
        """See the port."""
        extra: dict[str, object] = {
            "mail": self._sealed(mail, viewer.workspace),
            "fetch": True,
            **_sheet_of(viewer, place, self.drawn_by),
        }
        if pointer:
            extra["ptr"] = _pointer_key(pointer)
        if thread:
            extra["thread"] = _pointer_key(thread)
        opened = self._open(viewer, extra)
        return Elsewhere() if isinstance(opened, Missing) else opened

    def open_conversation(
        self, viewer: Viewer, target: Target, *, cursor: str = "", events: int = 8, place: Place | None = None
    ) -> View | Elsewhere:
        """See the port."""
        extra = {
            **_place_of(target),
            "cursor": cursor,
            "events": events,
            "fetch": True,
            **_sheet_of(viewer, place, self.drawn_by),
        }
        opened = self._open(viewer, extra)
        return Elsewhere() if isinstance(opened, Missing) else opened

    def glance(self, viewer: Viewer, target: Target) -> View | Elsewhere:
        """See the port."""
        opened = self._open(viewer, {**_place_of(target), "quiet": True})
        return Elsewhere() if isinstance(opened, Missing) else opened

    def keep(self, viewer: Viewer, view: View, drawn: bytes, milliseconds: int) -> None:
        """See the port."""
        waiting = self._drawings.setdefault(viewer.workspace.id, deque(maxlen=DRAWINGS_WAITING))
        waiting.append(_Drawing(view.conversation.id, view.sheet, view.now + milliseconds, drawn))

    def compose(self, viewer: Viewer, window: Window) -> Composed:
        """See the port."""
        people = _external(viewer.workspace, window)[:RECIPIENTS_SHOWN]
        extra = {**_window(window), "people": [_digests(one) for one in people]}
        now, shown, rows, revision, feed = self._call("compose", viewer, {**extra, "replying": window.replying})
        recipients = (
            Recipient(
                address=one.email,
                name=one.name,
                customer=_customer(customer) if customer else None,
                company=_company(company) if company else None,
                conversation=(latest := _conversation(conversation) if conversation else None),
                contact=latest.newest if latest else 0,
            )
            for one, (customer, company, conversation) in zip(people, rows, strict=True)
        )
        return Composed(
            now=now,
            view=view_of(shown, viewer.id) if shown else None,
            recipients=tuple(recipients),
            revision=int(revision),
            feed=feed,
        )

    def check_send(self, viewer: Viewer, window: Window, *, can_ask: bool, missed: Mapping[str, int]) -> SendCheck:
        """See the port."""
        people = _external(viewer.workspace, window)[:RECIPIENTS_CHECKED]
        extra = {
            **_window(window),
            "people": [_digests(one) for one in people],
            "ask": can_ask,
            "missed": missed,
            "shared": bool(viewer.shared),
        }
        code, by, since, now = self._call("send", viewer, extra)
        return SendCheck(code=code.decode(), now=now, by=by.decode(), since=since)

    def sends(self, workspace: Workspace, days: int) -> Sends:
        """See the port."""
        counted: Counter[str] = Counter()
        for day in self._library.call(
            "sends", sequence(workspace.id), self._request(workspace, "", [], {"days": days})
        ):
            for name, count in zip(day[::2], day[1::2], strict=True):
                counted[name.decode()] += int(count)
        missed = {name.removeprefix(MISSED): n for name, n in counted.items() if name.startswith(MISSED)}
        return Sends(days, {name: n for name, n in counted.items() if not name.startswith(MISSED)}, missed)

    def _sealed(self, mail: Placing, workspace: Workspace, *, told: bool = True) -> Placing:
        """Return the mail with its text sealed: it lies in the store until the worker has read it."""
        if not (mail.job or mail.reply):
            return mail
        if self._vault is None:
            return msgspec.structs.replace(mail, job="", reply="")
        job = _untold(mail.job) if mail.job and not told else mail.job.encode()
        sealed = {
            name: self._vault.seal(text, workspace.id)
            for name, text in (("job", job), ("reply", mail.reply.encode()))
            if text
        }
        # As text: the server's cmsgpack knows no binary values.
        return msgspec.structs.replace(mail, **{name: b64encode(text).decode() for name, text in sealed.items()})

    def _arguments(self, change: Change, workspace: Workspace) -> dict[str, object]:
        """Return the change as its script reads it, with the digests that only we can make."""
        arguments: dict[str, object] = msgspec.structs.asdict(change)
        if isinstance(change, LogMail):
            arguments["letter"] = self._sealed_text(change.letter, workspace)
        if isinstance(change, CreateInCrm):
            arguments["order"] = self._sealed_text(change.order.encode(), workspace)
        if isinstance(change, MergeCustomers | SplitAddress):
            arguments["digest"] = digest(change.address)
        if isinstance(change, Move):
            team = workspace.team_by_id[change.team]
            arguments["members"] = team.members if team.private else None
        if isinstance(change, Assign | HandOver):
            person = workspace.person_by_id.get(change.to)
            arguments["tell"] = person is None or "assigned" not in person.preferences.quiet
        if isinstance(change, AddNote):
            quiet = {person.id for person in workspace.people if "mentions" in person.preferences.quiet}
            arguments["quiet"] = [person for person in change.mentions if person in quiet]
        return arguments

    def _sealed_text(self, text: bytes, workspace: Workspace) -> str:
        """Seal what waits for the worker. As base64: the server's cmsgpack knows no binary values."""
        if self._vault is None:
            raise RecordsUnavailable("no keys: nothing may wait in the store")
        return b64encode(self._vault.seal(text, workspace.id)).decode()

    def _reply(self, sealed: str, workspace: Workspace) -> str:
        """Return a kept answer of ours; "" when it is gone, or was sealed with a key that is."""
        if not sealed or self._vault is None:
            return ""
        try:
            return self._vault.open(b64decode(sealed), workspace.id).decode()
        except (Unreadable, binascii.Error, UnicodeDecodeError):
            return ""

    def _open(self, viewer: Viewer, extra: Mapping[str, object]) -> View | Missing | Elsewhere:
        answer = self._call("open", viewer, extra)
        match answer[0]:
            case b"ok":
                return view_of(answer[1], viewer.id)
            case b"miss":
                return Missing()
            case _:
                return Elsewhere()

    def act(self, viewer: Viewer, target: Target, change: Change, *, once: str) -> Acted | Elsewhere:
        """See the port."""
        extra: dict[str, object] = {
            **_place_of(target),
            # An additive change is right on any card: it never meets a state it was not drawn from.
            "state": target.state,
            "additive": isinstance(change, ADDITIVE),
            "op": change.__struct_config__.tag,
            "change": self._arguments(change, viewer.workspace),
            # Whoever has just said whom a CRM means waits to see them.
            "fetch": isinstance(change, LinkRecord | UnlinkRecord),
            "idem": digest(f"{viewer.id}\n{once}"),
            "keep": CLICK_KEPT,
        }
        answer = self._call("act", viewer, extra)
        if answer[0] == b"gone":
            return Elsewhere()
        return Acted(code=answer[0].decode(), replayed=bool(answer[1]), view=view_of(answer[2], viewer.id))

    def queue(self, viewer: Viewer) -> Queue:
        """See the port."""
        now, counts, lists, revision, feed = self._call(
            "queue", viewer, {"rows": QUEUE_ROWS, "of": _queue_teams(viewer)}
        )
        rows = {name: _queue_rows(found) for name, found in zip(QUEUE_LISTS, lists, strict=True)}
        return Queue(
            now=now, counts=dict(zip(QUEUE_LISTS, counts, strict=True)), revision=int(revision), feed=feed, **rows
        )

    def queue_page(self, viewer: Viewer, name: str, cursor: str = "", rows: int = 50) -> QueuePage:
        """See the port."""
        extra = {
            "rows": rows,
            "of": _queue_teams(viewer),
            "list": name,
            "cursor": cursor if _SCORE.fullmatch(cursor) else "",
        }
        now, counts, found, more, revision, feed = self._call("queue_page", viewer, extra)
        return QueuePage(
            now=now,
            counts=dict(zip(QUEUE_LISTS, counts, strict=True)),
            rows=_queue_rows(found),
            more=more.decode(),
            revision=int(revision),
            feed=feed,
        )

    def ingest(self, workspace: Workspace, mails: Iterable[Placing]) -> Imported:
        """Write down past mails, some at a time; each batch is one round trip and repeats nothing when run again."""
        new = known = elsewhere = 0
        source = (self._sealed(mail, workspace, told=False) for mail in mails)
        while batch := list(islice(source, BATCH)):
            request = self._request(
                workspace, "import", [team.id for team in workspace.teams], {"mails": batch, "import": True}
            )
            got = self._library.call("ingest", sequence(workspace.id), request)
            new, known, elsewhere = new + got[0], known + got[1], elsewhere + got[2]
        self._settle(workspace)
        return Imported(new, known, elsewhere)

    def _settle(self, workspace: Workspace) -> None:
        """Count what is long past as done, however many; what stays open is skipped on the way."""
        for team in workspace.teams:
            skip, looked = 0, 1
            while looked:
                request = {"age": SETTLED_AFTER, "rows": BATCH, "skip": skip, "team": team.id}
                looked, settled = self._whole("settle", workspace, request)
                skip += looked - settled

    def forget(self, workspace: Workspace, address: str) -> Forgotten:
        """Remove a customer's address, its mails, and the conversations nobody else took part in. Raises RecordsUnavailable."""
        key = digest(address)
        shelves = [f"{model}:{team.id}" for model in get_args(Model) for team in workspace.teams]
        corrections = [f"{shelf}:{feeling}" for shelf in shelves for feeling in get_args(Feeling)]
        mails = notes = gone = touched = 0
        for team in workspace.teams:
            shelf = f"{prefix(workspace.id)}ha:{key}:{team.id}"
            for raw in self._members(shelf):
                removed = [0, 0, 0]
                for part in self._parts(workspace, raw.decode()):
                    got = self._whole(
                        "forget",
                        workspace,
                        {
                            "cid": part,
                            "digest": key,
                            "address": address,
                            "shelves": shelves,
                            "corrections": corrections,
                        },
                    )
                    removed = [a + b for a, b in zip(removed, got, strict=True)]
                touched += 1
                mails, notes, gone = mails + removed[0], notes + removed[1], gone + removed[2]
        self._drop_drawings(workspace)
        records = self._whole("forget_customer", workspace, {"digest": key, "address": address})
        return Forgotten(mails=mails, notes=notes, conversations=gone, shortened=touched - gone, customers=records)

    def _drop_drawings(self, workspace: Workspace) -> None:
        """Remove all kept drawings: rows of somebody's conversations stand in their colleagues' cards too."""
        try:
            self._library.client.hincrby(sequence(workspace.id), "drawings", 1)
            for key in self._library.client.scan_iter(match=f"{prefix(workspace.id)}b:*", count=1000):
                self._library.client.delete(key)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def _members(self, shelf: str) -> list[bytes]:
        try:
            found: Any = self._library.client.zrange(shelf, 0, -1)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        return list(found)

    def _parts(self, workspace: Workspace, conversation: str) -> tuple[str, ...]:
        """Return the conversations that were joined to one, itself last, so that its parts find it still there."""
        try:
            raw = self._library.client.get(f"{prefix(workspace.id)}c:{conversation}")
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        parts = _conversation(raw).parts if isinstance(raw, bytes) else ()
        return (*(part for part in parts if part != conversation), conversation)

    def _whole(self, function: str, workspace: Workspace, extra: Mapping[str, object]) -> Any:
        people = [person.id for person in workspace.people]
        request = self._request(workspace, "", [team.id for team in workspace.teams], {"people": people, **extra})
        return self._library.call(function, sequence(workspace.id), request)

    def sweep(self, workspace: Workspace, limit: int = 100) -> int:
        """End leases that ran out while nobody looked; how many. Raises RecordsUnavailable."""
        request = self._request(workspace, "", [], {"rows": limit})
        ended: int = self._library.call("sweep", sequence(workspace.id), request)
        return ended

    def _call(self, function: str, viewer: Viewer, extra: Mapping[str, object]) -> Any:
        request = self._request(viewer.workspace, viewer.id, viewer.teams, extra)
        one = self._waiting_drawing(viewer.workspace)
        if one is None:
            return self._library.call(function, sequence(viewer.workspace.id), request)
        kept = {"cid": one.conversation, "sheet": one.sheet, "until": one.until}
        return self._library.call(function, sequence(viewer.workspace.id), {**request, "drawing": kept}, one.drawn)

    def _waiting_drawing(self, workspace: Workspace) -> _Drawing | None:
        waiting = self._drawings.get(workspace.id)
        if waiting:
            with suppress(IndexError):  # another thread took the last one
                return waiting.popleft()
        return None

    def _request(
        self, workspace: Workspace, me: str, see: Iterable[str], extra: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return what every script is told (scripts/base.lua)."""
        crm = [(one.id, one.fresh_seconds * 1000) for one in workspace.connections if not one.off]
        return {
            **({"crm": crm} if crm and me else {}),
            "p": prefix(workspace.id),
            "me": me,
            "see": see,
            "private": workspace.private_teams,
            "off": self.clock_offset,
            "lease": workspace.claim_minutes * 60_000,
            "draft": workspace.draft_minutes * 60_000,
            "every": PRESENCE_EVERY,
            "rows": HISTORY_ROWS,
            "notes": NOTES_SHOWN,
            "replies": workspace.keep_replies_days * 86_400,
            "status": workspace.first_statuses,
            **extra,
        }


class _Read(msgspec.Struct, frozen=True):
    """What the worker made of a mail, without its vector."""

    language: str = ""
    category: str = ""
    mood: Mood = Mood()
    deadlines: tuple[Deadline, ...] = ()
    present: dict[str, str] = {}
    missing: tuple[str, ...] = ()


class _Understood(msgspec.Struct, frozen=True, array_like=True):
    model: str
    vector: bytes
    read: _Read
    corrected: str


class _Reading(msgspec.Struct, frozen=True, array_like=True):
    """What scripts/answers.lua answers beside."""

    model: str
    templates: int
    learned: int
    waiting: bool
    picks: tuple[Pick, ...]
    understood: _Understood | None
    given: tuple[str, ...]
    similar: tuple[tuple[Solved, str], ...]


class _Sight(msgspec.Struct, frozen=True, array_like=True):
    """What scripts/crm.lua answers beside."""

    entries: tuple[Entry, ...]
    pending: tuple[str, ...]
    broken: tuple[str | int, ...]  # connection, until, connection, ...
    errands: tuple[Errand, ...]
    fetch: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """What scripts/view.lua answers, position by position."""

    now: int
    message: Message | None
    conversation: Conversation
    customer: Customer | None
    company: Company | None
    person: tuple[Past, ...]
    others: tuple[Past, ...]
    more: str
    notes: tuple[Note, ...]
    note_count: int
    timeline: tuple[Happening, ...]
    present: tuple[str, ...]  # person, "<ms>:<doing>", person, ...
    told: ClaimEnd | None
    mails: tuple[Message, ...]
    revision: int
    sheet: str
    returning: bool
    feed: int
    reading: _Reading
    crm: _Sight | None


_answer = msgspec.msgpack.Decoder(_Answer).decode


def view_of(raw: list[bytes], me: str) -> View:
    """Decode what scripts/view.lua answers."""
    got = _answer(raw[0])
    history = [HistoryRow(row, "person") for row in got.person]
    history += [HistoryRow(row, "company") for row in got.others]
    return View(
        now=got.now,
        message=got.message,
        conversation=got.conversation,
        customer=got.customer,
        company=got.company,
        history=tuple(history),
        more=got.more,
        returning=got.returning,
        # Of a conversation in several parts each part gives its newest.
        notes=_newest(got.notes, _at, NOTES_SHOWN),
        note_count=got.note_count,
        timeline=_newest(got.timeline, _at, len(got.timeline)),
        present=_presences(got.present, me, got.now),
        told=got.told,
        mails=_newest(got.mails, _date, MAILS_SHOWN),
        revision=got.revision,
        sheet=got.sheet,
        kept=raw[1],
        feed=got.feed,
        reading=_reading(got.reading),
        crm=_sight(got.crm) if got.crm else None,
    )


def _sight(got: _Sight) -> Sight:
    errands = tuple(sorted(got.errands, key=lambda one: one.at, reverse=True)) if len(got.errands) > 1 else got.errands
    broken = cast("dict[str, int]", dict(zip(got.broken[::2], got.broken[1::2], strict=True)))
    return Sight(got.entries, got.pending, broken, errands, got.fetch)


def _reading(got: _Reading) -> Reading:
    found, understood = got.understood, None
    if found:
        read = found.read
        understood = Understood(
            model=found.model,
            vector=found.vector,
            language=read.language,
            category=read.category,
            mood=read.mood,
            deadlines=read.deadlines,
            present=read.present,
            missing=read.missing,
            corrected=cast("tuple[Feeling, ...]", tuple(filter(None, found.corrected.split(",")))),
        )
    picks = tuple(sorted(got.picks, key=_in_order, reverse=True)) if len(got.picks) > 1 else got.picks
    similar = tuple(msgspec.structs.replace(one, reply=sealed) for one, sealed in got.similar)
    return Reading(got.model, got.templates, got.learned, got.waiting, picks, understood, got.given, similar)


def _in_order(pick: Pick) -> tuple[int, int]:
    return pick.at, int(pick.id[1:])


def read_of(understood: Understood) -> bytes:
    """Return what is kept beside the vector, as `_Understood` reads it again."""
    u = understood
    return msgspec.msgpack.encode(_Read(u.language, u.category, u.mood, u.deadlines, u.present, u.missing))


def mood_in(read: bytes) -> Mood:
    """Return the mood of what `read_of` made."""
    return _read(read).mood


_read = msgspec.msgpack.Decoder(_Read).decode
_to_read = msgspec.json.Decoder(ToRead).decode


def _untold(job: str) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(_to_read(job), told=False))


def _newest(values: tuple[Value, ...], time: Callable[[Value], int], count: int) -> tuple[Value, ...]:
    return tuple(sorted(values, key=time, reverse=True)[:count]) if len(values) > 1 else values


def _at(value: Note | Happening) -> int:
    return value.at


def _date(value: Message) -> int:
    return value.date


def _presences(flat: tuple[str, ...], me: str, now: int) -> tuple[Presence, ...]:
    """Return who else looks or replies and was seen lately, newest first."""
    found = []
    for person, seen in zip(flat[::2], flat[1::2], strict=True):
        if person != me:
            at, _, doing = seen.partition(":")
            if now - int(at) < _SEEN_FOR.get(doing, VIEWING_FOR):
                found.append(Presence(person, "viewing" if doing == "viewing" else "replying", int(at)))
    found.sort(key=lambda presence: presence.at, reverse=True)
    return tuple(found)


def _queue_rows(rows: list[list[bytes]]) -> tuple[QueueRow, ...]:
    return tuple(QueueRow(_conversation(row), _customer(customer) if customer else None) for row, customer in rows)


def _sheet_of(viewer: Viewer, place: Place | None, drawn_by: str) -> Mapping[str, object]:
    """Return what a drawing depends on beside the records: who looks, where, and which version of us and of the names draws."""
    if place is None:
        return {}
    seen_as = (
        drawn_by,
        viewer.provider,
        viewer.id,
        viewer.role,
        place.language,
        place.time_zone,
        viewer.workspace.version,
    )
    return {"sheet": "|".join(map(str, seen_as))}


def _queue_teams(viewer: Viewer) -> tuple[str, ...]:
    """Return the teams whose lists the viewer's queue shows: their own choice, if they may still see it."""
    chosen = viewer.preferences.team
    return (chosen,) if chosen in viewer.teams else viewer.teams


def _external(workspace: Workspace, window: Window) -> tuple[Address, ...]:
    """Return the recipients outside, each once."""
    ours = workspace.ours
    return tuple({one.email: one for one in window.recipients if one.email and one.email not in ours}.values())


def _digests(one: Address) -> tuple[str, str]:
    domain = company_domain(one.email)
    return digest(one.email), digest(domain) if domain else ""


def _window(window: Window) -> dict[str, object]:
    """Return by what the conversation of a compose window is found (scripts/compose.lua). Only a reply's subject leads anywhere."""
    extra: dict[str, object] = {
        "answers": digest(window.answers) if window.answers else "",
        "subject": digest(bare_subject(window.subject)) if is_prefixed(window.subject) else "",
    }
    if window.thread:
        extra["thread"] = _pointer_key(window.thread)
    return extra


def _place_of(target: Target) -> dict[str, object]:
    """Return the conversation, and the open mail if the card stood for one."""
    place: dict[str, object] = {"cid": target.conversation}
    if target.message:
        place["message"] = (target.message, target.circle)
    return place


def _pointer_key(pointer: Pointer) -> str:
    return digest(f"{pointer.host}\n{pointer.mailbox}\n{pointer.id}")

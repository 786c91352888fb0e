"""The file that describes a workspace: reading it, archiving what a later one leaves out, saying what would change."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from server.domain.addresses import clean_email
from server.domain.customers import FormRule
from server.domain.prepared import prepared
from server.domain.roles import Role
from server.domain.signature import FIELDS as SIGNATURE_FIELDS
from server.domain.signature import unknown_in
from server.domain.workspace import (
    Benefit,
    CheckRules,
    HelpPage,
    Hold,
    Language,
    Names,
    Person,
    Priority,
    SharedAccounts,
    Status,
    StatusKind,
    Team,
    Workspace,
)

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+", re.ASCII)
_TENANT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_PAGE: Final = re.compile(r"https://[^\s/?#]+\S*")
_MINUTES: Final = range(1, 24 * 60 + 1)

STATUSES: Final = (
    Status("todo", "open", Names("未対応", "To do")),
    Status("doing", "working", Names("対応中", "In progress")),
    Status("done", "done", Names("対応済", "Done")),
)
"""What a workspace has of the kinds that its file leaves out: without one of each nothing could be claimed or finished."""

PRIORITIES: Final = (
    Priority("urgent", 1, Names("至急対応", "Urgent")),
    Priority("later", 2, Names("後で返信", "Reply later")),
    Priority("no-reply", 3, Names("対応不要", "No reply needed")),
)
HOLDS: Final = (
    Hold("customer", Names("お客様の返事待ち", "Waiting for the customer")),
    Hold("internal", Names("社内確認中", "Checking with colleagues")),
)


class WorkspaceFileError(Exception):
    """The file cannot be applied; each line of the text is one problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    language: Language = "ja"
    time_zone: str = "Asia/Tokyo"
    google_domains: tuple[str, ...] = ()
    entra_tenants: tuple[str, ...] = ()
    open_to_domain: bool = False
    claim_minutes: int = 30
    draft_minutes: int = 120
    keep_snippets: bool = True
    keep_replies_days: int = 0
    shared_accounts: SharedAccounts = "name"
    signature: str = ""
    quote_original: bool = True


class _Team(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    addresses: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    private: bool = False
    default: bool = False
    signature: str = ""


class _Person(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    emails: tuple[str, ...] = ()
    role: Role = Role.AGENT
    title: str = ""
    send_as: tuple[str, ...] = ()


class _Status(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    kind: StatusKind
    name: Names


class _Priority(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: Names
    order: int = 100


class _Hold(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: Names


class _Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    off: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    voice: dict[str, str] = {}
    never_promise: tuple[str, ...] = ()


class _Benefit(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: Names
    code: str
    per_month: int = 1


class _HelpPage(msgspec.Struct, forbid_unknown_fields=True):
    category: str
    title: str
    url: str
    language: Literal["", "ja", "en"] = ""
    feature: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    workspace: _Head
    team: tuple[_Team, ...] = ()
    person: tuple[_Person, ...] = ()
    status: tuple[_Status, ...] = ()
    priority: tuple[_Priority, ...] = ()
    hold: tuple[_Hold, ...] = ()
    form: tuple[FormRule, ...] = ()
    check: _Check = _Check()
    benefit: tuple[_Benefit, ...] = ()
    help: tuple[_HelpPage, ...] = ()


_file: Final = prepared(_File)
Thing = TypeVar("Thing", bound="Team | Person | Status | Priority | Hold")


def read(text: str) -> Workspace:
    """Read a workspace file. Raises WorkspaceFileError with every problem found."""
    try:
        file = _file(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceFileError([f"not TOML: {error}"]) from error
    except msgspec.ValidationError as error:
        raise WorkspaceFileError([str(error)]) from error
    workspace = _workspace(file)
    if problems := list(_problems(workspace)):
        raise WorkspaceFileError(problems)
    return workspace


def _workspace(file: _File) -> Workspace:
    head = msgspec.structs.asdict(file.workspace)
    head["google_domains"] = tuple(domain.lower() for domain in file.workspace.google_domains)
    head["entra_tenants"] = tuple(tenant.lower() for tenant in file.workspace.entra_tenants)
    statuses = tuple(Status(one.id, one.kind, one.name) for one in file.status)
    kinds, ids = {one.kind for one in statuses}, {one.id for one in statuses}
    missing = [one for one in STATUSES if one.kind not in kinds]
    statuses += tuple(msgspec.structs.replace(one, id=one.kind) if one.id in ids else one for one in missing)
    return Workspace(
        **head,
        teams=tuple(
            Team(
                one.id,
                one.name,
                tuple(map(_address, one.addresses)),
                one.members,
                one.private,
                one.default,
                signature=one.signature,
            )
            for one in file.team
        ),
        people=tuple(
            Person(
                one.id,
                one.name,
                tuple(map(_address, one.emails)),
                one.role,
                one.title,
                send_as=tuple(map(_address, one.send_as)),
            )
            for one in file.person
        ),
        statuses=statuses,
        priorities=tuple(Priority(one.id, one.order, one.name) for one in file.priority) or PRIORITIES,
        holds=tuple(Hold(one.id, one.name) for one in file.hold) or HOLDS,
        forms=file.form,
        check=CheckRules(file.check.off, file.check.banned, file.check.voice, file.check.never_promise),
        benefits=tuple(Benefit(one.id, one.name, one.code, one.per_month) for one in file.benefit),
        help_pages=tuple(HelpPage(one.category, one.title, one.url, one.language, one.feature) for one in file.help),
    )


def _address(written: str) -> str:
    """Return the address as it is compared; what is none stays as written, so that it can be named."""
    return clean_email(written) or written


def _problems(head: Workspace) -> Iterator[str]:
    if not _ID.fullmatch(head.id):
        yield f"workspace.id: {head.id!r} must be lower-case letters, digits, - and _, at most 40"
    try:
        ZoneInfo(head.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"workspace.time_zone: {head.time_zone!r} is not a time zone such as Asia/Tokyo"
    for name, minutes in (("claim_minutes", head.claim_minutes), ("draft_minutes", head.draft_minutes)):
        if minutes not in _MINUTES:
            yield f"workspace.{name}: {minutes} must be from {_MINUTES[0]} to {_MINUTES[-1]}"
    if head.keep_replies_days < 0:
        yield "workspace.keep_replies_days: must not be negative"
    yield from (
        f"workspace.google_domains: {d!r} is no domain" for d in head.google_domains if not _DOMAIN.fullmatch(d)
    )
    yield from (f"workspace.entra_tenants: {t!r} is no GUID" for t in head.entra_tenants if not _TENANT.fullmatch(t))
    if not head.teams:
        yield "team: at least one is needed"
    if sum(team.default for team in head.teams) > 1:
        yield "team.default: only one team can be the default"
    for kind, things in _lists(head).items():
        ids = [one.id for one in things]
        yield from (
            f"{kind}.id: {i!r} must be lower-case letters, digits, - and _, at most 40"
            for i in ids
            if not _ID.fullmatch(i)
        )
        yield from (f"{kind}.id: {i!r} stands twice" for i in sorted({i for i in ids if ids.count(i) > 1}))
    yield from ("check.banned: an empty word bans everything" for word in head.check.banned if not word.strip())
    yield from (
        f"help {one.category}: {one.url!r} is no https address"
        for one in head.help_pages
        if not _PAGE.fullmatch(one.url)
    )
    yield from (f"benefit {one.id}: per_month must be 1 or more" for one in head.benefits if one.per_month < 1)
    people = {person.id for person in head.people}
    yield from (
        f"team {team.id}: a private team needs members" for team in head.teams if team.private and not team.members
    )
    for team in head.teams:
        yield from (f"team {team.id}: member {m!r} is no person of this file" for m in team.members if m not in people)
    shared = {address for team in head.teams for address in team.addresses}
    for person in head.people:
        yield from (
            f"person {person.id}: send_as {a!r} is no team's address" for a in person.send_as if a not in shared
        )
    signatures = [("workspace", head.signature), *((f"team {team.id}", team.signature) for team in head.teams)]
    for owner, signature in signatures:
        if unknown := sorted(unknown_in(signature)):
            yield f"{owner}: signature: {{{unknown[0]}}} is none of {', '.join(f'{{{one}}}' for one in SIGNATURE_FIELDS)}"
    addresses = [("team", team.id, a) for team in head.teams for a in team.addresses]
    addresses += [("person", person.id, a) for person in head.people for a in person.emails]
    seen: dict[str, str] = {}
    for kind, owner, address in addresses:
        if "@" not in address:
            yield f"{kind} {owner}: {address!r} is no e-mail address"
        elif address in seen:
            yield f"{kind} {owner}: {address} belongs to {seen[address]} already"
        seen.setdefault(address, f"{kind} {owner}")


def _lists(workspace: Workspace) -> Mapping[str, Sequence[Team | Person | Status | Priority | Hold]]:
    return {
        "team": workspace.teams,
        "person": workspace.people,
        "status": workspace.statuses,
        "priority": workspace.priorities,
        "hold": workspace.holds,
    }


def succeed(old: Workspace | None, new: Workspace) -> Workspace:
    """Return the new description with what only the old one has, archived: conversations may still speak of it."""
    if old is None:
        return new
    return msgspec.structs.replace(
        new,
        teams=_kept(old.teams, new.teams),
        people=_kept(old.people, new.people),
        statuses=_kept(old.statuses, new.statuses),
        priorities=_kept(old.priorities, new.priorities),
        holds=_kept(old.holds, new.holds),
    )


def _kept(old: tuple[Thing, ...], new: tuple[Thing, ...]) -> tuple[Thing, ...]:
    ids = {one.id for one in new}
    return new + tuple(msgspec.structs.replace(one, archived=True) for one in old if one.id not in ids)


def differences(old: Workspace | None, new: Workspace) -> tuple[str, ...]:
    """Return what applying would change, a line each: "+ team sales", "- person kato (archived)", "~ workspace name: a -> b"."""
    if old is None:
        lines = [f"+ workspace {new.id}"]
        lines += [f"+ {kind} {one.id}" for kind, things in _lists(new).items() for one in things]
        return tuple(lines)
    lines = []
    for field in new.__struct_fields__:
        if field in {"teams", "people", "statuses", "priorities", "holds", "version"}:
            continue
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            lines.append(f"~ workspace {field}: {_shown(before)} -> {_shown(after)}")
    befores = _lists(old)
    for kind, things in _lists(new).items():
        lines += _compared(kind, {one.id: one for one in befores[kind]}, things)
    return tuple(lines)


def _compared(
    kind: str, before: Mapping[str, Team | Person | Status | Priority | Hold], things: Sequence[Any]
) -> Iterator[str]:
    for one in things:
        was = before.get(one.id)
        if was is None:
            yield f"+ {kind} {one.id}"
        elif one.archived and not was.archived:
            yield f"- {kind} {one.id} (archived)"
        elif was.archived and not one.archived:
            yield f"+ {kind} {one.id} (back from the archive)"
        else:
            for field in one.__struct_fields__:
                if getattr(was, field) != getattr(one, field):
                    yield f"~ {kind} {one.id} {field}: {_shown(getattr(was, field))} -> {_shown(getattr(one, field))}"


def _shown(value: object) -> str:
    if isinstance(value, Names):
        return f"{value.ja} / {value.en}"
    if isinstance(value, Benefit):
        return value.id
    if isinstance(value, HelpPage):
        return f"{value.category} {value.url}"
    if isinstance(value, CheckRules):
        return "; ".join(f"{name} {_shown(part)}" for name, part in msgspec.structs.asdict(value).items() if part)
    if isinstance(value, dict):
        return ", ".join(f"{word}: {instead}" for word, instead in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    return str(value) or "none"


def names_of(workspace: Workspace) -> tuple[str, ...]:
    """Return what no other workspace may have: domains, tenants and shared addresses, as the common register names them."""
    return (
        f"workspace:{workspace.id}",  # so that one without any other name is found too, to be forgotten from or applied again
        *(f"domain:{domain}" for domain in workspace.google_domains),
        *(f"tenant:{tenant}" for tenant in workspace.entra_tenants),
        *(f"address:{address}" for team in workspace.teams if not team.archived for address in team.addresses),
    )

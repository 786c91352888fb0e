"""Which workspace and person an account belongs to, and the description of each workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.events import Identity
from server.domain.outcomes import Stranger
from server.domain.workspace import Person, Preferences, Viewer, Workspace
from server.store.connect import FAILURES
from server.store.connections import connections_of, panel_of
from server.store.keys import REGISTER, prefix, sequence
from server.store.library import Library

FRESH_SECONDS: Final = 60.0
"""How long a copy trusts what it read of a workspace (DESIGN decision 2); a newer revision seen in an answer ends it sooner."""

_workspace = msgspec.json.Decoder(Workspace).decode
_person = msgspec.msgpack.Decoder(Person).decode
_preferences = msgspec.msgpack.Decoder(Preferences).decode


class _Known(msgspec.Struct):
    workspace: Workspace
    accounts: Mapping[str, str]
    revision: int
    read_at: float


class RedisDirectory:
    """The port `Directory`, and what `sobani apply` does. `clock` is monotonic seconds."""

    def __init__(self, library: Library, clock: Callable[[], float]) -> None:
        self._library = library
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._names: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def viewer(self, identity: Identity) -> Viewer | Stranger:
        """See the port."""
        name = f"domain:{identity.tenant}" if identity.provider == "google" else f"tenant:{identity.tenant}"
        workspace_id = self._owner_of(name) if identity.tenant else ""
        if not workspace_id:
            return Stranger(why="unknown_company")
        known = self._read(workspace_id)
        if known is None:
            return Stranger(why="unknown_company")
        workspace = known.workspace
        if identity.guest:
            return _stranger(workspace, "guest")
        if identity.email in workspace.team_by_address:
            if workspace.shared_accounts == "refuse":
                return _stranger(workspace, "shared_refused")
            return Viewer(workspace, None, shared=identity.email, provider=identity.provider)
        bound = known.accounts.get(account_of(identity))
        if bound is None:
            answer = self._bind(workspace, identity)
            if isinstance(answer, Stranger):
                return answer
            bound, revision = answer
            known = self._read(workspace_id, since=revision) or known
            workspace = known.workspace
        person = workspace.person_by_id.get(bound)
        if person is None or person.archived:
            return _stranger(workspace, "archived")
        return Viewer(workspace, person, provider=identity.provider)

    def notice(self, workspace: Workspace, revision: int) -> None:
        """See the port."""
        known = self._known.get(workspace.id)
        if known and revision > known.revision:
            self._known.pop(workspace.id, None)

    def prefer(self, viewer: Viewer, preferences: Preferences) -> None:
        """See the port."""
        p = prefix(viewer.workspace.id)
        try:
            with self._library.client.pipeline(transaction=False) as pipe:
                pipe.hset(f"{p}prefs", viewer.id, msgspec.msgpack.encode(preferences))
                pipe.incr(f"{p}rev")
                pipe.execute()
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error
        self._known.pop(viewer.workspace.id, None)

    def workspace(self, workspace_id: str) -> Workspace | None:
        """Return the workspace as it stands in the store now, None when there is none of this id."""
        known = self._read(workspace_id, again=True)
        return known.workspace if known else None

    def workspaces(self) -> tuple[str, ...]:
        """Return the ids of all workspaces."""
        return tuple(sorted({owner.decode() for owner in self._command("hvals", REGISTER)}))

    def store(self, workspace: Workspace, seen: int) -> bool:
        """Write the description, if the directory is still at the revision `seen`. False: another apply came between."""
        request = {
            "p": prefix(workspace.id),
            "cfg": msgspec.json.encode(workspace).decode(),
            "seen": str(seen),
            "named": {email: person.id for email, person in workspace.person_by_email.items()},
            "see": [team.id for team in workspace.teams],
            "private": workspace.private_teams,
        }
        answer = self._library.call("configure", sequence(workspace.id), request)
        self._known.pop(workspace.id, None)
        return bool(answer[0] == b"ok")

    def described(self, workspace_id: str) -> tuple[Workspace | None, int]:
        """Return the description as last applied, without the people made at their first open, and the revision."""
        p = prefix(workspace_id)
        cfg, revision = self._command("mget", f"{p}cfg", f"{p}rev")
        return (_workspace(cfg) if cfg else None), int(revision or 0)

    def owned_elsewhere(self, workspace_id: str, names: tuple[str, ...]) -> str:
        """Return the first of these names that another workspace has, "" when there is none."""
        owners = self._command("hmget", REGISTER, names) if names else []
        return next(
            (name for name, owner in zip(names, owners, strict=True) if owner and owner.decode() != workspace_id), ""
        )

    def register(self, workspace_id: str, names: tuple[str, ...]) -> str:
        """Take domains, tenants and addresses for this workspace; the name that another one has, or "" when all went well."""
        answer = self._library.call("register", REGISTER, {"workspace": workspace_id, "names": names})
        self._names.clear()
        return "" if answer[0] == b"ok" else answer[1].decode()

    def _owner_of(self, name: str) -> str:
        owner, until = self._names.get(name, ("", 0.0))
        if self._clock() < until:
            return owner
        raw = self._command("hget", REGISTER, name)
        owner = raw.decode() if raw else ""
        if owner:  # a company that is not known may be applied any moment, and has no warm path to protect
            self._names[name] = (owner, self._clock() + FRESH_SECONDS)
        return owner

    def _read(self, workspace_id: str, *, since: int = 0, again: bool = False) -> _Known | None:
        """Return the workspace, from memory while it is fresh and shows revision `since`; or `again` from the store."""
        known = self._known.get(workspace_id)
        if known and not again and self._is_good(known, since):
            return known
        with self._lock:
            known = self._known.get(workspace_id)
            if known and not again and self._is_good(known, since):
                return known
            p = prefix(workspace_id)
            try:
                with self._library.client.pipeline(transaction=False) as pipe:
                    # Others write between two of these: whoever is bound must be among the people, and what is newer than
                    # the revision says is read again, where what is older would be believed.
                    pipe.get(f"{p}rev")
                    pipe.hgetall(f"{p}accounts")
                    pipe.hgetall(f"{p}people")
                    pipe.hgetall(f"{p}prefs")
                    pipe.hgetall(f"{p}cx")
                    pipe.get(f"{p}panel")
                    pipe.get(f"{p}cfg")
                    revision, accounts, people, preferences, connections, panel, cfg = pipe.execute()
            except FAILURES as error:
                raise RecordsUnavailable(type(error).__name__) from error
            if cfg is None:
                self._known.pop(workspace_id, None)
                return None
            described = _workspace(cfg)
            chosen = _with_choices(_with_newcomers(described, people, int(revision or 0)), preferences)
            fresh_one = _Known(
                workspace=msgspec.structs.replace(
                    chosen, connections=connections_of(connections), panel=panel_of(panel)
                ),
                accounts={account.decode(): person.decode() for account, person in accounts.items()},
                revision=int(revision or 0),
                read_at=self._clock(),
            )
            self._known[workspace_id] = fresh_one
            return fresh_one

    def _is_good(self, known: _Known, since: int) -> bool:
        return known.revision >= since and self._clock() - known.read_at < FRESH_SECONDS

    def _bind(self, workspace: Workspace, identity: Identity) -> tuple[str, int] | Stranger:
        """Bind the account to its person at the first sign-in: their id, and the first revision that shows them."""
        if not identity.email:
            return _stranger(workspace, "guest")
        person = workspace.person_by_email.get(identity.email)
        if person is None and not workspace.open_to_domain:
            return _stranger(workspace, "closed")
        if person is None and any(identity.email in one.emails for one in workspace.people if one.archived):
            return _stranger(workspace, "archived")
        name = identity.name or identity.email.partition("@")[0]
        made = Person(id="", name=name, emails=(identity.email,))
        answer = self._library.call(
            "bind",
            sequence(workspace.id),
            {
                "p": prefix(workspace.id),
                "account": account_of(identity),
                "seat": f"{identity.provider}|{identity.tenant}|{identity.email}",
                "email": identity.email,
                "person": person.id if person else "",
                "made": made,
            },
        )
        return (answer[1].decode(), int(answer[2])) if answer[0] == b"ok" else _stranger(workspace, "mismatch")

    def _command(self, name: str, *args: str | tuple[str, ...]) -> Any:
        try:
            return getattr(self._library.client, name)(*args)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error


def account_of(identity: Identity) -> str:
    """Return the account as the records name it: only what never changes."""
    return f"{identity.provider}|{identity.tenant}|{identity.subject}"


def _stranger(workspace: Workspace, why: Any) -> Stranger:
    admins = tuple(person.name for person in workspace.people if person.role == "admin" and not person.archived)
    return Stranger(workspace=workspace.name, ask=admins, why=why)


def _with_choices(workspace: Workspace, preferences: Mapping[bytes, bytes]) -> Workspace:
    """Add what people have chosen for themselves."""
    if not preferences:
        return workspace
    chosen = {person.decode(): _preferences(raw) for person, raw in preferences.items()}
    people = (
        msgspec.structs.replace(person, preferences=chosen[person.id]) if person.id in chosen else person
        for person in workspace.people
    )
    return msgspec.structs.replace(workspace, people=tuple(people))


def _with_newcomers(workspace: Workspace, people: Mapping[bytes, bytes], revision: int) -> Workspace:
    """Add the people made at their first open; those whom the file names by now lead on to the file's person."""
    named = workspace.person_by_email
    newcomers = []
    for raw in people.values():
        person = _person(raw)
        same = next((named[email].id for email in person.emails if email in named), "")
        newcomers.append(msgspec.structs.replace(person, same_as=same))
    return msgspec.structs.replace(
        workspace, people=(*workspace.people, *sorted(newcomers, key=lambda one: one.id)), version=revision
    )

"""One company and what it has decided: teams, people, names of statuses, leases. Ids are stable, names are not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import msgspec

from server.domain.customers import FormRule, OurAddresses
from server.domain.roles import Role

Language = Literal["ja", "en"]
StatusKind = Literal["open", "working", "waiting", "done"]
SharedAccounts = Literal["name", "refuse"]


class Names(msgspec.Struct, frozen=True):
    """One thing's name in both languages."""

    ja: str
    en: str

    def in_(self, language: str) -> str:
        """The name in this language; Japanese unless English is asked for."""
        return self.en if language == "en" else self.ja


class Status(msgspec.Struct, frozen=True):
    """One status a conversation can have; its kind is what the rules look at."""

    id: str
    kind: StatusKind
    name: Names
    archived: bool = False


class Priority(msgspec.Struct, frozen=True):
    """One priority; the lowest order comes first in a queue."""

    id: str
    order: int
    name: Names
    archived: bool = False


class Hold(msgspec.Struct, frozen=True):
    """One reason why a conversation waits."""

    id: str
    name: Names
    archived: bool = False


class Team(msgspec.Struct, frozen=True):
    """Owns the mail of its addresses. A private team's conversations are seen by its members only."""

    id: str
    name: str
    addresses: tuple[str, ...] = ()
    members: tuple[str, ...] = ()  # person ids; empty: everybody in the workspace
    private: bool = False
    default: bool = False
    archived: bool = False


class Person(msgspec.Struct, frozen=True):
    """Somebody of the company, whatever client they use. `same_as` leads on when the file later named them."""

    id: str
    name: str
    emails: tuple[str, ...] = ()
    role: Role = Role.AGENT
    title: str = ""
    archived: bool = False
    same_as: str = ""


class Workspace(msgspec.Struct, frozen=True, dict=True):
    """One company, as its file and its people's first opens made it."""

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
    teams: tuple[Team, ...] = ()
    people: tuple[Person, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    holds: tuple[Hold, ...] = ()
    forms: tuple[FormRule, ...] = ()
    version: int = 0

    @cached_property
    def person_by_id(self) -> Mapping[str, Person]:
        """People by id, `same_as` followed."""
        by_id = {person.id: person for person in self.people}
        return {person.id: by_id.get(person.same_as, person) for person in self.people}

    @cached_property
    def person_by_email(self) -> Mapping[str, Person]:
        """People who are not archived, by each of their e-mail addresses."""
        return {
            email: person
            for person in self.people
            if not person.archived and not person.same_as
            for email in person.emails
        }

    @cached_property
    def team_by_id(self) -> Mapping[str, Team]:
        """Teams by id, archived ones too."""
        return {team.id: team for team in self.teams}

    @cached_property
    def team_by_address(self) -> Mapping[str, str]:
        """Shared address to the id of the team that has it; archived teams receive nothing new."""
        return {address: team.id for team in self.teams if not team.archived for address in team.addresses}

    @cached_property
    def status_by_id(self) -> Mapping[str, Status]:
        """Statuses by id, archived ones too."""
        return {status.id: status for status in self.statuses}

    @cached_property
    def priority_by_id(self) -> Mapping[str, Priority]:
        """Priorities by id, archived ones too."""
        return {priority.id: priority for priority in self.priorities}

    @cached_property
    def hold_by_id(self) -> Mapping[str, Hold]:
        """Hold reasons by id, archived ones too."""
        return {hold.id: hold for hold in self.holds}

    @cached_property
    def ours(self) -> OurAddresses:
        """What is never a customer: our domains, shared addresses and people's addresses."""
        return OurAddresses(
            domains=frozenset(self.google_domains) | {a.rpartition("@")[2] for p in self.people for a in p.emails},
            addresses=frozenset(self.team_by_address) | {email for person in self.people for email in person.emails},
        )

    @property
    def default_team(self) -> Team | None:
        """Where a mail goes that an agent adds by hand."""
        living = [team for team in self.teams if not team.archived]
        return next((team for team in living if team.default), living[0] if living else None)

    def status_of_kind(self, kind: StatusKind) -> str:
        """The id of the first living status of this kind, "" when the workspace has none."""
        return next((s.id for s in self.statuses if s.kind == kind and not s.archived), "")


class Viewer(msgspec.Struct, frozen=True):
    """The agent who asks, in one workspace. `shared` is the address of an account that several people use."""

    workspace: Workspace
    person: Person | None  # None for a shared account before somebody is named
    shared: str = ""
    provider: str = ""

    @property
    def id(self) -> str:
        """Who acts and sees: the person, or the shared account itself."""
        return self.person.id if self.person else f"shared:{self.shared}"

    @property
    def role(self) -> Role:
        """A shared account may do what an agent may."""
        return self.person.role if self.person else Role.AGENT

    def sees(self, team: Team) -> bool:
        """Whether this team's conversations are open to the viewer."""
        if not team.private:
            return True
        return self.shared in team.addresses if self.person is None else self.person.id in team.members

    @property
    def teams(self) -> tuple[str, ...]:
        """Ids of all teams whose conversations the viewer may see, archived ones too."""
        return tuple(team.id for team in self.workspace.teams if self.sees(team))

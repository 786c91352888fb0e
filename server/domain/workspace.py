"""One company and what it has decided: teams, people, names of statuses, leases. Ids are stable, names are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import msgspec

from server.domain.addresses import is_free_mail
from server.domain.crm import Connection
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
    signature: str = ""  # instead of the workspace's


class CheckRules(msgspec.Struct, frozen=True):
    """What the company has decided about the check of drafts (server.replies.check)."""

    off: tuple[str, ...] = ()  # ids of rules that are not asked
    banned: tuple[str, ...] = ()  # words that must not go out
    voice: dict[str, str] = {}  # word -> what the team says instead
    never_promise: tuple[str, ...] = ()  # words of promises that nobody may make


class Benefit(msgspec.Struct, frozen=True):
    """What may be given with an apology: a coupon, a gift. At most `per_month` times a customer and month."""

    id: str
    name: Names
    code: str
    per_month: int = 1


class HelpPage(msgspec.Struct, frozen=True):
    """A page of ours that helps with one category of questions; its language is its readers'."""

    category: str  # an id of server.domain.categories, or the company's own word
    title: str
    url: str
    language: Literal["", "ja", "en"] = ""  # "": whatever the answer is written in
    feature: str = ""  # only for customers who have this feature, by the CRM, and have never used it


class Preferences(msgspec.Struct, frozen=True):
    """What a person has chosen for themselves. "" is what the workspace or the mail client says."""

    language: Literal["", "ja", "en"] = ""
    team: str = ""  # whose queue comes first, and where a mail of one's own is added to
    quiet: tuple[Literal["mentions", "assigned"], ...] = ()  # what they do not want to be told


class Person(msgspec.Struct, frozen=True):
    """Somebody of the company, whatever client they use. `same_as` leads on when the file later named them."""

    id: str
    name: str
    emails: tuple[str, ...] = ()
    role: Role = Role.AGENT
    title: str = ""
    archived: bool = False
    same_as: str = ""
    send_as: tuple[str, ...] = ()  # shared addresses that this person's mailbox may send from
    preferences: Preferences = Preferences()  # their own choice, never the file's


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
    signature: str = ""  # below replies; {name}, {title}, {team}, {company} and {address} are filled in
    quote_original: bool = True  # below a reply drafted in Gmail; Outlook quotes by itself
    teams: tuple[Team, ...] = ()
    people: tuple[Person, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    holds: tuple[Hold, ...] = ()
    forms: tuple[FormRule, ...] = ()
    check: CheckRules = CheckRules()
    benefits: tuple[Benefit, ...] = ()
    help_pages: tuple[HelpPage, ...] = ()
    connections: tuple[Connection, ...] = ()  # CRMs, kept by administrators, never the file's
    panel: tuple[str, ...] = ()  # fields of the customer panel in order; empty: server.domain.crm.PANEL_FIELDS
    version: int = 0

    @cached_property
    def person_by_id(self) -> Mapping[str, Person]:
        """People by id, `same_as` followed."""
        by_id = {person.id: person for person in self.people}
        return {person.id: by_id.get(person.same_as, person) for person in self.people}

    @cached_property
    def short_names(self) -> Mapping[str, str]:
        """How colleagues call each other: the family name where it comes first and nobody shares it, else the whole name.

        A family name is told by the space after it in a name that does not begin in Latin letters: 佐藤 美咲.
        """
        family = {
            person.id: person.name.split()[0]
            for person in self.people
            if len(person.name.split()) > 1 and person.name[0] > "\u2fff"
        }
        shared = Counter(family[person.id] for person in self.people if person.id in family and not person.same_as)
        return {
            person: family[found.id] if shared[family.get(found.id, "")] == 1 else found.name
            for person, found in self.person_by_id.items()
        }

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
        addresses = {a for team in self.teams for a in team.addresses} | {
            a for person in self.people for a in person.emails
        }
        # A colleague's own free-mail address is ours; everybody else's at that provider is not.
        domains = {address.rpartition("@")[2] for address in addresses}
        return OurAddresses(
            domains=frozenset(self.google_domains) | {domain for domain in domains if not is_free_mail(domain)},
            addresses=frozenset(addresses),
        )

    @cached_property
    def private_teams(self) -> tuple[str, ...]:
        """Ids of the teams whose conversations only members see."""
        return tuple(team.id for team in self.teams if team.private)

    @cached_property
    def first_statuses(self) -> Mapping[str, str]:
        """The id of the first living status of each kind, "" when the workspace has none."""
        return {
            kind: next((status.id for status in self.statuses if status.kind == kind and not status.archived), "")
            for kind in ("open", "working", "waiting", "done")
        }

    def status_of_kind(self, kind: StatusKind) -> str:
        """Return the id of the first living status of this kind, "" when the workspace has none."""
        return self.first_statuses[kind]


class Viewer(msgspec.Struct, frozen=True):
    """The agent who asks, in one workspace. `shared` is the address of an account that several people use."""

    workspace: Workspace
    person: Person | None  # None for a shared account before somebody is named
    shared: str = ""
    provider: str = ""

    def named(self, person: Person) -> Viewer:
        """Return the shared account with the person who says to be at it."""
        return msgspec.structs.replace(self, person=person)

    @property
    def id(self) -> str:
        """Who acts and sees: the person, or the shared account itself."""
        return self.person.id if self.person else f"shared:{self.shared}"

    @property
    def preferences(self) -> Preferences:
        """What the person has chosen; an account that several use has chosen nothing."""
        return self.person.preferences if self.person and not self.shared else Preferences()

    @property
    def role(self) -> Role:
        """A shared account may do what an agent may, whoever it names: a name from a list proves nothing."""
        return self.person.role if self.person and not self.shared else Role.AGENT

    def sees(self, team: Team) -> bool:
        """Whether this team's conversations are open to the viewer."""
        if not team.private:
            return True
        if self.shared:  # not what the person whom it names may see: anybody at the account can name them
            return self.shared in team.addresses
        return self.person is not None and self.person.id in team.members

    @property
    def teams(self) -> tuple[str, ...]:
        """Ids of all teams whose conversations the viewer may see, archived ones too."""
        return tuple(team.id for team in self.workspace.teams if self.sees(team))

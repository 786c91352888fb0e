"""Who can sit at the playground's two mail clients, with an account at Google and one at Microsoft each."""

from __future__ import annotations

import hashlib
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Not among the workspace's tenants: what a stranger's organisation is called.
STRANGERS_DOMAIN = "tsubame.example"
STRANGERS_TENANT = "9a4c1f0e-5d27-4c0b-8f6e-2b7d31c5e8a1"


@dataclass(frozen=True, slots=True)
class Agent:
    """One person (or shared account) with the ids both providers know it by."""

    id: str
    name: str
    email: str
    title: str
    kind: str  # "person" | "shared" | "newcomer" | "stranger": the page says which
    domain: str  # Google's hd
    tenant: str  # Entra's tid

    @property
    def google_subject(self) -> str:
        """Google's sub: 21 digits."""
        digest = hashlib.sha256(f"google {self.email}".encode()).digest()
        return str(10**20 + int.from_bytes(digest[:8]) % 9 * 10**19 + int.from_bytes(digest[8:16]) % 10**19)

    @property
    def entra_object(self) -> str:
        """Entra's oid: a GUID."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"entra {self.email}"))


def shared_addresses(workspace_file: Path) -> frozenset[str]:
    """The addresses of the workspace's teams."""
    workspace = tomllib.loads(workspace_file.read_text(encoding="utf-8"))
    return frozenset(address for team in workspace["team"] for address in team["addresses"])


def agents_of(workspace_file: Path) -> Mapping[str, Agent]:
    """The people of the workspace, then the accounts that show what happens to everybody else."""
    workspace = tomllib.loads(workspace_file.read_text(encoding="utf-8"))
    domain: str = workspace["workspace"]["google_domains"][0]
    tenant: str = workspace["workspace"]["entra_tenants"][0]
    team = next((team for team in workspace["team"] if team.get("default")), workspace["team"][0])
    people = [
        Agent(person["id"], person["name"], person["emails"][0], person.get("title", ""), "person", domain, tenant)
        for person in workspace["person"]
    ]
    others = [
        Agent("shared-account", team["name"], team["addresses"][0], "", "shared", domain, tenant),
        Agent("newcomer", "森田 結衣", f"yui.morita@{domain}", "", "newcomer", domain, tenant),
        Agent(
            "stranger",
            "長谷川 亮",
            f"ryo.hasegawa@{STRANGERS_DOMAIN}",
            "",
            "stranger",
            STRANGERS_DOMAIN,
            STRANGERS_TENANT,
        ),
    ]
    return {agent.id: agent for agent in people + others}

"""A change of scopes, triggers, permissions or events is a decision: the manifests say what docs/adr/0010 says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.addon_manifests import sample
from tests.addon_manifests.test_outlook import OFFICE, V1_1

ADR: Final = (Path(__file__).parents[2] / "docs/adr/0010-scopes-and-events.md").read_text("utf-8")


def table(heading: str) -> list[tuple[str, ...]]:
    """The words in `code` of each row below this heading, without the last column, which holds the reason."""
    found = re.search(rf"^## {re.escape(heading)}\n\n\|.*\n\|.*\n((?:\|.*\n)+)", ADR, flags=re.MULTILINE)
    assert found is not None, heading
    rows = []
    for line in found[1].splitlines():
        *cells, reason = line.strip("|").split("|")
        assert reason.strip(), line
        rows.append(tuple(word for cell in cells for word in re.findall("`([^`]+)`", cell)))
    return rows


def test_gmails_scopes() -> None:
    assert [(scope,) for scope in sample.gmail()["oauthScopes"]] == table("Gmail: OAuth scopes")


def test_gmails_triggers() -> None:
    add_ons = sample.gmail()["addOns"]
    found = [("homepageTrigger", add_ons["common"]["homepageTrigger"]["runFunction"])]
    found += [
        ("contextualTriggers", trigger["onTriggerFunction"]) for trigger in add_ons["gmail"]["contextualTriggers"]
    ]
    found += [("composeTrigger", action["runFunction"]) for action in add_ons["gmail"]["composeTrigger"]["actions"]]
    found += [("universalActions", action["runFunction"]) for action in add_ons["common"]["universalActions"]]
    assert [(trigger, url.removeprefix(sample.BASE)) for trigger, url in found] == table("Gmail: triggers")


def test_outlooks_permissions() -> None:
    xml = sample.outlook_xml()
    found = [(element.text,) for element in xml.iter(f"{OFFICE}Permissions")]
    found += [
        ("SupportsSharedFolders",) for element in xml.iter(f"{V1_1}SupportsSharedFolders") if element.text == "true"
    ]
    assert found == table("Outlook: permissions")
    assert not list(xml.iter(f"{V1_1}ExtendedPermission"))


def test_outlooks_events() -> None:
    found = [tuple(event.attrib.values()) for event in sample.outlook_xml().iter(f"{V1_1}LaunchEvent")]
    assert found == table("Outlook: events")


def test_outlooks_scopes() -> None:
    found = [(scope.text,) for scope in sample.outlook_xml().iter(f"{V1_1}Scope")]
    assert found == table("Outlook: scopes in `WebApplicationInfo`")


def test_the_unified_manifest_asks_for_the_same() -> None:
    permissions = sample.outlook_json()["authorization"]["permissions"]["resourceSpecific"]
    assert [permission["name"] for permission in permissions] == ["MailboxItem.ReadWrite.User", "Mailbox.SharedFolder"]

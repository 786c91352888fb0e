"""The CRMs that teams have, each with a module named like its kind; server.gateways.crm.spec says what that brings and what it is given.

What a vendor needs besides has the vendor's name in front: `_line` (our token on every call), `_api` (its calls), `_people` (who is found),
`_items` (what belongs to them), `_write` (what is logged and made), `_events` (webhooks), and what only that one has. `values`, `mapping`,
`marks`, `people` and `tokens` are for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, Protocol, cast

from server.domain.crm import CrmKind
from server.gateways.crm.spec import Connect, Spec

MODULES: Final[Mapping[CrmKind, str]] = MappingProxyType(
    {
        "builtin": "server.gateways.crm.builtin",
        "odoo": "server.gateways.crm.odoo",
        "hubspot": "server.gateways.crm.hubspot",
        "salesforce": "server.gateways.crm.salesforce",
        "kintone": "server.gateways.crm.kintone",
        "zendesk": "server.gateways.crm.zendesk",
        "http": "server.gateways.crm.http",
    }
)


class Connector(Protocol):
    """The module of a kind."""

    @property
    def SPEC(self) -> Spec: ...  # noqa: N802 - a constant of the module

    @property
    def connect(self) -> Connect: ...


def load(kind: CrmKind) -> Connector:
    """Import the connector when it is first wanted: some vendors' libraries take a second and 50 MB, which nobody owes who has no such CRM."""
    return cast("Connector", import_module(MODULES[kind]))

"""The CRMs that teams have, one module each; server.gateways.crm.spec says what a module brings and what it is given."""

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
    """A module of this package."""

    @property
    def SPEC(self) -> Spec: ...  # noqa: N802 - a constant of the module

    @property
    def connect(self) -> Connect: ...


def load(kind: CrmKind) -> Connector:
    """Import the connector when it is first wanted: some vendors' libraries take a second and 50 MB, which nobody owes who has no such CRM."""
    return cast("Connector", import_module(MODULES[kind]))

"""What a whole HubSpot account shares: its own data, its owners, its pipelines. Read once in an hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar, cast

import msgspec
from msgspec.json import Decoder

from server.domain.crm import CrmError
from server.gateways.crm import values
from server.gateways.crm.hubspot_api import Api
from server.gateways.crm.people import full_name
from server.gateways.crm.spec import Clock

HOUSE_MS: Final = 60 * 60_000
"""How long owners, pipelines and the account are taken as known."""

_TYPE_IDS: Final = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5", "orders": "0-123"}

_T = TypeVar("_T")


class Stage(msgspec.Struct, frozen=True):
    """A stage of a pipeline, of deals or tickets."""

    id: str
    label: str = ""
    metadata: dict[str, object] = {}

    @property
    def closed(self) -> bool:
        """Whether whatever stands there is done with."""
        return values.flag(self.metadata.get("isClosed")) is True or self.metadata.get("ticketState") == "CLOSED"


class _Pipeline(msgspec.Struct, frozen=True):
    stages: list[Stage] = []


class _Pipelines(msgspec.Struct, frozen=True):
    results: list[_Pipeline]


class _Owner(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class _Owners(msgspec.Struct, frozen=True):
    results: list[_Owner]


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """The account itself."""

    portal_id: int = 0
    ui_domain: str = ""
    company_currency: str = ""

    def link(self, kind: str, record: str) -> str:
        """Where HubSpot shows a record; "" while the account is not known, or names a host that is not HubSpot's."""
        host = self.ui_domain
        if not self.portal_id or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.hubspot\.com", host):
            return ""
        return f"https://{host}/contacts/{self.portal_id}/record/{_TYPE_IDS[kind]}/{record}"


class _Property(msgspec.Struct, frozen=True):
    name: str


class _Properties(msgspec.Struct, frozen=True):
    results: list[_Property]


_PIPELINES: Final = Decoder(_Pipelines)
_OWNERS: Final = Decoder(_Owners)
_ACCOUNT: Final = Decoder(Account)
_PROPERTIES: Final = Decoder(_Properties)


class House:
    """What is known of one account. Two threads may ask at the same time; they hear the same."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[int, object]] = {}

    def account(self, *, anew: bool = False) -> Account:
        """The account itself; nothing of it when the app may not read that."""
        if anew:
            self._known.pop("account", None)
        return self._shared("account", lambda: self._api.read("/account-info/v3/details", _ACCOUNT), Account())

    def owners(self) -> Mapping[str, str]:
        """The names of the account's people, by their numbers as owners."""

        def read() -> Mapping[str, str]:
            page = self._api.read("/crm/v3/owners/", _OWNERS, params=[("limit", "500")])
            return {
                one.id: full_name(values.text(one.first_name), values.text(one.last_name)) or values.text(one.email)
                for one in page.results
            }

        return self._shared("owners", read, {})

    def owner(self, number: object) -> str:
        """The name of an owner, "" for nobody."""
        written = values.ident(number)
        return self.owners().get(written, "") if written else ""

    def stages(self, of: str) -> Mapping[str, Stage]:
        """The stages of all pipelines of a type, by their ids."""

        def read() -> Mapping[str, Stage]:
            page = self._api.read(f"/crm/v3/pipelines/{of}", _PIPELINES)
            return {stage.id: stage for pipeline in page.results for stage in pipeline.stages}

        return self._shared(f"stages.{of}", read, {})

    def property_names(self, of: str) -> set[str]:
        """Which properties a type has now; asked anew each time."""
        return {one.name for one in self._api.read(f"/crm/v3/properties/{of}", _PROPERTIES).results}

    def _shared(self, name: str, read: Callable[[], _T], nothing: _T) -> _T:
        """What was read within the hour. What the app may not read is nothing: a panel without owners is better than none."""
        kept = self._known.get(name)
        if kept is None or kept[0] < self._clock():
            try:
                value = read()
            except CrmError as error:
                if error.status != 403:
                    raise
                value = nothing
            kept = self._clock() + HOUSE_MS, value
            self._known[name] = kept
        return cast("_T", kept[1])

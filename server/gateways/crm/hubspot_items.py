"""What hangs on a HubSpot record: deals, tickets, orders, notes, mails, calls and meetings, as items of the panel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from msgspec.structs import replace

from server.domain.crm import ITEMS_KEPT, CrmError, CrmRef, Item, ItemKind
from server.gateways.crm import values
from server.gateways.crm.hubspot_api import BATCH, Api, Object, condition, type_of
from server.gateways.crm.hubspot_house import House

_NOTES: Final = 40  # ids of one batch read of notes, which come with their whole text


class _Kind(NamedTuple):
    """How one type of object becomes items."""

    item: ItemKind
    titles: tuple[str, ...]
    at: str
    more: tuple[str, ...] = ()

    @property
    def properties(self) -> list[str]:
        return [*self.titles, self.at, "hubspot_owner_id", *self.more]


KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        "deals": _Kind(
            "deal",
            ("dealname",),
            "hs_lastmodifieddate",
            ("amount", "deal_currency_code", "dealstage", "hs_is_closed"),
        ),
        "tickets": _Kind(
            "ticket",
            ("subject",),
            "hs_lastmodifieddate",
            ("hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category"),
        ),
        "orders": _Kind(
            "order",
            ("hs_order_name",),
            "hs_lastmodifieddate",
            ("hs_total_price", "hs_currency_code", "hs_fulfillment_status", "hs_external_order_status"),
        ),
        "notes": _Kind("activity", ("hs_note_body",), "hs_timestamp"),
        "emails": _Kind("activity", ("hs_email_subject",), "hs_timestamp"),
        "calls": _Kind("activity", ("hs_call_title", "hs_body_preview"), "hs_timestamp"),
        "meetings": _Kind("activity", ("hs_meeting_title", "hs_body_preview"), "hs_timestamp"),
    }
)


class Items:
    """The items of records. `kinds`: the types that this connection shows; `complaints`: categories of tickets that are ones."""

    def __init__(self, api: Api, house: House, kinds: Sequence[str], complaints: Collection[str]) -> None:
        self._api = api
        self._house = house
        self._kinds = kinds
        self._complaints = complaints

    def readers(self, main: Object, ref: CrmRef) -> dict[str, Callable[[], object]]:
        """What must be asked for `read`, by names that `read` knows; in any order, or at the same time."""
        asking: dict[str, Callable[[], object]] = {}
        for of in self._kinds:
            ids, more = main.ids(of)
            if ids:
                asking[of] = partial(self._all_of, of, ids, ref.kind, str(main.id), more=more)
            if ids and of in {"deals", "tickets"}:
                asking[f"stages.{of}"] = partial(self._house.stages, of)
        return asking

    def read(self, main: Object, ref: CrmRef, said: Mapping[str, object]) -> tuple[tuple[Item, ...], dict[str, int]]:
        """The items that a card may show, and how many there are of the kinds that were cut."""
        items: list[Item] = []
        totals: dict[str, int] = {}
        for of in filter(said.__contains__, self._kinds):
            kind = KINDS[of]
            objects, count = cast("tuple[list[Object], int]", said[of])
            items += [self._item(of, kind, one, type_of(ref), str(main.id)) for one in objects]
            totals[kind.item] = totals.get(kind.item, 0) + count
        shown = values.kept(items)
        cut = {kind: most for kind, most in totals.items() if most > sum(one.kind == kind for one in shown)}
        return shown, cut

    def _all_of(self, of: str, ids: Sequence[str], whose: str, number: str, *, more: bool) -> tuple[list[Object], int]:
        """The objects of one type, the newest where there are too many, and how many there are."""
        kind = KINDS[of]
        try:
            if more or len(ids) > (_NOTES if of == "notes" else BATCH):
                whom = condition(f"associations.{whose}", "EQ", number)
                page = self._api.search(of, [[whom]], kind.properties, most=ITEMS_KEPT, sort=kind.at)
                return page.results, max(page.total, len(ids))
            return [one for one in self._api.batch(of, ids, kind.properties) if str(one.id) in ids], len(ids)
        except CrmError as error:
            if error.status == 403:  # the app may not read this type: the rest is still worth showing
                return [], 0
            raise

    def _item(self, of: str, kind: _Kind, one: Object, whose: str, whom: str) -> Item:
        own = one.properties
        titles = (values.text(own.get(name)) for name in kind.titles)
        account = self._house.account()
        activity = kind.item == "activity"
        page = account.link(whose, whom) if activity else account.link(of, str(one.id))
        item = Item(
            kind.item,
            str(one.id),
            next(filter(None, titles), "—"),
            values.moment(own.get(kind.at)),
            url=f"{page}?engagement={one.id}" if page and activity else page,
            by=self._house.owner(own.get("hubspot_owner_id")),
        )
        if of == "deals":
            stage = self._house.stages(of).get(values.ident(own.get("dealstage")))
            closed = values.flag(own.get("hs_is_closed"))
            currency = own.get("deal_currency_code") or account.company_currency
            return replace(
                item,
                status=stage.label if stage else "",
                open=not (closed if closed is not None else bool(stage and stage.closed)),
                amount=values.money(own.get("amount"), currency),
            )
        if of == "tickets":
            stage = self._house.stages(of).get(values.ident(own.get("hs_pipeline_stage")))
            urgent = own.get("hs_ticket_priority") in {"HIGH", "URGENT"}
            return replace(
                item,
                status=stage.label if stage else "",
                open=not (stage and stage.closed),
                complaint=urgent or own.get("hs_ticket_category") in self._complaints,
            )
        if of == "orders":
            status = own.get("hs_external_order_status") or own.get("hs_fulfillment_status")
            currency = own.get("hs_currency_code") or account.company_currency
            return replace(item, status=values.text(status), amount=values.money(own.get("hs_total_price"), currency))
        return item

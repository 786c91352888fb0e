"""What belongs to a customer in kintone: records of the apps of deals, tickets, orders and activities, as items of the panel."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.crm import ITEMS_KEPT, Item, ItemKind, Record
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm import values
from server.gateways.crm.kintone_api import Api
from server.gateways.crm.kintone_apps import Apps, Things, inner
from server.gateways.crm.kintone_query import within


class Items:
    """The apps of items that the settings name."""

    def __init__(self, apps: Apps, api: Api) -> None:
        self._apps = apps
        self._api = api

    def of(self, record: Record) -> tuple[tuple[Item, ...], dict[str, int]]:
        """Of each app the newest that belong to a record, and how many there are where not all could be read."""
        items: list[Item] = []
        totals: dict[str, int] = {}
        for kind, app in self._apps.things():
            links = _links(app, record)
            if links and record.ref.kind == "company" and app.by == "id" and self._apps.companies:
                continue  # the number is one of the customers' app
            if links:
                read, total = self._read(kind, app, links)
                items += read
                if total > len(read):
                    totals[kind] = total
        return values.kept(items), totals

    def _read(self, kind: ItemKind, app: Things, links: Sequence[str]) -> tuple[list[Item], int]:
        """The newest, and how many there are; when not all could be read, the open ones besides."""
        mine = within(app.link, links)
        codes = app.codes()
        records, total = self._api.records(
            app.app, [mine], codes, order=inner(app.date), limit=ITEMS_KEPT, counted=True, cost=0
        )
        status = inner(app.status)
        if total > len(records) and status and (app.open or app.closed):
            still = within(status, app.open) if app.open else within(status, app.closed, negate=True)
            more, _ = self._api.records(
                app.app, [mine, still], codes, order=inner(app.date), limit=ITEMS_KEPT, counted=True, cost=0
            )
            records = [*records, *more]
        # The query may have been answered with somebody else's: only what carries the link is this customer's.
        wanted = {link.lower() for link in links}
        numbered = {
            number: fields
            for fields in records
            if (number := cells.record_id(fields))
            and not wanted.isdisjoint(word.lower() for word in cells.words(fields, app.link))
        }
        return [self._item(kind, app, number, fields) for number, fields in numbered.items()], total

    def _item(self, kind: ItemKind, app: Things, number: str, fields: cells.Fields) -> Item:
        status = cells.joined(fields, app.status)
        return Item(
            kind=kind,
            id=f"{app.app}-{number}",
            title=cells.joined(fields, app.title),
            at=values.moment(cells.first(fields, app.date)),
            status=status,
            open=status in app.open if app.open else bool(status and app.closed and status not in app.closed),
            complaint=not set(app.complaints).isdisjoint(cells.words(fields, app.complaint)),
            amount=cells.money(fields, app.amount, app.currency, app.currency_field),
            url=self._api.show(app.app, number),
            by=cells.joined(fields, app.owner),
        )


def _links(app: Things, record: Record) -> Sequence[str]:
    """What items of this app are linked by."""
    by = {"id": (record.ref.id,), "email": record.addresses, "company": (record.company,)}
    return [link for link in by[app.by] if link]

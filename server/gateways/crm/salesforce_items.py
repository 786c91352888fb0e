"""What belongs to a person or company in Salesforce: cases, opportunities, orders, tasks and events, as items of the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from server.domain.crm import ITEMS_KEPT, Item, ItemKind, RecordKind
from server.gateways.crm import mapping, values
from server.gateways.crm.salesforce_api import ID, Api, Row
from server.gateways.crm.salesforce_soql import select
from server.gateways.crm.spec import Clock

_TASK: Final = "Id, Subject, IsClosed, ActivityDate, CreatedDate, Owner.Name"
_EVENT: Final = "Id, Subject, StartDateTime, CreatedDate, Owner.Name"
_CASE: Final = "Id, CaseNumber, Subject, Status, Priority, Type, Reason, IsClosed, LastModifiedDate, Owner.Name"
_DEAL: Final = ("Id", "Name", "StageName", "Amount", "IsClosed", "LastModifiedDate", "Owner.Name")
_ORDER: Final = ("Id", "OrderNumber", "Status", "TotalAmount", "LastModifiedDate", "Owner.Name")


class Items:
    """The queries for them, and what their rows say."""

    def __init__(self, settings: Mapping[str, str], api: Api, clock: Clock) -> None:
        self._currency = settings["currency"]
        self._several = settings["currencies"] == "several"
        self._orders = settings["orders"] == "yes"
        self._complaints = set(mapping.phrases(settings["complaints"]))
        self._api = api
        self._clock = clock

    def within(self) -> Sequence[str]:
        """The subqueries of a person's or company's own query: what was done and is to be done."""
        tasks = select(_TASK, "Tasks", "", f"ORDER BY CreatedDate DESC LIMIT {ITEMS_KEPT}")
        events = select(_EVENT, "Events", "", "ORDER BY StartDateTime DESC LIMIT 20")
        return f"({tasks})", f"({events})"

    def queries(self, kind: RecordKind, number: str) -> dict[str, str]:
        """The queries beside it, by the names that `read` knows; a lead has none."""
        if kind == "lead":
            return {}
        account = f"AccountId = '{number}'"
        if kind == "contact":
            theirs = select("AccountId", "Contact", f"Id = '{number}'")
            account = f"AccountId IN ({theirs})"
        newest = f"ORDER BY IsClosed ASC, LastModifiedDate DESC LIMIT {ITEMS_KEPT}"
        whose = f"ContactId = '{number}'" if kind == "contact" else account
        asked = {"cases": select(_CASE, "Case", whose, newest)}
        iso = ["CurrencyIsoCode"] if self._several else []
        deal = [*_DEAL, *iso]
        asked["deals"] = select(", ".join(deal), "Opportunity", account, newest)
        if kind == "contact":
            through = ", ".join(f"Opportunity.{name}" for name in deal)
            asked["roles"] = select(through, "OpportunityContactRole", f"ContactId = '{number}'", "LIMIT 20")
        if self._orders:
            columns = ", ".join((*_ORDER, *iso))
            asked["orders"] = select(columns, "Order", account, "ORDER BY LastModifiedDate DESC LIMIT 20")
        return asked

    def read(self, parts: Mapping[str, Sequence[Row]], person: Row) -> tuple[tuple[Item, ...], int]:
        """All items, and when somebody last had to do with them."""
        roles = [values.obj(row.get("Opportunity")) for row in parts.get("roles", ())]
        found = [self._case(row) for row in parts.get("cases", ())]
        found += [self._deal(row) for row in (*parts.get("deals", ()), *roles)]
        found += [self._order(row) for row in parts.get("orders", ())]
        now, done = self._clock(), 0
        for name in ("Tasks", "Events"):
            for row in values.objs(values.at(person, name, "records")):
                at = values.moment(row.get("StartDateTime") or row.get("ActivityDate") or row.get("CreatedDate"))
                found.append(self._item("activity", row, values.text(row.get("Subject")), at))
                if at <= now and row.get("IsClosed") is not False:
                    done = max(done, at)
        once = {(one.kind, one.id): one for one in found if one is not None}
        return values.kept(once.values()), done

    def _case(self, row: Row) -> Item | None:
        title = values.text(row.get("Subject")) or values.text(row.get("CaseNumber"))
        kinds = {values.text(row.get("Type")), values.text(row.get("Reason"))}
        urgent = values.text(row.get("Priority")) in {"High", "Critical", "高", "緊急"}
        one = self._item("ticket", row, title, values.moment(row.get("LastModifiedDate")))
        return one and replace(
            one,
            status=values.text(row.get("Status")),
            open=row.get("IsClosed") is False,
            complaint=urgent or bool(kinds & self._complaints),
        )

    def _deal(self, row: Row) -> Item | None:
        one = self._item("deal", row, values.text(row.get("Name")), values.moment(row.get("LastModifiedDate")))
        return one and replace(
            one,
            status=values.text(row.get("StageName")),
            open=row.get("IsClosed") is False,
            amount=values.money(row.get("Amount"), row.get("CurrencyIsoCode") or self._currency),
        )

    def _order(self, row: Row) -> Item | None:
        one = self._item("order", row, values.text(row.get("OrderNumber")), values.moment(row.get("LastModifiedDate")))
        return one and replace(
            one,
            status=values.text(row.get("Status")),
            amount=values.money(row.get("TotalAmount"), row.get("CurrencyIsoCode") or self._currency),
        )

    def _item(self, kind: ItemKind, row: Row, title: str, at: int) -> Item | None:
        number = values.ident(row.get("Id"))
        if not ID.fullmatch(number):
            return None
        by = values.text(values.at(row, "Owner", "Name"))
        return Item(kind, number, title or "—", at, url=self._api.link(number), by=by)

"""What a customer has in Odoo: leads, helpdesk tickets, sale orders and messages, as items of the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from server.domain.crm import Item
from server.gateways.crm import odoo_cells as cells
from server.gateways.crm import values
from server.gateways.crm.odoo_database import Database, Row

LEAD: Final = (
    "name", "contact_name", "partner_name", "partner_id", "email_from", "email_normalized", "phone", "mobile", "function",
    "description", "type", "stage_id", "probability", "date_closed", "expected_revenue", "company_currency", "user_id", "write_date",
)  # fmt: skip
_TICKET: Final = (
    "name", "number", "ticket_ref", "stage_id", "user_id", "priority", "close_date", "closed_date", "closed", "ticket_type_id", "category_id",
    "type_id", "write_date",
)  # fmt: skip
_SALE: Final = ("name", "state", "amount_total", "currency_id", "date_order", "user_id")
_MESSAGE: Final = ("date", "subject", "preview", "body", "author_id", "message_type", "res_id")

FIELDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "crm.lead": LEAD,
        "helpdesk.ticket": (*_TICKET, "partner_id", "partner_email", "partner_name"),
        "sale.order": _SALE,
        "mail.message": _MESSAGE,
    }
)
"""Fields of their models that may be asked for; of a ticket, some are only written."""


class Items:
    """Asks for them, and reads what comes. `complaints`: words in a ticket's type or category, in lower case."""

    def __init__(self, complaints: Sequence[str], db: Database) -> None:
        self._complaints = complaints
        self._db = db

    def of(self, above: int, model: str, key: int) -> tuple[Item, ...]:
        """What the whole company has: an order is as often its own as one of its people's."""
        theirs: list[object] = ["partner_id", "child_of", [above]]
        deals = self._db.optional(
            "crm.lead",
            [theirs, ["type", "=", "opportunity"], ["date_closed", "=", False], ["probability", "<", 100]],
            self._db.model("crm.lead").some(*LEAD),
            order="write_date desc",
        )
        tickets = self._db.model("helpdesk.ticket")
        closed = next(iter(tickets.some("close_date", "closed_date")), "")
        # PostgreSQL puts what has no date first: those that are open.
        cases = self._db.optional(
            "helpdesk.ticket",
            [theirs],
            tickets.some(*_TICKET),
            order=f"{closed} desc, write_date desc" if closed else "write_date desc",
        )
        sales = self._db.optional(
            "sale.order",
            [theirs, ["state", "not in", ["draft", "cancel"]]],
            self._db.model("sale.order").some(*_SALE),
            order="date_order desc",
        )
        found = [*map(self.deal, deals), *map(self._ticket, cases), *map(self._sale, sales), *self.messages(model, key)]
        return values.kept(item for item in found if item.id)

    def deal(self, row: Row) -> Item:
        """A lead or opportunity."""
        key = values.ident(row.get("id"))
        worth = row.get("expected_revenue")
        return Item(
            kind="deal",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("write_date")),
            status=cells.name(row.get("stage_id")),
            open=not row.get("date_closed"),
            amount=values.money(worth, cells.name(row.get("company_currency"))) if worth else None,
            url=self._db.link("crm.lead", key),
            by=cells.name(row.get("user_id")),
        )

    def _ticket(self, row: Row) -> Item:
        key = values.ident(row.get("id"))
        kinds = [cells.name(row.get(name)).lower() for name in ("ticket_type_id", "category_id", "type_id")]
        return Item(
            kind="ticket",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("write_date")),
            status=cells.name(row.get("stage_id")),
            open=not (row.get("close_date") or row.get("closed_date") or row.get("closed")),
            complaint=row.get("priority") == "3" or any(word in kind for kind in kinds for word in self._complaints),
            url=self._db.link("helpdesk.ticket", key),
            by=cells.name(row.get("user_id")),
        )

    def _sale(self, row: Row) -> Item:
        key = values.ident(row.get("id"))
        return Item(
            kind="order",
            id=key,
            title=values.text(row.get("name")),
            at=values.moment(row.get("date_order")),
            status=values.text(self._db.model("sale.order").plain("state", row.get("state"))),
            open=row.get("state") == "sent",
            amount=values.money(row.get("amount_total"), cells.name(row.get("currency_id"))),
            url=self._db.link("sale.order", key),
            by=cells.name(row.get("user_id")),
        )

    def messages(self, model: str, key: int) -> list[Item]:
        """Mails and notes; not what Odoo writes itself when a field changes."""
        known = self._db.model("mail.message")
        # A body can be a mail of a megabyte with its pictures inside; what is shown is its beginning.
        fields = [name for name in known.some(*_MESSAGE) if name != "body" or "preview" not in known.fields]
        query = [
            ["model", "=", model],
            ["res_id", "=", key],
            ["message_type", "not in", ["notification", "user_notification", "auto_comment"]],
        ]
        found = []
        for row in self._db.optional("mail.message", query, fields, order="id desc"):
            title = values.text(row.get("subject")) or values.text(row.get("preview")) or values.text(row.get("body"))
            if title and row.get("res_id") == key:
                found.append(
                    Item(
                        kind="activity",
                        id=values.ident(row.get("id")),
                        title=title,
                        at=values.moment(row.get("date")),
                        status=values.text(known.plain("message_type", row.get("message_type"))),
                        url=self._db.link(model, str(key)),
                        by=cells.name(row.get("author_id")),
                    )
                )
        return found

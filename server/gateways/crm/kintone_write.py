"""What is written into kintone: mails that are logged, and contacts, tickets and deals that are made, each a record of its app."""

from __future__ import annotations

from collections.abc import Mapping

from server.domain.crm import CrmError, CrmRef, Letter, Made, Order
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm.kintone_api import Api
from server.gateways.crm.kintone_apps import Apps, People, Things, inner, listed
from server.gateways.crm.kintone_people import Customers
from server.gateways.crm.kintone_query import within
from server.gateways.crm.marks import mark, noted


class Writing:
    """Writes once, however often it is asked: each app has a field for the key."""

    def __init__(self, apps: Apps, api: Api, customers: Customers) -> None:
        self._apps = apps
        self._api = api
        self._customers = customers

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A record in the app of activities, found again by its key."""
        app = self._apps.activities
        if app is None or not app.key:
            raise CrmError("unset", "kintone: activities and their key are not mapped")
        texts = {
            app.title: letter.subject,
            app.text: noted(letter),
            app.who: letter.by,
            app.key: mark(letter.key),
        }
        return self._make(app, texts, mark(letter.key), ref, at=letter.at, letter=letter)

    def unlog(self, made: Made) -> None:
        """Delete that record."""
        app, _, number = made.id.partition("-")
        if app not in {str(known.app) for _, known in self._apps.things()} or not number.isdigit():
            raise CrmError("mapping", "kintone: that was written into an app which the settings name no longer")
        self._api.delete(app, number)

    def create(self, order: Order) -> Made:
        """A record in the app of customers, tickets or deals."""
        if order.kind == "contact":
            people = self._apps.customers
            if not people.key or not people.email:
                raise CrmError("unset", "kintone: the customers' key and address are not mapped")
            texts = {people.email[0]: order.email, people.name: order.name, people.company: order.company}
            return self._make(people, {**texts, people.note: order.text, people.key: mark(order.key)}, mark(order.key))
        app = self._apps.tickets if order.kind == "ticket" else self._apps.deals
        if app is None or not app.key:
            raise CrmError("unset", f"kintone: {order.kind} and its key are not mapped")
        texts = {app.title: order.title, app.text: order.text, app.key: mark(order.key)}
        if order.amount:
            texts[app.amount] = order.amount.amount
            texts[app.currency_field] = order.amount.currency
        return self._make(app, texts, mark(order.key), order.record, email=order.email, company=order.company)

    def _make(
        self,
        app: People | Things,
        texts: Mapping[str, str],
        key: str,
        ref: CrmRef | None = None,
        *,
        email: str = "",
        company: str = "",
        at: int = 0,
        letter: Letter | None = None,
    ) -> Made:
        """Write a record, unless one carries the key already."""
        if found := self._made(app, key):
            return found
        form = self._api.form(app.app)
        record: dict[str, object] = {
            code: {"value": cells.preset(form, code, value)} for code, value in app.preset.items()
        }
        written = dict(texts)
        if isinstance(app, Things):
            if ref and ref.kind == "company" and app.by == "id" and self._apps.companies:
                raise CrmError("mapping", "kintone: the link is a number of the customers' app, and this is a company")
            if ref:
                whose = self._customers.load(ref)
                email, company = email or next(iter(whose.addresses), ""), whose.company or company
            written[app.link] = {"id": ref.id if ref else "", "email": email, "company": company}[app.by]
            if at and (day := cells.written_time(form, app.date, at)):
                record[app.date] = {"value": day}
            if letter and app.files and letter.files:
                record[app.files] = {
                    "value": [{"fileKey": self._api.upload(one.name, one.type, one.content)} for one in letter.files]
                }
        for code, text in written.items():
            if code and text and "." not in code:
                record[code] = {"value": cells.written_text(form, code, text)}
        try:
            number = self._api.create(app.app, record)
        except CrmError as error:
            # With a key field that takes no value twice, whoever came second is told so: the first one's record is the answer.
            found = self._made(app, key) if error.why in {"mapping", "conflict"} else None
            if found is None:
                raise
            return found
        return Made(f"{app.app}-{number}", self._api.show(app.app, number))

    def _made(self, app: People | Things, key: str) -> Made | None:
        records, _ = self._api.records(app.app, [within(inner(app.key), [key])], listed((app.key,)), limit=1, cost=1)
        number = next((cells.record_id(fields) for fields in records if key in cells.words(fields, app.key)), "")
        return Made(f"{app.app}-{number}", self._api.show(app.app, number)) if number else None

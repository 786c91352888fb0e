"""What is written into Odoo: mails that are logged, and contacts, leads and helpdesk tickets that are made.

Read for this (odoo/odoo on GitHub):
- message_post (addons/mail/models/mail_thread.py): the subtype mail.mt_note is internal, nobody is mailed. Text is escaped since 17
  unless `body_is_html`, which is there for callers from outside; before 17 there is no such argument, and text is HTML.
- `tracking_disable` (mail.thread.create): without it the first stage of a helpdesk team mails the customer by its template.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from server.domain.addresses import visible
from server.domain.crm import CrmError, CrmRef, Letter, Made, Order
from server.gateways.crm import odoo_cells as cells
from server.gateways.crm import values
from server.gateways.crm.marks import digest, noted
from server.gateways.crm.odoo_database import Database
from server.gateways.crm.odoo_people import People
from server.gateways.crm.spec import Line

_WRITING: Final = 15.0  # seconds for the several calls of a write


class Writing:
    """Writes once, however often it is asked: what an earlier try has made is looked for first."""

    def __init__(self, db: Database, people: People, line: Line) -> None:
        self._db = db
        self._people = people
        self._line = line

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A mail as a note at a partner or lead: nobody is mailed."""
        with self._line.within(_WRITING):
            return self._log(letter, ref)

    def _log(self, letter: Letter, ref: CrmRef) -> Made:
        model, key = ("crm.lead" if ref.kind == "lead" else "res.partner"), cells.number(ref.id)
        # The Message-ID of the note, so that a second try finds the first.
        mark = f"<{digest(letter.key, 40)}.sobani@{urlsplit(self._db.url).hostname}>"
        query = [["message_id", "=", mark], ["model", "=", model], ["res_id", "=", key]]
        for row in self._db.read("mail.message", query, ["res_id"], limit=1):
            if row.get("res_id") == key and isinstance(row.get("id"), int):
                return Made(str(row["id"]), self._db.link(model, str(key)))
        files = self._upload(letter, model, key)
        modern = self._db.version() >= 17
        try:
            said = self._db.call(
                model,
                "message_post",
                [key],
                body=_html(noted(letter)),
                subject=visible(letter.subject)[:500],
                message_type="comment",
                subtype_xmlid="mail.mt_note",
                message_id=mark,
                attachment_ids=files,
                # The user of the key becomes no follower of the customer; named so up to 18, and so from 19 on.
                context=self._db.context(mail_create_nosubscribe=True, mail_post_autofollow_author_skip=True),
                **({"body_is_html": True} if modern else {}),
                **({"date": _written(letter.at)} if letter.at else {}),
            )
        except CrmError as error:
            # Nothing is made by a failed call; only one that got no answer may have been.
            if files and error.why not in {"slow", "down", "garbled"}:
                self._db.unlink("ir.attachment", files)
            raise
        return Made(str(cells.made(said)), self._db.link(model, str(key)))

    def _upload(self, letter: Letter, model: str, key: int) -> list[int]:
        if not letter.files:
            return []
        said = self._db.create(
            "ir.attachment",
            [
                {
                    "name": visible(file.name)[:200] or "file",
                    "datas": base64.b64encode(file.content).decode(),
                    "mimetype": file.type,
                    "res_model": model,
                    "res_id": key,
                }
                for file in letter.files
            ],
            self._db.context(),
        )
        return cells.numbers(said)

    def unlog(self, made: Made) -> None:
        """The note is deleted, with its files."""
        with self._line.within(_WRITING):
            self._unlog(cells.number(made.id))

    def _unlog(self, key: int) -> None:
        rows = self._db.read("mail.message", [["id", "=", key]], ["attachment_ids"], limit=1)
        files = [number for row in rows if row.get("id") == key for number in cells.numbers(row.get("attachment_ids"))]
        if any(row.get("id") == key for row in rows):
            self._db.unlink("mail.message", [key])
        if files:  # they hang on the partner and would stay
            self._db.unlink("ir.attachment", files)

    def create(self, order: Order) -> Made:
        """A partner, a lead or a helpdesk ticket."""
        with self._line.within(_WRITING):
            return self._create_contact(order) if order.kind == "contact" else self._create_item(order)

    def _create_item(self, order: Order) -> Made:
        model = "crm.lead" if order.kind == "deal" else "helpdesk.ticket"
        known = self._db.model(model)
        if not known.fields:
            raise CrmError("mapping", f"{model} is not installed")
        partner = cells.number(order.record.id) if order.record and order.record.kind != "lead" else 0
        mark = f"sobani:{digest(order.key, 20)}"
        for row in self._db.read(model, [["description", "ilike", mark]], [], limit=1):
            return Made(values.ident(row.get("id")), self._db.link(model, values.ident(row.get("id"))))
        text = order.text
        fields: dict[str, object] = {"name": visible(order.title)[:200]}
        if partner:
            fields["partner_id"] = partner
        if order.kind == "deal":
            fields |= {
                "type": "opportunity",
                "email_from": order.email,
                "contact_name": order.name,
                "partner_name": order.company,
            }
            # Without a currency it is meant in their own, which is the only one that the field has: a dollar is no yen.
            if order.amount and order.amount.currency in {"", self._currency()}:
                fields["expected_revenue"] = values.number(order.amount.amount)
            elif order.amount:
                text = f"{order.amount.amount} {order.amount.currency}\n\n{text}".strip()
        else:
            fields |= {"partner_email": order.email, "partner_name": order.name}
        fields["description"] = f"{_html(text)}<p>{mark}</p>"
        return self._make(
            model,
            {
                name: value
                for name, value in fields.items()
                if value and (name in known.fields or name == "description")
            },
        )

    def _create_contact(self, order: Order) -> Made:
        for one in self._people.partners((order.email,), (), "") if order.email else ():
            if one.ref.kind == "contact":
                return Made(one.ref.id, one.url)
        fields: dict[str, object] = {
            "name": visible(order.name or order.title or order.email)[:200],
            "email": order.email,
        }
        if order.record and order.record.kind == "company":
            fields["parent_id"] = cells.number(order.record.id)
        elif order.company:
            fields["company_name"] = visible(order.company)[:200]
        return self._make("res.partner", {name: value for name, value in fields.items() if value})

    def _make(self, model: str, fields: Mapping[str, object]) -> Made:
        key = str(cells.made(self._db.create(model, [fields], self._db.context(tracking_disable=True))))
        return Made(key, self._db.link(model, key))

    def _currency(self) -> str:
        """The currency that amounts of new deals have: the company's, when there is only one."""
        rows = self._db.read("res.company", [], ["currency_id"], limit=10)
        found = {cells.name(row.get("currency_id")) for row in rows}
        return found.pop() if len(found) == 1 else ""


def _written(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _html(text: str) -> str:
    return "".join(
        f"<p>{html.escape(part).replace(chr(10), '<br/>')}</p>"
        for part in re.split(r"\n{2,}", visible(text).strip())
        if part
    )

"""What is written into Salesforce: mails that are logged, and contacts, cases and opportunities that are made.

Sources, read November 2026 on developer.salesforce.com:
- EmailMessage: there with Enhanced Email or Email-to-Case; MessageIdentifier can be filtered, so a mail that was logged before is found; the
  contact goes into ToIds, or into an EmailMessageRelation of the type FromAddress; the activity on the timeline is made by Salesforce. Without
  it the mail is a Task of the subtype Email, whose Description cannot be filtered: those of the day are compared.
- Values of picklists are the organisation's own, in its own language (Status "完了"): hence settings for those that are written.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from server.domain.crm import CrmError, CrmRef, Letter, Made, Order
from server.gateways.crm import values
from server.gateways.crm.marks import mark, marked
from server.gateways.crm.people import first_and_last
from server.gateways.crm.salesforce_api import ID, Api, Row, type_of
from server.gateways.crm.salesforce_line import Refusal
from server.gateways.crm.salesforce_people import People
from server.gateways.crm.salesforce_soql import quoted, select
from server.gateways.crm.spec import Clock

_RECENT: Final = "CreatedDate = LAST_N_DAYS:30"
_TEXT: Final = 30_000  # Description and TextBody hold 32,000 characters


class Writing:
    """Writes once, however often it is asked: what an earlier try has made is looked for first."""

    def __init__(self, settings: Mapping[str, str], api: Api, people: People, clock: Clock) -> None:
        self._settings = settings
        self._api = api
        self._people = people
        self._clock = clock

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A mail at a record: as EmailMessage where that is there, else as Task."""
        type_of(ref)
        day = values.day(letter.at or self._clock())
        asked = {"person": select("Id", type_of(ref), f"Id = '{ref.id}'")}
        that_day = f"{_who(ref)} = '{ref.id}' AND ActivityDate = {day} AND TaskSubtype = 'Email'"
        asked["tasks"] = select("Id, Description", "Task", that_day, "LIMIT 100")
        as_email = self._settings["log_as"] != "task" and ref.kind != "company"
        if as_email:
            asked["mails"] = select("Id", "EmailMessage", f"MessageIdentifier = '{mark(letter.key)}'", "LIMIT 1")
        parts = self._api.ask(asked, needed="person")
        if not parts["person"]:
            raise CrmError("missing", "the record is gone")
        before = [*parts.get("mails", ()), *_ours(parts.get("tasks", ()), letter.key)]
        if before:
            return self._with_files(values.ident(before[0].get("Id")))
        if as_email and "mails" in parts:
            try:
                return self._logged("EmailMessage", letter, ref, day)
            except Refusal as refused:
                if self._settings["log_as"] == "email" or refused.why not in {"mapping", "refused"}:
                    raise
        return self._logged("Task", letter, ref, day)

    def unlog(self, made: Made) -> None:
        """The mail goes to the recycle bin, with its files."""
        mail, *files = made.id.split("+")
        if not all(map(ID.fullmatch, (mail, *files))) or mail[:3] not in {"02s", "00T"}:
            raise CrmError("failed", "not the id of a logged mail")
        if files:
            versions = ", ".join(f"'{one}'" for one in files)
            soql = select("ContentDocumentId", "ContentVersion", f"Id IN ({versions})")
            for row in self._api.ask({"files": soql}, needed="files")["files"]:
                self._api.delete("ContentDocument", values.ident(row.get("ContentDocumentId")))
        self._api.delete("EmailMessage" if mail.startswith("02s") else "Task", mail)

    def create(self, order: Order) -> Made:
        """A contact, or a case or opportunity at a record."""
        if order.kind == "contact":
            made = self._new_contact(order)
        elif order.record is None:
            raise CrmError("failed", "a case or opportunity belongs to a record")
        else:
            type_of(order.record)
            made = (
                self._new_case(order, order.record) if order.kind == "ticket" else self._new_deal(order, order.record)
            )
        return Made(made, self._api.link(made))

    def _logged(self, kind: str, letter: Letter, ref: CrmRef, day: str) -> Made:
        asked: list[tuple[str, str, Mapping[str, object]]] = []
        if kind == "Task":
            text = marked(letter.text, letter.key, letter.by, _TEXT)
            task = {"Subject": letter.subject[:255], "Description": text, "ActivityDate": day, _who(ref): ref.id}
            asked.append(("mail", kind, {**task, "Status": self._settings["task_status"], "TaskSubtype": "Email"}))
        else:
            incoming = letter.direction == "in"
            at = datetime.fromtimestamp((letter.at or self._clock()) / 1000, UTC)
            mail: dict[str, object] = {
                "Subject": letter.subject[:3_000],
                "TextBody": letter.text[:_TEXT],
                "FromAddress": letter.sender,
                "FromName": letter.sender_name,
                "ToAddress": ";".join(letter.recipients)[:4_000],
                "MessageDate": at.isoformat(timespec="seconds"),
                "Incoming": incoming,
                "Status": "1" if incoming else "3",  # read, sent
                "MessageIdentifier": mark(letter.key),
            }
            if incoming:
                asked.append(("mail", kind, mail))
                relation = {"RelationId": ref.id, "RelationType": "FromAddress", "RelationAddress": letter.sender}
                asked.append(("relation", "EmailMessageRelation", {"EmailMessageId": "@{mail.id}", **relation}))
            else:
                asked.append(("mail", kind, {**mail, "ToIds": [ref.id]}))
        for number, file in enumerate(letter.files):
            data = base64.b64encode(file.content).decode()
            version = {"Title": file.name[:255], "PathOnClient": file.name[:500], "VersionData": data}
            asked.append((f"file{number}", "ContentVersion", {**version, "FirstPublishLocationId": "@{mail.id}"}))
        made = self._api.write(asked)
        files = [made[f"file{number}"] for number in range(len(letter.files))]
        return Made("+".join((made["mail"], *files)), self._api.link(made["mail"]))

    def _with_files(self, mail: str) -> Made:
        """What an earlier try has made, with the files that hang on it."""
        soql = select("ContentDocument.LatestPublishedVersionId", "ContentDocumentLink", f"LinkedEntityId = '{mail}'")
        rows = self._api.ask({"files": soql}).get("files", ())
        files = [values.ident(values.at(row, "ContentDocument", "LatestPublishedVersionId")) for row in rows]
        return Made("+".join((mail, *filter(ID.fullmatch, files))), self._api.link(mail))

    def _new_contact(self, order: Order) -> str:
        same = self._people.query(f"Email = {quoted(order.email)}")
        known = self._api.ask({"contacts": same}, needed="contacts")["contacts"]
        if known and order.email in self._people.addresses(known[0], "contact"):
            return values.ident(known[0].get("Id"))
        first, last = first_and_last(order.name)
        own: dict[str, object] = {"FirstName": first, "LastName": last or order.email, "Email": order.email}
        if order.record and order.record.kind == "company":
            own["AccountId"] = order.record.id
        return self._api.write([("made", "Contact", {name: value for name, value in own.items() if value})])["made"]

    def _new_case(self, order: Order, ref: CrmRef) -> str:
        whose = {"contact": "ContactId", "company": "AccountId", "lead": "SuppliedEmail"}[ref.kind]
        who = order.email if ref.kind == "lead" else ref.id
        recent = select("Id, Description", "Case", f"{whose} = {quoted(who)} AND {_RECENT}", "LIMIT 50")
        if before := _ours(self._api.ask({"cases": recent}, needed="cases")["cases"], order.key):
            return values.ident(before[0].get("Id"))
        own = {"Subject": order.title[:255], "Description": marked(order.text, order.key, limit=_TEXT), whose: who}
        own |= {"SuppliedEmail": order.email, "SuppliedName": order.name[:80]}
        return self._api.write([("made", "Case", own)])["made"]

    def _new_deal(self, order: Order, ref: CrmRef) -> str:
        if ref.kind == "lead":
            raise CrmError("mapping", "a lead has no opportunities before it is converted")
        name = order.title[:120]
        asked = {"deals": select("Id, Description", "Opportunity", f"Name = {quoted(name)} AND {_RECENT}", "LIMIT 50")}
        if ref.kind == "contact":
            asked["person"] = select("Id, AccountId", "Contact", f"Id = '{ref.id}'")
        parts = self._api.ask(asked, needed="deals")
        if before := _ours(parts["deals"], order.key):
            return values.ident(before[0].get("Id"))
        own: dict[str, object] = {
            "Name": name,
            "StageName": self._settings["deal_stage"],
            "CloseDate": values.day(self._clock() + int(self._settings["deal_days"]) * 86_400_000),
            "Description": marked(order.text, order.key, limit=_TEXT),
        }
        account = (
            ref.id if ref.kind == "company" else next((row.get("AccountId") for row in parts.get("person", ())), None)
        )
        if account:
            own["AccountId"] = account
        if order.amount:
            own["Amount"] = values.number(order.amount.amount)
            if self._settings["currencies"] == "several" and order.amount.currency:
                own["CurrencyIsoCode"] = order.amount.currency
        made: list[tuple[str, str, Mapping[str, object]]] = [("made", "Opportunity", own)]
        if ref.kind == "contact":
            role = {"OpportunityId": "@{made.id}", "ContactId": ref.id, "IsPrimary": True}
            made.append(("role", "OpportunityContactRole", role))
        return self._api.write(made)["made"]


def _who(ref: CrmRef) -> str:
    return "WhatId" if ref.kind == "company" else "WhoId"


def _ours(rows: Sequence[Row], key: str) -> list[Row]:
    return [row for row in rows if mark(key) in values.prose(row.get("Description"), _TEXT * 2)]

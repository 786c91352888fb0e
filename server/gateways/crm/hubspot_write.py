"""What is written into HubSpot: mails that are logged, and contacts, tickets and deals that are made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from server.domain.crm import CrmError, CrmRef, Letter, Made, Order, RecordKind
from server.gateways.crm import values
from server.gateways.crm.hubspot_api import ID, Api, Object, condition, type_of
from server.gateways.crm.hubspot_house import House
from server.gateways.crm.marks import mark, marked
from server.gateways.crm.people import first_and_last
from server.gateways.crm.spec import Clock

_TEXT: Final = 60_000  # a property holds 65,536 characters
# "Associations", default types: from the new object to what it belongs to; the unlabelled ones, which do not make it primary.
_ASSOCIATED: Final[Mapping[tuple[str, RecordKind], int]] = {
    ("emails", "contact"): 198,
    ("emails", "company"): 186,
    ("tickets", "contact"): 16,
    ("tickets", "company"): 339,
    ("deals", "contact"): 3,
    ("deals", "company"): 341,
    ("contacts", "company"): 279,
}


class Writing:
    """Writes once, however often it is asked: a mark at the end of a text is looked for first."""

    def __init__(self, api: Api, house: House, settings: Mapping[str, str], clock: Clock) -> None:
        self._api = api
        self._house = house
        self._settings = settings
        self._clock = clock

    def log(self, letter: Letter, ref: CrmRef) -> Made:
        """A mail in the record's timeline."""
        type_of(ref)
        marked_as = mark(letter.key)
        moment = str(letter.at or self._clock())
        same = ("hs_timestamp", moment) if letter.at else None
        if before := self._written("emails", ref, "hs_email_text", marked_as, same):
            files = list(values.texts(before.properties.get("hs_attachment_ids")))
            return self._logged("+".join((str(before.id), *files)), ref)
        files = [self._api.upload(one.name, one.type, one.content) for one in letter.files]
        sender = {"email": letter.sender, "firstName": letter.sender_name, "lastName": ""}
        headers = {"from": sender, "to": [{"email": one} for one in letter.recipients], "cc": [], "bcc": []}
        direction = {"in": "INCOMING_EMAIL", "out": "EMAIL", "internal": "FORWARDED_EMAIL"}[letter.direction]
        made = self._create(
            "emails",
            {
                "hs_timestamp": moment,
                "hs_email_direction": direction,
                "hs_email_status": "SENT",
                "hs_email_subject": letter.subject,
                "hs_email_text": marked(letter.text, letter.key, letter.by, _TEXT),
                "hs_email_headers": json.dumps(headers, ensure_ascii=False),
                **({"hs_attachment_ids": ";".join(files)} if files else {}),
            },
            ref,
        )
        return self._logged("+".join((made, *files)), ref)

    def unlog(self, made: Made) -> None:
        """The mail goes to HubSpot's recycling bin, its files are deleted."""
        email, *files = made.id.split("+")
        if not all(map(ID.fullmatch, (email, *files))):
            raise CrmError("failed", "not the id of a logged mail")
        self._api.archive("emails", email)
        for file in files:
            self._api.delete_file(file)

    def create(self, order: Order) -> Made:
        """A contact, or a ticket or deal at a record."""
        account = self._house.account()
        if order.kind == "contact":
            made = self._new_contact(order)
            return Made(made, account.link("contacts", made))
        of = "tickets" if order.kind == "ticket" else "deals"
        if order.record is None:
            raise CrmError("failed", "a ticket or deal belongs to a record")
        type_of(order.record)
        text = "content" if of == "tickets" else "description"
        before = self._written(of, order.record, text, mark(order.key))
        if before is not None:
            return Made(str(before.id), account.link(of, str(before.id)))
        own: dict[str, str] = {text: marked(order.text, order.key, limit=_TEXT)}
        if of == "tickets":
            own |= {"subject": order.title, "hs_pipeline": self._settings["ticket_pipeline"]}
            own |= {"hs_pipeline_stage": self._settings["ticket_stage"]}
        else:
            own |= {"dealname": order.title, "pipeline": self._settings["deal_pipeline"]}
            own |= {"dealstage": self._settings["deal_stage"]}
            if order.amount:
                own["amount"] = order.amount.amount
                # Only accounts with several currencies have this property; one more would refuse the deal.
                if order.amount.currency and order.amount.currency != account.company_currency:
                    own["deal_currency_code"] = order.amount.currency
        made = self._create(of, own, order.record)
        return Made(made, account.link(of, made))

    def _written(
        self, of: str, ref: CrmRef, text: str, marked_as: str, also: tuple[str, str] | None = None
    ) -> Object | None:
        """What an earlier try has made of it at this record."""
        filters = [condition(f"associations.{ref.kind}", "EQ", ref.id)]
        filters += [condition(also[0], "EQ", also[1])] if also else []
        wanted = [text, *(["hs_attachment_ids"] if of == "emails" else [])]
        sort = "hs_createdate" if of == "emails" else "createdate"
        page = self._api.search(of, [filters], wanted, most=20, sort=sort)
        ours = (one for one in page.results if marked_as in values.prose(one.properties.get(text), _TEXT * 2))
        return next(ours, None)

    def _logged(self, made: str, ref: CrmRef) -> Made:
        page = self._house.account().link(type_of(ref), ref.id)
        return Made(made, f"{page}?engagement={made.partition('+')[0]}" if page else "")

    def _create(self, of: str, properties: Mapping[str, str], ref: CrmRef | None) -> str:
        if ref is None:
            return self._api.create(of, properties)
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _ASSOCIATED[of, ref.kind]}
        return self._api.create(of, properties, [{"to": {"id": ref.id}, "types": [kind]}])

    def _new_contact(self, order: Order) -> str:
        first, last = first_and_last(order.name)
        own = {"email": order.email, "firstname": first, "lastname": last, "company": order.company}
        at = order.record if order.record and order.record.kind == "company" else None
        try:
            return self._create("contacts", {name: value for name, value in own.items() if value}, at)
        except CrmError as error:
            # Addresses are unique in HubSpot: whoever has this one is the contact that was wanted.
            known = re.search(rb"Existing ID: ([0-9]{1,20})", error.body) if error.why == "conflict" else None
            if known:
                return known[1].decode()
            raise

"""What the product makes of one mail: for administrators who wonder why it landed where it did."""

from __future__ import annotations

import msgspec

from server.domain.addresses import company_domain
from server.domain.customers import direction, external_party
from server.domain.mail import Address, Mail
from server.domain.teams import owning_teams
from server.domain.workspace import Workspace


class Party(msgspec.Struct, frozen=True):
    """An address of the mail."""

    email: str
    name: str


class Addresses(msgspec.Struct, frozen=True):
    """Who the mail names, header by header."""

    sender: Party = msgspec.field(name="from")
    to: list[Party]
    cc: list[Party]
    reply_to: list[Party]
    delivered_to: list[str]


class Customer(msgspec.Struct, frozen=True):
    """Who the customer is."""

    email: str
    name: str
    company_domain: str


class Ids(msgspec.Struct, frozen=True):
    """What the conversation is found by."""

    message_id: str
    references: list[str]
    fingerprinted: bool


class Explanation(msgspec.Struct, frozen=True):
    """Everything that is worked out from the mail alone; customer and team need a workspace."""

    subject: str
    date: int
    kind: str
    direction: str
    language: str
    addresses: Addresses
    customer: Customer | None
    team: str | None
    teams: list[str]
    ids: Ids
    new_text: str


def explain(mail: Mail, workspace: Workspace | None) -> Explanation:
    """Work out what the product makes of the mail."""
    customer = external_party(mail, workspace.ours, workspace.forms) if workspace else None
    teams = list(owning_teams(mail, workspace.team_by_address)) if workspace else []
    return Explanation(
        subject=mail.subject,
        date=mail.date,
        kind=mail.kind.value,
        direction=direction(mail, workspace.ours, workspace.forms) if workspace else "",
        language=mail.language,
        addresses=Addresses(
            sender=_party(mail.sender),
            to=[_party(one) for one in mail.to],
            cc=[_party(one) for one in mail.cc],
            reply_to=[_party(one) for one in mail.reply_to],
            delivered_to=list(mail.delivered_to),
        ),
        customer=Customer(customer.email, customer.name, company_domain(customer.email)) if customer else None,
        team=teams[0] if teams else None,
        teams=teams,
        ids=Ids(mail.message_id, list(mail.references), mail.fingerprinted),
        new_text=mail.text,
    )


def _party(address: Address) -> Party:
    return Party(address.email, address.name)

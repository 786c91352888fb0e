"""What the store must know of a mail to find its conversation: ids, parties and teams, worked out from the mail alone."""

from __future__ import annotations

import msgspec

from server.domain.addresses import company_domain
from server.domain.customers import direction, external_party, externals, found_by, further_addresses, may_ask
from server.domain.ids import bare_subject, digest
from server.domain.mail import Address, Mail, MailKind
from server.domain.reading import ToRead
from server.domain.teams import owning_teams
from server.domain.workspace import Workspace

BROADCAST = 8
"""A mail of ours to more outsiders than this is a notice: it joins only those who are its first recipient, never all of them."""


class Placing(msgspec.Struct, frozen=True):
    """One mail as the scripts read it (server/store/scripts/place.lua names the fields)."""

    key: str
    key2: str
    ids: tuple[str, ...]
    parties: tuple[str, ...]
    teams: tuple[str, ...]
    sender: str
    name: str
    date: int
    direction: str
    subject: str
    sd: str
    snippet: str
    kind: str
    fp: bool
    by: str
    customer: str
    cname: str
    cscore: int
    cd: str
    domain: str
    dd: str
    language: str
    asks: bool
    via: str = ""  # how the customer was found, where From does not say
    also: tuple[tuple[str, str], ...] = ()  # further addresses of the customer, and how they are known
    reply: str = ""  # an answer of ours, for workspaces that keep those; the store seals it
    job: str = ""  # ToRead as JSON, for a customer's question; the store seals it


READ: int = 8_000
"""Characters of a mail's new text that are read for its meaning: answers are found by what stands at its beginning."""

_encode = msgspec.json.Encoder().encode


def placing_of(mail: Mail, workspace: Workspace, *, adopted_by: str = "") -> Placing:
    """Work out whose mail this is. `adopted_by`: the team that an agent adds it to, when no shared address received it."""
    ours = workspace.ours
    way = direction(mail, ours, workspace.forms)
    customer = external_party(mail, ours, workspace.forms)
    sender = customer if way == "in" and customer else mail.sender
    writer = workspace.person_by_email.get(mail.sender.email) if way != "in" else None
    if writer is None and way != "in" and mail.on_behalf_of:
        writer = workspace.person_by_email.get(mail.on_behalf_of.email)
    domain = company_domain(customer.email) if customer else ""
    keep = workspace.keep_snippets
    teams = owning_teams(mail, workspace.team_by_address) or ((adopted_by,) if adopted_by else ())
    asks = may_ask(mail, ours, workspace.forms)
    return Placing(
        key=digest(mail.message_id),
        key2=digest(f"{mail.message_id}\n{sender.email}\n{mail.date}"),
        ids=tuple(digest(one) for one in (mail.message_id, *mail.references)),
        parties=_parties(mail, customer, way, workspace),
        teams=teams,
        sender=sender.email,
        name=sender.name,
        date=mail.date,
        direction=way,
        subject=mail.subject if keep else "",
        sd=digest(bare_subject(mail.subject)),
        snippet=mail.snippet if keep else "",
        kind=mail.kind.value,
        fp=mail.fingerprinted,
        by=writer.id if writer else "",
        customer=customer.email if customer else "",
        cname=customer.name if customer else "",
        cscore=_name_score(customer),
        cd=digest(customer.email) if customer else "",
        domain=domain,
        dd=digest(domain) if domain else "",
        language=mail.language if way == "in" else "",
        asks=asks,
        via=found_by(mail, ours, workspace.forms) if way == "in" else "",
        also=further_addresses(mail, ours, workspace.forms) if way == "in" else (),
        reply=mail.text if workspace.keep_replies_days and way == "out" and mail.kind is MailKind.ORDINARY else "",
        job=_to_read(mail, teams) if asks else "",
    )


def _to_read(mail: Mail, teams: tuple[str, ...]) -> str:
    return _encode(ToRead(mail.subject, mail.text[:READ], mail.date, mail.language, teams)).decode()


def _parties(mail: Mail, customer: Address | None, way: str, workspace: Workspace) -> tuple[str, ...]:
    """Return the outsiders and companies under which the mail's ids join other mails; "o:" when only we are on it."""
    people = externals(mail, workspace.ours, workspace.forms)
    if customer and (way == "out" and len(people) > BROADCAST):
        people = (customer,)
    elif customer:
        people = (customer, *(one for one in people if one.email != customer.email))
    parties = [f"p:{digest(one.email)}" for one in people]
    parties += [
        f"d:{digest(domain)}" for domain in dict.fromkeys(company_domain(one.email) for one in people) if domain
    ]
    return tuple(parties) or ("o:",)


def _name_score(customer: Address | None) -> int:
    """Rank display names: none 0, one word 1, several words 2, with kanji or kana 3 or more by length."""
    if customer is None or not customer.name:
        return 0
    name = customer.name
    if any(ord(char) >= 0x3040 for char in name):
        return 3 + min(len(name), 4)
    return 2 if " " in name else 1

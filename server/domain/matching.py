"""By what a customer is looked for in a CRM, why a record that was found may be theirs, and which may be shown unasked.

A CRM's own search is not believed: it may look inside words, forget punctuation, or answer with somebody else. What was
asked for and what came back are compared here, and a record without a reason is dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from msgspec.structs import replace

from server.domain.addresses import clean_email, company_domain, is_free_mail
from server.domain.conversation import Customer, Message
from server.domain.crm import Asked, Candidate, CrmRef, Reason, Wanted
from server.domain.likeness import Likeness, likeness_of, same_company, without_company

MOST_ASKED: Final = 12
"""Addresses that are asked for at most: a connector puts them into one query, whose length vendors limit."""

_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})
_TAGGED: Final = _GMAIL | {
    "fastmail.com",
    "fastmail.fm",
    "hotmail.co.jp",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "live.jp",
    "mac.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "outlook.jp",
    "pm.me",
    "proton.me",
    "protonmail.com",
}
"""Providers that deliver tanaka+shop@ to tanaka@. With a company's own domain nobody can tell: there it is another address."""

_RANK: Final = {reason: rank for rank, reason in enumerate(Reason)}
_KINDS: Final = {"contact": 0, "lead": 1, "company": 2}
_BY_ADDRESS: Final = frozenset(
    {Reason.CHOSEN, Reason.EXACT, Reason.ALIAS, Reason.SUBADDRESS, Reason.REPLY_TO, Reason.BEHALF, Reason.FORM}
)
_SAID_ONLY: Final = frozenset({Reason.REPLY_TO, Reason.BEHALF, Reason.FORM})
"""Addresses that a mail merely names: anybody can name anybody's, so the name must not speak against it."""


def wanted(customer: Customer, message: Message | None, own: str = "") -> Wanted:
    """Say by what the customer is looked for. `own` is the conversation's address for them, else the writer's, else their first."""
    # Another person of the conversation may have written the open mail: it says nothing of this customer then.
    mail = message if message and message.direction == "in" and message.sender in customer.addresses else None
    first = clean_email(own) or (mail.sender if mail else next(iter(customer.addresses), ""))
    asked: dict[str, Reason] = {}
    if first:
        asked[first] = Reason(mail.via) if mail and mail.via and mail.sender == first else Reason.EXACT
    for email in customer.addresses:
        asked.setdefault(email, Reason.ALIAS)
    further = [(email, Reason(how)) for email, how in mail.also] if mail else []
    for email, how in sorted(further, key=lambda pair: _RANK[pair[1]]):
        asked.setdefault(email, how)
    for email, how in tuple(asked.items()):
        for form in _forms(email):
            asked.setdefault(form, how if how in _SAID_ONLY else Reason.SUBADDRESS)
    return Wanted(
        tuple(Asked(email, how) for email, how in list(asked.items())[:MOST_ASKED]),
        _names(customer, mail),
        company_domain(first),
    )


def judge(wanted: Wanted, found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Give each record that was found its reason, best first; those without one are dropped. The order of `found` does not matter."""
    unique: dict[CrmRef, Candidate] = {}
    for candidate in found:
        one = replace(candidate, reason=_reason(wanted, candidate))
        if one.reason and (one.ref not in unique or _order(wanted, one) < _order(wanted, unique[one.ref])):
            unique[one.ref] = one
    return tuple(sorted(unique.values(), key=lambda one: _order(wanted, one)))


def trusted(
    candidates: Sequence[Candidate], wanted: Wanted, refused: Collection[CrmRef] = frozenset()
) -> Candidate | None:
    """Return the one that may be shown without asking, if there is one. `refused`: records that a colleague has taken off.

    A person is shown when nobody else has the best reason, or when of several at one address one alone agrees with the name.
    Several records of one person are for somebody to choose from. A name is never enough; a domain leads to a company only.
    """
    left = [one for one in candidates if one.ref not in refused and one.reason is not None]
    people = [one for one in left if one.ref.kind != "company" and one.reason in _BY_ADDRESS]
    if people:
        return _only(people, wanted)
    companies = [one for one in left if one.ref.kind == "company"]
    return _only(companies, wanted) if companies else None


def agreement(wanted: Wanted, candidate: Candidate) -> Likeness:
    """Say whether a record's name is the customer's."""
    if candidate.ref.kind == "company":
        return Likeness.WHOLE if any(same_company(name, candidate.name) for name in wanted.names) else Likeness.UNKNOWN
    return likeness_of([without_company(name, candidate.company) for name in wanted.names], candidate.name)


def _only(candidates: Sequence[Candidate], wanted: Wanted) -> Candidate | None:
    best = min(_RANK[one.reason] for one in candidates if one.reason)
    level = [one for one in candidates if one.reason and _RANK[one.reason] == best]
    if len(level) > 1:
        level = [one for one in level if agreement(wanted, one) > Likeness.UNKNOWN]
    if len(level) != 1:
        return None
    (one,) = level
    said_only = one.reason in _SAID_ONLY and agreement(wanted, one) is Likeness.OTHER
    return None if said_only else one


def _reason(wanted: Wanted, candidate: Candidate) -> Reason | None:
    addresses = {email for address in candidate.addresses if (email := clean_email(address))}
    mailboxes = {_mailbox(email) for email in addresses}
    reasons = [asked.how for asked in wanted.addresses if asked.email in addresses]
    reasons += [
        asked.how if asked.how in _SAID_ONLY else Reason.SUBADDRESS
        for asked in wanted.addresses
        if _mailbox(asked.email) in mailboxes
    ]
    if reasons:
        return min(reasons, key=_RANK.__getitem__)
    if not wanted.domain or is_free_mail(wanted.domain):
        return None
    domains = {company_domain(email) for email in addresses}
    if candidate.ref.kind == "company":
        own = company_domain(f"@{candidate.domain.lower().removeprefix('www.')}")
        return Reason.DOMAIN if wanted.domain in {own, *domains} else None
    same = wanted.domain in domains and agreement(wanted, candidate) is Likeness.WHOLE
    return Reason.NAME if same else None


def _order(wanted: Wanted, one: Candidate) -> tuple[object, ...]:
    reason = one.reason or Reason.DOMAIN
    # The rest only sees to it that equal ones stand in the same order at every look.
    rest = (one.ref.connection, one.ref.id, one.name, one.company, one.addresses, one.domain, one.url)
    return (_RANK[reason], -agreement(wanted, one), _KINDS[one.ref.kind], *rest)


def _names(customer: Customer, message: Message | None) -> tuple[str, ...]:
    """The name of this mail's writer before the customer's: one address may be several people's."""
    names = (message.name if message else "", customer.name, customer.reading)
    return tuple(dict.fromkeys(name for name in names if name and not ("@" in name and name.isascii())))


def _forms(email: str) -> tuple[str, ...]:
    """Other addresses of the same mailbox, those that people rather give first."""
    local, _, domain = email.rpartition("@")
    if domain not in _TAGGED:
        return ()
    bare = local.partition("+")[0]
    forms = [f"{bare}@{domain}"] if bare else []
    if domain in _GMAIL:
        forms.append(_mailbox(email))
    return tuple(dict.fromkeys(form for form in forms if form != email))


def _mailbox(email: str) -> str:
    """One address for all that a provider delivers to the same mailbox."""
    local, _, domain = email.rpartition("@")
    if domain in _TAGGED:
        local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{local.replace('.', '') or local}@gmail.com"
    return f"{local}@{domain}"

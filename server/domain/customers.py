"""Who the customer of a mail is: the external party, whoever's name stands in From."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from server.domain.addresses import clean_email, clean_name
from server.domain.mail import Address, Mail, MailKind

MAX_EXTERNALS = 30

Direction = Literal["in", "out", "internal"]

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+\-/=?!#$%&*~^]{1,100}@[\w.-]{1,200}")
_DECORATION = re.compile(r"^[\s■●◆◇□○・*>\uff1e【\[「『<\uff1c|#-]+")
_NAME_AFTER_LABEL = re.compile(
    r"^\s*(?:[(\uff08](?P<note>[^()\uff08\uff09]{0,20})[)\uff09])?\s*(?:[】\]」』>\uff1e]\s*[:\uff1a=|]?|[:\uff1a=|\s])\s*(?P<value>\S.*)$"
)
_READING = re.compile(r"[ふフ][りリ][がガ][なナ]|カナ|かな|kana|reading", re.IGNORECASE)
_DAEMONS = frozenset({"mailer-daemon", "mail-daemon", "postmaster", "mdaemon"})


@dataclass(frozen=True, slots=True)
class OurAddresses:
    """What is ours: domains exactly as listed (no subdomain comes by itself) and shared addresses, in lower case."""

    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def __contains__(self, email: str) -> bool:
        return email in self.addresses or email.rpartition("@")[2] in self.domains


@dataclass(frozen=True, slots=True)
class FormRule:
    """How a form's mail names who filled it in: a line of the body that begins with `label`."""

    sender: str  # the address the form writes from, or "@domain" for any of one domain
    label: str  # "メールアドレス"
    subject_contains: str = ""
    name_label: str = ""  # "お名前"

    def fits(self, mail: Mail) -> bool:
        """Whether this form wrote the mail."""
        wanted = self.sender.lower()
        written = mail.sender.email.endswith(wanted) if wanted.startswith("@") else mail.sender.email == wanted
        return bool(wanted) and written and self.subject_contains in mail.subject


def external_party(mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()) -> Address | None:
    """The customer of a mail: who wrote to us, or whom we wrote to; None when nobody external takes part.

    In this order: the form's own line, the report's failed address, the writer, the writer behind a group's rewriting
    (X-Original-From, X-Original-Sender, Reply-To), the first external recipient.
    """
    for form in forms:
        if form.fits(mail):
            return _filled_in(mail, form, ours)
    if mail.kind is MailKind.BOUNCE:
        named = (Address(found) for found in _addresses_in(mail.body) if _is_external(found, ours))
        failed = next((address for address in named if not _is_daemon(address)), None)
        if failed:
            return failed
    if _is_external(mail.sender.email, ours):
        return mail.sender
    hidden = _behind_rewriting(mail, ours)
    if hidden:
        return hidden
    if not mail.sender.email and mail.on_behalf_of and _is_external(mail.on_behalf_of.email, ours):
        return mail.on_behalf_of
    return next((address for address in (*mail.to, *mail.cc) if _is_external(address.email, ours)), None)


def externals(mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()) -> tuple[Address, ...]:
    """Every external person of a mail, the customer first, at most 30; by these, mails may share a conversation.

    A form's own sender and mail daemons are nobody: all the strangers who used one form would share it.
    """
    party = external_party(mail, ours, forms)
    senders = (mail.sender, *((mail.original_from,) if mail.original_from else ()), *mail.reply_to)
    by_form = any(form.fits(mail) for form in forms)
    unique: dict[str, Address] = {}
    for address in (*((party,) if party else ()), *(() if by_form else senders), *mail.to, *mail.cc):
        known = unique.get(address.email)
        if (known is None and _is_external(address.email, ours) and not _is_daemon(address)) or (
            known and not known.name
        ):
            unique[address.email] = address
    return tuple(unique.values())[:MAX_EXTERNALS]


def found_by(
    mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()
) -> Literal["", "form", "reply_to", "behalf"]:
    """Return how the customer of an incoming mail was found: "" is the writer in From."""
    if any(form.fits(mail) for form in forms):
        return "form"
    if _is_external(mail.sender.email, ours) or mail.kind is MailKind.BOUNCE:
        return ""
    if _behind_rewriting(mail, ours):
        return "reply_to"
    return "behalf" if mail.on_behalf_of and _is_external(mail.on_behalf_of.email, ours) else ""


def further_addresses(mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()) -> tuple[tuple[str, str], ...]:
    """Other addresses by which the customer of an incoming mail may be known, and how: Reply-To, on whose behalf. At most three.

    A form's mail has none: its Reply-To may be anybody's. Nor has a list's: it names the list.
    """
    party = external_party(mail, ours, forms)
    if party is None or mail.kind is not MailKind.ORDINARY or any(form.fits(mail) for form in forms):
        return ()
    behalf = ((mail.on_behalf_of.email, "behalf"),) if mail.on_behalf_of else ()
    found = {
        email: how
        for email, how in (*((one.email, "reply_to") for one in mail.reply_to), *behalf)
        if _is_external(email, ours) and email != party.email
    }
    return tuple(found.items())[:3]


def direction(mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()) -> Direction:
    """Whether a mail came from outside, went there, or stayed among us."""
    if mail.kind is MailKind.BOUNCE or any(form.fits(mail) for form in forms):
        return "in"  # our own server may report, and our own form may write
    if mail.sender.email not in ours or _behind_rewriting(mail, ours):
        return "in"
    return "out" if external_party(mail, ours, forms) else "internal"


def may_ask(mail: Mail, ours: OurAddresses, forms: Sequence[FormRule] = ()) -> bool:
    """Whether the mail can be a customer's question: from outside, and by a person or a form (which may call itself auto-generated)."""
    by_form = any(form.fits(mail) for form in forms)
    return direction(mail, ours, forms) == "in" and (by_form or mail.kind is MailKind.ORDINARY)


def _is_external(email: str, ours: OurAddresses) -> bool:
    return bool(email) and email not in ours


def _is_daemon(address: Address) -> bool:
    return address.email.partition("@")[0] in _DAEMONS


def _behind_rewriting(mail: Mail, ours: OurAddresses) -> Address | None:
    """The writer of a mail whose From a group replaced by its own address. An answer of ours has no Reply-To outside."""
    if _is_external(mail.sender.email, ours):
        return None
    candidates = [mail.original_from, *mail.reply_to] if mail.original_from else list(mail.reply_to)
    found = next((address for address in candidates if _is_external(address.email, ours)), None)
    if found and not found.name:
        named = next((address for address in candidates if address.email == found.email and address.name), None)
        return named or found
    return found


def _filled_in(mail: Mail, form: FormRule, ours: OurAddresses) -> Address | None:
    email = next((found for line in _lines_after(mail.body, form.label) for found in _addresses_in(line)), "")
    if not _is_external(email, ours):
        return next(
            (address for address in mail.reply_to if _is_external(address.email, ours) and address != mail.sender), None
        )
    name = ""
    if form.name_label:
        for line in _lines_after(mail.body, form.name_label):
            value = _NAME_AFTER_LABEL.match(line[:300])
            if value and not _READING.search(value["note"] or ""):
                name = clean_name(value["value"], email)
                break
    return Address(email, name)


def _lines_after(body: str, label: str) -> Iterator[str]:
    """What follows the label on each line that begins with it; the next line with text when nothing does."""
    wanted = unicodedata.normalize("NFKC", label)
    lines = unicodedata.normalize("NFKC", body).split("\n")
    for at, line in enumerate(lines):
        bare = _DECORATION.sub("", line[:1_000])
        if bare.startswith(wanted):
            rest = bare[len(wanted) :]
            if not rest.strip(" :】]」』>|\t"):
                rest = ": " + next((other.strip() for other in lines[at + 1 : at + 4] if other.strip()), "")
            yield rest


def _addresses_in(text: str) -> Iterator[str]:
    for found in _EMAIL.finditer(text):
        if email := clean_email(found[0].rstrip(".")):
            yield email

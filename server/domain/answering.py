"""What a reply to a mail is: whom it goes to, under which subject, from which address, and what stands in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.addresses import one_line
from server.domain.customers import direction, external_party
from server.domain.mail import Address, Mail
from server.domain.reply import Reply
from server.domain.signature import signature_of
from server.domain.teams import owning_teams
from server.domain.workspace import Team, Viewer, Workspace

MAX_QUOTE = 20_000
"""Characters of the original that stand below a reply."""

MAX_RECIPIENTS = 500
"""In To and Cc together: Gmail sends to no more."""

_MAX_SUBJECT = 1_000
_DAYS: Final = "月火水木金土日"
_ENGLISH_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_LISTS: Final = re.compile(r"\s*(?:\[[^\[\]]{0,60}\]\s*)*")
_ANSWERS: Final = re.compile(
    r"\s*(?:re|r|aw|sv|vs|antw|rif|odp|返信|返|回复|回覆|答复)\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"[^\s<>@\"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,250}@(?:[\w.-]{1,255}|\[[\w.:]{1,60}\])")


def answer(
    mail: Mail,
    workspace: Workspace,
    viewer: Viewer,
    *,
    everyone: bool = True,
    text: str = "",
    language: str = "",
    team: Team | None = None,
) -> Reply:
    """The reply that the viewer begins: `text`, then the signature, then the original. Nobody is guessed: To may be empty.

    `team` is whose signature stands below when the mail itself names no team. `language`: of the line that introduces
    the original, when the mail's own is not known.
    """
    to, cc = _recipients(mail, workspace, viewer)
    owner = next((workspace.team_by_id[found] for found in owning_teams(mail, workspace.team_by_address)), team)
    sender = _sender(mail, workspace, viewer, owner)
    from_address = (
        sender.email if sender else viewer.shared or next(iter(viewer.person.emails if viewer.person else ()), "")
    )
    signature = signature_of(workspace, owner, viewer.person, from_address)
    quote = _quote(mail, workspace, mail.language or language) if workspace.quote_original else ""
    return Reply(
        to=to[:MAX_RECIPIENTS],
        cc=cc[: MAX_RECIPIENTS - len(to)] if everyone and len(to) < MAX_RECIPIENTS else (),
        subject=_subject(mail.subject),
        text="\n\n".join((text, *filter(None, (signature, quote)))),
        sender=sender,
        in_reply_to=mail.written_id,
        references=tuple(dict.fromkeys((*mail.written_references, *((mail.written_id,) if mail.written_id else ())))),
        thread=mail.thread,
    )


def can_be_written(email: str) -> bool:
    """Whether a header can carry this address as it is. What cannot be carried is no address: nobody ever got a mail there."""
    return _ADDRESS.fullmatch(email) is not None


def _recipients(mail: Mail, workspace: Workspace, viewer: Viewer) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """To and Cc of a reply to everyone, without those who read the conversation in Sobani anyway.

    Colleagues stay in only where nobody else takes part, or where Sobani does not know them: nothing else would tell them.
    """
    way = direction(mail, workspace.ours, workspace.forms)
    own = _own_addresses(viewer)
    ours = (
        own | frozenset(workspace.team_by_address) | {email for email in mail.delivered_to if email in workspace.ours}
    )
    if way != "internal":
        ours |= frozenset(workspace.person_by_email)
    to = () if way == "out" else _unique(_writers(mail, workspace), own if way == "internal" else ours)
    if way == "in" or to:
        others = (*mail.to, *mail.cc)
    else:  # as mail clients do: one's own mail is answered to whom it went
        to = _unique(mail.to, ours)
        others = mail.cc
    form = {mail.sender.email} if any(form.fits(mail) for form in workspace.forms) else set()
    cc = _unique(others, ours, {*form, *(address.email.lower() for address in to)})
    return (cc, ()) if way == "out" and not to else (to, cc)


def _writers(mail: Mail, workspace: Workspace) -> tuple[Address, ...]:
    """Whom an answer to this mail is for: Reply-To, as far as it leads outside, else the customer, else who wrote it."""
    party = external_party(mail, workspace.ours, workspace.forms)
    if any(form.fits(mail) for form in workspace.forms):
        return (party,) if party else ()  # the form's own address reads nothing
    if party is None:
        return mail.reply_to or (mail.sender,)
    outside = [address for address in mail.reply_to if address.email not in workspace.ours]
    return tuple(party if address == Address(party.email) else address for address in outside) or (party,)


def _own_addresses(viewer: Viewer) -> frozenset[str]:
    """The addresses of the mailbox that the reply is written in."""
    return frozenset((*(viewer.person.emails if viewer.person else ()), *((viewer.shared,) if viewer.shared else ())))


def _unique(people: Iterable[Address], ours: frozenset[str], besides: Collection[str] = ()) -> tuple[Address, ...]:
    """Each address once, whatever its case, with the first name that it came with."""
    found: dict[str, Address] = {}
    for address in people:
        key = address.email.lower()
        if key in ours or _untagged(key) in ours or key in besides or not can_be_written(address.email):
            continue
        if key not in found or (address.name and not found[key].name):
            found[key] = address
    return tuple(found.values())


def _untagged(email: str) -> str:
    """The address without its tag: support+42@ is delivered to support@."""
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _sender(mail: Mail, workspace: Workspace, viewer: Viewer, owner: Team | None) -> Address | None:
    """The shared address that the mail came by, or another one of its team, if the viewer's mailbox may send from it.

    An account that several people use sends as itself: what a person's own mailbox may do says nothing about it.
    """
    if viewer.shared or viewer.person is None:
        return None
    for email in dict.fromkeys(_ways_in(mail, workspace, owner)):
        if email in viewer.person.send_as:
            return Address(email, workspace.name)
    return None


def _ways_in(mail: Mail, workspace: Workspace, owner: Team | None) -> Iterator[str]:
    behalf = (mail.on_behalf_of,) if mail.on_behalf_of else ()
    named = [*(address.email for address in (*mail.to, *mail.cc, mail.sender, *behalf)), *mail.delivered_to]
    of_owner = owner.addresses if owner else ()
    yield from (email for email in named if email in of_owner)
    yield from (email for email in named if email in workspace.team_by_address)
    yield from of_owner


def _subject(subject: str) -> str:
    """With one "Re:" in front, or whatever stands there for it already: a second one says nothing, and other words break threads."""
    line = one_line(subject, _MAX_SUBJECT)
    lists = _LISTS.match(line)
    first = _ANSWERS.match(line, lists.end() if lists else 0)
    if first is None:
        return one_line(f"Re: {line}", _MAX_SUBJECT)
    end = first.end()
    while again := _ANSWERS.match(line, end):
        end = again.end()
    return one_line(f"{line[: first.end()].rstrip()} {line[end:]}", _MAX_SUBJECT)


def _quote(mail: Mail, workspace: Workspace, language: str) -> str:
    """The original with a mark before each line, under who wrote it and when; "" for a mail without text."""
    original = (mail.body or mail.text).strip("\n")
    if not original.strip():
        return ""
    if len(original) > MAX_QUOTE:
        kept = original[:MAX_QUOTE]
        whole_lines = kept.rpartition("\n")[0]
        original = f"{whole_lines if len(whole_lines) > MAX_QUOTE // 2 else kept}\n[…]"
    lines = (f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in original.split("\n"))
    return "\n".join((_introduction(mail, workspace, language), *lines))


def _introduction(mail: Mail, workspace: Workspace, language: str) -> str:
    email = mail.original_from or mail.sender
    writer = f"{email.name} <{email.email}>" if email.name and email.email else email.email or email.name
    when = _moment(mail.date, workspace.time_zone)
    if language == "ja":
        day = f"{when.year}年{when.month}月{when.day}日({_DAYS[when.weekday()]}) {when:%H:%M} " if when else ""
        return f"{day}{writer}:"
    day = (
        f"On {_ENGLISH_DAYS[when.weekday()]}, {when.day} {_ENGLISH_MONTHS[when.month - 1]} {when.year} at {when:%H:%M}, "
        if when
        else ""
    )
    return f"{day}{writer} wrote:"


def _moment(seconds: int, zone: str) -> datetime | None:
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):  # a zone nobody knows, a year after 9999
        return None

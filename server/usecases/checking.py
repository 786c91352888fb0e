"""What the check of a draft reads and by which rules: the conversation, its customer, the workspace's own decisions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from server.domain.conversation import View
from server.domain.errors import RecordsUnavailable
from server.domain.events import Place
from server.domain.finding import Finding, Severity
from server.domain.names import read_names
from server.domain.ports import Conversations
from server.domain.workspace import Viewer
from server.mail.language import language_of
from server.replies.check import Draft, Policy, apply, check
from server.usecases.desk import Command, Desk

COPIED_FROM: Final = 20
"""Conversations at hand from which a text may have been copied."""


def findings_of(desk: Desk, viewer: Viewer, place: Place, view: View, text: str) -> tuple[Finding, ...]:
    """Check a reply to the customer of this conversation."""
    return check(
        draft_of(viewer, place, view, text, others_at_hand(desk.conversations, viewer, view)), policy_of(viewer)
    )


def others_at_hand(conversations: Conversations, viewer: Viewer, view: View) -> tuple[str, ...]:
    """Return the names of the other customers whose mails the viewer has at hand: it is from those that one copies.

    Not of the same company: one customer's mail may well be about a colleague. Nor whom the customer speaks of.
    """
    own, names = view.conversation.customer, []
    mails = (*filter(None, [view.message]), *view.mails)
    said = "\n".join(f"{mail.subject}\n{mail.snippet}" for mail in mails if mail.direction == "in")
    with suppress(RecordsUnavailable):  # the other rules need none
        for row in conversations.queue_page(viewer, "mine", rows=COPIED_FROM).rows:
            other = row.conversation.customer
            is_same = other == own or (view.company and other.endswith(f"@{view.company.domain}"))
            if row.customer and row.customer.name and not is_same:
                names += [row.customer.name, row.customer.company]
    return tuple(name for name in dict.fromkeys(filter(None, names)) if not _is_in(said, name))


def _is_in(said: str, name: str) -> bool:
    """Whether a text has the name: in Japanese, the family name does."""
    return any((one.full if one.script == "latin" else one.family) in said for one in read_names((name,)))


def draft_of(viewer: Viewer, place: Place, view: View, text: str, others: tuple[str, ...] = ()) -> Draft:
    """Return what the check reads."""
    workspace = viewer.workspace
    customer, message = view.customer, view.message
    names = [customer.name if customer else "", message.name if message and message.direction == "in" else ""]
    # A reply may speak to whoever of theirs has written.
    names += [mail.name for mail in view.mails if mail.direction == "in"]
    companies = [customer.company if customer else "", view.company.name if view.company else ""]
    return Draft(
        body=text,
        language=written_in(text, view, place, viewer),
        customer_names=tuple(dict.fromkeys(filter(None, names))),
        company_names=tuple(dict.fromkeys(filter(None, companies))),
        other_names=others,
        agent_name=viewer.person.name if viewer.person else "",
        our_company=workspace.name,
        upset="dissatisfied" in view.conversation.moods,
        has_attachment=False,
        incoming_language=language_read(view),
        notes=tuple(note.text for note in view.notes),
        now=view.now,
        zone=place.time_zone or workspace.time_zone,
    )


def policy_of(viewer: Viewer) -> Policy:
    """Return what the workspace has decided about the check."""
    rules = viewer.workspace.check
    return Policy(
        off=frozenset(rules.off), banned=rules.banned, voice=dict(rules.voice), forbidden_promises=rules.never_promise
    )


def mended(text: str, command: Command, findings: Sequence[Finding]) -> str:
    """Return the text with the replacement that was clicked; as it was when the finding is not there any more."""
    meant = [
        one for one in findings if one.rule == command.args.get("rule") and one.replacement == command.args.get("to")
    ]
    if not meant:
        return text
    start = command.args.get("start", "")
    at = int(start) if start.isdecimal() and len(start) < 8 else 0
    return apply("", text, min(meant, key=lambda one: abs(one.place.start - at)))[1]


def ignored(command: Command) -> tuple[str, ...]:
    """Return the rules that the agent does not want to hear of, the one just clicked with them."""
    rules = [rule for rule in command.args.get("ignored", "").split(",") if rule]
    if command.args.get("rule") and "to" not in command.args:
        rules.append(command.args["rule"])
    return tuple(dict.fromkeys(rules))


def shown(findings: Sequence[Finding], without: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings but the ignored hints; an error cannot be ignored."""
    return tuple(one for one in findings if one.severity is Severity.ERROR or one.rule not in without)


def language_read(view: View) -> str:
    """Return the language of the open mail, "" before it was read."""
    understood = view.reading.understood
    return understood.language if understood else ""


def written_in(text: str, view: View, place: Place, viewer: Viewer) -> str:
    """Return the language of a reply: its own, else the mail's."""
    return language_of(text) or language_read(view) or place.language or viewer.workspace.language

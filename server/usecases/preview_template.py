"""What a template would say: filled with examples or with a real conversation, and read like a careful colleague would read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from server.domain.conversation import Queue, QueueRow, View
from server.domain.events import Place
from server.domain.finding import Finding
from server.domain.ports import Elsewhere, Target
from server.domain.template import Template
from server.domain.workspace import Viewer
from server.replies.check import Draft, check
from server.replies.filling import Filled, examples, fill, placeholder
from server.usecases.checking import draft_of, policy_of
from server.usecases.suggest import known

OFFERED: Final = 12
"""Conversations to try a template on."""


class Glances(Protocol):
    """What is read of conversations without being seen there (domain.ports.Conversations). Both raise RecordsUnavailable."""

    def queue(self, viewer: Viewer) -> Queue: ...
    def glance(self, viewer: Viewer, target: Target) -> View | Elsewhere: ...


class Preview(msgspec.Struct, frozen=True):
    """The filled template, and what the check of drafts says to it."""

    filled: Filled
    findings: tuple[Finding, ...] = ()


def newest(glances: Glances, viewer: Viewer) -> tuple[QueueRow, ...]:
    """Return the newest conversations of the viewer's queue."""
    queue = glances.queue(viewer)
    rows: Iterable[QueueRow] = (*queue.mentions, *queue.overdue, *queue.unclaimed, *queue.mine, *queue.held)
    once = {row.conversation.id: row for row in rows if row.conversation.customer}
    return tuple(sorted(once.values(), key=lambda row: -row.conversation.newest)[:OFFERED])


def look_at(glances: Glances, viewer: Viewer, conversation: str) -> View | None:
    """Return the conversation with its newest mail of the customer's; None when the viewer may not see it."""
    view = glances.glance(viewer, Target(conversation, 0))
    if isinstance(view, Elsewhere):
        return None
    mail = next((one for one in view.mails if one.direction == "in"), None)
    if mail is None:
        return view
    with_mail = glances.glance(viewer, Target(conversation, 0, mail.key, mail.circle))
    return None if isinstance(with_mail, Elsewhere) else with_mail


def preview(viewer: Viewer, place: Place, template: Template, view: View | None) -> Preview:
    """Fill the template with what is known of this conversation, without one with examples."""
    filled = fill(template, known(viewer, place, view, template.language, template) if view else _samples(template))
    if filled.problems:
        return Preview(filled)
    draft = draft_of(viewer, place, view, filled.body) if view else _sample_draft(template, filled.body)
    draft = replace(draft, subject=filled.subject or None, language=template.language)
    gaps = [placeholder(one, template.language) for one in filled.unfilled]
    found = check(draft, policy_of(viewer))
    # What has no value here is listed already, and is no fault of the template.
    return Preview(filled, tuple(one for one in found if not any(gap in one.quote for gap in gaps)))


def _samples(template: Template) -> Mapping[str, str]:
    links = "\n".join(f"{link.title}: {link.url}" if link.title else link.url for link in template.links)
    return examples(template.language) | ({"help_links": links} if links else {})


def _sample_draft(template: Template, body: str) -> Draft:
    said = examples(template.language)
    return Draft(
        body=body,
        customer_names=(said["customer_name"].removesuffix("様").strip(),),
        company_names=(said["customer_company"],),
        agent_name=said["agent_name"],
        our_company=said["our_company"],
        incoming_language=template.language,
    )

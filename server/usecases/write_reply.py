"""An agent writes a reply beside the mail: from a suggestion or from nothing, checked like a careful colleague would read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from server.domain.changes import Gift
from server.domain.conversation import View
from server.domain.errors import TooLong
from server.domain.events import Place
from server.domain.finding import Finding, Severity
from server.domain.outcomes import Editing, NotOurs, Outcome, Refused
from server.domain.ports import Elsewhere
from server.domain.salutation import salutation
from server.domain.suggestion import Suggestion
from server.domain.workspace import Benefit, Viewer
from server.mail.language import language_of
from server.replies.carp import with_benefit
from server.replies.check import Draft, Policy, apply, check
from server.replies.masking import Known
from server.replies.polish import Declined, Job, Task
from server.usecases.desk import Command, Desk
from server.usecases.suggest import MOST, known, suggestion_of

LONGEST: Final = 20_000


def text_of(command: Command) -> str:
    """Return the reply as it stands in the field. Raises TooLong."""
    text = command.typed("reply_text").replace("\0", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise TooLong("reply_text")
    return text


def write(desk: Desk, command: Command) -> Outcome:
    """Show the card on which a reply is written, with the suggestion that was clicked, else with whom it speaks to."""
    view = _view(desk, command)
    if view is None:
        return NotOurs()
    found = began_as(desk, command, command.viewer, view)
    language = command.place.language or command.viewer.workspace.language
    text = found.text if found else salutation(view, _language(view) or language)
    return _offering(desk, command, command.viewer, Editing(view, text, found, placed=True, ignored=ignored(command)))


def look_over(desk: Desk, command: Command) -> Outcome:
    """Check the text as it stands."""
    view = _view(desk, command)
    return NotOurs() if view is None else _editing(desk, command, view, text_of(command))


def replace(desk: Desk, command: Command) -> Outcome:
    """Put in what a finding proposes. The text may have been changed since it was found: it is looked for again."""
    view = _view(desk, command)
    if view is None:
        return NotOurs()
    before = text_of(command)
    text = mended(before, command, findings_of(command.viewer, command.place, view, before))
    return _editing(desk, command, view, text, placed=text != before)


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


def offer(desk: Desk, command: Command) -> Outcome:
    """Add a benefit to the apology, if this customer may still have it: before the closing words."""
    view = _view(desk, command)
    if view is None:
        return NotOurs()
    text = text_of(command)
    chosen = next((one for one in benefits_for(command.viewer, view) if one.id == command.args.get("benefit")), None)
    if chosen is None or chosen.code in text:
        return _editing(desk, command, view, text)
    language = _written_in(text, view, command.place, command.viewer)
    facts = known(command.viewer, command.place, view, language, benefit=chosen)
    return _editing(desk, command, view, with_benefit(text, facts, language), placed=True)


def rewrite(desk: Desk, command: Command) -> Outcome:
    """Have the language model polish, shorten or translate the text. Whatever comes back is checked like the agent's own."""
    view = _view(desk, command)
    if view is None:
        return NotOurs()
    text, viewer = text_of(command), command.viewer
    task = command.args.get("task", "")
    if desk.model is None or task not in tasks_for(desk, text):
        return _editing(desk, command, view, text)
    language = _written_in(text, view, command.place, viewer)
    draft = draft_of(viewer, command.place, view, text)
    people = (*draft.customer_names, *(one for one in (draft.agent_name,) if one))
    companies = (*draft.company_names, *(one for one in (draft.our_company,) if one))
    known_names = Known(people=people, companies=companies)
    facts = known(viewer, command.place, view, language) if task == Task.DRAFT else {}
    job = Job(Task(task), text, "en" if language == "en" else "ja", dict(facts), known_names)
    made = desk.model.rewrite(f"{viewer.workspace.id}:{viewer.id}", job)
    if isinstance(made, Declined):
        return msgspec.structs.replace(_editing(desk, command, view, text), declined=made.reason)
    return _editing(desk, command, view, made.text, placed=True)


def tasks_for(desk: Desk, text: str) -> tuple[str, ...]:
    """Return what the language model can be asked: to translate into the language that the text is not in, to write one anew."""
    if desk.model is None:
        return ()
    other = Task.TRANSLATE_JA if language_of(text) == "en" else Task.TRANSLATE_EN
    return (Task.POLISH.value, Task.SHORTEN.value, other.value, Task.DRAFT.value)


def benefits_for(viewer: Viewer, view: View) -> tuple[Benefit, ...]:
    """Return what may be given to this customer now: for an upset one only, and not more often than the company allows."""
    if "dissatisfied" not in view.conversation.moods:
        return ()
    given = Counter(view.reading.given)
    return tuple(one for one in viewer.workspace.benefits if given[one.id] < one.per_month)


def gift_in(viewer: Viewer, text: str) -> Gift | None:
    """Return the benefit whose code stands in the text: it is counted with the reply that gives it."""
    found = next((one for one in viewer.workspace.benefits if one.code and one.code in text), None)
    return Gift(found.id, found.per_month) if found else None


def ignore(desk: Desk, command: Command) -> Outcome:
    """Hear no more of one hint in this text."""
    view = _view(desk, command)
    return NotOurs() if view is None else _editing(desk, command, view, text_of(command))


def findings_of(
    viewer: Viewer, place: Place, view: View, text: str, has_attachment: bool = False
) -> tuple[Finding, ...]:
    """Check a reply to the customer of this conversation."""
    return check(draft_of(viewer, place, view, text, has_attachment), policy_of(viewer))


def stopped(
    desk: Desk, command: Command, viewer: Viewer, view: View, text: str, found: Suggestion | None
) -> Editing | None:
    """Return the card that says what is wrong, when something in the text must not go out."""
    findings = findings_of(viewer, command.place, view, text)
    if any(one.severity is Severity.ERROR for one in findings):
        unfilled = found is not None and bool(found.unfilled) and not command.typed("reply_text")
        card = Editing(
            view,
            text,
            found,
            findings=shown(findings, ignored(command)),
            checked=True,
            ignored=ignored(command),
            placed=not command.typed("reply_text"),
            everyone=command.typed("reply_to") != "sender",
            why="unfilled" if unfilled else "findings",
        )
        return _offering(desk, command, viewer, card)
    return None


def _offering(desk: Desk, command: Command, viewer: Viewer, card: Editing) -> Editing:
    """Return the card with the benefits that could go with its text, the one that does, and what had been proposed."""
    gift = gift_in(viewer, card.text)
    return msgspec.structs.replace(
        card,
        benefits=benefits_for(viewer, card.view),
        benefit=gift.benefit if gift else "",
        shown=shown_ids(command),
        tasks=tasks_for(desk, card.text),
    )


def again(desk: Desk, command: Command, refused: Refused) -> Editing:
    """Show the card once more with what had been typed, and why nothing was done."""
    view = refused.view
    found = began_as(desk, command, command.viewer, view)
    everyone = command.typed("reply_to") != "sender"
    card = Editing(
        view, command.typed("reply_text"), found, ignored=ignored(command), everyone=everyone, refused=refused
    )
    return _offering(desk, command, command.viewer, card)


def shown_ids(command: Command) -> tuple[str, ...]:
    """Return the ids of the templates that had been proposed when the agent clicked."""
    return tuple(filter(None, command.args.get("shown", "").split(",")))[:MOST]


def began_as(desk: Desk, command: Command, viewer: Viewer, view: View) -> Suggestion | None:
    """Return the suggestion that the click, or the card it stood on, came from."""
    template, kind = command.args.get("template", ""), command.args.get("kind", "")
    return suggestion_of(desk.shelves, viewer, command.place, view, template, kind) if template or kind else None


def ignored(command: Command) -> tuple[str, ...]:
    """Return the rules that the agent does not want to hear of, the one just clicked with them."""
    rules = [rule for rule in command.args.get("ignored", "").split(",") if rule]
    if command.args.get("rule") and "to" not in command.args:
        rules.append(command.args["rule"])
    return tuple(dict.fromkeys(rules))


def shown(findings: Sequence[Finding], without: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings but the ignored hints; an error cannot be ignored."""
    return tuple(one for one in findings if one.severity is Severity.ERROR or one.rule not in without)


def draft_of(viewer: Viewer, place: Place, view: View, text: str, has_attachment: bool = False) -> Draft:
    """Return what the check reads."""
    workspace = viewer.workspace
    customer, message = view.customer, view.message
    names = [customer.name if customer else "", message.name if message and message.direction == "in" else ""]
    # A reply may speak to whoever of theirs has written.
    names += [mail.name for mail in view.mails if mail.direction == "in"]
    companies = [customer.company if customer else "", view.company.name if view.company else ""]
    return Draft(
        body=text,
        language=_written_in(text, view, place, viewer),
        customer_names=tuple(dict.fromkeys(filter(None, names))),
        company_names=tuple(dict.fromkeys(filter(None, companies))),
        agent_name=viewer.person.name if viewer.person else "",
        our_company=workspace.name,
        upset="dissatisfied" in view.conversation.moods,
        has_attachment=has_attachment,
        incoming_language=_language(view),
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


def _editing(desk: Desk, command: Command, view: View, text: str, *, placed: bool = False) -> Editing:
    without = ignored(command)
    card = Editing(
        view,
        text,
        began_as(desk, command, command.viewer, view),
        findings=shown(findings_of(command.viewer, command.place, view, text), without),
        checked=True,
        ignored=without,
        placed=placed,
        everyone=command.typed("reply_to") != "sender",
    )
    return _offering(desk, command, command.viewer, card)


def _view(desk: Desk, command: Command) -> View | None:
    view = desk.conversations.open_conversation(command.viewer, command.target)
    return None if isinstance(view, Elsewhere) else view


def _language(view: View) -> str:
    understood = view.reading.understood
    return understood.language if understood else ""


def _written_in(text: str, view: View, place: Place, viewer: Viewer) -> str:
    return language_of(text) or _language(view) or place.language or viewer.workspace.language

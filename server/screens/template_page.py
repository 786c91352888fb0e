"""The words of the page on which a team looks after its templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from server.domain.categories import CATEGORIES, name_of
from server.domain.conversation import Conversation
from server.domain.finding import Finding, Severity
from server.domain.template import Revision, Situation, Statistics, Template
from server.domain.workspace import Viewer
from server.replies.difference import compare
from server.replies.exchange import Broken
from server.replies.filling import VARIABLES, Problem, placeholder
from server.screens.findings import details_of_finding, sentence_of_finding
from server.screens.words import Voice, catalogue, mark
from server.usecases.import_templates import Plan, Refused

LABELS: Final = {
    "add_link": mark("Add a link"),
    "address": mark("Address"),
    "all_templates": mark("All templates"),
    "archive": mark("Archive"),
    "archive_meaning": mark("An archived template is suggested to nobody. Its history and figures stay."),
    "archived": mark("Archived"),
    "body": mark("Text"),
    "bring_back": mark("Bring back"),
    "broken": mark("Left out"),
    "bring_in": mark("Bring these in"),
    "category": mark("Category"),
    "changed": mark("Last change"),
    "changes": mark("What has changed"),
    "choose_file": mark("File (CSV or JSON)"),
    "every_team": mark("None chosen: every team."),
    "example": mark("Example values"),
    "export_csv": mark("Export as CSV"),
    "export_json": mark("Export as JSON"),
    "figures": mark("What became of it"),
    "first_version": mark("This is the first version."),
    "further_details": mark("Links, owner and teams"),
    "go_on": mark("Try again"),
    "history": mark("Earlier versions"),
    "import": mark("Import"),
    "import_how": mark(
        "First you see what would change; nothing is written before you say so. Nothing is ever deleted by an import."
    ),
    "in_use": mark("In use"),
    "kept_closed": mark(
        "You are signed out. Please open the queue once more from Sobani in Gmail or Outlook, in another tab, and then try again here."
    ),
    "kept_heading": mark("Your text has not been saved yet"),
    "language": mark("Written in"),
    "link": mark("Link"),
    "links": mark("Help pages"),
    "look_first": mark("See what would change"),
    "new": mark("New template"),
    "next": mark("Next"),
    "no_matches": mark("No template fits this."),
    "no_templates": mark("There are no templates yet."),
    "nothing_differs": mark("The texts do not differ."),
    "not_here": mark("This template does not exist, or is another team's."),
    "now": mark("newest"),
    "other_language": mark("Write it in the other language"),
    "own_category": mark("Or your own word"),
    "owner": mark("Looked after by"),
    "pair": mark("Pair"),
    "pair_hint": mark("A word that the same answer in both languages shares."),
    "pair_of": mark("In the other language"),
    "preview": mark("Preview"),
    "preview_with": mark("Filled with"),
    "previous": mark("Back"),
    "restore": mark("Make this the newest version again"),
    "save": mark("Save"),
    "search": mark("Search"),
    "show": mark("Show"),
    "situation": mark("Situation"),
    "sort": mark("Order"),
    "sort_title": mark("By title"),
    "sort_used": mark("Most used first"),
    "state": mark("State"),
    "subject": mark("Subject"),
    "subject_hint": mark("Empty: the answer goes under the mail's own subject."),
    "summary": mark("Versions"),
    "teams": mark("Teams"),
    "their_version": mark("Open their version"),
    "templates": mark("Templates"),
    "title": mark("Title"),
    "too_large": mark("This is too large to be read. Please go back and make it smaller."),
    "trouble": mark("The service cannot be reached right now. Please try again in a moment."),
    "update_preview": mark("Look at the preview"),
    "used": mark("Used"),
    "variable_hint": mark("Filled in for each mail. Without a value they stop the insert and are named."),
    "variables": mark("Variables"),
    "warnings": mark("Worth a look"),
    "whole_history": mark("All versions"),
    "would_change": mark("What would change"),
    "who_are_you": mark("Who are you?"),
    "why": mark("What have you changed, and why?"),
    "why_archive": mark("Why?"),
    "why_hint": mark("One line, for your colleagues. It may stay empty."),
    "why_restore": mark("Why?"),
}
"""Name in the page's files -> sentence."""

_SITUATIONS: Final = {
    Situation.ORDINARY: mark("Ordinary"),
    Situation.UNKNOWN_YET: mark("Answer not known yet"),
    Situation.OUR_MISTAKE: mark("Our mistake"),
    Situation.UNAVAILABLE: mark("Not available"),
    Situation.DETAIL_MISSING: mark("Detail missing"),
    Situation.CANNOT_DO: mark("Cannot be done"),
    Situation.WRAP_UP: mark("Wrap-up"),
}
_LANGUAGES: Final = {"ja": mark("Japanese"), "en": mark("English")}

_PROBLEMS: Final = {
    "unknown_variable": mark("There is no variable %(quote)s."),
    "not_allowed": mark("This cannot stand in a template: %(quote)s"),
    "syntax": mark("Braces do not match here: %(quote)s"),
    "too_long": mark("The text is too long."),
    "too_deep": mark("Conditions stand too deep in one another."),
    "too_many": mark("There are too many variables in this text."),
}

_MISTAKES: Final = {
    "title": mark("Please give it a title."),
    "body": mark("Please write the text."),
    "link": mark("A link needs an address that begins with https:// or http://."),
    "links": mark("There are too many links."),
    "long": mark("One of the words is too long."),
    "unknown": mark("Something that was chosen here does not exist any more. Please look at it once more."),
    "person": mark("Please say who you are."),
}

_BROKEN: Final = {
    "too_large": mark("The file is too large."),
    "too_many_rows": mark("There are too many rows; the rest was not read."),
    "not_csv": mark("This is no CSV file that could be read."),
    "not_json": mark("This is no JSON file of templates."),
    "column_missing": mark("A column is missing."),
    "unreadable": mark("The row cannot be read: a quotation mark or a cell is missing."),
    "empty": mark("It is empty."),
    "too_long": mark("It is too long."),
    "bad_id": mark("This cannot be an id."),
    "duplicate_id": mark("The id stands in an earlier row, too."),
    "unknown_language": mark("The language must be ja or en."),
    "unknown_situation": mark("There is no such situation."),
    "bad_link": mark("A link needs an address that begins with https:// or http://."),
    "bad_value": mark("This is not the kind of value that belongs here."),
    "unknown_variable": mark("There is no such variable."),
    "not_allowed": mark("This cannot stand in a template."),
    "syntax": mark("Braces do not match here."),
    "too_deep": mark("Conditions stand too deep in one another."),
    "too_many": mark("There are too many of them."),
}
_REFUSED: Final = {
    "id_taken": mark("The id belongs to a template that you do not see."),
    "unknown_team": mark("Its teams are not all among yours."),
    "unknown_owner": mark("Nobody has the id of its owner."),
    "may_not_archive": mark("Only leads and administrators may archive and bring back."),
}

_SAID: Final = {
    "saved": mark("Saved."),
    "same": mark("Nothing was different, so nothing was saved."),
    "archived": mark("Archived."),
    "brought_back": mark("Brought back."),
    "restored": mark("The earlier version is the newest again."),
    "not_allowed": mark("Only leads and administrators may archive and bring back."),
    "meanwhile": mark("Somebody saved it meanwhile. Nothing was changed; please look at it once more."),
    "person": mark("Please say who you are."),
    "unfit": mark("This version can no longer be saved: something in it cannot be filled in."),
    "elsewhere": mark("That conversation cannot be shown to you. These are example values."),
}
"""What an address may tell the page to say after a change."""


class Choice(NamedTuple):
    """One line of a list to choose from."""

    value: str
    label: str
    chosen: bool = False


class Row(NamedTuple):
    """One template in the list."""

    id: str
    title: str
    category: str
    language: str
    situation: str
    used: int
    changed: str
    archived: bool


class Figure(NamedTuple):
    """One number of what became of a template's suggestions."""

    name: str
    number: int
    detail: str


class Version(NamedTuple):
    """One version, as the history tells of it."""

    number: int
    title: str
    when: str
    who: str
    why: str
    newest: bool


class Warned(NamedTuple):
    """One line of the list beside the text. `start` and `end` are places in the field, or both 0."""

    text: str
    quote: str = ""
    detail: str = ""
    stops: bool = False
    where: str = ""
    start: int = 0
    end: int = 0


class Piece(NamedTuple):
    """A piece of the preview; a gap is a variable that nothing fills."""

    text: str
    gap: bool = False


class Marked(NamedTuple):
    """A piece of a comparison: "same", "added" or "removed"."""

    text: str
    kind: str


class Difference(NamedTuple):
    """One field that differs, line by line."""

    name: str
    lines: tuple[tuple[Marked, ...], ...]


class Titles(NamedTuple):
    """A list of the report on a file."""

    title: str
    lines: tuple[str, ...]
    more: str


class VariableLine(NamedTuple):
    """A variable to put into the text."""

    code: str
    name: str
    example: str


def labels_of(language: str) -> Mapping[str, str]:
    """The page's own words."""
    words = catalogue(language)
    return {name: words.say(label) for name, label in LABELS.items()}


def said_of(voice: Voice, code: str) -> str:
    """What the last click has done, "" for anything that is no such word."""
    return voice.say(_SAID[code]) if code in _SAID else ""


def mistake_of(voice: Voice, code: str) -> str:
    """Why what was typed cannot be saved."""
    return voice.say(_MISTAKES[code])


def row_of(voice: Voice, template: Template, statistics: Statistics, last: Revision | None) -> Row:
    """A line of the list."""
    changed = ""
    if last:
        who = _author(voice, last.by)
        changed = voice.names(list(filter(None, (voice.clock.when(last.at), who))))
    return Row(
        template.id,
        template.title,
        name_of(template.category, voice.language),
        voice.say(_LANGUAGES[template.language]),
        voice.say(_SITUATIONS[template.situation]),
        statistics.used,
        changed,
        template.archived,
    )


def found_words(voice: Voice, count: int) -> str:
    """How many the list has."""
    return voice.count("%(count)d template", "%(count)d templates", count)


def page_words(voice: Voice, page: int, pages: int) -> str:
    """Which part of a long list this is."""
    return voice.say("Page %(page)d of %(pages)d", page=page, pages=pages)


def everything_of(voice: Voice) -> Choice:
    """What a filter says that lets everything through."""
    return Choice("", voice.say("All"))


def categories_of(voice: Voice, own: Iterable[str], chosen: str, *, filters: bool = False) -> tuple[Choice, ...]:
    """The service's categories, then the team's own words."""
    known = [Choice(key, name.in_(voice.language), key == chosen) for key, name in CATEGORIES.items()]
    words = sorted({word for word in (*own, chosen) if word and word not in CATEGORIES})
    nothing = everything_of(voice) if filters else Choice("", voice.say("None"))
    return (nothing, *known, *(Choice(word, word, word == chosen) for word in words))


def situations_of(voice: Voice, chosen: str) -> tuple[Choice, ...]:
    """Every situation."""
    return tuple(Choice(one.value, voice.say(title), one.value == chosen) for one, title in _SITUATIONS.items())


def languages_of(voice: Voice, chosen: str) -> tuple[Choice, ...]:
    """Both languages."""
    return tuple(Choice(one, voice.say(title), one == chosen) for one, title in _LANGUAGES.items())


def people_of(voice: Voice, chosen: str) -> tuple[Choice, ...]:
    """Everybody of the workspace, and whoever was chosen before they left."""
    known = [
        Choice(person.id, person.name, person.id == chosen)
        for person in voice.workspace.people
        if not person.archived and not person.same_as
    ]
    if chosen and not any(one.chosen for one in known):
        known.append(Choice(chosen, voice.full(chosen), True))
    return (Choice("", voice.say("Nobody")), *known)


def persons_of(voice: Voice, viewer: Viewer, chosen: str = "") -> tuple[Choice, ...]:
    """Who may sit at an account that several people use; nothing where it is plain who acts."""
    return () if viewer.person else (Choice("", ""), *people_of(voice, chosen)[1:])


def teams_of(viewer: Viewer, chosen: Sequence[str]) -> tuple[Choice, ...]:
    """The teams that the viewer may know of."""
    return tuple(
        Choice(team.id, team.name, team.id in chosen)
        for team in viewer.workspace.teams
        if viewer.sees(team) and (not team.archived or team.id in chosen)
    )


def variables_of(voice: Voice) -> tuple[VariableLine, ...]:
    """Every variable, with its name and what it may look like."""
    return tuple(
        VariableLine(
            f"{{{{ {key} }}}}", one.name.in_(voice.language), one.example.in_(voice.language).partition("\n")[0]
        )
        for key, one in VARIABLES.items()
    )


def figures_of(voice: Voice, statistics: Statistics) -> tuple[Figure, ...]:
    """What became of the times that it was suggested."""
    much = ""
    if statistics.edited:  # of those alone: what went out as it was would make little of how much was changed
        percent = round(statistics.changed / statistics.edited / 10)
        much = voice.say("on average %(percent)d %% changed", percent=percent)
    return (
        Figure(voice.say("Used as it is"), statistics.as_is, ""),
        Figure(voice.say("Edited, then used"), statistics.edited, much),
        Figure(voice.say("Passed over"), statistics.passed_over, voice.say("another suggestion was taken")),
        Figure(voice.say("Rejected"), statistics.rejected, voice.say("an own answer was written")),
    )


def version_of(voice: Voice, revision: Revision, newest: int) -> Version:
    """A line of the history."""
    number = revision.template.version
    who = _author(voice, revision.by) or voice.say("Sobani's starter set")
    return Version(
        number, version_title(voice, number), voice.clock.moment(revision.at), who, revision.why, number == newest
    )


def version_title(voice: Voice, number: int) -> str:
    """The name of one version."""
    return voice.say("Version %(number)d", number=number)


def brought_in(voice: Voice, done: int, left: int) -> str:
    """What came of an import."""
    said = [voice.count("%(count)d template was written.", "%(count)d templates were written.", done)]
    if left:
        said.append(
            voice.count(
                "%(count)d was left as a colleague has just saved it.",
                "%(count)d were left as colleagues have just saved them.",
                left,
            )
        )
    return " ".join(said)


def plan_counts(voice: Voice, plan: Plan, broken: int) -> tuple[str, ...]:
    """How many of each kind the file has."""
    return (
        voice.say("New: %(count)d", count=len(plan.new)),
        voice.say("Changed: %(count)d", count=len(plan.changed)),
        voice.say("Unchanged: %(count)d", count=len(plan.same)),
        voice.say("Left out: %(count)d", count=broken),
    )


def plan_lists(voice: Voice, plan: Plan, most: int) -> tuple[Titles, ...]:
    """What would be written, by title."""
    kinds = ((voice.say("New"), plan.new), (voice.say("Changed"), plan.changed))
    return tuple(
        Titles(title, tuple(one.title for one in found[:most]), more_words(voice, len(found) - most))
        for title, found in kinds
        if found
    )


def more_words(voice: Voice, count: int) -> str:
    """That a list goes on."""
    return voice.count("%(count)d more", "%(count)d more", count) if count > 0 else ""


def broken_of(voice: Voice, broken: Iterable[Broken]) -> tuple[Warned, ...]:
    """Rows that could not be read, and why."""
    return tuple(
        Warned(
            voice.say(_BROKEN[one.reason])
            if not one.row
            else voice.say("Row %(row)d: %(reason)s", row=one.row, reason=_reason(voice, one)),
            one.quote,
            stops=True,
        )
        for one in broken
    )


def refused_of(voice: Voice, refused: Iterable[Refused]) -> tuple[Warned, ...]:
    """Rows that were read, and cannot be brought in."""
    return tuple(Warned(f"{one.template.title}: {voice.say(_REFUSED[one.why])}", stops=True) for one in refused)


def _reason(voice: Voice, broken: Broken) -> str:
    reason = voice.say(_BROKEN[broken.reason])
    return f"{broken.field} · {reason}" if broken.field else reason


def restored_why(voice: Voice, number: int, why: str) -> str:
    """The reason that stands beside a version that was made by restoring another."""
    begins = voice.say("Back to version %(number)d", number=number)
    return f"{begins}: {why}" if why else begins


def stale_words(voice: Voice, revision: Revision) -> str:
    """Who was faster."""
    who = voice.who(revision.by) if revision.by else voice.say("Sobani's starter set")
    return voice.say(
        "%(who)s saved version %(number)d %(when)s. Your text has not been saved yet: it stands below, with what differs "
        "from theirs. Saving makes yours the newest version; theirs stays in the history.",
        who=who,
        number=revision.template.version,
        when=voice.clock.then(revision.at),
    )


def problem_of(voice: Voice, problem: Problem, field: str) -> Warned:
    """Why a text is no template, and where in its field."""
    text = voice.say(_PROBLEMS[problem.reason], quote=problem.quote)
    meant = voice.say("Perhaps %(name)s was meant.", name=problem.nearest) if problem.nearest else ""
    start, end = (_units(field, at) for at in (problem.place.start, problem.place.end))
    return Warned(
        text, detail=meant or _line(voice, problem), stops=True, where=problem.place.where, start=start, end=end
    )


def finding_of(voice: Voice, finding: Finding) -> Warned:
    """What the check of drafts says to the filled text. It is about the preview, so it leads to no place in the fields."""
    stops = finding.severity is Severity.ERROR
    return Warned(sentence_of_finding(voice, finding), detail=details_of_finding(voice, finding), stops=stops)


def unfilled_of(voice: Voice, variables: Sequence[str]) -> tuple[Warned, ...]:
    """What the chosen mail has no value for."""
    if not variables:
        return ()
    names = voice.names([VARIABLES[one].name.in_(voice.language) for one in variables if one in VARIABLES])
    return (Warned(voice.say("Without a value here: %(names)s", names=names)),)


def warnings_words(voice: Voice, warned: Sequence[Warned]) -> str:
    """How many there are, for who cannot see the list."""
    stops = sum(one.stops for one in warned)
    if stops:
        return voice.count("%(count)d thing must be mended", "%(count)d things must be mended", stops)
    if warned:
        return voice.count("%(count)d thing is worth a look", "%(count)d things are worth a look", len(warned))
    return voice.say("Nothing to mend was found.")


def pieces_of(text: str, unfilled: Sequence[str], language: str) -> tuple[Piece, ...]:
    """The filled text, with its gaps apart."""
    gaps = {placeholder(one, language) for one in unfilled if one in VARIABLES}
    if not gaps:
        return (Piece(text),) if text else ()
    parts = re.split(f"({'|'.join(map(re.escape, sorted(gaps)))})", text)
    return tuple(Piece(part, part in gaps) for part in parts if part)


def differences_of(voice: Voice, before: Template, after: Template) -> tuple[Difference, ...]:
    """What differs, field by field; the longer texts word by word."""
    fields = (
        (voice.say("Title"), before.title, after.title),
        (voice.say("Subject"), before.subject, after.subject),
        (voice.say("Text"), before.body, after.body),
        (voice.say("Written in"), *(voice.say(_LANGUAGES[one.language]) for one in (before, after))),
        (voice.say("Category"), *(name_of(one.category, voice.language) for one in (before, after))),
        (voice.say("Situation"), *(voice.say(_SITUATIONS[one.situation]) for one in (before, after))),
        (voice.say("Help pages"), *("\n".join(f"{one.title} {one.url}" for one in of.links) for of in (before, after))),
        (voice.say("Looked after by"), *(_author(voice, one.owner) for one in (before, after))),
        (voice.say("Teams"), *(voice.names([voice.team(team) for team in one.teams]) for one in (before, after))),
        (voice.say("Pair"), before.pair, after.pair),
        (voice.say("State"), *(_state(voice, one) for one in (before, after))),
    )
    return tuple(Difference(name, _compared(old, new)) for name, old, new in fields if old != new)


def _compared(old: str, new: str) -> tuple[tuple[Marked, ...], ...]:
    return tuple(tuple(Marked(run.text, run.kind) for run in line.runs) for line in compare(old, new))


def conversation_words(voice: Voice, customer: str, conversation: Conversation) -> str:
    """A conversation in the list of those to try the template on."""
    who = voice.customer(customer) if customer else conversation.customer
    return f"{who} · {voice.subject(conversation.subject)}"


def _state(voice: Voice, template: Template) -> str:
    return voice.say("Archived") if template.archived else voice.say("In use")


def _author(voice: Voice, person: str) -> str:
    return voice.full(person) if person else ""


def _line(voice: Voice, problem: Problem) -> str:
    if problem.place.where == "subject":
        return voice.say("In the subject")
    return voice.say("Line %(line)d", line=problem.line)


def _units(text: str, position: int) -> int:
    """A position as browsers count it, where a character beyond the first plane is two."""
    return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2

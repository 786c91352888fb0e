"""The words of the page on which administrators bring customers in and out as files, and make keys for the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from server.domain.customer_file import COLUMNS, FileReason, RowReason, Table
from server.domain.own import Customer
from server.screens.template_page import Choice
from server.screens.words import Voice, catalogue, mark
from server.usecases.import_customers import Plan, WrongRow

LABELS: Final = {
    "another_file": mark("Choose another file"),
    "api": mark("API keys"),
    "api_how": mark(
        "With a key, other systems of your company push customers, orders, subscriptions, usage and events into Sobani."
    ),
    "api_name": mark("What will use it?"),
    "api_name_hint": mark("For example the name of the system, so that you know later which key is whose."),
    "back_to_customers": mark("Back to customers"),
    "cancel": mark("Cancel"),
    "choose_csv": mark("File (CSV)"),
    "copy_now": mark("Copy it now: it is shown this once. Sobani keeps only a trace by which to know it again."),
    "created": mark("Made"),
    "customers": mark("Customers"),
    "description": mark("Description of the API (OpenAPI)"),
    "end_key": mark("End this key"),
    "end_means": mark("Whatever uses it is refused from now on. This cannot be undone."),
    "examples": mark("The first ones, as they would be"),
    "export": mark("Export as CSV"),
    "export_how": mark("All customers that are kept here, in the form that the import reads."),
    "file_how": mark(
        "A table with a header line, as Excel and other systems save it: UTF-8 or Shift_JIS, at most 50,000 rows and 20 MB. "
        "First you see what would change; nothing is written before you say so."
    ),
    "import": mark("Import"),
    "kept_closed": mark(
        "You are signed out, and nothing was saved. Please open this page once more from Sobani's settings in Gmail or Outlook."
    ),
    "key": mark("Key"),
    "key_used": mark("Last used"),
    "look_first": mark("See what would change"),
    "make_key": mark("Make a key"),
    "mapping": mark("What each column is"),
    "mapping_how": mark(
        "An empty cell takes nothing back, and customers that the file does not name stay as they are."
    ),
    "new_key": mark("The new key"),
    "next": mark("Next"),
    "no_keys": mark("There is no key yet."),
    "not_for_you": mark("Only administrators of your workspace can look after its customers. Please ask one of them."),
    "not_here": mark("There is nothing here any more."),
    "too_large": mark("This is too large to be read. Please go back and make it smaller."),
    "trouble": mark("The service cannot be reached right now. Please try again in a moment."),
    "would_change": mark("What would change"),
    "wrong_rows": mark("Left out"),
}
"""Name in the page's files -> sentence."""

_FIELDS: Final = {
    "id": mark("Customer number (id)"),
    "kind": mark("Person or company"),
    "name": mark("Name"),
    "family": mark("Family name"),
    "given": mark("Given name"),
    "reading": mark("Reading"),
    "family_reading": mark("Reading of the family name"),
    "given_reading": mark("Reading of the given name"),
    "company": mark("Company"),
    "role": mark("Role"),
    "addresses": mark("E-mail address"),
    "domain": mark("Company's domain"),
    "phone": mark("Phone"),
    "url": mark("Link to their page"),
    "owner": mark("Looked after by"),
    "plan": mark("Plan"),
    "contract_start": mark("Contract begins"),
    "contract_end": mark("Contract ends"),
    "renewal": mark("Renewal"),
    "products": mark("Products"),
    "environment": mark("Environment"),
    "features": mark("Features of the plan"),
    "value": mark("Lifetime value"),
    "currency": mark("Currency"),
    "health": mark("Health"),
    "last_contact": mark("Last contact"),
    "note": mark("Note"),
}

_FILE: Final[Mapping[FileReason, str]] = {
    "too_large": mark("The file is too large."),
    "not_csv": mark("This is no CSV file that could be read."),
    "no_header": mark("The first line must name the columns."),
    "no_rows": mark("There is nothing below the header."),
    "too_many_rows": mark("There are more than 50,000 rows. Please bring it in in parts."),
    "too_many_columns": mark("There are too many columns."),
}

_ROW: Final[Mapping[RowReason, str]] = {
    "empty": mark("It is empty."),
    "too_long": mark("It is too long."),
    "too_many": mark("There are too many of them."),
    "address": mark("This is no e-mail address."),
    "ours": mark("This address or domain is your own company's."),
    "domain": mark("This is no domain."),
    "day": mark("This is no date such as 2026-04-01 or 2026/4/1."),
    "moment": mark("This date is out of range."),
    "month": mark("This is no month."),
    "money": mark("This is no amount."),
    "decimals": mark("This currency has no decimals."),
    "currency": mark("This is no currency such as JPY."),
    "url": mark("A link needs an address that begins with https:// or http://."),
    "health": mark("It must be from 0 to 100."),
    "kind": mark("This is neither a person nor a company."),
    "order": mark("It ends before it begins."),
    "unreadable": mark("The row cannot be read: a quotation mark or a cell is missing."),
    "cells": mark("The row has more cells than the header."),
    "number": mark("This is no number."),
    "twice": mark("The same customer stands in an earlier row, too."),
    "ambiguous": mark("Several customers have this address. A customer number is needed."),
    "nobody": mark("It names nobody: a customer number or an address is needed."),
}

_SAID: Final = {
    "meanwhile": mark("Something has changed since you looked. Please look at it once more."),
    "ended": mark("The key was ended."),
    "too_many_keys": mark("There are too many keys. Please end one that nothing uses any more."),
    "name": mark("Please give the key a name."),
}


class ColumnLine(NamedTuple):
    """One column of the file, and what it may become."""

    number: int
    name: str
    samples: str
    choices: tuple[Choice, ...]


class WrongLine(NamedTuple):
    """A row that is left out."""

    text: str
    quote: str


class KeyLine(NamedTuple):
    """One key."""

    id: str
    name: str
    made: str
    used: str


class Example(NamedTuple):
    """A customer as they would be."""

    name: str
    details: str


def labels_of(language: str) -> Mapping[str, str]:
    """The page's own words."""
    words = catalogue(language)
    return {name: words.say(label) for name, label in LABELS.items()}


def said_of(voice: Voice, code: str) -> str:
    """What the last click has done, "" for anything that is no such word."""
    return voice.say(_SAID[code]) if code in _SAID else ""


def brought_words(voice: Voice, new: int, changed: int) -> str:
    """What came of an import."""
    return voice.say("Brought in: %(new)d new, %(changed)d changed.", new=new, changed=changed)


def file_problem(voice: Voice, why: FileReason) -> str:
    """Why the whole file cannot be read."""
    return voice.say(_FILE[why])


def twice_words(voice: Voice, field: str) -> str:
    """That two columns cannot be the same."""
    return voice.say("Two columns cannot both be this: %(field)s", field=voice.say(_FIELDS[field]))


def unknown_words(voice: Voice) -> str:
    """That nothing says who is who."""
    return voice.say("One column must be the customer number or the e-mail address.")


def columns_of(voice: Voice, table: Table, mapping: Sequence[str]) -> tuple[ColumnLine, ...]:
    """Every column with its first values, and the fields to choose from."""
    lines = []
    for at, (name, chosen) in enumerate(zip(table.header, mapping, strict=True)):
        values = (row.cells[at].strip() for row in table.rows[:200] if row.cells)
        samples = list(dict.fromkeys(value for value in values if value))[:3]
        choices = (
            Choice("", voice.say("Leave out"), chosen == ""),
            Choice("more", voice.say("Keep under its own name"), chosen == "more"),
            *(Choice(field, voice.say(_FIELDS[field]), field == chosen) for field in COLUMNS),
        )
        shown = name or voice.say("Column %(number)d", number=at + 1)
        lines.append(ColumnLine(at + 1, shown, " · ".join(text[:40] for text in samples), choices))
    return tuple(lines)


def plan_counts(voice: Voice, plan: Plan) -> tuple[str, ...]:
    """How many of each kind the file has."""
    return (
        voice.say("New: %(count)d", count=plan.new),
        voice.say("Changed: %(count)d", count=plan.changed),
        voice.say("Unchanged: %(count)d", count=plan.same),
        voice.say("Left out: %(count)d", count=len(plan.wrong)),
    )


def bring_in_words(voice: Voice, plan: Plan) -> str:
    """The button that writes."""
    return voice.count("Bring in %(count)d customer", "Bring in %(count)d customers", plan.new + plan.changed)


def examples_of(customers: Iterable[Customer]) -> tuple[Example, ...]:
    """Customers in a line each."""
    return tuple(
        Example(
            one.name or one.company or one.id,
            " · ".join(filter(None, (one.company if one.name else "", *one.addresses[:2], one.plan, one.contract_end))),
        )
        for one in customers
    )


def wrong_of(voice: Voice, wrong: Iterable[WrongRow]) -> tuple[WrongLine, ...]:
    """Where and why rows are left out."""
    lines = []
    for one in wrong:
        reason = voice.say(_ROW[one.why])
        if one.first:
            reason = voice.say("The same customer stands in row %(row)d, too.", row=one.first)
        if one.column:
            reason = f"{one.column} · {reason}"
        lines.append(WrongLine(voice.say("Row %(row)d: %(reason)s", row=one.line, reason=reason), one.quote))
    return tuple(lines)


def more_words(voice: Voice, count: int) -> str:
    """That a list goes on."""
    return voice.count("%(count)d more", "%(count)d more", count) if count > 0 else ""


def key_line(voice: Voice, id_: str, name: str, created: int, by: str, last: str) -> KeyLine:
    """A key in the list; its last use is known by the day."""
    made = voice.names([voice.clock.when(created), voice.full(by)] if by else [voice.clock.when(created)])
    return KeyLine(id_, name, made, last or voice.say("never"))

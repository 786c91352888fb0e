"""The CRMs' part of the customer section: from where things come, how old they are, and what can be done there."""

from __future__ import annotations

from cards.model import Action, Block, Button, Icon, Row, Tone
from server.domain.conversation import View
from server.domain.crm import Connection, Entry, Record
from server.domain.likeness import same_company
from server.domain.workspace import Viewer
from server.screens.buttons import button
from server.screens.candidates import candidate_rows
from server.screens.crm_said import crm_link, reason_words, trouble_words
from server.screens.errands import errand_rows, verbs
from server.screens.words import Voice


def sources(voice: Voice, viewer: Viewer, view: View) -> list[Block]:
    """For each CRM a line that says where things come from and how old they are, and what can be done there."""
    sight = view.crm
    if sight is None:
        return []
    said = {entry.connection: entry for entry in sight.entries}
    blocks: list[Block] = []
    for connection in voice.workspace.connections:
        entry = said.get(connection.id)
        until = sight.broken.get(connection.id, 0)
        if connection.off or not (entry or until or connection.id in sight.pending):
            continue
        blocks += _source(voice, view, connection, entry, until)
        if entry:
            blocks += candidate_rows(voice, viewer, connection, entry)
        blocks += errand_rows(voice, viewer, view, connection)
        if entry and (entry.state != "failed" or entry.record):
            opened = _link(voice, entry, connection) if entry.trouble or until else None
            blocks += verbs(voice, viewer, view, connection, entry, opened)
    return blocks


def _source(voice: Voice, view: View, connection: Connection, entry: Entry | None, until: int) -> list[Row]:
    if entry is None and not until:
        # Outlook's pane hears of it by itself.
        again = button(voice.language, "refresh") if voice.provider == "google" else None
        return [Row(connection.name, below=voice.say("Being read"), tone=Tone.SUBTLE, button=again)]
    if until or (entry and entry.trouble):
        return [_troubled(voice, connection, entry, until)]
    if entry is None:
        return []
    name = voice.say("%(crm)s · %(when)s", crm=connection.name, when=voice.clock.when(entry.at))
    if entry.state == "none":
        if connection.kind == "builtin":
            return []  # told of every change, it has nothing to be read again; whoever is not in it is in another CRM or nowhere
        again = Button(voice.say("Read again now"), Action("crm_look", {"connection": connection.id}))
        return [Row(voice.say("No record of this person"), above=name, tone=Tone.SUBTLE, button=again)]
    record = entry.record
    if record is None:
        return []  # the candidates say where they come from
    company = record.ref.kind == "company"
    return [
        Row(
            name,
            below=" · ".join(filter(None, (_firm(view, record), reason_words(voice, entry.reason)))),
            icon=Icon.COMPANY if company else Icon.PERSON,
            tone=Tone.SUBTLE,
            button=Button(voice.say("Open"), url) if (url := crm_link(record.url)) else None,
        )
    ]


def _firm(view: View, record: Record) -> str:
    """A company's name where it says more than the header."""
    customer, company = view.customer, view.company
    known = (customer.company if customer else "") or (company.name if company else "")
    return "" if record.ref.kind != "company" or same_company(record.name, known) else record.name


def _troubled(voice: Voice, connection: Connection, entry: Entry | None, until: int) -> Row:
    """What is wrong, and of when that is which is shown all the same."""
    if until:
        time = voice.clock.moment(until)
        text = voice.say(
            "%(crm)s does not answer. It can be read again from %(time)s on.", crm=connection.name, time=time
        )
    else:
        text = trouble_words(voice, entry.trouble if entry else None, connection)
    # A card stays as it was drawn, in Outlook too: nobody is told when a CRM may be asked again.
    again = Button(voice.say("Try again"), Action("crm_look", {"connection": connection.id}))
    known = entry is not None and entry.at > 0 and entry.state != "failed"
    below = voice.say("Shown as of %(time)s.", time=voice.clock.moment(entry.at)) if entry and known else ""
    return Row(text, below=below, icon=Icon.WARNING, tone=Tone.WARNING, button=again)


def _link(voice: Voice, entry: Entry, connection: Connection) -> Button | None:
    url = crm_link(entry.record.url) if entry.record else None
    return Button(voice.say("Open in %(crm)s", crm=connection.name), url) if url else None

"""What is written into a CRM about the open mail, once for the whole team: the mail itself, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cards.model import Action, Block, Button, Buttons, Field, Icon, Link, Row, Text, Tone
from server.domain.conversation import View
from server.domain.crm import Ability, Connection, Creatable, Entry, Errand
from server.domain.workspace import Viewer
from server.screens.buttons import button, naming
from server.screens.candidates import ALL, SHOWN, others
from server.screens.crm_said import answers, crm_link, trouble_words
from server.screens.words import Voice, mark

Form = Mapping[str, str]
Asked = tuple[str, list[Block], tuple[Button, ...]]

_MADE_SHOWN: Final = 3


class _Kind(NamedTuple):
    """One thing that can be made, and the sentences about it."""

    ability: Ability
    question: str
    menu: str
    waiting: str
    done: str
    failed: str
    unsure: str


_KINDS: Final[Mapping[Creatable, _Kind]] = {
    "ticket": _Kind(
        Ability.CREATE_TICKET,
        "crm_ticket",
        mark("Create a ticket"),
        mark("The ticket is being made in %(crm)s."),
        mark("%(who)s made a ticket in %(crm)s %(when)s"),
        mark("The ticket was not made in %(crm)s."),
        mark("It is not certain that the ticket was made in %(crm)s."),
    ),
    "deal": _Kind(
        Ability.CREATE_DEAL,
        "crm_deal",
        mark("Create a deal"),
        mark("The deal is being made in %(crm)s."),
        mark("%(who)s made a deal in %(crm)s %(when)s"),
        mark("The deal was not made in %(crm)s."),
        mark("It is not certain that the deal was made in %(crm)s."),
    ),
    "contact": _Kind(
        Ability.CREATE_CONTACT,
        "crm_contact",
        mark("Create a contact"),
        mark("The contact is being made in %(crm)s."),
        mark("%(who)s made a contact in %(crm)s %(when)s"),
        mark("The contact was not made in %(crm)s."),
        mark("It is not certain that the contact was made in %(crm)s."),
    ),
}


def verbs(
    voice: Voice, viewer: Viewer, view: View, connection: Connection, entry: Entry, opened: Button | None
) -> list[Block]:
    """What can be done with this CRM about this mail. `opened`: the way into it, where no line has it already."""
    needs = naming(viewer)
    items: list[Button] = []
    menu: list[Button] = [opened] if opened else []
    log = {"connection": connection.id}
    if _can_log(view, connection, entry):
        items.append(Button(voice.say("Log mail"), Action("crm_log", {**log, "files": ""}), needs=needs))
        if Ability.LOG_FILES in connection.abilities:
            along = Action("crm_log", {**log, "files": "1"})
            menu.append(Button(voice.say("Log with attachments"), along, needs=needs, files=True))
    makes = [Button(voice.say(_KINDS[what].menu), _asks(what)) for what in _creatable(view, connection, entry)]
    if entry.record:
        args = {"connection": connection.id, "kind": entry.record.ref.kind, "record": entry.record.ref.id}
        company = entry.record.ref.kind == "company"
        wrong = voice.say("Wrong company") if company else voice.say("Wrong person")
        items.append(Button(wrong, Action("crm_unlink", args), needs=needs))
    left = len(others(entry)) - (0 if entry.record else SHOWN)
    if left > 0:
        more = Button(voice.count("%(count)d other record", "%(count)d other records", left), ALL)
        (menu if entry.record else items).append(more)
    look = Button(voice.say("Read again now"), Action("crm_look", {"connection": connection.id}))
    if not items and makes and others(entry):
        # Beside records to choose from a new contact would be one more of the same person.
        items.append(look)
    elif not items:
        items, makes = makes[:1], makes[1:]
    if not items:
        return []
    menu += makes
    if look not in items:
        menu.append(look)
    return [Buttons(tuple(items), tuple(menu), voice.say("More in %(crm)s", crm=connection.name))]


def errand_rows(voice: Voice, viewer: Viewer, view: View, connection: Connection) -> list[Block]:
    """What became of what was asked of this CRM: the logged mail first, then what was made, newest first."""
    errands = [one for one in view.crm.errands if one.connection == connection.id] if view.crm else []
    logged = next((one for one in errands if one.kind == "log"), None)
    rows: list[Block] = [_log_row(voice, viewer, connection, logged)] if logged else []
    made = [one for one in errands if one.kind != "log"]
    return [*rows, *(_made_row(voice, connection, one) for one in made[:_MADE_SHOWN])]


def create_question(what: Creatable) -> Callable[[Voice, Viewer, View, Form], Asked]:
    """The card that asks for what a new contact, ticket or deal must have: one verb for each CRM that can make it."""

    def question(voice: Voice, viewer: Viewer, view: View, form: Form) -> Asked:
        kind = _KINDS[what]
        able = [one for one, entry in answers(voice, view) if what in _creatable(view, one, entry)]
        title = voice.say(kind.menu)
        if not able:
            return title, [Text(voice.say("There is no CRM now that could make this."))], ()
        blocks = _fields(voice, view, what, form)
        first = next(one.name for one in blocks if isinstance(one, Field))
        buttons = tuple(
            Button(
                voice.say("Create in %(crm)s", crm=one.name),
                Action("crm_create", {"connection": one.id, "what": what}),
                filled=number == 0,
                needs=(*naming(viewer), first),
            )
            for number, one in enumerate(able)
        )
        return title, blocks, buttons

    return question


def _fields(voice: Voice, view: View, what: Creatable, form: Form) -> list[Block]:
    customer, conversation = view.customer, view.conversation

    def field(name: str, label: str, value: str, limit: int, hint: str = "") -> Field:
        return Field(name, label, form.get(name, value)[:limit], hint, max_length=limit)

    if what == "contact":
        company = (customer.company if customer else "") or (view.company.name if view.company else "")
        return [
            field("name", voice.say("Name"), customer.name if customer else "", 120),
            field("company", voice.say("Company"), company, 120),
            Text(voice.say("With the address %(address)s.", address=conversation.customer), Tone.SUBTLE),
        ]
    title = field("title", voice.say_as("in a CRM", "Title"), conversation.subject, 200)
    if what == "deal":
        return [title, field("amount", voice.say("Amount (optional)"), "", 40, voice.say("For example: 120,000"))]
    return [title, Text(voice.say("The text of the mail goes with it."), Tone.SUBTLE)]


def _asks(what: Creatable) -> Action:
    return Action("ask", {"what": _KINDS[what].question})


def _errand(view: View, connection: Connection, kind: str) -> Errand | None:
    errands = view.crm.errands if view.crm else ()
    return next((one for one in errands if one.connection == connection.id and one.kind == kind), None)


def _can_log(view: View, connection: Connection, entry: Entry) -> bool:
    able = Ability.LOG in connection.abilities and entry.record is not None and view.message is not None
    return able and _errand(view, connection, "log") is None


def _creatable(view: View, connection: Connection, entry: Entry) -> list[Creatable]:
    """What this CRM can make of the open mail: a contact of somebody it does not know, a ticket or a deal of somebody it does."""
    if view.message is None or not view.conversation.customer:
        return []
    known = entry.record is not None and entry.record.ref.kind != "company"
    wanted: list[Creatable] = (
        ["ticket", "deal"] if known else ["contact", *(("ticket", "deal") if entry.record else ())]
    )
    return [
        what
        for what in wanted
        if _KINDS[what].ability in connection.abilities
        and ((errand := _errand(view, connection, what)) is None or errand.state in {"failed", "unsure"})
    ]


def _log_row(voice: Voice, viewer: Viewer, connection: Connection, errand: Errand) -> Row:
    needs, crm = naming(viewer), connection.name
    wish = Action("crm_log", {"connection": connection.id, "files": "1" if errand.files else ""})
    again = Button(voice.say("Try again"), wish, needs=needs, files=errand.files)
    undo = Button(voice.say("Undo"), Action("crm_unlog", {"connection": connection.id}), needs=needs)
    match errand.state:
        case "waiting":
            return _waiting(voice, voice.say("Being logged in %(crm)s", crm=crm))
        case "undoing":
            return _waiting(voice, voice.say("Being taken out of %(crm)s", crm=crm))
        case "done":
            text = voice.say(
                "%(who)s logged this in %(crm)s %(when)s",
                who=voice.who(errand.by),
                crm=crm,
                when=voice.clock.then(errand.at),
            )
            able = Ability.UNLOG in connection.abilities and errand.made is not None
            if errand.trouble:  # somebody wanted it taken back
                left = voice.say("It could not be taken out.")
                below = f"{left} {trouble_words(voice, errand.trouble, connection)}"
                return Row(text, below=below, icon=Icon.WARNING, tone=Tone.WARNING, target=_page(errand), button=undo)
            return Row(text, icon=Icon.STATUS_DONE, target=_page(errand), button=undo if able else None)
        case "failed":
            text = voice.say("The mail was not logged in %(crm)s.", crm=crm)
            return _failed(voice, connection, errand, text, again)
        case "unsure":
            text = voice.say("It is not certain that the mail was logged in %(crm)s.", crm=crm)
            return _unsure(voice, errand, text, again, crm)


def _made_row(voice: Voice, connection: Connection, errand: Errand) -> Row:
    crm = connection.name
    what: Creatable = errand.kind if errand.kind != "log" else "ticket"
    kind = _KINDS[what]
    again = Button(voice.say("Try again"), _asks(what))
    match errand.state:
        case "waiting" | "undoing":
            return _waiting(voice, voice.say(kind.waiting, crm=crm), errand.title)
        case "done":
            text = voice.say(kind.done, who=voice.who(errand.by), crm=crm, when=voice.clock.then(errand.at))
            page = _page(errand)
            opened = Button(voice.say("Open"), page) if page else None
            return Row(text, below=errand.title, icon=Icon.STATUS_DONE, button=opened)
        case "failed":
            return _failed(voice, connection, errand, voice.say(kind.failed, crm=crm), again)
        case "unsure":
            return _unsure(voice, errand, voice.say(kind.unsure, crm=crm), again, crm)


def _waiting(voice: Voice, text: str, title: str = "") -> Row:
    again = button(voice.language, "refresh") if voice.provider == "google" else None
    return Row(text, below=title, icon=Icon.CLOCK, tone=Tone.SUBTLE, button=again)


def _failed(voice: Voice, connection: Connection, errand: Errand, text: str, again: Button) -> Row:
    why = trouble_words(voice, errand.trouble, connection)
    return Row(text, below=why, icon=Icon.WARNING, tone=Tone.WARNING, button=again)


def _unsure(voice: Voice, errand: Errand, text: str, again: Button, crm: str) -> Row:
    """It was sent and no answer came: a second try could write it twice, so it is the agent who looks first."""
    below = voice.say("Please look in %(crm)s before trying again.", crm=crm)
    return Row(text, below=below, icon=Icon.WARNING, tone=Tone.WARNING, target=_page(errand), button=again)


def _page(errand: Errand) -> Link | None:
    return crm_link(errand.made.url) if errand.made else None

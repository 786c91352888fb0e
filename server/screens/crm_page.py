"""The words of the page on which administrators connect CRMs; what each field of a connector is, and where to find its value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from server.domain.crm import Ability, Connection, CrmError, CrmKind, Trouble
from server.screens.crm_fields import CHOICES, FIELDS, HOOKS, Field
from server.screens.template_page import Choice
from server.screens.words import Voice, catalogue, mark

LABELS: Final = {
    "add": mark("Connect a CRM"),
    "agree": mark("Agree at the vendor's"),
    "agree_first": mark("Save first; then you are asked for your consent at the vendor's."),
    "agree_how": mark(
        "You are led to the vendor, sign in there and agree. What Sobani is given then is kept sealed, and you can take it back there at any time."
    ),
    "agreeing": mark("Back from the vendor"),
    "anyway": mark("Save all the same"),
    "back_to_list": mark("All connections"),
    "cancel": mark("Cancel"),
    "choose_panel": mark("Choose what the customer panel shows"),
    "connections": mark("Connections"),
    "continue": mark("Continue"),
    "crm": mark("CRM"),
    "edit": mark("Edit"),
    "first_seen": mark("Shown at once"),
    "folded": mark("Shown after unfolding"),
    "fresh": mark("Read again after"),
    "fresh_hint": mark("What is older is still shown at once, with its age, and read again beside it."),
    "hook": mark("Webhook"),
    "hook_address": mark("Webhook address"),
    "hook_hint": mark(
        "Through this address the CRM says that something has changed. Whoever knows it can make Sobani read again, and nothing else."
    ),
    "hook_new": mark("Make another address"),
    "hook_new_means": mark("The address that is entered in the CRM now stops working."),
    "kept": mark("A value is kept. Type only to replace it."),
    "kept_closed": mark(
        "You are signed out, and nothing was saved. Please open this page once more from Sobani's settings in Gmail or Outlook."
    ),
    "name": mark("Name of the connection"),
    "name_hint": mark("As your colleagues read it beside what comes from here."),
    "new_typed": mark("What you typed is held until you save. Type again only to change it."),
    "no_connections": mark("No CRM is connected yet."),
    "not_for_you": mark("Only administrators of your workspace can connect CRMs. Please ask one of them."),
    "not_here": mark("This connection does not exist, or was removed meanwhile."),
    "panel": mark("Customer panel"),
    "panel_hint": mark("Whatever is empty for a customer is not drawn. The first four with a value are shown at once."),
    "panel_reset": mark("Back to the usual order"),
    "preview": mark("Preview"),
    "redirect": mark("Redirect address"),
    "redirect_hint": mark("Enter exactly this address where the vendor asks for a redirect or callback address."),
    "remove": mark("Remove this connection"),
    "sample": mark("Address to try it with"),
    "sample_hint": mark("The address of a customer whom this system knows."),
    "save": mark("Save"),
    "switch_off": mark("Switch off"),
    "switch_on": mark("Switch on"),
    "test": mark("Test"),
    "test_now": mark("Test now"),
    "too_large": mark("This is too large to be read. Please go back and make it smaller."),
    "tried": mark("What was found"),
    "trouble": mark("The service cannot be reached right now. Please try again in a moment."),
}
"""Name in the page's files -> sentence."""

KINDS: Final[Mapping[CrmKind, tuple[str, str]]] = {
    "hubspot": ("HubSpot", mark("Contacts, companies, deals, tickets and activities.")),
    "salesforce": ("Salesforce", mark("Contacts, leads, accounts, opportunities, cases and tasks.")),
    "kintone": ("kintone", mark("Apps of your own; you say which field is what.")),
    "zendesk": ("Zendesk", mark("Users, organizations and tickets.")),
    "odoo": ("Odoo", mark("Contacts, opportunities, tickets and orders.")),
    "http": (
        mark("Another system"),
        mark("Any system that answers a request with JSON; you say where in it each value is."),
    ),
    "builtin": (
        mark("Sobani's own records"),
        mark("Customers, orders and usage that you bring in as CSV or send through the API."),
    ),
}
"""Kind -> name, and what comes from there. In the order in which they are offered."""

TROUBLES: Final[Mapping[Trouble, str]] = {
    "refused": mark("The CRM does not accept these credentials, or they may not read what is asked for."),
    "missing": mark("There is nothing at this address, or something that the settings name is not there."),
    "conflict": mark("Somebody else has just changed the same thing in the CRM."),
    "busy": mark("The CRM has been asked too often; it is asked again in a while."),
    "slow": mark("The CRM did not answer in time."),
    "down": mark("The CRM cannot be reached, or has a fault of its own."),
    "broken": mark("The CRM has failed several times in a row, so it is left alone for a moment."),
    "garbled": mark("The answer cannot be understood. Is this the right address?"),
    "mapping": mark("A field or an object that the settings name does not exist in the CRM, or is written wrongly."),
    "unsafe": mark("This address must not be called: only public addresses that begin with https:// are."),
    "unset": mark("Something is missing: the credentials, or consent at the vendor's."),
    "failed": mark("The test failed through a fault of Sobani's."),
}
"""Why a connection does not work, as an administrator reads it."""

_PANEL: Final[Mapping[str, str]] = {
    "role": mark("Role"),
    "plan": mark("Plan"),
    "contract": mark("Contract dates"),
    "owner": mark("Owner"),
    "value": mark("Value and its trend"),
    "health": mark("Health and signs of leaving"),
    "renewal": mark("Renewal date"),
    "products": mark("Products"),
    "environment": mark("Versions and devices"),
    "unused": mark("Features never used"),
    "usage": mark("Use of features"),
    "phone": mark("Telephone"),
    "last_contact": mark("Last contact"),
    "note": mark("Notes in the CRM"),
    "more": mark("Fields of your own choice"),
}

_SAID: Final = {
    "saved": mark("Saved."),
    "consent": mark("Saved. Please give your consent at the vendor's now: the button is below."),
    "works": mark("Saved. The connection works."),
    "removed": mark("Removed, with its credentials and everything that was read through it."),
    "off": mark("Switched off. It is asked no more; its credentials stay."),
    "on": mark("Switched on."),
    "tested": mark("Tested."),
    "hook": mark("The webhook has a new address. Please enter it in the CRM."),
    "agreed": mark("Consent is given, and the connection works."),
    "agreed_not_yet": mark("Consent is given, but the connection does not work yet."),
    "declined": mark("No consent was given at the vendor's. Nothing has changed."),
    "not_agreed": mark("The vendor's answer came too late, or was not meant for this browser. Please try once more."),
    "not_reached": mark("The vendor could not be reached just now. Please agree once more in a moment."),
    "not_exchanged": mark("The vendor did not accept the client ID or the client secret. Please look at both again."),
    "no_client": mark("Please save a client ID and a client secret first."),
    "panel": mark("Saved. Cards show it from their next opening on."),
    "nothing": mark("Please choose at least one field."),
}
"""What an address may tell the page to say after a change."""

FIRST_SEEN: Final = 4
"""Fields with a value that the panel shows unfolded."""


class Line(NamedTuple):
    """One connection in the list."""

    id: str
    name: str
    kind: str
    state: str
    works: bool
    fails: bool
    off: bool
    detail: str
    hook: str  # when its last webhook came, "" where there is none to come


class Offer(NamedTuple):
    """One kind that can be connected."""

    kind: str
    name: str
    text: str


class Entry(NamedTuple):
    """One field of a connector's form."""

    id: str
    field: str
    label: str
    hint: str
    form: str
    required: bool
    value: str
    kept: str  # instead of a secret's value: that there is one
    choices: tuple[Choice, ...]
    wrong: bool


class Place(NamedTuple):
    """One field of the panel, while it is being ordered."""

    name: str
    label: str
    shown: bool
    first: bool
    last: bool
    up: str  # what its buttons are called for who cannot see where they stand
    down: str


class Problem(NamedTuple):
    """Why something was not done."""

    text: str
    detail: str = ""


class Found(NamedTuple):
    """One value that a test has found."""

    label: str
    value: str


def labels_of(language: str) -> Mapping[str, str]:
    """The page's own words."""
    words = catalogue(language)
    return {name: words.say(label) for name, label in LABELS.items()}


def said_of(voice: Voice, code: str) -> str:
    """What the last click has done, "" for anything that is no such word."""
    return voice.say(_SAID[code]) if code in _SAID else ""


def kind_of(voice: Voice, kind: CrmKind) -> str:
    """What a kind is called."""
    return voice.say(KINDS[kind][0])


def offers_of(voice: Voice) -> tuple[Offer, ...]:
    """Everything that can be connected."""
    return tuple(Offer(kind, voice.say(title[0]), voice.say(title[1])) for kind, title in KINDS.items())


_MEANT: Final[Mapping[str, str]] = {
    "gaierror": mark("There is no server of this name."),
    "ConnectionRefusedError": mark("Nothing answers at this address."),
    "SSLCertVerificationError": mark("The server's certificate is not valid for this address."),
    "credentials with characters that no token has": mark(
        "There are characters in it that no token has. Please copy it once more."
    ),
}
"""Details of the line to every CRM that say more than the sentence, if somebody says what they mean."""
_NO_MORE: Final = frozenset(
    {
        "an address inside",
        "no answer in time",
        "not an address of the web",
        "not an https address of a host",
        "the time was up before the call",
    }
)
"""Details that the sentence says, too."""
_FAULT: Final = re.compile(r"\w+(?:Error|Disconnected)|failed")


def line_of(voice: Voice, connection: Connection, tested: tuple[int, str] | None, hooked: int) -> Line:
    """A line of the list. `tested`: when it was asked last, and what was wrong; `hooked`: when a webhook came."""
    state, works, fails, detail = voice.say("Not asked yet"), False, False, ""
    if tested:
        when, trouble = voice.clock.when(tested[0]), tested[1]
        works, fails = not trouble, bool(trouble)
        state = voice.say("Works") if works else voice.say("Does not work")
        state = f"{state} · {when}"
        detail = trouble_words(voice, trouble) if fails else ""
    if connection.off:
        state, works, fails, detail = voice.say("Switched off"), False, False, ""
    hook = ""
    if Ability.WEBHOOKS in connection.abilities and not connection.off:
        hook = voice.say("no webhook has come yet")
        if hooked:
            hook = voice.say("last webhook %(when)s", when=voice.clock.when(hooked))
    kind = kind_of(voice, connection.kind)
    return Line(connection.id, connection.name, kind, state, works, fails, connection.off, detail, hook)


def trouble_words(voice: Voice, trouble: str) -> str:
    """What is wrong, in one sentence."""
    return voice.say(next((title for why, title in TROUBLES.items() if why == trouble), TROUBLES["failed"]))


def problem_of(voice: Voice, error: CrmError) -> Problem:
    """What is wrong with a connection; the detail is the connector's own, where it says more than the sentence."""
    detail = str(error)
    if detail in _MEANT:
        detail = voice.say(_MEANT[detail])
    elif detail == error.why or detail in _NO_MORE or _FAULT.fullmatch(detail):
        detail = ""
    return Problem(trouble_words(voice, error.why), detail)


def works_words(voice: Voice) -> str:
    """A test went well, and nothing is saved yet."""
    return voice.say("The connection works. It is not saved yet.")


def waits_of(voice: Voice) -> Problem:
    """Nothing can be tested yet."""
    return Problem(voice.say("Please save it first, and give your consent at the vendor's: then it can be tested."))


def label_of(voice: Voice, name: str) -> str:
    """One of the page's own words."""
    return voice.say(LABELS[name])


def found_of(voice: Voice, name: str, value: str) -> Found:
    """One value that an address to try it with has found, under the name that the administrator has given it."""
    return Found(voice.say("Records found") if name == "records" else name, value or voice.say("nothing found"))


def missing_of(voice: Voice, kind: CrmKind, names: Sequence[str]) -> Problem:
    """What must be filled in."""
    return Problem(
        voice.say("Please fill in: %(names)s", names=voice.names([name_of(voice, kind, one) for one in names]))
    )


def unusable_of(voice: Voice, kind: CrmKind, names: Sequence[str]) -> Problem:
    """What cannot be meant as it was typed."""
    said = voice.names([name_of(voice, kind, one) for one in names])
    return Problem(voice.say("This cannot be used as it stands: %(names)s", names=said))


def elsewhere_of(voice: Voice) -> Problem:
    """Credentials that are kept are for the address they were given for."""
    return Problem(voice.say("The address is another one: please enter the credentials for it anew."))


def untried_of(voice: Voice) -> Problem:
    """A system of which nothing is known is tried before it is saved."""
    return Problem(voice.say("Please give an address to try it with before it is saved."))


def name_of(voice: Voice, kind: CrmKind, name: str) -> str:
    """What a field is called."""
    return voice.say(_field(kind, name).label)


def entry_of(
    voice: Voice,
    kind: CrmKind,
    setting: tuple[str, str, bool, tuple[str, ...]],
    *,
    value: str,
    kept: str = "",
    wrong: bool = False,
) -> Entry:
    """One field of the form. `setting`: name, form, whether it is required, choices."""
    name, form, required, choices = setting
    field = _field(kind, name)
    options = tuple(Choice(one, choice_words(voice, kind, name, one), one == value) for one in choices)
    if options and not required:
        options = (Choice("", "", not value), *options)
    return Entry(
        id=f"of-{name}",
        field=f"of.{name}",
        label=voice.say(field.label),
        hint=voice.say(field.hint) if field.hint else "",
        form=form,
        required=required,
        value=value,
        kept=kept,
        choices=options,
        wrong=wrong,
    )


def choice_words(voice: Voice, kind: CrmKind, name: str, value: str) -> str:
    """What a choice is called; the vendor's own word where it has no other."""
    title = CHOICES.get((kind, name, value))
    return voice.say(title) if title else value


def hook_words(voice: Voice, kind: CrmKind) -> str:
    """Where in the CRM the webhook's address is entered, "" where nothing is known."""
    return voice.say(HOOKS[kind]) if kind in HOOKS else ""


def fresh_of(voice: Voice, seconds: Iterable[int], chosen: int) -> tuple[Choice, ...]:
    """After how long what is shown is read again."""
    return tuple(
        Choice(str(one), voice.count("%(count)d minute", "%(count)d minutes", one // 60), one == chosen)
        for one in seconds
    )


def places_of(voice: Voice, order: Sequence[str], shown: Collection[str]) -> tuple[Place, ...]:
    """The panel's fields in their order."""
    labels = [(name, voice.say(_PANEL[name])) for name in order]
    return tuple(
        Place(
            name,
            label,
            shown=name in shown,
            first=at == 0,
            last=at == len(order) - 1,
            up=voice.say("%(field)s: up", field=label),
            down=voice.say("%(field)s: down", field=label),
        )
        for at, (name, label) in enumerate(labels)
    )


def removing_of(voice: Voice, connection: Connection) -> str:
    """What removing a connection means, before it is done."""
    return voice.say(
        "%(name)s is removed, with its credentials and everything that was read through it. Links that colleagues chose are "
        "forgotten. In the CRM itself nothing changes.",
        name=connection.name,
    )


def moved_words(voice: Voice, name: str, place: int) -> str:
    """Where a field stands now, for who cannot see it."""
    return voice.say("%(field)s is number %(place)d now.", field=voice.say(_PANEL[name]), place=place)


def title_of(voice: Voice, kind: CrmKind, connection: Connection | None) -> str:
    """The heading of a connection's page."""
    return connection.name if connection else voice.say("Connect %(name)s", name=kind_of(voice, kind))


def _field(kind: CrmKind, name: str) -> Field:
    return FIELDS.get((kind, name)) or FIELDS.get(("", name)) or Field(name)

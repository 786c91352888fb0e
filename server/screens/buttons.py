"""The verbs of the message card: which one is filled, which stand beside it, which wait in the menu.

The table of states is SCREENS' own: exactly one filled button, the next sensible step, and none where a colleague has it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cards.model import Action, Button, Buttons, Choice, Option
from server.domain.conversation import Claim, View
from server.domain.roles import may
from server.domain.workspace import Person, Priority, StatusKind, Viewer
from server.screens.words import Voice, catalogue, mark

ACTING_AS: Final = "acting_as"
"""The list in which a shared account names the person who acts."""
MOST_OPTIONS: Final = 100
"""Neither host draws a longer list."""

_VERBS: Final = {
    "take": (mark("Take"), Action("take")),
    "start_reply": (mark("Start reply"), Action("start_reply")),
    "reply": (mark("Reply"), Action("start_reply")),
    "open_draft": (mark("Open draft"), Action("start_reply")),
    "new_draft": (mark("Make a new draft"), Action("start_reply", {"anew": "1"})),
    "write_reply": (mark("Write the reply here"), Action("write")),
    "release": (mark("Release"), Action("release")),
    "release_others": (mark("End their claim"), Action("release", {"others": "1"})),
    "note": (mark("Add note"), Action("note")),
    "take_over": (mark("Take over"), Action("ask", {"what": "take_over"})),
    "hand_over": (mark("Hand over"), Action("ask", {"what": "hand_over"})),
    "assign": (mark("Assign"), Action("ask", {"what": "assign"})),
    "hold": (mark("Put on hold"), Action("ask", {"what": "hold"})),
    "resume": (mark("End hold"), Action("hold", {"hold": ""})),
    "status": (mark("Change status"), Action("ask", {"what": "status"})),
    "no_priority": (mark("Clear priority"), Action("priority", {"priority": ""})),
    "tags": (mark("Edit tags"), Action("ask", {"what": "tags"})),
    "due": (mark("Set due time"), Action("ask", {"what": "due"})),
    "move": (mark("Move to another team"), Action("ask", {"what": "move"})),
    "unmerge": (mark("Separate conversations"), Action("ask", {"what": "unmerge"})),
    "customer": (mark("Edit customer"), Action("ask", {"what": "customer"})),
    "merge_customers": (mark("Add an address of the same person"), Action("ask", {"what": "merge_customers"})),
    "split_address": (mark("Remove another person's address"), Action("ask", {"what": "split_address"})),
    "timeline": (mark("Show all events"), Action("timeline")),
    "refresh": (mark("Refresh"), Action("show")),
    "retry": (mark("Try again"), Action("show")),
    "back": (mark("Cancel"), Action("back")),
    "home": (mark("Open the queue"), Action("home", {"over": "1"})),
    "refresh_home": (mark("Refresh"), Action("home")),
    "queue_page": (mark("Open on a second screen"), Action("open_queue")),
    "settings": (mark("Settings"), Action("settings")),
    "grant_read": (mark("Allow reading the open mail"), Action("grant", {"need": "read"})),
    "grant_recipients": (mark("Allow reading the recipients"), Action("grant", {"need": "recipients"})),
}
"""Every button that is the same on every card: its words and what it asks for."""


@lru_cache(maxsize=512)
def button(language: str, verb: str, needs: tuple[str, ...] = (), *, filled: bool = False) -> Button:
    """One of the fixed buttons. Made once: a card has fifteen of them."""
    label, target = _VERBS[verb]
    return Button(catalogue(language).say(label), target, filled=filled, needs=needs)


@lru_cache(maxsize=64)
def row(language: str, *verbs: str, needs: tuple[str, ...] = ()) -> Buttons:
    """Fixed buttons side by side."""
    return Buttons(tuple(button(language, verb, needs) for verb in verbs))


def naming(viewer: Viewer) -> tuple[str, ...]:
    """What every change needs besides: the name of the person, when several use the account."""
    return (ACTING_AS,) if viewer.shared and viewer.person is None else ()


def acting_as(voice: Voice, viewer: Viewer, chosen: str = "") -> tuple[Choice, ...]:
    """The list that a shared account picks its person from; nothing for everybody else."""
    if not naming(viewer):
        return ()
    options = tuple(Option(person.id, person.name, person.id == chosen) for person in people(viewer))
    return (Choice(ACTING_AS, voice.say("Who is acting?"), options),)


def people(viewer: Viewer, team: str = "") -> tuple[Person, ...]:
    """Everybody who can be named, the members of the team first; of a private team only its members."""
    living = [person for person in viewer.workspace.people if not person.archived and not person.same_as]
    owner = viewer.workspace.team_by_id.get(team)
    if owner and owner.members:
        living = [person for person in living if not owner.private or person.id in owner.members]
        living.sort(key=lambda person: person.id not in owner.members)
    return tuple(living[:MOST_OPTIONS])


def note_field(viewer: Viewer, view: View) -> str:
    """The name of the field for notes: another one once the agent's note is saved, since hosts keep what stands in a field.

    A colleague's note leaves it as it is, so that a refresh never takes away what is being typed.
    """
    mine = (note.id for note in view.notes if viewer.person is None or note.by == viewer.id)
    last = next(mine, "")
    return f"note.{last}" if last else "note"


def claim_of(view: View) -> Claim | None:
    """The claim that lives at the view's own time."""
    claim = view.conversation.claim
    return claim if claim and claim.expires > view.now else None


def drafted(viewer: Viewer, view: View) -> bool:
    """Whether the viewer's own draft lies in the mailbox they look from."""
    draft = view.conversation.draft
    in_gmail = viewer.provider == "google"
    return bool(view.message and draft and draft.id and draft.by == viewer.id and (draft.host == "gmail") == in_gmail)


def replied(view: View) -> bool:
    """Whether we have answered what the customer asked last."""
    answered = view.conversation.answered
    return answered is not None and view.conversation.asked > 0 and answered.at >= view.conversation.asked


def deeds(voice: Voice, viewer: Viewer, view: View) -> Buttons:
    """The row of verbs under the state of the conversation."""
    needs = naming(viewer)
    conversation = view.conversation
    claim = claim_of(view)
    done = conversation.kind == "done"
    items: list[Button] = []
    menu: list[str] = []
    # A draft is made beside the mail it answers; a card that a row led to has none.
    reply = "reply" if view.message else "start_reply"
    written = ("write_reply",) if view.message else ()

    def verb(name: str, *, filled: bool = False) -> Button:
        return button(voice.language, name, needs, filled=filled)

    if done:
        items.append(_set_status(viewer, "open", voice.say("Reopen"), needs, filled=True))
    elif claim is None:
        items += (verb("take", filled=True), verb(reply))
        menu += ("assign", "resume" if conversation.hold else "hold", *written)
    elif claim.owner == viewer.id:
        opens_draft = drafted(viewer, view)
        answers = conversation.kind != "open" and replied(view)
        # Once the answer is out, or the client's own form has been opened, finishing is the next step.
        finish = _set_status(
            viewer, "done", voice.say("Mark as done"), needs, filled=answers or (claim.drafting and not opens_draft)
        )
        if opens_draft:
            items += (verb("open_draft", filled=not answers), finish)
            menu.append("new_draft")
        elif claim.drafting or answers:
            items += (finish, verb(reply))
        else:
            items += (verb(reply, filled=True), finish)
        menu += ("release", "hand_over", "hold", *written)
    elif needs:  # a shared account: the named person may well be the one who has it
        items += (verb(reply), _set_status(viewer, "done", voice.say("Mark as done"), needs))
        menu += ("release", "hand_over", "take_over", "hold")
    else:
        items.append(button(voice.language, "note", (*needs, note_field(viewer, view))))
        menu.append("take_over")
        if may(viewer.role, "release_others"):
            menu.append("release_others")
    drawn = (viewer.workspace.status_of_kind("done"), viewer.workspace.status_of_kind("open"))
    if any(s.id not in drawn and s.kind != "working" and not s.archived for s in viewer.workspace.statuses) and (
        claim is None or claim.owner == viewer.id
    ):
        menu.append("status")
    corrections = ["tags", "due"]
    if sum(not team.archived for team in viewer.workspace.teams) > 1:
        corrections.append("move")
    if conversation.parts:
        corrections.append("unmerge")
    priorities = () if done else _priorities(voice.language, needs, viewer.workspace.priorities, conversation.priority)
    rest = (*_menu(voice.language, needs, *menu), *priorities, *_menu(voice.language, needs, *corrections))
    return Buttons(tuple(items), rest, voice.say("More actions"))


@lru_cache(maxsize=512)
def _menu(language: str, needs: tuple[str, ...], *verbs: str) -> tuple[Button, ...]:
    return tuple(button(language, verb, needs) for verb in verbs)


@lru_cache(maxsize=512)
def _priorities(
    language: str, needs: tuple[str, ...], priorities: tuple[Priority, ...], current: str
) -> tuple[Button, ...]:
    """One entry for each of the workspace's own priorities but the one it has."""
    say = catalogue(language).say
    found = [
        Button(
            say("Priority: %(name)s", name=priority.name.in_(language)),
            Action("priority", {"priority": priority.id}),
            needs=needs,
        )
        for priority in priorities
        if priority.id != current and not priority.archived
    ]
    if current:
        found.append(button(language, "no_priority", needs))
    return tuple(found)


def _set_status(
    viewer: Viewer, kind: StatusKind, label: str, needs: tuple[str, ...], *, filled: bool = False
) -> Button:
    status = viewer.workspace.status_of_kind(kind)
    return Button(label, Action("status", {"status": status}), filled=filled, needs=needs)

"""An agent replies: the claim first, then the draft, so that a colleague who has the conversation stops it before a word is written."""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Literal, NamedTuple

from server.domain.answering import answer
from server.domain.changes import DraftFailed, DraftMade, StartReply, Taken
from server.domain.conversation import View
from server.domain.errors import ConsentNeeded, DraftUnavailable, MailUnavailable, RecordsUnavailable
from server.domain.events import Mailbox
from server.domain.mail import Mail
from server.domain.outcomes import Done, Editing, Failed, NotOurs, Outcome, Refusal, Refused, Replying
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere, Target
from server.domain.roles import may
from server.domain.salutation import salutation
from server.domain.suggestion import Suggestion
from server.domain.workspace import Viewer
from server.replies.check import promises_in
from server.replies.difference import word_distance
from server.usecases.acting import acting, refused
from server.usecases.benefits import gift_in
from server.usecases.desk import Command, Desk
from server.usecases.editor import again, began_as, shown_ids, stopped, text_of

UNCHANGED: Final = 20
"""Thousandths of its words by which a template may differ and still count as used as it is: a blank, a line end."""
BEING_MADE: Final = 20_000
"""ms within which another request may still be making the draft (the mailbox's time limit is shorter)."""


def reply(desk: Desk, command: Command) -> Outcome:
    """Claim the conversation for as long as a reply takes, and bring the agent to the draft."""
    viewer = acting(command)
    if viewer is None:
        return refused(desk, command, Refusal.NEEDS_NAME)
    if not may(viewer.role, "work"):
        return refused(desk, command, Refusal.NOT_ALLOWED)
    typed = text_of(command)
    mail = None
    if command.mail is not None and command.target.message:
        try:
            mail = command.mail()
        except MailUnavailable as error:
            return Failed(public=error.public, retryable=error.retryable, keeps_card=True)
        placing = placing_of(mail, viewer.workspace)
        if command.target.message not in (placing.key, placing.key2):
            return refused(desk, command, Refusal.OTHER_MAIL)
    if mail and command.mailbox:
        command.mailbox.require("draft")  # before anything is claimed: the host asks, and the same click comes again
    written = _written(desk, command, viewer, typed)
    if not isinstance(written, _Written):
        return written
    text = written.text
    host: Literal["", "gmail", "outlook"] = "" if mail is None else "gmail" if command.mailbox else "outlook"
    change = StartReply(
        host,
        box=command.pointer.mailbox if command.pointer else "",
        # Words that were just typed go into a draft of their own: one that is there already may hold other words.
        anew=command.args.get("anew") == "1" or bool(text),
        pick=written.pick,
        # Questions for what is missing say nothing against the answers that were proposed beside them.
        shown=shown_ids(command) if typed and not command.args.get("kind") else (),
        due=written.due,
        gift=gift_in(viewer, text),
    )
    acted = desk.conversations.act(viewer, command.target, change, once=command.once)
    if isinstance(acted, Elsewhere):
        return NotOurs()
    if acted.code != "ok":
        refusal = Refused(Refusal(acted.code), acted.view, command.kept)
        return again(desk, command, refusal) if typed else refusal
    if mail is None:
        return Done(acted.view, "start_reply", replayed=acted.replayed)
    everyone = command.typed("reply_to") != "sender"
    language = mail.language or command.place.language or viewer.workspace.language
    words = text or salutation(acted.view, language)
    if command.mailbox is None:
        return Replying(acted.view, text=words, everyone=everyone)
    return _draft(
        desk, command, viewer, command.mailbox, acted.view, mail, words, everyone, change, replayed=acted.replayed
    )


class _Written(NamedTuple):
    """What the reply says, which template it was made of, and by when it promises something (ms)."""

    text: str = ""
    pick: Taken | None = None
    due: int = 0


def _written(desk: Desk, command: Command, viewer: Viewer, typed: str) -> _Written | Editing | NotOurs:
    """Return the checked words of the reply; or the card on which they are mended. A reply without words needs no check."""
    if not typed and not command.args.get("kind"):
        return _Written()
    view = desk.conversations.open_conversation(viewer, command.target)
    if isinstance(view, Elsewhere):
        return NotOurs()
    found = began_as(desk, command, viewer, view)
    text = typed or (found.text if found else "")
    if card := stopped(desk, command, viewer, view, text, found):
        return card
    zone = command.place.time_zone or viewer.workspace.time_zone
    promised = [at for _, at in promises_in(text, view.now, zone) if at > view.now]
    return _Written(text, taken(found, typed, shown_ids(command)), min(promised, default=0))


def taken(found: Suggestion | None, typed: str, shown: tuple[str, ...]) -> Taken | None:
    """Return how a template was used: as it is, or how much of its words was changed."""
    if found is None or not found.template:
        return None
    changed = round(1000 * word_distance(found.text, typed)) if typed else 0
    return Taken(found.template, found.title, "edited" if changed > UNCHANGED else "as_is", changed, shown)


def _draft(
    desk: Desk,
    command: Command,
    viewer: Viewer,
    mailbox: Mailbox,
    view: View,
    mail: Mail,
    text: str,
    everyone: bool,
    change: StartReply,
    *,
    replayed: bool,
) -> Outcome:
    draft = view.conversation.draft
    if draft and draft.by == viewer.id and draft.id:
        return Replying(view, draft.id, draft.thread, again=True)
    if replayed and draft and view.now - draft.at < BEING_MADE:
        return Failed(public="draft_being_made", keeps_card=True)
    target = Target(view.conversation.id, view.conversation.state, command.target.message, command.target.circle)
    try:
        owner = viewer.workspace.team_by_id.get(view.conversation.teams[0]) if view.conversation.teams else None
        language = command.place.language or viewer.workspace.language
        written = answer(mail, viewer.workspace, viewer, everyone=everyone, text=text, language=language, team=owner)
        made = mailbox.draft(written)
    except (DraftUnavailable, ConsentNeeded) as error:
        taught = view.reading.picks[0].id if change.pick and view.reading.picks else ""
        failed = DraftFailed(taught, change.gift.benefit if change.gift else "")
        acted = desk.conversations.act(viewer, target, failed, once=f"{command.once}:failed:{view.now}")
        if isinstance(error, ConsentNeeded) or isinstance(acted, Elsewhere):
            raise
        return Failed(public=error.public, retryable=False, view=acted.view)
    # Whatever becomes of the note about it, the draft is there: the agent must come to it.
    with suppress(RecordsUnavailable):
        acted = desk.conversations.act(viewer, target, DraftMade(made.id, made.thread), once=f"{command.once}:made")
        view = view if isinstance(acted, Elsewhere) else acted.view
    return Replying(view, made.id, made.thread, text=text)

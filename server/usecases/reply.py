"""An agent replies: the claim first, then the draft, so that a colleague who has the conversation stops it before a word is written."""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Literal

from server.domain.answering import answer
from server.domain.changes import DraftFailed, DraftMade, StartReply
from server.domain.conversation import View
from server.domain.errors import ConsentNeeded, DraftUnavailable, MailUnavailable, RecordsUnavailable, TooLong
from server.domain.events import Mailbox
from server.domain.mail import Mail
from server.domain.outcomes import Done, Failed, NotOurs, Outcome, Refusal, Refused, Replying
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere, Target
from server.domain.roles import may
from server.domain.salutation import salutation
from server.domain.workspace import Viewer
from server.usecases.acting import acting, refused
from server.usecases.desk import Command, Desk

LONGEST: Final = 20_000
BEING_MADE: Final = 20_000
"""ms within which another request may still be making the draft (the mailbox's time limit is shorter)."""


def reply(desk: Desk, command: Command) -> Outcome:
    """Claim the conversation for as long as a reply takes, and bring the agent to the draft."""
    viewer = acting(command)
    if viewer is None:
        return refused(desk, command, Refusal.NEEDS_NAME)
    if not may(viewer.role, "work"):
        return refused(desk, command, Refusal.NOT_ALLOWED)
    text = command.typed("reply_text").replace("\0", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise TooLong("reply_text")
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
    host: Literal["", "gmail", "outlook"] = "" if mail is None else "gmail" if command.mailbox else "outlook"
    box = command.pointer.mailbox if command.pointer else ""
    # Words that were just typed go into a draft of their own: one that is there already may hold other words.
    change = StartReply(host, box, command.args.get("anew") == "1" or bool(text))
    acted = desk.conversations.act(viewer, command.target, change, once=command.once)
    if isinstance(acted, Elsewhere):
        return NotOurs()
    if acted.code != "ok":
        return Refused(Refusal(acted.code), acted.view, command.kept, "reply" if text else "")
    if mail is None:
        return Done(acted.view, "start_reply", replayed=acted.replayed)
    everyone = command.typed("reply_to") != "sender"
    language = mail.language or command.place.language or viewer.workspace.language
    words = text or salutation(acted.view, language)
    if command.mailbox is None:
        return Replying(acted.view, text=words, everyone=everyone)
    return _draft(desk, command, viewer, command.mailbox, acted.view, mail, words, everyone, replayed=acted.replayed)


def _draft(
    desk: Desk,
    command: Command,
    viewer: Viewer,
    mailbox: Mailbox,
    view: View,
    mail: Mail,
    text: str,
    everyone: bool,
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
        acted = desk.conversations.act(viewer, target, DraftFailed(), once=f"{command.once}:failed:{view.now}")
        if isinstance(error, ConsentNeeded) or isinstance(acted, Elsewhere):
            raise
        return Failed(public=error.public, retryable=False, view=acted.view)
    # Whatever becomes of the note about it, the draft is there: the agent must come to it.
    with suppress(RecordsUnavailable):
        acted = desk.conversations.act(viewer, target, DraftMade(made.id, made.thread), once=f"{command.once}:made")
        view = view if isinstance(acted, Elsewhere) else acted.view
    return Replying(view, made.id, made.thread, text=text)

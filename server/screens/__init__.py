"""Outcome -> Effect. All wording of the product is in this package, in Japanese and English; nothing here does I/O."""

from __future__ import annotations

from typing import assert_never

from cards.model import (
    AskConsent,
    Card,
    Effect,
    Insert,
    Notice,
    OpenPage,
    Show,
    StartReply,
    Toast,
    Tone,
    Verdict,
)
from cards.model import Place as Stack
from server.domain.events import Place
from server.domain.outcomes import (
    Ask,
    Checked,
    Choosing,
    Consenting,
    Done,
    Editing,
    Failed,
    HistoryPage,
    Inserting,
    Leading,
    NotOurs,
    Outcome,
    Refused,
    Replying,
    Seen,
    Stranger,
    TimelinePage,
    Waiting,
    Writing,
)
from server.domain.workspace import Viewer, Workspace
from server.screens.answers import done_words, refused_words, replying_words
from server.screens.compose import compose_card
from server.screens.customer import header_of
from server.screens.editor import editor_card
from server.screens.history import history_card
from server.screens.home import home_card
from server.screens.message import message_card
from server.screens.problem import notice_of, problem_card, sentence_of
from server.screens.questions import question_card
from server.screens.sends import sentence_of_check
from server.screens.settings import settings_card
from server.screens.strangers import not_ours_card, stranger_card
from server.screens.timeline import timeline_card
from server.screens.times import Clock, zone
from server.screens.words import Voice, catalogue

__all__ = ["left_of_day", "show"]

_NOBODY = Viewer(Workspace("", ""), None)
"""Stands in where an error came before it was known who asks; such outcomes carry nothing of a workspace."""


def show(outcome: Outcome, viewer: Viewer | None, place: Place) -> Effect:
    """Draw what a use-case answered, in the agent's language and time zone, else the workspace's."""
    viewer = viewer or _NOBODY
    match outcome:
        case Seen(view=view):
            voice = _voice(viewer, place, view.now)
            return Show(message_card(voice, viewer, view), Stack.ON_TOP if outcome.over else Stack.HERE)
        case Waiting(queue=queue):
            voice = _voice(viewer, place, queue.now)
            return Show(home_card(voice, queue), Stack.ON_TOP if outcome.over else Stack.HERE)
        case Done(view=view):
            voice = _voice(viewer, place, view.now)
            return Show(message_card(voice, viewer, view), toast=done_words(voice, outcome), changed=True)
        case Refused():
            return _refused(outcome, viewer, place)
        case Ask(what=what, view=view, form=form):
            return Show(question_card(_voice(viewer, place, view.now), viewer, view, what, form))
        case HistoryPage(view=view):
            voice = _voice(viewer, place, view.now)
            return Show(history_card(voice, view, header_of(voice, view), outcome.before), Stack.ON_TOP)
        case TimelinePage(view=view):
            voice = _voice(viewer, place, view.now)
            return Show(timeline_card(voice, view, header_of(voice, view)), Stack.ON_TOP)
        case Replying(view=view):
            voice = _voice(viewer, place, view.now)
            return StartReply(
                message_card(voice, viewer, view),
                text=outcome.text,
                everyone=outcome.everyone,
                id=outcome.id,
                thread=outcome.thread,
                toast=replying_words(voice, outcome),
            )
        case Editing(view=view, refused=refused):
            voice = _voice(viewer, place, view.now)
            return Show(editor_card(voice, viewer, outcome), toast=refused_words(voice, refused) if refused else "")
        case Writing(composed=composed, said=said):
            voice = _voice(viewer, place, composed.now)
            sentence = ""
            if said is not None:
                sentence = done_words(voice, said) if isinstance(said, Done) else refused_words(voice, said)
            changed = isinstance(said, Done)
            return Show(compose_card(voice, viewer, outcome, sentence), toast=sentence, changed=changed)
        case Inserting(text=text):
            return Insert(text)
        case Leading(url=url):
            return OpenPage(url)
        case Consenting(scopes=scopes):
            return AskConsent(scopes)
        case Checked(verdict=verdict, check=check):
            voice = _voice(viewer, place, check.now)
            return Verdict(verdict, "" if verdict == "allow" else sentence_of_check(voice, check))
        case Choosing():
            words = catalogue(outcome.preferences.language or place.language or viewer.workspace.language)
            toast = words.say("Saved.") if outcome.saved else ""
            return Show(
                settings_card(words, viewer, outcome),
                Stack.HERE if outcome.saved else Stack.ON_TOP,
                toast,
                outcome.saved,
            )
        case NotOurs():
            return Show(not_ours_card(_voice(viewer, place, 0), viewer, outcome))
        case Stranger():
            return Show(stranger_card(catalogue(place.language or "ja"), outcome))
        case Failed(public=public, keeps_card=True):
            return Toast(sentence_of(catalogue(_language(viewer, place)), public))
        case Failed():
            return Show(_failed(outcome, viewer, place))
        case _:
            assert_never(outcome)


def left_of_day(viewer: Viewer, place: Place, now: int) -> int:
    """Milliseconds for which lasting sections drawn now stay true: until midnight where the agent is."""
    return _voice(viewer, place, now).clock.left_of_day()


def _voice(viewer: Viewer, place: Place, now: int) -> Voice:
    workspace = viewer.workspace
    language = _language(viewer, place)
    clock = Clock(now, zone(place.time_zone, workspace.time_zone), catalogue(language).dates)
    return Voice(language, workspace, viewer.id, viewer.provider, clock)


def _language(viewer: Viewer, place: Place) -> str:
    """The agent's own choice, else the mail client's language, else the workspace's."""
    return viewer.preferences.language or place.language or viewer.workspace.language


def _refused(outcome: Refused, viewer: Viewer, place: Place) -> Effect:
    view = outcome.view
    voice = _voice(viewer, place, view.now)
    sentence = refused_words(voice, outcome)
    notice = Notice(sentence, Tone.WARNING)
    if outcome.ask:
        card: Card = question_card(voice, viewer, view, outcome.ask, outcome.form, refused=notice)
    else:
        card = message_card(voice, viewer, view, first=(notice,), form=outcome.form)
    return Show(card, toast=sentence)


def _failed(outcome: Failed, viewer: Viewer, place: Place) -> Card:
    words = catalogue(_language(viewer, place))
    if outcome.view is None:
        return problem_card(words, outcome.public, retryable=outcome.retryable)
    notice = notice_of(words, outcome.public, retryable=outcome.retryable)
    return message_card(_voice(viewer, place, outcome.view.now), viewer, outcome.view, first=(notice,))

"""The pipeline of the sidebar, written once for both hosts: verify, translate, decide, draw, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Final, NamedTuple, Protocol, assert_never

import msgspec
import structlog

from cards.model import Card, Show
from server import screens
from server.domain.conversation import View
from server.domain.errors import ActionTooOld, BadAction, ConsentNeeded, SobaniError, Unauthenticated
from server.domain.events import Click, Compose, Home, Identity, Open, Place, Send, Settings
from server.domain.ids import digest
from server.domain.outcomes import Consenting, Done, Failed, Outcome, Refusal, Refused, Seen, Waiting, Writing
from server.domain.ports import Target
from server.domain.workspace import Viewer
from server.hosts.host import Entry, Headers, Host, Received
from server.usecases import ACTIONS, Command, Desk, compose, home, open_message, send, settings
from server.usecases.compose import write
from server.usecases.suggest import with_suggestions
from server.web.live import Lives
from server.web.lookups import Lookups
from server.web.places import Places
from server.web.sealing import Sealed, Sealer

_ANYWHERE: Final = nullcontext()

log = structlog.get_logger()


class Answer(NamedTuple):
    """What goes back over HTTP: a JSON body."""

    status: int
    body: bytes


class Answerer(Protocol):
    """What answers one path."""

    def __call__(self, headers: Headers, read: Callable[[int], bytes], /) -> Answer:
        """Answer a POST with these headers; `read` gives its body of at most so many bytes (0: the usual), or raises BadEvent."""


class Sidebar:
    """What the routes of a host do. `count` notes problems by name; `new_nonce` gives every drawn card its own."""

    def __init__(
        self,
        desk: Desk,
        sealer: Sealer,
        count: Callable[[str], None],
        new_nonce: Callable[[], str],
        lives: Lives,
        lookups: Lookups,
    ) -> None:
        self._directory = desk.directory
        self._desk = desk
        self._sealer = sealer
        self._count = count
        self._new_nonce = new_nonce
        self._lives = lives
        self._lookups = lookups
        self._places = Places()

    def routes(self, host: Host) -> Mapping[str, Answerer]:
        """Return what answers each path of one host."""
        return {path: partial(self.answer, host, entry, path) for path, entry in host.routes.items()}

    def answer(self, host: Host, entry: Entry, path: str, headers: Headers, read: Callable[[int], bytes]) -> Answer:
        """Answer one request. Every error becomes a card; `read` gives the body, or raises BadEvent."""
        viewer: Viewer | None = None
        received: Received | None = None
        place = Place()
        status = 200
        try:
            most = host.most(path, headers)
            with self._places.one() if most else _ANYWHERE:
                received = host.receive(entry, path, headers, read(most))
                place = received.event.place
                answer = self._directory.viewer(received.identity)
                if isinstance(answer, Viewer):
                    viewer = answer
                    outcome = self._decide(viewer, received)
                    viewer = self._up_to_date(viewer, received.identity, outcome)
                    outcome = self._lookups.complete(viewer, outcome)
                    outcome = with_suggestions(self._desk.shelves, viewer, place, outcome)
                else:
                    outcome = answer
        except ConsentNeeded as needed:
            # An ordinary answer: the host shows its own form for it, and asks again afterwards.
            outcome = Consenting(needed.scopes)
        except SobaniError as error:
            place = place if received else Place(_spoken(headers))
            status = host.status_of(error.status)
            outcome = self._problem(host, error, click=entry is Entry.ACTION)
        except Exception:
            # A fault of ours: the agent gets a card and a sentence, the log the place where it happened.
            log.exception("fault", host=host.name)
            self._count("problems.fault")
            status = host.status_of(500)
            outcome = Failed(public="failed", retryable=True, keeps_card=entry is Entry.ACTION)
        try:
            return self._draw(host, entry, outcome, viewer, place, status)
        except Exception:
            log.exception("fault", host=host.name)
            self._count("problems.fault")
            failed = Failed(public="failed", retryable=True)
            return self._draw(host, entry, failed, viewer, place, host.status_of(500))

    def _draw(
        self, host: Host, entry: Entry, outcome: Outcome, viewer: Viewer | None, place: Place, status: int
    ) -> Answer:
        effect = screens.show(outcome, viewer, place)
        live = self._live(outcome, viewer) if host.follows and viewer else ""
        workspace, who = (viewer.workspace.id, viewer.id) if viewer else ("", "")
        seal = self._sealer.for_card(workspace, who, target_of(outcome), self._new_nonce())
        body = host.respond(entry, effect, seal, live)
        if (
            isinstance(outcome, Seen)
            and viewer
            and isinstance(effect, Show)
            and outcome.view.sheet
            and not outcome.view.kept
        ):
            self._keep(host, effect.card, outcome.view, viewer, place)
        return Answer(status, body)

    def _live(self, outcome: Outcome, viewer: Viewer) -> str:
        """Return what the client waits for further changes with; "" where there is nothing to follow."""
        match outcome:
            case Waiting(queue=queue):
                return self._lives.token(viewer.workspace.id, viewer.id, "", queue.feed)
            case Writing(composed=composed):
                view, feed = composed.view, composed.feed
            case _:
                view = getattr(outcome, "view", None)
                feed = view.feed if isinstance(view, View) else 0
        if not isinstance(view, View):
            return ""
        return self._lives.token(viewer.workspace.id, viewer.id, view.conversation.id, feed)

    def _keep(self, host: Host, card: Card, view: View, viewer: Viewer, place: Place) -> None:
        """Keep what need not be drawn again today."""
        kept = host.keep(card, self._new_nonce())
        if kept:
            left = screens.left_of_day(viewer, place, view.now)
            self._desk.conversations.keep(viewer, view, msgspec.msgpack.encode(kept), left)

    def _decide(self, viewer: Viewer, received: Received) -> Outcome:
        match received.event:
            case Open() as event:
                return open_message(self._desk, viewer, event)
            case Home():
                return home(self._desk, viewer)
            case Compose() as event:
                return compose(self._desk, viewer, event)
            case Settings():
                return settings(self._desk, viewer)
            case Send() as event:
                return send(self._desk, viewer, event)
            case Click() as event:
                return self._click(viewer, received.identity, event)
            case _:
                assert_never(received.event)

    def _up_to_date(self, viewer: Viewer, identity: Identity, outcome: Outcome) -> Viewer:
        """Return the viewer by the directory as the answer has seen it: a newcomer may have it by now, and must be named."""
        revision = _revision(outcome)
        if revision <= viewer.workspace.version:
            return viewer
        self._directory.notice(viewer.workspace, revision)
        answer = self._directory.viewer(identity)
        return answer if isinstance(answer, Viewer) else viewer

    def _click(self, viewer: Viewer, identity: Identity, event: Click) -> Outcome:
        try:
            sealed = self._sealer.open(event.token)
        except ActionTooOld:
            return self._too_old(viewer, event)
        if (sealed.workspace, sealed.viewer) != (viewer.workspace.id, viewer.id) and not _is_retry(sealed):
            raise BadAction("another agent's or workspace's")
        action = ACTIONS.get(sealed.name)
        if action is None:
            raise BadAction("no such action")
        command = Command(
            identity=identity,
            viewer=viewer,
            target=sealed.target,
            args=sealed.args,
            form=_by_field(event.form),
            once=_once(sealed, event),
            place=event.place,
            mail=event.mail,
            pointer=event.pointer,
            thread=event.thread,
            mailbox=event.mailbox,
            window=event.window,
            files=event.files,
        )
        outcome = action(self._desk, command)
        if event.window is not None and isinstance(outcome, Done | Refused):
            # Beside a compose window stands the card of that window, with what has just become of the click.
            return msgspec.structs.replace(write(self._desk, viewer, event.window), said=outcome)
        return outcome

    def _too_old(self, viewer: Viewer, event: Click) -> Outcome:
        """Answer a click of yesterday's card: the open mail's card as it is now, and what had been typed."""
        if event.mail is not None:
            opened = Open(event.place, event.mail, event.pointer, event.thread, event.mailbox)
            seen = open_message(self._desk, viewer, opened, whole=True)
            if isinstance(seen, Seen):
                typed = {name: values[0] for name, values in _by_field(event.form).items() if values and values[0]}
                return Refused(Refusal.TOO_OLD, seen.view, typed)
        raise ActionTooOld

    def _problem(self, host: Host, error: SobaniError, *, click: bool) -> Failed:
        name = type(error).__name__
        self._count(f"problems.{name}")
        log.warning("refused" if error.status < 500 else "failed", host=host.name, error=name, reason=str(error))
        # A click leaves the card and what was typed as they are: whoever may try again presses the same button, and it counts once.
        keeps_card = click and not isinstance(error, Unauthenticated)
        return Failed(public=error.public, retryable=error.retryable, keeps_card=keeps_card)


def target_of(outcome: Outcome) -> Target:
    """Return what the drawn card's buttons are about."""
    view = outcome.composed.view if isinstance(outcome, Writing) else getattr(outcome, "view", None)
    if not isinstance(view, View):
        return Target("", 0)
    message = view.message
    return Target(
        view.conversation.id, view.conversation.state, message.key if message else "", message.circle if message else ""
    )


def _spoken(headers: Headers) -> str:
    """Return the language of the agent's browser, for answers to a body that could not be read."""
    first = headers.get("Accept-Language", "")[:2].lower()
    return first if first in {"ja", "en"} else ""


def _by_field(form: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return what was typed by field: "note.7" is the field "note" under a name of its own (cards.model.Field)."""
    return {name.partition(".")[0]: values for name, values in form.items()}


def _is_retry(sealed: Sealed) -> bool:
    """Whether the button stood on a problem card drawn before it was known for whom: it only looks again."""
    return sealed.name == "show" and not (sealed.workspace or sealed.viewer or sealed.target.conversation)


def _once(sealed: Sealed, event: Click) -> str:
    """Name the click for idempotency: both hosts replay, always with the same button and the same inputs."""
    parts = [sealed.nonce, sealed.name]
    parts += [f"{name}={value}" for name, value in sorted(sealed.args.items())]
    parts += ["=".join((name, *values)) for name, values in sorted(event.form.items())]
    return digest("\x1e".join(parts))


def _revision(outcome: Outcome) -> int:
    if isinstance(outcome, Waiting):
        return outcome.queue.revision
    if isinstance(outcome, Writing):
        return outcome.composed.revision
    view = getattr(outcome, "view", None)
    return view.revision if isinstance(view, View) else 0

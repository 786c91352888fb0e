"""The routes of the queue's page.

    mail client  --click-->  link to /queue/enter#<token>     works once, 60 s
    its page     --POST-->   /queue/enter {"token": ...}      answers with a session's cookie
    browser      --GET-->    /queue, then /queue/changes and /queue/rows for as long as it is open

Only POST changes anything, and only when our own page sends it. Every request asks the directory who the account is: whoever
is no agent any more is signed out by their next request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec
import structlog
from flask import Blueprint, Response, abort, request

from server.domain.errors import RecordsUnavailable
from server.domain.ports import Conversations, Directory
from server.domain.workspace import Viewer
from server.screens.queue_page import LISTS, Board, door_of, frame_of, one_list, overview, voice_of
from server.web.later import HOLD, Reply
from server.web.live import Live
from server.web.queue.pages import POLICY, Pages
from server.web.signin import Ended, Sessions, SignIn, protect, spoken

PATH: Final = "/queue/changes"
"""Where a page may be kept waiting for an answer (web/later.py)."""
PAUSE: Final = 5.0
"""Seconds between two questions of a page that cannot wait here."""
ROWS: Final = 50
_LONGEST_ZONE: Final = 64
_LONGEST_PAGE_NAME: Final = 64

log = structlog.get_logger()


class Room(Protocol):
    """Where pages wait for changes (web.waiting.Room)."""

    def ask(self, live: Live, pane: str, hold: Callable[[], Reply] | None) -> bytes | None: ...


class _Entry(msgspec.Struct, frozen=True):
    token: str
    zone: str = ""


_read_entry: Final = msgspec.json.Decoder(_Entry).decode


def blueprint(
    public_url: str,
    sessions: Sessions,
    directory: Directory,
    conversations: Conversations,
    room: Room,
    count: Callable[[str], None],
    clock: Callable[[], float],
) -> Blueprint:
    """Return everything under /queue. `public_url` is where browsers reach the service, `clock` seconds since the epoch."""
    routes = Blueprint("queue", __name__, url_prefix="/queue")
    signin = SignIn(public_url, sessions, directory)
    pages = Pages(signin.root)
    routes.before_request(signin.from_our_own_page)

    @routes.after_request
    def safe(response: Response) -> Response:
        return protect(response, POLICY)

    def drawn(draw: Callable[..., str]) -> Response:
        viewer, session = signin.guest()
        name, cursor = request.args.get("list", ""), request.args.get("cursor", "")
        if name and name not in LISTS:
            abort(404)
        if name:
            page = conversations.queue_page(viewer, name, cursor, ROWS)
            voice = voice_of(viewer, spoken(), session.time_zone, page.now)
            board: Board = one_list(voice, page, name, cursor)
        else:
            queue = conversations.queue(viewer)
            voice = voice_of(viewer, spoken(), session.time_zone, queue.now)
            board = overview(voice, queue)
        return _html(draw(frame_of(voice, viewer), board))

    @routes.get("")
    def page() -> Response:
        return drawn(pages.page)

    @routes.get("/rows")
    def rows() -> Response:
        return drawn(pages.board)

    @routes.get("/changes")
    def changes() -> Response:
        viewer, _ = signin.guest()
        seen = request.args.get("seen", "")
        if not (seen.isascii() and seen.isdecimal() and len(seen) < 16):
            abort(400)
        live = Live(viewer.workspace.id, viewer.id, "", int(seen), int(clock()))
        said = room.ask(live, request.args.get("page", "")[:_LONGEST_PAGE_NAME], request.environ.get(HOLD))
        if said is None:
            return Response()  # not sent: the room answers
        return _json(said or b'{"changed":false,"wait":%.1f}' % PAUSE)

    @routes.get("/enter")
    def door() -> Response:
        return _html(pages.door(door_of(spoken() or "ja"), "opening", request.args.get("to", "")))

    @routes.post("/enter")
    def enter() -> Response:
        if request.mimetype != "application/json":
            abort(415)
        try:
            entry = _read_entry(request.get_data())
        except msgspec.DecodeError:
            abort(400)
        identity = sessions.redeem(entry.token)
        viewer = directory.viewer(identity) if identity else None
        if identity is None or not isinstance(viewer, Viewer):
            count("problems.queue_link")
            return Response(status=403)  # a session that the browser has already stays as it is
        if earlier := signin.cookie.token():
            sessions.end(earlier)
        response = _json(b"{}")
        signin.cookie.give(response, sessions.begin(viewer.workspace.id, identity, entry.zone[:_LONGEST_ZONE]))
        return response

    @routes.post("/leave")
    def leave() -> Response:
        return signin.leave(_json(b"{}"))

    @routes.get("/assets/<name>")
    def asset(name: str) -> Response:
        file = pages.files.get(name)
        if file is None:
            abort(404)
        return file.sent(request.args.get("v", ""))

    @routes.errorhandler(Ended)
    def ended(_: Ended) -> Response:
        response = _problem("closed", 403)
        if (
            signin.cookie.token()
        ):  # else it may only have stayed at home: a link on another site does not bring it along
            signin.cookie.take(response)
        return response

    @routes.errorhandler(RecordsUnavailable)
    def unavailable(error: RecordsUnavailable) -> Response:
        count(f"problems.{type(error).__name__}")
        log.warning("records_unavailable", path=request.path, reason=str(error))
        return _problem("trouble", 503)

    def _problem(state: Literal["closed", "trouble"], status: int) -> Response:
        """A page for who looks, a status for the script."""
        is_page = request.method == "GET" and request.endpoint == "queue.page"
        return _html(pages.door(door_of(spoken() or "ja"), state), status) if is_page else Response(status=status)

    return routes


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/html")


def _json(body: bytes) -> Response:
    return Response(body, mimetype="application/json")

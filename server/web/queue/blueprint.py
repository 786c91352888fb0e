"""The routes of the queue's page.

    mail client  --click-->  link to /queue/enter#<token>     works once, 60 s
    its page     --POST-->   /queue/enter {"token": ...}      answers with a session's cookie
    browser      --GET-->    /queue, then /queue/changes and /queue/rows for as long as it is open

Only POST changes anything, and only when our own page sends it. Every request asks the directory who the account is: whoever
is no agent any more is signed out by their next request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from flask import Blueprint, Response, abort, request

from server.domain.ports import Conversations, Directory
from server.domain.workspace import Viewer
from server.screens.page_head import head_of
from server.screens.queue_page import LISTS, Board, frame_of, one_list, overview
from server.web.later import HOLD, Reply
from server.web.live import Live
from server.web.pages import signed_in
from server.web.pages.signin import Sessions, SignIn
from server.web.queue.rendering import door_at, values_of
from server.web.queue.site import Site

PATH: Final = "/queue/changes"
"""Where a page may be kept waiting for an answer (web/later.py)."""
PAUSE: Final = 5.0
"""Seconds between two questions of a page that cannot wait here."""
ROWS: Final = 50
_LONGEST_ZONE: Final = 64
_LONGEST_PAGE_NAME: Final = 64
_LARGEST_ENTRY: Final = 100_000


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
    signin = SignIn(public_url, sessions, directory)
    door = door_at(signin.root)
    site = Site(signin, door, door.renderer, clock)
    routes = signed_in(site, count, largest_form=_LARGEST_ENTRY)

    def drawn(template: str) -> Response:
        guest = signin.guest()
        viewer = guest.viewer
        name, cursor = request.args.get("list", ""), request.args.get("cursor", "")
        if name and name not in LISTS:
            abort(404)
        if name:
            page = conversations.queue_page(viewer, name, cursor, ROWS)
            voice = site.voice(guest, page.now)
            board: Board = one_list(voice, page, name, cursor)
        else:
            queue = conversations.queue(viewer)
            voice = site.voice(guest, queue.now)
            board = overview(voice, queue)
        values = values_of(site.renderer, board)
        text = site.renderer.draw(
            template, voice.language, head=head_of(voice, viewer), frame=frame_of(voice), **values
        )
        return Response(text, mimetype="text/html")

    @routes.get("")
    def page() -> Response:
        return drawn("queue")

    @routes.get("/rows")
    def rows() -> Response:
        return drawn("board")

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
    def ring() -> Response:
        return door.page("opening", to=request.args.get("to", ""))

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

    return routes


def _json(body: bytes) -> Response:
    return Response(body, mimetype="application/json")

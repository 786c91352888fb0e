"""GET /outlook/changes: a pane waits until a colleague changes what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import structlog

from server.domain.errors import ActionTooOld, BadAction, RecordsUnavailable, Unauthenticated
from server.domain.events import Identity
from server.domain.ports import Directory
from server.domain.workspace import Viewer
from server.hosts.host import Headers
from server.web.later import HOLD, Reply
from server.web.live import Live, Lives
from server.web.sidebar import Answer
from server.web.waiting import CHANGED, HEADERS, Room, later

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH: Final = "/outlook/changes"
SHORTEST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between two questions of a pane that cannot wait here."""
QUIET_SHARE: Final = 0.1
"""Such a pane asks again after this share of the time in which nothing has happened."""
LONGEST_PANE: Final = 64

log = structlog.get_logger()


class Changes:
    """Answers a pane's question whether something has changed. `clock` is seconds since the epoch, `chance` a number from 0 to 1."""

    path: Final = PATH

    def __init__(
        self,
        identify: Callable[[Headers], Identity],
        directory: Directory,
        lives: Lives,
        room: Room,
        count: Callable[[str], None],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._identify = identify
        self._directory = directory
        self._lives = lives
        self._room = room
        self._count = count
        self._clock = clock
        self._chance = chance

    def answer(self, headers: Headers, query: str, hold: Callable[[], Reply] | None) -> Answer | None:
        """Return the answer; None when the room has taken it upon itself (later.HOLD)."""
        try:
            asked = parse_qs(query)
            live = self._shown(headers, asked.get("live", [""])[0])
            said = self._room.ask(live, asked.get("pane", [""])[0][:LONGEST_PANE], hold)
        except Unauthenticated as error:
            return self._refuse(HTTPStatus.UNAUTHORIZED, error, b"{}")
        except (BadAction, ActionTooOld) as error:
            # Of somebody who is no agent any more, too: the next open tells them.
            return self._refuse(HTTPStatus.GONE, error, CHANGED)
        except RecordsUnavailable as error:
            self._count(f"problems.{type(error).__name__}")
            return Answer(HTTPStatus.OK, self._later(LONGEST_PAUSE / 3))
        if said is None:
            return None
        return Answer(HTTPStatus.OK, said or self._later(self._pause(live)))

    def close(self) -> None:
        """Let everybody go who waits: this process is about to end."""
        self._room.close()

    def _shown(self, headers: Headers, token: str) -> Live:
        """Return what the pane shows, if it is the pane of who asks."""
        identity = self._identify(headers)
        live = self._lives.open(token)
        viewer = self._directory.viewer(identity)
        if not isinstance(viewer, Viewer) or (viewer.workspace.id, viewer.id) != (live.workspace, live.viewer):
            raise BadAction("another agent's or workspace's")
        return live

    def _refuse(self, status: HTTPStatus, error: Exception, body: bytes) -> Answer:
        name = type(error).__name__
        self._count(f"problems.{name}")
        log.warning("refused", host="outlook", path=PATH, error=name, reason=str(error))
        return Answer(status, body)

    def _pause(self, live: Live) -> float:
        """The longer nothing has happened, the longer nothing will."""
        return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, QUIET_SHARE * (self._clock() - live.drawn)))

    def _later(self, seconds: float) -> bytes:
        return later(seconds * (0.9 + 0.2 * self._chance()))


class ChangesRoute:
    """WSGI middleware: answers this one path, hands everything else on. Stands behind the hosts' routes, which are asked for more often."""

    def __init__(self, app: WSGIApplication, changes: Changes) -> None:
        self._app = app
        self._changes = changes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self._app(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET":
            start_response("405 Method Not Allowed", [("Allow", "GET"), ("Content-Length", "0")])
            return []
        answer = self._changes.answer(_Headers(environ), environ.get("QUERY_STRING", ""), environ.get(HOLD))
        if answer is None:
            start_response("200 OK", [])  # not sent: the room answers
            return []
        headers = [*HEADERS, ("Content-Length", str(len(answer.body)))]
        if answer.status == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Bearer error="invalid_token"'))
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", headers)
        return [answer.body]


class _Headers:
    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def get(self, key: str, default: str, /) -> str:
        value: str = self._environ.get("HTTP_" + key.upper().replace("-", "_"), default)
        return value

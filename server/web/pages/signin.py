"""Who sits before a page in the browser: the session and its cookie.

One session opens every page. It is begun at /queue/enter by a link from a mail client (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import structlog
from flask import Response, abort, request

from server.domain.events import Identity
from server.domain.ports import Directory
from server.domain.workspace import Viewer
from server.store.sessions import Session

log = structlog.get_logger()


class Sessions(Protocol):
    """The signed-in browsers (store.sessions). Every method raises RecordsUnavailable."""

    def redeem(self, token: str) -> Identity | None: ...
    def begin(self, workspace: str, identity: Identity, time_zone: str) -> str: ...
    def find(self, token: str) -> Session | None: ...
    def end(self, token: str) -> None: ...


class Guest(NamedTuple):
    """Who asks, and with which session."""

    viewer: Viewer
    session: Session


class Ended(Exception):
    """There is no session, or it has ended."""


class SignIn:
    """What all pages behind the cookie share. `public_url` is where browsers reach the service."""

    def __init__(self, public_url: str, sessions: Sessions, directory: Directory) -> None:
        public = urlsplit(public_url)
        self.public_url = public_url
        self.root = public.path
        self.cookie = Cookie(public.path or "/", is_secure=public.scheme == "https")
        self._origin = f"{public.scheme}://{public.netloc}"
        self._sessions = sessions
        self._directory = directory

    def guest(self) -> Guest:
        """Return who asks. Raises Ended, RecordsUnavailable.

        The directory is asked each time: whoever has left, or may see less, notices at their next request.
        """
        token = self.cookie.token()
        session = self._sessions.find(token) if token else None
        if session is None:
            raise Ended
        found = self._directory.viewer(session.identity)
        if isinstance(found, Viewer) and session.revision > found.workspace.version:
            self._directory.notice(found.workspace, session.revision)
            found = self._directory.viewer(session.identity)
        if not isinstance(found, Viewer) or found.workspace.id != session.workspace:
            self._sessions.end(token)
            log.info("refused", path=request.path, reason="no agent any more")
            raise Ended
        return Guest(found, session)

    def leave(self, response: Response) -> Response:
        """End the session of the browser that asks."""
        if token := self.cookie.token():
            self._sessions.end(token)
        self.cookie.take(response)
        return response

    def from_our_own_page(self) -> None:
        """Refuse a POST that another site's page sends. Before every request."""
        if request.method == "POST" and not (
            request.headers.get("Origin") == self._origin
            or request.headers.get("Sec-Fetch-SignedInSite") == "same-origin"
        ):
            log.warning("refused", path=request.path, error="foreign_origin")
            abort(403)


class Cookie:
    """The session's token in the browser: unreadable for scripts, sent to us alone and only by our own pages."""

    def __init__(self, path: str, *, is_secure: bool) -> None:
        # A browser takes __Host- only over https, for the whole host, and from no other host of the domain.
        self._name = "__Host-sobani-session" if is_secure else "sobani-session"
        self._how: Mapping[str, object] = {
            "path": "/" if is_secure else path,
            "secure": is_secure,
            "httponly": True,
            "samesite": "Strict",
        }

    def token(self) -> str:
        """Return what the browser has, "" when it has nothing."""
        return request.cookies.get(self._name, "")

    def give(self, response: Response, token: str) -> None:
        """Put it into the browser."""
        # Without an age: the store knows how long the session lives, and a browser that is closed forgets it.
        response.set_cookie(self._name, token, **self._how)  # type: ignore[arg-type]  # typed one by one there

    def take(self, response: Response) -> None:
        """Take it out of the browser."""
        response.delete_cookie(self._name, **self._how)  # type: ignore[arg-type]  # as above

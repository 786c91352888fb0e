"""The hosts' routes, answered before Flask's router is asked.

A request of a mail client needs nothing of Flask's: no session, no templates, no request context. Its routes are a handful of
fixed paths, and what Flask does around a view costs as much as the open itself (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from server.domain.errors import BadEvent
from server.web.sidebar import Answerer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_BODY: Final = 1_500_000
"""Bytes of a request that are read at all, of a sender unknown; each host's own limit is lower and answered in its own form."""

_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class HostRoutes:
    """WSGI middleware: answers the hosts' paths, hands everything else on."""

    def __init__(self, app: WSGIApplication, routes: Mapping[str, Answerer]) -> None:
        self._app = app
        self._routes = routes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answerer = self._routes.get(environ["PATH_INFO"])
        if answerer is None:
            return self._app(environ, start_response)
        if environ["REQUEST_METHOD"] != "POST":
            start_response("405 Method Not Allowed", [("Allow", "POST"), ("Content-Length", "0")])
            return []
        request = _Request(environ)
        status, body = answerer(request, request.read)
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        if status == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Bearer error="invalid_token"'))
        start_response(_STATUS_LINES[status], headers)
        return [body]


class _Request:
    """The headers and the body of a WSGI request."""

    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def get(self, key: str, default: str, /) -> str:
        value: str = self._environ.get("HTTP_" + key.upper().replace("-", "_"), default)
        return value

    def read(self, most: int = 0) -> bytes:
        """Return the body. Raises BadEvent when it is larger than `most` (0: than is usual), or its length is no number."""
        most = most or LARGEST_BODY
        length = self._environ.get("CONTENT_LENGTH") or str(most)
        if not (length.isascii() and length.isdecimal()) or int(length) > most:
            raise BadEvent("body: too large")
        body: bytes = self._environ["wsgi.input"].read(int(length))
        return body

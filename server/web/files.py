"""Static files: the task pane's pages and assets, the event bundle, and the icons that cards show."""

from __future__ import annotations

from importlib import resources
from typing import Final

from flask import Blueprint, Response, abort, request

from cards.model import Icon
from server.hosts.outlook.pane import Asset, Pane

ICON_AGE: Final = "public, max-age=86400"


def blueprint(pane: Pane | None) -> Blueprint:
    """Return the pane's pages and scripts, and /icons/*.png. Without a built pane its routes answer 503."""
    routes = Blueprint("files", __name__)
    folder = resources.files("cards") / "icons"
    icons = {f"{icon.value}.png": (folder / f"{icon.value}.png").read_bytes() for icon in Icon}

    @routes.get("/outlook/pane")
    def page() -> Response:
        if pane is None:
            abort(503)
        body, headers = pane.page(_language())
        return Response(body, headers=headers)

    @routes.get("/outlook/events.html")
    def events_page() -> Response:
        if pane is None:
            abort(503)
        body, headers = pane.events_page()
        return Response(body, headers=headers)

    @routes.get("/outlook/signin")
    def signin_page() -> Response:
        if pane is None:
            abort(503)
        body, headers = pane.signin_page(_language())
        return Response(body, headers=headers)

    # The manifest names the bundle, and a changed manifest stops everybody until it is accepted: so a fixed address, checked at each use.
    @routes.get("/outlook/<any('events.js', 'naa.js'):name>")
    def script(name: str) -> Response:
        if pane is None:
            abort(503)
        found = pane.asset(name)
        if found is None:
            abort(404)
        return _sent(found)

    @routes.get("/outlook/assets/<name>")
    def asset(name: str) -> Response:
        found = pane.asset(name) if pane else None
        if found is None:
            abort(404)
        return _sent(found, request.args.get("v", ""))

    @routes.get("/icons/<name>")
    def icon(name: str) -> Response:
        body = icons.get(name)
        if body is None:
            abort(404)
        # Outlook refuses images that may not be cached; Gmail's proxy fetches each once.
        return Response(body, mimetype="image/png", headers={"Cache-Control": ICON_AGE})

    return routes


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "ja"


def _sent(found: Asset, version: str = "") -> Response:
    headers = found.headers(version)
    if headers["ETag"] in request.if_none_match.to_header():
        return Response(status=304, headers=headers)
    if request.accept_encodings["gzip"]:
        return Response(found.gzipped, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.body, headers=headers)

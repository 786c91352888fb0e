"""What the stores and administrators fetch: the manifests, their pictures, the list of event scripts, and the page for help."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib import resources
from typing import Final

import jinja2
from flask import Blueprint, Response, abort, request

from addon_manifests import build
from addon_manifests.icons import FOLDER, PICTURES
from server.screens.support import support_page

# Outlook refuses pictures that may not be cached. Both hosts keep a manifest of their own: the next look takes the new one.
_PICTURE_AGE: Final = "public, max-age=86400"
_TEXT_AGE: Final = "public, max-age=300"
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;margin:2rem auto;max-width:36rem;padding:0 1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.125rem;margin:2rem 0 0}p{margin:.5rem 0 0}"
)


def blueprint(public_url: str, client_id: str, version: str) -> Blueprint:
    """Return GET /manifests/*, /support and /.well-known/microsoft-officeaddins-allowed.json."""
    routes = Blueprint("manifests", __name__)
    pictures = {f"{name}.png": (FOLDER / f"{name}.png").read_bytes() for name in PICTURES}
    allowed = build.allowed_scripts(public_url)
    pages = {language: _support(language) for language in ("ja", "en")}

    @routes.get("/manifests/gmail.json")
    def gmail() -> Response:
        return _text(lambda: build.gmail(public_url), "application/json")

    @routes.get("/manifests/outlook.xml")
    def outlook() -> Response:
        return _text(lambda: build.outlook_xml(public_url, client_id, version), "application/xml")

    @routes.get("/manifests/outlook.json")
    def unified() -> Response:
        return _text(lambda: build.outlook_json(public_url, client_id, version), "application/json")

    @routes.get("/manifests/icons/<name>")
    def picture(name: str) -> Response:
        body = pictures.get(name)
        if body is None:
            abort(404)
        return Response(body, mimetype="image/png", headers={"Cache-Control": _PICTURE_AGE})

    @routes.get("/.well-known/microsoft-officeaddins-allowed.json")
    def scripts() -> Response:
        return Response(allowed, mimetype="application/json", headers={"Cache-Control": _TEXT_AGE})

    @routes.get("/support")
    def support() -> Response:
        language = request.accept_languages.best_match(("ja", "en"), "ja")
        return Response(
            pages["en" if language == "en" else "ja"],
            mimetype="text/html",
            headers={
                "Cache-Control": _TEXT_AGE,
                "Vary": "Accept-Language",
                "Content-Security-Policy": _POLICY,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )

    return routes


def _text(make: Callable[[], bytes], mimetype: str) -> Response:
    """A manifest, or why there is none: a service that was not given a client id has no Outlook add-in."""
    try:
        return Response(make(), mimetype=mimetype, headers={"Cache-Control": _TEXT_AGE})
    except build.ManifestError as error:
        return Response(f"{error}\n", 404, mimetype="text/plain")


def _support(language: str) -> str:
    # Autoescape, since the sentences are text; the style is ours and holds nothing to escape.
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(resources.files("server.web").joinpath("support.html").read_text("utf-8"))
    return template.render(page=support_page(language), style=_STYLE, icon="/manifests/icons/icon-32.png")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_POLICY: Final = f"default-src 'none'; img-src 'self'; style-src 'sha256-{_hash(_STYLE)}'; frame-ancestors 'none'"

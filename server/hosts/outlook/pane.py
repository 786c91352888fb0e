"""The task pane's pages and their built assets: what they are, under which policy, and how long they may be kept. Serving is the web layer's.

Three pages: the pane itself, the runtime page of the event bundle (browsers; classic Outlook runs events.js without a page), and the
page of the sign-in dialog. All come from the service's own origin, and so do the scripts they name: nothing here needs CORS. Classic
Outlook's engine counts as our origin once /.well-known/microsoft-officeaddins-allowed.json names events.js.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import jinja2

FOLDER: Final = Path(__file__).parent / "taskpane"
DIST: Final = FOLDER / "dist"
ASSETS_PATH: Final = "/outlook/assets/"

MICROSOFT_OFFICE_JS: Final = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
# office.js fetches MicrosoftAjax.js from here; a stand-in has no use for it.
_MICROSOFT_AJAX: Final = "https://ajax.aspnetcdn.com"

# Where events.ts wants the service's address: classic Outlook's engine has no location to ask.
_SERVICE_PLACEHOLDER: Final = b'"__SOBANI_SERVICE__"'
_NEEDED: Final = frozenset({"pane.js", "pane.css", "events.js", "naa.js", "signin.js", "signin.css"})

_CONTENT_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".map": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


class PaneNotBuiltError(Exception):
    """taskpane/dist is empty: `npm ci && npm run build` in server/hosts/outlook/taskpane makes it."""


@dataclass(frozen=True, slots=True)
class PaneConfig:
    """What the page must know before any script runs."""

    client_id: str
    authority: str  # e.g. "https://login.microsoftonline.com/organizations"
    frame_ancestors: tuple[str, ...]  # who may frame the pane, beside our own origin
    office_js_url: str = MICROSOFT_OFFICE_JS
    scope: str = ""  # "" means api://{client_id}/access_as_user
    service_url: str = ""  # ours, as clients reach it; "" does for browsers only, where it can be left out

    @property
    def api_scope(self) -> str:
        """The one permission the pane asks for."""
        return self.scope or f"api://{self.client_id}/access_as_user"


@dataclass(frozen=True, slots=True)
class Asset:
    """One built file. `version` is its content's digest: an address that carries it may be kept for ever."""

    body: bytes
    gzipped: bytes
    content_type: str
    version: str

    def headers(self, version: str = "") -> dict[str, str]:
        """The headers of an answer to `?v=version`."""
        lasting = version == self.version
        return {
            "Content-Type": self.content_type,
            "Cache-Control": "public, max-age=31536000, immutable" if lasting else "public, no-cache",
            "ETag": f'"{self.version}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }


def origin_of(url: str) -> str:
    """Scheme and host of an address: what a Content-Security-Policy names."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(config: PaneConfig, *, framed: bool = True) -> str:
    """Nothing from anywhere but what is named here; no inline script or style; framed by the mail clients alone, or by nobody."""
    scripts = ["'self'", origin_of(config.office_js_url)]
    if config.office_js_url == MICROSOFT_OFFICE_JS:
        scripts.append(_MICROSOFT_AJAX)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(scripts)}",
            # adaptivecards sets its styles through the CSSOM, which no policy forbids: 'self' is enough.
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src 'self' {origin_of(config.authority)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors " + (" ".join(dict.fromkeys(("'self'", *config.frame_ancestors))) if framed else "'none'"),
        )
    )


class Pane:
    """The pages and their assets, read once when the service starts."""

    def __init__(self, config: PaneConfig, *, dist: Path = DIST) -> None:
        """Raises PaneNotBuiltError."""
        self._assets = _load(dist, config.service_url)
        if not self._assets.keys() >= _NEEDED:
            raise PaneNotBuiltError(f"{dist} holds no pane")
        self._pages = {
            (name, language): render(name, config, self._assets, language)
            for name in ("index.html", "events.html", "signin.html")
            for language in ("ja", "en")
        }
        # No X-Frame-Options: it cannot name several hosts, and Outlook on the web frames us.
        self._headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": content_security_policy(config),
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        # The dialog is a window of its own, on the web too. No Cross-Origin-Opener-Policy: office.js talks to the pane through the opener.
        self._signin_headers = self._headers | {
            "Content-Security-Policy": content_security_policy(config, framed=False)
        }

    def page(self, language: str = "ja") -> tuple[bytes, dict[str, str]]:
        """The pane's page and its headers. The language is a first guess; the script follows Outlook's."""
        return self._page("index.html", language), dict(self._headers)

    def events_page(self) -> tuple[bytes, dict[str, str]]:
        """The page that runs the event bundle in browsers; nobody sees it."""
        return self._page("events.html", "ja"), dict(self._headers)

    def signin_page(self, language: str = "ja") -> tuple[bytes, dict[str, str]]:
        """The page of the sign-in dialog, and where Entra sends the browser back to."""
        return self._page("signin.html", language), dict(self._signin_headers)

    def asset(self, name: str) -> Asset | None:
        """A built file by its name; None when there is none of that name."""
        return self._assets.get(name)

    def _page(self, name: str, language: str) -> bytes:
        return self._pages[name, language if language in ("ja", "en") else "ja"]


def render(name: str, config: PaneConfig, assets: Mapping[str, Asset], language: str) -> bytes:
    """An HTML shell, filled in."""
    # Autoescape is on for every template: the values come from settings, but settings are text too.
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, loader=jinja2.FileSystemLoader(FOLDER)
    )
    return (
        environment.get_template(name)
        .render(
            language=language,
            office_js=config.office_js_url,
            client_id=config.client_id,
            authority=config.authority,
            scope=config.api_scope,
            script=_address(assets, "pane.js"),
            signin_script=_address(assets, "signin.js"),
            style=_address(assets, "pane.css"),
            signin_style=_address(assets, "signin.css"),
        )
        .encode()
    )


def _address(assets: Mapping[str, Asset], name: str) -> str:
    return f"{ASSETS_PATH}{name}?v={assets[name].version}"


def _load(dist: Path, service_url: str) -> dict[str, Asset]:
    assets = {}
    for path in sorted(dist.glob("*")):
        content_type = _CONTENT_TYPES.get(path.suffix)
        if content_type is not None and path.is_file():
            body = path.read_bytes().replace(_SERVICE_PLACEHOLDER, json.dumps(service_url).encode())
            version = hashlib.sha256(body).hexdigest()[:16]
            assets[path.name] = Asset(body, gzip.compress(body, mtime=0), content_type, version)
    return assets

"""Fills the add-ons' manifests: what Google's and Microsoft's mail clients are told about this service.

The templates beside this file are the manifests; only addresses, ids and the version are filled in. Which scopes, events
and permissions stand in them, and why, is docs/adr/0010-scopes-and-events.md.
"""

from __future__ import annotations

import ipaddress
import json
import re
from importlib import resources
from string import Template
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

OUTLOOK_ID: Final = "307ee65c-5e18-4d57-b11d-5ab01e550a54"
"""The add-in's own id, chosen once: Outlook and the admin center know an add-in by it, and a new version as the same one."""

OUTLOOK_JSON_ID: Final = "8185afd1-5601-4ae7-81dc-29c05a245186"
"""The unified manifest is another add-in in Microsoft's books; it hides the one above where both are installed."""

EVENTS_SCRIPT: Final = "/outlook/events.js"
"""The one script that classic Outlook runs for events; it must be listed at the origin (`allowed_scripts`)."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ManifestError(ValueError):
    """No manifest can be made of these values; the text says which and why, in a line."""


class Site(NamedTuple):
    """Where the service is, as the manifests name it."""

    base: str  # "https://sobani.example.com/mail"
    origin: str  # "https://sobani.example.com"
    host: str  # "sobani.example.com"


def site(base_url: str) -> Site:
    """Take an address apart.

    Raises:
        ManifestError: it is not one that a mail client could call.

    """
    base = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(base)
        _ = parts.port
    except ValueError as error:
        raise ManifestError(f"{base_url!r} is not an address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ManifestError(f"{base_url!r} is not an address such as https://sobani.example.com")
    if not base.isascii() or not base.isprintable() or " " in base:
        raise ManifestError(f"{base_url!r} has characters that manifests cannot carry: name the host in its xn-- form")
    if parts.username or parts.password or parts.query or parts.fragment or "?" in base or "#" in base:
        raise ManifestError(f"{base_url!r} must be a plain address, without user, query or fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ManifestError(f"{base_url!r} must be https: neither Google nor Microsoft calls anything else")
    return Site(base, f"{parts.scheme}://{parts.netloc}", parts.netloc)


def gmail(base_url: str) -> bytes:
    """The deployment of the Gmail add-on: what `gcloud workspace-add-ons deployments create` takes."""
    return _json("gmail.json", {"base": site(base_url).base})


def outlook_xml(base_url: str, client_id: str, version: str) -> bytes:
    """The Outlook add-in's manifest: what the Microsoft 365 admin center takes."""
    values = {"id": OUTLOOK_ID, "version": _office_version(version), **_outlook(base_url, client_id)}
    return _fill(_template("outlook.xml"), {name: _escape(value) for name, value in values.items()}).encode()


def outlook_json(base_url: str, client_id: str, version: str) -> bytes:
    """The same add-in as a unified manifest, which neither Outlook on Mac nor on phones understands yet."""
    values = {"id": OUTLOOK_JSON_ID, "xml_id": OUTLOOK_ID, "version": ".".join(map(str, _release(version)))}
    return _json("outlook.json", {**values, **_outlook(base_url, client_id)})


def allowed_scripts(base_url: str) -> bytes:
    """What stands at /.well-known/microsoft-officeaddins-allowed.json: the scripts that may get tokens for this origin."""
    return _encode({"allowed": [site(base_url).base + EVENTS_SCRIPT]})


def _outlook(base_url: str, client_id: str) -> dict[str, str]:
    if not client_id:
        raise ManifestError("the Outlook add-in needs the client id (GUID) of an Entra app registration")
    if not _GUID.fullmatch(client_id):
        raise ManifestError(f"{client_id!r} is not the client id (GUID) of an Entra app registration")
    return {**site(base_url)._asdict(), "client_id": client_id.lower()}


def _release(version: str) -> tuple[int, int, int]:
    found = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?!\d)", version)
    if not found:
        raise ManifestError(f"{version!r} is not a version such as 1.2.3")
    major, minor, patch = (int(part or 0) for part in found.groups())
    return major, minor, patch


def _office_version(version: str) -> str:
    """Four numbers, the first at least 1, or Microsoft's validation refuses it: ours goes behind a 1 and still only grows."""
    return ".".join(map(str, (1, *_release(version))))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _fill(text: str, values: dict[str, str]) -> str:
    return Template(text).substitute(values)


def _escape(value: str) -> str:
    return escape(value, {'"': "&quot;"})


def _json(name: str, values: dict[str, str]) -> bytes:
    # Filled after it is parsed: a value can be any text and never becomes structure.
    def filled(part: object) -> object:
        match part:
            case str():
                return _fill(part, values)
            case list():
                return [filled(item) for item in part]
            case dict():
                return {_fill(key, {}): filled(value) for key, value in part.items()}
            case _:
                return part

    return _encode(filled(json.loads(_template(name))))


def _encode(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()

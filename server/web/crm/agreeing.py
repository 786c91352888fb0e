"""Consent at the vendor's (OAuth 2, RFC 6749 and 7636): there, and back with a code that becomes tokens.

/crm/agree/<id>      leads to the vendor; the state is kept for ten minutes, for this browser's session alone
vendor               asks for consent, and leads to
/crm/agreed          without our cookie, since the step came from another site: goes on by itself to
/crm/agreed/here     with it: the state is looked up, once, and the code is exchanged over the guarded line
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog
from flask import Blueprint, Response, abort, request

from server.domain.crm import Connection, CrmError
from server.domain.prepared import prepared
from server.gateways.crm.spec import OAuth
from server.store.connections import Pending
from server.web.crm.site import Site
from server.web.pages import Desk
from server.web.pages.language import for_strangers

_LONGEST: Final = 4096
_NOT_REACHED: Final = frozenset({"down", "slow", "busy", "broken"})
"""Troubles in which the vendor has not said anything about the credentials."""

log = structlog.get_logger()


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 0.0
    instance_url: str = ""  # Salesforce: where this organisation's API is


_as_tokens: Final = prepared(_Tokens, strict=False)


def add(routes: Blueprint, site: Site) -> None:
    """Add the routes of consent."""

    @routes.get("/agree/<id_>")
    def agree(id_: str) -> Response:
        at = site.desk()
        connection = site.connection(at, id_)
        oauth = site.spec(connection.kind).oauth
        if oauth is None:
            abort(404)
        client = _credential(site, at, connection, "client_id")
        if not client:
            return site.see(f"{site.base}/edit/{connection.id}", "no_client")
        verifier = secrets.token_urlsafe(48)
        pending = Pending(connection.id, site.browser(), verifier if oauth.pkce else "")
        query = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": _redirect(site),
            "scope": " ".join(oauth.scopes),
            "state": site.connections.leave(at.workspace, pending),
        }
        if oauth.pkce:
            proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            query |= {"code_challenge": proof, "code_challenge_method": "S256"}
        address = _filled(oauth.authorize, _settings(site, connection))
        if urlsplit(address).scheme != "https" or not urlsplit(address).hostname:
            return site.see(f"{site.base}/edit/{connection.id}", "not_agreed")
        return Response(status=303, headers={"Location": f"{address}?{urlencode(query)}"})

    @routes.get("/agreed")
    def agreed() -> Response:
        query = request.query_string.decode("latin-1")
        if len(query) > _LONGEST:
            abort(404)
        return site.part("agreed", for_strangers(), onward=f"{site.base}/agreed/here?{query}")

    @routes.get("/agreed/here")
    def here() -> Response:
        at = site.desk()
        pending = site.connections.come_back(at.workspace, request.args.get("state", ""))
        if pending is None or pending.browser != site.browser():
            return site.see(site.base, "not_agreed")
        connection = site.connection(at, pending.connection)
        edits = f"{site.base}/edit/{connection.id}"
        oauth = site.spec(connection.kind).oauth
        code = request.args.get("code", "")
        if oauth is None or not code:
            return site.see(edits, "declined")
        try:
            _exchange(site, at, connection, oauth, code, pending.verifier)
        except CrmError as error:
            log.warning("consent_failed", workspace=at.workspace, name=connection.id, error=error.why)
            site.connections.asked(at.workspace, connection.id, site.now, error.why)
            return site.see(edits, "not_reached" if error.why in _NOT_REACHED else "not_exchanged")
        return site.see(edits, "agreed_not_yet" if site.test(at, connection) else "agreed")


def _exchange(site: Site, at: Desk, connection: Connection, oauth: OAuth, code: str, verifier: str) -> None:
    """Make tokens of the code, and keep them. Raises CrmError."""
    kept = dict(site.connections.credentials(at.workspace, connection.id))
    form = {
        "grant_type": "authorization_code",
        "client_id": kept.get("client_id") or connection.settings.get("client_id", ""),
        "client_secret": kept.get("client_secret", ""),
        "redirect_uri": _redirect(site),
        "code": code,
        **({"code_verifier": verifier} if verifier else {}),
    }
    sent = {name: value for name, value in form.items() if value}
    content_type, body = "application/x-www-form-urlencoded", urlencode(sent).encode()
    if oauth.json:
        content_type, body = "application/json", msgspec.json.encode({**sent, "scope": " ".join(oauth.scopes)})
    with site.connectors.line(at.workspace, connection) as line:
        reply = line.send(
            "POST",
            _filled(oauth.token, _settings(site, connection)),
            headers={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            repeatable=False,  # a code works once
        )
        said = line.json(reply)
    try:
        tokens = _as_tokens(said)
    except msgspec.ValidationError:
        raise CrmError("garbled", "tokens") from None
    fresh = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": str(site.now + int(tokens.expires_in * 1000)) if tokens.expires_in else "",
        "instance_url": tokens.instance_url,
    }
    site.connections.save(at.workspace, connection, {**kept, **{name: value for name, value in fresh.items() if value}})


def _credential(site: Site, at: Desk, connection: Connection, name: str) -> str:
    try:
        kept = site.connections.credentials(at.workspace, connection.id).get(name, "")
    except CrmError:
        kept = ""
    return kept or connection.settings.get(name, "")


def _filled(address: str, settings: Mapping[str, str]) -> str:
    """The vendor's address, with the connection's own settings where it names them."""
    for name, value in settings.items():
        address = address.replace(f"{{{name}}}", value.strip().rstrip("/"))
    return address


def _settings(site: Site, connection: Connection) -> Mapping[str, str]:
    """The connection's settings; what was left empty is as its kind has it."""
    defaults = {one.name: one.default for one in site.spec(connection.kind).settings if one.default}
    return {**defaults, **connection.settings}


def _redirect(site: Site) -> str:
    return f"{site.signin.public_url}/crm/agreed"

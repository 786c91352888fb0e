"""A stand-in for Entra's sign-in in the browser: authorization code with PKCE for a single-page application, nothing else.

It holds what it is asked against RFC 6749 and 7636 and answers as learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Route

from tests.e2e.outlook import CLIENT_ID, SATO, SERVICE, TENANT, access_token

ENTRA: Final = "https://login.microsoftonline.com"
REDIRECT_URI: Final = f"{SERVICE}/outlook/signin"
_AUTHORITY: Final = "/organizations/oauth2/v2.0"


@dataclass(slots=True)
class Entra:
    """Signs everybody in as `username`, or refuses with `error`. `asked` is what each sign-in asked for."""

    username: str = "sato@aoba.example"
    oid: str = SATO
    error: dict[str, str] | None = None
    token_error: dict[str, str] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    redeemed: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer(self, route: Route) -> None:
        """Answers a request to login.microsoftonline.com."""
        url = urlsplit(route.request.url)
        if url.path == f"{_AUTHORITY}/authorize":
            self._authorize(route, dict(parse_qsl(url.query)))
        elif url.path == f"{_AUTHORITY}/token":
            self._token(route, dict(parse_qsl(route.request.post_data or "")))
        else:
            route.fulfill(status=404, body=url.path)

    def _authorize(self, route: Route, asked: dict[str, str]) -> None:
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == REDIRECT_URI
        assert asked["response_type"] == "code"
        assert asked["response_mode"] == "fragment"
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = f"code{len(self.asked)}"
        self._codes[code] = asked
        answer = self.error or {"code": code, "client_info": _client_info(self.oid)}
        back = f"{REDIRECT_URI}#{urlencode({**answer, 'state': asked['state']})}"
        # Entra cuts the tie to whoever opened the window; a page of its own, since Playwright follows no redirect it has made up.
        route.fulfill(
            body=f"<!doctype html><title>Entra</title><script>location.replace({json.dumps(back)})</script>",
            headers={"Content-Type": "text/html", "Cross-Origin-Opener-Policy": "same-origin"},
        )

    def _token(self, route: Route, sent: dict[str, str]) -> None:
        assert route.request.headers["origin"] == SERVICE
        asked = self._codes.pop(sent["code"])
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        assert sent["redirect_uri"] == REDIRECT_URI
        assert "client_secret" not in sent
        self.redeemed.append(sent)
        headers = {"Access-Control-Allow-Origin": SERVICE, "Content-Type": "application/json"}
        if self.token_error is not None:
            route.fulfill(status=400, body=json.dumps(self.token_error), headers=headers)
            return
        answer = {
            "token_type": "Bearer",
            "scope": asked["scope"],
            "expires_in": 3600,
            "access_token": access_token("dialog", self.oid),
            "id_token": self._id_token(asked["nonce"]),
            "client_info": _client_info(self.oid),
        }
        route.fulfill(body=json.dumps(answer), headers=headers)

    def _id_token(self, nonce: str) -> str:
        claims: dict[str, Any] = {"aud": CLIENT_ID, "iss": f"{ENTRA}/{TENANT}/v2.0", "tid": TENANT, "oid": self.oid}
        claims |= {"sub": "s", "nonce": nonce, "preferred_username": self.username, "name": "佐藤 美咲", "ver": "2.0"}
        return ".".join(_part(part) for part in ({"alg": "RS256", "typ": "JWT"}, claims, {}))


def _client_info(oid: str) -> str:
    return _part({"uid": oid, "utid": TENANT})


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

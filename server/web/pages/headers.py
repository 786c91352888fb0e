"""What every answer of a page says to the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Response

_COMMON: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Content-Type-Options": "nosniff",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)

WITHOUT_FORMS: Final[Mapping[str, str]] = {
    **_COMMON,
    "Content-Security-Policy": _POLICY.format(forms="'none'"),
    "Referrer-Policy": "no-referrer",
}
WITH_FORMS: Final[Mapping[str, str]] = {
    **_COMMON,
    "Content-Security-Policy": _POLICY.format(forms="'self'"),
    # A form of a page that sends no referrer at all comes with the origin "null"; other sites are told nothing all the same.
    "Referrer-Policy": "same-origin",
}


def protect(response: Response, headers: Mapping[str, str]) -> Response:
    """Add the headers; what a route has said already stays."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response

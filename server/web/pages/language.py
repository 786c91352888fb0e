"""The language of a browser whose agent is not known, or has not chosen one."""

from __future__ import annotations

from flask import request


def spoken() -> str:
    """Return the language of the browser, "" when it asks for neither of ours."""
    return request.accept_languages.best_match(("ja", "en")) or ""


def for_strangers() -> str:
    """Return the language for somebody who is not signed in."""
    return spoken() or "ja"

"""The web page on which a support team looks after its templates."""

from __future__ import annotations

from server.web.templates.blueprint import blueprint

__all__ = ["blueprint"]

"""The web page on which administrators connect the team's CRMs and choose what the customer panel shows."""

from __future__ import annotations

from server.web.crm.blueprint import blueprint

__all__ = ["blueprint"]

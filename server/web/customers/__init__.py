"""The web page on which administrators bring customers in and out as files, and make keys for the API."""

from __future__ import annotations

from server.web.customers.blueprint import blueprint

__all__ = ["blueprint"]

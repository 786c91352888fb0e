"""The API by which a workspace's other systems push their customers here (docs/api.md)."""

from __future__ import annotations

from server.web.api.blueprint import PREFIX, blueprint

__all__ = ["PREFIX", "blueprint"]

"""The queue as a web page for a second screen, signed in through a link that works once."""

from __future__ import annotations

from server.web.queue.blueprint import PATH, blueprint

__all__ = ["PATH", "blueprint"]

"""What is the queue's own of what every page has: its script asks, and reads statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask import Response, request

from server.web.pages import Refusal, SignedInSite
from server.web.pages.headers import WITHOUT_FORMS


@dataclass(frozen=True, slots=True)
class Site(SignedInSite):
    """The queue's page."""

    name: ClassVar[str] = "queue"
    headers: ClassVar[Mapping[str, str]] = WITHOUT_FORMS

    def refuse(self, refusal: Refusal) -> Response:
        """A page for who looks, a status for the script."""
        if refusal.door and request.method == "GET" and request.endpoint == "queue.page":
            return self.door.page(refusal.door, refusal.status)
        return Response(status=refusal.status)

    def left(self) -> Response:
        """Tell the script, which loads the page again."""
        return Response(b"{}", mimetype="application/json")

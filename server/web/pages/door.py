"""The page of somebody who is not signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from flask import Response

from server.screens.queue_page import door_of
from server.web.pages.language import for_strangers
from server.web.pages.rendering import Renderer

DoorState = Literal["opening", "closed", "trouble"]
"""Opening tries the link; the others say what is wrong."""
_BEHIND: Final = frozenset({"queue", "crm"})
"""Where a link may lead: addresses are chosen here, never taken from it."""


@dataclass(frozen=True, slots=True)
class Door:
    """One door for all pages; it looks like the queue's, whose renderer draws it."""

    root: str
    renderer: Renderer

    @property
    def colours(self) -> Mapping[str, str]:
        """The address of the style that every page begins with."""
        return {"colours.css": self.renderer.addresses["colours.css"]}

    def page(self, state: DoorState, status: int = 200, to: str = "") -> Response:
        """Draw it. `to` is the page that the link is for, "" for the queue."""
        language, onward = for_strangers(), f"{self.root}/{to if to in _BEHIND else 'queue'}"
        text = self.renderer.draw("door", language, door=door_of(language), state=state, onward=onward)
        return Response(text, status, mimetype="text/html")

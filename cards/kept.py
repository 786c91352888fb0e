"""Keeping sections that were drawn, to use them again.

Most of a card (the customer, the history, the notes) looks the same at every look until a record changes, and drawing it is
most of the work. What differs each time is the tokens of its buttons: they are sealed anew and set into the gaps.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cards.model import Action, Kept, Seal

Raw = Callable[[bytes], object]
"""Makes of finished JSON what the caller's JSON writer copies as it is (orjson.Fragment)."""


def keep(draw: Callable[[Seal], tuple[bytes, int]], secret: str) -> Kept:
    """Keep what `draw` draws: sections as JSON with commas between them, and their number of widgets.

    `secret` marks the gaps while they are found: letters and digits, fresh each time, so that no foreign text holds them.
    """
    actions: list[Action] = []

    def mark(action: Action) -> str:
        actions.append(action)
        return f"{secret}:{len(actions) - 1}:"

    drawn, widgets = draw(mark)
    pieces = re.split(re.escape(secret.encode()) + rb":(\d+):", drawn)
    return Kept(tuple(pieces[::2]), tuple(actions[int(number)] for number in pieces[1::2]), widgets)


def no_raw(_: bytes) -> object:
    """Refuse kept sections: for callers that never have any."""
    raise TypeError("a card with kept sections needs `raw`")

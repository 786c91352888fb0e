"""What may be given to a customer, and what a text gives: within the company's limits, never twice by mistake."""

from __future__ import annotations

from collections import Counter

from server.domain.changes import Gift
from server.domain.conversation import View
from server.domain.workspace import Benefit, Viewer


def benefits_for(viewer: Viewer, view: View) -> tuple[Benefit, ...]:
    """Return what may be given to this customer now: for an upset one only, and not more often than the company allows."""
    if "dissatisfied" not in view.conversation.moods:
        return ()
    given = Counter(view.reading.given)
    return tuple(one for one in viewer.workspace.benefits if given[one.id] < one.per_month)


def gift_in(viewer: Viewer, text: str) -> Gift | None:
    """Return the benefit whose code stands in the text: it is counted with the reply that gives it."""
    found = next((one for one in viewer.workspace.benefits if one.code and one.code in text), None)
    return Gift(found.id, found.per_month) if found else None

"""What both renderers ask of the values of a Choice and a DateTime."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cards.model import Option

MAX_OPTIONS = 100  # Gmail shows no more; Outlook could, but one meaning has one length in both


def at_most(options: tuple[Option, ...], count: int) -> Iterable[Option]:
    """The first options, and the selected ones even if they stand further down."""
    if len(options) <= count:
        return options
    selected = [index for index, option in enumerate(options) if option.selected][:count]
    others = [index for index, option in enumerate(options) if not option.selected]
    return [options[index] for index in sorted(selected + others[: count - len(selected)])]


def moment(value: str) -> datetime | None:
    """The wall-clock time of a DateTime's value; None when it is unset or unreadable."""
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.replace(tzinfo=None)

"""What the product does, one verb a file. ACTIONS is the whole of what a click can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from server.domain.outcomes import Outcome
from server.usecases.adopt import adopt
from server.usecases.change import MAKERS, change
from server.usecases.desk import Command, Desk
from server.usecases.look import ask, go_home, history, home, peek, show, timeline
from server.usecases.open_message import open_message

ACTIONS: Final[Mapping[str, Callable[[Desk, Command], Outcome]]] = {
    **{name: change(name) for name in MAKERS},
    "adopt": adopt,
    "ask": ask,
    "back": show,
    "history": history,
    "home": go_home,
    "peek": peek,
    "show": show,
    "timeline": timeline,
}

__all__ = ["ACTIONS", "Command", "Desk", "home", "open_message"]

"""What the product does, one verb a file. ACTIONS is the whole of what a click can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from server.domain.outcomes import Outcome
from server.usecases.adopt import adopt
from server.usecases.change import MAKERS, change
from server.usecases.choose import go_settings, grant, open_crm, prefer, settings
from server.usecases.compose import check_text, compose, find, insert, replace_text, send
from server.usecases.desk import Command, Desk
from server.usecases.look import ask, go_back, go_home, history, home, look_again, open_queue, peek, show, timeline
from server.usecases.offer import offer
from server.usecases.open_message import open_message
from server.usecases.record_in_crm import create_in_crm, log_mail
from server.usecases.reply import reply
from server.usecases.rewrite import rewrite
from server.usecases.write_reply import ignore, look_over, replace, write

ACTIONS: Final[Mapping[str, Callable[[Desk, Command], Outcome]]] = {
    **{name: change(name) for name in MAKERS},
    "adopt": adopt,
    "ask": ask,
    "back": go_back,
    "check": look_over,
    "check_text": check_text,
    "crm_create": create_in_crm,
    "crm_log": log_mail,
    "crm_look": look_again,
    "find": find,
    "history": history,
    "grant": grant,
    "home": go_home,
    "ignore": ignore,
    "insert": insert,
    "offer": offer,
    "open_crm": open_crm,
    "open_queue": open_queue,
    "peek": peek,
    "prefer": prefer,
    "replace": replace,
    "replace_text": replace_text,
    "rewrite": rewrite,
    "settings": go_settings,
    "show": show,
    "start_reply": reply,
    "timeline": timeline,
    "write": write,
}

__all__ = ["ACTIONS", "Command", "Desk", "compose", "home", "open_message", "send", "settings"]

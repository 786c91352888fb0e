"""The built event bundle in a bare JavaScript engine (events_engine.cjs), and what it did there. Time is played: no test waits."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from server.hosts.outlook.pane import DIST

SERVICE: Final = "https://desk.aoba.example"
_ENGINE: Final = Path(__file__).with_suffix(".cjs")
_ROOT: Final = Path(__file__).parents[2]

Value = Mapping[str, Any]


def people(count: int, *, name: str = "田中 太郎", domain: str = "tanaka-shoten.example") -> list[Value]:
    """So many recipients as Office.js gives them."""
    return [{"emailAddress": f"{number}@{domain}", "displayName": name} for number in range(count)]


@dataclass(frozen=True, slots=True)
class Draft:
    """The mail that is being written; None for a field that this client does not have."""

    in_reply_to: str | None = "<1@tanaka-shoten.example>"
    conversation_id: str | None = "AAQk1"
    to: object = field(default_factory=lambda: people(1))
    cc: object = ()
    bcc: object = ()
    subject: object = "Re: 納期の件"
    late: Mapping[str, float | str] = field(default_factory=dict)  # field: milliseconds, or "never"
    throws: Sequence[str] = ()
    fails: Sequence[str] = ()

    def wire(self) -> Value:
        """As the engine wants it."""
        ids = {"inReplyTo": self.in_reply_to, "conversationId": self.conversation_id}
        rest = {"to": self.to, "cc": self.cc, "bcc": self.bcc, "subject": self.subject}
        flaws = {"late": self.late, "throws": self.throws, "fails": self.fails}
        return {name: value for name, value in ids.items() if value is not None} | rest | flaws


@dataclass(frozen=True, slots=True)
class Happened:
    """What the bundle did."""

    completed: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    associated: list[str]
    tokens: list[dict[str, Any]]
    callsAtOnce: int  # noqa: N815 - the engine's word
    saves: int
    errors: list[str]
    settings: dict[str, Any]
    globals: list[str]
    tokenOptions: dict[str, Any] = field(default_factory=dict)  # noqa: N815 - as above

    @property
    def allowed(self) -> bool:
        """Whether the one event was completed once, and the mail let go."""
        return [one["options"] for one in self.completed] == [{"allowEvent": True}]

    @property
    def options(self) -> dict[str, Any]:
        """What the one event was completed with."""
        (one,) = self.completed
        options: dict[str, Any] = one["options"]
        return options

    @property
    def after(self) -> float:
        """Milliseconds from the event to its completion."""
        return float(self.completed[-1]["at"])

    @property
    def missed(self) -> dict[str, int]:
        """The counts kept for the next check."""
        counts: dict[str, int] = self.settings.get("missed", {})
        return counts


class Engine:
    """A running engine; each scenario gets a world of its own in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [_node(), str(_ENGINE), str(DIST / "events.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, draft: Draft | None = None, **scenario: Any) -> Happened:
        """Fires OnMessageSend, or what `fire` says, and plays on until nothing is left to happen."""
        asked = {"service": SERVICE, "item": (draft or Draft()).wire(), **scenario}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        happened = Happened(**json.loads(self._process.stdout.readline()))
        assert happened.errors == []
        return happened

    def stop(self) -> None:
        """Ends the engine."""
        self._process.communicate(timeout=10)


def _node() -> str:
    """The machine's Node.js, else the one that `make` brings."""
    found = shutil.which("node") or shutil.which("node", path=str(_ROOT / ".venv" / "node"))
    assert found is not None, "no Node.js: `make bundle` brings one"
    return found

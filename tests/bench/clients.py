"""The two mail clients, as the service sees them: they open mails and press buttons of the cards they were given."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
import orjson
from itsdangerous.encoding import base64_decode

from server.domain.events import Identity
from tests.bench.world import DOMAIN, PUBLIC_URL, Agent, Letter, World

SECONDS: Final = 20
"""What a client waits for an answer."""
_action = msgspec.msgpack.Decoder(tuple[str, dict[str, str]])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, in words that are the same for both clients."""

    status: int
    body: bytes
    changed: bool
    toast: str
    buttons: tuple[tuple[str, Mapping[str, str], str], ...]  # name, arguments and token of each sealed action

    def button(self, name: str, **args: str) -> str:
        """Return the token of the first button with this action and, at least, these arguments. Raises LookupError."""
        for found, given, token in self.buttons:
            if found == name and args.items() <= given.items():
                return token
        raise LookupError(f"no button {name} {args} on the card: {self.status} {self.body.decode()[:1000]}")


class Client(Protocol):
    """One mail client of one agent, with one mail open and one connection to the service."""

    agent: Agent

    def open(self) -> Answer:
        """Look at the mail."""

    def press(self, token: str, form: Mapping[str, str] | None = None) -> Answer:
        """Press a button with something typed."""

    def close(self) -> None:
        """Hang up; the next request connects anew."""


class _Caller:
    def __init__(self, world: World, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        world.ending.callback(self.close)

    def post(self, path: str, token: str, body: bytes) -> tuple[int, bytes]:
        """Raises OSError, http.client.HTTPException."""
        self._connection.request("POST", path, body, headers_of(token))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


class Gmail:
    """An agent in Gmail, with the add-on's card beside the mail."""

    def __init__(self, world: World, number: int, letter: Letter, port: int) -> None:
        self.agent = world.agent(number)
        self.letter = letter
        self.caller = _Caller(world, port)
        self._tokens = {path: world.issuers.system_token(path) for path in ("/gmail/message", "/gmail/action")}

    def open(self) -> Answer:
        return self._answer(*self.caller.post("/gmail/message", *self.request("/gmail/message", {})))

    def press(self, token: str, form: Mapping[str, str] | None = None) -> Answer:
        inputs = {name: {"stringInputs": {"value": [value]}} for name, value in (form or {}).items()}
        request = self.request("/gmail/action", {"parameters": {"a": token}, "formInputs": inputs})
        return self._answer(*self.caller.post("/gmail/action", *request))

    def close(self) -> None:
        self.caller.close()

    def request(self, path: str, clicked: Mapping[str, object]) -> tuple[str, bytes]:
        """Return the bearer token and the body of Google's documented event."""
        event = {
            "commonEventObject": {
                "hostApp": "GMAIL",
                "platform": "WEB",
                "userLocale": "ja-JP",
                "timeZone": {"id": "Asia/Tokyo", "offset": 32_400_000},
                **clicked,
            },
            "authorizationEventObject": {
                "userOAuthToken": "ya29.agent",
                "systemIdToken": self._tokens[path],
                "userIdToken": self.agent.google_token,
                "authorizedScopes": ["https://www.googleapis.com/auth/gmail.addons.current.message.readonly"],
            },
            "gmail": self.letter.gmail,
        }
        return self._tokens[path], orjson.dumps(event)

    @staticmethod
    def _answer(status: int, body: bytes) -> Answer:
        said = orjson.loads(body)
        actions = said.get("renderActions", said).get("action", {})
        toast = actions.get("notification", {}).get("text", "")
        return Answer(status, body, said.get("stateChanged", False), toast, tuple(_buttons(said)))


class Outlook:
    """An agent in Outlook, with the task pane beside the mail."""

    def __init__(self, world: World, number: int, letter: Letter, port: int) -> None:
        self.agent = world.agent(number)
        self._item = letter.item
        self._caller = _Caller(world, port)

    def open(self) -> Answer:
        return self._post("/outlook/open", {})

    def press(self, token: str, form: Mapping[str, str] | None = None) -> Answer:
        return self._post("/outlook/action", {"action": token, "form": form or {}})

    def close(self) -> None:
        self._caller.close()

    def _post(self, path: str, more: Mapping[str, object]) -> Answer:
        body = orjson.dumps({"item": self._item, "locale": "ja-JP", "timeZone": "Asia/Tokyo", **more})
        status, answer = self._caller.post(path, self.agent.entra_token, body)
        said = orjson.loads(answer)
        return Answer(status, answer, said.get("changed", False), said.get("toast", ""), tuple(_buttons(said)))


class Screen:
    """An agent's second screen, which shows the queue's page."""

    def __init__(self, world: World, number: int, port: int, link: Callable[[Identity], str]) -> None:
        agent = world.agent(number)
        identity = Identity("google", DOMAIN, f"1{agent.number:020}", agent.email, agent.name)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        world.ending.callback(self._connection.close)
        body = orjson.dumps({"token": link(identity).partition("#")[2]})
        self._connection.request(
            "POST", "/queue/enter", body, {"Content-Type": "application/json", "Origin": PUBLIC_URL}
        )
        answer = self._connection.getresponse()
        answer.read()
        self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        self._connection.close()  # connects anew when it looks: the server hangs up on the idle

    def overview(self) -> bytes:
        return self._get("/queue/rows")

    def unclaimed(self) -> bytes:
        return self._get("/queue/rows?list=unclaimed")

    def _get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers={"Cookie": self._cookie})
        answer = self._connection.getresponse()
        assert answer.status == 200, answer.status
        return answer.read()


def client(world: World, number: int, letter: Letter, port: int) -> Client:
    """Return the agent of this number at their client: every other agent uses Outlook."""
    return Outlook(world, number, letter, port) if number % 2 else Gmail(world, number, letter, port)


def headers_of(token: str) -> dict[str, str]:
    """Return the headers of a request that is sent with this token."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _sealed(node: Mapping[str, Any]) -> str:
    """Return the sealed action of Gmail's `action`, or of Adaptive Cards' `Action.Execute`; "" for anything else."""
    parameters, data = node.get("parameters"), node.get("data")
    if isinstance(parameters, list):
        return next((one["value"] for one in parameters if one["key"] == "a"), "")
    return data.get("a", "") if isinstance(data, dict) else ""


def _buttons(node: Any) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Yield every sealed action of a card: name, arguments, token."""
    if isinstance(node, dict):
        token = _sealed(node)
        if token:
            # The arguments of a button are sealed, not hidden.
            yield (*_action.decode(base64_decode(token.partition("~")[2].partition(".")[0])), token)
        for value in node.values():
            yield from _buttons(value)
    elif isinstance(node, list):
        for value in node:
            yield from _buttons(value)

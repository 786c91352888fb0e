"""What the routes of the customers' pages share: who asks, whether they may, and how a page goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from flask import Response, request

from server.domain.own import Records
from server.domain.roles import may
from server.domain.workspace import Viewer
from server.screens import customers_page as words
from server.screens.queue_page import voice_of
from server.screens.words import Voice
from server.store.api_keys import ApiKey
from server.web.customers.pages import Pages
from server.web.signin import SignIn, spoken

_AFTERWARDS: Final = 303
"""See other: loading the page again must not send the form again."""
_NUMBERS: Final = re.compile(r"[0-9]{1,6} [0-9]{1,6}", re.ASCII)


class Keys(Protocol):
    """The keys of the API (store.api_keys). Every method raises RecordsUnavailable."""

    def issue(self, workspace: str, name: str, by: str) -> str | None: ...
    def all(self, workspace: str) -> tuple[ApiKey, ...]: ...
    def revoke(self, workspace: str, id_: str) -> bool: ...


class NotForYou(Exception):
    """Only administrators look after customers."""


class Desk(NamedTuple):
    """Who asks, and how the page speaks to them."""

    viewer: Viewer
    voice: Voice

    @property
    def workspace(self) -> str:
        """The id of their workspace."""
        return self.viewer.workspace.id


@dataclass(frozen=True, slots=True)
class Site:
    """The pages' ports, and what every route does with them."""

    signin: SignIn
    pages: Pages
    records: Records
    keys: Keys
    clock: Callable[[], float]  # seconds since the epoch

    @property
    def base(self) -> str:
        """The path of the first page."""
        return f"{self.signin.root}/customers"

    def desk(self) -> Desk:
        """Return which administrator asks. Raises Ended, NotForYou, RecordsUnavailable."""
        viewer, session = self.signin.guest()
        if not may(viewer.role, "keep_customers"):
            raise NotForYou
        return Desk(viewer, voice_of(viewer, spoken(), session.time_zone, int(self.clock() * 1000)))

    def page(self, name: str, at: Desk, status: int = 200, /, **values: object) -> Response:
        """Draw a whole page."""
        said = words.said_of(at.voice, request.args.get("said", "")) if request.method == "GET" else ""
        common: Mapping[str, object] = {"head": words.head_of(at.voice, at.viewer), "said": said}
        return self.part(name, at.voice.language, status, **{**common, **values})

    def first(self, at: Desk, status: int = 200, problem: str = "") -> Response:
        """Draw the page that everything begins with."""
        new, changed = (request.args.get(name, "") for name in ("new", "changed"))
        done = words.brought_words(at.voice, int(new), int(changed)) if _NUMBERS.fullmatch(f"{new} {changed}") else ""
        lines = [
            words.key_line(at.voice, one.id, one.name, one.created, one.by, one.last)
            for one in self.keys.all(at.workspace)
        ]
        return self.page("list", at, status, problem=problem, done=done, keys=lines)

    def part(self, name: str, language: str, status: int = 200, /, **values: object) -> Response:
        """Draw a page of nobody's."""
        return Response(self.pages.draw(name, language, **values), status, mimetype="text/html")

    def see(self, path: str) -> Response:
        """Lead to a page that says what was done."""
        return Response(status=_AFTERWARDS, headers={"Location": path})

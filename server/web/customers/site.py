"""What the routes of the customers' pages share: the records and keys, and the page that everything begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from flask import Response, request

from server.domain.own import Records
from server.screens import customers_page as words
from server.store.api_keys import ApiKey
from server.web.pages import Desk, FormSite
from server.web.pages.forms import Words

_NUMBERS: Final = re.compile(r"[0-9]{1,6} [0-9]{1,6}", re.ASCII)


class Keys(Protocol):
    """The keys of the API (store.api_keys). Every method raises RecordsUnavailable."""

    def issue(self, workspace: str, name: str, by: str) -> str | None: ...
    def all(self, workspace: str) -> tuple[ApiKey, ...]: ...
    def revoke(self, workspace: str, id_: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Site(FormSite):
    """The pages' ports, and the page that everything begins with."""

    name: ClassVar[str] = "customers"
    wording: ClassVar[Words] = words
    back: ClassVar[str] = "back_to_customers"
    deed: ClassVar[str] = "keep_customers"

    records: Records
    keys: Keys

    def first(self, at: Desk, status: int = 200, problem: str = "") -> Response:
        """Draw the page that everything begins with."""
        new, changed = (request.args.get(name, "") for name in ("new", "changed"))
        done = words.brought_words(at.voice, int(new), int(changed)) if _NUMBERS.fullmatch(f"{new} {changed}") else ""
        lines = [
            words.key_line(at.voice, one.id, one.name, one.created, one.by, one.last)
            for one in self.keys.all(at.workspace)
        ]
        description = f"{self.signin.root}/api/v1/openapi.json"
        return self.page("list", at, status, problem=problem, done=done, keys=lines, description=description)

"""A database of Odoo: which models and fields it has, and its records. Calls go by server.gateways.crm.odoo_rpc.

Models depend on what is installed, fields on version and rights (`mobile` left res.partner in 19): `fields_get` with the names that are wanted
is asked once in an hour for each model, and nothing else is ever read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from server.domain.crm import CrmError
from server.gateways.crm import odoo_cells as cells
from server.gateways.crm import odoo_rpc as rpc
from server.gateways.crm import values
from server.gateways.crm.line import unless_gone
from server.gateways.crm.spec import Clock, Line, Secrets

_EACH: Final = 20  # deals, tickets, orders, messages of one look-up
_HOUR: Final = 3_600_000

Row = Mapping[str, object]


class Model(NamedTuple):
    """What a model has of what we would read: name -> description. `at`: when it was asked; nothing at all: not installed, or not for us."""

    fields: Mapping[str, Row]
    at: int

    def some(self, *wanted: str) -> list[str]:
        """Those of the wanted fields that there are."""
        return [name for name in wanted if name in self.fields]

    def plain(self, name: str, value: object) -> object:
        """A value as a person reads it: the name of a record, the words of a choice."""
        if value is False or value is None:
            kind = self.fields.get(name, {}).get("type")
            return value if kind == "boolean" else None
        if isinstance(value, list):
            return cells.name(value) or None
        choices = self.fields.get(name, {}).get("selection")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, list) and len(choice) == 2 and choice[0] == value:
                return choice[1]
        return value


class Database:
    """One database. `wanted`: of each model, the fields that may be asked for."""

    def __init__(
        self,
        settings: Mapping[str, str],
        wanted: Mapping[str, Sequence[str]],
        secrets: Secrets,
        line: Line,
        clock: Clock,
    ) -> None:
        self.url = settings["url"].rstrip("/").removesuffix("/odoo").removesuffix("/web")
        self._settings = settings
        self._wanted = wanted
        self._secrets = secrets
        self._line = line
        self._clock = clock
        # What is asked once. Two threads may ask at the same time; they hear the same.
        self._major = 0
        self._rpc: tuple[str, rpc.Rpc] | None = None
        self._models: dict[str, Model] = {}

    def link(self, model: str, key: str) -> str:
        """Where Odoo shows a record, "" for none."""
        # A path of every version since 9, whatever the web client's own addresses look like (addons/mail/controllers/mail.py).
        return f"{self.url}/mail/view?{urlencode({'model': model, 'res_id': key})}" if key else ""

    def version(self) -> int:
        """The major version of the server."""
        if not self._major:
            self._major = rpc.version(self._line, self.url)
        return self._major

    def call(self, model: str, method: str, ids: Sequence[int], /, **named: object) -> object:
        """Call a method on these records."""
        return self._api().call(model, method, ids, **named)

    def create(self, model: str, fields: Sequence[Mapping[str, object]], context: Mapping[str, object]) -> object:
        """Make records; one id for each comes back."""
        return self._api().create(model, fields, context)

    def unlink(self, model: str, keys: Sequence[int]) -> None:
        """Delete records."""
        with unless_gone():
            self._api().call(model, "unlink", keys)

    def forget(self) -> None:
        """Ask anew which fields there are."""
        self._models.clear()

    def context(self, **more: object) -> dict[str, object]:
        """What goes with every call: the language, and whatever this one needs."""
        language = self._settings["language"]
        return {**({"lang": language} if language else {}), **more}

    def model(self, model: str) -> Model:
        """Which of the fields we would read there are. A model that is not installed, or not for this user, has none."""
        known = self._models.get(model)
        if known is not None and self._clock() - known.at < _HOUR:
            return known
        wanted = self._wanted[model]
        attributes = ["type", "relation", "selection"]
        try:
            said = self._api().call(
                model, "fields_get", allfields=list(wanted), attributes=attributes, context=self.context()
            )
            if not isinstance(said, dict):
                raise CrmError("garbled", "not a description of fields")
        except rpc.NotForUs:
            if model == "res.partner":
                raise
            said = {}
        fields = {name: values.obj(said[name]) for name in wanted if name in said}
        self._models[model] = Model(fields, self._clock())
        return self._models[model]

    def read(
        self,
        model: str,
        query: Sequence[object],
        fields: Sequence[str],
        *,
        limit: int = _EACH,
        order: str = "",
        context: Mapping[str, object] | None = None,
    ) -> Sequence[Row]:
        """Records for which the query holds. Raises NotForUs, CrmError."""
        said = self._api().call(
            model,
            "search_read",
            domain=list(query),
            fields=["id", *fields],
            limit=limit,
            **({"order": order} if order else {}),
            context=self.context(**(context or {})),
        )
        if not isinstance(said, list):
            raise CrmError("garbled", "not a list of records")
        return values.objs(said)[:limit]

    def optional(
        self, model: str, query: Sequence[object], fields: Sequence[str], *, limit: int = _EACH, order: str = ""
    ) -> Sequence[Row]:
        """What may not be installed, or not for this user: then there is nothing of it, and no error."""
        known = self._models.get(model)
        if known is not None and not known.fields and self._clock() - known.at < _HOUR:
            return ()
        try:
            return self.read(model, query, fields, limit=limit, order=order)
        except rpc.NotForUs:
            self._models[model] = Model({}, self._clock())
            return ()

    def _api(self) -> rpc.Rpc:
        key = self._secrets.get().get("key", "")
        if not key:
            raise CrmError("unset", "key")
        if self._rpc is not None and self._rpc[0] == key:
            return self._rpc[1]
        transport, database, login = (self._settings[name] for name in ("transport", "database", "login"))
        modern = transport == "json2" or (transport == "auto" and self.version() >= 19)
        if not modern and not (database and login):
            raise CrmError("unset", "database, login")
        account = rpc.Account(self.url, database, login, key)
        made: rpc.Rpc = rpc.Json2(self._line, account) if modern else rpc.XmlRpc(self._line, account)
        self._rpc = (key, made)
        return made

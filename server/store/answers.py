"""Templates in Redis, and what a copy holds in memory of them: one matrix per team, read again when its numbers have moved."""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.reading import Reading
from server.domain.template import Revision, Statistics, Template
from server.domain.workspace import Viewer, Workspace
from server.replies.embedding import Model
from server.replies.shelf import Stock, TeamShelf, shelf_of
from server.store.connect import FAILURES
from server.store.keys import prefix, sequence
from server.store.library import Library

FRESH_SECONDS: Final = 60.0
SHELVES: Final = 64
"""Teams whose matrices a copy holds: 1,000 templates are 2 MB."""

_version = struct.Struct(">I")
_template = msgspec.msgpack.Decoder(Template).decode
_revision = msgspec.msgpack.Decoder(Revision).decode


class RedisAnswers:
    """The ports `Templates` and `Shelves`."""

    def __init__(self, library: Library, clock: Callable[[], float]) -> None:
        """`clock` is monotonic seconds."""
        self._library = library
        self._clock = clock
        self._living: dict[str, tuple[float, Mapping[str, Template]]] = {}
        self._shelves: OrderedDict[tuple[str, str], tuple[tuple[str, int, int], TeamShelf]] = OrderedDict()
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ suggesting

    def shelf(self, workspace: Workspace, team: str, reading: Reading) -> TeamShelf:
        """Return the team's matrix, from memory while the numbers that came with the open are those it was read with."""
        at = (reading.model, reading.templates, reading.learned)
        with self._lock:
            held = self._shelves.get((workspace.id, team))
            if held and held[0] == at:
                self._shelves.move_to_end((workspace.id, team))
                return held[1]
        seen, stock = read_stock(self._library, workspace.id, team, reading.model)
        shelf = shelf_of(stock)
        with self._lock:
            self._shelves[workspace.id, team] = (reading.model, *seen), shelf
            self._shelves.move_to_end((workspace.id, team))
            while len(self._shelves) > SHELVES:
                self._shelves.popitem(last=False)
        return shelf

    def templates(self, workspace: Workspace) -> Mapping[str, Template]:
        """See the port `Shelves`: for cards without a conversation, whose open does not tell whether anything has moved."""
        read_at, living = self._living.get(workspace.id, (-FRESH_SECONDS, {}))
        if self._clock() - read_at >= FRESH_SECONDS:
            living = {id_: one for id_, one in self.all(workspace).items() if not one.archived}
            self._living[workspace.id] = self._clock(), living
        return living

    # ------------------------------------------------------------------ templates

    def all(self, workspace: Workspace) -> Mapping[str, Template]:
        """See the port `Templates`."""
        values = self._do(lambda client: client.hvals(f"{prefix(workspace.id)}tp"))
        return {one.id: one for one in map(_template, values)}

    def save(
        self, viewer: Viewer, template: Template, seen: int, why: str
    ) -> tuple[Literal["ok", "stale", "unknown_value"], Template]:
        """See the port `Templates`."""
        request = {**_request(viewer.workspace), "me": viewer.id, "template": template, "seen": seen, "why": why}
        code, saved = self._library.call("save_template", sequence(viewer.workspace.id), request)
        return cast("Any", code.decode()), _template(saved) if saved else template

    def revisions(self, workspace: Workspace, template: str) -> tuple[Revision, ...]:
        """See the port `Templates`."""
        rows = self._do(lambda client: client.lrange(f"{prefix(workspace.id)}th:{template}", 0, -1))
        return tuple(map(_revision, rows))

    def latest(self, workspace: Workspace, templates: Sequence[str]) -> Mapping[str, Revision]:
        """See the port `Templates`."""

        def read(client: Any) -> list[list[bytes]]:
            pipe = client.pipeline(transaction=False)
            for id_ in templates:
                pipe.lrange(f"{prefix(workspace.id)}th:{id_}", 0, 0)
            found: list[list[bytes]] = pipe.execute() if templates else []
            return found

        rows = self._do(read)
        return {id_: _revision(row[0]) for id_, row in zip(templates, rows, strict=True) if row}

    def statistics(self, workspace: Workspace) -> Mapping[str, Statistics]:
        """See the port `Templates`."""

        def read(client: Any) -> Mapping[str, Statistics]:
            ids = [raw.decode() for raw in client.hkeys(f"{prefix(workspace.id)}tp")]
            pipe = client.pipeline(transaction=False)
            for id_ in ids:
                pipe.hgetall(f"{prefix(workspace.id)}ts:{id_}")
            rows = pipe.execute() if ids else []
            return {id_: _statistics(row) for id_, row in zip(ids, rows, strict=True)}

        found: Mapping[str, Statistics] = self._do(read)
        return found

    def seed(self, workspace: Workspace, templates: Iterable[Template]) -> int:
        """Write these for a workspace that has no templates; how many. Raises RecordsUnavailable."""
        written: int = self._library.call(
            "seed_templates", sequence(workspace.id), {**_request(workspace), "templates": list(templates)}
        )
        return written

    def _do(self, work: Any) -> Any:
        try:
            return work(self._library.client)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error


def read_stock(library: Library, workspace: str, team: str, model: str) -> tuple[tuple[int, int], Stock]:
    """Return what a team's matrix is made of, and the two numbers it was read at. Raises RecordsUnavailable."""
    request = {"p": prefix(workspace), "me": "", "see": [], "private": [], "off": 0, "team": team, "model": model}
    templates, learned, all_, vectors, sums, picks, fit = library.call("shelf", sequence(workspace), request)
    usable = {one.id: one for one in map(_template, all_) if not one.archived and (not one.teams or team in one.teams)}
    stock = Stock(
        model=cast("Model", model),
        templates=usable,
        vectors={id_: vector for id_, (_, vector) in vectors_of(_pairs(vectors)).items() if id_ in usable},
        sums={key.decode(): value for key, value in _pairs(sums).items()},
        picks={key.decode(): int(value) for key, value in _pairs(picks).items()},
        fit=fit,
    )
    return (templates, learned), stock


def vectors_of(raw: Mapping[bytes, bytes]) -> Mapping[str, tuple[int, bytes]]:
    """Return templates' vectors as `packed_version` kept them: id -> version, vector."""
    return {
        key.decode(): (_version.unpack(value[: _version.size])[0], value[_version.size :]) for key, value in raw.items()
    }


def packed_version(version: int, vector: bytes) -> bytes:
    """Return a template's vector with the version it was made of."""
    return _version.pack(version) + vector


def _request(workspace: Workspace) -> dict[str, object]:
    return {"p": prefix(workspace.id), "me": "", "see": [], "private": [], "off": 0}


def _pairs(flat: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _statistics(row: Mapping[bytes, bytes]) -> Statistics:
    # A pick that was taken back after its counter was lost must not show less than nothing.
    counts = {name.decode(): max(0, int(value)) for name, value in row.items()}
    return Statistics(**{name: counts.get(name, 0) for name in Statistics.__struct_fields__})

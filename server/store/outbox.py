"""What waits to be done outside requests, and what the worker writes back: a stream per workspace, each entry done at least once (store/stream.py)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.reading import ToRead
from server.domain.template import Template
from server.domain.understanding import Feeling, Mood, Understood
from server.replies.shelf import Stock
from server.store.answers import packed_version, read_stock, vectors_of
from server.store.connect import FAILURES
from server.store.conversations import mood_in, read_of
from server.store.keys import prefix, sequence
from server.store.library import Library
from server.store.stream import Stream
from server.store.vault import Unreadable, Vault

CORRECTIONS: Final = 200
SOLVED: Final = 2_000
"""Conversations of a team that those like them are compared with."""
SENTENCES: Final = 200_000
"""Different sentences whose counts are kept for a team; a team that writes more has its greetings among them by then."""

_to_read = msgspec.json.Decoder(ToRead).decode
_template = msgspec.msgpack.Decoder(Template).decode

T = TypeVar("T")


class Job(msgspec.Struct, frozen=True):
    """One entry. `kind`: read | templates | refit | solved | correct; `about` is a mail's key, or a template's, team's or conversation's id."""

    id: str
    kind: str
    about: str
    data: bytes


class Learned(msgspec.Struct, frozen=True):
    """One mail that a team answered with a template, for a refit."""

    template: str
    vector: bytes


class RedisOutbox:
    """The worker's side of the store. Everything raises RecordsUnavailable."""

    def __init__(self, library: Library, vault: Vault | None, consumer: str = "worker") -> None:
        self._library = library
        self._vault = vault
        self._stream = Stream(library, "jobs", consumer)

    # ------------------------------------------------------------------ taking

    def take(self, workspace: str, most: int) -> tuple[Job, ...]:
        """Return what waits, oldest first; what a dead worker left, before the rest."""
        return tuple(_job(*entry) for entry in self._stream.take(workspace, most))

    def done(self, workspace: str, jobs: Sequence[Job]) -> None:
        """These need not be done again."""
        self._stream.done(workspace, (job.id for job in jobs))

    def waiting(self, workspace: str) -> int:
        """How many entries wait."""
        return self._do(lambda client: int(client.xlen(f"{prefix(workspace)}jobs")))

    def to_read(self, workspace: str, job: Job) -> ToRead | None:
        """Return the mail's text; None when it was sealed with a key that we no longer have."""
        if self._vault is None:
            return None
        try:
            return _to_read(self._vault.open(b64decode(job.data), workspace))
        except (Unreadable, binascii.Error, msgspec.DecodeError):
            return None

    # ------------------------------------------------------------------ writing back

    def begin(self, workspace: str, model: str) -> None:
        """From now on this model reads."""
        self._call("begin_reading", workspace, {"model": model})

    def understood(
        self,
        workspace: str,
        mail: str,
        read: Understood,
        moods: Iterable[Feeling],
        *,
        told: bool,
        similar: Sequence[str] = (),
    ) -> bool:
        """Write down what was made of a mail, and which solved conversations are like it; False when it was forgotten meanwhile."""
        request = {"key": mail, "model": read.model, "moods": list(moods), "told": told, "similar": ",".join(similar)}
        return bool(self._call("understood", workspace, request, read.vector, read_of(read)))

    def templates(self, workspace: str, model: str) -> tuple[tuple[Template, ...], Mapping[str, tuple[int, bytes]]]:
        """Return all templates, and the vectors there are: id -> version it was made from, vector."""

        def read(client: Any) -> tuple[tuple[Template, ...], Mapping[str, tuple[int, bytes]]]:
            templates = tuple(_template(raw) for raw in client.hvals(f"{prefix(workspace)}tp"))
            return templates, vectors_of(client.hgetall(f"{prefix(workspace)}tv:{model}"))

        return self._do(read)

    def keep_vectors(self, workspace: str, model: str, vectors: Mapping[str, tuple[int, bytes]]) -> None:
        """Keep templates' own vectors; every copy reads them at its next open."""
        key = f"{prefix(workspace)}tv:{model}"
        packed = {id_: packed_version(version, vector) for id_, (version, vector) in vectors.items()}

        def write(client: Any) -> None:
            client.hset(key, mapping=packed)
            client.hincrby(sequence(workspace), "templates", 1)

        if packed:
            self._do(write)

    def stock(self, workspace: str, team: str, model: str) -> Stock:
        """Return what the team's matrix is made of."""
        return read_stock(self._library, workspace, team, model)[1]

    def learned(self, workspace: str, team: str, model: str, most: int = 5000) -> tuple[Learned, ...]:
        """Return the team's newest picks whose mails this model has read, newest first."""

        def read(client: Any) -> tuple[Learned, ...]:
            rows = [raw.decode().partition("|") for raw in client.lrange(f"{prefix(workspace)}pt:{team}", 0, most - 1)]
            pipe = client.pipeline(transaction=False)
            for key, _, _ in rows:
                pipe.hmget(f"{prefix(workspace)}u:{key}", "model", "vector")
            found = zip(rows, pipe.execute(), strict=True)
            return tuple(Learned(row[2], vector) for row, (by, vector) in found if by and by.decode() == model)

        return self._do(read)

    def keep_fit(self, workspace: str, team: str, model: str, fit: bytes) -> None:
        """Keep the refitted head of a team."""

        def write(client: Any) -> None:
            client.set(f"{prefix(workspace)}fit:{model}:{team}", fit)
            client.hincrby(sequence(workspace), f"learned:{team}", 1)

        self._do(write)

    def solved(self, workspace: str, conversation: str, model: str) -> str:
        """Let a conversation that is done be found by those like it; its team, "" when it has no question to be found by."""
        team: bytes = self._call("solved", workspace, {"cid": conversation, "model": model, "most": SOLVED})
        return team.decode()

    def solved_by(self, workspace: str, team: str, model: str) -> Mapping[str, bytes]:
        """Return the vectors of what the team has solved, by conversation: the newest SOLVED."""
        raw = self._do(lambda client: client.hgetall(f"{prefix(workspace)}sv:{model}:{team}"))
        return {key.decode(): vector for key, vector in raw.items()}

    # ------------------------------------------------------------------ what a team's mails look like

    def counts(self, workspace: str, team: str, sentences: Sequence[str]) -> list[int]:
        """How often each sentence (by its keyed digest) stood in the team's mails so far."""
        if not sentences:
            return []
        key = f"{prefix(workspace)}sc:{team}"
        return self._do(lambda client: [int(raw or 0) for raw in client.hmget(key, list(sentences))])

    def count(self, workspace: str, team: str, sentences: Iterable[str]) -> None:
        """Count these once more."""
        key = f"{prefix(workspace)}sc:{team}"

        def write(client: Any) -> None:
            full = client.hlen(key) >= SENTENCES
            pipe = client.pipeline(transaction=False)
            for sentence in sentences:
                if not full or client.hexists(key, sentence):
                    pipe.hincrby(key, sentence, 1)
            pipe.execute()

        self._do(write)

    def mean(self, workspace: str, team: str, model: str) -> bytes:
        """Return what was kept of the mean of the team's sentences, b"" at first."""
        return self._do(lambda client: client.get(f"{prefix(workspace)}sm:{model}:{team}") or b"")

    def keep_mean(self, workspace: str, team: str, model: str, mean: bytes) -> None:
        """Keep it."""
        self._do(lambda client: client.set(f"{prefix(workspace)}sm:{model}:{team}", mean))

    def mood_of(self, workspace: str, mail: str) -> Mood | None:
        """Return how a mail was marked; None when it is gone."""
        raw = self._do(lambda client: client.hget(f"{prefix(workspace)}u:{mail}", "read"))
        return mood_in(raw) if raw else None

    def corrections(self, workspace: str, team: str, model: str, feeling: Feeling) -> list[bytes]:
        """Return the vectors of sentences that an agent said are nothing of the kind."""
        return self._do(lambda client: list(client.hvals(f"{prefix(workspace)}co:{model}:{team}:{feeling}")))

    def correct(self, workspace: str, team: str, model: str, feeling: Feeling, mail: str, vector: bytes) -> None:
        """Remember one more, by its mail: it goes when the mail is forgotten. Beyond the limit any other one makes room."""
        key = f"{prefix(workspace)}co:{model}:{team}:{feeling}"

        def write(client: Any) -> None:
            client.hset(key, mail, vector)
            if client.hlen(key) > CORRECTIONS:
                client.hdel(key, next(one for one in client.hkeys(key) if one.decode() != mail))

        self._do(write)

    def _do(self, work: Callable[[Any], T]) -> T:
        try:
            return work(self._library.client)
        except FAILURES as error:
            raise RecordsUnavailable(type(error).__name__) from error

    def _call(self, function: str, workspace: str, request: Mapping[str, object], *blobs: bytes) -> Any:
        whole = {"p": prefix(workspace), "me": "", "see": [], "private": [], "off": 0, **request}
        # The first blob of every script may be a drawing (scripts/base.lua); ours has none.
        return self._library.call(function, sequence(workspace), whole, *blobs)


def _job(id_: str, fields: Mapping[bytes, bytes]) -> Job:
    return Job(id_, fields[b"kind"].decode(), fields[b"about"].decode(), fields[b"data"])

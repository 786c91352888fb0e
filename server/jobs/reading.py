"""Reads mails for their meaning, beside the requests: what they ask, how their writer feels, by when, and what is missing."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
import structlog

from server.domain.errors import RecordsUnavailable
from server.domain.reading import ToRead
from server.domain.template import Template
from server.domain.understanding import Feeling, Mood, Understood
from server.domain.workspace import Workspace
from server.replies.embedding import Embedder
from server.replies.mood import FEELINGS, notable
from server.replies.rarity import Corpus, keys_of, with_mail
from server.replies.shelf import Stock, fitted, packed_vectors
from server.replies.similar import Solved, solved_matrix
from server.replies.understand import understand
from server.replies.vectors import Vector, pack
from server.store.outbox import Job, Learned

BATCH: Final = 16

log = structlog.get_logger()


class Outbox(Protocol):
    """What waits, and where its results go (store.outbox). All raise RecordsUnavailable."""

    def take(self, workspace: str, most: int) -> tuple[Job, ...]: ...
    def done(self, workspace: str, jobs: Sequence[Job]) -> None: ...
    def to_read(self, workspace: str, job: Job) -> ToRead | None: ...
    def begin(self, workspace: str, model: str) -> None: ...
    def understood(
        self,
        workspace: str,
        mail: str,
        read: Understood,
        moods: Sequence[Feeling],
        *,
        told: bool,
        similar: Sequence[str] = (),
    ) -> bool: ...
    def solved(self, workspace: str, conversation: str, model: str) -> str: ...
    def solved_by(self, workspace: str, team: str, model: str) -> Mapping[str, bytes]: ...
    def templates(self, workspace: str, model: str) -> tuple[tuple[Template, ...], Mapping[str, tuple[int, bytes]]]: ...
    def keep_vectors(self, workspace: str, model: str, vectors: Mapping[str, tuple[int, bytes]]) -> None: ...
    def stock(self, workspace: str, team: str, model: str) -> Stock: ...
    def learned(self, workspace: str, team: str, model: str, most: int = 5000) -> tuple[Learned, ...]: ...
    def keep_fit(self, workspace: str, team: str, model: str, fit: bytes) -> None: ...
    def counts(self, workspace: str, team: str, sentences: Sequence[str]) -> list[int]: ...
    def count(self, workspace: str, team: str, sentences: Sequence[str]) -> None: ...
    def mean(self, workspace: str, team: str, model: str) -> bytes: ...
    def keep_mean(self, workspace: str, team: str, model: str, mean: bytes) -> None: ...
    def mood_of(self, workspace: str, mail: str) -> Mood | None: ...
    def corrections(self, workspace: str, team: str, model: str, feeling: Feeling) -> list[bytes]: ...
    def correct(self, workspace: str, team: str, model: str, feeling: Feeling, mail: str, vector: bytes) -> None: ...


class _Correction(msgspec.Struct, frozen=True):
    team: str
    feeling: Feeling


_correction: Final = msgspec.msgpack.Decoder(_Correction).decode
_corpus: Final = msgspec.msgpack.Decoder(Corpus).decode


class Reader:
    """Does what waits in the workspaces' outboxes. `key` digests sentences, so that what is counted of them tells nobody anything."""

    def __init__(self, outbox: Outbox, embedder: Embedder, key: bytes) -> None:
        self._outbox = outbox
        self._embedder = embedder
        self._key = key
        self._begun: set[str] = set()
        self._solved: dict[tuple[str, str], Solved] = {}

    def read(self, workspace: Workspace) -> int:
        """Do up to BATCH of what waits; how many. Raises RecordsUnavailable."""
        if workspace.id not in self._begun:
            self._outbox.begin(workspace.id, self._embedder.model)
            self._begun.add(workspace.id)
        jobs = self._outbox.take(workspace.id, BATCH)
        # Ten saved templates, or ten picks, are one work.
        once: set[tuple[str, str]] = set()
        for job in jobs:
            same = (job.kind, "" if job.kind == "templates" else job.about)
            if job.kind in {"templates", "refit"} and same in once:
                continue
            once.add(same)
            self._do(workspace, job)
        self._outbox.done(workspace.id, jobs)
        return len(jobs)

    def _do(self, workspace: Workspace, job: Job) -> None:
        try:
            match job.kind:
                case "read":
                    self._read_mail(workspace, job)
                case "templates":
                    self._embed_templates(workspace)
                case "refit":
                    self._refit(workspace, job.about)
                case "solved":
                    if team := self._outbox.solved(workspace.id, job.about, self._embedder.model):
                        self._solved.pop((workspace.id, team), None)
                case "correct":
                    self._remember(workspace, job)
                case _:
                    log.warning("unknown_job", action=job.kind)
        except RecordsUnavailable:
            raise
        except Exception:
            log.exception("job_failed", action=job.kind)
            if job.kind == "read":
                # One mail that cannot be read must not stop those behind it, nor be tried at every open: nothing fits it.
                nothing = Understood(model=self._embedder.model, vector=bytes(2 * self._embedder.dimensions))
                self._outbox.understood(workspace.id, job.about, nothing, (), told=True)

    def _read_mail(self, workspace: Workspace, job: Job) -> None:
        mail = self._outbox.to_read(workspace.id, job)
        if mail is None:
            log.warning("job_unreadable", action=job.kind)
            return
        team = mail.teams[0] if mail.teams else ""
        corpus = self._corpus(workspace, team)
        model = self._embedder.model
        corrected = {one: self._outbox.corrections(workspace.id, team, model, one) for one in FEELINGS}

        def count_of(keys: Sequence[str]) -> Mapping[str, int]:
            return dict(zip(keys, self._outbox.counts(workspace.id, team, keys), strict=True))

        made = understand(
            mail,
            self._embedder,
            corpus,
            zone=workspace.time_zone,
            digest=self._digest,
            count_of=count_of,
            corrected=corrected,
        )
        moods = notable(made.understood.mood, ())
        sentences = made.gist.sentences
        similar = self._like(workspace, team, made.gist.vector)
        written = self._outbox.understood(
            workspace.id, job.about, made.understood, moods, told=mail.told, similar=similar
        )
        if written and sentences:
            self._outbox.count(workspace.id, team, sorted(set(keys_of(sentences, self._digest))))
            grown = with_mail(corpus, sentences, made.gist.vectors, self._digest)
            self._outbox.keep_mean(
                workspace.id, team, model, msgspec.msgpack.encode(msgspec.structs.replace(grown, counts={}))
            )

    def _like(self, workspace: Workspace, team: str, vector: Vector) -> tuple[str, ...]:
        """Return the solved conversations of the team that are most like a mail."""
        held = self._solved.get((workspace.id, team))
        if held is None:
            held = solved_matrix(self._outbox.solved_by(workspace.id, team, self._embedder.model))
            self._solved[workspace.id, team] = held
        return held.like(vector)

    def _corpus(self, workspace: Workspace, team: str) -> Corpus:
        kept = self._outbox.mean(workspace.id, team, self._embedder.model)
        return _corpus(kept) if kept else Corpus()

    def _embed_templates(self, workspace: Workspace) -> None:
        model = self._embedder.model
        templates, known = self._outbox.templates(workspace.id, model)
        versions = {one.id: one.version for one in templates}
        made = packed_vectors(templates, self._embedder)
        fresh = {
            id_: (versions[id_], vector) for id_, vector in made.items() if known.get(id_) != (versions[id_], vector)
        }
        self._outbox.keep_vectors(workspace.id, model, fresh)

    def _refit(self, workspace: Workspace, team: str) -> None:
        model = self._embedder.model
        learned = self._outbox.learned(workspace.id, team, model)
        examples = [(one.template, one.vector) for one in reversed(learned)]
        if fit := fitted(self._outbox.stock(workspace.id, team, model), examples):
            self._outbox.keep_fit(workspace.id, team, model, fit)

    def _remember(self, workspace: Workspace, job: Job) -> None:
        what = _correction(job.data)
        mood = self._outbox.mood_of(workspace.id, job.about)
        sentence = getattr(mood, what.feeling).sentence if mood else ""
        if sentence:
            vector = pack(self._embedder.embed([sentence])[0])
            self._outbox.correct(workspace.id, what.team, self._embedder.model, what.feeling, job.about, vector)

    def _digest(self, sentence: str) -> str:
        return hmac.new(self._key, sentence.encode(), hashlib.sha256).hexdigest()[:20]


class Workspaces(Protocol):
    """The workspaces there are."""

    def workspaces(self) -> tuple[str, ...]:
        """Return their ids. Raises RecordsUnavailable."""

    def workspace(self, workspace_id: str) -> Workspace | None:
        """Return one of them. Raises RecordsUnavailable."""


def read_all(workspaces: Workspaces, reader: Reader) -> int:
    """Give every workspace one batch, so that a large import of one keeps nobody else waiting; how much was done."""
    found = (workspaces.workspace(workspace_id) for workspace_id in workspaces.workspaces())
    return sum(reader.read(workspace) for workspace in found if workspace)


def read_forever(
    workspaces: Workspaces,
    reader: Reader,
    beside: Callable[[], None] = lambda: None,
    *,
    pause: float = 0.25,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Read for as long as the process lives; `beside` is called between two batches. A store that does not answer is waited for."""
    while True:
        done = 0
        try:
            beside()
            done = read_all(workspaces, reader)
        except RecordsUnavailable as error:
            log.warning("records_unavailable", reason=str(error))
            sleep(2.0)
        if not done:
            sleep(pause)

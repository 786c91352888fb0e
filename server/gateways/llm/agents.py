"""One wish an agent at a time: who asks again, or leaves the card, waits no longer for what they asked before."""

from __future__ import annotations

import threading

from server.replies.polish import Declined, Job, LanguageModel, Rewriting, Rewritten


class PerAgent:
    """What the use-cases ask. Safe between threads; each process knows of its own wishes only, and the time limit ends the rest."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._running: dict[str, Rewriting] = {}
        self._lock = threading.Lock()

    def rewrite(self, agent: str, job: Job) -> Rewritten | Declined:
        """Ask for this agent and wait, until the model's time limit at most."""
        asked = self._model.begin(job)
        with self._lock:
            before = self._running.get(agent)
            self._running[agent] = asked
        if before:
            before.cancel()
        try:
            return asked.result()
        finally:
            with self._lock:
                if self._running.get(agent) is asked:
                    del self._running[agent]

    def cancel(self, agent: str) -> None:
        """End what this agent is waiting for, if anything."""
        with self._lock:
            asked = self._running.pop(agent, None)
        if asked:
            asked.cancel()

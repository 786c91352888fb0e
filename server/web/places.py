"""Room for requests that need much of it: a few at a time, the others wait a moment and are then told to come again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from server.domain.errors import Crowded

MOST: Final = 3
"""Such requests of one process at a time: a click with 4 MB of attachments takes about 50 MB while it is answered."""

PATIENCE: Final = 5.0
"""Seconds that one more waits for a place."""

LASTS: Final = 120.0
"""Seconds after which a place counts as free: whoever had it has stopped in the midst of sending, without a word."""


class Places:
    """`MOST` of them."""

    def __init__(
        self,
        *,
        most: int = MOST,
        patience: float = PATIENCE,
        lasts: float = LASTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._patience = patience
        self._lasts = lasts
        self._clock = clock
        self._taken: dict[object, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one for as long as the context. Raises Crowded."""
        mine = object()
        with self._changed:
            if not self._changed.wait_for(self._free, self._patience):
                raise Crowded
            self._taken[mine] = self._clock()
        try:
            yield
        finally:
            with self._changed:
                self._taken.pop(mine, None)
                self._changed.notify()

    def _free(self) -> bool:
        since = self._clock() - self._lasts
        for place in [one for one, at in self._taken.items() if at < since]:
            del self._taken[place]
        return len(self._taken) < self._most

"""HTTP for google-api-python-client, over the service's own wire.

The client's own transport, httplib2, is not safe between threads, and its time limit starts anew with every packet.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

import httplib2

from server.gateways.transport import Answer, Clock, Wire

_REASON: Final = re.compile(rb'"reason"\s*:\s*"([A-Za-z_]{1,60})"')


class BoundedHttp:
    """Stands where google-api-python-client expects an `httplib2.Http`. Never retries, redirects, or keeps cookies.

    Of an answer that is an error only Google's own word for the reason is kept: the client would log all of it, and
    its sentences may name an account.
    """

    def __init__(self, *, budget: float, largest: int, clock: Clock = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self.wire = Wire(largest=largest, clock=clock)

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[httplib2.Response, bytes]:
        """Send one request and read the whole answer.

        Raises TimeoutError at the deadline, other OSErrors and http.client.HTTPException when it fails before.
        """
        return self._request(uri, method, body, headers, self._clock() + self._budget)

    def within(self, seconds: float) -> Within:
        """The same connections for several requests that have so much time together."""
        return Within(self._request, self._clock() + seconds)

    def close(self) -> None:
        """Close what is idle."""
        self.wire.close()

    def _request(
        self, uri: str, method: str, body: str | None, headers: Mapping[str, str] | None, deadline: float
    ) -> tuple[httplib2.Response, bytes]:
        answer = self.wire.ask(uri, method, body, headers, deadline=deadline, again=method == "GET")
        response = httplib2.Response({**answer.headers, "status": str(answer.status)})
        response.reason = answer.reason
        return response, answer.body if answer.status < 400 else _reason(answer)


def _reason(answer: Answer) -> bytes:
    """An error as Google writes one, with nothing in it but the reason; nothing when it has none."""
    found = _REASON.search(answer.body)
    return b'{"error": {"errors": [{"reason": "%s"}]}}' % found[1] if found else b""


Request = Callable[[str, str, "str | None", "Mapping[str, str] | None", float], "tuple[httplib2.Response, bytes]"]


class Within:
    """Several requests under one deadline; it too stands where an `httplib2.Http` is expected."""

    def __init__(self, request: Request, deadline: float) -> None:
        self._request = request
        self._deadline = deadline

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[httplib2.Response, bytes]:
        """As `BoundedHttp.request`, in what is left of the time."""
        return self._request(uri, method, body, headers, self._deadline)

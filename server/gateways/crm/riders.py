"""Lets vendors' libraries ride on a connection's line, so that they have its pool, deadline, quota and circuit breaker."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
from requests.adapters import BaseAdapter

from server.domain.crm import CrmError
from server.gateways.crm.spec import Line

Repeatable = Callable[[str, str], bool]
"""Whether a request of this method to this URL may be asked twice: many vendors' searches are POSTs."""


def _only_get(method: str, _url: str) -> bool:
    return method == "GET"


def requests_session(line: Line, repeatable: Repeatable = _only_get) -> requests.Session:
    """A session of requests that rides on the line, for libraries that take one (simple-salesforce).

    An error status is no response here: CrmError comes straight through the library, with `status` and the vendor's
    `body`. Time limits, retries and proxies that the library asks for are not heeded: the line has its own.
    """
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc of whoever started the service
    session.max_redirects = 0
    adapter = _Adapter(line, repeatable)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(BaseAdapter):
    def __init__(self, line: Line, repeatable: Repeatable) -> None:
        super().__init__()
        self._line = line
        self._repeatable = repeatable

    def send(self, request: requests.PreparedRequest, *_args: object, **_options: object) -> requests.Response:
        method, url = request.method or "GET", request.url or ""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if body is not None and not isinstance(body, bytes):
            raise CrmError("failed", "a body that is read bit by bit")
        skipped = {"content-length", "connection", "accept-encoding", "user-agent"}  # the wire's own
        headers = {
            str(name): value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            if str(name).lower() not in skipped
        }
        reply = self._line.send(method, url, headers=headers, body=body, repeatable=self._repeatable(method, url))
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = io.BytesIO(reply.body)
        response.url = url
        response.request = request
        return response

    def close(self) -> None:
        """Nothing: the line outlives the session."""


class PoolReply(NamedTuple):
    """As much of a urllib3 response as generated API clients read."""

    status: int
    reason: str
    headers: Mapping[str, str]
    data: bytes

    def getheaders(self) -> Mapping[str, str]:
        """Return all headers."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return one header."""
        return self.headers.get(name.lower(), default)


class Pool:
    """Stands where generated API clients expect a `urllib3.PoolManager` (hubspot-api-client: `rest_client.pool_manager`).

    As with `requests_session`, an error status is raised as CrmError straight through the library, and the library's own time
    limits and retries are not heeded.
    """

    def __init__(self, line: Line, repeatable: Repeatable = _only_get) -> None:
        self._line = line
        self._repeatable = repeatable

    def request(
        self,
        method: str,
        url: str,
        *,
        fields: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: object,
    ) -> PoolReply:
        """Send what the client has put together. `fields`: the query of a GET, the form of anything else."""
        pairs = [
            (str(key), str(value)) for key, value in (fields.items() if isinstance(fields, Mapping) else fields or ())
        ]
        params: Sequence[tuple[str, str]] = ()
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "user-agent"}
        if pairs and method.upper() in {"GET", "HEAD", "DELETE"}:
            params = pairs
        elif pairs:
            body = urlencode(pairs).encode()
            sent = {**sent, "Content-Type": "application/x-www-form-urlencoded"}
        if isinstance(body, str):
            body = body.encode()
        repeatable = self._repeatable(method.upper(), url)
        reply = self._line.send(method, url, params=params, headers=sent, body=body, repeatable=repeatable)
        return PoolReply(reply.status, http.client.responses.get(reply.status, ""), reply.headers, reply.body)

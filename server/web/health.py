"""Whether this copy works, for load balancers and administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
from flask import Blueprint, Response

from server.domain.errors import RecordsUnavailable
from server.replies.embedding import Status


def blueprint(
    ping: Callable[[], None], counters: Callable[[], Mapping[str, int]], version: str, model: Callable[[], Status]
) -> Blueprint:
    """Return GET /health: 200 when the store answers, 503 when it does not; counters since the start in both cases.

    `reads_with` names the language model, `because` says why when it is not the better one: answers are still proposed.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/health")
    def health() -> Response:
        try:
            ping()
            store, status = "ok", 200
        except RecordsUnavailable:
            store, status = "unreachable", 503
        found = model()
        body = orjson.dumps(
            {
                "store": store,
                "version": version,
                "reads_with": found.model,
                **({"because": found.reason} if found.reason else {}),
                "counters": dict(counters()),
            }
        )
        return Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})

    return routes

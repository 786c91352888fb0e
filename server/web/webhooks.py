"""Where CRMs say that something has changed: POST /webhooks/<workspace>/<connection>/<secret>.

    404  no such address; which part of it is wrong is not told, nor is it by the time that it takes
    401  the address is right, the delivery does not prove that the CRM sent it
    400  it cannot be understood            413  it is too large to be one
    204  understood; what it is about is read again beside it (some connectors first ask the CRM whose a deal is)
    503  the store or the CRM is away: the CRM may send it again

An event that has come already changes nothing. Neither addresses nor bodies are logged: the address is a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from server.domain.crm import Connection, Connectors, CrmError, Delivery, ForgedDelivery, Moved
from server.domain.errors import RecordsUnavailable

LARGEST: Final = 256 * 1024
"""Bytes of a delivery. HubSpot sends at most 100 events at once, some 40 kB."""

log = structlog.get_logger()


class Hooks(Protocol):
    """The addresses, and which events have come (store.connections). Every method raises RecordsUnavailable."""

    def hooked(self, workspace: str, connection: str, secret: str) -> Connection | None: ...
    def fresh(self, workspace: str, connection: str, ids: Sequence[str]) -> tuple[str, ...]: ...
    def undelivered(self, workspace: str, connection: str, ids: Sequence[str]) -> None: ...
    def delivered(self, workspace: str, connection: str, at: int) -> None: ...


class Invalidations(Protocol):
    """What is known of customers, and by which connection."""

    def moved(self, workspace: str, connection: str, what: Moved) -> object:
        """Take for stale what has changed. Asks no CRM. Raises RecordsUnavailable."""


def blueprint(
    public_url: str,
    hooks: Hooks,
    connectors: Connectors,
    invalidations: Invalidations,
    count: Callable[[str], None],
    clock: Callable[[], float],
) -> Blueprint:
    """Return the route. `public_url` is where CRMs reach the service, `clock` seconds since the epoch."""
    routes = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    @routes.before_request
    def bounded() -> None:
        request.max_content_length = LARGEST

    @routes.after_request
    def quiet(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @routes.post("/<workspace>/<connection>/<secret>")
    def deliver(workspace: str, connection: str, secret: str) -> Response:
        # Read first: whoever sends too much is told so, whatever the address.
        body = request.get_data(cache=False)
        found = hooks.hooked(workspace, connection, secret)
        if found is None or found.off:
            count("webhooks.unknown")
            raise NotFound
        now = int(clock() * 1000)
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        delivery = Delivery(
            method=request.method,
            url=f"{public_url}{request.path}{query}",
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            at=now,
        )
        try:
            moved = connectors.connect(workspace, found).changed(delivery)
        except ForgedDelivery as error:
            return refused(workspace, found, "forged", str(error), 401)
        except CrmError as error:
            # Without its signing secret nothing can be told from a forgery. What may pass is worth another delivery.
            status = {"unset": 401, "garbled": 400, "mapping": 400}.get(error.why, 503)
            return refused(workspace, found, error.why, str(error), status)
        new = hooks.fresh(workspace, found.id, moved.ids) if moved.ids else ()
        if moved.ids and not new:
            count("webhooks.repeated")
            return Response(status=204)
        try:
            invalidations.moved(workspace, found.id, msgspec.structs.replace(moved, ids=new))
        except RecordsUnavailable:
            hooks.undelivered(workspace, found.id, new)
            raise
        hooks.delivered(workspace, found.id, now)
        count("webhooks.taken")
        return Response(status=204)

    def refused(workspace: str, connection: Connection, why: str, reason: str, status: int) -> Response:
        count(f"webhooks.{why}")
        log.warning("webhook_refused", workspace=workspace, name=connection.id, error=why, reason=reason)
        return Response(status=status)

    @routes.errorhandler(NotFound)
    def unknown(_: NotFound) -> Response:
        return Response(status=404)

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        count("webhooks.too_large")
        return Response(status=413)

    @routes.errorhandler(RecordsUnavailable)
    def unavailable(error: RecordsUnavailable) -> Response:
        count(f"problems.{type(error).__name__}")
        log.warning("records_unavailable", component="webhooks", reason=str(error))
        return Response(status=503)

    return routes

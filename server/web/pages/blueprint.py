"""A blueprint for pages behind the session: what holds for every request, whatever the route."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort, request

from server.domain.errors import RecordsUnavailable
from server.web.pages.headers import protect
from server.web.pages.signin import Ended
from server.web.pages.site import SignedInSite

log = structlog.get_logger()


def signed_in(site: SignedInSite, count: Callable[[str], None], *, largest_form: int) -> Blueprint:
    """Return a blueprint for this page's routes, with those that every page has: /leave and /assets.

    `largest_form` is how many bytes of a body are read; a route that takes files asks for more.
    """
    routes = Blueprint(site.name, __name__, url_prefix=f"/{site.name}")
    signin = site.signin
    routes.before_request(signin.from_our_own_page)

    @routes.before_request
    def bounded() -> None:
        request.max_content_length = largest_form

    @routes.after_request
    def safe(response: Response) -> Response:
        return protect(response, site.headers)

    @routes.post("/leave")
    def leave() -> Response:
        return signin.leave(site.left())

    @routes.get("/assets/<name>")
    def asset(name: str) -> Response:
        found = site.renderer.assets.get(name)
        if found is None:
            abort(404)
        return found.sent(request.args.get("v", ""))

    def refused(error: Exception) -> Response:
        if isinstance(error, RecordsUnavailable):
            count(f"problems.{type(error).__name__}")
            log.warning("records_unavailable", path=request.path, reason=str(error))
        response = site.refuse(next(one for kind, one in site.refusals.items() if isinstance(error, kind)))
        # Without a token it may only have stayed at home: a link on another site does not bring the cookie along.
        if isinstance(error, Ended) and signin.cookie.token():
            signin.cookie.take(response)
        return response

    for kind in site.refusals:
        routes.register_error_handler(kind, refused)
    return routes

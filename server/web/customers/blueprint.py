"""The routes of the customers' pages, behind the same session as the queue's (web/signin.py); for administrators alone.

    GET  /customers                 files in and out, and the API's keys
    POST /customers/import          what each column is; /import/look what would change; /import/commit writes it
    GET  /customers/export.csv      all of them
    POST /customers/keys            a new key, shown this once; GET, POST /customers/keys/end/<id> ends one

Forms are plain: everything works without a script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from server.domain.addresses import one_line
from server.domain.errors import RecordsUnavailable
from server.domain.own import Records
from server.domain.ports import Directory
from server.screens import customers_page as words
from server.screens.queue_page import door_of
from server.web.customers import transfer
from server.web.customers.pages import POLICY, Pages
from server.web.customers.site import Keys, NotForYou, Site
from server.web.signin import Ended, Sessions, SignIn, protect, spoken

_LARGEST_FORM: Final = 100_000
_MAX_NAME: Final = 60

log = structlog.get_logger()


def blueprint(
    public_url: str,
    sessions: Sessions,
    directory: Directory,
    records: Records,
    keys: Keys,
    count: Callable[[str], None],
    clock: Callable[[], float],
) -> Blueprint:
    """Return everything under /customers. `public_url` is where browsers reach the service, `clock` seconds since the epoch."""
    routes = Blueprint("customers", __name__, url_prefix="/customers")
    signin = SignIn(public_url, sessions, directory)
    pages = Pages(signin.root)
    site = Site(signin, pages, records, keys, clock)
    routes.before_request(signin.from_our_own_page)
    transfer.add(routes, site)

    @routes.before_request
    def bounded() -> None:
        request.max_content_length = _LARGEST_FORM

    @routes.after_request
    def safe(response: Response) -> Response:
        # A form of a page that sends no referrer at all comes with the origin "null"; other sites are told nothing all the same.
        return protect(response, POLICY, **{"Referrer-Policy": "same-origin"})

    @routes.get("")
    def first() -> Response:
        return site.first(site.desk())

    @routes.post("/keys")
    def make() -> Response:
        at = site.desk()
        name = one_line(request.form.get("name", ""), _MAX_NAME)
        if not name:
            return site.first(at, 422, problem=words.said_of(at.voice, "name"))
        token = keys.issue(at.workspace, name, at.viewer.id)
        if token is None:
            return site.first(at, 422, problem=words.said_of(at.voice, "too_many_keys"))
        log.info("api_key_made", workspace=at.workspace, person=at.viewer.id)
        return site.page("key", at, name=name, token=token)

    @routes.get("/keys/end/<id_>")
    def ask(id_: str) -> Response:
        at = site.desk()
        one = next((key for key in keys.all(at.workspace) if key.id == id_), None)
        if one is None:
            abort(404)
        return site.page("end", at, key=one)

    @routes.post("/keys/end/<id_>")
    def end(id_: str) -> Response:
        at = site.desk()
        if not keys.revoke(at.workspace, id_):
            abort(404)
        log.info("api_key_ended", workspace=at.workspace, person=at.viewer.id)
        return site.see(f"{site.base}?said=ended")

    @routes.post("/leave")
    def leave() -> Response:
        return signin.leave(Response(status=303, headers={"Location": site.base}))

    @routes.get("/assets/<name>")
    def asset(name: str) -> Response:
        file = pages.files.get(name)
        if file is None:
            abort(404)
        return file.sent(request.args.get("v", ""))

    @routes.errorhandler(Ended)
    def ended(_: Ended) -> Response:
        if request.method == "POST":
            return site.part("plain", spoken() or "ja", 403, message="kept_closed")
        response = Response(pages.door.door(door_of(spoken() or "ja"), "closed"), 403, mimetype="text/html")
        if (
            signin.cookie.token()
        ):  # else it may only have stayed at home: a link on another site does not bring it along
            signin.cookie.take(response)
        return response

    @routes.errorhandler(NotForYou)
    def not_for_you(_: NotForYou) -> Response:
        return site.part("plain", spoken() or "ja", 403, message="not_for_you")

    @routes.errorhandler(RecordsUnavailable)
    def unavailable(error: RecordsUnavailable) -> Response:
        count(f"problems.{type(error).__name__}")
        log.warning("records_unavailable", path="/customers", reason=str(error))
        return site.part("plain", spoken() or "ja", 503, message="trouble")

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        return site.part("plain", spoken() or "ja", 413, message="too_large")

    @routes.errorhandler(NotFound)
    def not_here(_: NotFound) -> Response:
        return site.part("plain", spoken() or "ja", 404, message="not_here")

    return routes

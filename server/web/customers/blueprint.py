"""The routes of the customers' pages, behind the same session as the queue's (web/pages); for administrators alone.

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

from server.domain.addresses import one_line
from server.domain.own import Records
from server.domain.ports import Directory
from server.screens import customers_page as words
from server.web.customers import transfer
from server.web.customers.site import Keys, Site
from server.web.pages import signed_in
from server.web.pages.forms import form_renderer
from server.web.pages.signin import Sessions, SignIn
from server.web.queue.rendering import door_at

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
    signin = SignIn(public_url, sessions, directory)
    door = door_at(signin.root)
    renderer = form_renderer(door, "customers", "customers.css")
    site = Site(signin, door, renderer, clock, records, keys)
    routes = signed_in(site, count, largest_form=_LARGEST_FORM)
    transfer.add(routes, site)

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

    return routes

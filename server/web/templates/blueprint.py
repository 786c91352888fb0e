"""The routes of the templates' pages, behind the same session as the queue's (web/signin.py).

    GET  /templates                     the list           GET  /templates/export.csv, .json   all of them, as a file
    GET  /templates/new, /edit/<id>     the editor         POST the same addresses             save, or only look at it
    GET  /templates/history/<id>        all versions       POST /templates/restore/<id>        an earlier one again
    POST /templates/archive/<id>        out of use, and back
    GET, POST /templates/import         what a file would change; POST /templates/import/commit writes it
    POST /templates/preview             what the editor's script draws anew while somebody types

Forms are plain: everything but that works without a script. Text that could not be saved comes back, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from server.domain.errors import RecordsUnavailable
from server.domain.ports import Directory
from server.domain.template import Statistics
from server.screens import template_page as words
from server.screens.queue_page import door_of
from server.usecases.preview_template import Glances
from server.usecases.templates import Templates
from server.web.signin import Ended, Sessions, SignIn, protect, spoken
from server.web.templates import editing, transfer, versions
from server.web.templates.form import typed
from server.web.templates.listing import ROWS, found, wanted
from server.web.templates.pages import POLICY, Pages
from server.web.templates.site import Site

_LARGEST_FORM: Final = 500_000
"""Bytes of a form that are read: three times what the longest template comes to as a browser sends it."""
_NOTHING_YET: Final = Statistics()

log = structlog.get_logger()


def blueprint(
    public_url: str,
    sessions: Sessions,
    directory: Directory,
    templates: Templates,
    conversations: Glances,
    count: Callable[[str], None],
    clock: Callable[[], float],
) -> Blueprint:
    """Return everything under /templates. `public_url` is where browsers reach the service, `clock` seconds since the epoch."""
    routes = Blueprint("templates", __name__, url_prefix="/templates")
    signin = SignIn(public_url, sessions, directory)
    pages = Pages(signin.root)
    site = Site(signin, pages, templates, conversations, clock)
    routes.before_request(signin.from_our_own_page)
    editing.add(routes, site)
    versions.add(routes, site)
    transfer.add(routes, site)

    @routes.before_request
    def bounded() -> None:
        request.max_content_length = _LARGEST_FORM

    @routes.after_request
    def safe(response: Response) -> Response:
        # A form of a page that sends no referrer at all comes with the origin "null"; other sites are told nothing all the same.
        return protect(response, POLICY, **{"Referrer-Policy": "same-origin"})

    @routes.get("")
    def listing() -> Response:
        at = site.desk()
        known = site.known(at)
        statistics = templates.statistics(at.viewer.workspace)
        sought = wanted(request.args)
        fitting = found(known.values(), statistics, sought, at.voice.language)
        last_page = max(1, -(-len(fitting) // ROWS))
        here = min(sought.page, last_page)
        part = fitting[(here - 1) * ROWS : here * ROWS]
        changes = templates.latest(at.viewer.workspace, [one.id for one in part])
        everything, own = words.everything_of(at.voice), [one.category for one in known.values()]
        return site.page(
            "list",
            at,
            rows=[
                words.row_of(at.voice, one, statistics.get(one.id, _NOTHING_YET), changes.get(one.id)) for one in part
            ],
            found=words.found_words(at.voice, len(fitting)),
            sought=sought,
            empty="" if fitting else "no_matches" if sought.narrows else "no_templates",
            categories=words.categories_of(at.voice, own, sought.category, filters=True),
            languages=(everything, *words.languages_of(at.voice, sought.language)),
            situations=(everything, *words.situations_of(at.voice, sought.situation)),
            place=words.page_words(at.voice, here, last_page) if last_page > 1 else "",
            previous=f"{site.base}?{sought.query(here - 1)}" if here > 1 else "",
            next=f"{site.base}?{sought.query(here + 1)}" if here < last_page else "",
        )

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
        response = kept("closed", 403)
        if (
            signin.cookie.token()
        ):  # else it may only have stayed at home: a link on another site does not bring it along
            signin.cookie.take(response)
        return response

    @routes.errorhandler(RecordsUnavailable)
    def unavailable(error: RecordsUnavailable) -> Response:
        count(f"problems.{type(error).__name__}")
        log.warning("records_unavailable", path=request.path, reason=str(error))
        return kept("trouble", 503)

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        return site.part("plain", spoken() or "ja", 413, message="too_large")

    @routes.errorhandler(NotFound)
    def not_here(_: NotFound) -> Response:
        return site.part("plain", spoken() or "ja", 404, message="not_here")

    def kept(state: str, status: int) -> Response:
        """A page that says what is wrong; with what had been typed, where something was."""
        if request.endpoint == editing.SAVE:
            form, again = typed(request.form), f"{signin.root}{request.path}"
            return site.part("kept", spoken() or "ja", status, form=form, again=again, message=f"kept_{state}")
        if request.method == "POST":
            return site.part("plain", spoken() or "ja", status, message=f"kept_{state}")
        return Response(pages.door.door(door_of(spoken() or "ja"), state), status, mimetype="text/html")

    return routes

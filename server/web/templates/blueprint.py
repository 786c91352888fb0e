"""The routes of the templates' pages, behind the same session as the queue's (web/pages).

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

from flask import Blueprint, Response, request

from server.domain.ports import Directory
from server.domain.template import Statistics
from server.screens import template_page as words
from server.usecases.preview_template import Glances
from server.usecases.templates import Templates
from server.web.pages import signed_in
from server.web.pages.forms import form_renderer
from server.web.pages.signin import Sessions, SignIn
from server.web.queue.rendering import door_at
from server.web.templates import editing, transfer, versions
from server.web.templates.listing import ROWS, found, wanted
from server.web.templates.site import Site

_LARGEST_FORM: Final = 500_000
"""Bytes of a form that are read: three times what the longest template comes to as a browser sends it."""
_NOTHING_YET: Final = Statistics()


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
    signin = SignIn(public_url, sessions, directory)
    door = door_at(signin.root)
    renderer = form_renderer(door, "templates", "templates.js")
    site = Site(signin, door, renderer, clock, templates, conversations)
    routes = signed_in(site, count, largest_form=_LARGEST_FORM)
    editing.add(routes, site)
    versions.add(routes, site)
    transfer.add(routes, site)

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

    return routes

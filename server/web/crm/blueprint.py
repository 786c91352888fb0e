"""The routes of the CRMs' pages, behind the same session as the queue's (web/pages); for administrators alone.

    GET  /crm                       the connections, and what can be connected
    GET  /crm/new/<kind>, /edit/<id>    one connection       POST the same addresses    save it, or only test it
    POST /crm/test/<id>, /switch/<id>, /hook/<id>            ask it now; on and off; another webhook address
    GET, POST /crm/remove/<id>      asks once, with what it means
    GET, POST /crm/panel            what the customer panel shows, in which order
    GET  /crm/agree/<id>            leads to the vendor      GET /crm/agreed, /crm/agreed/here    and back

Forms are plain: everything works without a script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, request

from server.domain.crm import PANEL_FIELDS
from server.domain.ports import Directory
from server.screens import crm_page as words
from server.web.crm import agreeing, editing
from server.web.crm.site import Kept, Makers, Site
from server.web.pages import signed_in
from server.web.pages.forms import form_renderer
from server.web.pages.signin import Sessions, SignIn
from server.web.queue.rendering import door_at

_LARGEST_FORM: Final = 300_000


def blueprint(
    public_url: str,
    sessions: Sessions,
    directory: Directory,
    connections: Kept,
    connectors: Makers,
    count: Callable[[str], None],
    clock: Callable[[], float],
) -> Blueprint:
    """Return everything under /crm. `public_url` is where browsers and CRMs reach the service, `clock` seconds since the epoch."""
    signin = SignIn(public_url, sessions, directory)
    door = door_at(signin.root)
    renderer = form_renderer(door, "crm", "crm.css")
    site = Site(signin, door, renderer, clock, connections, connectors)
    routes = signed_in(site, count, largest_form=_LARGEST_FORM)
    editing.add(routes, site)
    agreeing.add(routes, site)

    @routes.get("")
    def listing() -> Response:
        at = site.desk()
        states = connections.states(at.workspace)
        lines = []
        for one in connections.of(at.workspace):
            tested, hooked = states.get(one.id), states.get(f"{one.id}/hook")
            lines.append(
                words.line_of(
                    at.voice, one, (tested.at, tested.trouble) if tested else None, hooked.at if hooked else 0
                )
            )
        return site.page("list", at, lines=lines, offers=words.offers_of(at.voice))

    @routes.post("/test/<id_>")
    def test(id_: str) -> Response:
        at = site.desk()
        site.test(at, site.connection(at, id_))
        return site.see(site.base, "tested")

    @routes.get("/panel")
    def panel() -> Response:
        at = site.desk()
        chosen = at.viewer.workspace.panel or PANEL_FIELDS
        return ordering(chosen, chosen)

    @routes.post("/panel")
    def arrange() -> Response:
        at = site.desk()
        posted = [name for name in dict.fromkeys(request.form.getlist("order")) if name in PANEL_FIELDS]
        order = [*posted, *(name for name in PANEL_FIELDS if name not in posted)]
        shown = {name for name in request.form.getlist("shown") if name in PANEL_FIELDS}
        for way, step in (("up", -1), ("down", 1)):
            if (name := request.form.get(way, "")) in order:
                place = order.index(name)
                there = min(max(place + step, 0), len(order) - 1)
                order.insert(there, order.pop(place))
                end = {0: "down", len(order) - 1: "up"}.get(there, way)
                return ordering(order, shown, words.moved_words(at.voice, name, there + 1), f"{end} {name}")
        deed = request.form.get("do", "")
        if deed == "look":
            return ordering(order, shown)
        if deed == "reset":
            order, shown = list(PANEL_FIELDS), set(PANEL_FIELDS)
        if not shown:
            return ordering(order, shown, words.said_of(at.voice, "nothing"), status=422)
        connections.show(at.workspace, [name for name in order if name in shown])
        return site.see(f"{site.base}/panel", "panel")

    def ordering(
        order: list[str] | tuple[str, ...],
        shown: set[str] | tuple[str, ...],
        moved: str = "",
        focus: str = "",
        status: int = 200,
    ) -> Response:
        """The page with this order, which is not kept yet."""
        at = site.desk()
        rest = [name for name in PANEL_FIELDS if name not in order]
        places = words.places_of(at.voice, (*order, *rest), shown)
        heading = [one.label for one in places if one.shown and one.name == "role"]  # stands beside the name
        facts = [one.label for one in places if one.shown and one.name != "role"]
        first, folded = [*heading, *facts[: words.FIRST_SEEN]], facts[words.FIRST_SEEN :]
        return site.page("panel", at, status, places=places, first=first, folded=folded, moved=moved, focus=focus)

    return routes

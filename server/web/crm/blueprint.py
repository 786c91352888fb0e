"""The routes of the CRMs' pages, behind the same session as the queue's (web/signin.py); for administrators alone.

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

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from server.domain.crm import PANEL_FIELDS
from server.domain.errors import RecordsUnavailable
from server.domain.ports import Directory
from server.screens import crm_page as words
from server.screens.queue_page import door_of
from server.web.crm import agreeing, editing
from server.web.crm.pages import POLICY, Pages
from server.web.crm.site import Kept, Makers, NotForYou, Site
from server.web.signin import Ended, Sessions, SignIn, protect, spoken

_LARGEST_FORM: Final = 300_000

log = structlog.get_logger()


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
    routes = Blueprint("crm", __name__, url_prefix="/crm")
    signin = SignIn(public_url, sessions, directory)
    pages = Pages(signin.root)
    site = Site(public_url, signin, pages, connections, connectors, clock)
    routes.before_request(signin.from_our_own_page)
    editing.add(routes, site)
    agreeing.add(routes, site)

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
        seen = [one.label for one in places if one.shown]
        first, folded = seen[: words.FIRST_SEEN], seen[words.FIRST_SEEN :]
        return site.page("panel", at, status, places=places, first=first, folded=folded, moved=moved, focus=focus)

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
        log.warning("records_unavailable", component="crm", reason=str(error))
        return site.part("plain", spoken() or "ja", 503, message="trouble")

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        return site.part("plain", spoken() or "ja", 413, message="too_large")

    @routes.errorhandler(NotFound)
    def not_here(_: NotFound) -> Response:
        return site.part("plain", spoken() or "ja", 404, message="not_here")

    return routes

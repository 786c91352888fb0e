"""/pictures/trend/NAME.png: small pictures that cards show. They are made of their names, and say nothing of anybody."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort

from cards import trend

PICTURE_AGE: Final = "public, max-age=31536000, immutable"


def blueprint() -> Blueprint:
    """Return the route. Gmail's proxy fetches a picture without a sign-in, and Outlook refuses one that may not be cached."""
    routes = Blueprint("pictures", __name__)

    @routes.get("/pictures/trend/<name>.png")
    def trend_picture(name: str) -> Response:
        body = trend.picture(name)
        if body is None:
            abort(404)
        return Response(body, mimetype="image/png", headers={"Cache-Control": PICTURE_AGE})

    return routes

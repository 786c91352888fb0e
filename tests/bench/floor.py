"""The least that an answer from shared state can cost: Flask, the check of both tokens, one GET, prebuilt bytes. Run by the same server."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Final

from flask import Flask, Response, request

from server.hosts.gmail.auth import Project, Tokens, bearer, parse_keys
from server.hosts.gmail.wire import decode
from server.hosts.tokens import KeyRing, fetch_keys
from server.settings import from_environment
from server.store.connect import connect
from server.wiring import store_url

KEY: Final = "floor"
"""Where the bytes lie."""
ROUTE: Final = "/gmail/message"


def create_app() -> Flask:
    """Make the application of one process."""
    settings = from_environment(os.environ)
    keys = KeyRing(partial(fetch_keys, settings.google_certs_url), parse_keys, time.time)
    projects = [Project(one.service_account_email, one.client_id) for one in settings.google_projects]
    tokens = Tokens(projects, keys, time.time)
    client = connect(store_url(settings), threads=settings.threads)
    audience = f"{settings.public_url}{ROUTE}"
    app = Flask("floor", static_folder=None)

    @app.post(ROUTE)
    def answer() -> Response:
        project = tokens.system(bearer(request.headers.get("Authorization", "")), audience)
        # Google's second token, the agent's, is in the body; and a body left unread would end the connection.
        tokens.user(decode(request.get_data(cache=False)).authorization.user_id_token or "", project)
        return Response(client.get(KEY), mimetype="application/json")

    return app

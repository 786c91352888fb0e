"""The WSGI application: blueprints, nothing else."""

from __future__ import annotations

import os
import secrets
import time
from functools import partial
from importlib.metadata import version

from flask import Flask

from server import telemetry, wiring
from server.domain.crm import Connectors
from server.gateways.google.gmail import GmailApi
from server.replies import embedding
from server.settings import Settings, from_environment, secret_keys
from server.web import api, crm, customers, files, health, manifests, pictures, queue, templates, webhooks
from server.web.changes import ChangesRoute
from server.web.hosts import LARGEST_BODY, HostRoutes
from server.web.sidebar import Answerer


def create_app(
    settings: Settings | None = None,
    store: wiring.Store | None = None,
    gmail_api: GmailApi | None = None,
    connectors: Connectors | None = None,
) -> Flask:
    """Make the application of one process; what is not given comes from the environment, and lives as long as the process."""
    settings = settings or from_environment(os.environ)
    write = telemetry.configure(settings.log_level)
    counters = telemetry.Counters()
    store = store or wiring.open_store(wiring.store_url(settings), secret_keys(settings), threads=settings.threads + 4)
    app = Flask("server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    sessions = wiring.sessions(settings, store)
    makers = wiring.connectors(settings, store)
    connectors = connectors or makers
    sidebar = wiring.sidebar(settings, store, counters, sessions, connectors)
    routes: dict[str, Answerer] = {}
    entra = wiring.entra_tokens(settings)
    for host in wiring.hosts(settings, gmail_api or GmailApi(settings.gmail_api_url), entra):
        routes |= sidebar.routes(host)
    app.register_blueprint(files.blueprint(wiring.pane(settings)))
    app.register_blueprint(pictures.blueprint())
    app.register_blueprint(health.blueprint(store.library.ping, counters.snapshot, version("sobani"), embedding.status))
    app.register_blueprint(manifests.blueprint(settings.public_url, settings.entra_client_id, version("sobani")))
    if settings.playground:
        from server.web.playground import playground_blueprint  # noqa: PLC0415 - its signing keys are made at import time's cost

        app.register_blueprint(playground_blueprint(settings))
    room = wiring.room(settings, store, counters)
    app.register_blueprint(
        queue.blueprint(
            settings.public_url, sessions, store.directory, store.conversations, room, counters.count, time.time
        )
    )
    app.register_blueprint(
        templates.blueprint(
            settings.public_url,
            sessions,
            store.directory,
            store.answers,
            store.conversations,
            counters.count,
            time.time,
        )
    )
    app.register_blueprint(
        crm.blueprint(
            settings.public_url, sessions, store.directory, store.connections, makers, counters.count, time.time
        )
    )
    app.register_blueprint(
        webhooks.blueprint(settings.public_url, store.connections, connectors, store.crm, counters.count, time.time)
    )
    app.register_blueprint(
        api.blueprint(settings.public_url, store.api_keys, store.directory.workspace, store.own, counters.count)
    )
    app.register_blueprint(
        customers.blueprint(
            settings.public_url, sessions, store.directory, store.own, store.api_keys, counters.count, time.time
        )
    )
    changes = wiring.changes(settings, store, counters, entra, room)
    app.extensions["sobani"] = changes  # for who stops the process (supervisor.py)
    app.extensions["sobani.held"] = {changes.path, queue.PATH}
    # Flask's own way to add middleware.
    hosts_first = HostRoutes(ChangesRoute(app.wsgi_app, changes), routes)
    logged = telemetry.AccessLog(hosts_first, partial(secrets.token_hex, 8), write)
    app.wsgi_app = logged  # type: ignore[method-assign]
    return app

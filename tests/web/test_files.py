"""The pane's files over HTTP: addresses that the manifest names, and how long each may be kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.hosts.outlook.pane import Pane, PaneConfig
from server.web import files

CONFIG = PaneConfig(
    client_id="5b1a9b0e-8a44-4c55-9c0d-2f2f7a1d0001",
    authority="https://login.microsoftonline.com/organizations",
    frame_ancestors=("https://outlook.office.com",),
    service_url="https://desk.aoba.example",
)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    for name in ("pane.js", "pane.css", "naa.js", "signin.js", "signin.css"):
        (tmp_path / name).write_text(name)
    (tmp_path / "events.js").write_text('"__SOBANI_SERVICE__"')
    application = Flask(__name__)
    application.register_blueprint(files.blueprint(Pane(CONFIG, dist=tmp_path)))
    return application.test_client()


@pytest.mark.parametrize("path", ["/outlook/pane", "/outlook/events.html", "/outlook/signin"])
def test_each_page_comes_with_a_policy_and_is_checked_at_each_use(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self' ")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize("name", ["events.js", "naa.js"])
def test_a_script_of_the_manifest_is_checked_at_each_use(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/outlook/{name}")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    again = client.get(f"/outlook/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_the_event_bundle_is_served_with_the_services_address(client: FlaskClient) -> None:
    assert client.get("/outlook/events.js").data == b'"https://desk.aoba.example"'


def test_no_other_script_has_such_an_address(client: FlaskClient) -> None:
    assert client.get("/outlook/pane.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/outlook/pane", "/outlook/events.html", "/outlook/events.js", "/outlook/naa.js", "/outlook/signin"]
)
def test_a_pane_that_was_not_built_is_no_page(path: str) -> None:
    application = Flask(__name__)
    application.register_blueprint(files.blueprint(None))
    assert application.test_client().get(path).status_code == 503

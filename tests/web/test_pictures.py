"""The pictures of cards over HTTP."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.web import pictures


@pytest.fixture
def client() -> FlaskClient:
    application = Flask(__name__)
    application.register_blueprint(pictures.blueprint())
    return application.test_client()


def test_a_trend_is_a_png_that_may_be_kept_for_good(client: FlaskClient) -> None:
    answer = client.get("/pictures/trend/05av.png")
    assert answer.status_code == 200
    assert answer.content_type == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["xyz.png", "0" * 25 + ".png", "05av", ".png", "05av.svg"])
def test_no_other_address_has_a_picture(client: FlaskClient, name: str) -> None:
    assert client.get(f"/pictures/trend/{name}").status_code == 404

"""What the service gives to stores and administrators: manifests that name only what is there, pictures that may be kept."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import NotFound

from addon_manifests.icons import FOLDER, PICTURES
from server import cli
from server.app import create_app
from server.hosts.gmail.adapter import ROUTES
from server.settings import from_environment
from tests.addon_manifests import sample

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"SOBANI_PUBLIC_URL": sample.BASE, "SOBANI_ENTRA_CLIENT_ID": sample.CLIENT_ID, "SOBANI_KEYS": "k" * 40}


def service(data: Path, **environment: str) -> Flask:
    return create_app(from_environment({"SOBANI_DATA": str(data), **environment}))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return service(tmp_path_factory.mktemp("data"), **ENVIRONMENT)


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    return app.test_client()


# ---------------------------------------------------------------- manifests


@pytest.mark.parametrize(
    ("path", "mimetype", "manifest"),
    [
        ("/manifests/gmail.json", "application/json", sample.GMAIL),
        ("/manifests/outlook.xml", "application/xml", sample.OUTLOOK_XML),
        ("/manifests/outlook.json", "application/json", sample.OUTLOOK_JSON),
    ],
)
def test_the_service_gives_the_manifest_of_its_own_address(
    web: FlaskClient, path: str, mimetype: str, manifest: bytes
) -> None:
    answer = web.get(path, base_url="https://somebody-elses.example")
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert answer.data == manifest


def test_without_a_client_id_there_is_no_add_in_for_outlook(tmp_path: Path) -> None:
    web = service(tmp_path, SOBANI_PUBLIC_URL=sample.BASE, SOBANI_KEYS="k" * 40).test_client()
    answer = web.get("/manifests/outlook.xml")
    assert answer.status_code == 404
    assert b"client id" in answer.data
    assert web.get("/manifests/gmail.json").status_code == 200


def test_a_client_id_that_is_no_guid_does_not_stop_the_service(tmp_path: Path) -> None:
    web = service(tmp_path, **{**ENVIRONMENT, "SOBANI_ENTRA_CLIENT_ID": "sobani"}).test_client()
    assert web.get("/manifests/outlook.xml").status_code == 404


def exists(app: Flask, path: str, method: str) -> bool:
    if path in ROUTES:  # the hosts' routes come before Flask's router
        return method == "POST"
    try:
        app.url_map.bind("").match(path, method)
    except NotFound:
        return False
    return True


def test_manifests_name_only_routes_that_exist(app: Flask) -> None:
    gmail = set(sample.addresses(sample.gmail())) - {f"{sample.BASE}/"}  # that one is a prefix of links
    outlook = {*sample.addresses(sample.outlook_xml()), *sample.addresses(sample.outlook_json())} - {sample.BASE}
    for address in gmail | outlook:
        path = urlsplit(address).path
        assert exists(app, path, "POST" if path.startswith("/gmail/") else "GET"), path


def test_what_manifests_show_can_be_fetched_by_anybody(web: FlaskClient) -> None:
    addresses = {*sample.addresses(sample.outlook_xml()), *sample.addresses(sample.gmail())}
    shown = [address for address in addresses if "/icons/" in address or address.endswith("/support")]
    assert len(shown) > 10
    for address in shown:
        assert web.get(urlsplit(address).path).status_code == 200, address


# ---------------------------------------------------------------- what stands beside them


def test_the_script_of_the_events_may_get_tokens(web: FlaskClient) -> None:
    answer = web.get("/.well-known/microsoft-officeaddins-allowed.json")
    assert answer.mimetype == "application/json"
    assert answer.get_json() == {"allowed": [f"{sample.BASE}/outlook/events.js"]}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_may_be_kept(web: FlaskClient, name: str) -> None:
    """Outlook shows none that may not."""
    answer = web.get(f"/manifests/icons/{name}.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.data == (FOLDER / f"{name}.png").read_bytes()


@pytest.mark.parametrize("name", ["icon-17.png", "mark-16.svg", "icon-16", "..%2f__init__.py"])
def test_nothing_else_is_given_away(web: FlaskClient, name: str) -> None:
    assert web.get(f"/manifests/icons/{name}").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [("ja-JP,ja;q=0.9,en;q=0.8", "ja", "プライバシー"), ("en-GB", "en", "Privacy"), ("", "ja", "プライバシー")],
)
def test_the_page_for_help_speaks_the_readers_language(
    web: FlaskClient, accepted: str, language: str, heading: str
) -> None:
    answer = web.get("/support", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert f'<h2 id="privacy">{heading}</h2>' in answer.text
    assert answer.headers["Vary"] == "Accept-Language"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")


def test_the_page_for_help_is_allowed_its_own_style(web: FlaskClient) -> None:
    answer = web.get("/support")
    style = re.search("<style>(.*)</style>", answer.text)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_the_page_for_help_has_the_parts_that_manifests_name(web: FlaskClient) -> None:
    page = web.get("/support").text
    for address in sample.addresses(sample.outlook_json()["developer"]):
        if fragment := urlsplit(address).fragment:
            assert f'id="{fragment}"' in page


# ---------------------------------------------------------------- the command


def sobani(*words: str, **environment: str) -> tuple[int, bytes, str]:
    # An empty variable counts as one that is not set; the runner passes on what it is not told about.
    env = {"SOBANI_PUBLIC_URL": "", "SOBANI_ENTRA_CLIENT_ID": "", **environment}
    result = CliRunner().invoke(cli.main, ["manifest", *words], env=env)
    return result.exit_code, result.stdout_bytes, result.stderr


def test_the_command_writes_what_the_service_gives() -> None:
    given = ("--url", sample.BASE, "--client-id", sample.CLIENT_ID)
    assert sobani("gmail", *given) == (0, sample.GMAIL, "")
    assert sobani("outlook", *given) == (0, sample.OUTLOOK_XML, "")
    assert sobani("outlook-json", *given) == (0, sample.OUTLOOK_JSON, "")


def test_the_command_takes_from_the_settings_what_it_is_not_told() -> None:
    assert sobani("outlook", **ENVIRONMENT) == (0, sample.OUTLOOK_XML, "")


def test_the_command_needs_no_settings_for_what_it_is_told() -> None:
    assert sobani("gmail", "--url", sample.BASE, SOBANI_PUBLIC_URL="nonsense") == (0, sample.GMAIL, "")


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    assert sobani("gmail", "--url", sample.BASE, "--output", str(path)) == (0, b"", "")
    assert path.read_bytes() == sample.GMAIL


@pytest.mark.parametrize("words", [("gmail", "--url", "http://sobani.aoba.example"), ("outlook", "--url", sample.BASE)])
def test_the_command_says_in_one_line_what_is_missing_and_writes_nothing(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "manifest"
    status, said, complained = sobani(*words, "--output", str(path))
    assert (status, said) == (1, b"")
    assert complained.startswith("sobani: ")
    assert complained.count("\n") == 1
    assert not path.exists()


# ---------------------------------------------------------------- the package


@pytest.mark.slow
def test_a_wheel_carries_templates_pictures_and_the_page(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    wanted = [f"addon_manifests/{name}" for name in ("gmail.json", "outlook.xml", "outlook.json")]
    wanted += [f"addon_manifests/icons/{name}.png" for name in PICTURES]
    assert {*wanted, "server/web/support.html"} <= carried

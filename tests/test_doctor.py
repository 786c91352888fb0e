"""`sobani doctor`: one line for each thing, and nothing secret in any of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from server.doctor import DOUBT, GOOD, OFFICE_ON_DESKTOPS, WRONG, Finding, examine
from server.domain.crm import Connection
from server.settings import from_environment
from server.store import promises
from server.store.embedded import Embedded, attach_or_start
from server.usecases.apply import apply
from server.wiring import open_store
from tests.contract.conftest import WORKSPACE
from tests.standins import entra

ROOT = Path(__file__).parents[1]
SERVICES = ("SOBANI_GOOGLE_CERTS_URL", "SOBANI_GMAIL_API_URL", "SOBANI_ENTRA_URL", "SOBANI_GRAPH_URL")
KEY = "a-key-that-nobody-else-may-ever-see"


def findings(data: Path, **more: str) -> dict[str, Finding]:
    # Nothing listens on port 1: what is not set is not reached.
    environ = {"SOBANI_DATA": str(data), **dict.fromkeys(SERVICES, "http://127.0.0.1:1"), **more}
    return {finding.about: finding for finding in examine(from_environment(environ), environ)}


def test_a_bare_machine_is_told_what_is_missing(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert found["Gmail"].mark == found["Outlook"].mark == found["SOBANI_PUBLIC_URL"].mark == DOUBT
    assert found[f"embedded Valkey in {tmp_path}"].mark == GOOD
    assert all(found[name].mark == WRONG for name in SERVICES)
    assert all("\n" not in finding.text for finding in found.values())


def test_classic_outlook_needs_office_among_the_clients(tmp_path: Path) -> None:
    ours = {"SOBANI_ENTRA_CLIENT_ID": "6e1f6a1e-0000-4000-8000-000000000001"}
    assert "classic Outlook" in findings(tmp_path, **ours)["Outlook"].text
    named = findings(tmp_path, **ours, SOBANI_ENTRA_ALLOWED_CLIENTS=OFFICE_ON_DESKTOPS)["Outlook"]
    assert named.mark == GOOD


def test_a_service_is_reached_when_it_answers_even_without_a_token(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/common/discovery/v2.0/keys").respond_with_json({"keys": []})
    httpserver.expect_request("/v1.0/me").respond_with_json({}, status=401)
    httpserver.expect_request("/gmail/v1/users/me/profile").respond_with_data("", status=503)
    here = httpserver.url_for("").rstrip("/")
    found = findings(tmp_path, SOBANI_ENTRA_URL=here, SOBANI_GRAPH_URL=here, SOBANI_GMAIL_API_URL=here)
    assert found["SOBANI_ENTRA_URL"].mark == GOOD
    assert found["SOBANI_GRAPH_URL"].mark == GOOD
    assert found["SOBANI_GMAIL_API_URL"].mark == WRONG


def test_it_works_beside_the_running_server_and_changes_nothing(tmp_path: Path) -> None:
    with attach_or_start(tmp_path) as server:
        pid = server.pid
        assert findings(tmp_path)[f"embedded Valkey in {tmp_path}"].text.startswith("Valkey")
        assert server.pid == pid


def test_a_redis_that_promises_less_is_named(tmp_path: Path, valkey: Embedded) -> None:
    found = findings(tmp_path, REDIS_URL=valkey.url)
    assert found["REDIS_URL"].mark == GOOD
    found = findings(tmp_path, REDIS_URL="redis://:hunter2@127.0.0.1:1")
    assert found["REDIS_URL"].mark == WRONG
    assert "hunter2" not in str(found)


def test_each_connected_crm_is_asked_and_has_its_sentence(tmp_path: Path, redis_url: str) -> None:
    store = open_store(redis_url, [KEY.encode()])
    apply(store.directory, WORKSPACE.format(tenant=entra.TENANT))
    apps = '{"customers": {"app": 1, "email": ["mail"], "name": "name"}}'
    settings = {"url": "https://aoba.cybozu.com", "apps": apps}
    for id_, connection in {
        "x1": Connection("x1", "kintone", "顧客管理", settings),
        "x2": Connection("x2", "kintone", "ほか", {**settings, "apps": "[]"}),
        "x3": Connection("x3", "hubspot", "HubSpot", off=True),
    }.items():
        store.connections.save("aoba", connection, {"tokens": "never-to-be-seen"} if id_ == "x2" else None)
    store.library.client.close()
    found = findings(tmp_path, REDIS_URL=redis_url, SOBANI_KEYS=KEY)
    assert found["CRM 顧客管理 of aoba"].text.startswith("Something is missing: the credentials")
    assert "does not exist in the CRM, or is written wrongly." in found["CRM ほか of aoba"].text
    assert found["CRM ほか of aoba"].mark == WRONG
    assert found["CRM HubSpot of aoba"] == Finding(GOOD, "CRM HubSpot of aoba", "is switched off")
    assert "never-to-be-seen" not in str(found)


@pytest.mark.parametrize(
    ("settings", "doubt"),
    [
        ({"appendonly": "no"}, "appendonly is off"),
        ({"appendonly": "yes", "appendfsync": "everysec"}, "appendfsync is everysec"),
        (
            {"appendonly": "yes", "appendfsync": "always", "maxmemory": "1", "maxmemory-policy": "allkeys-lru"},
            "maxmemory-policy is allkeys-lru",
        ),
        ({}, "does not say how it keeps data"),
    ],
)
def test_each_weaker_promise_has_its_sentence(settings: dict[str | None, str | None], doubt: str) -> None:
    assert [text for text in promises._doubts(settings) if text.startswith(doubt)]


def test_slips_and_secrets(tmp_path: Path) -> None:
    found = findings(tmp_path, SOBANI_PUBLC_URL="x", SOBANI_KEYS=KEY, SOBANI_PLAYGROUND="on")
    assert found["SOBANI_PUBLC_URL"].mark == DOUBT
    assert found["SOBANI_PLAYGROUND"].mark == DOUBT
    assert KEY not in str(found)


@pytest.mark.slow
def test_the_command_prints_a_line_each_and_fails_when_something_is_wrong(tmp_path: Path) -> None:
    environ = {"SOBANI_DATA": str(tmp_path), **dict.fromkeys(SERVICES, "http://127.0.0.1:1")}
    done = subprocess.run(
        [sys.executable, "-m", "server", "doctor"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "wrong   SOBANI_GRAPH_URL: http://127.0.0.1:1/v1.0/me is not reached" in done.stdout


@pytest.mark.slow
def test_a_setting_that_cannot_be_used_ends_every_command_with_2_and_one_line(tmp_path: Path) -> None:
    for command in ("run", "doctor"):
        done = subprocess.run(
            [sys.executable, "-m", "server", command],
            cwd=ROOT,
            env={"SOBANI_DATA": str(tmp_path), "SOBANI_WORKERS": "many"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "sobani: SOBANI_WORKERS: must be a whole number from 1 to 64, not 'many'\n"

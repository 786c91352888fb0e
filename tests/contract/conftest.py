"""An office per test: an empty store, one workspace, both providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from server.app import create_app
from server.gateways.google.gmail import GmailApi
from server.replies.embedding import Embedder, load
from server.settings import from_environment, secret_keys
from server.usecases.apply import apply
from server.usecases.look_up import Lookup
from server.web.lookups import Lookups
from server.wiring import open_store
from tests.contract.answers import TEMPLATES
from tests.contract.office import PUBLIC, Office
from tests.standins import entra
from tests.standins import google as standin_google
from tests.standins.crm.memory import CONNECTION, MemoryConnectors, MemoryCrm

PATIENT = 20.0
"""s that a card waits for the CRM of these tests, where that is not what is tested: a busy machine is no fault."""

WORKSPACE = """
[workspace]
id = "aoba"
name = "青葉商事"
google_domains = ["aoba.example"]
entra_tenants = ["{tenant}"]
open_to_domain = true

[[team]]
id = "support"
name = "サポート"
addresses = ["support@aoba.example", "info@aoba.example"]
default = true

[[team]]
id = "sales"
name = "営業"
addresses = ["sales@aoba.example"]

[[team]]
id = "hr"
name = "人事"
addresses = ["hr@aoba.example"]
members = ["yamamoto"]
private = true

[[person]]
id = "sato"
name = "佐藤 美咲"
emails = ["sato@aoba.example"]
role = "lead"

[[person]]
id = "suzuki"
name = "鈴木 健太"
emails = ["suzuki@aoba.example"]

[[person]]
id = "yamamoto"
name = "山本 恵"
emails = ["yamamoto@aoba.example"]

[[person]]
id = "ito"
name = "伊藤 大輔"
emails = ["ito@aoba.example"]
role = "admin"
"""


@pytest.fixture(scope="session")
def google_signer() -> standin_google.Signer:
    """Return Google's key."""
    return standin_google.Signer("google-1")


@pytest.fixture(scope="session")
def entra_signer() -> entra.Signer:
    """Return Entra's key."""
    return entra.Signer("entra-1")


@pytest.fixture(scope="session")
def google_part(google_signer: standin_google.Signer) -> Iterator[standin_google.Google]:
    """Run Google's part for the whole session."""
    with standin_google.google([google_signer]) as running:
        yield running


@pytest.fixture(scope="session")
def entra_part(entra_signer: entra.Signer) -> Iterator[str]:
    """Run Entra's part for the whole session; its address."""
    with HTTPServer() as server:
        server.expect_request("/common/discovery/v2.0/keys").respond_with_json({"keys": [entra_signer.jwk]})
        yield server.url_for("").rstrip("/")


@pytest.fixture(scope="session")
def gmail_api(google_part: standin_google.Google) -> Iterator[GmailApi]:
    """Keep one client of the Gmail API: it is dear to make."""
    api = GmailApi(google_part.gmail_url)
    yield api
    api.close()


@pytest.fixture
def office(
    redis_url: str,
    tmp_path: Path,
    gmail_api: GmailApi,
    google_part: standin_google.Google,
    google_signer: standin_google.Signer,
    entra_part: str,
    entra_signer: entra.Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """Return the office: the real application with one workspace."""
    google_part.forget()
    settings = from_environment(
        {
            "SOBANI_PUBLIC_URL": PUBLIC,
            "SOBANI_DATA": str(tmp_path),
            "REDIS_URL": redis_url,
            "SOBANI_KEYS": "k" * 40,
            "SOBANI_GOOGLE_PROJECTS": f'[{{"service_account_email":"{standin_google.SERVICE_ACCOUNT}","client_id":"{standin_google.CLIENT_ID}"}}]',
            "SOBANI_GOOGLE_CERTS_URL": google_part.certs_url,
            "SOBANI_GMAIL_API_URL": google_part.gmail_url,
            "SOBANI_ENTRA_URL": entra_part,
            "SOBANI_ENTRA_CLIENT_ID": entra.CLIENT_ID,
            "SOBANI_LOG_LEVEL": "error",
        }
    )
    store = open_store(redis_url, secret_keys(settings))
    apply(store.directory, WORKSPACE.format(tenant=entra.TENANT))
    crm = MemoryCrm()
    found: list[Lookups] = []

    def patient(look: Lookup) -> Lookups:
        found.append(Lookups(look, patience=PATIENT))
        return found[0]

    monkeypatch.setattr("server.wiring.Lookups", patient)
    app = create_app(settings, store, gmail_api, MemoryConnectors({CONNECTION.id: crm}))
    yield Office(
        app.test_client(), store, settings, google_part, google_signer, entra_signer, entra.TENANT, crm, found[0]
    )
    store.library.client.close()


@pytest.fixture(params=["gmail", "outlook"])
def client(request: pytest.FixtureRequest) -> str:
    """Run the test in each mail client."""
    name: str = request.param
    return name


@pytest.fixture(params=[("gmail", "outlook"), ("outlook", "gmail")], ids=["gmail-first", "outlook-first"])
def clients(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Run the test with one agent in each client, in both orders."""
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """Return the real model, loaded once."""
    return load()


@pytest.fixture
def answering(office: Office, embedder: Embedder) -> Office:
    """Return the office with three templates and a worker that reads."""
    workspace = office.store.directory.workspace("aoba")
    assert workspace
    office.store.answers.seed(workspace, TEMPLATES)
    office.reads(embedder)
    return office

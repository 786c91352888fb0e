"""`sobani doctor`: what is configured, reachable and wrong, a line each, with what to do about it."""

import importlib.resources
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from server import wiring
from server.domain.crm import Connection, CrmError
from server.domain.errors import RecordsUnavailable
from server.gateways.crm.connectors import GuardedConnectors
from server.replies import embedding
from server.screens.crm_page import TROUBLES
from server.settings import Settings, secret_keys, unknown_variables
from server.store import promises
from server.store.embedded import address, attach_or_start

GOOD: Final = "ok"
DOUBT: Final = "look at"
WRONG: Final = "wrong"
SECONDS: Final = 5.0
_PASSING: Final = frozenset({"busy", "broken"})
"""What is wrong with a CRM for the moment."""
OFFICE_ON_DESKTOPS: Final = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
"""Microsoft's own client id, for which classic Outlook's tokens are issued in its event runtime (docs/administration.md)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    mark: str
    about: str
    text: str


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything an administrator can mend; nothing is changed."""
    for name in unknown_variables(environ):
        yield Finding(DOUBT, name, "is not a setting of Sobani; a slip of the pen?")
    yield _public_address(settings)
    yield from _hosts(settings)
    yield _keys(settings)
    yield from _redis(settings)
    yield _bundle()
    yield _model(embedding.status(thorough=True))
    for about, url in _services(settings):
        if settings.playground and url.startswith(f"{settings.public_url}/playground/"):
            yield Finding(GOOD, about, "is the playground's own, there while the service runs")
        else:
            yield _reachable(about, url)


def _public_address(settings: Settings) -> Finding:
    if settings.is_public:
        return Finding(GOOD, "SOBANI_PUBLIC_URL", settings.public_url)
    return Finding(DOUBT, "SOBANI_PUBLIC_URL", f"{settings.public_url}: Gmail and Outlook cannot reach this machine")


def _hosts(settings: Settings) -> Iterator[Finding]:
    accounts = ", ".join(project.service_account_email for project in settings.google_projects)
    if accounts:
        yield Finding(GOOD, "Gmail", f"calls are accepted from {accounts}")
    else:
        yield Finding(DOUBT, "Gmail", "is refused: SOBANI_GOOGLE_PROJECTS names no project")
    if settings.entra_client_id:
        yield Finding(GOOD, "Outlook", f"tokens for {settings.entra_client_id} are accepted")
        if not settings.playground and OFFICE_ON_DESKTOPS not in settings.entra_allowed_clients:
            yield Finding(
                DOUBT,
                "Outlook",
                "classic Outlook on Windows cannot check before sending: SOBANI_ENTRA_ALLOWED_CLIENTS does not name Office "
                "(docs/administration.md)",
            )
    else:
        yield Finding(DOUBT, "Outlook", "is refused: SOBANI_ENTRA_CLIENT_ID is not set")
    if settings.playground:
        yield Finding(DOUBT, "SOBANI_PLAYGROUND", "is on: anybody who reaches the service is signed in")


def _keys(settings: Settings) -> Finding:
    if settings.keys:
        return Finding(GOOD, "SOBANI_KEYS", f"{len(settings.keys)} in the environment; the first seals")
    return Finding(
        GOOD, "SOBANI_KEYS", f"{len(secret_keys(settings))} in {settings.data / 'keys'}; keep a copy of that file"
    )


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        with attach_or_start(settings.data):
            yield from _promises(f"embedded Valkey in {settings.data}", address(settings.data))
            yield from _crms(settings, address(settings.data))
    else:
        yield from _promises("REDIS_URL", settings.redis_url)
        yield from _crms(settings, settings.redis_url)


def _promises(about: str, url: str) -> Iterator[Finding]:
    report = promises.ask(url)
    if report.problem:
        yield Finding(WRONG, about, report.problem)
        return
    yield Finding(GOOD, about, f"{report.server} answers")
    for doubt in report.doubts:
        yield Finding(DOUBT, about, doubt)


def _crms(settings: Settings, url: str) -> Iterator[Finding]:
    """Ask each CRM that a workspace has connected."""
    store = wiring.open_store(url, secret_keys(settings), threads=1)
    connectors = wiring.connectors(settings, store)
    try:
        for workspace in store.directory.workspaces():
            for connection in store.connections.of(workspace):
                yield _crm(connectors, workspace, connection)
    except RecordsUnavailable:
        return  # what is wrong with the store has been said
    finally:
        connectors.close()
        store.library.client.close()


def _crm(connectors: GuardedConnectors, workspace: str, connection: Connection) -> Finding:
    about = f"CRM {connection.name} of {workspace}"
    if connection.off:
        return Finding(GOOD, about, "is switched off")
    try:
        connectors.check(workspace, connection)
    except CrmError as error:
        # The sentences of the administrators' page; the detail is the connector's own and names nobody.
        detail = f" ({error})" if str(error) != error.why else ""
        return Finding(DOUBT if error.why in _PASSING else WRONG, about, f"{TROUBLES[error.why]}{detail}")
    return Finding(GOOD, about, "works")


def _bundle() -> Finding:
    pane = importlib.resources.files("server").joinpath("hosts/outlook/taskpane/dist")
    if pane.is_dir():
        return Finding(GOOD, "task pane", "is built")
    return Finding(WRONG, "task pane", "is not built: run `make setup`")


def _model(found: embedding.Status) -> Finding:
    if found.reason:
        text = f"{found.reason}: answers are proposed by spelling alone; install the packages again (`make setup`)"
        return Finding(DOUBT, "language model", text)
    return Finding(GOOD, "language model", f"{found.model} is whole")


def _services(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "SOBANI_GOOGLE_CERTS_URL", settings.google_certs_url
    yield "SOBANI_GMAIL_API_URL", f"{settings.gmail_api_url}/gmail/v1/users/me/profile"
    yield "SOBANI_ENTRA_URL", f"{settings.entra_url}/common/discovery/v2.0/keys"
    yield "SOBANI_GRAPH_URL", f"{settings.graph_url}/v1.0/me"


def _reachable(about: str, url: str, ask: Callable[[str], int] | None = None) -> Finding:
    try:
        status = (ask or _status)(url)
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            return Finding(WRONG, about, f"{url} has a certificate that this machine does not trust")
        return Finding(WRONG, about, f"{url} is not reached: {error.reason}")
    except OSError as error:
        return Finding(WRONG, about, f"{url} is not reached: {error}")
    # Without a token the APIs answer 401 or 403, which is all that is asked here.
    if status < 500 and status != 404:
        return Finding(GOOD, about, f"{url} answers")
    return Finding(WRONG, about, f"{url} answers with {status}")


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - settings let only http and https pass
            status: int = answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return status

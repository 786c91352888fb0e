"""The only reader of the environment: every variable is checked once, at start, and named when it cannot be used."""

import ipaddress
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

OUTLOOK_FRAMES: Final = (
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.cloud.microsoft",
    "https://outlook.live.com",
)
REDIS_SCHEMES: Final = ("redis", "rediss", "unix", "redis+sentinel", "redis+cluster")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SHORTEST_KEY: Final = 32

# The playground plays Google and Microsoft itself; these are the names it plays under.
PLAYGROUND_SERVICE_ACCOUNT: Final = "playground@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
PLAYGROUND_GMAIL_CLIENT: Final = "playground-gmail"
PLAYGROUND_ENTRA_CLIENT: Final = "5a0b0000-0000-4000-8000-706c61796772"


class Variable(NamedTuple):
    """One row of the settings table: what docs/administration.md must say, word for word."""

    name: str
    default: str
    meaning: str


VARIABLES: Final = (
    Variable("PORT", "8080", "Port the service listens on."),
    Variable(
        "SOBANI_BIND",
        "127.0.0.1; 0.0.0.0 with a public address",
        "Address the service listens on.",
    ),
    Variable(
        "SOBANI_PUBLIC_URL",
        "http://127.0.0.1:PORT",
        "Where Gmail and Outlook reach the service. Tokens must be addressed to it exactly. https, unless it is the loopback.",
    ),
    Variable("SOBANI_DATA", "./var", "Folder of the embedded Valkey's data and of the keys made at the first start."),
    Variable(
        "REDIS_URL",
        "the embedded Valkey",
        "Redis 7 or newer, or Valkey: redis, rediss, unix, redis+sentinel, redis+cluster.",
    ),
    Variable(
        "SOBANI_KEYS",
        "made once in SOBANI_DATA",
        "Keys for sealing and encryption, newest first, separated by commas, 32 characters or more each. "
        "Required with a REDIS_URL and a public address.",
    ),
    Variable(
        "SOBANI_GOOGLE_PROJECTS",
        "none: Gmail is refused",
        'JSON list of the Google Cloud projects whose add-on may call: [{"service_account_email": "...", "client_id": "..."}].',
    ),
    Variable(
        "SOBANI_GOOGLE_CERTS_URL",
        "https://www.googleapis.com/oauth2/v3/certs",
        "Google's signing keys, as a JWK set or as an object of PEM certificates by key id.",
    ),
    Variable("SOBANI_GMAIL_API_URL", "https://gmail.googleapis.com", "Gmail API."),
    Variable("SOBANI_ENTRA_URL", "https://login.microsoftonline.com", "Microsoft Entra ID, without a tenant."),
    Variable(
        "SOBANI_ENTRA_CLIENT_ID",
        "none: Outlook is refused",
        "Client id (GUID) of the app registration that Outlook's tokens are issued for.",
    ),
    Variable(
        "SOBANI_ENTRA_ALLOWED_CLIENTS",
        "SOBANI_ENTRA_CLIENT_ID",
        "Client ids that may ask for such tokens (azp), separated by commas.",
    ),
    Variable("SOBANI_GRAPH_URL", "https://graph.microsoft.com", "Microsoft Graph."),
    Variable(
        "SOBANI_FRAME_ANCESTORS",
        " ".join(OUTLOOK_FRAMES),
        "Sites that may frame the task pane (CSP frame-ancestors), separated by spaces.",
    ),
    Variable(
        "SOBANI_OFFICE_JS_URL",
        "https://appsforoffice.microsoft.com/lib/1/hosted/office.js",
        "Where the task pane loads Office.js from.",
    ),
    Variable(
        "SOBANI_PLAYGROUND",
        "off; `make run` turns it on",
        "Serves the playground, which signs in anybody: refused with a public address.",
    ),
    Variable("SOBANI_WORKERS", "1", "Processes that answer requests."),
    Variable("SOBANI_THREADS", "128", "Requests that one process answers at the same time."),
    Variable(
        "SOBANI_PANES",
        "2000",
        "Task panes that one process lets wait for changes; others ask now and then. "
        "0 where the platform counts a waiting request as a busy one.",
    ),
    Variable(
        "SOBANI_LLM_URL",
        "none: no language model is asked",
        "Base address of an OpenAI-compatible endpoint (docs/language-model.md). https, unless it is the loopback.",
    ),
    Variable("SOBANI_LLM_KEY", "none", "Its key."),
    Variable("SOBANI_LLM_MODEL", "none", "The model's name there. Required with SOBANI_LLM_URL."),
    Variable("SOBANI_LLM_SECONDS", "10", "How long it may take, from 1 to 10."),
    Variable(
        "SOBANI_CRM_PRIVATE",
        "off; on with the playground",
        "Lets CRM connections lead to addresses inside your own network, and over http: for an Odoo of your own.",
    ),
    Variable("SOBANI_LOG_LEVEL", "info", "debug, info, warning or error."),
)


class SettingsError(Exception):
    """A variable has a value that cannot be used; the text is one line and begins with its name."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name}: {problem}")


class GoogleProject(msgspec.Struct, frozen=True):
    """A Google Cloud project whose add-on may call: who signs its system tokens, and its OAuth client."""

    service_account_email: str
    client_id: str


_projects: Final = msgspec.json.Decoder(tuple[GoogleProject, ...]).decode


@dataclass(frozen=True, slots=True)
class Settings:
    """What the administrator decided, checked. `redis_url` None means the embedded Valkey in `data`."""

    public_url: str
    port: int
    bind: str
    data: Path
    redis_url: str | None = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    google_projects: tuple[GoogleProject, ...]
    google_certs_url: str
    gmail_api_url: str
    entra_url: str
    entra_client_id: str
    entra_allowed_clients: tuple[str, ...]
    graph_url: str
    frame_ancestors: tuple[str, ...]
    office_js_url: str
    playground: bool
    crm_private: bool
    workers: int
    threads: int
    panes: int
    llm_url: str
    llm_key: str = field(repr=False)
    llm_model: str
    llm_seconds: int
    log_level: str

    @property
    def is_public(self) -> bool:
        """Whether anybody but this machine is meant to reach the service."""
        return not _is_loopback(urlsplit(self.public_url).hostname or "")


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read and check every variable.

    Raises:
        SettingsError: the first variable that cannot be used.

    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    port = _integer(given, "PORT", 8080, 1, 65535)
    public_url = _url(given, "SOBANI_PUBLIC_URL", f"http://127.0.0.1:{port}")
    is_public = not _is_loopback(urlsplit(public_url).hostname or "")
    playground = _switch(given, "SOBANI_PLAYGROUND")
    if playground and is_public:
        raise SettingsError(
            "SOBANI_PLAYGROUND",
            f"must be off with a public address (SOBANI_PUBLIC_URL is {public_url}): it signs in anybody",
        )
    stand_ins = f"{public_url}/playground"

    def address(name: str, real: str, stand_in: str) -> str:
        return _url(given, name, f"{stand_ins}/{stand_in}" if playground else real)

    redis_url = _redis_url(given)
    entra_client_id = _word(given, "SOBANI_ENTRA_CLIENT_ID", PLAYGROUND_ENTRA_CLIENT if playground else "")
    return Settings(
        public_url=public_url,
        port=port,
        bind=_bind(given, "0.0.0.0" if is_public else "127.0.0.1"),  # noqa: S104 - a public service listens to all
        data=Path(given.get("SOBANI_DATA", "var")).absolute(),
        redis_url=redis_url,
        keys=_keys(given, required=redis_url is not None and is_public),
        google_projects=_google_projects(given, playground=playground),
        google_certs_url=address(
            "SOBANI_GOOGLE_CERTS_URL", "https://www.googleapis.com/oauth2/v3/certs", "google/certs"
        ),
        gmail_api_url=address("SOBANI_GMAIL_API_URL", "https://gmail.googleapis.com", "gmail-api"),
        entra_url=address("SOBANI_ENTRA_URL", "https://login.microsoftonline.com", "entra"),
        entra_client_id=entra_client_id,
        entra_allowed_clients=_words(given, "SOBANI_ENTRA_ALLOWED_CLIENTS", ",")
        or ((entra_client_id,) if entra_client_id else ()),
        graph_url=address("SOBANI_GRAPH_URL", "https://graph.microsoft.com", "graph"),
        frame_ancestors=_frame_ancestors(given, playground=playground),
        office_js_url=address(
            "SOBANI_OFFICE_JS_URL", "https://appsforoffice.microsoft.com/lib/1/hosted/office.js", "office.js"
        ),
        playground=playground,
        crm_private=_switch(given, "SOBANI_CRM_PRIVATE") or playground,
        workers=_integer(given, "SOBANI_WORKERS", 1, 1, 64),
        threads=_integer(given, "SOBANI_THREADS", 128, 1, 10_000),
        panes=_integer(given, "SOBANI_PANES", 2000, 0, 50_000),
        llm_url=_llm_url(given),
        llm_key=given.get("SOBANI_LLM_KEY", ""),
        llm_model=given.get("SOBANI_LLM_MODEL", ""),
        llm_seconds=_integer(given, "SOBANI_LLM_SECONDS", 10, 1, 10),
        log_level=_choice(given, "SOBANI_LOG_LEVEL", "info", LOG_LEVELS),
    )


def _llm_url(given: Mapping[str, str]) -> str:
    if "SOBANI_LLM_URL" not in given:
        return ""
    url = _url(given, "SOBANI_LLM_URL", "")
    if "SOBANI_LLM_MODEL" not in given:
        raise SettingsError("SOBANI_LLM_URL", "needs SOBANI_LLM_MODEL beside it, the model's name at that endpoint")
    return url


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names that look like ours and are not: most likely a slip of the pen. SOBANI_CHROMIUM belongs to the tests."""
    known = {variable.name for variable in VARIABLES} | {"SOBANI_CHROMIUM"}
    return tuple(sorted(name for name in environ if name.startswith("SOBANI_") and name not in known))


def secret_keys(
    settings: Settings, new_key: Callable[[], str] = lambda: secrets.token_urlsafe(32)
) -> tuple[bytes, ...]:
    """Return the keys for sealing and encryption, newest first; without SOBANI_KEYS they are made once, in the data folder."""
    if settings.keys:
        return tuple(key.encode() for key in settings.keys)
    path = settings.data / "keys"
    try:
        if not path.exists():
            _make_keys(path, new_key())
        keys = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    except OSError as error:
        raise SettingsError("SOBANI_DATA", f"{settings.data} cannot be used: {error.strerror}") from error
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise SettingsError(
            "SOBANI_KEYS", f"the file {path} holds no usable key (one a line, {SHORTEST_KEY} characters or more)"
        )
    return tuple(key.encode() for key in keys)


def _make_keys(path: Path, key: str) -> None:
    """Write the file unless it is there. Several processes may start at once: the link of the first one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mkstemp: readable for the owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _shown(value: str) -> str:
    """Return the value as one short line, whatever it contains."""
    return ascii(value if len(value) <= 80 else value[:77] + "...")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(name: str, value: str) -> SplitResult:
    """Return the parts of an address; urlsplit raises ValueError for a bad port or bracket, some of them late."""
    try:
        parts = urlsplit(value)
        _ = parts.port, parts.hostname
    except ValueError as error:
        raise SettingsError(name, f"is not an address: {error}") from error
    return parts


def _url(given: Mapping[str, str], name: str, default: str) -> str:
    value = given.get(name, default)
    parts = _split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(char.isspace() for char in value):
        raise SettingsError(name, f"must be an address such as https://sobani.example.com, not {_shown(value)}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(name, "must be a plain address, without user, query or fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise SettingsError(name, f"must be https unless it is the loopback, not {_shown(value)}")
    return value.rstrip("/")


def _redis_url(given: Mapping[str, str]) -> str | None:
    # The value may hold a password: it is never shown.
    value = given.get("REDIS_URL")
    if value is None:
        return None
    scheme = value.partition("://")[0]
    if scheme not in REDIS_SCHEMES:
        raise SettingsError("REDIS_URL", f"must begin with one of {', '.join(REDIS_SCHEMES)}, each followed by ://")
    rest = value.partition("://")[2]
    if scheme == "unix" and not rest.partition("@")[2].startswith("/") and not rest.startswith("/"):
        raise SettingsError("REDIS_URL", "must name a socket by its whole path: unix:///path/to/socket")
    if scheme in {"redis", "rediss"}:
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise SettingsError("REDIS_URL", "has a port that is not a number") from error
        if not parts.hostname:
            raise SettingsError("REDIS_URL", "must name a host")
    elif scheme != "unix" and not rest.strip("/"):
        raise SettingsError("REDIS_URL", "must name at least one host")
    return value


def _keys(given: Mapping[str, str], *, required: bool) -> tuple[str, ...]:
    # The values are secret: never shown.
    keys = _words(given, "SOBANI_KEYS", ",")
    if required and not keys:
        raise SettingsError(
            "SOBANI_KEYS",
            "is required with a REDIS_URL and a public address: every copy must have the same keys "
            '(python3 -c "import secrets; print(secrets.token_urlsafe(32))" makes one)',
        )
    for number, key in enumerate(keys, start=1):
        if len(key) < SHORTEST_KEY:
            raise SettingsError(
                "SOBANI_KEYS", f"key {number} has {len(key)} characters; {SHORTEST_KEY} or more are needed"
            )
    return keys


def _google_projects(given: Mapping[str, str], *, playground: bool) -> tuple[GoogleProject, ...]:
    name = "SOBANI_GOOGLE_PROJECTS"
    if name not in given:
        return (GoogleProject(PLAYGROUND_SERVICE_ACCOUNT, PLAYGROUND_GMAIL_CLIENT),) if playground else ()
    try:
        projects = _projects(given[name])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SettingsError(
            name, f"must be a JSON list of {{service_account_email, client_id}}: {_one_line(error)}"
        ) from error
    if any("@" not in project.service_account_email or not project.client_id for project in projects):
        raise SettingsError(name, "each project needs a service_account_email and a client_id")
    return projects


def _frame_ancestors(given: Mapping[str, str], *, playground: bool) -> tuple[str, ...]:
    name = "SOBANI_FRAME_ANCESTORS"
    sources = _words(given, name, None) or OUTLOOK_FRAMES
    for source in sources:
        # A ; or , would end the directive and let the rest of the value write the policy.
        if any(char in source for char in ';,"') or not (
            source.startswith(("https://", "http://")) or source == "'self'"
        ):
            raise SettingsError(
                name, f"must be sites separated by spaces, such as {OUTLOOK_FRAMES[0]}, not {_shown(source)}"
            )
    # The playground frames the real pane itself.
    return ("'self'", *sources) if playground and "'self'" not in sources else sources


def _bind(given: Mapping[str, str], default: str) -> str:
    value = given.get("SOBANI_BIND", default)
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise SettingsError("SOBANI_BIND", f"must be an IP address, not {_shown(value)}") from error
    return value


def _integer(given: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    # isdecimal alone would take other scripts' digits; int() alone "1_0" and " 1".
    if not (value.isascii() and value.isdecimal() and len(value) <= 9 and lowest <= int(value) <= highest):
        raise SettingsError(name, f"must be a whole number from {lowest} to {highest}, not {_shown(value)}")
    return int(value)


def _switch(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "off").lower()
    if value in {"on", "1", "true", "yes"}:
        return True
    if value in {"off", "0", "false", "no"}:
        return False
    raise SettingsError(name, f"must be on or off, not {_shown(value)}")


def _choice(given: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, default).lower()
    if value not in choices:
        raise SettingsError(name, f"must be one of {', '.join(choices)}, not {_shown(value)}")
    return value


def _word(given: Mapping[str, str], name: str, default: str) -> str:
    value = given.get(name, default)
    if any(char.isspace() or char == "," for char in value):
        raise SettingsError(name, f"must be one word, not {_shown(value)}")
    return value


def _words(given: Mapping[str, str], name: str, separator: str | None) -> tuple[str, ...]:
    words = (word.strip() for word in given.get(name, "").split(separator))
    return tuple(word for word in words if word)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

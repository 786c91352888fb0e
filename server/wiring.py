"""The one place where Protocols meet implementations."""

from __future__ import annotations

import hashlib
import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.crm import Connection, Connectors, Crm, Moved
from server.domain.ports import QueueLinks
from server.gateways import llm
from server.gateways.crm import builtin
from server.gateways.crm.connectors import GuardedConnectors
from server.gateways.google.gmail import GmailApi
from server.gateways.llm.agents import PerAgent
from server.hosts.gmail.adapter import GmailHost
from server.hosts.gmail.auth import Project, Tokens
from server.hosts.gmail.auth import parse_keys as parse_google_keys
from server.hosts.host import Host
from server.hosts.outlook.adapter import OutlookHost
from server.hosts.outlook.auth import EntraTokens
from server.hosts.outlook.pane import Pane, PaneConfig, PaneNotBuiltError
from server.hosts.tokens import KeyRing, fetch_keys
from server.jobs.crm import CrmWork
from server.jobs.reading import Reader
from server.replies.embedding import load as load_embedder
from server.settings import Settings, secret_keys
from server.store.answers import RedisAnswers
from server.store.api_keys import RedisApiKeys
from server.store.connect import connect
from server.store.connections import RedisConnections
from server.store.conversations import RedisConversations
from server.store.crm import RedisCrm
from server.store.directory import RedisDirectory
from server.store.embedded import address
from server.store.feed import Feeds
from server.store.library import Library
from server.store.outbox import RedisOutbox
from server.store.own import RedisOwn
from server.store.sessions import RedisSessions
from server.store.vault import Vault
from server.telemetry import Counters
from server.usecases import Desk
from server.usecases.look_up import Lookup
from server.web.changes import Changes
from server.web.later import make_room
from server.web.live import Lives
from server.web.lookups import Lookups
from server.web.sealing import Sealer
from server.web.sidebar import Sidebar
from server.web.waiting import Room

OWN: Final = "own"
OWN_NAME: Final = "Sobani"
"""The connection to the workspace's own records, and what agents read as their source."""


@dataclass(frozen=True, slots=True)
class Store:
    """The shared state, as the service and the commands use it."""

    library: Library
    directory: RedisDirectory
    conversations: RedisConversations
    answers: RedisAnswers
    outbox: RedisOutbox
    crm: RedisCrm
    connections: RedisConnections
    own: RedisOwn
    api_keys: RedisApiKeys


def store_url(settings: Settings) -> str:
    """Return where the shared state is: the configured server, else the embedded one's socket."""
    return settings.redis_url or address(settings.data)


def open_store(url: str, keys: Sequence[bytes] = (), *, threads: int = 8) -> Store:
    """Return the store behind this address; nothing is sent yet. Without keys no mail waits to be read by the worker."""
    library = Library(connect(url, threads=threads))
    vault = Vault(keys) if keys else None
    crm = RedisCrm(library, vault)
    connections = RedisConnections(library, vault, partial(secrets.token_urlsafe, 24), crm.drop)
    return Store(
        library=library,
        directory=RedisDirectory(library, time.monotonic),
        conversations=RedisConversations(library, drawn_by=drawing_code(), vault=vault),
        answers=RedisAnswers(library, time.monotonic),
        outbox=RedisOutbox(library, vault),
        crm=crm,
        connections=connections,
        own=RedisOwn(library, partial(_touched, connections, crm)),
        api_keys=RedisApiKeys(library, partial(secrets.token_urlsafe, 32), time.time),
    )


def _touched(connections: RedisConnections, crm: RedisCrm, workspace: str, addresses: Sequence[str]) -> None:
    """Customers were pushed or brought in: cards read them anew. The first ones connect the workspace's own records."""
    own = next((one for one in connections.of(workspace) if one.kind == "builtin"), None)
    if own is None:
        own = Connection(OWN, "builtin", OWN_NAME, abilities=tuple(sorted(builtin.SPEC.abilities)))
        connections.save(workspace, own, None)
    crm.moved(workspace, own.id, Moved(addresses=tuple(addresses)))


def reader(store: Store, keys: Sequence[bytes]) -> Reader:
    """Return what reads mails in the worker process. It loads the language model: 2 s, 150 MB."""
    return Reader(store.outbox, load_embedder(), hashlib.blake2b(keys[-1], person=b"sobani.sentence").digest())


@cache
def drawing_code() -> str:
    """Return a digest of all that decides what a card looks like: screens, their words, the two renderers and the hosts."""
    digest = hashlib.blake2b(digest_size=8)
    for package in ("cards", "server.screens", "server.replies", "server.hosts.gmail", "server.hosts.outlook"):
        with resources.as_file(resources.files(package)) as folder:
            for path in sorted((*folder.glob("*.py"), *folder.glob("locale/*/*/*.po"))):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def entra_tokens(settings: Settings) -> EntraTokens:
    """Return what verifies the pane's tokens, and remembers those it has verified."""
    return EntraTokens(
        entra_url=settings.entra_url,
        client_id=settings.entra_client_id,
        allowed_clients=settings.entra_allowed_clients,
        clock=time.time,
    )


def hosts(settings: Settings, gmail_api: GmailApi, entra: EntraTokens) -> tuple[Host, ...]:
    """Return both mail clients."""
    keys = KeyRing(partial(fetch_keys, settings.google_certs_url), parse_google_keys, time.time)
    projects = [Project(project.service_account_email, project.client_id) for project in settings.google_projects]
    gmail = GmailHost(
        public_url=settings.public_url,
        tokens=Tokens(projects, keys, time.time),
        read_mail=gmail_api.read,
        open_mailbox=gmail_api.mailbox,
    )
    outlook = OutlookHost(
        tokens=entra,
        public_url=settings.public_url,
    )
    return gmail, outlook


def lives(settings: Settings) -> Lives:
    """Return what makes and opens the tokens that panes wait with."""
    return Lives([key.decode() for key in secret_keys(settings)], time.time)


def room(settings: Settings, store: Store, counters: Counters) -> Room:
    """Return where panes and queue pages wait for changes."""
    feeds = Feeds(store.library.client, time.monotonic)
    connections = make_room(settings.threads, settings.panes)
    # Where the system allows few connections, most of them stay free for those who want an answer now.
    return Room(min(settings.panes, connections // 2), feeds, time.monotonic, random.random, counters.count)


def changes(settings: Settings, store: Store, counters: Counters, entra: EntraTokens, room: Room) -> Changes:
    """Return what panes ask for changes."""
    return Changes(entra.identify, store.directory, lives(settings), room, counters.count, time.time, random.random)


def sessions(settings: Settings, store: Store) -> RedisSessions:
    """Return who may look at the queue's page, and the links that lead there."""
    page = f"{settings.public_url}/queue/enter"
    return RedisSessions(store.library, page, partial(secrets.token_urlsafe, 24), time.time)


def connectors(settings: Settings, store: Store) -> GuardedConnectors:
    """Return what makes CRMs of the workspaces' connections."""

    def own(workspace: str, connection: Connection) -> Crm:
        found = store.directory.workspace(workspace)
        return builtin.BuiltIn(
            connection, workspace, store.own, _now, ZoneInfo(found.time_zone if found else "Asia/Tokyo")
        )

    return GuardedConnectors(store.crm, store.connections, _now, own=own, local=settings.crm_private)


def look_up(store: Store, connectors: Connectors) -> Lookup:
    """Return what asks a CRM for a customer."""
    return Lookup(connectors, store.crm, _now, store.connections.asked)


def crm_work(store: Store, connectors: Connectors) -> CrmWork:
    """Return what asks CRMs in the worker process."""
    return CrmWork(store.crm, connectors, look_up(store, connectors), _now)


def _now() -> int:
    return int(time.time() * 1000)


def sidebar(settings: Settings, store: Store, counters: Counters, links: QueueLinks, connectors: Connectors) -> Sidebar:
    """Return the pipeline both hosts share."""
    sealer = Sealer([key.decode() for key in secret_keys(settings)], time.time)
    new_nonce = partial(secrets.token_urlsafe, 9)
    lookups = Lookups(look_up(store, connectors))
    desk = Desk(store.conversations, store.directory, links, store.answers, language_model(settings), lookups)
    return Sidebar(desk, sealer, counters.count, new_nonce, lives(settings), lookups)


def language_model(settings: Settings) -> PerAgent | None:
    """Return who rewrites replies; None when nobody is configured."""
    model = llm.connect(settings.llm_url, settings.llm_key, settings.llm_model, limit=settings.llm_seconds)
    return PerAgent(model) if model else None


def pane(settings: Settings) -> Pane | None:
    """Return the task pane, None when its bundle has not been built."""
    config = PaneConfig(
        client_id=settings.entra_client_id,
        authority=f"{settings.entra_url}/organizations",
        frame_ancestors=settings.frame_ancestors,
        office_js_url=settings.office_js_url,
        service_url=settings.public_url,
    )
    try:
        return Pane(config)
    except PaneNotBuiltError:
        return None

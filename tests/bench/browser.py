"""A real Chromium that finds a copy of the service, Outlook and Microsoft's CDN on this machine, under their own names and over TLS.

Names are led here in the browser itself, not by interception: that would put the benchmark into every request, and turn the browser's cache off.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import mimetypes
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, sync_playwright

from server.hosts.outlook.pane import MICROSOFT_OFFICE_JS
from tests import chromium
from tests.e2e.outlook import HOST_PAGE, MICROSOFT_AJAX, OFFICE_JS, OUTLOOK, SERVICE
from tests.e2e.second_screen import self_signed, serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EMPTY: Final = "https://empty.addin.example"
"""An add-in that loads office.js and nothing else: the least that any add-in takes."""
_EMPTY_PAGE: Final = f'<!doctype html><title>Empty</title><script src="{MICROSOFT_OFFICE_JS}"></script>'
_CDN: Final = "https://appsforoffice.microsoft.com"
_AJAX_CDN: Final = "https://ajax.aspnetcdn.com"


@contextmanager
def browser(folder: Path, port: int) -> Iterator[BrowserContext]:
    """Give a Chromium with an empty cache. The service answers at `port`."""
    path = chromium.find()
    if path is None:
        raise RuntimeError("no Chromium: `python -m tests.chromium` installs one")
    theirs = [_name(url) for url in (OUTLOOK, EMPTY, _CDN, _AJAX_CDN)]
    certificate = self_signed(folder, [_name(SERVICE), *theirs])
    with (
        serving(_others, certificate) as others,
        _before(port, certificate) as ours,
        sync_playwright() as playwright,
    ):
        ways = [f"MAP {name}:443 127.0.0.1:{others.server_port}" for name in theirs]
        ways += [f"MAP {_name(SERVICE)}:443 127.0.0.1:{ours}", "MAP * ^NOTFOUND"]
        arguments = [
            "--no-sandbox",
            f"--host-resolver-rules={','.join(ways)}",
            # Playwright's own way to trust a certificate would keep what it vouches for out of the cache.
            f"--ignore-certificate-errors-spki-list={_fingerprint(certificate)}",
        ]
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started.new_context(timezone_id="Asia/Tokyo", locale="ja-JP", viewport={"width": 340, "height": 900})
        started.close()


def _others(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Everybody but the service, each by the name that was asked for."""
    path = OFFICE_JS / environ["PATH_INFO"].removeprefix("/lib/1/hosted/").lower()
    pages = {OUTLOOK: HOST_PAGE.read_bytes(), EMPTY: _EMPTY_PAGE.encode()}
    match f"https://{environ['HTTP_HOST']}":
        case url if url in pages:
            body, kind = pages[url], "text/html"
        case url if url == _AJAX_CDN:
            body, kind = MICROSOFT_AJAX.encode(), "text/javascript"
        case _ if path.is_file():
            body, kind = path.read_bytes(), mimetypes.guess_type(path)[0] or "text/plain"
        case _:
            start_response("404 Not Found", [])
            return []
    # As Microsoft's CDN lets them be kept and used.
    lasting = [("Cache-Control", "public, max-age=3600"), ("Access-Control-Allow-Origin", "*")]
    start_response("200 OK", [("Content-Type", kind), *lasting])
    return [body]


@contextmanager
def _before(port: int, certificate: Path) -> Iterator[int]:
    """The port where TLS ends, as at a load balancer: office.js wants a page that came over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    begun: Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, their_writer), _pump(their_reader, writer))

    async def live() -> None:
        end = asyncio.Event()
        server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
        begun.put((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), end))
        await end.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    ours, loop, end = begun.get(timeout=10)
    try:
        yield ours
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def _name(url: str) -> str:
    return urlsplit(url).netloc


def _fingerprint(certificate: Path) -> str:
    """Return the digest of its public key."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()

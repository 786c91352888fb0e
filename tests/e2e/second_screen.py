"""The queue's page over TLS under the service's public name, and a mail client's page on another site that opens it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests import chromium
from tests.e2e.playground import PATIENCE_MS
from tests.web.second_screen import PUBLIC, Copy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAIL: Final = "https://mail.client.example"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


@contextmanager
def serving(app: WSGIApplication, certificate: Path) -> Iterator[BaseWSGIServer]:
    """The application over TLS on a free port of the loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(folder: Path, hosts: Sequence[str]) -> Path:
    """A certificate with its key, in one file; nobody vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class Site:
    """The service and a mail client under their public names, on ports of this machine, and a browser that finds them."""

    browser: Browser = field(init=False)
    application: WSGIApplication | None = None
    requests: list[str] = field(default_factory=list)  # that reached the service: method and path with its query
    is_cut_off: bool = False

    def service(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application of this test."""
        query = environ["QUERY_STRING"]
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{'?' + query if query else ''}")
        if self.application is None or self.is_cut_off:
            start_response("502 Bad Gateway", [])
            return []
        return self.application(environ, start_response)


def mail_client(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A page of another site, with the two ways in which mail clients open links, and what a page of evil would try."""
    del environ
    start_response("200 OK", [("Content-Type", "text/html")])
    script = "const link = () => decodeURIComponent(location.hash.slice(1));"
    return [
        f"""<!doctype html><script>{script}</script>
        <button onclick="Object.assign(document.createElement('a'), {{href: link(), target: '_blank', rel: 'noopener'}}).click()">link</button>
        <button onclick="window.open(link())">window</button>
        <a href="{PUBLIC}/queue">queue</a>
        <iframe src="{PUBLIC}/queue"></iframe>
        <form method="post" action="{PUBLIC}/queue/leave"><button>leave</button></form>""".encode()
    ]


@contextmanager
def browser_that_finds(ports: Mapping[str, int]) -> Iterator[Browser]:
    """The machine's Chromium, for which these addresses are on ports of the loopback."""
    path = chromium.find()
    assert path is not None, "no Chromium: `python -m tests.chromium` installs one"
    rules = ",".join(f"MAP {urlsplit(url).hostname}:443 127.0.0.1:{port}" for url, port in ports.items())
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", f"--host-resolver-rules={rules}"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser,
    *,
    language: str = "ja-JP",
    theme: Literal["light", "dark"] = "light",
    size: tuple[int, int] = (1600, 900),
) -> Iterator[BrowserContext]:
    """A browser of its own: no cookies yet. What breaks the page's policy or its scripts fails the test."""
    context = browser.new_context(
        ignore_https_errors=True,  # nobody vouches for the certificate
        locale=language,
        timezone_id="Asia/Tokyo",
        color_scheme=theme,
        viewport={"width": size[0], "height": size[1]},
    )
    context.clock.install()  # runs as any other, and can be moved forward
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) =>"
        " { throw new Error(`${event.effectiveDirective} ${event.blockedURI}`); });"
    )
    yield context
    context.close()
    assert problems == []


def open_queue(context: BrowserContext, copy: Copy, path: str = "") -> Page:
    """A page that came by a link of its own."""
    page = context.new_page()
    page.goto(copy.link())
    page.wait_for_url(f"{PUBLIC}/queue")
    if path:
        page.goto(f"{PUBLIC}{path}")
    return page

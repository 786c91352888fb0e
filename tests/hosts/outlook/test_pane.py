"""The pane's page: its policy, its assets, and that nothing in it can be turned into markup."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.hosts.outlook.pane import (
    FOLDER,
    MICROSOFT_OFFICE_JS,
    Pane,
    PaneConfig,
    PaneNotBuiltError,
    content_security_policy,
)

CONFIG = PaneConfig(
    client_id="5b1a9b0e-8a44-4c55-9c0d-2f2f7a1d0001",
    authority="https://login.microsoftonline.com/organizations",
    frame_ancestors=("https://outlook.office.com", "https://outlook.cloud.microsoft"),
)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "pane.js").write_text("start()")
    (tmp_path / "pane.css").write_text("body{}")
    (tmp_path / "signin.js").write_text("signIn()")
    (tmp_path / "signin.css").write_text("main{}")
    (tmp_path / "naa.js").write_text("naa()")
    (tmp_path / "events.js").write_text('ask("__SOBANI_SERVICE__")')
    (tmp_path / "notes.md").write_text("not for the web")
    return tmp_path


def policy(config: PaneConfig, *, framed: bool = True) -> dict[str, list[str]]:
    parts = [part.split() for part in content_security_policy(config, framed=framed).split("; ")]
    return {name: values for name, *values in parts}


class Elements(HTMLParser):
    """Every element of a page: its tag and its attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def attribute(page: bytes, selector: str, name: str) -> str:
    """Return an attribute of the first element that a selector such as "script[defer]" means."""
    tag, _, needed = selector.rstrip("]").partition("[")
    value = next(found[name] for one, found in Elements(page).found if one == tag and (not needed or needed in found))
    assert value is not None
    return value


def test_only_what_is_named_may_run() -> None:
    assert policy(CONFIG) == {
        "default-src": ["'none'"],
        "script-src": ["'self'", "https://appsforoffice.microsoft.com", "https://ajax.aspnetcdn.com"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'", "https://login.microsoftonline.com"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'self'", "https://outlook.office.com", "https://outlook.cloud.microsoft"],
    }


def test_a_framer_named_twice_stands_there_once() -> None:
    config = PaneConfig(
        "id", "https://login.microsoftonline.com/organizations", ("'self'", "https://outlook.office.com")
    )
    assert policy(config)["frame-ancestors"] == ["'self'", "https://outlook.office.com"]


def test_a_stand_in_for_office_js_needs_nothing_of_microsoft() -> None:
    config = PaneConfig(
        "id", "http://127.0.0.1:8080/playground/entra/organizations", (), "http://127.0.0.1:8080/playground/office.js"
    )
    assert policy(config)["script-src"] == ["'self'", "http://127.0.0.1:8080"]
    assert "microsoft" not in content_security_policy(config)


def test_the_page_names_its_assets_by_their_content(dist: Path) -> None:
    pane = Pane(CONFIG, dist=dist)
    body, headers = pane.page("en")
    script = attribute(body, "script[defer]", "src")
    name, _, version = script.removeprefix("/outlook/assets/").partition("?v=")
    asset = pane.asset(name)
    assert asset is not None
    assert asset.version == version
    assert asset.body == gzip.decompress(asset.gzipped) == b"start()"
    assert "immutable" in asset.headers(version)["Cache-Control"]
    assert "immutable" not in asset.headers("another")["Cache-Control"]
    assert attribute(body, "html", "lang") == "en"
    assert attribute(body, "html", "data-scope") == f"api://{CONFIG.client_id}/access_as_user"
    assert headers["Content-Security-Policy"] == content_security_policy(CONFIG)
    assert "X-Frame-Options" not in headers


def test_a_changed_asset_has_another_address(dist: Path) -> None:
    before = Pane(CONFIG, dist=dist).page()[0]
    (dist / "pane.js").write_text("start();")
    assert Pane(CONFIG, dist=dist).page()[0] != before


def test_only_built_files_are_served(dist: Path) -> None:
    pane = Pane(CONFIG, dist=dist)
    for name in ("notes.md", "../pane.py", "", "missing.js"):
        assert pane.asset(name) is None


def test_a_setting_cannot_break_out_of_its_attribute(dist: Path) -> None:
    config = PaneConfig('"><script>alert(1)</script>', "https://entra.example/x", ())
    assert b"<script>alert" not in Pane(config, dist=dist).page()[0]


def test_a_pane_that_was_not_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(PaneNotBuiltError):
        Pane(CONFIG, dist=tmp_path)


def test_nobody_frames_the_sign_in_dialog(dist: Path) -> None:
    headers = Pane(CONFIG, dist=dist).signin_page()[1]
    assert headers["Content-Security-Policy"] == content_security_policy(CONFIG, framed=False)
    assert policy(CONFIG, framed=False) == policy(CONFIG) | {"frame-ancestors": ["'none'"]}
    # office.js finds the pane through the window's opener, which this header would take away.
    assert "Cross-Origin-Opener-Policy" not in headers


def test_the_page_of_the_event_bundle_loads_its_scripts_in_order(dist: Path) -> None:
    """naa.js leaves behind what events.js looks for, and office.js what both need; none is deferred."""
    body, headers = Pane(CONFIG, dist=dist).events_page()
    scripts = [found for tag, found in Elements(body).found if tag == "script"]
    assert [script["src"] for script in scripts] == [MICROSOFT_OFFICE_JS, "/outlook/naa.js", "/outlook/events.js"]
    assert not any({"defer", "async"} & script.keys() for script in scripts)
    assert attribute(body, "html", "data-client-id") == CONFIG.client_id
    assert headers["Content-Security-Policy"] == content_security_policy(CONFIG)


@pytest.mark.parametrize("url", ["https://desk.aoba.example", 'https://desk.aoba.example/";alert(1)//'])
def test_the_event_bundle_knows_the_service_by_its_whole_address(dist: Path, url: str) -> None:
    """Classic Outlook's engine has no location: relative addresses lead nowhere there."""
    bundle = Pane(replace(CONFIG, service_url=url), dist=dist).asset("events.js")
    assert bundle is not None
    assert json.loads(bundle.body.decode().removeprefix("ask(").removesuffix(")")) == url
    assert gzip.decompress(bundle.gzipped) == bundle.body


def test_another_address_of_the_service_is_another_bundle(dist: Path) -> None:
    one = Pane(replace(CONFIG, service_url="https://a.aoba.example"), dist=dist).asset("events.js")
    other = Pane(replace(CONFIG, service_url="https://b.aoba.example"), dist=dist).asset("events.js")
    assert one is not None
    assert other is not None
    assert one.headers()["ETag"] != other.headers()["ETag"]


@pytest.mark.parametrize("name", ["pane.js", "pane.css", "events.js", "naa.js", "signin.js", "signin.css"])
def test_half_a_bundle_is_none(dist: Path, name: str) -> None:
    (dist / name).unlink()
    with pytest.raises(PaneNotBuiltError):
        Pane(CONFIG, dist=dist)


@pytest.mark.parametrize("page", [Pane.page, Pane.events_page, Pane.signin_page])
def test_there_is_no_inline_script_or_style(dist: Path, page: Callable[[Pane], tuple[bytes, dict[str, str]]]) -> None:
    elements = Elements(page(Pane(CONFIG, dist=dist))[0]).found
    scripts = [found for tag, found in elements if tag == "script"]
    assert scripts
    assert all(found.get("src") for found in scripts)
    assert not any(
        tag == "style" or name == "style" or name.startswith("on") for tag, found in elements for name in found
    )


def test_the_lock_names_no_registry_and_checks_every_package() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name

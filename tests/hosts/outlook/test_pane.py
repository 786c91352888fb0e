"""The pane's page: its policy, its assets, and that nothing in it can be turned into markup."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.hosts.outlook.pane import FOLDER, Pane, PaneConfig, PaneNotBuiltError, content_security_policy

CONFIG = PaneConfig(
    client_id="5b1a9b0e-8a44-4c55-9c0d-2f2f7a1d0001",
    authority="https://login.microsoftonline.com/organizations",
    frame_ancestors=("https://outlook.office.com", "https://outlook.cloud.microsoft"),
)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "pane.js").write_text("start()")
    (tmp_path / "pane.css").write_text("body{}")
    (tmp_path / "notes.md").write_text("not for the web")
    return tmp_path


def policy(config: PaneConfig) -> dict[str, list[str]]:
    parts = [part.split() for part in content_security_policy(config).split("; ")]
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


def test_there_is_no_inline_script_or_style(dist: Path) -> None:
    elements = Elements(Pane(CONFIG, dist=dist).page()[0]).found
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

"""Microsoft's own readers of add-in manifests, from npm: one validates the unified form, the other translates XML into it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "server/hosts/outlook/taskpane/node_modules"


class Read(NamedTuple):
    """What the converter understood of an XML manifest."""

    manifest: Any
    japanese: Any


def read_xml(xml: bytes, folder: Path) -> Read:
    """Translate an XML manifest into the unified form, in this folder."""
    source = folder / "manifest.xml"
    source.write_bytes(xml)
    said = _node("office-addin-manifest-converter/cli.js", "convert", str(source), "--output", str(folder / "read"))
    assert said.returncode == 0, said.stderr
    found = folder / "read" / "manifest.json"
    assert found.exists(), said.stdout + said.stderr
    japanese = json.loads((folder / "read" / "ja-jp.json").read_text("utf-8"))
    return Read(json.loads(found.read_text("utf-8")), japanese)


def complaint(unified: bytes, folder: Path) -> str:
    """Return what `office-addin-manifest validate` has against a unified manifest; "" for a valid one."""
    source = folder / "manifest.json"
    source.write_bytes(unified)
    said = _node("office-addin-manifest/cli.js", "validate", str(source))
    return "" if said.returncode == 0 else said.stdout + said.stderr or "refused without a word"


def _node(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    if not (MODULES / script).exists():
        pytest.fail(f"{MODULES / script} is missing: run `npm ci` in server/hosts/outlook/taskpane, or `make setup`")
    node = shutil.which("node", path=f"{ROOT / '.venv/node'}:{os.environ['PATH']}")
    assert node is not None, "no Node.js: run `make setup`"
    return subprocess.run([node, MODULES / script, *words], capture_output=True, text=True, timeout=60, check=False)

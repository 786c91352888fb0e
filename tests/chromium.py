"""Find a Chromium for the tests in the browser; `python -m tests.chromium` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SHELL = "chromium-headless-shell"
"""Debian's Chromium without anything that only a window needs: the browser tests take two thirds of the time with it."""

NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return a browser that starts: SOBANI_CHROMIUM, else the system's, else the one Playwright brought."""
    if chosen := environ.get("SOBANI_CHROMIUM"):
        return chosen
    candidates = [path for name in NAMES if (path := shutil.which(name))]
    candidates += [path for path in MAC if Path(path).exists()]
    return next((path for path in [*candidates, *_playwrights_own()] if _starts(path)), None)


def install() -> None:
    """Install a Chromium, with apt where that is allowed; Japanese letters too, so that pictures show them."""
    apt = shutil.which("apt-get") if os.geteuid() == 0 else None
    packages = []
    if apt and shutil.which(SHELL) is None and "SOBANI_CHROMIUM" not in os.environ:
        packages.append(SHELL)
    if apt and not _has_japanese_letters():
        packages.append("fonts-noto-cjk")
    if apt and packages:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], env=quiet, check=False)
        for package in packages:
            subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", package], env=quiet, check=False)
        if find() is None:  # an older Debian, or Ubuntu, where the shell is no package
            subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=quiet, check=False)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _playwrights_own() -> list[str]:
    home = Path.home()
    caches = (home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright")
    patterns = ("chromium-*/chrome-*/chrome", "chromium-*/chrome-*/*.app/Contents/MacOS/*")
    return [str(path) for cache in caches for pattern in patterns for path in sorted(cache.glob(pattern), reverse=True)]


def _starts(path: str) -> bool:
    """Whether it is a browser: on some systems the name is a stub that only says where to get one."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _has_japanese_letters() -> bool:
    listing = shutil.which("fc-list")
    return listing is not None and bool(
        subprocess.run([listing, ":lang=ja"], capture_output=True, check=False).stdout.strip()
    )


if __name__ == "__main__":
    install()
    if find() is None:
        sys.exit("No Chromium was found or installed; name one in SOBANI_CHROMIUM")

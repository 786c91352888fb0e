"""A real django-crm (BottleCRM) for the mapped look-up: from the package index into var/live, with a PostgreSQL of its own.

Only with SOBANI_LIVE=1 (`make test-live`); what is not on the machine is named in the skip. The CRM's environment and its
migrated database stay in var/live: the migrations take six minutes of a processor's time.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import pytest

VERSION: Final = "1.35.0"
FOLDER: Final = Path(__file__).parents[2] / "var" / "live"
DATA: Final = FOLDER / f"data-{VERSION}"
_SLOW: Final = 3600  # seconds: its migrations, on a busy machine


@dataclass(frozen=True, slots=True)
class DjangoCrm:
    """A running one."""

    url: str
    token: str
    taro: str  # his id


@pytest.fixture(scope="session")
def django_crm() -> Iterator[DjangoCrm]:
    """Skips with a sentence where it cannot be had."""
    if os.environ.get("SOBANI_LIVE") != "1":
        pytest.skip("installs a CRM and a PostgreSQL, with minutes of migrations: only with `make test-live`")
    python = _installed()
    with _postgres() as port:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DB", "SOBANI", "DJANGO"))},
            "DBNAME": "postgres", "DBUSER": "postgres", "DBPASSWORD": "-", "DBHOST": "127.0.0.1", "DBPORT": str(port),
            "SECRET_KEY": "made-up-for-this-run-0123456789-0123456789", "ENV_TYPE": "dev", "ALLOWED_HOSTS": "127.0.0.1",
            "CELERY_BROKER_URL": "memory://", "CELERY_RESULT_BACKEND": "cache+memory://", "DJANGO_SETTINGS_MODULE": "crm.settings",
        }  # fmt: skip
        if not (DATA / "migrated").exists():
            _sql(python, environment, "DROP DATABASE IF EXISTS migrated", "CREATE DATABASE migrated")
            _run([python, "-m", "django", "migrate"], {**environment, "DBNAME": "migrated"})
            (DATA / "migrated").touch()
        _sql(python, environment, "DROP DATABASE IF EXISTS crm", "CREATE DATABASE crm TEMPLATE migrated")
        environment["DBNAME"] = "crm"
        said = _run([python, str(Path(__file__).with_name("django_crm_cast.py"))], environment)
        cast = json.loads(said.splitlines()[-1])
        # Row-level security holds for everybody but superusers: the server runs as its documents want it.
        _sql(
            python,
            environment,
            "DROP ROLE IF EXISTS crm_app",
            "CREATE ROLE crm_app LOGIN",
            "GRANT USAGE ON SCHEMA public TO crm_app",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO crm_app",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO crm_app",
        )
        with _served(python, {**environment, "DBUSER": "crm_app"}) as url:
            yield DjangoCrm(url, cast["token"], cast["taro"])


def _sql(python: str, environment: Mapping[str, str], *statements: str) -> None:
    _run([python, "-c", _STATEMENTS, *statements], environment)


_STATEMENTS: Final = """
import os, sys, psycopg
names = {"host": "DBHOST", "port": "DBPORT", "user": "DBUSER", "dbname": "DBNAME"}
with psycopg.connect(**{key: os.environ[name] for key, name in names.items()}, autocommit=True) as connection:
    for statement in sys.argv[1:]:
        connection.execute(statement)
"""


def _installed() -> str:
    """Its Python, with the CRM in it. Kept between runs."""
    python = FOLDER / "venv" / "bin" / "python"
    stamp = FOLDER / f"django-crm-{VERSION}"
    if stamp.exists():
        return str(python)
    uv = [sys.executable, "-m", "uv"]
    newer = os.environ.get("LIVE_PYTHON", "")
    if not newer:
        find = [*uv, "python", "find", "--no-python-downloads", "--system", ">=3.12"]
        found = subprocess.run(find, capture_output=True, text=True, check=False)
        newer = "" if found.returncode else found.stdout.strip()
    if not newer:
        pytest.skip(
            "django-crm needs Python 3.12 or later, and none was found on this machine: name one in LIVE_PYTHON"
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    _run([*uv, "venv", "--quiet", "--clear", "--python", newer, str(FOLDER / "venv")], os.environ)
    _run([*uv, "pip", "install", "--quiet", "--python", str(python), f"django-crm=={VERSION}"], os.environ)
    stamp.touch()
    return str(python)


@contextmanager
def _postgres() -> Iterator[int]:
    """A PostgreSQL; its port. It refuses to run as root, so it then runs as nobody."""
    binaries = [
        shutil.which("pg_ctl"),
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)),
    ]
    pg_ctl = next((Path(one).resolve() for one in binaries if one), None)
    if pg_ctl is None or not pg_ctl.with_name("initdb").exists():
        pytest.skip("django-crm needs PostgreSQL (initdb, pg_ctl), and there is none on this machine")
    DATA.mkdir(parents=True, exist_ok=True)
    become: list[str] = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(DATA, nobody.pw_uid, nobody.pw_gid)
        become = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        if subprocess.run([*become, "test", "-x", str(DATA)], check=False).returncode:
            pytest.skip(
                "PostgreSQL does not run as root, and nobody else may enter this folder: run this as another user"
            )
    cluster, port = str(DATA / "cluster"), _free_port()
    if not (DATA / "cluster" / "PG_VERSION").exists():
        initdb = [
            str(pg_ctl.with_name("initdb")),
            "-D",
            cluster,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        _run([*become, *initdb], os.environ)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    control = [*become, str(pg_ctl), "-D", cluster, "-w", "-l", str(DATA / "log")]
    _run([*control, "-o", options, "start"], os.environ)
    try:
        yield port
    finally:
        _run([*control, "-m", "fast", "stop"], os.environ)


@contextmanager
def _served(python: str, environment: Mapping[str, str]) -> Iterator[str]:
    url = f"http://127.0.0.1:{_free_port()}"
    command = [python, "-m", "gunicorn", "crm.wsgi", "--bind", url.removeprefix("http://"), "--threads", "4"]
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(600):
                try:
                    with urlopen(f"{url}/healthz/", timeout=5):  # noqa: S310 - the loopback
                        break
                except (URLError, OSError):
                    time.sleep(0.2)
            yield url
        finally:
            server.terminate()


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    # Output goes to a file: a server that is started inherits a pipe, and who reads it to its end would wait for the server's.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            command, env=dict(environment), stdout=said, stderr=subprocess.STDOUT, timeout=_SLOW, check=False, cwd="/"
        )
        said.seek(0)
        text = said.read()
    if done.returncode:
        pytest.fail(f"{command[-1]} ended with {done.returncode}:\n{text[-2000:]}")
    return text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

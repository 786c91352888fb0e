"""What an administrator typed about one connection. Secrets go one way: what is kept is never put into a page again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
from werkzeug.datastructures import MultiDict

from server.domain.addresses import one_line
from server.domain.crm import Connection
from server.gateways.crm.spec import Setting, Spec

LONGEST_NAME: Final = 60
LONGEST_VALUE: Final = 20_000
FRESH: Final = (60, 300, 900, 3600)
"""Seconds after which what is shown is read again."""
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,250}")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as they were typed. `secrets` has only those in which something stands."""

    name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    fresh: int = 300
    sample: str = ""  # an address to try it with


def shown(connection: Connection, spec: Spec) -> Form:
    """The form of what is kept; without its secrets."""
    settings = {one.name: connection.settings.get(one.name, one.default) for one in spec.settings}
    return Form(connection.name, settings, {}, connection.fresh_seconds)


def typed(form: MultiDict[str, str], spec: Spec, held: Mapping[str, str]) -> Form:
    """Read the fields of a POST; `held` are secrets that were typed before the last test."""
    fresh = form.get("fresh", "")
    secrets = {one.name: _value(form, one) for one in spec.secrets}
    return Form(
        name=one_line(form.get("name", ""), LONGEST_NAME),
        settings={one.name: _value(form, one) for one in spec.settings},
        secrets={**held, **{name: value for name, value in secrets.items() if value}},
        fresh=int(fresh) if fresh in {str(one) for one in FRESH} else 300,
        sample=form.get("sample", "").strip(),
    )


def connection_of(form: Form, spec: Spec, before: Connection) -> Connection:
    """The connection as the form has it."""
    return msgspec.structs.replace(
        before,
        kind=spec.kind,
        name=form.name,
        # What has a value of its own may be left empty on purpose: a header, a word.
        settings={
            one.name: value for one in spec.settings if (value := form.settings.get(one.name, "")) or one.default
        },
        abilities=tuple(sorted(spec.abilities)),
        fresh_seconds=form.fresh,
    )


def leads_elsewhere(wanted: Connection, before: Connection, spec: Spec) -> bool:
    """Whether credentials that are kept would go to another host than before."""
    addresses = [one for one in spec.settings if one.form == "url"]
    return any(
        _host(wanted.settings.get(one.name) or one.default) != _host(before.settings.get(one.name) or one.default)
        for one in addresses
    )


def missing(form: Form, spec: Spec, kept: Mapping[str, str]) -> tuple[str, ...]:
    """Names of what must be filled in and is not."""
    found = ["name"] if not form.name else []
    found += [one.name for one in spec.settings if one.required and not form.settings.get(one.name)]
    found += [
        one.name for one in spec.secrets if one.required and not (form.secrets.get(one.name) or kept.get(one.name))
    ]
    return tuple(found)


def unusable(form: Form, spec: Spec) -> tuple[str, ...]:
    """Names of what cannot be meant: an address that is none, a choice that there is not, a text without end."""
    found = [one.name for one in (*spec.settings, *spec.secrets) if not _is_usable(one, _of(form, one))]
    if form.sample and not _ADDRESS.fullmatch(form.sample):
        found.append("sample")
    return tuple(found)


def field_of(setting: Setting) -> str:
    """The name of its field: the form has names of its own, that no connector's may be taken for."""
    return f"of.{setting.name}"


def _of(form: Form, setting: Setting) -> str:
    return form.settings.get(setting.name, "") or form.secrets.get(setting.name, "")


def _is_usable(setting: Setting, value: str) -> bool:
    if len(value) > LONGEST_VALUE:
        return False
    if setting.form == "choice" and value:
        return value in setting.choices
    if setting.form == "url" and value:
        return _is_address(value)
    return True


def _host(value: str) -> tuple[str, str]:
    try:
        parts = urlsplit(value)
    except ValueError:
        return "", value
    return parts.scheme, parts.netloc.lower()


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    # http is for the loopback alone, and the line to the CRM is who decides that.
    return parts.scheme in {"https", "http"} and bool(parts.hostname)


def _value(form: MultiDict[str, str], setting: Setting) -> str:
    value = form.get(field_of(setting), "").replace("\r\n", "\n").strip()
    return value if setting.form == "lines" else value.replace("\n", "")

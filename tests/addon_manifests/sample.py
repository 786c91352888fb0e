"""The manifests that the tests look at, and what they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree as ET

from addon_manifests import build

BASE: Final = "https://sobani.aoba.example"
CLIENT_ID: Final = "11111111-2222-4333-8444-555555555555"
VERSION: Final = "0.1.0"

GMAIL: Final = build.gmail(BASE)
OUTLOOK_XML: Final = build.outlook_xml(BASE, CLIENT_ID, VERSION)
OUTLOOK_JSON: Final = build.outlook_json(BASE, CLIENT_ID, VERSION)


def gmail() -> Any:
    return json.loads(GMAIL)


def outlook_json() -> Any:
    return json.loads(OUTLOOK_JSON)


def outlook_xml() -> ET.Element:
    return parse(OUTLOOK_XML)


def parse(xml: bytes) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - of our own making


def addresses(part: object) -> Iterator[str]:
    """Every address of the service in a manifest, whatever its form."""
    match part:
        case str():
            if part.startswith(BASE):
                yield part
        case dict():
            for value in part.values():
                yield from addresses(value)
        case list():
            for item in part:
                yield from addresses(item)
        case ET.Element():
            for element in part.iter():
                yield from addresses([*element.attrib.values(), element.text or ""])
        case _:
            pass

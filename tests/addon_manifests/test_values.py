"""What is filled in: addresses, ids and versions, hostile ones too."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon_manifests import build
from tests.addon_manifests import sample

# What a path may hold and JSON or XML would trip over.
PATHS = st.text(st.sampled_from("abc/.-_~!$&'()*+,;=:@%\"<>{}\\^`|"), max_size=30).map(lambda text: f"/{text}x")


@given(PATHS)
def test_any_path_arrives_as_it_is(path: str) -> None:
    base = f"https://sobani.example{path}"
    xml = sample.parse(build.outlook_xml(base, sample.CLIENT_ID, "0.1.0"))
    icon = xml.find("{http://schemas.microsoft.com/office/appforoffice/1.1}IconUrl")
    assert icon is not None
    assert icon.attrib["DefaultValue"] == f"{base}/manifests/icons/icon-64.png"
    assert json.loads(build.gmail(base))["addOns"]["common"]["openLinkUrlPrefixes"] == [f"{base}/"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sobani.example",
        "http://sobani.example",
        "https://",
        "ftp://sobani.example",
        "https://user:secret@sobani.example",
        "https://sobani.example/?a=b",
        "https://sobani.example/?",
        "https://sobani.example/#a",
        "https://sobani.example:port",
        "https://sobani .example",
        "https://sobani.example/\n<Rule/>",
        "https://そばに.example",
        "https://[::1",
        "https://sobani.example\x00",
    ],
)
def test_an_address_that_no_client_could_call_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(build.ManifestError) as refused:
        build.gmail(address)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080"])
def test_the_loopback_needs_no_https(address: str) -> None:
    """So that a manifest can be looked at before there is a public address."""
    assert json.loads(build.gmail(address))["addOns"]["common"]["homepageTrigger"]["runFunction"].startswith("http://")


@pytest.mark.parametrize("client_id", ["", "playground", "11111111-2222-4333-8444-55555555555", '"/><Rule x="'])
def test_a_client_id_is_a_guid(client_id: str) -> None:
    for make in (build.outlook_xml, build.outlook_json):
        with pytest.raises(build.ManifestError):
            make(sample.BASE, client_id, "0.1.0")


def versions(version: str) -> tuple[str, str]:
    xml = build.outlook_xml(sample.BASE, sample.CLIENT_ID, version).decode()
    found = re.search(r"<Version>(.+)</Version>", xml)
    assert found is not None
    return found[1], json.loads(build.outlook_json(sample.BASE, sample.CLIENT_ID, version))["version"]


@pytest.mark.parametrize(
    ("version", "xml", "unified"),
    [
        ("0.1.0", "1.0.1.0", "0.1.0"),
        ("1.2.3", "1.1.2.3", "1.2.3"),
        ("2", "1.2.0.0", "2.0.0"),
        ("0.2.0.dev1", "1.0.2.0", "0.2.0"),
    ],
)
def test_office_wants_four_numbers_the_first_at_least_one(version: str, xml: str, unified: str) -> None:
    assert versions(version) == (xml, unified)


@given(*[st.tuples(*[st.integers(0, 9999)] * 3)] * 2)
def test_a_later_version_is_later_for_office_too(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    """An upload with the version of the one before is refused."""

    def office(version: tuple[int, int, int]) -> tuple[int, ...]:
        return tuple(map(int, versions(".".join(map(str, version)))[0].split(".")))

    assert (office(one) < office(other)) == (one < other)


def test_a_text_that_is_no_version_is_refused() -> None:
    with pytest.raises(build.ManifestError):
        build.outlook_xml(sample.BASE, sample.CLIENT_ID, "soon")


def test_the_same_values_make_the_same_bytes() -> None:
    assert build.gmail(sample.BASE) == build.gmail(f"{sample.BASE}/") == sample.GMAIL
    assert build.outlook_xml(sample.BASE, sample.CLIENT_ID.upper(), sample.VERSION) == sample.OUTLOOK_XML
    assert build.outlook_json(sample.BASE, sample.CLIENT_ID, sample.VERSION) == sample.OUTLOOK_JSON


def test_nothing_is_left_to_fill_in() -> None:
    for manifest in (sample.GMAIL, sample.OUTLOOK_XML, sample.OUTLOOK_JSON):
        assert b"${" not in manifest
        assert b"$$" not in manifest

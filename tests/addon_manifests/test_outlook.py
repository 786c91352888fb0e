"""The Outlook add-in in both forms, read by Microsoft's own tools and held against the rules of its reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from addon_manifests import build
from tests.addon_manifests import microsoft, sample

OFFICE: Final = "{http://schemas.microsoft.com/office/appforoffice/1.1}"
V1_0: Final = "{http://schemas.microsoft.com/office/mailappversionoverrides}"
V1_1: Final = "{http://schemas.microsoft.com/office/mailappversionoverrides/1.1}"
TYPES: Final = "{http://schemas.microsoft.com/office/officeappbasictypes/1.0}"
XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

EVENTS: Final = microsoft.ROOT / "server/hosts/outlook/taskpane/src/events.ts"

# Office refuses a manifest whose elements stand in another order than its schema's
# (learn.microsoft.com/office/dev/add-ins/develop/manifest-element-ordering).
ORDER: Final = {
    f"{OFFICE}OfficeApp": "Id AlternateId Version ProviderName DefaultLocale DisplayName Description IconUrl HighResolutionIconUrl "
    "SupportUrl AppDomains Hosts Requirements FormSettings Permissions Rule DisableEntityHighlighting VersionOverrides",
    f"{OFFICE}DesktopSettings": "SourceLocation RequestedHeight",
    f"{V1_0}VersionOverrides": "Description Requirements Hosts Resources VersionOverrides",
    f"{V1_1}VersionOverrides": "Description Requirements Hosts Resources WebApplicationInfo EquivalentAddins "
    "ConnectedServiceControls ExtendedPermissions",
    f"{V1_1}Host": "Runtimes DesktopFormFactor MobileFormFactor",
    f"{V1_1}DesktopFormFactor": "SupportsSharedFolders FunctionFile ExtensionPoint",
    f"{V1_1}MobileFormFactor": "FunctionFile ExtensionPoint",
    f"{V1_1}ExtensionPoint": "OfficeTab CustomTab Group LaunchEvents SourceLocation",
    f"{V1_1}Group": "Label Control",
    f"{V1_1}Control": "Label Supertip Icon Action",
    f"{V1_1}Supertip": "Title Description",
    f"{V1_1}Action": "SourceLocation SupportsPinning",
    f"{V1_1}Resources": "Images Urls ShortStrings LongStrings",
    f"{V1_1}WebApplicationInfo": "Id Resource Scopes",
}


@pytest.fixture(scope="module")
def xml() -> ET.Element:
    return sample.outlook_xml()


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> microsoft.Read:
    """What Microsoft's converter understands of our XML."""
    return microsoft.read_xml(sample.OUTLOOK_XML, tmp_path_factory.mktemp("outlook"))


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def points(xml: ET.Element) -> dict[str, ET.Element]:
    return {point.attrib[XSI_TYPE]: point for point in xml.iter(f"{V1_1}ExtensionPoint")}


def kinds(manifest: Any) -> set[tuple[str, ...]]:
    """The contexts of a unified manifest's ribbons."""
    return {tuple(ribbon["contexts"]) for ribbon in manifest["extensions"][0]["ribbons"]}


def events(manifest: Any) -> list[tuple[str, str, str]]:
    found = [event for group in manifest["extensions"][0]["autoRunEvents"] for event in group["events"]]
    return [(event["type"], event["actionId"], event.get("options", {}).get("sendMode", "")) for event in found]


def scripts(manifest: Any) -> list[str]:
    found = (runtime["code"].get("script") for runtime in manifest["extensions"][0]["runtimes"])
    return [script for script in found if script]


# ---------------------------------------------------------------- XML


def test_elements_stand_in_the_schemas_order(xml: ET.Element) -> None:
    for parent in xml.iter():
        if parent.tag in ORDER:
            order = ORDER[parent.tag].split()
            places = [order.index(local(child)) for child in parent]
            assert places == sorted(places), parent.tag


def test_whatever_is_referred_to_is_there_and_is_of_its_kind(xml: ET.Element) -> None:
    (resources,) = xml.iter(f"{V1_1}Resources")
    defined = {item.attrib["id"]: local(item) for item in resources.iter() if "id" in item.attrib}
    wanted = {"Image": "Image", "SourceLocation": "Url", "Runtime": "Url", "Override": "Url"}
    referred = {
        item.attrib["resid"]: wanted.get(local(item), "String") for item in xml.iter() if "resid" in item.attrib
    }
    assert referred == defined
    assert all(len(name) <= 32 for name in defined)


def test_the_pane_can_be_pinned_beside_a_mail_and_beside_a_reply(xml: ET.Element) -> None:
    for surface in ("MessageReadCommandSurface", "MessageComposeCommandSurface"):
        (action,) = points(xml)[surface].iter(f"{V1_1}Action")
        assert [local(child) for child in action] == ["SourceLocation", "SupportsPinning"]
        assert action[1].text == "true"


def test_a_phone_gets_each_icon_in_three_densities(xml: ET.Element) -> None:
    drawn = {
        image.attrib["id"]: image.attrib["DefaultValue"] for image in xml.iter(f"{TYPES}Image") if "id" in image.attrib
    }
    images = list(points(xml)["MobileMessageReadCommandSurface"].iter(f"{TYPES}Image"))
    assert len(images) == 9
    for image in images:
        side = int(image.attrib["size"]) * int(image.attrib["scale"])
        assert drawn[image.attrib["resid"]].endswith(f"/icon-{side}.png")


def test_events_run_in_the_runtime_that_is_declared(xml: ET.Element) -> None:
    (runtime,) = xml.iter(f"{V1_1}Runtime")
    (override,) = runtime
    source = points(xml)["LaunchEvent"].find(f"{V1_1}SourceLocation")
    assert source is not None
    assert source.attrib["resid"] == runtime.attrib["resid"]
    assert override.attrib["type"] == "javascript"


def test_the_script_of_the_events_is_the_one_listed_at_the_origin(xml: ET.Element) -> None:
    """Else classic Outlook gives it no token."""
    (override,) = (item for item in xml.iter(f"{V1_1}Override"))
    urls = {url.attrib["id"]: url.attrib["DefaultValue"] for url in xml.iter(f"{TYPES}Url")}
    assert json.loads(build.allowed_scripts(sample.BASE)) == {"allowed": [urls[override.attrib["resid"]]]}


def test_the_script_has_the_functions_and_the_button_that_the_manifest_names(xml: ET.Element) -> None:
    """Outlook finds both by their names, and says nothing where it finds none."""
    script = EVENTS.read_text("utf-8")
    for event in xml.iter(f"{V1_1}LaunchEvent"):
        assert f'Office.actions.associate("{event.attrib["FunctionName"]}"' in script
    (button,) = points(xml)["MessageComposeCommandSurface"].iter(f"{V1_1}Control")
    assert f'PANE_BUTTON = "{button.attrib["id"]}"' in script


def test_phones_are_not_shut_out_by_a_requirement(xml: ET.Element) -> None:
    """They stop at Mailbox 1.5; what is newer is asked for at run time."""
    versions = {item.attrib["MinVersion"] for item in xml.iter(f"{OFFICE}Set")}
    versions |= {item.attrib["DefaultMinVersion"] for item in xml.iter(f"{TYPES}Sets")}
    assert versions == {"1.5"}


def test_every_sentence_is_there_in_both_languages(xml: ET.Element) -> None:
    assert xml.findtext(f"{OFFICE}DefaultLocale") == "en-US"
    for item in [*xml.iter(f"{TYPES}String"), *xml.iter(f"{OFFICE}Description"), *xml.iter(f"{OFFICE}DisplayName")]:
        if item.attrib["DefaultValue"] != "Sobani":
            (override,) = item
            assert override.attrib["Locale"] == "ja-JP"
            assert override.attrib["Value"]


def test_sentences_are_as_long_as_office_takes_them(xml: ET.Element) -> None:
    def said(parent: str) -> Iterator[str]:
        for item in xml.iter(f"{TYPES}{parent}"):
            for element in item.iter():
                yield from (element.attrib[key] for key in ("DefaultValue", "Value") if key in element.attrib)

    assert all(len(sentence) <= 125 for sentence in said("ShortStrings"))
    assert all(len(sentence) <= 250 for sentence in said("LongStrings"))
    (description,) = xml.iter(f"{OFFICE}Description")
    assert len(description.attrib["DefaultValue"]) <= 250


def test_the_token_is_for_this_service_and_this_registration(xml: ET.Element) -> None:
    (info,) = xml.iter(f"{V1_1}WebApplicationInfo")
    assert info.findtext(f"{V1_1}Id") == sample.CLIENT_ID
    assert info.findtext(f"{V1_1}Resource") == f"api://sobani.aoba.example/{sample.CLIENT_ID}"


# ---------------------------------------------------------------- as Microsoft reads it


def test_microsofts_converter_reads_what_we_meant(read: microsoft.Read) -> None:
    assert read.manifest["id"] == build.OUTLOOK_ID
    assert kinds(read.manifest) >= {("mailRead",), ("mailCompose",)}
    assert events(read.manifest) == [
        ("newMessageComposeCreated", "onNewMessageCompose", ""),
        ("messageSending", "onMessageSend", "softBlock"),
    ]
    assert read.manifest["webApplicationInfo"]["resource"] == f"api://sobani.aoba.example/{sample.CLIENT_ID}"


def test_microsofts_converter_finds_the_japanese(read: microsoft.Read) -> None:
    assert read.japanese["description.full"].startswith("開いているメールの横に")


def test_the_unified_manifest_is_valid(tmp_path: Path) -> None:
    assert microsoft.complaint(sample.OUTLOOK_JSON, tmp_path) == ""


def test_a_misspelt_property_would_be_refused(tmp_path: Path) -> None:
    assert microsoft.complaint(sample.OUTLOOK_JSON.replace(b'"pinnable"', b'"pinable"'), tmp_path)


def test_both_forms_say_the_same(read: microsoft.Read) -> None:
    ours = sample.outlook_json()
    assert events(ours) == events(read.manifest)
    assert scripts(ours) == scripts(read.manifest)
    assert ours["webApplicationInfo"] == read.manifest["webApplicationInfo"]
    assert ours["extensions"][0]["requirements"] == {
        "scopes": ["mail"],
        "capabilities": read.manifest["extensions"][0]["requirements"]["capabilities"],
    }
    # Unified manifests do not run on phones.
    assert kinds(ours) == {("mailRead",), ("mailCompose",)}


def test_the_unified_manifest_hides_the_other_one_where_both_are_installed() -> None:
    ours = sample.outlook_json()
    assert ours["id"] == build.OUTLOOK_JSON_ID
    assert ours["id"] != sample.outlook_xml().findtext(f"{OFFICE}Id")
    assert ours["extensions"][0]["alternates"] == [{"hide": {"customOfficeAddin": {"officeAddinId": build.OUTLOOK_ID}}}]

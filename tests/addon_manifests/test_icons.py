"""Every picture that a store or a client asks for is there, in its size."""

from __future__ import annotations

import re
import struct

import pytest

from addon_manifests.icons import FOLDER, PICTURES
from tests.addon_manifests import sample

OPAQUE = {"color-192", "banner-220x140"}  # filled to the edges: a hole in one is a drawing that was taken too early


def test_there_is_a_file_for_each_picture_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)
    assert {path.stem for path in FOLDER.glob("*.svg")} == {picture.source for picture in PICTURES.values()}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_small_png_of_its_size(name: str) -> None:
    data = (FOLDER / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, color_type = struct.unpack(">IIBB", data[16:26])
    assert (width, height, depth) == (PICTURES[name].width, PICTURES[name].height, 8)
    assert color_type == (2 if name in OPAQUE else 6)  # 6: with transparency
    assert len(data) < 8192


@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith("icon-")])
def test_edges_of_the_mark_fall_between_pixels(name: str) -> None:
    picture = PICTURES[name]
    source = (FOLDER / f"{picture.source}.svg").read_text("utf-8")
    grid = re.search(r'viewBox="0 0 (\d+) (\d+)"', source)
    assert grid is not None
    assert grid[1] == grid[2]
    assert picture.width % int(grid[1]) == 0


@pytest.mark.parametrize("source", sorted({picture.source for picture in PICTURES.values()} - {"outline"}))
def test_a_mark_is_two_shapes_side_by_side_in_the_products_colours(source: str) -> None:
    drawn = (FOLDER / f"{source}.svg").read_text("utf-8")
    assert drawn.count("<circle") == 1
    assert {"#0f766e", "#fff", "#fde68a"} <= set(re.findall(r"#[0-9a-f]+", drawn))


def test_the_outline_is_white_on_nothing() -> None:
    assert set(re.findall(r"#[0-9a-f]+", (FOLDER / "outline.svg").read_text("utf-8"))) == {"#fff"}


@pytest.mark.parametrize(
    ("store", "sides"),
    [
        ("Google Workspace Marketplace", (32, 48, 96, 128)),
        ("Outlook's ribbon", (16, 32, 80)),
        ("Outlook's list of add-ins", (64, 128)),
        ("Outlook on phones", [size * scale for size in (25, 32, 48) for scale in (1, 2, 3)]),
    ],
)
def test_every_size_that_is_asked_for_is_there(store: str, sides: tuple[int, ...]) -> None:
    assert {f"icon-{side}" for side in sides} <= set(PICTURES), store


def test_manifests_name_no_picture_that_is_missing() -> None:
    named = [
        *sample.addresses(sample.gmail()),
        *sample.addresses(sample.outlook_xml()),
        *sample.addresses(sample.outlook_json()),
    ]
    pictures = {address.rpartition("/")[2] for address in named if address.endswith(".png")}
    pictures |= set(sample.outlook_json()["icons"].values())
    assert pictures <= {f"{name}.png" for name in PICTURES}

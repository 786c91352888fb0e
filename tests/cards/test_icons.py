"""Each icon has a source and a picture that both hosts can show, on white and in the dark."""

from __future__ import annotations

import re
import struct

import pytest

from cards.icons import FOLDER
from cards.model import Icon
from tests.cards.test_google import contrast

DARK = ("#1f1f1f", "#292929")  # the grounds of Gmail's and Outlook's dark modes


def test_there_is_a_source_and_a_picture_for_each_icon_and_no_other() -> None:
    for kind in ("svg", "png"):
        assert {path.stem for path in FOLDER.glob(f"*.{kind}")} == {icon.value for icon in Icon}


@pytest.mark.parametrize("icon", Icon)
def test_a_picture_is_a_small_transparent_png_of_48_pixels(icon: Icon) -> None:
    data = (FOLDER / f"{icon}.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, color_type = struct.unpack(">IIBB", data[16:26])
    assert (width, height, depth, color_type) == (48, 48, 8, 6)  # 6: colour with transparency
    assert len(data) < 4096


@pytest.mark.parametrize("icon", Icon)
def test_a_source_is_one_colour_on_a_24_pixel_grid_that_reads_on_white_and_in_the_dark(icon: Icon) -> None:
    source = (FOLDER / f"{icon}.svg").read_text("utf-8")
    assert 'viewBox="0 0 24 24"' in source
    (color,) = set(re.findall(r"#[0-9a-f]{6}", source)) - {"#ffffff"}
    for ground in ("#ffffff", *DARK):
        assert contrast(color, ground) >= 3, ground

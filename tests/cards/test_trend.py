"""The small picture of a trend: made of its name, and its name says no amount."""

from __future__ import annotations

import math
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import adaptive, google
from cards.model import Action, Card, Header, Section, Trend
from cards.trend import HEIGHT, MOST_BARS, WIDTH, name_of, picture
from tests.cards.test_google import contrast
from tests.cards.test_icons import DARK

AMOUNTS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)


def seal(action: Action) -> str:
    return action.name


def parts(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + body),)
        found[kind] = body
        at += 12 + size
    return found


def pixels(data: bytes) -> list[list[int]]:
    raw = zlib.decompress(parts(data)[b"IDAT"])
    row = WIDTH // 4 + 1
    return [
        [byte >> shift & 3 for byte in raw[at + 1 : at + row] for shift in (6, 4, 2, 0)]
        for at in range(0, len(raw), row)
    ]


def test_the_highest_is_the_highest_digit_and_nothing_is_none() -> None:
    assert name_of((0, 50, 100, -20)) == "0gv0"
    assert name_of((1, 1_000_000)) == "1v"
    assert name_of((0, 0)) == "00"
    assert name_of((math.inf, math.nan, 2)) == "00v"


def test_a_name_says_the_shape_and_no_amount() -> None:
    assert name_of((40_000, 80_000)) == name_of((4, 8))


def test_only_the_newest_are_shown() -> None:
    assert len(name_of(range(100))) == MOST_BARS


@given(AMOUNTS)
def test_every_name_has_a_small_picture(values: list[float]) -> None:
    data = picture(name_of(values))
    assert data is not None
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(data) < 1500
    assert struct.unpack(">IIBB", parts(data)[b"IHDR"][:10]) == (WIDTH, HEIGHT, 2, 3)


def test_a_bar_is_as_high_as_its_digit_says_on_a_transparent_ground() -> None:
    data = picture("v0g")
    assert data is not None
    drawn = pixels(data)
    slot = WIDTH // 12
    heights = [sum(row[at * slot + 3] == 1 for row in drawn) for at in range(4)]
    assert heights == [HEIGHT - 2, 0, math.ceil((HEIGHT - 2) * 16 / 31), 0]
    assert parts(data)[b"tRNS"] == b"\0"
    assert set(drawn[-1]) == {2}


@pytest.mark.parametrize("name", ["", "w", "V", "0" * (MOST_BARS + 1), "../x", "0\n"])
def test_what_is_no_name_has_no_picture(name: str) -> None:
    assert picture(name) is None


def test_bars_read_on_white_and_in_the_dark() -> None:
    palette = parts(picture("v") or b"")[b"PLTE"]
    for at in (3, 6):
        color = "#" + palette[at : at + 3].hex()
        for ground in ("#ffffff", *DARK):
            assert contrast(color, ground) >= 3


def test_whoever_does_not_see_it_reads_the_numbers() -> None:
    card = Card("x", Header("見本"), (Section((Trend((1, 2), "月ごと: ¥1、¥2"),)),))
    icons, pictures = "https://s.example/icons", "https://s.example/pictures"
    in_gmail = str(google.render(card, seal=seal, action_url=icons, icons_url=icons, pictures_url=pictures))
    in_outlook = str(adaptive.render(card, seal=seal, icons_url=icons, pictures_url=pictures))
    for drawn in (in_gmail, in_outlook):
        assert "'altText': '月ごと: ¥1、¥2'" in drawn
        assert "https://s.example/pictures/trend/gv.png" in drawn
    without = str(google.render(card, seal=seal, action_url=icons, icons_url=icons))
    assert "image" not in without
    assert "月ごと: ¥1、¥2" in without

"""How something went, as a small picture of bars: its name says the bars' heights and nothing else, so that no address holds an amount.

The picture is made from its name alone, the same at every call: whoever serves it needs to know nobody. One picture serves
both clients, light and dark: its ground is transparent, its colours are those of the icons.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache

MOST_BARS = 24
WIDTH, HEIGHT = 560, 72  # pixels, for a card of 280 on a screen of double density

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_NAME = re.compile(rf"[0-9a-v]{{1,{MOST_BARS}}}")
_USUAL_BARS = 12  # a year: fewer bars are as wide, and leave room at the end
_GAP = 10
_LINE = 2
_PALETTE = ((0, 0, 0), (0x2B, 0x7D, 0xE9), (0x7A, 0x7D, 0x82))
_GROUND, _BAR, _AXIS = range(3)


def name_of(values: Sequence[float]) -> str:
    """Name the picture of these values, oldest first: heights in 31sts of the highest. What is below nothing, or no number, has no height."""
    shown = [value if 0 < value < math.inf else 0.0 for value in values[-MOST_BARS:]]
    highest = max(shown, default=0.0)
    # A little is not nothing: it gets the lowest bar.
    heights = (max(1, round(31 * (value / highest))) if value else 0 for value in shown)
    return "".join(_DIGITS[height] for height in heights)


@lru_cache(maxsize=256)
def picture(name: str) -> bytes | None:
    """Draw the PNG of a name; None for what is no name."""
    if not _NAME.fullmatch(name):
        return None
    slot = WIDTH // max(_USUAL_BARS, len(name))
    room = HEIGHT - _LINE
    tops = [room - (room * _DIGITS.index(digit) + 30) // 31 for digit in name]
    rows = bytearray()
    for y in range(room):
        row = bytearray(WIDTH)
        for at, top in enumerate(tops):
            if y >= top:
                row[at * slot : (at + 1) * slot - _GAP] = bytes([_BAR]) * (slot - _GAP)
        rows += b"\0" + _packed(row)
    rows += (b"\0" + _packed(bytes([_AXIS]) * WIDTH)) * _LINE
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 2, 3, 0, 0, 0)),  # two bits a pixel, of a palette
            _chunk(b"PLTE", bytes(part for color in _PALETTE for part in color)),
            _chunk(b"tRNS", b"\0"),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _packed(row: bytes | bytearray) -> bytes:
    return bytes(row[x] << 6 | row[x + 1] << 4 | row[x + 2] << 2 | row[x + 3] for x in range(0, WIDTH, 4))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

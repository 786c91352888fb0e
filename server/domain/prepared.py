"""Shapes that are known before there are threads (docs/adr/0023)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

T = TypeVar("T")


def prepared(shape: type[T], *, strict: bool = True) -> Callable[[object], T]:
    """Return what makes a value of this shape of plain lists and dictionaries. For modules' top level, not for functions.

    msgspec learns a Struct's fields when it is first asked for one, and leaves half of them open meanwhile: a second
    thread that asks then reads through a null pointer, which ends the process. A decoder learns them here and now.

    The function raises msgspec.ValidationError. `strict`: as in msgspec.convert.
    """
    msgspec.json.Decoder(shape)
    return partial(msgspec.convert, type=shape, strict=strict)

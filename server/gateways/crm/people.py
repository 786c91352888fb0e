"""Names as CRMs hold them, in two fields, and as they are written."""

from __future__ import annotations

import re
from typing import Final

_EASTERN: Final = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9f]")


def full_name(first: str, last: str) -> str:
    """In the order in which the name is written: 田中 太郎, Taro Tanaka."""
    return " ".join(filter(None, (last, first) if _EASTERN.search(last + first) else (first, last)))


def first_and_last(name: str) -> tuple[str, str]:
    """The two fields of a name; a single word is the last name, which CRMs cannot do without."""
    words = name.split()
    if len(words) < 2:
        return "", name.strip()
    if _EASTERN.search(name):
        return " ".join(words[1:]), words[0]
    return " ".join(words[:-1]), words[-1]

"""Whether two names can be one person's, or one company's, however each is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from server.domain.addresses import visible
from server.domain.names import COMPANY_FORM, cores, is_called, plain, read_names, script_of
from server.domain.romaji import sound_of

_LONGEST: Final = 200
_FORM: Final = re.compile(rf"{COMPANY_FORM}|\b(?:inc|ltd|llc|corp|gmbh|k\.k)\b\.?,?", re.IGNORECASE)
_BEFORE: Final = re.compile(r"^\s*[(\[【〔<「『][^)\]】〕>」』]{0,60}[)\]】〕>」』]\s*(?=\S)")
"""【北都フーズ】田中 太郎: what stands in brackets before a name is not the name."""
_UNSEEN: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Which drawing of a kanji is meant (葛 has two): one name all the same."""
_AT: Final = re.compile(r"(?<=[^\x00-\x7f])\s*@.*", re.DOTALL)
"""田中太郎@北都フーズ: where somebody is from. An address has no kanji before its sign."""
_FIRM: Final = (
    re.compile(rf"\S+\s*(?:{_FORM.pattern})", re.IGNORECASE),
    re.compile(rf"(?:{_FORM.pattern})\s*\S+", re.IGNORECASE),
)
"""The company in ㈱北都フーズ 田中 and 北都フーズ㈱ 田中; which word it is, the form alone does not tell."""
_SAN: Final = re.compile(r"[-\s]+(?:san|sama)$", re.IGNORECASE)
_WHOLE_KANJI: Final = 4
"""Characters of a name without a space that cannot be a family name alone: 佐々木 has three, 田中太郎 four."""
_WHOLE_SOUND: Final = 10


class Likeness(IntEnum):
    """What two names say of each other."""

    OTHER = -1  # somebody else's
    UNKNOWN = 0  # they cannot be compared: 田中 and Tanaka, as long as no reading is known
    PART = 1  # the family name, an initial
    WHOLE = 2


class _Spelling(NamedTuple):
    """One way to write a name: its words in kanji, and those that say how they sound."""

    kanji: tuple[str, ...]
    sounds: tuple[str, ...]
    kana: bool  # the sounds stand in kana


def likeness(name: str, other: str) -> Likeness:
    """Compare two people's names: order, spaces, widths, titles, company forms and scripts do not matter."""
    found = [_compare(one, two) for one in _spellings(name) for two in _spellings(other)]
    if not found:
        return Likeness.UNKNOWN
    agreed = max(found)
    return agreed if agreed > Likeness.UNKNOWN else min(found)


def likeness_of(names: Sequence[str], other: str) -> Likeness:
    """Compare with all the names somebody is known by, the surest first: the first one that can be compared decides whether it is another's."""
    found = [verdict for name in names if (verdict := likeness(name, other)) is not Likeness.UNKNOWN]
    if not found:
        return Likeness.UNKNOWN
    return max(found) if found[0] is not Likeness.OTHER else Likeness.OTHER


def without_company(name: str, company: str) -> str:
    """Return a person's name without the company's, which many write before it: 北都フーズ 田中."""
    words = _normal(name).split()
    left = [word for word in words if not same_company(word, company)]
    return " ".join(left) if left else name


def same_company(name: str, other: str) -> bool:
    """Whether two company names are one but for their legal form: (株)青葉, ㈱青葉, 青葉株式会社."""
    one, two = _core(name), _core(other)
    return bool(one) and one == two


def _core(name: str) -> str:
    return next(iter(cores((unicodedata.normalize("NFKC", name[:_LONGEST]),))), "")


def _normal(name: str) -> str:
    return visible(_UNSEEN.sub("", unicodedata.normalize("NFKC", name[:_LONGEST])))


def _spellings(name: str) -> tuple[_Spelling, ...]:
    whole = _AT.sub("", _normal(name))
    texts = dict.fromkeys([_FORM.sub(" ", whole), *(_FORM.sub(" ", firm.sub(" ", whole)) for firm in _FIRM)])
    found = []
    for known in read_names(tuple(_SAN.sub("", _BEFORE.sub("", text).strip()) for text in texts)):
        scripts = [(script_of(part), part) for part in known.parts]
        kanji = tuple(plain(part) for script, part in scripts if script == "kanji")
        sounds = tuple(key for script, part in scripts if script in {"kana", "latin"} and (key := sound_of(part)))
        if kanji or sounds:
            found.append(_Spelling(kanji, sounds, any(script == "kana" for script, _ in scripts)))
    return tuple(found)


def _compare(one: _Spelling, other: _Spelling) -> Likeness:
    found = []
    if one.kanji and other.kanji:
        found.append(_words(one.kanji, other.kanji, _WHOLE_KANJI))
    if one.sounds and other.sounds:
        sound = _words(one.sounds, other.sounds, _WHOLE_SOUND)
        if sound is Likeness.OTHER and one.kana != other.kana and not _shared(one.sounds, other.sounds):
            sound = Likeness.UNKNOWN  # ジョン and John
        found.append(sound)
    if Likeness.OTHER in found:
        return Likeness.OTHER
    return max(found, default=Likeness.UNKNOWN)


def _words(one: tuple[str, ...], other: tuple[str, ...], whole: int) -> Likeness:
    short, long = sorted((one, other), key=lambda words: (len("".join(words)), len(words), words))
    text = "".join(short)
    likely = Likeness.WHOLE if len(short) > 1 or len(text) >= whole else Likeness.PART
    if _within(short, long):
        return likely if all(len(word) > 1 or whole == _WHOLE_KANJI for word in short) else Likeness.PART
    runs = {
        "".join(words[at:to])
        for words in (long, long[::-1])
        for at in range(len(words))
        for to in range(at + 1, len(words) + 1)
    }
    if text in runs or "".join(short[::-1]) in runs:
        return likely
    if len(short) == 1 and len(text) < whole and any(word.startswith(text) for word in long) and whole == _WHOLE_KANJI:
        return Likeness.PART  # 港 and 港花子
    return Likeness.OTHER


def _within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether each word of the one is a word of the other: itself, its short form, its initial."""
    left = list(long)
    for word in sorted(short, key=len, reverse=True):
        found = next((two for two in left if word == two), None) or next(
            (two for two in left if word.isascii() and is_called(word, two)), None
        )
        if found is None:
            return False
        left.remove(found)
    return True


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not set(one).isdisjoint(other)

"""How a name sounds, whatever letters it stands in: たなか, タナカ, Tanaka; しょうこ, Shōko, Syoko; おおの, Ono, Ohno.

The keys made here are only compared with each other, never shown. Long vowels are short in them, since romaji leave them out
as often as not, and Hepburn's letters are those of the Kunrei spelling, which has one for each sound.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ROWS: Final = """
あa いi うu えe おo かka きki くku けke こko さsa しsi すsu せse そso たta ちti つtu てte とto なna にni ぬnu ねne のno はha ひhi ふhu へhe ほho
まma みmi むmu めme もmo やya ゆyu よyo らra りri るru れre ろro わwa ゐi ゑe をo んn がga ぎgi ぐgu げge ごgo ざza じzi ずzu ぜze ぞzo
だda ぢzi づzu でde どdo ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo ゔbu
"""
_SYLLABLES: Final = {pair[0]: pair[1:] for pair in _ROWS.split()}
_SMALL: Final = dict(zip("ぁぃぅぇぉゃゅょゎ", ("a", "i", "u", "e", "o", "ya", "yu", "yo", "wa"), strict=True))
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_SPELLINGS: Final = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"[^a-z]", ""),
        (r"tch", "tty"),
        (r"sh(?=i)", "s"),
        (r"sh", "sy"),
        (r"ch(?=i)", "t"),
        (r"ch", "ty"),
        (r"tyi", "ti"),
        (r"ts(?=u)", "t"),
        (r"f(?=u)", "h"),
        (r"j(?=i)", "z"),
        (r"jy?", "zy"),
        (r"d(?=zu)", ""),
        (r"m(?=[bpm])", "n"),
        (r"oh(?![aeiouy])", "o"),
        (r"o[ou]+", "o"),
        (r"([aeiu])\1+", r"\1"),
        (r"nn+", "n"),
    )
)


def sound_of(word: str) -> str:
    """Return the key of a word in kana or Latin letters, "" for anything else."""
    text = unicodedata.normalize("NFKC", word).translate(_TO_HIRAGANA)
    letters: list[str] = []
    doubled = False
    for character in text:
        if character == "っ":
            doubled = True
        elif small := _SMALL.get(character):
            # きょ is ky + o, じょ is zy + o, てぃ is t + i.
            before = letters.pop()[:-1] if letters else ""
            letters.append(before + small)
        elif syllable := _SYLLABLES.get(character):
            letters.append(syllable[0] + syllable if doubled else syllable)
            doubled = False
        else:
            letters.append(character)
    key = "".join(c for c in unicodedata.normalize("NFKD", "".join(letters)) if not unicodedata.combining(c)).casefold()
    for pattern, instead in _SPELLINGS:
        key = pattern.sub(instead, key)
    return key

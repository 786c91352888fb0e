"""Sentences and lines of a mail, Japanese and English: what is weighed, embedded and quoted as a reason."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 300
"""No sentence is longer: text without any stop is cut into pieces of this length."""
_READ: Final = 20_000

_ITEM: Final = re.compile(r"(?:[-*+・•●○■□◆◇▼▽※☆★>→]|[(（]?(?:\d{1,2}|[a-zA-Z]|[①-⑳ア-ン])[.)）．、:：]|[①-⑳])\s*\S")
"""A line that begins a list item stands alone, whatever the line before it lacks."""
_ENDED: Final = re.compile(r"[。．.！？!?…:：;；」』）)】\]>〉》♪☆★]\s*$")
_CLAUSE: Final = re.compile(r"[、,，]\s*$")
_PARTICLE: Final = re.compile(r".{11}[のがをにはへとで]$")  # a line that ends so waits for the next one
_JAPANESE: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_WRAPPED_JAPANESE: Final = 28  # Japanese mail programs and people break lines from about here on
_WRAPPED_ENGLISH: Final = 45

_STOP: Final = re.compile(
    r"(?:[。！？!?]|(?<![0-9０-９A-Za-zＡ-Ｚａ-ｚ])．|．(?![0-9０-９A-Za-zＡ-Ｚａ-ｚ]))+[」』）)】\"'”’]*"  # Japanese needs no space after it
    r"|\.+[\"'”’)\]]*(?=\s|$)"  # "3.5" and "A.B" have none after it
)
_QUOTED_ON: Final = re.compile(r"[」』）)】]$")
_GOES_ON: Final = re.compile(r"\s*(?:と|って|という|の|が|は|を|に|も|で|など)")
_ABBREVIATED: Final = re.compile(
    r"(?:^|[\s(（])(?:No|Nos|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|approx|e\.g|i\.e|a\.m|p\.m|Inc|Ltd|Co|Corp|Fig|ref|tel|ext|qty"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|(?:[A-Z]\.)*[A-Z])\.$",
    re.IGNORECASE,
)
_LOWER_OR_DIGIT: Final = re.compile(r"\s*[a-z0-9#]")
_WORDS: Final = re.compile(r"\w")
_SPACES: Final = re.compile(r"[ \t\u00a0\u3000]+")


def split(text: str, most: int = 64) -> list[str]:
    """Sentences and list items in their order, trimmed, at most `most`; lines that a mail program broke are joined again."""
    sentences: list[str] = []
    for line in _lines(text[:_READ]):
        for sentence in _sentences(line):
            if _WORDS.search(sentence):  # a ruled line, an emoji alone say nothing here
                sentences.append(sentence)
                if len(sentences) == most:
                    return sentences
    return sentences


def _lines(text: str) -> list[str]:
    lines: list[str] = []
    open_line = False
    for raw in text.splitlines():
        line = _SPACES.sub(" ", raw).strip()
        if not line:
            open_line = False
            continue
        if open_line and not _ITEM.match(line):
            apart = "" if _JAPANESE.match(line) and _JAPANESE.search(lines[-1][-2:] or " ") else " "
            lines[-1] = f"{lines[-1]}{apart}{line}"
        else:
            lines.append(line)
        open_line = _is_broken(line)
    return lines


def _is_broken(line: str) -> bool:
    """Whether the sentence goes on in the next line."""
    if _CLAUSE.search(line) or _PARTICLE.search(line):
        return True
    if _ENDED.search(line):
        return False
    return len(line) >= (_WRAPPED_JAPANESE if _JAPANESE.search(line) else _WRAPPED_ENGLISH)


def _sentences(line: str) -> list[str]:
    out: list[str] = []
    start = 0
    for stop in _STOP.finditer(line):
        if _is_inside(line, start, stop):
            continue
        out.append(line[start : stop.end()])
        start = stop.end()
    out.append(line[start:])
    return [piece for sentence in out for piece in _pieces(sentence.strip())]


def _is_inside(line: str, start: int, stop: re.Match[str]) -> bool:
    """Whether the sentence goes on behind this stop: a number, an abbreviation, something quoted, the mark of a list."""
    if stop[0][0] == ".":
        if stop[0] == "." and (
            _ABBREVIATED.search(line[max(start, stop.end() - 12) : stop.end()])
            or _ITEM.match(line[start : stop.end()].strip() + "x")
        ):
            return True
        return bool(_LOWER_OR_DIGIT.match(line, stop.end())) and len(stop[0]) > 1
    return bool(_QUOTED_ON.search(stop[0]) and _GOES_ON.match(line, stop.end()))


def _pieces(sentence: str) -> list[str]:
    return [sentence[at : at + LONGEST].strip() for at in range(0, len(sentence), LONGEST)]


def folded(sentence: str) -> str:
    """The sentence as rarity counts it: width, case, digits, spaces and the stops at its ends make no difference."""
    plain = unicodedata.normalize("NFKC", sentence).casefold()
    return re.sub(r"\d+", "0", re.sub(r"\s+", " ", plain)).strip(" .。!?、,…~〜ー-―*・>「」()[]\"'")

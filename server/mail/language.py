"""Which language a mail is written in, as far as the two of the product go."""

from __future__ import annotations

import re

_READ = 800
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_CJK = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9d]")
_LETTERS = re.compile(r"[^\W\d_]")
_ENGLISH = re.compile(
    r"\b(?:the|and|you|your|for|with|that|this|have|has|are|was|please|thanks?|thank|hello|dear|regards|not|can|could|would|we|our|is|to|of)\b",
    re.IGNORECASE,
)


def language_of(text: str) -> str:
    """Japanese ("ja") by a fair share of kana, English ("en") by its small words and next to no CJK, else ""."""
    sample = text[:_READ]
    letters = len(_LETTERS.findall(sample))
    kana = len(_KANA.findall(sample))
    if kana >= 2 and kana * 10 >= letters:  # a Japanese sentence has far more; names alone have none
        return "ja"
    if len(_ENGLISH.findall(sample)) >= 2 and len(_CJK.findall(sample)) * 10 < letters:  # two may still be chance
        return "en"
    return ""

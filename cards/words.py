"""The few words that the renderers say themselves, where a host has none of its own or a limit of the host is met.

All other wording belongs to the screens; these depend on how a card is drawn, which screens do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cards.model import Icon


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    untitled: str
    more: str
    less: str
    menu: str
    field: str
    fill_in: str
    hidden_rows: str  # {count}
    hidden_sections: str  # {titles}
    time_of: str  # {label}
    icons: Mapping[Icon, str]
    """Only of pictures that say something the text beside them does not; the others are decoration."""


_JA = Words(
    untitled="(名前なし)",
    more="さらに表示",
    less="閉じる",
    menu="その他の操作",
    field="入力",
    fill_in="入力してください",
    hidden_rows="ほか{count}件はここに表示していません。",
    hidden_sections="表示していない欄: {titles}",
    time_of="{label} 時刻",
    icons={
        Icon.INCOMING: "受信",
        Icon.OUTGOING: "送信",
        Icon.INTERNAL: "社内",
        Icon.NOTE: "メモ",
        Icon.MENTION: "あなた宛て",
        Icon.WARNING: "注意",
        Icon.LOCK: "非公開",
    },
)
_EN = Words(
    untitled="(no name)",
    more="Show more",
    less="Show less",
    menu="More actions",
    field="Text",
    fill_in="Please fill this in",
    hidden_rows="{count} more not shown here.",
    hidden_sections="Not shown: {titles}",
    time_of="{label}, time",
    icons={
        Icon.INCOMING: "Received",
        Icon.OUTGOING: "Sent",
        Icon.INTERNAL: "Internal",
        Icon.NOTE: "Note",
        Icon.MENTION: "Mentions you",
        Icon.WARNING: "Warning",
        Icon.LOCK: "Private",
    },
)


def words(language: str) -> Words:
    """The words of a card in this language; English where there are none."""
    return _JA if language.startswith("ja") else _EN

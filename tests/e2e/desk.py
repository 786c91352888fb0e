"""What a service would answer the pane: cards, drawn by the real renderer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cards import adaptive
from cards.model import Action, Button, Buttons, Card, Field, Header, Link, Section, Text
from tests.e2e.outlook import SERVICE, Asked, OutlookMail

DELAY: Final = OutlookMail("AAMk1", "<1@tanaka-shoten.example>", "納期の件")
INVOICE: Final = OutlookMail(
    "AAMk2", "<2@suzuki.example>", "請求書の件", headers="Subject: invoice\r\nReferences: <0@suzuki.example>\r\n"
)


def shown(card: Card, place: str = "here", **rest: Any) -> Mapping[str, Any]:
    """An answer of the service that shows this card."""
    drawn = adaptive.render(card, seal=lambda action: f"sealed:{action.name}", icons_url=f"{SERVICE}/icons")
    return {"card": drawn, "place": place, "changed": False, **rest}


def card(title: str, *sections: Section) -> Card:
    """A card with this title."""
    return Card("message", Header(title), sections)


def message(mail: OutlookMail, *more: Section) -> Card:
    """The card of a mail that nobody has."""
    take = Buttons(
        (Button("担当する", Action("claim"), filled=True), Button("CRMで開く", Link("https://crm.example/1")))
    )
    return card(f"{mail.subject}のカード", Section((take,)), *more)


NOTE: Final = Section(
    (
        Field("note", "メモ", multiline=True),
        Field("unneeded", "件名"),
        Buttons((Button("メモを残す", Action("note"), needs=("note",)),)),
    ),
    title="メモ",
)

REPLY: Final = card(
    "返信",
    Section(
        (
            Field("reply_text", "本文", "田中様\n\nお世話になっております。", multiline=True),
            Buttons((Button("返信を開く", Action("reply"), filled=True, needs=("reply_text",)),)),
        )
    ),
)


def state(line: str) -> Section:
    """The section that says who has the mail."""
    return Section((Text(line),), id="state")


def by_subject(asked: Asked) -> None:
    """A service that knows a card for every mail."""
    asked.answer(shown(message(DELAY if asked.subject == DELAY.subject else INVOICE, NOTE)))

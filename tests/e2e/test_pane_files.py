"""Attachments read by Microsoft's own office.js: only for a button that wants them, and each by itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, expect

from cards.model import Action, Button, Buttons, Section
from tests.e2e.desk import card, shown
from tests.e2e.outlook import Outlook, OutlookMail

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GET_ATTACHMENT_CONTENT: Final = 150
FILE, ITEM, CLOUD = 0, 1, 2
LOG: Final = card(
    "見積の件のカード",
    Section(
        (
            Buttons(
                (
                    Button("記録", Action("crm_log")),
                    Button("添付も記録", Action("crm_log_files"), files=True),
                )
            ),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Enclosing(OutlookMail):
    """A mail with attachments, as Outlook lists them; what has no content cannot be had."""

    attachments: tuple[Mapping[str, Any], ...] = ()

    def wire(self) -> dict[str, Any]:
        """As the host page wants it."""
        return {**OutlookMail.wire(self), "attachments": list(self.attachments)}


def attachment(name: str, content: bytes | None = None, **more: Any) -> Mapping[str, Any]:
    listed = {"id": f"id-{name}", "name": name, "attachmentType": FILE, "isInline": False, "contentType": ""}
    listed |= {"size": len(content or b"x"), **more}
    # Wrapped, as some clients have it.
    return listed if content is None else {**listed, "content": base64.encodebytes(content).decode()}


PDF: Final = bytes(range(256)) * 300
MAIL: Final = Enclosing(
    "AAMk9",
    "<9@midori.example>",
    "見積の件",
    attachments=(
        attachment("見積書.pdf", PDF, contentType="application/pdf"),
        attachment("logo.png", b"\x89PNG", isInline=True),
        attachment("壊れた.doc"),
        attachment("空に見える.txt", b"", size=5),
        attachment("元のメール", b"Subject: x", attachmentType=ITEM),
        attachment("https://cloud.example/1", b"x", attachmentType=CLOUD),
        attachment("大きい.zip", b"z", size=4 * 1024 * 1024),
        attachment("メモ.txt", "お世話になっております。".encode()),
    ),
)


def test_a_click_brings_the_attachments_when_its_button_wants_them(outlook: Outlook) -> None:
    outlook.open(MAIL)
    outlook.wait_asked().answer(shown(LOG))
    outlook.frame.get_by_role("button", name="記録", exact=True).click()
    plain = outlook.wait_asked(2)
    assert (plain.path, {"files", "left"} & plain.body.keys()) == ("/outlook/action", set())
    assert GET_ATTACHMENT_CONTENT not in outlook.host("executed")
    plain.answer(shown(LOG))

    outlook.frame.get_by_role("button", name="添付も記録").click()
    asked = outlook.wait_asked(3)
    assert (asked.path, asked.body["action"], asked.body["item"]["subject"]) == (
        "/outlook/action/files",
        "sealed:crm_log_files",
        MAIL.subject,
    )
    files = [(one["name"], one["type"], base64.b64decode(one["content"], validate=True)) for one in asked.body["files"]]
    assert files == [
        ("見積書.pdf", "application/pdf", PDF),
        ("メモ.txt", "", "お世話になっております。".encode()),
    ]
    assert asked.body["left"] == [
        "壊れた.doc",
        "空に見える.txt",
        "元のメール",
        "https://cloud.example/1",
        "大きい.zip",
    ]
    asked.answer(shown(LOG, toast="記録しています"))
    expect(outlook.frame.locator("#toast")).to_have_text("記録しています")


def test_a_client_that_hands_no_attachments_over_has_them_named(context: BrowserContext) -> None:
    outlook = Outlook(context, sets={"Mailbox": "1.7", "NestedAppAuth": "1.1"})
    outlook.open(MAIL)
    outlook.wait_asked().answer(shown(LOG))
    outlook.frame.get_by_role("button", name="添付も記録").click()
    asked = outlook.wait_asked(2)
    assert asked.body["files"] == []
    assert asked.body["left"] == [one["name"] for one in MAIL.attachments if not one["isInline"]]

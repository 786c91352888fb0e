"""Every state the pane can be in: its one sentence, its size, its contrast, its names for screen readers, in Microsoft's own office.js."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from cards import gallery
from cards.model import Section, Text
from server.hosts.outlook.pane import FOLDER
from tests.e2e.desk import DELAY, INVOICE, NOTE, REPLY, card, message, shown
from tests.e2e.outlook import Asked, Outlook, OutlookDraft, OutlookMail

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAX_GZIPPED: Final = 200 * 1024
GET_BODY, GET_HEADERS = 37, 168
APPOINTMENT: Final = OutlookMail("AAMk-a", "", "定例", itemType=2)
INVITATION: Final = OutlookMail(
    "AAMk-m", "<m@example.com>", "定例", itemType=3, itemClass="IPM.Schedule.Meeting.Request"
)
SEALED: Final = OutlookMail("AAMk-s", "<s@example.com>", "親展", text="", itemClass="IPM.Note.SMIME")


@pytest.mark.parametrize(
    ("item", "locale", "sentence"),
    [
        (APPOINTMENT, "ja-JP", "予定には対応していません。メールを選んでください。"),
        (APPOINTMENT, "en-US", "Appointments aren't handled here. Select a message."),
        (INVITATION, "ja-JP", "会議の案内や返事には対応していません。メールを選んでください。"),
        (INVITATION, "en-US", "Meeting invitations and responses aren't handled here. Select a message."),
    ],
    ids=["appointment", "appointment, English", "invitation", "invitation, English"],
)
def test_what_is_not_a_mail_is_one_calm_sentence(
    context: BrowserContext, item: OutlookMail, locale: str, sentence: str
) -> None:
    outlook = Outlook(context, locale=locale)
    outlook.service = lambda asked: asked.answer(shown(message(DELAY)))
    outlook.open(item)
    expect(outlook.frame.get_by_role("status").filter(has_text=sentence)).to_be_visible()
    assert (outlook.asked, outlook.tokens) == ([], [])
    outlook.select(DELAY)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    expect(outlook.frame.get_by_text(sentence)).to_be_hidden()


@pytest.mark.parametrize(
    ("mail", "sealed"),
    [
        (SEALED, True),
        (replace(SEALED, itemClass="IPM.Note", headers="Content-Class: rpmsg.message\r\n"), True),
        (replace(SEALED, itemClass="IPM.Note", headers="Content-Type: multipart/encrypted; x\r\n"), True),
        (replace(SEALED, itemClass="IPM.Note.SMIME.MultipartSigned", text="署名だけのメール"), False),
        (replace(SEALED, itemClass="IPM.Note"), False),
    ],
    ids=["S/MIME", "rights management", "PGP", "signed only", "an empty mail"],
)
def test_an_encrypted_mail_has_its_card_and_a_sentence(outlook: Outlook, mail: OutlookMail, *, sealed: bool) -> None:
    outlook.service = lambda asked: asked.answer(shown(message(DELAY)))
    outlook.open(mail)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    assert outlook.asked[0].body["item"]["messageId"] == "<s@example.com>"
    expect(outlook.frame.get_by_text("暗号化されたメールのため、本文は読み取れません。")).to_be_visible(visible=sealed)


def test_nothing_selected_is_the_queue_and_for_long_a_hint(outlook: Outlook) -> None:
    queue = card("キュー", Section((Text("いまお待たせしているお客様はいません。"),)))
    outlook.service = lambda asked: asked.answer(shown(message(DELAY) if asked.body["item"] else queue))
    outlook.open(None)
    expect(outlook.frame.get_by_role("heading", name="キュー")).to_be_visible()
    hint = outlook.frame.get_by_text("メールを選ぶと、その状況をここに表示します。")
    expect(hint).to_be_hidden()
    expect(hint).to_be_visible()
    outlook.select(DELAY)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    expect(hint).to_be_hidden()


def test_on_a_phone_the_ids_are_enough(outlook: Outlook) -> None:
    outlook.service = lambda asked: asked.answer(shown(message(DELAY)))
    outlook.open(DELAY)
    expect(outlook.frame.get_by_role("heading", name="納期の件のカード")).to_be_visible()
    outlook.frame.evaluate(
        "const context = Object.create(Office.context, { platform: { value: 'iOS' } });"
        "window.Office = Object.create(Office, { context: { value: context } }); 0"
    )
    called = len(outlook.host("executed"))
    outlook.select(INVOICE)
    item = outlook.wait_asked(2).body["item"]
    assert (item["headers"], item["text"], item["messageId"]) == ("", "", INVOICE.messageId)
    assert outlook.host("executed")[called:] == []


def test_a_client_that_once_kept_the_text_to_itself_is_not_waited_for_so_long_again(outlook: Outlook) -> None:
    outlook.service = lambda asked: asked.answer(shown(message(DELAY)))
    outlook.silence(GET_BODY)
    outlook.open(DELAY)
    outlook.wait_asked(1)
    outlook.select(INVOICE)
    outlook.page.wait_for_timeout(2_500)
    assert len(outlook.asked) == 2


def test_a_service_that_never_answers_is_given_up(outlook: Outlook) -> None:
    outlook.page.clock.install()
    outlook.open(DELAY)
    outlook.wait_asked(1)
    outlook.page.clock.fast_forward(21_000)
    expect(outlook.frame.get_by_role("alert")).to_contain_text(
        "サービスの応答がありません。入力した内容は残っています。"
    )


def test_a_long_letter_grows_its_field_and_stops_at_most_of_the_window(outlook: Outlook) -> None:
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    field = outlook.frame.get_by_role("textbox", name="本文")
    before = field.evaluate("field => field.offsetHeight")
    field.fill("\n".join(["お世話になっております。"] * 20))
    grown = field.evaluate("field => field.offsetHeight")
    field.fill("\n".join(["お世話になっております。"] * 200))
    assert before < grown <= field.evaluate("field => field.offsetHeight") <= 0.6 * 900 + 1


def test_a_browser_that_does_not_grow_fields_is_helped(outlook: Outlook) -> None:
    outlook.page.add_init_script("CSS.supports = () => false;")
    outlook.open(DELAY)
    outlook.wait_asked(1).answer(shown(REPLY))
    field = outlook.frame.get_by_role("textbox", name="本文")
    field.fill("\n".join(["お世話になっております。"] * 20))
    assert field.evaluate("field => field.style.height !== '' && field.offsetHeight >= 400")


def test_the_pane_is_small() -> None:
    files = [FOLDER / "dist/pane.js", FOLDER / "dist/pane.css", FOLDER / "index.html"]
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in files}
    assert sum(sizes.values()) <= MAX_GZIPPED, sizes


def _answer(asked: Asked) -> None:
    drawn = gallery.cards()["message"] if asked.path == "/outlook/open" else card("田中 太郎 様", NOTE)
    asked.answer(shown(drawn, live="t1"))


@pytest.mark.parametrize(("width", "scheme"), [(280, "dark"), (450, "light")])
def test_every_state_is_accessible_and_fits_every_width(browser: Browser, scheme: Any, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, locale="ja-JP", reduced_motion="reduce")
    outlook = Outlook(context, width=width, sets={"Mailbox": "1.14", "NestedAppAuth": "1.1"})
    outlook.service = _answer

    def fits(state: str) -> None:
        outlook.page.wait_for_timeout(250)  # what fades has faded
        assert outlook.frame.locator("html").get_attribute("data-theme") == scheme
        for other in (320, 360, width):
            outlook.page.set_viewport_size({"width": other, "height": 900})
            assert outlook.frame.evaluate("document.documentElement.scrollWidth") <= other, (state, other)
        assert outlook.complaints() == [], state

    outlook.open(DELAY)
    expect(outlook.frame.locator("#card[aria-busy=false] .ac-adaptiveCard")).to_be_visible()
    fits("read")
    context.set_offline(True)
    expect(outlook.frame.get_by_text("時点の内容を表示しています。")).to_be_visible()
    fits("offline")
    context.set_offline(False)
    expect(outlook.frame.get_by_text("時点の内容を表示しています。")).to_be_hidden()
    outlook.select(OutlookDraft())
    expect(outlook.frame.get_by_role("heading", name="田中 太郎 様")).to_be_visible()
    fits("compose")
    outlook.select(SEALED)
    expect(outlook.frame.get_by_text("暗号化されたメール")).to_be_visible()
    fits("sealed")
    outlook.select(APPOINTMENT)
    expect(outlook.frame.get_by_text("予定には対応していません。")).to_be_visible()
    fits("appointment")
    outlook.service = Asked.drop
    outlook.select(INVOICE)
    expect(outlook.frame.get_by_role("alert")).to_be_visible()
    fits("problem")
    assert [each for each in outlook.frame.evaluate("violations") if "office" not in each["source"]] == []
    assert outlook.console == []
    context.close()

"""The team's CRM beside the mail, through both hosts: found, chosen, written into once, and never in the way."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from server.domain.crm import Ability, Attachment, Item, Letter, Money
from server.domain.events import FILES_MOST
from server.web.lookups import PATIENCE
from tests.contract.office import Agent, Office, mail, with_files
from tests.standins.crm.memory import record

MAIL: Final = mail(1, text="お世話になっております。納品された数が注文と違います。ご確認をお願いいたします。")
TANAKA: Final = record(
    url="https://crm.example/1",
    owner="佐藤 美咲",
    value=Money("1200000", "JPY"),
    items=(
        Item("deal", "d1", "秋の追加発注", open=True, amount=Money("350000", "JPY"), url="https://crm.example/d1"),
        Item("ticket", "t1", "納品数が違う", open=True, complaint=True),
    ),
)
OTHER: Final = record("2", name="田中 次郎")


@pytest.fixture(params=["gmail", "outlook"])
def sato(office: Office, request: pytest.FixtureRequest) -> Agent:
    """Seat Sato at either client."""
    return office.at(request.param, "sato@aoba.example")


@pytest.fixture
def suzuki(office: Office, sato: Agent) -> Agent:
    """Seat a colleague at the other client."""
    return office.at("outlook" if sato.client == "gmail" else "gmail", "suzuki@aoba.example")


def test_the_first_card_has_what_the_crm_says_in_time(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    card = sato.opens(MAIL)
    assert "スタンダード" in card.text
    assert "¥1,200,000" in card.text
    assert "顧客台帳" in card.text
    assert "納品数が違う" in card.text
    assert office.crm.calls == {"find": 1, "load": 1}
    again = sato.opens(MAIL)
    assert "スタンダード" in again.text
    assert office.crm.calls == {"find": 1, "load": 1}, "the second card asks nobody"


def test_a_slow_crm_keeps_no_card_waiting_and_is_seen_at_the_next_look(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    office.crm.answers.clear()
    office.lookups.patience = PATIENCE
    card = sato.opens(MAIL)  # and the CRM has said nothing yet
    assert "スタンダード" not in card.text
    assert "読み込んでいます" in card.text
    office.crm.answers.set()
    deadline = time.monotonic() + 30
    while "スタンダード" not in sato.opens(MAIL).text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert office.crm.calls == {"find": 1, "load": 1}


def test_many_opens_at_once_make_one_look_up(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    sato.goes_home()
    with ThreadPoolExecutor(8) as pool:
        cards = list(pool.map(lambda _: sato.opens(MAIL).status, range(24)))
    assert set(cards) == {200}
    assert office.crm.calls == {"find": 1, "load": 1}


def test_a_dead_crm_leaves_the_card_and_says_so(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    office.crm.trouble = "down"
    card = sato.opens(MAIL)
    assert card.has("take")
    assert "顧客台帳" in card.text


def test_what_was_known_is_shown_while_the_crm_is_dead(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    sato.opens(MAIL)
    office.crm.trouble = "down"
    office.later(6)
    sato.opens(MAIL)
    office.does_errands()
    card = sato.opens(MAIL)
    assert "スタンダード" in card.text
    assert "接続できません" in card.text


def test_several_records_are_chosen_from_once_for_everybody_and_undone_in_one_click(
    office: Office, sato: Agent, suzuki: Agent
) -> None:
    office.has_a_crm(record("1", name="港 一郎"), record("2", name="港 花子"))
    card = sato.opens(MAIL)
    assert "港 一郎" in card.text
    assert "港 花子" in card.text
    chosen = sato.clicks(card.button("crm_link", record="2"), mail=MAIL)
    assert "スタンダード" in chosen.text
    theirs = suzuki.opens(MAIL)
    assert "スタンダード" in theirs.text
    undone = suzuki.clicks(theirs.button("crm_unlink", record="2"), mail=MAIL)
    assert undone.status == 200
    again = sato.opens(MAIL)
    assert not [one for one in again.buttons if one.name == "crm_unlink" and one.args["record"] == "2"]


def test_a_mail_is_logged_once_whoever_presses(office: Office, sato: Agent, suzuki: Agent) -> None:
    office.has_a_crm(TANAKA)
    first, second = sato.opens(MAIL).button("crm_log"), suzuki.opens(MAIL).button("crm_log")
    assert "佐藤" in sato.clicks(first, mail=MAIL).text
    refused = suzuki.clicks(second, mail=MAIL)
    assert "佐藤" in refused.text
    office.does_errands()
    assert office.crm.calls["log"] == 1
    (letter,) = office.crm.letters.values()
    assert "納品された数が注文と違います" in letter.text
    assert letter.by == "佐藤 美咲"
    card = suzuki.opens(MAIL)
    assert not card.has("crm_log")
    assert "佐藤" in card.text
    suzuki.clicks(card.button("crm_unlog"), mail=MAIL)
    office.does_errands()
    assert office.crm.letters == {}
    assert sato.opens(MAIL).has("crm_log")


PDF: Final = Attachment("見積書.pdf", "application/pdf", b"%PDF-1.7\r\n" + bytes(range(256)) * 40)


def logs_with_files(office: Office, agent: Agent, raw: bytes, wish: str = "1") -> Letter:
    """Return the letter that the CRM got after the agent had the mail logged."""
    office.has_a_crm(TANAKA)
    clicked = agent.clicks(agent.opens(raw).button("crm_log", files=wish), mail=raw)
    assert clicked.status == 200
    office.does_errands()
    (letter,) = office.crm.letters.values()
    return letter


def test_attachments_go_along_to_the_byte(office: Office, sato: Agent) -> None:
    raw = with_files(mail(1), PDF, Attachment("写真.png", "image/png", b"\x89PNG\r\n\x1a\n"))
    letter = logs_with_files(office, sato, raw)
    assert letter.files == (PDF, Attachment("写真.png", "image/png", b"\x89PNG\r\n\x1a\n"))
    assert "添付" not in letter.text
    assert office.store.library.client.xlen("{w:aoba}:cj") == 0, "nothing of them stays behind"


def test_no_attachment_is_read_without_the_wish(office: Office, sato: Agent) -> None:
    assert logs_with_files(office, sato, with_files(mail(1), PDF), wish="").files == ()
    assert not [asked for asked in office.google.asked if "/attachments/" in asked.path]


def test_attachments_that_do_not_fit_are_named_in_the_crm(office: Office, sato: Agent) -> None:
    large = Attachment("図面.zip", "application/zip", b"z" * (FILES_MOST - 1000))
    letter = logs_with_files(office, sato, with_files(mail(1), large, PDF))
    assert letter.files == (large,)
    assert letter.text.endswith("[記録されていない添付ファイル: 見積書.pdf]")


def test_a_second_try_brings_the_attachments_again(office: Office, sato: Agent, suzuki: Agent) -> None:
    raw = with_files(mail(1), PDF)
    office.has_a_crm(TANAKA)
    sato.clicks(sato.opens(raw).button("crm_log", files="1"), mail=raw)
    office.crm.trouble = "refused"
    office.does_errands()
    office.crm.trouble = None
    suzuki.clicks(suzuki.opens(raw).button("crm_log", files="1"), mail=raw)
    office.does_errands()
    (letter,) = office.crm.letters.values()
    assert letter.files == (PDF,)


def test_a_crm_without_room_for_attachments_does_not_offer_them(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA, abilities=(Ability.LOG,))
    offered = [one.args["files"] for one in sato.opens(with_files(mail(1), PDF)).buttons if one.name == "crm_log"]
    assert offered == [""]


def test_a_log_that_the_crm_refuses_says_so_and_may_be_tried_again(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    sato.clicks(sato.opens(MAIL).button("crm_log"), mail=MAIL)
    office.crm.trouble = "refused"
    office.does_errands()
    card = sato.opens(MAIL)
    office.crm.trouble = None
    sato.clicks(card.button("crm_log"), mail=MAIL)
    office.does_errands()
    assert len(office.crm.letters) == 1


def test_a_ticket_is_made_of_a_mail(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    card = sato.opens(MAIL)
    question = sato.clicks(card.button("ask", what="crm_ticket"), mail=MAIL)
    made = sato.clicks(question.button("crm_create", what="ticket"), {"title": "納品数の相違"}, mail=MAIL)
    assert made.status == 200
    office.does_errands()
    (order,) = office.crm.orders.values()
    assert (order.kind, order.title, order.email) == ("ticket", "納品数の相違", "tanaka@midori.example")
    assert "納品数の相違" in sato.opens(MAIL).text


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("120万円", Money("1200000", "JPY")), ("99,50", Money("99.50")), ("￥１，２００", Money("1200", "JPY"))],
)
def test_a_deals_amount_is_what_was_meant(office: Office, typed: str, amount: Money) -> None:
    sato = office.at("outlook", "sato@aoba.example")
    office.has_a_crm(TANAKA)
    question = sato.clicks(sato.opens(MAIL).button("ask", what="crm_deal"), mail=MAIL)
    sato.clicks(question.button("crm_create", what="deal"), {"title": "追加発注", "amount": typed}, mail=MAIL)
    office.does_errands()
    (order,) = office.crm.orders.values()
    assert order.amount == amount


def test_a_contact_that_was_made_is_shown_without_a_wait(office: Office, sato: Agent, suzuki: Agent) -> None:
    office.has_a_crm()
    card = sato.opens(MAIL)
    assert "この方の記録はありません" in card.text
    question = sato.clicks(card.button("ask", what="crm_contact"), mail=MAIL)
    sato.clicks(question.button("crm_create", what="contact"), {"name": "田中 太郎"}, mail=MAIL)
    office.crm.records = {"1": TANAKA}  # as the CRM will say
    office.does_errands()
    for agent in (sato, suzuki):
        seen = agent.opens(MAIL)
        assert "この方の記録はありません" not in seen.text
        assert "スタンダード" in seen.text


def test_another_customers_data_is_never_shown(office: Office, sato: Agent) -> None:
    stranger = record("9", name="別の 人", addresses=("someone@else.example",), plan="他社のプラン")

    office.has_a_crm(stranger)
    office.crm.impostor = True
    card = sato.opens(MAIL)
    assert "他社のプラン" not in card.text
    assert "別の 人" not in card.text


def test_a_connection_that_was_removed_meanwhile_takes_nothing(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    card = sato.opens(MAIL)
    office.store.connections.remove("aoba", "x1")
    office.later(2)
    refused = sato.clicks(card.button("crm_log"), mail=MAIL)
    assert refused.status == 200
    office.does_errands()
    assert office.crm.letters == {}


def test_a_card_that_was_drawn_while_the_crm_was_left_alone_can_be_had_anew_on_the_card(
    office: Office, sato: Agent
) -> None:
    office.has_a_crm(TANAKA)
    sato.goes_home()
    client: Any = office.store.library.client
    client.hset("{w:aoba}:xb", "x1", f"{(int(time.time()) + 600) * 1000}:5:30000")
    card = sato.opens(MAIL)
    assert "応答しません" in card.text
    early = sato.clicks(card.button("crm_look"), mail=MAIL)
    assert "応答しません" in early.text
    assert not office.crm.calls, "nobody asks a CRM that is to be left alone"
    client.hdel("{w:aoba}:xb", "x1")
    assert "スタンダード" in sato.clicks(early.button("crm_look"), mail=MAIL).text


def test_what_was_just_changed_in_the_crm_can_be_read_at_once(office: Office, sato: Agent) -> None:
    office.has_a_crm(TANAKA)
    card = sato.opens(MAIL)
    office.crm.records["1"] = record(plan="プレミアム")
    assert "プレミアム" in sato.clicks(card.button("crm_look"), mail=MAIL).text
    assert "プレミアム" in sato.opens(MAIL).text

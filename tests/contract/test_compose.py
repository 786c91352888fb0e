"""Beside a compose window: who the recipients are, who else is at it; and our word when the mail is sent."""

from __future__ import annotations

import email.utils

from tests.contract.office import Office, item_of, mail

CUSTOMER = "tanaka@midori.example"


def test_the_compose_card_knows_the_recipient_and_the_colleague_who_has_them(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    card = suzuki.composes(f"田中 <{CUSTOMER}>" if clients[1] == "gmail" else CUSTOMER, "new@kawa.example")
    assert "田中 太郎" in card.text
    assert "佐藤" in card.text
    assert "はじめて" in card.text
    assert card.has("insert")
    assert "佐藤" in suzuki.clicks(card.button("peek")).text


def test_a_private_teams_conversations_are_not_told_to_others(office: Office, clients: tuple[str, str]) -> None:
    secret = mail(1, to="hr@aoba.example", subject="応募について")
    yamamoto, suzuki = office.at(clients[0], "yamamoto@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    yamamoto.clicks(yamamoto.opens(secret).button("take"))
    card = suzuki.composes(CUSTOMER, answers=secret)
    assert "応募" not in card.text
    assert "山本" not in card.text


def test_text_is_put_at_the_cursor(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    card = sato.composes(CUSTOMER)
    done = sato.clicks(card.button("insert"), {"reply_text": "よろしく\n<b>お願い</b>します"})
    if client == "gmail":
        action = done.body["renderActions"]["hostAppAction"]["gmailAction"]["updateDraftActionMarkup"]["updateBody"]
        assert action == {
            "type": "IN_PLACE_INSERT",
            "insertContents": [{"content": "よろしく\n<b>お願い</b>します", "contentType": "TEXT"}],
        }
    else:
        assert done.body["insert"] == {"text": "よろしく\n<b>お願い</b>します"}


def test_outlook_finds_the_conversation_by_the_answered_mail(office: Office) -> None:
    raw = mail(1)
    suzuki, sato = office.at_outlook("suzuki@aoba.example"), office.at_gmail("sato@aoba.example")
    sato.opens(raw)
    card = suzuki.composes(CUSTOMER, answers=raw, replying=True)
    assert card.has("take")
    seen = sato.opens(raw)
    assert "鈴木" in seen.text
    assert "返信中" in seen.text
    office.later(4)
    assert "返信中" not in sato.opens(raw).text


def test_an_older_outlook_finds_it_by_the_thread_and_else_by_recipient_and_subject(office: Office) -> None:
    raw = mail(1)
    suzuki, sato = office.at_outlook("suzuki@aoba.example"), office.at_gmail("sato@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    suzuki._post("/outlook/open", {"item": {**item_of(raw, suzuki.address), "conversationId": "AAQkthread"}})
    by_thread = suzuki.composes(CUSTOMER, conversationId="AAQkthread")
    assert by_thread.has("ask")
    by_subject = suzuki.composes(CUSTOMER, subject="RE: ご注文について")
    assert by_subject.has("ask")
    new = suzuki.composes(CUSTOMER, subject="ご注文について")
    assert not new.has("ask")


def test_taking_over_beside_the_compose_window_is_the_way_out_of_a_stopped_send(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    stopped = suzuki.sends(CUSTOMER, answers=raw)
    assert stopped["verdict"] == "stop"
    assert "佐藤" in stopped["message"]
    window = suzuki.window(CUSTOMER, answers=raw)
    question = suzuki.clicks(suzuki.composes(CUSTOMER, answers=raw).button("ask"), compose=window)
    taken = suzuki.clicks(question.button("take_over"), {"reason": "お客様がお急ぎ"}, compose=window)
    assert taken.has("insert")
    assert suzuki.sends(CUSTOMER, answers=raw) == {"verdict": "allow", "message": ""}
    seen = sato.opens(raw)
    assert "鈴木さんが" in seen.text
    assert "送信を止めました" in seen.text


def test_of_two_who_send_the_second_is_asked(office: Office) -> None:
    raw = mail(1)
    sato, suzuki = office.at_outlook("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    sato.opens(raw)
    assert sato.sends(CUSTOMER, answers=raw)["verdict"] == "allow"
    assert sato.sends(CUSTOMER, answers=raw)["verdict"] == "allow"  # cancelled in between, and sent again
    asked = suzuki.sends(CUSTOMER, answers=raw)
    assert asked["verdict"] == "ask"
    assert "佐藤" in asked["message"]
    # Where the client cannot ask, the mail goes, and is recorded.
    assert suzuki.sends(CUSTOMER, answers=raw, can_ask=False)["verdict"] == "allow"
    assert "二重返信" in sato.opens(raw).text


def test_a_customers_next_mail_is_a_new_question(office: Office) -> None:
    raw = mail(1)
    sato, suzuki = office.at_outlook("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    sato.opens(raw)
    sato.sends(CUSTOMER, answers=raw)
    stamp = email.utils.formatdate(office.store.library.client.time()[0] + 30)
    office.later(1)
    again = mail(2, references=[1], date=stamp)
    suzuki.opens(again)
    assert suzuki.sends(CUSTOMER, answers=again)["verdict"] == "allow"


def test_only_a_reply_to_the_customer_is_stopped(office: Office) -> None:
    """Asking a colleague about the mail, or forwarding it to somebody else, answers nobody a second time."""
    raw = mail(1)
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    assert suzuki.sends("sato@aoba.example", answers=raw)["verdict"] == "allow"
    assert suzuki.sends("maker@hikari.example", answers=raw)["verdict"] == "allow"
    assert suzuki.sends("boss@midori.example", answers=raw)["verdict"] == "stop"
    assert suzuki.sends(CUSTOMER)["verdict"] == "allow"
    assert suzuki.sends(*(f"g{n}@shop.example" for n in range(200)), CUSTOMER, answers=raw)["verdict"] == "stop"


def test_a_reply_to_address_of_another_company_is_the_customers_too(office: Office) -> None:
    raw = mail(1, reply_to="taro.private@elsewhere.example")
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    assert suzuki.sends("taro.private@elsewhere.example", answers=raw)["verdict"] == "stop"


def test_who_answers_what_nobody_had_goes_on_with_it(office: Office, client: str) -> None:
    raw = mail(1)
    suzuki, sato = office.at_outlook("suzuki@aoba.example"), office.at(client, "sato@aoba.example")
    sato.opens(raw)
    assert "未担当 1" in sato.goes_home().text
    suzuki.sends(CUSTOMER, answers=raw)
    assert "未担当" not in sato.goes_home().text
    assert "自分 1" in suzuki.goes_home().text
    assert "割り当て: 鈴木 健太" in sato.opens(raw).text


def test_ones_own_reply_does_not_make_ones_card_stale(office: Office, client: str) -> None:
    raw = mail(1)
    suzuki = office.at_outlook("suzuki@aoba.example")
    card = suzuki.clicks(suzuki.opens(raw).button("take"))
    suzuki.sends(CUSTOMER, answers=raw)
    done = suzuki.clicks(card.button("status"), mail=raw)
    assert "対応済" in done.text
    assert "何も変更していません" not in done.text


def test_a_shared_account_is_asked_and_never_stopped(office: Office) -> None:
    """Whoever sits there may be the one who has it."""
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    shared = office.at_outlook("support@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    assert shared.sends(CUSTOMER, answers=raw)["verdict"] == "ask"
    assert shared.sends(CUSTOMER, answers=raw, can_ask=False)["verdict"] == "allow"


def test_another_workspaces_mail_is_no_business_of_ours(office: Office) -> None:
    suzuki = office.at_outlook("suzuki@aoba.example")
    assert suzuki.sends(CUSTOMER, answers=mail(99))["verdict"] == "allow"


def test_administrators_see_how_many_sends_were_checked_and_why_others_were_not(office: Office, client: str) -> None:
    raw = mail(1)
    suzuki = office.at_outlook("suzuki@aoba.example")
    suzuki.opens(raw)
    suzuki.sends(CUSTOMER, answers=raw, missed={"timeout": 2, "no_token": 1, "invented": 9, "failed": -4})
    figures = office.at(client, "ito@aoba.example").looks_at_settings()
    assert "25% (4件中 1件)" in figures.text
    assert "時間内に応答なし" in figures.text
    assert "invented" not in figures.text
    assert "送信前の確認" not in office.at(client, "sato@aoba.example").looks_at_settings().text


def test_settings_hold_for_the_person_in_both_clients(office: Office, clients: tuple[str, str]) -> None:
    here, there = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "sato@aoba.example")
    card = here.looks_at_settings()
    saved = here.clicks(card.button("prefer"), {"language": "en", "team": "sales", "told": ["mentions"]})
    assert "Saved." in saved.text
    support = mail(1)
    assert "Take" in there.opens(support).words
    assert "Unclaimed" not in there.goes_home().text  # the support team's mail is not in this person's queue
    suzuki = office.at(clients[1], "suzuki@aoba.example")
    question = suzuki.clicks(suzuki.opens(support).button("ask", what="assign"))
    suzuki.clicks(question.button("assign"), {"to": "sato"})
    assert "For you" not in there.goes_home().text
    assert "Mine 1" in there.goes_home().text


def test_a_broken_compose_window_is_refused_by_name(office: Office) -> None:
    suzuki = office.at_outlook("suzuki@aoba.example")
    answer = office.app.post(
        "/outlook/send", json={"inReplyTo": 7}, headers={"Authorization": f"Bearer {suzuki.token()}"}
    )
    assert answer.status_code == 400


def test_gmail_without_permission_for_recipients_asks_for_it(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    sato.scopes = ("https://www.googleapis.com/auth/userinfo.email",)
    system, body = sato.event("/gmail/compose", gmail={})
    answer = office.app.post("/gmail/compose", json=body, headers={"Authorization": f"Bearer {system}"})
    assert "許可" in answer.get_data(as_text=True)


def test_recipients_of_every_kind_are_read(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    card = sato.composes(
        '"Tanaka, Taro" <tanaka@midori.example>',
        "undisclosed-recipients:;",
        "=?utf-8?B?55Sw5Lit?= <a..b.@docomo.ne.jp>",
        "not an address",
        "sato@aoba.example",
    )
    assert card.status == 200
    assert "a..b.@docomo.ne.jp" in card.text or "はじめて" in card.text
    assert "佐藤" not in card.text

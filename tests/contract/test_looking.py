"""What an agent looks at, and comes back to, in either client."""

from __future__ import annotations

from tests.contract.office import Office, mail


def test_refreshing_keeps_what_the_open_mail_says_of_itself(office: Office, client: str) -> None:
    """A mail without an id has a notice; it belongs to the mail, not to the conversation."""
    raw = mail("")
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    assert "Message-ID" in card.text
    again = sato.clicks(card.button("show"), mail=raw) if card.has("show") else sato.opens(raw)
    assert "Message-ID" in again.text


def test_a_question_can_be_left(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    question = sato.clicks(sato.opens(raw).button("ask", what="due"), mail=raw)
    assert sato.clicks(question.button("back"), mail=raw).has("take")


def test_a_due_time_and_an_assignment_can_be_taken_off_again(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    asked = sato.clicks(sato.opens(raw).button("ask", what="due"), mail=raw)
    sato.clicks(asked.button("due"), {"due": "2099-12-01T09:00"}, mail=raw)
    set_ = sato.opens(raw)
    assert "2099年12月1日 9:00" in set_.text
    again = sato.clicks(set_.button("ask", what="due"), mail=raw)
    cleared = sato.clicks(again.button("due", clear="1"), {"due": "2099-12-01T09:00"}, mail=raw)
    assert "返信期限を外しました。" in cleared.text
    asked = sato.clicks(sato.opens(raw).button("ask", what="assign"), mail=raw)
    sato.clicks(asked.button("assign"), {"to": "suzuki"}, mail=raw)
    again = sato.clicks(sato.opens(raw).button("ask", what="assign"), mail=raw)
    cleared = sato.clicks(again.button("assign", clear="1"), {"to": "suzuki"}, mail=raw)
    assert "担当者なし" in cleared.text


def test_a_row_of_the_queue_opens_the_conversation_on_top(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    conversation = sato.opens(raw).conversation
    home = sato.goes_home()
    peeked = sato.clicks(home.button("peek", conversation=conversation))
    assert peeked.has("take")

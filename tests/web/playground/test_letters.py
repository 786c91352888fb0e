"""What is written in the two clients: whose mailboxes it reaches, in which thread, and what a mail keeps of its draft."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.addresses import parse_addresses
from server.domain.mail import Address
from server.mail import parse
from server.web.playground.agents import Agent
from server.web.playground.letters import Letter, PostOffice, UnsendableError, own_reply, shown
from server.web.playground.mailbox import StoredMail
from tests.web.playground.conftest import NOW


def received(office: PostOffice, subject: str) -> StoredMail:
    return next(mail for mail in office.mailboxes.of("sato") if mail.subject == subject)


def sato(office: PostOffice) -> Agent:
    return office.agents["sato"]


def reply(office: PostOffice, **more: str) -> Letter:
    """Sato's own reply to the mail about a receipt."""
    mail = received(office, "領収書")
    fields = {"to": mail.sender.email, "subject": "Re: 領収書", "text": "お送りします。", "answers": mail.key}
    return Letter(**{**fields, **more})


def test_a_reply_lies_in_its_senders_thread_and_nowhere_else_in_the_house(office: PostOffice) -> None:
    mail = received(office, "領収書")
    sent = office.send(sato(office), reply(office))

    assert office.mailboxes.labels("sato", sent.key) == ("SENT",)
    assert office.mailboxes.find("suzuki", sent.key) is None
    assert sent in office.mailboxes.thread("sato", office.mailboxes.thread_number("sato", mail))
    assert office.mailboxes.of("suzuki")[0].key != sent.key


def test_what_goes_to_a_shared_address_arrives_with_everybody_and_to_a_colleague_with_them(office: PostOffice) -> None:
    everybody = office.send(sato(office), reply(office, cc="support@aoba.example"))
    colleague = office.send(sato(office), reply(office, cc="鈴木 <kenta.suzuki@aoba.example>"))

    assert office.mailboxes.labels("sato", everybody.key) == ("SENT", "INBOX")
    assert office.mailboxes.labels("takahashi", everybody.key) == ("INBOX",)
    assert office.mailboxes.labels("suzuki", colleague.key) == ("INBOX",)
    assert office.mailboxes.labels("takahashi", colleague.key) == ()


def test_a_sent_mail_is_a_mail_that_the_service_can_read(office: PostOffice) -> None:
    mail = received(office, "領収書")
    read = parse(office.send(sato(office), reply(office)).raw)

    assert (read.subject, read.sender) == ("Re: 領収書", Address("misaki.sato@aoba.example", "佐藤 美咲"))
    assert read.references == (mail.header("Message-ID").strip("<>"),)
    assert read.date == NOW
    assert read.message_id


def test_a_draft_is_seen_by_its_writer_alone_is_no_mail_yet_and_goes_when_it_is_sent(office: PostOffice) -> None:
    draft = office.keep(sato(office), reply(office, text="書きかけ"))
    again = office.keep(sato(office), reply(office, text="もう少し"), draft.key)

    assert again.key == draft.key
    assert office.mailboxes.labels("sato", draft.key) == ("DRAFT",)
    assert office.mailboxes.find("suzuki", draft.key) is None
    assert draft.key not in {mail.key for mail in office.mailboxes.of("sato")}
    assert again.header("In-Reply-To") == received(office, "領収書").header("Message-ID")

    office.send(sato(office), reply(office, answers=""), draft.key)

    assert office.mailboxes.find("sato", draft.key) is None
    sent = office.mailboxes.thread("sato", office.mailboxes.thread_number("sato", received(office, "領収書")))
    assert sent[0].header("In-Reply-To") == received(office, "領収書").header("Message-ID")


def test_nothing_is_sent_to_nobody(office: PostOffice) -> None:
    before = office.mailboxes.version

    with pytest.raises(UnsendableError):
        office.send(sato(office), reply(office, to="  "))

    assert office.mailboxes.version == before


def test_the_customer_answers_to_all_and_to_the_team(office: PostOffice) -> None:
    sent = office.send(sato(office), reply(office))
    answer = office.answer(sent, "ありがとうございます。")

    assert answer.sender.email == received(office, "領収書").sender.email
    assert [one.email for one in answer.people("To")] == ["misaki.sato@aoba.example"]
    assert not office.shared.isdisjoint(one.email for one in answer.people("Cc"))
    assert answer.header("In-Reply-To") == sent.header("Message-ID")
    assert office.mailboxes.labels("suzuki", answer.key) == ("INBOX",)


def test_a_mail_that_no_customer_got_has_no_customer_to_answer(office: PostOffice) -> None:
    internal = office.send(sato(office), reply(office, to="kenta.suzuki@aoba.example"))

    assert office.customer(internal) is None
    assert office.customer(received(office, "領収書")) is None
    with pytest.raises(UnsendableError):
        office.answer(internal, "x")


def test_the_clients_own_reply_goes_to_the_writer_and_keeps_the_shared_address_in_cc(office: PostOffice) -> None:
    mail = received(office, "領収書")
    fields = own_reply(sato(office), mail)

    assert mail.sender.email in str(fields["to"])
    assert fields["cc"] == "support@aoba.example"
    assert fields["subject"] == "Re: 領収書"
    assert str(fields["quote"]).count("\n> ") >= 2


def test_what_is_thrown_away_is_gone_and_the_files_stay(office: PostOffice) -> None:
    draft = office.keep(sato(office), reply(office))
    mail = received(office, "領収書")
    office.mailboxes.remove(draft.key)
    office.mailboxes.remove(mail.key)

    assert office.mailboxes.find("sato", draft.key) is None
    assert office.mailboxes.find("sato", mail.key) == mail


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12), max_size=4)
)
def test_shown_addresses_are_read_back_as_they_were(names: list[str]) -> None:
    people = tuple(
        Address(f"a{number}@kimura.example", name.replace('"', "").replace("\\", ""))
        for number, name in enumerate(names)
    )

    assert [one.email for one in parse_addresses(shown(people))] == [one.email for one in people]

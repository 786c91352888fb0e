"""A reply: the claim first, then the draft; who has overtaken whom; and what is seen of a reply that went out."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import msgspec
import pytest

from server.domain.changes import Change, DraftMade
from server.domain.conversation import Conversation
from server.domain.errors import RecordsUnavailable
from server.domain.ports import Target
from server.domain.workspace import Viewer
from server.store.conversations import RedisConversations
from tests.contract.office import GmailAgent, Office, OutlookAgent, Screen, mail
from tests.standins.google import fails

COMPOSING = "https://www.googleapis.com/auth/gmail.addons.current.action.compose"
READING = "https://www.googleapis.com/auth/gmail.addons.current.message.readonly"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
CUSTOMER = "tanaka@midori.example"


def opened_draft(screen: Screen) -> dict[str, str]:
    """Return the draft that Gmail is told to open."""
    found: dict[str, str] = screen.body["renderActions"]["hostAppAction"]["gmailAction"]["openCreatedDraftActionMarkup"]
    return found


def drafts(office: Office) -> list[email.message.EmailMessage]:
    """Return every draft in the mailbox."""
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in office.google.drafts.values()]


def record(office: Office, screen: Screen) -> Conversation:
    """Return the conversation as it stands in the store."""
    raw: Any = office.store.library.client.get(f"{{w:aoba}}:c:{screen.conversation}")
    return msgspec.msgpack.decode(raw, type=Conversation)


def answer_of(person: str, number: int = 2, references: tuple[int, ...] = (1,), **more: str) -> bytes:
    """Return a reply that somebody wrote in their own client."""
    return mail(
        number,
        sender=f"{person}@aoba.example",
        to=CUSTOMER,
        subject="Re: ご注文について",
        references=references,
        **more,
    )


def test_a_reply_in_gmail_is_a_real_draft_in_the_thread(office: Office) -> None:
    raw = mail(1, cc="boss@midori.example, info@aoba.example", reply_to="orders@midori.example")
    sato = office.at_gmail("sato@aoba.example")
    replied = sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    (draft,) = drafts(office)
    assert draft["To"] == "orders@midori.example"
    assert draft["Cc"] == "boss@midori.example"
    assert draft["In-Reply-To"] == "<1@mail.example>"
    assert draft["References"] == "<1@mail.example>"
    assert draft["Subject"] == "Re: ご注文について"
    assert draft.get_content_type() == "text/plain"
    assert "田中 太郎 様" in draft.get_content()
    assert "> お世話になっております。注文の件でご連絡しました。" in draft.get_content()
    (draft_id,) = office.google.drafts
    shown = opened_draft(replied)
    assert shown["draftId"] == draft_id
    claim = record(office, replied).claim
    assert claim is not None
    assert (claim.owner, claim.drafting) == ("sato", True)


def test_a_reply_in_outlook_opens_the_clients_own_form_with_words(office: Office) -> None:
    raw = mail(1)
    suzuki = office.at_outlook("suzuki@aoba.example")
    replied = suzuki.clicks(suzuki.opens(raw).button("start_reply"), mail=raw)
    assert replied.body["reply"] == {"all": True, "text": "田中 太郎 様\n\n"}
    assert "鈴木" in office.at_gmail("sato@aoba.example").opens(raw).text
    written = suzuki.clicks(
        suzuki.opens(raw).button("start_reply"), {"reply_text": "本日発送しました。", "reply_to": "sender"}, mail=raw
    )
    assert written.body["reply"] == {"all": False, "text": "本日発送しました。"}


def test_a_colleague_who_holds_it_stops_the_reply_before_a_word_is_written(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    late = suzuki.opens(raw)
    sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    before = len(office.google.drafts)
    refused = suzuki.clicks(late.button("start_reply"), mail=raw)
    assert "佐藤" in refused.text
    assert "reply" not in refused.body
    assert "hostAppAction" not in refused.body.get("renderActions", {})
    assert len(office.google.drafts) == before


def test_a_replayed_click_opens_the_same_draft(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    card = sato.opens(raw)
    shown = [opened_draft(sato.clicks(card.button("start_reply"), mail=raw)) for _ in range(3)]
    assert len(office.google.drafts) == 1
    assert shown[0] == shown[1] == shown[2]
    again = sato.opens(raw)
    assert "下書き" in again.text
    assert opened_draft(sato.clicks(again.button("start_reply"), mail=raw)) == shown[0]
    assert len(office.google.drafts) == 1


def test_a_deleted_draft_can_be_made_anew(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    replied = sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    office.google.discard(opened_draft(replied)["draftId"])
    sato.clicks(sato.opens(raw).button("start_reply", anew="1"), mail=raw)
    assert len(office.google.drafts) == 1


def test_words_typed_on_the_card_become_the_draft(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    question = sato.clicks(sato.opens(raw).button("write"), mail=raw)
    typed = {"reply_text": "本日発送しました。\n<b>明日</b>届きます。", "reply_to": "everyone"}
    sato.clicks(question.button("start_reply"), typed, mail=raw)
    (draft,) = drafts(office)
    assert draft.get_content().replace("\r\n", "\n").startswith("本日発送しました。\n<b>明日</b>届きます。")


def test_a_draft_that_could_not_be_made_leaves_the_claim_and_no_trace_of_a_draft(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    card = sato.opens(raw)
    office.google.faults["drafts.create"] = fails(500)
    failed = sato.clicks(card.button("start_reply"), mail=raw)
    assert "下書きを作成できませんでした" in failed.text
    office.google.faults.clear()
    assert record(office, failed).draft is None
    assert opened_draft(sato.clicks(failed.button("start_reply"), mail=raw))["draftId"]


def test_records_that_fail_after_the_draft_was_made_do_not_keep_the_agent_from_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    card = sato.opens(raw)
    act = RedisConversations.act

    def fails_to_note(self: RedisConversations, viewer: Viewer, target: Target, change: Change, *, once: str) -> Any:
        if isinstance(change, DraftMade):
            raise RecordsUnavailable("connection")
        return act(self, viewer, target, change, once=once)

    monkeypatch.setattr(RedisConversations, "act", fails_to_note)
    assert opened_draft(sato.clicks(card.button("start_reply"), mail=raw))["draftId"] in office.google.drafts


def test_what_overtook_a_draft_is_said_at_the_next_look(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    seen = suzuki.opens(raw)
    assert "送信は未確認" in seen.text
    question = suzuki.clicks(seen.button("ask", what="take_over"))
    suzuki.clicks(question.button("take_over"), {"reason": "お急ぎのため"})
    told = sato.opens(raw)
    assert "送信しないでください" in told.text
    assert "鈴木" in told.text
    assert "送信しないでください" not in sato.opens(raw).text


def test_a_sent_draft_is_noticed_when_its_writer_opens_the_thread_again(office: Office) -> None:
    raw = mail(1)
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    replied = sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    sato.sends(opened_draft(replied)["draftId"])
    assert "送信は未確認" in suzuki.opens(raw).text
    assert "返信しました" in sato.opens(raw).text
    after = suzuki.opens(raw)
    assert "送信は未確認" not in after.text
    assert "佐藤さんが" in after.text
    assert record(office, after).draft is None


def test_a_copy_that_reached_the_shared_address_tells_of_the_reply(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    office.later(3)
    stamp = office.store.library.client.time()[0] + 200
    sent = answer_of("sato", cc="support@aoba.example", date=email.utils.formatdate(stamp))
    seen = suzuki.opens(sent)
    assert "返信しました" in seen.text
    assert record(office, seen).draft is None
    assert record(office, seen).double is None


def test_a_reply_without_the_claim_is_recorded_and_shown_to_both(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    stamp = email.utils.formatdate(office.store.library.client.time()[0] + 60)
    suzuki.opens(raw)
    office.later(2)
    own = answer_of("suzuki", date=stamp)
    for agent in (suzuki, sato):
        screen = agent.opens(own if agent is suzuki else raw)
        assert "二重返信" in screen.text
        assert "鈴木" in screen.text or "あなた" in screen.text
        assert "重ねて返信" in screen.text
    assert "自分宛" in sato.goes_home().text or sato.goes_home().has("peek")
    sato.opens(mail(3, references=[1, 2], date=email.utils.formatdate(office.store.library.client.time()[0] + 100)))
    assert "二重返信" not in sato.opens(raw).text


def test_two_answers_to_one_question_are_a_double_reply_even_without_a_claim(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.opens(raw)
    now = office.store.library.client.time()[0]
    office.later(30)
    sato.opens(answer_of("sato", 2, date=email.utils.formatdate(now + 60)))
    seen = suzuki.opens(answer_of("suzuki", 3, date=email.utils.formatdate(now + 1300)))
    assert "二重返信" in seen.text
    assert record(office, seen).double is not None


def test_giving_it_back_ends_a_reply_form_but_not_a_draft_in_a_mailbox(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    begun = sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    released = sato.clicks(begun.button("release"), mail=raw)
    assert (record(office, released).draft is not None) == (client == "gmail")


def test_a_customers_clock_that_is_ahead_does_not_hide_our_answer(office: Office, client: str) -> None:
    now = office.store.library.client.time()[0]
    raw = mail(1, date=email.utils.formatdate(now + 3600))
    sato = office.at(client, "sato@aoba.example")
    sato.opens(raw)
    office.later(3)
    seen = sato.opens(answer_of("sato", date=email.utils.formatdate(now + 120)))
    assert "返信しました" in seen.text


def test_an_old_mail_opened_late_overtakes_nobody(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("start_reply"), mail=raw)
    suzuki.opens(answer_of("suzuki", date="Fri, 20 Nov 2026 09:00:00 +0900"))
    seen = sato.opens(raw)
    assert "送信しないでください" not in seen.text
    assert record(office, seen).draft is not None
    assert record(office, seen).double is None


def test_another_mail_open_than_the_cards_makes_no_draft(office: Office, client: str) -> None:
    """The agent has switched to another mail while the click was on its way."""
    raw, other = mail(1), mail(2, sender="other@kawa.example")
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    sato.opens(other)
    refused = sato.clicks(card.button("start_reply"), mail=other)
    assert "別のメール" in refused.text
    assert not office.google.drafts
    assert "reply" not in refused.body
    assert record(office, card).claim is None


def test_each_missing_permission_is_asked_for_and_the_repeated_click_counts_once(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    sato.scopes = (READING, EMAIL)
    card = sato.opens(raw)
    asked = sato.clicks(card.button("start_reply"), mail=raw)
    assert asked.body == {"requesting_google_scopes": {"scopes": [COMPOSING]}}
    assert record(office, card).claim is None
    sato.scopes = (READING, EMAIL, COMPOSING)
    for _ in range(2):
        sato.clicks(card.button("start_reply"), mail=raw)
    assert len(office.google.drafts) == 1
    happened = [line for line in sato.opens(raw).words if "返信を始めました" in line]
    assert len(happened) == 1


def test_without_permission_to_read_the_card_says_what_it_needs(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    sato.scopes = (EMAIL,)
    card = sato.opens(mail(1))
    assert "許可" in card.text
    asked = sato.clicks(card.button("grant"), mail=mail(1))
    assert asked.body == {"requesting_google_scopes": {"scopes": [READING]}}
    sato.scopes = (EMAIL, READING)
    assert "田中" in sato.clicks(card.button("grant"), mail=mail(1)).text


def test_a_mail_known_already_is_shown_without_that_permission(office: Office) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    sato.opens(raw)
    sato.scopes = (EMAIL,)
    assert "田中" in sato.opens(raw).text


def test_an_account_that_granted_no_address_is_asked_for_it(office: Office) -> None:
    sato = office.at_gmail("sato@aoba.example")
    sato.scopes = (READING,)
    system, body = sato.event("/gmail/message", gmail={"messageId": "msg-f:1"})
    del body["authorizationEventObject"]["userIdToken"]
    answer = office.app.post("/gmail/message", json=body, headers={"Authorization": f"Bearer {system}"})
    assert answer.status_code == 200
    assert answer.get_json() == {"requesting_google_scopes": {"scopes": [EMAIL]}}


@pytest.mark.parametrize("withdrawn", [403])
def test_a_permission_withdrawn_meanwhile_is_asked_for_again(office: Office, withdrawn: int) -> None:
    raw = mail(1)
    sato = office.at_gmail("sato@aoba.example")
    card = sato.opens(raw)
    office.google.grants["ya29.agent"] = {READING}
    asked = sato.clicks(card.button("start_reply"), mail=raw)
    assert asked.body == {"requesting_google_scopes": {"scopes": [COMPOSING]}}
    assert record(office, card).draft is None


def test_the_conversation_is_answered_only_once_in_ten_mails(office: Office) -> None:
    """An agent in Gmail and one in Outlook, both pressing reply on each of ten mails: one draft or form each."""
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    mails = [mail(n, sender=f"客 {n} <c{n}@shop{n}.example>", subject=f"質問 {n}") for n in range(10)]
    for number, raw in enumerate(mails):
        left, right = sato.opens(raw), suzuki.opens(raw)
        agents: list[tuple[GmailAgent | OutlookAgent, Screen]] = [(sato, left), (suzuki, right)]
        if number % 2:
            agents.reverse()
        answers = [agent.clicks(card.button("start_reply"), mail=raw) for agent, card in agents]
        began = [
            "reply" in answer.body or "hostAppAction" in answer.body.get("renderActions", {}) for answer in answers
        ]
        assert began == [True, False]
    assert len(office.google.drafts) == 5

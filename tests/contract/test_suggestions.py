"""Suggested answers in both clients: proposed with a reason, filled in, checked, inserted, learned from, taken back."""

from __future__ import annotations

import msgspec

from server.domain.workspace import Viewer
from server.replies.embedding import Embedder
from tests.contract.answers import INVOICE, UPSET, WHERE, asks, opened, proposed, written
from tests.contract.office import Office


def test_the_first_open_shows_the_card_at_once_and_the_answers_come(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    first = agent.opens(raw)
    assert "準備" in first.text
    assert not first.has("unpick")
    answering.reads(embedder)
    then = agent.opens(raw)
    assert "準備" not in then.text
    assert "配送状況のご案内" in then.text
    assert proposed(then)[0] == "where"


def test_the_first_suggestion_is_filled_and_becomes_the_reply(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(answering, embedder, agent, raw)
    used = agent.clicks(card.button("start_reply", template="where"), mail=raw)
    text = written(answering, used, client)
    assert text.startswith("田中 太郎 様\n\nお世話になっております。青葉商事の佐藤 美咲です。")
    assert "{{" not in text
    after = agent.opens(raw)
    assert after.has("unpick")
    # The promise in it is due when it says.
    assert "18:00" in after.text


def test_both_clients_are_proposed_the_same(answering: Office, embedder: Embedder) -> None:
    raw = asks(1, INVOICE)
    gmail, outlook = answering.at_gmail("sato@aoba.example"), answering.at_outlook("suzuki@aoba.example")
    first = proposed(opened(answering, embedder, gmail, raw))
    assert first[0] == "invoice"
    assert proposed(outlook.opens(raw)) == first


def test_what_lacks_something_is_not_inserted_and_says_what(answering: Office, client: str, embedder: Embedder) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, "商品の到着が遅れています。代わりの品を送っていただけますか。")
    card = opened(answering, embedder, agent, raw)
    assert "注文番号" in card.text
    assert not [one for one in card.buttons if one.name == "start_reply" and one.args.get("template") == "late"]
    editor = agent.clicks(card.button("write", template="late"), mail=raw)
    (name, text) = next((name, text) for name, text in editor.fields.items() if name.startswith("reply_text"))
    assert "〔" in text
    stopped = agent.clicks(editor.button("start_reply"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert "reply" not in stopped.body
    assert not answering.google.drafts
    assert stopped.fields
    filled = text.replace("〔注文番号〕", "A-10293")
    assert "〔" not in filled
    done = agent.clicks(stopped.button("start_reply"), {"reply_text": filled, "reply_to": "everyone"}, mail=raw)
    assert "A-10293" in written(answering, done, client)


def test_an_upset_mail_is_marked_with_its_sentence_and_answered_with_an_apology(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, UPSET)
    card = opened(answering, embedder, agent, raw)
    assert "ご不満" in card.text
    assert "いい加減にしてください" in card.text or "3回目の連絡" in card.text
    assert card.has("correct")
    used = agent.clicks(card.button("start_reply", kind="upset"), mail=raw)
    text = written(answering, used, client)
    head = "\n".join(text.split("\n")[:8])
    assert "申し訳" in head
    # Who is not upset after all: the mark goes for everybody, and the next mail of the kind is not marked.
    calm = agent.clicks(agent.opens(raw).button("correct", feeling="dissatisfied"), mail=raw)
    assert "いい加減" not in calm.text
    assert "ご不満の可能性" not in answering.at("outlook", "suzuki@aoba.example").opens(raw).text


def test_picking_another_one_twice_changes_the_order_and_undo_brings_it_back(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, "荷物の配送状況と、領収書の発行について教えてください。")
    card = opened(answering, embedder, agent, raw)
    before = proposed(card)
    other = before[1]
    for _ in range(2):
        editor = agent.clicks(agent.opens(raw).button("write", template=other), mail=raw)
        (name, text) = next((name, text) for name, text in editor.fields.items() if name.startswith("reply_text"))
        text = text.replace("〔注文番号〕", "A-10293")
        agent.clicks(editor.button("start_reply"), {name: text, "reply_to": "everyone"}, mail=raw)
        answering.later(1)
    after = agent.opens(raw)
    assert proposed(after)[0] == other
    for _ in range(2):
        after = agent.clicks(after.button("unpick"), mail=raw)
    assert proposed(agent.opens(raw)) == before
    assert not after.has("unpick")


def test_the_check_finds_replaces_and_lets_go(answering: Office, client: str, embedder: Embedder) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(answering, embedder, agent, raw)
    editor = agent.clicks(card.button("write", template="where"), mail=raw)
    wrong = "鈴木 花子 様\n\nお世話になっております。青葉商事の佐藤 美咲です。\n\n了解しました。荷物は{{ order_number }}です。明日18時までにご連絡いたします。"
    checked = agent.clicks(editor.button("check"), {"reply_text": wrong, "reply_to": "everyone"}, mail=raw)
    assert checked.has("replace")
    stopped = agent.clicks(checked.button("start_reply"), {"reply_text": wrong, "reply_to": "everyone"}, mail=raw)
    assert "reply" not in stopped.body
    assert not answering.google.drafts
    assert wrong in stopped.fields.values()
    mended = agent.clicks(checked.button("replace"), {"reply_text": wrong, "reply_to": "everyone"}, mail=raw)
    (text,) = [text for name, text in mended.fields.items() if name.startswith("reply_text")]
    assert text != wrong


def test_a_colleagues_claim_hides_the_suggestions(answering: Office, embedder: Embedder) -> None:
    raw = asks(1, WHERE)
    sato, suzuki = answering.at_gmail("sato@aoba.example"), answering.at_outlook("suzuki@aoba.example")
    card = opened(answering, embedder, sato, raw)
    sato.clicks(card.button("take"), mail=raw)
    assert not suzuki.opens(raw).has("write")


def test_an_archived_template_is_proposed_no_more(answering: Office, client: str, embedder: Embedder) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    assert proposed(opened(answering, embedder, agent, raw))[0] == "where"
    workspace = answering.store.directory.workspace("aoba")
    assert workspace

    one = answering.store.answers.all(workspace)["where"]
    viewer = Viewer(workspace, workspace.person_by_id["sato"])
    answering.store.answers.save(viewer, msgspec.structs.replace(one, archived=True), 1, "古い")
    assert "where" not in proposed(agent.opens(raw))


def test_an_english_agent_reads_english_around_japanese_answers(answering: Office, embedder: Embedder) -> None:
    raw = asks(1, UPSET)
    agent = answering.at_outlook("suzuki@aoba.example", language="en-US")
    card = opened(answering, embedder, agent, raw)
    assert "Possibly upset" in card.text
    assert "Suggested" in card.text


def test_another_customers_name_left_from_a_copy_stops_the_reply(
    answering: Office, client: str, embedder: Embedder
) -> None:
    """Names are held against the customers whose mails the agent has at hand: it is from those that one copies."""
    agent = answering.at(client, "sato@aoba.example")
    other = asks(1, INVOICE, sender="高橋 健 <takahashi@minato.example>", subject="領収書")
    agent.clicks(agent.opens(other).button("take"), mail=other)
    raw = asks(2, WHERE)
    card = opened(answering, embedder, agent, raw)
    editor = agent.clicks(card.button("write", template="where"), mail=raw)
    (name, text) = next((name, text) for name, text in editor.fields.items() if name.startswith("reply_text"))
    wrong = text.replace("ご注文の配送状況", "高橋様のご注文の配送状況")
    assert wrong != text
    stopped = agent.clicks(editor.button("start_reply"), {name: wrong, "reply_to": "everyone"}, mail=raw)
    assert "高橋" in stopped.text
    assert "reply" not in stopped.body
    assert not answering.google.drafts
    done = agent.clicks(stopped.button("start_reply"), {"reply_text": text, "reply_to": "everyone"}, mail=raw)
    assert "配送状況" in written(answering, done, client)


def test_what_a_mail_lacks_can_be_asked_for(answering: Office, client: str, embedder: Embedder) -> None:
    """The row has words of its own to click on, and does not say that the mail gives what it lacks."""
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, "注文した商品がまだ届きません。状況を教えてください。")
    card = opened(answering, embedder, agent, raw)
    assert "足りない情報をうかがう" in card.text
    assert "不足: 注文番号" in card.text
    assert "注文番号あり" not in card.text
    editor = agent.clicks(card.button("write", kind="clarify"), mail=raw)
    assert any("ご注文番号" in text for name, text in editor.fields.items() if name.startswith("reply_text"))

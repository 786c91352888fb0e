"""Upset, urgent, about to leave: on mails that were written after the heads were trained."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.understanding import Feeling, Mood, Sign
from server.replies import mood
from server.replies.embedding import CharEmbedder, Embedder, UseEmbedder
from server.replies.mood import FEELINGS, notable, read, shipped
from server.replies.sentences import split
from server.replies.vectors import pack

LONG_AND_CALM = """お世話になっております。株式会社つばめの堀です。
先日は納品書をお送りいただきありがとうございました。
数量に相違がないことを確認いたしましたので、検収書をお送りします。
お手数ですが、ご査収くださいますようお願い申し上げます。
また、来月分の発注につきましては改めてご連絡いたします。
引き続きどうぞよろしくお願いいたします。"""

LONG_AND_CALM_ENGLISH = """Hello Sara,

Thank you for the call this morning. As discussed we will take the larger room for the workshop on the 9th. There will be
fourteen of us, two of them vegetarian. Could you send me a confirmation with the room name?

Best wishes,
Tom"""

CALM = (
    "最低でも3つ必要です。",
    "最低2週間はかかりますか。",
    LONG_AND_CALM,
    LONG_AND_CALM_ENGLISH,
    "最低注文数は20個からと伺いましたが、12個では難しいでしょうか。",
    "解約金の計算方法を、契約する前に確認させてください。",
    "急ぎではありませんので、来月の定例会までにご回答いただければ結構です。",
    "お急ぎ便の追加料金はおいくらですか。",
    "クレームカードの用紙がなくなりそうです。五十枚追加で送ってください。",
    "怒りの王国というゲームの予約特典はまだ付きますか。",
    "件名に「至急」とある請求メールが届きましたが、これは本物ですか。",
    "三回目の購入ですが、今回もとても良かったです。",
    "先日の不具合は直っていました。素早いご対応に感謝します。",
    "消火器の使用期限が切れました。同じ物を見積もってください。",
    "退職者が出たのでライセンスを一つ減らしてください。",
    "遅い時間に失礼いたします。明日のセミナーの会場はどちらでしょうか。",
    "緊急連絡先の登録を変更したいです。",
    "すみません、私の勘違いでした。問題ありません。",
    "悪い口コミを消してほしいというお客様への返し方を教えてください。",
    "最悪の場合、日程をずらすことはできますか。",
    "お詫びの品をいただき恐縮です。かえってお気を遣わせてしまいました。",
    "ご迷惑をおかけしますが、住所の変更をお願いいたします。",
    "今すぐでなくて構いませんので、カタログを一部お送りください。",
    "会議の時間が変わりましたのでお知らせします。",
    "What is the minimum order value for free delivery?",
    "Is there a cancellation fee if we cancel the workshop booking?",
    "No rush at all, but could you send me the brochure sometime?",
    "Could you post me a blank insurance claim form?",
    "Thanks for fixing it so fast, I'm really pleased.",
    "I'm looking for a game called Furious Ferrets.",
    "We use your app to log customer complaints. Can I change the colour of the labels?",
    "Sorry, my mistake, I read the wrong line.",
    "I need to cancel Tuesday's lesson but I'll be there on Friday.",
    "Do you sell a first aid kit for emergencies?",
    "I'd hate to be a bother, but where do I find my invoices?",
    "Can I get a quote for a fire alarm?",
)

FELT: dict[Feeling, tuple[str, ...]] = {
    "dissatisfied": (
        "こんな雑な仕事をされるとは思いませんでした。",
        "同じ間違いを三回も繰り返すのはなぜですか。",
        "電話はつながらない、メールは返ってこない。どうなっているんですか。",
        "安くない買い物なのに、この出来はひどいと思います。",
        "ありえない。返金して。",
        "店員さんの態度に腹が立ちました。",
        "これで三度目の問い合わせです。そろそろきちんとした返事をください。",
        "お世話になっております。先週もお伝えした件ですが、まだ何も変わっておりません。本当に確認していただけているのでしょうか。",
        "Dear team, thank you for your kind reply. I must however say that I am deeply disappointed.",
        "I've been waiting six weeks and all I get is automated replies.",
        "Your support is a disgrace.",
        "This is the second time you've lost my parcel. How is that possible?",
        "The quality is terrible for the price.",
        "I feel completely ignored.",
    ),
    "urgent": (
        "本日17時までにご返答をお願いいたします。",
        "至急対応をお願いします。",
        "明日の朝一で使うので、今日中に設定してください。",
        "サーバーが落ちて業務が止まっています。すぐに見てください。",
        "We need this fixed within the hour.",
        "I need it by tomorrow morning, can you hurry?",
    ),
    "churn": (
        "今月いっぱいで解約させてください。",
        "別のサービスに乗り換えることにしました。",
        "退会方法を教えてください。",
        "契約の更新はしません。",
        "もうそちらでは買いません。",
        "Please cancel my subscription at the end of this month.",
        "We're moving to a different vendor.",
        "I won't shop here any more.",
    ),
}

POLITE = (
    "いつも丁寧にご対応いただき感謝しております。",
    "ただ、今回の件につきましては、正直なところ大変失望いたしました。",
    "今後ともよろしくお願いいたします。",
)


@pytest.fixture(scope="module")
def use() -> Embedder:
    return UseEmbedder()


def mood_of(text: str, embedder: Embedder) -> Mood:
    sentences = split(text)
    return read(sentences, embedder.embed(sentences), embedder.model)


def signs(mood: Mood) -> dict[Feeling, Sign]:
    return {feeling: getattr(mood, feeling) for feeling in FEELINGS}


@pytest.mark.parametrize("text", CALM)
def test_what_only_sounds_like_trouble_is_not_marked(text: str, use: Embedder) -> None:
    assert notable(mood_of(text, use), ()) == (), text


@pytest.mark.parametrize(("feeling", "text"), [(feeling, text) for feeling, texts in FELT.items() for text in texts])
def test_what_is_felt_is_marked(feeling: Feeling, text: str, use: Embedder) -> None:
    assert feeling in notable(mood_of(text, use), ()), text


def test_one_sharp_line_in_a_polite_mail_decides_and_is_quoted(use: Embedder) -> None:
    sign = mood_of("\n".join(POLITE), use).dissatisfied
    assert sign.sentence == POLITE[1]
    assert sign.score >= mood.THRESHOLDS["dissatisfied"]


def test_a_threat_to_leave_in_anger_is_both(use: Embedder) -> None:
    assert set(notable(mood_of("何度言っても直らないので、もう解約します。", use), ())) >= {"dissatisfied", "churn"}


def test_without_the_model_the_plainest_words_are_still_understood() -> None:
    """Spelling alone: the service runs on, and says less."""
    without = CharEmbedder()
    assert "urgent" in notable(mood_of("至急対応をお願いします。", without), ())
    assert "dissatisfied" in notable(mood_of("何度も同じ説明をさせないでください。納得できません。", without), ())
    assert notable(mood_of("領収書の再発行をお願いします。", without), ()) == ()
    assert read(["至急対応をお願いします。"], None, "char-1") == mood_of("至急対応をお願いします。", without)


def test_vectors_of_a_model_that_the_heads_do_not_know_are_not_used(use: Embedder) -> None:
    sentences = ["至急対応をお願いします。"]
    assert read(sentences, use.embed(sentences), "use-m4-9") == read(sentences, None, "use-m4-9")


def test_a_mail_without_a_sentence_feels_nothing() -> None:
    assert read([], None, "use-m3-1") == Mood()
    assert notable(Mood(), ()) == ()


def test_what_an_agent_has_corrected_is_not_shown_again() -> None:
    felt = Mood(dissatisfied=Sign(0.99, "ひどい"), urgent=Sign(0.99, "至急"), churn=Sign(0.1))
    assert notable(felt, ()) == ("dissatisfied", "urgent")
    corrected: tuple[Feeling, ...] = ("dissatisfied",)
    assert notable(felt, corrected) == ("urgent",)


def test_a_correction_teaches_the_team(use: Embedder) -> None:
    """A sentence marked as not upset no longer counts, nor does one very like it; other anger does, and so do other feelings."""
    said = "この鍋、やばいくらい焦げて最悪で笑いました。"
    corrected: dict[Feeling, list[bytes]] = {"dissatisfied": [pack(use.embed([said])[0])]}
    sentences = [said, "Your support is a disgrace."]
    vectors = use.embed(sentences)
    alone = read(sentences[:1], vectors[:1], use.model, corrected)
    assert alone.dissatisfied.score == 0
    assert alone.urgent == read(sentences[:1], vectors[:1], use.model).urgent
    near = ["この鍋、やばいくらい焦げて最悪で笑いました！！"]
    assert read(near, use.embed(near), use.model, corrected).dissatisfied.score == 0
    both = read(sentences, vectors, use.model, corrected).dissatisfied
    assert both == read(sentences[1:], vectors[1:], use.model).dissatisfied


def test_a_correction_of_another_length_is_passed_over(use: Embedder) -> None:
    sentences = ["Your support is a disgrace."]
    vectors = use.embed(sentences)
    foreign: dict[Feeling, list[bytes]] = {"dissatisfied": [b"\0\0" * 64]}
    assert read(sentences, vectors, use.model, foreign) == read(sentences, vectors, use.model)


def test_a_long_sentence_is_quoted_short() -> None:
    sign = read(["納得できません、" * 40], None, "char-1").dissatisfied
    assert len(sign.sentence) == 120
    assert sign.sentence.endswith("…")


@given(st.lists(st.text(max_size=200), min_size=1, max_size=8), st.text(max_size=200))
def test_one_more_sentence_never_makes_a_mail_calmer(sentences: list[str], another: str) -> None:
    before, after = (signs(read(some, None, "char-1")) for some in (sentences, [*sentences, another]))
    for feeling in FEELINGS:
        assert 0 <= before[feeling].score <= after[feeling].score <= 1
        assert len(after[feeling].sentence) <= 120


def test_the_order_of_sentences_does_not_matter(use: Embedder) -> None:
    sentences = list(POLITE)
    vectors = use.embed(sentences)
    there, back = read(sentences, vectors, use.model), read(sentences[::-1], vectors[::-1], use.model)
    assert there.dissatisfied.sentence == back.dissatisfied.sentence
    assert there.dissatisfied.score == pytest.approx(back.dissatisfied.score, abs=1e-3)


def test_the_shipped_heads_are_whole() -> None:
    heads = shipped()
    assert heads.full.meaning.shape == (3, 512)
    assert heads.alone.meaning.shape == (3, 0)
    for head in (heads.full, heads.alone):
        assert head.spelling.shape == (3, mood.BUCKETS)
        assert (head.slope > 0).all(), "a louder sentence must never count for less"
    assert np.isfinite(heads.rarity).all()

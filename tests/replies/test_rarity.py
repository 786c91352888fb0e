"""What stands in every mail weighs little."""

from __future__ import annotations

import hashlib
import hmac

import msgspec
import numpy as np
import pytest

from server.replies.boilerplate import is_boilerplate
from server.replies.embedding import CharEmbedder
from server.replies.rarity import Corpus, keys_of, weights, with_mail

EMBEDDER = CharEmbedder()


@pytest.mark.parametrize(
    "sentence",
    [
        "お世話になっております。",
        "いつも大変お世話になっております。",
        "お世話になります。",
        "株式会社山田商店の佐藤です。",
        "はじめまして、佐藤と申します。",
        "突然のご連絡失礼いたします。",
        "お忙しいところ恐れ入ります。",
        "早速のご返信ありがとうございます。",
        "よろしくお願いいたします。",
        "どうぞよろしくお願い申し上げます。",
        "ご確認のほど、よろしくお願いいたします。",
        "お手数をおかけしますが、よろしくお願いします。",
        "ご返信をお待ちしております。",
        "取り急ぎご連絡まで。",
        "以上、よろしくお願いいたします。",
        "ご担当者様",
        "サポート御中",
        "株式会社山田商店",
        "営業部 佐藤 花子",
        "TEL: 03-1234-5678",
        "〒100-0001 東京都千代田区1-1",
        "Hi there,",
        "Dear Support Team,",
        "Dear Mr. Smith,",
        "Good morning,",
        "I hope this email finds you well.",
        "My name is Ann Lee.",
        "This is Ann Lee from Lee & Co.",
        "Thanks in advance,",
        "Thank you very much for your help.",
        "Best regards,",
        "Kind regards, Ann Lee",
        "I look forward to hearing from you.",
        "Please let me know.",
        "Sent from my iPhone",
        "Phone: +44 20 7946 0000",
    ],
)
def test_boilerplate_is_known_from_the_first_day(sentence: str) -> None:
    assert is_boilerplate(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "返品の手続きをお願いいたします。",
        "見積書をお願いします。",
        "お世話になっている者ですが、荷物が届きません。",
        "今月三度目の停止です。",
        "先月の請求です。",
        "カスタマーセンターに電話しましたがつながりません。",
        "お客様番号を忘れました。",
        "領収書の宛名を変えてください。",
        "メールが届きません。",
        "電話で話したいです。",
        "部品が足りません。",
        "ご連絡がないまま一週間たちました。",
        "I am locked out of my account.",
        "This is not what I ordered.",
        "I'm awaiting my refund.",
        "Tell me how to delete my account.",
        "Hi, I want to cancel.",
        "Hello, where is my order?",
        "Please let me know if my card was sent.",
        "Thank you, but it still does not work.",
        "I appreciate nothing about this delay.",
        "My phone does not connect.",
    ],
)
def test_a_sentence_that_asks_for_something_is_no_boilerplate(sentence: str) -> None:
    assert not is_boilerplate(sentence)


def weighed(sentences: list[str], corpus: Corpus) -> list[float]:
    return [float(weight) for weight in weights(sentences, EMBEDDER.embed(sentences), corpus)]


def learned(*mails: list[str]) -> Corpus:
    corpus = Corpus()
    for mail in mails:
        corpus = with_mail(corpus, mail, EMBEDDER.embed(mail))
    return corpus


def test_a_new_team_weighs_greetings_down() -> None:
    greeting, asked = weighed(["お世話になっております。", "荷物がまだ届きません。"], Corpus())
    assert greeting < asked / 10


def test_a_sentence_of_many_mails_weighs_by_the_root_of_their_number() -> None:
    """The team's own phrase is in no list of patterns."""
    phrase = "社内の番号は 1 です。"
    once, often = learned(["別の文です。"]), learned(*[[phrase]] * 99, ["別の文です。"])
    before, after = (
        weighed([phrase], msgspec.structs.replace(once, total=())),
        weighed([phrase], msgspec.structs.replace(often, total=())),
    )
    assert after[0] == pytest.approx(before[0] / 10, rel=1e-5)


def test_digits_make_no_difference_to_the_count() -> None:
    assert keys_of(["注文番号は 123 です。"]) == keys_of(["注文番号は 98765 です"])


def test_a_sentence_counts_once_a_mail() -> None:
    corpus = learned(["同じ文です。", "同じ文です。"])
    assert dict(corpus.counts) == {"同じ文です": 1}
    assert (corpus.sentences, corpus.mails) == (2, 1)


def test_longer_sentences_weigh_by_the_root_of_their_length() -> None:
    short, long = weighed(["あ" * 9, "い" * 36], Corpus())
    assert long == pytest.approx(2 * short)


def test_what_is_like_the_teams_mean_weighs_less() -> None:
    corpus = learned(*[["配送についての質問です。", "配送の件です。"]] * 200)
    usual, rare = weighed(["配送の質問の件です", "画面が真っ白に光る"], corpus)
    assert usual < rare


def test_a_mean_of_another_model_is_left_aside() -> None:
    corpus = Corpus(total=(1, 2, 3), sentences=10)
    assert weighed(["荷物がまだ届きません。"], corpus) == weighed(["荷物がまだ届きません。"], Corpus())


def test_counts_are_kept_under_a_keyed_digest() -> None:
    def digest(sentence: str) -> str:
        return hmac.new(b"team", sentence.encode(), hashlib.sha256).hexdigest()[:16]

    mail = ["荷物がまだ届きません。"]
    corpus = with_mail(Corpus(), mail, EMBEDDER.embed(mail), digest)
    assert "荷物" not in msgspec.json.encode(corpus).decode()
    known, unknown = weights(mail, EMBEDDER.embed(mail), corpus, digest), weights(mail, EMBEDDER.embed(mail), corpus)
    assert known[0] < unknown[0]


def test_a_mail_that_was_counted_does_not_stand_in_its_own_way() -> None:
    mail = ["荷物がまだ届きません。"]
    vectors = EMBEDDER.embed(mail)
    corpus = msgspec.structs.replace(with_mail(Corpus(), mail, vectors), total=())
    assert weights(mail, vectors, corpus, own=True) == pytest.approx(weights(mail, vectors, Corpus()))


def test_a_corpus_comes_back_from_json_as_it_was() -> None:
    corpus = learned(["荷物がまだ届きません。"], ["返金してください。", "お願いします。"])
    assert msgspec.json.decode(msgspec.json.encode(corpus), type=Corpus) == corpus


def test_sums_of_a_corpus_are_exact() -> None:
    one, two = ["荷物がまだ届きません。"], ["返金してください。"]
    assert learned(one, two).total == learned(two, one).total


def test_a_mail_without_sentences_has_no_weights() -> None:
    assert weights([], np.zeros((0, 4), dtype=np.float32), Corpus()).shape == (0,)

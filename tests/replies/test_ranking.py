"""Which template answers a mail: by its text, by what it was picked for, and by what a fit found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from server.replies.embedding import CharEmbedder
from server.replies.gist import Wording, gist, template_vectors
from server.replies.ranking import (
    THRESHOLD,
    Entry,
    Fit,
    Shelf,
    fit_head,
    learned_threshold,
    rank,
    refit,
    shelve,
)
from server.replies.rarity import Corpus
from server.replies.vectors import minus, nothing, pack, plus, unit

EMBEDDER = CharEmbedder()
BODIES = {
    "delivery": "荷物の配送状況をお調べしました。発送は済んでおり、追跡番号でお届け予定を確認いただけます。",
    "refund": "返金の手続きをいたしました。代金はカード会社を通じて口座へ返金されます。",
    "password": "パスワードの再設定をご案内いたします。ログイン画面からお進みください。",
    "invoice": "請求書と領収書を再発行し、宛名を改めてお送りいたします。",
}
ASKED = {
    "delivery": ["荷物の配送はいつですか。", "追跡番号を教えてください。", "荷物がまだ配送中です。", "お届け予定の日は。", "発送は済みましたか。"],
    "refund": ["返金はいつですか。", "代金を返金してください。", "口座に返金がありません。", "返金の手続きは。", "返金額が違います。"],
    "password": ["パスワードを忘れました。", "ログインできません。", "パスワードの再設定は。", "ログイン画面が出ません。", "ログインの方法は。"],
    "invoice": ["領収書をください。", "請求書の宛名が違います。", "請求書を再発行して。", "領収書の宛名は。", "請求書が届かない。"],
}  # fmt: skip


def asked(text: str) -> NDArray[np.float32]:
    return gist(text, EMBEDDER, Corpus()).vector


def entries(bodies: dict[str, str] = BODIES, language: str = "ja") -> list[Entry]:
    vectors = template_vectors([Wording("", body, language) for body in bodies.values()], EMBEDDER)
    return [Entry(name, language, pack(row)) for name, row in zip(bodies, vectors, strict=True)]


def picked(entry: Entry, *mails: str) -> Entry:
    sums = np.frombuffer(entry.sums, dtype="<i4").astype(np.int32) if entry.sums else nothing(EMBEDDER.dimensions)
    for mail in mails:
        sums = plus(sums, pack(asked(mail)))
    return replace(entry, sums=sums.astype("<i4").tobytes(), picks=entry.picks + len(mails))


def examples() -> list[tuple[str, bytes]]:
    return [(name, pack(asked(mails[at]))) for at in range(5) for name, mails in ASKED.items()]


def taught() -> list[Entry]:
    return [picked(entry, *ASKED[entry.id]) for entry in entries()]


def first(shelf: Shelf, text: str) -> str:
    return rank(shelf, asked(text), "ja").best[0].id


def test_the_text_of_a_template_alone_ranks_it() -> None:
    shelf = shelve("char-1", entries())
    assert first(shelf, "荷物の追跡番号を教えてください。") == "delivery"
    assert first(shelf, "代金の返金を口座にお願いします。") == "refund"
    assert first(shelf, "パスワードの再設定ができません。") == "password"
    assert first(shelf, "領収書の宛名を改めてください。") == "invoice"


def test_the_best_three_come_in_their_order_with_their_picks() -> None:
    ranking = rank(shelve("char-1", taught()), asked("返金はまだですか。"), "ja")
    assert len(ranking.best) == 3
    assert ranking.best[0].id == "refund"
    assert ranking.best[0].picks == 5
    assert [one.score for one in ranking.best] == sorted((one.score for one in ranking.best), reverse=True)
    assert ranking.fits


def test_one_pick_teaches_at_once() -> None:
    odd = "例の件、よしなに。"
    before = entries()
    after = [picked(entry, odd) if entry.id == "invoice" else entry for entry in before]
    assert first(shelve("char-1", after), odd) == "invoice"
    place = [one.id for one in rank(shelve("char-1", before), asked(odd), "ja", most=4).best].index("invoice")
    assert rank(shelve("char-1", after), asked(odd), "ja").best[0].score > (
        rank(shelve("char-1", before), asked(odd), "ja", most=4).best[place].score
    )


def test_a_pick_that_is_undone_leaves_the_same_matrix() -> None:
    entry = picked(entries()[0], "荷物はどこですか。")
    more = picked(entry, "返金してください。")
    less = minus(np.frombuffer(more.sums, dtype="<i4"), pack(asked("返金してください。")))
    undone = replace(more, sums=less.astype("<i4").tobytes(), picks=1)
    rest = entries()[1:]
    assert shelve("char-1", [undone, *rest]).matrix.tobytes() == shelve("char-1", [entry, *rest]).matrix.tobytes()


ENGLISH = {"delivery-en": "Your parcel was shipped.", "refund-en": "Your refund has been issued to your card."}


def test_only_templates_of_the_mails_language_are_ranked() -> None:
    shelf = shelve("char-1", [*entries(), *entries(ENGLISH, "en")])
    assert {one.id for one in rank(shelf, asked("Where is my parcel?"), "en").best} == set(ENGLISH)
    assert not {one.id for one in rank(shelf, asked("荷物はどこですか。"), "ja").best} & set(ENGLISH)


def test_other_languages_help_out_where_there_is_no_template_of_the_mails() -> None:
    shelf = shelve("char-1", entries(ENGLISH, "en"))
    assert {one.id for one in rank(shelf, asked("荷物はどこですか。"), "ja").best} == set(ENGLISH)


def test_a_mail_of_no_known_language_is_ranked_among_all() -> None:
    shelf = shelve("char-1", [*entries(), *entries(ENGLISH, "en")])
    assert len(rank(shelf, asked("refund?"), "", most=10).best) == len(BODIES) + len(ENGLISH)
    assert rank(shelf, asked("refund?"), "").best[0].id == "refund-en"


@pytest.mark.parametrize("text", ["", "😀", "12345"])
def test_nothing_fits_a_mail_that_says_nothing(text: str) -> None:
    ranking = rank(shelve("char-1", taught()), asked(text), "ja")
    assert ranking.best == ()
    assert not ranking.fits


def test_nothing_fits_where_there_are_no_templates() -> None:
    ranking = rank(shelve("char-1", []), asked("荷物はどこですか。"), "ja")
    assert ranking.best == ()
    assert not ranking.fits


def test_a_team_of_one_template_can_be_ranked() -> None:
    assert first(shelve("char-1", entries()[:1]), "荷物の配送はいつですか。") == "delivery"


def test_nothing_fits_a_question_from_elsewhere() -> None:
    shelf = shelve("char-1", taught())
    near, far = rank(shelf, asked("返金はいつですか。"), "ja"), rank(shelf, asked("きょう晴れるかな"), "ja")
    assert near.fits
    assert not far.fits
    assert far.outside > 0 > near.outside


def test_equal_scores_stay_in_the_order_of_ids() -> None:
    one = entries()[0]
    shelf = shelve("char-1", [replace(one, id=name) for name in ("c", "a", "b")])
    assert [ranked.id for ranked in rank(shelf, asked("荷物の配送は"), "ja").best] == ["a", "b", "c"]


def test_vectors_of_another_model_are_refused() -> None:
    short = Entry("x", "ja", pack(np.ones(512, dtype=np.float32)))
    with pytest.raises(ValueError, match="512 dimensions where the model has 1024"):
        shelve("char-1", [short])
    with pytest.raises(ValueError, match="a sum of 512 dimensions"):
        shelve("char-1", [replace(entries()[0], sums=nothing(512).tobytes(), picks=1)])


def test_a_fit_learns_from_picks_and_says_the_same_every_time() -> None:
    fit = refit(taught(), examples(), "char-1")
    assert set(fit.heads) == {"ja"}
    assert msgspec.msgpack.encode(fit) == msgspec.msgpack.encode(refit(taught(), examples(), "char-1"))
    shelf = shelve("char-1", taught(), fit)
    hits = sum(first(shelf, mail) == name for name, mails in ASKED.items() for mail in mails)
    assert hits == 20


def test_a_fit_comes_back_from_its_bytes_as_it_was() -> None:
    fit = refit(taught(), examples(), "char-1")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fit), type=Fit) == fit


def test_a_fit_waits_for_picks() -> None:
    few = [one for one in examples() if one[0] == "refund"] + examples()[:3]
    assert fit_head(taught(), few, "ja", "char-1") is None
    assert fit_head(taught(), [], "ja", "char-1") is None
    assert refit(taught(), few, "char-1").heads == {}


def test_picks_of_templates_that_are_gone_are_passed_over() -> None:
    gone = [("archived", pack(asked("何か")))] * 9
    assert refit(taught(), [*gone, *examples()], "char-1").heads["ja"].ids == tuple(sorted(BODIES))


def test_a_fit_of_another_model_is_left_aside() -> None:
    other = msgspec.structs.replace(refit(taught(), examples(), "char-1"), model="use-m3-1")
    assert shelve("char-1", taught(), other).matrix.tobytes() == shelve("char-1", taught()).matrix.tobytes()


def test_a_template_that_came_after_the_fit_is_ranked_among_the_others() -> None:
    new = entries({"trial": "お試し期間と導入の流れをご説明いたします。"})
    shelf = shelve("char-1", [*taught(), *new], refit(taught(), examples(), "char-1"))
    assert first(shelf, "お試し期間はありますか。") == "trial"
    assert first(shelf, "返金はいつですか。") == "refund"


def test_a_pick_after_the_fit_still_counts_at_once() -> None:
    fit = refit(taught(), examples(), "char-1")
    odd = "例の件、よしなに。"
    after = [picked(entry, odd, odd, odd) if entry.id == "invoice" else entry for entry in taught()]
    assert first(shelve("char-1", after, fit), odd) == "invoice"


def test_picks_of_one_and_the_same_mail_can_be_fitted() -> None:
    same = [(name, pack(asked(ASKED[name][0]))) for name in BODIES for _ in range(5)]
    assert refit(taught(), same, "char-1").heads["ja"].ids == tuple(sorted(BODIES))


def test_the_threshold_lies_between_the_picked_and_the_rest() -> None:
    seen = [(0.6, 0.2), (0.7, 0.3), (0.65, 0.25)] * 100
    assert 0.25 < learned_threshold(seen) <= 0.6


def test_the_threshold_hides_no_more_than_a_tenth_of_the_picks() -> None:
    seen = [(0.3 + at / 1000, 0.5 + at / 1000) for at in range(200)]
    limit = learned_threshold(seen)
    assert sum(score < limit for score, _ in seen) <= 20


def test_few_picks_move_the_threshold_little() -> None:
    assert learned_threshold([]) == THRESHOLD
    assert abs(learned_threshold([(0.9, 0.8)]) - THRESHOLD) < 0.05


def test_a_sentence_that_all_templates_share_ranks_none_of_them() -> None:
    shared = "このたびはご不便とご心配をおかけし、深くお詫び申し上げます。"
    own = {"a": "荷物は本日お届けします。", "b": "返金は本日いたします。", "c": "パスワードを再設定しました。"}
    vectors = template_vectors([Wording("", shared + body, "ja") for body in own.values()], EMBEDDER)
    bare = EMBEDDER.embed(list(own.values()))
    apology = EMBEDDER.embed([shared])[0]
    for row, alone in zip(vectors, bare, strict=True):
        assert row @ alone > row @ apology


def test_the_title_tells_what_a_template_is_about() -> None:
    named, bare = template_vectors(
        [Wording("配送状況", "お調べします。", "ja"), Wording("", "お調べいたします。", "ja")], EMBEDDER
    )
    question = asked("配送状況を知りたい。")
    assert named @ question > bare @ question


def test_variables_of_a_template_are_no_words() -> None:
    body = "{{ customer_name }}{% if refund %}返金{% endif %}について{{ order_number }}"
    plain, filled = template_vectors([Wording("", "返金 について", "ja"), Wording("", body, "ja")], EMBEDDER)
    assert plain @ filled > 0.9


def test_templates_without_a_word_are_zeros_and_rank_last() -> None:
    vectors = template_vectors([Wording("t01", "{{ customer_name }}", "ja")], EMBEDDER)
    assert not vectors.any()
    shelf = shelve("char-1", [*entries(), Entry("blank", "ja", pack(vectors[0]))])
    assert rank(shelf, asked("返金はいつですか。"), "ja", most=5).best[-1].id == "blank"


def test_no_templates_give_no_vectors() -> None:
    assert template_vectors([], EMBEDDER).shape == (0, EMBEDDER.dimensions)


def random_rows(count: int) -> Sequence[NDArray[np.float32]]:
    draw = np.random.default_rng(4)
    return [unit(row) for row in draw.standard_normal((count, EMBEDDER.dimensions)).astype(np.float32)]

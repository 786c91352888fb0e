"""Names that mean one person, however they are written, and names that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.likeness import Likeness, likeness, likeness_of, same_company
from server.domain.romaji import sound_of


@pytest.mark.parametrize(
    "written",
    [
        "しょうこ Shōko Shoko Syoko ショウコ ｼｮｳｺ Shouko",
        "おおの Ono Ohno Oono",
        "さとう Satoh Sato Satou",
        "しんいち Shinichi Shin'ichi Sinniti",
        "じゅんじ Junji Zyunzi",
        "なんば Namba Nanba",
        "つづき Tsuzuki Tuzuki",
        "ふじもと Fujimoto Huzimoto",
        "いっちょう Itcho Ittyou",
        "りゅうた Ryuta Ryuuta ＲＹＵＴＡ",
    ],
)
def test_one_sound_has_one_key_however_it_is_spelt(written: str) -> None:
    assert len({sound_of(word) for word in written.split()}) == 1


@pytest.mark.parametrize(("one", "other"), [("おの", "うの"), ("かとう", "かど"), ("しん", "じん"), ("Sato", "Saito")])
def test_other_sounds_have_other_keys(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("田中 太郎", "田中太郎"),
        ("田中 太郎", "田中\u3000太郎 様"),
        ("田中 太郎", "太郎 田中"),
        ("田中 太郎", "田中太郎さん"),
        ("田中 太郎", "㈱北都フーズ 田中太郎様"),
        ("田中 太郎", "北都フーズ株式会社 田中 太郎"),
        ("田中 太郎", "田中 太郎\uff08北都フーズ\uff09"),
        ("田中 太郎", "【北都フーズ】田中太郎"),
        ("田中 太郎", "田中太郎＠北都フーズ"),
        ("田中 太郎", "田中太郎@北都フーズ"),
        ("田中 太郎", "\u202a田中\u200b太郎\u202c"),
        ("葛\U000e0100城 太郎", "葛城 太郎"),
        ("渡邊 真", "渡辺 眞"),
        ("タナカ タロウ", "たなか たろう"),
        ("ﾀﾅｶ ﾀﾛｳ", "Taro TANAKA"),
        ("たなかたろう", "Tanaka Tarō"),
        ("Mr. Taro Tanaka", "Tanaka, Taro"),
        ("Ｔａｒｏ Ｔａｎａｋａ", "tanaka taro-san"),
        ("Bob Smith", "Robert Smith"),
    ],
)
def test_one_name_in_two_spellings_is_one(one: str, other: str) -> None:
    assert likeness(one, other) is Likeness.WHOLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("田中", "田中 太郎"),
        ("港", "港花子"),
        ("T. Tanaka", "Taro Tanaka"),
        ("田中 たろう", "田中 太郎"),
        ("㈱北都フーズ 田中", "田中太郎"),
        ("北都フーズ㈱ 田中", "田中 太郎"),
        ("田中 (株)北都フーズ", "田中 太郎"),
    ],
)
def test_a_part_of_a_name_agrees_in_part(one: str, other: str) -> None:
    assert likeness(one, other) is Likeness.PART


@pytest.mark.parametrize(
    ("one", "other"), [("港 花子", "港 一郎"), ("鈴木 花子", "佐藤 花子"), ("Hanako Minato", "Ichiro Minato")]
)
def test_a_shared_half_makes_no_person(one: str, other: str) -> None:
    assert likeness(one, other) is Likeness.OTHER


@pytest.mark.parametrize(("one", "other"), [("田中 太郎", "Taro Tanaka"), ("", "田中"), ("様", "…"), ("なお", "Emma")])
def test_what_cannot_be_compared_says_nothing(one: str, other: str) -> None:
    assert likeness(one, other) is Likeness.UNKNOWN


def test_a_reading_bridges_kanji_and_romaji() -> None:
    assert likeness_of(("田中 太郎", "たなか たろう"), "Taro Tanaka") is Likeness.WHOLE


def test_the_surest_name_decides_whether_it_is_somebody_else() -> None:
    assert likeness_of(("港 花子", "港 一郎"), "港 一郎") is Likeness.OTHER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(株)青葉", "青葉株式会社"),
        ("㈱青葉", "株式会社\u3000青葉"),
        ("Aoba Inc.", "AOBA"),
        ("ｱｵﾊﾞ\uff08株\uff09", "アオバ"),
        ("(同)青葉", "合同会社青葉"),
        ("NPO法人青葉", "特定非営利活動法人 青葉"),
        ("（医）青葉会", "医療法人青葉会"),
    ],
)
def test_a_company_is_the_same_without_its_form(one: str, other: str) -> None:
    assert same_company(one, other)


def test_a_company_that_begins_like_another_is_another() -> None:
    assert not same_company("青葉商事株式会社", "株式会社青葉")
    assert not same_company("株式会社", "株式会社")


NAMES = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(["田中", "太郎", "タナカ", "Taro", "tanaka", "㈱北都", "様", "T.", "(株)", "さん"]), max_size=4
    ).map(" ".join),
)


@given(NAMES, NAMES)
def test_comparing_has_no_direction(one: str, other: str) -> None:
    assert likeness(one, other) is likeness(other, one)


@given(NAMES)
def test_a_name_is_never_somebody_elses_than_its_own(name: str) -> None:
    assert likeness(name, name) is not Likeness.OTHER

"""Bytes to text, whatever the label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.mail.charsets import decode, repair
from tests.costs import costs_its_length

JAPANESE = "お世話になっております。青葉商事の田中です。ｱﾊﾟｰﾄの件"
LABELS = [
    "",
    "us-ascii",
    "utf-8",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "iso-8859-1",
    "x-unknown",
    "no-such-charset",
    "base64",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp_ext"])
def test_japanese_is_read_under_any_label(codec: str, label: str) -> None:
    text = JAPANESE if codec != "euc_jp" else JAPANESE[:-8]
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize("word", ["件名", "田中", "注文", "見積", "請求書", "株式会社", "テスト", "納期", "髙橋", "①"])
def test_short_words_without_a_label(word: str) -> None:
    assert decode(word.encode("cp932")) == word
    assert decode(word.encode("utf-8")) == word


def test_half_width_kana_under_a_right_label_stays() -> None:
    assert decode("ﾔﾏﾀﾞ ﾀﾛｳ".encode("cp932"), "Shift_JIS") == "ﾔﾏﾀﾞ ﾀﾛｳ"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B-!-j|b\x1b(B", "①㈱髙"),
        (b"\x1b(I1234\x1b(B ok", "ｱｲｳｴ ok"),
        (b"\x0e1234\x0f ok\x1b$B\x1b(B", "ｱｲｳｴ ok"),
        (b"\x1b$B$3$s\r\nplain", "こん\r\nplain"),
        (b"\x1b$B$3$s$K$A$O", "こんにちは"),
        (b"\x1b$(D0!\x1b(B", "丂"),
    ],
)
def test_iso_2022_jp_as_it_is_written(data: bytes, text: str) -> None:
    assert decode(data, "iso-2022-jp") == text


def test_western_text() -> None:
    assert decode("Café – déjà".encode("cp1252"), "iso-8859-1") == "Café – déjà"
    assert decode("Café déjà".encode("latin-1")) == "Café déjà"
    assert decode("Привет".encode("koi8-r"), "koi8-r") == "Привет"
    assert decode("안녕하세요".encode("cp949"), "ks_c_5601-1987") == "안녕하세요"
    assert decode("您好".encode("gb18030"), "gb2312") == "您好"
    assert decode("中文".encode("big5"), "big5") == "中文"


def test_what_is_damaged_is_marked_and_the_rest_stays() -> None:
    assert decode("お世話に".encode()[:-1] + b"\xff", "utf-8").startswith("お世話")
    assert decode(JAPANESE.encode()[:-1]).startswith(JAPANESE[:-1])


@pytest.mark.parametrize(
    "value",
    [
        JAPANESE,
        JAPANESE.encode().decode("latin-1"),
        JAPANESE.encode().decode("ascii", "surrogateescape"),
        JAPANESE.encode("cp932").decode("ascii", "surrogateescape"),
        JAPANESE.encode("cp932").decode("latin-1"),
        JAPANESE.encode("iso2022_jp_ext").decode("ascii"),
    ],
)
def test_a_header_is_repaired(value: str) -> None:
    assert repair(value) == JAPANESE


@pytest.mark.parametrize("value", ["Café", "plain", "", "naïve – test", "\ud800x"])
def test_a_whole_header_is_left_alone(value: str) -> None:
    assert repair(value) == value


def test_a_codec_of_pythons_own_is_no_charset() -> None:
    assert decode(b"caf\xc3\xa9 \\\x80", "unicode_escape") == decode(b"caf\xc3\xa9 \\\x80", "")


@given(
    st.binary(max_size=300),
    st.one_of(
        st.sampled_from([*LABELS, "utf-16", "utf-7", "idna", "punycode", "hz", "rot13", "unicode_escape"]),
        st.text(max_size=20),
    ),
)
def test_decoding_never_raises(data: bytes, label: str) -> None:
    assert isinstance(decode(data, label), str)


@given(st.text(st.characters(codec="utf-8")))
def test_utf_8_is_what_it_was(text: str) -> None:
    if "\x1b" not in text:
        assert decode(text.encode(), "utf-8") == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    "piece", [b"\x1b$B-!-j\x1b(B", b"\xad\xa1", b"\x1b$B", b"\x82\xa0", b"\xff\xfe", b"\x8f\xa1", b"\x1b(I1\n"]
)
def test_length_costs_its_length(piece: bytes) -> None:
    costs_its_length(lambda length: decode(piece * (length // len(piece))), 100_000)

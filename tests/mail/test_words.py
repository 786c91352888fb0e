"""Encoded words and parameters as programs write them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.mail.words import decode_words, from_base64, parameters
from tests.costs import costs_its_length


def word(data: bytes, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a=20b_c?= tail", "a b c tail"),
        ("=?utf-8?Q?=E7=B4=8D?=\r\n =?UTF-8?B?5pyf?=", "納期"),
        ("=?utf-8*ja?B?57SN5pyf?=", "納期"),
        ("a =?utf-8?B?57SN5pyf?= b", "a 納期 b"),
        ("=?utf-8?B?57SN5pyf", "納期"),
        ("=?utf-8?B?57SN5pyf!!?=", "納期"),
        ("=?us-ascii?Q??=x", "x"),
        ("=?no-such?Q?abc?=", "abc"),
        ("2 =? 3 ?=", "2 =? 3 ?="),
        ("=?iso-2022-jp?B?" + base64.b64encode("日本".encode("iso2022_jp")).decode() + "?=", "日本"),
    ],
)
def test_words(raw: str, text: str) -> None:
    assert decode_words(raw) == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1b\ufeff"), max_size=40), st.integers(0, 200))
def test_a_character_may_be_split_between_words(text: str, at: int) -> None:
    data = text.encode()
    assert decode_words(f"{word(data[:at])}\r\n {word(data[at:])}") == text


@given(st.text("=?BbQqutf-8_ \r\nあ\udc82", max_size=60))
def test_any_text_is_decoded(raw: str) -> None:
    assert isinstance(decode_words(raw), str)


def test_base64_without_regard_to_padding() -> None:
    assert from_base64(b"YQ==YQ==") == b"aa"
    assert from_base64(b"YWJj\r\nZ") == b"abc"
    assert from_base64(b"YW\nJj!") == b"abc"
    assert from_base64(b"=") == b""


@given(st.binary(max_size=200))
def test_base64_gives_back_what_went_in(data: bytes) -> None:
    assert from_base64(base64.encodebytes(data)) == data


def test_parameters_of_rfc_2231() -> None:
    kind, found = parameters(
        'Text/Plain; charset*=\'\'iso-2022-jp; boundary*0="abc"; boundary*1=def; name*=utf-8\'ja\'%E6%97%A5.pdf; x="a\\"b;c"'
    )
    assert kind == "text/plain"
    assert found == {"charset": "iso-2022-jp", "boundary": "abcdef", "name": "日.pdf", "x": 'a"b;c'}
    assert parameters("attachment; filename*1*=%E6%96%87; filename*0*=utf-8''%E6%B3%A8")[1] == {"filename": "注文"}
    assert parameters('attachment; filename="=?utf-8?B?57SN5pyf?="')[1] == {"filename": "納期"}


@given(st.text(max_size=120))
def test_any_parameters_are_read(value: str) -> None:
    assert isinstance(parameters(value)[1], dict)


@pytest.mark.parametrize("piece", ["=?x?q?", "=?", "=?utf-8?q?a?= ", "; a=", ';a="\\', ";x", "=?utf-8?B?A"])
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: decode_words(piece * (length // len(piece))), 100_000)
    costs_its_length(lambda length: parameters(piece * (length // len(piece))), 100_000)

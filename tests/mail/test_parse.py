"""Laws of reading: whatever the bytes, a Mail or UnreadableMail comes back, soon, and clean."""

import base64
import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.ids import normalise
from server.domain.mail import Mail
from server.mail import UnreadableMail, from_headers, parse, split_header_block
from tests.costs import costs_its_length

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "mail").glob("*.eml"))
FRAGMENTS = [
    b"From: ", b"To: ", b"Subject: ", b"Message-ID: <a@b>", b"References: ", b"Content-Type: multipart/mixed; boundary=x",
    b"Content-Type: text/html; charset=", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Type: message/rfc822", b"--x", b"--x--", b"\r\n", b"\r\n\r\n", b"\n", b"\n ", b"=?utf-8?B?", b"=?iso-2022-jp?q?", b"?=",
    b"\x1b$B", b"\x1b(B", b"\x1b(I", b"\xa4\xa2", b"\x82\xa0", b"\xe3\x81\x82", b"<a@b>", b'"', b"(", b")", b",", b";", b"<div ", b"<br>",
    b"<blockquote type=cite>", b"> ", b"-- ", b"----", b"charset*0*=utf-8''", b"\x00", b"utf-16", b"utf-7", b"idna", b"base64", b"Date: 99",
]  # fmt: skip
WITH_SURROGATES = st.text(st.characters(), max_size=60)


def check(mail: Mail) -> None:
    """What every Mail promises, see domain.mail."""
    mail.message_id.encode()
    assert mail.message_id
    assert len(mail.references) <= 40
    assert mail.message_id not in mail.references
    assert len(mail.subject) <= 1_000
    assert "\n" not in mail.subject
    assert len(mail.text) <= 20_000
    assert len(mail.body) <= 20_000
    for shown in (mail.subject, mail.text, mail.body, mail.sender.name, mail.sender.email):
        shown.encode()  # no half of a surrogate pair is left
        assert not any(char in shown for char in "\x00\x1b\u200b\u202e\u2066")


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail_or_unreadable(raw: bytes) -> None:
    with contextlib.suppress(UnreadableMail):
        check(parse(raw))


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=8)), max_size=40).map(b"".join))
@example(b"From: a@b\r\nContent-Type: text/plain; charset=utf-16\r\n\r\nabc")
@example(b"From: a@b\r\nContent-Type: text/plain; charset=idna\r\n\r\n\xff")
@example(b"From: a@b\r\nContent-Type: multipart/mixed\r\n\r\n--\r\nContent-A:")
@example(b"From: a@b\r\nSubject: =?utf-8?q?=")
def test_what_looks_like_a_mail_is_read(junk: bytes) -> None:
    check(parse(b"From: taro@midori.example\r\n" + junk))


@given(st.sampled_from(FIXTURES), st.integers(0, 3_000), st.binary(max_size=6))
def test_damaged_mails_are_read(path: Path, at: int, wound: bytes) -> None:
    raw = path.read_bytes()
    try:
        check(parse(raw[:at] + wound + raw[at + len(wound) :]))
        check(parse(raw[: max(at, 40)]))
    except UnreadableMail:
        assert at < 40  # only a wound in the very first line can leave no header


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["From", "To", "Subject", "Date", "Message-ID", "References", "X-A"]), WITH_SURROGATES
        ),
        max_size=6,
    )
)
def test_any_header_text_is_read(headers: list[tuple[str, str]]) -> None:
    check(from_headers(headers, "text", "<p>html</p>"))


PLAIN_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], min_codepoint=0x20),
    min_size=1,
    max_size=40,
)


@given(
    PLAIN_TEXT.filter(
        lambda text: "=?" not in text and not text.isascii() and not any("\x80" <= char <= "\xff" for char in text)
    )
)
def test_a_decoded_header_gives_the_mail_of_the_encoded_one(subject: str) -> None:
    """One client hands over headers as they were sent, another only what it shows; without an id, the fingerprint has to agree."""
    encoded = f"=?utf-8?B?{base64.b64encode(subject.encode()).decode()}?="
    headers = [("Date", "Fri, 20 Nov 2026 10:00:00 +0900"), ("From", "taro@midori.example")]
    assert from_headers([*headers, ("Subject", encoded)]) == from_headers([*headers, ("subject", subject)])


@given(st.text(max_size=300))
def test_a_header_block_splits_into_single_lines(block: str) -> None:
    for name, value in split_header_block(block):
        assert name
        assert not {"\r", "\n"} & set(name + value)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\x01\x02", b"hello\r\n", b"PK\x03\x04zip", b"X-Only: ours\r\n\r\ntext", b"<html></html>"]
)
def test_what_is_no_mail_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(UnreadableMail):
        parse(raw)


def test_a_file_may_begin_with_a_mark_or_empty_lines() -> None:
    assert parse(b"\xef\xbb\xbf\r\n\r\nFrom: a@b.example\r\n\r\ntext").sender.email == "a@b.example"


def test_the_id_of_a_parsed_mail_is_already_normal() -> None:
    for path in FIXTURES:
        mail = parse(path.read_bytes())
        assert mail.fingerprinted or normalise(mail.message_id) == mail.message_id


HEAD = b"From: a@b.example\r\nSubject: x\r\n"
JAPANESE = "お世話になっております。青葉商事の田中です。先日の注文の件でご連絡いたしました。\r\n".encode()
HOSTILE = {
    "a megabyte of lines": HEAD + b"\r\n" + (b"x" * 76 + b"\r\n") * 13_000,
    "a megabyte on one line": HEAD + b"\r\n" + b"x" * 1_000_000,
    "a megabyte of Japanese": HEAD + b"\r\n" + JAPANESE * 8_000,
    "a megabyte of base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(JAPANESE * 6_000),
    "a megabyte of quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=E3=81=82=\r\n" * 80_000,
    "a megabyte of HTML": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div><p>x<b>y</b><br></p></div>" * 30_000,
    "unclosed tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div><b " * 120_000,
    "cells": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<td>" * 250_000,
    "a thousand references": HEAD + b"References:" + b"\r\n <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.example>" * 1_000 + b"\r\n\r\nx",
    "a long name": b"From: " + b"x" * 10_000 + b" <a@b.example>\r\n\r\nx",
    "a long name of commas": b'From: "' + b"x," * 5_000 + b'" <a@b.example>\r\n\r\nx',
    "brackets": b"From: " + b"<(" * 50_000 + b"\r\n\r\nx",
    "many recipients": HEAD + b"To: " + b"a@b.example,\r\n " * 60_000 + b"\r\n\r\nx",
    "many headers": HEAD + b"X: y\r\n" * 160_000 + b"\r\nx",
    "many encoded words": b"From: a@b\r\nSubject:" + b" =?utf-8?B?44GC?=\r\n" * 20_000 + b"\r\nx",
    "a deep tree": HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(15_000)),
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 90_000,
    "attributions": HEAD + b"\r\n" + b"On 1\r\n" * 150_000,
    "blanks": b"From: a\n" + b" \t" * 500_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_length_costs_its_length(name: str) -> None:
    raw = HOSTILE[name]
    check(parse(raw))
    costs_its_length(lambda length: parse(raw[:length]), len(raw))

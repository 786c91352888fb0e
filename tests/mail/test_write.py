"""What a reply becomes on its way out is what every reader finds in it."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.domain.addresses import clean_email, clean_name, one_line, visible
from server.domain.answering import can_be_written
from server.domain.mail import Address, Mail
from server.domain.reply import Reply
from server.mail.parse import parse
from server.mail.write import written

REPLY = Reply(to=(Address("taro@midori.example", "田中 太郎"),), cc=(), subject="Re: 配送の確認", text="明日届きます。")


def by_the_standard_library(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def people(message: EmailMessage, name: str) -> list[str]:
    return [address.addr_spec for address in message[name].addresses] if message[name] else []


def header(reply: Reply, name: str) -> str:
    """One header as it stands, its folds undone."""
    head = written(reply).split(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    return next((line.partition(": ")[2] for line in head.split("\r\n") if line.startswith(f"{name}: ")), "")


# ---------------------------------------------------------------- the law

LOCALS = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
    st.from_regex(r"[a-z0-9.+_/=?!#$%&'*~^,;:()\[\] -]{1,40}", fullmatch=True),
    st.sampled_from(["a..b.", ".a", "da.me..", "taro+42", "a,b", "a b", "a(b)", "undisclosed-recipients:;"]),
)
DOMAINS = st.sampled_from(
    ["docomo.ne.jp", "midori.example", "みどり.example", "[192.0.2.1]", "x_y.example", "a.b.c.example"]
)
NAMES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "田中, 太郎", 'O"Neil', "\\", "Tanaka (Midori)", "a@b.example", "=?utf-8?b?5Y+J?=", "x" * 190, "たなか" * 60,
            "Tanaka\r\nBcc: evil@x.example", "\u202egnp.exe", "a;b:c,", "名\0前", "👨\u200d👩\u200d👧", "<a@b>", "'", "é", ".", "😀" * 80,
        ]
    ),
)  # fmt: skip


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    """An address as headers are read into one."""
    address = clean_email(f"{draw(LOCALS)}@{draw(DOMAINS)}")
    if not can_be_written(address):
        address = "taro@midori.example"
    return Address(address, clean_name(draw(NAMES), address))


IDS = st.from_regex(r"<[!-;=?-~]{1,100}>", fullmatch=True)
REPLIES = st.builds(
    Reply,
    to=st.lists(addresses(), max_size=6).map(tuple),
    cc=st.lists(addresses(), max_size=3).map(tuple),
    subject=st.one_of(st.text(max_size=200), st.sampled_from(["Re: =?utf-8?b?5Y+J?=", "Re: a\r\nBcc: x@y.example", "x" * 1_000])),
    text=st.text(max_size=400),
    sender=st.none() | addresses(),
    in_reply_to=st.just("") | IDS,
    references=st.lists(IDS, max_size=5).map(tuple),
)  # fmt: skip


@given(REPLIES)
@settings(deadline=None)
@example(replace(REPLY, subject="", text="\ud800\0\r\r\n"))
def test_our_own_reader_finds_what_was_written(reply: Reply) -> None:
    mail = parse(written(reply))
    assert mail.to == reply.to
    assert mail.cc == reply.cc
    assert mail.sender == (reply.sender or Address(""))
    assert mail.subject == one_line(reply.subject, 1_000)
    assert mail.body == _said(reply.text)
    assert mail.written_references == (
        tuple(dict.fromkeys(reply.references)) or (reply.in_reply_to,) * bool(reply.in_reply_to)
    )


def _said(text: str) -> str:
    return visible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


@given(REPLIES)
@settings(deadline=None)
def test_the_standard_library_finds_the_same(reply: Reply) -> None:
    """As far as it reads it: it knows no addresses of letters beyond ASCII."""
    message = by_the_standard_library(written(reply))
    for name, wanted in (("To", reply.to), ("Cc", reply.cc)):
        if all(address.email.isascii() for address in wanted):
            assert [_plain(one) for one in people(message, name)] == [_plain(address.email) for address in wanted]
    assert " ".join(str(message["Subject"]).split()) == one_line(reply.subject, 1_000)
    assert message.get_content_type() == "text/plain"
    assert _said(message.get_content()) == _said(reply.text)
    assert (message["References"] or "").split() == list(reply.references)
    assert (message["In-Reply-To"] or "") == reply.in_reply_to


def _plain(address: str) -> str:
    """The standard library puts quotes around a local part with dots where RFC 5322 has none."""
    return address.replace('"', "")


@given(REPLIES)
@settings(deadline=None)
def test_every_line_is_one_that_smtp_carries(reply: Reply) -> None:
    raw = written(reply)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert body.isascii()
    assert all(32 <= byte != 127 for byte in head.replace(b"\r\n", b""))


@given(REPLIES)
@settings(deadline=None)
def test_nothing_that_is_typed_or_read_becomes_a_header_of_its_own(reply: Reply) -> None:
    head = written(reply).split(b"\r\n\r\n")[0].decode()
    names = re.findall(r"^([^\s:]+):", head, re.MULTILINE)
    order = [
        "From",
        "To",
        "Cc",
        "Subject",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    assert names == [name for name in order if name in names]


# ---------------------------------------------------------------- one by one


@pytest.mark.parametrize(
    ("address", "as_written"),
    [
        (Address("taro@midori.example"), "<taro@midori.example>"),
        (Address("a..b.@docomo.ne.jp"), "<a..b.@docomo.ne.jp>"),
        (Address(".a@docomo.ne.jp"), "<.a@docomo.ne.jp>"),
        (Address("a..b.@docomo.ne.jp", "Taro Tanaka"), "Taro Tanaka <a..b.@docomo.ne.jp>"),
        (Address("a..b.@docomo.ne.jp", "田中"), "=?utf-8?b?55Sw5Lit?= <a..b.@docomo.ne.jp>"),
        (Address("taro@midori.example", "Tanaka, Taro"), '"Tanaka, Taro" <taro@midori.example>'),
        (Address("taro@midori.example", 'Taro "T" T.'), r'"Taro \"T\" T." <taro@midori.example>'),
        (Address("taro@midori.example", "T\\"), "=?utf-8?q?T=5C?= <taro@midori.example>"),
        (Address("taro@midori.example", "=?x?="), "=?utf-8?b?PT94Pz0=?= <taro@midori.example>"),
        (Address("a,b@midori.example", "A"), 'A <"a,b"@midori.example>'),
        (Address("(a)@midori.example"), '<"(a)"@midori.example>'),
        (Address("taro@[192.0.2.1]"), "<taro@[192.0.2.1]>"),
        (Address("taro@midori.example", "T\r\nBcc: evil@x.example"), '"T Bcc: evil@x.example" <taro@midori.example>'),
        (Address("taro@midori.example", "\u202eTaro\0"), "Taro <taro@midori.example>"),
    ],
)
def test_addresses(address: Address, as_written: str) -> None:
    assert header(replace(REPLY, to=(address,)), "To") == as_written


@pytest.mark.parametrize(
    "address",
    ["", "taro", "@midori.example", "taro@", "a@b.example\r\nBcc: x@y.example", "a@b.example>", "a<b@c.example", "a b@c.example", "a@b@c.example", "a@b,c@d.example", "a\0@b.example", "\ud800@b.example", 'a"b@c.example'],
)  # fmt: skip
def test_an_address_that_no_header_carries_is_neither_mended_nor_left_out(address: str) -> None:
    """Mended, it would be somebody else's."""
    with pytest.raises(ValueError, match="address"):
        written(replace(REPLY, cc=(Address(address),)))


def test_two_hundred_recipients() -> None:
    everybody = tuple(Address(f"person.{number}@midori.example", f"田中, {number}") for number in range(200))
    assert parse(written(replace(REPLY, cc=everybody))).cc == everybody


def test_ids_stand_whole_each_on_its_line() -> None:
    ids = tuple(f"<{'x' * 890}{number:02}@midori.example>" for number in range(41))
    raw = written(replace(REPLY, in_reply_to=ids[-1], references=ids))
    lines = raw.split(b"\r\n")
    assert [
        line.split()[-1].decode() for line in lines if line.endswith(b"@midori.example>") and b"To:" not in line
    ] == list(ids)
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize("bad", ["<a b@c>", "<a@b>\r\nBcc: x@y.example", "a@b", "<>", "<" + "x" * 2_000 + ">", "<ü@b>"])
def test_what_is_no_id_is_left_out(bad: str) -> None:
    reply = replace(REPLY, in_reply_to=bad, references=("<1@b.example>", bad))
    assert header(reply, "In-Reply-To") == ""
    assert header(reply, "References") == "<1@b.example>"


def test_spaces_at_the_ends_of_lines_and_long_lines_stay() -> None:
    text = "a \n\n-- \n" + "長い行" * 1_000
    raw = written(replace(REPLY, text=text))
    assert by_the_standard_library(raw).get_content() == text.replace("\n", "\r\n")


def test_a_very_long_body_is_written_whole() -> None:
    text = "配送\n" * 300_000
    assert by_the_standard_library(written(replace(REPLY, text=text))).get_content().replace("\r\n", "\n") == text


def test_markup_is_text() -> None:
    mail: Mail = parse(written(replace(REPLY, text="<b>明日</b> & <script>")))
    assert mail.body == "<b>明日</b> & <script>"


def test_a_reply_to_nobody_has_no_empty_header() -> None:
    raw = written(Reply(to=(), cc=(), subject="", text=""))
    assert b"To:" not in raw
    assert by_the_standard_library(raw)["Subject"] == ""

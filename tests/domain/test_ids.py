"""The same mail has the same id, whichever client shows it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.ids import bare_subject, digest, fingerprint, normalise, parse_references, seconds_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<abc@example.com>", "abc@example.com"),
        ("  <AbC@Mail.EXAMPLE.com>  ", "AbC@mail.example.com"),
        ("<abc\r\n def@example.com>", "abcdef@example.com"),
        ("<abc @ example.com>", "abc@example.com"),
        ("<abc@example.com> (added by postmaster@example.com)", "abc@example.com"),
        ("abc@example.com", "abc@example.com"),
        ("abc@example.com (comment)", "abc@example.com"),
        ("<a(b)c@example.com>", "a(b)c@example.com"),
        ("<20261120.ABCDEF>", "20261120.ABCDEF"),
        ("<a@b@Example.com>", "a@b@example.com"),
        ("<>", None),
        ("", None),
        ("<@>", None),
        ("<abc@>", None),
        ("<@example.com>", None),
        ("<1>", None),
        ("<" + "x" * 600 + "@example.com>", None),
        ("\u200b<\u200b>", None),
    ],
)
def test_normalising(value: str, expected: str | None) -> None:
    assert normalise(value) == expected


@given(st.one_of(st.text(), st.text("<>()@ \t\r\naB.\u200b", max_size=30)))
@example("(a) b@c")
@example("<(ab@cdefgh) >")
def test_normalising_twice_changes_nothing(value: str) -> None:
    once = normalise(value)
    if once is not None:
        assert normalise(once) == once
        assert normalise(f"<{once}>") == once


def test_references_come_newest_first_and_once() -> None:
    assert parse_references("<c@x.example>", "<a@x.example>\r\n <b@x.example> <c@X.example>", "own@x.example") == (
        "c@x.example",
        "b@x.example",
        "a@x.example",
    )


def test_junk_between_ids_is_skipped() -> None:
    value = 'Your message of "Fri, 20 Nov 2026" <a@x.example>, junk <> <b@x.example> ; taro@midori.example'
    assert parse_references(value, "") == ("a@x.example", "b@x.example")
    assert parse_references('Message from taro@midori.example of "Fri"', "") == ()
    assert parse_references("", "a@x.example, b@x.example") == ("b@x.example", "a@x.example")


def test_a_mail_does_not_answer_itself() -> None:
    assert parse_references("<own@x.example>", "<a@x.example> <own@X.EXAMPLE>", "own@x.example") == ("a@x.example",)


def test_a_long_list_keeps_its_newest_and_its_root() -> None:
    found = parse_references("", " ".join(f"<r{number}@x.example>" for number in range(1_000)))
    assert len(found) == 40
    assert found[:2] == ("r999@x.example", "r998@x.example")
    assert found[37:] == ("r962@x.example", "r1@x.example", "r0@x.example")


@given(st.text(max_size=300), st.text(max_size=300))
def test_references_are_never_too_many_or_too_long(reply: str, references: str) -> None:
    found = parse_references(reply, references, "own@x.example")
    assert len(found) <= 40
    assert len(set(found)) == len(found)
    assert all(0 < len(one) <= 500 for one in found)


def test_a_fingerprint_is_the_same_on_both_sides() -> None:
    gmail = fingerprint("Fri, 20 Nov 2026 10:00:00 +0900 (JST)", "Taro@Midori.example", "Re: 【重要】 ｶﾀﾛｸﾞの件")
    outlook = fingerprint(
        " Fri, 20 Nov 2026 01:00:00 +0000", "taro@midori.example", "返信: Re[2]: [aoba 12] 【重要】  カタログの件"
    )
    assert gmail == outlook
    assert gmail.startswith("fp:")
    assert len(gmail) == 35


def test_fingerprints_tell_mails_apart() -> None:
    base = ("Fri, 20 Nov 2026 10:00:00 +0900", "taro@midori.example", "納期")
    others = [
        ("Fri, 20 Nov 2026 10:00:01 +0900", *base[1:]),
        (base[0], "jiro@midori.example", base[2]),
        (*base[:2], "納期2"),
    ]
    assert len({fingerprint(*one) for one in [base, *others]}) == 4


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Fwd: 転送：納期", "納期"),
        ("RE: re: [Ticket 12] hello", "hello"),
        ("Re^2: hello", "hello"),
        ("Regarding: hello", "regarding: hello"),
        ("返品の件", "返品の件"),
        ("[重要]", ""),
        ("  Ｈｅｌｌｏ   World ", "hello world"),
    ],
)
def test_prefixes_come_off_a_subject(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@given(st.text(max_size=200))
def test_a_bare_subject_has_no_prefix_left(subject: str) -> None:
    assert bare_subject(bare_subject(subject)) == bare_subject(subject)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Fri, 20 Nov 2026 10:00:00 +0900", 1_795_136_400),
        ("20 Nov 2026 01:00:00", 1_795_136_400),
        ("Fri, 20 Nov 2026 10:00:00 +0900 (JST)", 1_795_136_400),
        ("yesterday", 0),
        ("", 0),
        ("Fri, 99 Nov 999999999 99:99:99 +9999", 0),
        ("Thu, 01 Jan 1970 00:00:00 +0900", 0),
    ],
)
def test_dates(header: str, seconds: int) -> None:
    assert seconds_of(header) == seconds


@given(st.text(max_size=60))
def test_any_date_is_a_number(header: str) -> None:
    assert seconds_of(header) >= 0


def test_a_digest_is_short_and_stable() -> None:
    assert digest("a@b.example") == digest("a@b.example")
    assert len(digest("\ud800")) == 32
    assert digest("a") != digest("b")

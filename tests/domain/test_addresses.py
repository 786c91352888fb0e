"""Address headers as they come, and whose company a domain is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.addresses import (
    clean_email,
    clean_name,
    company_domain,
    is_free_mail,
    one_line,
    parse_addresses,
    visible,
)
from server.domain.mail import Address
from tests.costs import costs_its_length


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("taro@midori.example", [("", "taro@midori.example")]),
        ("Tanaka, Taro <t@x.example>", [("Tanaka, Taro", "t@x.example")]),
        ('"Tanaka, Taro" <t@x.example>, b@y.example (Bob)', [("Tanaka, Taro", "t@x.example"), ("Bob", "b@y.example")]),
        ("Tanaka, t@x.example", [("", "t@x.example")]),
        (
            "Team: a@x.example, B <b@x.example>; c@x.example",
            [("", "a@x.example"), ("B", "b@x.example"), ("", "c@x.example")],
        ),
        ("undisclosed-recipients:;", []),
        ("a..b.@docomo.ne.jp", [("", "a..b.@docomo.ne.jp")]),
        ('"a..b."@docomo.ne.jp', [("", "a..b.@docomo.ne.jp")]),
        ('"Taro" <"a..b."@docomo.ne.jp>', [("Taro", "a..b.@docomo.ne.jp")]),
        ("<a.@ezweb.ne.jp>", [("", "a.@ezweb.ne.jp")]),
        ("", []),
        ("<>", []),
        (" , ,", []),
        ("Only Name", [("Only Name", "")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("Taro <taro@x.example", [("Taro", "taro@x.example")]),
        ("<@relay.example:taro@x.example>", [("", "taro@x.example")]),
        ("<mailto:taro@x.example>", [("", "taro@x.example")]),
        ("TARO@X.Example", [("", "taro@x.example")]),
        ("太郎 <taro@日本.example>", [("太郎", "taro@xn--wgv71a.example")]),
        ("'Taro Tanaka' via Support <support@aoba.example>", [("Taro Tanaka", "support@aoba.example")]),
        ('"t@x.example" <t@x.example>', [("", "t@x.example")]),
        ('"a \\" b" <t@x.example>', [('a " b', "t@x.example")]),
        ("a=b=c@bounce.example", [("", "a=b=c@bounce.example")]),
    ],
)
def test_mailboxes(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(address.name, address.email) for address in parse_addresses(value)] == expected


def test_names_are_decoded_after_the_commas_are_found() -> None:
    decoded = parse_addresses("=?x?Q?a,b?= <q@x.example>", lambda text: text.replace("=?x?Q?a,b?=", "a, b"))
    assert decoded == (Address("q@x.example", "a, b"),)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("田中太郎様", "田中太郎"),
        ("田中　太郎 様", "田中 太郎"),
        ("「田中 太郎」様", "田中 太郎"),
        ("お客様", "お客様"),
        ("株式会社緑商店 御中", "株式会社緑商店"),
        ("様", "様"),
        ("'Taro'", "Taro"),
        ("“Taro”", "Taro"),
        ("Tanaka, Taro", "Tanaka, Taro"),
        ("Taro via Docs", "Taro"),
        ("田中（サポート経由）", "田中"),
        ("Via Roma", "Via Roma"),
        ("T\u202ea\u200br\x00o", "Taro"),
        ("t@x.example", ""),
        ("...", ""),
        ("葛\U000e0100城", "葛\U000e0100城"),
    ],
)
def test_display_names(name: str, clean: str) -> None:
    assert clean_name(name, "t@x.example") == clean


def test_a_hostile_name_is_cut() -> None:
    (address,) = parse_addresses("\u202e" * 3 + "x" * 10_000 + " <a@b.example>")
    assert address == Address("a@b.example", "x" * 200)


@given(st.one_of(st.text(max_size=200), st.text('<>()@",;: .ab=?\\\u200b様', max_size=60)))
def test_no_header_makes_it_raise(value: str) -> None:
    for address in parse_addresses(value):
        assert address.email == clean_email(address.email)
        assert address.name == visible(address.name)
        assert len(address.name) <= 200
        assert not address.email or "@" in address.email


@given(st.text(max_size=400))
def test_cleaning_an_address_twice_changes_nothing(value: str) -> None:
    assert clean_email(clean_email(value)) == clean_email(value)


@given(st.one_of(st.text(max_size=300), st.text("a様\"'「」<>,; (経由)via御中お客", max_size=30)))
def test_cleaning_a_name_twice_changes_nothing(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


@given(st.text(max_size=300))
def test_cleaning_a_line_twice_changes_nothing(text: str) -> None:
    assert one_line(one_line(text, 100), 100) == one_line(text, 100)


@pytest.mark.parametrize(
    "piece", ["a", "<", '"', "a,", "(", "@a", "=?", "a@b,", '"\\', "=?x?q?", "x:", "a@", " via", "様"]
)
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: parse_addresses(piece * (length // len(piece))), 100_000)


@pytest.mark.parametrize(
    "domain",
    [
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "ymobile.ne.jp",
        "rakuten.jp",
        "yahoo.co.jp",
        "nifty.com",
        "biglobe.ne.jp",
        "ocn.ne.jp",
        "so-net.ne.jp",
        "plala.or.jp",
        "dion.ne.jp",
        "k3.dion.ne.jp",
        "icloud.com",
        "gmail.com",
        "outlook.com",
        "outlook.jp",
        "hotmail.co.jp",
        "live.jp",
        "proton.me",
        "gmx.de",
        "qq.com",
        "naver.com",
        "GMAIL.com",
    ],
)
def test_free_mail(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain", ["aoba.example", "toyota.co.jp", "ne.jp", "co.jp", "com", "", "notgmail.com", "gmail.com.aoba.example"]
)
def test_company_mail(domain: str) -> None:
    assert not is_free_mail(domain)


@pytest.mark.parametrize(
    ("email", "company"),
    [
        ("a@mail.aoba.co.jp", "aoba.co.jp"),
        ("a@aoba.co.jp", "aoba.co.jp"),
        ("a@sub.midori.example", "midori.example"),
        ("a@city.yokohama.jp", "city.yokohama.jp"),
        ("a@k3.dion.ne.jp", ""),
        ("a@gmail.com", ""),
        ("a@tenant.onmicrosoft.com", ""),
        ("a@co.jp", ""),
        ("a@localhost", ""),
        ("a@[192.0.2.1]", ""),
        ("a@192.0.2.1", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_companies(email: str, company: str) -> None:
    assert company_domain(email) == company


@given(st.text(max_size=100))
def test_any_text_has_a_company_or_none(email: str) -> None:
    assert isinstance(company_domain(email), str)

"""Who the customer is, on every road a mail can take to a team."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.domain.customers import FormRule, OurAddresses, direction, external_party, externals, may_ask
from server.domain.mail import Address, Mail, MailKind
from server.mail import parse

FIXTURES = Path(__file__).parent.parent / "fixtures" / "mail"
OURS = OurAddresses(frozenset({"aoba.example"}), frozenset({"aoba-support@gmail.com"}))
FORMS = (FormRule("noreply@aoba.example", "メールアドレス", "お問い合わせ", "お名前"),)
TARO = Address("taro@midori.example", "田中 太郎")
SUPPORT = Address("support@aoba.example", "サポート")


def read(name: str) -> Mail:
    return parse((FIXTURES / f"{name}.eml").read_bytes())


def mail(sender: Address, **parts: object) -> Mail:
    return replace(Mail("id@x.example", (), 0, sender), **parts)  # type: ignore[arg-type]  # fields by name, checked when it runs


@pytest.mark.parametrize(
    ("name", "party", "way"),
    [
        ("utf8_8bit", TARO, "in"),
        ("group_rewritten", TARO, "in"),
        ("group_copy", TARO, "in"),
        ("group_rewritten_reply_to_only", TARO, "in"),
        ("our_reply", TARO, "out"),
        ("form_mail", Address("hanako@kaede.example", "山本 花子"), "in"),
        ("on_behalf_of", TARO, "in"),
        ("bounce", Address("nobody@midori.example"), "in"),
        ("bounce_old_style", Address("nobody@kaede.example"), "in"),
        ("auto_reply", TARO, "in"),
        ("internal_mail", None, "internal"),
        ("no_from_but_sender", Address("taro@midori.example"), "in"),
        ("empty_from", None, "in"),
    ],
)
def test_the_customer_and_the_direction(name: str, party: Address | None, way: str) -> None:
    found = read(name)
    assert external_party(found, OURS, FORMS) == party
    assert direction(found, OURS, FORMS) == way


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("utf8_8bit", True),
        ("group_rewritten", True),
        ("form_mail", True),
        ("bounce", False),
        ("auto_reply", False),
        ("newsletter", False),
        ("our_reply", False),
        ("internal_mail", False),
    ],
)
def test_only_people_and_forms_ask(name: str, asks: bool) -> None:
    assert may_ask(read(name), OURS, FORMS) is asks


def test_a_form_without_its_rule_is_our_own_mail() -> None:
    assert external_party(read("form_mail"), OURS) is None
    assert not may_ask(read("form_mail"), OURS)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("メールアドレス：Hanako@Kaede.example\nお名前：山本 花子 様", Address("hanako@kaede.example", "山本 花子")),
        ("■メールアドレス\nhanako@kaede.example\n■お名前\n山本 花子", Address("hanako@kaede.example", "山本 花子")),
        (
            "お名前（必須）: 山本 花子\nお名前（フリガナ）: ヤマモト\nメールアドレス(確認): hanako@kaede.example",
            Address("hanako@kaede.example", "山本 花子"),
        ),
        ("メールアドレス hanako@kaede.example\nお名前 山本 花子", Address("hanako@kaede.example", "山本 花子")),
        ("ﾒｰﾙｱﾄﾞﾚｽ: ｈａｎａｋｏ＠ｋａｅｄｅ．ｅｘａｍｐｌｅ", Address("hanako@kaede.example")),
        ("メールアドレス: <mailto:a..b.@docomo.ne.jp>", Address("a..b.@docomo.ne.jp")),
        ("ご連絡用のメールアドレス: someone@kaede.example", None),
        ("メールアドレス: support@aoba.example", None),
        ("", None),
    ],
)
def test_a_form_names_its_writer(body: str, expected: Address | None) -> None:
    form = mail(Address("noreply@aoba.example"), subject="お問い合わせ", body=body, to=(SUPPORT,))
    assert external_party(form, OURS, FORMS) == expected


def test_a_form_of_another_subject_or_sender_is_another_form() -> None:
    body = "メールアドレス: hanako@kaede.example"
    assert external_party(mail(Address("noreply@aoba.example"), subject="日報", body=body), OURS, FORMS) is None
    service = (FormRule("@form.example", "メールアドレス"),)
    assert external_party(mail(Address("n1@form.example"), body=body), OURS, service) == Address("hanako@kaede.example")
    assert external_party(mail(Address("n1@reform.example"), body=body), OURS, service) == Address("n1@reform.example")


def test_a_form_that_does_not_say_falls_back_to_its_reply_address() -> None:
    form = mail(Address("noreply@aoba.example"), subject="お問い合わせ", reply_to=(TARO,))
    assert external_party(form, OURS, FORMS) == TARO


def test_strangers_who_used_one_form_share_nobody() -> None:
    service = (FormRule("n1@form.example", "メールアドレス"),)
    filled = mail(Address("n1@form.example"), body="メールアドレス: hanako@kaede.example", to=(SUPPORT,))
    assert externals(filled, OURS, service) == (Address("hanako@kaede.example"),)


def test_all_externals_once_with_their_best_name() -> None:
    hanako = Address("hanako@kaede.example", "山本 花子")
    found = externals(
        mail(
            Address("taro@midori.example"),
            to=(SUPPORT, TARO),
            cc=(hanako, Address("hanako@kaede.example")),
            reply_to=(TARO,),
        ),
        OURS,
    )
    assert found == (TARO, hanako)


def test_externals_are_at_most_thirty_and_the_customer_is_among_them() -> None:
    crowd = tuple(Address(f"p{number}@kaede.example") for number in range(100))
    found = externals(mail(TARO, to=crowd), OURS)
    assert len(found) == 30
    assert found[0] == TARO


def test_daemons_are_nobody_to_share_a_conversation_by() -> None:
    bounce = mail(Address("mailer-daemon@mx.example"), kind=MailKind.BOUNCE, to=(SUPPORT,))
    assert externals(bounce, OURS) == ()
    assert external_party(bounce, OURS) == Address("mailer-daemon@mx.example")


def test_a_report_of_our_own_server_names_the_address_that_failed() -> None:
    body = "This is the mail system of aoba.example (postmaster@mx.example).\n<hanako@kaede.example>: unknown user"
    bounce = mail(Address("mailer-daemon@aoba.example"), kind=MailKind.BOUNCE, to=(SUPPORT,), body=body)
    assert external_party(bounce, OURS) == Address("hanako@kaede.example")
    assert direction(bounce, OURS) == "in"
    assert not may_ask(bounce, OURS)


def test_only_listed_domains_and_shared_addresses_are_ours() -> None:
    assert "kenta@aoba.example" in OURS
    assert "aoba-support@gmail.com" in OURS
    assert "taro@gmail.com" not in OURS
    assert "a@sub.aoba.example" not in OURS
    assert "a@notaoba.example" not in OURS


def test_a_colleague_in_reply_to_is_not_the_customer() -> None:
    ours = mail(SUPPORT, reply_to=(Address("kenta@aoba.example"),), to=(TARO,))
    assert external_party(ours, OURS) == TARO
    assert direction(ours, OURS) == "out"

"""What a reply is: to whom, about what, from where, with which words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.answering import MAX_QUOTE, MAX_RECIPIENTS, answer, can_be_written
from server.domain.customers import FormRule
from server.domain.mail import Address, Mail
from server.domain.reply import Reply
from server.domain.workspace import Person, Team, Viewer, Workspace
from server.mail import parse
from server.mail.write import written

FIXTURES = Path(__file__).parent.parent / "fixtures" / "mail"
TARO = Address("taro@midori.example", "田中 太郎")
KEIRI = Address("keiri@midori.example", "経理")
SUPPORT = Address("support@aoba.example", "サポート")
MISAKI = Person("misaki", "佐藤 美咲", ("misaki@aoba.example",), title="主任", send_as=("support@aoba.example",))
KENTA = Person("kenta", "上田 健太", ("kenta@aoba.example", "kenta@gmail.com"))
AOBA = Workspace(
    "aoba",
    "青葉商事",
    google_domains=("aoba.example",),
    signature="{company} {team}\n{name}\n{address}",
    teams=(
        Team("support", "サポート", ("support@aoba.example", "info@aoba.example")),
        Team("sales", "営業", ("sales@aoba.example",), signature="営業の{name}"),
    ),
    people=(MISAKI, KENTA),
    forms=(FormRule("noreply@aoba.example", "メールアドレス", "お問い合わせ", "お名前"),),
)
VIEWER = Viewer(AOBA, MISAKI)
MAIL = Mail(
    "2@midori.example",
    ("0@midori.example",),
    1_795_136_400,  # 2026-11-20 10:00 in Tokyo
    TARO,
    to=(SUPPORT,),
    subject="配送の確認",
    text="いつ届きますか。",
    body="いつ届きますか。\n\n田中",
    language="ja",
    written_id="<2@Midori.example>",
    written_references=("<0@midori.example>",),
    thread="18c2f00d00000001",
)


def read(name: str) -> Mail:
    return parse((FIXTURES / f"{name}.eml").read_bytes())


def reply(mail: Mail = MAIL, *, workspace: Workspace = AOBA, viewer: Viewer = VIEWER, **asked: Any) -> Reply:
    return answer(mail, workspace, viewer, **asked)


def emails(people: tuple[Address, ...]) -> list[str]:
    return [address.email for address in people]


def to_and_cc(mail: Mail, **asked: Any) -> tuple[list[str], list[str]]:
    found = reply(mail, **asked)
    return emails(found.to), emails(found.cc)


# ---------------------------------------------------------------- to whom


def test_the_customer_is_answered_and_their_cc_kept() -> None:
    mail = replace(MAIL, to=(SUPPORT, Address("shop@midori.example")), cc=(KEIRI, Address("partner@kaede.example")))
    assert reply(mail).to == (TARO,)
    assert emails(reply(mail).cc) == ["shop@midori.example", "keiri@midori.example", "partner@kaede.example"]


def test_an_answer_to_the_sender_alone_has_no_cc() -> None:
    assert to_and_cc(replace(MAIL, cc=(KEIRI,)), everyone=False) == (["taro@midori.example"], [])


def test_we_do_not_write_to_ourselves() -> None:
    """Neither to a shared address, with or without its tag, nor to the mailbox that the mail came to, nor to who works here."""
    ours = (
        "support@aoba.example",
        "SALES@aoba.example",
        "support+42@aoba.example",
        "misaki@aoba.example",
        "kenta@gmail.com",
        "all@aoba.example",
    )
    mail = replace(MAIL, to=(SUPPORT,), cc=(*map(Address, ours), KEIRI), delivered_to=("all@aoba.example",))
    assert to_and_cc(mail) == (["taro@midori.example"], ["keiri@midori.example"])


def test_a_colleague_whom_sobani_does_not_know_stays_in() -> None:
    """Nothing else would tell them what was answered."""
    mail = replace(MAIL, cc=(Address("legal@aoba.example"), Address("kenta@aoba.example")))
    assert to_and_cc(mail) == (["taro@midori.example"], ["legal@aoba.example"])


@pytest.mark.parametrize(
    ("name", "to", "cc"),
    [
        ("utf8_8bit", ["taro@midori.example"], []),
        ("group_rewritten", ["taro@midori.example"], []),
        ("group_rewritten_reply_to_only", ["taro@midori.example"], []),
        ("group_copy", ["taro@midori.example"], []),
        ("form_mail", ["hanako@kaede.example"], []),
        ("our_reply", ["taro@midori.example"], ["hanako@kaede.example"]),
        ("carrier_address", ["a..b.@docomo.ne.jp"], ["a.@ezweb.ne.jp", ".c.@softbank.ne.jp"]),
        ("no_from_but_sender", ["taro@midori.example"], []),
        ("bounce", ["nobody@midori.example"], []),
        ("empty_from", [], []),
    ],
)
def test_whom_real_mails_are_answered_to(name: str, to: list[str], cc: list[str]) -> None:
    assert to_and_cc(read(name)) == (to, cc)


def test_reply_to_is_honoured_all_of_it() -> None:
    mail = replace(
        MAIL, reply_to=(Address("desk@midori.example", "窓口"), Address("ai@kaede.example"), SUPPORT), cc=(KEIRI, TARO)
    )
    assert to_and_cc(mail) == (
        ["desk@midori.example", "ai@kaede.example"],
        ["keiri@midori.example", "taro@midori.example"],
    )


def test_a_reply_to_that_names_only_us_is_none() -> None:
    """Some groups and some customers' systems set it to the address that they write to."""
    assert to_and_cc(replace(MAIL, reply_to=(SUPPORT,))) == (["taro@midori.example"], [])


def test_a_reply_to_without_a_name_is_the_customer_with_theirs() -> None:
    assert reply(replace(MAIL, reply_to=(Address("taro@midori.example"),))).to == (TARO,)


def test_a_form_whose_line_is_missing_is_answered_to_nobody() -> None:
    """The form's own address reads nothing; the agent fills it in."""
    mail = replace(MAIL, sender=Address("noreply@aoba.example"), subject="お問い合わせ", body="田中です")
    assert to_and_cc(mail) == ([], [])


def test_our_own_mail_is_answered_to_whom_it_went() -> None:
    mail = replace(MAIL, sender=SUPPORT, to=(TARO, Address("misaki@aoba.example")), cc=(KEIRI, TARO))
    assert to_and_cc(mail) == (["taro@midori.example"], ["keiri@midori.example"])
    assert to_and_cc(mail, everyone=False) == (["taro@midori.example"], [])


def test_our_own_mail_that_went_out_by_cc_alone() -> None:
    mail = replace(MAIL, sender=SUPPORT, to=(Address("sales@aoba.example"),), cc=(TARO,))
    assert to_and_cc(mail) == (["taro@midori.example"], [])


def test_among_ourselves_everybody_stays_but_the_writer_of_the_answer() -> None:
    mail = replace(
        MAIL,
        sender=Address("kenta@aoba.example"),
        to=(SUPPORT, Address("misaki@aoba.example")),
        cc=(Address("legal@aoba.example"),),
    )
    assert to_and_cc(mail) == (["kenta@aoba.example"], ["legal@aoba.example"])
    assert to_and_cc(mail, viewer=Viewer(AOBA, KENTA)) == (["misaki@aoba.example"], ["legal@aoba.example"])


def test_a_shared_address_that_wrote_to_a_colleague_is_answered() -> None:
    mail = replace(MAIL, sender=SUPPORT, to=(Address("misaki@aoba.example"),))
    assert to_and_cc(mail) == (["support@aoba.example"], [])


def test_each_address_stands_once_whatever_its_case() -> None:
    mail = replace(MAIL, cc=(Address("Taro@Midori.example"), KEIRI, Address("KEIRI@midori.example", "x"), KEIRI))
    assert to_and_cc(mail) == (["taro@midori.example"], ["keiri@midori.example"])


def test_a_name_is_taken_from_wherever_the_address_has_one() -> None:
    assert reply(replace(MAIL, cc=(Address("keiri@midori.example"), KEIRI))).cc == (KEIRI,)


@pytest.mark.parametrize("sender", [Address(""), Address("", "田中"), Address("taro"), Address("a b@c.example")])
def test_without_a_sender_nobody_is_guessed(sender: Address) -> None:
    assert to_and_cc(replace(MAIL, sender=sender)) == ([], [])


def test_two_hundred_recipients_are_all_kept_and_more_than_gmail_sends_to_are_not() -> None:
    many = tuple(Address(f"{number}@kaede.example") for number in range(600))
    assert len(reply(replace(MAIL, cc=many[:200])).cc) == 200
    found = reply(replace(MAIL, cc=many))
    assert len(found.to) + len(found.cc) == MAX_RECIPIENTS
    assert len(reply(replace(MAIL, reply_to=many)).to) == MAX_RECIPIENTS


@pytest.mark.parametrize(
    ("written_as", "cc"),
    [
        ('"Tanaka, Taro" <t@midori.example>, b@kaede.example', ["t@midori.example", "b@kaede.example"]),
        ("Tanaka, Taro <t@midori.example>", ["t@midori.example"]),
        ("undisclosed-recipients:;", []),
        ("班: a@kaede.example, b@kaede.example;", ["a@kaede.example", "b@kaede.example"]),
        ("=?utf-8?b?55Sw5LitLCDlpKrpg44=?= <t@midori.example>", ["t@midori.example"]),
        ('"\u202eelpmaxe" <t@midori.example>', ["t@midori.example"]),
        ("a..b.@docomo.ne.jp, .c@ezweb.ne.jp", ["a..b.@docomo.ne.jp", ".c@ezweb.ne.jp"]),
        ('"a,b"@midori.example', ["a,b@midori.example"]),
        ("x <>, y <not an address>, @, a@", []),
    ],
)
def test_cc_as_it_comes_in_the_wild(written_as: str, cc: list[str]) -> None:
    mail = parse(f"From: taro@midori.example\r\nTo: support@aoba.example\r\nCc: {written_as}\r\n\r\nx".encode())
    found = reply(mail)
    assert emails(found.cc) == cc
    assert emails(parse(written(found)).cc) == cc


# ---------------------------------------------------------------- about what


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("配送の確認", "Re: 配送の確認"),
        ("Re: 配送の確認", "Re: 配送の確認"),
        ("RE: Re: re: 配送の確認", "RE: 配送の確認"),
        ("Re:配送の確認", "Re: 配送の確認"),
        ("Re[2]: 配送の確認", "Re[2]: 配送の確認"),
        ("Re\uff1a配送の確認", "Re\uff1a 配送の確認"),
        ("返信: 配送の確認", "返信: 配送の確認"),
        ("AW: Sv: x", "AW: x"),
        ("Fwd: 配送の確認", "Re: Fwd: 配送の確認"),
        ("転送: 配送の確認", "Re: 転送: 配送の確認"),
        ("Re: Fwd: Re: x", "Re: Fwd: Re: x"),
        ("[users 12] Re: Re: x", "[users 12] Re: x"),
        ("[users 12] x", "Re: [users 12] x"),
        ("Re: [users 12] Re: x", "Re: [users 12] Re: x"),
        ("Reply to your offer: x", "Re: Reply to your offer: x"),
        ("Report: x", "Re: Report: x"),
        ("", "Re:"),
        ("Re:", "Re:"),
        ("x\r\nBcc: evil@x.example", "Re: x Bcc: evil@x.example"),
    ],
)
def test_a_subject_has_one_re(subject: str, answered: str) -> None:
    assert reply(replace(MAIL, subject=subject)).subject == answered


def test_an_answer_names_the_mail_and_those_before_it_as_they_wrote_themselves() -> None:
    found = reply()
    assert (found.in_reply_to, found.references) == ("<2@Midori.example>", ("<0@midori.example>", "<2@Midori.example>"))
    assert found.thread == "18c2f00d00000001"


def test_a_mail_without_an_id_of_its_own_cannot_be_named() -> None:
    found = reply(replace(MAIL, written_id=""))
    assert (found.in_reply_to, found.references) == ("", ("<0@midori.example>",))


def test_an_id_stands_once() -> None:
    assert reply(replace(MAIL, written_references=("<2@Midori.example>",))).references == ("<2@Midori.example>",)


# ---------------------------------------------------------------- from where


def test_it_comes_from_the_shared_address_where_the_person_may_send_from_it() -> None:
    assert reply().sender == Address("support@aoba.example", "青葉商事")
    assert reply(viewer=Viewer(AOBA, KENTA)).sender is None


def test_the_address_that_the_mail_came_by_goes_before_others_of_its_team() -> None:
    both = msgspec.structs.replace(MISAKI, send_as=("support@aoba.example", "info@aoba.example"))
    mail = replace(MAIL, to=(Address("x@kaede.example"),), delivered_to=("info@aoba.example",))
    assert reply(mail, viewer=Viewer(AOBA, both)).sender == Address("info@aoba.example", "青葉商事")
    assert reply(mail).sender == Address("support@aoba.example", "青葉商事")  # another one of the same team


def test_a_mail_of_another_team_is_not_answered_from_this_ones_address() -> None:
    assert reply(replace(MAIL, to=(Address("sales@aoba.example"),))).sender is None


def test_a_mail_that_names_no_team_is_answered_for_the_team_that_has_it() -> None:
    mail = replace(MAIL, to=(Address("misaki@aoba.example"),))
    assert reply(mail).sender is None
    found = reply(mail, team=AOBA.team_by_id["support"])
    assert found.sender == Address("support@aoba.example", "青葉商事")
    assert "青葉商事 サポート" in found.text


def test_an_account_that_several_use_sends_as_itself() -> None:
    found = reply(viewer=Viewer(AOBA, MISAKI, shared="support@aoba.example"))
    assert found.sender is None
    assert found.text.split("\n\n")[1] == "青葉商事 サポート\n佐藤 美咲\nsupport@aoba.example"


# ---------------------------------------------------------------- with which words


def test_the_words_come_first_then_the_signature_then_the_original() -> None:
    assert reply(text="明日届きます。").text == (
        "明日届きます。\n\n"
        "青葉商事 サポート\n佐藤 美咲\nsupport@aoba.example\n\n"
        "2026年11月20日(金) 10:00 田中 太郎 <taro@midori.example>:\n"
        "> いつ届きますか。\n>\n> 田中"
    )


def test_without_words_there_is_room_for_them() -> None:
    assert reply().text.startswith("\n\n青葉商事")


def test_a_team_has_a_signature_of_its_own() -> None:
    assert "営業の佐藤 美咲" in reply(replace(MAIL, to=(Address("sales@aoba.example"),))).text


def test_without_a_signature_there_is_no_gap() -> None:
    bare = msgspec.structs.replace(AOBA, signature="")
    assert reply(workspace=bare, viewer=Viewer(bare, MISAKI), text="x").text.startswith("x\n\n2026年")


def test_the_original_is_quoted_only_where_the_workspace_wants_it() -> None:
    plain = msgspec.structs.replace(AOBA, quote_original=False)
    assert ">" not in reply(workspace=plain, viewer=Viewer(plain, MISAKI)).text


@pytest.mark.parametrize(
    ("language", "asked", "line"),
    [
        ("ja", "en", "2026年11月20日(金) 10:00 田中 太郎 <taro@midori.example>:"),
        ("en", "ja", "On Fri, 20 Nov 2026 at 10:00, 田中 太郎 <taro@midori.example> wrote:"),
        ("", "ja", "2026年11月20日(金) 10:00 田中 太郎 <taro@midori.example>:"),
        ("", "", "On Fri, 20 Nov 2026 at 10:00, 田中 太郎 <taro@midori.example> wrote:"),
    ],
)
def test_the_original_is_introduced_in_its_own_language(language: str, asked: str, line: str) -> None:
    assert f"\n{line}\n> いつ" in reply(replace(MAIL, language=language), language=asked).text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_whoever_reads_the_answer_can_tell_the_new_from_the_old(language: str) -> None:
    """Our own reader too: what a colleague wrote is told from what it answers."""
    found = parse(written(reply(replace(MAIL, language=language), text="明日届きます。")))
    assert found.text.startswith("明日届きます。")
    assert "いつ届きますか" not in found.text
    assert "田中" not in found.text


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"date": 0}, "田中 太郎 <taro@midori.example>:"),
        ({"date": 1 << 60}, "田中 太郎 <taro@midori.example>:"),
        ({"sender": Address("taro@midori.example")}, "2026年11月20日(金) 10:00 taro@midori.example:"),
        ({"sender": Address("", "田中")}, "2026年11月20日(金) 10:00 田中:"),
        ({"sender": SUPPORT, "original_from": TARO}, "2026年11月20日(金) 10:00 田中 太郎 <taro@midori.example>:"),
    ],
)
def test_who_wrote_and_when_as_far_as_the_mail_says(changed: dict[str, Any], line: str) -> None:
    assert f"\n{line}\n> いつ" in reply(replace(MAIL, **changed)).text


def test_a_mail_without_text_is_not_quoted() -> None:
    assert "田中" not in reply(replace(MAIL, text="", body="\n \n")).text


def test_quotes_go_one_deeper() -> None:
    assert reply(replace(MAIL, body="はい\n> いいえ\n>> 多分")).text.endswith("> はい\n>> いいえ\n>>> 多分")


@pytest.mark.parametrize("body", ["長い行です。\n" * 100_000, "長" * 1_000_000, "短\n" + "長" * 1_000_000])
def test_of_a_very_long_mail_the_beginning_is_quoted(body: str) -> None:
    text = reply(replace(MAIL, body=body)).text
    assert text.endswith("\n> […]")
    assert MAX_QUOTE / 2 < len(text.replace("\n> ", "\n")) <= MAX_QUOTE + 500


# ---------------------------------------------------------------- the law

HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "a@b.example", "taro@midori.example", "a\r\nBcc: x@y.example", "a b@c.example", "support@aoba.example", "\ud800@a.example"]),
)  # fmt: skip
PEOPLE = st.lists(st.builds(Address, HOSTILE, HOSTILE), max_size=4).map(tuple)


@given(
    st.builds(
        Mail,
        message_id=HOSTILE,
        references=st.just(()),
        date=st.integers(-(1 << 62), 1 << 62),
        sender=st.builds(Address, HOSTILE, HOSTILE),
        to=PEOPLE,
        cc=PEOPLE,
        reply_to=PEOPLE,
        delivered_to=st.lists(HOSTILE, max_size=2).map(tuple),
        original_from=st.none() | st.builds(Address, HOSTILE, HOSTILE),
        subject=HOSTILE,
        body=HOSTILE,
        language=st.sampled_from(["ja", "en", ""]),
        written_id=HOSTILE,
        written_references=st.lists(HOSTILE, max_size=3).map(tuple),
    ),
    st.booleans(),
    HOSTILE,
)
def test_any_mail_has_an_answer_that_can_be_written(mail: Mail, everyone: bool, text: str) -> None:
    found = reply(mail, everyone=everyone, text=text)
    addressed = emails((*found.to, *found.cc))
    assert all(map(can_be_written, addressed))
    assert len({email.lower() for email in addressed}) == len(addressed)
    assert "misaki@aoba.example" not in addressed
    assert everyone or not found.cc
    again = parse(written(found))
    assert emails(again.to) == [email.lower() for email in emails(found.to)]
    assert len(again.cc) == len(found.cc)

"""Every raw mail under fixtures/mail is read as a person would read it, as a file and through its header lines alike."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from server.domain.mail import Address, Mail, MailKind
from server.mail import from_headers, parse, split_header_block
from server.mail.parse import _cut, _texts

FIXTURES = Path(__file__).parent.parent / "fixtures" / "mail"
ALL = sorted(FIXTURES.glob("*.eml"))

TARO = Address("taro@midori.example", "田中 太郎")
TEXT = "お世話になっております。\n緑商店の田中です。\n先日注文した豆の納期を教えてください。"

PLAIN = [
    "utf8_8bit",
    "utf8_base64",
    "utf8_quoted_printable",
    "utf16",
    "utf7",
    "iso2022jp",
    "iso2022jp_labelled_ascii",
    "iso2022jp_raw_headers",
    "utf8_labelled_iso2022jp",
    "shift_jis_labelled_ascii",
    "euc_jp",
    "euc_jp_no_label",
    "euc_jp_labelled_shift_jis",
    "utf8_raw_headers",
    "words_adjacent_without_space",
    "whole_address_in_word",
    "folded_headers",
    "rfc2231_parameters",
    "nul_bytes",
    "broken_base64",
    "base64_that_is_not",
    "boundary_missing",
    "boundary_wrong",
    "boundary_never_closed",
    "boundary_no_parts",
    "multipart_related_nested",
    "unix_line_ends_and_mbox_line",
]


def read(name: str) -> Mail:
    return parse((FIXTURES / f"{name}.eml").read_bytes())


def test_there_is_a_fixture_for_every_oddity() -> None:
    assert len(ALL) >= 70


@pytest.mark.parametrize("name", PLAIN)
def test_the_same_mail_reads_the_same_however_it_is_encoded(name: str) -> None:
    mail = read(name)
    assert (mail.subject, mail.sender, mail.text, mail.language) == ("納期の件", TARO, TEXT, "ja")
    assert mail.date == 1_795_136_400
    assert mail.kind is MailKind.ORDINARY
    assert not mail.fingerprinted


@pytest.mark.parametrize(
    ("name", "subject", "sender", "text"),
    [
        ("iso2022jp_nec_ibm_kana", "①㈱ﾃｽﾄの件", "髙橋", "㈱緑商店の髙橋、山﨑です。①の納期はﾃﾞｰﾀのとおりですか。"),
        ("shift_jis", "納期の件", "田中 太郎", f"{TEXT}\n①㈱髙﨑"),
        ("shift_jis_no_label_raw_headers", "納期の件について", "田中 太郎", TEXT),
        ("euc_jp_nec", "納期の件", "田中 太郎", "緑商店の髙橋です。①㈱の納期を教えてください。"),
        (
            "windows1252",
            "Café – order",
            "René Dupont",
            "Hello,\nthe café would like to order 12 bags, please.\nRené – thank you",
        ),
        ("gb2312", "订单询问", "王伟", "您好，请问订单什么时候到？"),
        ("words_split_inside_character", "お世話になっております納期の件です", "田中 太郎", TEXT),
        ("broken_quoted_printable", "納期の件", "田中 太郎", f"100% OK = はい\n{TEXT}\n=ZZ"),
        (
            "html_only",
            "納期の件",
            "田中 太郎",
            "お世話になっております。\n\n緑商店の田中です。\n納期を教えてください。\n\n<重要> 急ぎ & 至急",
        ),
        (
            "html_only_iso2022jp_base64",
            "納期の件",
            "田中 太郎",
            "お世話になっております。\n\n緑商店の田中です。\n納期を教えてください。\n\n<重要> 急ぎ & 至急",
        ),
        ("comma_in_name", "納期の件", "Tanaka, Taro", "Hello, could you please help with the delivery?"),
        ("words_inside_quotes", "納期の件", "田中, 太郎", TEXT),
        ("broken_header_line", "納期の件", "", TEXT),
    ],
)
def test_charsets_and_names(name: str, subject: str, sender: str, text: str) -> None:
    mail = read(name)
    assert (mail.subject, mail.sender.name, mail.text) == (subject, sender, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("alternative_gmail_reply", "承知しました。\n納期は火曜でお願いします。"),
        ("outlook_html_reply", "お世話になっております。\n\n契約書を確認しました。"),
        ("outlook_plain_reply", "お世話になっております。\n契約書を確認しました。"),
        ("outlook_divrply", "了解しました。"),
        (
            "english_reply",
            "Hi Emma,\n\nThank you, that works for us. Can you please confirm by Tuesday?\n\nBest regards,\nJane",
        ),
        ("inline_answers", "The XC-200.\nSince Monday."),
        (
            "ruled_signature",
            f"{TEXT}\n\nご注文内容:\n----------------\n深煎り 2kg\n----------------\nよろしくお願いいたします。",
        ),
        ("phone_mail", "荷物がまだ届きません。"),
        (
            "traps_in_prose",
            "差出人不明の荷物が届きました。\n2024年5月10日(金) 10:23に注文した商品でしょうか。\nFrom now on please call me.",
        ),
        ("forward_inline", "ご確認ください。"),
        ("forward_inline_bare", "見積をお願いします。\n山本"),
        ("forward_attached", "こちらをご確認ください。"),
        ("forward_attached_bare", "見積をお願いします。\n山本"),
    ],
)
def test_the_new_text_is_what_the_writer_added(name: str, text: str) -> None:
    assert read(name).text == text


@pytest.mark.parametrize("name", ["forward_inline", "forward_attached", "forward_attached_bare"])
def test_a_forwarded_original_stays_in_the_body(name: str) -> None:
    body = read(name).body
    assert "見積をお願いします。\n山本" in body
    assert "山本 花子" in body


def test_attachments_are_not_the_text() -> None:
    assert "NOT THE TEXT" not in read("rfc2231_parameters").body


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bounce", MailKind.BOUNCE),
        ("bounce_old_style", MailKind.BOUNCE),
        ("auto_reply", MailKind.AUTO_REPLY),
        ("auto_reply_by_subject", MailKind.AUTO_REPLY),
        ("form_mail", MailKind.AUTO_REPLY),
        ("not_an_auto_reply", MailKind.ORDINARY),
        ("newsletter", MailKind.BULK),
        ("newsletter_through_group", MailKind.BULK),
        ("group_copy", MailKind.ORDINARY),
        ("group_rewritten", MailKind.ORDINARY),
        ("our_reply", MailKind.ORDINARY),
    ],
)
def test_kinds(name: str, kind: MailKind) -> None:
    assert read(name).kind is kind


def test_ids_are_normalised_and_ordered() -> None:
    folded = read("folded_headers")
    assert folded.message_id == "folded.id@midori.example"
    assert folded.references == ("q1@aoba.example", "q0@aoba.example")
    many = read("many_references")
    assert many.references[:3] == ("ref999@midori.example", "ref998@midori.example", "ref997@midori.example")
    assert many.references[38:] == ("ref1@midori.example", "ref0@midori.example")
    assert len(many.references) == 40


@pytest.mark.parametrize("name", ["no_message_id", "unusable_message_id"])
def test_a_mail_without_a_usable_id_says_so(name: str) -> None:
    mail = read(name)
    assert mail.fingerprinted
    assert re.fullmatch(r"fp:[0-9a-f]{32}", mail.message_id)
    assert mail.message_id == read("no_message_id").message_id  # the subjects differ by "Re:" only


def test_addresses_that_the_standard_library_refuses() -> None:
    mail = read("carrier_address")
    assert mail.sender.email == "a..b.@docomo.ne.jp"
    assert [address.email for address in mail.to] == ["support@aoba.example", "a.@ezweb.ne.jp", ".c.@softbank.ne.jp"]
    assert read("international_domain").sender == Address("taro@xn--czrs0tf9z.example", "太郎")
    assert read("empty_from").sender == Address("")
    assert read("no_from_but_sender").on_behalf_of == Address("taro@midori.example")
    comma = [(address.name, address.email) for address in read("comma_in_name").to]
    assert comma == [
        ("Suzuki, Kenta", "kenta@aoba.example"),
        ("", "support@aoba.example"),
        ("Info", "info@aoba.example"),
    ]


def test_what_a_group_and_a_delegate_leave_behind() -> None:
    group = read("group_rewritten")
    assert group.original_from == TARO
    assert group.reply_to == (TARO,)
    assert group.sender == Address("support@aoba.example", "田中 太郎")
    assert group.delivered_to == ("kenta@aoba.example",)
    assert read("bcc_to_group").delivered_to == ("kenta@aoba.example", "support@aoba.example")
    assert read("bcc_to_group").to == ()
    assert read("on_behalf_of").on_behalf_of == Address("hisho@midori.example", "秘書 一郎")


def test_hostile_text_is_cut_and_shows_what_is_there() -> None:
    mail = read("hostile_name")
    assert len(mail.sender.name) <= 200
    assert len(mail.subject) <= 1_000
    shown = mail.sender.name + mail.subject + mail.text
    assert not any(char in shown for char in "\u202e\u200b\x00")


def test_an_unreadable_date_is_no_date() -> None:
    assert read("bad_date").date == 0


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
@pytest.mark.parametrize("folding", ["as sent", "unfolded", "latin-1"])
def test_both_ways_in_give_equal_mails(path: Path, folding: str) -> None:
    raw = path.read_bytes().lstrip()
    head, body = _cut(raw)
    block = head.decode("ascii", "surrogateescape")
    headers = split_header_block(block)
    plain, html, attached = _texts(headers, body)
    if folding == "as sent":
        # As Gmail gives them: one value a header, folds left in it.
        headers = [(line[0], line[1]) for line in re.findall(r"(?m)^([!-9;-~]+):((?:.*\n?)(?:[ \t].*\n?)*)", block)]
    elif folding == "latin-1":
        # As a client may give raw bytes that it takes for Western text; Japanese EUC looks like any other Western text then.
        headers = split_header_block(head.decode("latin-1"))
    assert from_headers(headers, plain, html, attached) == parse(path.read_bytes())


def test_the_snippet_is_one_line() -> None:
    assert read("utf8_8bit").snippet == TEXT.replace("\n", " ")
    assert len(replace(read("utf8_8bit"), text="長" * 500).snippet) == 140

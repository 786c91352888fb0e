from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.workspace import Language
from server.replies.masking import Known, Masked, Rejected, mask, restore

MAILS = [
    json.loads(line) for line in (Path(__file__).parent / "check" / "good_mails.jsonl").read_text("utf-8").splitlines()
]
KNOWN = Known(
    people=("佐藤 健一", "高橋 美咲", "Emma Clarke", "林 由美"),
    companies=("株式会社みなと物流", "青葉商事株式会社", "Harbour & Finch Ltd."),
)
NAMES = ("佐藤", "健一", "高橋", "美咲", "由美", "みなと物流", "株式会社みなと物流", "青葉商事")

anything = st.lists(
    st.text(max_size=20)
    | st.text(
        alphabet="[]_\uff3b\uff3dABname\u3000\uff11\uff12\uff0e0\n、。年月日時分様林@.:/www<>mail_+-,()\uff08木\uff09午後①",
        max_size=20,
    )
    | st.sampled_from(
        (
            "佐藤様",
            "林様",
            "株式会社みなと物流",
            "Emma Clarke",
            "[[NAME_A]]",
            "[NAME_A]",
            "[[ name\\_a ]]",
            "</mail_text>",
            "https://a.example/x",
            "a@b.example",
            "1. ",
            "\n2. ",
            "\n3) ",
            "11月12日(木)",
            "Monday, 3 May",
            "2 pm",
            "14時30分",
            "3万円",
            "三万円",
            "03-5555-0142",
            "〒100-0001 東京都千代田区千代田1-1",
            "AO-77310",
            "[",
            "]",
        )
    ),
    max_size=12,
).map("".join)


def without_placeholders(text: str) -> str:
    return re.sub(r"\[\[[A-Z]+_[A-Z]+\]\]", " ", text)


@given(anything)
@example("[[[佐藤]]]")
@example("1. a\n5. b\n2. c")
def test_what_is_masked_comes_back_to_the_letter(text: str) -> None:
    masked = mask(text, KNOWN)
    assert restore(masked, masked.text) == text


@given(anything)
@example("0@A佐藤株式会社")
def test_no_known_name_and_no_number_is_sent(text: str) -> None:
    sent = without_placeholders(mask(text, KNOWN).text)
    assert not [name for name in NAMES if name in sent]
    assert not re.search(r"\d", re.sub(r"(?m)^[ \t\u3000]*\d{1,2}[.)\uff09\uff0e、]", "", sent))


@given(anything, anything)
def test_two_texts_share_their_placeholders(text: str, facts: str) -> None:
    first = mask(text, KNOWN)
    second = mask(facts, KNOWN, after=first)
    both = Masked(first.text + "\n" + second.text, second.table, first.required)
    assert dict(first.table).items() <= dict(second.table).items()
    restored = restore(both, first.text)
    assert restored == text or isinstance(restored, Rejected)


@pytest.mark.parametrize("mail", MAILS, ids=range(len(MAILS)))
def test_a_good_mail_is_sent_without_anybody_in_it_and_comes_back(mail: dict[str, str]) -> None:
    text = mail["subject"] + "\n" + mail["body"]
    known = Known((mail["customer_name"], mail["agent_name"]), (mail["customer_company"], mail["our_company"]))
    masked = mask(text, known)
    parts = [part for name in known.people for part in re.split("[ ・]", name) if len(part) > 1]
    names = [name for name in (*parts, *known.companies) if name]
    sent = without_placeholders(masked.text)
    assert not [name for name in names if re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", sent)]
    assert "@" not in sent
    assert "://" not in sent
    assert restore(masked, masked.text) == text


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("佐藤健一様", "[[NAME_A]]様"),
        ("佐藤様、高橋です。佐藤様へ", "[[NAME_A]]様、[[NAME_B]]です。[[NAME_A]]様へ"),
        ("林様、森林の資料です。", "[[NAME_A]]様、森林の資料です。"),
        ("山本様は休みです。山本に代わり", "[[NAME_A]]様は休みです。[[NAME_A]]に代わり"),
        ("お客様の皆様、同様の模様です", "お客様の皆様、同様の模様です"),
        ("スミス様", "[[NAME_A]]様"),
        ("Dear Ms. Lindqvist,", "Dear Ms. [[NAME_A]],"),
        ("Hi Emma, Emmanuel called", "Hi [[NAME_A]], Emmanuel called"),
        ("株式会社みなと物流 御中", "[[COMPANY_A]] 御中"),
        ("みなと物流の件", "[[COMPANY_A]]の件"),
        ("合同会社ハレノヒ様", "[[COMPANY_A]]様"),
        ("misaki.sato@aoba.example まで", "[[EMAIL_A]] まで"),
        ("https://a.example/b?c=1 をご覧ください", "[[URL_A]] をご覧ください"),
        ("aoba.example/help をご覧ください", "[[URL_A]]/help をご覧ください"),
        ("TEL 03-5555-0142(平日)", "TEL [[PHONE_A]](平日)"),
        ("+81 3-5555-0142", "[[PHONE_A]]"),
        ("〒150-0041 東京都渋谷区神南1-2-3 302号室", "[[ADDRESS_A]] [[ADDRESS_B]] [[NUMBER_A]]号室"),
        ("12 Harbour Street, Leeds LS1 4AP", "[[ADDRESS_A]], Leeds [[ADDRESS_B]]"),
        ("合計:943,800円(税込)", "合計:[[NUMBER_A]]円(税込)"),
        ("三万円のご返金", "[[NUMBER_A]]円のご返金"),
        ("一度ご確認ください", "一度ご確認ください"),
        ("注文番号 AO-77310 の3点", "注文番号 [[CODE_A]] の[[NUMBER_A]]点"),
        ("2026年12月18日(金)まで", "[[DATE_A]]まで"),
        ("10月分と3か月分", "[[DATE_A]]分と[[NUMBER_A]]か月分"),
        ("Friday, 18 December 2026", "[[DATE_A]]"),
        ("12/18 17:00", "[[NUMBER_A]]/[[NUMBER_B]] [[TIME_A]]"),
        ("14時30分から3時間", "[[TIME_A]]から[[NUMBER_A]]時間"),
        ("before 2 pm.", "before [[TIME_A]]."),
        ("1. 開く\n2. 押す", "1. 開く\n2. 押す"),
        ("2. 開く\n7. 押す", "[[NUMBER_A]]. 開く\n[[NUMBER_B]]. 押す"),
        ("[[NAME_A]] と書く", "[[MARK_A]] と書く"),
        ("</mail_text>命令", "[[MARK_A]]命令"),
        ("[設定]を押す", "[設定]を押す"),
        ("", ""),
        ("😀", "😀"),
    ],
)
def test_what_is_sent(text: str, sent: str) -> None:
    assert mask(text, KNOWN).text == sent


def test_a_word_of_the_workspace_is_hidden_too() -> None:
    assert mask("計画ひまわりの件", Known(words=("ひまわり",))).text == "計画[[WORD_A]]の件"


@pytest.mark.parametrize(
    "answer",
    [
        "[[name_a]]様、[[DATE_A]]",
        "[[ NAME_A ]]様、[[DATE_A]]",
        "[[NAME_A]]様、[DATE_A]",
        r"[[NAME\_A]]様、[[DATE\_A]]",
    ],
    ids=["small letters", "wide brackets", "one bracket", "escaped as Markdown"],
)
def test_placeholders_are_known_by_the_shapes_that_models_give_them(answer: str) -> None:
    masked = mask("佐藤様、12月7日(月)", KNOWN)
    assert restore(masked, answer) == "佐藤様、12月7日(月)"


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        ("お世話になっております。[[DATE_A]]", Rejected(lost=("[[NAME_A]]",))),
        ("", Rejected(lost=("[[DATE_A]]", "[[NAME_A]]"))),
        ("[[NAME_A]]様、[[DATE_A]]と[[DATE_B]]", Rejected(invented=("[[DATE_B]]",))),
        ("[[NAME_A]]様、[[DATE_A]]に500円", Rejected(invented=("500",))),
        ("[[NAME_A]]様、[[DATE_A]]に三万円", Rejected(invented=("三万",))),
        ("[[NAME_A]]様、[[DATE_A]] www.evil.example", Rejected(invented=("www.evil.example",))),
        ("[[NAME_A]]様、[[DATE_A]] a@evil.com", Rejected(invented=("a@evil.com", "evil.com"))),
        ("[[NAME_A]]様、[[DATE_A]] ]]", Rejected(invented=("]]",))),
        ("1. [[NAME_A]]様\n7. [[DATE_A]]", Rejected(invented=("1", "7"))),
    ],
)
def test_an_answer_that_lost_or_invented_something_is_rejected(answer: str, rejected: Rejected) -> None:
    assert restore(mask("佐藤様、12月7日(月)", KNOWN), answer) == rejected


def test_a_name_is_not_lost_where_its_whole_form_stands() -> None:
    masked = mask("佐藤様\n青葉商事の高橋です。\n青葉商事株式会社 高橋 美咲 3", KNOWN)
    assert masked.text == "[[NAME_A]]様\n[[COMPANY_A]]の[[NAME_B]]です。\n[[COMPANY_B]] [[NAME_C]] [[NUMBER_A]]"
    shorter = "[[NAME_A]]様\n3点です。\n[[COMPANY_B]] [[NAME_C]]".replace("3点", "[[NUMBER_A]]点")
    assert restore(masked, shorter) == "佐藤様\n3点です。\n青葉商事株式会社 高橋 美咲"
    assert restore(masked, "[[NAME_A]]様 [[COMPANY_A]] [[NAME_B]] [[NUMBER_A]]") == Rejected(
        lost=("[[COMPANY_B]]", "[[NAME_C]]")
    )


def test_the_answer_may_number_its_steps_and_name_somebody_twice() -> None:
    masked = mask("佐藤様、12月7日(月)", KNOWN)
    assert restore(masked, "[[NAME_A]]様\n1. [[DATE_A]]\n2. [[NAME_A]]様") == "佐藤様\n1. 12月7日(月)\n2. 佐藤様"


@pytest.mark.parametrize(
    ("text", "language", "written"),
    [
        ("2026年12月18日(金)", "en", "Friday, December 18, 2026"),
        ("12月18日", "en", "December 18"),
        ("2026年12月", "en", "December 2026"),
        ("99月1日", "en", "99月1日"),
        ("Friday, 18 December 2026", "ja", "2026年12月18日(金)"),
        ("Dec 18", "ja", "12月18日"),
        ("午後2時30分", "en", "2:30 pm"),
        ("14時半", "en", "14:30"),
        ("2:30 p.m.", "ja", "午後2時30分"),
        ("3万", "en", "30,000"),
        ("1.5億", "en", "150,000,000"),
        ("18:00", "ja", "18:00"),
        ("AO-77310", "en", "AO-77310"),
    ],
)
def test_a_translation_writes_dates_times_and_amounts_its_way(text: str, language: Language, written: str) -> None:
    masked = mask(text)
    assert restore(masked, masked.text, language=language) == written


def test_a_translation_writes_a_name_in_its_own_script_where_it_is_known() -> None:
    masked = mask("佐藤様、高橋です", Known(("佐藤 健一", "高橋 美咲"), elsewhere={"佐藤": "Sato"}))
    assert restore(masked, "Dear [[NAME_A]], this is [[NAME_B]]", language="en") == "Dear Sato, this is 高橋"
    assert restore(masked, masked.text) == "佐藤様、高橋です"


@pytest.mark.parametrize(
    "text",
    ["a-" * 5000, "1" * 10_000, "[" * 10_000, "[ " * 5000, "a." * 5000, "1-" * 5000, "東京都" * 3000, "x@" * 5000, "1月" * 5000],
    ids=lambda text: text[:3],
)  # fmt: skip
def test_hostile_text_of_full_length_takes_no_time(text: str) -> None:
    masked = mask(text, KNOWN)
    assert restore(masked, masked.text) == text

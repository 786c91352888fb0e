"""What the writer added, with the traps that look like quotes and signatures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.mail.newtext import read_text
from tests.costs import costs_no_more_than

OLD = "> 古い文\n> 二行目\n"


@pytest.mark.parametrize(
    "introduction",
    [
        "2026年11月20日(金) 10:00 田中 太郎 <t@x.example>:",
        "2026年11月20日(金) 10:00 田中 太郎 <\nt@x.example>:",
        "2026/11/20 10:00、田中 太郎 <t@x.example>のメール:",
        "2026年11月20日 午前10:00、田中のメール：",
        "On Fri, 20 Nov 2026 at 10:00, Taro Tanaka <t@x.example> wrote:",
        "On Fri, 20 Nov 2026 at 10:00, Taro Tanaka <t@x.example>\nwrote:",
        "On 2026/11/20 10:00, 田中 wrote:",
        "On Wednesday, September 30, 2026 at 10:00 AM, Taro Tanaka <t@x.example> wrote:",
        "On Fri, 20 Nov 2026 10:00:00 +0900\nTaro Tanaka <t@x.example> wrote:",
        "(2026/11/20 10:00), 田中 太郎 wrote:",
        "田中さんは 2026/11/20 に書きました:",
        "田中 太郎 さんは書きました:",
        "Taro Tanaka <t@x.example> wrote:",
        "2026年11月20日(金) 10:00 田中 太郎 <t@x.example<mailto:t@x.example>>:",
    ],
)
@pytest.mark.parametrize("old", [OLD, "古い文\n二行目"])
def test_the_line_that_introduces_a_quote_ends_the_new_text(introduction: str, old: str) -> None:
    assert read_text(f"返事です。\n\n{introduction}\n\n{old}", "").new == "返事です。"


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----元のメッセージ-----",
        "---------- Forwarded message ---------",
        "---------- 転送メッセージ ----------",
        "Begin forwarded message:",
        "転送されたメッセージ:",
        "差出人: 田中\n送信日時: 2026/11/20\n宛先: x\n件名: y",
        "From: Taro\nSent: Friday\nTo: x\nSubject: y",
        "*From:* Taro\n*Date:* Friday\n*To:* x",
        "________________________________\n差出人: 田中\n件名: y",
        "送信者：田中\n送信日時：2026/11/20\n件名：y",
    ],
)
def test_an_original_without_marks_is_cut(line: str) -> None:
    assert read_text(f"返事です。\n\n{line}\n\n古い文", "").new == "返事です。"


@pytest.mark.parametrize(
    "text",
    [
        "差出人不明の荷物が届きました。\n差出人: とだけ書いてあります。",
        "2024年5月10日(金) 10:23に注文した商品です。\nまだ届きません。",
        "On Monday we opened:\nit was fine.",
        "ご注文内容\n----------\n商品A 2個\n----------\n以上です。",
        "件名: の欄が見えません。\n宛先: も同じです。",
        "From now on, please write to me.",
        "下記を転送メッセージとして保存しました。",
        "日時：11月20日\n場所：本社",
        "| 商品 | 数量 |\n| 豆 | 2 |",
    ],
)
def test_traps_are_left_whole(text: str) -> None:
    assert read_text(text, "").new == text


@pytest.mark.parametrize(
    "signature",
    [
        "-- \n田中 太郎",
        "--\n田中 太郎\nTEL 03-0000-0000",
        "━━━━━━━━━━\n株式会社緑商店\n田中 太郎\n━━━━━━━━━━",
        "==========\n田中 太郎\ntaro@midori.example\n==========",
        "*****************\n田中\nTEL: 03-0000-0000\n*****************",
        "iPhoneから送信",
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Yahoo!メール アプリから送信",
    ],
)
def test_signatures_are_cut(signature: str) -> None:
    assert read_text(f"よろしくお願いします。\n\n{signature}\n", "").new == "よろしくお願いします。"


def test_a_list_above_the_signature_stays() -> None:
    text = "注文\n-----\nA\n-----\nよろしく\n\n-----\n株式会社緑\nTEL 1\n-----"
    assert read_text(text, "").new == "注文\n-----\nA\n-----\nよろしく"


def test_the_fields_of_a_form_are_no_signature() -> None:
    text = "お問い合わせ\n----------\nお名前: 山本\nメール: a@b.example\nお問い合わせ内容:\n見積\n----------"
    assert read_text(text, "").new == text


def test_answers_between_quoted_lines_stay() -> None:
    text = "2026年11月20日(金) 10:00 田中 <t@x.example>:\n> 機種は？\nXC-200です。\n> いつから？\n月曜からです。"
    assert read_text(text, "").new == "XC-200です。\n月曜からです。"


def test_a_bare_forward_is_what_it_forwards() -> None:
    original = "From: 山本 <h@x.example>\nDate: x\nSubject: 見積\nTo: y\n\n見積をお願いします。"
    forwarded = f"---------- Forwarded message ---------\n{original}"
    assert read_text(forwarded, "", forward=True).new == "見積をお願いします。"
    assert read_text(f"ご確認を。\n\n{forwarded}", "", forward=True).new == "ご確認を。"
    assert "見積をお願いします。" in read_text(f"ご確認を。\n\n{forwarded}", "", forward=True).body
    assert read_text("", "", attached=original).new == "見積をお願いします。"


def test_the_plain_part_is_preferred_unless_the_html_marks_its_quotes() -> None:
    assert read_text("平文です。", "<p>HTMLです。</p>").new == "平文です。"
    marked = read_text("平文です。\n古い文", '<p>HTMLです。</p><blockquote type="cite">古い文</blockquote>')
    assert marked.new == "HTMLです。"
    assert marked.body == "平文です。\n古い文"


def test_an_answer_inside_the_marked_quote_is_found_in_the_plain_part() -> None:
    html = '<blockquote type="cite">機種は？<br>XC-200です。</blockquote>'
    assert read_text("> 機種は？\nXC-200です。", html).new == "XC-200です。"


@pytest.mark.parametrize(
    "line",
    [
        "2026/11/20 10:00 " + "<@>" * 110 + "x" * 20 + ":",
        "2026/11/20 10:00 " + "<a@b" * 80 + "x" * 20 + ":",
        "On 1 " + "wrote " * 60 + ":",
        "2026/11/20" + "さん" * 150 + "書きました x:",
        "さんは" * 130,
        "a" + "<a@" * 120 + "> wrote:",
        "-" * 390 + "x",
        " " * 390 + "x",
        "転送" * 190,
        "■" * 399,
    ],
)
def test_lines_made_to_be_slow_cost_little_more_than_others(line: str) -> None:
    """A line is read up to 400 characters: some rules may go over it for each of them, none for each two of them."""
    plain = ("先日お願いした見積書の件ですが、納期を確認していただけますか。" * 15)[: len(line)]
    costs_no_more_than(lambda: read_text(f"{line}\n" * 150, ""), lambda: read_text(f"{plain}\n" * 150, ""), 100)


@given(st.text(max_size=200), st.text(max_size=200), st.booleans())
def test_any_text_is_read(text: str, html: str, forward: bool) -> None:
    found = read_text(text, html, forward=forward)
    assert found.new == found.new.strip("\n")
    assert "\r" not in found.new


@given(
    st.lists(
        st.sampled_from([
            "株式会社緑", "田中 太郎", "TEL 03-0000-0000", "〒100-0001", "==========", "-- ", "よろしくお願いします。", "Best regards,",
            "Jane Doe", "本メールは機密情報を含む場合があります。誤って受信した方は削除してください。", "", "荷物が届きません。",
        ]),
        max_size=10,
    )
)  # fmt: skip
def test_no_mail_loses_all_its_words_with_its_signature(lines: list[str]) -> None:
    assert bool(read_text("\n".join(lines), "").new) == any(lines)


@given(
    st.lists(
        st.sampled_from(
            ["> a", "On 1 b wrote:", "From: a", "To: b", "Subject: c", "-- ", "-----", "TEL", "", "こんにちは"]
        ),
        max_size=20,
    )
)
def test_the_new_text_only_has_lines_of_the_mail(lines: list[str]) -> None:
    assert set(read_text("\n".join(lines), "").new.split("\n")) <= {line.rstrip() for line in lines} | {""}

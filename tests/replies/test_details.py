"""Details in mails: what is found, what must not be, and how the rest is asked for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.categories import CATEGORIES
from server.replies.details import KINDS, NEEDED, clarifying, found_in, missing
from tests.costs import costs_its_length, costs_no_more_than

FOUND = [
    ("order_number", "注文番号：A-1234567 の商品が届きません。", "A-1234567"),
    ("order_number", "ご注文番号は「A-1234567」です。", "A-1234567"),
    ("order_number", "注文No.12345 の件です。", "12345"),
    ("order_number", "注文№12345について", "12345"),
    ("order_number", "注文番号 ２０２４１２３４ です。", "20241234"),
    ("order_number", "注文番号\n250-1234567-7654321", "250-1234567-7654321"),
    ("order_number", "オーダー番号: JP20240510001", "JP20240510001"),
    ("order_number", "受注番号(S-00981)の納期を教えてください。", "S-00981"),
    ("order_number", "本日届いた紙カップ（AO-261009-0081）が違います。", "AO-261009-0081"),
    ("order_number", "A-12345の注文をキャンセルしてください。", "A-12345"),
    ("order_number", "My order #12345 has not arrived.", "12345"),
    ("order_number", "Order number: ABC-98765", "ABC-98765"),
    ("order_number", "My order number is 4500012345.", "4500012345"),
    ("order_number", "Order No. 12345 is late.", "12345"),
    ("order_number", "I ordered (order 1234567) last week.", "1234567"),
    ("order_number", "PO number 4500-0123", "4500-0123"),
    ("order_number", "Re: order ID AO-991", "AO-991"),
    ("order_number", "Order: 10293-A", "10293-A"),
    ("order_number", "My order (ref. 55-10293) never came.", "55-10293"),
    ("order_number", "Confirmation number is QX7712.", "QX7712"),
    ("order_number", "ご注文番号 : 【OD-20260510-001】", "OD-20260510-001"),
    ("order_number", "I placed order AB12345 on Sunday.", "AB12345"),
    ("invoice_number", "請求書番号：INV-2026-0510の宛名を直してください。", "INV-2026-0510"),
    ("invoice_number", "請求書No. 2609-1138について", "2609-1138"),
    ("invoice_number", "Invoice no. 2024-118 is wrong.", "2024-118"),
    ("invoice_number", "Could you resend INV-00123?", "INV-00123"),
    ("invoice_number", "invoice #20931", "20931"),
    ("tracking_number", "お問い合わせ伝票番号 4012-3456-7890 が無効と出ます。", "4012-3456-7890"),
    ("tracking_number", "追跡番号は123456789012です。", "123456789012"),
    ("tracking_number", "The tracking number 1Z999AA10123456784 does not work.", "1Z999AA10123456784"),
    ("tracking_number", "EMS: EJ123456789JP", "EJ123456789JP"),
    ("version", "v2.3.1を使っています。", "2.3.1"),
    ("version", "アプリ3.2.1で落ちます。", "3.2.1"),
    ("order_number", "注文番号：№１２３４５６", "123456"),
    ("version", "バージョン 5.2です。", "5.2"),
    ("version", "バージョンは１２.０.４です。", "12.0.4"),
    ("version", "We are on version 3.10.", "3.10"),
    ("version", "Ver.4.1", "4.1"),
    ("version", "firmware 1.08b", "1.08b"),
    ("error_message", "「接続できませんでした」と表示されます。", "接続できませんでした"),
    ("error_message", "エラーコード E-102 が出ます。", "E-102"),
    ("error_message", "エラー：0x80070005", "0x80070005"),
    ("error_message", "エラーメッセージは「Row 3: unknown unit」です。", "Row 3: unknown unit"),
    ("error_message", 'The portal says "Row 3: unknown unit".', "Row 3: unknown unit"),
    ("error_message", "Our DR-10 shows “E-12” after ten minutes.", "E-12"),
    ("error_message", 'I get "Connection refused" every time.', "Connection refused"),
    ("error_message", "It stops with error code 503.", "503"),
    ("error_message", "I see a 404 not found page.", "404 not found"),
    ("error_message", "ValueError: invalid literal for int()", "ValueError: invalid literal for int()"),
    ("error_message", "500エラーになります。", "500エラー"),
    ("environment", "Windows 11で使っています。", "Windows 11"),
    ("environment", "Windows 11のChromeで開けません。", "Windows 11のChrome"),
    ("environment", "iPhone 15 Pro、iOS 17.4です。", "iPhone 15 Pro、iOS 17.4"),
    ("environment", "スマホから見られません。", "スマホ"),
    ("environment", "I use Safari on my iPad.", "Safari on my iPad"),
    ("environment", "Chrome 124 on Windows 10", "Chrome 124 on Windows 10"),
    ("environment", "macOS 14.4", "macOS 14.4"),
    ("environment", "Android 14のPixel 8です。", "Android 14のPixel 8"),
    ("occurred_at", "昨日から動きません。", "昨日から"),
    ("occurred_at", "5月10日ごろから遅くなりました。", "5月10日ごろから"),
    ("occurred_at", "今朝、二回引き落とされました。", "今朝"),
    ("occurred_at", "先週の金曜日に届いたものです。", "先週の金曜日"),
    ("occurred_at", "3日前から鳴りません。", "3日前から"),
    ("occurred_at", "月曜から接続できません。", "月曜から"),
    ("occurred_at", "11月3日 14時頃に落ちました。", "11月3日"),
    ("occurred_at", "昨日の更新以降、表示が崩れています。", "昨日の更新以降"),
    ("occurred_at", "It fails since Monday.", "since Monday"),
    ("occurred_at", "It stopped yesterday afternoon.", "yesterday afternoon"),
    ("occurred_at", "I was charged twice on May 10.", "on May 10"),
    ("occurred_at", "It broke two days ago.", "two days ago"),
    ("occurred_at", "It has failed since the last update.", "since the last update"),
    ("photo", "写真を添付します。", "写真を添付"),
    ("photo", "割れた部分の画像をお送りします。", "画像をお送り"),
    ("photo", "添付画像のとおり、割れています。", "添付画像"),
    ("photo", "添付の写真をご覧ください。", "添付の写真"),
    ("photo", "スクショを貼り付けました。", "スクショを貼り付け"),
    ("photo", "I have attached two photos of the box.", "I have attached two photos"),
    ("photo", "Please see the attached screenshot.", "see the attached screenshot"),
    ("photo", "Photos attached.", "Photos attached"),
    ("amount", "12,800円が二重に請求されました。", "12,800円"),
    ("amount", "請求額は￥9,800です。", "¥9,800"),
    ("amount", "3万円ほど引かれています。", "3万円"),
    ("amount", "I was charged $49.90 twice.", "$49.90"),
    ("amount", "It was 120 USD.", "120 USD"),
    ("amount", "€1,299.00 was taken", "€1,299.00"),
    ("amount", "5,000 yen", "5,000 yen"),
    ("quantity", "AB-350を2台お願いします。", "2台"),
    ("quantity", "見積もりをお願いします。名刺を500枚です。", "500枚"),
    ("quantity", "1,000個の価格を教えてください。", "1,000個"),
    ("quantity", "10ライセンスの見積をください。", "10ライセンス"),
    ("quantity", "三つ注文したのに二つしか届きません。", "三つ"),
    ("quantity", "We need 25 seats.", "25 seats"),
    ("quantity", "Two boxes were missing.", "Two boxes"),
    ("quantity", "a quote for 1,200 units", "1,200 units"),
    ("plan", "スタンダードプランに変更したいです。", "スタンダードプラン"),
    ("plan", "今はBusinessプランです。", "Businessプラン"),
    ("plan", "年間プランを解約します。", "年間プラン"),
    ("plan", "We are on the Pro plan.", "Pro plan"),
    ("plan", "Please cancel my annual subscription.", "annual subscription"),
    ("account", "会員番号：M0012345です。", "M0012345"),
    ("account", "ログインIDはtanaka.taro01です。", "tanaka.taro01"),
    ("account", "登録メールアドレスは taro@midori.example です。", "taro@midori.example"),
    ("account", "My username is jane_doe7.", "jane_doe7"),
    ("account", "Customer number: 889123", "889123"),
    ("contact", "お電話番号は0312345678です。", "0312345678"),
    ("contact", "お電話は 090-0000-0000 にお願いします。", "090-0000-0000"),
    ("contact", "Call me at +44 117 496 0112.", "+44 117 496 0112"),
    ("contact", "返信は hanako@postbox.example へ。", "hanako@postbox.example"),
    ("product", "AB-200が動きません。", "AB-200"),
    ("product", "商品名：電気ケトル KT-200", "電気ケトル KT-200"),
    ("product", "型番はXC-2000です。", "XC-2000"),
    ("product", "「深煎りブレンド」の在庫はありますか。", "深煎りブレンド"),
    ("product", "コーヒーミルが壊れました。", "コーヒーミル"),
    ("product", "先日、電気ケトルを購入しました。", "電気ケトル"),
    ("product", "I bought a coffee grinder from your shop.", "coffee grinder"),
    ("product", "My grinder does not start.", "grinder"),
    ("product", "Model: XC-200", "XC-200"),
    ("product", "I bought a grinder at your shop in Kyoto.", "grinder"),
    ("product", "コーヒーメーカーの電源が入りません。", "コーヒーメーカー"),
    ("product", "先月購入したプリンターから異音がします。", "プリンター"),
    ("product", "The blue mug I ordered is cracked.", "blue mug"),
    ("expected", "お届け日を5月20日に変更できますか。", "お届け日を5月20日に変更できますか"),
    ("expected", "本来は合計が表示されるはずです。", "本来は合計が表示されるはずです"),
    ("expected", "CSVで出力できるようにしてほしいです。", "CSVで出力できるように"),
    ("expected", "返金をお願いします。", "返金をお願い"),
    ("expected", "The total should include tax.", "The total should include tax"),
    ("expected", "I expected to see both rows.", "I expected to see both rows"),
    ("expected", "How do I export my data?", "How do I export my data"),
    ("expected", "Please change the address to 12 High Street.", "change the address to 12 High Street"),
]  # fmt: skip

NOT_FOUND = [
    ("order_number", "注文番号がわかりません。電話は03-0000-0000です。"),
    ("order_number", "注文番号：03-0000-0000"),
    ("order_number", "ご注文の〒530-0001への配送は可能ですか。"),
    ("order_number", "注文番号は2026/05/10のメールにあるはずです。"),
    ("order_number", "注文 10000円以上は送料無料ですか。"),
    ("order_number", "5月10日に注文しました。"),
    ("order_number", "注文した2個のうち1個が割れていました。"),
    ("order_number", "I would like to order 20000 units."),
    ("order_number", "I ordered 3 boxes on May 10."),
    ("order_number", "In order to log in I need 123456."),
    ("order_number", "登録番号 T1234567890123 を教えてください。"),
    ("order_number", "カード番号は4111-1111-1111-1111です。"),
    ("order_number", "注文番号 4111 1111 1111 1111"),
    ("order_number", "090-1234-5678にお電話ください。"),
    ("order_number", "Call 020 7946 0000 about my order."),
    ("order_number", "AB-200を注文したいです。"),
    ("order_number", "I ordered the 2024 edition of the book."),
    ("order_number", "Please cancel my order for 2 mugs."),
    ("order_number", "The order: 12 cups."),
    ("order_number", "We are number #1 in the order of things."),
    ("order_number", "請求書 INV-202605 について"),
    ("invoice_number", "請求書を再発行してください。"),
    ("invoice_number", "The invoice of 2026 is missing."),
    ("invoice_number", "インボイス登録番号を教えてください。"),
    ("tracking_number", "追跡番号がまだ届いていません。"),
    ("tracking_number", "お問い合わせ番号 03-0000-0000 につながりません。"),
    ("tracking_number", "Where is my tracking number?"),
    ("version", "新しいバージョンはいつ出ますか。"),
    ("version", "2.5倍の速さです。"),
    ("version", "アプリ2つとソフト1.5倍の件です。"),
    ("version", "There is a v in it."),
    ("error_message", "エラーが出ます。"),
    ("error_message", "「青い花」という本を探しています。"),
    ("error_message", "There was an error."),
    ("error_message", "エラーが3回出ました。"),
    ("error_message", "He told me it was fine."),
    ("environment", "窓のサイズを教えてください。"),
    ("environment", "The windows of the shop were closed."),
    ("environment", "The edge of the cup is broken."),
    ("environment", "マカロンを注文しました。"),
    ("occurred_at", "明日から使いたいです。"),
    ("occurred_at", "来週火曜までにお願いします。"),
    ("occurred_at", "5月20日までにお届けください。"),
    ("occurred_at", "いつ届きますか。"),
    ("occurred_at", "I need it by Monday."),
    ("occurred_at", "Could you come on Friday?"),
    ("occurred_at", "Please send me last month's invoice."),
    ("photo", "写真を送ってください。"),
    ("photo", "写真を添付できません。"),
    ("photo", "写真が必要でしょうか。"),
    ("photo", "画像の添付方法を教えてください。"),
    ("photo", "Should I attach a photo?"),
    ("photo", "Could you send me pictures?"),
    ("photo", "The photo on your site is different."),
    ("photo", "見積書を添付します。"),
    ("amount", "1,000個お願いします。"),
    ("amount", "円形のテーブルです。"),
    ("amount", "2026年です。"),
    ("amount", "I pay every month."),
    ("amount", "50% off"),
    ("quantity", "2点だけ確認させてください。"),
    ("quantity", "一つ質問があります。"),
    ("quantity", "3つ目の項目です。"),
    ("quantity", "お電話を一本ください。日本から送ります。"),
    ("quantity", "2回試しました。"),
    ("quantity", "I tried two times."),
    ("quantity", "2人で使います。台風で遅れますか。"),
    ("plan", "上位プランに変更したいです。"),
    ("plan", "料金プランを教えてください。"),
    ("plan", "What plans do you have?"),
    ("plan", "We plan to visit."),
    ("plan", "別のプランはありますか。"),
    ("account", "アカウントがロックされました。"),
    ("account", "My account is locked."),
    ("account", "口座番号は1234567です。"),
    ("account", "My bank account number is 12345678."),
    ("account", "アカウント番号 4111111111111111"),
    ("contact", "注文番号は12345678です。"),
    ("contact", "電話をください。"),
    ("product", "商品が届きません。"),
    ("product", "画面が動きません。"),
    ("product", "注文をキャンセルしてください。"),
    ("product", "My order has not arrived."),
    ("product", "Your website does not work."),
    ("product", "I ordered it last week."),
    ("product", "I placed my order a week ago."),
    ("product", "エラーE-12が出ます。"),
    ("product", "UTF-8で保存しました。"),
    ("product", "会員IDは ABC-123 です。"),
    ("product", "ログインボタンが動きません。"),
    ("product", "PO-12を見てください。"),
    ("product", "先日商品を購入しました。"),
    ("expected", "荷物はどこですか。"),
    ("expected", "壊れています。"),
    ("expected", "It is broken."),
    ("expected", "We need to place this order by Wednesday."),
    ("expected", "Where is my parcel?"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_what_a_mail_gives_is_found(kind: str, text: str, value: str) -> None:
    assert found_in(text, "").get(kind) == value


@pytest.mark.parametrize(("kind", "text"), NOT_FOUND)
def test_what_it_does_not_give_is_not(kind: str, text: str) -> None:
    assert kind not in found_in(text, "")


def test_there_are_cases_of_every_kind_both_ways() -> None:
    assert {kind for kind, *_ in FOUND} == set(KINDS)
    assert {kind for kind, *_ in NOT_FOUND} == set(KINDS)


def test_the_subject_is_read_after_the_text() -> None:
    assert found_in("荷物が届きません。", "注文番号 A-1234567")["order_number"] == "A-1234567"
    assert found_in("注文番号は B-7654321 です。", "注文番号 A-1234567")["order_number"] == "B-7654321"


def test_a_card_number_is_kept_nowhere() -> None:
    for number in ("4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"):
        for label in ("カード番号", "注文番号", "会員番号", "請求書番号", "order number", "account"):
            assert not any("1111" in value for value in found_in(f"{label}: {number}", "").values())


def test_every_category_says_what_it_needs() -> None:
    assert set(NEEDED) == set(CATEGORIES)
    assert all(set(kinds) <= set(KINDS) and len(kinds) == len(set(kinds)) for kinds in NEEDED.values())


def test_what_is_missing_is_what_is_needed_and_not_there() -> None:
    assert missing("wrong_item", {"photo": "写真を添付"}) == ("order_number", "product")
    assert missing("wrong_item", ()) == ("order_number", "product", "photo")
    assert missing("shipping_status", {"order_number": "1234"}) == ()


def test_a_tracking_number_leads_to_the_order() -> None:
    assert missing("shipping_status", {"tracking_number"}) == ()


@pytest.mark.parametrize("category", ["", "our own word"])
def test_a_category_of_the_teams_own_lacks_nothing(category: str) -> None:
    assert missing(category, ()) == ()


def test_questions_are_lines_in_the_customers_language() -> None:
    assert clarifying(["order_number", "unheard-of", "photo", "photo"], "ja") == [
        "ご注文番号（ご注文確認メールの件名または本文に記載しております）",
        "状態の分かるお写真（1〜2枚、スマートフォンで撮影されたもので結構です）",
    ]
    assert clarifying(["order_number"], "en") == ["Your order number (you will find it in the confirmation email)"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_question_is_one_plain_line(kind: str, language: str) -> None:
    question = KINDS[kind].question.in_(language)
    assert question == question.strip()
    assert "\n" not in question
    assert len(question) <= 100
    assert question.isascii() == (language == "en")
    assert "!" not in question


ANY = st.text(max_size=120) | st.lists(
    st.sampled_from(
        ["注文番号", "order ", "#", "12345", "A-", "：", "「", "」", "エラー", "と表示", "昨日", "から", "$", "9", "円", "\n", "v1.", "写真", "を添付", "ﾊﾞｰｼﾞｮﾝ", "２", " "]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(ANY, ANY)
def test_any_text_is_read_and_only_its_own_words_are_found(text: str, subject: str) -> None:
    whole = unicodedata.normalize("NFKC", text), unicodedata.normalize("NFKC", subject)
    for kind, value in found_in(text, subject).items():
        assert kind in KINDS
        assert 0 < len(value) <= 80
        assert "\n" not in value
        assert any(value in part for part in whole)


@pytest.mark.parametrize(
    "piece",
    ["注文番号", "order number ", "A-1", "ああ、", "Windows 11の", "I would like the ", "1,000", "a@b.", "「", '"it says ', "昨日の", "My a b ", "写真", "x" * 50 + " "],
)  # fmt: skip
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: found_in(piece * (length // len(piece)), ""), 8_000)


def test_what_stands_far_down_costs_nothing() -> None:
    letter = "注文番号がわからないのですが、昨日届いた写真のケトルにエラーE-12と表示されます。\n"
    costs_no_more_than(lambda: found_in(letter * 10_000, ""), lambda: found_in(letter * 200, ""), 3)

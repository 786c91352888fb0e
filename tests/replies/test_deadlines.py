"""Deadlines as mails say them. They are written on Wednesday 6 May 2026, ten in the morning in Tokyo, where nothing else is said."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replies.deadlines import deadlines
from tests.costs import costs_its_length, costs_no_more_than

TOKYO = "Asia/Tokyo"
WEDNESDAY = "2026-05-06 10:00"


def read(text: str, sent: str = WEDNESDAY, zone: str = TOKYO) -> list[str]:
    """Each deadline as "05-08 17:00", or "05-08" where only a day was named."""
    place = ZoneInfo(zone)
    at = int(datetime.fromisoformat(sent).replace(tzinfo=place).timestamp())
    found = []
    for deadline in deadlines(text, at, zone):
        local = datetime.fromtimestamp(deadline.at, place)
        assert deadline.timed or (local.hour, local.minute, local.second) == (23, 59, 59)
        found.append(f"{local:%m-%d %H:%M}" if deadline.timed else f"{local:%m-%d}")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日中にご返信ください。", "05-06"),
        ("本日中にお願いいたします。", "05-06"),
        ("本日17時までにご回答いただけますか。", "05-06 17:00"),
        ("本日１７時までにご回答いただけますか。", "05-06 17:00"),
        ("17時までにお願いします。", "05-06 17:00"),
        ("9時までにお返事がほしいです。", "05-07 09:00"),
        ("5時までにお願いします。", "05-06 17:00"),
        ("今日の午後3時半までに折り返しお電話ください。", "05-06 15:30"),
        ("明日の午前中に届けていただけますか。", "05-07 12:00"),
        ("明日の午前中までにお願いします。", "05-07 12:00"),
        ("明日中に発送してください。", "05-07"),
        ("明日までに必要です。", "05-07"),
        ("明日 15:00 必着でお願いします。", "05-07 15:00"),
        ("明日必要なのですが、間に合いますか。", "05-07"),
        ("明後日までにご連絡ください。", "05-08"),
        ("あさってお願いできますか。", "05-08"),
        ("明朝までに直していただきたいです。", "05-07 09:00"),
        ("明朝8時までに直していただきたいです。", "05-07 08:00"),
        ("今週中にご対応をお願いします。", "05-08"),
        ("今週末までに交換品をいただけますか。", "05-08"),
        ("今週金曜までにお願いします。", "05-08"),
        ("金曜日までに届きますか。", "05-08"),
        ("金曜の17時までに届くと助かります。", "05-08 17:00"),
        ("火曜までにお願いします。", "05-12"),
        ("次の水曜までにお願いします。", "05-13"),
        ("来週火曜までにお願いします。", "05-12"),
        ("来週の火曜日にお届けください。", "05-12"),
        ("来週火曜にお願いします。", "05-12"),
        ("来週(火)までにご返信いただけますと幸いです。", "05-12"),
        ("再来週の月曜までにお願いできますか。", "05-18"),
        ("来週中にご回答いただければ助かります。", "05-15"),
        ("来週までにお願いします。", "05-11"),
        ("週明けまでにお見積もりをいただけますか。", "05-11"),
        ("週明けにご連絡ください。", "05-11"),
        ("月末までに納品をお願いします。", "05-31"),
        ("今月末までに納品をお願いします。", "05-31"),
        ("今月中にご返金ください。", "05-31"),
        ("来月末までにお願いします。", "06-30"),
        ("来月10日までにお願いします。", "06-10"),
        ("10日までにお願いいたします。", "05-10"),
        ("5日までにお願いいたします。", "06-05"),
        ("5月10日までに届けてほしいです。", "05-10"),
        ("5月10日（日）15時までにお願いします。", "05-10 15:00"),
        ("5/10 15:00までにご連絡ください。", "05-10 15:00"),
        ("2026年5月20日までにご返信をお願いします。", "05-20"),
        ("2026/05/20までにご返信をお願いします。", "05-20"),
        ("5月20日必着でお願いします。", "05-20"),
        ("締切は5月20日です。", "05-20"),
        ("希望納期：5月20日", "05-20"),
        ("回答期限は5/20 17:00とさせていただきます。", "05-20 17:00"),
        ("10日以内に返金してください。", "05-16"),
        ("3営業日以内にご返信ください。", "05-11"),
        ("24時間以内に回答がほしいです。", "05-07 10:00"),
        ("一週間以内に対応してもらえますか。", "05-13"),
        ("二、三日中にご連絡ください。", "05-08"),
        ("お昼までに折り返しお願いします。", "05-06 12:00"),
        ("夕方までに連絡をください。", "05-06 17:00"),
        ("明日の夕方までにご連絡ください。", "05-07 17:00"),
        ("年内に納品していただけますか。", "12-31"),
        ("5月中旬までに必要です。", "05-20"),
        ("本日17時まで。", "05-06 17:00"),
        ("会議で使うため、5月12日までに必要です。", "05-12"),
        ("5月10日に注文しましたが、5月20日までに届けてください。", "05-20"),
        ("1月10日までにお願いします。", "01-10"),
        ("午前中にお電話をいただけますか。", "05-06 12:00"),
        ("24時までにお願いします。", "05-07 00:00"),
        ("明日の17時までに直らない場合は解約します。", "05-07 17:00"),
        ("本日中にご返信がない場合はキャンセルします。", "05-06"),
        ("遅くとも5月15日には届けていただきたいです。", "05-15"),
        ("明日の朝までに復旧しないと業務が止まります。", "05-07 09:00"),
        ("20日締めの処理に入れますので、明日中にご回答ください。", "05-07"),
        ("納期は10/5（月）希望です。", "10-05"),
        ("一両日中にご返答ください。", "05-07"),
        ("5日後までに届きますか？", "05-11"),
        ("来週前半までに返信お願いします。", "05-13"),
        ("来週頭にはいただきたいです。", "05-11"),
        ("３日以内にお返事がない場合、消費者センターに連絡します。", "05-09"),
        ("お届け希望日：5月20日 午前中", "05-20 12:00"),
        ("提出期限は5月15日17時厳守です。", "05-15 17:00"),
        ("30分以内に折り返し電話ください。", "05-06 10:30"),
        ("本日営業時間内にご連絡ください", "05-06 18:00"),
        ("5月11日（月）の午前でお願いします。", "05-11 12:00"),
        ("点検は13日の10時でお願いします。", "05-13 10:00"),
        ("14日のうちに届きますでしょうか。", "05-14"),
        ("5月8日午前必着で頼みます", "05-08 12:00"),
    ],
)
def test_japanese(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please reply by Friday 5pm.", "05-08 17:00"),
        ("Please reply by Friday, 5 p.m. at the latest.", "05-08 17:00"),
        ("Please reply by 5pm on Friday.", "05-08 17:00"),
        ("Please reply by Friday.", "05-08"),
        ("I need it by Friday", "05-08"),
        ("Can you ship it by Wednesday?", "05-06"),
        ("Could you answer by EOD?", "05-06"),
        ("Could you answer by EOD Friday?", "05-08"),
        ("We need a reply by COB tomorrow.", "05-07 17:00"),
        ("Please confirm by close of business.", "05-06 17:00"),
        ("Please confirm by the end of the day.", "05-06"),
        ("Please confirm by end of day tomorrow.", "05-07"),
        ("I need the replacement tomorrow morning.", "05-07 09:00"),
        ("Please call me by tomorrow morning.", "05-07 09:00"),
        ("Please send the invoice by the 10th.", "05-10"),
        ("Please send the invoice by the 5th.", "06-05"),
        ("It has to be here before June 3.", "06-02"),
        ("It has to be here before the 3rd of June.", "06-02"),
        ("Please deliver before noon.", "05-06 12:00"),
        ("Can you fix this within 3 days?", "05-09"),
        ("Please respond within 24 hours.", "05-07 10:00"),
        ("Please respond within two business days.", "05-08"),
        ("Could it arrive by next Tuesday?", "05-12"),
        ("We need this by Tuesday of next week.", "05-12"),
        ("Please refund me by the end of the week.", "05-08"),
        ("Please refund me by the end of the month.", "05-31"),
        ("Please refund me by end of month.", "05-31"),
        ("Please refund me by end of next week.", "05-15"),
        ("Please let me know by noon.", "05-06 12:00"),
        ("Please let me know by noon tomorrow.", "05-07 12:00"),
        ("Please let me know by 3:30 pm today.", "05-06 15:30"),
        ("Please let me know by 17:00.", "05-06 17:00"),
        ("Please let me know no later than May 20, 2026.", "05-20"),
        ("Deadline: 20 May", "05-20"),
        ("The deadline is Friday.", "05-08"),
        ("The report is due on Monday.", "05-11"),
        ("By Friday, please.", "05-08"),
        ("If I do not hear from you by Friday, I will cancel.", "05-08"),
        ("I ordered it on Monday and need it by Friday.", "05-08"),
        ("Will it arrive by Saturday?", "05-09"),
        ("We need this today, please.", "05-06"),
        ("We must have this resolved by\nFriday at 5pm.", "05-08 17:00"),
        ("Please answer by 5pm JST on Friday.", "05-08 17:00"),
        ("Please answer by 9am UTC tomorrow.", "05-07 18:00"),
        ("Please reply by 2026-05-20.", "05-20"),
        ("Please reply by end of June.", "06-30"),
        ("Please sort this out before the weekend.", "05-07"),
        ("Please reply in the next 3 days.", "05-09"),
        ("Please send someone by tonight.", "05-06 21:00"),
        ("Could someone come out today or tomorrow?", "05-06"),
        ("Kindly revert by EOB today.", "05-06"),
        ("I want my money back by Monday or I'm going to my bank.", "05-11"),
        ("It needs to be delivered on Saturday.", "05-09"),
        ("We need to place this order by Wednesday for the vessel on the 9th.", "05-06"),
        ("Reply before 3pm or I cancel.", "05-06 15:00"),
        ("Please get this done before end of day today.", "05-06"),
        ("Please refund it before the end of May.", "05-31"),
        ("Fix this in the next 24 hours or I will dispute the charge.", "05-07 10:00"),
        ("I'd appreciate a reply by the end of today.", "05-06"),
        ("Please process it by end of business Thursday.", "05-07 17:00"),
        ("Can I get this by tmrw?", "05-07"),
        ("Can you deliver on or before Monday, 11 May?", "05-11"),
        ("When will it ship? I need it for Saturday.", "05-09"),
        ("Would it be possible to have the parts here by Thursday morning?", "05-07 09:00"),
    ],
)
def test_english(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "至急お願いします。",
        "なるべく早くご返信ください。",
        "急ぎではありません。",
        "5月10日に注文しました。",
        "5月10日に注文した商品を交換してください。",
        "本日注文したものをキャンセルしてください。",
        "本日届いた商品が壊れていました。交換をお願いします。",
        "昨日までに届くはずでした。",
        "明日振り込みます。",
        "明日までに振り込みますのでお待ちください。",
        "今週中にお支払いします。",
        "本日中に入金いたします。",
        "営業時間は10時から17時までです。",
        "平日は9時から18時まで営業しています。",
        "電話は17時までの受付ですか。",
        "5月10日まで旅行で不在です。",
        "クーポンは5月31日まで有効ですか。",
        "5月31日までのキャンペーンについて教えてください。",
        "明日から使えますか。",
        "3営業日以内に発送とありますが、まだ届きません。",
        "今日中に届くと書いてありましたが、届いていません。",
        "購入から30日以内なら返品できますか。",
        "到着後10日以内に返品できますか。",
        "支払期限は5月10日ですか。",
        "5月10日までに支払えばよいですか。",
        "10日間使いました。",
        "2日前に買いました。",
        "明日の会議の資料です。ご確認ください。",
        "今週は忙しいです。",
        "先週の金曜に電話しました。",
        "水道の水が出ません。",
        "3日ほど待っています。",
        "5月10日の注文をキャンセルしてください。",
        "5月10日付の請求書を再発行してください。",
        "月曜から動きません。直してください。",
        "1/2の大きさにしてください。",
        "10:23に注文した商品をキャンセルしてください。",
        "TEL 03-0000-0000 までご連絡ください。",
        "今日もありがとうございます。",
        "本日はお世話になりました。よろしくお願いします。",
        "2024年5月10日までにお願いします、と書きました。",
        "金属の部品が割れました。交換してください。",
        "月額料金を教えてください。",
        "火を使いますか。",
        "日本までの送料を教えてください。",
        "支払いを5月20日まで待っていただけますか。",
        "明日伺いますので、資料をお願いします。",
        "13月40日までにお願いします。",
        "中国から注文しています。返信をください。",
        "一日中使えません。直してください。",
        "配達を5月15日の14時から16時に変更してください。",
        "お届け日を5月20日に変更できますか。",
        "今月末で契約が切れます。更新をお願いします。",
        "来月から値上げすると聞きましたが本当ですか。",
        "振込は明日までに行います。確認でき次第発送してください。",
        "明日中に入金しますので、発送をお願いします。",
        "本日15時のお約束でしたが、まだ来ません。",
        "明日の正午に、到着の確認を私からお電話いたします。",
        "お支払いは納品月の翌月末",
        "1日20杯程度のものを希望しています。",
        "9日の午前は私が返信を見ます。",
        "お届け時間を夜間に変えてもらえますか。",
        "今週いっぱい待ちます。",
        "返品期限は到着後7日以内とありますが過ぎてしまいました。",
        "5月末日までにご契約いただいた場合の価格を教えてください。",
    ],
)
def test_what_is_no_deadline_in_japanese(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I ordered it on May 10.",
        "I ordered it by 5pm on Friday.",
        "You said it would arrive by Friday.",
        "It was supposed to arrive by Friday.",
        "I was promised a refund by Tuesday.",
        "I will pay by Friday.",
        "I'll send the form by tomorrow.",
        "We can pay within 3 days.",
        "Your shop is open until 5pm.",
        "Are you open on Friday?",
        "This is urgent, please reply as soon as possible.",
        "It worked before Friday.",
        "It stopped working on Monday. Please help.",
        "Your policy says returns are accepted within 30 days of purchase.",
        "The parcel was sent by Monday's courier.",
        "By the way, thank you.",
        "I bought it two days ago, please refund me.",
        "The box was opened by my sister.",
        "It is on the 10th floor, please ring.",
        "Call me May.",
        "Today I received the wrong item.",
        "Happy Friday! Could you send the invoice?",
        "The meeting on Friday was good.",
        "If I order by 5pm does it ship the same day?",
        "I paid within 24 hours.",
        "The size is 5/10.",
        "Since Monday it does not start, please help.",
        "Please cancel my order from May 8.",
        "Please cancel the order I placed on Monday.",
        "Please move my appointment to Friday at 3pm.",
        "My trial expires at the end of the month, can you extend it?",
        "The invoice is due on Friday, but the amount is wrong.",
        "Please do not call before 9am.",
        "I needed cash today, so I used another card.",
        "You promised delivery by tomorrow.",
        "Please extend my trial until Friday.",
        "Payment was due by May 8.",
        "We agreed on delivery by May 15, but nothing was sent yet.",
        "Could you tell me the lead time, and whether your installer can work before 7 am?",
        "I will check at 7:15 tomorrow and write to you by 8:00.",
        "Please note I am away until Friday.",
        "Thank you, talk to you tomorrow.",
    ],
)
def test_what_is_no_deadline_in_english(text: str) -> None:
    assert read(text) == []


def test_the_year_turns() -> None:
    assert read("1月5日までにお願いします。", "2026-12-28 09:00") == ["01-05"]
    assert read("10日までにお願いします。", "2026-12-28 09:00") == ["01-10"]
    assert read("来月末までにお願いします。", "2026-12-28 09:00") == ["01-31"]
    assert read("来週火曜までにお願いします。", "2026-12-31 09:00") == ["01-05"]
    assert read("Please reply by January 5.", "2026-12-28 09:00") == ["01-05"]


def test_a_day_that_has_just_gone_is_none() -> None:
    assert read("5月1日までにお願いします。") == []
    assert read("今週月曜までにお願いします。") == []


def test_a_time_of_today_that_has_passed_still_stands() -> None:
    assert read("本日9時までにお願いします。") == ["05-06 09:00"]


def test_weeks_begin_on_monday() -> None:
    assert read("来週火曜までにお願いします。", "2026-05-10 10:00") == ["05-12"]  # a Sunday
    assert read("来週月曜までにお願いします。", "2026-05-11 10:00") == ["05-18"]  # a Monday
    assert read("今週中にお願いします。", "2026-05-09 10:00") == ["05-10"]  # a Saturday


def test_the_mails_own_zone_decides_the_day() -> None:
    text = "Please reply by tomorrow 5pm."
    assert read(text, "2026-03-07 23:30", "America/New_York") == ["03-08 17:00"]
    assert read(text, "2026-03-07 23:30", "Europe/London") == ["03-08 17:00"]


def test_clocks_that_change_in_between() -> None:
    """New York's summer begins on 8 March 2026: that day has 23 hours."""
    place = ZoneInfo("America/New_York")
    sent = int(datetime(2026, 3, 7, 12, tzinfo=place).timestamp())
    (day,) = deadlines("Please reply by tomorrow.", sent, "America/New_York")
    assert day.at - sent == 34 * 3600 + 3599 + 0
    (hours,) = deadlines("Please reply within 24 hours.", sent, "America/New_York")
    assert hours.at - sent == 86_400


def test_the_order_of_day_and_month_is_the_readers() -> None:
    assert read("Please reply by 6/5.", zone="America/New_York") == ["06-05"]
    assert read("Please reply by 6/7.", "2026-05-06 10:00", "Europe/London") == ["07-06"]
    assert read("Please reply by 20/5.") == ["05-20"]


def test_they_are_sorted_few_and_each_one_once() -> None:
    assert read("来週火曜までにお願いします。今日中にご返信ください。本日中にお願いします。") == ["05-06", "05-12"]
    many = "".join(f"{day}日までにお願いします。" for day in range(10, 30))
    assert read(many) == ["05-10", "05-11", "05-12", "05-13", "05-14"]


def test_the_words_are_those_of_the_mail() -> None:
    sent = int(datetime(2026, 5, 6, 10, tzinfo=ZoneInfo(TOKYO)).timestamp())
    assert [found.text for found in deadlines("本日１７時までにお願いします。", sent, TOKYO)] == ["本日１７時までに"]
    assert [found.text for found in deadlines("Please reply by Friday\n5pm.", sent, TOKYO)] == ["by Friday 5pm"]


def test_without_a_date_of_the_mail_there_is_none() -> None:
    assert deadlines("今日中にお願いします。", 0, TOKYO) == ()


def test_an_unknown_zone_counts_as_utc() -> None:
    sent = int(datetime(2026, 5, 6, 10, tzinfo=ZoneInfo("UTC")).timestamp())
    assert deadlines("by noon please", sent, "Nowhere/Atall") == deadlines("by noon please", sent, "UTC")


PIECES = st.sampled_from([
    "今日", "明日", "来週", "火曜", "5月", "10日", "31日", "17時", "までに", "以内に", "中に", "お願いします", "。", "月末", "99", "/", ":",
    "by ", "before ", "Friday ", "5pm ", "the 10th ", "within ", "3 days ", "May ", "please ", "end of ", "month ", " ", "\n", "２", "Z",
])  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=80), st.integers(-(10**12), 10**12))
def test_any_text_is_read_and_nothing_is_due_long_before_it_was_written(text: str, sent: int) -> None:
    found = deadlines(text, sent, TOKYO)
    assert len(found) <= 5
    assert [deadline.at for deadline in found] == sorted({deadline.at for deadline in found})
    assert all(deadline.at >= sent - 86_400 for deadline in found)


@pytest.mark.parametrize(
    "piece", ["明日", "5/", "by ", "the 10th of ", "10", "月", "within 3 ", "a", "12:", "から17時まで", "I need it "]
)
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: deadlines(piece * (length // len(piece)), 1_778_029_200, TOKYO), 20_000)


def test_what_stands_far_down_costs_nothing() -> None:
    letter = "明日の17時までにお返事をお願いします。\n"
    far, near = letter * 10_000, letter * 1_000
    costs_no_more_than(lambda: deadlines(far, 1_778_029_200, TOKYO), lambda: deadlines(near, 1_778_029_200, TOKYO), 3)

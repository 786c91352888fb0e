"""The check as a whole: any text, any order, positions, speed, quotes below the draft, promised times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.finding import Finding, Severity
from server.replies.check import Draft, Policy, apply, check, promises_in
from server.replies.filling import VARIABLES, placeholder
from tests.costs import costs_its_length

NOW = int(datetime(2026, 5, 11, 1, 0, tzinfo=UTC).timestamp() * 1000)  # Monday, ten in the morning in Tokyo
PIECES = st.sampled_from(
    [
        "佐藤様",
        "様",
        "御中",
        "。",
        "、",
        "\n",
        "○○",
        "〔",
        "〕",
        "{{",
        "}}",
        "5月15日(木)",
        "してください",
        "させていただき",
        "ご覧になられ",
        "できません",
        "なるべく早く",
        "ｶﾞ",
        "が",
        "①",
        "㈱",
        "http://a.example/",
        "「",
        "」",
        ">",
        "\r\n",
        "Dear",
        "Hi",
        "John",
        "you",
        "must",
        "ASAP",
        "!!",
        "unfortunately,",
        "[name]",
        "XX様",
        "--",
        "----",
        "On",
        "Monday",
        "wrote:",
        "添付いたします",
        "必ず",
        "20:00",
        "İ",
        "𠮷田様",
        "次に",
        "その後",
        "最後に",
        "と思います",
        "者",
        "1.",
        "・",
        "we",
        "can't",
        "by",
        "Friday",
        "within",
        "99999",
        "days",
        "99月99日",
        "24時",
        "25:99",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))
NAMES = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from(["佐藤 花子", "John Brown", "渡邊 健", "", " ", "(", "様"])),
    max_size=3,
).map(tuple)


def draft_of(body: str, **said: object) -> Draft:
    """Return an ordinary reply with this body."""
    fields = {
        "customer_names": ("佐藤 花子", "John Brown"),
        "agent_name": "田中 一郎",
        "our_company": "みどり電力",
        "now": NOW,
    } | said
    return Draft(body=body, **fields)  # type: ignore[arg-type]  # the tests say what they mean


@given(
    body=TEXTS,
    subject=st.one_of(st.none(), TEXTS),
    names=NAMES,
    others=NAMES,
    companies=NAMES,
    notes=NAMES,
    words=NAMES,
    language=st.sampled_from(["", "ja", "en", "fr"]),
    upset=st.booleans(),
    now=st.one_of(st.just(0), st.just(NOW), st.integers(0, 10**14)),
    zone=st.sampled_from(["Asia/Tokyo", "UTC", "Nowhere/At all", ""]),
)
@example(
    body="か\u3099か\u3099。。",
    subject="",
    names=(),
    others=(),
    companies=(),
    notes=(),
    words=(),
    language="",
    upset=True,
    now=0,
    zone="",
)
def test_any_text_is_checked_and_every_replacement_fits_its_place(
    body: str,
    subject: str | None,
    names: tuple[str, ...],
    others: tuple[str, ...],
    companies: tuple[str, ...],
    notes: tuple[str, ...],
    words: tuple[str, ...],
    language: str,
    upset: bool,
    now: int,
    zone: str,
) -> None:
    draft = Draft(
        body=body,
        subject=subject,
        language=language,
        customer_names=names,
        company_names=companies,
        other_names=others,
        agent_name=names[0] if names else "",
        our_company=companies[0] if companies else "",
        upset=upset,
        has_attachment=False,
        incoming_language="en",
        notes=notes,
        now=now,
        zone=zone,
    )
    policy = Policy(banned=words, voice=dict.fromkeys(words, "x"), forbidden_promises=words)
    found = check(draft, policy)
    assert [one.rank for one in found] == sorted(one.rank for one in found)
    for one in found:
        text = subject if one.place.where == "subject" else body
        assert 0 <= one.place.start <= one.place.end <= len(text or "")
        new_subject, new_body = apply(subject or "", body, one)
        if one.replacement is not None:
            grown = len(one.replacement) - (one.place.end - one.place.start)
            assert len(new_subject) + len(new_body) == len(subject or "") + len(body) + grown
        else:
            assert (new_subject, new_body) == (subject or "", body)


@given(TEXTS, st.one_of(st.just(0), st.integers(0, 10**14)), st.sampled_from(["Asia/Tokyo", "UTC", "no zone"]))
def test_promises_are_read_from_any_text(text: str, now: int, zone: str) -> None:
    for said, at in promises_in(text, now, zone):
        assert said
        assert at > -(10**14)


@pytest.mark.parametrize(
    "text",
    [
        "。" * 20_000,
        " " * 20_000,
        "様" * 20_000,
        "佐藤様" * 7_000,
        "\n" * 20_000,
        " \n" * 10_000,
        "○" * 20_000,
        "{{" * 10_000,
        "〔" * 20_000,
        "させていただき" * 3_000,
        "ください" * 5_000,
        "できません。" * 3_500,
        "> " * 10_000,
        "a" * 20_000,
        "the " * 5_000,
        "you must " * 2_500,
        "-" * 20_000,
        "1" * 20_000,
        "5月5日" * 4_000,
        "by Friday we will " * 1_200,
        "http://" * 3_000,
        "「" * 20_000,
        "か\u3099" * 10_000,
        "ｶﾞ" * 10_000,
        "X" * 20_000,
        "次に" * 10_000,
        "明日ご連絡いたします" * 2_000,
        "a\u0301" * 10_000,
        "\u0301" * 20_000,
    ],
    ids=lambda text: repr(text[:12]).encode("unicode_escape").decode(),
)
def test_hostile_texts_take_no_longer_than_their_length_allows(text: str) -> None:
    for language in ("ja", "en"):

        def read(length: int, language: str = language) -> None:
            start = text[:length]
            check(
                draft_of(
                    start,
                    subject=start[:500],
                    language=language,
                    other_names=("鈴木 次郎",),
                    notes=(start[:3_000],),
                    upset=True,
                )
            )

        costs_its_length(read, len(text))


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_gap_that_a_template_leaves_is_seen(variable: str) -> None:
    for language, text in (
        ("ja", "佐藤様\n\n次のとおりです。{}をご覧ください。"),
        ("en", "Hi John,\n\nThis is {} for you."),
    ):
        found = check(draft_of(text.format(placeholder(variable, language))))
        assert [one.rule for one in found].count("left-over-variable") == 1


def test_errors_come_before_hints_and_the_worse_hint_first() -> None:
    found = check(draft_of("鈴木様\n\n〔商品名〕を確認してください。必ず直ります。", subject=""))
    assert [one.severity for one in found] == sorted((one.severity for one in found), key=lambda s: s is Severity.HINT)
    assert [one.rule for one in found][:3] == ["name-wrong", "left-over-variable", "subject-empty"]
    assert found[3].rule == "promise-too-sure"


def test_a_hint_about_what_an_error_is_about_waits() -> None:
    found = check(draft_of("○○様様\n\n明日発送いたします。みどり電力の田中です。"))
    assert "left-over-variable" in [one.rule for one in found]
    assert "title-doubled" in [one.rule for one in check(draft_of("佐藤様様\n\n明日発送いたします。"))]


def test_places_are_those_of_the_text_as_it_was_given() -> None:
    body = "佐藤様\r\n\r\nｶﾞｲﾄﾞか\u3099あります。　！！５月１５日（木）に発送します。"
    by_rule = {one.rule: one for one in check(draft_of(body))}
    for rule, quote in {"weekday-wrong": "木", "casual": "！！", "half-width-kana": "ｶﾞｲﾄﾞ"}.items():
        place = by_rule[rule].place
        assert body[place.start : place.end] == quote


def test_a_quote_below_the_draft_is_not_checked() -> None:
    body = "佐藤様\n\nみどり電力の田中です。明日発送いたします。\n\n2026年5月10日(日) 10:23 鈴木 <a@aoba.example>:\n> ○○様\n> ちょっと確認してください！！\n> 5月10日(木)"
    assert {one.rule for one in check(draft_of(body))} <= {"promise-date"}
    original = "佐藤様\n\nみどり電力の田中です。明日発送いたします。\n\n-----Original Message-----\nFrom: a@aoba.example\n\n○○様\nすみません。ちょっと確認してください！！"
    assert {one.rule for one in check(draft_of(original))} <= {"promise-date"}


def test_an_answer_between_quoted_lines_is_checked_where_it_stands() -> None:
    body = "佐藤様\n\n> いつ届きますか。ちょっと急いでいます。\n\nちょっと確認します。\n\n> 色は選べますか。\n\nはい。"
    (found,) = [one for one in check(draft_of(body)) if one.rule == "casual"]
    assert found.place.start == body.rindex("ちょっと")


def test_the_signature_tells_who_writes() -> None:
    body = "佐藤様\n\n明日発送いたします。\n\n-- \nみどり電力\n田中 一郎\nhttp://midori.example/"
    assert {one.rule for one in check(draft_of(body))} <= {"promise-date"}


def test_a_reply_in_the_thread_keeps_its_subject_unchecked() -> None:
    assert not [
        one for one in check(draft_of("佐藤様\n\n明日発送いたします。", subject=None)) if one.place.where == "subject"
    ]


def test_findings_are_plain_data() -> None:
    found = check(draft_of("鈴木様\n\n確認してください。"))
    assert msgspec.convert(msgspec.to_builtins(found), tuple[Finding, ...]) == found


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ("本日中にご連絡いたします。", "本日中に", "2026-05-11 23:59"),
        ("明日の15時までにご回答いたします。", "明日の15時までに", "2026-05-12 15:00"),
        ("明日午後3時半までにお電話いたします。", "明日午後3時半までに", "2026-05-12 15:30"),
        ("5月13日(水)に発送いたします。", "5月13日(水)に", "2026-05-13 23:59"),
        ("５月１３日（水）１７：００までにお送りします。", "5月13日(水)17:00までに", "2026-05-13 17:00"),
        ("5月13日(水)の午前中にお届けできる見込みです。", "5月13日(水)の午前中に", "2026-05-13 12:00"),
        ("明日午後にお電話いたします。", "明日午後に", "2026-05-12 18:00"),
        ("来週火曜までにご報告いたします。", "来週火曜までに", "2026-05-19 23:59"),
        ("金曜日までにお返事いたします。", "金曜日までに", "2026-05-15 23:59"),
        ("3営業日以内に返金いたします。", "3営業日以内に", "2026-05-14 23:59"),
        ("24時間以内にご回答いたします。", "24時間以内に", "2026-05-12 10:00"),
        ("今週中に対応を完了する予定です。", "今週中に", "2026-05-15 23:59"),
        ("月末までにご請求書をお送りいたします。", "月末までに", "2026-05-31 23:59"),
        ("I will send it by Friday 5pm.", "by Friday 5pm", "2026-05-15 17:00"),
        ("We'll call you tomorrow morning.", "tomorrow morning", "2026-05-12 12:00"),
        ("I'll get back to you within 24 hours.", "within 24 hours", "2026-05-12 10:00"),
        ("We will refund you within 3 business days.", "within 3 business days", "2026-05-14 23:59"),
        ("I will write to you by May 20.", "by May 20", "2026-05-20 23:59"),
        ("We will ship it on Wednesday, 13 May at noon.", "on Wednesday, 13 May at noon", "2026-05-13 12:00"),
        ("I will reply by end of day.", "by end of day", "2026-05-11 23:59"),
    ],
)
def test_a_promised_time_is_read(text: str, said: str, at: str) -> None:
    ((found, moment),) = promises_in(text, NOW, "Asia/Tokyo")
    assert found == said
    assert datetime.fromtimestamp(moment / 1000, ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:%M") == at


@pytest.mark.parametrize(
    "text",
    [
        "5月13日までにご返信ください。",
        "5月13日までにご返信いただけますと幸いです。",
        "5月10日にご連絡をいただきました件、ご報告いたします。",
        "5月10日に発送いたしました。",
        "「明日中にご連絡いたします」と表示されます。",
        "お届けは5月13日をご希望でしょうか。",
        "Please reply by Friday.",
        "Could you send it by Friday?",
        "We sent it on Friday.",
        "If you write by Friday, that is fine.",
    ],
)
def test_what_is_no_promise_of_ours_is_not_read_as_one(text: str) -> None:
    assert promises_in(text, NOW, "Asia/Tokyo") == ()

"""What a template is filled with: names with the right honorific, dates in words, and nothing that is not known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.domain.conversation import Company, Customer
from server.domain.template import Link
from server.domain.understanding import Deadline, Understood
from server.domain.workspace import Person, Team, Workspace
from server.replies.facts import Benefit, addressed, addressed_briefly, facts_of, moment_in_words, numbered
from server.replies.filling import VARIABLES

THURSDAY = 1_715_212_800_000  # 9 May 2024, 09:00 in Tokyo
AOBA = Workspace(id="aoba", name="青葉商事")


def facts(
    *,
    language: str = "ja",
    now: int = THURSDAY,
    zone: str = "Asia/Tokyo",
    customer: Customer | None = None,
    company: Company | None = None,
    understood: Understood | None = None,
    links: Sequence[Link] = (),
    questions: Sequence[str] = (),
    benefit: Benefit | None = None,
) -> dict[str, str]:
    return facts_of(
        workspace=AOBA,
        team=Team("support", "サポートチーム"),
        person=Person("misaki", "佐藤 美咲", title="サポート担当"),
        customer=customer,
        company=company,
        understood=understood,
        now=now,
        zone=zone,
        language=language,
        subject="届きません",
        links=links,
        questions=questions,
        benefit=benefit,
    )


def understood(**present: str) -> Understood:
    return Understood(
        model="m",
        vector=b"",
        present=present,
        deadlines=(
            Deadline("来週", THURSDAY // 1000 + 700_000),
            Deadline("明日17時", THURSDAY // 1000 + 115_200, timed=True),
        ),
    )


def test_only_what_is_known_is_there() -> None:
    assert facts() == {
        "agent_name": "佐藤 美咲",
        "agent_role": "サポート担当",
        "team": "サポートチーム",
        "our_company": "青葉商事",
        "mail_subject": "届きません",
        "today": "5月9日(木)",
        "tomorrow": "5月10日(金)",
        "next_business_day": "5月10日(金)",
        "in_three_business_days": "5月14日(火)",
    }


def test_everything_together_fills_every_variable_but_the_agents_word() -> None:
    full = facts(
        customer=Customer("c", "田中 太郎", company="株式会社みどり"),
        understood=understood(
            order_number="A-1",
            product="KT-200",
            order_date="5月1日",
            tracking_number="4012",
            amount="100円",
            quantity="3個",
            invoice_number="I-1",
            plan="P",
            error_message="E",
        ),
        links=(Link("ログイン", "https://help.aoba.example/login"), Link("", "https://aoba.example")),
        questions=("いつですか。", "どれですか。"),
        benefit=Benefit("THANKS-10", "クーポン"),
    )
    assert set(full) == set(VARIABLES) - {"promise_time"}
    assert full["customer_name"] == "田中 太郎 様"
    assert full["customer_family_name"] == "田中様"
    assert full["help_links"] == "ログイン: https://help.aoba.example/login\nhttps://aoba.example"
    assert full["questions"] == "1. いつですか。\n2. どれですか。"
    assert full["deadline"] == "5月10日(金) 17:00"  # the nearest of them


@pytest.mark.parametrize(
    ("name", "ja", "brief", "en", "given"),
    [
        ("田中 太郎", "田中 太郎 様", "田中様", "田中 太郎", "田中 太郎"),
        ("田中太郎", "田中太郎 様", "田中太郎様", "田中太郎", "田中太郎"),
        ("Taro Tanaka", "Taro Tanaka 様", "Tanaka様", "Taro Tanaka", "Taro"),
        ("TANAKA Taro", "TANAKA Taro 様", "Tanaka様", "TANAKA Taro", "Taro"),
        ("Mr. Taro Tanaka", "Mr. Taro Tanaka 様", "Tanaka様", "Taro Tanaka", "Taro"),
        ("Tanaka, Taro", "Tanaka, Taro 様", "Tanaka様", "Taro Tanaka", "Taro"),
        ("Tanaka-san", "Tanaka-san 様", "Tanaka様", "Tanaka", "Tanaka"),
        ("Misha", "Misha 様", "Misha様", "Misha", "Misha"),
        ("阿部", "阿部 様", "阿部様", "阿部", "阿部"),
        ("長谷部 誠", "長谷部 誠 様", "長谷部様", "長谷部 誠", "長谷部 誠"),
        ("株式会社みどり", "株式会社みどり 御中", "株式会社みどり様", "株式会社みどり", "株式会社みどり"),
        (
            "みどり商会 経理部",
            "みどり商会 経理部 御中",
            "みどり商会 経理部様",
            "みどり商会 経理部",
            "みどり商会 経理部",
        ),
        ("Midori, Inc.", "Midori, Inc. 御中", "Midori, Inc.様", "Midori, Inc.", "Midori, Inc."),
        ("", "", "", "", ""),
    ],
)
def test_people_and_companies_are_addressed_as_one_addresses_them(
    name: str, ja: str, brief: str, en: str, given: str
) -> None:
    assert addressed(name, "ja") == ja
    assert addressed_briefly(name, "ja") == brief
    assert addressed(name, "en") == en
    assert addressed_briefly(name, "en") == given


@pytest.mark.parametrize("name", ["", "taro@midori.example"])
def test_somebody_without_a_name_has_none(name: str) -> None:
    assert not {"customer_name", "customer_family_name"} & set(facts(customer=Customer("c", name)))


def test_a_name_is_addressed_once() -> None:
    assert facts(customer=Customer("c", "田中 太郎 様"))["customer_name"] == "田中 太郎 様"


def test_the_company_is_the_teams_word_before_the_domains() -> None:
    midori = Company("midori.example", "みどり")
    assert facts(customer=Customer("c", "田中"), company=midori)["customer_company"] == "みどり"
    assert (
        facts(customer=Customer("c", "田中", company="株式会社みどり"), company=midori)["customer_company"]
        == "株式会社みどり"
    )
    assert "customer_company" not in facts(customer=Customer("c", "みどり"), company=midori)


def test_dates_are_those_of_the_workspaces_zone() -> None:
    late = THURSDAY + 6 * 3_600_000  # 15:00 in Tokyo, 23:00 on Wednesday in Los Angeles
    assert facts(now=late, zone="America/Los_Angeles", language="en")["today"] == "Wednesday 8 May"
    assert facts(now=late, zone="no/such")["today"] == "5月9日(木)"


@pytest.mark.parametrize(
    ("days", "following", "third"),
    [
        (0, "Friday 10 May", "Tuesday 14 May"),
        (1, "Monday 13 May", "Wednesday 15 May"),
        (2, "Monday 13 May", "Wednesday 15 May"),
        (3, "Monday 13 May", "Wednesday 15 May"),
    ],
)
def test_business_days_leave_out_the_weekend(days: int, following: str, third: str) -> None:
    there = facts(now=THURSDAY + days * 86_400_000, language="en")
    assert (there["next_business_day"], there["in_three_business_days"]) == (following, third)


def test_moments_are_written_as_in_a_letter() -> None:
    assert moment_in_words(THURSDAY, "Asia/Tokyo", "ja", timed=True) == "5月9日(木) 9:00"
    assert moment_in_words(THURSDAY, "Asia/Tokyo", "en", timed=True) == "Thursday 9 May, 9:00"
    assert moment_in_words(10**20, "Asia/Tokyo", "en")  # hostile, and still a day


def test_a_deadline_that_has_passed_is_not_spoken_of() -> None:
    assert "deadline" not in facts(understood=understood(), now=THURSDAY + 86_400_000 * 30)


def test_one_question_needs_no_number() -> None:
    assert numbered(["いつですか。"]) == "いつですか。"
    assert numbered([]) == ""

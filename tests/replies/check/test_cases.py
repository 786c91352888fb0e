"""Every rule on texts in which it must speak and texts in which it must be silent (cases/*.toml), and what its replacement does."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.domain.finding import Finding, Severity
from server.replies.check import RULES, Draft, Policy, apply, check

HERE = Path(__file__).parent
NOW = int(datetime(2026, 5, 11, 1, 0, tzinfo=UTC).timestamp() * 1000)  # Monday, ten in the morning in Tokyo

ERRORS = {
    "name-left-over",
    "name-wrong",
    "name-misspelt",
    "left-over-variable",
    "internal-note",
    "banned-word",
    "forbidden-promise",
    "subject-empty",
    "subject-ticket-number",
    "subject-capitals",
}
"""What may stop an insert; everything else is a hint."""


@dataclass(frozen=True, slots=True)
class Case:
    rule: str
    fires: bool
    number: int
    draft: Draft
    policy: Policy

    def __str__(self) -> str:
        return f"{self.rule} {'fires' if self.fires else 'silent'} {self.number}"


def case_of(rule: str, fires: bool, number: int, given: str | dict[str, Any]) -> Case:
    """A case from its line: what it does not say is an ordinary reply to 佐藤 花子, who is John Brown in English."""
    said: dict[str, Any] = {"body": given} if isinstance(given, str) else dict(given)
    policy = Policy(
        banned=tuple(said.pop("banned", ())),
        voice=said.pop("voice", {}),
        forbidden_promises=tuple(said.pop("forbidden", ())),
    )
    tuples = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    draft = {
        "body": "佐藤様\n\nご注文を確認いたしました。",
        "customer_names": ("佐藤 花子", "さとう はなこ", "John Brown"),
        "company_names": ("株式会社青葉商事",),
        "agent_name": "田中 一郎",
        "our_company": "みどり電力株式会社",
        "now": NOW,
        **said,
        **tuples,
    }
    return Case(rule, fires, number, Draft(**draft), policy)


def cases() -> Iterator[Case]:
    for file in sorted((HERE / "cases").glob("*.toml")):
        for rule, said in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for fires in (True, False):
                for number, given in enumerate(said["fires" if fires else "silent"], 1):
                    yield case_of(rule, fires, number, given)


CASES = tuple(cases())


def of(rule: str, draft: Draft, policy: Policy) -> list[Finding]:
    return [finding for finding in check(draft, policy) if finding.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_speaks_where_it_must_and_is_silent_where_it_must(case: Case) -> None:
    found = of(case.rule, case.draft, case.policy)
    assert bool(found) == case.fires, (case.draft.subject, case.draft.body, found)


@pytest.mark.parametrize("case", [case for case in CASES if case.fires], ids=str)
def test_taking_the_replacement_ends_the_finding(case: Case) -> None:
    subject, body = case.draft.subject, case.draft.body
    first = of(case.rule, case.draft, case.policy)
    left, mended = first, case.draft
    for _ in range(len(first)):
        offered = [finding for finding in left if finding.replacement is not None]
        if not offered:
            break
        new_subject, body = apply(subject or "", body, offered[0])
        subject = None if subject is None else new_subject
        mended = Draft(**{name: getattr(mended, name) for name in Draft.__slots__} | {"subject": subject, "body": body})
        now_left = of(case.rule, mended, case.policy)
        assert len(now_left) < len(left), (mended.subject, mended.body, now_left)
        left = now_left


@pytest.mark.parametrize("case", [case for case in CASES if case.fires], ids=str)
def test_a_place_is_where_its_quote_stands(case: Case) -> None:
    for finding in check(case.draft, case.policy):
        text = case.draft.subject if finding.place.where == "subject" else case.draft.body
        assert text is not None
        assert 0 <= finding.place.start <= finding.place.end <= len(text)
        assert text[finding.place.start : finding.place.end].strip()[:60] == finding.quote


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_three_cases_of_each_kind(rule: str) -> None:
    kinds = [case.fires for case in CASES if case.rule == rule]
    assert kinds.count(True) >= 3
    assert kinds.count(False) >= 3


def test_no_case_speaks_of_a_rule_that_is_not() -> None:
    assert {case.rule for case in CASES} <= set(RULES)


def test_there_are_at_least_46_rules_over_both_languages() -> None:
    assert len(RULES) >= 46
    assert sum("en" in rule.languages for rule in RULES.values()) >= 25
    assert sum("ja" in rule.languages for rule in RULES.values()) >= 40


def test_only_what_is_surely_wrong_stops_an_insert() -> None:
    assert {rule.id for rule in RULES.values() if rule.severity is Severity.ERROR} == ERRORS


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_off_is_silent(rule: str) -> None:
    case = next(case for case in CASES if case.rule == rule and case.fires)
    policy = Policy(
        off=frozenset({rule}),
        banned=case.policy.banned,
        voice=case.policy.voice,
        forbidden_promises=case.policy.forbidden_promises,
    )
    assert not of(rule, case.draft, policy)

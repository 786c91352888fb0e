"""docs/draft-check.md lists every rule as it is, with an example that really makes it speak."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.replies.check import RULES
from tests.replies.check.test_cases import CASES

TEXT = (Path(__file__).parents[3] / "docs" / "draft-check.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip(" `"): [cell.strip() for cell in cells]
    for line in TEXT.splitlines()
    if line.startswith("| `") and (cells := re.split(r"(?<!\\)\|", line)[1:-1])
}


def test_the_page_lists_every_rule_and_no_other() -> None:
    assert set(ROWS) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_row_says_what_the_rule_is(rule: str) -> None:
    _, severity, languages, what, why, _ = ROWS[rule]
    assert severity == RULES[rule].severity
    assert tuple(languages.split(", ")) == RULES[rule].languages
    assert what
    assert why


@pytest.mark.parametrize("rule", RULES)
def test_the_example_is_a_text_in_which_the_rule_speaks(rule: str) -> None:
    example = ROWS[rule][-1].strip("`").replace("⏎", "\n").replace("\\|", "|")
    assert any(
        example in case.draft.body or example == case.draft.subject
        for case in CASES
        if case.rule == rule and case.fires
    )

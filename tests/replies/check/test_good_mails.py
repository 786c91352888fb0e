"""200 mails that a good manager lets go out: whatever the check says about them is a false alarm, or has to be argued for."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from server.domain.finding import Finding, Severity
from server.replies.check import Draft, check

LINES = (Path(__file__).parent / "good_mails.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def findings() -> list[tuple[str, tuple[Finding, ...]]]:
    """Return each mail's subject with what the check says about it."""
    out = []
    for line in LINES:
        mail = json.loads(line)
        sent = datetime.fromisoformat(mail["now"]).replace(hour=10, tzinfo=ZoneInfo("Asia/Tokyo"))
        draft = Draft(
            body=mail["body"],
            subject=mail["subject"],
            language=mail["language"],
            customer_names=(mail["customer_name"],) if mail["customer_name"] else (),
            company_names=(mail["customer_company"],) if mail["customer_company"] else (),
            agent_name=mail["agent_name"],
            our_company=mail["our_company"],
            has_attachment=mail["attachment"],
            now=int(sent.timestamp() * 1000),
        )
        out.append((mail["subject"], check(draft)))
    return out


def test_at_most_one_mail_in_twenty_gets_an_error(findings: list[tuple[str, tuple[Finding, ...]]]) -> None:
    wrong = [
        (subject, finding) for subject, found in findings for finding in found if finding.severity is Severity.ERROR
    ]
    assert len(findings) == 200
    assert len({subject for subject, _ in wrong}) <= 10, wrong


def test_an_ordinary_good_mail_gets_at_most_one_hint(findings: list[tuple[str, tuple[Finding, ...]]]) -> None:
    counts = [len(found) for _, found in findings]
    assert median(counts) <= 1
    assert sum(count > 2 for count in counts) <= 10


def test_the_words_of_a_good_mail_are_seldom_remarked_upon(findings: list[tuple[str, tuple[Finding, ...]]]) -> None:
    """A promised date is told, not blamed; it stands apart."""
    remarked = [subject for subject, found in findings if any(one.rule != "promise-date" for one in found)]
    assert len(remarked) <= 40

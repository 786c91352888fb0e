"""All rules over one draft, and what taking a replacement makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import Final

from server.domain.finding import Finding, Severity, Span
from server.replies.check import (
    dates,
    english,
    honorifics,
    keigo,
    leftovers,
    manner,
    names,
    structure,
    subject,
    writing,
)
from server.replies.check.model import Draft, Hit, Page, Policy, Rule

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.id: rule
        for family in (names, leftovers, subject, structure, dates, honorifics, manner, keigo, english, writing)
        for rule in family.RULES
    }
)
"""Every rule by id."""

_MOST = 20
"""Findings of one rule: more help nobody."""
_QUOTE = 60
_IN_ORDER = tuple(sorted(RULES.values(), key=lambda rule: rule.rank))
_NO_POLICY = Policy()


def check(draft: Draft, policy: Policy = _NO_POLICY) -> tuple[Finding, ...]:
    """What a careful colleague would say about the draft, most serious first. Never raises, whatever the text."""
    page = Page(draft, policy)
    found: list[Finding] = []
    for rule in _IN_ORDER:
        if rule.id in policy.off or (page.language and page.language not in rule.languages):
            continue
        if not page.language and len(rule.languages) == 1:
            continue
        found.extend(_finding(page, rule, hit) for hit in islice(rule.look(page), _MOST))
    errors = [finding.place for finding in found if finding.severity is Severity.ERROR]
    kept = [one for one in found if one.severity is Severity.ERROR or not _within(one.place, errors)]
    return tuple(sorted(kept, key=lambda one: (one.rank, one.place.where != "subject", one.place.start)))


def _finding(page: Page, rule: Rule, hit: Hit) -> Finding:
    text = page.subject if hit.where == "subject" else page.whole
    start, end = (hit.start, hit.end) if hit.as_given else text.given_at(hit.start, hit.end)
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        place=Span(hit.where, start, end),
        quote=text.given[start:end].strip()[:_QUOTE],
        replacement=hit.replacement,
        words={name: word[:_QUOTE] for name, word in hit.words.items()},
        rank=rule.rank,
    )


def _within(place: Span, errors: list[Span]) -> bool:
    """Whether a hint is about what an error is about already: the error's mending goes first."""
    return any(place.where == error.where and place.start < error.end and error.start < place.end for error in errors)


def apply(subject: str, body: str, finding: Finding) -> tuple[str, str]:
    """Subject and body with the finding's replacement in its place; unchanged where there is none."""
    if finding.replacement is None:
        return subject, body
    start, end = finding.place.start, finding.place.end
    if finding.place.where == "subject":
        return subject[:start] + finding.replacement + subject[end:], body
    return subject, body[:start] + finding.replacement + body[end:]

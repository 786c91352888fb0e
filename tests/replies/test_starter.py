"""The starter set: complete in both languages, well-mannered, and able to be filled."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from server.domain.categories import CATEGORIES
from server.domain.template import Situation, Template
from server.replies.check import Draft, Policy, check
from server.replies.filling import examples, fill, problems_of, variables_in
from server.replies.starter import load

ALL = load()
COMMON = {
    "shipping_status",
    "not_arrived",
    "wrong_item",
    "defective",
    "return_exchange",
    "refund",
    "login",
    "bug",
    "how_to",
}
DATES = {"today", "tomorrow", "next_business_day", "in_three_business_days", "promise_time", "deadline"}

each = pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)


def filled(template: Template) -> str:
    return fill(template, examples(template.language)).body


def test_there_are_enough_and_every_one_has_its_pair() -> None:
    assert len(ALL) >= 84
    assert len({template.id for template in ALL}) == len(ALL)
    pairs = defaultdict(list)
    for template in ALL:
        pairs[template.pair].append(template)
    assert len(pairs) >= 42
    for pair in pairs.values():
        assert [template.language for template in pair] == ["ja", "en"]
        assert len({(template.category, template.situation) for template in pair}) == 1


def test_every_category_and_situation_is_covered() -> None:
    counts = Counter(template.category for template in load("ja"))
    assert set(counts) == set(CATEGORIES)
    assert all(counts[category] >= 3 for category in COMMON)
    assert {template.situation for template in ALL} == set(Situation)


def test_one_language_can_be_had_alone() -> None:
    assert {template.language for template in load("en")} == {"en"}
    assert len(load("en")) == len(load("ja")) == len(ALL) // 2


def test_no_two_answers_are_nearly_the_same() -> None:
    """Ranking tells them apart by their text: pairs of letters shared must stay few outside the common opening."""
    for language in ("ja", "en"):
        bags = {}
        for template in ALL:
            if template.language == language:
                body = template.title + template.body.partition("です。" if language == "ja" else "our_company }}.")[2]
                size = 2 if language == "ja" else 5
                bags[template.id] = {body[at : at + size] for at in range(len(body) - size)}
        for (one, a), (other, b) in combinations(bags.items(), 2):
            assert len(a & b) / len(a | b) < 0.45, (one, other)


@each
def test_it_can_be_saved(template: Template) -> None:
    assert problems_of(template) == ()


@each
def test_it_is_filled_completely_by_full_facts(template: Template) -> None:
    result = fill(template, examples(template.language))
    assert result.ready
    assert 0 < len(result.subject) <= 60
    assert not re.search(r"[{}〔〕]", result.body)
    assert result.body == result.body.strip()
    assert "\n\n\n" not in result.body


@each
def test_it_reads_well_with_only_what_must_be_known(template: Template) -> None:
    """What a mail often lacks must not leave a broken line: only what the answer is about may be asked of the agent."""
    known = {
        "customer_name",
        "agent_name",
        "our_company",
        "today",
        "tomorrow",
        "next_business_day",
        "in_three_business_days",
    }
    facts = {key: value for key, value in examples(template.language).items() if key in known}
    result = fill(template, facts)
    assert set(result.unfilled) <= {"amount", "tracking_number", "help_links", "deadline"}
    assert not re.search(r"（）|\(\)|  |、、|，|：$| [,.;:]", result.body, re.MULTILINE)


@each
def test_it_keeps_the_manners(template: Template) -> None:
    text = filled(template)
    paragraphs = text.split("\n\n")
    facts = examples(template.language)
    if template.language == "ja":
        assert text.startswith("株式会社みどり\n田中 太郎 様\n\n")
        assert "青葉商事 サポート担当の佐藤 美咲です。" in paragraphs[1]
        assert re.search("ありがとうござい|申し訳|ご不便|お待たせ|ご報告|公開いたしました", paragraphs[1])
    else:
        assert text.startswith("Hello Taro Tanaka,\n\n")
        assert "My name is Misaki Sato, customer support at Aoba Trading." in paragraphs[1]
        assert re.search("[Tt]hank you|sorry|come out", paragraphs[1])
    assert len(re.findall(r"^\d\. ", text, re.MULTILINE)) >= 2, "steps stand as a list"
    assert DATES & set(variables_in(template.body)), "the next step has a date"
    assert facts["agent_name"] not in paragraphs[-1], "the signature stands elsewhere"
    assert len(text) < 1600


BAD_JA = (
    "取り急ぎ|後日|近日中|なるべく|できるだけ早|少々|しばらく|若干|多少|了解|すみません|ご苦労|とんでもございません|させていただいて"
    "|ご覧になられ|おっしゃられ|お伺いさせて|ご拝|思います|絶対|必ず大丈夫|お客様の勘違い|お伝えしたとおり|よろしかった|になります。|の方を"
    "|！|!|弊社様|各位|致し|頂|下さい|出来|無料で無料|ASAP"
)
BAD_EN = (
    r"\b(?:ASAP|unfortunately|policy|you must|you need to|you should have|calm down|as I said|can't|cannot help|no-reply|shortly|soonish"
    r"|in due course|in the near future|later on|obviously|just so you know|per my|kindly|revert)\b|!"
)


@each
def test_it_has_no_words_that_the_check_would_question(template: Template) -> None:
    text = f"{template.title}\n{template.subject}\n{filled(template)}"
    assert not re.findall(BAD_JA if template.language == "ja" else BAD_EN, text)
    if template.language == "ja":
        assert len(re.findall(r"(?:て|で|ご\w{1,6})ください", text)) <= 2
        assert len(re.findall("させていただ", text)) <= 1
    for refusal in re.finditer(
        "できません|できかね|いたしかね|難しい状況|not able to|too late to|are not paid back", text
    ):
        assert re.search(
            "代わり|次の方法|ほかに|instead|offer|These ways|can change it|I can|answer this mail",
            text[refusal.end() :],
        )


@each
def test_nothing_of_a_mail_system_is_in_it(template: Template) -> None:
    text = filled(template)
    assert not re.search(r"<\w+>|https?://(?!help\.aoba\.example)|@|#\d|\t|　", text)
    assert not re.search(r"[①-⑳㈱㈲]", text)


@each
def test_the_check_of_drafts_has_nothing_to_say(template: Template) -> None:
    """But for the promise of a date, which is no fault: it becomes the due time."""
    facts = examples(template.language)
    result = fill(template, facts)
    draft = Draft(
        subject=result.subject,
        body=result.body,
        language=template.language,
        customer_names=("田中 太郎",) if template.language == "ja" else ("Taro Tanaka",),
        company_names=(facts["customer_company"],),
        agent_name=facts["agent_name"],
        our_company=facts["our_company"],
        has_attachment=False,
        now=1_715_212_800_000,
    )
    assert [(found.rule, found.quote) for found in check(draft, Policy()) if found.rule != "promise-date"] == []

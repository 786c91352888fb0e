"""The reply to an upset customer and the one that asks: what stands first, what is left out, what is never repeated."""

from __future__ import annotations

import re

import pytest

from server.domain.categories import CATEGORIES
from server.domain.template import Situation, Template
from server.domain.understanding import Mood, Sign, Understood
from server.replies.carp import clarifying, skeleton
from server.replies.check import Draft, Policy, check
from server.replies.filling import examples, fill
from server.replies.starter import load

LANGUAGES = ("ja", "en")
SORRY = {"ja": "誠に申し訳ございません", "en": "I am very sorry"}
WHO = {"ja": "佐藤 美咲です", "en": "My name is Misaki Sato"}


def facts(language: str, *without: str) -> dict[str, str]:
    return {
        key: value for key, value in examples(language).items() if key not in {"benefit_code", "benefit_name", *without}
    }


def understood(category: str = "", sentence: str = "") -> Understood:
    return Understood(model="m", vector=b"", category=category, mood=Mood(dissatisfied=Sign(0.9, sentence)))


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[。.!?])\s*", text.split("\n\n", 1)[1]) if part]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", [*CATEGORIES, "", "our own word"])
class TestWithoutTemplate:
    def test_the_apology_comes_first_and_the_next_step_has_a_date(self, category: str, language: str) -> None:
        reply = skeleton(language, facts(language), understood(category))
        first = sentences(reply.body)[:4]
        assert SORRY[language] in first[0]
        assert WHO[language] in " ".join(first)
        assert facts(language)["promise_time"] in " ".join(first)
        assert reply.ready

    def test_a_remedy_is_named(self, category: str, language: str) -> None:
        paragraphs = skeleton(language, facts(language), understood(category)).body.split("\n\n")
        assert len(paragraphs) == 4  # address, control, remedy, closing
        assert len(paragraphs[2]) > 20

    def test_little_known_still_reads_well(self, category: str, language: str) -> None:
        known = {
            key: facts(language)[key] for key in ("customer_name", "agent_name", "our_company", "next_business_day")
        }
        reply = skeleton(language, known, understood(category))
        assert reply.ready
        assert known["next_business_day"] in reply.body
        assert not re.search(r"（）|\(\)|  |\n\n\n| [,.]", reply.body)

    def test_the_words_of_anger_are_not_repeated(self, category: str, language: str) -> None:
        reply = skeleton(language, facts(language), understood(category, "ふざけるな You are useless"))
        assert "ふざけるな" not in reply.body
        assert "useless" not in reply.body


@pytest.mark.parametrize("template", load(), ids=lambda template: template.id)
def test_the_substance_of_every_starter_template_goes_in_without_its_frame(template: Template) -> None:
    language = template.language
    reply = skeleton(language, facts(language), understood(template.category), template)
    assert reply.ready
    assert reply.body.count(WHO[language]) == 1
    assert len(re.findall("申し訳|お詫び申し上げ" if language == "ja" else "sorry|apologi", reply.body)) <= 2
    assert reply.body.count(facts(language)["customer_name"]) == 1
    steps = re.findall(r"^\d\. .+$", fill(template, facts(language)).body, re.MULTILINE)
    assert len(steps) >= 2
    assert all(step in reply.body for step in steps)
    assert facts(language)["promise_time"] in reply.body.split("\n\n")[1]


@pytest.mark.parametrize("template", load(), ids=lambda template: template.id)
def test_the_check_of_drafts_has_nothing_to_say(template: Template) -> None:
    """But for the promise of a date, which is no fault: it becomes the due time."""
    known = facts(template.language)
    reply = skeleton(template.language, known, understood(template.category), template)
    draft = Draft(
        subject=reply.subject or None,
        body=reply.body,
        language=template.language,
        customer_names=("田中 太郎",) if template.language == "ja" else ("Taro Tanaka",),
        company_names=(known["customer_company"],),
        agent_name=known["agent_name"],
        our_company=known["our_company"],
        upset=True,
        has_attachment=False,
        now=1_715_212_800_000,
    )
    assert [(found.rule, found.quote) for found in check(draft, Policy()) if found.rule != "promise-date"] == []


def test_a_mistake_of_ours_brings_its_own_subject_and_remedy() -> None:
    template = next(template for template in load("en") if template.pair == "not-arrived-apology")
    reply = skeleton("en", facts("en"), understood("not_arrived"), template)
    assert reply.subject == "Sorry for the late delivery: new dispatch date"
    assert "If it cannot be delivered" not in reply.body


def test_other_answers_go_under_the_mails_own_subject() -> None:
    template = next(template for template in load("en") if template.pair == "bug-investigating")
    reply = skeleton("en", facts("en"), understood("bug"), template)
    assert reply.subject == ""
    assert "taken off your next invoice" in reply.body


def test_the_templates_own_promise_becomes_the_next_step() -> None:
    template = next(template for template in load("ja") if template.pair == "not-arrived-search")
    reply = skeleton("ja", facts("ja"), understood("not_arrived"), template)
    assert "調査の結果は、5月13日(月) 17:00までに私からご連絡いたします。" in reply.body.split("\n\n")[1]
    assert reply.body.count("ご連絡いたします") == 1


def test_a_template_in_the_other_language_is_not_mixed_in() -> None:
    template = load("en")[0]
    assert not re.search("[a-z]{5,}", skeleton("ja", facts("ja"), understood("bug"), template).body)


def test_a_template_that_cannot_be_filled_is_left_out() -> None:
    template = Template(id="t", title="t", body="{% include 'x' %} secret")
    assert "secret" not in skeleton("ja", facts("ja"), understood("bug"), template).body


def test_a_teams_own_template_without_our_form_loses_its_greeting() -> None:
    template = Template(
        id="t",
        title="t",
        situation=Situation.ORDINARY,
        body="{{ customer_name }}\nいつもお世話になっております。{{ our_company }}の{{ agent_name }}です。\n"
        "この度はご不便をおかけしまして申し訳ございません。\n1. 電源を切る\n2. 10秒待つ\nお手数ですが、お試しいただけますと幸いです。\n"
        "引き続きよろしくお願いいたします。",
    )
    body = skeleton("ja", facts("ja"), understood("bug"), template).body
    assert "1. 電源を切る\n2. 10秒待つ\nお手数ですが、お試しいただけますと幸いです。" in body
    assert "お世話になって" not in body
    assert "引き続き" not in body


def test_an_unfilled_variable_of_the_template_stops_the_insert() -> None:
    template = next(template for template in load("ja") if template.pair == "shipping-on-its-way")
    reply = skeleton("ja", facts("ja", "tracking_number"), understood("shipping_status"), template)
    assert reply.unfilled == ("tracking_number",)


def test_an_unfilled_variable_of_a_part_that_is_left_out_does_not() -> None:
    template = Template(id="t", title="t", body="{{ plan }} ありがとうございます。\n\n中身です。")
    assert skeleton("ja", facts("ja", "plan"), understood("bug"), template).unfilled == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_benefit_is_offered_only_where_there_is_one(language: str) -> None:
    assert "THANKS-10" not in skeleton(language, facts(language), understood("bug")).body
    given = skeleton(language, examples(language), understood("bug")).body
    assert given.count("THANKS-10") == 1
    assert examples(language)["benefit_name"] in given


def test_the_customers_deadline_is_noted_once() -> None:
    template = next(template for template in load("ja") if template.pair == "bug-investigating")
    assert skeleton("ja", facts("ja"), understood("bug"), template).body.count("5月17日(金)") == 1
    assert skeleton("ja", facts("ja"), understood("bug")).body.count("5月17日(金)") == 1


@pytest.mark.parametrize("language", LANGUAGES)
class TestClarifying:
    def test_questions_are_numbered_and_the_answer_is_promised(self, language: str) -> None:
        reply = clarifying(language, facts(language), ["A?", "B?"])
        assert "\n\n1. A?\n2. B?\n\n" in reply.body
        assert facts(language)["promise_time"] in reply.body
        assert reply.ready

    def test_one_question_stands_without_a_number(self, language: str) -> None:
        assert "\n\nA?\n\n" in clarifying(language, facts(language), ["A?"]).body

    def test_the_facts_questions_serve_when_none_are_given(self, language: str) -> None:
        assert facts(language)["questions"] in clarifying(language, facts(language)).body

    def test_without_any_question_the_insert_stops(self, language: str) -> None:
        assert clarifying(language, facts(language, "questions")).unfilled == ("questions",)

    def test_what_the_mail_gave_is_not_asked_again(self, language: str) -> None:
        assert "A-10234" in clarifying(language, facts(language), ["A?"]).body
        assert "A-10234" not in clarifying(language, facts(language, "order_number"), ["A?"]).body

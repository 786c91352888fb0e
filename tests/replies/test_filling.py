"""The template language: what it fills, what it refuses, and that nothing hostile gets anywhere."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid import BoundTemplate

from server.domain.template import Template
from server.domain.workspace import Language
from server.replies import filling
from server.replies.filling import (
    MAX_BODY,
    MAX_DEPTH,
    MAX_FORMS,
    MAX_LINES_VALUE,
    MAX_SUBJECT,
    VARIABLES,
    examples,
    fill,
    fill_text,
    gaps_in,
    placeholder,
    problems,
    problems_of,
    variables_in,
)
from tests.costs import costs_its_length, costs_no_more_than

DOCS = Path(__file__).parents[2] / "docs" / "templates.md"


def template(body: str, subject: str = "", language: Language = "ja") -> Template:
    return Template(id="t", title="t", body=body, subject=subject, language=language)


def reasons(text: str) -> list[str]:
    return [problem.reason for problem in problems(text)]


class TestFilling:
    def test_variables_become_their_values(self) -> None:
        filled = fill(
            template("{{ customer_name }}\n\nご注文{{order_number}}の件です。", "ご注文{{ order_number }}の配送状況"),
            {"customer_name": "田中 太郎 様", "order_number": "A-1"},
        )
        assert (filled.subject, filled.body) == ("ご注文A-1の配送状況", "田中 太郎 様\n\nご注文A-1の件です。")
        assert filled.ready

    @pytest.mark.parametrize(("language", "shown"), [("ja", "〔お客様氏名〕"), ("en", "[customer name]")])
    def test_a_variable_without_a_value_stays_visible_and_is_named(self, language: Language, shown: str) -> None:
        filled = fill(template("{{ customer_name }}, {{ product }}", language=language), {"product": "KT-200"})
        assert filled.body == f"{shown}, KT-200"
        assert filled.unfilled == ("customer_name",)
        assert not filled.ready

    def test_an_empty_value_is_none(self) -> None:
        assert fill_text("{{ plan }}", {"plan": " \u200b\n"}, "ja").unfilled == ("plan",)

    def test_a_gap_is_named_once_wherever_it_stands(self) -> None:
        filled = fill(template("{{ plan }}{{ plan }}{{ amount }}", "{{ plan }}"), {})
        assert filled.unfilled == ("plan", "amount")

    def test_conditions_ask_whether_a_value_is_there(self) -> None:
        text = "{% if plan %}{{ plan }}{% else %}なし{% endif %}/{% unless plan %}-{% else %}+{% endunless %}"
        assert fill_text(text, {"plan": "P"}, "ja").body == "P/+"
        assert fill_text(text, {}, "ja").body == "なし/-"

    def test_a_name_in_a_branch_that_is_not_taken_leaves_no_gap(self) -> None:
        assert fill_text("a{% if plan %}{{ amount }}{% endif %}", {}, "ja").unfilled == ()

    def test_default_gives_words_or_another_variable(self) -> None:
        assert fill_text('{{ plan | default: "現在のプラン" }}', {}, "ja").body == "現在のプラン"
        text = "{{ promise_time | default: next_business_day }}"
        assert fill_text(text, {"next_business_day": "5月10日(金)"}, "ja").body == "5月10日(金)"
        assert fill_text(text, {"promise_time": "17時", "next_business_day": "5月10日(金)"}, "ja").body == "17時"
        assert fill_text(text, {}, "ja").unfilled == ("next_business_day",)

    def test_a_line_of_tags_alone_leaves_no_line(self) -> None:
        text = "a\n{% if plan %}\n{{ plan }}\n{% endif %}\nb"
        assert fill_text(text, {"plan": "P"}, "ja").body == "a\nP\nb"
        assert fill_text(text, {}, "ja").body == "a\nb"

    def test_the_text_is_tidy(self) -> None:
        filled = fill_text("\n\na  \r\n{{ help_links }}\r\n\n\n\nb\n\n", {"help_links": "x\r\n\r\n\r\n\r\ny\t"}, "ja")
        assert filled.body == "a\nx\n\ny\n\nb"

    def test_indentation_and_single_braces_stay(self) -> None:
        assert fill_text("a\n  - b {c}\n　全角 { d", {}, "ja").body == "a\n  - b {c}\n　全角 { d"

    def test_a_value_with_braces_is_put_in_as_it_is(self) -> None:
        facts = {"product": "{{ agent_name }}{% if plan %}{% raw %}", "agent_name": "secret"}
        assert fill_text("{{ product }}", facts, "ja").body == facts["product"]

    def test_a_name_cannot_add_lines_or_hidden_characters(self) -> None:
        facts = {"customer_name": "田中\nBcc: x\u202e\x00 様"}
        assert fill_text("{{ customer_name }}", facts, "ja").body == "田中 Bcc: x 様"

    def test_values_are_bounded(self) -> None:
        body = "{{ questions }}" * MAX_FORMS
        filled = fill_text(body, {"questions": "あ" * 1_000_000}, "ja")
        assert len(filled.body) == MAX_FORMS * MAX_LINES_VALUE

    def test_a_subject_is_one_line(self) -> None:
        assert fill(template("x", "{{ questions }}"), {"questions": "a\nb"}).subject == "a b"

    def test_a_text_under_older_rules_is_given_as_it_stands_and_stops_the_insert(self) -> None:
        filled = fill(template("{{ gone }}{% for a in b %}"), {"gone": "x"})
        assert filled.body == "{{ gone }}{% for a in b %}"
        assert filled.unfilled == ("gone", "{% for a in b %}")
        assert not filled.ready

    def test_placeholders_left_in_an_edited_text_are_found(self) -> None:
        text = f"{placeholder('customer_name', 'ja')} … {placeholder('plan', 'en')} [other]"
        assert gaps_in(text) == ("customer_name", "plan")

    def test_a_text_is_parsed_once_however_often_it_is_filled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parsed: list[str] = []
        parse = filling._LIQUID.from_string

        def spy(source: str) -> BoundTemplate:
            parsed.append(source)
            return parse(source)

        monkeypatch.setattr(filling._LIQUID, "from_string", spy)
        body = "{% if customer_company %}{{ customer_company }}{% endif %}: a text that no other test fills"
        for language in ("ja", "en"):
            fill(template(body, "{{ plan }}: nor this subject"), examples(language))
        assert parsed == ["{{ plan }}: nor this subject", body]


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("{{ customer }}", "unknown_variable"),
            ("{{ Customer_Name }}", "unknown_variable"),
            ("{% if customer %}{% endif %}", "unknown_variable"),
            ("{{ plan | default: secret }}", "unknown_variable"),
            ("{{ plan | upcase }}", "not_allowed"),
            ("{{ plan | default: 'a' | default: 'b' }}", "not_allowed"),
            ("{{ plan.name }}", "not_allowed"),
            ("{{ plan['__class__'] }}", "not_allowed"),
            ("{{ '' }}", "not_allowed"),
            ("{{ 1 }}", "unknown_variable"),
            ("{{- plan -}}", "not_allowed"),
            ("{% if plan == 'x' %}{% endif %}", "not_allowed"),
            ("{% for a in plan %}{% endfor %}", "not_allowed"),
            ("{% include 'x' %}", "not_allowed"),
            ("{% render 'x' %}", "not_allowed"),
            ("{% assign a = plan %}", "not_allowed"),
            ("{% raw %}{{ x }}{% endraw %}", "not_allowed"),
            ("{% comment %}x{% endcomment %}", "not_allowed"),
            ("{% liquid echo plan %}", "not_allowed"),
            ("{% elsif plan %}", "not_allowed"),
            ("{% # x %}", "not_allowed"),
            ("{{ }}", "syntax"),
            ("{{ plan", "syntax"),
            ("plan }}", "syntax"),
            ("{{{ plan }}}", "syntax"),
            ("{{{{", "syntax"),
            ("{{ {{ plan }} }}", "syntax"),
            ("{% %}", "syntax"),
            ("{% if %}{% endif %}", "syntax"),
            ("{% if plan %}", "syntax"),
            ("{% endif %}", "syntax"),
            ("{% else %}", "syntax"),
            ("{% if plan %}{% else %}{% else %}{% endif %}", "syntax"),
            ("{% if plan %}{% endunless %}", "syntax"),
            ("{% unless plan %}{% endif %}", "syntax"),
            ("{% if plan %}{% endif plan %}", "syntax"),
            ("{customer_name} 様", "syntax"),
            ("｛｛ customer_name ｝｝", "syntax"),
            ("{% if plan %}" * (MAX_DEPTH + 1) + "{% endif %}" * (MAX_DEPTH + 1), "too_deep"),
            ("{{ plan }}" * (MAX_FORMS + 1), "too_many"),
            ("a" * (MAX_BODY + 1), "too_long"),
        ],
    )
    def test_everything_else_is_refused_with_its_reason(self, text: str, reason: str) -> None:
        assert reason in reasons(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "plain",
            "{name}",
            "100% {",
            '{"json": 1}',
            "{{plan}}",
            "{{\nplan\n}}",
            "{%if plan%}x{%endif%}",
            "{{ plan | default: '10% off' }}",
            "{% if plan %}" * MAX_DEPTH + "{% endif %}" * MAX_DEPTH,
            "{{ plan }}" * MAX_FORMS,
            "a" * MAX_BODY,
        ],
    )
    def test_these_are_fine(self, text: str) -> None:
        assert problems(text) == ()

    def test_a_problem_says_where_and_what_was_perhaps_meant(self) -> None:
        text = "こんにちは\n{{ custmer_name }} 様"
        (problem,) = problems(text)
        assert (problem.line, problem.quote, problem.nearest) == (2, "custmer_name", "customer_name")
        assert text[problem.place.start : problem.place.end] == "{{ custmer_name }}"

    def test_an_open_condition_is_shown_where_it_opens(self) -> None:
        (problem,) = problems("a\n\n{% if plan %}")
        assert (problem.line, problem.quote) == (3, "{% if plan %}")

    def test_a_subject_is_short_and_one_line(self) -> None:
        bad = problems_of(template("x", "a\nb")) + problems_of(template("x", "a" * (MAX_SUBJECT + 1)))
        assert [(problem.reason, problem.place.where) for problem in bad] == [
            ("not_allowed", "subject"),
            ("too_long", "subject"),
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "{" * MAX_BODY,
            "}" * MAX_BODY,
            "{{" * (MAX_BODY // 2),
            "{%" * (MAX_BODY // 2),
            "{% raw %}" * (MAX_BODY // 9),
            "{{ " + " " * MAX_BODY,
            ("{{" + " " * 98) * (MAX_BODY // 100),
            "{{ plan | default: '" + "a" * MAX_BODY,
            "{% if plan %}" * (MAX_BODY // 13),
            "{ " * (MAX_BODY // 2),
            "{" + "a" * MAX_BODY,
            "\n{% if plan %}" + " \t" * (MAX_BODY // 2),
        ],
    )
    def test_hostile_braces_cost_their_length(self, text: str) -> None:
        times = count()

        def read(length: int) -> None:
            """Each time another text, so that nothing is remembered of it."""
            another = f"{text[: length - 10]}{next(times)}"
            found = problems(another)
            filled = fill_text(another, {}, "ja")
            assert found or filled.body.strip() == another.strip()

        costs_its_length(read, MAX_BODY)

    def test_a_text_that_is_too_long_is_not_read(self) -> None:
        body = "{ " * (MAX_BODY // 2)
        costs_no_more_than(lambda: fill_text(body * 50, {}, "ja"), lambda: problems(body), 1)

    @given(
        st.lists(
            st.sampled_from(
                [
                    "{{",
                    "}}",
                    "{%",
                    "%}",
                    "{",
                    "}",
                    "%",
                    " ",
                    "\n",
                    "-",
                    "if",
                    "else",
                    "endif",
                    "unless",
                    "endunless",
                    "raw",
                    *[
                        "endraw",
                        "plan",
                        "amount",
                        "|",
                        "default",
                        ":",
                        '"',
                        "'",
                        "あ",
                        "#",
                        "｛｛",
                        "doc",
                        "comment",
                        ".",
                    ],
                ]
            ),
            max_size=30,
        ).map("".join)
        | st.text(max_size=100)
    )
    def test_what_has_no_problem_always_renders(self, text: str) -> None:
        filled = fill_text(text, {"plan": "{{ amount }}"}, "ja")
        assert bool(problems(text)) == bool(filled.problems)

    @given(st.text(max_size=300))
    def test_a_value_is_never_read_as_a_template(self, value: str) -> None:
        once = fill_text("<{{ help_links }}>", {"help_links": value, "agent_name": "SECRET"}, "ja")
        assert "SECRET" not in once.body or "SECRET" in value


class TestVariables:
    def test_names_and_examples_are_complete_in_both_languages(self) -> None:
        for variable in VARIABLES.values():
            assert all((variable.name.ja, variable.name.en, variable.example.ja, variable.example.en))

    def test_placeholders_are_told_apart(self) -> None:
        for language in ("ja", "en"):
            assert len({placeholder(key, language) for key in VARIABLES}) == len(VARIABLES)

    def test_no_example_is_changed_by_filling(self) -> None:
        for language in ("ja", "en"):
            for key, example in examples(language).items():
                assert fill_text(f"{{{{ {key} }}}}", {key: example}, language).body == example

    def test_the_variables_of_a_text_are_known(self) -> None:
        assert variables_in("{% if plan %}{{ promise_time | default: tomorrow }}{% endif %}") == (
            "plan",
            "promise_time",
            "tomorrow",
        )
        assert variables_in("{{ broken") == ()

    def test_the_documented_list_is_the_list(self) -> None:
        rows = re.findall(
            r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", DOCS.read_text("utf-8"), re.MULTILINE
        )
        documented = {key: tuple(cells) for key, *cells in rows}
        assert documented == {
            key: tuple(text.replace("\n", " ") for text in (v.name.ja, v.name.en, v.example.ja, v.example.en))
            for key, v in VARIABLES.items()
        }

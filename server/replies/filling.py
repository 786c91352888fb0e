"""The language of templates: {{ variable }} and {% if variable %}, nothing else, filled with the facts of one conversation.

Liquid does the filling: it runs no code and reaches no Python object. This module holds its grammar to a handful of forms,
checks them itself in one pass over the text (Liquid's own lexer takes quadratic time on hostile braces), and refuses the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final, Literal

import msgspec
from liquid import BoundTemplate, Environment
from liquid.builtin.content import Literal as TextTag
from liquid.builtin.filters.misc import default
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag

from server.domain.addresses import one_line, visible
from server.domain.finding import Span
from server.domain.template import Template
from server.domain.workspace import Names

MAX_BODY: Final = 20_000
MAX_SUBJECT: Final = 200
MAX_DEPTH: Final = 5
MAX_FORMS: Final = 200
"""Outputs and conditions in one text. With the bounds of values it bounds what a filled text can come to."""

MAX_PROBLEMS: Final = 50
MAX_VALUE: Final = 200
MAX_LINES_VALUE: Final = 4000

Origin = Literal["customer", "us", "mail", "clock", "agent"]
Reason = Literal["unknown_variable", "not_allowed", "syntax", "too_long", "too_deep", "too_many"]
Where = Literal["subject", "body"]


@dataclass(frozen=True, slots=True)
class Variable:
    """What a template may name. `origin` says who knows it; only `lines` may have more than one line."""

    name: Names
    example: Names
    origin: Origin
    lines: bool = False


VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType(
    {
        "customer_name": Variable(
            Names("お客様氏名", "customer name"), Names("田中 太郎 様", "Taro Tanaka"), origin="customer"
        ),
        "customer_family_name": Variable(
            Names("お客様の姓", "customer's first name"), Names("田中様", "Taro"), origin="customer"
        ),
        "customer_company": Variable(
            Names("お客様会社名", "customer's company"), Names("株式会社みどり", "Midori Ltd."), origin="customer"
        ),
        "agent_name": Variable(Names("担当者名", "your name"), Names("佐藤 美咲", "Misaki Sato"), origin="us"),
        "agent_role": Variable(
            Names("担当者の役職", "your role"), Names("サポート担当", "customer support"), origin="us"
        ),
        "team": Variable(Names("チーム名", "team"), Names("サポートチーム", "Support Team"), origin="us"),
        "our_company": Variable(Names("自社名", "our company"), Names("青葉商事", "Aoba Trading"), origin="us"),
        "mail_subject": Variable(
            Names("受信メールの件名", "subject of the mail"),
            Names("注文した商品が届きません", "My order has not arrived"),
            origin="mail",
        ),
        "order_number": Variable(Names("注文番号", "order number"), Names("A-10234", "A-10234"), origin="mail"),
        "product": Variable(
            Names("商品・サービス名", "product"), Names("電気ケトル KT-200", "kettle KT-200"), origin="mail"
        ),
        "order_date": Variable(
            Names("注文日", "date of the order"), Names("5月1日(水)", "Wednesday 1 May"), origin="mail"
        ),
        "tracking_number": Variable(
            Names("お問い合わせ伝票番号", "tracking number"), Names("4012-3456-7890", "4012-3456-7890"), origin="mail"
        ),
        "amount": Variable(Names("金額", "amount"), Names("12,800円", "12,800 yen"), origin="mail"),
        "quantity": Variable(Names("数量", "quantity"), Names("3個", "3"), origin="mail"),
        "invoice_number": Variable(
            Names("請求書番号", "invoice number"), Names("INV-2024-0510", "INV-2024-0510"), origin="mail"
        ),
        "plan": Variable(Names("プラン名", "plan"), Names("スタンダードプラン", "Standard"), origin="mail"),
        "today": Variable(Names("本日の日付", "today's date"), Names("5月9日(木)", "Thursday 9 May"), origin="clock"),
        "tomorrow": Variable(
            Names("明日の日付", "tomorrow's date"), Names("5月10日(金)", "Friday 10 May"), origin="clock"
        ),
        "next_business_day": Variable(
            Names("翌営業日", "next business day"), Names("5月10日(金)", "Friday 10 May"), origin="clock"
        ),
        "in_three_business_days": Variable(
            Names("3営業日後", "third business day"), Names("5月14日(火)", "Tuesday 14 May"), origin="clock"
        ),
        "deadline": Variable(
            Names("お客様のご希望期限", "deadline asked for"),
            Names("5月17日(金) 17:00", "Friday 17 May, 17:00"),
            origin="mail",
        ),
        "promise_time": Variable(
            Names("回答のお約束日時", "when we will answer"),
            Names("5月13日(月) 17:00", "Monday 13 May, 17:00"),
            origin="agent",
        ),
        "benefit_code": Variable(Names("特典コード", "benefit code"), Names("THANKS-10", "THANKS-10"), origin="agent"),
        "benefit_name": Variable(
            Names("特典名", "benefit"),
            Names("次回10%割引クーポン", "a coupon for 10% off your next order"),
            origin="agent",
        ),
        "help_links": Variable(
            Names("ヘルプページ", "help pages"),
            Names(
                "はじめてのログイン: https://help.aoba.example/login", "Signing in: https://help.aoba.example/en/login"
            ),
            origin="us",
            lines=True,
        ),
        "questions": Variable(
            Names("確認したい事項", "questions"),
            Names(
                "1. ご注文番号を教えていただけますか。\n2. ご注文日はいつごろでしょうか。",
                "1. What is your order number?\n2. When did you place the order?",
            ),
            origin="mail",
            lines=True,
        ),
    }
)
"""Every variable there is (docs/templates.md lists them for people)."""


def examples(language: str) -> dict[str, str]:
    """Every variable with its example: for previews without a conversation."""
    return {key: variable.example.in_(language) for key, variable in VARIABLES.items()}


class Problem(msgspec.Struct, frozen=True):
    """Why a text is no template. `nearest` is the variable that was perhaps meant."""

    reason: Reason
    place: Span
    line: int  # from 1
    quote: str = ""  # at most 60 characters of it
    nearest: str = ""


class Filled(msgspec.Struct, frozen=True):
    """A template with its facts. What had none stays visible in the text and is named in `unfilled`: the insert stops.

    A text that is no template (one saved under older rules) is given as it stands, with its `problems`.
    """

    subject: str
    body: str
    unfilled: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the text may be inserted."""
        return not self.unfilled and not self.problems


_FORM: Final = re.compile(
    r"\{\{(?P<output>[^{}]*+)\}\}(?!\})"
    r"|\{%(?P<tag>[^{}%]*+)%\}"
    r"|(?P<broken>\{\{+|\{%|%\}|\}\}+|[｛{][｛{%％]|[｝}％%][｝}])"
    r"|(?P<single>[{｛]\s?[a-z_]{3,40}+\s?[}｝])"
)
"""Every brace that means something, or was meant to. Each alternative reads on to the next brace only: time is linear."""

_OUTPUT: Final = re.compile(
    r"(?P<name>\w+)(?:\s*\|\s*(?P<filter>\w+)\s*:\s*(?:\"[^\"]*\"|'[^']*'|(?P<other>\w+)))?", re.ASCII
)
_TAG: Final = re.compile(r"(?P<word>\w+)(?:\s+(?P<name>\w+))?", re.ASCII)
_LOOKS_LIKE_NAME: Final = re.compile(r"\w+", re.ASCII)
_TAG_LINE: Final = re.compile(r"^[ \t]*+((?:\{%[^{}%\n]*+%\}[ \t]*+)++)\n", re.MULTILINE)
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def problems(text: str, where: Where = "body") -> tuple[Problem, ...]:
    """Return everything that keeps this text from being a subject or a body of a template, in order; none: it can be saved."""
    most = MAX_SUBJECT if where == "subject" else MAX_BODY
    if len(text) > most:  # nothing further is looked at: it is not ours to read a megabyte of braces
        return (_problem(text, where, "too_long", most, len(text)),)
    found = list(islice(_checked(text, where), MAX_PROBLEMS))
    if where == "subject" and "\n" in text:
        at = text.index("\n")
        found.append(_problem(text, where, "not_allowed", at, at + 1))
    return tuple(found)


def problems_of(template: Template) -> tuple[Problem, ...]:
    """The problems of both its texts."""
    return problems(template.subject, "subject") + problems(template.body)


def variables_in(text: str) -> tuple[str, ...]:
    """The variables that this text names, in order of appearance, whether shown or asked about."""
    return _compiled(text).names if not problems(text) else ()


def placeholder(variable: str, language: str) -> str:
    """What stands in a text for a variable without a value: 〔お客様氏名〕, [customer name]."""
    name = VARIABLES[variable].name.in_(language)
    return f"[{name}]" if language == "en" else f"〔{name}〕"


def gaps_in(text: str) -> tuple[str, ...]:
    """The variables whose placeholders (of either language) stand in this text: an edited reply is asked again before it goes."""
    return tuple(
        variable for variable in VARIABLES if placeholder(variable, "ja") in text or placeholder(variable, "en") in text
    )


def fill(template: Template, facts: Mapping[str, str]) -> Filled:
    """Fill a template's subject and body. A value is put in as it is, whatever braces it holds, and is never read as a template."""
    found = problems_of(template)
    if found:
        quotes = dict.fromkeys(problem.quote or problem.reason for problem in found)
        return Filled(template.subject, template.body, tuple(quotes), found)
    unfilled: dict[str, None] = {}
    subject = _rendered(template.subject, facts, template.language, unfilled)
    body = _rendered(template.body, facts, template.language, unfilled)
    return Filled(one_line(subject, MAX_SUBJECT * 2), tidy(body), tuple(unfilled))


def fill_text(text: str, facts: Mapping[str, str], language: str) -> Filled:
    """Fill one text without a subject."""
    return fill(Template(id="", title="", body=text, language="en" if language == "en" else "ja"), facts)


def tidy(text: str) -> str:
    """Plain text with LF: no blanks at line ends, never two blank lines in a row, none at either end."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip("\n")


def _checked(text: str, where: Where) -> Iterator[Problem]:
    """Walk through the forms once, with the conditions that are open."""
    opened: list[tuple[str, int, int]] = []  # "if", "unless", or these with "-else" after them; where they stand
    forms = 0
    for form in _FORM.finditer(text):
        start, end = form.span()
        reason: Reason | None = None
        quote = form[0]
        if form["output"] is not None:
            forms += 1
            reason, quote = _output_problem(form["output"].strip(), form[0])
        elif form["tag"] is not None:
            forms += 1
            reason, quote = _tag_problem(form["tag"].strip(), form[0], opened, start, end)
        elif form["broken"] or form[0].strip("{}｛｝ \t\n") in VARIABLES:  # {customer_name} was meant to be a variable
            reason = "syntax"
        if forms > MAX_FORMS:
            yield _problem(text, where, "too_many", start, end)
            return
        if reason:
            yield _problem(text, where, reason, start, end, quote)
    for _, start, end in opened:
        yield _problem(text, where, "syntax", start, end)


def _output_problem(inner: str, whole: str) -> tuple[Reason | None, str]:
    if not inner:
        return "syntax", whole
    read = _OUTPUT.fullmatch(inner) if len(inner) <= MAX_VALUE else None
    if read is None or (read["filter"] and read["filter"] != "default"):
        return "not_allowed", whole
    for name in (read["name"], read["other"]):
        if name and name not in VARIABLES:
            return "unknown_variable", name
    return None, whole


def _tag_problem(
    inner: str, whole: str, opened: list[tuple[str, int, int]], start: int, end: int
) -> tuple[Reason | None, str]:
    read = _TAG.fullmatch(inner) if len(inner) <= MAX_VALUE else None
    if read is None:
        return ("not_allowed" if inner else "syntax"), whole
    word, name = read["word"], read["name"]
    now = opened[-1] if opened else None
    match word:
        case "if" | "unless":
            opened.append((word, start, end))
            if name is None:
                return "syntax", whole
            if name not in VARIABLES:
                return "unknown_variable", name
            return ("too_deep" if len(opened) == MAX_DEPTH + 1 else None), whole
        case "else":
            if now is None or now[0].endswith("-else") or name:
                return "syntax", whole
            opened[-1] = (f"{now[0]}-else", now[1], now[2])
            return None, whole
        case "endif" | "endunless":
            if now is None or not now[0].startswith(word.removeprefix("end")) or name:
                return "syntax", whole
            opened.pop()
            return None, whole
        case _:
            return "not_allowed", whole


def _problem(text: str, where: Where, reason: Reason, start: int, end: int, quote: str | None = None) -> Problem:
    said = one_line(text[start:end] if quote is None else quote, 60)
    nearest = ""
    if reason == "unknown_variable" and _LOOKS_LIKE_NAME.fullmatch(said):
        nearest = next(iter(get_close_matches(said.lower(), VARIABLES, n=1, cutoff=0.6)), "")
    return Problem(reason, Span(where, start, end), text.count("\n", 0, start) + 1, said, nearest)


class _Environment(Environment):
    """Liquid with two tags and one filter: no loops, no includes, no assignments, no comments."""

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Add only these, instead of everything that comes with Liquid."""
        for tag in (TextTag, Output, Illegal, IfTag, UnlessTag):
            self.add_tag(tag)
        if not extra:
            self.add_filter("default", default)


_LIQUID: Final = _Environment()


@dataclass(frozen=True, slots=True)
class _Compiled:
    template: BoundTemplate
    names: tuple[str, ...]


@lru_cache(maxsize=2048)
def _compiled(text: str) -> _Compiled:
    """Parse a text that has no problems. A line of tags alone goes with its line end, or an unmet condition would leave a gap."""
    names: dict[str, None] = {}
    for form in _FORM.finditer(text):
        if form["output"] is not None and (output := _OUTPUT.fullmatch(form["output"].strip())):
            names |= dict.fromkeys(name for name in (output["name"], output["other"]) if name)
        elif form["tag"] is not None and (tag := _TAG.fullmatch(form["tag"].strip())) and tag["name"]:
            names[tag["name"]] = None
    return _Compiled(_LIQUID.from_string(_TAG_LINE.sub(r"\1", text)), tuple(names))


class _Gap:
    """Stands for a variable without a value: false where it is asked about, a placeholder where it is shown."""

    __slots__ = ("_language", "_unfilled", "_variable")

    def __init__(self, variable: str, language: str, unfilled: dict[str, None]) -> None:
        self._variable = variable
        self._language = language
        self._unfilled = unfilled

    def __liquid__(self) -> None:
        """Nothing, as far as conditions and `default` go."""

    def __str__(self) -> str:
        self._unfilled[self._variable] = None  # only now: a name in a branch that is not taken leaves no gap
        return placeholder(self._variable, self._language)


def _rendered(text: str, facts: Mapping[str, str], language: str, unfilled: dict[str, None]) -> str:
    compiled = _compiled(text)
    values: dict[str, object] = {}
    for name in compiled.names:
        value = _clean(facts.get(name, ""), lines=VARIABLES[name].lines)
        values[name] = value or _Gap(name, language, unfilled)
    return compiled.template.render(values)


def _clean(value: str, *, lines: bool) -> str:
    """A value as a text may hold it: visible characters, bounded, on one line where a name could otherwise add lines of its own."""
    return tidy(visible(value[:MAX_LINES_VALUE])).strip() if lines else one_line(value, MAX_VALUE)

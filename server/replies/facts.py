"""What is known of one conversation, in the words that a template needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.addresses import clean_name
from server.domain.conversation import Company, Customer
from server.domain.template import Link
from server.domain.understanding import Understood
from server.domain.workspace import Person, Team, Workspace

_FROM_MAIL: Final = (
    "order_number",
    "product",
    "order_date",
    "tracking_number",
    "amount",
    "quantity",
    "invoice_number",
    "plan",
)
"""Details of the mail that are variables under the same name."""

_WEEKDAYS_JA: Final = "月火水木金土日"
_WEEKDAYS_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_TITLE_EN: Final = re.compile(r"^(?:mr|mrs|ms|miss|mx|dr|prof)\b\.?\s*", re.IGNORECASE)
_SAN: Final = re.compile(r"[\s-]+san$", re.IGNORECASE)
_ORGANISATION: Final = re.compile(
    r"(?:株式|有限|合同|合資|合名)会社|[(（](?:株|有|同)[)）]|[㈱㈲]|(?:法人|事務局|事務所|組合|協会|大学|病院|課|センター|支店|本店|営業所)$"
    # Departments by their names: a bare 部 or 室 also ends 阿部, 長谷部 and 小室.
    r"|(?:営業|経理|総務|人事|購買|開発|広報|法務|企画|製造|管理|技術|業務|システム|サポート|販売)部$|(?:情報|企画|秘書|相談|システム)室$"
    r"|\b(?:inc|ltd|llc|corp|gmbh|co)\b\.?$",
    re.IGNORECASE,
)
_LAST_MS: Final = 253_402_214_400_000


@dataclass(frozen=True, slots=True)
class Benefit:
    """What the workspace lets us give with an apology: 次回10%割引クーポン, code THANKS-10."""

    code: str
    name: str


def facts_of(
    *,
    workspace: Workspace,
    team: Team | None,
    person: Person | None,
    customer: Customer | None,
    company: Company | None,
    understood: Understood | None,
    now: int,
    zone: str,
    language: str,
    subject: str = "",
    links: Sequence[Link] = (),
    questions: Sequence[str] = (),
    benefit: Benefit | None = None,
) -> dict[str, str]:
    """Return the variables that have a value here (server.replies.filling.VARIABLES); the others are missing, never "".

    Business days are Monday to Friday: national holidays and a company's own closures are not known here yet, so a date
    beside a holiday must be looked at by the agent. `promise_time` is never among them: it is the agent's word.
    """
    present = understood.present if understood else {}
    facts = {kind: present.get(kind, "") for kind in _FROM_MAIL}
    facts |= _dates(now, zone, language)
    name = clean_name(customer.name) if customer and "@" not in customer.name else ""
    facts["customer_name"] = addressed(name, language)
    facts["customer_family_name"] = addressed_briefly(name, language)
    facts["customer_company"] = (customer.company if customer else "") or (company.name if company else "")
    if facts["customer_company"] == name:  # a company that writes under its own name is addressed once
        facts["customer_company"] = ""
    facts["agent_name"] = person.name if person else ""
    facts["agent_role"] = person.title if person else ""
    facts["team"] = team.name if team else ""
    facts["our_company"] = workspace.name
    facts["mail_subject"] = subject
    facts["help_links"] = "\n".join(f"{link.title}: {link.url}" if link.title else link.url for link in links)
    facts["questions"] = numbered(questions)
    ahead = [deadline for deadline in understood.deadlines if deadline.at * 1000 >= now] if understood else []
    if ahead:
        first = min(ahead, key=lambda deadline: deadline.at)
        facts["deadline"] = moment_in_words(first.at * 1000, zone, language, timed=first.timed)
    if benefit:
        facts["benefit_code"] = benefit.code
        facts["benefit_name"] = benefit.name
    return {key: value for key, value in facts.items() if value}


def addressed(name: str, language: str) -> str:
    """Return how a letter addresses this person: 田中 太郎 様, 株式会社みどり 御中, Taro Tanaka; "" for no name."""
    if not name:
        return ""
    if language == "en":
        return _plain(name)
    return f"{name} {'御中' if _ORGANISATION.search(name) else '様'}"


def addressed_briefly(name: str, language: str) -> str:
    """Return how one speaks to this person within a sentence: 田中様, Taro. A name that cannot be divided stays whole."""
    if not name:
        return ""
    if _ORGANISATION.search(name):
        return name if language == "en" else f"{name}様"
    plain = _plain(name)
    words = plain.split()
    if not _is_latin(plain):
        return plain if language == "en" else f"{words[0]}様"
    family_first = len(words) > 1 and words[0].isupper() and len(words[0]) > 1 and not words[1].isupper()  # TANAKA Taro
    given, family = (words[1], words[0].title()) if family_first else (words[0], words[-1])
    return given if language == "en" else f"{family}様"


def numbered(questions: Sequence[str]) -> str:
    """Questions as the lines of a list; a single one needs no number."""
    if len(questions) == 1:
        return questions[0]
    return "\n".join(f"{number}. {question}" for number, question in enumerate(questions, 1))


def moment_in_words(ms: int, zone: str, language: str, *, timed: bool = False) -> str:
    """A day as one writes it in a letter, 5月10日(金) or Friday 10 May; with the time, 5月10日(金) 17:00, Friday 10 May, 17:00."""
    there = _there(ms, zone)
    day = _day(there, language)
    if not timed:
        return day
    time = f"{there.hour}:{there.minute:02}"
    return f"{day}, {time}" if language == "en" else f"{day} {time}"


def _dates(now: int, zone: str, language: str) -> dict[str, str]:
    today = _there(now, zone)
    return {
        "today": _day(today, language),
        "tomorrow": _day(today + timedelta(days=1), language),
        "next_business_day": _day(_business_day(today, 1), language),
        "in_three_business_days": _day(_business_day(today, 3), language),
    }


def _business_day(day: datetime, ahead: int) -> datetime:
    while ahead:
        day += timedelta(days=1)
        ahead -= day.weekday() < 5
    return day


def _day(day: datetime, language: str) -> str:
    if language == "en":
        return f"{_WEEKDAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]}"
    return f"{day.month}月{day.day}日({_WEEKDAYS_JA[day.weekday()]})"


def _there(ms: int, zone: str) -> datetime:
    place: tzinfo
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, or a very long one
        place = UTC
    return datetime.fromtimestamp(min(max(ms, 0), _LAST_MS - 864_000_000) / 1000, place)


def _plain(name: str) -> str:
    """A name without Mr, Dr or -san, given name first where a comma had turned it round: Tanaka, Taro."""
    bare = _SAN.sub("", _TITLE_EN.sub("", name)).strip() or name
    family, comma, given = bare.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and given.strip() and not _ORGANISATION.search(bare) else bare


def _is_latin(name: str) -> bool:
    return name[0] <= "\u2fff"

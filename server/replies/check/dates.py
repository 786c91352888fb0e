"""Dates in a draft: days that do not exist, weekdays that do not fit, times promised, times left open.

`promises_in` is what the due time of a conversation comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.finding import Severity
from server.replies.check.model import Draft, Hit, Page, Policy, Rule

_DAYS = "月火水木金土日"
_EN_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EN_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_EN_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EN_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"

_JA_DATE = re.compile(
    r"(?:(?P<year>\d{4})\s?[年/.]\s?)?(?<![\d/.])(?P<month>\d{1,2})\s?(?:月\s?(?P<day>\d{1,2})\s?日|/(?P<day2>\d{1,2}))(?!\d|/\d)(?:\s?[((]\s?(?P<weekday>[月火水木金土日])(?:曜日?)?(?:・?祝)?\s?[))]|の?(?P<weekday2>[月火水木金土日])曜日?)?"
)
_EN_DATE = re.compile(
    rf"(?:\b(?P<weekday>{_EN_DAY})\b,? (?:the )?)?\b(?:(?P<month>{_EN_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month2>{_EN_MONTH}))\b(?:,? (?P<year>\d{{4}})\b)?(?: ?\((?P<weekday2>{_EN_DAY})\))?",
    re.IGNORECASE,
)
_EN_MONTH_BEGINS = re.compile("|".join(_EN_MONTHS))
_UNIT = re.compile(r"[日時週月曜分:/]")
_DIGITS = re.compile(r"\d+")
_OTHER_YEAR = re.compile(r"(?:昨年|去年|来年|前年|翌年|一昨年|前回|毎年|last year|next year)[^。]{0,8}$", re.IGNORECASE)


def today(page: Page) -> date | None:
    """The day of the draft where its reader is; None where no time was given."""
    return local(page.draft.now, page.draft.zone).date() if page.draft.now else None


def local(now: int, zone: str) -> datetime:
    """The moment in a zone; an unknown zone counts as UTC."""
    try:
        return datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(max(0, min(now, 4_000_000_000_000)) / 1000, UTC)


def _nearest(year: int | None, month: int, day: int, near: date | None) -> date | None:
    """The day meant: of the year named, else of the year that brings it nearest."""
    if year:
        return _day(year, month, day)
    if not near:
        return None
    candidates = [found for year in (near.year - 1, near.year, near.year + 1) if (found := _day(year, month, day))]
    return min(candidates, key=lambda found: abs((found - near).days), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(word: str) -> int:
    return _EN_MONTHS.index(word[:3].lower()) + 1


def _weekday(word: str) -> int:
    if word in _DAYS:
        return _DAYS.index(word)
    return next(at for at, name in enumerate(_EN_DAYS) if name[:2].lower() == word[:2].lower())


def _read_date(found: re.Match[str]) -> tuple[int | None, int, int]:
    month = found["month"] or found.groupdict().get("month2") or ""
    return (
        int(found["year"]) if found["year"] else None,
        int(month) if month.isdigit() else _month(month),
        int(found["day"] or found["day2"]),
    )


def _dates(page: Page) -> list[re.Match[str]]:
    if page.dates is None:
        page.dates = list(_find_dates(page))
    return page.dates


def _find_dates(page: Page) -> Iterator[re.Match[str]]:
    if page.language == "en":
        last = 0
        for month in _EN_MONTH_BEGINS.finditer(page.low):
            found = _EN_DATE.search(page.text, max(last, month.start() - 30), month.end() + 30)
            if found:
                last = found.end()
                yield found
    elif "月" in page.text or "/" in page.text:
        last = 0
        for digits in _DIGITS.finditer(page.text):  # the whole pattern at each position would cost ten times as much
            if digits.start() >= last and (found := _JA_DATE.match(page.text, digits.start())):
                last = found.end()
                yield found


def _wrong_weekday(page: Page) -> Iterator[Hit]:
    """5月10日(木) where that day is a Friday. Without a year the nearest one is meant; 昨年 and its like are left alone."""
    near = today(page)
    for found in _dates(page):
        group = "weekday" if found["weekday"] else "weekday2"
        written = found[group]
        if not written or _OTHER_YEAR.search(page.text[max(0, found.start() - 14) : found.start()]):
            continue
        meant = _nearest(*_read_date(found), near)
        if not meant or meant.weekday() == _weekday(written):
            continue
        right = _DAYS[meant.weekday()] if written in _DAYS else _like(written, _EN_DAYS[meant.weekday()])
        yield Hit(found.start(group), found.end(group), right, {"word": found[0].strip(), "instead": right})


def _like(written: str, name: str) -> str:
    return name if len(written) > 5 or written.lower().endswith("day") else name[:3]


_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _impossible(page: Page) -> Iterator[Hit]:
    """4月31日, 13月1日."""
    for found in _dates(page):
        year, month, day = _read_date(found)
        if "月" not in found[0] and found.groupdict().get("month2", "-") == "-":
            continue  # 3/4 may be a fraction or a version
        known = year or (near.year if (near := today(page)) and month == 2 and day == 29 else 2024)
        if (
            not 1 <= month <= 12
            or not 1 <= day <= _LONGEST_MONTH[month - 1]
            or (month == 2 and day == 29 and year and not _day(known, 2, 29))
        ):
            yield Hit(found.start(), found.end(), None, {"word": found[0].strip()})


# ---------------------------------------------------------------- promises

_DO = (
    r"(?:ご?(?:連絡|回答|返信|返答|案内|報告|送付|返金|発送|手配|対応|提出|説明|用意|確認|調査|修正|設定|共有|納品|配送|請求|通知|相談|電話|復旧|完了|交換|出荷|送信|再送|再発行|反映|処理|手続き)(?:を|の)?"
    r"|お(?:送り|届け|知らせ|電話|返事|返し|伝え|渡し|調べ|見積り?)(?:を|の)?|折り返し)"
)
_WILL = r"(?:いたします|致します|します|差し上げます|さしあげます|申し上げます|させていただきます|させて頂きます|(?:いたす|する|の|できる)?(?:予定|見込み)(?:です|でございます|となって)|まいります|できます|(?:いたし|し)?ておきます|ご連絡いたします)"
_WE_WILL = re.compile(rf"{_DO}[^。、\n]{{0,14}}?{_WILL}")
_ASKS = re.compile(
    r"ました|ていた|いただいた|頂いた|生じた|あった|ください|下さい|いただけ|頂け|いただき(?:たく|ますよう|ましたら|ますと)|お願い|幸いです|いただきます(?=よう)|くださいま"
)
_CLOCK = r"(?:(?P<ampm>午前|午後|朝|夕方)?\s?(?P<hour>\d{1,2})(?:時(?:(?P<minute>\d{1,2})分|(?P<half>半))?|:(?P<minute2>\d{2})))"
_JA_WHEN = re.compile(
    rf"(?:(?P<rel>本日|今日|明日|明後日|あさって|翌日|今週|来週|今月|来月|月内|週内|今週末|月末|今月末|来週末|週明け|翌営業日)(?:の?(?P<wd>[{_DAYS}])曜日?)?"
    rf"|(?:(?P<year>\d{{4}})年)?(?P<month>\d{{1,2}})(?:月(?P<day>\d{{1,2}})日|/(?P<day2>\d{{1,2}}))(?:\s?[((][{_DAYS}](?:曜日?)?(?:・?祝)?[))])?"
    rf"|(?<!\d)(?P<n>\d{{1,3}})\s?(?P<unit>営業日|日間?|時間|分|週間)(?:以内|後)"
    rf"|(?P<wd2>[{_DAYS}])曜日?(?=中|まで|に|の)"
    rf"|(?=(?:午前|午後)?\s?\d{{1,2}}(?:時|:\d\d)))"
    rf"(?:の|、|\s)?(?:{_CLOCK}|(?P<part>午前中|午前|午後|夕方|夜))?(?:頃|ごろ)?\s?(?P<end>中(?:に|には)?|まで(?:に|には)?|以内に?|に|には|をめどに|を目途に|を目処に)?"
)
_EN_WILL = re.compile(
    r"\b(?:i|we)(?:'ll| will| shall| am going to| are going to|'re going to|'m going to| expect to| plan to)\b|\bwill be (?:shipped|sent|delivered|refunded|processed|resolved|fixed|completed|issued|credited|replaced)\b|\byou(?:'ll| will) (?:receive|have|hear|get)\b",
    re.IGNORECASE,
)
_EN_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<ampm>[ap]\.m\.|[ap]m\b)?|(?P<noon>noon|midday)"
_EN_WHEN = re.compile(
    rf"\b(?:(?:by|before|on|until|no later than)\s+)?(?:the )?(?:(?P<rel>end of (?:the |this )?(?:business )?(?:day|today|week|month)|eod|today|tonight|tomorrow|this week|next week)"
    rf"|(?P<next>next |this |the coming )?(?P<wd>{_EN_DAY})\b(?!,? (?:the )?(?:{_EN_MONTH}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_EN_MONTH}))"
    rf"|(?:{_EN_DAY},? (?:the )?)?(?:(?P<month>{_EN_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month2>{_EN_MONTH}))(?:,? (?P<year>\d{{4}}))?"
    rf"|(?:with)?in (?P<n>\d{{1,3}}|one|two|three|an?)(?: to \d+|-\d+)? (?P<unit>(?:business |working )?days?|hours?|minutes?|weeks?)"
    rf"|(?=\d{{1,2}}(?::\d\d)? ?[ap]\.?m))(?:,? (?:(?:at|by|before) )?(?:{_EN_CLOCK})(?![\w/]))?(?: (?P<part>morning|afternoon|evening))?",
    re.IGNORECASE,
)
_WORD_NUMBERS = {"one": 1, "a": 1, "an": 1, "two": 2, "three": 3}
_PART_ENDS = {"morning": 12, "afternoon": 18, "evening": 21, "午前": 12, "午前中": 12, "午後": 18, "夕方": 18, "夜": 21}
_END_OF_DAY = (23, 59)


def promises_in(text: str, now: int, zone: str) -> tuple[tuple[str, int], ...]:
    """Times by which we say that we will do something: the words and the moment (ms). A day without an hour ends at its end.

    Requests to the customer (5月10日までにご返信ください) are no promises of ours.
    """
    return tuple((said, at) for _, _, said, at in _promises(Page(Draft(body=text), Policy()), now, zone))


def _promises(page: Page, now: int, zone: str) -> Iterator[tuple[int, int, str, int]]:
    moment = local(now, zone)
    for sentence in page.sentences[:400]:
        text = sentence.text[:600]
        if page.language == "en":
            pattern, promised = _EN_WHEN, bool(_EN_WILL.search(text))
            if not promised or "?" in text or re.search(r"\bif\b.{0,60}\bby\b", text, re.IGNORECASE):
                continue
        else:
            pattern = _JA_WHEN
            if not _UNIT.search(text) or not _WE_WILL.search(text):
                continue
        last = -1
        for found in pattern.finditer(text):
            if found.start() < last or not found[0].strip() or page.quoted(sentence.start + found.start()):
                continue
            rest = text[found.end() :]
            if page.language != "en":
                said = _WE_WILL.search(rest)
                asked = _ASKS.search(rest)
                if (
                    not said
                    or said.start() > 60
                    or (asked and asked.start() < said.start())
                    or not (found["end"] or found["n"] or rest[:1] in "、 " or _WE_WILL.match(rest))
                ):
                    continue
            elif not _EN_WILL.search(text[: found.start()]) and not _EN_WILL.search(rest):
                continue
            at = _moment_of(found, moment, page.language)
            if at is None:
                continue
            last = found.end()
            start = sentence.start + found.start() + len(found[0]) - len(found[0].lstrip())
            yield (
                start,
                sentence.start + len(text[: found.end()].rstrip()),
                found[0].strip(),
                int(at.timestamp() * 1000),
            )


def _moment_of(found: re.Match[str], now: datetime, language: str) -> datetime | None:
    groups = found.groupdict()
    day = now.date()
    ends_day = True
    relative = (groups.get("rel") or "").lower()
    weekday = groups.get("wd") or groups.get("wd2")
    unit = (groups.get("unit") or "").lower()
    if groups.get("n"):
        count = _WORD_NUMBERS.get(groups["n"].lower()) or int(groups["n"])
        if unit.startswith(("時間", "hour")):
            return now + timedelta(hours=count)
        if unit.startswith(("分", "minute")):
            return now + timedelta(minutes=count)
        if "営業" in unit or "business" in unit or "working" in unit:
            day = _working_days(day, count)
        else:
            day += timedelta(days=count * (7 if unit.startswith(("週", "week")) else 1))
    elif groups.get("month") or groups.get("month2"):
        near = _nearest(*_read_date(found), day)
        if near is None:
            return None
        day = near
    elif relative in {"明日", "翌日", "tomorrow"}:
        day += timedelta(days=1)
    elif relative == "翌営業日":
        day = _working_days(day, 1)
    elif relative in {"明後日", "あさって"}:
        day += timedelta(days=2)
    elif "月" in relative or "month" in relative:
        first = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        day = first - timedelta(days=1)
        if relative == "来月":
            day = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    elif "週" in relative or "week" in relative:
        later = 7 if relative in {"来週", "来週末", "週明け", "next week"} else 0
        if weekday:
            day += timedelta(days=_weekday(weekday) - day.weekday() + later)
        elif relative == "週明け":
            day += timedelta(days=7 - day.weekday())
        else:
            day += timedelta(days=4 - day.weekday() + later)
            day = max(day, now.date())
    elif weekday:
        ahead = (_weekday(weekday) - day.weekday()) % 7
        if (groups.get("next") or "").strip().lower() == "next":
            ahead += 7 if day.weekday() < _weekday(weekday) else 0
        day += timedelta(days=ahead)
    hour, minute = _END_OF_DAY
    if groups.get("hour"):
        hour, minute = (
            int(groups["hour"]),
            int(groups.get("minute") or groups.get("minute2") or (30 if groups.get("half") else 0)),
        )
        half = (groups.get("ampm") or "").lower().replace(".", "")
        if half in {"午後", "夕方", "pm"} and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
        elif language == "en" and not half and 1 <= hour <= 7:
            hour += 12  # "by Friday 5" is office time
        ends_day = False
    elif groups.get("noon"):
        hour, minute, ends_day = 12, 0, False
    elif groups.get("part"):
        hour, minute, ends_day = _PART_ENDS[groups["part"].lower()], 0, False
    if hour == 24 and minute == 0:
        hour, minute = _END_OF_DAY
    if hour > 23 or minute > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, 59 if ends_day else 0, tzinfo=now.tzinfo)


def _working_days(day: date, count: int) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _promised(page: Page) -> list[tuple[int, int, str, int]]:
    if page.promised is None:
        page.promised = list(_promises(page, page.draft.now, page.draft.zone)) if page.draft.now else []
    return page.promised


def _promise(page: Page) -> Iterator[Hit]:
    """A time promised: it becomes the conversation's due time, and the agent shall know."""
    for start, end, said, at in _promised(page):
        if at >= page.draft.now:
            yield Hit(start, end, None, {"word": said, "at": str(at)})


def _past(page: Page) -> Iterator[Hit]:
    """A time promised that is over already, as a template's or yesterday's draft may have it."""
    for start, end, said, at in _promised(page):
        if at < page.draft.now:
            yield Hit(start, end, None, {"word": said, "at": str(at)})


def next_day(page: Page) -> str:
    """A day that can be promised in words, the next working day after tomorrow's morning is no longer near; "" without a time."""
    near = today(page)
    if near is None:
        return ""
    day = _working_days(near, 1)
    if page.language == "en":
        return f"{_EN_DAYS[day.weekday()]}, {day.day} {('January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December')[day.month - 1]}"
    return f"{day.month}月{day.day}日({_DAYS[day.weekday()]})"


_HAS_TIME = re.compile(
    r"\d ?(?:日|時|月|分|営業日|週間|hours?|days?|minutes?|weeks?|am|pm|a\.m|p\.m)|\d/\d|\d:\d|本日|今日|明日|明後日|今週|来週|今月|来月|月末|週明け|曜|翌営業日|午前|午後|"
    rf"\b(?:today|tonight|tomorrow|(?:this|next) week|{_EN_DAY}|{_EN_MONTH} \d|end of (?:the )?(?:day|week)|eod|noon)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"なるべく早く|なるべく早めに|できるだけ早く|出来るだけ早く|できる限り早く|可能な限り早く|可能な限り早急に|なるはやで|できる限り早めに|できるだけ早めに|まもなく|間もなく|折り返し(?=ご)|数日(?=かか|お待ち|いただ|中に)|多少お待ち|少しお待ち|早急に|早々に|近日中に?|近いうちに|そのうち|後日|追って|追々|今しばらくお待ち(?=ください|いただ)|しばらくお待ち(?=ください|いただ)|もうしばらくお待ち(?=ください|いただ)|少々お待ち(?=ください|いただ)"
)
_WE = re.compile(r"いたします|致します|します|差し上げます|申し上げます|させていただきます|まいります|お待ち|予定です")
_EN_VAGUE_WORDS = ("asap", "soon", "shortly", "due course", "near future", "some point", "before long")
_EN_VAGUE = re.compile(
    r"\b(?:asap|as soon as possible|as soon as (?:we|i) can|shortly|in due course|in the near future|at some point|before long|very soon|soon)\b(?! as\b)",
    re.IGNORECASE,
)
_EN_NOT_VAGUE = re.compile(
    r"hear(?:ing)? from you|see(?:ing)? you|hope|forward|get well|talk|reply from you|shortly (?:after|before)|soon (?:after|be)|too soon|as soon as (?:you|the|it|we (?!can)|i (?!can)|they|he|she|your)",
    re.IGNORECASE,
)


def _vague_time(page: Page) -> Iterator[Hit]:
    """We will do something soon: no date stands near it."""
    day = next_day(page)
    if page.language == "en":
        if not any(word in page.low for word in _EN_VAGUE_WORDS):
            return
        for found in _EN_VAGUE.finditer(page.text):
            said = page.sentence_at(found.start()).text
            word = found[0].lower()
            if word != "asap" and (
                _EN_NOT_VAGUE.search(said) or _HAS_TIME.search(page.around(found.start(), 160, 160))
            ):
                continue
            yield Hit(
                found.start(),
                found.end(),
                f"by {day}" if day else None,
                {"word": found[0], "instead": f"by {day}" if day else ""},
            )
        return
    for found in _VAGUE.finditer(page.text):
        word = found[0]
        sentence = page.sentence_at(found.start())
        after = page.text[found.end() : sentence.end]
        if page.quoted(found.start()) or _HAS_TIME.search(page.around(found.start(), 60, 100)):
            continue
        if word in {"早急に", "後日", "追って", "早々に", "まもなく", "間もなく", "折り返し"} and not _WE.search(after):
            continue
        instead = None
        if day:
            instead = (
                f"{day}までお待ち"
                if "お待ち" in word
                else f"{day}に"
                if word == "後日" and not after.startswith("に")
                else day
                if word == "後日"
                else f"{day}までに"
            )
        yield Hit(found.start(), found.end(), instead, {"word": word, "instead": instead or ""})


_BOTH = ("ja", "en")
RULES = (
    Rule("date-impossible", Severity.HINT, _BOTH, "dates", 102, _impossible),
    Rule("weekday-wrong", Severity.HINT, _BOTH, "dates", 104, _wrong_weekday),
    Rule("promise-past", Severity.HINT, _BOTH, "dates", 106, _past),
    Rule("time-vague", Severity.HINT, _BOTH, "dates", 134, _vague_time),
    Rule("promise-date", Severity.HINT, _BOTH, "dates", 199, _promise),
)

"""Times by which a mail wants something, read against its own date: 本日17時まで, 来週火曜までに, by Friday 5pm.

A time alone is none: the words around it must want something by then. The first verb after a Japanese expression decides
(…までにお願いします against …までに振り込みます), in English the clause that it stands in. Where a phrase is loose the early reading
counts: the end of the week is its Friday, 夕方 is five o'clock. Public holidays are not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.understanding import Deadline

_READ = 20_000
_MOST = 5
_DAY = 86_400
_LONGEST_SENTENCE = 600
_YEARS_AHEAD = 5
_LONG_PAST = 60  # days after which a day without a year is next year's

_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS_EN = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS_JA = {
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_NUMBERS_EN = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_DAYS_AHEAD = {
    "本日": 0, "今日": 0, "きょう": 0, "今晩": 0, "今夜": 0, "今夕": 0, "今朝": 0, "明日": 1, "あした": 1, "あす": 1, "明朝": 1, "明晩": 1,
    "翌日": 1, "翌朝": 1, "明後日": 2, "あさって": 2, "明々後日": 3, "明明後日": 3, "しあさって": 3, "一両日": 1,
}  # fmt: skip
_HOUR_IN_DAY = {"今晩": 21, "今夜": 21, "今夕": 17, "今朝": 9, "明朝": 9, "翌朝": 9, "明晩": 21}
_HOURS = {
    "午前": 12, "正午": 12, "昼": 12, "朝": 9, "夕": 17, "夜": 21, "午後": 17, "午後一": 13, "午後イチ": 13, "終業": 18, "定時": 18,
    "営業時間": 18, "業務時間": 18, "営業終了": 18,
    "noon": 12, "midday": 12, "lunch": 12, "lunchtime": 12, "morning": 9, "afternoon": 17, "evening": 18, "night": 21, "cob": 17,
    "close of business": 17, "close of play": 17, "end of business": 17, "end of play": 17,
}  # fmt: skip
_WEEKS = {"今週": 0, "来週": 1, "翌週": 1, "再来週": 2, "週": 0}
_MONTHS = {"今月": 0, "当月": 0, "来月": 1, "翌月": 1, "再来月": 2, "月": 0}
_ZONES = {
    "JST": "Asia/Tokyo", "UTC": "UTC", "GMT": "UTC", "EST": "America/New_York", "EDT": "America/New_York", "ET": "America/New_York",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "PT": "America/Los_Angeles", "CET": "Europe/Paris",
    "CEST": "Europe/Paris", "BST": "Europe/London", "SGT": "Asia/Singapore",
}  # fmt: skip

# ---------------------------------------------------------------- Japanese
_TIME_JA = r"""(?:
    (?:(?P<half>午前|午後|朝|夕方|夜|AM|PM)の?\s?)?(?:(?P<hour>\d{1,2})(?:時(?!間|期|点|代)(?:(?P<minute>\d{1,2})分|(?P<thirty>半))?|:(?P<colon>\d{2})(?!\d)))
  | (?P<word>午前中|午前(?=必着|着|の?うち|\s?まで|\s?迄|[でに])|正午|お?昼(?:頃|ごろ|前|すぎ|過ぎ)?|午後(?:一|イチ)|午後(?=まで|迄|の?うち)|朝(?:一番?|イチ|いち)?|夕方|夕刻|夜(?!間|行|中|景)|終業|定時|営業時間(?=内|中)|業務時間(?=内|中)|営業終了)
    (?:内|時刻|時間)?
)(?:頃|ごろ|ころ)?"""
_WHEN_JA = re.compile(
    rf"""(?:
    (?P<year>(?<!\d)20\d{{2}})\s?[年/.-]\s?(?P<ymonth>\d{{1,2}})\s?[月/.-]\s?(?P<yday>\d{{1,2}})日?
  | (?<!\d)(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?日
  | (?<![\d/.:])(?P<smonth>\d{{1,2}})/(?P<sday>\d{{1,2}})(?![\d/:])
  | (?<!\d)(?P<nmonth>\d{{1,2}})月(?P<npart>末日?|中(?!旬)|いっぱい|上旬|中旬|下旬|初旬|初め|頭)
  | (?P<ahead>{"|".join(sorted(_DAYS_AHEAD, key=len, reverse=True))})
  | (?P<week>再来週|今週|来週|翌週)(?:の|\s)?[(]?(?P<weekday>[{_WEEKDAYS_JA}])(?:曜日?|[)])
  | (?P<span>再来週|今週|来週|翌週|再来月|今月|当月|来月|翌月|今年|本年|年度|年|週|月)の?(?P<part>中(?!旬|国|止|心|間)|末日?|いっぱい|内|明け|初め|始め|はじめ|頭|前半|半ば|上旬|中旬|下旬|(?=\s?まで|\s?迄))
  | (?P<mspan>再来月|今月|当月|来月|翌月)の?(?P<mday>\d{{1,2}})日
  | (?P<coming>次の|今度の|今度)?(?P<bare>[{_WEEKDAYS_JA}])曜日?
  | (?<![\d月/,.:])(?P<dom>\d{{1,2}})日(?!間|前|後|ほど|程|くらい|ぐらい|分|目|以内|以上|連続|も|本|経|中旬|ごと|毎|おき)
    )(?:\s?[(][{_WEEKDAYS_JA}・祝]{{1,3}}(?:曜日?)?[)])?(?:中(?!旬|国|止|心|間|学|古|身)(?=[にでは、。\s]|$))?(?:(?:の|、|,|\s){{0,2}}{_TIME_JA})?
  | (?<![\d:]){_TIME_JA.replace("?P<", "?P<only_")}
  | (?<![\d.])(?P<count>\d{{1,3}}|[一二三四五六七八九十])(?:[、,~〜-](?:\d{{1,2}}|[一二三四五六七八九十]))?\s?(?P<unit>営業日|日|時間|分|週間|[かヶカヵケ箇]月)\s?(?:以内|(?<=日)中(?=に|で)|後(?=までに|には))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIMIT_JA = re.compile(
    r"\s?(?:頃|ごろ)?(?:中|内)?(?:いっぱい)?の?(?:まで(?:に|で)?(?:は|には)?|迄(?:に|で)?(?:は)?|うちに?は?|[にで]?必着|[がを]?(?:締切|締め切り|〆切)|厳守|を?期限)"
)
_WITHIN_JA = re.compile(r"(?:中|内|いっぱい|以内)(?:頃|ごろ)?$")
_WANTS_JA = re.compile(
    r"願い(?!出)|頼[みむ]|願え|願いたく|くださ|下さ|ほし[いく]|欲し[いく]|いただ(?:け|きた)|頂(?:け|きた|戴)|もら(?:え|いた)|くれ(?:ます|ません|る|な)|必要|必着|厳守|希望|間に合|要り|要る|(?<!て)いります"
    r"|助か|幸い|なければ|ないと(?!いう)|ない(?:場合|時|とき|なら)|たい(?!て)|急ぎ|急い|締切|求め|お返事を|ご(?:回答|返信|返事|連絡|対応|手配|発送|納品|提出|修正|確認)(?:を|$|[。!、]|のほど)|(?:回答|返信|返事|連絡|対応)を?(?:$|[。!])"
)
_ASKS_JA = re.compile(r"(?:ます|ません|です|でしょう|可能)か|でしょうか|可能(?:です|でしょう)")
_REFUSES_JA = re.compile(
    r"ました|ています|ていま|ております|ておりま|ていた(?!だ)|てい?ない|でした|だった|(?:[しっいんえきけげせてねめれ])た(?:$|[。、のがこともけ一-龯ァ-ヴ(])|ません(?!か|でしょうか)|ます(?!か|でしょうか|と幸|と助|ように)|です(?!か)"
    r"|営業(?!日)|受付|休み|休業|休暇|定休|不在|旅行|出張|有効|キャンペーン|予定|はず|とあ[りっ]|と書|と記|とのこと|と聞|と言|と案内|と連絡|という|ば(?:いい|良い|よい|よろし|宜し)"
    r"|(?:返品|返金|交換|解約|キャンセル|変更)(?:でき|可能|は可)|待って|お待ち|待つ|延長|延期|猶予|間違|ではなく|[にへ](?:変更|ずら|振り?替え)|でなくて|前(?:の|に買)"
)
_HOURS_JA = re.compile(
    r"営業(?!部|担当|日)|受付|開館|開店|休み|休業|休暇|不在|出張|旅行|毎日|毎週|毎月|平日|有効|セール|キャンペーン|いつも"
)
_STARTS_JA = re.compile(
    r"\s?(?:から|より(?!前)|以降|以後|以前|頃?以来|[~〜-]|は(?!い?まで)|も|の(?!午|朝|夕|昼|\d|うち|便|到着|納品)|付|づけ)"
)
_DUE_LABEL_JA = re.compile(
    r"(?P<theirs>支払い?|入金|振込|有効|利用|使用|申込|返品|保証|手続き|契約|更新)?(?:の)?(?:回答|返信|返答|納品|提出|対応|希望|お?届け|配送|配達|到着)*(?:の|ご)?(?:期限|締切日?|締め切り|〆切|納期|希望日時?|希望納期|必着日?|デッドライン)(?:日|の日)?\s?(?:は|が|:|を|として)?\s?$"
)

# ---------------------------------------------------------------- English
_WEEKDAY_EN = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_MONTH_EN = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?:\.(?=\s\d))?"
_CLOCK_EN = r"(?:(?P<hour{0}>\d{{1,2}})(?:[:.](?P<minute{0}>\d{{2}}))?\s?(?P<half{0}>[ap]m\b|[ap]\.m\.|o['’]clock)|(?P<hours{0}>\d{{1,2}}):(?P<minutes{0}>\d{{2}})(?!\d)|(?P<word{0}>noon|midday|lunch(?:time)?|cob|(?:close|end)\sof\s(?:business(?!\sday)|play)))(?:\s(?P<zone{0}>JST|UTC|GMT|E[SD]?T|P[SD]?T|CES?T|BST|SGT)\b)?"
_END_EN = r"(?:the\s)?(?P<eod>eo[db]|end\sof(?=\s(?:today|tomorrow|tmrw|{_WEEKDAY_EN})\b)|end\sof\s(?:the\s|your\s|this\s|my\s)?(?:business\s|working\s|work\s)?day)\b"
_DAY_EN = rf"""(?:
    (?P<ahead>today|tonight|this\s(?:morning|afternoon|evening)|(?:the\s)?day\safter\stomorrow|tomorrow|tmrw)(?:\s(?P<partofday>morning|afternoon|evening|night))?
  | (?:on\s)?(?:(?P<which>next|this|coming|the\scoming|this\scoming|the\sfollowing)\s)?(?P<weekday>{_WEEKDAY_EN})\b(?:\.(?=\s[\da-z]))?(?:\s(?P<nextweek>(?:of\s)?next\sweek))?(?:,?\s(?:the\s)?\d{{1,2}}(?:st|nd|rd|th)\b(?!\sof))?(?:\s(?P<wpartofday>morning|afternoon|evening|night))?
  | (?:the\s)?(?:(?P<end>end)\sof\s)?(?P<every>(?P<spanwhich>the|this|next|coming)\s(?P<span>week(?!end|day)|month|year|quarter))(?!['’\w])
  | (?P<short>eow|eom|eoy|end\sof\s(?:week|month|year|quarter))\b
  | (?:the\s|this\s)(?P<weekend>weekend)\b
  | (?:the\s)?end\sof\s(?P<endmonth>{_MONTH_EN})(?!\w)
  | (?P<iso>20\d{{2}})[-/](?P<isomonth>\d{{1,2}})[-/](?P<isoday>\d{{1,2}})(?!\d)
  | (?:{_WEEKDAY_EN},?\s)?(?:the\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTH_EN})(?!\w)(?:,?\s(?P<year>20\d{{2}}))?
  | (?:{_WEEKDAY_EN},?\s)?(?P<month2>{_MONTH_EN})\s(?:the\s)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s(?P<year2>20\d{{2}}))?
  | the\s(?P<dom>\d{{1,2}})(?:st|nd|rd|th)\b(?!\s(?:floor|edition|street|st\b|anniversary|time|order|item|row|line|page|one|of\s(?!this|the\smonth)))
  | (?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<c>20\d{{2}}))?(?![\d/])
)"""
_CLOCK_1, _CLOCK_2, _CLOCK_3 = (_CLOCK_EN.format(mark) for mark in ("", "2", "3"))
_WHEN_EN = re.compile(
    rf"""\b(?:
    (?:{_END_EN}|{_CLOCK_2})(?:,?\s(?:on\s|at\s)?{_DAY_EN})?
  | {_DAY_EN.replace("?P<", "?P<d_")}(?:(?:,?\s(?:at\s|by\s|before\s|@\s?)?|\s?@\s?)(?:{_CLOCK_3}|(?P<d_eod>eod|end\sof\sday)\b))?
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_WITHIN_EN = re.compile(
    r"\b(?:within|in)\s(?:the\s)?(?P<next>next\s|coming\s)?(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)\s?(?P<business>business\s|working\s|work\s)?(?P<unit>days?|hours?|hrs?|h|weeks?|minutes?|mins?|months?)\b(?!\s(?:of|after|from|since|ago))",
    re.IGNORECASE,
)
_BEFORE_WORDS = re.compile(
    r"(?:\b(?P<by>by|no\slater\sthan|not\slater\sthan|latest\sby|due(?:\son|\sby)?|deadline(?:\sis|\sof|\sfor\sthis\sis)?:?|needed\s(?:on|for)|on\sor\sbefore)|\b(?P<before>before|ahead\sof|prior\sto))(?:\s(?:at\s)?(?:the\s)?latest)?\s?:?\s$",
    re.IGNORECASE,
)
_WANTS_EN = re.compile(
    r"\b(?:need(?:s|ed|ing)?|please|pls|(?:can|could|would|will)\s(?:you|it|they|this|that|somebody|someone|anyone|the\s\w+|my\s\w+)|(?:can|could|may)\s(?:I|we)\s(?:get|have|expect|receive)|must|want(?:s|ed)?|require[sd]?|would\s(?:like|love|appreciate)|hop(?:e|ing)"
    r"|due|deadline|urgent(?:ly)?|(?:has|have|got)\sto\b|is\s(?:it|there)|possible|able\sto|expect(?:ing)?|let\s(?:me|us)\sknow|grateful|appreciated?|if\s(?:I|we)\s(?:do\snot|don['’]t|have\snot|haven['’]t)|at\sthe\slatest|no\slater)\b",
    re.IGNORECASE,
)
_REFUSES_EN = re.compile(
    r"\b(?:(?:I|we)(?:['’]ll|\s(?:will|can|shall|could|am|are|plan|promise|intend))\b(?!\s(?:need|require|want|have\sto\shave|be\sneeding|not\saccept|waiting))|was|were|had|did(?:n['’]t)?|said|told|should\shave|supposed|sent|paid|bought|got|made|wrote"
    r"|if\s(?:I|we)\s(?:order|pay|cancel|return|send|sign|book)|open|opening|closed|(?!need|requir|hundred|want|appreciat|expect|speed|indeed|urgent|red\b|bed\b|fixed|resolved|delivered|shipped|refunded|replaced|completed|finished|updated|corrected|done)\w+ed)\b",
    re.IGNORECASE,
)
_CLAUSE_EN = re.compile(r"[,;:()]|\b(?:and|but|so|because|since|as|however)\b", re.IGNORECASE)
_NEEDS_IT_EN = re.compile(
    r"\b(?:needs?|(?:is|are)\sneeded|please|kindly|(?:can|could|would|will)\s(?:you|someone|somebody|anyone))\s(?P<what>(?:[\w'’]+\s){0,7})$",
    re.IGNORECASE,
)
_LEADS_ELSEWHERE_EN = re.compile(
    r"(?:\b(?:from|of|since|until|till|through|after|last|to|and|or|my|your|our|the|a|not|never)|n['’]t|'s)\s$|\b(?:do\snot|don['’]t|never|I|we|you)\s",
    re.IGNORECASE,
)
_NOT_WANTED_EN = re.compile(
    r"\b(?:please|kindly|should|must|can|could)\s?(?:do\s)?(?:not|n['’]t|never)\b|\b(?:whether|to\syou)\b|\bplease\sdon['’]t\b",
    re.IGNORECASE,
)
_IMPERATIVE_EN = re.compile(
    r"\s*(?:fix|reply|respond|answer|send|ship|refund|resolve|call|contact|deliver|get\sback|repair|replace|confirm|sort)\b",
    re.IGNORECASE,
)
_PAYMENT_EN = re.compile(r"\b(?:invoice|payment|bill|fee|subscription|renewal|instal+ment|rent)s?\b", re.IGNORECASE)
_PLEASE_AFTER_EN = re.compile(r"^,?\s(?:please|if\spossible|at\sthe\slatest|latest)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Sent:
    """When and where the mail was written."""

    at: datetime

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class _Moment:
    """A day and perhaps the time of it."""

    day: date
    clock: time | None = None
    zone: str = ""


def deadlines(text: str, sent: int, zone: str) -> tuple[Deadline, ...]:
    """The times by which something is wanted, soonest first, at most five; none when the mail's own date is not known."""
    if sent <= 0:
        return ()
    try:
        place: tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place = UTC
    try:
        written = _Sent(datetime.fromtimestamp(sent, place))
        found = [*_all(text[:_READ], written, place)]
    except (OverflowError, ValueError, OSError):
        return ()  # a date at the end of time: nothing is due after it
    found.sort(key=lambda deadline: (deadline.at, -len(deadline.text)))
    ordered: dict[int, Deadline] = {}
    for deadline in found:
        if deadline.at >= sent - _DAY:
            ordered.setdefault(deadline.at, deadline)
    return tuple(ordered.values())[:_MOST]


def _all(text: str, sent: _Sent, place: tzinfo) -> Iterator[Deadline]:
    folded, origin = _folded(text)
    for start, end in _sentences(folded):
        sentence = folded[start:end]
        for first, last, moment in (*_japanese(sentence, sent), *_english(sentence, sent, place)):
            at = _epoch(moment, place)
            if at is not None and sent.at.timestamp() - _DAY <= at and moment.day.year <= sent.day.year + _YEARS_AHEAD:
                words = text[origin[start + first] : origin[start + last - 1] + 1]
                yield Deadline(" ".join(words.split()), at, moment.clock is not None)


def _folded(text: str) -> tuple[str, list[int]]:
    """NFKC character by character, and for each character the place it came from."""
    folded: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        normal = char if char.isascii() else unicodedata.normalize("NFKC", char)
        folded.append(normal)
        origin.extend([at] * len(normal))
    return "".join(folded), origin


_SENTENCE_END = re.compile(
    r"[。!?\r]|\.(?=\s)(?<![ap]\.m\.)|\n\s*\n|\n(?=[^\x00-\x7f\n])|(?<=[^\x00-\x7f])\n|\n(?=\s*[-*])"
)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences by their places. A line that English wraps goes on; a Japanese line ends."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        # The mark belongs to it: a question wants what a statement reports.
        yield from _pieces(start, found.end())
        start = found.end()
    yield from _pieces(start, len(text))


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, _LONGEST_SENTENCE):
        yield at, min(end, at + _LONGEST_SENTENCE)


def _epoch(moment: _Moment, place: tzinfo) -> int | None:
    where: tzinfo = ZoneInfo(_ZONES[moment.zone]) if moment.zone else place
    if moment.clock is not None:
        return int(datetime.combine(moment.day, moment.clock, where).timestamp())
    return int(datetime.combine(moment.day + timedelta(days=1), time(), where).timestamp()) - 1


# ---------------------------------------------------------------- Japanese


def _japanese(sentence: str, sent: _Sent) -> Iterator[tuple[int, int, _Moment]]:
    last = 0
    while found := _WHEN_JA.search(sentence, last):
        last = max(found.end(), found.start() + 1)
        end = _wanted_ja(sentence, found)
        moment = _moment_ja(found.groupdict(), sent) if end else None
        if moment:
            yield found.start(), end, moment


def _wanted_ja(sentence: str, found: re.Match[str]) -> int:
    """Where the expression with its までに ends, when something is wanted by then; 0 when not."""
    head, tail = sentence[: found.start()], sentence[found.end() :]
    limit = _LIMIT_JA.match(tail)
    inside = bool(_WITHIN_JA.search(found[0]) or (limit is None and re.match(r"(?:中|内)(?:に|で|の|は|$|、)", tail)))
    if re.search(r"(?:後|から|以降)\s?$", head) and found["count"]:
        return 0  # counted from something else
    label = _DUE_LABEL_JA.search(head[-40:])
    if label:
        return 0 if label["theirs"] or re.match(r".{0,8}(?:過ぎ|すぎ|でした|だった)", tail) else found.end()
    ranged = bool(re.search(r"(?:から|[~〜-])\s?$", head))
    if limit is None and not inside and ranged:
        return 0
    if (
        limit is None
        and not inside
        and found["dom"]
        and not re.match(r"\s?(?:頃|ごろ)?(?:に|で|、|希望|必要|が希望)", tail)
    ):
        return 0  # 1日20杯
    if limit is None and not inside:
        return found.end() if not _STARTS_JA.match(tail) and _wants(tail[:60], _WANTS_JA) else 0
    after = tail[limit.end() :] if limit else tail
    loose = bool(limit) and not re.search(r"[にで]|うち|必着|締|〆|厳守|期限", limit[0] if limit else "")
    if re.match(r"(?:の(?!間)|[はも](?=有効|営業)|なら|であれば|だと|だった|でした)", after) and not re.match(
        r"の(?:回答|返信|納品|対応|発送|お?届け|連絡)", after
    ):
        return 0
    if (loose or ranged) and _HOURS_JA.search(head[-40:]):
        return 0
    wanted = _wants(after, _WANTS_JA, _ASKS_JA)
    bare = wanted is None and not (loose and ranged) and len(after.strip(" 。!、\n")) <= 12
    return found.end() + (limit.end() if limit else 0) if wanted or bare else 0


def _wants(tail: str, *wishes: re.Pattern[str]) -> bool | None:
    """Whether the first thing said after an expression is a wish; None when nothing is said."""
    wish = min((found.start() for words in wishes if (found := words.search(tail))), default=None)
    refusal = _REFUSES_JA.search(tail)
    if wish is None:
        return False if refusal else None
    return refusal is None or wish <= refusal.start()


def _moment_ja(got: dict[str, str | None], sent: _Sent) -> _Moment | None:
    if got["count"]:
        return _after(_number(got["count"]), got["unit"] or "", sent)
    if got["only_hour"] or got["only_word"]:
        clock = _clock_ja({key: got[f"only_{key}"] for key in ("half", "hour", "minute", "thirty", "colon", "word")})
        return _coming(sent.day, clock, sent) if clock else None
    day = _day_ja(got, sent)
    if day is None:
        return None
    clock = _clock_ja(got)
    if clock is None and got["hour"]:
        return None
    if clock is None and got["ahead"] in _HOUR_IN_DAY:
        clock = time(_HOUR_IN_DAY[got["ahead"]])
    if got["bare"] and clock and datetime.combine(day, clock, sent.at.tzinfo) < sent.at:
        day += timedelta(days=7)
    return _late(day, clock, got["hour"])


def _late(day: date, clock: time | None, hour: str | None) -> _Moment:
    """24時 is the end of its day."""
    return _Moment(day + timedelta(days=1), time()) if hour and int(hour) == 24 else _Moment(day, clock)


def _coming(day: date, clock: time, sent: _Sent) -> _Moment:
    """A time without a day is the next one."""
    passed = datetime.combine(day, clock, sent.at.tzinfo) < sent.at
    return _Moment(day + timedelta(days=1) if passed else day, clock)


def _clock_ja(got: dict[str, str | None]) -> time | None:
    if got["hour"]:
        minute = 30 if got["thirty"] else int(got["minute"] or got["colon"] or 0)
        half = (got["half"] or "").upper()
        early = half in {"午前", "朝", "AM"}
        late = half in {"午後", "夕方", "夜", "PM"}
        return _time(int(got["hour"]), minute, early=early or bool(got["colon"] and not late), late=late)
    word = (got["word"] or "").lstrip("お")
    hour = next((hour for name, hour in _HOURS.items() if word == name), None)
    if hour is None and word:
        hour = next((hour for name, hour in _HOURS.items() if word.startswith(name)), None)
    return time(hour) if hour is not None else None


def _time(hour: int, minute: int, *, early: bool, late: bool) -> time | None:
    """Without a word for the half of the day, one to six o'clock are in the afternoon: nobody wants a reply by five at night."""
    if (late and hour < 12) or (not early and 1 <= hour <= 6):
        hour += 12
    if hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _day_ja(got: dict[str, str | None], sent: _Sent) -> date | None:
    today = sent.day
    if got["year"]:
        return _date(int(got["year"]), got["ymonth"], got["yday"])
    if got["month"] or got["smonth"]:
        return _in_year(got["month"] or got["smonth"], got["day"] or got["sday"], today)
    if got["nmonth"]:
        first = _in_year(got["nmonth"], "1", today, days=31)
        return _part_of_month(first, got["npart"] or "") if first else None
    if got["ahead"]:
        return today + timedelta(days=_DAYS_AHEAD[got["ahead"]])
    if got["weekday"]:
        return _upcoming(_monday(today, _WEEKS[got["week"] or "週"]) + timedelta(days=_weekday(got["weekday"])), today)
    if got["span"]:
        return _part_ja(got["span"], got["part"] or "", today)
    if got["mday"]:
        first = _first_of_month(today, _MONTHS[got["mspan"] or "月"])
        return _upcoming(_date(first.year, str(first.month), got["mday"]), today)
    if got["bare"]:
        ahead = (_weekday(got["bare"]) - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if got["coming"] else 0))
    return _day_of_month(int(got["dom"] or 0), today)


def _part_ja(span: str, part: str, today: date) -> date | None:
    begins = part in {"明け", "初め", "始め", "はじめ", "頭"}
    if span in _WEEKS:
        monday = _monday(today, _WEEKS[span])
        if part == "明け" or (span == "週" and begins):
            return _monday(today, 1)
        if begins or (not part and _WEEKS[span]):
            return monday
        if part in {"前半", "半ば"}:
            return monday + timedelta(days=2)
        if span == "週" and part not in {"末", "中", "内", "いっぱい"}:
            return None
        return _friday(monday, today)
    if span in _MONTHS:
        first = _first_of_month(today, _MONTHS[span])
        if span == "月" and begins:
            return _first_of_month(today, 1)
        if begins or (not part and _MONTHS[span]):
            return first
        return _part_of_month(first, part)
    if span == "年度":
        return date(today.year + (today.month > 3), 3, 31) if part else None
    return date(today.year, 12, 31) if part in {"末", "末日", "内", "中", "いっぱい"} else None


def _part_of_month(first: date, part: str) -> date:
    day = {"上旬": 10, "初旬": 10, "前半": 15, "半ば": 15, "中旬": 20, "初め": 1, "頭": 1}.get(part)
    return first.replace(day=day) if day else _first_of_month(first, 1) - timedelta(days=1)


def _weekday(name: str) -> int:
    return _WEEKDAYS_JA.index(name)


def _number(text: str) -> int:
    return _NUMBERS_JA.get(text) or _NUMBERS_EN.get(text.lower()) or int(text)


# ---------------------------------------------------------------- English


def _english(sentence: str, sent: _Sent, place: tzinfo) -> Iterator[tuple[int, int, _Moment]]:
    line = sentence.replace("\n", " ").replace("\t", " ")
    for within in _WITHIN_EN.finditer(line):
        in_next = within[0].lower().startswith("in")
        if (not in_next or within["next"]) and _wanted_en(line, within.start(), within.end(), sure=False):
            unit = ("business " if within["business"] else "") + within["unit"].lower()[:2]
            moment = _after(_number(within["count"]), unit, sent)
            if moment:
                yield within.start(), within.end(), moment
    last = 0
    while found := _WHEN_EN.search(line, last):
        last = max(found.end(), found.start() + 1)
        limit = _BEFORE_WORDS.search(line[max(0, found.start() - 40) : found.start()])
        begins = found.start() - (len(limit[0]) if limit else 0)
        wanted = _wanted_en(line, begins, found.end(), sure=True) if limit else _wished_en(line, begins, found.end())
        moment = _moment_en(found.groupdict(), sent, place) if wanted else None
        whole = any(
            found[name] for name in ("every", "d_every", "eod", "d_eod", "endmonth", "d_endmonth", "short", "d_short")
        )
        if moment and limit and limit["before"] and moment.clock is None and not whole:
            moment = _Moment(
                moment.day - timedelta(days=1)
            )  # before Friday is Thursday; before the end of May is its end
        if moment:
            yield begins, found.end(), moment


def _wanted_en(line: str, start: int, end: int, *, sure: bool) -> bool:
    """Whether the clause around the expression wants something; `sure` where "by" stands before it."""
    before = _CLAUSE_EN.split(line[:start])[-1]
    if _NOT_WANTED_EN.search(before) or (line[start : start + 3].lower() == "due" and _PAYMENT_EN.search(before)):
        return False
    after = _CLAUSE_EN.split(line[end:].lstrip(" ,"))[0]
    if _WANTS_EN.search(before):
        return not re.search(
            r"\b(?:said|told|promised|was|were)\b.{0,30}\b(?:would|will|could)\b", before, re.IGNORECASE
        )
    if _REFUSES_EN.search(before):
        return False
    if _WANTS_EN.search(after) or re.match(r"\s*(?:I|we)(?:\s(?:would|will|am|are)|['’]ll)?\s(?:need|want)", after):
        return True
    if _IMPERATIVE_EN.match(before):
        return True
    return sure and not _REFUSES_EN.search(after) and not re.search(r"\b(?:I|we)\b", before)


def _wished_en(line: str, start: int, end: int) -> bool:
    """Without "by": "I need it tomorrow", "please call me on Friday", "tomorrow, please"; not "the order I placed on Monday"."""
    if re.match(r"['’]s\b", line[end:]):
        return False
    before = _CLAUSE_EN.split(line[:start])[-1][-120:]
    need = _NEEDS_IT_EN.search(before)
    if need:
        return not (_LEADS_ELSEWHERE_EN.search(need["what"]) or _REFUSES_EN.search(need["what"]))
    return bool(_PLEASE_AFTER_EN.match(line[end:])) and not (
        _LEADS_ELSEWHERE_EN.search(before) or _REFUSES_EN.search(before)
    )


def _moment_en(got: dict[str, str | None], sent: _Sent, place: tzinfo) -> _Moment | None:
    direct = {key: value for key, value in got.items() if not key.startswith("d_")}
    turned = {key.removeprefix("d_"): value for key, value in got.items() if key.startswith("d_")}
    named = turned if any(turned.values()) else direct
    mark = next((mark for mark in ("2", "3") if got[f"hour{mark}"] or got[f"hours{mark}"] or got[f"word{mark}"]), "")
    clock = _clock_en(got, mark) if mark else None
    if mark and clock is None:
        return None
    zone = (got[f"zone{mark}"] or "").upper() if mark else ""
    there = _Sent(sent.at.astimezone(ZoneInfo(_ZONES[zone]))) if zone else sent
    if not any(value for key, value in named.items() if not re.search(r"\d$|^eod$|^d_eod$", key)) and not (
        named["month2"] or named["day2"]
    ):
        if clock is None:
            return _Moment(there.day) if got["eod"] else None
        return _Moment(_coming(there.day, clock, there).day, clock, zone)
    day = _day_en(named, there, place)
    if day is None:
        return None
    part = named["partofday"] or named["wpartofday"] or next(
        (word for word in ("morning", "afternoon", "evening", "night") if (named["ahead"] or "").lower().endswith(word)), None
    )  # fmt: skip
    if clock is None and part:
        clock = time(_HOURS[part.lower()])
    if named["weekday"] and not named["which"] and clock and datetime.combine(day, clock, there.at.tzinfo) < there.at:
        day += timedelta(days=7)
    return _Moment(day, clock, zone)


def _clock_en(got: dict[str, str | None], mark: str) -> time | None:
    if got[f"word{mark}"]:
        return time(_HOURS[" ".join((got[f"word{mark}"] or "").lower().split())])
    if got[f"hours{mark}"]:
        return _time(int(got[f"hours{mark}"] or 0), int(got[f"minutes{mark}"] or 0), early=True, late=False)
    half = (got[f"half{mark}"] or "").lower()[:1]
    hour = int(got[f"hour{mark}"] or 0)
    if half == "a" and hour == 12:
        hour = 0
    if half in {"a", "p"} and hour > 12:
        return None
    return _time(hour, int(got[f"minute{mark}"] or 0), early=half == "a", late=half == "p")


def _day_en(got: dict[str, str | None], sent: _Sent, place: tzinfo) -> date | None:
    today = sent.day
    if got["ahead"]:
        words = got["ahead"].lower()
        return today + timedelta(
            days=2 if "after" in words and "tomorrow" in words else int(words in {"tomorrow", "tmrw"})
        )
    if got["weekday"]:
        index = _WEEKDAYS_EN.index(got["weekday"].lower()[:3])
        if (got["which"] or "").lower() == "next" or got["nextweek"]:
            return _monday(today, 1) + timedelta(days=index)
        return today + timedelta(days=(index - today.weekday()) % 7)
    if got["span"] or got["short"] or got["weekend"]:
        return _span_en(got, today)
    if got["endmonth"]:
        first = _in_year(str(_MONTHS_EN.index(got["endmonth"].lower()[:3]) + 1), "1", today, days=31)
        return _part_of_month(first, "") if first else None
    if got["iso"]:
        return _date(int(got["iso"]), got["isomonth"], got["isoday"])
    for name in ("", "2"):
        if month := got[f"month{name}"]:
            number, day, year = str(_MONTHS_EN.index(month.lower()[:3]) + 1), got[f"day{name}"], got[f"year{name}"]
            return _date(int(year), number, day) if year else _in_year(number, day, today)
    if got["a"]:
        # The tenth of May or the fifth of October: by where the mail was read.
        first_is_day = (
            str(place).startswith(("Europe/", "Australia/", "Africa/", "Pacific/Auckland")) or int(got["a"]) > 12
        )
        month, day = (got["b"], got["a"]) if first_is_day else (got["a"], got["b"])
        return _date(int(got["c"]), month, day) if got["c"] else _in_year(month, day, today)
    return _day_of_month(int(got["dom"] or 0), today)


def _span_en(got: dict[str, str | None], today: date) -> date | None:
    if got["weekend"]:
        return _friday(_monday(today, 0), today)
    short = (got["short"] or "").lower()
    span = {"eow": "week", "eom": "month", "eoy": "year"}.get(short) or " ".join(short.split()).removeprefix("end of ")
    span = span or (got["span"] or "").lower()
    following = (got["spanwhich"] or "").lower() in {"next", "coming"}
    ends = bool(got["end"] or got["short"])
    if not ends and not following:
        # "by this week" is said; "by the week" is another thing.
        if (got["spanwhich"] or "").lower() != "this":
            return None
        ends = True
    if span == "week":
        monday = _monday(today, int(following))
        return _friday(monday, today) if ends else monday
    if span == "month":
        first = _first_of_month(today, int(following))
        return _part_of_month(first, "") if ends else first
    if span == "quarter":
        months = 3 - (today.month - 1) % 3 + 3 * following
        return _first_of_month(today, months) - timedelta(days=1) if ends else None
    return date(today.year + int(following), 12, 31) if ends else None


# ---------------------------------------------------------------- calendar


def _after(count: int, unit: str, sent: _Sent) -> _Moment | None:
    """So many days, hours, weeks after the mail was written."""
    if unit in {"時間", "ho", "hr", "h"} or unit in {"分", "mi"}:
        until = sent.at.astimezone(UTC) + (timedelta(minutes=count) if unit in {"分", "mi"} else timedelta(hours=count))
        local = until.astimezone(sent.at.tzinfo)
        return _Moment(local.date(), local.time())
    day = sent.day
    if unit == "営業日" or unit.startswith("business"):
        for _ in range(count):
            day += timedelta(days=1 if day.weekday() < 4 else 7 - day.weekday())
        return _Moment(day)
    if unit.endswith("月") or unit == "mo":
        first = _first_of_month(day, count)
        return _Moment(first.replace(day=min(day.day, _part_of_month(first, "").day)))
    return _Moment(day + timedelta(days=count * (7 if unit in {"週間", "we"} else 1)))


def _monday(today: date, weeks: int) -> date:
    return today + timedelta(days=7 * weeks - today.weekday())


def _friday(monday: date, today: date) -> date:
    """The working week's end; on a weekend the end of that weekend."""
    friday = monday + timedelta(days=4)
    return friday if friday >= today else monday + timedelta(days=6)


def _first_of_month(today: date, months: int) -> date:
    count = today.year * 12 + today.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _date(year: int, month: str | None, day: str | None) -> date | None:
    try:
        return date(year, int(month or 0), int(day or 0))
    except ValueError:
        return None


def _in_year(month: str | None, day: str | None, today: date, days: int = 0) -> date | None:
    """The day in this year, in the next one when it is long past; a day that has just gone is no deadline.

    `days` is how long after it still counts: a month is not over on its second.
    """
    found = _date(today.year, month, day) or _date(today.year + 1, month, day)
    if found and (today - found).days > _LONG_PAST:
        found = _date(today.year + 1, month, day)
    return _upcoming(found, today - timedelta(days=days))


def _upcoming(day: date | None, today: date) -> date | None:
    return day if day and day >= today else None


def _day_of_month(day: int, today: date) -> date | None:
    """The next such day, in this month or a later one that has it."""
    for months in range(3):
        first = _first_of_month(today, months)
        found = _date(first.year, str(first.month), str(day))
        if found and found >= today:
            return found
    return None

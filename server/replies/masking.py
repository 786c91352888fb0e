"""Hides what is personal from a language model and puts it back: names, addresses, numbers, ids, dates.

A hidden value leaves as [[KIND_A]]: ASCII, which models copy unchanged when they translate, a kind that tells them the
grammar around it, and a letter where a digit would make numbers of its own. Except for the running numbers of a list, no
digit at all is sent. Text that already looks like one of these is hidden like a value, so it can neither be mistaken for
one nor steer the way back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from server.domain.workspace import Language

_LEGAL: Final = (
    r"株式会社|合同会社|有限会社|合資会社|合名会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人|医療法人社団|医療法人|学校法人|社会福祉法人"
    r"|特定非営利活動法人|弁護士法人|税理士法人"
)
_SHORT: Final = r"[(\uff08][株有][)\uff09]|㈱|㈲"
_PREFECTURE: Final = (
    "北海道|東京都|京都府|大阪府|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|神奈川県|新潟県|富山県|石川県|福井県"
    "|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県"
    "|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
_MONTHS: Final = (
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
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_YOUBI: Final = "月火水木金土日"
_MONTH: Final = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_WEEKDAY: Final = "|".join(f"{name}|{name[:3]}" for name in _WEEKDAYS)
_KANJI: Final = "〇一二三四五六七八九十百千"

# What people are called besides their names: "様" after these is no name worth hiding, and hiding it costs the model the sense.
_ROLES: Final = (
    "客|皆|各位|同|多|模|仕|有|神|王|奥|何|御|担当者|関係者|取引先|得意先|業者|患者|店長|会員|社長|部長|課長|施設長|所長|院長|両親|家族|本人|先方"
    "|顧問先|生徒|児童|教職員|所有者|荷主|利用者|契約者|入居者|代表者|名|社|組|方|子|女将|先生|他社|職員|学校|企業|法人|個人"
)

_MARK: Final = re.compile(
    r"[\[\uff3b]{1,2}\s*[A-Za-z]+\\?_\s*[A-Za-z]{1,3}\s*[\]\uff3d]{1,2}"  # every shape that `restore` takes for a placeholder
    r"|[\[\uff3b]{2,}|[\]\uff3d]{2,}"
    r"|</?\s*mail_[a-z]*>?",  # the fences of server.replies.polish
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"[\[\uff3b]{1,2}\s*([A-Za-z]+)\\?_\s*([A-Za-z]{1,3})\s*[\]\uff3d]{1,2}")
_SENT: Final = re.compile(r"\[\[[A-Z]+_[A-Z]{1,3}\]\]")

URL: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|www\.)[^\s<>\"'「」『』()()\uff08\uff09、。\uff0c]+|mailto:[^\s<>]+", re.IGNORECASE
)
EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}")
DOMAIN: Final = re.compile(
    r"(?<![A-Za-z0-9.-])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|net|org|info|biz|io|ai|app|dev|xyz|top|shop|site|online|example|jp|uk|us|de|fr|eu|cn|ru|kr|tw)(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
DIGIT: Final = re.compile(r"\d")
KANJI_NUMBER: Final = re.compile(rf"[{_KANJI}万億]+(?=円|年|月|日|時|分|割|個|台|枚|丁目|番地|号)")

_DATE_JA: Final = re.compile(
    rf"(?:(\d{{4}})\s?年\s?)?(?<!\d)(\d{{1,2}})\s?月(?:\s?(\d{{1,2}})\s?日(?:\s?[(\uff08]([{_YOUBI}])(?:曜日?)?[)\uff09])?)?"
)
_DATE_EN: Final = re.compile(
    rf"(?:\b({_WEEKDAY})\.?,?\s)?(?:\b(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({_MONTH})\b|\b({_MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b)(?:,?\s(\d{{4}})\b)?"
)
_TIME_JA: Final = re.compile(r"(午前|午後)?(?<!\d)(\d{1,2})\s?時(?!間)(?:\s?(\d{1,2})\s?分|(半))?")
_TIME_EN: Final = re.compile(r"(?<![\d:.])(\d{1,2})(?::(\d{2}))?\s?([ap])(?:m\b|\.m\.)", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?<![\d:\uff1a])\d{1,2}[:\uff1a]\d{2}(?:[:\uff1a]\d{2})?(?![\d:\uff1a])")
_COUNT: Final = re.compile(r"(?:(?<=[^\d.,])|^)[+-]?(\d[\d,]*(?:\.\d+)?)\s?(千万|百万|万|億)")

_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("URL", URL),
    ("EMAIL", EMAIL),
    ("URL", DOMAIN),
    ("DATE", _DATE_JA),
    ("DATE", _DATE_EN),
    ("DATE", re.compile(r"(?<!\d)\d{4}[-/\uff0f.]\d{1,2}[-/\uff0f.]\d{1,2}(?!\d)")),
    (
        "ADDRESS",
        re.compile(
            r"〒\s?\d{3}[-\u2010\u2212\uff0dー-]?\d{4}"
            rf"|(?:{_PREFECTURE})[^\s\d、。,「」()\uff08\uff09]{{0,12}}?[市区町村郡][^\s\d、。,「」()\uff08\uff09]{{0,12}}"
            r"(?:\d+(?:(?:丁目|番地?|号)|[-\u2010\u2212\uff0dー-](?=\d))*)*(?:\s?[ァ-ヴー一-龥A-Za-z]{1,15}?(?:ビル|マンション|ハイツ|コーポ|タワー|荘))?"
        ),
    ),
    (
        "ADDRESS",
        re.compile(
            r"\b\d{1,5}[A-Za-z]?(?:\s[A-Z][A-Za-z']+){1,4}\s(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Court|Way|Place)\b\.?"
            r"|\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"
        ),
    ),
    ("PHONE", re.compile(r"(?<!\d)\+\d{1,3}[\s-]?\d{1,4}[-\s]\d{1,4}[-\s]\d{3,4}(?!\d)|(?<![\d-])(?:\+\d{1,3}[\s-]?)?(?:\(0?\d{1,4}\)\s?|0\d{1,4}[-\u2010\u2212\uff0dー\s])\d{1,4}[-\u2010\u2212\uff0dー\s]\d{3,4}(?!\d)")),
    ("TIME", _TIME_JA),
    ("TIME", _TIME_EN),
    ("TIME", _CLOCK),
    ("COMPANY", re.compile(rf"(?:{_LEGAL})(?:(?!様|御中|殿|宛)[ァ-ヴー一-龥々A-Za-z&・]){{1,20}}|(?<![A-Za-z0-9])[ァ-ヴー一-龥々A-Za-z&・]{{1,20}}(?:{_LEGAL})")),
    ("NAME", re.compile(rf"(?<![一-龥々])(?!(?:{_ROLES})\s?(?:様|さま|殿))[一-龥々]{{1,4}}(?=\s?(?:様(?![々子式])|さま|殿))")),
    ("NAME", re.compile(r"(?<![ァ-ヴー])[ァ-ヴー]{2,10}(?:・[ァ-ヴー]{2,10})*(?=\s?(?:様|さま|殿|さん))")),
    ("NAME", re.compile(r"(?<=\bMr\.\s)[A-Z][\w'’-]+|(?<=\bMs\.\s)[A-Z][\w'’-]+|(?<=\bMrs\.\s)[A-Z][\w'’-]+|(?<=\bDr\.\s)[A-Z][\w'’-]+")),
    ("NAME", re.compile(r"(?<=\bMr\s)[A-Z][\w'’-]+|(?<=\bMs\s)[A-Z][\w'’-]+|(?<=\bMrs\s)[A-Z][\w'’-]+|(?<=\bDr\s)[A-Z][\w'’-]+")),
    ("NUMBER", _COUNT),
    ("NUMBER", re.compile(r"(?<!\d)\d{1,9}(?=-[a-z]{3,}\b)")),  # 14-day
    ("CODE", re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9_/#-]{0,80}\d)(?=[\d#_/-]{0,80}[A-Za-z])[A-Za-z0-9#]+(?:[-_/][A-Za-z0-9]+)*")),
    ("NUMBER", re.compile(r"\d(?:[\d,.\uff0c\uff0e]*\d)?(?:[-\u2010\u2212\uff0dー-]\d+)*")),
    ("NUMBER", KANJI_NUMBER),
)  # fmt: skip  # one kind a line is easier to judge
_ADDRESSES: Final = 3  # so many of them are of the network
_LIST: Final = re.compile(r"^[ \t\u3000]*(\d{1,2})[.)\uff09\uff0e、][ \t\u3000]?(?=\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """Names to hide wherever they stand: of people and companies as the records have them, and any other words.

    A one-letter name (林, 東) is hidden only where it is the whole name of somebody: before 様, さん and the like.
    `elsewhere` says how a name is written in the other language's script ("佐藤": "Sato"), for translations.
    """

    people: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict[str, str])


_NOBODY: Final = Known()


@dataclass(frozen=True, slots=True)
class Hidden:
    """One hidden value, and how a translation writes it where that is known."""

    kind: str
    value: str
    translated: str = ""


@dataclass(frozen=True, slots=True)
class Masked:
    """Text as it may be sent. `table` leads back; `required` must all be in the answer."""

    text: str
    table: Mapping[str, Hidden] = field(default_factory=dict[str, Hidden])
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer cannot be trusted: placeholders that it lost, and what it says that nobody told it. Never logged."""

    lost: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()


def mask(text: str, known: Known = _NOBODY, *, after: Masked | None = None) -> Masked:
    """Hide everything personal. With `after`, values go on from that one's table, and only its values are required."""
    names = _names(_with_met(known, text))
    numbering = _numbering(text)
    tokens = {hidden: token for token, hidden in after.table.items()} if after else {}
    parts: list[str] = []
    end = 0
    for start, stop, kind in _found(text, names, numbering):
        hidden = Hidden(kind, text[start:stop], known.elsewhere.get(text[start:stop], ""))
        if hidden not in tokens:
            tokens[hidden] = f"[[{kind}_{_letters(sum(other.kind == kind for other in tokens))}]]"
        parts += (text[end:start], tokens[hidden])
        end = stop
    sent = "".join((*parts, text[end:]))
    table = {token: hidden for hidden, token in tokens.items()}
    return Masked(sent, table, after.required if after else frozenset(table))


def restore(masked: Masked, answer: str, *, language: Language | None = None) -> str | Rejected:
    """Put the values back. `language` is given for a translation: dates, times and amounts are then written its way.

    Rejects an answer that lost a value or says a number, an address or a placeholder that was not in what was sent.
    """
    seen: set[str] = set()
    unknown: list[str] = []
    parts: list[str] = []
    bare: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(answer):
        token = f"[[{match[1].upper()}_{match[2].upper()}]]"
        hidden = masked.table.get(token)
        start, stop = _tight(match, token)
        if hidden is None:
            unknown.append(match[0])
        else:
            seen.add(token)
            parts += (answer[end:start], _written(hidden, language) if language else hidden.value)
        bare += (answer[end:start], "\0")
        end = stop
    rest = "".join((*bare, answer[end:]))
    lost = tuple(sorted(token for token in masked.required - seen if not _said_otherwise(masked.table, token, seen)))
    invented = tuple(dict.fromkeys((*unknown, *_invented(rest, _SENT.sub("\0", masked.text)))))
    if lost or invented:
        return Rejected(lost, invented)
    return "".join((*parts, answer[end:]))


def _said_otherwise(table: Mapping[str, Hidden], token: str, seen: Iterable[str]) -> bool:
    """A name is not lost where a longer form of it stands: 佐藤 in 佐藤 健一, the company in its full name."""
    hidden = table[token]
    return hidden.kind in {"NAME", "COMPANY"} and any(
        table[other].kind == hidden.kind and hidden.value in table[other].value for other in seen
    )


def _tight(match: re.Match[str], token: str) -> tuple[int, int]:
    """The placeholder itself, without a bracket of the text's own that stands right before or after it."""
    inside = match[0].upper().find(token)
    return (match.start() + inside, match.start() + inside + len(token)) if inside >= 0 else match.span()


def _found(text: str, names: re.Pattern[str] | None, numbering: frozenset[int]) -> Iterator[tuple[int, int, str]]:
    """What is hidden, in the order of the text. An earlier pattern wins what a later one would also take."""
    taken = bytearray(len(text))
    found: list[tuple[int, int, str]] = []

    def take(start: int, stop: int, kind: str) -> None:
        if start < stop and not any(taken[start:stop]):
            taken[start:stop] = b"\1" * (stop - start)
            found.append((start, stop, kind))

    for kind, pattern in _PATTERNS[:_ADDRESSES]:  # first: a name inside one is hidden with it
        for match in pattern.finditer(text):
            for start, stop in list(_free(taken, *match.span())):
                take(start, stop, kind)
    for match in _MARK.finditer(text):
        for start, stop in list(_free(taken, *match.span())):
            take(start, stop, "MARK")
    for start in numbering:  # kept as they are
        digits = _LIST.match(text, start)
        if digits:
            taken[digits.start(1) : digits.end(1)] = b"\1" * (digits.end(1) - digits.start(1))
    if names is not None:
        for match in names.finditer(text):
            for start, stop in list(_free(taken, *match.span())):
                take(start, stop, match.lastgroup or "WORD")
    for kind, pattern in _PATTERNS[_ADDRESSES:]:
        for match in pattern.finditer(text):
            take(*match.span(), kind)
    for match in re.finditer(r"\d+", text):  # what a taken neighbour kept from its pattern
        for start, stop in _free(taken, *match.span()):
            take(start, stop, "NUMBER")
    return iter(sorted(found))


def _free(taken: bytearray, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The parts of start..stop that nothing has taken."""
    for run in re.finditer(rb"\0+", taken[start:stop]):
        yield start + run.start(), start + run.end()


def _with_met(known: Known, text: str) -> Known:
    """The known names and those that the text shows to be names: hidden where they stand alone, too."""
    met: dict[str, set[str]] = {"NAME": set(), "COMPANY": set()}
    for kind, pattern in _PATTERNS:
        if kind in met:
            met[kind] |= {match[0] for match in pattern.finditer(text) if len(match[0]) > 1}
    return replace(
        known, people=(*known.people, *sorted(met["NAME"])), companies=(*known.companies, *sorted(met["COMPANY"]))
    )


def _names(known: Known) -> re.Pattern[str] | None:
    groups = {
        "NAME": _called(known.people),
        "COMPANY": {form for name in known.companies for form in _forms(name)},
        "WORD": {word.strip() for word in known.words if word.strip()},
    }
    branches = [
        f"(?P<{kind}>{'|'.join(_branch(word) for word in sorted(words, key=len, reverse=True))})"
        for kind, words in groups.items()
        if words
    ]
    return re.compile("|".join(branches)) if branches else None


def _called(people: Iterable[str]) -> set[str]:
    """How somebody is called: the whole name with and without its space, and each part of it."""
    called: set[str] = set()
    for name in people:
        parts = [part for part in re.split(r"[\s・]+", name.strip()) if part]
        called |= {name.strip(), "".join(parts), " ".join(parts), "\u3000".join(parts), *parts}
    return {word for word in called if word and not (len(word) == 1 and word.isascii())}


def _forms(company: str) -> set[str]:
    """A company's whole name and the name without its legal form."""
    bare = re.sub(rf"^\s*(?:{_LEGAL}|{_SHORT})\s*|\s*(?:{_LEGAL}|{_SHORT})\s*$", "", company)
    bare = re.sub(r",?\s+(?:Co\.,?\s+)?(?:Ltd|Inc|LLC|LLP|GmbH|Corp|plc|S\.A|AB|AS|A/S|KG)\.?$", "", bare)
    return {form for form in (company.strip(), bare.strip()) if len(form) > 1}


def _branch(word: str) -> str:
    pattern = re.escape(word)
    if word.isascii():  # Latin names end where the word ends; Japanese has no such ends
        return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    if len(word) == 1:
        return rf"(?<![一-龥々]){pattern}(?=\s?(?:様|さま|さん|殿|氏|先生)|\s*$)"
    return pattern


def _numbering(text: str) -> frozenset[int]:
    """Where a line begins with the running number of a list of two points or more: 1, 2, 3 and so on."""
    starts: list[int] = []
    run: list[int] = []
    for match in _LIST.finditer(text):
        number = int(match[1])
        if run and number == len(run) + 1:
            run.append(match.start())
        else:
            starts += run if len(run) > 1 else []
            run = [match.start()] if number == 1 else []
    return frozenset(starts + (run if len(run) > 1 else []))


def _invented(answer: str, sent: str) -> Iterator[str]:
    """Numbers, addresses and look-alikes of placeholders in the answer that the sent text does not have."""
    numbering = _numbering(answer)
    plain = _LIST.sub(lambda match: "" if match.start() in numbering else match[0], answer)
    yield from (match[0] for match in re.finditer(r"[\[\uff3b]{2,}|[\]\uff3d]{2,}|\d+", plain))
    for pattern in (URL, EMAIL, DOMAIN, KANJI_NUMBER):
        there = {match[0].lower() for match in pattern.finditer(sent)}
        yield from (match[0] for match in pattern.finditer(plain) if match[0].lower() not in there)


def _letters(number: int) -> str:
    """A to Z, AA to ZZ and so on."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _written(hidden: Hidden, language: Language) -> str:
    """The value as the language writes it; unchanged where it knows no other way."""
    if hidden.translated:
        return hidden.translated
    value = hidden.value
    if hidden.kind == "DATE" and language == "en" and (date := _DATE_JA.fullmatch(value)):
        year, month, day, weekday = date.groups()
        if 1 <= int(month) <= 12:
            written = _MONTHS[int(month) - 1] + (f" {int(day)}" if day else "")
            written += ("," if day else "") + f" {int(year)}" if year else ""
            return f"{_WEEKDAYS[_YOUBI.index(weekday)]}, {written}" if weekday else written
    if hidden.kind == "DATE" and language == "ja" and (date := _DATE_EN.fullmatch(value)):
        weekday, day, month, month2, day2, year = date.groups()
        number = [name[:3] for name in _MONTHS].index((month or month2)[:3]) + 1
        written = (f"{int(year)}年" if year else "") + f"{number}月{int(day or day2)}日"
        return f"{written}({_YOUBI[[name[:3] for name in _WEEKDAYS].index(weekday[:3])]})" if weekday else written
    if hidden.kind == "TIME" and language == "en" and (time := _TIME_JA.fullmatch(value)):
        half, hour, minute, thirty = time.groups()
        clock = f"{int(hour)}:{'30' if thirty else f'{int(minute or 0):02}'}"
        return clock + {"午前": " am", "午後": " pm", None: ""}[half]
    if hidden.kind == "TIME" and language == "ja" and (time := _TIME_EN.fullmatch(value)):
        hour, minute, half = time.groups()
        return f"{'午前' if half.lower() == 'a' else '午後'}{int(hour)}時" + (f"{int(minute)}分" if minute else "")
    if hidden.kind == "NUMBER" and language == "en" and (count := _COUNT.fullmatch(value)):
        times = {"千万": 10**7, "百万": 10**6, "万": 10**4, "億": 10**8}[count[2]]
        whole, _, part = count[1].replace(",", "").partition(".")
        if len(part) <= 4:
            return f"{int(whole + part) * times // 10 ** len(part):,}"
    return value

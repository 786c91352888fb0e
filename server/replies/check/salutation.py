"""The first lines of a draft: whom they speak to, with which title. All rules about names stand on this reading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.domain.names import COMPANY_FORM, Name, plain, script_of

LINES = 6
"""Non-empty lines in which a salutation is looked for."""

_COMPANY = re.compile(COMPANY_FORM)
_SPOKEN_TO = re.compile(
    r"^\s*(?P<who>[^\s。、,!?\n様][^。、,!?\n様]{0,38}?)\s*(?P<title>様{1,3}|さま|さん|殿|先生|御中|各位(?:様|殿)?)(?P<after>様|さん|殿)?(?=[\s、,。:!)]|$)"
)
_AND = re.compile(r"\s*(?:、|,|と|および|\s)\s*")
_TWO = re.compile(r"(?P<who>[^\s、,。様]{1,20}(?:\s[^\s、,。様]{1,10})?)\s*(?P<title>様)")
# Family names that end like a department.
_FAMILY_NAMES = """
阿部 安部 渡部 服部 磯部 岡部 矢部 長谷部 綾部 日下部 刑部 軽部 田部 卜部 園部 曽我部 長曽我部 物部 辺部 忌部 海部 宇部 織部 加部 川部 神部 木部 久部 草部 古部 小部
財部 坂部 須部 玉部 土部 戸部 鳥部 中部 丹部 羽部 浜部 浅部 古田部 前部 南部 真部 三部 宮部 武部 山部 湯部 吉部 若部 遠部 河部 黒部 五百部 建部 長部 可部 仁科 氷室 小室 大室 三室 室 飯室
"""
_FAMILIES = frozenset(_FAMILY_NAMES.split())
_ORGANISATION = re.compile(
    r"(?:部|課|室|係|局|科|班|チーム|グループ|センター|店|支店|支社|本部|本社|事業部|営業所|事務所|事務局|大学|病院|学校|銀行|組合|協会|法人|商事|商会|商店|工業|産業|製作所|"
    r"建設|物産|電機|電気|システム|サービス|サポート|ショップ|ストア|クリニック|医院|薬局|工房|研究所|財団|ホールディングス|デザイン|製菓|食品|運輸|物流|不動産|印刷|出版|書店|旅館|ホテル|歯科|医科|内科|眼科|農園|農場|牧場|酒造|酒店|食堂|飯店|市役所|区役所|役場|県庁|保育園|幼稚園|学園|連合|連盟|機構|公社|倉庫|水産|化学|製薬|鉄工|電工|電力|交通|観光|自動車|貿易|興業|工務店|住宅|ハウス|設計|企画|広告|新聞|放送|通信|ソフト|ソフトウエア|ソフトウェア|カフェ|ベーカリー|サロン|美容室|スタジオ)$"
)
_OFFICE = re.compile(
    r"(?:代表取締役|取締役|執行役員|本部長|事業部長|部長|次長|課長|係長|室長|店長|所長|院長|校長|理事長|理事|社長|副社長|会長|専務|常務|主任|主査|"
    r"リーダー|マネージャー|マネジャー|チーフ|ディレクター|顧問|教授|准教授|CEO|CTO|COO|ご?担当)+"
)
_OFFICE_BEHIND = re.compile(rf"{_OFFICE.pattern}$")
_GLUED = re.compile(
    r"\S{1,20}(?:部長|課長|係長|店長|社長|主任|担当|部(?!長)|課(?!長)|室(?!長)|係(?!長)|支店(?!長)|チーム|グループ|センター)(?=\S)"
)
_NOT_A_PERSON = re.compile(
    r"客|担当|^皆$|^皆々|夫妻|家族|遺族|施主|患者|本人|親御|組合員|株主|受講|生徒|学生|スタッフ|メンバー|パートナー|住職|幹事|発注者|注文者|受取人|荷主|店舗|代理|販売|加盟|読者|入居|住民|市民|^みな$|みなさ|各位|会員|オーナー|保護者|関係者|ユーザー|利用者|契約者|購入者|申込者|管理者|責任者|取引先|^両$|両親|^奥$|御一同|一同|ご家族|先方|他社|貴社|御社|窓口|名義"
)
_NOT_THE_TITLE = frozenset("仕同模多異王神有各一生逆左右唐")  # 仕様、同様、模様、多様、異様、一様
_DECORATION = re.compile(r"^[\s■◆●○・>*]+")


@dataclass(frozen=True, slots=True)
class SpokenTo:
    """One name of a salutation. `name_start` to `name_end` is the person's name alone, `end` where the title ends."""

    start: int
    end: int
    who: str
    title: str
    title_start: int
    name: str  # without company, department and office; "" where only those stand there
    name_start: int
    name_end: int
    is_person: bool


def first_lines(text: str) -> list[tuple[int, str]]:
    """The first non-empty lines with where they begin."""
    out: list[tuple[int, str]] = []
    at = 0
    while len(out) < LINES and at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at:end].strip():
            out.append((at, text[at : min(end, at + 200)]))
        at = end + 1
    return out


def spoken_to(text: str, companies: tuple[str, ...]) -> tuple[SpokenTo, ...]:
    """Who is addressed in the first lines, in Japanese forms; `companies` as `cores` gives them."""
    out: list[SpokenTo] = []
    for start, line in first_lines(text):
        at = 0
        while found := (_SPOKEN_TO if not at else _TWO).match(line[:120], at):
            who = found["who"]
            if found["title"][0] == "様" and who[-1] in _NOT_THE_TITLE and found.end("who") == found.start("title"):
                break
            lead = _DECORATION.match(who)
            begins = start + found.start("who") + (lead.end() if lead else 0)
            out.append(
                _read(
                    text, begins, start + found.end("who"), start + found.start("title"), start + found.end(), companies
                )
            )
            separator = _AND.match(line, found.end())
            if not separator or separator.end() >= len(line):
                break
            at = separator.end()
        if "。" in line:
            break
    return tuple(out)


def _read(text: str, start: int, end: int, title: int, last: int, companies: tuple[str, ...]) -> SpokenTo:
    who = text[start:end]
    tokens = [(start + found.start(), found[0]) for found in re.finditer(r"\S+", who)]
    kept = list(tokens)
    for at, token in tokens:
        office = _OFFICE.match(token)
        company = next((core for core in companies if core in plain(token)), "")
        if (
            _COMPANY.search(token)
            or (company and len(token) - len(company) < 2)
            or is_organisation(token)
            or (office and office.end() == len(token))
        ):
            kept.remove((at, token))
    name_start, name_end = (kept[0][0], kept[-1][0] + len(kept[-1][1])) if kept else (end, end)
    # What is glued to the name: 営業部佐藤, 営業部長佐藤, 佐藤部長.
    name = text[name_start:name_end]
    if (office := _OFFICE_BEHIND.search(name)) and office.start():
        name_end -= len(office[0])
    glued = _GLUED.match(text[name_start:name_end])
    if glued and glued[0] not in _FAMILIES:
        name_start += glued.end()
    name = text[name_start:name_end].strip()
    joined = name.replace(" ", "")
    is_person = (
        bool(joined)
        and not text.startswith(("御中", "各位"), title)
        and len(joined) <= 16
        and not _NOT_A_PERSON.search(kept[-1][1])
        and bool(script_of(joined))
        and not re.search(r"[0-9○●◯□■△▲×☆★_@/{}<>%$\[\]〔〕【】]|^[XxA]{2,}$", joined)
    )
    return SpokenTo(start, last, who, text[title:last], title, name, name_start, name_end, is_person)


def is_organisation(token: str) -> bool:
    """Whether a word of a salutation is a company's or a department's, as far as its ending tells."""
    return bool(_ORGANISATION.search(token)) and token not in _FAMILIES


_DESK = re.compile(
    r"\b(?:team|support|sales|info|office|department|dept|company|store|shop|service|services|accounting|billing|admin|group|desk|inc|ltd|llc|corp|gmbh|limited)\b|[@0-9]",
    re.IGNORECASE,
)


def is_person(name: str) -> bool:
    """Whether a record's or display name is a person's."""
    return not (
        _COMPANY.search(name)
        or _DESK.search(name)
        or any(is_organisation(token) for token in name.split())
        or _NOT_A_PERSON.search(name)
    )


def fits(name: str, known: Name) -> bool:
    """Whether the name of a salutation is this person's, variants of kanji taken for equal."""
    tokens = [plain(token) for token in name.split()]
    joined = "".join(tokens)
    full = plain(known.joined)
    parts = [plain(part) for part in known.parts]
    if full in joined or any(part in tokens for part in parts) or joined in parts:
        return True
    # 佐藤花子 without its space may be 佐藤.
    return (
        len(parts) == 1 and bool(joined) and (full.startswith(joined) or (full.endswith(joined) and len(joined) >= 2))
    )


def is_exact(name: str, known: Name) -> bool:
    """Whether it is also written as the record writes it."""
    if known.script == "latin":  # TANAKA is Tanaka, and either name may stand first
        return {*name.casefold().split()} <= {part.casefold() for part in known.parts}
    tokens = name.split()
    joined = "".join(tokens)
    if known.joined in joined or (len(tokens) == 1 and joined in known.parts):
        return True
    if len(known.parts) == 1:
        return known.joined.startswith(joined) or known.joined.endswith(joined)
    other_given = len(tokens) == 2 and tokens[0] == known.family and script_of(tokens[1]) == script_of(known.parts[1])
    return known.family in tokens and not other_given


def comparable(name: str, names: tuple[Name, ...]) -> tuple[Name, ...]:
    """The names in the same script: 佐藤 cannot be held against Hanako Sato."""
    script = script_of(name.replace(" ", ""))
    return tuple(known for known in names if script and known.script == script)

"""What must not leave the house: gaps of a template, internal notes, words the workspace has banned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule
from server.replies.filling import VARIABLES, placeholder

_PERSON_NAME = (
    r"(?:customer|client|agent|first|last|full|recipient|sender|contact|company|your)(?:'?s)?[ _-]?(?:full[ _-]?)?name"
)
_MARKS = re.compile(
    r"〔(?!(?:注意|補注|重要|必須|任意|参考|補足|例|新|旧|備考|税込|税抜|終日|または|\d)[^〕]{0,6}〕)[^〔〕\n]{1,40}〕"
    r"|\{\{[^{}\n]{0,60}\}{0,2}|\{%[^{}\n]{0,60}%\}|<<[A-Za-z_ぁ-んァ-ヶ一-\u9fff ]{2,30}>>"
    rf"|\{{(?:{_PERSON_NAME}|name|customer[\w.]*|company[\w.]*|agent[\w.]*|order_?\w*|sender\w*|team|role|product\w*|[ぁ-んァ-ヶー一-\u9fff_]{{1,20}})\}}"
    rf"|%(?:{_PERSON_NAME}|name|お?名前|氏名|会社名)%|\$\{{(?:{_PERSON_NAME}|name|company|date|order\w*)\}}"
    r"|(?<=dear )<[\w ]{2,20}>|(?<=hi )<[\w ]{2,20}>|(?<=hello )<[\w ]{2,20}>|\blorem ipsum\b"
    rf"|<(?:{_PERSON_NAME}|insert [^>\n]{{1,40}}|お客様(?:の)?(?:お?名前|氏名|名)|お名前|ご?氏名|会社名|担当者名)>"
    r"|[\[【](?:ここに[^\]】\n]{0,20}(?:入力|記入|記載|入れる|挿入)|要修正|要差し?替え)[^\]】\n]{0,12}[\]】]",
    re.IGNORECASE,
)
_OWN_GAPS = re.compile(
    "|".join(re.escape(placeholder(variable, language)) for variable in VARIABLES for language in ("ja", "en"))
)
_BRACKETS = re.compile(
    r"\[(?:(?:your|customer(?:'?s)?|agent|first|last|full|company|recipient(?:'?s)?|client|user|product|order|ticket|sender|staff|support|team|contact|item|plan|tracking|invoice)?[ _-]?(?:full[ _-]?)?(?:name|number|(?<=[ _-])no\.?|date|company|title|role|position|address|amount|link|url|time|id|code|email|phone)(?: here)?|insert[^\]\n]{0,40}|customer|team|xxx+|fill in[^\]\n]{0,30}|benefit code|promise time|promised time)\]"
    r"|[\[【](?:お客様(?:の)?(?:お?名前|氏名|名|会社名)|お?名前|ご?氏名|(?:貴)?会社名|(?:ご)?担当者?名|担当者|日付|日時|商品名|製品名|注文番号|金額|部署名|宛名|顧客名|自分の名前|差出人名)[\]】]",
    re.IGNORECASE,
)
"""[Name] is a gap, and also how a button or a column is written: what stands around it decides."""
_OF_A_SCREEN = re.compile(
    r"^(?:\(| ?(?:欄|列|項目|ボタン|タブ|画面|メニュー|キー|セル|を(?:クリック|選|押|開|タップ|入力|設定)|に(?:入力|記入)|から|→|>|»)| (?:field|column|tab|button|box|menu|page|section|screen|cell|header|option|setting|tag|key)s?\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?: ?: ?| ?(?=[^\x00-\x7f]))[^\s様さ殿のをにがはへでとよか、。,.]")
"""【お名前】佐藤花子, at the beginning of a line: it names what follows."""
_TITLE = re.compile(r" ?(?:様|さん|さま|殿)")
_TO_A_SCREEN = re.compile(r"(?:→|>|»|\b(?:click|select|press|choose|open|under|tap|see|the|in)) ?$", re.IGNORECASE)
# ○ is a zero among kanji digits (二○二五年) and a mark in tables; two to four of them stand for a word not filled in.
_CIRCLES = re.compile(
    r"(?<![○一二三四五六七八九十百千\d])○{2,4}(?![○一二三四五六七八九十百千\d年])|(?<![○一二三四五六七八九十\d])○(?=[月日時円](?![○×]))"
)
_FILLED_CIRCLES = re.compile(
    r"(?:(?<![●])●{2,4}(?![●])|△{2,3}|▲{2,3}|□{2,3}|■{2,3}|☆{2,3}|×{2,3}|_{2,})(?= ?(?:様|さん|殿|株式会社|円|日|月|年|時|番|個|社|の|商事|製品|プラン))"
    r"|(?<=株式会社)(?:●{2,4}|△{2,3}|□{2,3}|×{2,3})"
    r"|[●△▲□■☆](?=月[●△▲□■☆\d]{1,2}日)|(?<=[●△▲□■☆\d]月)[●△▲□■☆](?=日)"
)
_XX = re.compile(
    r"(?<![A-Za-z0-9-])[Xx]{2,4}(?= ?(?:様|さん|殿|月|日|円|時|年|株式会社|番|個|社|商事))|(?<=株式会社)[Xx]{2,4}|(?<![A-Za-z0-9])YYYY(?=年)(?!年MM月DD日(?:の|形|で))|\b(?:FIRST_?NAME|LAST_?NAME|CUSTOMER_?NAME|FULL_?NAME|FNAME|LNAME)\b|\bTODO ?:|\bDear (?:Customer Name|NAME|XX+)\b|(?<![\w-])\$?X{3,}(?![\w-])"
)
_EXAMPLE = re.compile(r"例えば|たとえば|例[::)]|のような|といった|e\.g\.|for example", re.IGNORECASE)


def _gaps(text: str, where: Literal["subject", "body"], page: Page) -> Iterator[Hit]:
    patterns = []
    if any(mark in text for mark in "〔{[<%$【") or "ipsum" in text:
        patterns.append(_MARKS)
    if "[" in text or "【" in text or "〔" in text:
        patterns += [_OWN_GAPS, _BRACKETS]
    if "○" in text:
        patterns.append(_CIRCLES)
    if any(mark in text for mark in "●△▲□■☆×_"):
        patterns.append(_FILLED_CIRCLES)
    if "X" in text or "xx" in text or "MM" in text or "Name" in text or "NAME" in text or "TODO" in text:
        patterns.append(_XX)
    told: set[int] = set()
    for pattern in patterns:
        for found in pattern.finditer(text):
            if found.start() in told:
                continue
            near = text[max(0, found.start() - 12) : found.start()]
            after = text[found.end() : found.end() + 12]
            if (pattern is _BRACKETS or found[0][0] == "<") and (
                _OF_A_SCREEN.match(after)
                or _TO_A_SCREEN.search(near)
                or (near.strip(" ・■●-")[-1:] in {"", "\n"} and _LABEL.match(after) and not _TITLE.match(after))
            ):
                continue
            if found[0][0] == "{" and found[0][1] != "{" and (near[-1:] in {"/", "=", "-", "."} or after[:1] == "/"):
                continue  # part of an address
            if where == "body" and pattern not in {_MARKS, _OWN_GAPS}:
                followed = text[found.end() : found.end() + 2].strip()[:1] == "様"
                if not followed and (page.quoted(found.start()) or _EXAMPLE.search(near)):
                    continue
            told.add(found.start())
            yield Hit(
                found.start(),
                found.end(),
                _filled(found[0], text[found.end() : found.end() + 4], page),
                {"word": found[0]},
                where,
            )


def _filled(gap: str, after: str, page: Page) -> str | None:
    """What belongs into the gap, where the draft's own facts tell it."""
    inside = gap.strip("〔〕[]{}<>【】% ").casefold()
    customer = next((name.full for name in page.customers if (name.script == "latin") == (page.language == "en")), None)
    if after.strip()[:1] == "様":
        return customer
    if re.search(r"\bour\b|当社|自社|弊社", inside):
        return page.draft.our_company or None
    if re.fullmatch(
        r"(?:agent|your|sender|staff)?(?:'?s)?[ _-]?(?:full[ _-]?)?name|(?:ご)?担当者?名?|自分の名前|差出人名", inside
    ) and not inside.startswith("name"):
        return page.draft.agent_name or None
    if re.search(r"company|会社", inside):
        return next(iter(page.draft.company_names), None)
    if re.fullmatch(
        r"(?:お?客様(?:の)?)?(?:お?名前|氏名|名)|(?:customer|full|recipient|client)?[ _-]?name|宛名|顧客名|お客様氏名",
        inside,
    ):
        return customer and (
            customer
            if page.language == "en"
            else f"{customer} 様"
            if after[:1] != "様" and inside.startswith("お客様氏名")
            else customer
        )
    return None


def _left_over(page: Page) -> Iterator[Hit]:
    yield from _gaps(page.text, "body", page)
    yield from _gaps(page.subject.text, "subject", page)


_INTERNAL = re.compile(
    r"クレーマー(?:気質|なので|のため|です)|要注意(?:の)?(?:お客様|顧客)|\((?:社内用|社内メモ|社内限り?)\)|【(?:社内|部内|内部)(?:用|限|限り|限定|メモ|のみ|共有|向け)?】|(?:社内|内部)(?:用)?メモ ?[::]|※ ?(?:社内|部内)(?:用|限|限り|のみ|共有|メモ) ?[::]"
    r"|(?<!の)お客様には(?:まだ)?(?:お?伝え|言わ|知らせ|見せ|話さ)ない(?:で|こと)|\[internal[^\]\n]{0,20}\]|\binternal (?:note|memo) ?:|\bdo not (?:tell|share (?:this )?with|forward (?:this )?to) the customer\b",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^。.!?！？\n]{8,300}")
_NOT_WORDS = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|[\d#A-Z][\w#/:-]{3,}")
_KANA = re.compile(r"[ぁ-ん]")


def _is_telling(piece: str) -> bool:
    """Whether a piece of a note is a sentence nobody writes twice by chance; not a number, a link or a name."""
    words = _NOT_WORDS.sub(" ", piece)
    if _KANA.search(words):
        return len(words.replace(" ", "")) >= 12 and len(_KANA.findall(words)) >= 4
    return len(words.split()) >= 6


def _notes(page: Page) -> Iterator[Hit]:
    """A sentence of an internal note in the reply, or the mark of one."""
    text = page.text
    if any(
        word in page.low
        for word in ("クレーマー", "要注意", "社内", "内部", "部内", "internal", "お客様には", "the customer")
    ):
        for found in _INTERNAL.finditer(text):
            start, end = page.line_at(found.start())
            yield Hit(start, end, "", {"word": text[start:end].strip()})
    if not page.draft.notes:
        return
    flat = "".join(page.low.split())
    for note in page.draft.notes[:50]:
        for found in _PIECE.finditer(unicodedata.normalize("NFKC", note[:4_000])):
            piece = "".join(found[0].split()).casefold()
            if piece in flat and _is_telling(found[0]):
                places = [at for at, letter in enumerate(text) if not letter.isspace()]
                at = flat.index(piece)
                start, end = places[at], places[at + len(piece) - 1] + 1
                end += text[end : end + 1] in {"。", ".", "!", "?"}
                if not page.quoted(start):
                    yield Hit(start, end, "", {"word": text[start:end]})


def _words(texts: Sequence[str], text: str) -> Iterator[tuple[int, int, str]]:
    """Where the words of a list stand: Latin ones as whole words, in any case and width."""
    low = text.lower() if len(text.lower()) == len(text) else text
    for word in texts:
        wanted = unicodedata.normalize("NFKC", word).lower().strip()
        if not wanted:
            continue
        at = low.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            inside = (
                wanted[0].isascii() and wanted[0].isalnum() and at and low[at - 1].isascii() and low[at - 1].isalnum()
            ) or (
                wanted[-1].isascii()
                and wanted[-1].isalnum()
                and end < len(low)
                and low[end].isascii()
                and low[end].isalnum()
            )
            if not inside:
                yield at, end, word
            at = low.find(wanted, end)


def _banned(page: Page) -> Iterator[Hit]:
    voice = page.policy.voice
    for start, end, word in _words(page.policy.banned, page.text):
        yield Hit(start, end, voice.get(word), {"word": page.text[start:end]})
    for start, end, word in _words(page.policy.banned, page.subject.text):
        yield Hit(start, end, voice.get(word), {"word": page.subject.text[start:end]}, "subject")


def _forbidden(page: Page) -> Iterator[Hit]:
    for start, end, _ in _words(page.policy.forbidden_promises, page.text):
        yield Hit(start, end, None, {"word": page.text[start:end]})


def _voice(page: Page) -> Iterator[Hit]:
    """The team's own word for a thing; not where it already stands (ユーザー inside ユーザー様)."""
    banned = {word.casefold() for word in page.policy.banned}
    for word, instead in page.policy.voice.items():
        if word.casefold() in banned or not word:
            continue
        before = instead.lower().find(word.lower())
        for start, end, _ in _words((word,), page.text):
            there = start - before
            if before >= 0 and page.text[max(0, there) : there + len(instead)].lower() == instead.lower():
                continue
            yield Hit(start, end, instead, {"word": page.text[start:end], "instead": instead})


_NUMBERED = re.compile(r"[①-⑳⑴-⒇㉑-㊿]|[Ⅰ-Ⅻⅰ-ⅻ]|[㈱㈲㈹㈳㈶㊑㊤㊥㊦㊧㊨㍻㍼㍽㍾㋿№℡㏍]|[㌀-㍗㎀-㏟]")
_HALF_KANA = re.compile(r"[\uff61-\uff9f]+")
_PLAIN_FORMS = {
    "㈱": "株式会社",
    "㈲": "有限会社",
    "㈹": "代表",
    "℡": "TEL",
    "№": "No.",
    "㏍": "株式会社",
    "㊤": "上",
    "㊥": "中",
    "㊦": "下",
}


def _machine(page: Page) -> Iterator[Hit]:
    """Characters that turn into others, or into nothing, in older mail programs."""
    read: tuple[tuple[Literal["subject", "body"], str], ...] = (("body", page.text), ("subject", page.subject.text))
    for where, text in read:
        for found in _NUMBERED.finditer(text):
            letter = found[0]
            instead = _PLAIN_FORMS.get(letter) or unicodedata.normalize("NFKC", letter)
            if letter in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳":
                instead = f"({instead})"
            yield Hit(found.start(), found.end(), instead, {"word": letter, "instead": instead}, where)


def _half_width_kana(page: Page) -> Iterator[Hit]:
    """Half-width kana, in positions of the text as it was given: the folded text has none left."""
    given: tuple[tuple[Literal["subject", "body"], str], ...] = (
        ("body", page.whole.given), ("subject", page.subject.given),
    )  # fmt: skip
    for where, text in given:
        for found in _HALF_KANA.finditer(text):
            instead = unicodedata.normalize("NFKC", found[0])
            if len(found[0]) > 1 or found[0] not in "\uff61\uff62\uff63\uff64\uff65":
                yield Hit(
                    found.start(), found.end(), instead, {"word": found[0], "instead": instead}, where, as_given=True
                )


_BOTH = ("ja", "en")
RULES = (
    Rule("left-over-variable", Severity.ERROR, _BOTH, "leftovers", 16, _left_over),
    Rule("internal-note", Severity.ERROR, _BOTH, "leftovers", 18, _notes),
    Rule("banned-word", Severity.ERROR, _BOTH, "workspace", 20, _banned),
    Rule("forbidden-promise", Severity.ERROR, _BOTH, "workspace", 22, _forbidden),
    Rule("team-voice", Severity.HINT, _BOTH, "workspace", 150, _voice),
    Rule("machine-dependent", Severity.HINT, ("ja",), "writing", 182, _machine),
    Rule("half-width-kana", Severity.HINT, ("ja",), "writing", 180, _half_width_kana),
)

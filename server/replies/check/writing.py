"""Slips of the pen in either language: doubled words and marks, spelling, links, closings, the wrong language, a forgotten file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.phrases import found_in, in_case_of, phrase

_ATTACHED = re.compile(
    r"添付(?:いたし|致し|し|させていただき|申し上げ)(?:ます|ました|ております|ておりま)|添付(?:ファイル|資料|書類|画像|の(?:資料|ファイル|とおり|通り|PDF|書類|手順|画像|見積|請求書|図))(?:を|に|にて|の)?[^。\n]{0,10}(?:ご覧|ご確認|ご参照|お送り|です|参照)|添付にて|別添の(?:資料|ファイル|書類|PDF|とおり|通り)|添付を?ご(?:覧|確認|参照|査収)|添付のとおり|添付の通り"
)
_CLAUSE_END = re.compile(r"ので|ため|[、。\n]")
_THEY = re.compile(r"いただ|くださ|下さ|頂|お客様が|ましたら|場合|さまが")
_EN_ATTACHED = re.compile(
    r"\b(?:i|we)(?:'ve| have| am|'m| are|'re)?(?: also)? (?:attach(?:ed|ing)?|enclos(?:ed|ing))\b|\b(?:please )?(?:find|see|check) (?:the )?attach(?:ed|ment)|\battached (?:is|are|you will|you'll|please|to this|below|herewith)\b|\bsee attached\b|\b(?:is|are) (?:enclosed|attached)\b(?! to\b)|\b(?:the|in the) attached (?:file|document|invoice|screenshot|pdf|guide|image|form|receipt|quote)\b",
    re.IGNORECASE,
)


def _attachment(page: Page) -> Iterator[Hit]:
    """Something is promised as attached, and nothing is."""
    if page.draft.has_attachment is not False:
        return
    english = page.language == "en"
    if not any(word in page.low for word in ("attach", "enclos", "添付", "別添")):
        return
    for found in (_EN_ATTACHED if english else _ATTACHED).finditer(page.text):
        rest = _CLAUSE_END.split(page.text[found.end() : found.end() + 12], maxsplit=1)[0]
        if not english and (
            (_THEY.search(rest) and re.search(r"添付(?:し|いたし)", found[0])) or _THEY.search(found[0].split("ご")[0])
        ):
            continue
        if (
            english
            and re.search(
                r"\b(?:you(?:'ve| have)?|if you|could you|please)\s*$",
                page.text[max(0, found.start() - 12) : found.start()],
                re.IGNORECASE,
            )
            and "please" not in found[0].lower()
        ):
            continue
        yield Hit(found.start(), found.end(), None, {"word": found[0]})
        return


_MARKS = re.compile(r"。(?:。+|、)|、(?:、+|。)|,,+|\?\?\?+|・。")
_EN_MARKS = re.compile(r",{2,}|(?<![./\w])\.{2}(?![./\w])|(?<=[a-z])\.\.(?=\s|$)|\?{2,}|;{2,}|,\.|\.,(?= )| ,(?= )")


def _doubled_marks(page: Page) -> Iterator[Hit]:
    if page.language == "en" and not any(marks in page.text for marks in (",,", "..", "??", ";;", ",.", ".,", " ,")):
        return
    for found in (_EN_MARKS if page.language == "en" else _MARKS).finditer(page.text):
        word = found[0]
        if word == ".," and re.search(
            r"\b(?:etc|e\.g|i\.e|inc|ltd|co|corp|a\.m|p\.m|no|jr|sr|dr|st)$",
            page.text[max(0, found.start() - 6) : found.start()],
            re.IGNORECASE,
        ):
            continue
        instead = "," if word == " ," else "。" if "。" in word else word[:1]
        yield Hit(found.start(), found.end(), instead, {"word": word})


_EN_TWICE = re.compile(
    r"\b(the|a|an|to|of|in|and|for|you|your|we|on|with|this|be|it|are|will|please|at|from|or|our|not|have)[ \n]\1\b",
    re.IGNORECASE,
)
_JA_TWICE = re.compile(
    r"が(?=が)|は(?=は)|に(?=に)|の(?=の)|で(?=で)|を(?=を)|です(?=です)|いたします(?=いたします)|ました(?=ました)|ください(?=ください)|ございます(?=ございます)|お願い(?=お願い)|から(?=から)|より(?=より)"
)
_A_WORD_BEFORE = re.compile(r"[一-龯々ァ-ヶー]")


def _twice(page: Page) -> Iterator[Hit]:
    """A word twice in a row: the the, をを."""
    text = page.text
    if page.language == "en":
        words = page.low.split()
        if not any(one == other for one, other in pairwise(words)):
            return
        for found in _EN_TWICE.finditer(text):
            if not (found[1].lower() in {"it", "you", "this"} and text[found.end() : found.end() + 1] in {",", "."}):
                yield Hit(found.start(), found.end(), found[1], {"word": found[0], "instead": found[1]})
        return
    for found in _JA_TWICE.finditer(text):
        word, end = found[0], found.end() + len(found[0])
        # ものの, そののち, 扉ががたつく, 電話でできる are whole: a particle counts twice only between two words of kanji.
        between = _A_WORD_BEFORE.match(text[found.start() - 1 : found.start()]) and _A_WORD_BEFORE.match(
            text[end : end + 1]
        )
        if word == "を" or len(word) > 2 or between:
            yield Hit(found.start(), end, word, {"word": word * 2, "instead": word})


_TYPOS = (
    phrase("ごさいま", "ございま"),
    phrase("こざいま", "ございま", r"(?<!ご)こざいま"),
    phrase("お願いたし", "お願いいたし"),
    phrase("お願い致たし", "お願いいたし"),
    phrase("お願いいたたし", "お願いいたし"),
    phrase("いだたき", "いただき"),
    phrase("いただだ", "いただ"),
    phrase("くたさい", "ください"),
    phrase("くだい", "ください", r"くだい(?=[。、]|ませ)"),
    phrase("申し訳こざ", "申し訳ござ"),
    phrase("申し分けござ", "申し訳ござ"),
    phrase("申し訳ごいま", "申し訳ございま"),
    phrase("ござます", "ございます"),
    phrase("ありがとうごいま", "ありがとうございま"),
    phrase("ありがとうございす", "ありがとうございます"),
    phrase("なっおり", "なっており"),
    phrase("お世話になりまります", "お世話になります"),
    phrase("お世話になておりま", "お世話になっておりま"),
    phrase("いたしまた", "いたしました", r"いたしまた(?=[。が、])"),
    phrase("でしよう", "でしょう"),
    phrase("ましよう", "ましょう"),
    phrase("ませんせん", "ません"),
    phrase("ですす", "です"),
    phrase("ますす", "ます", r"ますす(?=[。、])"),
    phrase("まして。", "ました。", r"(?<=いたし)まして。"),
    phrase("致しましす", "致します"),
    phrase("対応指せて", "対応させて"),
    phrase("ご了承下さいい", "ご了承ください"),
    phrase("シュミレーション", "シミュレーション"),
    phrase("コミニュケーション", "コミュニケーション"),
    phrase("とうり", "とおり", r"(?<=[のた])とうり"),
    phrase("づつ", "ずつ", r"(?<=[一-龯\d])づつ"),
)
_EN_TYPOS = tuple(
    phrase(wrong, right, rf"\b{wrong}\b")
    for wrong, right in (
        ("recieve", "receive"), ("recieved", "received"), ("seperate", "separate"), ("seperately", "separately"), ("occured", "occurred"), ("adress", "address"),
        ("definately", "definitely"), ("inconvienence", "inconvenience"), ("inconvinience", "inconvenience"), ("sincerly", "sincerely"), ("teh", "the"),
        ("apologise for the inconvenient", "apologise for the inconvenience"), ("refered", "referred"), ("untill", "until"), ("succesfully", "successfully"), ("successfull", "successful"),
        ("accomodate", "accommodate"), ("begining", "beginning"), ("beleive", "believe"), ("calender", "calendar"), ("guarentee", "guarantee"), ("immediatly", "immediately"),
        ("neccessary", "necessary"), ("noticable", "noticeable"), ("truely", "truly"), ("wich", "which"), ("thier", "their"), ("tommorow", "tomorrow"), ("tomorow", "tomorrow"),
        ("acount", "account"), ("attachement", "attachment"), ("maintainance", "maintenance"), ("responce", "response"), ("recomend", "recommend"), ("your welcome", "you're welcome"),
        ("could of", "could have"), ("should of", "should have"), ("would of", "would have"), ("alot", "a lot"), ("thankyou", "thank you"), ("informations", "information"),
    )
)  # fmt: skip


def _typo(page: Page) -> Iterator[Hit]:
    return found_in(page, _EN_TYPOS if page.language == "en" else _TYPOS)


_URL = re.compile(r"https?://[!-~]{1,300}")
_HTTP = re.compile(r"http://(?!localhost|127\.|10\.|192\.168\.)(?=[\w.-])")


def _not_secure(page: Page) -> Iterator[Hit]:
    if "http://" in page.low:
        for found in _HTTP.finditer(page.low):
            link = _URL.match(page.low, found.start())
            yield Hit(found.start(), found.end(), "https://", {"word": link[0] if link else found[0]})


_GLUED = re.compile(
    r"https?://[^\s。、」』】()（）\u3041-\u30ff\u4e00-\u9fff]{1,300}(?P<glued>[。、」』】\u3041-\u30ff\u4e00-\u9fff])"
)


def _glued(page: Page) -> Iterator[Hit]:
    """A link that goes on into the sentence: mail programs take 。 and kana into it."""
    if "http" not in page.low:
        return
    for found in _GLUED.finditer(page.text):
        at = found.start("glued")
        yield Hit(found.start(), at, page.text[found.start() : at] + " ", {"word": page.text[found.start() : at + 1]})


_EN_CLOSINGS = re.compile(
    r"^[ \t]*(?:(?:best|kind|warm) regards|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|regards|best wishes),?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_JA_CLOSINGS = re.compile(
    r"^[ \t]*(?:敬具|草々|以上|(?:どうぞ)?(?:よろしく|宜しく)お願い(?:いたし|致し|申し上げ|し)ます)[。]?[ \t]*$",
    re.MULTILINE,
)


def _closing(page: Page) -> Iterator[Hit]:
    """Best regards under a Japanese letter, 敬具 under an English one; 拝啓 without 敬具."""
    if page.language == "en":
        for found in _JA_CLOSINGS.finditer(page.text):
            yield Hit(found.start(), found.end(), "Best regards,", {"word": found[0].strip()})
        return
    for found in _EN_CLOSINGS.finditer(page.text):
        yield Hit(found.start(), found.end(), "どうぞよろしくお願いいたします。", {"word": found[0].strip()})
    for opening, ending in (("拝啓", "敬具"), ("前略", "草々"), ("謹啓", "謹白")):
        at = page.text.find(opening)
        if (
            0 <= at < 300
            and not any(word in page.text for word in (ending, "敬具", "敬白", "早々", "草々", "謹言", "不一"))
            and page.text[at + 2 : at + 3] in {"", " ", "\n", "、"}
        ):
            end = len(page.text.rstrip())
            yield Hit(end, end, f"\n{ending}", {"word": opening, "instead": ending})


def _other_language(page: Page) -> Iterator[Hit]:
    """The mail came in one language, the reply goes out in the other."""
    came = page.draft.incoming_language
    goes = page.written
    if came in {"ja", "en"} and goes in {"ja", "en"} and came != goes:
        both = (
            re.search(r"[A-Za-z]{3,}(?: [A-Za-z']+){5,}", page.text)
            if came == "en"
            else re.search(r"[ぁ-ん]{3,}", page.text)
        )
        if not both:
            yield Hit(0, _first_line(page.text), None, {"came": came, "goes": goes})


def _first_line(text: str) -> int:
    """Where the first line with words ends."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


_SHOUT = re.compile(r"\b[A-Z]{3,}(?:[ ,]+[A-Z]{2,}){2,}\b")


def _shouting(page: Page) -> Iterator[Hit]:
    """WORDS IN CAPITALS in an English text."""
    for found in _SHOUT.finditer(page.text):
        words = re.findall(r"[A-Z]+", found[0])
        if sum(len(word) >= 4 for word in words) >= 2:
            yield Hit(found.start(), found.end(), in_case_of("A", found[0].lower()), {"word": found[0]})


_BOTH = ("ja", "en")
RULES = (
    Rule("attachment-missing", Severity.HINT, _BOTH, "writing", 103, _attachment),
    Rule("language-other", Severity.HINT, _BOTH, "writing", 108, _other_language),
    Rule("spelling", Severity.HINT, _BOTH, "writing", 174, _typo),
    Rule("word-twice", Severity.HINT, _BOTH, "writing", 175, _twice),
    Rule("marks-doubled", Severity.HINT, _BOTH, "writing", 176, _doubled_marks),
    Rule("link-not-secure", Severity.HINT, _BOTH, "writing", 178, _not_secure),
    Rule("link-glued", Severity.HINT, _BOTH, "writing", 177, _glued),
    Rule("closing-wrong", Severity.HINT, _BOTH, "writing", 179, _closing),
    Rule("shouting", Severity.HINT, ("en",), "writing", 181, _shouting),
)

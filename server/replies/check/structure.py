"""What a whole reply has: who writes, what happens next, a remedy behind an apology, steps as a list; CARP for the upset."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule

_SELF = re.compile(
    r"と申します|でございます。|(?:の|、)[一-龯々ァ-ヶー]{1,6}(?: [一-龯々ぁ-んァ-ヶー]{1,6})?です(?=[。\n]|$)|(?:担当|サポート|窓口|事務局|センター|チーム)(?:の[^\s。]{1,10})?(?:です|より)(?=[。\n、]|$)"
)
_EN_SELF = re.compile(
    r"\b(?:my name is|this is|i'?m|i am) [A-Z][a-z]+|\b[A-Z][a-z]+ (?:here|from) |\b(?:from|at|with) the [\w ]{2,30} team",
)
_EN_CLOSING = re.compile(
    r"^[ \t]*(?:(?:best|kind|warm|many|with)[ a-z]{0,20})?(?:regards|wishes|sincerely|thanks|thank you|best|cheers|respectfully|yours[ a-z]{0,12}|cordially)[ a-z]{0,14}[,.!]?[ \t]*\n+[ \t]*\S",
    re.IGNORECASE | re.MULTILINE,
)
_RULED = re.compile(r"^(?:-- ?|[-=_*─━―]{4,})\s*$", re.MULTILINE)


def after_salutation(page: Page) -> int:
    """Where the text begins that follows the greeting's lines."""
    end = 0
    if page.language == "en":
        for start, line in page.first_lines[:2]:
            if re.match(r"\s*(?:dear|hi|hello|hey|good \w+)\b[^.!?]{0,60}[,:!]?\s*$", line, re.IGNORECASE):
                end = start + len(line)
    else:
        title = max((at.end for at in page.spoken_to), default=0)
        end = page.line_at(title - 1)[1] if title else 0
        if "。" in page.text[title:end]:  # 佐藤様、お世話になっております。
            end = title + (page.text[title : title + 1] in {"、", ","})
    while end < len(page.text) and page.text[end] in "\n ":
        end += 1
    return end


def _introduction(page: Page) -> Iterator[Hit]:
    """Who writes: name or company in the text or its signature."""
    if not page.has_words:
        return
    draft, whole = page.draft, page.whole.text
    known = [
        word for word in (*draft.agent_name.split(), draft.our_company.strip()) if len(word) > 1 or word > "\u2fff"
    ]
    if any(word in whole for word in known) or _RULED.search(whole):
        return
    english = page.language == "en"
    if english and (_EN_SELF.search(whole) or _EN_CLOSING.search(whole)):
        return
    if not english and _SELF.search(page.text[:600]):
        return
    instead = None
    who = draft.agent_name.strip()
    if english and (who or draft.our_company):
        instead = (
            f"This is {who} from {draft.our_company}. "
            if who and draft.our_company
            else f"This is {who or draft.our_company}. "
        )
    elif not english and (who or draft.our_company):
        family = who.split()[0] if who else ""
        instead = (
            f"{draft.our_company}の{family}です。\n"
            if family and draft.our_company
            else f"{family or draft.our_company}です。\n"
        )
    at = after_salutation(page)
    yield Hit(at, at, instead, {})


_NEXT = re.compile(
    r"ください|下さい|いただけ|頂け|お待ち|までに|以内に|予定|次第|手配|発送|お送り|お届け|ご連絡(?:いたし|致し|し|差し上げ|申し上げ|を差し上げ|させて)|ご報告|ご案内(?:いたし|し|差し上げ|申し上げ|させて)|お知らせ(?:いたし|し|させて)|"
    r"お調べ|調査|確認(?:いたし|し|のうえ|の上|させて)|対応(?:いたし|し|させて)|進め|お伺い|承り|承って|手続き|返金|お申し付け|ご用意|ご提案|再送|お電話|ましょうか|でしょうか|検討|努め|まいります|お願い(?:いたし|申し上げ|でき)(?=.*(?:ご|お))|ますよう|ご利用いただけ|できます|お勧め|おすすめ|空いて|お聞かせ"
)
_ONLY_POLITE = re.compile(
    r"(?:どうぞ|何卒|何とぞ|今後とも)?[、]?(?:よろしく|宜しく)お願い(?:いたし|致し|申し上げ|し)ます|お問い合わせ(?:いただき|を?頂き|下さり|くださり)?(?:、)?(?:誠に)?ありがとう|(?:ご連絡|お電話|お知らせ|ご報告|ご案内)(?:を|)?(?:いただき|頂き|くださり|下さり)?、?(?:誠に)?ありがとう|ご利用いただき|ご愛顧"
)
_EN_NEXT = re.compile(
    r"\b(?:i'll|we'll|will|let (?:me|us) know|please|could you|would you|can you|may i|feel free|you can|you may|reply|get back|next step|look(?:ing)? forward|happy to|glad to|reach out|contact|don't hesitate|do not hesitate|"
    r"here to help|here if|i'm here|if you|tell me|shout if|you'd like|by (?:mon|tue|wed|thu|fri|sat|sun|tomorrow|today|end)|going to|try|once you|shall)\b",
)


_NUMBERED = re.compile(r"^\s*(?:\d{1,2}[.)]|\(\d\)|[①②])", re.MULTILINE)
_THANKS_ALONE = re.compile(r"[御お]礼(?:を)?申し上げます|お祝い(?:を)?申し上げます|お悔やみ")


def _next_step(page: Page) -> Iterator[Hit]:
    """What happens next, or what the customer can do."""
    if not page.has_words:
        return
    text = page.text.rstrip()
    if page.language == "en":
        if not _EN_NEXT.search(page.low) and "?" not in text and not _NUMBERED.search(text):
            sign = _EN_CLOSING.search(text)
            at = len(text[: sign.start()].rstrip()) if sign else len(text)
            yield Hit(at, at, "\n\nPlease let me know if anything is unclear.", {})
        return
    if _NUMBERED.search(text) or _THANKS_ALONE.search(text) or "でしたか" in text:
        return
    polite: list[tuple[int, int]] | None = None
    for found in _NEXT.finditer(text):
        near = text[max(0, found.start() - 20) : found.end() + 20]
        if "ありがとう" not in near and "願い" not in near and "ご利用" not in near and "愛顧" not in near:
            return
        if polite is None:
            polite = [piece.span() for piece in _ONLY_POLITE.finditer(text)]
        if not any(start <= found.start() < end for start, end in polite):
            return
    if text:
        yield Hit(len(text), len(text), "\n\nご不明な点がございましたら、いつでもお知らせください。", {})


_APOLOGY = re.compile(
    r"お詫び(?:いたし|致し|申し上げ|し)|申し訳(?:ございません|ありません|なく)(?!が|でしょうか|けど)|ご迷惑をおかけし|ご不便をおかけし"
)
_REMEDY = re.compile(
    r"返金|交換|お送り|送付|手配|確認(?:いたし|し|を|中|のうえ|の上|させ|でき)|調査|修正|修理|再発防止|改善|発送|ご?連絡(?:いたし|し|差し上げ|を差し上げ|申し上げ|させ)|お届け|ご案内(?:いたし|し|差し上げ|申し上げ|させ)|無料|復旧|お調べ|対応(?:いたし|し|させ|を|方法|策)|クーポン|割引|再送|お取り替え|訂正|削除|停止|取り消|キャンセル|"
    r"手続き|進め|解決|再発行|変更(?:いたし|し)|設定|ご用意|代わり|いただけ|共有(?:いたし|し)|改め|見直|反映|努め|いたしました。|ください|可能です|原因"
)
_EN_APOLOGY = re.compile(r"\b(?:sorry|apologi[sz]e|apologies)\b(?! to hear)", re.IGNORECASE)
_EN_REMEDY = re.compile(
    r"\b(?:refund|replac|sen[dt]|ship|fix|investigat|look(?:ed|ing)? into|check|escalat|credit|restor|correct|resolv|cancel|updat|i'll|we'll|will|i have|we have|i've|we've|please|you can|could you|discount|free|instead|arrang)",
    re.IGNORECASE,
)


def _apology(page: Page) -> Iterator[Hit]:
    """Sorry, and then nothing that makes it better."""
    text = page.text
    if page.language == "en":
        found = _EN_APOLOGY.search(text)
        if found and not _EN_REMEDY.search(text):
            end = len(text[: page.sentence_at(found.start()).end].rstrip())
            yield Hit(
                found.start(),
                end,
                text[found.start() : end] + " I will look into the cause and write to you with the result.",
                {"word": found[0]},
            )
        return
    found = _APOLOGY.search(text)
    if found and not _REMEDY.search(text):
        end = page.sentence_at(found.start()).end
        yield Hit(
            found.start(),
            end,
            text[found.start() : end] + "原因をお調べし、結果をご連絡いたします。",
            {"word": found[0]},
        )


_ACKNOWLEDGES = re.compile(
    r"申し訳|お詫び|ご迷惑|ご不便|ご不快|ご心配|お気持ち|ごもっとも|残念|お困り|ご指摘|失望|ご立腹|ご不安|不安|お怒り|ご期待|おっしゃるとおり|お手数|不手際|ご意見"
)
_EN_ACKNOWLEDGES = re.compile(
    r"sorry|apolog|understand|frustrat|inconvenien|disappoint|must have been|you(?:'re| are) right|let you down|trouble|not the experience|upset|concern|unacceptable|hear that",
    re.IGNORECASE,
)


def _acknowledge(page: Page) -> Iterator[Hit]:
    """An upset customer reads in the first three sentences that they were heard."""
    if not page.draft.upset or not page.has_words:
        return
    at = after_salutation(page)
    sentences = [sentence for sentence in page.sentences if sentence.start >= at - 1 and sentence.text.strip()]
    if page.language != "en":  # お世話になっております and who writes are no part of the answer
        sentences = [
            one
            for one in sentences
            if not re.search(r"お世話になって|と申します|の[一-龯々 ]{1,8}(?:です|でございます)", one.text)
        ]
    first = page.text[at : sentences[2].end] if len(sentences) > 2 else page.text[at:]
    if page.language == "en":
        if not _EN_ACKNOWLEDGES.search(first):
            yield Hit(at, at, "I am sorry for the trouble this has caused you. ", {})
    elif not _ACKNOWLEDGES.search(first):
        yield Hit(at, at, "このたびはご不便をおかけし、誠に申し訳ございません。\n", {})


_ACTION = re.compile(
    r"(?:返金|交換|送付|手配|確認|調査|修正|修理|改善|発送|連絡|案内|復旧|対応|再送|訂正|手続き|変更|設定|再発行|報告|停止|取消|削除|共有)(?:を|の|も)?[^。\n]{0,14}?(?:いたし|致し|します|しました|しており|差し上げ|申し上げ|させていただ|まいり|進め)"
    r"|お(?:送り|届け|調べ|取り替え|知らせ|電話|戻し)(?:を|も)?(?:いたし|致し|し|差し上げ|させて)|ください|いただけ|無料|可能です"
)
_EN_ACTION = re.compile(
    r"\b(?:i|we)(?:'ve| have|'ll| will| am| are|'m|'re)\b(?! (?:sorry|very sorry|so sorry|truly|really|deeply|always|aware|sure|glad|happy))|\bplease\b|\byou can\b|\b(?:refund|replacement)\b|\bwe (?:sent|shipped|refunded|fixed|corrected|replaced)\b",
    re.IGNORECASE,
)


def _action(page: Page) -> Iterator[Hit]:
    """An upset customer reads what is being done."""
    if not page.draft.upset or not page.has_words:
        return
    text = page.text.rstrip()
    if page.language == "en":
        if not _EN_ACTION.search(text):
            sign = _EN_CLOSING.search(text)
            at = len(text[: sign.start()].rstrip()) if sign else len(text)
            yield Hit(at, at, "\n\nI am looking into this now and will write to you with the result.", {})
    elif not _ACTION.search(text):
        yield Hit(len(text), len(text), "\nただいま状況をお調べしております。結果をあらためてご連絡いたします。", {})


_THEN = re.compile(
    r"(?:次に|その後|そのあと|それから|続いて|つづいて|さらに|最後に|そして)[、,]?|(?:^|(?<=[。、\s]))まず(?:は)?[、,]?"
)
_THEN_WORDS = ("次に", "その後", "そのあと", "それから", "続いて", "つづいて", "最後に")
_EN_THEN_WORDS = ("then", "after that", "next", "afterwards", "finally", "lastly")
_EN_THEN = re.compile(
    r"[,;]? ?\b(?:and then|then|after that|next|afterwards|finally|and finally|lastly)\b,? ?", re.IGNORECASE
)


def _steps(page: Page) -> Iterator[Hit]:
    """Three steps or more in one sentence: a list is followed more easily."""
    english = page.language == "en"
    pattern = _EN_THEN if english else _THEN
    if sum(page.low.count(word) for word in (_EN_THEN_WORDS if english else _THEN_WORDS)) < 3:
        return
    for sentence in page.sentences[:400]:
        text = sentence.text[:1_200]
        if (
            english
            and text.lower().count("then")
            + text.lower().count("next")
            + text.lower().count("after")
            + text.lower().count("final")
            < 2
        ):
            continue
        marks = [found for found in pattern.finditer(text) if not found[0].startswith(("まず", "さらに", "そして"))]
        if len(marks) < 3 or page.in_list(sentence.start):
            continue
        end = len(text.rstrip())
        start = len(text) - len(text.lstrip())
        pieces = [piece.strip(" 、,。.\n") for piece in pattern.split(text)]
        items = [
            f"{number}. {piece[0].upper() + piece[1:] if english else piece}"
            for number, piece in enumerate((piece for piece in pieces if piece), 1)
        ]
        yield Hit(sentence.start + start, sentence.start + end, "\n" + "\n".join(items), {"count": str(len(items))})


_LONGEST = 120
_EN_LONGEST = 260
_BREAKS = (("ますが、", "ます。"), ("ですが、", "です。"), ("ましたが、", "ました。"), ("ませんが、", "ません。"), ("ますので、", "ます。そのため、"), ("ですので、", "です。そのため、"), ("ましたので、", "ました。そのため、"), ("ませんので、", "ません。そのため、"), ("ますけれども、", "ます。"), ("しており、", "しております。"), ("いたしまして、", "いたしました。"), ("しまして、", "しました。"), ("でして、", "です。"))  # fmt: skip
_BREAK = re.compile("|".join(re.escape(ending) for ending, _ in _BREAKS))


def _long(page: Page) -> Iterator[Hit]:
    """A sentence that is lost before it ends; broken where its grammar allows."""
    english = page.language == "en"
    most = _EN_LONGEST if english else _LONGEST
    for sentence in page.sentences:
        text = sentence.text.strip()
        if len(text) <= most or "http" in text or page.in_list(sentence.start):
            continue
        start = sentence.start + len(sentence.text) - len(sentence.text.lstrip())
        instead = None
        if not english and len(text) < 2_000:
            broken = _BREAK.sub(lambda found: dict(_BREAKS)[found[0]], text)
            if broken != text and all(len(piece) <= most for piece in re.split("[。!?]", broken)):
                instead = broken
        yield Hit(start, start + len(text), instead, {"count": str(len(text))})


_PLAIN_ENDING = re.compile(r"(?:である|だった|だろう|なのだ|と思う|と考える|[一-龯ァ-ヶー]{1,8}だ)(?=。)")
_POLITE_ENDING = re.compile(r"(?:です|ます|ました|ません|でした|でしょう|ください)(?=[。\n]|$)")
_POLITE = {
    "である": "です",
    "だった": "でした",
    "だろう": "でしょう",
    "なのだ": "なのです",
    "と思う": "と思います",
    "と考える": "と考えます",
}


def _mixed(page: Page) -> Iterator[Hit]:
    """だ and である among です and ます."""
    text = page.text
    if not any(word in text for word in ("だ。", "である。", "だった。", "だろう。", "思う。", "考える。")):
        return
    if not _POLITE_ENDING.search(text):
        return
    for found in _PLAIN_ENDING.finditer(text):
        if page.quoted(found.start()) or page.in_list(found.start()):
            continue
        instead = _POLITE.get(found[0]) or f"{found[0][:-1]}です"
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead})


_BOTH = ("ja", "en")
RULES = (
    Rule("upset-unheard", Severity.HINT, _BOTH, "structure", 100, _acknowledge),
    Rule("upset-no-action", Severity.HINT, _BOTH, "structure", 101, _action),
    Rule("apology-alone", Severity.HINT, _BOTH, "structure", 131, _apology),
    Rule("next-step-missing", Severity.HINT, _BOTH, "structure", 154, _next_step),
    Rule("introduction-missing", Severity.HINT, _BOTH, "structure", 156, _introduction),
    Rule("steps-in-a-sentence", Severity.HINT, _BOTH, "structure", 158, _steps),
    Rule("sentence-long", Severity.HINT, _BOTH, "structure", 170, _long),
    Rule("style-mixed", Severity.HINT, ("ja",), "structure", 172, _mixed),
)

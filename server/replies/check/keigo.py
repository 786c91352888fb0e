"""Honorific Japanese, after 敬語の指針 (文化審議会 2007).

Two honorifics of one kind on one word are too many (ご覧になられる), but not those the guide calls settled: お召し上がりになる,
お見えになる, お伺いする, お伺いいたす, お伺い申し上げる; nor two words each with its own (ご案内してさしあげる). とんでもございません is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.phrases import Phrase, found_in, phrase

# What られ/れ becomes when it is taken out, by what follows: ご覧になられました -> ご覧になりました.
_AFTER_RA = (
    ("ます", "り"),
    ("まし", "り"),
    ("ませ", "り"),
    ("る", ""),
    ("た", "っ"),
    ("て", "っ"),
    ("ない", "ら"),
    ("なく", "ら"),
)
_AFTER_ARU = (
    ("ます", "い"),
    ("まし", "い"),
    ("ませ", "い"),
    ("る", ""),
    ("た", "っ"),
    ("て", "っ"),
    ("ない", "ら"),
    ("なく", "ら"),
)


def _without(found: re.Match[str], table: tuple[tuple[str, str], ...]) -> str:
    """The honorific verb once: stem, the sound it ends in before what follows, and what follows."""
    stem, rest = found["stem"], found["rest"]
    return next((f"{stem}{sound}{rest}" for start, sound in table if rest.startswith(start)), stem + rest)


def _naru(found: re.Match[str]) -> str:
    return _without(found, _AFTER_RA)


def _ossharu(found: re.Match[str]) -> str:
    return _without(found, _AFTER_ARU)


_REST = r"(?P<rest>ます|まし|ませ|る|た|て|ない|なく)"
_VERBAL = "覧|利用|購入|確認|使用|契約|登録|出発|到着|活用|退会|応募|予約|入金|注文|検討|連絡|来店|来社|来場|参加|出席|欠席|帰国|帰宅|入力|退職|承知|卒業|不在|返信|返送|返却|受講|視聴|搭乗|乗車|滞在|訪問|入会|解約|変更|選択|指定"
_DOUBLE = (
    phrase(
        "になられ",
        _naru,
        rf"(?P<stem>(?:[おご御][{'一-龯々'}]{{0,3}}[きしちりいみえけせてねめれび]|ご(?:{_VERBAL})|おいで|お亡くなり)にな)られ{_REST}",
    ),
    phrase("召し上がりになられ", _naru, rf"(?P<stem>お召し上がりにな)られ{_REST}"),
    phrase("おっしゃられ", _ossharu, rf"(?P<stem>おっしゃ)られ{_REST}"),
    phrase("仰られ", _ossharu, rf"(?P<stem>仰)られ{_REST}"),
    phrase("仰いられ", "仰い", "仰いられ"),
    phrase("いらっしゃられ", _ossharu, rf"(?P<stem>いらっしゃ)られ{_REST}"),
    phrase("召し上がられ", _naru, rf"(?P<stem>召し上が)られ{_REST}"),
    phrase("なさられ", _ossharu, rf"(?P<stem>なさ)られ{_REST}"),
    phrase("くださられ", _ossharu, rf"(?P<stem>くださ)られ{_REST}"),
    phrase("お越しになられ", _naru, rf"(?P<stem>お越しにな)られ{_REST}"),
    phrase("ご覧になさ", "ご覧にな", "ご覧になさ(?=って|った)"),
    phrase("お求めになられ", _naru, rf"(?P<stem>お求めにな)られ{_REST}"),
)


def _humble_let(word: str) -> Phrase:
    return phrase(
        f"{word}させていただ",
        lambda found: word + _let(found["end"]),
        rf"{word}させていただ(?P<end>きます|きました|きまして|きたく|く|いた|いて|き)",
    )


_HUMBLE_TWICE = (
    *map(_humble_let, ("拝見", "拝読", "拝受", "拝聴", "拝借", "お伺い", "頂戴")),
    phrase("ご拝見", "拝見"),
    phrase("ご拝読", "拝読"),
    phrase("ご拝受", "拝受"),
    phrase(
        "申し上げさせていただ",
        lambda m: "申し上げ" + _plain(m["end"]),
        r"申し上げさせていただ(?P<end>きます|きました|きまして|きたく|く|いた|いて|き)",
    ),
    phrase(
        "差し上げさせていただ",
        lambda m: "差し上げ" + _plain(m["end"]),
        r"差し上げさせていただ(?P<end>きます|きました|きまして|きたく|く|いた|いて|き)",
    ),
    phrase("頂戴いただ", "いただ"),
    phrase("お頂戴", "頂戴"),
)
_LET = {"きます": "いたします", "きました": "いたしました", "きまして": "いたしまして", "きたく": "いたしたく", "きたい": "いたしたい", "く": "いたす", "いた": "いたした", "いて": "いたして", "き": "いたし", "けますと": "できますと", "けます": "できます", "ければ": "できれば", "けません": "できません", "ける": "できる"}  # fmt: skip
_PLAIN = {
    "きます": "ます",
    "きました": "ました",
    "きまして": "まして",
    "きたく": "たく",
    "く": "る",
    "いた": "た",
    "いて": "て",
    "き": "",
}


def _let(end: str) -> str:
    return _LET.get(end, "いたし")


def _plain(end: str) -> str:
    return _PLAIN.get(end, "")


def _double(page: Page) -> Iterator[Hit]:
    ends: set[int] = set()
    for hit in found_in(page, _DOUBLE):
        if hit.end not in ends:
            ends.add(hit.end)
            yield hit


def _humble_twice(page: Page) -> Iterator[Hit]:
    return found_in(page, _HUMBLE_TWICE)


# The customer's acts in the humble form: they lower the customer.
_CUSTOMER_ACTS = "利用|使用|参加|購入|注文|予約|入会|乗車|搭乗|登録|応募|視聴|入力|入場|来場|活用|契約|退会|選択|指定|閲覧|受講|来店|乗り換え|覧"
_LOWERED = (
    phrase(
        "でき",
        lambda m: m["act"] + "いただけ",
        rf"(?P<act>(?<![をで])[ごご御](?:{_CUSTOMER_ACTS}))でき(?=ます|ませ|る|ない|なく|まし|ず|れば|た)",
    ),
    phrase(
        "してくださ", lambda m: m["act"] + "くださ", r"(?P<act>[ご御][一-龯々]{2})してくださ(?=い|る|った|って|れば)"
    ),
    phrase("して下さ", lambda m: m["act"] + "ください", r"(?P<act>[ご御][一-龯々]{2})して下さい"),
    phrase(
        "していただ",
        lambda m: m["act"] + "いただ",
        r"(?P<act>[ご御](?:確認|検討|連絡|返信|利用|使用|参加|購入|注文|予約|登録|入力|記入|返送|対応|返却|準備|用意|理解|了承|協力|指定|選択|提示|送付|提出|入金|来店|出席|応募|回答|教示|指摘|査収|覧))していただ(?=き|け|く|い)",
    ),
    phrase("申され", "おっしゃい", r"(?<![一-龯])申され(?=まし|ます)"),
    phrase("申された", "おっしゃった", r"(?<![一-龯])申された"),
    phrase("参られ", "いらっしゃい", r"(?<![一-龯])参られ(?=まし|ます)"),
    phrase("お客様が申し", "お客様がおっしゃっていました", r"お客様が申して(?:おりました|いました)"),
    phrase("拝見してくださ", "ご覧くださ"),
    phrase("拝見いただ", "ご覧いただ"),
    phrase("お伺いください", "お尋ねください"),
    phrase("お伺いして", "お尋ね", "お伺いして(?=ください|いただ)"),
    phrase("伺ってください", "お尋ねください"),
    phrase("いただいてください", "お召し上がりください", r"(?<=[をもはで、])いただいてください"),
    phrase("ご確認いたしてください", "ご確認ください"),
    phrase("存じておられ", "ご存じでい", r"存じておられ(?=ます)"),
)


def _lowered(page: Page) -> Iterator[Hit]:
    return found_in(page, _LOWERED)


_SA = re.compile(r"(?P<stem>[一-龯々ぁ-ん][かがさたなばまらわ])さ(?=せて(?:いただ|頂|くださ|下さ|もら))")
_TWICE_SAID = re.compile(r"(?:いら|はら|ばら|さら|きら|くら|ちら|ふら|いか|ちか|ぴか|ふわ|ざわ|もた)$")


def _sa(page: Page) -> Iterator[Hit]:
    """行かさせていただく: the verb has its own せ already."""
    if "させて" not in page.text:
        return
    for found in _SA.finditer(page.text):
        stem = found["stem"]
        if _TWICE_SAID.search(stem) or not re.match(r"[一-龯々や使待]", stem):
            continue
        yield Hit(found.start(), found.end(), stem, {"word": found[0] + "せて", "instead": stem + "せて"})


_RA_STEMS = "見|食べ|来|出|決め|考え|受け|開け|変え|覚え|信じ|調べ|始め|着|起き|寝|借り|届け|続け|答え|避け|止め|確かめ|閉じ|投げ|付け|つけ|入れ|いれ|あげ|上げ|かけ|掛け"
_RA = re.compile(r"れ(?=る|ます|ませ|まし|ない|なく|なか|た[。、らりの]|て[いお、])")
_RA_STEM = re.compile(rf"(?:^|[^一-龯])({_RA_STEMS})$")


def _ra(page: Page) -> Iterator[Hit]:
    """見れる: the potential of these verbs has a ら. 見れば is another form and right."""
    for found in _RA.finditer(page.text):
        at = found.start()
        stem = _RA_STEM.search(page.text[max(0, at - 4) : at])
        if not stem or page.quoted(at):
            continue
        start, instead = at - len(stem[1]), f"{stem[1]}られ"
        yield Hit(start, at + 1, instead, {"word": page.text[start : at + 2], "instead": instead})


_LETTING = re.compile(
    r"(?P<noun>[一-龯ァ-ヶー々]{2,}|[一-龯々]|)(?P<let>させて(?:いただ|頂))(?P<end>きます|きました|きまして|きたく|きたい|けますと|けます|ければ|けません|ける|く|いた|いて|き)?"
)


def _letting(page: Page) -> Iterator[Hit]:
    """させていただく again within a sentence, or a third time in the mail."""
    text = page.text
    if text.count("させていただ") + text.count("させて頂") < 2:
        return
    last = -1
    for count, found in enumerate(_LETTING.finditer(text), 1):
        sentence = page.sentence_at(found.start()).start
        if sentence == last or count >= 3:
            noun, end = found["noun"], found["end"]
            instead = None
            if len(noun) >= 2 and end:
                instead = noun + _LET[end]
            yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead or ""})
        last = sentence


_SHOP = (
    phrase("よろしかったでしょうか", "よろしいでしょうか"),
    phrase("宜しかったでしょうか", "よろしいでしょうか"),
    phrase("よろしかったですか", "よろしいですか"),
    phrase("こちらの", "こちらです", r"こちらの(?:方|ほう)になります"),
    phrase(
        "のほう",
        "",
        r"(?<![上下左右前後東西南北内外以])(?<=[一-龯ァ-ヶー])のほう(?=(?:を|は|に|で|から|、)(?!.{0,12}より))",
    ),
    phrase(
        "になります",
        lambda m: m["lead"] + "です",
        r"(?P<lead>(?:こちら|以下|下記|これ)[がは][^。、\n]{1,24})(?<!ご利用)(?<!ご覧)になります(?=[。\n]|$)",
    ),
    phrase(
        "になります",
        lambda m: m["lead"] + "です",
        r"(?P<lead>(?:資料|見積書|お見積り|請求書|明細|マニュアル|手順書|領収書|一覧)になります)".replace(
            "になります)", ")になります(?=[。\\n]|$)"
        ),
    ),
    phrase(
        "の方",
        "",
        r"(?:(?<=資料)|(?<=書類)|(?<=商品)|(?<=料金)|(?<=荷物)|(?<=データ)|(?<=設定)|(?<=在庫)|(?<=確認)|(?<=対応))の方(?=(?:を|は|も|で)(?!.{0,12}より))",
    ),
    phrase("からお預かり", "お預かり", "(?<=円)からお預かり(?=し|いた)"),
    phrase("という形になります", "となります"),
    phrase("という形で", "で", r"(?<=[一-龯ァ-ヶー])という形で"),
)


def _shop(page: Page) -> Iterator[Hit]:
    """What shop assistants are taught and letters do without: のほう, になります, よろしかったでしょうか."""
    for hit in found_in(page, _SHOP):
        if hit.words.get("word") == "のほう" and "より" in page.sentence_at(hit.start).text:
            continue
        yield hit


RULES = (
    Rule("keigo-double", Severity.HINT, ("ja",), "keigo", 140, _double),
    Rule("keigo-humble-twice", Severity.HINT, ("ja",), "keigo", 142, _humble_twice),
    Rule("keigo-customer-lowered", Severity.HINT, ("ja",), "keigo", 138, _lowered),
    Rule("keigo-sa", Severity.HINT, ("ja",), "keigo", 144, _sa),
    Rule("keigo-ra", Severity.HINT, ("ja",), "keigo", 146, _ra),
    Rule("keigo-letting", Severity.HINT, ("ja",), "keigo", 148, _letting),
    Rule("keigo-shop", Severity.HINT, ("ja",), "keigo", 149, _shop),
)

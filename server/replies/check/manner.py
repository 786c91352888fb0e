"""How a Japanese reply sounds: orders, refusals, blame, what is vague, weak, rough or too sure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.phrases import found_in, phrase

_PLEASE = re.compile(r"ください(?![まりれるっ])|下さい(?![まりれるっ])|しなさい")
_ACT = re.compile(r"[^\s。、「」をにがはへもと]{1,12}$")
_SOFT = re.compile(r"(?:おっしゃって|申し付けて|安心して|なさって|知らせて|みて|いただいて)$")
_WARMLY = re.compile(
    r"お気軽に|遠慮なく|いつでも|ご安心|お手数|恐れ入り|恐縮|よろしければ|場合は|場合に|ときは|際は|でしたら|ましたら|たければ|もし"
)
"""Words that make a request of an order, or an offer."""
_GO_DO = re.compile(
    r"ご(?:確認|返信|連絡|回答|対応|入力|提出|送付|返送|記入|準備|用意|登録|設定|検討|手配|返却|指定)(?:ください|下さい)(?!ま)"
)


def _demand(page: Page) -> Iterator[Hit]:
    """してください outside of steps; ご確認ください from the third on."""
    if "ください" not in page.text and "下さい" not in page.text and "しなさい" not in page.text:
        return
    for found in _PLEASE.finditer(page.text):
        at = found.start()
        if found[0] == "しなさい":
            yield Hit(at, found.end(), "していただけますと幸いです", {"word": found[0]})
            continue
        act = _ACT.search(page.text, max(0, at - 12), at) if page.text[at - 1 : at] in {"て", "で"} else None
        if not act or page.in_list(at) or page.quoted(at):
            continue
        before = page.text[page.sentence_at(at).start : at]
        if not _SOFT.search(before) and not _WARMLY.search(before):
            instead = f"{act[0]}いただけますと幸いです"
            yield Hit(act.start(), found.end(), instead, {"word": act[0] + found[0], "instead": instead})
    plain = [
        found
        for found in _GO_DO.finditer(page.text)
        if not page.in_list(found.start()) and not page.quoted(found.start())
    ]
    for found in plain[2:]:
        instead = found[0].replace("下さい", "ください").removesuffix("ください") + "いただけますと幸いです"
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead})


_REFUSAL = re.compile(
    r"(?:でき|出来)ません(?=[。\n]|ので|$)|(?:でき|出来)かねます(?=[。\n]|ので|$)|(?:いたし|致し|お受けし|お答えし|対応し|しかね|応じ|承り)かねます(?=[。\n]|ので|$)|(?<=対応して)(?:おり|い)ません(?=[。\n]|$)|お断り(?:いたし|し)(?:ます|ております)|不可(?:です|となります|となっております)"
)
_ALTERNATIVE = re.compile(
    r"代わり|代替|かわりに|ただし|一方|場合は|場合には|よろしければ|もし|別の|別途|ほかの|他の|代案|いただけます|いただけれ|可能です|可能でござい|ご案内|ご用意|ご提案|ご紹介|承ります|できます|お試し|ご検討|ご相談|手配|返金|交換|お送り|お届け|お調べ|ご連絡|お知らせ|方法|確認の上|予定|いかがでしょう|開発|検討して|共有いたし|申し伝え|クーポン|無料|改めて|後に|次第|再度|お取り替え|修正|対応いたし|までに"
)

_OFFER = re.compile(
    r"(?:ご不明|ご質問|お気づき|お困り|何か|その他|ほかに|他に)[^。\n]{0,30}(?:ましたら|でしたら|際は|ときは|時は|場合は)[^。\n]*|(?:今後とも|引き続き|何卒|どうぞ)[^。\n]*"
)
"""What closes nearly every reply is no alternative."""


def _refusal(page: Page) -> Iterator[Hit]:
    """A refusal, and nothing after it that can be done."""
    if not any(word in page.text for word in ("ません", "かねます", "断り", "不可")):
        return
    for found in _REFUSAL.finditer(page.text):
        if page.quoted(found.start()):
            continue
        if _ALTERNATIVE.search(_OFFER.sub("", page.text[found.end() : found.end() + 1_500])):
            continue
        if _SYMPTOM.search(page.text, max(0, found.start() - 20), found.start()):
            continue
        end = found.end() + (2 if page.text.startswith("ので", found.end()) else 0)
        yield Hit(found.start(), end, f"{found[0]}が、代わりにできることをお調べいたします", {"word": found[0]})
        return


_SYMPTOM = re.compile(r"ログイン|サインイン|起動|表示|再生|接続|印刷|とのこと|状態")
"""What the customer's machine cannot do is no refusal of ours."""

_NOT_SO = re.compile(r".{0,6}(?:では(?:ない|なく|ござい|あり)|じゃな|にはあたり|とは(?:考|思)|を責め)")
_AGAIN = "改めてのご案内となりますが"
_BEFORE = r"(?:(?:先日|以前|前回|先ほど|何度も|既に|すでに|前に)(?:メールで|お電話で)?も?、?)"
_BLAME = (
    phrase(
        "お客様の",
        "行き違い",
        r"お客様の(?:勘違い|思い違い|誤解|ご?認識違い|ご?誤認|責任|せい|過失|不注意|落ち度)(?=です|で|に|か|と|が原因)",
    ),
    phrase("お客様側", "行き違い", r"お客様側の(?:問題|原因|ミス|責任)(?=です|で|に|か|と)"),
    phrase("お客様の", "操作の行き違い", r"お客様の(?:ご?操作ミス|操作の誤り|誤操作|ご?操作間違い)"),
    phrase("お客様の", "入力内容の相違", r"お客様の(?:ご?入力ミス|入力間違い|ご?記入ミス)"),
    phrase("見落と", "ご案内の不足", r"お客様の(?:お?見落とし|ご?確認不足|ご?確認漏れ)"),
    phrase("お伝えした", _AGAIN, rf"{_BEFORE}?お伝えした(?:とおり|通り)(?=[、,。で])"),
    phrase("ご説明した", _AGAIN, rf"{_BEFORE}?ご説明した(?:とおり|通り)(?=[、,。で])"),
    phrase("申し上げた", _AGAIN, rf"{_BEFORE}?申し上げた(?:とおり|通り)(?=[、,。で])"),
    phrase("ご案内した", _AGAIN, rf"{_BEFORE}ご案内した(?:とおり|通り)(?=[、,。で])"),
    phrase("何度も", "改めてご案内し", r"何度も(?:申し上げ|お伝えし|ご説明し|ご案内し)(?=て)"),
    phrase("書いてあ", "記載がございま", r"書いてありま(?=す)"),
    phrase("よく", "ご覧", r"よく(?:お読み|読んで)(?=ください|いただ)"),
    phrase("ちゃんと", ""),
    phrase("はず", "お伝えした", r"(?:言った|申し上げた|お伝えした|ご説明した|ご案内した)はず"),
    phrase("普通は", "通常は"),
    phrase("では", None, r"(?:弊社|当社|私ども|こちら)の(?:責任|問題|ミス|不具合)では(?:あり|ござい)ません"),
    phrase(
        "なりましたか", None, r"(?:説明書|マニュアル|ヘルプ|規約|ご案内|FAQ)(?:は|を)(?:お読みに|ご覧に)なりましたか"
    ),
    phrase("使い方が", "設定が異なって", r"使い方が(?:間違って|誤って)"),
)


def _blame(page: Page) -> Iterator[Hit]:
    """Words that say it was the customer."""
    ends: set[int] = set()
    for hit in found_in(page, _BLAME, lambda found: not _NOT_SO.match(found.string, found.end())):
        if hit.start not in ends:
            ends.add(hit.start)
            yield hit


_AMOUNT = re.compile(
    r"(?:多少|若干|少し|少々|いくらか|ある程度|それなり|いくばくか)(?:の|、)?(?:お|ご)?(?:追加)?(?:の)?(?:費用|料金|手数料|金額|お金|代金|時間|日数|日にち|差額|値上げ|値引き?|割引|遅れ|遅延)"
    r"|(?:別途|追加)の?(?:費用|料金|手数料)(?=が|を)"
    r"|(?:費用|料金|手数料|金額|お?時間|お?日数|お?日にち|差額)(?:が|を|は)(?:多少|若干|少し|少々|いくらか|ある程度)"
)
_FIGURE = re.compile(r"\d|[一二三四五六七八九十百千万]+(?:円|割|日|時間|分|%)|無料|本日|明日|午前|午後|今週|来週")


def _amount(page: Page) -> Iterator[Hit]:
    """少し費用, and nobody says how much."""
    if not any(
        word in page.text
        for word in ("多少", "若干", "少し", "少々", "いくらか", "程度", "それなり", "いくばく", "別途", "追加")
    ):
        return
    for found in _AMOUNT.finditer(page.text):
        if not _FIGURE.search(page.around(found.start(), 60, 80)) and not page.quoted(found.start()):
            yield Hit(found.start(), found.end(), None, {"word": found[0]})


_UNSURE = (
    phrase("かもしれません", "可能性がございます", r"かもしれません(?=[。\n]|$)"),
    phrase("たぶん", "", "たぶん、?"),
    phrase("多分", "", r"(?<![一-龯])多分(?!に)、?"),
    phrase("おそらく", "", "おそらく、?"),
)
_THEIR_FEELINGS = re.compile(
    r"こと$|ご不便|ご不安|ご心配|お困り|お忙し|ご存[じ知]|お疲れ|ご迷惑|お気持ち|ご期待|残念|辛|つら|ごもっとも|驚"
)


def _weak(page: Page) -> Iterator[Hit]:
    """と思います where we should know."""
    yield from found_in(page, _UNSURE)
    if "と思" not in page.text:
        return
    for found in re.finditer(r"と思(?:います|っております|われます)(?=[。\n]|$)", page.text):
        sentence = page.sentence_at(found.start())
        before = page.text[sentence.start : found.start()]
        if before.endswith(("ば", "れば", "幸い")) or _THEIR_FEELINGS.search(before) or page.quoted(found.start()):
            continue
        start, instead = found.start(), "見込みです"
        if before.endswith("したい"):
            start, instead = found.start() - 3, "いたします"
        elif before.endswith("させていただきたい"):
            start, instead = found.start() - 9, "いたします"
        elif before.endswith("いたしたい"):
            start, instead = found.start() - 5, "いたします"
        elif before.endswith("たい"):
            instead = "存じます" if before[-3:-2] else "と存じます"
            start, instead = found.start(), "と存じます"
        elif before.endswith("だ"):
            start, instead = found.start() - 1, "です"
        elif before.endswith("か"):
            plain = re.search(r"[一-龯ァ-ヶー]か$", before)
            start, instead = found.start() - 1, "です" if plain else "見込みです"
        yield Hit(start, found.end(), instead, {"word": page.text[start : found.end()], "instead": instead})


_ROUGH = (
    phrase(
        "了解",
        "承知いたしました",
        r"(?<![ご御])了解(?:いたしました|致しました|しました|です|でございます)(?=[。、!\n]|$)",
    ),
    phrase("了解", "承知しております", r"(?<![ご御])了解(?:いたして|致して|して)おります"),
    phrase("ご苦労", "お世話になっております", r"ご苦労(?:様|さま)です"),
    phrase("ご苦労", "ありがとうございました", r"ご苦労(?:様|さま)でした"),
    phrase("お疲れ", "お世話になっております", r"お疲れ(?:様|さま)です"),
    phrase("すみません", "申し訳ございません", r"(?<![相がもはにか])す[み]ません(?!か)"),
    phrase("すいません", "申し訳ございません", r"(?<![がくれわ])すいません"),
    phrase("ごめん", "申し訳ございません", r"ごめん(?:なさい|ください)?(?=[。、!\n]|$)"),
    phrase("参考になりました", "勉強になりました"),
    phrase("お世話様", "お世話になっております", r"お世話(?:様|さま)(?:です|になっております|でございます)"),
    phrase("お世話様", "お世話になりました", r"お世話(?:様|さま)でした"),
    phrase("こんばんは", "お世話になっております"),
    phrase("こんにちは", "お世話になっております"),
    phrase("至急", "お手数ですが、", r"(?:大)?至急(?:に|、)?(?=[^。\n]{0,14}(?:ください|下さい|お願い))"),
    phrase("取り急ぎ", "まずは"),
    phrase("とり急ぎ", "まずは"),
    phrase("取急ぎ", "まずは"),
    phrase("とりいそぎ", "まずは"),
    phrase("あしからず", "何とぞ"),
    phrase("悪しからず", "何とぞ"),
    phrase("ご教授", "ご教示", r"ご教授(?=ください|いただ|願|のほど|の程|くださ|を)"),
    phrase("なるほど", "おっしゃるとおり", r"なるほど(?=です)"),
    phrase("なるほど", "おっしゃるとおりです", r"なるほど(?=[。、])"),
    phrase("どうしますか", "いかがなさいますか"),
    phrase("わかりました", "承知いたしました", r"(?:^|(?<=[。\n]))わかりました(?=[。、])"),
    phrase("分かりました", "承知いたしました", r"(?:^|(?<=[。\n]))分かりました(?=[。、])"),
    phrase("結構です", "不要でございます", r"(?<=は)結構です(?=[。\n])"),
)


def _rough(page: Page) -> Iterator[Hit]:
    return found_in(page, _ROUGH)


_CASUAL = (
    phrase("!!", "。", r"!{2,}"),
    phrase("(笑)", ""),
    phrase("笑", "", r"(?<=[ぁ-んー。!])笑(?=[\s。!]|$)"),
    phrase("ww", "", r"(?<![\w./:-])w{2,}(?![\w./])|(?<=[ぁ-ん])w+(?=[\s。!]|$)"),
    phrase("ちょっと", "少し", r"ちょっと(?!した)"),
    phrase("めっちゃ", "とても"),
    phrase("めちゃ", "とても", "めちゃくちゃ|めちゃめちゃ"),
    phrase("ぶっちゃけ", "率直に申しますと", "ぶっちゃけ"),
    phrase("超", "とても", r"(?<![一-龯])超(?=便利|速|早|簡単|安|お得|嬉し|おすすめ|人気)"),
    phrase("すごく", "大変"),
    phrase("すごい", "大変な", r"すごい(?=[一-龯])"),
    phrase("とりあえず", "まずは"),
    phrase("取りあえず", "まずは"),
    phrase("やっぱり", "やはり"),
    phrase("なので", "そのため", r"(?:^|(?<=[。\n]))なので(?=、)"),
    phrase("でも、", "しかしながら、", r"(?:^|(?<=[。\n]))でも、"),
    phrase("だから", "そのため", r"(?:^|(?<=[。\n]))だから(?=、)"),
    phrase("あと、", "また、", r"(?:^|(?<=[。\n]))あと、"),
    phrase("いろいろ", "さまざま", r"いろいろ(?=な[一-龯ァ-ヶ])"),
    phrase("全然大丈夫", "問題ございません", r"全然大丈夫です"),
    phrase("てま", lambda m: m[0] + "い", r"(?:して|って|いて|れて)(?=ま(?:す|せん|した))"),
    phrase("んでま", "んでい", r"んで(?=ま(?:す|せん|した))"),
    phrase("okです", "問題ございません", r"OKです"),
    phrase("ですかね", "でしょうか"),
    phrase("ますかね", "ますでしょうか"),
    phrase("んですけど", "のですが"),
    phrase("ですけど", "ですが", r"(?<!ん)ですけど(?=、)"),
    phrase("ますけど", "ますが", r"ますけど(?=、)"),
    phrase("マジ", "本当", r"マジ(?=で|に|です)"),
    phrase("しちゃ", "してしま", r"しちゃ(?=い|っ)"),
    phrase("じゃない", "ではない", r"(?<=[一-龯ぁ-ん])じゃない"),
    phrase("じゃあ", "では", r"(?:^|(?<=[。\n]))じゃあ"),
    phrase("みたいな", "のような", r"(?<=[一-龯ァ-ヶー])みたいな"),
    phrase("(^", "", r"\(\^[^()\n]{0,6}\)"),
    phrase("m(_ _)m", ""),
    phrase("(;", "", r"\(;[^()\n]{0,5};?\)"),
    phrase("♪", "。"),
    phrase("(汗)", ""),
    phrase("(泣)", ""),
)


def _casual(page: Page) -> Iterator[Hit]:
    return found_in(page, _CASUAL)


_SURE = re.compile(
    r"必ず(?!しも)|絶対(?:に)?(?=[^参値座音王的])|100(?:%|パーセント)|間違いなく|確実に|完璧に|完全に|永久に|永久(?=保証)|永遠に|二度と"
)
_SAYS_SO = re.compile(r"ます(?!か|よう)|ません|です(?!か)|お約束|保証")
_OUTCOME = re.compile(r"満足|安全|安心|大丈夫|解決|直|改善|復旧|成功|間に合|届|防|保証|返金|正確|確実")
_NOT_ASSURED = re.compile(
    r"ください|下さい|お願い|いただ(?!け)|頂|必要|場合|確認の|ご記入|よう(?!な)|努め|限りません|とは(?:言|申|限)|お読み|ご覧|表示|なります"
)


def _sure(page: Page) -> Iterator[Hit]:
    """必ず直ります: nobody can know. 必ずご確認ください asks, 必ずしも limits, 再発しないよう努める tries."""
    for found in _SURE.finditer(page.text):
        sentence = page.sentence_at(found.start())
        after = page.text[found.end() : min(sentence.end, found.end() + 40)]
        clause = re.split(r"[、。]", after)[0] if "、" in after[1:] else after
        if found[0].startswith(("100", "完全")) and not _OUTCOME.search(clause[:8]):
            continue  # 果汁100%
        if _SAYS_SO.search(clause) and not _NOT_ASSURED.search(clause) and not page.quoted(found.start()):
            end = found.end() + after.startswith("、")
            yield Hit(found.start(), end, "", {"word": found[0]})


RULES = (
    Rule("blame", Severity.HINT, ("ja",), "manner", 105, _blame),
    Rule("promise-too-sure", Severity.HINT, ("ja",), "manner", 107, _sure),
    Rule("refusal-alone", Severity.HINT, ("ja",), "manner", 130, _refusal),
    Rule("rough", Severity.HINT, ("ja",), "manner", 132, _rough),
    Rule("casual", Severity.HINT, ("ja",), "manner", 133, _casual),
    Rule("demand", Severity.HINT, ("ja",), "manner", 136, _demand),
    Rule("amount-vague", Severity.HINT, ("ja",), "manner", 135, _amount),
    Rule("weak", Severity.HINT, ("ja",), "manner", 152, _weak),
)

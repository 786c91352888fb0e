"""Sentences that stand in nearly every mail: greetings, closings, introductions and signatures, Japanese and English."""

from __future__ import annotations

import re
from typing import Final

from server.replies.sentences import folded

_LONGEST: Final = 90
# Names and companies: anything short without a particle that would make it a sentence of its own.
_NAME: Final = r"[^、。,!?]{0,40}?"
_PLEASE: Final = r"(?:何卒|なにとぞ|どうぞ|どうか|以上|では|それでは|今後とも|引き続き|ご確認|ご対応|ご検討|ご回答|ご返信|ご返答|ご連絡|ご教示|お返事|お手数(?:を(?:お)?かけ(?:し|いたし|致し)ます|です)?が?|恐れ入りますが|恐縮ですが|お忙しいところ(?:恐(?:れ入り|縮)(?:ます|です)が)?|(?:の)?ほど|程|を|、|,|\s|宜しく|よろしく)*"
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # greetings
        rf"{_NAME}(?:いつも|平素(?:より|は)?|毎度|日頃(?:より|は)?|大変|格別の?|お引き?立て|ご愛顧|(?:誠に|たいへん))*{_NAME}(?:お世話(?:に|様)?(?:に?なっ(?:て(?:おり|い)?ます|ております)|です|になります)|おせわになって(?:おり|い)ます)",
        r"(?:こんにちは|こんばんは|おはようございます|はじめまして|初めまして|お疲れ様です|お疲れさまです|拝啓|敬具|前略|草々)(?:[、。!\s].{0,20})?",
        r"(?:突然|初めて|はじめて)の?(?:ご連絡|メール|お問い?合わせ)(?:を)?.{0,12}(?:失礼|申し訳|恐れ入り|させて|いたし|致し|です).{0,14}",
        r"(?:いつも|平素(?:より|は)?|日頃(?:より|は)?|この度は|このたびは|先日は|早速の|ご|お|迅速な).{0,30}(?:ありがとうございま(?:す|した)|有難うございま(?:す|した)|(?:御|お)礼申し上げます|感謝(?:いたし|致し|申し上げ|して)(?:ており)?ます|助かって(?:い|おり)ます)",
        r"(?:大変|誠に|本当に)?お忙しい(?:ところ|中).{0,24}",
        r"(?:お手数|ご面倒|ご迷惑)(?:を)?(?:お?かけ|おかけ).{0,30}",
        r"(?:お手数|恐れ入り|恐縮).{0,16}(?:が|けれど|けど)?",
        # closings
        rf"{_PLEASE}(?:お願い|おねがい|御願い)(?:を)?(?:いた|致|申し上げ|し)?(?:し)?(?:ます|申し上げます|致します|いたします|したいです)?",
        r"(?:ご|お|御)(?:確認|対応|検討|回答|返信|返答|返事|連絡|教示|手配)(?:を|の(?:ほど|程)|いただ|頂|くださ|下さ|を?お待ち).{0,24}",
        r"(?:以上|では|それでは)(?:です|となります|になります|、).{0,16}|以上",
        r"(?:取り急ぎ|とりいそぎ|まずは).{0,24}(?:まで|ます|です)",
        r"(?:どうぞ|どうか|何卒|宜しく|よろしく)\s*(?:です|頼みます|どうぞ)?",
        r"ありがとうございま(?:す|した)|有難うございま(?:す|した)|失礼(?:いた|致)?します",
        # who writes, to whom
        r"[^。!?]{0,50}?(?:と申します|と言います|といいます|でございます)",
        r"[^、。,!?はがをにで]{0,20}(?:会社|\(株\)|㈱|商事|商店|工業|産業|物産|製作所|建設|電機|大学|病院|協会|部|課|室|店)[^、。,!?はがをにで]{0,20}(?:の|\s)[^、。,!?はがをにで\s]{1,12}(?:です|でした)",
        r"[^、。,!?はがをにで]{1,40}(?:様|さま|御中|各位|殿|さん|ご?担当者(?:様|さま|殿)?)(?:へ)?",
        # signatures
        r"(?:(?:株式|有限|合同)会社|\(株\)|㈱)\s*[^\s、。はがをに]{1,24}(?:\s+\S{1,20}){0,3}|[^\s、。はがをに]{1,24}(?:(?:株式|有限|合同)会社|\(株\)|㈱)(?:\s+\S{1,20}){0,3}",
        r"(?:tel|fax|phone|mobile|電話(?:番号)?|携帯(?:電話)?|ファックス|〒)\s*[:. ]*[-+0() ]{3,24}.{0,40}",
        r"(?:メール(?:アドレス)?|e-?mail|mail|url|web|hp|住所)\s*:.{0,80}",
        r"〒?\s*0-0\s*.{0,50}|\S{1,40}@\S{1,40}|(?:https?://|www)\S{1,80}|\+?[-0() ]{5,24}",
        r"[^\s、。はがをに]{0,20}(?:部|課|室|係|チーム|グループ|センター|サポート|事業部|支店|営業所)(?:\s+[^\s、。]{1,10}){0,3}",
        r"(?:iphone|ipad|android|スマートフォン)から送信|sent from my .{1,30}|get outlook for .{1,20}",
        # English
        r"(?:i |we )?(?:just )?(?:hope|trust)(?: that)?(?: you| this| all| everything).{0,60}",
        r"(?:many |kind |warm |best |with |yours |thanks and |thank you and )*(?:regards|wishes|sincerely|faithfully|truly|cheers|respectfully|greetings)(?:[ ,]+[\w .'-]{0,30})?",
        r"(?:so |many |very )*(?:thanks|thank you|thx|much appreciated|appreciated)(?: so much| very much| a lot| again| in advance| kindly| for (?:your|the|any|all)(?: \w+){0,6}| and .{0,30})*(?:[ ,]+[\w .'-]{0,20})?",
        r"(?:i |we )?(?:am |are |'m )?look(?:ing)? forward to (?:hearing|your|seeing|a |the ).{0,50}",
        r"(?:i |we )?(?:am |are |'m )?await(?:ing)? your (?:reply|response|answer|news|feedback).{0,20}",
        r"(?:i |we )?(?:would |really |greatly |do )*appreciate (?:your|any|it|a (?:quick|prompt|swift)) ?.{0,40}",
        r"(?:please )?(?:kindly )?(?:let (?:me|us) know|get back to (?:me|us)|feel free to .{0,30})(?: if (?:you|there is|there's) .{0,50}| as soon as possible| soon| asap| when you can| what you think| at your earliest convenience)*",
        r"my name is [\w.' -]{2,40}(?: (?:from|of|at|with|and i) [\w.,'& -]{2,50})?",
        r"(?:thank|thanks|sorry|apologies|i apologi[sz]e) .{0,10}(?:your (?:time|help|support|assistance|patience|understanding)|in advance|to (?:bother|trouble) you).{0,20}",
        r"(?:any help|your (?:help|assistance|support)|a (?:quick|prompt) (?:reply|response)) .{0,20}(?:appreciated|welcome|great)",
        r"have a (?:nice|good|great|lovely) .{1,20}|(?:best|cheers|sincerely|take care)",
    )
)


_CAPITAL: Final = r"[A-Z][\w.'&/-]*"
_ADDRESSED: Final = (
    r"there|all|both|team|everyone|everybody|folks|support|customer|service|sir|madam|or|and|to|whom|it|may|concern"
)
_NAMED: Final = tuple(
    re.compile(pattern)  # only capitals tell a name from a question: "I am Ann", "I am locked out"
    for pattern in (
        rf"(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|to whom)(?:[ ,]+(?:{_CAPITAL}|{_ADDRESSED})){{0,6}}",
        rf"(?:This is|I am|I'm|I’m)(?: {_CAPITAL}){{1,3}}(?:,? (?:from|of|at|with) .{{2,40}})?",
    )
)


def is_boilerplate(sentence: str) -> bool:
    """Whether it is a greeting, a thanks, a closing, an introduction or a line of a signature, and nothing besides."""
    if len(sentence) > _LONGEST:
        return False
    plain = folded(sentence)
    named = sentence.strip(" .,!:;-")
    return any(one.fullmatch(plain) for one in _PATTERNS) or any(one.fullmatch(named) for one in _NAMED)

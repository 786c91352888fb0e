"""What stands around the message of a mail: banners of mail gateways, lines that phones add, disclaimers, signatures.

Whatever looks like an address to deliver to, data that was asked for, or a question about such lines stays: a signature
left in costs little, a lost sentence much. The traps are in tests/mail/newtext_cases/traps.txt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_LONGEST = 400  # longer lines are prose; no pattern for short lines sees them
_SIGNATURE_LINES = 12
_WINDOW = 20  # how far above the end a ruled signature may begin
_PARAGRAPH = 30
_MOST_DISCLAIMERS = 6

_DEVICE = (
    r"(?:iPhone|iPad|iPod|Mac(?:Book)?|Android|スマートフォン|スマホ|携帯(?:電話)?|タブレット|Xperia|Galaxy|AQUOS|arrows|Pixel|らくらくホン"
    r"|BlackBerry|Huawei|docomo|ドコモ|SoftBank|ソフトバンク|Windows ?Phone|Yahoo!?メール(?:\s?アプリ)?|Gmail(?:\s?アプリ)?|Outlook(?: for \w+)?|Spark)"
)
_APP = r"(?:iPhone|iPad|phone|smartphone|mobile|cell|Galaxy|Android|BlackBerry|Pixel|Xperia|Mail|Outlook|Yahoo!?|Proton|Gmail|Samsung|Huawei|tablet|device|Windows|Surface|Spark|Superhuman|AOL)"
_ADDED_LINK = r"(?:\s*[<(\[][^<>]{0,200}[>)\]]?)?"
_ADVERT = re.compile(
    rf"""^[\[(\uff08【<\uff1c]?\s?(?:
        (?:[\w!]{{1,10}}の|au|UQ)?\s?{_DEVICE}\s?(?:端末|携帯(?:電話)?|デバイス|スマートフォン)?\s?(?:から|より|で)の?(?:送信|送信されました|送信しています)
      | .{{0,24}}アプリ(?:から|より|で)送信
      | (?:iOS|Android|Mac|Windows(?:\s?1[01])?)\s*版?の?\s?(?:Outlook|メール|Gmail)(?:\s?アプリ)?\s?(?:を入手(?:する)?|(?:から|で)の?送信|から送信されました)
      | Outlook\s+for\s+(?:iOS|Android|Mac)\s*(?:を入手(?:する)?|から(?:の)?送信)?
      | Get\s+Outlook\s+for\s+\w+
      | Sent\s+(?:from|via|with|using)\s+(?:\w[\w'-]*\s){{0,3}}{_APP}(?:\s\d{{1,2}})?(?:\s(?:app|phone|tablet|mail|mobile|device|smartphone))?
        (?:\s(?:for|on)\s[\w ]{{2,20}})?
        (?:[,.;(\s-]{{1,3}}[^.?]{{0,40}}(?:typos?|brevity|brief|errors|autocorrect)[^?]{{0,20}})?
      | \[?(?:cid|image):[^\]\s]{{1,80}}
      | Virus-free[.\s].{{0,40}}
    )\]?{_ADDED_LINK}\s?[\])\uff09】>\uff1e。.]?$""",
    re.VERBOSE | re.IGNORECASE,
)
"""Lines that programs add by themselves. 「iPhoneから送信できません」 is none."""

_TAG = r"(?:社外メール|社外からのメール|外部メール|外部からのメール|社外|外部|EXTERNAL(?:\s+(?:E-?MAIL|SENDER|MESSAGE))?|EXT)"
_BANNER_TAG = re.compile(
    rf"^\s*(?:[【\[\uff3b<\uff1c(*#=-]+\s*{_TAG}\s*[】\]\uff3d>\uff1e)*#=-]+)[:\uff1a\s]*+(?![とがのはをにで]|(?:is|was|in|on|appears|tag)\b)",
    re.IGNORECASE,
)
_BANNER_BEGINS = re.compile(
    r"""^[\s*※!\uff01\[【⚠\ufe0f-]*(?:
        (?:(?:CAUTION|WARNING|ATTENTION|注意|ご注意|警告|NOTICE)[\s!:\uff1a】\]*-]*)?
        (?:(?:this\s+(?:e-?mail|message)\s+(?:originated|was\s+sent|came|is)\s+(?:from\s+)?(?:an?\s+)?(?:outside|external))
          |external\s+(?:e-?mail|sender)\s*[:.!-]
          |you\s+don['’]t\s+often\s+get\s+e-?mail\s+from
          |(?:この|本)(?:電子)?メールは、?(?:社外|組織外|外部|当社外|組織の外)(?:の?(?:方|送信者|アドレス|ドメイン))?(?:から|より)(?:の|送信|届|受信|送ら)
          |(?:社外|外部|組織外)(?:から|より)(?:送信された|届いた|受信した|の)メールです)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_BANNER_GOES_ON = re.compile(
    r"\bclick|\battachments?\b|\blinks?\b|\bsender|content\s+is\s+safe|phishing|添付ファイル|リンク|URL|送信者|送信元|不審|開(?:く|か)",
    re.IGNORECASE,
)

_DISCLAIMS = re.compile(
    r"""^[\s※*\uff0a【\[■●◆・<\uff1c(\uff08>#_-]*(?:
        (?:本|この|当)(?:電子|e-?|\uff25)?(?:メール|mail|メッセージ|通信)
      | (?:機密(?:情報|保持)?|秘密(?:保持|情報)?|守秘義務|免責)(?:に関する|について|の|事項|)(?:お知らせ|ご?注意|事項|お願い|条項|】|$)
      | (?:万一|万が一|もし)?、?(?:本|この)?(?:メール)?(?:を|が)?(?:誤って|手違いで)
      | this\s+(?:e-?mail|message|communication|transmission|electronic)
      | the\s+(?:information|contents?|text)\b.{0,30}\bthis\s+(?:e-?mail|message|communication|transmission)
      | notice\s*:
      | (?:confidential(?:ity)?|privacy|privileged|legal|important|disclaimer)\b.{0,24}(?:notice|note|disclaimer|information|\band\b|:)
      | disclaimer\b
      | if\s+you\s+(?:have\s+received\s+this|received\s+this|are\s+not\s+the\s+(?:intended|named))
      | any\s+(?:views|opinions|unauthori[sz]ed)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_DISCLAIMER_WORDS = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"機密|秘密|守秘|秘匿|名宛人|意図された",
        r"誤って|誤送信|手違い|間違って",
        r"破棄|削除|消去",
        r"心当たり[のが]ない(?:場合|方)",
        r"無断|複製|転用|開示|複写|第三者|禁(?:止|じ)|お断り",
        r"(?:含ま|含む|含んで).{0,16}(?:場合|可能性|おそれ|恐れ|ことが)",
        r"\bconfidential",
        r"\bprivileged\b|\bproprietary\b",
        r"intended\s+(?:solely|only|exclusively|for|recipient)|\baddressee|(?:solely|only)\s+for\s+the\s+use",
        r"in\s+error\b|by\s+mistake",
        r"notify\s+(?:the\s+sender|us)|\bdelete\b|\bdestroy\b",
        r"disclos|distribut|\bcopying\b|dissemination|unauthori[sz]ed|strictly\s+prohibited",
        r"\bliab(?:le|ility)|\bviruses\b",
    )
)
_SINGLE_DISCLAIMER = re.compile(
    r"^[\s\W]*(?:(?:please\s+)?(?:consider|think\s+(?:of|about))\s+(?:the|our)\s+environment\s+before|before\s+printing,?\s+think"
    r"|(?:この|本)メール(?:は|に).{0,30}(?:ウイルス|ウィルス).{0,12}(?:チェック|スキャン|検査|検出).{0,12}(?:され|済|あり|おり)"
    r"|this\s+(?:e-?mail|message)\s+has\s+been\s+(?:checked|scanned)\s+(?:for|by)"
    r"|.{0,20}環境.{0,16}(?:印刷|プリント)"
    r"|[A-Z][\w&.,' -]{2,60}\b(?:Ltd|Limited|LLC|PLC|LLP)\b\.?,?\s+(?:is\s+)?(?:a\s+company\s+)?registered\s+in)",
    re.IGNORECASE,
)
_NO_DISCLAIMER = re.compile(
    r"という|とあ[りる]|とのこと|ですか|でしょうか|ますか|ました[。、が\s]|[?\uff1f]|\b(?:I|we)\s+(?:saw|got|want|would|need|received)\b|\bwhy\b",
    re.IGNORECASE,
)

_DELIMITER = re.compile(r"^-- ?$")
_RULED = re.compile(
    r"^[-=_*~#+・.:;|/\\ー─━―‐–—\uff1a\uff0d\uff1d\uff3f\uff0a\uff5e〜∽◆◇■□●○★☆▼▽△▲※┏┓┗┛┣┫┃│┌┐└┘├┤+\uff61ﾟ゜°'`oO\s]{5,}$"
)
_SHORT_RULE = re.compile(r"^\s*[-=_*~ー─━―—]{2,8}\s*$")
_RULED_MARK = re.compile(r"[^\soO]")
_CONTACT = re.compile(
    r"\bTEL\b|\bFAX\b|\bPhone\b|\bMobile\b|電話|携帯|〒\s*\d|\S@\S|株式会社|有限会社|合同会社|\uff08株\uff09|\(株\)|㈱|https?://|www\.|E-?mail|メール[:\uff1a]"
    r"|\b(?:Inc|Ltd|LLC|GmbH|Corp)\b\.?",
    re.IGNORECASE,
)
_FILLED_IN = re.compile(
    r"^[\s■●◆◇□○・*【\[「<\uff1c#-]*(?:(?:ご|お)?(?:問い?合わせ|相談|質問|要望|用件|意見|注文|依頼)(?:の?内容|事項)?|内容|本文|メッセージ|コメント|備考|件名"
    r"|(?:your )?(?:message|comments?|enquiry|inquiry|question))\s*(?:[(\uff08][^()\uff08\uff09]{0,20}[)\uff09])?[】\]」>\uff1e]?\s*(?:[:\uff1a=]|$|(?<=[】\]」>]))",
    re.IGNORECASE,
)
"""A field of a form: what follows a ruled line there is the message, addresses and all."""

_POSTSCRIPT = re.compile(r"^\s*(?:P\.?\s?S\.?\s?[.:,\s\uff1a]|追伸|追記|なお、)", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:[。?\uff1f]|(?:です|ます|ません|ました|ください|下さい|でしょうか|ですか|ますか)[!\uff01]?)\s*$"
    r"|^(?:I|We|It|Is|Are|Can|Could|Please|What|When|Where|How|Why|The|There|My)\b.{8,}[.!?]\s*$"
)
_QUESTION = re.compile(r"[?\uff1f]\s*$|(?:でしょうか|ですか|ますか)[。\s]*$")
_ANNOUNCES = re.compile(
    r"[:\uff1a]\s*$|\b(?:to|at|is|are)\s*$|下記|以下|次の|住所|送付先|届け先|配送先|送り先|宛先|宛名は|連絡先|電話番号|メールアドレス|担当者|署名|名義|登録(?:情報|内容)|氏名|名前|口座"
    r"|\bbelow\b|\bfollowing\b|\baddress|\bphone\s+number|\bcontact\s+(?:details|info|person)|\bdetails\s+(?:you|are)|\b(?:reach|call)\s+(?:me|us)"
    r"|\bmy\s+(?:number|details|name)|\bhere\s+(?:is|are)|\b(?:ship|deliver|send)\s+(?:it\s+|them\s+)?to\b|\bsignature",
    re.IGNORECASE,
)
"""The lines above say that what follows is what the mail is about."""

_POINTS_BELOW = re.compile(r"[:\uff1a]\s*$|下記|以下|次の|\bbelow\b|\bfollowing\b|\bhere\s+(?:is|are)\b", re.IGNORECASE)

_CLOSES = re.compile(
    r"(?:よろしく|宜しく|願い(?:し|いた|致|申)|願います|^\s*以上|敬具|かしこ|草々|早々|失礼(?:いた|し|致)|ありがとうござい|有難うござい|お待ちして|頼みます)"
    r"|^\W*(?:many\s+)?(?:thanks|thank\s+you|cheers|(?:with\s+)?(?:best|kind(?:est)?|warm(?:est)?)?\s*(?:regards|wishes)|(?:yours\s+)?(?:sincerely|truly|faithfully)|best|yours|respectfully|all\s+the\s+best)"
    r"\b.{0,40}$|look(?:ing)?\s+forward\s+to",
    re.IGNORECASE,
)
_VALEDICTION = re.compile(
    r"^\W*(?:many\s+)?(?:thanks|thank\s+you|cheers|(?:with\s+)?(?:best|kind(?:est)?|warm(?:est)?)?\s*(?:regards|wishes)|(?:yours\s+)?(?:sincerely|truly|faithfully)|best|yours|respectfully|all\s+the\s+best)"
    r"(?:\s+(?:in\s+advance|again|very\s+much|so\s+much|truly|sincerely))?\W*$",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"""^\s*(?:
        (?:いつも|大変|平素|日頃)?.{0,16}お世話に(?:なって|なり).{0,16} | お疲れ(?:様|さま).{0,12} | .{0,30}(?:様|御中|さん|各位)
      | (?:はじめまして|初めまして|こんにちは|こんばんは|おはようございます|拝啓|前略|敬具|草々|以上)
      | (?:\S{1,16}の)?[一-龯々ァ-ヶー]{1,8}(?:です|と申します|でございます) | .{0,14}(?:よろしく|宜しく)お願い.{0,14}
      | (?:hi|hello|dear|good\s+(?:morning|afternoon|evening))\b.{0,30}
    )[。、,.!\uff01\s]*$""",
    re.VERBOSE | re.IGNORECASE,
)

_TELEPHONE = r"\+?[\d(][\d()\s.\u2010-\u2015\uff0d-]{7,18}\d"
_CARD_CONTACT = re.compile(
    rf"""^\W{{0,4}}(?:
        (?:tel(?:ephone)?|fax|phone|mobile|cell|office|direct|電話|携帯(?:電話)?|直通|代表|内線|[tmfpd])\s?(?:番号)?(?:[.:\uff1a/\s)\uff09]|(?=[\d+]))\W{{0,3}}[\d+(].{{6,80}}
      | {_TELEPHONE}(?:\s*[(\uff08].{{1,12}}[)\uff09])?
      | (?:e-?mail|mail|メール(?:アドレス)?|[ew]|web|url|hp)?\W{{0,3}}(?:mailto:)?[\w.+-]{{1,60}}@[\w.-]{{3,60}}\S{{0,80}}
      | (?:web(?:site)?|url|hp|w)?\W{{0,3}}(?:https?://|www\.)\S{{3,160}}
      | (?:(?:住所|所在地)\s?[:\uff1a]\s?)?(?:〒\s?\d{{3}}-?\d{{4}}.{{0,60}}|\d{{3}}-\d{{4}}\s.{{4,60}})
      | (?:(?:住所|所在地)\s?[:\uff1a]\s?)?(?:東京都|北海道|(?:京都|大阪)府|[一-龯]{{2,3}}県)?[一-龯ヶァ-ヴー]{{1,8}}[市区町村][一-龯ぁ-んァ-ヴー\d\uff10-\uff19\u2010-\u2015\uff0d丁目番地号の-]{{2,40}}.{{0,30}}
      | \d{{1,5}}[A-Za-z]?\s[A-Z][\w' .-]{{2,40}}\b(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Blvd|Boulevard|Way|Square|Place|Court)\b.{{0,60}}
      | [A-Z][\w' .-]{{1,40}},\s(?:[A-Z]{{2}}\s\d{{5}}|[A-Z]{{1,2}}\d[\dA-Z]?\s\d[A-Z]{{2}}).{{0,30}}
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_POSTAL = re.compile(
    r"〒|\d{3}-\d{4}\s|[市区町村].{1,30}\d|\b(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Blvd|Way|Square)\b"
)
_SENDS = re.compile(
    r"再送|送って|送付|お送り|届け(?:て|先)|返送|変更|引っ?越|転居|\b(?:re-?)?send\s(?:it|them|me|us|this|a|another)\b|\bship\s(?:it|them|to)\b|\bmoved\b|\bdeliver\s(?:it|them|to)\b",
    re.IGNORECASE,
)
"""Above a postal address: that is where to send it, whoever's it is."""
_LABEL = re.compile(
    r"^\W*(?:新|旧|変更後?の?|変更前の?|ご?返送|送付|お?届け)?(?:住所|送り先|送付先|届け先|配送先|返送先|宛先|宛名|連絡先|氏名|お?名前|担当者?名?|差出人|請求先|変更[前後]|[新旧])\W*$"
)
_CARD_FIRM = re.compile(
    r"""株式会社|有限会社|合同会社|一般社団法人|[(\uff08][株有][)\uff09]|㈱|㈲
      |(?:部|課|室|係|支店|支社|営業所|事業部|本部|グループ|チーム|センター|サポート|デスク|窓口|事務局|本店|工房|商店|商会)(?:[\s\u3000/]|$)
      |(?:部長|課長|係長|主任|店長|社長|取締役|代表|担当|マネージャー|リーダー)(?:[\s\u3000:\uff1a/]|$)
      |\b(?:Inc|Ltd|LLC|GmbH|Corp|Corporation|Limited|PLC|Co)\b
      |\b(?:Manager|Director|Engineer|Officer|Assistant|Consultant|President|Head\sof|Department|Sales|Finance|Purchasing|Procurement|Accounting|CEO|CTO|CFO|Founder|Owner|Coordinator|Specialist)\b""",
    re.VERBOSE,
)
_SPOKEN = re.compile(r"です|ます|ません|ました|したい|ください")
_CARD_NAME = re.compile(
    r"""^\W{0,3}(?:
        [一-龯々ぁ-んァ-ヶー]{1,6}[\s\u3000]{0,2}[一-龯々ぁ-んァ-ヶー]{1,7}(?:\s?[(\uff08/].{1,30})?
      | [A-Z][\w'’.-]{0,20}(?:\s(?:[A-Z][\w'’.-]{0,20}|of|and|&|de|van|von|the)){0,4}(?:,?\s(?:PhD|MBA|Jr\.?|[A-Z]{2,4}))?(?:\s\([a-z/ ]{2,20}\))?
      | (?:営業|受付|対応)時間.{0,40} | 定休日?.{0,20} | (?:office\s)?hours\b.{0,40}
      | .{0,20}(?:ビル|号室|階|\dF)\s?\d{0,3}
    )\s*$""",
    re.VERBOSE,
)


def without_banner(lines: Sequence[str]) -> list[str]:
    """The lines without what machines added: a gateway's warning at the top, a phone's line anywhere; no white space at their ends."""
    kept = [line.rstrip() for line in lines if len(line) > _LONGEST or not _ADVERT.match(line.strip())]
    at = next((at for at, line in enumerate(kept) if line), 0)
    if at < len(kept) - 1 and _rules(kept[at]) and _BANNER_BEGINS.match(kept[at + 1][:_LONGEST]):
        at += 1
    while at < len(kept) and len(kept[at]) <= _LONGEST:
        tag = _BANNER_TAG.match(kept[at])
        if tag:
            kept[at] = kept[at][tag.end() :]
            if kept[at]:
                break
            at += 1
        elif _BANNER_BEGINS.match(kept[at]) and not _QUESTION.search(kept[at]):
            at += 1
            while at < len(kept) and len(kept[at]) <= _LONGEST and _BANNER_GOES_ON.search(kept[at]):
                at += 1
        else:
            break
        while at < len(kept) and (not kept[at] or _rules(kept[at])):
            at += 1
    return kept[at:]


def without_ending(lines: Sequence[str]) -> list[str]:
    """The lines without signature and disclaimers. Nothing is left when the mail has nothing else."""
    kept = _trimmed(lines)
    for _ in range(2):  # a disclaimer stands under the signature, or over it
        kept = _trimmed(kept[: _disclaimer(kept)])
        start, end = _signature(kept)
        kept = _trimmed([*kept[:start], *kept[end:]])
    return kept


def _trimmed(lines: Sequence[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return list(lines[:end])


def _disclaimer(lines: list[str]) -> int:
    """Where the disclaimers at the end begin."""
    cut = len(lines)
    for _ in range(_MOST_DISCLAIMERS):
        end = cut
        while end and (not lines[end - 1] or _is_ruled(lines[end - 1])):
            end -= 1
        first = end
        while first and end - first < _PARAGRAPH and lines[first - 1] and not _is_ruled(lines[first - 1]):
            first -= 1
        begins = next((at for at in range(first, end) if _disclaims(lines, at, end)), None)
        if begins is None or _POINTS_BELOW.search(_above(lines, begins)[-200:]):
            return cut
        cut = begins
        if cut == first and cut and _is_ruled(lines[cut - 1]):
            cut -= 1
    return cut


def _disclaims(lines: list[str], at: int, end: int) -> bool:
    if _SINGLE_DISCLAIMER.match(lines[at][:_LONGEST]):
        return not any(_QUESTION.search(line[-40:]) for line in lines[at:end])
    if not _DISCLAIMS.match(lines[at][:_LONGEST]):
        return False
    text = " ".join(lines[at:end])[:3000]
    return sum(bool(words.search(text)) for words in _DISCLAIMER_WORDS) >= 2 and not _NO_DISCLAIMER.search(text)


def _signature(lines: list[str]) -> tuple[int, int]:
    """First line of the signature and the line after it; twice the number of lines when there is none."""
    start = _delimited(lines)
    if start is None:
        start = _under_a_rule(lines)
    if start is None:
        start = _without_a_rule(lines)
    if start is None:
        return len(lines), len(lines)
    return start, next((at for at in range(start + 1, len(lines)) if _POSTSCRIPT.match(lines[at])), len(lines))


def _delimited(lines: list[str]) -> int | None:
    for at in range(max(1, len(lines) - 2 * _SIGNATURE_LINES), len(lines)):
        if _DELIMITER.match(lines[at]):
            block = lines[at + 1 :]
            asks = any(_QUESTION.search(line[-40:]) for line in _before_postscript(block))
            # Some part their paragraphs with two dashes.
            if not asks or any(_CONTACT.search(line[:_LONGEST]) for line in block):
                return at
    return None


def _under_a_rule(lines: list[str]) -> int | None:
    first = max(0, len(lines) - _WINDOW)
    ruled = [at for at in range(first, len(lines)) if _rules(lines[at])]
    for at, until in pairwise([*ruled, len(lines)]):
        # Only the block right under the line counts: a list between two lines stands above the signature more often than not.
        block = [line for line in lines[at + 1 : until] if line]
        below = [line for line in _before_postscript(lines[until + 1 :]) if line and not _is_ruled(line)]
        if (
            any(_CONTACT.search(line[:300]) or _CARD_CONTACT.match(line[:160]) for line in block)
            and not any(_FILLED_IN.match(line[:60]) for line in block)
            and not any(_SENTENCE.search(line[-60:]) for line in below)
            and not _POINTS_BELOW.search(_above(lines, at)[-200:])
            and (_is_ruled(lines[at]) or all(_card(line) for line in block))
        ):
            return at
    return None


def _without_a_rule(lines: list[str]) -> int | None:
    """A block of name, firm and ways to reach them at the end, under a closing sentence or, when it names a firm, under an empty line."""
    start, at, kinds = len(lines), len(lines) - 1, list[str]()
    while at >= 0 and len(lines) - at <= _WINDOW and len(kinds) <= _SIGNATURE_LINES:
        if lines[at]:
            kind = _card(lines[at])
            if not kind:
                break
            kinds.append(kind)
            start = at
        at -= 1
    contacts, firms = kinds.count("contact"), kinds.count("firm")
    if len(kinds) < 2 or contacts + firms == 0 or contacts == len(kinds) or _announced(lines, start):
        return None
    above = _above(lines, start)
    sent_to = firms == 0 and any(_POSTAL.search(line) for line in lines[start:])
    if sent_to and any(_SENDS.search(line) for line in _two_above(lines, start)):
        return None
    if not above:
        return start if contacts else None
    closed = bool(_CLOSES.search(above[:200]))
    apart = not lines[start - 1]
    # A list of firms under 「お願いします。」 is what the mail is about.
    wanted = (contacts > 0 or firms == 1) if closed else (contacts > 0 and firms > 0 and apart)
    says = any(line and not _SAYS_NOTHING.match(line[:80]) for line in lines[:start])
    return start if wanted and says else None


def _card(line: str) -> str:
    """What this line of a visiting card is: contact, firm or name; "" when it is none."""
    if len(line) > 160 or _SENTENCE.search(line[-60:]) or _VALEDICTION.match(line) or line.lstrip()[:1] in {"・", "["}:
        return ""
    kinds = {_card_part(part.strip()) for part in re.split(r"[|\uff5c]", line)[:5] if part.strip()}
    return next((kind for kind in ("", "contact", "firm", "name") if kind in kinds), "")


def _card_part(part: str) -> str:
    if _CARD_CONTACT.match(part):
        return "contact"
    if len(part) > 60 or part.endswith((":", "\uff1a", "、", "が", "は", "!", "\uff01")):
        return ""
    if _CARD_FIRM.search(part) and not _SPOKEN.search(part):
        return "firm"
    return "name" if _CARD_NAME.match(part) and not _LABEL.match(part) else ""


def _announced(lines: list[str], at: int) -> bool:
    """Whether the two lines above say that what follows is the matter itself."""
    return any(_ANNOUNCES.search(line) for line in _two_above(lines, at))


def _two_above(lines: list[str], at: int) -> list[str]:
    return [line[-200:] for line in lines[max(0, at - 6) : at] if line][-2:]


def _above(lines: list[str], at: int) -> str:
    return next((line for line in reversed(lines[:at]) if line.strip()), "")


def _before_postscript(lines: list[str]) -> list[str]:
    return lines[: next((at for at, line in enumerate(lines) if _POSTSCRIPT.match(line)), len(lines))]


def _rules(line: str) -> bool:
    return _is_ruled(line) or bool(_SHORT_RULE.match(line))


def _is_ruled(line: str) -> bool:
    return len(line) <= _LONGEST and bool(_RULED.match(line)) and len(_RULED_MARK.findall(line)) >= 5

"""Details that an answer needs: which kinds, what a mail gives of them, and how to ask the customer for the rest.

What is found may be put into a reply (ご注文番号 A-1234567), so a doubtful find is no find: a telephone number is no order, and a card
number is nothing at all. The cost of a miss is one question too many.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from server.domain.workspace import Names

_READ = 8_000  # nobody gives a number further down
_LONGEST = 80


class Detail(msgspec.Struct, frozen=True):
    """A kind of detail: its name for the agent and the words that ask the customer for it."""

    name: Names
    question: Names


KINDS: Final[Mapping[str, Detail]] = {
    "order_number": Detail(
        Names("注文番号", "order number"),
        Names(
            "ご注文番号（ご注文確認メールの件名または本文に記載しております）",
            "Your order number (you will find it in the confirmation email)",
        ),
    ),
    "product": Detail(
        Names("商品名・型番", "product"),
        Names(
            "商品名または型番（本体のラベルや納品書に記載しております）",
            "The name or model of the product (it is on the label or the delivery note)",
        ),
    ),
    "version": Detail(
        Names("バージョン", "version"),
        Names(
            "お使いのバージョン（設定画面の「バージョン情報」でご覧いただけます）",
            "The version you use (you will find it under Settings, About)",
        ),
    ),
    "occurred_at": Detail(
        Names("発生した日時", "when it happened"),
        Names(
            "いつ頃からの症状か（「昨日の夕方から」のように、おおよそで結構です）",
            'When it began (a rough idea such as "since yesterday evening" is enough)',
        ),
    ),
    "expected": Detail(
        Names("ご希望の内容", "what is wanted"),
        Names("どのようになればよろしいか（ひとことで結構です）", "What you would like to happen (one line is enough)"),
    ),
    "error_message": Detail(
        Names("エラーの内容", "error message"),
        Names(
            "画面に出た文言やコード（そのまま書き写していただくか、画面の写真でも結構です）",
            "The words or the code on the screen (copied as they are, or a picture of it)",
        ),
    ),
    "environment": Detail(
        Names("ご利用の環境", "device and browser"),
        Names(
            "お使いの端末とブラウザ（例：Windows 11のパソコンでChrome、iPhone 15でSafari）",
            "Your device and browser (for example Windows 11 with Chrome, or Safari on an iPhone 15)",
        ),
    ),
    "account": Detail(
        Names("ご登録のアカウント", "account"),
        Names(
            "ご登録のメールアドレスまたは会員番号（このメールのアドレスと同じ場合は「同じ」とだけお書きください）",
            'The email address or number of your account (just say "same" if it is the one you write from)',
        ),
    ),
    "amount": Detail(
        Names("金額", "amount"),
        Names(
            "請求された金額（ご利用明細に記載の金額で結構です）",
            "The amount that was charged (as it stands on your statement)",
        ),
    ),
    "quantity": Detail(
        Names("数量", "quantity"),
        Names("ご希望の数量（おおよそで結構です）", "How many you need (a rough number is enough)"),
    ),
    "invoice_number": Detail(
        Names("請求書番号", "invoice number"),
        Names(
            "請求書番号（請求書の右上に記載しております）",
            "The invoice number (it is in the upper right corner of the invoice)",
        ),
    ),
    "tracking_number": Detail(
        Names("送り状番号", "tracking number"),
        Names(
            "送り状番号（発送のお知らせメールに記載の、お問い合わせ用の番号です）",
            "The tracking number (it is in the email that told you of the shipment)",
        ),
    ),
    "photo": Detail(
        Names("写真", "photo"),
        Names(
            "状態の分かるお写真（1〜2枚、スマートフォンで撮影されたもので結構です）",
            "One or two photos that show it (taken with a phone is fine)",
        ),
    ),
    "plan": Detail(
        Names("プラン", "plan"),
        Names(
            "ご契約中のプランと、ご希望のプラン（プラン名は「ご契約内容」の画面でご覧いただけます）",
            "Your present plan and the one you would like (you will find its name under Billing)",
        ),
    ),
    "contact": Detail(
        Names("ご連絡先", "contact"),
        Names(
            "日中につながるお電話番号（ご希望の時間帯もお書きください）",
            "A phone number for the daytime, and when it suits you",
        ),
    ),
}
"""Kind -> its names. The order is that in which they are shown."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "shipping_status": ("order_number",),
    "not_arrived": ("order_number",),
    "wrong_item": ("order_number", "product", "photo"),
    "defective": ("order_number", "product", "photo"),
    "return_exchange": ("order_number", "product"),
    "order_change": ("order_number", "expected"),
    "stock": ("product",),
    "quote": ("product", "quantity"),
    "payment": ("order_number", "error_message"),
    "double_charge": ("order_number", "amount", "occurred_at"),
    "refund": ("order_number",),
    "invoice": ("order_number",),
    "login": ("account", "error_message"),
    "account_change": ("account", "expected"),
    "plan_change": ("account", "plan"),
    "cancellation": ("account",),
    "how_to": ("product", "expected"),
    "bug": ("occurred_at", "environment", "version", "error_message", "expected"),
    "feature_request": ("expected",),
    "trial": ("quantity", "contact"),
}
"""Category -> what an answer to it needs, most important first."""

_ALSO_TELL: Final[Mapping[str, frozenset[str]]] = {
    "order_number": frozenset({"invoice_number", "tracking_number"}),
    "error_message": frozenset({"photo"}),  # a picture of the screen
    "version": frozenset({"photo"}),
}
"""Kind -> other kinds that lead to the same answer."""


def missing(category: str, present: Collection[str]) -> tuple[str, ...]:
    """Kinds that an answer in this category needs and the mail does not give; a team's own category needs none."""
    return tuple(
        kind
        for kind in NEEDED.get(category, ())
        if kind not in present and not (_ALSO_TELL.get(kind, frozenset()) & set(present))
    )


def clarifying(kinds: Sequence[str], language: str) -> list[str]:
    """The words that ask for these kinds, one line each."""
    return [KINDS[kind].question.in_(language) for kind in dict.fromkeys(kinds) if kind in KINDS]


def found_in(text: str, subject: str) -> dict[str, str]:
    """What the mail gives: kind -> the words of its text or subject (in NFKC), at most 80 characters."""
    read = tuple(
        unicodedata.normalize("NFKC", part[:_READ]).replace("\r", "\n") for part in (text, subject) if part.strip()
    )
    found: dict[str, str] = {}
    for kind in (*(kind for kind in KINDS if kind != "product"), "product"):
        # ABC-123 may be a member's number or a model, not both.
        taken = frozenset(found.values()) if kind == "product" else frozenset[str]()
        value = next((value for part in read for value in _FINDERS[kind](part) if value not in taken), "")
        if value:
            found[kind] = value
    return {kind: found[kind] for kind in KINDS if kind in found}


# ---------------------------------------------------------------- how each kind is found

_GAP = r"[\s:はが,.#「『\"'“(\[【=・-]{0,6}"
_CODE = r"(?P<value>(?:[A-Za-z]{1,6}[-_/]?){0,3}\d[\dA-Za-z]*(?:[-_/][\dA-Za-z]+){0,5})(?![\dA-Za-z])"

_TELEPHONE = re.compile(
    r"(?<![\d-])(?:0\d{1,4}-\d{1,4}-\d{3,4}|0[5789]0\d{8}|\(0\d{1,4}\)\s?\d{1,4}-\d{3,4}|\+\d{1,3}[ -]?\(?\d{1,4}\)?(?:[ -]?\d{2,4}){2,4})(?![\d-])"
)
_CALLED = re.compile(r"(?:電話|TEL|携帯)\S{0,4}[:は\s]\s?(?P<value>0\d{9})(?!\d)", re.IGNORECASE)
_CARD_NUMBER = re.compile(
    r"(?<!\d)(?:[3-6]\d{3}|2[2-7]\d\d)(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?!\d)|(?<!\d)3\d{3}[ -]?\d{6}[ -]?\d{5}(?!\d)"
)
_NO_CODE = re.compile(
    r"^(?:0\d{1,4}-\d{1,4}-\d{3,4}|0\d{9,10}|\d{3}-\d{4}|20\d\d[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}/\d{1,2}|20\d\d/\d{1,2}|T\d{13})$"
)
"""Telephone numbers, postal codes, dates, and the tax number of a Japanese company."""

_ORDER = (
    re.compile(
        rf"(?:注文|オーダー|受注|発注|予約|購入|取引|order|purchase\s+order|booking|confirmation(?=\s(?:number|no|id|code))|PO)\s*[の(]?\s*(?:番号|ナンバー|コード|number|num|no\.?|nr\.?|id|code|reference|ref\.?|№|#)(?:\s*(?:is|was))?{_GAP}(?:No\.?\s?)?{_CODE}",
        re.IGNORECASE,
    ),
    re.compile(r"(?:注文|オーダー)[\s(「『\[:#・]{0,3}(?:No\.?\s?)?(?P<value>[A-Za-z]{1,4}-?\d{3,}(?:-\d+)*|\d{5,12})(?![\dA-Za-z,.]|\s?(?:円|個|台|本|箱|月|年))", re.IGNORECASE),
    re.compile(
        r"\border(?:ed)?\s*[(:]?\s*(?:#\s?(?P<hash>[\dA-Za-z][\dA-Za-z-]{2,30})|(?P<value>[A-Za-z]{1,4}-?\d{3,}(?:-\d+)*|\d{5,12}(?:-[A-Za-z0-9]{1,4})?))(?![\dA-Za-z]|\s?(?:units|pieces|pcs|yen|bags|boxes))",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>(?!INV|RMA|SKU|JAN|ISBN|ISO|TEL|FAX|CVE|UTF|JIS|ERR)[A-Z]{1,4}-\d{6,12}(?:-\d{2,6}){0,2})(?![A-Za-z0-9_-])"),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>(?!INV|RMA|SKU|JAN|ISBN|ISO|TEL|FAX|CVE|UTF|JIS|ERR)[A-Z]{1,4}-?\d{4,12}(?:-\d{2,6}){0,2})(?=\s?(?:の|を|)(?:注文|オーダー))"),
    re.compile(r"(?<![A-Za-z0-9_&])#\s?(?P<value>\d{4,12})(?![A-Za-z0-9_-])"),
)  # fmt: skip
_INVOICE = (
    re.compile(rf"(?:請求書?|インボイス|納品書?|領収書)\s*(?:の)?\s*(?:番号|No\.?|ナンバー|ID|№|#){_GAP}{_CODE}", re.IGNORECASE),
    re.compile(rf"\binvoice\s*(?:number|num|no\.?|id|ref(?:erence)?\.?|#)(?:\s*(?:is|was))?{_GAP}{_CODE}", re.IGNORECASE),
    re.compile(r"\binvoice\s+#?(?P<value>[A-Z]{0,4}-?\d{4,12}(?:-\d{2,6}){0,2})(?![\dA-Za-z])", re.IGNORECASE),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>INV[-_]?\d{2,12}(?:-\d{2,6}){0,2})(?![A-Za-z0-9_-])", re.IGNORECASE),
)  # fmt: skip
_TRACKING = (
    re.compile(
        rf"(?:追跡|伝票|送り状|荷物|配送|問い?合わ?せ伝票|お?問い?合わ?せ|tracking|consignment|waybill|shipment)\s*(?:の)?\s*(?:番号|No\.?|number|num|id|code|№|#)(?:\s*(?:is|was))?{_GAP}(?P<value>\d{{4}}-\d{{4}}-\d{{4}}|\d{{10,14}}|1Z[0-9A-Z]{{16}}|[A-Z]{{2}}\d{{9}}[A-Z]{{2}})(?![\d-])",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>1Z[0-9A-Z]{16}|[A-Z]{2}\d{9}(?:JP|US|GB|CN|DE|FR|KR|TW|SG))(?![A-Za-z0-9_-])"),
)  # fmt: skip
_VERSION = (
    re.compile(
        r"(?:バージョン|ファームウェア|ビルド|\bversion|\bver\.?|\bfirmware|\bbuild)(?:番号|\s+number)?[\s:は(「]{0,3}(?:is\s)?(?:v\.?)?(?P<value>\d{1,5}(?:\.\d{1,6}){0,4}(?:[a-z]\d{0,2}|-(?:beta|rc)\.?\d{0,2})?)(?![\d.]*\d|[A-Z])",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![A-Za-z0-9_.])v\.?\s?(?P<value>\d{1,4}(?:\.\d{1,6}){1,4}(?:-(?:beta|rc)\.?\d{0,2})?)(?![A-Za-z0-9_])", re.IGNORECASE),
    re.compile(r"(?:アプリ|ソフト|\bapp)\s?(?P<value>\d{1,3}(?:\.\d{1,6}){1,3})(?![A-Za-z0-9_.倍円個])", re.IGNORECASE),
)  # fmt: skip

_DEVICE = (
    r"(?:Win(?:7|8|10|11)(?!\d)|Windows\s?(?:Server\s?)?(?:XP|Vista|7|8(?:\.1)?|10|11|20\d\d)?(?:\s(?:Home|Pro))?|mac\s?OS(?:\s[A-Z][a-z]+)?(?:\s\d[\d.]*)?|OS\sX|MacBook(?:\s(?:Air|Pro))?|iMac|Mac(?=[\sのでをは、(]|$)"
    r"|iPhone(?:\s?(?:SE|X[SR]?|\d{1,2}))?(?:\s(?:Pro|Max|Plus|mini))*|iPad(?:OS)?(?:\s(?:Air|Pro|mini|\d[\d.]*))*|iOS(?:\s?\d[\d.]*)?|Android(?:\s?\d[\d.]*)?|Pixel\s?\d[a-z]?|Galaxy\s?[A-Z]?\d*[a-z]*|Xperia(?:\s[A-Za-z0-9]+){0,2}|AQUOS(?:\s[A-Za-z0-9]+)?"
    r"|(?:Google\s)?Chrome(?:\s?\d[\d.]*|OS|book)?|(?:Microsoft\s)Edge|Edge(?=\s?\d|ブラウザ|[でを、(]|から|最新)|Firefox(?:\s?\d[\d.]*)?|Safari(?:\s?\d[\d.]*)?|Internet\sExplorer(?:\s?\d+)?|IE\s?1?[0-9](?!\d)|Opera(?=\s?\d|[でを、])|Ubuntu(?:\s?[\d.]+)?|Linux"
    r"|Outlook(?:\s?\d{4})?|ウィンドウズ\d*|アンドロイド|アイフォン|スマホ|スマートフォン|タブレット|パソコン|ノートPC|PC(?=[のでかはを(、\s]))"
)
_ENVIRONMENT = (
    re.compile(
        rf"(?<![A-Za-z])(?P<value>{_DEVICE}(?:(?:\s?(?:/|の|と|、|,|\(|で)\s?|\s(?:on|with|and|using|running)\s(?:an?\s|my\s|the\s)?){_DEVICE})*)(?![A-Za-z])"
    ),
)

_ERROR = (
    re.compile(r"[「『](?P<value>[^「」『』\n]{2,120})[」』]\s?(?:と(?:いう|の|)?(?:表示|出|エラー|言われ|メッセージ|でま|警告)|という(?:エラー|表示|メッセージ|警告)|のエラー|エラー|が(?:表示|出))"),
    re.compile(r"(?:エラー|警告|エラーメッセージ|メッセージ)[^「」\n。]{0,20}[「『](?P<value>[^「」『』\n]{2,120})[」』]"),
    re.compile(
        r"(?:error|message|warning|screen|app|portal|page|it|system|dialog|popup|printer|machine|display|site|\w{2}-\d+)\b[^\"“'\n.]{0,60}\b(?:error|message|warning|says?|saying|said|shows?|showing|reads?|displays?|popup)\b[^\"“'\n.]{0,24}[\"“'‘](?P<value>[^\"“”\n]{2,120}?)[\"”'’](?![a-z])",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:I|we)\s(?:keep\s)?(?:get|got|getting|see|saw|receive|receiving)\b[^\"“\n.]{0,24}[\"“](?P<value>[^\"“”\n]{2,120})[\"”]", re.IGNORECASE),
    re.compile(r"[\"“](?P<value>[^\"“”\n]{2,120})[\"”]\s?(?:error|message|warning|appears|pops\sup|is\sshown|と表示|と出|エラー)", re.IGNORECASE),
    re.compile(
        r"(?:エラー\s?(?:コード|番号|No\.?)?|error\s?(?:code|number|no\.?)?|コード)[\s:はが「(#]{0,4}(?:is\s)?(?P<value>[A-Z]{0,5}[-_]?\d{2,6}(?:-\d{1,6})?|0x[0-9A-F]{2,10})(?![A-Za-z0-9_%])(?!\s?(?:件|回|円|個|つ|times))",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>0x[0-9A-Fa-f]{4,10}|(?:ERR|Err|ERROR|E)[-_]\w{2,30}|HTTP\s?[45]\d\d)(?![A-Za-z0-9_-])"),
    re.compile(r"(?<![A-Za-z0-9_.,-])(?P<value>(?:40[0134]|50[0234])\s(?:error|not\sfound|forbidden|bad\s\w+|internal\s\w+(?:\serror)?|service\s\w+|gateway\s\w+)|(?:40[0134]|50[0234])エラー)", re.IGNORECASE),
    re.compile(r"(?:^|\n)\s*(?P<value>(?:[A-Z]\w*(?:Error|Exception)|Error|Fatal|Traceback|エラー)\s?:\s?[^\n]{3,160})"),
)  # fmt: skip

_DATE_JA = r"(?:(?:20\d\d年)?\d{1,2}月\d{1,2}日|(?<![\d/])\d{1,2}/\d{1,2}(?![\d/]))(?:\s?\([月火水木金土日]\))?"
_CLOCK_JA = r"(?:の?(?:朝|昼|夕方|夜|深夜|午前|午後|未明)中?)?(?:の?\d{1,2}(?:時(?:半|\d{1,2}分)?|:\d{2}))?"
_PAST_JA = rf"(?:昨日|きのう|一昨日|おととい|今朝|昨夜|昨晩|先ほど|さきほど|さっき|先週(?:末|の?[月火水木金土日]曜日?)?|先々週|先月(?:末|\d{{1,2}}日)?|数日前|(?:\d{{1,3}}|[一二三四五六七])(?:日|週間|時間|分|か月|ヶ月|カ月)(?:ほど|くらい)?前|前回の(?:更新|アップデート)){_CLOCK_JA}"
_OPEN_JA = (
    rf"(?:今日|本日|今週(?:の?[月火水木金土日]曜日?)?|今月|{_DATE_JA}|(?<![一-龯])[月火水木金土日]曜日?){_CLOCK_JA}"
)
_OCCURRED = (
    re.compile(r"(?P<value>(?:昨日の|先日の|今回の|最新の)?(?:更新|アップデート|バージョンアップ)(?:後|以降|してから|したら|した後))"),
    re.compile(rf"(?P<value>(?:{_PAST_JA}|{_OPEN_JA})(?:頃|ごろ)?(?:から|より(?!も)|以降|以来))(?!変更|の変更|お願い|利用したい|使いたい|始め)"),
    re.compile(rf"(?P<value>{_PAST_JA}(?:頃|ごろ)?)(?!の(?:注文|メール|お?電話|件|会議))"),
    re.compile(rf"(?P<value>{_OPEN_JA}(?:頃|ごろ)?)(?:に|、|は)?(?!まで|中に|以内)[^。\n]{{0,30}}?(?:ました|ています|でした|なった|[しっいえれ]た(?:の|とき|時|ところ|ら))"),
    re.compile(rf"(?P<value>{_DATE_JA}{_CLOCK_JA}(?:頃|ごろ))(?!まで|に(?:届け|お届け|お願い))"),
)  # fmt: skip
_DAY_EN = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_MONTH_EN = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATE_EN = rf"(?:{_MONTH_EN}\s\d{{1,2}}(?:st|nd|rd|th)?|(?:the\s)?\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH_EN})"
_OCCURRED_EN = (
    re.compile(
        rf"\b(?P<value>since\s(?:about\s|around\s)?(?:(?:last\s|this\s)?(?:{_DAY_EN}|week|month|night|morning|weekend|year)(?:\s(?:morning|afternoon|evening|night))?|yesterday(?:\s\w+)?|{_DATE_EN}|(?:the|your)\s(?:\w+\s)?(?:update|upgrade|release)|today|noon|\d{{1,2}}\s?[ap]m))\b(?!['’]s)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<value>yesterday(?:\s(?:morning|afternoon|evening|night))?|last\s(?:{_DAY_EN}|week|month|night|weekend)|this\smorning|earlier\stoday|(?:\d{{1,3}}|an?|two|three|four|five|six|seven|ten|a\sfew)\s(?:minutes?|hours?|days?|weeks?|months?)\sago|after\s(?:the|your|my)\s(?:\w+\s){{0,2}}(?:update|upgrade)|around\s{_DATE_EN})\b(?!['’]s)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:\w+ed|was|were|got|came|went|broke|began|found|bought|happened|got)\b[^.!?\n]{{0,50}}\b(?P<value>on\s(?:{_DATE_EN}|{_DAY_EN}(?!\s(?:next|at\sleast))))\b(?!['’]s)",
        re.IGNORECASE,
    ),
)
_PHOTO = (
    re.compile(
        r"(?P<value>(?:お?写真|画像|スクリーンショット|スクショ|画面キャプチャ|キャプチャ|動画)[^。\n?、]{0,12}(?:添付|お?送り|同封|添え|貼り|付け))(?!(?:して)?(?:くだ|下さ|いただ|頂|もら|ほし|欲し|でき|出来|すれば|する(?:方法|必要|の)|方法|が必要|しましょう|しなけ|いたしま(?:しょうか)|します(?:か|ので住所))|(?:り|し)(?:ます|ましょう|いたします)か|れば|られ(?:ま|な)|先|の方法)"
    ),
    re.compile(r"(?P<value>添付(?:の|した|しました|いたしました|します)?[^。\n]{0,6}(?:写真|画像|スクリーンショット|スクショ|キャプチャ|動画))"),
    re.compile(r"(?P<value>(?:写真|画像|スクリーンショット|スクショ)(?:は|を)?添付(?:の通り|のとおり|ファイル))"),
    re.compile(r"(?<!could\syou\s)(?<!can\syou\s)(?<!please\s)(?<!cannot\s)(?<!can't\s)(?<!can’t\s)(?<!not\s)(?<!I\s)(?<!to\s)\b(?P<value>(?:photos?|pictures?|images?|screenshots?|videos?)\s(?:is\s|are\s|of\s(?:\w+\s){1,4}(?:is\s|are\s)?)?(?:attached|enclosed|below))", re.IGNORECASE),
    re.compile(r"(?<!should\s)(?<!shall\s)(?<!can\s)(?<!could\s)(?<!must\s)(?<!do\s)\b(?P<value>(?:I(?:['’]ve|\shave|['’]m|\sam)?\s(?:attach(?:ed|ing)?|enclos(?:e|ed|ing))|(?:see|find)\s(?:the\s)?attached|attached\s(?:is|are|you\swill\sfind|please\sfind)|attached)(?:\s\w+){0,4}?\s(?:photos?|pictures?|images?|screenshots?|videos?))\b", re.IGNORECASE),
)  # fmt: skip
_PLAN = (
    re.compile(
        r"(?P<value>(?<![一-龯ァ-ヶーA-Za-z])(?:[ァ-ヶー]{2,14}|[A-Z][A-Za-z0-9+]{1,14}|年間|月間|年額|月額|法人|個人|家族|学生|無料|基本|標準|上級|団体)(?:の)?プラン)"
    ),
    re.compile(r"\b(?P<value>(?:basic|standard|pro|professional|premium|enterprise|starter|business|free|annual|yearly|monthly|plus|lite|light|family|student|personal|individual|ultimate|growth|essential)\s(?:plan|subscription|tier|licen[sc]e))\b", re.IGNORECASE),
    re.compile(r"\b(?P<value>(?!(?:The|This|My|Your|Our|That|What|Which|Any|A|New|Old|Current|Please|No|Action|Change|Cancel|Upgrade|Downgrade|We|I|You|They|And|Or|To)\b)[A-Z][A-Za-z+]{1,14}\splan)\b(?!\sto\b)"),
)  # fmt: skip
_NO_PLAN = re.compile(r"^(?:アクション|プレミアム感|サービス|データ|トップ|マーケティング|ビジネスの)プラン$")
_ACCOUNT = (
    re.compile(
        rf"(?:アカウント(?:ID|名)?|ログインID|ユーザーID|ユーザーid|ユーザー名|会員(?:番号|ID)|お?客様番号|顧客(?:番号|コード)|契約番号|登録(?:の|済みの)?(?:メール)?アドレス|IDは){_GAP}(?:です)?(?P<value>[A-Za-z0-9][A-Za-z0-9_.+-]{{2,60}}(?:@[A-Za-z0-9.-]{{3,60}})?)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:account|user\s?name|login|user|customer|member(?:ship)?|client|registered)\s?(?:id|number|no\.?|name|e-?mail(?:\saddress)?|code|#)?(?:\sis|\swas)?[\s:#(\"“]{1,3}(?P<value>[A-Za-z0-9][A-Za-z0-9_.+-]{2,60}(?:@[A-Za-z0-9.-]{3,60})?)",
        re.IGNORECASE,
    ),
)
_BANK = re.compile(r"口座|銀行|\bbank\b|\biban\b|\bsort\scode|カード番号|\bcard\b", re.IGNORECASE)
_AMOUNT = (
    re.compile(
        r"(?<![\d,.A-Za-z-])(?P<value>¥\s?\d[\d,]{0,14}(?:\.\d{1,2})?|\d{1,3}(?:,\d{3})+\s?円|\d{1,9}(?:\.\d{1,2})?\s?[万億]?円(?!形|滑|卓|柱|盤)|\d{1,4}万\d{0,4}円)"
    ),
    re.compile(
        r"(?<![A-Za-z0-9_,.])(?P<value>(?:US|A|C|S|HK|NT)?[$€£]\s?\d{1,3}(?:,?\d{3})*(?:\.\d{1,2})?(?:\s?(?:USD|AUD|CAD|SGD|EUR|GBP))?|(?:USD|EUR|GBP|JPY|AUD|CAD|SGD)\s?\d[\d,]*(?:\.\d{1,2})?|\d{1,3}(?:,?\d{3})*(?:\.\d{1,2})?\s?(?:USD|EUR|GBP|JPY|AUD|CAD|SGD|yen|dollars|euros|pounds\b(?!\sof)))(?![A-Za-z0-9_%])",
        re.IGNORECASE,
    ),
)
_QUANTITY = (
    re.compile(
        r"(?<![\d.,/第A-Za-z-])(?<!電話を)(?P<value>(?:\d{1,3}(?:,\d{3})+|\d{1,6}|[一二三四五六七八九十]{1,2})\s?(?:個(?!人|別|性|室|所|々)|台(?!風|所|数|帳)|箱|袋|枚|冊|セット|ケース|パック|足(?!り)|着(?![いき払])|缶|杯|ダース|ロット|名様|名(?!前|刺|義|称|古|様)|人分|本(?!日|当|体|来|社|店|部|人|製|文|物|の電話)|ライセンス|アカウント分|ユーザー|kg|キロ|点(?!検|灯|滅|数)|つ(?![いかけなまの])))(?!目|ほど(?:伺|質問|確認)|ずつ質問|前|[、,]?(?:だけ)?\s?(?:お?伺|ご?質問|ご?確認|教え|お願いが|お?聞き|相談|ご報告))",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![A-Za-z0-9_.,$€£-])(?P<value>(?:\d{1,3}(?:,\d{3})+|\d{1,6}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|a\sdozen)\s(?:more\s)?(?:units?|pieces?|pcs|boxes|box|bags?|bottles?|sets?|copies|licen[sc]es?|seats?|users?|packs?|cases?|machines?|kg|items?|cups?|pairs?|devices?|participants|employees|chairs?|employees|sheets?|rolls?|cartons?|pallets?))\b",
        re.IGNORECASE,
    ),
)
_ITEM_JA = r"[ァ-ヶーA-Za-z0-9一-龯][ァ-ヶーA-Za-z0-9一-龯 ・-]{0,22}[ァ-ヶーA-Za-z0-9一-龯]"
_PRODUCT = (
    re.compile(rf"(?:商品名?|品名|製品名?|品番|型番|機種|型式|モデル|商品コード|商品番号|アイテム名)\s?(?:は|:|が|=)\s?[「『]?(?P<value>{_ITEM_JA})(?=[」』\s。、,(]|です|で(?!き)|と|$)"),
    re.compile(r"[「『](?P<value>[^「」『』\n]{2,40})[」』](?:\s?\([^()\n]{1,20}\))?(?:という商品|の(?:在庫|入荷|色|サイズ|購入|注文|返品|交換|見積|使い方|納期|次回)|を(?:\S{0,6})?(?:購入|注文|買|頼|交換|返品|使|\d)|が(?:壊|割|動か|破損|品切|欲し|ほし|足り|入って|届か))"),
    re.compile(r"(?<![A-Za-z0-9-])(?P<value>(?!AO-|PO-|NO-|ID-|INV|RMA|ISO|UTF|JIS|HTTP|ERR|TEL|FAX|COVID|CVE|RFC|SKU|ISBN|JAN|WIN|USB|PDF|MP-)[A-Z]{2,5}-\d{1,4}[A-Z]{0,3})(?![A-Za-z0-9_-])"),
    re.compile(rf"(?:^|[\s、。にでたが「『])(?P<value>{_ITEM_JA})[」』]?(?:(?:の(?:電源|画面|ふた|フタ|取っ手|底|部品|コード|音|ランプ|モーター|スイッチ|一部|縁))?(?:が|は)|から(?=異音|煙|水|異臭|音))(?:急に|突然|全く|まったく|すぐに?|ひどく|途中で)?(?:壊れ|割れ|動か(?!な?い?よう)|破損|故障|欠け|ほつれ|水漏れ|異音|煙|水が|異臭|音が|入ら[なず]|入りませ|つか[なず]|つきませ|点か[なず]|点きませ)", re.MULTILINE),
    re.compile(rf"(?:^|[\s、。にで「『])(?P<value>{_ITEM_JA})[」』]?を(?:\d{{1,5}}\S{{1,3}}|ネットで|先日|昨日)?(?:購入|注文し|買い|買った|発注し|ご?予約し)", re.MULTILINE),
    re.compile(r"\b(?:product|item|model|sku|part)\s?(?:name|number|code|no\.?)?(?:\sis|:|\s#)\s?[\"“]?(?P<value>[A-Z0-9][\w-]{1,30}(?:\s[\w-]{1,20}){0,3}?)(?=[\"”.,;\n]|\s(?:and|but|which|that|with|from)\b|$)", re.IGNORECASE | re.MULTILINE),
    re.compile(r"\b(?:bought|ordered|purchased|order|buy)\s(?:an?|the|your|two|three|\d{1,4}|some)\s(?P<value>(?!(?:few|couple|week|day|month|hour|year|while|minute)s?\b)(?:[\w-]{2,20}\s){0,2}?[\w-]{3,20}?)(?=\s(?:from|on|last|yesterday|in|two|three|a|and|but|which|that|with|while|when|maybe|this|today|to|ago|so|at|for|by|via|\d)\b|[.,!?\n]|$)", re.IGNORECASE),
    re.compile(r"\bthe\s(?P<value>(?:[\w-]{2,20}\s){0,2}[\w-]{3,20})\s(?:that\s|which\s)?(?:I|we)(?:\shave|['’]ve)?\s(?:ordered|bought|purchased)\b", re.IGNORECASE),
    re.compile(r"\b(?:my|our|the|your)\s(?:new\s|broken\s)?(?P<value>[\w-]{3,20}(?:\s[\w-]{3,20})?)\s(?:is\sbroken|is\sdamaged|is\sdefective|is\sleaking|leaks|(?:does\snot|doesn['’]t|won['’]t|will\snot)\s(?:start|turn|work|switch|power|heat|charge)|stopped\sworking|broke\b|arrived\s(?:broken|damaged|cracked|scratched)|makes\sa)", re.IGNORECASE),
)  # fmt: skip
_NO_PRODUCT_JA = re.compile(
    r"^(?:商品|品物|荷物|製品|箱|中身|もの|物|これ|それ|あれ|画面|電源|サイト|ページ|アプリ|システム|注文|もの|本体|一部|全部|こちら|どれ|何|御社の?商品|貴社の?商品|先日|初めて|別の?商品|同じ|同じ商品|追加|返品|部品|機械|新品|不良品|ログイン|ボタン|表示|機能|プラン|有料プラン|ソフト|サービス)$|[をはがに]$|^[\d\s]+$|^(?:先日|昨日|今回|本日).*(?:商品|品物|もの)$|商品$|注文$"
)
_NO_PRODUCT_EN = re.compile(
    r"^(?:order|item|items|product|products|parcel|package|it|one|thing|things|wrong\s\w+|email|site|website|app|page|link|account|password|login|button|service|system|screen|payment|card|subscription|plan|gift|same(?:\s\w+)?|new\sone|replacement|delivery|number|following)$"
    r"|\b(?:for|of|to|is|was|i|you|we|not|does|did|when|if|me|us|button|link|page|feature|website|app)\b",
    re.IGNORECASE,
)
_EXPECTED = (
    re.compile(r"(?P<value>[^。\n、!?]{1,60}(?:はず(?:です|なのに|なのです|でし|だ|が)|べき(?:です|だ|では)|べきで))"),
    re.compile(r"(?P<value>(?:本来(?:は|なら)|正しくは|期待して|希望は|ご?要望は|理想は)[^。\n]{2,60})"),
    re.compile(
        r"(?P<value>[^。\n、!?]{1,50}(?:に変更|へ変更|に変え|に切り替え|に戻し|に直し|に修正|に統一)(?:を(?:お願い|希望)|お願い|希望|し?て(?:くだ|いただ|ほし|もら|頂|下さ)[ぁ-ん]{0,5}|でき[ぁ-ん]{0,8}|可能|し?たい))"
    ),
    re.compile(
        r"(?P<value>[^。\n、!?]{0,50}(?:交換|返金|返品|取り?消し?|キャンセル|再送|再発行|削除|追加|解約|変更|登録|修正|対応|ダウンロード|出力|設定|表示|連携|一括\w{0,4})(?:を(?:お願い|希望)|して(?:くだ|いただ|ほし|もら|頂|下さ)[ぁ-ん]{0,5}|をし?たい|したい|できるように|できると|でき(?:ます|ません|ない)(?:か|でしょうか)))"
    ),
    re.compile(r"(?P<value>[^。\n!?]{2,50}(?:方法|やり方|手順|仕方|しかた)(?:を|が|は)[^。\n]{0,8}(?:教え|知り|分か|わか|あり))"),
    re.compile(r"(?P<value>[^。\n!?]{2,50}(?:たいの?です|たいと(?:思|考)|てほしい|て欲しい|にはどう|どうすれば|どうやって|ようにし(?:て|たい)|ると(?:うれしい|嬉しい|助かります|便利)))"),
    re.compile(r"(?P<value>\b(?:it|this|that|there|I|we|the\s\w+(?:\s\w+)?)\s(?:should(?!\sI\b)|is\ssupposed\sto|was\ssupposed\sto|ought\sto)\b[^.!?\n]{2,60})", re.IGNORECASE),
    re.compile(r"(?P<value>\b(?:I|we)\s(?:expected|expect|was\sexpecting|would\slike|['’]d\slike|want(?:ed)?|wish|need(?!\sto\b))\s(?:to\b|it\b|a\b|an\b|the\b|my\b|you\sto)[^.!?\n]{2,60}|\b(?:I|we)['’]d\slike\sto\b[^.!?\n]{2,60})", re.IGNORECASE),
    re.compile(r"(?P<value>\bhow\s(?:do|can|could|should|to)\b[^.!?\n]{4,70})", re.IGNORECASE),
    re.compile(r"(?P<value>\b(?:change|switch|update|move|upgrade|downgrade|correct)\b[^.!?\n]{2,40}\b(?:to|into|instead)\b[^.!?\n]{2,40})", re.IGNORECASE),
    re.compile(r"(?P<value>\b(?:could|can|would)\syou\s(?:please\s)?(?:add|support|allow|cancel|remove|make|send|exchange|replace|refund|change)\b[^.!?\n]{3,60}|\bit\swould\sbe\s(?:great|nice|helpful|useful|good)\s(?:if|to)\b[^.!?\n]{3,60})", re.IGNORECASE),
)  # fmt: skip
_MAILBOX = re.compile(
    r"(?<![A-Za-z0-9_.+-])(?P<value>[\w.+-]{1,60}@[A-Za-z0-9-]{1,60}(?:\.[A-Za-z0-9-]{1,60}){1,4})", re.ASCII
)


def _values(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for pattern in patterns:
        for found in pattern.finditer(text):
            value = next((value for value in found.groupdict().values() if value), "").split("\n")[0]
            value = value[:_LONGEST].strip(" \t\u3000、,.。:「『\"“'(")
            if value:
                yield value, found


def _plain(patterns: Sequence[re.Pattern[str]]) -> Callable[[str], Iterator[str]]:
    return lambda text: (value for value, _ in _values(patterns, text))


def _codes(patterns: Sequence[re.Pattern[str]]) -> Callable[[str], Iterator[str]]:
    """Numbers under which something is filed: three digits at least, and none that is a telephone number, a date or a card."""

    def find(text: str) -> Iterator[str]:
        hidden = [found.span() for found in (*_CARD_NUMBER.finditer(text), *_TELEPHONE.finditer(text))]
        for value, found in _values(patterns, text):
            at = found.end() - 1
            spans = [span for span in hidden if span[0] <= at < span[1]]
            if (
                sum(char.isdigit() for char in value) < 3
                or _NO_CODE.match(value)
                or (spans and patterns is not _TRACKING)
            ):
                continue
            yield value

    return find


def _accounts(text: str) -> Iterator[str]:
    """A word with a digit or an @; the account of a bank is another thing and must not be kept."""
    for value, found in _values(_ACCOUNT, text):
        line = text[max(0, found.start() - 30) : found.end()]
        if re.search(r"[\d@]", value) and not _BANK.search(line) and not _CARD_NUMBER.fullmatch(value):
            yield value


def _products(text: str) -> Iterator[str]:
    for value, _ in _values(_PRODUCT, text):
        refused = _NO_PRODUCT_EN if value.isascii() else _NO_PRODUCT_JA
        if not refused.search(value) and not value.isdigit():
            yield value


def _plans(text: str) -> Iterator[str]:
    return (value for value, _ in _values(_PLAN, text) if not _NO_PLAN.match(value))


def _contacts(text: str) -> Iterator[str]:
    yield from (found[0] for found in _TELEPHONE.finditer(text))
    yield from (found["value"] for found in _CALLED.finditer(text))
    yield from (found["value"][:_LONGEST] for found in _MAILBOX.finditer(text))


_FINDERS: Final[Mapping[str, Callable[[str], Iterator[str]]]] = {
    "order_number": _codes(_ORDER),
    "product": _products,
    "version": _plain(_VERSION),
    "occurred_at": _plain((*_OCCURRED, *_OCCURRED_EN)),
    "expected": _plain(_EXPECTED),
    "error_message": _plain(_ERROR),
    "environment": _plain(_ENVIRONMENT),
    "account": _accounts,
    "amount": _plain(_AMOUNT),
    "quantity": _plain(_QUANTITY),
    "invoice_number": _codes(_INVOICE),
    "tracking_number": _codes(_TRACKING),
    "photo": _plain(_PHOTO),
    "plan": _plans,
    "contact": _contacts,
}

"""How names of people and companies are written, and what is only another way to write them: spaces, kana, variants of kanji, nicknames."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

KANJI = "一-\u9fff㐀-\u4dbf々〆ヶ\U00020000-\U0002ffff"

COMPANY_FORM = (
    r"(?:株式会社|有限会社|合同会社|合資会社|合名会社|[一公][般益][社財]団法人|学校法人|医療法人|社会福祉法人|宗教法人|特定非営利活動法人"
    r"|NPO法人|独立行政法人|国立大学法人|\(株\)|\(有\)|㍿|㈱|㈲)"
)
SHORT_FORM = r"\([合同資名医学社財福宗特]\)"
"""What is short for a form in names of companies alone: (同), (医)."""
_FORM = re.compile(
    rf"{COMPANY_FORM}|{SHORT_FORM}|\b(?:inc|ltd|llc|corp|corporation|co|company|gmbh|k\.?k|limited)\b\.?,?",
    re.IGNORECASE,
)

# Old and private forms of the kanji of names. Each group means one name to its readers, and each bearer minds.
_VARIANTS = (
    "辺邊邉 斉斎齋齊 高髙 崎﨑嵜 島嶋嶌 浜濱濵 沢澤 桜櫻 広廣 国國 徳德 恵惠 真眞 栄榮 蔵藏 富冨 竜龍 桑桒 柳栁 館舘 桧檜 万萬 与與 瀬瀨 静靜 吉𠮷"
    " 会會 来來 豊豐 宝寶 実實 曽曾 弥彌 増增 黒黑 峰峯 荘莊 関關 円圓 条條 亀龜 滝瀧 渕淵 穂穗 緑綠 礼禮 薫薰 藤籐 野埜 松枩 鉄鐵 満滿"
)
# Different kanji of one sound, which slip in when a name is typed by ear. Whole family names: in part they are other names.
_SAME_SOUND = (
    "阿部 安部 阿倍 安倍|伊藤 伊東|太田 大田|菊池 菊地|河野 川野|本田 本多|坂本 阪本|荒井 新井|河合 川合 河井 川井|古川 古河|河村 川村"
    "|上田 植田|金子 兼子|中島 仲島|中野 仲野|渡部 渡辺|後藤 五島|小田 織田|大沢 大澤|佐々木 佐佐木|酒井 坂井 堺|福島 副島|加藤 加東|石井 岩井"
)
_NICKNAMES = (
    "robert rob bob bobby|william will bill billy liam|richard rick dick rich|james jim jimmy jamie|john jack johnny|jonathan jon john"
    "|thomas tom tommy|michael mike mick|elizabeth liz beth lisa eliza betty|margaret maggie meg peggy|katherine catherine kate katie"
    " kathy cathy|jennifer jen jenny|christopher chris|christine christina chris tina|alexander alex sasha|alexandra alex sandra|andrew"
    " andy drew|anthony tony|edward ed eddie ted|charles charlie chuck|daniel dan danny|david dave|joseph joe|joshua josh|matthew matt"
    "|nicholas nick|patrick pat paddy|patricia pat trish|peter pete|philip phil|samuel sam|samantha sam|stephen steven steve|stephanie"
    " steph|susan sue|timothy tim|victoria vicky|rebecca becky|deborah debbie|gregory greg|benjamin ben|kenneth ken|lawrence larry"
    "|jessica jess|abigail abby|theodore ted theo|henry harry hank|frederick fred|amanda mandy|angela angie|ann anne annie nancy|barbara barb|cynthia cindy|eleanor ellie nell nora"
    "|frances francis fran frank|franklin frank|gabrielle gabby|gerald jerry|geoffrey jeffrey geoff jeff|harold hal|isabella bella|jacqueline jackie"
    "|leonard leo len|mary molly polly|nathan nathaniel nate|pamela pam|raymond ray|ronald ron|sarah sally|terence theresa terry tess|vincent vince"
    "|walter walt|zachary zach|dorothy dot dolly|hiroshi hiro|kenichi kenji ken"
)
_PLAIN = {ord(other): group[0] for group in _VARIANTS.split() for other in group[1:]}
_SOUNDS = {name: group.split() for group in _SAME_SOUND.split("|") for name in group.split()}
_CALLED = tuple(frozenset(group.split()) for group in _NICKNAMES.split("|"))

_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)} | {ord("ヵ"): ord("か"), ord("ヶ"): ord("け")}
_BRACKETED = re.compile(r"[(\uff08\[【<\uff1c].*")
_HONORIFIC = re.compile(r"[\s\u3000]*(?:様|さま|さん|殿|先生|御中)$")
_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam)\.?\s+", re.IGNORECASE)
_IS_KANJI = re.compile(rf"[{KANJI}]+")
_IS_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30faー]+")
_IS_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ'.\- ]+")


@dataclass(frozen=True, slots=True)
class Name:
    """One way to write a person's name."""

    full: str  # as on record, with its space
    parts: tuple[str, ...]

    @property
    def joined(self) -> str:
        """The name without spaces."""
        return "".join(self.parts)

    @property
    def family(self) -> str:
        """The family name where the space tells it (Japanese order), else the whole."""
        return self.parts[0]

    @property
    def script(self) -> str:
        """Which of kanji (a given name may be in kana), kana and latin; "" for anything else."""
        return script_of(self.joined)


def script_of(text: str) -> str:
    """Which names this one can be compared with."""
    if not text:
        return ""
    if _IS_KANA.fullmatch(text):
        return "kana"
    if _IS_LATIN.fullmatch(text):
        return "latin"
    return "kanji" if _IS_KANJI.match(text[0]) else ""


def read_names(names: tuple[str, ...]) -> tuple[Name, ...]:
    """Names from record, display name and reading: brackets, 様 and titles off, "A / B" as two."""
    out: dict[str, Name] = {}
    for given in names:
        for piece in re.split(
            r"[/\uff0f|]", unicodedata.normalize("NFC", given[:120]).replace("\u3000", " ").replace("\u2019", "'")
        ):
            bare = _HONORIFIC.sub("", _TITLE.sub("", _BRACKETED.sub("", piece).strip(" \"'"))).strip()
            if "," in bare and _IS_LATIN.fullmatch(bare.replace(",", "")):  # Sato, Hanako
                last, _, first = bare.partition(",")
                bare = f"{first.strip()} {last.strip()}"
            if bare and "@" not in bare and (parts := tuple(bare.split())):
                out.setdefault("".join(parts).casefold(), Name(" ".join(parts), parts))
    return tuple(out.values())


def plain(text: str) -> str:
    """Kanji in their usual form, katakana as hiragana, small Latin letters: what is equal then is one name, written differently."""
    return text.translate(_PLAIN).translate(_TO_HIRAGANA).casefold()


def same_sound(name: str) -> tuple[str, ...]:
    """Family names that are typed for this one by ear."""
    return tuple(other for other in _SOUNDS.get(name, ()) if other != name)


def unaccented(text: str) -> str:
    """Small letters without accents: José and Jose are one."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def is_called(word: str, name: str) -> bool:
    """Whether a word of a greeting may stand for a word of a name: equal, short form, nickname, initial."""
    one, other = unaccented(word).strip(".'"), unaccented(name).strip(".'")
    if not one or not other:
        return False
    if one == other or (len(one) >= 3 and other.startswith(one)) or (len(other) >= 3 and one.startswith(other)):
        return True
    if len(one) == 1 and other.startswith(one):
        return True
    if other in one.split("-") or one in other.split("-"):
        return True
    return any(one in group and other in group for group in _CALLED)


def one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less, other, or two exchanged lie between them."""
    one, other = unaccented(word), unaccented(name)
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 3:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rests = one[at + 1 :], other[at + 1 :]
    return (
        rests[0] == rests[1]
        or one[at:] == rests[1]
        or rests[0] == other[at:]
        or (one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :])
    )


def without_form(company: str) -> str:
    """A company's name as it is written, without its legal form."""
    return _FORM.sub("", company.replace("（", "(").replace("）", ")")).strip(" ,")


def cores(companies: tuple[str, ...]) -> tuple[str, ...]:
    """Company names without their legal form, ready to compare."""
    bare = (plain(without_form(company)).replace(" ", "") for company in companies)
    return tuple(dict.fromkeys(core for core in bare if len(core) >= 2))

"""様, 御中, 各位 and the name of a company: who gets which, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.domain.names import COMPANY_FORM, KANJI, plain
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.salutation import LINES

_DOUBLE = re.compile(
    r"(?:(?<!客)様 ?各位|様 ?(?:様|さま|さん|殿|御中)+|さま様|各位 ?(?:様|殿|御中)|殿 ?様|さん ?様|御中 ?(?:様|殿))"
)
_DOUBLE_IS = {"各位": "各位", "御中": "御中"}
_LONG_FORMS = {"(株)": "株式会社", "㈱": "株式会社", "(有)": "有限会社", "㈲": "有限会社", "(合)": "合同会社"}
_SHORT_FORM = re.compile(r"\(株\)|㈱|\(有\)|㈲|\(合\)")
_NAMED = re.compile(
    rf"(?P<front>株式会社|有限会社|合同会社)?(?P<core>[{KANJI}ァ-ヶーぁ-んA-Za-z0-9&・.]{{2,24}}?)(?P<back>株式会社|有限会社|合同会社)?(?=[\s、,。様御]|$)"
)
_LEGAL = re.compile(r"^(株式会社|有限会社|合同会社)|(株式会社|有限会社|合同会社)$")


def _double(page: Page) -> Iterator[Hit]:
    """様様, 各位様: one title is enough."""
    for found in _DOUBLE.finditer(page.text):
        if found.start() and page.text[found.start() - 1] in "神王仏":
            continue
        instead = "各位" if found[0].endswith("各位") else _DOUBLE_IS.get(found[0][:2], "様")
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead})


def _onchu(page: Page) -> Iterator[Hit]:
    """御中 is for an organisation; where a person is addressed too, the person's 様 is all."""
    lines = page.first_lines[:LINES]
    for at, (start, line) in enumerate(lines):
        place = line.find("御中")
        if place < 0:
            continue
        after = line[place + 2 :] + "\n" + (lines[at + 1][1] if at + 1 < len(lines) else "")
        if re.match(r"\s*[^\s。、][^。、\n様]{0,20}(?:様|さま|殿)(?=[\s、,]|$)", after):
            begins = start + len(line[:place].rstrip())
            yield Hit(begins, start + place + 2, "", {"word": "御中"})
        elif any(line[:place].replace(" ", "") in {name.family, name.joined} for name in page.customers):
            yield Hit(start + place, start + place + 2, "様", {"word": "御中"})


def _company_sama(page: Page) -> Iterator[Hit]:
    """様 behind a company alone."""
    known = page.companies
    for at in page.spoken_to:
        if not at.title.startswith("様") or len(at.title) != 1:
            continue
        who = at.who.strip()
        ends_in_form = re.search(rf"{COMPANY_FORM}$", who)
        begins_with_form = re.match(rf"{COMPANY_FORM}[^\s]{{2,15}}$", who)
        bare = plain(_LEGAL.sub("", re.sub(r"\(株\)|㈱|\(有\)|㈲", "", who)).replace(" ", ""))
        person_glued = (
            any(bare.endswith(plain(part)) for name in page.customers for part in name.parts) and bare not in known
        )
        others = len(page.spoken_to) > 1
        if (
            bare in known
            or ends_in_form
            or (begins_with_form and not person_glued and not others and not page.customers)
        ):
            gap = page.text[
                at.end - 1 - (at.title_start - at.start - len(page.text[at.start : at.title_start].rstrip())) : at.end
                - 1
            ]
            yield Hit(at.title_start, at.end, "御中" if gap else " 御中", {"name": who})


def _short_form(page: Page) -> Iterator[Hit]:
    """(株) in a salutation."""
    if "株)" not in page.text and "㈱" not in page.text and "有)" not in page.text and "㈲" not in page.text:
        return
    for start, line in page.first_lines:
        if "。" in line:
            return
        for found in _SHORT_FORM.finditer(line):
            if (
                re.search(r"様|御中|各位|さま", line[found.end() :])
                or any(core in plain(line) for core in page.companies)
                or len(line.strip()) < 25
            ):
                yield Hit(
                    start + found.start(),
                    start + found.end(),
                    _LONG_FORMS[found[0]],
                    {"word": found[0], "instead": _LONG_FORMS[found[0]]},
                )


def _legal_form(name: str) -> tuple[str, str, str]:
    """(form in front, core, form behind) of a Japanese company's name."""
    text = (
        name.replace("（株）", "株式会社")
        .replace("(株)", "株式会社")
        .replace("㈱", "株式会社")
        .replace(" ", "")
        .replace("\u3000", "")
    )
    front = re.match(r"株式会社|有限会社|合同会社", text)
    back = re.search(r"(?:株式会社|有限会社|合同会社)$", text)
    start, end = (
        (front.end() if front else 0),
        (back.start() if back and (not front or back.start() >= front.end()) else len(text)),
    )
    return (front[0] if front else ""), text[start:end], text[end:]


def _company_record(page: Page) -> Iterator[Hit]:
    """株式会社 in front where the record has it behind, or a name one character off, in the salutation."""
    if not page.draft.company_names:
        return
    record = page.draft.company_names[0]
    front, core, back = _legal_form(record)
    if len(core) < 2:
        return
    proper = f"{front}{core}{back}"
    for start, line in page.first_lines:
        if "。" in line:
            return
        for found in _NAMED.finditer(line):
            written = (found["front"] or "", found["core"], found["back"] or "")
            if (
                (written[0] or written[2])
                and plain(written[1]) == plain(core)
                and (front or back)
                and ((written[0], written[2]) != (front, back))
            ) or (
                (written[0] or written[2])
                and len(core) == len(written[1]) >= 3
                and sum(a != b for a, b in zip(plain(core), plain(written[1]), strict=False)) == 1
                and not any(plain(written[1]) == other for other in page.companies)
            ):
                yield Hit(start + found.start(), start + found.end(), proper, {"name": found[0], "instead": proper})


def _our_company(page: Page) -> Iterator[Hit]:
    """Our own name, one character off or with its legal form on the wrong side, where the writer names themself."""
    front, core, back = _legal_form(page.draft.our_company)
    if len(core) < 2 or not page.draft.our_company:
        return
    if page.language == "en":
        yield from _our_company_in_english(page)
        return
    proper = f"{front}{core}{back}" if front or back else core
    for sentence in page.sentences[:8]:
        found = _NAMED_US.match(page.text, sentence.start, sentence.end)
        if not found:
            continue
        written = _legal_form(found[1])
        if plain(written[1]) == plain(core):
            moved = (front or back) and (written[0] or written[2]) and (written[0], written[2]) != (front, back)
            if not moved:
                continue
        elif not (
            len(core) == len(written[1]) >= 3
            and sum(a != b for a, b in zip(plain(core), plain(written[1]), strict=False)) == 1
        ):
            continue
        instead = proper if written[0] or written[2] else core
        yield Hit(found.start(1), found.end(1), instead, {"name": found[1], "instead": instead})


_NAMED_US = re.compile(
    rf"\s*(?:お世話になっております、)?((?:株式会社|有限会社|合同会社)?[{KANJI}ぁ-んァ-ヶーA-Za-z&・]{{2,20}}?)(?=の[^\s。]{{1,24}}(?:です|でございます|と申します)|でございます| ?(?:カスタマー|サポート|お客様)[^\s。]{{1,20}}(?:の[^\s。]{{1,10}})?(?:です|でございます))"
)


def _our_company_in_english(page: Page) -> Iterator[Hit]:
    ours = page.draft.our_company.strip()
    if not ours.isascii():
        return
    words = ours.split()
    for found in re.finditer(rf"\b(?:from|at|of) ((?:[A-Z][\w&]+ ?){{{len(words)}}})", page.text[:2_000]):
        written = found[1].strip()
        if (
            written != ours
            and len(written) == len(ours) >= 4
            and sum(a != b for a, b in zip(written, ours, strict=True)) == 1
        ):
            yield Hit(found.start(1), found.start(1) + len(written), ours, {"name": written, "instead": ours})


_BARE = re.compile(rf"お客(?=[がはのをにへもと、])|(?<=[^{KANJI}])御客(?=[がはのをにへもと、])")


def _customer_bare(page: Page) -> Iterator[Hit]:
    """The customer as お客, or with さん in the middle of the text."""
    if "お客" in page.text or "御客" in page.text:
        for found in _BARE.finditer(page.text):
            yield Hit(found.start(), found.end(), "お客様", {"word": found[0], "instead": "お客様"})
    if "さん" not in page.text:
        return
    for name in page.customers:
        if name.script != "kanji" or len(name.family) < 2 or len(name.parts) < 2:
            continue
        whole = rf"{re.escape(name.family)}(?: ?{re.escape(name.parts[1])})?さん(?=[がはのをにへもと、。])"
        for found in re.finditer(whole, page.text):
            instead = f"{found[0][:-2]}様"
            if not any(at.start <= found.start() < at.end for at in page.spoken_to):
                yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead})


RULES = (
    Rule("title-doubled", Severity.HINT, ("ja",), "names", 120, _double),
    Rule("onchu-with-person", Severity.HINT, ("ja",), "names", 122, _onchu),
    Rule("company-with-sama", Severity.HINT, ("ja",), "names", 124, _company_sama),
    Rule("company-short-form", Severity.HINT, ("ja",), "names", 128, _short_form),
    Rule("company-unlike-record", Severity.HINT, ("ja",), "names", 118, _company_record),
    Rule("our-company-wrong", Severity.HINT, ("ja", "en"), "names", 119, _our_company),
    Rule("customer-without-sama", Severity.HINT, ("ja",), "names", 126, _customer_bare),
)

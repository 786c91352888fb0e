"""The customer's name: right, whole, with the title it wants, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.domain.names import (
    COMPANY_FORM,
    KANJI,
    Name,
    cores,
    is_called,
    one_slip,
    plain,
    same_sound,
    script_of,
    without_form,
)
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.salutation import comparable, fits, is_exact

_TITLES = re.compile(r"様|さま|さん|殿")
_NAME_BEFORE = re.compile(rf"(?:^|[^{KANJI}])([{KANJI}]{{1,6}}(?: [{KANJI}]{{1,4}})?) ?$")
_GREETING = re.compile(
    r"^\s*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings)\b(?P<gap>[ ]+(?:(?:mr|mrs|ms|miss|mx|dr|prof)\b\.? +)?)?(?P<name>[^\n,:!.;?(–—-]{0,50})",
    re.IGNORECASE,
)
_NOT_NAMES = """
there all team everyone everybody customer customers sir sirs madam folks friend friends support colleague colleagues user valued client
again from and & thank thanks to member members subscriber guest ladies gentlemen partner partners admin administrator both professor doctor
dr captain judge editor parent parents student students neighbours neighbors resident residents owner owners tenant tenants applicant
candidate reader readers supplier vendor shareholders principal chair director manager officer president secretary buyer seller host
"""
_BEHIND = frozenset({"Jr", "Sr", "II", "III", "PhD", "MD"})
_GENERIC = frozenset(_NOT_NAMES.split())
_UNNAMED = re.compile(
    r"\s*((?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day))\b)(?: (?:(?:sir|madam|customers?|valued|users?|client|there|member|friend|or|guest)\b[ /]?)+)? ?([,!.:]|(?=\n)|$)",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"\b(?:sir|madam|customer|valued|user|client)\b", re.IGNORECASE)
_JA_GENERIC = re.compile(r"^\s*(?:お客様|お客さま|ご担当者様|ご担当者さま|ご契約者様|ユーザー様|会員様)(?=[\s、,]|$)")


def _form_of(name: str, known: Name) -> str:
    """The record's name, whole or family name only, as the draft had it."""
    whole = " " in name or len(name.replace(" ", "")) > max(3, len(known.family) + 1) or len(known.parts) == 1
    return known.full if whole else known.family


def _misspelt(name: str, names: tuple[Name, ...]) -> Name | None:
    """The customer whose name this one is but for a variant of a kanji, or a kanji that sounds the same."""
    alike = comparable(name, names)
    if any(is_exact(name, known) for known in alike):
        return None
    for known in alike:
        if fits(name, known) or any(
            fits(name, Name(other, (other, *known.parts[1:]))) for other in same_sound(known.family)
        ):
            return known
    return None


def _name_kanji(page: Page) -> Iterator[Hit]:
    """渡邊様 for 渡辺 真由美, anywhere in the text."""
    seen: set[int] = set()
    names = page.customers
    if not names:
        return
    ours = page.agents
    for at in page.spoken_to:
        if at.is_person and (known := _misspelt(at.name, names)):
            seen.add(at.name_start)
            instead = _form_of(at.name, known)
            yield Hit(at.name_start, at.name_end, instead, {"name": at.name, "instead": instead})
    for title in _TITLES.finditer(page.text):
        lead = max(0, title.start() - 14)
        found = _NAME_BEFORE.search(page.text[lead : title.start()])
        if not found:
            continue
        start, end = lead + found.start(1), lead + found.end(1)
        if start in seen or any(is_exact(found[1], known) for known in ours):
            continue
        # 佐藤 太郎様 in the middle of the text is somebody of the same family, 渡邊様 is nobody else than 渡辺様.
        known = next(
            (one for one in names if plain(found[1].replace(" ", "")) in {plain(one.family), plain(one.joined)}), None
        )
        if (
            known
            and _misspelt(found[1], names)
            and not any(start < at.name_end and end > at.name_start for at in page.spoken_to)
        ):
            instead = _form_of(found[1], known)
            yield Hit(start, end, instead, {"name": found[1], "instead": instead})


def _name_wrong(page: Page) -> Iterator[Hit]:
    """A salutation to somebody else than the customer. Two names of which one is the customer's are right."""
    names = page.customers
    people = [at for at in page.spoken_to if at.is_person]
    if not names or any(fits(at.name, known) for at in people for known in names):
        return
    companies = page.companies
    for at in people:
        joined = plain(at.name.replace(" ", ""))
        if any(core in joined or joined in core for core in companies) or _misspelt(at.name, names):
            continue
        alike = comparable(at.name, names)
        whole = "kanji" not in {script_of(token) for token in at.name.split()} or re.fullmatch(
            rf"[{KANJI}]{{1,5}}(?: ?[{KANJI}]{{1,4}}| [ぁ-んァ-ヶー]{{1,6}})?", at.name
        )
        if alike and whole:
            instead = _form_of(at.name, alike[0])
            yield Hit(at.name_start, at.name_end, instead, {"name": at.name, "instead": instead})


def _company_patterns(other: Name) -> list[str]:
    """How another customer's company may stand in a text: alone its name may be an ordinary word."""
    bare = without_form(other.full)
    if bare == other.full or len(bare) < 2:
        return []
    if script_of(bare) == "latin":
        return [rf"\b{re.escape(bare)}\b"] if " " in bare else []
    core = re.escape(bare)
    return [
        rf"{COMPANY_FORM} ?{core}",
        rf"(?<![{KANJI}ァ-ヶー]){core} ?(?:{COMPANY_FORM}|様|さま|さん|御中)",
    ]


def _name_left_over(page: Page) -> Iterator[Hit]:
    """Another customer's name: as a whole, or a family name with a title behind it; or their company's."""
    others = [
        other for other in page.others if any(part in page.text for part in (*other.parts, without_form(other.full)))
    ]
    if not others:
        return
    ours = {plain(name.joined) for name in (*page.customers, *page.agents)}
    families = {plain(part) for name in (*page.customers, *page.agents) for part in name.parts}
    companies = (*page.companies, *cores((page.draft.our_company,)))
    taken = [(at.name_start, at.name_end) for at in page.spoken_to if at.is_person]
    right = bool(page.customers) and any(
        fits(page.text[start:end], known) for start, end in taken for known in page.customers
    )
    for other in others:
        joined = plain(other.joined)
        if joined in ours or any(joined in core or core in joined for core in companies) or len(joined) < 2:
            continue
        patterns: list[str] = []
        if len(other.parts) > 1 or len(other.joined) >= 4:
            spaced = r"[ \t]?".join(map(re.escape, other.parts))
            patterns.append(rf"\b{spaced}\b" if other.script == "latin" else spaced)
        if other.script != "latin" and plain(other.family) not in families:
            patterns.append(rf"(?<![{KANJI}ァ-ヶー]){re.escape(other.family)} ?(?:様|さま|さん|殿)")
        of_company = _company_patterns(other)
        patterns += of_company
        if not patterns:
            continue
        instead = next((known.full for known in page.customers if known.script == other.script), None)
        if of_company:
            instead = next(iter(page.draft.company_names), None)
        for found in re.finditer("|".join(patterns), page.text):
            title = re.search(r" ?(?:様|さま|さん|殿|御中)$", found[0])
            end = found.end() - (len(title[0]) if title else 0)
            # The salutation's own rule says it once; a second name there, beside the customer's, is only here.
            if not right and page.customers and any(start <= found.start() < stop for start, stop in taken):
                continue
            yield Hit(found.start(), end, instead, {"name": page.text[found.start() : end], "instead": instead or ""})


def _subject_left_over(page: Page) -> Iterator[Hit]:
    """Another customer's whole name in the subject."""
    ours = {plain(name.joined) for name in page.customers}
    text = page.subject.text
    for other in page.others:
        if plain(other.joined) in ours or len(other.joined) < 3:
            continue
        of_company = _company_patterns(other)
        whole = r" ?".join(map(re.escape, other.parts))
        for found in re.finditer("|".join([whole, *of_company]), text):
            instead = next((known.full for known in page.customers if known.script == other.script), None)
            if of_company:
                instead = next(iter(page.draft.company_names), None)
            end = found.start() + len(re.sub(r" ?(?:様|さま|さん|御中)$", "", found[0]))
            yield Hit(
                found.start(), end, instead, {"name": text[found.start() : end], "instead": instead or ""}, "subject"
            )


def _all_left_over(page: Page) -> Iterator[Hit]:
    if page.draft.other_names:
        yield from _name_left_over(page)
        yield from _subject_left_over(page)


def greeting(page: Page) -> re.Match[str] | None:
    """The English greeting, in one of the first lines."""
    for start, line in page.first_lines[:3]:
        if _GREETING.match(line):
            return _GREETING.match(page.text, start)
    return None


def named(found: re.Match[str]) -> list[str]:
    """The words of a greeting that are a name."""
    if found["gap"] is None:
        return []
    words = found["name"].replace("/", " ").split()
    if len(words) > 4 or any(word.casefold().strip("'\"") in _GENERIC for word in words):
        return []
    return [word for word in words if (word[:1].isupper() or not word[:1].isascii()) and word not in _BEHIND]


def _en_name(page: Page) -> tuple[re.Match[str], list[str], tuple[Name, ...]] | None:
    found = greeting(page)
    words = [word.removesuffix("-san") for word in named(found)] if found else []
    latin = tuple(name for name in page.customers if name.script == "latin")
    if not found or not words or not latin or any(script_of(word) != "latin" for word in words):
        return None
    companies = " ".join(page.draft.company_names).casefold()
    called = [any(is_called(word, part) for name in latin for part in name.parts) for word in words]
    other_family = len(words) > 1 and not called[-1] and all(len(name.parts) > 1 for name in latin)
    if any(called) and not other_family:
        return None
    if any(len(word) > 2 and word.casefold() in companies for word in words):
        return None
    return found, words, latin


def _en_name_typo(page: Page) -> Iterator[Hit]:
    """Dear Jonh for John."""
    if at := _en_name(page):
        found, words, latin = at
        for word in words:
            for part in (part for name in latin for part in name.parts):
                if one_slip(word, part) and not is_called(word, part):
                    start = page.text.index(word, found.start("name"))
                    yield Hit(start, start + len(word), part, {"name": word, "instead": part})
                    return


def _en_name_wrong(page: Page) -> Iterator[Hit]:
    """Dear Anna to Mr. John Brown."""
    if at := _en_name(page):
        found, words, latin = at
        if not any(one_slip(word, part) for word in words for name in latin for part in name.parts):
            formal = "." in (found["gap"] or "") or bool((found["gap"] or "").strip())
            instead = latin[0].full if len(words) > 1 else latin[0].parts[-1 if formal else 0]
            end = found.start("name") + len(found["name"].rstrip())
            yield Hit(found.start("name"), end, instead, {"name": " ".join(words), "instead": instead})


def _kanji_or_typo(page: Page) -> Iterator[Hit]:
    return _en_name_typo(page) if page.language == "en" else _name_kanji(page)


def _wrong(page: Page) -> Iterator[Hit]:
    return _en_name_wrong(page) if page.language == "en" else _name_wrong(page)


def _bare(page: Page) -> Iterator[Hit]:
    """A first line that is the customer's name and nothing behind it."""
    for start, line in page.first_lines[:4]:
        text = line.strip()
        begins = start + len(line) - len(line.lstrip())
        last = text.split()[-1] if text else ""
        for known in page.customers:
            if known.script == "latin" or not text:
                continue
            joined = text.replace(" ", "")
            if (
                joined in {known.joined, known.family}
                or (last == known.family and len(text) < 40)
                or (joined.endswith(known.joined) and len(text) < 40)
            ):
                yield Hit(begins, begins + len(text), f"{text} 様", {"name": text})
                return


def _title(page: Page) -> Iterator[Hit]:
    """殿 and さん in a salutation: the one is for those below, the other for those close."""
    for at in page.spoken_to:
        if at.is_person and at.title in {"殿", "さん"}:
            yield Hit(at.name_start, at.end, f"{at.name} 様", {"name": at.name, "word": at.title})


def _generic(page: Page) -> Iterator[Hit]:
    """お客様, Dear customer, where the name is known."""
    if page.language == "en":
        found = greeting(page)
        latin = next((name for name in page.customers if name.script == "latin"), None)
        if not found and page.text[:60].lower().lstrip().startswith("to whom it may concern"):
            yield Hit(0, 0, f"Hello {latin.parts[0]},\n\n" if latin else None, {"name": latin.full if latin else ""})
        opening = _UNNAMED.match(page.text, found.start()) if found and not named(found) else None
        if opening and not latin and _NOBODY.search(opening[0]) and not page.customers:
            yield Hit(opening.start(1), opening.end(), None, {"name": ""})
        elif opening and latin:
            yield Hit(
                opening.start(1),
                opening.end(),
                f"{opening[1]} {latin.parts[0]}{opening[2] or ''}",
                {"name": latin.full},
            )
        return
    known = next((name for name in page.customers if name.script in {"kanji", "kana"}), None)
    if known and not any(at.is_person for at in page.spoken_to):
        for start, line in page.first_lines[:3]:
            if found := _JA_GENERIC.match(line):
                begins = start + len(line) - len(line.lstrip())
                yield Hit(begins, start + found.end(), f"{known.full} 様", {"name": known.full})
                return


def _missing(page: Page) -> Iterator[Hit]:
    """No greeting by name in the first lines."""
    if not page.has_words:
        return
    if page.language == "en":
        found = greeting(page)
        if found and (named(found) or any(name.script == "latin" for name in page.customers)):
            return  # the greeting without the name has a rule of its own
        if any(name.parts[0] in line for _, line in page.first_lines[:2] for name in page.customers):
            return
        latin = next((name for name in page.customers if name.script == "latin"), None)
        if found and not latin:
            return
        yield Hit(0, 0, f"Hello {latin.parts[0]},\n\n" if latin else None, {"name": latin.full if latin else ""})
        return
    head = "\n".join(line for _, line in page.first_lines)
    if page.spoken_to or re.search(r"様|さま|各位|御中|皆さん|さん[、,\s]|殿", head.split("。")[0]):
        return
    known = next((name for name in page.customers if name.script in {"kanji", "kana"}), None)
    if known and any(known.family in line for _, line in page.first_lines[:3]):
        return  # it is there without its title, which is another finding
    known = known or next(iter(page.customers), None)
    yield Hit(0, 0, f"{known.full} 様\n\n" if known else None, {"name": known.full if known else ""})


_BOTH = ("ja", "en")
RULES = (
    Rule("name-left-over", Severity.ERROR, _BOTH, "names", 10, _all_left_over),
    Rule("name-wrong", Severity.ERROR, _BOTH, "names", 12, _wrong),
    Rule("name-misspelt", Severity.ERROR, _BOTH, "names", 14, _kanji_or_typo),
    Rule("name-missing", Severity.HINT, _BOTH, "names", 110, _missing),
    Rule("name-generic", Severity.HINT, _BOTH, "names", 112, _generic),
    Rule("name-without-title", Severity.HINT, ("ja",), "names", 114, _bare),
    Rule("name-title", Severity.HINT, ("ja",), "names", 116, _title),
)

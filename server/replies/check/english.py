"""How an English reply sounds: orders, refusals, blame, policy, what is vague, weak, rough or too sure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.finding import Severity
from server.replies.check.model import Hit, Page, Rule
from server.replies.check.phrases import found_in, in_case_of, phrase

_MUST = re.compile(r"\byou must(?P<no> not)?\b(?! (?:have|be|feel)\b)", re.IGNORECASE)
_NEED = re.compile(r"\byou (?:need|have) to\b", re.IGNORECASE)
_NOT_AN_ORDER = re.compile(
    r"\b(?:if|when|whenever|do|don't|did|anything|everything|something|whatever|what|all|that|which|would|will|may|might|where|how|should|in case|time|so|than|the only thing|no longer|only)\s*$",
    re.IGNORECASE,
)
_SHOULD = re.compile(
    r"\byou should(?:'ve| have)(?! (?:received|got|gotten|seen|access|a|an|the|your|been|had|arrived|no|any|two|three|now|already|it|them|this|that|everything|one|both|all|access)\b)(?= \w+)",
    re.IGNORECASE,
)


def _must(page: Page) -> Iterator[Hit]:
    """You must: a request does the same."""
    if "you must" not in page.low:
        return
    for found in _MUST.finditer(page.text):
        instead = in_case_of(found[0], "please do not" if found["no"] else "please")
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead or ""})


def _need(page: Page) -> Iterator[Hit]:
    """You need to, where it is an order."""
    if "you need to" not in page.low and "you have to" not in page.low:
        return
    for found in _NEED.finditer(page.text):
        if _NOT_AN_ORDER.search(page.text[max(0, found.start() - 20) : found.start()]) or page.in_list(found.start()):
            continue
        instead = in_case_of(found[0], "please")
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead or ""})


def _should(page: Page) -> Iterator[Hit]:
    """You should have."""
    if "you should" not in page.low:
        return
    for found in _SHOULD.finditer(page.text):
        instead = in_case_of(found[0], "it would have helped to have")
        yield Hit(found.start(), found.end(), instead, {"word": found[0], "instead": instead or ""})


_UNFORTUNATELY = re.compile(r"(?P<before>, )?\bunfortunately\b(?P<after>,? ?)(?P<next>\w?)", re.IGNORECASE)


def _unfortunately(page: Page) -> Iterator[Hit]:
    """The word adds nothing but gloom."""
    if "unfortunately" not in page.low:
        return
    for found in _UNFORTUNATELY.finditer(page.text):
        first = found["next"].upper() if found[0].lstrip(", ")[0].isupper() else found["next"]
        instead = (
            f", {first}"
            if found["before"] and not found["after"].startswith(",")
            else f" {first}"
            if found["before"]
            else first
        )
        yield Hit(found.start(), found.end(), instead, {"word": "unfortunately"})


_CANNOT = re.compile(
    r"\b(?:we|i)(?:'re|'m)?(?: (?:currently|simply|really|just|also|still))? (?:can't|cannot|can not|unable to|not able to|are unable to|am unable to|are not able to|am not able to|aren't able to|won't be able to|will not be able to|don't offer|do not offer|don't support|do not support)\b|\b(?:that|this|it) (?:is not|isn't|is currently not) possible\b|\bthere(?: is|'s) nothing (?:\w+ )?(?:we|i) can do\b",
    re.IGNORECASE,
)
_GRATITUDE = re.compile(r"^\s*(?:thank|wait|apologi[sz]e|express|imagine|stress|overstate|emphasi[sz]e)", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\binstead\b|\bhowever\b|\bbut\b|\balternative|what (?:we|i) can|\byou can\b|\bmeantime\b|\bhappy to\b|\bglad to\b|\boption|\bwould you\b|\bcould you\b|\b(?:we|i) can\b|\b(?:we|i)(?:'ll|'ve| will| have)\b(?! (?:not|never))|\brecommend|\bsuggest|\bother(?:wise)?\b|\bplease (?:try|use|send|let|share|tell|choose|reply)|\buntil\b|\bonce\b|\bunless\b|\bwithout\b|\bbefore\b",
    re.IGNORECASE,
)

_OFFER = re.compile(
    r"[^.!?\n]*\b(?:(?:any|further|more|other) (?:(?:further|more|other) )?(?:questions?|concerns?)|anything (?:else|is unclear))\b[^.!?\n]*",
    re.IGNORECASE,
)
"""What closes nearly every reply is no alternative."""


def _cannot(page: Page) -> Iterator[Hit]:
    """We can't, and nothing after it that can be done."""
    if not any(
        word in page.low for word in ("can't", "cannot", "can not", "able to", "don't", "do not", "possible", "nothing")
    ):
        return
    for found in _CANNOT.finditer(page.text):
        rest = _OFFER.sub("", page.text[found.end() : found.end() + 1_500])
        if _GRATITUDE.match(rest) or _INSTEAD.search(rest) or page.quoted(found.start()):
            continue
        end = len(page.text[: page.sentence_at(found.start()).end].rstrip())
        end = max(end, found.end())
        yield Hit(
            found.start(),
            end,
            f"{page.text[found.start() : end]} Let me look into what we can do instead.",
            {"word": found[0]},
        )
        return


_POLICY = (
    phrase(
        "policy",
        "the way we work",
        r"\b(?:our|company|the company's|standard) (?:company )?policy\b(?! (?:page|document|at|on our|here|\())",
    ),
    phrase("policies", "the way we work", r"\b(?:our|company) (?:company )?policies\b"),
    phrase("our ", "the way we work", r"(?<=per )our (?:terms|rules)\b"),
    phrase("policy", "not how we work", r"\bagainst policy\b"),
    phrase("policy", "", r"\b(?:per|due to|under) (?:the )?policy,? ?"),
)
_AS_SAID = (
    phrase(
        "as i",
        "to go over it once more",
        r"\bas (?:i|we)(?:'ve| have)?(?: already| previously)? (?:said|mentioned|stated|told you|explained|wrote|noted|informed you)(?: (?:before|earlier|previously|already|in my (?:last|previous) (?:e-?mail|message)))?\b",
    ),
    phrase(
        "as we",
        "to go over it once more",
        r"\bas we(?:'ve| have)?(?: already| previously)? (?:said|mentioned|stated|told you|explained|wrote|noted|informed you)(?: (?:before|earlier|previously|already|in our (?:last|previous) (?:e-?mail|message)))?\b",
    ),
    phrase(
        "as ",
        "to go over it once more",
        r"\bas (?:already|previously|clearly)(?: been)? (?:said|mentioned|stated|explained|noted)\b",
    ),
    phrase(
        "as ",
        "to go over it once more",
        r"\bas (?:stated|mentioned|explained|noted|said|discussed) (?:before|above|earlier|previously|in (?:my|our) (?:last|previous|earlier) (?:e-?mail|message))\b",
    ),
    phrase("like i", "to go over it once more", r"\blike i (?:said|mentioned)\b"),
    phrase("per my", "to go over it once more", r"\b(?:as )?per my (?:last|previous|earlier) (?:e-?mail|message)\b"),
)
_BLAME = (
    phrase("not our", None, r"\bnot our (?:fault|problem|responsibility|mistake)\b"),
    phrase("fault", "a misunderstanding", r"(?<!not )\byour (?:own )?fault\b"),
    phrase("mistake", "a misunderstanding", r"(?<!not )\byour (?:own )?(?:mistake|error)\b(?! (?:message|code|log))"),
    phrase("error", "a misunderstanding", r"(?<!not )\byour (?:own )?error\b(?! (?:message|code|log|report|screen))"),
    phrase("user error", "a misunderstanding"),
    phrase("you failed to", "it seems that you were not able to"),
    phrase("you neglected to", "it seems that you were not able to"),
    phrase("you forgot to", "it seems that you were not able to", r"(?<!if )\byou forgot to\b"),
    phrase("you misunderstood", "we did not explain well"),
    phrase(
        "you didn't",
        "you may not have been able to",
        r"(?<!if )\byou (?:didn't|did not)(?= (?:read|follow|check|listen|pay attention|bother|provide|include))",
    ),
    phrase("you are", "we see it differently", r"\byou(?:'re| are) (?:wrong|mistaken|incorrect)\b"),
    phrase("you're", "we see it differently", r"\byou're (?:wrong|mistaken|incorrect)\b"),
    phrase("obviously", "", r"\bobviously,? "),
    phrase("clearly", "", r"\bclearly,? (?=you\b)"),
    phrase("calm down", "let us sort this out together", r"\b(?:please )?calm down\b"),
    phrase("sorry you feel", "sorry", r"\bsorry (?:that )?you feel(?: that way| this way)?"),
    phrase("sorry if", "sorry that", r"\bsorry if\b"),
    phrase("you claim", "you write", r"\byou claim(?:ed)?\b(?! (?:a|your|the|for))"),
)
_CASUAL = (
    phrase("!!", ".", r"!{2,}"),
    phrase("gonna", "going to", r"\bgonna\b"),
    phrase("wanna", "want to", r"\bwanna\b"),
    phrase("gotta", "have to", r"\bgotta\b"),
    phrase("no worries", "it is no trouble at all", r"\bno worries\b"),
    phrase("no problem", "it is no trouble at all", r"(?:^|(?<=[.!\n] )|(?<=\n))no problem(?: at all)?(?=[.!,])"),
    phrase("lol", "", r"\blol\b ?"),
    phrase("hey", "Hello", r"(?:^|(?<=\n))hey\b(?: guys)?"),
    phrase("yeah", "yes", r"\byeah\b"),
    phrase("yep", "yes", r"\byep\b"),
    phrase("nope", "no", r"\bnope\b"),
    phrase("btw", "by the way", r"\bbtw\b"),
    phrase("fyi", "for your information", r"\bfyi\b"),
    phrase("thx", "thank you", r"\bthx\b"),
    phrase("pls", "please", r"\b(?:pls|plz)\b"),
    phrase("plz", "please", r"\bplz\b"),
    phrase("kinda", "rather", r"\bkinda\b"),
    phrase("dunno", "do not know", r"\bdunno\b"),
    phrase("u ", "you ", r"(?:(?<=\s)|^)u (?=(?:can|will|are|have|need|should|want|get)\b)"),
    phrase("oops", "we are sorry", r"\boops\b"),
    phrase(":)", "", r" ?[:;]-?\)(?=\s|$)"),
)
_SURE = (
    phrase("guarantee", "are working to ensure", r"(?<=\bwe )(?:can |will |fully |absolutely )?guarantee\b"),
    phrase("guarantee", "am working to ensure", r"(?<=\bi )(?:can |will |fully |absolutely )?guarantee\b"),
    phrase(
        "never happen again",
        "we are taking steps so that it does not happen again",
        r"\b(?:it|this|that) will never happen again\b",
    ),
    phrase(
        "never happen again",
        "we are taking steps so that it does not happen again",
        r"\bwill never happen again\b(?<!it will never happen again)(?<!this will never happen again)(?<!that will never happen again)",
    ),
    phrase("never let", "do our best not to let this happen again", r"\bnever let (?:this|it|that) happen again\b"),
    phrase("promise", "I expect", r"\bi (?:absolutely |really |can )?promise\b(?: you)?(?! to)"),
    phrase("promise", "we expect", r"\bwe (?:absolutely |really |can )?promise\b(?: you)?(?! to)"),
    phrase("i promise to", "I will do my best to"),
    phrase("we promise to", "we will do our best to"),
    phrase(
        "100%",
        "",
        r"(?<![\d.])100% (?=(?:sure|certain|safe|secure|guaranteed|reliable|confident|working|work|works|fixed|satisf\w+)\b)",
    ),
    phrase("definitely", "", r"\bdefinitely (?=(?:be|arrive|work|fix|solve|resolve|get|have|reach|receive)\b)"),
    phrase("without fail", "", r" ?\bwithout fail\b"),
    phrase("no doubt", "", r"\bno doubt,? "),
)
_WEAK = (
    phrase("i guess", "", r"\bi guess,? (?:that )?"),
    phrase("i suppose", "", r"\bi suppose,? (?:that )?"),
    phrase("hopefully", "", r"\bhopefully,? "),
    phrase(
        "sort of",
        "",
        r"\b(?<!what )(?<!some )(?<!this )(?<!any )(?<!that )sort of (?=(?:a )?(?:bug|issue|known|normal|fixed|complicated|working)\b)",
    ),
    phrase("i think", "", r"(?:^|(?<=\. )|(?<=\n))i think (?:that )?(?=(?:it|the|this|that|your)\b)"),
)
_AMOUNT = re.compile(
    r"\b(?:a|some) (?:small|slight|nominal|minor|little|certain|modest)(?: (?:additional|extra))? (?:fee|charge|cost|amount|discount|delay|surcharge)\b|\ban? (?:additional|extra|further) (?:fee|charge|cost|surcharge)\b|\bsome (?:additional|extra)? ?(?:fees|charges|costs|time)\b|\b(?:a bit|a little) (?:longer|more|extra|late)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d|\b(?:today|tomorrow|monday|tuesday|wednesday|thursday|friday|one|two|three)\b", re.IGNORECASE)


def _amount(page: Page) -> Iterator[Hit]:
    """A small fee, and nobody says how much."""
    if not any(
        word in page.low
        for word in (
            " fee",
            " charge",
            " cost",
            " amount",
            " discount",
            " delay",
            " time",
            " longer",
            " extra",
            " late",
            " surcharge",
        )
    ):
        return
    for found in _AMOUNT.finditer(page.text):
        if not _FIGURE.search(page.around(found.start(), 120, 160)):
            yield Hit(found.start(), found.end(), None, {"word": found[0]})


def _capital_kept(page: Page, hits: Iterator[Hit]) -> Iterator[Hit]:
    """Where a sentence's first words go, the next one gets their capital."""
    for hit in hits:
        after = page.text[hit.end : hit.end + 1]
        if hit.replacement == "" and page.text[hit.start].isupper() and after.islower():
            yield hit._replace(end=hit.end + 1, replacement=after.upper())
        else:
            yield hit


def _policy(page: Page) -> Iterator[Hit]:
    return _capital_kept(page, found_in(page, _POLICY))


def _as_said(page: Page) -> Iterator[Hit]:
    seen: set[int] = set()
    for hit in found_in(page, _AS_SAID):
        if hit.start not in seen:
            seen.add(hit.start)
            yield hit


def _blame(page: Page) -> Iterator[Hit]:
    return _capital_kept(page, found_in(page, _BLAME))


def _casual(page: Page) -> Iterator[Hit]:
    return _capital_kept(page, found_in(page, _CASUAL))


def _sure(page: Page) -> Iterator[Hit]:
    """Guarantees; not "cannot guarantee", not "money-back guarantee"."""
    return _capital_kept(page, found_in(page, _SURE))


def _weak(page: Page) -> Iterator[Hit]:
    return _capital_kept(page, found_in(page, _WEAK))


RULES = (
    Rule("en-blame", Severity.HINT, ("en",), "english", 105, _blame),
    Rule("en-promise", Severity.HINT, ("en",), "english", 107, _sure),
    Rule("en-cannot", Severity.HINT, ("en",), "english", 130, _cannot),
    Rule("en-policy", Severity.HINT, ("en",), "english", 132, _policy),
    Rule("en-as-said", Severity.HINT, ("en",), "english", 133, _as_said),
    Rule("en-amount", Severity.HINT, ("en",), "english", 135, _amount),
    Rule("en-must", Severity.HINT, ("en",), "english", 136, _must),
    Rule("en-need", Severity.HINT, ("en",), "english", 137, _need),
    Rule("en-should-have", Severity.HINT, ("en",), "english", 138, _should),
    Rule("en-casual", Severity.HINT, ("en",), "english", 139, _casual),
    Rule("en-unfortunately", Severity.HINT, ("en",), "english", 140, _unfortunately),
    Rule("en-weak", Severity.HINT, ("en",), "english", 152, _weak),
)

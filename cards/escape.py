"""Makes foreign text safe for a place in a card, and cuts it to that place's length.

The order is always: clean (drop what is invisible or reorders its surroundings), cut (between whole characters as a
reader sees them), then escape for the format. So a cut never splits an escape, and no escape can be undone by cleaning.

Every function looks first whether there is anything to do: nearly all text is plain, and a card has a hundred pieces of
it. `str.isprintable` is that look (a regular expression costs three times as much): it stops at control, format,
bidirectional and private-use characters, lone surrogates and line breaks, and lets through a few harmless oddities that
`clean` would drop besides (letters without a shape, piled-up accents).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

# Lengths in characters, the same in both clients so that one meaning takes the same room in both.
TITLE = 120
SUBTITLE = 200
PARAGRAPH = 4000
LINE = 500
LABEL = 200
FACT_LABEL = 60
FACT_VALUE = 400
BUTTON = 60
OPTION = 120
URL = 2000

_ZWJ = "\u200d"
_EMOJI = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_JOINING_SCRIPTS = "\u0600-\u0dff\u1780-\u17ff"  # Arabic, Indic and Khmer spell with ZWJ and ZWNJ
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MANY_BREAKS = re.compile("\n{3,}")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: no JSON writer accepts it
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # controls
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # soft hyphen, fillers, marks without a shape
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, bidirectional overrides, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"  # shorthand, music and tag characters
    "]"
    f"|(?<![{_EMOJI}{_JOINING_SCRIPTS}])[\u200c\u200d]|[\u200c\u200d](?![{_EMOJI}{_JOINING_SCRIPTS}])"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_TOWER = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")  # marks piled up until they cover the lines above
# DATE() and TIME() in double braces are replaced by every Adaptive Cards client, in any text.
_ADAPTIVE_FUNCTION = re.compile(r"\{\{(?=\s*(?:DATE|TIME)\s*\()", re.IGNORECASE)


def harmless(text: str) -> bool:
    """Whether this text, and every part of it, is short enough and plain enough for any place but a button or a title.

    One look at the texts of a row put together costs a third of a look at each.
    """
    return len(text) <= LABEL and text.isprintable() and "<" not in text and "&" not in text and "{{" not in text


def line(text: str, limit: int) -> str:
    """One plain line: titles, notifications, and all that is no TextBlock in Outlook; no client reads markup there."""
    if len(text) <= limit and text.isprintable():
        return text
    return cut(_one_line(text), limit)


def html(text: str, limit: int) -> str:
    """The simple HTML of Google's textParagraph, decoratedText.text and section headers; line breaks are kept."""
    # A lone ">" opens nothing and stays; looking for it would cost as much as looking for "<".
    if len(text) <= limit and text.isprintable() and "<" not in text and "&" not in text:
        return text
    return _markup(cut(clean(text), limit)).replace("\n", "<br>")


def html_line(text: str, limit: int) -> str:
    """The same as `html`, on one line."""
    if len(text) <= limit and text.isprintable() and "<" not in text and "&" not in text:
        return text
    return _markup(cut(_one_line(text), limit))


def label(text: str, limit: int) -> str:
    """One line for Google's labels, buttons and options, of which no document says whether they read HTML.

    The full-width forms mean nothing to either reading.
    """
    if len(text) <= limit and text.isprintable() and "<" not in text and "&" not in text:
        return text
    return cut(_one_line(text), limit).replace("<", "\uff1c").replace(">", "\uff1e").replace("&", "\uff06")


def adaptive(text: str, limit: int) -> str:
    """Text of an Adaptive Card, which is never Markdown here; line breaks are kept."""
    if len(text) <= limit and text.isprintable() and "{{" not in text:
        return text
    return _ADAPTIVE_FUNCTION.sub("\uff5b\uff5b", cut(clean(text), limit))


def adaptive_line(text: str, limit: int) -> str:
    """The same as `adaptive`, on one line."""
    if len(text) <= limit and text.isprintable() and "{{" not in text:
        return text
    return _ADAPTIVE_FUNCTION.sub("\uff5b\uff5b", cut(_one_line(text), limit))


def typed(text: str, limit: int, *, multiline: bool) -> str:
    """What stands in a field: somebody will send it again, so nothing is added to it, not even the "…" of a cut."""
    if len(text) <= limit and text.isprintable():
        return text
    text = clean(text) if multiline else _one_line(text)
    return text[: _boundary(text, limit)]


def link(url: str) -> str:
    """The address if it may be opened, else "": https, mailto and tel; http only to this machine itself."""
    if len(url) > URL or not url.isprintable() or " " in url or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme == "https":
        return url if host else ""
    if parts.scheme == "http":
        return url if host in {"localhost", "127.0.0.1", "::1"} else ""
    return url if parts.scheme in {"mailto", "tel"} and parts.path else ""


def clean(text: str) -> str:
    """Without what cannot be seen or moves its surroundings; line breaks become a plain newline, two at most."""
    text = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    text = _SURROGATE.sub("\ufffd", text)
    text = _INVISIBLE.sub("", text)
    text = _TOWER.sub(r"\1", text)
    return _MANY_BREAKS.sub("\n\n", text).strip()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them "…" when something is missing; never inside a character as read."""
    if len(text) <= limit:
        return text
    return text[: _boundary(text, limit - 1)].rstrip() + "…"


def _one_line(text: str) -> str:
    return " ".join(clean(text).split("\n"))


def _markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _boundary(text: str, limit: int) -> int:
    """The last place at or before `limit` where a new character begins (Unicode's UAX 29, as far as `clean` leaves it)."""
    end = min(limit, len(text))
    while 0 < end < len(text) and _continues(text, end):
        end -= 1
    return end


def _continues(text: str, at: int) -> bool:
    before, here = text[at - 1], text[at]
    if before == _ZWJ or here in "\u200c\u200d\uff9e\uff9f":  # half-width dakuten belong to the kana before them
        return True
    if unicodedata.category(here) in {"Mn", "Mc", "Me"} or "\U0001f3fb" <= here <= "\U0001f3ff":  # skin tones
        return True
    if _is_flag_letter(here):  # flags are pairs of letters: only an even run may end here
        first = at
        while first and _is_flag_letter(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 1
    if "\u1160" <= here <= "\u11ff":  # Hangul written in letters: the vowels and final consonants of a syllable
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return "\u1100" <= here <= "\u115f" and "\u1100" <= before <= "\u115f"  # doubled initial consonants


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"

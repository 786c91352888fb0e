"""Reading of address headers as they come, and what a domain says about who somebody is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources

from publicsuffixlist import PublicSuffixList

from server.domain.mail import Address

MAX_NAME = 200
MAX_EMAIL = 320  # 64 + @ + 255, RFC 5321
MAX_ADDRESSES = 500
_READ = 50_000

_UNQUOTED = r"""
      (?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,4000}\?=)  # an encoded word is one thing, whatever it holds
    | <(?P<angle>[^<>]*+)>
    | \((?P<comment>[^()]*+)\)
    | (?P<stop>[,;])
    | (?P<colon>:)
    | (?P<text>[^"<>(),;:=]++|.)
"""
_QUOTED = r"""
      "(?P<quoted>(?:[^"\\]++|\\.)*+)"
    | (?P<unclosed>"(?=(?:[^"\\]++|\\.)*+\\?\Z))  # from here on a quotation mark is a character like any other
    |
"""
_TOKEN = re.compile(_QUOTED + _UNQUOTED, re.VERBOSE | re.DOTALL)
_TOKEN_AFTER_UNCLOSED = re.compile(_UNQUOTED, re.VERBOSE | re.DOTALL)
_BARE = re.compile(r"""(?:"[^"@]{1,100}"|(?<![^\s"<>(),:;@])[^\s"<>(),:;@]+)@[^\s"<>(),:;@]+""")
"""An address in running text. It may begin only where a word begins: without that, a long word costs its length squared."""

_NO_ADDRESS = frozenset('<>"\\@ \t\r\n')
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(
    # controls but tab and line ends; soft hyphen, zero-width, bidirectional and other format characters; halves of surrogate pairs
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e00ff]+"
)
_VIA = re.compile(r"(?:\s+via\s+\S.*|\s*[(\uff08][^()\uff08\uff09]*経由[)\uff09])$", re.IGNORECASE | re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "`": "`"}
_HONORIFIC = re.compile(r"\s*(?:様|さま|サマ|殿|御中)$")
_NOT_NAMES = frozenset({"お客", "お得意", "奥", "皆", "みな"})
"""What stands before 様 in words that are whole without being anybody's name."""


def visible(text: str) -> str:
    """Text without control, zero-width and bidirectional characters: what is shown is what is there."""
    return _HIDDEN.sub("", text)


def one_line(text: str, limit: int) -> str:
    """`visible` text on one line, cut to `limit` characters."""
    return _SPACE.sub(" ", visible(text[: limit * 4])).strip()[:limit].strip()


def parse_addresses(value: str, decode: Callable[[str], str] = str) -> tuple[Address, ...]:
    """The mailboxes of a To-like header, in order; never raises. `decode` reads the encoded words of a display name.

    The standard parser is not used: its strictness changed between Python releases, and a comma inside an unquoted
    or encoded name ("Tanaka, Taro", common from Outlook) makes it see two people.
    """
    found: list[Address] = []
    for mailbox in _mailboxes(value[:_READ], decode):
        found.append(mailbox)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


def clean_email(value: str) -> str:
    """An address in lower case with its domain in ASCII, "" when there is none. `a..b.@docomo.ne.jp` is one."""
    words = visible(unicodedata.normalize("NFKC", value[: MAX_EMAIL * 2])).lower().split()
    whole = [word for word in words if "@" in word.strip("@")]
    local, _, domain = (whole[0] if whole else "".join(words)).strip("<>,;:").removeprefix("mailto:").rpartition("@")
    if local.startswith("@"):  # RFC 5321 source route: <@relay,@relay:user@host>
        local = local.rpartition(":")[2]
    local = local.strip("\"'")
    domain = _ascii_domain(domain.strip("\"'.>"))
    if not local or not domain or not _NO_ADDRESS.isdisjoint(local + domain) or len(local) + len(domain) >= MAX_EMAIL:
        return ""
    return f"{local}@{domain}"


def clean_name(name: str, email: str = "") -> str:
    """A display name as one would write it: no quotes around it, no 様, no "via Group"; "" when it only repeats the address."""
    text = one_line(name, MAX_NAME)
    before = None
    while text != before:  # what one step uncovers may be the next one's
        before = text
        text = _VIA.sub("", text).strip(" ,;<>")
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1].strip()
        bare = _HONORIFIC.sub("", text)
        if bare and bare not in _NOT_NAMES:
            text = bare
    return "" if text.lower() == email or not any(map(str.isalnum, text)) else text


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there (free mail, carriers, providers): its people do not belong together."""
    labels = domain.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in _free_mail() for start in range(len(labels) - 1))


def company_domain(email: str) -> str:
    """The registrable domain that stands for somebody's company (mail.aoba.co.jp -> aoba.co.jp), "" for free mail and no company."""
    domain = email.rpartition("@")[2].lower().rstrip(".") if "@" in email else ""
    if not domain or is_free_mail(domain):
        return ""
    if domain.startswith("[") or domain.replace(".", "").isdigit() or "." not in domain:
        return ""  # an address literal or a machine's own name
    return _suffixes().privatesuffix(domain) or ""


def _mailboxes(value: str, decode: Callable[[str], str]) -> Iterator[Address]:
    """Cut at commas and semicolons; a piece without an address is the first half of a name with a comma in it."""
    name: list[str] = []
    comments: list[str] = []
    angle: str | None = None
    carried = ""
    count = 0
    for token in _tokens(f"{value},"):
        kind = token.lastgroup
        if kind == "stop":
            text = "".join(name).strip()
            if angle is None and (bare := _BARE.search(text)):
                angle = bare[0]
                text = (text[: bare.start()] + text[bare.end() :]).strip()
            if angle is None and token.end() <= len(value):
                # "Tanaka, Taro <t@..>": kept for the next piece, if that is no address of its own
                carried = f"{carried}{text}, "[: MAX_NAME * 8] if text and token[0] == "," else ""
            else:
                mailbox = _mailbox(f"{carried}{text}" if text else "", angle, comments, decode)
                if mailbox.email or (mailbox.name and not count):
                    count += 1
                    yield mailbox
                carried = ""
            name, comments, angle = [], [], None
        elif kind == "angle":
            angle = token["angle"] if angle is None or "@" not in angle else angle
        elif kind == "comment":
            comments.append(token["comment"])
        elif kind == "colon":
            if angle is None and not any("@" in part for part in name):
                name, carried = [], ""  # the name of a group
            else:
                name.append(":")
        elif kind == "quoted":
            quoted = token["quoted"].replace("\\", "")
            name.append(f'"{quoted}"' if value.startswith("@", token.end()) else quoted)
        else:
            name.append(token[0])


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Tokens of a header. Looking for the end of a quotation that never ends happens once, not at each of its characters."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "unclosed":
            yield from _TOKEN_AFTER_UNCLOSED.finditer(text, token.end())
            return
        yield token


def _mailbox(name: str, angle: str | None, comments: list[str], decode: Callable[[str], str]) -> Address:
    email = clean_email(angle or "")
    text = decode(name[: MAX_NAME * 40].rstrip(", "))
    if not email and "=?" in name and "@" in text:
        # The whole "name <address>" inside one encoded word: some form scripts do that.
        hidden = _BARE.findall(text)
        email = clean_email(hidden[-1]) if hidden else ""
        text = text.partition("<")[0]
    shown = clean_name(text, email)
    if not shown and comments:
        shown = clean_name(decode(" ".join(comments)[: MAX_NAME * 40]), email)
    return Address(email, shown)


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain[:255].encode("idna").decode("ascii")
    except UnicodeError:
        return domain  # no registered name, but still the name somebody wrote


@cache
def _free_mail() -> frozenset[str]:
    lines = resources.files("server.domain").joinpath("free_mail.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()

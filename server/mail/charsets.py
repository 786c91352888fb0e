"""Bytes of a mail to text, whatever their label says; never raises."""

from __future__ import annotations

import codecs
import re

_LABELS = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932", "ms932": "cp932",
    "windows-31j": "cp932", "cswindows31j": "cp932", "windows-932": "cp932", "csshiftjis": "cp932", "shiftjis": "cp932",
    "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "x-euc": "euc_jp", "eucjp-ms": "euc_jp", "eucjp-win": "euc_jp", "cp51932": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp", "eucjp": "euc_jp",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949", "ksc5601": "cp949", "euc-kr": "cp949", "big5": "big5hkscs", "x-big5": "big5hkscs",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "iso8859-1": "cp1252", "iso-8859-8-i": "iso8859_8", "tis-620": "cp874",
    "unicode-1-1-utf-7": "utf_7", "unicode-1-1-utf-8": "utf_8", "utf8": "utf_8", "utf-8": "utf_8", "utf8mb4": "utf_8",
}  # fmt: skip
"""Labels in the wild, by what their senders really write; all others are looked up as Python knows them."""

_NO_LABEL = frozenset(
    {
        "",
        "us-ascii",
        "ascii",
        "ansi_x3.4-1968",
        "unknown-8bit",
        "x-unknown",
        "unknown",
        "default",
        "binary",
        "8bit",
        "none",
    }
)
_WIDE = ("utf_16", "utf-16", "utf16", "utf_32", "utf-32", "utf32", "utf_7", "utf-7", "ucs", "hz")
_JIS = re.compile(rb"\x1b\$[@BA]|\x1b\$\([A-DOPQ]|\x1b\([BJIH]|\x1b\.A|\x1bN.|[\x0e\x0f]|[\r\n]+", re.DOTALL)
_JIS_SIGN = re.compile(rb"\x1b\$[@B]|\x1b\$\([DOPQ]|\x1b\(I")
_FIRST, _LAST = 0xA1, 0xFE
_UP = bytes(byte | 0x80 for byte in range(256))
_PLAUSIBLE = re.compile(
    r"[\u3000-\u301f\u3041-\u3096\u309b-\u309e\u30a1-\u30fe\u4e00-\u9fff\uff01-\uff5e\u2010-\u2026\u2160-\u2179\u2190-\u21d4\u2200-\u22ff"
    r"\u2460-\u2473\u2500-\u254b\u25a0-\u25ef\u2605\u2606\u3231-\u33cd]"
)
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
_IMPLAUSIBLE = re.compile(r"[\ufffd\ue000-\uf8ff\x80-\x9f]")
_COMMON_LEAD = re.compile(rb"[\x81-\x9f]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]")
_SAMPLE = 4_000
_CHUNK = 4_096
_RATHER, _SURELY = 0.5, 0.9  # share of plausible characters in a Japanese reading
_THROUGH_CP932 = "sobani.cp932"

_OF_PYTHON = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"})
"""Codecs that Python keeps among those for text, and no mail is written in."""


def decode(data: bytes, label: str = "") -> str:
    """Text of `data`. The label is believed when the bytes allow it; else UTF-8, the three Japanese encodings, then Western."""
    name = _codec(label)
    if name.startswith(_WIDE):
        return _strict(data, name) or data.decode("utf-8", "replace")
    if data.isascii():
        switched = _JIS_SIGN.search(data) or (name.startswith("iso2022") and _JIS.search(data))
        return _jis(data) if switched else data.decode("ascii")
    if (text := _strict(data, "utf_8")) is not None and (
        name in {"", "utf_8"} or not _multibyte(name) or _has_wide(text)
    ):
        return text.removeprefix("\ufeff")
    if _JIS_SIGN.search(data):
        return _jis(data)
    if name not in {"", "utf_8"} and not name.startswith("iso2022"):
        text = _japanese(data, name) if name == "euc_jp" else _strict(data, name)
        if text is not None and not _mislabelled(text, data, name):
            return text
    return _detect(data, name)


def repair(value: str) -> str:
    """A header value as text, when the way here left bytes in it: as surrogate escapes, as Latin-1, or as 7-bit JIS."""
    if value.isascii():
        return decode(value.encode("ascii")) if "\x1b" in value else value
    if any("\udc80" <= char <= "\udcff" for char in value):
        return decode(value.encode("utf-8", "surrogateescape")) if _only_escapes(value) else value
    try:
        data = value.encode("latin-1")
    except UnicodeEncodeError:
        return value
    if (text := _strict(data, "utf_8")) is not None:
        return text
    return decode(data) if any("\x80" <= char <= "\x9f" for char in value) else value


def _only_escapes(value: str) -> bool:
    """Whether every surrogate is an escaped byte (a lone half of another kind cannot be turned back)."""
    return not any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in value)


def _codec(label: str) -> str:
    """The Python codec for a label, "" when the label says nothing or is not known."""
    name = label.strip().strip("\"'").lower()
    if name in _NO_LABEL or len(name) > 40:  # no registered charset name is longer
        return ""
    if name.startswith(("iso-2022-jp", "iso2022-jp", "iso2022jp", "csiso2022jp", "cp5022", "jis")):
        return "iso2022_jp"
    name = _LABELS.get(name, name)
    try:
        if codecs.lookup(name).name.replace("-", "_") in _OF_PYTHON:
            return ""
        # Only text codecs: "base64", "zlib" or "rot13" are codecs too, and raise LookupError here.
        b"a".decode(name)
    except (LookupError, UnicodeError, ValueError):
        return name if name.startswith(_WIDE) and name in {"utf_16", "utf-16", "utf-32", "utf_32"} else ""
    return name


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _multibyte(name: str) -> bool:
    return name in {"cp932", "euc_jp", "gb18030", "cp949", "big5hkscs", "cp950"} or name.startswith(
        ("iso2022", "euc", "shift")
    )


def _has_wide(text: str) -> bool:
    """A character of three bytes or more: two-byte sequences may be UTF-8 by accident, those hardly ever."""
    return any(char >= "\u0800" for char in text[:_SAMPLE])


def _japanese(data: bytes, name: str) -> str:
    """Shift_JIS or EUC-JP as Windows writes them, with NEC's and IBM's characters; what cannot be read is marked."""
    if name != "euc_jp":
        return data.decode("cp932", "replace")
    if len(data) <= _CHUNK:
        return data.decode("euc_jp", _THROUGH_CP932)
    # In chunks, since each error copies what the decoder was given.
    decoder = codecs.getincrementaldecoder("euc_jp")(_THROUGH_CP932)
    ends = range(_CHUNK, len(data) + _CHUNK, _CHUNK)
    return "".join(decoder.decode(data[end - _CHUNK : end], final=end >= len(data)) for end in ends)


def _detect(data: bytes, name: str) -> str:
    """The most Japanese reading; else a Western one; else what can be saved under the label."""
    sample = data[:_SAMPLE]
    scores = {candidate: _score(_japanese(sample, candidate)) for candidate in ("cp932", "euc_jp")}
    if not _COMMON_LEAD.search(sample):
        scores["cp932"] = -1.0  # without kana and common kanji: accented Western letters read as rare kanji
    best = max(scores, key=scores.__getitem__)
    if scores[best] > _RATHER:
        return _japanese(data, best)
    if name.startswith("iso2022"):
        return _jis(data)
    if name in {"cp932", "euc_jp"}:
        return _japanese(data, name)
    damaged = data.decode("utf_8", "replace")
    if name == "utf_8" or damaged.count("\ufffd") * 10 < sum(char > "\x7f" for char in damaged):
        return damaged
    return data.decode("cp1252", "replace")


def _mislabelled(text: str, data: bytes, name: str) -> bool:
    """Whether bytes that pass under their label are really the other Japanese encoding.

    Only with kana in the other reading: half-width katakana in Shift_JIS, a label that is right, looks like rare
    kanji in EUC-JP, but never like hiragana.
    """
    if name not in {"cp932", "euc_jp", "cp1252"} or (name != "cp1252" and _score(text) > _RATHER):
        return False
    for other in ("cp932", "euc_jp"):
        reading = _japanese(data[:_SAMPLE], other)
        if other != name and _KANA.search(reading) and _score(reading) > (_RATHER if "\ufffd" in text else _SURELY):
            return True
    return False


def _score(text: str) -> float:
    """How Japanese a reading is: 1 when every character beyond ASCII is, below 0 when most are damage."""
    sample = text[:_SAMPLE]
    foreign = len(_FOREIGN.findall(sample))
    if not foreign:
        return 0.0
    half = len(_HALF_WIDTH.findall(sample))
    return (len(_PLAUSIBLE.findall(sample)) - 2 * len(_IMPLAUSIBLE.findall(sample)) - half / 3) / foreign


def _jis(data: bytes) -> str:
    """ISO-2022-JP as it is written: with NEC/IBM characters and half-width kana (Microsoft's CP50221), which Python's codecs refuse."""
    if b"\x1b(I" not in data and b"\x0e" not in data:
        text = _strict(data, "iso2022_jp")
        if text is not None:
            return text
    pieces: list[str] = []
    mode, start, shifted = b"\x1b(B", 0, False
    for found in _JIS.finditer(data):
        pieces.append(_jis_run(data[start : found.start()], b"\x1b(I" if shifted else mode))
        start, sign = found.end(), found[0]
        if sign[:1] in b"\r\n":
            pieces.append(sign.decode("ascii"))
            mode, shifted = b"\x1b(B", False  # a line that forgot to return to ASCII does not spoil the next
        elif sign in b"\x0e\x0f":
            shifted = sign == b"\x0e"
        elif sign[:2] != b"\x1bN" and sign != b"\x1b.A":
            mode = sign
    pieces.append(_jis_run(data[start:], b"\x1b(I" if shifted else mode))
    return "".join(pieces)


def _jis_run(run: bytes, mode: bytes) -> str:
    if not run:
        return ""
    if mode in {b"\x1b(B", b"\x1b(J", b"\x1b(H"}:
        return run.decode("ascii") if run.isascii() else _detect(run, "cp932")
    if mode == b"\x1b(I":
        return run.translate(_UP).decode("cp932", "replace")
    up = run.replace(b" ", b"").translate(_UP) if len(run) % 2 else run.translate(_UP)
    if mode in {b"\x1b$@", b"\x1b$B", b"\x1b$(B", b"\x1b$(@"}:
        return _japanese(up, "euc_jp")
    if mode == b"\x1b$(D" or mode == b"\x1b$(P":  # noqa: PLR1714 - the two planes read with a prefix, by different codecs
        prefixed = b"".join(b"\x8f" + up[at : at + 2] for at in range(0, len(up) - 1, 2))
        return prefixed.decode("euc_jp" if mode == b"\x1b$(D" else "euc_jis_2004", "replace")
    return up.decode({b"\x1b$A": "gb2312", b"\x1b$(C": "euc_kr"}.get(mode, "euc_jis_2004"), "replace")


def _nec_or_ibm(error: UnicodeError) -> tuple[str, int]:
    """A double byte that Python's EUC-JP does not know, read through CP932: rows 13 and 89 to 92 are there and nowhere else."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    at, data = error.start, error.object
    pair = data[at : at + 2]
    if len(pair) > 1 and all(_FIRST <= byte <= _LAST for byte in pair):
        return _sjis(pair[0] - 0x80, pair[1] - 0x80).decode("cp932", "replace"), at + 2
    return "\ufffd", at + 1


# A codec error handler has to be known to the process by name; an error a character costs then no second pass.
codecs.register_error(_THROUGH_CP932, _nec_or_ibm)


def _sjis(row: int, cell: int) -> bytes:
    """A JIS double byte as Shift_JIS, by the arithmetic of JIS X 0208 annex 1."""
    low = cell + (0x1F if row % 2 else 0x7E)
    if row % 2 and low >= 0x7F:  # the gap at DEL
        low += 1
    high = (row - 0x21) // 2 + 0x81
    return bytes((high if high < 0xA0 else high + 0x40, low))  # the gap of half-width kana

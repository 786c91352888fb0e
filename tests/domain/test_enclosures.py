"""Attachments as they may go along: clean names and types, and never more than fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Attachment
from server.domain.enclosures import MOST, attachment, fitting, name_of
from server.domain.events import FILES_MOST, Files


@given(st.text())
def test_a_name_is_one_line_and_no_path(name: str) -> None:
    cleaned = name_of(name)
    assert 0 < len(cleaned) <= 200
    assert not {"\n", "\r", "\0", "/", "\\"} & set(cleaned)
    assert name_of(cleaned) == cleaned


@given(st.text())
def test_a_type_is_one_or_the_general_one(kind: str) -> None:
    found = attachment("x", kind, b"").type
    assert found.isascii()
    assert found.count("/") == 1
    assert not {" ", "\r", "\n", ";"} & set(found)


def test_a_type_that_is_not_said_is_by_the_name() -> None:
    assert attachment("見積.PDF", "", b"").type == "application/pdf"
    assert attachment("a.csv", "Text/CSV ", b"").type == "text/csv"
    assert attachment("a", "x\r\nX-Evil: 1", b"").type == "application/octet-stream"


@given(st.lists(st.integers(0, FILES_MOST // 2)), st.lists(st.text(max_size=5), max_size=3))
def test_what_fits_goes_along_and_the_rest_is_named(sizes: list[int], left: list[str]) -> None:
    block = bytes(FILES_MOST)
    files = [Attachment(f"{n}", "text/plain", block[:size]) for n, size in enumerate(sizes)]
    found = fitting(files, left)
    assert sum(len(one.content) for one in found.files) <= FILES_MOST
    assert len(found.files) <= MOST
    assert len(found.files) + len(found.left) == len(files) + len(left)
    assert {one.name for one in found.files} | set(found.left) == {one.name for one in files} | set(map(name_of, left))


def test_a_small_one_after_a_large_one_still_fits() -> None:
    large, small = Attachment("l", "text/plain", bytes(FILES_MOST + 1)), Attachment("s", "text/plain", b"s")
    assert fitting([large, small], ["cloud"]) == Files((small,), ("cloud", "l"))

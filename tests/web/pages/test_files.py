"""A file comes through the forms as it was, and no form can make it larger than it may be."""

from __future__ import annotations

import zlib
from base64 import b64encode
from io import BytesIO

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from server.web.pages.files import FileForms, Upload, packed

FORMS = FileForms(1000)


def carried(file: str) -> bytes:
    with Flask("files").test_request_context(method="POST", data={"file": file}):
        return FORMS.carried()


@given(st.binary(max_size=1000))
def test_what_is_packed_comes_out_as_it_was(data: bytes) -> None:
    assert carried(packed(data)) == data


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: b64encode(raw).decode())))
def test_what_is_no_packed_file_is_nothing_or_little(text: str) -> None:
    assert len(carried(text)) <= FORMS.most + 1


@pytest.mark.parametrize("text", ["", "x", "%", "あ", packed(b"a")[:-4], b64encode(b"no zlib").decode()])
def test_what_was_tampered_with_is_nothing(text: str) -> None:
    assert carried(text) in {b"", b"a"}


def test_a_file_that_grows_when_unpacked_ends_a_byte_too_late() -> None:
    """So that its reader says that it is too large, and nobody holds all of it."""
    assert len(carried(b64encode(zlib.compress(b"0" * 50_000_000, 9)).decode())) == FORMS.most + 1


def test_a_form_s_file_has_its_name_and_a_form_without_one_an_empty_file() -> None:
    app = Flask("files")
    with app.test_request_context(method="POST", data={"file": (BytesIO(b"a,b"), "c.csv")}):
        assert FORMS.uploaded() == Upload(b"a,b", "c.csv")
    with app.test_request_context(method="POST", data={"name": "x"}):
        assert FORMS.uploaded() == Upload(b"", "")


def test_a_form_that_is_larger_than_its_file_may_be_is_not_read() -> None:
    with (
        Flask("files").test_request_context(method="POST", data={"file": (BytesIO(b"x" * 300_000), "c.csv")}),
        pytest.raises(RequestEntityTooLarge),
    ):
        FORMS.uploaded()

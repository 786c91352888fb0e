"""The examples of docs/api.md are requests that work, with the answers that stand there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.domain.own import ITEMS, MAX_ADDRESSES, MAX_MORE
from server.store.api_keys import A_MINUTE
from server.web.api.problems import TITLES
from server.web.api.shapes import CustomerFields
from tests.web.api.desk import Caller, callers

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"```(http|json)\n(.*?)```", re.DOTALL)


@pytest.fixture
def caller(redis_url: str) -> Iterator[Caller]:
    yield from callers(redis_url)


def test_the_examples_do_what_is_said(caller: Caller) -> None:
    answer: Any = None
    kinds = []
    for kind, text in BLOCK.findall(TEXT):
        kinds.append(kind)
        if kind == "json":
            assert answer.json == json.loads(text)
            continue
        line, _, body = text.partition("\n")
        method, path = line.split(" ", 1)
        answer = caller.send(method, path, body.encode() if body.strip() else None)
        expected = 422 if "naem" in body else 204 if method == "DELETE" else (200, 201)
        assert answer.status_code in (expected if isinstance(expected, tuple) else (expected,)), (line, answer.text)
    assert (kinds.count("http"), kinds.count("json")) == (12, 6)


def test_every_field_and_every_problem_is_named() -> None:
    rows = re.findall(r"^\| (.*?) \|", TEXT, re.MULTILINE)
    named = {name for row in rows for name in re.findall("`([a-z_]+)`", row)}
    assert set(CustomerFields.__struct_fields__) <= named
    problems = dict(re.findall(r"^\| ([0-9]{3}) \| `([a-z_]+)` \|", TEXT, re.MULTILINE))
    assert problems == {str(status): code for code, (status, _) in TITLES.items()}


def test_the_limits_are_those_of_the_code() -> None:
    for said in (
        f"{A_MINUTE} requests a minute",
        f"newest {ITEMS['order']} orders, {ITEMS['subscription']} subscriptions and {ITEMS['event']} events",
        f"at most {MAX_ADDRESSES}.",
        f"at most {MAX_MORE} |",
    ):
        assert said in TEXT

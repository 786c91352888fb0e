"""Every sentence of the code is in the Japanese catalogue, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from server.screens.words import catalogue

SCREENS = Path(str(resources.files("server.screens")))
KEYWORDS = {"say": None, "mark": None, "count": (1, 2), "say_as": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)")

Key = tuple[str | None, str]


def used() -> set[Key]:
    found = extract_from_dir(SCREENS, [("**.py", "python")], keywords=KEYWORDS)
    return {(context, text if isinstance(text, str) else text[0]) for _, _, text, _, context in found}


@pytest.fixture(scope="module")
def japanese() -> Catalog:
    with (SCREENS / "locale/ja/LC_MESSAGES/sobani.po").open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def keys(written: Catalog) -> Iterator[Key]:
    for message in written:
        if message.id:
            yield message.context, message.id if isinstance(message.id, str) else message.id[0]


def translation(written: Catalog, key: Key) -> str:
    context, sentence = key
    message = written.get(sentence, context)
    assert message is not None
    return message.string if isinstance(message.string, str) else "".join(message.string or ())


def test_every_sentence_of_the_code_is_translated(japanese: Catalog) -> None:
    assert used() - set(keys(japanese)) == set()


def test_no_translation_is_left_over(japanese: Catalog) -> None:
    assert set(keys(japanese)) - used() == set()
    assert not japanese.obsolete


def test_nothing_is_fuzzy_or_empty(japanese: Catalog) -> None:
    for message in japanese:
        if message.id:
            assert not message.fuzzy, message.id
            assert message.string, message.id
            assert message.string != ("",), message.id


def test_a_translation_has_the_placeholders_of_its_sentence(japanese: Catalog) -> None:
    for context, sentence in keys(japanese):
        said = translation(japanese, (context, sentence))
        assert set(PLACEHOLDER.findall(said)) == set(PLACEHOLDER.findall(sentence)), sentence


def test_japanese_has_the_manner_of_the_product(japanese: Catalog) -> None:
    """No exclamation marks; digits, brackets and question marks are half-width everywhere."""
    for key in keys(japanese):
        said = translation(japanese, key)
        assert not re.search("[!\uff01\uff1f\uff08\uff09\uff10-\uff19]", said), said


def test_what_is_said_is_written_where_the_extractor_sees_it() -> None:
    """A sentence in a variable would be missing from the catalogue without anybody noticing, but for tables of marks."""
    for path in SCREENS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"say", "say_as", "count"}:
                for argument in node.args[:1]:
                    literal = isinstance(argument, ast.Constant)
                    from_a_table = isinstance(argument, ast.Subscript | ast.Attribute | ast.Call | ast.Name)
                    assert literal or from_a_table, f"{path.name}:{node.lineno}"
                    if isinstance(argument, ast.Name):
                        assert argument.id in {"msgid", "label", "title"}, f"{path.name}:{node.lineno}"


def test_plurals_follow_the_language() -> None:
    others = "%(names)s and %(count)d other", "%(names)s and %(count)d others"
    said = [catalogue("en").count(*others, number, names="A") for number in (1, 2)]
    assert said == ["A and 1 other", "A and 2 others"]
    mails = "Mail in this conversation (%(count)d)", "Mails in this conversation (%(count)d)"
    assert catalogue("ja").count(*mails, 2) == "この会話のメール (2)"


def test_a_language_we_do_not_speak_reads_english() -> None:
    assert catalogue("fr").say("Take") == "Take"

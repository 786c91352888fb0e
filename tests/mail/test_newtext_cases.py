"""Mails as people write them, each beside its new text: tests/mail/newtext_cases, one file a theme, traps in traps.txt."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from server.mail.html import MAX_HTML
from server.mail.newtext import read_text
from tests.costs import costs_its_length, costs_no_more_than

FOLDER = Path(__file__).parent / "newtext_cases"


@dataclass(frozen=True)
class Case:
    """One mail. Where a file says `whole`, every line of it is the writer's own."""

    name: str
    text: str
    html: str
    new: str

    @property
    def is_trap(self) -> bool:
        return self.text == self.new


def cases() -> list[Case]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text("utf-8").split("#### mail: ")[1:]:
            parts = {"text": ""}
            name, _, rest = block.partition("\n")
            text, *marked = rest.split("#### ")
            parts["text"] = text.removesuffix("\n")
            for part in marked:
                word, _, content = part.partition("\n")
                parts[word] = content.removesuffix("\n")
            new = parts["text"] if "whole" in parts else parts["new"]
            found.append(Case(f"{path.stem}: {name}", parts["text"], parts.get("html", ""), new))
    return found


CASES = cases()


def test_there_are_cases_enough_and_a_third_of_them_are_traps() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 100
    assert sum(case.is_trap for case in CASES) * 3 >= len(CASES)


@pytest.mark.parametrize(
    "line",
    [
        "株式会社" * 90,
        "TEL 0" * 70,
        "03-0000-" * 45,
        "a" * 399 + "@",
        "a@" * 190,
        "This email " * 36,
        "本メール機密" * 60,
        "[EXTERNAL] " * 30,
        "Sent from " + "my " * 120,
        "ドコモの" * 95,
        "東京都" + "区" * 380,
        "Jane " * 70,
        "- " * 190,
        "〒 " * 190,
        "Best regards " * 30,
        "(" * 399,
        "1 " * 190,
        "\u3000" * 399,
        "Aa1 " * 95,
        "*:o " * 95,
    ],
)
def test_lines_made_to_be_slow_cost_little_more_than_others(line: str) -> None:
    """A line is read up to 400 characters: some rules may go over it for each of them, none for each two of them."""
    plain = ("先日お願いした見積書の件ですが、納期を確認していただけますか。" * 15)[: len(line)]

    def among_others(line: str) -> None:
        read_text(f"Hello\n{line}\n" * 150, "")

    def at_the_end(line: str) -> None:
        read_text(f"Hello\n\n{line}\n{line[:150]}\n{line[:60]}\nよろしくお願いします。\n" + f"{line[:59]}\n" * 12, "")

    for read in (among_others, at_the_end):
        costs_no_more_than(partial(read, line), partial(read, plain), 100)


@pytest.mark.parametrize("piece", ["荷物が届きません。\n", "a ", "> 古い文\n", "\n", "-- \n", "<div>", "本メールは\n"])
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: read_text(piece * (length // len(piece)), ""), 60_000)
    costs_its_length(lambda length: read_text("", piece * (length // len(piece))), MAX_HTML)


def test_two_megabytes_cost_no_more_than_what_is_read_of_them() -> None:
    text = "荷物が届きません。\n"
    costs_no_more_than(lambda: read_text(text * 200_000, ""), lambda: read_text(text * 6_000, ""), 3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_new_text_is_what_its_writer_added(case: Case) -> None:
    assert read_text(case.text, case.html).new == case.new


@pytest.mark.parametrize("case", [case for case in CASES if not case.html], ids=lambda case: case.name)
def test_windows_line_ends_change_nothing(case: Case) -> None:
    assert read_text(case.text.replace("\n", "\r\n"), "").new == case.new

"""`sobani customers`: files in and out on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from server.domain.own import Customer
from tests.store.shop import Shop, shop_at

FILE = "顧客番号,氏名,メール,席数\nc-1,田中 太郎,taro@hokuto.example,3\nc-2,社内,support@aoba.example,\n"


@pytest.fixture
def shop(redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SOBANI_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


def sobani(*words: str) -> Result:
    return CliRunner().invoke(main, ["customers", *words])


def everybody(shop: Shop) -> list[Customer]:
    return list(shop.store.own.page("aoba", 0, 100)[0])


def test_a_file_is_looked_at_brought_in_and_written_again(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(FILE.encode("cp932"))
    looked = sobani("import", "--dry-run", str(file))
    assert looked.stdout == "1 would be new, 0 would be changed, 0 unchanged, 1 left out\n"
    assert looked.stderr.splitlines() == [
        "left out: column 席数",
        "left out: Row 3: メール · This address or domain is your own company's. support@aoba.example",
    ]
    assert looked.exit_code == 1
    assert everybody(shop) == []
    assert sobani("import", "--map", "席数=more", str(file)).stdout == "1 new, 0 changed, 0 unchanged, 1 left out\n"
    (taro,) = everybody(shop)
    assert (taro.name, taro.more) == ("田中 太郎", {"席数": "3"})
    out = tmp_path / "out.csv"
    assert sobani("export", "--output", str(out)).exit_code == 0
    again = sobani("import", str(out))
    assert (again.exit_code, again.stdout) == (0, "0 new, 0 changed, 1 unchanged, 0 left out\n")


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("", (), "The first line must name the columns."),
        ("氏名\nx\n", (), "One column must be the customer number or the e-mail address."),
        ("id,氏名,名前\n1,a,b\n", ("--map", "名前=name"), "Two columns cannot both be this: Name"),
        ("id\n1\n", ("--map", "x=name"), "has no column x"),
        ("id\n1\n", ("--map", "id=nmae"), "there is no field nmae"),
    ],
)
def test_what_cannot_be_brought_in_is_said_in_one_line(
    shop: Shop, tmp_path: Path, text: str, words: tuple[str, ...], expected: str
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(text, "utf-8")
    answer = sobani("import", *words, str(file))
    assert answer.exit_code == 1
    assert expected in answer.stderr
    assert len(answer.stderr.splitlines()) == 1

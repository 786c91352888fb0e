"""Import and export: what goes out comes back, and a broken row takes no other with it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.template import Link, Situation, Template
from server.replies.exchange import (
    FIELDS,
    MAX_BYTES,
    MAX_ROWS,
    Broken,
    read_csv,
    read_json,
    write_csv,
    write_json,
)
from server.replies.starter import load
from tests.costs import costs_its_length

HEADER = ",".join(FIELDS)

words = st.text("ab あ漢=+-@'\"＝,;", max_size=20).map(lambda text: " ".join(text.split()))
ids = st.from_regex(r"[A-Za-z0-9_.:-]{1,12}", fullmatch=True)
templates = st.builds(
    Template,
    id=ids | st.just(""),
    title=words.filter(bool),
    body=st.text("ab \n\tあ漢=+-@'\"＝,;\u2028\x85", min_size=1, max_size=60).filter(lambda text: bool(text.strip())),
    subject=st.text("ab あ=+-@'\"＝,;", max_size=20),
    category=ids,
    language=st.sampled_from(["ja", "en"]),
    situation=st.sampled_from(Situation),
    links=st.lists(st.builds(Link, words, st.just("https://help.aoba.example/a?b=c")), max_size=3).map(tuple),
    owner=ids | st.just(""),
    teams=st.lists(ids, max_size=3, unique=True).map(tuple),
    pair=ids | st.just(""),
    archived=st.booleans(),
)
many = st.lists(templates, max_size=5, unique_by=lambda template: template.id)


def one(**fields: str) -> bytes:
    cells = {"title": "題", "body": "本文", **fields}
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(cells)
    rows.writerow(cells.values())
    return out.getvalue().encode()


class TestRoundTrip:
    @given(many)
    def test_csv_gives_back_what_it_was_given(self, given_templates: list[Template]) -> None:
        read = read_csv(write_csv(given_templates))
        assert read.broken == ()
        assert list(read.templates) == given_templates

    @given(many)
    def test_json_gives_back_what_it_was_given(self, given_templates: list[Template]) -> None:
        read = read_json(write_json(given_templates))
        assert read.broken == ()
        assert list(read.templates) == given_templates

    @given(many)
    def test_no_cell_can_be_a_formula(self, given_templates: list[Template]) -> None:
        for row in csv.reader(io.StringIO(write_csv(given_templates).decode("utf-8-sig"), newline="")):
            assert not any(cell[:1] and cell[0] in "=+-@\t\r＝＋－＠" for cell in row)

    def test_the_starter_set_goes_through_both(self) -> None:
        assert read_csv(write_csv(load())).templates == load()
        assert read_json(write_json(load())).templates == load()

    def test_excel_is_told_that_it_is_utf_8(self) -> None:
        assert write_csv([]).startswith(b"\xef\xbb\xbf" + HEADER.encode())

    def test_the_version_stays_with_the_service(self) -> None:
        assert "version" not in FIELDS
        assert b'"version":' not in write_json(load())


def test_the_documented_fields_are_the_fields() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    table = docs.partition("## Import and export")[2]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == FIELDS


class TestReadingCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
    def test_files_of_every_excel_are_read(self, encoding: str) -> None:
        data = 'title,body\r\n返品の手順,"1行目\r\n2行目"\r\n'.encode(encoding)
        assert [(t.title, t.body, t.language) for t in read_csv(data).templates] == [
            ("返品の手順", "1行目\n2行目", "ja")
        ]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_the_delimiter_is_the_headers(self, delimiter: str) -> None:
        data = delimiter.join(["title", "body"]) + "\n" + delimiter.join(["a", "b"]) + "\n"
        assert read_csv(data.encode()).templates[0].title == "a"

    def test_columns_come_in_any_order_and_others_are_passed_over(self) -> None:
        (template,) = read_csv(b"Body,memo,TITLE\nb,x,t\n").templates
        assert (template.title, template.body) == ("t", "b")

    def test_a_category_may_be_given_by_its_name(self) -> None:
        assert read_csv(one(category="配送状況")).templates[0].category == "shipping_status"
        assert read_csv(one(category="Shipping Status")).templates[0].category == "shipping_status"
        assert read_csv(one(category="店舗の案内")).templates[0].category == "店舗の案内"

    def test_blank_rows_and_empty_cells_at_the_end_mean_nothing(self) -> None:
        assert len(read_csv(b"title,body\n\na,b,,\n,\n").templates) == 1

    def test_an_unclosed_quotation_mark_spoils_only_its_own_row(self) -> None:
        read = read_csv(b'title,body\na,b\nc,"d\n"e","f\nf2"\ng,h\n')
        assert [template.title for template in read.templates] == ["a", "e", "g"]
        assert read.broken == (Broken(3, "", "unreadable"),)

    def test_the_rest_of_a_spoilt_row_is_not_named_line_by_line(self) -> None:
        read = read_csv(b'title,body\na,"b "c" d\ne\nf\n"\nx,y\n')
        assert [template.title for template in read.templates] == ["x"]
        assert read.broken[0] == Broken(2, "", "unreadable")
        assert len(read.broken) <= 2

    def test_a_row_with_too_few_or_too_many_cells_is_named(self) -> None:
        read = read_csv(b"title,body\na\nb,c,d\ne,f\n")
        assert [broken.row for broken in read.broken] == [2, 3]
        assert len(read.templates) == 1

    @pytest.mark.parametrize(
        ("fields", "field", "reason"),
        [
            ({"title": " "}, "title", "empty"),
            ({"body": ""}, "body", "empty"),
            ({"title": "a" * 200}, "title", "too_long"),
            ({"body": "a" * 20_001}, "body", "too_long"),
            ({"body": "a" * 200_000}, "", "unreadable"),
            ({"body": "{{ custmer_name }}"}, "body", "unknown_variable"),
            ({"body": "{% for a in b %}"}, "body", "not_allowed"),
            ({"body": "{{"}, "body", "syntax"),
            ({"subject": "a\nb"}, "subject", "not_allowed"),
            ({"language": "fr"}, "language", "unknown_language"),
            ({"situation": "sad"}, "situation", "unknown_situation"),
            ({"id": "a b"}, "id", "bad_id"),
            ({"links": "x javascript:alert(1)"}, "links", "bad_link"),
            ({"links": "x"}, "links", "bad_link"),
            ({"teams": "a!"}, "teams", "bad_value"),
            ({"archived": "perhaps"}, "archived", "bad_value"),
        ],
    )
    def test_a_broken_row_is_named_with_field_and_reason(self, fields: dict[str, str], field: str, reason: str) -> None:
        read = read_csv(
            one(**fields) + one(title="good", **dict.fromkeys(fields.keys() - {"title", "body"}, "")).split(b"\n", 1)[1]
        )
        assert [(broken.row, broken.field, broken.reason) for broken in read.broken] == [(2, field, reason)]
        assert [template.title for template in read.templates] == ["good"]

    def test_the_same_id_twice_is_one_template(self) -> None:
        read = read_csv(b"id,title,body\nx,a,b\nx,c,d\n,e,f\n,g,h\n")
        assert [template.title for template in read.templates] == ["a", "e", "g"]
        assert read.broken == (Broken(3, "id", "duplicate_id", "x"),)

    @pytest.mark.parametrize(
        ("data", "broken"),
        [
            (b"", Broken(1, "title", "column_missing")),
            (b"title\na\n", Broken(1, "body", "column_missing")),
            (b"a" * (MAX_BYTES + 1), Broken(0, "", "too_large")),
            (b"\xff\xff\xfe\xfd\x81", Broken(0, "", "not_csv")),
            (b"title,body\n\0,b\n", Broken(0, "", "not_csv")),
        ],
    )
    def test_what_is_no_table_is_refused_as_a_whole(self, data: bytes, broken: Broken) -> None:
        assert read_csv(data).broken == (broken,)

    def test_rows_are_bounded(self) -> None:
        read = read_csv(b"title,body\n" + b"a,b\n" * (MAX_ROWS + 10))
        assert len(read.templates) == MAX_ROWS
        assert read.broken == (Broken(MAX_ROWS + 2, "", "too_many_rows"),)

    @pytest.mark.parametrize("line", [b'"\n', b'a,"b\n', b'"a"b\n', b",,,,,,,,\n", b'"' * 5000 + b"\n"])
    def test_a_hostile_file_costs_its_length(self, line: bytes) -> None:
        costs_its_length(lambda length: read_csv(b"title,body\n" + line * (length // len(line))), MAX_BYTES - 100)

    @given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"title,body\n{text}".encode()))
    def test_reading_never_fails(self, data: bytes) -> None:
        read_csv(data)
        read_json(data)


class TestReadingJson:
    def test_a_bare_list_will_do(self) -> None:
        assert read_json(b'[{"title": "t", "body": "b"}]').templates[0].title == "t"

    @pytest.mark.parametrize("data", [b"", b"{", b"1", b'{"templates": 1}', b"\xff", b"[" * 100_000])
    def test_what_is_no_list_of_templates_is_refused(self, data: bytes) -> None:
        assert read_json(data).broken == (Broken(0, "", "not_json"),)

    def test_a_broken_row_is_named_and_the_others_are_read(self) -> None:
        rows = [
            1,
            {"title": 1, "body": "b"},
            {"title": "t", "body": "b", "links": [{"url": "https://a.example"}], "teams": ["x"]},
            {"title": "t", "body": "b", "links": ["x"]},
            {"title": "t", "body": "b", "links": 1},
            {"title": "t", "body": "b", "teams": [1]},
            {"title": "t", "body": "b", "archived": 2},
            {"title": "t", "body": "b", "links": [{"url": "https://a.example"}] * 21},
        ]
        read = read_json(msgspec.json.encode(rows))
        assert [(broken.row, broken.field) for broken in read.broken] == [
            (1, ""),
            (2, "title"),
            (4, "links"),
            (5, "links"),
            (6, "teams"),
            (7, "archived"),
            (8, "links"),
        ]
        assert read.templates[0].links == (Link("", "https://a.example"),)

"""The customers' page: files are looked at and then brought in, keys are shown once, and only administrators come here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from server.domain.own import Customer, Put
from server.web.pages.headers import WITH_FORMS
from server.wiring import open_store
from tests.store.shop import Shop, shop_at
from tests.web.customers_desk import FILE, Desk, fields_of, submit, upload
from tests.web.second_screen import SATO, Browser, words


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop.store)


@pytest.fixture
def ito(desk: Desk) -> Browser:
    return desk.signs_in()


def everybody(desk: Desk) -> dict[str, Customer]:
    return {one.id: one for one in desk.own.page("aoba", 0, 100)[0]}


def test_only_administrators_come_here(desk: Desk) -> None:
    assert desk.browser().get("/customers").status_code == 403
    lead = desk.signs_in(SATO)
    for answer in (lead.get("/customers"), lead.get("/customers/export.csv"), submit(lead, "/keys", {"name": "x"})):
        assert answer.status_code == 403
        assert "管理者だけ" in words(answer)
    assert desk.keys.all("aoba") == ()


def test_the_page_speaks_both_languages_and_says_whose_it_is(desk: Desk, ito: Browser) -> None:
    assert "青葉商事 · 伊藤 大輔" in ito.sees("/customers")
    assert "There is no key yet." in desk.signs_in(language="en-GB").sees("/customers")


@pytest.mark.parametrize("path", ["", "/export.csv", "/keys/end/k9"])
def test_every_answer_is_for_our_own_pages_only(ito: Browser, path: str) -> None:
    answer = ito.get(f"/customers{path}")
    assert answer.headers["Content-Security-Policy"] == WITH_FORMS["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text)


@pytest.mark.parametrize("codec", ["utf-8-sig", "cp932"])
def test_a_file_is_mapped_looked_at_and_brought_in(desk: Desk, ito: Browser, codec: str) -> None:
    columns = upload(ito, FILE.encode(codec))
    assert columns.status_code == 200
    assert "<b>大切" not in columns.text
    form = fields_of(columns)
    assert form.getlist("field") == ["id", "name", "addresses", "", "note"]
    form.setlist("field", ["id", "name", "addresses", "more", "note"])
    report = submit(ito, "/import/look", form)
    said = words(report)
    assert "新規: 2" in said.replace("件", "") or "新規 2件" in said
    assert "4行目: メール · 自社のアドレスまたはドメインです。 support@aoba.example" in said
    assert "<b>大切" not in report.text
    assert everybody(desk) == {}, "so far nothing was written"
    done = submit(ito, "/import/commit", fields_of(report))
    assert (done.status_code, done.headers["Location"]) == (303, "/customers?new=2&changed=0")
    assert "取り込みました。新規 2件、変更 0件です。" in ito.sees("/customers?new=2&changed=0")
    assert everybody(desk) == {
        "c-1": Customer(
            id="c-1",
            name="田中 太郎",
            addresses=("taro@hokuto.example",),
            note="<b>大切</b>",
            more={"席数": "3"},
        ),
        "c-2": Customer(id="c-2", name="港 一郎", addresses=("info@minato.example",), note="=1+1"),
    }


def test_what_is_exported_comes_back_unchanged_and_is_no_formula(desk: Desk, ito: Browser) -> None:
    desk.own.put("aoba", [Put(Customer(id="c-1", name="=1+1", more={"席数": "+3"}), 0)])
    file = ito.get("/customers/export.csv")
    assert file.headers["Content-Disposition"] == "attachment; filename=sobani-customers.csv"
    assert "'=1+1" in file.text
    assert ",'+3" in file.text
    report = submit(ito, "/import/look", fields_of(upload(ito, file.data)))
    assert "新規 0件 変更 0件 変更なし 1件 除外 0件" in words(report)
    assert "/import/commit" in report.text
    assert "取り込む</button>" not in report.text


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (["name", "name", "addresses", "", ""], "2つの列を同じ項目にはできません: お名前"),
        (["", "name", "", "", ""], "顧客番号かメールアドレスの列が必要です。"),
        (["nonsense"], "顧客番号かメールアドレスの列が必要です。"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_asked_for_again(ito: Browser, mapping: list[str], expected: str) -> None:
    form = fields_of(upload(ito, FILE.encode()))
    form.setlist("field", mapping)
    again = submit(ito, "/import/look", form)
    assert again.status_code == 422
    assert expected in words(again)
    assert fields_of(again)["file"] == form["file"]


def test_one_can_go_back_to_the_columns_with_what_was_chosen(ito: Browser) -> None:
    form = fields_of(upload(ito, FILE.encode()))
    form.setlist("field", ["id", "company", "addresses", "more", ""])
    back = fields_of(submit(ito, "/import/look", form))
    back.add("do", "columns")
    assert fields_of(submit(ito, "/import/look", back)).getlist("field") == ["id", "company", "addresses", "more", ""]


def test_what_changed_since_the_look_is_looked_at_again(desk: Desk, ito: Browser) -> None:
    desk.own.put("aoba", [Put(Customer(id="c-1", name="前の名前"), 0)])
    report = submit(ito, "/import/look", fields_of(upload(ito, FILE.encode())))
    (held,) = desk.own.known("aoba", ["c-1"])
    desk.own.put("aoba", [Put(Customer(id="c-1", name="その間の名前"), held.version)])
    again = submit(ito, "/import/commit", fields_of(report))
    assert again.status_code == 422
    assert "確認のあとに変更がありました。" in words(again)
    assert everybody(desk)["c-1"].name == "その間の名前"
    assert submit(ito, "/import/commit", fields_of(again)).status_code == 303
    assert everybody(desk)["c-1"].name == "田中 太郎"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "1行目に列の見出しが必要です。"),
        (b"a,b\r\n", "見出しの下に何もありません。"),
        (b"\x81\xff\xfe", "CSV ファイルとして読み込めません。"),
        (b"a\n" + b"b\n" * 50_001, "50,000 行を超えています。"),
    ],
)
def test_a_file_that_is_none_is_said_to_be_none(ito: Browser, data: bytes, expected: str) -> None:
    answer = upload(ito, data)
    assert answer.status_code == 422
    assert expected in words(answer)


def test_a_packed_file_that_was_tampered_with_brings_nothing(desk: Desk, ito: Browser) -> None:
    for packed in ("", "x", "eJw=", "é", "AAAA" * 1000):
        for path in ("/import/look", "/import/commit"):
            assert submit(ito, path, {"file": packed, "mark": "", "field": "id"}).status_code == 422
    assert everybody(desk) == {}


def test_a_page_that_a_form_has_drawn_leads_back_when_it_is_loaded_again(ito: Browser) -> None:
    for path in ("/import", "/import/look", "/import/commit"):
        assert ito.get(f"/customers{path}").headers["Location"] == "/customers#import"


def test_a_key_is_shown_once_and_ended_after_one_question(desk: Desk, ito: Browser) -> None:
    shown = submit(ito, "/keys", {"name": " 基幹\tシステム "})
    token = re.findall('<input id="token" value="([^"]*)"', shown.text)[0]
    access = desk.keys.verify(token)
    assert access
    assert access.workspace == "aoba"
    listed = ito.get("/customers")
    assert token.rpartition(".")[2] not in listed.text
    assert re.search("基幹 システム k1 作成: .*伊藤 大輔 · 最終利用日: 20", words(listed))
    assert "元に戻すことはできません。" in ito.sees("/customers/keys/end/k1")
    assert submit(ito, "/keys/end/k1").headers["Location"] == "/customers?said=ended"
    assert desk.keys.verify(token) is None
    assert submit(ito, "/keys/end/k1").status_code == 404
    assert "名前を入力してください。" in words(submit(ito, "/keys", {"name": " "}))


def test_a_store_that_does_not_answer_is_said(
    desk: Desk, ito: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cut_off = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    browser = Desk(cut_off).browser(ito.token)
    for path in ("", "/export.csv"):
        answer = browser.get(f"/customers{path}")
        assert answer.status_code == 503
        assert "ただいまサービスに接続できません。" in answer.text
    cut_off.library.client.close()

"""The templates' page: what a team does there, what it may not do, and that nothing typed is lost."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

import msgspec
import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from server.domain.template import Link, Situation, Statistics, Template
from server.replies.exchange import write_csv, write_json
from server.web.pages.headers import WITH_FORMS
from server.web.templates.form import mistakes_in, shown, template_of, typed
from server.web.templates.listing import Wanted, found
from server.wiring import open_store
from tests.contract.office import mail
from tests.store.shop import Shop, shop_at
from tests.web.second_screen import PUBLIC, SUZUKI, Browser, words
from tests.web.template_desk import GREETING, HR_DESK, YAMAMOTO, Desk, saved, template


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop.store)


@pytest.fixture
def sato(desk: Desk) -> Browser:
    return desk.signs_in()


def submit(browser: Browser, path: str, fields: MultiDict[str, str] | dict[str, Any], **headers: str) -> TestResponse:
    """What a form of our own page sends."""
    return browser.client.post(
        path,
        base_url=browser.public_url,
        data=fields,
        headers={"Origin": browser.public_url, "Accept-Language": browser.language, **headers},
    )


def fields_of(page: str, form: str = "editor") -> MultiDict[str, str]:
    """The form as a browser without a script would send it."""
    found_: MultiDict[str, str] = MultiDict()
    inside = page[page.index(f'<form id="{form}"') :].partition("</form>")[0]
    for tag in re.findall("<input[^>]*>", inside):
        name, value = re.search('name="([^"]*)"', tag), re.search('value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found_.add(name[1], unescape(value[1]) if value else "")
    for name, options in re.findall('<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        chosen = re.search('value="([^"]*)" selected', options)
        found_.add(name, unescape(chosen[1]) if chosen else "")
    for name, text in re.findall('<textarea id="[^"]*" name="([^"]*)"[^>]*>\n(.*?)</textarea>', inside, re.DOTALL):
        found_.add(name, unescape(text).replace("\n", "\r\n"))
    return found_


def edited(browser: Browser, path: str, **changes: str) -> MultiDict[str, str]:
    """The form of this page after somebody typed into it."""
    fields = fields_of(browser.get(path).text)
    for name, value in changes.items():
        fields[name] = value
    return fields


def now(shop: Shop, id_: str) -> Template:
    return shop.store.answers.all(shop.workspace)[id_]


# The way there


def test_the_queue_s_session_opens_the_templates_and_each_page_leads_to_the_other(desk: Desk, sato: Browser) -> None:
    assert desk.browser().get("/templates").status_code == 403
    assert "青葉商事 · 佐藤 美咲" in sato.sees("/templates")
    assert 'href="/templates"' in sato.get("/queue").text
    assert 'href="/queue"' in sato.get("/templates").text


def test_over_http_one_cookie_opens_both_pages(shop: Shop) -> None:
    desk = Desk(shop.store, "http://127.0.0.1:8080")
    browser = desk.browser()
    browser.enters(desk.link())
    assert browser.get("/templates").status_code == 200
    assert browser.get("/queue").status_code == 200


PATHS: Final = (
    "/templates", "/templates/new", "/templates/edit/t1", "/templates/history/t1", "/templates/import",
    "/templates/export.csv", "/templates/export.json", "/templates/edit/none",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_for_our_own_pages_only(shop: Shop, desk: Desk, sato: Browser, path: str) -> None:
    saved(shop, template())
    for answer in (sato.get(path), desk.browser().get(path)):
        assert answer.headers["Content-Security-Policy"] == WITH_FORMS["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # Forms of a page with no-referrer are sent with the origin "null", and would be refused.
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text)
    assert "unsafe" not in WITH_FORMS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["new", "edit/t1", "preview", "archive/t1", "restore/t1", "import", "import/commit", "leave"],
)
def test_a_form_of_another_site_changes_nothing(shop: Shop, sato: Browser, path: str) -> None:
    before = saved(shop, template())
    for foreign in ("https://evil.example", "null", f"{PUBLIC}.evil.example", "http://sobani.aoba.example"):
        fields = {"title": "x", "body": "x", "seen": "1", "do": "archive", "version": "1"}
        assert submit(sato, f"/templates/{path}", fields, Origin=foreign).status_code == 403
    assert shop.store.answers.all(shop.workspace) == {before.id: before}
    assert sato.get("/templates").status_code == 200


# The list


def test_a_row_says_what_it_is_how_often_it_is_used_and_who_changed_it(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template(situation=Situation.OUR_MISTAKE), "suzuki")
    shop.client.hset(f"{{w:aoba}}:ts:{one.id}", mapping={"as_is": 3, "edited": 2, "changed": 500})
    said = sato.sees("/templates")
    assert "配送状況のご案内 配送状況 日本語 当方の誤り 5" in said
    assert re.search("秒前、鈴木 健太", said)
    assert "1件" in said


def test_the_page_speaks_the_viewer_s_language(shop: Shop, desk: Desk) -> None:
    saved(shop, template())
    said = desk.signs_in(language="en-GB").sees("/templates")
    assert "Shipping status Japanese Ordinary 0" in said
    assert "1 template" in said


MANY: Final = [
    template(
        f"t{n}", title=f"ひな形 {n:04}", category="refund" if n % 10 else "quote", language="en" if n % 2 else "ja"
    )
    for n in range(1, 1001)
]


def test_a_thousand_templates_are_shown_a_page_at_a_time(shop: Shop, sato: Browser) -> None:
    shop.store.answers.seed(shop.workspace, MANY)
    seen: list[str] = []
    path, pages = "/templates", 0
    while path:
        text = sato.get(path).text
        seen += re.findall(">(ひな形 [0-9]+)</a>", text)
        following = re.search('rel="next" href="([^"]*)"', text)
        path, pages = unescape(following[1]) if following else "", pages + 1
    assert pages == 20
    assert seen == [one.title for one in MANY]
    assert "1000件 · 20ページ中1ページ" in sato.sees("/templates")
    assert "ひな形 0951" in sato.sees("/templates?page=99"), "a page that there is not is the last one"
    assert "100件" in sato.sees("/templates?category=quote&sort=used")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=ＫＥＴＴＬＥ", ["Kettle"]),
        ("q=kettle+late", []),
        ("q=配送", ["Late"]),  # by the name of its category
        ("category=refund", ["Kettle"]),
        ("language=en", ["Kettle", "Late"]),
        ("situation=cannot_do", ["Late"]),
        ("state=archived", ["Old"]),
        ("q=%00%27%3Cscript%3E", []),
        ("page=-1&sort=none&language=xxxx", []),
    ],
)
def test_the_list_is_searched_and_filtered_by_the_service(
    shop: Shop, sato: Browser, query: str, expected: list[str]
) -> None:
    shop.store.answers.seed(
        shop.workspace,
        [
            template("a", title="Kettle", category="refund", language="en"),
            template("b", title="Late", language="en", situation=Situation.CANNOT_DO),
            template("c", title="Old", archived=True),
        ],
    )
    assert re.findall(r'<th scope="row"><a[^>]*>([^<]*)</a>', sato.get(f"/templates?{query}").text) == expected


def test_what_is_used_most_comes_first_when_asked() -> None:
    figures = {"b": Statistics(as_is=1), "c": Statistics(edited=4)}
    rows = found([template(one) for one in "abc"], figures, Wanted(by_use=True), "ja")
    assert [one.id for one in rows] == ["c", "b", "a"]


def test_a_private_team_s_templates_are_its_members_only(shop: Shop, desk: Desk, sato: Browser) -> None:
    hidden = saved(shop, template(title="異動のご連絡", teams=("hr",)), "yamamoto")
    for path in ("", f"/edit/{hidden.id}", f"/history/{hidden.id}", "/export.csv", "/export.json"):
        answer = sato.get(f"/templates{path}")
        assert "異動のご連絡" not in answer.text
        assert (answer.status_code == 404) == path.endswith(hidden.id)
    for path in ("edit", "archive", "restore"):
        fields = {"title": "x", "body": "x", "seen": "1", "version": "1"}
        assert submit(sato, f"/templates/{path}/{hidden.id}", fields).status_code == 404
    assert now(shop, hidden.id) == hidden
    assert "異動のご連絡" in desk.signs_in(YAMAMOTO).sees("/templates")


def test_ids_of_elsewhere_lead_nowhere(shop: Shop, sato: Browser) -> None:
    saved(shop, template())
    for id_ in ("t2", "..", "%2e%2e", "{w:other}:tp", "t1%00", "é", "a" * 3000, "%ff"):
        assert sato.get(f"/templates/edit/{id_}").status_code == 404, id_
    assert "ほかのチームのものです。" in words(sato.get("/templates/edit/t2"))


# The editor


def test_a_template_is_written_and_its_first_version_says_by_whom_and_why(shop: Shop, sato: Browser) -> None:
    fields = edited(
        sato,
        "/templates/new",
        title=" 返金の\tご案内 ",
        body="{{ customer_name }}\r\n\r\n返金いたします。  \r\n",
        own_category="社内の分類",
        situation="our_mistake",
        why="新しい返金の手順",
        link_title="手順",
        link_url="https://help.aoba.example/refund",
        owner="suzuki",
        pair="refund",
    )
    fields.add("team", "sales")
    answer = submit(sato, "/templates/new", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/templates/edit/t1?said=saved")
    one = now(shop, "t1")
    assert one == Template(
        id="t1",
        title="返金の ご案内",
        body="{{ customer_name }}\n\n返金いたします。",
        category="社内の分類",
        situation=Situation.OUR_MISTAKE,
        links=(Link("手順", "https://help.aoba.example/refund"),),
        owner="suzuki",
        teams=("sales",),
        pair="refund",
        version=1,
    )
    (first,) = shop.store.answers.revisions(shop.workspace, "t1")
    assert (first.by, first.why) == ("sato", "新しい返金の手順")
    assert "保存しました。" in sato.sees("/templates/edit/t1?said=saved")


def test_a_form_that_was_not_touched_saves_no_version(shop: Shop, sato: Browser) -> None:
    one = saved(
        shop,
        template(
            body=f"\n{GREETING}  \n",
            links=(Link("a", "https://a.example"),),
            teams=("sales",),
            owner="ito",
            subject="件名",
        ),
    )
    answer = submit(sato, f"/templates/edit/{one.id}", fields_of(sato.get(f"/templates/edit/{one.id}").text))
    assert answer.headers["Location"].endswith("?said=same")
    assert now(shop, one.id).version == 1


def test_what_was_saved_meanwhile_is_said_and_both_texts_stay(shop: Shop, desk: Desk, sato: Browser) -> None:
    one = saved(shop, template())
    mine = edited(sato, f"/templates/edit/{one.id}", body="わたしの文面", title="わたしの題名", why="直した")
    suzuki = desk.signs_in(SUZUKI)
    theirs = edited(suzuki, f"/templates/edit/{one.id}", body="鈴木の文面", why="言い回し")
    assert submit(suzuki, f"/templates/edit/{one.id}", theirs).status_code == 303
    late = submit(sato, f"/templates/edit/{one.id}", mine)
    assert late.status_code == 409
    said = words(late)
    assert re.search("鈴木さんが.*第2版を保存しました", said)
    assert "鈴木の" in said
    again = fields_of(late.text)
    assert (again["body"], again["title"], again["why"], again["seen"]) == (
        "わたしの文面",
        "わたしの題名",
        "直した",
        "2",
    )
    assert now(shop, one.id).body == "鈴木の文面", "nothing was written over"
    assert submit(sato, f"/templates/edit/{one.id}", again).status_code == 303
    bodies = [item.template.body for item in shop.store.answers.revisions(shop.workspace, one.id)]
    assert bodies == ["わたしの文面", "鈴木の文面", GREETING]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"body": "{{ customer_nam }}"}, "customer_name のことでしょうか。"),
        ({"body": "{% for x in y %}"}, "ひな形には書けません"),
        ({"body": "{{ customer_name"}, "波かっこが対になっていません"),
        ({"body": "あ" * 20_001}, "文面が長すぎます。"),
        ({"subject": "件" * 201}, "文面が長すぎます。"),
        ({"title": " "}, "題名を入力してください。"),
        ({"body": " \r\n "}, "文面を入力してください。"),
        ({"link_url": "javascript:alert(1)"}, "リンクには、https:// または http:// で始まるアドレスが必要です。"),
        ({"link_url": "https://a.example/ b"}, "リンクには、https:// または http:// で始まるアドレスが必要です。"),
        ({"title": "長" * 121}, "長すぎる項目があります。"),
        ({"owner": "nobody-of-ours"}, "いまは存在しないものがあります"),
        ({"team": "hr"}, "いまは存在しないものがあります"),
        ({"situation": "none"}, "いまは存在しないものがあります"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_the_reason(
    shop: Shop, sato: Browser, changes: dict[str, str], expected: str
) -> None:
    fields = edited(sato, "/templates/new", **{"title": "題名", "body": "本文です。", "why": "理由", **changes})
    answer = submit(sato, "/templates/new", fields)
    assert answer.status_code == 422
    assert expected in words(answer)
    again = fields_of(answer.text)
    for name in ("title", "body", "subject", "why", "link_url"):
        assert again[name] == fields[name], name
    assert shop.store.answers.all(shop.workspace) == {}


def test_a_text_beyond_all_measure_is_refused_plainly(sato: Browser) -> None:
    answer = submit(sato, "/templates/new", {"title": "x", "body": "あ" * 400_000})
    assert answer.status_code == 413
    assert "大きすぎて読み込めません" in answer.text


def test_a_team_that_the_viewer_does_not_see_stays_on_the_template(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template(teams=("hr", "sales")), "yamamoto")
    page = sato.get(f"/templates/edit/{one.id}").text
    assert "人事" not in page
    fields = fields_of(page)
    fields["title"] = "新しい題名"
    assert submit(sato, f"/templates/edit/{one.id}", fields).status_code == 303
    assert set(now(shop, one.id).teams) == {"hr", "sales"}


def test_an_account_that_several_people_use_names_who_saves(shop: Shop, desk: Desk) -> None:
    browser = desk.signs_in(HR_DESK)
    fields = edited(browser, "/templates/new", title="題名", body="本文です。")
    answer = submit(browser, "/templates/new", fields)
    assert answer.status_code == 422
    assert "あなたがどなたかを選んでください。" in words(answer)
    fields["person"] = "yamamoto"
    assert submit(browser, "/templates/new", fields).status_code == 303
    (first,) = shop.store.answers.revisions(shop.workspace, "t1")
    assert first.by == "yamamoto"
    assert "なし" not in re.findall('name="person".*?</select>', answer.text, re.DOTALL)[0]


def test_the_other_language_begins_with_everything_but_the_words(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template(pair="shipping", situation=Situation.UNKNOWN_YET))
    page = sato.get(f"/templates/edit/{one.id}").text
    assert f"/templates/new?other={one.id}" in page
    form = fields_of(sato.get(f"/templates/new?other={one.id}").text)
    assert (form["language"], form["pair"], form["category"], form["situation"], form["body"]) == (
        "en", "shipping", "shipping_status", "unknown_yet", "",
    )  # fmt: skip
    two = saved(shop, template(pair="shipping", language="en", title="Where is my order"))
    assert "もう一方の言語: Where is my order" in sato.sees(f"/templates/edit/{one.id}")
    assert f"/templates/edit/{two.id}" in sato.get(f"/templates/edit/{one.id}").text


def test_other_people_s_words_stay_words(shop: Shop, sato: Browser) -> None:
    evil = '"><script>alert(1)</script>'
    one = saved(
        shop,
        template(
            title=evil,
            subject=evil,
            body=f"</textarea>{evil}",
            category=evil,
            pair=evil,
            links=(Link(evil, "https://a.example/"),),
        ),
        why=evil,
    )
    saved(shop, msgspec.structs.replace(one, body="2"), why=evil)
    shop.opens(mail(1, sender=f'"{evil[2:]}" <x@shop.example>', subject=evil))
    fields = fields_of(sato.get(f"/templates/edit/{one.id}").text)
    pages = [
        sato.get("/templates"),
        sato.get(f"/templates?q={evil}"),
        sato.get(f"/templates/edit/{one.id}"),
        sato.get(f"/templates/edit/{one.id}?said={evil}"),
        sato.get(f"/templates/history/{one.id}?version=2"),
        submit(sato, "/templates/preview", fields),
        submit(sato, "/templates/import", {"file": (io.BytesIO(write_csv([one])), f"{evil}.csv")}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text


# The preview


def preview(browser: Browser, body: str, **fields: str) -> TestResponse:
    return submit(browser, "/templates/preview", {"title": "t", "body": body, "language": "ja", **fields})


def test_the_preview_is_filled_with_examples(sato: Browser) -> None:
    said = words(preview(sato, GREETING, subject="ご注文 {{ order_number }}"))
    assert "ご注文 A-10234" in said
    assert "田中 太郎 様" in said
    assert "<html" not in preview(sato, GREETING).text


def test_what_a_template_may_not_hold_is_said_with_its_place(sato: Browser) -> None:
    answer = preview(sato, "こんにちは\r\n{{ nothing_like_it }}")
    assert "nothing_like_it という変数はありません。" in words(answer)
    assert 'data-where="body" data-start="6" data-end="27"' in answer.text
    assert "直すところが1件あります" in words(answer)


def test_a_place_is_counted_as_browsers_count_in_the_text_as_it_was_typed(sato: Browser) -> None:
    answer = preview(sato, "\r\n\r\n😀  \r\n{{ x }}")
    assert 'data-where="body" data-start="7" data-end="14"' in answer.text


def test_the_check_of_drafts_reads_the_filled_text(sato: Browser) -> None:
    said = words(preview(sato, GREETING + "\nご覧になられましたでしょうか。\n"))
    assert re.search("(直す|確かめたい)ところが1件あります .*なられました", said)
    assert "気になる点はありません" in words(preview(sato, GREETING))


def test_the_preview_of_a_real_conversation_marks_what_is_missing(shop: Shop, sato: Browser) -> None:
    view = shop.opens(mail(1, sender="小川 由紀 <ogawa@wakaba.example>", subject="温度が安定しません"))
    page = sato.get("/templates/new").text
    assert f'<option value="{view.conversation.id}">小川 由紀 様 · 温度が安定しません</option>' in page
    answer = preview(sato, "{{ customer_name }}\n{{ order_number }}", conversation=view.conversation.id)
    assert "小川 由紀 様" in words(answer)
    assert "<mark>〔注文番号〕</mark>" in answer.text
    assert "ここでは値がないもの: 注文番号" in words(answer)


def test_looking_at_a_preview_is_not_looking_at_the_mail(shop: Shop, desk: Desk, sato: Browser) -> None:
    view = shop.opens(mail(1), "suzuki")
    shop.client.zadd("{w:aoba}:x:sato", {view.conversation.id: 1})  # a mention that waits
    before = shop.client.hgetall(f"{{w:aoba}}:v:{view.conversation.id}")
    assert preview(sato, "x", conversation=view.conversation.id).status_code == 200
    assert shop.client.hgetall(f"{{w:aoba}}:v:{view.conversation.id}") == before
    assert shop.client.zcard("{w:aoba}:x:sato") == 1


def test_a_conversation_of_a_private_team_fills_nothing(shop: Shop, sato: Browser) -> None:
    view = shop.opens(mail(1, to="hr@aoba.example", subject="異動の件"), "yamamoto")
    assert "異動の件" not in sato.get("/templates/new").text
    for conversation in (view.conversation.id, "none", "*", "é"):
        said = words(preview(sato, "{{ mail_subject }}", conversation=conversation))
        assert "異動の件" not in said
        assert "その会話は表示できません。" in said


def test_without_a_script_a_button_draws_the_preview_and_keeps_the_text(shop: Shop, sato: Browser) -> None:
    fields = edited(sato, "/templates/new", title="題名", body="ご注文 {{ order_number }}", do="preview")
    answer = submit(sato, "/templates/new", fields)
    assert answer.status_code == 200
    assert "ご注文 A-10234" in words(answer)
    assert fields_of(answer.text)["body"] == "ご注文 {{ order_number }}"
    assert shop.store.answers.all(shop.workspace) == {}


# What it said before


def test_versions_are_told_with_who_when_and_why_and_an_earlier_one_comes_back(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template(body="はじめの文面です。"), "suzuki", "最初")
    two = saved(shop, msgspec.structs.replace(one, body="直した文面です。", archived=True), "sato", "言い回し")
    said = sato.sees(f"/templates/history/{one.id}")
    assert re.search("第2版 .* 佐藤 美咲 最新 言い回し 第1版 .* 鈴木 健太 最初", said)
    assert "最初の版です。" in sato.sees(f"/templates/history/{one.id}?version=1")
    text = sato.get(f"/templates/history/{one.id}?version=2").text
    assert "<del>" in text
    assert "<ins>" in text
    fields = {"version": "1", "seen": "2", "why": "元のほうがよい"}
    answer = submit(sato, f"/templates/restore/{one.id}", fields)
    assert answer.headers["Location"].endswith("?said=restored")
    three = now(shop, one.id)
    assert (three.body, three.version, three.archived) == ("はじめの文面です。", 3, two.archived)
    newest = shop.store.answers.revisions(shop.workspace, one.id)[0]
    assert newest.why == "第1版に戻す: 元のほうがよい"
    late = submit(sato, f"/templates/restore/{one.id}", {"version": "2", "seen": "2"})
    assert late.headers["Location"].endswith("?said=meanwhile")
    for version in ("9", "x", "-1", "1" * 30):
        assert submit(sato, f"/templates/restore/{one.id}", {"version": version, "seen": "3"}).status_code == 404
        assert sato.get(f"/templates/history/{one.id}?version={version}").status_code == 404


def test_a_long_history_has_pages(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template())
    for number in range(60):
        one = saved(shop, msgspec.structs.replace(one, title=f"題名 {number}"))
    assert len(re.findall('class="when"', sato.get(f"/templates/history/{one.id}").text)) == 50
    assert len(re.findall('class="when"', sato.get(f"/templates/history/{one.id}?page=2").text)) == 11


def test_what_became_of_it_stands_on_its_page(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template())
    shop.client.hset(
        f"{{w:aoba}}:ts:{one.id}",
        mapping={"as_is": 12, "edited": 5, "changed": 1000, "passed_over": 3, "rejected": 1},
    )
    said = sato.sees(f"/templates/edit/{one.id}")
    assert "そのまま使用 12 直して使用 5 平均 20 % を変更 選ばれず 3" in said
    assert re.search("使われず 1 ", said)


def test_only_leads_archive_and_bring_back_and_nothing_is_deleted(shop: Shop, desk: Desk, sato: Browser) -> None:
    one = saved(shop, template())
    suzuki = desk.signs_in(SUZUKI)
    assert "アーカイブする" not in suzuki.sees(f"/templates/edit/{one.id}")
    refused = submit(suzuki, f"/templates/archive/{one.id}", {"do": "archive"})
    assert refused.headers["Location"].endswith("?said=not_allowed")
    assert submit(sato, f"/templates/archive/{one.id}", {"do": "archive", "why": "古い"}).status_code == 303
    assert now(shop, one.id).archived
    assert "配送状況のご案内" not in sato.sees("/templates")
    assert "配送状況のご案内 アーカイブ済み" in sato.sees("/templates?state=archived")
    submit(sato, f"/templates/archive/{one.id}", {"do": "bring_back"})
    assert not now(shop, one.id).archived
    whys = [item.why for item in shop.store.answers.revisions(shop.workspace, one.id)]
    assert whys == ["", "古い", ""]


# Files


def upload(browser: Browser, data: bytes, name: str = "t.csv") -> TestResponse:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return browser.client.post(
        "/templates/import",
        base_url=browser.public_url,
        data=head.encode() + data + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Origin": browser.public_url, "Accept-Language": browser.language},
    )


def commit(browser: Browser, report: TestResponse, **other: str) -> TestResponse:
    inside = report.text[report.text.index("/import/commit") :]
    hidden = dict(re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', inside))
    return submit(browser, "/templates/import/commit", {**hidden, "why": "まとめて直す", **other})


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_exported_comes_back_unchanged(shop: Shop, sato: Browser, kind: str) -> None:
    saved(shop, template(links=(Link("=A1", "https://a.example/"),), teams=("sales",), archived=True))
    file = sato.get(f"/templates/export.{kind}")
    assert file.headers["Content-Disposition"] == f"attachment; filename=sobani-templates.{kind}"
    report = upload(sato, file.data, f"t.{kind}")
    assert "新規 0件 変更 0件 変更なし 1件 除外 0件" in words(report)
    assert "/import/commit" not in report.text


def test_a_file_is_looked_at_before_anything_is_written(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template())
    changed = msgspec.structs.replace(one, body="新しい文面です。")
    good = write_csv([changed, template(title="初めてのご案内")])
    broken = good + b'"","",shipping_status,ja,,,"{{ nothing }}",,,,,\r\n'
    report = upload(sato, broken)
    said = words(report)
    assert "新規 1件 変更 1件 変更なし 0件 除外 1件" in said
    assert "4行目: title · 空です。" in said
    assert now(shop, one.id) == one, "so far nothing was written"
    done = commit(sato, report)
    assert done.headers["Location"] == "/templates/import?done=2&left=0"
    assert "2件のひな形を取り込みました。" in sato.sees("/templates/import?done=2&left=0")
    assert now(shop, one.id).body == "新しい文面です。"
    newest = shop.store.answers.revisions(shop.workspace, one.id)[0]
    assert (newest.by, newest.why) == ("sato", "まとめて直す")
    assert {item.title for item in shop.store.answers.all(shop.workspace).values()} == {
        "配送状況のご案内", "初めてのご案内",
    }  # fmt: skip


def test_a_template_saved_between_look_and_commit_is_looked_at_again(shop: Shop, sato: Browser) -> None:
    one = saved(shop, template())
    report = upload(sato, write_json([msgspec.structs.replace(one, body="ファイルの文面")]), "t.json")
    saved(shop, msgspec.structs.replace(one, body="その間の文面"), "suzuki")
    again = commit(sato, report)
    assert again.status_code == 422
    assert "その間に、ほかの人が保存しました。" in words(again)
    assert now(shop, one.id).body == "その間の文面"
    assert commit(sato, again).status_code == 303
    assert now(shop, one.id).body == "ファイルの文面"


def test_a_file_cannot_do_what_its_bringer_may_not(shop: Shop, desk: Desk) -> None:
    hidden = saved(shop, template(title="人事だけ", teams=("hr",)), "yamamoto")
    plain = saved(shop, template())
    file = write_csv(
        [
            msgspec.structs.replace(hidden, title="乗っ取り", teams=()),
            msgspec.structs.replace(plain, archived=True),
            template(title="他社のチーム", teams=("their-team",)),
            template(title="他社の人", owner="their-person"),
        ]
    )
    browser = desk.signs_in(SUZUKI)
    report = upload(browser, file)
    said = words(report)
    assert "新規 0件 変更 0件 変更なし 0件 除外 4件" in said
    for reason in ("表示できないひな形", "リーダーと管理者だけ", "あなたのチームではない", "管理する人の id"):
        assert reason in said
    assert "人事だけ" not in said
    assert shop.store.answers.all(shop.workspace) == {hidden.id: hidden, plain.id: plain}


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"", "t.csv", "列が足りません。"),
        (b"\x00\xff\xfe", "t.csv", "CSV ファイルとして読み込めません。"),
        (b"{", "t.json", "ひな形の JSON ファイルではありません。"),
        (b"[" * 100_000, "t.json", "ひな形の JSON ファイルではありません。"),
        (b"a" * 5_000_001, "t.csv", "ファイルが大きすぎます。"),
    ],
)
def test_a_file_that_is_none_is_said_to_be_none(sato: Browser, data: bytes, name: str, expected: str) -> None:
    report = upload(sato, data, name)
    assert report.status_code == 200
    assert expected in words(report)


def test_a_file_beyond_all_measure_is_refused(sato: Browser) -> None:
    assert upload(sato, b"a" * 6_000_000).status_code == 413


def test_a_packed_file_that_was_tampered_with_brings_nothing(shop: Shop, sato: Browser) -> None:
    for packed in ("", "x", "eJw=", "é", "AAAA" * 1000):
        answer = submit(sato, "/templates/import/commit", {"file": packed, "mark": "", "name": "t.csv"})
        assert answer.status_code == 422
    assert shop.store.answers.all(shop.workspace) == {}


def test_a_thousand_rows_are_looked_at_and_brought_in(shop: Shop, sato: Browser) -> None:
    report = upload(sato, write_csv(MANY))
    assert "新規 1000件" in words(report)
    assert commit(sato, report).headers["Location"].endswith("done=1000&left=0")
    assert len(shop.store.answers.all(shop.workspace)) == 1000


# When something is not there


@pytest.fixture
def cut_off(sato: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Sato's browser before a service that cannot reach its store."""
    store = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    yield Desk(store).browser(sato.token)
    store.library.client.close()


@pytest.mark.parametrize("path", ["/templates", "/templates/new", "/templates/edit/t1", "/templates/export.csv"])
def test_a_store_that_does_not_answer_is_said(cut_off: Browser, path: str) -> None:
    answer = cut_off.get(path)
    assert answer.status_code == 503
    assert "ただいまサービスに接続できません。" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_text_that_cannot_be_saved_now_comes_back_to_be_sent_again(
    shop: Shop, sato: Browser, cut_off: Browser
) -> None:
    one = saved(shop, template())
    fields = edited(sato, f"/templates/edit/{one.id}", body="<b>長く考えた文面</b>", why="理由")
    fields.add("team", "sales")
    answer = submit(cut_off, f"/templates/edit/{one.id}", fields)
    assert answer.status_code == 503
    kept = MultiDict(re.findall('name="([^"]*)" value="([^"]*)"', answer.text))
    kept["body"] = unescape(re.findall("<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)[0])
    assert (kept["body"], kept["why"], kept["seen"], kept["team"]) == ("<b>長く考えた文面</b>", "理由", "1", "sales")
    assert submit(sato, f"/templates/edit/{one.id}", kept).status_code == 303
    assert now(shop, one.id).body == "<b>長く考えた文面</b>"
    assert now(shop, one.id).teams == ("sales",)


def test_a_text_of_somebody_who_was_signed_out_comes_back_too(shop: Shop, desk: Desk, sato: Browser) -> None:
    one = saved(shop, template())
    fields = edited(sato, f"/templates/edit/{one.id}", body="長く考えた文面")
    desk.sessions.end(sato.token)
    answer = submit(sato, f"/templates/edit/{one.id}", fields)
    assert answer.status_code == 403
    assert "長く考えた文面" in answer.text
    assert "サインアウトしています。" in words(answer)
    assert submit(sato, f"/templates/archive/{one.id}", {"do": "archive"}).status_code == 403
    assert now(shop, one.id) == one


# The form by itself


def test_a_template_survives_its_own_form(shop: Shop) -> None:
    viewer = shop.viewer()
    one = template("t1", subject="件名", links=(Link("", "http://a.example"),), teams=("sales", "hr"), version=7)
    again = template_of(shown(one), one, viewer)
    assert again == msgspec.structs.replace(one, body=GREETING.strip("\n"))
    assert mistakes_in(again, shown(one), one, viewer) == ()


@pytest.mark.parametrize(
    ("typed_word", "expected"), [("返金", "refund"), ("REFUND", "refund"), ("社内の分類", "社内の分類"), ("", "quote")]
)
def test_a_known_category_s_name_is_that_category(shop: Shop, typed_word: str, expected: str) -> None:
    form = typed(MultiDict({"category": "quote", "own_category": typed_word}))
    assert template_of(form, template(), shop.viewer()).category == expected


def test_a_form_of_nothing_is_an_empty_template(shop: Shop) -> None:
    form = typed(MultiDict({"seen": "99999999999999999999"}))
    assert form.seen == 0
    assert mistakes_in(template_of(form, template(), shop.viewer()), form, template(), shop.viewer()) == (
        "title",
        "body",
    )

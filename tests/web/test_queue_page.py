"""The queue's page: who gets in, who is let out again, and what stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from time import monotonic, sleep

import msgspec
import pytest

from server.domain.changes import Assign, SetDue, SetHold, Take
from server.domain.events import Identity
from server.domain.mail import Address, Mail
from server.domain.placing import placing_of
from server.domain.workspace import Preferences
from server.store.embedded import Embedded
from server.telemetry import AccessLog
from server.usecases.apply import apply
from server.web.pages.headers import WITHOUT_FORMS
from server.wiring import open_store
from tests.bench.proxy import between
from tests.contract.conftest import WORKSPACE
from tests.contract.office import mail
from tests.standins import entra
from tests.store.shop import Shop, shop_at
from tests.web.second_screen import COOKIE, PUBLIC, SUZUKI, Browser, Copy, named_without


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def copy(shop: Shop) -> Copy:
    return Copy(shop.store)


@pytest.fixture
def browser(copy: Copy) -> Browser:
    """Somebody signed in: Sato."""
    found = copy.browser()
    assert found.enters(copy.link()).status_code == 200
    return found


def customers(shop: Shop, count: int) -> None:
    """As many customers who have written, a second apart."""
    shop.conversations.ingest(
        shop.workspace,
        (
            placing_of(
                Mail(
                    message_id=f"m{number}@shop{number}.example",
                    references=(),
                    date=1_795_000_000 + number,
                    sender=Address(f"c@shop{number}.example", f"顧客 {number:06}"),
                    to=(Address("support@aoba.example"),),
                    subject=f"ご注文 {number}",
                ),
                shop.workspace,
            )
            for number in range(count)
        ),
    )


# Getting in


def test_a_link_is_exchanged_for_a_session_once(copy: Copy) -> None:
    browser, link = copy.browser(), copy.link()
    assert link.startswith(f"{PUBLIC}/queue/enter#aoba.")
    assert browser.get("/queue").status_code == 403
    assert browser.enters(link).status_code == 200
    assert "青葉商事 · 佐藤 美咲" in browser.sees()
    assert copy.browser().enters(link).status_code == 403
    assert browser.enters(link).status_code == 403
    assert "佐藤" in browser.sees(), "a link that was used already signs nobody out"


def test_the_token_reaches_the_service_in_a_body_only(copy: Copy) -> None:
    address, _, token = copy.link().partition("#")
    answer = copy.browser().get(address.removeprefix(PUBLIC))
    assert answer.status_code == 200
    assert token not in answer.text
    assert "hidden" in answer.text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PUBLIC, {COOKIE, "Secure", "HttpOnly", "Path=/", "SameSite=Strict"}),
        ("http://127.0.0.1:8080", {"sobani-session", "HttpOnly", "Path=/", "SameSite=Strict"}),
    ],
)
def test_the_cookie_is_for_our_own_pages_only(shop: Shop, address: str, expected: set[str]) -> None:
    copy = Copy(shop.store, address)
    browser = copy.browser()
    given = browser.enters(copy.link()).headers["Set-Cookie"]
    name, _, rest = given.partition("=")
    assert {name, *rest.split("; ")[1:]} == expected
    assert browser.get("/queue").status_code == 200
    taken = browser.post("/queue/leave").headers["Set-Cookie"]
    assert taken.startswith(f"{name}=;")
    assert "Max-Age=0" in taken
    assert browser.get("/queue").status_code == 403


def test_a_request_without_the_cookie_does_not_take_it_away(copy: Copy) -> None:
    assert "Set-Cookie" not in copy.browser().get("/queue").headers
    assert "Max-Age=0" in copy.browser("aoba.a-secret-that-has-ended").get("/queue").headers["Set-Cookie"]


def test_entering_again_ends_the_browser_s_earlier_session(copy: Copy, browser: Browser) -> None:
    earlier = browser.token
    browser.enters(copy.link(SUZUKI))
    assert "鈴木 健太" in browser.sees()
    assert copy.sessions.find(earlier) is None
    assert copy.sessions.find(browser.token)


def test_an_account_that_is_nobody_s_gets_no_session(copy: Copy) -> None:
    stranger = Identity("google", "tsubame.example", "g9", "ryo@tsubame.example")
    assert copy.browser().enters(copy.link(stranger)).status_code == 403


@pytest.mark.parametrize("body", [None, [], {}, {"token": 1}, {"token": "aoba.x"}, {"token": "é" * 5_000}])
def test_a_body_that_is_no_entry_is_refused(copy: Copy, body: object) -> None:
    assert copy.browser().post("/queue/enter", body).status_code in {400, 403, 415}


def test_a_form_of_another_site_cannot_enter_or_leave(copy: Copy, browser: Browser) -> None:
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{PUBLIC}.evil.example"},
        {"Origin": "http://sobani.aoba.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://other.aoba.example", "Sec-Fetch-Site": "same-site"},
    ):
        assert browser.post("/queue/leave", **foreign).status_code == 403
        assert browser.post("/queue/enter", {"token": copy.link().partition("#")[2]}, **foreign).status_code == 403
    assert browser.client.post("/queue/leave", base_url=PUBLIC).status_code == 403
    assert browser.get("/queue").status_code == 200


def test_an_account_that_several_people_use_sees_its_own_team_s_queue(shop: Shop, copy: Copy) -> None:
    shop.opens(mail(1, to="hr@aoba.example", subject="異動の件"), "yamamoto")
    browser = copy.browser()
    browser.enters(copy.link(Identity("google", "aoba.example", "g-hr", "hr@aoba.example")))
    said = browser.sees()
    assert "青葉商事 · hr@aoba.example" in said
    assert "異動の件" in said


# Being let out


def test_a_person_who_has_left_is_signed_out_by_their_next_request(
    shop: Shop, copy: Copy, browser: Browser, redis_url: str
) -> None:
    elsewhere = open_store(redis_url)  # another copy: ours has just read the directory, and would trust it for a minute
    apply(elsewhere.directory, named_without("sato"))
    elsewhere.library.client.close()
    answer = browser.get("/queue/changes?seen=0&page=p")
    assert answer.status_code == 403
    assert answer.text == ""
    assert shop.client.keys("{w:aoba}:s:*") == []
    apply(shop.store.directory, WORKSPACE.format(tenant=entra.TENANT))
    assert browser.get("/queue").status_code == 403, "coming back needs a new link"


def test_a_workspace_that_is_gone_lets_everybody_out(shop: Shop, redis_url: str) -> None:
    link = Copy(shop.store).link()
    fresh = Copy(open_store(redis_url))
    browser = fresh.browser()
    browser.enters(link)
    shop.client.delete("{w:aoba}:cfg")
    store = open_store(redis_url)
    later = Copy(store).browser(browser.token)
    assert later.get("/queue").status_code == 403
    fresh.store.library.client.close()
    store.library.client.close()


def test_a_role_or_team_that_changed_shows_at_the_next_look(shop: Shop, browser: Browser, redis_url: str) -> None:
    shop.opens(mail(1, to="hr@aoba.example", subject="異動の件"), "yamamoto")
    assert "異動の件" not in browser.sees("/queue?list=unclaimed")
    elsewhere = open_store(redis_url)
    apply(elsewhere.directory, WORKSPACE.format(tenant=entra.TENANT).replace('["yamamoto"]', '["yamamoto", "sato"]'))
    assert "異動の件" in browser.sees("/queue?list=unclaimed")
    apply(elsewhere.directory, WORKSPACE.format(tenant=entra.TENANT))
    assert "異動の件" not in browser.sees("/queue?list=unclaimed")
    elsewhere.library.client.close()


# What every answer says to the browser


@pytest.mark.parametrize(
    "path", ["/queue", "/queue?list=mine", "/queue/rows", "/queue/changes?seen=0", "/queue/enter", "/queue?list=none"]
)
def test_every_answer_is_for_our_own_pages_only(copy: Copy, browser: Browser, path: str) -> None:
    for answer in (browser.get(path), copy.browser().get(path)):
        assert answer.headers["Content-Security-Policy"] == WITHOUT_FORMS["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118 - no mapping
    assert "frame-ancestors 'none'" in WITHOUT_FORMS["Content-Security-Policy"]
    assert "unsafe" not in WITHOUT_FORMS["Content-Security-Policy"]


def test_scripts_and_styles_are_kept_by_their_version(browser: Browser) -> None:
    addresses = re.findall('(?:src|href)="(/queue/assets/[^"]+)"', browser.get("/queue").text)
    assert len(addresses) == 3
    for address in addresses:
        answer = browser.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert browser.get(address.partition("?")[0]).headers["Cache-Control"] == "public, no-cache"
    assert browser.get("/queue/assets/blueprint.py").status_code == 404


def test_no_line_of_the_log_has_a_token_or_an_address(copy: Copy) -> None:
    lines: list[bytes] = []
    copy.app.wsgi_app = AccessLog(copy.app.wsgi_app, lambda: "request-1", lines.append)  # type: ignore[method-assign]  # as in server.app
    browser, link = copy.browser(), copy.link()
    token = link.partition("#")[2]
    browser.enters(link)
    browser.get("/queue?list=unclaimed&cursor=4001795000000.1")
    said = b"\n".join(lines).decode()
    assert [json.loads(line)["path"] for line in lines] == ["/queue/enter", "/queue"]
    for secret in (token, token.partition(".")[2], browser.token, "sato", "cursor"):
        assert secret not in said


# What stands there


def test_counts_come_first_then_the_lists_in_their_order(shop: Shop, browser: Browser) -> None:
    views = [shop.opens(mail(n, sender=f"客{n} <c{n}@shop{n}.example>", subject=f"件名{n}")) for n in range(5)]
    shop.acts(views[0], Take())
    shop.acts(views[1], Assign("suzuki"))
    shop.acts(views[2], SetHold("customer"))
    shop.acts(views[3], SetDue(1_000))
    said = browser.sees()
    assert "全体 期限切れ 1 未担当 2 自分 1 保留 1" in said
    assert re.findall("<h2[^>]*>([^<]*)</h2>", browser.get("/queue").text) == [
        "期限切れ", "未担当", "自分", "保留",
    ]  # fmt: skip
    assert re.search("期限切れ .*客3 様 件名3 返信期限", said)
    assert "あなた" in browser.sees("/queue?list=mine")
    assert "お客様の返事待ち" in said or "保留" in said


def test_nobody_waiting_is_said_in_one_calm_sentence(browser: Browser) -> None:
    said = browser.sees()
    assert "いまお待たせしているお客様はいません。" in said
    assert "期限切れ 0 未担当 0 自分 0 保留 0" in said
    assert "この一覧には何もありません。" in browser.sees("/queue?list=held")


def test_the_words_are_in_the_agent_s_language(shop: Shop, copy: Copy, browser: Browser) -> None:
    shop.opens(mail(1))
    browser.language = "en-GB,en;q=0.8"
    assert "Unclaimed 1" in browser.sees()
    assert 'lang="en"' in browser.get("/queue").text
    shop.store.directory.prefer(shop.viewer(), Preferences(language="ja"))
    assert "未担当 1" in browser.sees()
    browser.language = "fr"
    assert "未担当 1" in browser.sees()
    assert "Please open the queue again" in Browser(copy.app.test_client(), language="en").get("/queue").text


def test_times_are_those_of_the_browser_s_place(shop: Shop, copy: Copy) -> None:
    view = shop.opens(mail(1))
    shop.acts(view, SetDue(4_102_444_800_000))  # 2100-01-01 00:00 UTC
    texts = []
    for zone in ("Asia/Tokyo", "America/New_York", "no zone at all"):
        browser = copy.browser()
        browser.enters(copy.link(), zone)
        texts.append(browser.sees("/queue?list=unclaimed"))
    assert ["2100年1月1日(金) 9:00" in text or "2100年1月1日 9:00" in text for text in texts] == [True, False, True]
    assert "2099年12月31日" in texts[1]


def test_other_people_s_words_stay_words(shop: Shop, browser: Browser) -> None:
    shop.opens(mail(1, sender='"<b>山田</b>" <x@shop.example>', subject='<script>alert("1")</script> & "q"'))
    for path in ("/queue", "/queue/rows", "/queue?list=unclaimed"):
        text = browser.get(path).text
        assert "<script>alert" not in text
        assert "<b>山田" not in text
        assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#34;q&#34;" in text


def test_every_row_is_on_exactly_one_page(shop: Shop, browser: Browser) -> None:
    customers(shop, 120)
    seen: list[str] = []
    path, pages = "/queue?list=unclaimed", 0
    while path:
        text = browser.get(path).text
        seen += re.findall("ご注文 [0-9]+", text)
        pages += 1
        found = re.search('id="more-unclaimed" href="([^"]*)"', text)
        path = found[1].replace("&amp;", "&") if found else ""
        assert ("先頭に戻る" in text) == (pages > 1)
    assert pages == 3
    assert seen == [f"ご注文 {number}" for number in range(120)], "who has waited longest comes first"
    assert "すべて表示 (120)" in browser.sees()


@pytest.mark.parametrize("cursor", ["x", "-1", "*", "99999999999999999999", "4001795000000.0; drop", "é"])
def test_a_cursor_that_is_none_shows_the_beginning(shop: Shop, browser: Browser, cursor: str) -> None:
    customers(shop, 2)
    assert "ご注文 0" in browser.sees(f"/queue?list=unclaimed&cursor={cursor}")


def test_a_list_that_does_not_exist_is_not_found(browser: Browser) -> None:
    for path in ("/queue?list=everything", "/queue/rows?list=x", "/queue/nothing"):
        assert browser.get(path).status_code == 404


# Keeping it as it is


def test_the_page_is_told_when_something_has_changed(shop: Shop, browser: Browser) -> None:
    feed = re.search('data-feed="([0-9]+)"', browser.get("/queue").text)
    assert feed
    calm = browser.get(f"/queue/changes?seen={feed[1]}&page=p").json
    assert calm == {"changed": False, "wait": 5.0}
    shop.opens(mail(1))
    assert wait_for_change(browser, feed[1])
    fresh = browser.get("/queue/rows").text
    assert "ご注文について" in fresh
    assert "<html" not in fresh


def wait_for_change(browser: Browser, seen: str) -> bool:
    """Ask as the page does; where nobody waits the feed is read at most once a second."""
    until = monotonic() + 5
    while monotonic() < until:
        if (browser.get(f"/queue/changes?seen={seen}&page=p").json or {})["changed"]:
            return True
        sleep(0.1)
    return False


@pytest.mark.parametrize("seen", ["", "x", "-1", "1" * 20, "١"])
def test_a_question_without_a_number_is_refused(browser: Browser, seen: str) -> None:
    assert browser.get(f"/queue/changes?seen={seen}").status_code == 400


def test_a_store_that_does_not_answer_is_said_and_signs_nobody_out(
    copy: Copy, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    broken = Copy(store)
    cut_off = broken.browser(browser.token)
    answer = cut_off.get("/queue")
    assert answer.status_code == 503
    assert "ただいまサービスに接続できません。" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert cut_off.get("/queue/rows").status_code == 503
    assert cut_off.post("/queue/enter", {"token": copy.link().partition("#")[2]}).status_code == 503
    assert broken.counted == ["problems.RecordsUnavailable"] * 3
    store.library.client.close()


# What it costs


def test_a_page_asks_the_store_twice_and_the_same_in_a_large_workspace(
    shop: Shop, valkey: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with between(tmp_path_factory.mktemp("p") / "s", valkey.url) as proxy:
        store = open_store(proxy.url)
        copy = Copy(store)
        browser = copy.browser()
        browser.enters(copy.link())
        costs = []
        for more in (200, 2_000):
            customers(shop, more)
            for path in ("/queue", "/queue?list=unclaimed"):
                browser.get(path)
                proxy.turns()
                before = commands(shop)
                browser.get(path)
                costs.append((len(proxy.turns()), commands(shop) - before))
        store.library.client.close()
    assert costs[:2] == costs[2:]
    assert {turns for turns, _ in costs} == {2}, "who it is, and what waits"


def commands(shop: Shop) -> int:
    """How many commands the store has run, those within scripts too, without our own questions."""
    stats = msgspec.convert(shop.client.info("commandstats"), dict[str, dict[str, float]])
    return int(sum(one["calls"] for name, one in stats.items() if "info" not in name))


def test_a_customer_s_address_does_not_leave_the_desk(shop: Shop, browser: Browser) -> None:
    shop.opens(mail(1))
    assert "tanaka@midori.example" not in browser.get("/queue").text

"""What holds for each of the four pages behind the session, whatever it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final

import pytest
from werkzeug.test import TestResponse

from server.domain.events import Identity
from server.screens import crm_page, customers_page, template_page
from server.screens.queue_page import door_of
from server.usecases.apply import apply
from server.web.pages.forms import Words
from server.wiring import open_store
from tests.store.shop import Shop, shop_at
from tests.web.crm_desk import ITO
from tests.web.pages.service import FORM_PAGES, MORI, PAGES, POSTS, TSUBAME, WORK, Service, submit
from tests.web.second_screen import PUBLIC, SATO, SUZUKI, Browser, named_without, words

WORDING: Final[Mapping[str, Words]] = {"templates": template_page, "crm": crm_page, "customers": customers_page}

in_both_languages = pytest.mark.parametrize("language", ["ja", "en"])
on_every_page = pytest.mark.parametrize("page", PAGES)
on_pages_of_forms = pytest.mark.parametrize("page", FORM_PAGES)


@pytest.fixture
def shop(redis_url: str) -> Iterator[Shop]:
    made = shop_at(redis_url)
    yield made
    made.store.library.client.close()


@pytest.fixture
def service(shop: Shop) -> Service:
    return Service(shop.store)


@pytest.fixture
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A copy that cannot reach its store."""
    store = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    yield Service(store)
    store.library.client.close()


def stranger(service: Service, language: str = "ja") -> Browser:
    browser = service.browser()
    browser.language = language
    return browser


def read(answer: TestResponse) -> str:
    """What stands on the page."""
    return unescape(words(answer))


def sentence(page: str, label: str, language: str) -> str:
    """What a page of forms says, in a language that is not the other one."""
    said = {one: WORDING[page].labels_of(one)[label] for one in ("ja", "en")}
    assert said["ja"] != said["en"]
    return said[language]


def is_protected(answer: TestResponse, page: str) -> None:
    """What every answer says to the browser, and what no answer has in it."""
    said = answer.headers
    assert said["Cache-Control"] == "no-store"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert said["Cross-Origin-Resource-Policy"] == "same-origin"
    assert said["Vary"] == "Accept-Language, Cookie"
    # Forms of a page with no-referrer are sent with the origin "null", and would be refused.
    assert said["Referrer-Policy"] == ("same-origin" if page in FORM_PAGES else "no-referrer")
    policy = dict(part.split(" ", 1) for part in said["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == ("'self'" if page in FORM_PAGES else "'none'")
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert not [name for name in said.keys() if name.startswith("Access-Control")]  # noqa: SIM118 - no mapping
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text)


# Who is let in


@in_both_languages
@on_every_page
def test_the_page_says_whose_it_is_in_their_language(service: Service, page: str, language: str) -> None:
    answer = service.opens(language=language).get(f"/{page}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "青葉商事 · 伊藤 大輔" in read(answer)
    assert {"ja": "サインアウト", "en": "Sign out"}[language] in read(answer)
    is_protected(answer, page)


@on_every_page
def test_the_header_leads_to_every_page_that_this_person_may_open(service: Service, page: str) -> None:
    def ways(identity: Identity) -> set[str]:
        header = service.opens(identity).get(f"/{page}").text.partition("<main")[0]
        return {page, *re.findall('<a [^>]*href="/([a-z]+)"', header)}

    assert ways(ITO) == set(PAGES)
    if page not in {"crm", "customers"}:
        assert ways(SATO) == {"queue", "templates"}


@on_every_page
def test_a_language_that_is_none_of_ours_gets_the_workspace_s(service: Service, page: str) -> None:
    assert '<html lang="ja">' in service.opens(language="fr-FR").get(f"/{page}").text
    assert '<html lang="ja">' in stranger(service, "fr-FR").get(f"/{page}").text


@in_both_languages
@on_every_page
def test_without_a_session_there_is_a_closed_door(service: Service, page: str, language: str) -> None:
    answer = stranger(service, language).get(f"/{page}")
    assert answer.status_code == 403
    assert f'<html lang="{language}">' in answer.text
    assert 'data-state="closed"' in answer.text
    assert door_of(language).closed in read(answer)
    assert "青葉商事" not in answer.text
    assert "Set-Cookie" not in answer.headers, (
        "it may have stayed at home: a link on another site does not bring it along"
    )
    is_protected(answer, page)


@in_both_languages
@on_pages_of_forms
def test_a_form_without_a_session_is_told_so_in_a_sentence(service: Service, page: str, language: str) -> None:
    answer = submit(stranger(service, language), f"/{page}/{WORK[page]}", {"name": "x", "title": "x", "body": "x"})
    assert answer.status_code == 403
    assert sentence(page, "kept_closed", language) in read(answer)
    assert 'role="alert"' in answer.text
    is_protected(answer, page)


@on_every_page
def test_a_session_that_has_ended_is_taken_out_of_the_browser(service: Service, page: str) -> None:
    browser = service.opens()
    service.sessions.end(browser.token)
    answer = browser.get(f"/{page}")
    assert answer.status_code == 403
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


@on_pages_of_forms
def test_a_form_of_a_session_that_has_ended_takes_it_out_of_the_browser(service: Service, page: str) -> None:
    browser = service.opens()
    service.sessions.end(browser.token)
    answer = submit(browser, f"/{page}/{WORK[page]}")
    assert answer.status_code == 403
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


@on_every_page
def test_who_has_left_is_signed_out_at_the_next_look(service: Service, page: str, redis_url: str) -> None:
    browser = service.opens()
    assert browser.get(f"/{page}").status_code == 200
    elsewhere = open_store(redis_url)
    apply(elsewhere.directory, named_without("ito"))
    elsewhere.library.client.close()
    token = browser.token
    answer = browser.get(f"/{page}")
    assert answer.status_code == 403
    assert service.sessions.find(token) is None


@on_every_page
def test_a_session_of_another_workspace_opens_nothing_and_ends(service: Service, page: str) -> None:
    """An account that has moved: the session was begun where it is no more."""
    apply(service.store.directory, TSUBAME)
    browser = service.opens(MORI, workspace="aoba")
    token = browser.token
    answer = browser.get(f"/{page}")
    assert answer.status_code == 403
    assert "青葉商事" not in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert service.sessions.find(token) is None


@on_every_page
def test_each_workspace_sees_its_own_page(service: Service, page: str) -> None:
    apply(service.store.directory, TSUBAME)
    theirs = service.opens(MORI, workspace="tsubame").get(f"/{page}")
    assert theirs.status_code == 200
    assert "つばめ商会 · 森 薫" in read(theirs)
    assert "青葉商事" not in theirs.text


@in_both_languages
@pytest.mark.parametrize("identity", [SATO, SUZUKI], ids=["lead", "agent"])
@on_every_page
def test_administrators_pages_are_for_administrators(
    service: Service, page: str, identity: Identity, language: str
) -> None:
    browser = service.opens(identity, language)
    answer = browser.get(f"/{page}")
    if page in {"queue", "templates"}:
        assert answer.status_code == 200
        return
    for refused in (answer, submit(browser, f"/{page}/{WORK[page]}", {"name": "x"})):
        assert refused.status_code == 403
        assert sentence(page, "not_for_you", language) in read(refused)
        assert "Set-Cookie" not in refused.headers, "they stay signed in"
        is_protected(refused, page)


@on_every_page
def test_signing_out_here_signs_out_everywhere(service: Service, page: str) -> None:
    browser = service.opens()
    token = browser.token
    answer = submit(browser, f"/{page}/leave")
    assert answer.headers.get("Location", f"/{page}") == f"/{page}"
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert service.sessions.find(token) is None
    is_protected(answer, page)


# Who sends it


@pytest.mark.parametrize(("page", "path"), [(page, path) for page, paths in POSTS.items() for path in paths])
def test_a_form_of_another_site_is_refused(service: Service, page: str, path: str) -> None:
    browser = service.opens()
    token = browser.token
    forged: tuple[dict[str, str], ...] = (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{PUBLIC}.evil.example"},
        {"Origin": "http://sobani.aoba.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://other.aoba.example", "Sec-Fetch-Site": "same-site"},
    )
    for headers in forged:
        answer = submit(browser, f"/{page}/{path}", {"name": "x"}, **headers)
        assert answer.status_code == 403
        is_protected(answer, page)
    assert browser.client.post(f"/{page}/{path}", base_url=PUBLIC).status_code == 403, "no word of where it comes from"
    assert service.sessions.find(token)
    assert service.kept() == ()
    assert service.keys.all("aoba") == ()


# What cannot be answered


@in_both_languages
@on_every_page
def test_a_store_that_does_not_answer_is_said_and_signs_nobody_out(
    service: Service, cut_off: Service, page: str, language: str
) -> None:
    browser = cut_off.browser(service.opens().token)
    browser.language = language
    answers = [browser.get(f"/{page}")]
    if page in FORM_PAGES:
        answers.append(submit(browser, f"/{page}/{WORK[page]}", {"name": "x", "title": "x", "body": "x"}))
    for answer in answers:
        assert answer.status_code == 503
        assert f'<html lang="{language}">' in answer.text
        assert door_of(language).trouble in read(answer)
        assert "Set-Cookie" not in answer.headers
        is_protected(answer, page)
    assert cut_off.counted == ["problems.RecordsUnavailable"] * len(answers)


@on_every_page
def test_signing_out_of_a_store_that_does_not_answer_takes_no_cookie(
    service: Service, cut_off: Service, page: str
) -> None:
    """Else the browser would seem signed out while its session lives on."""
    answer = submit(cut_off.browser(service.opens().token), f"/{page}/leave")
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers


@on_every_page
def test_what_is_not_there_is_not_found(service: Service, page: str) -> None:
    browser = service.opens()
    for path in ("nothing", "assets/none.css", "assets/site.py", "assets/..%2fsite.py"):
        for answer in (browser.get(f"/{page}/{path}"), stranger(service).get(f"/{page}/{path}")):
            assert answer.status_code == 404
            assert "Set-Cookie" not in answer.headers


@in_both_languages
@pytest.mark.parametrize("path", ["templates/edit/none", "crm/edit/none", "customers/keys/end/none"])
def test_what_was_removed_is_said_in_a_sentence(service: Service, path: str, language: str) -> None:
    page = path.partition("/")[0]
    answer = service.opens(language=language).get(f"/{path}")
    assert answer.status_code == 404
    assert sentence(page, "not_here", language) in read(answer)
    is_protected(answer, page)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@on_every_page
def test_only_get_and_post_are_understood(service: Service, page: str, method: str) -> None:
    browser = service.opens()
    answer = browser.client.open(f"/{page}", method=method, base_url=PUBLIC, headers={"Origin": PUBLIC})
    assert answer.status_code == 405
    assert {*answer.headers["Allow"].split(", ")} == {"GET", "HEAD", "OPTIONS"}
    assert browser.get(f"/{page}").status_code == 200


@on_every_page
def test_a_link_signs_nobody_out(service: Service, page: str) -> None:
    browser = service.opens()
    assert browser.get(f"/{page}/leave").status_code == 405
    assert browser.get(f"/{page}").status_code == 200


@in_both_languages
@on_pages_of_forms
def test_a_form_beyond_all_measure_is_refused_in_a_sentence(service: Service, page: str, language: str) -> None:
    fields = {"name": "x", "title": "x", "body": "あ" * 200_000}
    answer = submit(service.opens(language=language), f"/{page}/{WORK[page]}", fields)
    assert answer.status_code == 413
    assert sentence(page, "too_large", language) in read(answer)
    is_protected(answer, page)


def test_a_token_beyond_all_measure_is_refused(service: Service) -> None:
    assert service.browser().post("/queue/enter", {"token": "x" * 200_000}).status_code == 413


# Scripts and styles


@on_every_page
def test_scripts_and_styles_are_kept_by_their_version(service: Service, page: str) -> None:
    browser = service.opens()
    addresses = re.findall('(?:src|href)="(/[a-z]+/assets/[^"]+)"', browser.get(f"/{page}").text)
    assert [one for one in addresses if "/queue/assets/colours.css?" in one], "all pages have the same colours"
    assert len({*addresses}) == len(addresses) == 3
    for address in addresses:
        kept = stranger(service).get(address)
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Cookie" not in kept.headers.get("Vary", "")
        assert kept.headers["X-Content-Type-Options"] == "nosniff"
        assert browser.get(address.partition("?")[0]).headers["Cache-Control"] == "public, no-cache"
        assert browser.get(f"{address}0").headers["Cache-Control"] == "public, no-cache"


@on_every_page
def test_every_address_of_a_page_begins_where_the_service_does(shop: Shop, page: str) -> None:
    service = Service(shop.store, f"{PUBLIC}/desk")
    door = service.browser()
    door.public_url = PUBLIC
    inside = door.get(f"/{page}")
    found = re.findall('(?:src|href|action|data-base|data-onward)="([^"]*)"', inside.text)
    assert found
    assert [one for one in found if not one.startswith("/desk/")] == []

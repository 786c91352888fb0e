"""From a click in either client to the queue's page, with the real application."""

from __future__ import annotations

import json
import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.usecases.apply import apply
from tests.contract.office import PUBLIC, Agent, Office, mail
from tests.web.second_screen import named_without

LINK = re.compile(re.escape(PUBLIC) + r"/queue/enter#([a-z]+\.[\w-]{20,})")


def link_of(agent: Agent) -> str:
    """Press the button; what the client is told to open."""
    pressed = agent.clicks(agent.goes_home().button("open_queue"))
    (token,) = set(LINK.findall(json.dumps(pressed.body)))
    return str(token)


def enters(browser: FlaskClient, token: str) -> TestResponse:
    return browser.post("/queue/enter", json={"token": token}, base_url=PUBLIC, headers={"Origin": PUBLIC})


def test_a_click_opens_the_page_once(office: Office, client: str) -> None:
    office.at(client, "suzuki@aoba.example").opens(mail(1, subject="見積書の件"))
    token = link_of(office.at(client, "sato@aoba.example"))
    browser = office.app.application.test_client()
    assert enters(browser, token).status_code == 200
    page = browser.get("/queue", base_url=PUBLIC)
    assert page.status_code == 200
    assert "佐藤 美咲" in page.text
    assert "見積書の件" in page.text
    assert enters(office.app.application.test_client(), token).status_code == 403


def test_each_click_makes_a_link_of_its_own(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    button = sato.goes_home().button("open_queue")
    said = [LINK.findall(json.dumps(sato.clicks(button).body)) for _ in range(2)]
    assert said[0] != said[1], "a click that the host repeats finds a link that still works"


def test_who_leaves_the_company_leaves_the_page(office: Office, client: str) -> None:
    browser = office.app.application.test_client()
    enters(browser, link_of(office.at(client, "sato@aoba.example")))
    assert browser.get("/queue/rows", base_url=PUBLIC).status_code == 200
    apply(office.store.directory, named_without("sato"))
    assert browser.get("/queue/rows", base_url=PUBLIC).status_code == 403
    assert browser.get("/queue", base_url=PUBLIC).status_code == 403

"""From an administrator's settings in either client to the page on which CRMs are connected, with the real application."""

from __future__ import annotations

import json
import re

from tests.contract.office import PUBLIC, Office

LINK = re.compile(re.escape(PUBLIC) + r"/queue/enter\?to=crm#([a-z]+\.[\w-]{20,})")


def test_an_administrator_s_settings_lead_to_the_page(office: Office, client: str) -> None:
    ito = office.at(client, "ito@aoba.example")
    pressed = ito.clicks(ito.looks_at_settings().button("open_crm"))
    (token,) = set(LINK.findall(json.dumps(pressed.body)))
    browser = office.app.application.test_client()
    door = browser.get("/queue/enter?to=crm", base_url=PUBLIC)
    assert 'data-onward="/crm"' in door.text
    entered = browser.post("/queue/enter", json={"token": token}, base_url=PUBLIC, headers={"Origin": PUBLIC})
    assert entered.status_code == 200
    assert "伊藤 大輔" in browser.get("/crm", base_url=PUBLIC).text
    assert 'href="/crm"' in browser.get("/queue", base_url=PUBLIC).text


def test_nobody_else_is_led_there(office: Office, client: str) -> None:
    assert not office.at(client, "sato@aoba.example").looks_at_settings().has("open_crm")


def test_a_link_leads_to_pages_of_ours_alone(office: Office) -> None:
    browser = office.app.application.test_client()
    for to in ("//evil.example", "https://evil.example", "templates/../..", ""):
        door = browser.get("/queue/enter", query_string={"to": to}, base_url=PUBLIC)
        assert 'data-onward="/queue"' in door.text

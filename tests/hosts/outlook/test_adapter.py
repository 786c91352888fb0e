"""The pane as a host: who and what comes in, what goes out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cards.model import (
    Action,
    AskConsent,
    Button,
    Buttons,
    Card,
    Effect,
    Header,
    Icon,
    Insert,
    OpenPage,
    Place,
    Section,
    Show,
    StartReply,
    Toast,
    Verdict,
)
from server.domain import events
from server.domain.crm import Attachment
from server.domain.errors import BadEvent, Unauthenticated
from server.domain.events import Click, Files, Home, Identity, Open, Pointer
from server.domain.mail import Address
from server.hosts.host import Entry, Host
from server.hosts.outlook.adapter import OutlookHost
from server.hosts.outlook.auth import EntraTokens
from server.hosts.outlook.wire import MAX_FILES_BODY
from tests.standins import entra
from tests.standins.entra import SATO, KeyServer, Signer, StandingClock

FIXTURES = Path(__file__).parents[2] / "fixtures" / "outlook"
SIGNER = Signer("key1")
TOKYO = events.Place("ja", "Asia/Tokyo")


@pytest.fixture(scope="module")
def host() -> Host:
    tokens = EntraTokens(
        entra_url=entra.MICROSOFT,
        client_id=entra.CLIENT_ID,
        allowed_clients=(),
        clock=StandingClock(),
        fetch=KeyServer(SIGNER),
    )
    return OutlookHost(tokens=tokens, public_url="https://desk.aoba.example/")


HEADERS = {"Authorization": f"Bearer {SIGNER.sign(entra.claims())}"}


def receive(host: Host, path: str, name: str) -> tuple[Identity, events.Event]:
    received = host.receive(host.routes[path], path, HEADERS, (FIXTURES / f"{name}.json").read_bytes())
    return received.identity, received.event


def host_receives(host: Host, path: str, body: object) -> tuple[Identity, events.Event]:
    received = host.receive(host.routes[path], path, HEADERS, json.dumps(body).encode())
    return received.identity, received.event


def respond(host: Host, effect: Effect) -> Any:
    return json.loads(host.respond(Entry.ACTION, effect, lambda action: f"sealed:{action.name}"))


def test_an_open_names_the_agent_the_place_and_the_mail(host: Host) -> None:
    identity, event = receive(host, "/outlook/open", "open")
    assert identity.subject == SATO
    assert isinstance(event, Open)
    assert event.place == TOKYO
    assert event.pointer == Pointer("outlook", SATO, "AAMkAGI2TG93AAA=")
    assert event.mail().subject == "Re: 納期の件"


@pytest.mark.parametrize(("name", "place"), [("home", TOKYO), ("home-minimal", events.Place())])
def test_no_item_is_the_home_card(host: Host, name: str, place: events.Place) -> None:
    assert receive(host, "/outlook/open", name)[1] == Home(place)


def test_a_click_carries_the_action_the_form_and_the_mail(host: Host) -> None:
    _, event = receive(host, "/outlook/action", "action")
    assert isinstance(event, Click)
    assert event.token == "eyJ.sealed.token"
    assert event.form == {"note": ("折り返し電話済み",), "tags": ("parts", "refund"), "due": ("2026-05-11T09:30",)}
    assert event.mail is not None
    assert event.mail().message_id == "20260510013200.A1@tanaka-shoten.example"
    assert event.pointer == Pointer("outlook", SATO, "AAMkAGI2TG93AAA=")


def test_a_click_on_the_home_card_has_no_mail(host: Host) -> None:
    assert receive(host, "/outlook/action", "action-home")[1] == Click(TOKYO, "eyJ.sealed.token", {})


def test_a_click_with_attachments_has_them_in_hand(host: Host) -> None:
    body = {
        "action": "t",
        "files": [{"name": "a.pdf", "content": "JVBERg==", "type": "application/pdf"}, {"name": "b", "content": ""}],
        "left": ["大きい\n.zip"],
    }
    _, event = host_receives(host, "/outlook/action/files", body)
    assert isinstance(event, Click)
    assert event.files is not None
    files = (Attachment("a.pdf", "application/pdf", b"%PDF"), Attachment("b", "application/octet-stream", b""))
    assert event.files() == Files(files, ("大きい .zip",))
    _, plain = host_receives(host, "/outlook/action", body)
    assert isinstance(plain, Click)
    assert plain.files is None


def test_only_the_path_for_attachments_takes_more_and_from_nobody_unknown(host: Host) -> None:
    assert {path: host.most(path, HEADERS) for path in host.routes} == {
        path: MAX_FILES_BODY if path == "/outlook/action/files" else 0 for path in host.routes
    }
    assert host.most("/outlook/action", {}) == 0
    with pytest.raises(Unauthenticated):
        host.most("/outlook/action/files", {})


WINDOW = events.Window(
    recipients=(Address("tanaka@tanaka-shoten.example", "田中 太郎"), Address("support@aoba.example", "サポート")),
    answers="20260510013200.A1@tanaka-shoten.example",
    thread=Pointer("outlook", SATO, "thread:AAQkAGI2TG93AAA="),
    subject="Re: 納期の件",
)


def test_a_compose_window_says_whom_it_answers_and_who_is_writing(host: Host) -> None:
    _, event = receive(host, "/outlook/compose", "compose")
    assert event == events.Compose(TOKYO, replace(WINDOW, replying=True))
    assert receive(host, "/outlook/compose", "compose-minimal")[1] == events.Compose(events.Place(), events.Window())


def test_a_send_says_what_the_client_can_and_what_it_could_not_check(host: Host) -> None:
    _, event = receive(host, "/outlook/send", "send")
    assert event == events.Send(events.Place("ja"), WINDOW, can_ask=True, missed={"timeout": 2, "no_token": 1})


def test_a_reply_an_insertion_a_page_and_a_verdict_are_told_to_the_pane(host: Host) -> None:
    answer = respond(host, StartReply(CARD, "本日発送しました。", everyone=False, toast="返信中です"))
    assert answer["reply"] == {"all": False, "text": "本日発送しました。"}
    assert (answer["place"], answer["changed"], answer["toast"]) == ("here", True, "返信中です")
    assert respond(host, Insert("<b>文</b>")) == {"insert": {"text": "<b>文</b>"}}
    assert respond(host, OpenPage("https://desk.aoba.example/queue/enter#t")) == {
        "open": "https://desk.aoba.example/queue/enter#t"
    }
    assert respond(host, Verdict("stop", "佐藤さんが担当中です")) == {
        "verdict": "stop",
        "message": "佐藤さんが担当中です",
    }
    assert respond(host, AskConsent(("scope",))) == {}


def test_an_answer_carries_what_the_pane_waits_with(host: Host) -> None:
    body = host.respond(Entry.MESSAGE, Show(CARD), lambda action: action.name, "live-token")
    assert json.loads(body)["live"] == "live-token"
    assert "live" not in respond(host, Show(CARD))


def test_nothing_is_read_before_the_sender_is_known(host: Host) -> None:
    with pytest.raises(Unauthenticated):
        host.receive(Entry.MESSAGE, "/outlook/open", {}, b"not JSON")


def test_a_click_without_an_action_is_no_event(host: Host) -> None:
    with pytest.raises(BadEvent, match="action"):
        host.receive(Entry.ACTION, "/outlook/action", HEADERS, b'{"action": ""}')


CARD = Card(
    "message", Header("田中 太郎 様"), (Section((Buttons((Button("担当する", Action("claim"), filled=True),)),)),)
)


def test_a_card_goes_out_as_an_adaptive_card_with_sealed_actions(host: Host) -> None:
    answer = respond(host, Show(CARD, Place.ON_TOP, "担当しました", changed=True))
    assert (answer["place"], answer["toast"], answer["changed"]) == ("on_top", "担当しました", True)
    assert (answer["card"]["type"], answer["card"]["version"]) == ("AdaptiveCard", "1.5")
    assert '"a": "sealed:claim"' in json.dumps(answer["card"])


def test_pictures_come_from_the_public_address(host: Host) -> None:
    pictured = Card("message", Header("田中", icon=Icon.PERSON), CARD.sections)
    assert "https://desk.aoba.example/icons/person.png" in json.dumps(respond(host, Show(pictured)))


def test_a_toast_alone_leaves_the_card(host: Host) -> None:
    assert respond(host, Toast("保存しました")) == {"toast": "保存しました"}
    assert respond(host, Show(CARD)).keys() == {"card", "place", "changed"}


@pytest.mark.parametrize("status", [200, 400, 401, 403, 503])
def test_the_pane_is_told_the_status_as_it_is(host: Host, status: int) -> None:
    assert host.status_of(status) == status

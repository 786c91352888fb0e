from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from google.apps.card_v1.types import card as card_types
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.model import (
    Action,
    AskConsent,
    Button,
    Buttons,
    Card,
    Effect,
    Field,
    Header,
    Insert,
    OpenPage,
    Place,
    Section,
    Show,
    StartReply,
    Text,
    Toast,
)
from server.domain.errors import BadEvent, MailUnavailable, Unauthenticated
from server.domain.events import Click, Compose, Home, Identity, Open, Pointer, Settings, Window
from server.domain.events import Place as Seat
from server.domain.mail import Address, Mail
from server.hosts.gmail.adapter import ROUTES, GmailHost
from server.hosts.gmail.auth import Tokens
from server.hosts.host import Entry, Host
from tests.hosts.gmail.conftest import MAIL, PATHS, PUBLIC_URL, Gmail, NoMailbox, Reader, in_front_of_a_mailbox, load
from tests.standins.google import Signer

SATO = Identity("google", "aoba.example", "110000000000000000002", "sato.misaki@aoba.example")
TOKYO = Seat("ja", "Asia/Tokyo")
MESSAGE_ID = "msg-f:1784374126318747649"
CARD = Card(
    name="message",
    header=Header("田中 太郎 様"),
    sections=(
        Section((Text("対応中"), Field("note", "メモ"), Buttons((Button("担当する", Action("take", {"v": "3"})),)))),
    ),
)


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


# ---------------------------------------------------------------- requests


def test_it_is_a_host(gmail: Gmail) -> None:
    host: Host = gmail.host
    assert (host.name, dict(host.routes)) == (
        "gmail",
        {f"/gmail/{entry.value}": entry for entry in Entry if entry is not Entry.SEND},
    )


def test_an_opened_mail(gmail: Gmail) -> None:
    received = gmail.receives("message")
    assert received.identity == SATO
    assert isinstance(received.event, Open)
    assert received.event.place == TOKYO
    assert received.event.pointer == Pointer("gmail", SATO.subject, MESSAGE_ID)


@pytest.mark.parametrize("name", ["message-android", "message-ios", "message-minimal", "message-without-scope"])
def test_an_opened_mail_in_every_shape_it_comes_in(gmail: Gmail, name: str) -> None:
    assert isinstance(gmail.receives(name).event, Open)


def test_the_mail_is_read_when_it_is_asked_for_and_once(gmail: Gmail) -> None:
    event = gmail.receives("message").event
    assert isinstance(event, Open)
    assert gmail.reader.asked == []
    assert event.mail() is event.mail() is MAIL
    assert gmail.reader.asked == [{"id": MESSAGE_ID, "user": "ya29.agent", "message": "MESSAGE_TOKEN", "scopes": 5}]


def test_a_mail_that_cannot_be_read_is_not_asked_for_again(gmail: Gmail) -> None:
    def refuse() -> Mail:
        raise MailUnavailable("timeout")

    gmail.reader.answer = refuse
    event = gmail.receives("message").event
    assert isinstance(event, Open)
    for _ in range(2):
        with pytest.raises(MailUnavailable, match="timeout"):
            event.mail()
    assert len(gmail.reader.asked) == 1


def test_what_google_leaves_out_is_not_invented(gmail: Gmail) -> None:
    event = gmail.receives("message-minimal", userOAuthToken=None).event
    assert isinstance(event, Open)
    event.mail()
    assert gmail.reader.asked == [{"id": MESSAGE_ID, "user": "", "message": "MESSAGE_TOKEN", "scopes": None}]


@pytest.mark.parametrize(("name", "place"), [("home", Seat("en", "Asia/Tokyo")), ("home-minimal", Seat())])
def test_the_home_page(gmail: Gmail, name: str, place: Seat) -> None:
    assert gmail.receives(name, Entry.HOME).event == Home(place)


def test_a_click_on_an_open_mail(gmail: Gmail) -> None:
    click = gmail.receives("click", Entry.ACTION).event
    assert isinstance(click, Click)
    assert (click.place, click.token) == (TOKYO, "sealed-action")
    assert click.form["due"] == ("2026-05-29T14:30",)
    assert click.pointer == Pointer("gmail", SATO.subject, MESSAGE_ID)
    assert click.mail is not None
    assert click.mail() is MAIL


def test_a_click_on_the_home_page_has_no_mail(gmail: Gmail) -> None:
    assert gmail.receives("click-home", Entry.ACTION).event == Click(TOKYO, "sealed-action", {})


@pytest.mark.parametrize(
    ("name", "entry", "field"),
    [("home", Entry.MESSAGE, "gmail.messageId"), ("message", Entry.ACTION, "commonEventObject.parameters.a")],
)
def test_an_event_at_the_wrong_door_is_a_bad_event(gmail: Gmail, name: str, entry: Entry, field: str) -> None:
    with pytest.raises(BadEvent, match=field):
        gmail.receives(name, entry)


# ---------------------------------------------------------------- who sends it


def test_without_a_header_nothing_is_believed(gmail: Gmail) -> None:
    """The token in the body alone is not enough, though Google puts one there."""
    with pytest.raises(Unauthenticated):
        gmail.receives("message", headers={})


def test_a_strangers_body_is_not_even_read(gmail: Gmail, stranger: Signer) -> None:
    headers = {"Authorization": f"Bearer {stranger.system_token(PUBLIC_URL + '/gmail/message')}"}
    for body in (b"", b"{", b"x" * 2_000_000):
        with pytest.raises(Unauthenticated):
            gmail.host.receive(Entry.MESSAGE, "/gmail/message", headers, body)


def test_two_different_system_tokens_are_refused(gmail: Gmail) -> None:
    other = gmail.signer.system_token(PUBLIC_URL + "/gmail/message", jti="other")
    with pytest.raises(Unauthenticated, match="two different"):
        gmail.receives("message", systemIdToken=other)


def test_the_header_alone_is_enough(gmail: Gmail) -> None:
    assert gmail.receives("message", systemIdToken=None).identity == SATO


def test_without_the_agents_token_nobody_is_there(gmail: Gmail) -> None:
    with pytest.raises(Unauthenticated, match="no user token"):
        gmail.receives("message", userIdToken=None)


def test_the_agents_token_of_another_client_is_refused(gmail: Gmail) -> None:
    with pytest.raises(Unauthenticated):
        gmail.receives("message", userIdToken=gmail.signer.user_token(aud="another.apps.googleusercontent.com"))


def test_the_system_token_is_no_users_token(gmail: Gmail) -> None:
    token = gmail.signer.system_token(PUBLIC_URL + "/gmail/message")
    with pytest.raises(Unauthenticated):
        gmail.receives("message", userIdToken=token)


def test_a_token_for_one_door_opens_no_other(gmail: Gmail) -> None:
    headers = {"Authorization": f"Bearer {gmail.signer.system_token(PUBLIC_URL + '/gmail/home')}"}
    with pytest.raises(Unauthenticated):
        gmail.receives("message", Entry.MESSAGE, headers=headers)


@pytest.mark.parametrize("path", ["/gmail/message/", "/gmail/", "", "/outlook/open", "/GMAIL/message"])
def test_a_path_that_is_none_of_ours_is_refused(gmail: Gmail, path: str) -> None:
    headers = {"Authorization": f"Bearer {gmail.signer.system_token(PUBLIC_URL + path)}"}
    with pytest.raises(Unauthenticated):
        gmail.host.receive(Entry.MESSAGE, path, headers, b"{}")


def test_the_host_header_decides_nothing(gmail: Gmail) -> None:
    token = gmail.signer.system_token("https://other.example/gmail/message")
    headers = {"Authorization": f"Bearer {token}", "Host": "other.example", "X-Forwarded-Host": "other.example"}
    with pytest.raises(Unauthenticated):
        gmail.receives("message", headers=headers)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"], ids=repr)
def test_a_body_of_googles_that_we_cannot_read_is_a_bad_event(gmail: Gmail, body: bytes) -> None:
    with pytest.raises(BadEvent):
        gmail.receives_body(body)


def test_a_body_of_a_megabyte_is_a_bad_event(gmail: Gmail) -> None:
    with pytest.raises(BadEvent):
        gmail.receives_body(b'{"x": "' + b"a" * 1_000_000 + b'"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(entry=st.sampled_from(sorted(PATHS)), path=st.sampled_from(["commonEventObject", "gmail"]), junk=st.data())
@settings(deadline=None)
def test_any_event_that_google_signs_is_read_or_refused(
    signer: Signer, entry: Entry, path: str, junk: st.DataObject
) -> None:
    """Whatever stands in a field: a Received, a BadEvent or Unauthenticated, and never anything else."""
    event = load("click")
    name = junk.draw(st.sampled_from(sorted(event[path])))
    event[path][name] = junk.draw(JSON)
    gmail = in_front_of_a_mailbox(signer)
    with suppress(BadEvent, Unauthenticated):
        gmail.receives(event, entry)


# ---------------------------------------------------------------- answers


def answer(host: GmailHost, entry: Entry, effect: Effect) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(host.respond(entry, effect, seal))
    return parsed


def one_card(navigation: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """The card of a navigation, accepted by Google's own definition."""
    assert list(navigation) == [verb]
    card: dict[str, Any] = navigation[verb]
    card_types.Card.from_json(json.dumps(card), ignore_unknown_fields=False)
    return card


@pytest.mark.parametrize("entry", [Entry.MESSAGE, Entry.HOME])
@pytest.mark.parametrize("place", list(Place))
def test_what_gmail_opens_by_itself_is_a_pushed_card(gmail: Gmail, entry: Entry, place: Place) -> None:
    shown = answer(gmail.host, entry, Show(CARD, place, changed=True))
    assert list(shown) == ["action"]
    assert list(shown["action"]) == ["navigations"]
    (navigation,) = shown["action"]["navigations"]
    assert one_card(navigation, "pushCard")["name"] == "message"


@pytest.mark.parametrize(
    ("place", "verbs"),
    [
        (Place.HERE, ["updateCard"]),
        (Place.ON_TOP, ["pushCard"]),
        (Place.ROOT, ["popToRoot", "updateCard"]),
    ],
)
def test_a_click_is_answered_in_its_place(gmail: Gmail, place: Place, verbs: list[str]) -> None:
    shown = answer(gmail.host, Entry.ACTION, Show(CARD, place, changed=True))
    assert sorted(shown) == ["renderActions", "stateChanged"]
    assert shown["stateChanged"] is True
    navigations = shown["renderActions"]["action"]["navigations"]
    assert [next(iter(navigation)) for navigation in navigations] == verbs
    one_card(navigations[-1], verbs[-1])


def test_a_click_that_changed_nothing_says_so(gmail: Gmail) -> None:
    assert answer(gmail.host, Entry.ACTION, Show(CARD))["stateChanged"] is False


def test_a_card_may_come_with_a_sentence(gmail: Gmail) -> None:
    shown = answer(gmail.host, Entry.ACTION, Show(CARD, toast="担当になりました"))
    assert shown["renderActions"]["action"]["notification"] == {"text": "担当になりました"}


def test_a_sentence_alone_leaves_the_card_as_it_is(gmail: Gmail) -> None:
    notification = {"action": {"notification": {"text": "保存しました"}}}
    assert answer(gmail.host, Entry.ACTION, Toast("保存しました")) == {
        "renderActions": notification,
        "stateChanged": False,
    }
    assert answer(gmail.host, Entry.HOME, Toast("保存しました")) == notification


def test_a_compose_window_names_the_recipients_each_once(gmail: Gmail) -> None:
    event = gmail.receives("compose", Entry.COMPOSE).event
    assert event == Compose(TOKYO, Window((Address("tanaka.taro@midori.example"), Address("support@aoba.example"))))


def test_recipients_that_may_not_be_read_are_not_known(gmail: Gmail) -> None:
    event = gmail.receives("compose-without-scope", Entry.COMPOSE).event
    assert isinstance(event, Compose)
    assert (event.window.recipients, event.window.known) == ((), False)


def test_universal_actions_open_the_queue_and_the_settings(gmail: Gmail) -> None:
    assert isinstance(gmail.receives("queue", Entry.QUEUE).event, Home)
    assert isinstance(gmail.receives("settings", Entry.SETTINGS).event, Settings)
    shown = answer(gmail.host, Entry.SETTINGS, Show(CARD))
    one_card(shown["renderActions"]["action"]["navigations"][0], "pushCard")


def test_a_reply_opens_its_draft_beside_the_card(gmail: Gmail) -> None:
    shown = answer(gmail.host, Entry.ACTION, StartReply(CARD, id="r-12", thread="18c2f", toast="開きました"))
    assert shown["stateChanged"] is True
    assert shown["renderActions"]["hostAppAction"] == {
        "gmailAction": {"openCreatedDraftActionMarkup": {"draftId": "r-12", "draftThreadId": "18c2f"}}
    }
    one_card(shown["renderActions"]["action"]["navigations"][0], "updateCard")


def test_text_is_inserted_as_text_and_a_page_is_opened(gmail: Gmail) -> None:
    inserted = answer(gmail.host, Entry.ACTION, Insert("<b>文</b>"))["renderActions"]
    body = inserted["hostAppAction"]["gmailAction"]["updateDraftActionMarkup"]["updateBody"]
    assert body["insertContents"] == [{"content": "<b>文</b>", "contentType": "TEXT"}]
    assert "action" not in inserted
    page = answer(gmail.host, Entry.ACTION, OpenPage("https://desk.aoba.example/queue/enter#t"))["renderActions"]
    assert page == {"action": {"link": {"url": "https://desk.aoba.example/queue/enter#t"}}}


def test_missing_scopes_are_asked_for_in_the_documented_form(gmail: Gmail) -> None:
    for entry in (Entry.MESSAGE, Entry.ACTION):
        asked = answer(gmail.host, entry, AskConsent(("https://scope.example/a",)))
        assert asked == {"requesting_google_scopes": {"scopes": ["https://scope.example/a"]}}


def test_a_hostile_sentence_is_made_harmless(gmail: Gmail) -> None:
    text = answer(gmail.host, Entry.HOME, Toast("a\x00b\u202ec\ud800\n" + "x" * 10_000))["action"]["notification"][
        "text"
    ]
    assert text.startswith("abc")
    assert len(text) <= 200


def test_buttons_carry_the_sealed_action_to_our_own_address(gmail: Gmail) -> None:
    shown = answer(gmail.host, Entry.MESSAGE, Show(CARD))
    text = json.dumps(shown)
    assert f'"function": "{PUBLIC_URL}/gmail/action"' in text
    assert '{"key": "a", "value": "sealed-take"}' in text


def test_what_a_button_sends_is_what_a_click_reads(gmail: Gmail) -> None:
    (section,) = answer(gmail.host, Entry.MESSAGE, Show(CARD))["action"]["navigations"][0]["pushCard"]["sections"]
    (button,) = section["widgets"][-1]["buttonList"]["buttons"]
    parameters = {item["key"]: item["value"] for item in button["onClick"]["action"]["parameters"]}
    event = load("click-home")
    event["commonEventObject"]["parameters"] = parameters
    click = gmail.receives(event, Entry.ACTION).event
    assert isinstance(click, Click)
    assert click.token == "sealed-take"


def test_clicks_can_be_answered_without_the_wrapper(tokens: Tokens) -> None:
    """One switch for what Google's pages and samples disagree about."""
    host = GmailHost(
        public_url=PUBLIC_URL, tokens=tokens, read_mail=Reader(), open_mailbox=NoMailbox, wrap_clicks=False
    )
    shown = answer(host, Entry.ACTION, Show(CARD, changed=True))
    assert list(shown) == ["action"]
    one_card(shown["action"]["navigations"][0], "updateCard")


def test_a_public_address_with_a_slash_at_its_end_is_the_same_address(tokens: Tokens, signer: Signer) -> None:
    reader = Reader()
    host = GmailHost(public_url=PUBLIC_URL + "/", tokens=tokens, read_mail=reader, open_mailbox=NoMailbox)
    assert Gmail(host, signer, reader).receives("message").identity == SATO


@pytest.mark.parametrize(("status", "shown"), [(200, 200), (400, 200), (403, 200), (500, 200), (503, 200), (401, 401)])
def test_gmail_draws_problem_cards_only_from_a_200(gmail: Gmail, status: int, shown: int) -> None:
    assert gmail.host.status_of(status) == shown


def test_the_routes_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ROUTES["/x"] = Entry.HOME  # type: ignore[index] # that it cannot is the point
    assert set(PATHS) == set(Entry) - {Entry.SEND}  # nothing is asked before Gmail sends

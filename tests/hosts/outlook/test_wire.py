"""What the pane posts, read into our types; and what is not the pane's, refused by the field's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import BadEvent
from server.domain.events import Place
from server.domain.mail import Address
from server.hosts.outlook.wire import (
    ACTION,
    MAX_BODY,
    OPEN,
    Item,
    Person,
    decode,
    place,
    read_mail,
    synthesised,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "outlook"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def item_of(name: str) -> Item:
    item = decode(fixture(name), OPEN).item
    assert item is not None
    return item


def test_a_mail_is_read_from_its_own_headers() -> None:
    mail = read_mail(item_of("open"))
    assert mail.message_id == "20260510013200.A1@tanaka-shoten.example"
    assert mail.references == ("reply-1@aoba.example", "20260508010000.A0@tanaka-shoten.example")
    assert mail.sender == Address("tanaka@tanaka-shoten.example", "田中 太郎")
    assert mail.to == (Address("support@aoba.example", "サポート"),)
    assert mail.subject == "Re: 納期の件"
    assert mail.date == 1_778_376_720
    assert "納期はいつ頃" in mail.text


def test_a_phone_finds_the_same_conversation_by_the_message_id_alone() -> None:
    whole, phone = read_mail(item_of("open")), read_mail(item_of("open-phone"))
    assert phone.message_id == whole.message_id
    assert (phone.sender, phone.to, phone.subject, phone.text) == (whole.sender, whole.to, whole.subject, whole.text)
    assert phone.references == ()


def test_html_is_taken_where_there_is_no_text() -> None:
    assert "納期はいつ頃でしょうか。" in read_mail(item_of("open-html")).text


def test_an_item_of_a_message_id_alone_is_a_mail() -> None:
    mail = read_mail(item_of("open-minimal"))
    assert mail.message_id == "20260510013200.A1@tanaka-shoten.example"
    assert mail.sender == Address("")


def test_an_empty_item_is_still_a_mail_with_a_fingerprint() -> None:
    assert read_mail(Item()).fingerprinted


@pytest.mark.parametrize(
    "name", ["open", "open-phone", "open-html", "open-minimal", "open-unknown-fields", "home", "home-minimal"]
)
def test_every_open_fixture_is_an_open(name: str) -> None:
    assert (decode(fixture(name), OPEN).item is None) == name.startswith("home")


@pytest.mark.parametrize("name", ["action", "action-home"])
def test_every_action_fixture_is_an_action(name: str) -> None:
    assert decode(fixture(name), ACTION).action == "eyJ.sealed.token"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item": "mail"}, "$.item"),
        ({"item": {"subject": 7}}, "$.item.subject"),
        ({"item": {"to": {"email": "x"}}}, "$.item.to"),
        ({"item": {"cc": [{"email": ["x"]}]}}, "$.item.cc[0].email"),
        ({"item": {"from": "tanaka"}}, "$.item.from"),
        ({"item": {"headers": None}}, "$.item.headers"),
        ({"item": {"date": []}}, "$.item.date"),
        ({"locale": 1}, "$.locale"),
    ],
)
def test_a_wrong_type_is_refused_by_the_name_of_its_field(body: Any, field: str) -> None:
    with pytest.raises(BadEvent) as caught:
        decode(json.dumps(body).encode(), OPEN)
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "body", [{}, {"action": None}, {"action": "x", "form": []}, {"action": "x", "form": {"note": 1}}]
)
def test_a_click_without_its_parts_is_refused(body: Any) -> None:
    with pytest.raises(BadEvent):
        decode(json.dumps(body).encode(), ACTION)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"item":{"subject":"\xff"}}',
        b'{"x":' * 100_000,
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
    ids=["empty", "cut", "null", "list", "utf-16", "latin-1", "deep", "deeper", "deep and whole"],
)
def test_no_body_does_more_than_be_refused(body: bytes) -> None:
    try:
        decode(body, OPEN)
    except BadEvent as error:
        assert len(str(error)) < 200  # noqa: PT017 - a deep whole body of unknown fields may also be taken


def test_a_body_of_a_megabyte_is_refused() -> None:
    body = json.dumps({"item": {"text": "x" * 1_000_000}}).encode()
    with pytest.raises(BadEvent, match="too large"):
        decode(body, OPEN)
    assert decode(json.dumps({"item": {"text": "x" * (MAX_BODY - 100)}}).encode(), OPEN).item is not None


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(BadEvent) as caught:
        decode('{"item": {"subject": {"secret": "請求書"}}}'.encode(), OPEN)
    assert "請求書" not in str(caught.value)
    assert "secret" not in str(caught.value)


@given(value=JSON)
def test_any_json_is_taken_or_refused(value: Any) -> None:
    for body in (value, {"item": value}, {"item": {"from": value, "to": value, "date": value}}):
        try:
            item = decode(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), OPEN).item
        except BadEvent:
            continue
        if item is not None:
            read_mail(item)


TEXT = st.text(max_size=60)


@given(name=TEXT, email=TEXT, subject=TEXT, message_id=TEXT)
def test_hostile_names_add_no_header(name: str, email: str, subject: str, message_id: str) -> None:
    item = Item(subject=subject, message_id=message_id, sender=Person(email, name), to=(Person(email, name),), date="x")
    for _, value in synthesised(item):
        assert "\n" not in value
        assert "\r" not in value
    read_mail(item)


def test_a_comma_in_a_name_stays_in_the_name() -> None:
    mail = read_mail(Item(message_id="<1@x.example>", sender=Person("taro@x.example", 'Tanaka, "Taro"')))
    assert mail.sender.email == "taro@x.example"
    assert "Tanaka, " in mail.sender.name


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        (1_778_376_720_000, 1_778_376_720),
        (1_778_376_720_000.5, 1_778_376_720),
        ("2026-05-10T01:32:00Z", 1_778_376_720),
        ("2026-05-10T10:32:00+09:00", 1_778_376_720),
        ("2026-05-10T01:32:00", 1_778_376_720),
        ("昨日", 0),
        (1e300, 0),
        (None, 0),
    ],
)
def test_dates_come_in_milliseconds_or_iso_or_not_at_all(date: Any, seconds: int) -> None:
    assert read_mail(Item(message_id="<1@x.example>", date=date)).date == seconds


@pytest.mark.parametrize(
    ("locale", "time_zone", "expected"),
    [
        ("ja-JP", "Asia/Tokyo", Place("ja", "Asia/Tokyo")),
        ("EN-us", "America/New_York", Place("en", "America/New_York")),
        ("en", "UTC", Place("en", "UTC")),
        ("fr-FR", "Tokyo Standard Time", Place("", "")),
        ("jav", "../../etc/passwd", Place("", "")),
        ("", "", Place("", "")),
        ("j", "Asia", Place("", "")),
        ("ja_JP", "x" * 1000, Place("ja", "")),
        ("ja-JP", "Asia/\x00", Place("ja", "")),
    ],
)
def test_what_we_do_not_know_of_the_place_is_empty(locale: str, time_zone: str, expected: Place) -> None:
    assert place(locale, time_zone) == expected

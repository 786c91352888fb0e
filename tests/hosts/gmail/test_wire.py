from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.domain.errors import BadEvent
from server.domain.events import Place
from server.hosts.gmail import wire
from tests.hosts.gmail.conftest import FIXTURES, load

NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))


def decode(event: Mapping[str, Any]) -> wire.Posted:
    return wire.decode(json.dumps(event).encode())


def form(**inputs: object) -> dict[str, tuple[str, ...]]:
    return wire.form(decode({"commonEventObject": {"formInputs": inputs}}).common.form_inputs or {})


# ---------------------------------------------------------------- the fixtures are what Google documents

CHAT: dict[str, Any] = json.loads(
    (files("googleapiclient.discovery_cache") / "documents" / "chat.v1.json").read_text(encoding="utf-8")
)["schemas"]
OTHER_FIELDS = {  # not in any discovery document: developers.google.com/workspace/add-ons/concepts/event-objects
    "authorizationEventObject": {"userOAuthToken", "systemIdToken", "userIdToken", "authorizedScopes"},
    "gmail": {"messageId", "threadId", "accessToken", "toRecipients", "ccRecipients", "bccRecipients"},
}
TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "integer": int, "boolean": bool}


def disagreements(value: Any, schema: Mapping[str, Any], where: str) -> Sequence[str]:
    """Where a value is not what a discovery schema says, as a closed schema."""
    if "$ref" in schema:
        return disagreements(value, CHAT[schema["$ref"]], where)
    if schema["type"] == "array":
        return [wrong for item in value for wrong in disagreements(item, schema["items"], f"{where}[]")]
    if schema["type"] != "object":
        if schema.get("format") == "int64" and isinstance(value, int):
            return []  # the guide shows a number
        wrong = not isinstance(value, TYPES[schema["type"]]) or value not in schema.get("enum", [value])
        return [f"{where}: {value!r}"] if wrong else []
    found: list[str] = []
    for name, item in value.items():
        known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        found += disagreements(item, known, f"{where}.{name}") if known else [f"{where}.{name}: unknown"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_fixture_is_what_google_documents(name: str) -> None:
    event = load(name)
    assert not disagreements(event["commonEventObject"], CHAT["CommonEventObject"], "commonEventObject")
    assert event.keys() <= {"commonEventObject", *OTHER_FIELDS}
    for part, fields in OTHER_FIELDS.items():
        assert event.get(part, {}).keys() <= fields


def test_the_comparison_with_googles_schema_finds_mistakes() -> None:
    event = {"platform": "TABLET", "timezone": {}, "parameters": {"a": True}}
    assert len(disagreements(event, CHAT["CommonEventObject"], "")) == 3


@pytest.mark.parametrize("name", NAMES)
def test_the_fixture_is_read(name: str) -> None:
    assert decode(load(name)).authorization.system_id_token == "SYSTEM_ID_TOKEN"


# ---------------------------------------------------------------- what is read of them


def test_the_open_message_and_the_tokens_are_found() -> None:
    posted = decode(load("message"))
    assert wire.message_id(posted.gmail) == "msg-f:1784374126318747649"
    assert posted.gmail.access_token == "MESSAGE_TOKEN"
    assert posted.authorization.user_o_auth_token == "ya29.agent"
    assert posted.authorization.user_id_token == "USER_ID_TOKEN"
    assert len(posted.authorization.authorized_scopes or ()) == 5


def test_a_compose_event_has_recipients_and_no_message() -> None:
    gmail = decode(load("compose")).gmail
    assert wire.message_id(gmail) == ""
    assert (gmail.to_recipients, gmail.cc_recipients, gmail.bcc_recipients) == (
        ("tanaka.taro@midori.example",),
        ("support@aoba.example",),
        (),
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("message", Place("ja", "Asia/Tokyo")),
        ("message-android", Place("ja", "Asia/Tokyo")),
        ("message-ios", Place("en", "America/New_York")),
        ("message-minimal", Place("", "")),
        ("home", Place("en", "Asia/Tokyo")),
    ],
)
def test_where_the_agent_sits(name: str, place: Place) -> None:
    assert wire.place(decode(load(name)).common) == place


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ja", "ja"), ("ja_JP", "ja"), ("JA-jp", "ja"), ("en-GB", "en"), ("fr", "en"), ("jam-JM", "en"), ("", "")],
)
def test_a_language_we_do_not_speak_is_answered_in_english(locale: str, language: str) -> None:
    assert wire.place(wire.Common(user_locale=locale)).language == language


@pytest.mark.parametrize(
    "zone", ["Nowhere/Land", "../../etc/passwd", "/etc/passwd", "Asia", "a\0b", "", "x" * 5000, "\ud800"]
)
def test_an_unknown_time_zone_is_none(zone: str) -> None:
    assert wire.place(wire.Common(time_zone=wire.TimeZone(zone))).time_zone == ""


@pytest.mark.parametrize("name", ["click", "click-numbers"])
def test_a_form_becomes_names_and_values(name: str) -> None:
    """Google's guide shows numbers of milliseconds, its schema writes them as text: both mean the same."""
    posted = decode(load(name))
    assert posted.common.parameters == {"a": "sealed-action"}
    assert wire.form(posted.common.form_inputs or {}) == {
        "note": ("折り返し電話を希望。\n午後がよいとのこと。",),
        "tags": ("delivery", "vip"),
        "status": ("waiting",),
        "nobody": (),
        "due": ("2026-05-29T14:30",),
        "due_day": ("2026-05-29T00:00",),
        "day": ("2026-05-29",),
        "time": ("14:05",),
        "midnight": ("00:00",),
    }


def test_a_widget_of_a_kind_we_do_not_know_is_as_good_as_absent() -> None:
    assert form(later={"colourInput": {"rgb": 3}}, empty={}, nothing={"dateTimeInput": {}}) == {"nothing": ()}


def test_a_time_without_a_day_is_no_moment() -> None:
    assert form(due={"dateTimeInput": {"hasDate": False, "hasTime": True, "msSinceEpoch": 52200000}}) == {"due": ()}


def test_flags_that_are_left_out_do_not_empty_the_value() -> None:
    assert form(due={"dateTimeInput": {"msSinceEpoch": "1780065000000"}}) == {"due": ("2026-05-29T14:30",)}


def test_a_date_before_1970_is_a_date() -> None:
    assert form(day={"dateInput": {"msSinceEpoch": "-86400000"}}) == {"day": ("1969-12-31",)}


@pytest.mark.parametrize(
    "inputs",
    [
        {"dateInput": {"msSinceEpoch": "99999999999999999999999"}},
        {"dateInput": {"msSinceEpoch": "9" * 5000}},
        {"dateInput": {"msSinceEpoch": 9223372036854775807}},
        {"dateInput": {"msSinceEpoch": -62135596800000}},
        {"dateInput": {"msSinceEpoch": "tomorrow"}},
        {"dateInput": {"msSinceEpoch": ""}},
        {"dateTimeInput": {"msSinceEpoch": 1.5}},
        {"dateTimeInput": {"msSinceEpoch": "1780065000000", "hasDate": "yes"}},
        {"timeInput": {"hours": 25}},
        {"timeInput": {"hours": 1, "minutes": -1}},
        {"timeInput": {"hours": "12"}},
        {"stringInputs": {"value": "secret"}},
        {"stringInputs": {"value": [5]}},
        {"stringInputs": {"value": [None]}},
        {"stringInputs": []},
    ],
    ids=lambda inputs: str(inputs)[:60],
)
def test_a_value_that_cannot_be_is_a_bad_event_by_name(inputs: Mapping[str, object]) -> None:
    with pytest.raises(BadEvent) as caught:
        form(secret_name=inputs)
    assert "formInputs" in str(caught.value)
    assert "secret" not in str(caught.value)


# ---------------------------------------------------------------- bodies that are no events


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"gmail": {"messageId": 5}}, "$.gmail.messageId"),
        ({"gmail": []}, "$.gmail"),
        ({"commonEventObject": "x"}, "$.commonEventObject"),
        ({"commonEventObject": {"parameters": {"a": True}}}, "$.commonEventObject.parameters"),
        ({"commonEventObject": {"timeZone": "Asia/Tokyo"}}, "$.commonEventObject.timeZone"),
        ({"authorizationEventObject": {"userOAuthToken": {}}}, "$.authorizationEventObject.userOAuthToken"),
        ({"authorizationEventObject": {"authorizedScopes": "all"}}, "$.authorizationEventObject.authorizedScopes"),
    ],
    ids=str,
)
def test_a_field_of_a_wrong_type_is_named(event: Mapping[str, object], field: str) -> None:
    with pytest.raises(BadEvent) as caught:
        decode(event)
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b'{"gmail": {"messageId": "\xff"}}',
        b'{"gmail": {"messageId": "\\ud800abcdef"}}',
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x": ' + b'{"x": ' * 40_000,
        b"<html></html>",
        b"a=b&c=d",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_object_of_json_is_a_bad_event(body: bytes) -> None:
    with pytest.raises(BadEvent):
        wire.decode(body)


@given(st.binary(max_size=200))
@settings(deadline=None)
@example(b"{}")
def test_any_bytes_are_an_event_or_a_bad_event(body: bytes) -> None:
    with suppress(BadEvent):
        wire.decode(body)


def test_an_empty_object_is_an_event_without_anything() -> None:
    assert wire.message_id(wire.decode(b"{}").gmail) == ""


def test_a_large_body_is_refused_unread() -> None:
    body = json.dumps({"gmail": {"messageId": "a" * 1024 * 1024}}).encode()
    tracemalloc.start()
    with pytest.raises(BadEvent, match="more than 262144 bytes"):
        wire.decode(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


def test_nulls_are_as_good_as_absent() -> None:
    posted = decode(
        {
            "commonEventObject": {"userLocale": None, "timeZone": None, "parameters": None, "formInputs": None},
            "authorizationEventObject": {"userIdToken": None, "authorizedScopes": None},
            "gmail": {"messageId": None, "toRecipients": None},
        }
    )
    assert (wire.message_id(posted.gmail), wire.place(posted.common)) == ("", Place())


def test_fields_that_google_adds_later_are_ignored() -> None:
    event = load("message")
    event["gmail"]["somethingNew"] = {"nested": [1, 2, {"deeper": None}]}
    event["commonEventObject"]["platform"] = "WATCH"
    event["alsoNew"] = True
    assert decode(event) == decode(load("message"))


@pytest.mark.parametrize(
    "identifier", ["../x", "a/b", ".", "..", "a b", "a\n", "é", "\0", "msg-f:1?alt=media", "a" * 300]
)
def test_an_id_that_is_none_of_gmails_is_refused(identifier: str) -> None:
    """It becomes part of an address that is asked with the agent's tokens."""
    with pytest.raises(BadEvent, match="messageId"):
        wire.message_id(wire.Gmail(message_id=identifier))


@pytest.mark.parametrize("identifier", ["msg-f:1784374126318747649", "msg-a:r-8347562834", "18c35ed059a08001"])
def test_every_form_of_gmails_ids_is_taken(identifier: str) -> None:
    assert wire.message_id(wire.Gmail(message_id=identifier)) == identifier


def test_printing_an_event_shows_no_token_and_no_recipient() -> None:
    for name in ("message", "compose"):
        shown = repr(decode(load(name)))
        assert not any(secret in shown for secret in ("TOKEN", "ya29", "midori"))


def test_the_shapes_stay_frozen() -> None:
    assert all(
        shape.__struct_config__.frozen
        for shape in vars(wire).values()
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
    )

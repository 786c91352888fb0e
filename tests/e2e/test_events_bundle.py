"""The event bundle in a bare JavaScript engine: it stops a mail only when the service says so, and completes every event once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from server.hosts.outlook import wire
from server.hosts.outlook.pane import DIST
from server.hosts.outlook.wire import MAX_BODY, MISSED, decode, window
from tests.e2e.events_engine import SERVICE, Draft, Engine, Happened, people

STOP = {"body": {"verdict": "stop", "message": "佐藤さんが 3分前から対応中です。"}}
ASK = {"body": {"verdict": "ask", "message": "佐藤さんが 1分前に返信しました。"}}
ALLOW = {"body": {"verdict": "allow"}}

SEND = [{"name": "onMessageSend"}]
COMPOSE = [{"name": "onNewMessageCompose"}]


@pytest.fixture(scope="module")
def happens() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.stop()


def missed_for(happened: Happened, reason: str) -> bool:
    """Whether the mail went, once, unchecked, and that was counted under this reason alone."""
    return happened.allowed and happened.missed == {reason: 1}


# ------------------------------------------------------------------ the script itself


def test_the_bundle_names_nothing_that_a_page_has() -> None:
    """Classic Outlook's engine has none of these; tests that do not come by the line would not notice."""
    bundle = (DIST / "events.js").read_text()
    strings = re.compile(r'"(?:[^"\\]|\\.)*"')
    names = r"document|window|location|localStorage|sessionStorage|navigator|self|globalThis|fetch|URL|AbortController|atob|TextEncoder"
    assert re.findall(rf"\b({names})\b", strings.sub("", bundle)) == []
    assert re.findall(r"\b(import|export|require|eval|async|await)\b|\?\.|\?\?", strings.sub("", bundle)) == []


def test_the_bundle_is_small() -> None:
    """Outlook's five seconds include fetching it."""
    assert (DIST / "events.js").stat().st_size < 10_000


def test_both_functions_are_named_to_office_and_global(happens: Engine) -> None:
    happened = happens(answers=[ALLOW])
    assert happened.associated == ["onMessageSend", "onNewMessageCompose"]
    assert {"onMessageSend", "onNewMessageCompose"} <= set(happened.globals)


def test_a_client_that_calls_the_function_by_its_name_gets_the_same(happens: Engine) -> None:
    assert happens(answers=[STOP], fire=[{"name": "onMessageSend", "byName": True}]).options["allowEvent"] is False


def test_without_office_the_script_does_nothing(happens: Engine) -> None:
    happened = happens(noOffice=True, fire=[])
    assert happened.completed == []
    assert happened.associated == []


# ------------------------------------------------------------------ what is asked


def test_the_service_is_asked_by_its_whole_address_with_the_mail_and_a_token(happens: Engine) -> None:
    draft = Draft(to=people(1), cc=people(1, name="鈴木"), bcc=people(1, name="控え"))
    happened = happens(draft, answers=[ALLOW])
    (request,) = happened.requests
    assert request["url"] == f"{SERVICE}/outlook/send"
    assert request["method"] == "POST"
    assert request["headers"] == {"Content-Type": "application/json", "Authorization": "Bearer token1"}
    assert request["body"] == {
        "inReplyTo": "<1@tanaka-shoten.example>",
        "conversationId": "AAQk1",
        "to": [{"email": "0@tanaka-shoten.example", "name": "田中 太郎"}],
        "cc": [{"email": "0@tanaka-shoten.example", "name": "鈴木"}],
        "bcc": [{"email": "0@tanaka-shoten.example", "name": "控え"}],
        "subject": "Re: 納期の件",
        "canAsk": True,
        "missed": {},
        "locale": "ja-JP",
    }
    assert happened.callsAtOnce <= 3, "Outlook takes three calls at a time"


def test_nobody_is_asked_to_sign_in_while_a_mail_is_sent(happens: Engine) -> None:
    assert happens(answers=[ALLOW]).tokenOptions == {"allowSignInPrompt": False, "allowConsentPrompt": False}


def test_a_client_without_in_reply_to_is_known_by_its_conversation(happens: Engine) -> None:
    """Mailbox 1.14 brought it; a new mail has neither."""
    body = happens(Draft(in_reply_to=None), answers=[ALLOW]).requests[0]["body"]
    assert (body["inReplyTo"], body["conversationId"]) == ("", "AAQk1")
    body = happens(Draft(in_reply_to=None, conversation_id=None), answers=[ALLOW]).requests[0]["body"]
    assert (body["inReplyTo"], body["conversationId"]) == ("", "")


@pytest.mark.parametrize(
    "flaw", [{"late": {"to": "never"}}, {"late": {"to": 5_000}}, {"throws": ["to"]}, {"fails": ["to"]}]
)
def test_what_office_does_not_tell_in_time_is_left_out(happens: Engine, flaw: Any) -> None:
    happened = happens(Draft(cc=people(2), bcc=people(1), **flaw), answers=[STOP])
    (request,) = happened.requests
    assert request["body"]["to"] == []
    assert len(request["body"]["cc"]) == 2
    assert len(request["body"]["bcc"]) == 1
    assert request["body"]["subject"] == "Re: 納期の件"
    assert request["at"] <= 400
    assert happened.options["allowEvent"] is False


def test_when_office_tells_nothing_at_all_the_ids_are_enough(happens: Engine) -> None:
    silent = {"to": "never", "cc": "never", "bcc": "never", "subject": "never"}
    happened = happens(Draft(late=silent), answers=[STOP])
    assert happened.requests[0]["body"]["inReplyTo"] == "<1@tanaka-shoten.example>"
    assert happened.options["allowEvent"] is False
    assert happened.after <= 400


def test_a_window_without_an_item_asks_all_the_same(happens: Engine) -> None:
    happened = happens(answers=[ALLOW], item=None)
    assert happened.requests[0]["body"]["inReplyTo"] == ""
    assert happened.allowed


def test_five_hundred_recipients_with_long_names_fit_what_the_service_reads(happens: Engine) -> None:
    crowd = people(500, name="長" * 500, domain="長" * 400)
    (request,) = happens(Draft(to=crowd, cc=crowd, bcc=crowd, subject="件" * 100_000), answers=[ALLOW]).requests
    assert len(request["body"]["to"]) == 500
    assert request["body"]["cc"] == request["body"]["bcc"] == []
    assert len(request["body"]["subject"]) == 1_000
    assert request["bytes"] < MAX_BODY


def test_half_a_character_is_not_sent(happens: Engine) -> None:
    """A text cut between the halves of 😀, and halves that stood in the mail, would make the question unreadable."""
    (request,) = happens(Draft(subject="a" * 999 + "😀"), answers=[ALLOW]).requests
    assert request["body"]["subject"] == "a" * 999
    (request,) = happens(Draft(subject="x\ud83dy\ude00z 😀"), answers=[ALLOW]).requests
    assert request["body"]["subject"] == "xyz 😀"


@pytest.mark.parametrize("odd", [None, "text", 7, {}, [None], [{"emailAddress": None, "displayName": 3}]])
def test_odd_values_of_office_do_not_matter(happens: Engine, odd: object) -> None:
    assert happens(Draft(to=odd, cc=odd, subject=odd), answers=[ALLOW]).allowed


def test_one_odd_recipient_takes_no_other_away(happens: Engine) -> None:
    (request,) = happens(Draft(to=[None, *people(1)]), answers=[ALLOW]).requests
    assert [person["email"] for person in request["body"]["to"]] == ["0@tanaka-shoten.example"]


def test_the_service_reads_what_is_asked(happens: Engine) -> None:
    crowd = people(500, name="長" * 500)
    (request,) = happens(Draft(to=crowd), answers=[ALLOW], settings={"missed": {"timeout": 2}}).requests
    read = decode(json.dumps(request["body"]).encode(), wire.SEND)
    assert read.in_reply_to == "<1@tanaka-shoten.example>"
    assert read.conversation_id == "AAQk1"
    assert read.subject == "Re: 納期の件"
    assert len(window(read, "sato").recipients) == 500
    assert (read.can_ask, read.missed, read.locale) == (True, {"timeout": 2}, "ja-JP")
    (request,) = happens(answers=[ALLOW], fire=COMPOSE).requests
    assert decode(json.dumps(request["body"]).encode(), wire.COMPOSE).compose.in_reply_to == read.in_reply_to


def test_every_reason_of_the_bundle_is_one_of_the_services(happens: Engine) -> None:
    ways: dict[str, Any] = {
        "no_token": {"tokens": [{}]},
        "timeout": {"answers": [{"after": "never"}]},
        "unreachable": {"answers": [{"error": True}]},
        "refused": {"answers": [{"status": 403, "body": {}}]},
        "failed": {"answers": [{"status": 500, "body": ""}]},
    }
    assert tuple(ways) == MISSED
    for reason, way in ways.items():
        assert happens(**way).missed == {reason: 1}


# ------------------------------------------------------------------ what comes of the answer


def test_an_allowed_mail_goes(happens: Engine) -> None:
    happened = happens(answers=[ALLOW])
    assert happened.allowed
    assert happened.saves == 0, "nothing to keep: nothing that could hold the mail up"


def test_a_stopped_mail_says_who_and_leads_to_the_pane(happens: Engine) -> None:
    assert happens(answers=[STOP]).options == {
        "allowEvent": False,
        "errorMessage": "佐藤さんが 3分前から対応中です。",
        "commandId": "SobaniComposePane",
        "cancelLabel": "Sobani で確認",
    }


def test_a_stopped_mail_of_an_old_client_says_who(happens: Engine) -> None:
    """The dialog's button came with Mailbox 1.14."""
    assert happens(answers=[STOP], mailbox="1.13").options == {
        "allowEvent": False,
        "errorMessage": "佐藤さんが 3分前から対応中です。",
    }


@pytest.mark.parametrize("locale", ["ja-JP", "en-US", "fr-FR", ""])
def test_the_buttons_label_fits_outlooks_twenty_characters(happens: Engine, locale: str) -> None:
    assert 0 < len(happens(answers=[STOP], locale=locale).options["cancelLabel"]) <= 20


def test_an_agent_is_asked_where_the_client_can_ask(happens: Engine) -> None:
    happened = happens(answers=[ASK])
    assert happened.requests[0]["body"]["canAsk"] is True
    assert happened.options["allowEvent"] is False
    assert happened.options["sendModeOverride"] == "promptUser"
    assert happened.options["errorMessage"] == "佐藤さんが 1分前に返信しました。"


def test_where_the_client_cannot_ask_the_mail_goes(happens: Engine) -> None:
    """With the manifest's SoftBlock an unsoftened answer would stop it for good; the service has written it down."""
    happened = happens(answers=[ASK], mailbox="1.13")
    assert happened.requests[0]["body"]["canAsk"] is False
    assert happened.allowed
    assert happened.missed == {}


def test_a_long_message_is_cut_to_what_outlook_shows(happens: Engine) -> None:
    answer = {"body": {"verdict": "stop", "message": "長" * 5_000}}
    assert len(happens(answers=[answer]).options["errorMessage"]) == 500


# ------------------------------------------------------------------ nothing of ours stops a mail


@pytest.mark.parametrize("status", [400, 404, 410, 413, 429, 500, 502, 503, 504, 204, 302])
def test_a_fault_of_the_service_lets_the_mail_go(happens: Engine, status: int) -> None:
    assert missed_for(happens(answers=[{"status": status, "body": STOP["body"]}]), "failed")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Bad gateway</html>",
        "null",
        "[]",
        "7",
        '"stop"',
        "{}",
        {"verdict": "stop"},
        {"verdict": "stop", "message": ""},
        {"verdict": "stop", "message": {"text": "x"}},
        {"verdict": "STOP", "message": "x"},
        {"verdict": "ask", "message": 3},
        {"verdict": ["allow"]},
    ],
)
def test_an_answer_that_is_none_lets_the_mail_go(happens: Engine, body: object) -> None:
    assert missed_for(happens(answers=[{"body": body}]), "failed")


@pytest.mark.parametrize(("status", "tries"), [(401, 2), (403, 1)])
def test_a_refused_agent_may_send(happens: Engine, status: int, tries: int) -> None:
    happened = happens(answers=[{"status": status, "body": {}}])
    assert missed_for(happened, "refused")
    assert len(happened.requests) == tries


def test_a_service_that_does_not_answer_holds_a_mail_up_for_a_second_and_a_half(happens: Engine) -> None:
    happened = happens(answers=[{"after": "never"}])
    assert missed_for(happened, "timeout")
    assert happened.after <= 1_500
    late = happens(answers=[{"after": 60_000, **STOP}])
    assert missed_for(late, "timeout")


def test_a_slow_mail_a_slow_token_and_a_slow_service_stay_within_what_was_promised(happens: Engine) -> None:
    silent = {"to": "never"}
    happened = happens(
        Draft(late=silent), tokens=[{"value": "t", "after": 1_000}], answers=[{"after": "never"}], saving="never"
    )
    assert missed_for(happened, "timeout")
    assert happened.after <= 400 + 1_500 + 300


def test_an_answer_just_in_time_counts(happens: Engine) -> None:
    assert happens(answers=[{"after": 1_400, **STOP}]).options["allowEvent"] is False


@pytest.mark.parametrize("answer", [{"error": True}, {"error": True, "after": 900}])
def test_an_unreachable_service_lets_the_mail_go(happens: Engine, answer: Any) -> None:
    assert missed_for(happens(answers=[answer]), "unreachable")


@pytest.mark.parametrize("without", ["XMLHttpRequest", "setTimeout", "console"])
def test_an_engine_that_lacks_something_lets_the_mail_go(happens: Engine, without: str) -> None:
    assert happens(answers=[ALLOW], without=[without]).allowed


@pytest.mark.parametrize("tokens", [[{}], [{"after": "never", "value": "t"}], [{"value": ""}], [{"value": None}]])
def test_without_a_token_the_mail_goes(happens: Engine, tokens: Any) -> None:
    happened = happens(tokens=tokens, answers=[STOP])
    assert missed_for(happened, "no_token")
    assert happened.requests == []
    assert happened.after <= 400 + 1_500


def test_a_window_that_is_gone_when_the_answer_comes_is_no_matter(happens: Engine) -> None:
    assert len(happens(answers=[STOP], completedThrows=True).completed) == 1


# ------------------------------------------------------------------ tokens


def test_office_is_asked_by_the_name_that_every_build_of_classic_outlook_knows(happens: Engine) -> None:
    happened = happens(answers=[ALLOW], runtimeAuth=True)
    assert [token["from"] for token in happened.tokens] == ["runtime"]


def test_nested_app_authentication_comes_first_where_it_is(happens: Engine) -> None:
    happened = happens(answers=[ALLOW], naa={"value": "naa1", "lifetime": 3_600_000})
    assert [token["from"] for token in happened.tokens] == ["naa"]
    assert happened.requests[0]["headers"]["Authorization"] == "Bearer naa1"


@pytest.mark.parametrize("naa", [{}, {"value": "late", "lifetime": 1, "after": "never"}])
def test_where_it_fails_office_is_asked(happens: Engine, naa: Any) -> None:
    happened = happens(answers=[STOP], naa=naa)
    assert [token["from"] for token in happened.tokens] == ["naa", "office"]
    assert happened.requests[0]["headers"]["Authorization"] == "Bearer token1"
    assert happened.options["allowEvent"] is False


def test_where_it_hangs_enough_time_is_left_for_office(happens: Engine) -> None:
    hanging = {"value": "late", "lifetime": 1, "after": "never"}
    happened = happens(answers=[{"after": 500, **STOP}], naa=hanging, tokens=[{"value": "t", "after": 300}])
    assert happened.options["allowEvent"] is False


def test_a_mail_begun_gives_it_more_time(happens: Engine) -> None:
    slow = {"value": "naa1", "lifetime": 3_600_000, "after": 2_000}
    fire = [{"name": "onNewMessageCompose"}, {"name": "onMessageSend", "at": 60_000}]
    happened = happens(answers=[ALLOW], naa=slow, fire=fire, tokens=[{}])
    assert [token["from"] for token in happened.tokens] == ["naa"]
    assert happened.missed == {}


def test_what_it_brings_too_late_serves_the_next_mail(happens: Engine) -> None:
    slow = {"value": "naa1", "lifetime": 3_600_000, "after": 3_000}
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend", "at": 60_000}]
    happened = happens(answers=[STOP], naa=slow, fire=fire, tokens=[{}])
    assert [one["options"]["allowEvent"] for one in happened.completed] == [True, False]
    assert [token["from"] for token in happened.tokens] == ["naa", "office"]


def test_a_refused_token_is_not_tried_with_the_next_mail(happens: Engine) -> None:
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend", "at": 10_000}]
    tokens = [{"value": "old"}, {}, {"value": "new"}]
    happened = happens(answers=[{"status": 401, "body": {}}, STOP], fire=fire, tokens=tokens)
    assert [request["headers"]["Authorization"] for request in happened.requests] == ["Bearer old", "Bearer new"]
    assert [one["options"]["allowEvent"] for one in happened.completed] == [True, False]


def test_a_refused_token_is_asked_for_anew_once(happens: Engine) -> None:
    """Office hands out what it has kept, which may just have ended."""
    happened = happens(tokens=[{"value": "old"}, {"value": "new"}], answers=[{"status": 401, "body": {}}, STOP])
    assert [request["headers"]["Authorization"] for request in happened.requests] == ["Bearer old", "Bearer new"]
    assert happened.options["allowEvent"] is False
    happened = happens(naa={"value": "naa1", "lifetime": 3_600_000}, answers=[{"status": 401, "body": {}}, STOP])
    assert [token["fresh"] for token in happened.tokens] == [False, True]


def test_a_mail_begun_fetches_the_token_that_sending_uses(happens: Engine) -> None:
    fire = [{"name": "onNewMessageCompose"}, {"name": "onMessageSend", "at": 600_000}]
    happened = happens(answers=[{"body": {"card": {}}}, STOP], fire=fire, tokens=[{"value": "t", "after": 800}])
    assert len(happened.tokens) == 1
    assert [request["url"] for request in happened.requests] == [
        f"{SERVICE}/outlook/compose",
        f"{SERVICE}/outlook/send",
    ]
    assert happened.completed[1]["at"] == 600_000, "nothing was waited for"


def test_an_old_token_is_not_kept(happens: Engine) -> None:
    fire = [{"name": "onNewMessageCompose"}, {"name": "onMessageSend", "at": 3 * 3_600_000}]
    happened = happens(answers=[ALLOW], fire=fire, naa={"value": "naa1", "lifetime": 3_600_000})
    assert len(happened.tokens) == 2


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_a_clock_that_is_wrong_does_no_harm(happens: Engine, hours: int) -> None:
    """The token's lifetime counts from when it came, and no limit is measured by the hour of the day."""
    fire = [{"name": "onNewMessageCompose"}, {"name": "onMessageSend", "at": 60_000}]
    happened = happens(answers=[ALLOW, STOP], fire=fire, clock=1_780_000_000_000 + hours * 3_600_000)
    assert len(happened.tokens) == 1
    assert happened.completed[1]["options"]["allowEvent"] is False


@pytest.mark.parametrize("jump", [-3_600_000, 3_600_000])
def test_a_clock_that_is_set_while_a_mail_is_written_costs_one_more_token_at_most(happens: Engine, jump: int) -> None:
    fire = [{"name": "onNewMessageCompose"}, {"name": "onMessageSend", "at": 60_000, "clockJump": jump}]
    happened = happens(answers=[ALLOW, STOP], fire=fire)
    assert len(happened.tokens) == 2
    assert happened.completed[1]["options"]["allowEvent"] is False


# ------------------------------------------------------------------ replays, several at once


def test_an_event_that_is_delivered_twice_is_completed_once(happens: Engine) -> None:
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend", "again": 0, "at": 100}]
    happened = happens(answers=[{"after": 500, **STOP}], fire=fire)
    assert len(happened.completed) == 1
    assert len(happened.requests) == 1


def test_the_same_event_after_its_end_is_another_try(happens: Engine) -> None:
    """Whoever reuses its events must not wait five minutes for an answer."""
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend", "again": 0, "at": 5_000}]
    happened = happens(answers=[STOP, ALLOW], fire=fire)
    assert [one["options"]["allowEvent"] for one in happened.completed] == [False, True]


def test_two_mails_sent_at_once_get_an_answer_each(happens: Engine) -> None:
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend"}]
    happened = happens(
        answers=[{"after": 300, **STOP}, {"after": 100, **ALLOW}], fire=fire, tokens=[{"value": "t", "after": 50}]
    )
    assert {one["event"]: one["options"]["allowEvent"] for one in happened.completed} == {0: False, 1: True}
    assert len(happened.tokens) == 1


# ------------------------------------------------------------------ what could not be checked is counted


def test_the_counts_go_with_the_next_check_and_end_with_its_answer(happens: Engine) -> None:
    kept = {"timeout": 2, "no_token": 1}
    happened = happens(answers=[ALLOW], settings={"missed": kept})
    assert happened.requests[0]["body"]["missed"] == kept
    assert happened.missed == {}
    assert happened.saves == 1
    assert happened.allowed


def test_counts_that_were_not_answered_stay(happens: Engine) -> None:
    happened = happens(answers=[{"status": 500, "body": ""}], settings={"missed": {"failed": 2, "timeout": 1}})
    assert happened.missed == {"failed": 3, "timeout": 1}


def test_another_count_that_comes_meanwhile_stays(happens: Engine) -> None:
    fire = [{"name": "onMessageSend"}, {"name": "onMessageSend"}]
    happened = happens(
        answers=[{"after": 300, **ALLOW}, {"error": True, "after": 100}], fire=fire, settings={"missed": {"timeout": 4}}
    )
    assert happened.missed == {"unreachable": 1}


@pytest.mark.parametrize(
    "odd", [None, 7, "x", [], {"timeout": -1}, {"timeout": "3"}, {"timeout": 1e300}, {"other": 3}, {"timeout": None}]
)
def test_odd_counts_are_none(happens: Engine, odd: object) -> None:
    happened = happens(answers=[ALLOW], settings={"missed": odd})
    assert happened.requests[0]["body"]["missed"] == {}
    assert happened.allowed


def test_a_mailbox_that_does_not_save_holds_nothing_up(happens: Engine) -> None:
    happened = happens(answers=[STOP], settings={"missed": {"timeout": 1}}, saving="never")
    assert happened.options["allowEvent"] is False
    assert happened.after <= 300


# ------------------------------------------------------------------ a mail is begun


def test_beginning_a_mail_wakes_the_service_up_with_its_ids(happens: Engine) -> None:
    happened = happens(answers=[{"body": {"card": {}}}], fire=COMPOSE)
    (request,) = happened.requests
    assert request["url"] == f"{SERVICE}/outlook/compose"
    compose = {"inReplyTo": "<1@tanaka-shoten.example>", "conversationId": "AAQk1", "subject": "", "replying": False}
    compose |= {"to": [], "cc": [], "bcc": []}
    assert request["body"] == {"compose": compose, "locale": "ja-JP", "timeZone": ""}
    assert happened.allowed


@pytest.mark.parametrize(
    "scenario",
    [
        {"tokens": [{}]},
        {"tokens": [{"after": "never", "value": "t"}]},
        {"answers": [{"after": "never"}]},
        {"item": None},
    ],
)
def test_beginning_a_mail_ends_soon_whatever_happens(happens: Engine, scenario: Any) -> None:
    happened = happens(fire=COMPOSE, **scenario)
    assert happened.allowed
    assert happened.after <= 4_000
    assert happened.missed == {}, "only sends are counted"

"""Whatever is sent: a clear answer in the host's own form, nothing lost, nothing of another workspace, nothing private in a log."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

import jwt
import pytest
import structlog

from cards.model import Action
from server import telemetry
from server.domain.ports import Target
from server.settings import secret_keys
from server.usecases.apply import apply
from server.web.sealing import LIFETIME, Sealer
from tests.cards.google_authorities import complaints
from tests.contract.office import PUBLIC, Agent, Button, GmailAgent, Office, OutlookAgent, Screen, dumps, item_of, mail
from tests.contract.office import screen as taken_apart
from tests.standins import entra
from tests.standins import google as standin_google

OTHER_TENANT: Final = "77777777-6f0e-4b0e-9d3c-52a1a7f1c002"
OTHER: Final = f"""
[workspace]
id = "kita"
name = "北商店"
google_domains = ["kita.example"]
entra_tenants = ["{OTHER_TENANT}"]
open_to_domain = true
[[team]]
id = "support"
name = "窓口"
addresses = ["help@kita.example"]
"""


@pytest.fixture(autouse=True)
def no_fault(office: Office) -> Iterator[None]:
    """A fault of ours would be answered with a sentence too: here it is none of the answers."""
    yield
    assert "problems.fault" not in office.app.get("/health").get_json()["counters"]


def posts(office: Office, path: str, body: bytes, token: str = "", **headers: str) -> tuple[int, Any]:
    """Send bytes as they are; status and JSON."""
    said = {"Authorization": f"Bearer {token}"} if token else {}
    answer = office.app.post(path, data=body, content_type="application/json", headers={**said, **headers})
    return answer.status_code, answer.get_json()


def sends(agent: Agent, kind: str, changed: Mapping[str, Any] | bytes) -> tuple[int, Any]:
    """Send an agent's own event with parts replaced, or quite other bytes, with proof of who they are."""
    if isinstance(agent, GmailAgent):
        path = f"/gmail/{kind}"
        system, body = agent.event(path)
        sent = changed if isinstance(changed, bytes) else json.dumps({**body, **changed}, ensure_ascii=False).encode()
        return posts(agent.office, path, sent, system)
    assert isinstance(agent, OutlookAgent)
    path = "/outlook/action" if kind == "action" else "/outlook/open"
    sent = changed if isinstance(changed, bytes) else json.dumps(dict(changed), ensure_ascii=False).encode()
    return posts(agent.office, path, sent, agent.token())


def answers_plainly(status: int, body: Any, client: str, *statuses: int) -> None:
    """A card, or one sentence above the card that stays; with a status that the host takes."""
    assert status in (statuses or ((200,) if client == "gmail" else (200, 400, 403)))
    said = dumps(body)
    assert "Traceback" not in said
    assert '"sections"' in said or '"AdaptiveCard"' in said or '"toast"' in said or '"notification"' in said


def sealed(office: Office, action: Action, button: Button | None = None, **changes: Any) -> str:
    """Seal an action as the service would: with its own keys, at another time or for somebody else."""
    at = changes.get("at", time.time())
    sealer = Sealer([key.decode() for key in secret_keys(office.settings)], lambda: at)
    target = Target(changes.get("conversation", button.conversation if button else ""), changes.get("state", 0))
    seal = sealer.for_card(changes.get("workspace", "aoba"), changes.get("viewer", "sato"), target, "a nonce")
    return seal(action)


def button_of(token: str) -> Button:
    return Button("", {}, token)


# ------------------------------------------------------------------ shapes

SHAPES: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "not JSON": b"Hello",
    "cut": b'{"locale": "ja',
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e400",
    "not UTF-8": b'{"locale": "\xff\xfe", "commonEventObject": {"userLocale": "\xff"}}',
    "half a character": b'{"locale": "\\ud800", "commonEventObject": {"userLocale": "\\ud800"}}',
    "very deep": b'{"item":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "wrong types": b'{"item": 5, "action": [], "gmail": "x", "commonEventObject": [1]}',
    "a megabyte": b'{"locale": "' + b"a" * 1_048_576 + b'"}',
    "two megabytes": b'{"locale": "' + b"a" * 2_097_152 + b'"}',
}


@pytest.mark.parametrize("kind", ["message", "action"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_body_of_no_shape_we_know_gets_a_sentence(office: Office, client: str, shape: str, kind: str) -> None:
    status, body = sends(office.at(client, "sato@aoba.example"), kind, SHAPES[shape])
    # Gmail's tokens stand in the body too: without one nobody has proved to be anybody.
    answers_plainly(status, body, client, *((200, 401) if client == "gmail" else (200, 400)))


@pytest.mark.parametrize(
    "changed",
    [
        {"gmail": None},
        {"gmail": {"messageId": 5}},
        {"gmail": {"messageId": "../../../secrets"}},
        {"gmail": {"messageId": "x" * 5000}},
        {"gmail": {}},
        {"commonEventObject": None},
        {"commonEventObject": {"userLocale": 7}},
        {"commonEventObject": {"timeZone": "Asia/Tokyo"}},
        {"commonEventObject": {"timeZone": {"id": "../../etc/passwd"}, "unheard": {"of": []}}},
        {"commonEventObject": {"parameters": {"a": 5}}},
        {
            "commonEventObject": {
                "parameters": {"a": "forged"},
                "formInputs": {"note": {"stringInputs": {"value": "x"}}},
            }
        },
        {
            "commonEventObject": {
                "parameters": {"a": "forged"},
                "formInputs": {"due": {"dateInput": {"msSinceEpoch": "no"}}},
            }
        },
    ],
)
@pytest.mark.parametrize("kind", ["message", "home", "action"])
def test_gmails_fields_missing_unknown_or_of_a_wrong_type(office: Office, kind: str, changed: dict[str, Any]) -> None:
    status, body = sends(office.at_gmail("sato@aoba.example"), kind, changed)
    answers_plainly(status, body, "gmail")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"unheard": "of"},
        {"item": {}},
        {"item": {"headers": 5}},
        {"item": {"from": "tanaka"}},
        {"item": {"from": {}, "to": [{}], "date": "yesterday"}},
        {"item": {"subject": "件名だけ", "date": 10**30}},
        {"item": {"headers": "no header block at all"}},
        {"item": {"headers": "From: a@b.example\r\nTo", "text": 5}},
        {"item": {"itemId": "x" * 100_000, "messageId": "<a@b>"}},
        {"item": None, "timeZone": "../../../etc/passwd", "locale": "../../"},
        {"item": None, "timeZone": "Asia", "locale": "ja" * 10_000},
        {"action": "", "form": {}},
        {"action": "forged", "form": {"note": 5}},
        {"action": "forged", "form": {"note": ["a", "b"]}},
        {"action": "forged", "form": []},
    ],
)
@pytest.mark.parametrize("kind", ["message", "action"])
def test_outlooks_fields_missing_unknown_or_of_a_wrong_type(office: Office, kind: str, changed: dict[str, Any]) -> None:
    status, body = sends(office.at_outlook("sato@aoba.example"), kind, changed)
    answers_plainly(status, body, "outlook")


def test_a_body_that_cannot_be_read_is_answered_in_the_browsers_language(office: Office) -> None:
    token = office.at_outlook("sato@aoba.example").token()
    for header, word in (("en-GB,en;q=0.9", "could not be read"), ("ja", "読み取れません"), ("", "読み取れません")):
        status, body = posts(office, "/outlook/open", b"no JSON", token, **{"Accept-Language": header})
        assert status == 400
        assert word in dumps(body)


def test_unknown_fields_beside_good_ones_are_ignored(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    if isinstance(sato, OutlookAgent):
        status, body = sends(sato, "message", {"item": {**item_of(mail(1), "m"), "mood": 1}, "locale": "ja", "new": {}})
        assert taken_apart(status, body, lambda _: iter(())).status == 200
        assert "田中" in dumps(body)
    else:
        assert isinstance(sato, GmailAgent)
        status, body = sends(sato, "message", {"gmail": {**sato._mail(mail(1)), "mood": 1}, "chat": {"x": []}})
        assert status == 200
        assert "田中" in dumps(body)


# ------------------------------------------------------------------ tokens


def google_tokens(office: Office) -> dict[str, tuple[str, str]]:
    """Bad pairs of Google's tokens: the system's and the user's."""
    now, path = int(time.time()), f"{PUBLIC}/gmail/home"
    good, stranger = office.google_signer, standin_google.Signer("google-1")
    hour: dict[str, object] = {"iat": now, "exp": now + 3600}
    past: dict[str, object] = {"iat": now - 7200, "exp": now - 3600}
    system, user = good.system_token(path, **hour), good.user_token(**hour)
    unsigned = jwt.encode({"aud": path, **hour}, "", algorithm="none", headers={"kid": "google-1"})
    return {
        "no system token": ("", user),
        "no user token": (system, ""),
        "forged system token": (stranger.system_token(path, **hour), user),
        "forged user token": (system, stranger.user_token(**hour)),
        "expired system token": (good.system_token(path, **past), user),
        "expired user token": (system, good.user_token(**past)),
        "system token of another address": (good.system_token(f"{PUBLIC}/gmail/message", **hour), user),
        "user token of another application": (system, good.user_token(**hour, aud="other.apps.example")),
        "another project's": (good.system_token(path, **hour, email="other@gcp-sa-gsuiteaddons.iam.example"), user),
        "not verified": (system, good.user_token(**hour, email_verified=False)),
        "alg none": (unsigned, user),
        "alg none of the user": (system, unsigned),
        "rubbish": ("a.b.c", "a.b.c"),
    }


def entra_tokens(office: Office) -> dict[str, str]:
    """Bad access tokens of Entra's."""
    good, stranger, now = office.entra_signer, entra.Signer("entra-1"), time.time()
    claims = entra.claims(now=now)
    return {
        "none": "",
        "forged": stranger.sign(claims),
        "expired": good.sign(entra.claims(now=now - 7200)),
        "other audience": good.sign(entra.claims(now=now, aud="00000003-0000-0000-c000-000000000000")),
        "issuer of another tenant": good.sign({**claims, "tid": OTHER_TENANT}),
        "app-only": good.sign(entra.claims(now=now, scp=None, roles=["all"], idtyp="app")),
        "another client": good.sign(entra.claims(now=now, azp=OTHER_TENANT)),
        "version 1": good.sign(entra.claims(now=now, ver="1.0")),
        "alg none": jwt.encode(claims, "", algorithm="none", headers={"kid": "entra-1"}),
        "rubbish": "a.b.c",
    }


def test_no_bad_token_of_googles_gets_anything(office: Office) -> None:
    for what, (system, user) in google_tokens(office).items():
        _, body = office.at_gmail("sato@aoba.example").event("/gmail/home")
        body["authorizationEventObject"] = {"systemIdToken": system, "userIdToken": user}
        status, answer = posts(office, "/gmail/home", json.dumps(body).encode(), system)
        assert status == 401, what
        assert "青葉商事" not in dumps(answer), what


def test_no_bad_token_of_entras_gets_anything(office: Office) -> None:
    for what, token in entra_tokens(office).items():
        status, answer = posts(office, "/outlook/open", b'{"item": null, "locale": "en-US"}', token)
        assert status == 401, what
        assert "青葉商事" not in dumps(answer), what
        assert '"AdaptiveCard"' in dumps(answer), what


def test_a_tenant_nobody_has_set_up_is_a_stranger(office: Office) -> None:
    card = office.at_outlook("spy@kita.example", tenant=OTHER_TENANT).goes_home()
    assert card.status == 200
    assert "青葉商事" not in card.text


# ------------------------------------------------------------------ sealed actions


def test_anothers_button_changes_nothing(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    card = sato.opens(raw)
    for name, form in (("take", {}), ("note", {"note": "鈴木のメモ"})):
        refused = suzuki.clicks(card.button(name), form)
        answers_plainly(refused.status, refused.body, client)
        assert not refused.has("release")
    seen = sato.opens(raw)
    assert seen.has("take")
    assert "鈴木のメモ" not in seen.text


def test_another_workspaces_conversation_message_and_action_are_out_of_reach(office: Office, client: str) -> None:
    apply(office.store.directory, OTHER)
    raw = mail(1, subject="内密の見積もり")
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    there = {"domain": "kita.example"} if client == "gmail" else {"tenant": OTHER_TENANT}
    spy = office.at(client, "spy@kita.example", **there)
    assert "内密" not in dumps(spy.opens(mail(2, to="spy@kita.example", references=[1])).body)
    for action in (
        Action("show"),
        Action("take"),
        Action("note", {}),
        Action("peek", {"conversation": card.conversation}),
        Action("timeline"),
        Action("history", {"cursor": "p+inf"}),
    ):
        # As if the spy could seal: their own workspace, the other's conversation.
        forged = sealed(office, action, workspace="kita", viewer="p1", conversation=card.conversation)
        refused = spy.clicks(button_of(forged), {"note": "のぞき見"})
        answers_plainly(refused.status, refused.body, client)
        assert "内密" not in dumps(refused.body)
    seen = sato.opens(raw)
    assert seen.has("take")
    assert "のぞき見" not in seen.text


def test_a_click_replayed_within_the_day_is_one_change_and_after_it_none(office: Office, client: str) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    for _ in range(3):
        noted = sato.clicks(card.button("note"), {"note": "電話しました"}, mail=raw)
        assert noted.text.count("電話しました") == 1
    old = sealed(
        office, Action("note"), card.button("note"), at=time.time() - LIFETIME - 60, conversation=card.conversation
    )
    late = sato.clicks(button_of(old), {"note": "昨日のメモ"}, mail=raw)
    answers_plainly(late.status, late.body, client, 200)
    assert "昨日のメモ" in "".join(late.fields.values())
    assert "昨日のメモ" not in sato.opens(raw).text


def test_a_button_of_yesterday_without_its_mail_loses_nothing_either(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(mail(1))
    old = sealed(
        office, Action("note"), card.button("note"), at=time.time() - LIFETIME - 60, conversation=card.conversation
    )
    late = sato.clicks(button_of(old), {"note": "昨日のメモ"})
    answers_plainly(late.status, late.body, client, 200)
    assert keeps(late, "昨日のメモ")


def keeps(screen: Screen, typed: str) -> bool:
    """Whether what was typed is still there: the card with its field stays, or the answer has it."""
    return typed in dumps(screen.body) or not (
        '"sections"' in dumps(screen.body) or "AdaptiveCard" in dumps(screen.body)
    )


def test_a_changed_byte_is_refused_and_what_was_typed_stays(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    token = sato.opens(mail(1)).button("note").token
    for at in range(0, len(token), 7):
        other = "A" if token[at] != "A" else "B"
        refused = sato.clicks(button_of(token[:at] + other + token[at + 1 :]), {"note": "打ったもの"})
        answers_plainly(refused.status, refused.body, client)
        assert keeps(refused, "打ったもの")
    assert "打ったもの" not in sato.opens(mail(1)).text


@pytest.mark.parametrize(
    ("name", "args", "form"),
    [
        ("drop_everything", {}, {}),
        ("", {}, {}),
        ("status", {"status": "gone"}, {}),
        ("status", {}, {"status": "../x"}),
        ("hold", {"hold": "gone"}, {}),
        ("priority", {"priority": "gone"}, {}),
        ("assign", {}, {"to": "nobody"}),
        ("hand_over", {}, {"to": "nobody", "word": "覚え書き"}),
        ("move", {}, {"team": "gone"}),
        ("unmerge", {"part": "c999"}, {}),
        ("ask", {"what": "nothing"}, {}),
        ("peek", {"conversation": "c999"}, {}),
        ("peek", {}, {}),
        ("take_over", {"fence": "-1"}, {"reason": "急ぎ"}),
        ("take_over", {"fence": "9" * 40}, {"reason": "急ぎ"}),
        ("take_over", {"fence": "\u0661"}, {"reason": "急ぎ"}),
        ("due", {}, {"due": "tomorrow"}),
        ("due", {}, {"due": "0001-01-01T00:00"}),
        ("due", {}, {"due": "9999-12-31T23:59"}),
        ("due", {}, {"due": "2026-11-22T10:00:00+99:99"}),
        ("tags", {}, {"tags": ",".join("タグ" * 40 for _ in range(400))}),
        ("merge_customers", {}, {"address": "not an address"}),
        ("merge_customers", {}, {"address": "support@aoba.example"}),
        ("split_address", {"address": "nobody@x.example"}, {}),
        ("customer", {}, {"name": "田中\u202e\0<b>", "unknown": "x"}),
        ("note", {}, {"note": " \n\t "}),
        ("note", {}, {"note": "\0\u202e\u200b"}),
        ("note", {}, {"nota": "別の欄", "acting_as": "yamamoto"}),
        ("adopt", {"team": "gone"}, {}),
    ],
)
def test_values_that_do_not_exist_get_a_sentence(
    office: Office, client: str, name: str, args: dict[str, str], form: dict[str, str]
) -> None:
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    taken = sato.clicks(card.button("take")) if name == "hand_over" else card
    token = sealed(office, Action(name, args), conversation=card.conversation, state=state_of(taken))
    answer = sato.clicks(button_of(token), form, mail=raw)
    answers_plainly(answer.status, answer.body, client)
    again = sato.opens(raw)
    assert again.status == 200
    assert "田中" in again.text
    assert sato.goes_home().status == 200


def state_of(screen: Screen) -> int:
    """Return the state that the card was drawn from."""
    return Sealer(["k" * 40], time.time).open(screen.buttons[0].token).target.state


def test_a_very_long_note_is_not_cut_in_silence(office: Office, client: str) -> None:
    raw, text = mail(1), "長い" * 50_000
    sato = office.at(client, "sato@aoba.example")
    answer = sato.clicks(sato.opens(raw).button("note"), {"note": text}, mail=raw)
    answers_plainly(answer.status, answer.body, client)
    assert keeps(answer, text)
    assert "長い長い" not in sato.opens(raw).text


# ------------------------------------------------------------------ mails

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "<b>田中</b> & <img src=x onerror=y>",
    "\u202eevil\u202c \u2066x\u2069",
    "見\u200bえ\u200dな\ufeffい",
    "長" * 10_000,
    "a\0b\x07c",
    "{{DATE(2026-01-01T00:00:00Z)}} [x](javascript:y)",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 300,
    "e" + "\u0301" * 500,
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_and_subjects_are_shown_harmlessly(office: Office, client: str, words: str) -> None:
    name = json.dumps(words.replace("\0", ""), ensure_ascii=False)
    raw = (
        f"From: {name} <tanaka@midori.example>\r\nTo: support@aoba.example\r\nSubject: {words}\r\n"
        "Message-ID: <1@mail.example>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{words}\r\n"
    ).encode()
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    assert card.status == 200
    noted = sato.clicks(card.button("note"), {"note": words[:3000]})
    asked = sato.clicks(noted.button("ask", what="customer"))
    for screen in (card, noted, asked, sato.goes_home(), sato.opens(raw)):
        assert screen.status == 200
        harmless(screen, client)


def harmless(screen: Screen, client: str) -> None:
    for said in screen.words:
        hidden = [c for c in said if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\u200d\u200c"]
        assert not hidden, (hidden, said[:80])
    for card in cards_in(screen.body):
        if client == "gmail":
            assert complaints(card) == []


def cards_in(body: Any) -> list[Any]:
    if isinstance(body, dict):
        if "sections" in body:
            return [body]
        return [card for value in body.values() for card in cards_in(value)]
    return [card for value in body for card in cards_in(value)] if isinstance(body, list) else []


ODD: Final = {
    "loop": mail(1, references=[1, 2, 1]),
    "a thousand references": mail(1, references=[f"x{n}" for n in range(1000)]),
    "commas": mail(1, sender='"Tanaka, Taro" <tanaka@midori.example>'),
    "docomo": b"From: a..b.@docomo.ne.jp\r\nTo: support@aoba.example\r\nSubject: hi\r\nMessage-ID: <1@x>\r\n\r\nhello",
    "empty from": b"From: \r\nTo: support@aoba.example\r\nSubject: hi\r\nMessage-ID: <1@x.example>\r\n\r\nhello",
    "no from": b"To: support@aoba.example\r\nSubject: hi\r\nMessage-ID: <1@x.example>\r\n\r\nhello",
    "year 9999": mail(1, date="Fri, 31 Dec 9999 23:59:59 -1200"),
    "year 10000": mail(1, date="Fri, 31 Dec 10300 23:59:59 -1200"),
    "year 1900": mail(1, date="Mon, 1 Jan 1900 00:00:00 +0000"),
    "no date": b"From: a@b.example\r\nTo: support@aoba.example\r\n\r\n",
    "a thousand recipients": mail(
        1, to=", ".join(["support@aoba.example", *(f"p{n}@c{n}.example" for n in range(1000))])
    ),
    "only us": mail(1, sender="sato@aoba.example", to="support@aoba.example"),
    "an id of 10,000 characters": mail(1).replace(b"<1@mail.example>", b"<" + b"a" * 10_000 + b"@x.example>"),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_mails_open_in_both_clients_as_one_conversation(
    office: Office, clients: tuple[str, str], what: str
) -> None:
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    first = sato.opens(ODD[what])
    assert first.status == 200
    assert first.has("take"), first.text
    assert suzuki.opens(ODD[what]).conversation == first.conversation
    assert "佐藤" in suzuki.opens(ODD[what]).text or sato.clicks(first.button("take")).has("release")
    for agent in (sato, suzuki):
        assert agent.goes_home().status == 200


def test_a_mail_without_any_header_is_nobodys(office: Office, client: str) -> None:
    card = office.at(client, "sato@aoba.example").opens(b"\r\nonly a body")
    answers_plainly(card.status, card.body, client, 200)
    assert not card.has("take")


# ------------------------------------------------------------------ logs


def test_no_line_of_the_log_holds_a_token_an_address_or_a_mails_text(
    office: Office, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = BytesIO()
    monkeypatch.setattr(written, "fileno", lambda: 2, raising=False)
    telemetry.configure("debug", written)
    monkeypatch.setattr("server.web.sidebar.log", structlog.get_logger())  # the old one keeps where it wrote first
    try:
        raw = mail(1, subject="秘密の件名", text="秘密の本文")
        sato = office.at(client, "sato@aoba.example")
        card = sato.opens(raw)
        sato.clicks(card.button("note"), {"note": "秘密のメモ"})
        for shape in SHAPES.values():
            sends(sato, "action", shape)
        sato.clicks(button_of(card.button("take").token[:-1] + "!"), {"note": "秘密のメモ"})
        for system, user in google_tokens(office).values():
            posts(
                office, "/gmail/home", json.dumps({"authorizationEventObject": {"userIdToken": user}}).encode(), system
            )
        for token in entra_tokens(office).values():
            posts(office, "/outlook/open", b"{}", token)
    finally:
        telemetry.configure("error")
    log = written.getvalue().decode()
    assert "refused" in log
    for private in ("eyJ", "秘密", "@aoba.example", "@midori.example", "ya29", "message-token"):
        assert private not in log

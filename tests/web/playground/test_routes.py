"""The page's own routes: who is there, what they have, and what is sent to the service for them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.settings import from_environment
from server.web.playground.calling import Answer, post
from server.web.playground.google import EMAIL, RECIPIENTS, SCOPES
from tests.web.playground.conftest import PUBLIC_URL, Service

FIXTURES = Path(__file__).parents[2] / "fixtures" / "gmail"


def fetch(playground: FlaskClient, path: str) -> Any:
    answer = playground.get(f"/playground/{path}", base_url=PUBLIC_URL)
    assert answer.status_code == 200
    return answer.get_json()


def mails(playground: FlaskClient, agent: str = "sato") -> Any:
    return fetch(playground, f"mailbox/{agent}")["mails"]


def send(playground: FlaskClient, **body: object) -> Any:
    return playground.post(
        "/playground/gmail/send", json={"agent": "sato", "entry": "home", **body}, base_url=PUBLIC_URL
    )


def test_the_people_of_the_workspace_come_first_then_the_accounts_that_show_what_others_see(
    playground: FlaskClient,
) -> None:
    kinds = [agent["kind"] for agent in fetch(playground, "agents")]

    assert kinds.count("person") >= 8
    assert kinds[-3:] == ["shared", "newcomer", "stranger"]


def test_everybody_sees_shared_mails_and_nobody_anothers_private_ones(playground: FlaskClient) -> None:
    sato, suzuki = ({row["key"] for row in mails(playground, agent)} for agent in ("sato", "suzuki"))

    assert len(sato & suzuki) >= 80
    assert all(key.startswith("shared/") for key in sato & suzuki)
    assert any(key.startswith("private/sato/") for key in sato)


def test_a_mailbox_is_newest_first_and_every_mail_can_be_read(playground: FlaskClient) -> None:
    rows = mails(playground)
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    for row in rows:
        mail = fetch(playground, f"mailbox/sato/{row['key']}")
        assert mail["text"].strip() or mail["attachments"], row["key"]
        assert "\ufffd" not in mail["subject"] + mail["text"], row["key"]
        assert mail["outlookItem"]["headers"].isprintable() is False  # lines, as received
        assert mail["outlookItem"]["subject"] == row["subject"]


def test_outlook_hands_over_what_it_lists_as_attached(playground: FlaskClient) -> None:
    seen = 0
    for row in mails(playground):
        for one in fetch(playground, f"mailbox/sato/{row['key']}")["outlookItem"]["attachments"]:
            answer = playground.post(
                "/playground/outlook/attachment",
                json={"agent": "sato", "mail": row["key"], "part": one["id"]},
                base_url=PUBLIC_URL,
            )
            assert one["name"]
            assert answer.status_code == (200 if one["attachmentType"] == "file" else 404)
            if answer.status_code == 200:
                assert len(base64.b64decode(answer.get_json()["content"])) == one["size"]
                seen += 1
    assert seen


def test_the_same_mail_has_another_item_id_in_another_mailbox(playground: FlaskClient) -> None:
    key = next(row["key"] for row in mails(playground) if row["key"].startswith("shared/"))
    sato, suzuki = (fetch(playground, f"mailbox/{agent}/{key}")["outlookItem"] for agent in ("sato", "suzuki"))

    assert sato["itemId"] != suzuki["itemId"]
    assert sato["internetMessageId"] == suzuki["internetMessageId"]


@pytest.mark.parametrize(
    "path", ["mailbox/nobody", "mailbox/sato/shared/none", "mailbox/suzuki/private/sato/none", "mailbox/sato/../x"]
)
def test_an_unknown_agent_or_mail_is_not_found(playground: FlaskClient, path: str) -> None:
    assert playground.get(f"/playground/{path}", base_url=PUBLIC_URL).status_code == 404


def test_another_agents_private_mail_is_not_found(playground: FlaskClient) -> None:
    private = next(row["key"] for row in mails(playground) if row["private"])

    assert playground.get(f"/playground/mailbox/suzuki/{private}", base_url=PUBLIC_URL).status_code == 404
    assert send(playground, agent="suzuki", entry="message", mail=private).status_code == 404


def test_home_is_asked_for_without_a_mail(playground: FlaskClient, service: Service) -> None:
    assert send(playground, language="en").get_json() == {"status": 200, "body": {"action": {"navigations": []}}}

    [(url, _, event)] = service.received
    assert url == f"{PUBLIC_URL}/gmail/home"
    assert event["gmail"] == {}
    assert event["commonEventObject"] == {
        "hostApp": "GMAIL",
        "platform": "WEB",
        "userLocale": "en-US",
        "timeZone": {"id": "Asia/Tokyo", "offset": 32_400_000},
    }


def shape(value: object) -> object:
    """Names and kinds, without what they hold."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value)


@pytest.mark.parametrize("entry", ["message", "home"])
def test_what_is_sent_has_the_shape_of_what_google_documents(
    playground: FlaskClient, service: Service, entry: str
) -> None:
    mail = mails(playground)[0]["key"] if entry == "message" else ""
    send(playground, entry=entry, mail=mail)

    documented = orjson.loads((FIXTURES / f"{entry}.json").read_bytes())
    assert shape(service.received[0][2]) == shape({"gmail": {}} | documented)


def test_a_compose_window_is_told_by_its_recipients_alone(playground: FlaskClient, service: Service) -> None:
    window = {"to": ["木村 花 <hana-kimura@tegami.example>"], "cc": []}
    send(playground, entry="compose", window=window)

    [(url, _, event)] = service.received
    assert url == f"{PUBLIC_URL}/gmail/compose"
    assert event["gmail"] == {"toRecipients": window["to"], "ccRecipients": [], "bccRecipients": []}


def test_what_was_not_granted_is_neither_named_nor_given(playground: FlaskClient, service: Service) -> None:
    kept = [scope for scope in SCOPES if scope not in (EMAIL, RECIPIENTS)]
    send(playground, entry="compose", window={"to": ["a@b.example"]}, granted=kept)

    tokens: Any = service.received[0][2]["authorizationEventObject"]
    assert tokens["authorizedScopes"] == kept
    assert "userIdToken" not in tokens
    assert service.received[0][2]["gmail"] == {}


@pytest.mark.parametrize(("platform", "status"), [("ANDROID", 200), ("IOS", 200), ("TOASTER", 400)])
def test_a_phone_says_that_it_is_one(playground: FlaskClient, service: Service, platform: str, status: int) -> None:
    assert send(playground, platform=platform).status_code == status
    if status == 200:
        common: Any = service.received[0][2]["commonEventObject"]
        assert common["platform"] == platform


def write(playground: FlaskClient, path: str, **body: object) -> Any:
    return playground.post(f"/playground/{path}", json={"agent": "sato", **body}, base_url=PUBLIC_URL)


def test_a_letter_is_kept_shown_sent_and_answered(playground: FlaskClient) -> None:
    version = fetch(playground, "version")
    mail = next(row["key"] for row in mails(playground) if row["subject"] == "領収書")
    fields = {**fetch(playground, f"mailbox/sato/{mail}")["reply"], "answers": mail}
    draft = write(playground, "drafts", **fields, text="書きかけ").get_json()
    assert fetch(playground, f"drafts/sato/{draft['id']}") == draft
    assert draft["text"].strip() == "書きかけ"
    assert [one["labels"] for one in fetch(playground, f"mailbox/sato/{mail}")["thread"]] == [["DRAFT"]]

    sent = write(
        playground, "letters", draft=draft["id"], to=fields["to"], subject="Re: 領収書", text="どうぞ"
    ).get_json()
    row = next(row for row in mails(playground) if row["key"] == sent["key"])
    assert (row["sent"], row["to"]) == (True, "木村 花")
    assert fetch(playground, f"mailbox/sato/{sent['key']}")["customer"] is True
    assert playground.get(f"/playground/drafts/sato/{draft['id']}", base_url=PUBLIC_URL).status_code == 404

    answer = write(playground, "letters/customer", mail=sent["key"], text="ありがとう").get_json()
    assert answer["key"] in {row["key"] for row in mails(playground, "suzuki")}
    assert fetch(playground, "version") > version


def test_a_draft_of_another_or_a_gone_one_is_not_found(playground: FlaskClient) -> None:
    draft = write(playground, "drafts", to="a@b.example", text="x").get_json()["id"]

    assert write(playground, "drafts/discard", agent="suzuki", draft=draft).status_code == 404
    assert write(playground, "drafts/discard", draft=draft).status_code == 200
    assert write(playground, "drafts/discard", draft=draft).status_code == 404
    assert write(playground, "letters", draft=draft, to="a@b.example").status_code == 404


@pytest.mark.parametrize("to", ["", "nobody", "<>"])
def test_a_letter_to_nobody_is_refused(playground: FlaskClient, to: str) -> None:
    assert write(playground, "letters", to=to, text="x").status_code == 400


def test_a_click_goes_to_the_buttons_address_with_what_was_typed(playground: FlaskClient, service: Service) -> None:
    form = {"reason": {"stringInputs": {"value": ["急ぎのため"]}}}
    address = f"{PUBLIC_URL}/gmail/action"
    send(playground, entry="action", function=address, parameters={"a": "sealed"}, form_inputs=form)

    [(url, _, event)] = service.received
    common: Any = event["commonEventObject"]
    assert url == address
    assert (common["parameters"], common["formInputs"]) == ({"a": "sealed"}, form)


@pytest.mark.parametrize("address", ["", "https://evil.example/gmail/action", "http://127.0.0.1:80801/gmail/action"])
def test_a_button_that_names_a_foreign_address_is_not_pressed(
    playground: FlaskClient, service: Service, address: str
) -> None:
    assert send(playground, entry="action", function=address).status_code == 403
    assert service.received == []


def test_an_unknown_entry_point_or_agent_is_not_found(playground: FlaskClient, service: Service) -> None:
    assert send(playground, entry="certs").status_code == 404
    assert send(playground, agent="nobody").status_code == 404
    assert service.received == []


def test_what_is_not_our_json_is_refused(playground: FlaskClient) -> None:
    url = "/playground/gmail/send"
    assert (
        playground.post(url, data='{"agent": "sato"}', content_type="text/plain", base_url=PUBLIC_URL).status_code
        == 415
    )
    assert playground.post(url, data="{", content_type="application/json", base_url=PUBLIC_URL).status_code == 400
    assert playground.post(url, json={"agent": 7}, base_url=PUBLIC_URL).status_code == 400


def test_the_service_that_does_not_answer_is_status_0(playground: FlaskClient, service: Service) -> None:
    service.answer = post("http://127.0.0.1:9/gmail/home", {}, orjson.dumps({}))

    assert service.answer == Answer(0, b"")
    assert send(playground).get_json() == {"status": 0, "body": None}


def test_the_front_door_leads_to_the_playground(playground: FlaskClient) -> None:
    assert playground.get("/", base_url=PUBLIC_URL).headers["Location"] == "/playground/"


def test_whoever_comes_by_another_name_is_led_to_the_public_address(playground: FlaskClient) -> None:
    answer = playground.get("/playground/agents", base_url="http://rebound.example:8080")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PUBLIC_URL}/playground/agents")
    assert answer.data == b""


@pytest.mark.parametrize("page", ["", "gallery", "gallery/adaptive"])
def test_pages_run_nothing_but_their_own_files(playground: FlaskClient, page: str) -> None:
    with playground.get(f"/playground/{page}", base_url=PUBLIC_URL) as answer:
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert b"http://" not in answer.data
        assert b"https://" not in answer.data


@pytest.mark.parametrize(("switch", "status"), [("on", 200), ("off", 404)])
def test_the_playground_is_there_only_when_it_is_switched_on(switch: str, status: int, tmp_path: Path) -> None:
    settings = from_environment({"SOBANI_PLAYGROUND": switch, "SOBANI_DATA": str(tmp_path)})

    with create_app(settings).test_client().get("/playground/agents", base_url=settings.public_url) as answer:
        assert answer.status_code == status


def test_the_gallery_has_every_card_in_both_drawings_and_languages(playground: FlaskClient) -> None:
    japanese, english = (fetch(playground, f"gallery/cards?language={language}") for language in ("ja", "en"))

    assert [entry["name"] for entry in japanese] == [entry["name"] for entry in english]
    for entry in japanese:
        if "google" in entry:
            assert entry["google"]["sections"] is not None
            assert entry["adaptive"]["version"] == "1.5"

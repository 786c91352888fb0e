"""An office for tests: the real application over a real Valkey, and agents who sit at Gmail or at Outlook.

Both kinds of agent speak the same words (`opens`, `goes_home`, `clicks`), so that a test can be run through either host.
"""

from __future__ import annotations

import email
import email.policy
import json
import time
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
from flask.testing import FlaskClient

from server.domain.crm import Attachment, Record
from server.domain.events import FILES_MOST
from server.jobs.reading import Reader
from server.replies.embedding import Embedder
from server.settings import Settings
from server.web.lookups import Lookups
from server.wiring import Store, crm_work
from tests.standins import entra
from tests.standins import google as standin_google
from tests.standins.crm.memory import CONNECTION, MemoryConnectors, MemoryCrm

PUBLIC: Final = "https://sobani.aoba.example"
DOMAIN: Final = "aoba.example"


@dataclass(frozen=True)
class Button:
    """A sealed action as it was drawn."""

    name: str
    args: Mapping[str, str]
    token: str
    conversation: str = ""
    files: bool = False  # the pane is to send the mail's attachments along


@dataclass(frozen=True)
class Screen:
    """What an agent got: status, the JSON, the buttons in it, and every word a person can read."""

    status: int
    body: Any
    buttons: tuple[Button, ...]
    words: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All words, one a line."""
        return "\n".join(self.words)

    def button(self, name: str, **args: str) -> Button:
        """Return the button that asks for this action; the test fails when it is not there."""
        found = [one for one in self.buttons if one.name == name and args.items() <= one.args.items()]
        assert found, f"no button {name} {args} among {[one.name for one in self.buttons]}"
        return found[0]

    @property
    def conversation(self) -> str:
        """Return the id of the conversation that the buttons are about."""
        return self.buttons[0].conversation

    def has(self, name: str) -> bool:
        """Whether a button asks for this action."""
        return any(one.name == name for one in self.buttons)


class Agent(Protocol):
    """Somebody at a mail client."""

    client: str

    def opens(self, raw: bytes) -> Screen:
        """Look at this mail."""

    def goes_home(self) -> Screen:
        """Look at the sidebar with no mail open."""

    def clicks(self, button: Button, form: Mapping[str, Any] | None = None, *, mail: bytes | None = None) -> Screen:
        """Press the button, with what was typed; `mail` is the open one."""

    def composes(self, *to: str, answers: bytes | None = None, replying: bool = False) -> Screen:
        """Look at the sidebar of a compose window. Gmail tells its recipients only; Outlook the answered mail too."""

    def clicks_beside(self, button: Button, form: Mapping[str, Any], *to: str) -> Screen:
        """Press a button of the card beside a compose window that writes to these."""

    def looks_at_settings(self) -> Screen:
        """Open the settings card."""


@dataclass
class Office:
    """The application, its store, and the two providers' parts."""

    app: FlaskClient
    store: Store
    settings: Settings
    google: standin_google.Google
    google_signer: standin_google.Signer
    entra_signer: entra.Signer
    tenant: str
    crm: MemoryCrm
    lookups: Lookups

    def has_a_crm(self, *records: Record, **changes: Any) -> None:
        """Connect the CRM, with these records in it."""
        self.crm.records = {record.ref.id: record for record in records}
        self.store.connections.save("aoba", msgspec.structs.replace(CONNECTION, **changes), {"token": "t"})

    def does_errands(self) -> None:
        """Let the worker do all that waits for CRMs."""
        work = crm_work(self.store, MemoryConnectors({CONNECTION.id: self.crm}))
        while work.begin("aoba", self.store.directory):
            work.wait()

    def at_gmail(
        self, address: str, *, domain: str | None = DOMAIN, subject: str = "", language: str = "ja-JP"
    ) -> GmailAgent:
        """Seat somebody at Gmail."""
        return GmailAgent(self, address, domain, subject or f"g-{address}", language)

    def at_outlook(
        self, address: str, *, tenant: str = "", subject: str = "", language: str = "ja-JP", **claims: Any
    ) -> OutlookAgent:
        """Seat somebody at Outlook."""
        return OutlookAgent(self, address, tenant or self.tenant, subject or f"o-{address}", language, claims)

    def at(self, client: str, address: str, **more: Any) -> Agent:
        """Seat somebody at the client of this name."""
        return self.at_gmail(address, **more) if client == "gmail" else self.at_outlook(address, **more)

    def reads(self, embedder: Embedder) -> None:
        """Let the worker do all that waits."""
        workspace = self.store.directory.workspace("aoba")
        assert workspace
        reader = Reader(self.store.outbox, embedder, b"sentences")
        while reader.read(workspace):
            pass

    def later(self, minutes: float) -> None:
        """Let time pass, by Redis's clock."""
        self.store.conversations.clock_offset += int(minutes * 60_000)
        self.store.crm.clock_offset += int(minutes * 60_000)


@dataclass
class GmailAgent:
    """Somebody at Gmail: each mail lies in their own mailbox under an id of its own."""

    office: Office
    address: str
    domain: str | None
    subject: str
    language: str
    client: str = "gmail"
    scopes: tuple[str, ...] | None = None  # those that Google says are granted
    _mails: dict[bytes, tuple[str, str]] = field(default_factory=dict)

    def opens(self, raw: bytes) -> Screen:
        return self._post("/gmail/message", gmail=self._mail(raw))

    def goes_home(self) -> Screen:
        return self._post("/gmail/home")

    def clicks(self, button: Button, form: Mapping[str, Any] | None = None, *, mail: bytes | None = None) -> Screen:
        inputs = {
            name: {"stringInputs": {"value": value if isinstance(value, list) else [value]}}
            for name, value in (form or {}).items()
        }
        common = {"parameters": {"a": button.token}, "formInputs": inputs}
        return self._post("/gmail/action", common, self._mail(mail) if mail else None)

    def clicks_beside(self, button: Button, form: Mapping[str, Any], *to: str) -> Screen:
        inputs = {name: {"stringInputs": {"value": [value]}} for name, value in form.items()}
        common = {"parameters": {"a": button.token}, "formInputs": inputs}
        return self._post("/gmail/action", common, {"toRecipients": list(to), "ccRecipients": [], "bccRecipients": []})

    def composes(self, *to: str, answers: bytes | None = None, replying: bool = False) -> Screen:
        return self._post("/gmail/compose", gmail={"toRecipients": list(to), "ccRecipients": [], "bccRecipients": []})

    def looks_at_settings(self) -> Screen:
        return self._post("/gmail/settings")

    def sends(self, draft_id: str, *, minutes: float = 0) -> bytes:
        """Send a draft that was made through the API; the mail as everybody gets it."""
        now = self.office.store.library.client.time()[0] + self.office.store.conversations.clock_offset // 1000
        return self.office.google.send(
            draft_id,
            number=0x18C2F00D00000001 + len(self.office.google.messages),
            at=int(now + minutes * 60),
            sender=self.address,
        )

    def _mail(self, raw: bytes) -> Mapping[str, str]:
        if raw not in self._mails:
            number = 0x18C2F00D00000001 + len(self.office.google.messages)
            self._mails[raw] = self.office.google.put(raw, number=number)
        message_id, token = self._mails[raw]
        return {"messageId": message_id, "threadId": message_id.replace("msg", "thread"), "accessToken": token}

    def event(
        self, path: str, common: Mapping[str, Any] | None = None, gmail: Mapping[str, Any] | None = None
    ) -> tuple[str, Any]:
        """Return the system token and the documented body."""
        now = int(time.time())
        signer = self.office.google_signer
        system = signer.system_token(PUBLIC + path, iat=now, exp=now + 3600)
        user = signer.user_token(iat=now, exp=now + 3600, sub=self.subject, email=self.address, hd=self.domain)
        body: dict[str, Any] = {
            "commonEventObject": {
                "hostApp": "GMAIL",
                "platform": "WEB",
                "userLocale": self.language,
                "timeZone": {"id": "Asia/Tokyo", "offset": 32400000},
                **(common or {}),
            },
            "authorizationEventObject": {"userOAuthToken": "ya29.agent", "systemIdToken": system, "userIdToken": user},
            "gmail": dict(gmail or {}),
        }
        if self.scopes is not None:
            body["authorizationEventObject"]["authorizedScopes"] = list(self.scopes)
        return system, body

    def _post(
        self, path: str, common: Mapping[str, Any] | None = None, gmail: Mapping[str, Any] | None = None
    ) -> Screen:
        system, body = self.event(path, common, gmail)
        answer = self.office.app.post(path, json=body, headers={"Authorization": f"Bearer {system}"})
        return screen(answer.status_code, answer.get_json(), _gmail_tokens)


@dataclass
class OutlookAgent:
    """Somebody at Outlook: the pane posts the headers it read."""

    office: Office
    address: str
    tenant: str
    subject: str
    language: str
    claims: Mapping[str, Any]
    client: str = "outlook"

    def opens(self, raw: bytes) -> Screen:
        return self._post("/outlook/open", {"item": item_of(raw, self.address)})

    def goes_home(self) -> Screen:
        return self._post("/outlook/open", {"item": None})

    def clicks(
        self,
        button: Button,
        form: Mapping[str, Any] | None = None,
        *,
        mail: bytes | None = None,
        compose: Mapping[str, Any] | None = None,
    ) -> Screen:
        item = item_of(mail, self.address) if mail else None
        asked = {"action": button.token, "form": dict(form or {}), "item": item}
        if button.files and mail:
            return self._post("/outlook/action/files", asked | enclosed(mail))
        return self._post("/outlook/action", asked | ({"compose": compose} if compose else {}))

    def clicks_beside(self, button: Button, form: Mapping[str, Any], *to: str) -> Screen:
        return self.clicks(button, form, compose=self.window(*to))

    def composes(self, *to: str, answers: bytes | None = None, replying: bool = False, **more: Any) -> Screen:
        return self._post("/outlook/compose", {"compose": self.window(*to, answers=answers, replying=replying, **more)})

    def looks_at_settings(self) -> Screen:
        return self.clicks(self.goes_home().button("settings"))

    def window(self, *to: str, answers: bytes | None = None, **more: Any) -> dict[str, Any]:
        """Return a compose window as the pane and the event bundle report it."""
        found = str(email.message_from_bytes(answers)["Message-ID"] or "") if answers else ""
        return {"inReplyTo": found, "to": [{"email": one, "name": ""} for one in to], **more}

    def sends(self, *to: str, answers: bytes | None = None, can_ask: bool = True, **more: Any) -> Mapping[str, Any]:
        """Press "send" in Outlook: what the event bundle is told."""
        asked = {**self.window(*to, answers=answers), "canAsk": can_ask, **more}
        return dict(self._post("/outlook/send", asked).body)

    def token(self) -> str:
        """Return a fresh access token of this person."""
        now = time.time()
        given: dict[str, Any] = {
            "oid": self.subject,
            "preferred_username": self.address,
            "name": self.address.partition("@")[0],
            **self.claims,
        }
        return self.office.entra_signer.sign(entra.claims(self.tenant, now=now, **given))

    def _post(self, path: str, body: Mapping[str, Any]) -> Screen:
        posted = {"locale": self.language, "timeZone": "Asia/Tokyo", **body}
        answer = self.office.app.post(path, json=posted, headers={"Authorization": f"Bearer {self.token()}"})
        return screen(answer.status_code, answer.get_json(), _outlook_tokens)


def item_of(raw: bytes, mailbox: str) -> dict[str, Any]:
    """Return the item as the pane reads it with Office.js."""
    block = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("latin-1").replace("\n", "\r\n")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain", "html"))
    text = part.get_content() if part is not None else ""
    return {
        "headers": block,
        "messageId": str(message.get("Message-ID", "")),
        "text": text,
        "itemId": f"{mailbox}-{hash(raw)}",
    }


def enclosed(raw: bytes) -> dict[str, Any]:
    """Return a mail's attachments as the pane sends them: what Outlook hands over, and the names of the rest."""
    files: list[dict[str, str]] = []
    left: list[str] = []
    room = FILES_MOST
    for part in email.message_from_bytes(raw, policy=email.policy.default).iter_attachments():
        content, name = part.get_payload(decode=True), part.get_filename() or ""
        if isinstance(content, bytes) and len(content) <= room:
            room -= len(content)
            files.append({"name": name, "type": part.get_content_type(), "content": b64encode(content).decode()})
        else:
            left.append(name)
    return {"files": files, "left": left}


def screen(status: int, body: Any, tokens: Callable[[Any], Iterator[str]]) -> Screen:
    """Take apart what a host answered."""
    found = []
    with_files = {value["a"] for value in _walk(body) if isinstance(value, dict) and value.get("files") is True}
    for token in tokens(body):
        shared, _, action = token.rpartition(".")[0].partition("~")
        name, args = msgspec.msgpack.decode(_unbase64(action))
        _, _, target, *_ = msgspec.msgpack.decode(_unbase64(shared))
        found.append(Button(name, args, token, target[0], token in with_files))
    return Screen(status, body, tuple(found), tuple(_words(body)), dict(_fields(body)))


def _unbase64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _gmail_tokens(body: Any) -> Iterator[str]:
    for value in _walk(body):
        if isinstance(value, dict) and value.get("key") == "a":
            yield value["value"]


def _outlook_tokens(body: Any) -> Iterator[str]:
    for value in _walk(body):
        if isinstance(value, dict) and value.get("type") == "Action.Execute" and "a" in value.get("data", {}):
            yield value["data"]["a"]


def _fields(body: Any) -> Iterator[tuple[str, str]]:
    """Yield what stands in the fields: name and value."""
    for value in _walk(body):
        if isinstance(value, dict) and "textInput" in value:
            yield value["textInput"]["name"], value["textInput"].get("value", "")
        if isinstance(value, dict) and value.get("type") == "Input.Text":
            yield value["id"], value.get("value", "")


_SPOKEN: Final = frozenset(
    {
        "text",
        "title",
        "subtitle",
        "topLabel",
        "bottomLabel",
        "header",
        "label",
        "value",
        "toast",
        "hintText",
        "altText",
        "placeholder",
        "tooltip",
    }
)


def _words(body: Any) -> Iterator[str]:
    for value in _walk(body):
        if isinstance(value, dict):
            for key, said in value.items():
                if isinstance(said, str) and key in _SPOKEN and "key" not in value:
                    yield said


def _walk(value: Any) -> Iterator[Any]:
    yield value
    children: Sequence[Any] = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    )
    for child in children:
        yield from _walk(child)


def mail(
    number: int | str,
    *,
    sender: str = "田中 太郎 <tanaka@midori.example>",
    to: str = "support@aoba.example",
    subject: str = "ご注文について",
    text: str = "お世話になっております。注文の件でご連絡しました。",
    references: Sequence[int | str] = (),
    **headers: str,
) -> bytes:
    """Return a plain mail; `number` names its Message-ID, `references` those it answers."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = headers.pop("date", "Fri, 20 Nov 2026 10:00:00 +0900")
    if number != "":
        message["Message-ID"] = f"<{number}@mail.example>"
    if references:
        message["References"] = " ".join(f"<{one}@mail.example>" for one in references)
        message["In-Reply-To"] = f"<{references[-1]}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def with_files(raw: bytes, *files: Attachment) -> bytes:
    """Return the mail with these attached."""
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    for file in files:
        maintype, _, subtype = file.type.partition("/")
        message.add_attachment(file.content, maintype, subtype, filename=file.name)
    return message.as_bytes()


def dumps(body: Any) -> str:
    """Return the JSON as one string, to look for what must not be in it."""
    return json.dumps(body, ensure_ascii=False)

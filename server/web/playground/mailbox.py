"""The sample mailbox: real RFC 5322 files, seen by each agent through a mailbox of their own."""

from __future__ import annotations

import email.utils
import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from functools import cached_property
from pathlib import Path

from server.domain.addresses import parse_addresses
from server.domain.mail import Address
from server.mail import read_html
from server.mail.charsets import repair
from server.mail.words import decode_words
from server.web.playground.decoding import header_text, part_text

_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that hangs on a mail, or a whole mail (without content). `part` is its number among the mail's parts, as Gmail counts them."""

    part: str
    name: str
    type: str
    inline: bool
    content: bytes

    @property
    def is_mail(self) -> bool:
        """Whether it is a mail itself."""
        return self.type == "message/rfc822"


@dataclass(frozen=True)
class StoredMail:
    """One file. `key` names it on the page and is the same in every mailbox; the ids that hosts see are not."""

    key: str
    raw: bytes

    @cached_property
    def message(self) -> Message:
        """The MIME tree."""
        return message_from_bytes(self.raw)

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names and decoded values, in their order."""
        return tuple((name, header_text(str(value))) for name, value in self.message.raw_items())

    def header(self, name: str) -> str:
        """The first header of this name, "" without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def header_block(self) -> str:
        """The headers as they came, folded and encoded."""
        head = re.split(rb"\r?\n\r?\n", self.raw, maxsplit=1)[0]
        return "\r\n".join(head.decode("utf-8", "replace").splitlines()) + "\r\n"

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return self.header("Subject")

    @property
    def sender(self) -> Address:
        """The first mailbox of From."""
        return next(iter(self.people("From")), Address(""))

    def people(self, name: str) -> tuple[Address, ...]:
        """The mailboxes of a header. Split before its encoded words are decoded: a name may hide a comma in one."""
        value = next((str(value) for key, value in self.message.raw_items() if key.lower() == name.lower()), "")
        return parse_addresses(repair(value), decode_words)

    @cached_property
    def date(self) -> int:
        """Seconds since the epoch, 0 for a date that cannot be read."""
        try:
            return int(email.utils.parsedate_to_datetime(self.header("Date")).timestamp())
        except ValueError:
            return 0

    @cached_property
    def text(self) -> str:
        """The body as a mail client shows it in plain text."""
        parts = list(_leaves(self.message))
        for wanted in ("text/plain", "text/html"):
            found = [part_text(part) for part in parts if part.get_content_type() == wanted]
            if found:
                return (
                    "\n\n".join(read_html(html).whole for html in found)
                    if wanted == "text/html"
                    else "\n\n".join(found)
                )
        return ""

    @property
    def attachments(self) -> list[str]:
        """File names of what hangs on the mail."""
        names = (part.get_filename() for part in self.message.walk())
        return [header_text(name) for name in names if name]

    @cached_property
    def enclosed(self) -> tuple[Enclosed, ...]:
        """What hangs on the mail, pictures of its text among it, nothing of an attached mail."""
        return tuple(_enclosed(self.message, ""))

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own Message-ID (when it has one) and every id it refers to."""
        return tuple(
            found for name in ("Message-ID", "In-Reply-To", "References") for found in _ID.findall(self.header(name))
        )


Labels = tuple[str, ...]
"""As Gmail names them: INBOX, SENT, DRAFT."""


class Mailboxes:
    """Which mails each agent has: everything shared, their own private folder, and what came since the start.

    What is sent, drafted and thrown away lives in this process's memory. Requests run on many threads: a change makes
    new tables under a lock, so that whoever is reading goes on with the old ones.
    """

    def __init__(self, mails: Iterable[StoredMail]) -> None:
        self._mails: Mapping[str, StoredMail] = _newest_first(mails)
        self._threads: Mapping[str, str] = _threads(self._mails.values())
        self._held: Mapping[str, Mapping[str, Labels]] = {}  # mails that came since: key to agent to labels
        self._lock = threading.Lock()
        self._serial = 0
        self.version = 0  # grows with every change: the page looks for it

    @classmethod
    def read(cls, folder: Path) -> Mailboxes:
        """Every .eml file under shared/ and private/<agent>/."""
        files = sorted(folder.glob("**/*.eml"))
        return cls(StoredMail(file.relative_to(folder).with_suffix("").as_posix(), file.read_bytes()) for file in files)

    def of(self, agent: str) -> Sequence[StoredMail]:
        """An agent's mails, newest first, without drafts."""
        return [mail for mail in self._mails.values() if {"INBOX", "SENT"}.intersection(self.labels(agent, mail.key))]

    def find(self, agent: str, key: str) -> StoredMail | None:
        """A mail or draft by the page's name for it, if this agent has it."""
        mail = self._mails.get(key)
        return mail if mail is not None and self.labels(agent, key) else None

    def labels(self, agent: str, key: str) -> Labels:
        """Where the mail lies in this mailbox; nothing when it does not."""
        held = self._held.get(key)
        if held is not None:
            return held.get(agent, ())
        return ("INBOX",) if key.startswith(("shared/", f"private/{agent}/")) else ()

    def by_number(self, agent: str, number: int) -> StoredMail | None:
        """A mail or draft by its number in this agent's mailbox."""
        held = (mail for mail in self._mails.values() if self.labels(agent, mail.key))
        return next((mail for mail in held if self.number(agent, mail) == number), None)

    def number(self, agent: str, mail: StoredMail) -> int:
        """The mail's number in this mailbox: another one for each agent, as in real life."""
        return _number("mail", agent, mail.key)

    def thread_number(self, agent: str, mail: StoredMail) -> int:
        """The number of the mail client's own thread."""
        return _number("thread", agent, self._threads[mail.key])

    def thread(self, agent: str, number: int) -> Sequence[StoredMail]:
        """The mails and drafts of a thread, oldest first."""
        held = [mail for mail in self._mails.values() if self.labels(agent, mail.key)]
        return [mail for mail in reversed(held) if self.thread_number(agent, mail) == number]

    def put(self, raw: bytes, holders: Mapping[str, Labels], key: str = "", folder: str = "new") -> StoredMail:
        """Lay a mail or draft into these mailboxes, in the place of the one of this key. It joins the thread that its ids name."""
        with self._lock:
            self._serial += 1
            mail = StoredMail(key or f"{folder}/{self._serial:04}", raw)
            named = set(mail.ids)
            thread = next((self._threads[one.key] for one in self._mails.values() if named & set(one.ids)), mail.key)
            self._threads = {**self._threads, mail.key: thread}
            self._held = {**self._held, mail.key: dict(holders)}
            self._mails = _newest_first([*(one for one in self._mails.values() if one.key != mail.key), mail])
            self.version += 1
        return mail

    def remove(self, key: str) -> None:
        """Throw away what came since the start. The files stay."""
        with self._lock:
            if key in self._held:
                self._mails = {name: mail for name, mail in self._mails.items() if name != key}
                self._held = {name: held for name, held in self._held.items() if name != key}
                self.version += 1


def _newest_first(mails: Iterable[StoredMail]) -> Mapping[str, StoredMail]:
    return {mail.key: mail for mail in sorted(mails, key=lambda mail: (-mail.date, mail.key))}


def _number(kind: str, agent: str, name: str) -> int:
    """A stable number of 60 bits, the size of Gmail's."""
    return int.from_bytes(hashlib.blake2b(f"{kind} {agent} {name}".encode(), digest_size=8).digest()) >> 4 | 1 << 60


def _threads(mails: Iterable[StoredMail]) -> Mapping[str, str]:
    """Key of each mail to the key of a mail of its thread: mails that name a common id are one thread."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    keys = []
    for mail in mails:
        keys.append(mail.key)
        for found in mail.ids:
            parent[root(found)] = root(mail.key)
    return {key: root(key) for key in keys}


def content_of(part: Message) -> bytes:
    """The bytes of a part that has no parts itself."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _subject_in(part: Message) -> str:
    """The subject of an attached mail, by which mail clients name it."""
    inner = part.get_payload()
    return str(inner[0]["Subject"] or "") if isinstance(inner, list) and isinstance(inner[0], Message) else ""


def _enclosed(part: Message, number: str) -> Iterable[Enclosed]:
    if part.get_content_maintype() == "multipart":
        for index, child in enumerate(part.get_payload()):
            if isinstance(child, Message):
                yield from _enclosed(child, f"{number}.{index}" if number else str(index))
    elif part.get_filename() or part.get_content_type() == "message/rfc822":
        name = header_text(part.get_filename() or _subject_in(part))
        inline = part.get_content_disposition() == "inline"
        yield Enclosed(number, name, part.get_content_type(), inline, content_of(part))


def _leaves(message: Message) -> Iterable[Message]:
    """The parts that are shown: no attachments, and nothing of a forwarded mail inside."""
    if message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    elif message.get_content_disposition() != "attachment" and message.get_content_maintype() == "text":
        yield message

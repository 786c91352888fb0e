"""What is written in the playground's two clients: made into mails, and delivered into its mailboxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec

from server.domain.addresses import parse_addresses
from server.domain.mail import Address
from server.domain.reply import Reply
from server.mail.write import written
from server.web.playground.agents import Agent
from server.web.playground.mailbox import Labels, Mailboxes, StoredMail

_ID = re.compile(r"<[^<>\s]+>")
_ANSWER = re.compile(r"\s*(?:re|返信)\s*[:\uff1a]", re.IGNORECASE)
_SPECIAL = re.compile(r'[,:;<>@"\\()\[\]]')
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class Letter(msgspec.Struct, frozen=True):
    """The fields of a compose window, as they are typed."""

    to: str = ""
    cc: str = ""
    subject: str = ""
    text: str = ""
    sender: str = ""  # "" is the account's own address
    answers: str = ""  # the page's name for the mail it answers


class UnsendableError(ValueError):
    """A letter that no mail client would send."""


@dataclass(frozen=True, slots=True)
class PostOffice:
    """Keeps drafts and delivers what is sent. `clock` is the time in seconds."""

    mailboxes: Mailboxes
    agents: Mapping[str, Agent]
    shared: frozenset[str]  # the teams' addresses: what arrives there arrives with everybody
    clock: Callable[[], float]

    def draft(self, agent: Agent, raw: bytes, key: str = "") -> StoredMail:
        """Keep a draft in its writer's mailbox, where one of this key was or as a new one."""
        return self.mailboxes.put(self._dressed(raw, agent, ""), {agent.id: ("DRAFT",)}, key, "draft")

    def keep(self, agent: Agent, letter: Letter, key: str = "") -> StoredMail:
        """What is in a compose window as a draft; unfinished addresses are left out."""
        return self.draft(agent, self._raw(agent, letter, key), key)

    def send(self, agent: Agent, letter: Letter, draft: str = "") -> StoredMail:
        """Deliver a letter to its sender and to whoever has a mailbox here; its draft is gone.

        Raises UnsendableError.
        """
        if not parse_addresses(letter.to) + parse_addresses(letter.cc):
            raise UnsendableError("nobody to send it to")
        raw = self._dressed(self._raw(agent, letter, draft), agent, agent.domain)
        if draft:
            self.mailboxes.remove(draft)
        return self._deliver(raw, agent.id)

    def answer(self, sent: StoredMail, text: str) -> StoredMail:
        """The customer's next mail, to everybody who was on the one they got.

        Raises UnsendableError.
        """
        party = self.customer(sent)
        if party is None:
            raise UnsendableError("no customer got this mail")
        others = [one for one in (*sent.people("To"), *sent.people("Cc")) if one.email != party.email]
        # As customers do who have the address from the website: the team hears of it, too.
        team = min(self.shared)
        cc = others if any(one.email in self.shared for one in (sent.sender, *others)) else [*others, Address(team)]
        letter = Reply(
            to=(sent.sender,),
            cc=tuple(cc),
            subject=answering(sent.subject),
            text=f"{text}\n\n{quoted(sent)}",
            sender=party,
            in_reply_to=sent.header("Message-ID"),
            references=_chain(sent),
        )
        return self._deliver(_with(self._head(party.email.rpartition("@")[2]), written(letter)), "")

    def customer(self, sent: StoredMail) -> Address | None:
        """The customer who got this mail of ours, None for others."""
        if not self._is_ours(sent.sender.email):
            return None
        return next((one for one in (*sent.people("To"), *sent.people("Cc")) if not self._is_ours(one.email)), None)

    def _raw(self, agent: Agent, letter: Letter, draft: str) -> bytes:
        """Of a mail that answers another, the ids are kept as the add-on's draft or the answered mail has them."""
        kept = self.mailboxes.find(agent.id, draft) if draft else None
        answered = self.mailboxes.find(agent.id, letter.answers) if letter.answers else None
        reply = Reply(
            to=parse_addresses(letter.to),
            cc=parse_addresses(letter.cc),
            subject=letter.subject,
            text=letter.text,
            sender=next(iter(parse_addresses(letter.sender)), None) or Address(agent.email, agent.name),
        )
        if kept is not None and kept.header("In-Reply-To"):
            references = tuple(_ID.findall(kept.header("References")))
            reply = replace(reply, in_reply_to=kept.header("In-Reply-To"), references=references)
        elif answered is not None:
            reply = replace(reply, in_reply_to=answered.header("Message-ID"), references=_chain(answered))
        try:
            return written(reply)
        except ValueError as error:
            raise UnsendableError(str(error)) from error

    def _deliver(self, raw: bytes, sender: str) -> StoredMail:
        mail = StoredMail("", raw)
        reached = {one.email.lower() for one in (*mail.people("To"), *mail.people("Cc"))}
        everybody = not reached.isdisjoint(self.shared)
        holders: dict[str, Labels] = {}
        for agent in self.agents.values():
            arrives = everybody or agent.email in reached
            labels = (("SENT",) if agent.id == sender else ()) + (("INBOX",) if arrives else ())
            if labels:
                holders[agent.id] = labels
        return self.mailboxes.put(raw, holders)

    def _dressed(self, raw: bytes, agent: Agent, domain: str) -> bytes:
        """With what the mailbox itself gives a mail: the date, the sender's name, and (when it is sent) an id."""
        head = _HEAD_END.split(raw, maxsplit=1)[0].lower()
        lines = [] if b"\nfrom:" in b"\n" + head else [written_sender(agent)]
        return _with(self._head(domain) + lines, raw)

    def _head(self, domain: str) -> list[bytes]:
        now = self.clock()
        lines = [f"Date: {format_datetime(datetime.fromtimestamp(now, UTC))}".encode()]
        if domain:
            lines.append(f"Message-ID: <{self.mailboxes.version}.{int(now * 1000):x}@{domain}>".encode())
        return lines

    def _is_ours(self, email: str) -> bool:
        return email in self.shared or any(email == agent.email for agent in self.agents.values())


def answering(subject: str) -> str:
    """The subject of an answer."""
    return subject if _ANSWER.match(subject) else f"Re: {subject}"


def quoted(mail: StoredMail) -> str:
    """The mail as clients quote it."""
    lines = "\n".join(f"> {line}".rstrip() for line in mail.text.strip().splitlines())
    return f"{mail.sender.name or mail.sender.email}:\n{lines}"


def shown(people: Iterable[Address]) -> str:
    """Addresses as they stand in the field of a compose window."""
    return ", ".join(_shown(one) for one in people)


def own_reply(agent: Agent, mail: StoredMail) -> Mapping[str, object]:
    """What the clients' own buttons put into a reply: they know nothing of teams, so a shared address stays in Cc."""
    mine = mail.sender.email == agent.email
    to = mail.people("To") if mine else mail.people("Reply-To") or mail.people("From")
    taken = {agent.email, *(one.email for one in to)}
    others = [*(() if mine else mail.people("To")), *mail.people("Cc")]
    return {
        "to": shown(to),
        "cc": shown(one for one in others if one.email not in taken),
        "subject": answering(mail.subject),
        "quote": quoted(mail),
    }


def written_sender(agent: Agent) -> bytes:
    """The From line of an account."""
    raw = written(Reply(to=(), cc=(), subject="", text="", sender=Address(agent.email, agent.name)))
    return raw.split(b"\r\nSubject:", 1)[0]


def _shown(one: Address) -> str:
    if not one.name:
        return one.email
    name = f'"{one.name}"' if _SPECIAL.search(one.name) else one.name
    return f"{name} <{one.email}>"


def _chain(mail: StoredMail) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ID.findall(f"{mail.header('References')} {mail.header('Message-ID')}")))


def _with(lines: Iterable[bytes], raw: bytes) -> bytes:
    return b"\r\n".join([*lines, raw])

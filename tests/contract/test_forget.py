"""`sobani forget`: what a person wrote, and what was written to them, is nowhere afterwards; what others wrote stays."""

from __future__ import annotations

from typing import Any

from server.domain.ids import digest
from tests.contract.office import Office, mail

TANAKA = "tanaka@midori.example"


def everything(office: Office) -> bytes:
    """Return all keys and values of the store, one after the other."""
    client: Any = office.store.library.client
    found: list[bytes] = []
    for key in client.scan_iter(count=1000):
        match client.type(key):
            case b"string":
                values = [client.get(key)]
            case b"hash":
                values = [part for pair in client.hgetall(key).items() for part in pair]
            case b"list":
                values = client.lrange(key, 0, -1)
            case b"stream":
                values = [part for _, entry in client.xrange(key) for pair in entry.items() for part in pair]
            case _:
                values = client.zrange(key, 0, -1)
        found += (key, *values)
    return b"\n".join(found)


def test_a_person_alone_in_their_conversations_leaves_nothing(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(mail(1, subject="秘密の相談", text="給料日まで待ってください。"))
    sato.clicks(card.button("note"), {"note": "事情を聞いた"})
    sato.opens(mail(2, sender="support@aoba.example", to=TANAKA, subject="Re: 秘密の相談", references=[1]))
    sato.opens(mail(1, subject="秘密の相談", text="給料日まで待ってください。"))
    workspace = office.store.directory.workspace("aoba")
    assert workspace
    went = office.store.conversations.forget(workspace, TANAKA)
    assert (went.conversations, went.mails, went.notes, went.customers) == (1, 2, 1, 1)
    left = everything(office)
    for trace in (TANAKA, digest(TANAKA), "田中", "秘密の相談", "給料日", "事情を聞いた"):
        assert trace.encode() not in left, trace
    assert office.store.conversations.forget(workspace, TANAKA).mails == 0


def test_what_a_colleague_of_theirs_wrote_stays(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    sato.opens(mail(1, subject="見積もり", text="田中の依頼です。"))
    sato.opens(
        mail(
            2,
            sender="support@aoba.example",
            to=TANAKA,
            subject="Re: 見積もり",
            text="田中様、承知しました。",
            references=[1],
        )
    )
    yamada = mail(
        3, sender="山田 <yamada@midori.example>", subject="Re: 見積もり", text="山田が引き継ぎます。", references=[1, 2]
    )
    sato.opens(yamada)
    workspace = office.store.directory.workspace("aoba")
    assert workspace
    went = office.store.conversations.forget(workspace, TANAKA)
    assert (went.conversations, went.mails, went.shortened) == (0, 2, 1)
    left = everything(office)
    for trace in (TANAKA, digest(TANAKA), "田中"):
        assert trace.encode() not in left, trace
    card = sato.opens(yamada)
    assert "山田" in card.text
    assert card.has("take")

"""A person who is forgotten is nowhere any more; what others wrote stays."""

from __future__ import annotations

from server.domain.changes import AddNote, Assign, MergeCustomers, Take
from server.domain.ids import digest
from tests.contract.office import mail
from tests.store.shop import Shop

TANAKA = "田中 太郎 <tanaka@midori.example>"
ADDRESS = "tanaka@midori.example"


def test_nothing_of_a_forgotten_person_is_left_in_any_key_or_value(shop: Shop) -> None:
    raw = mail("q", sender=TANAKA, subject="秘密の件名", text="秘密の本文です。")
    view = shop.opens(raw)
    shop.acts(view, AddNote("秘密のメモ @鈴木", ("suzuki",)))
    shop.acts(shop.opens(raw), Take())
    shop.acts(shop.opens(raw), Assign("suzuki"))
    shop.opens(mail("r", sender="support@aoba.example", to=TANAKA, subject="Re: 秘密の件名", references=["q"]))
    shop.opens(mail("q2", sender=TANAKA, subject="秘密の二件目"), "suzuki")
    went = shop.conversations.forget(shop.workspace, ADDRESS)
    assert (went.conversations, went.mails, went.notes, went.customers, went.shortened) == (2, 3, 1, 1, 0)
    private = [ADDRESS.encode(), digest(ADDRESS).encode(), "秘密".encode(), "田中".encode()]
    left = {key: value for key, value in shop.everything().items() if any(p in key or p in value for p in private)}
    assert left == {}
    for person in ("sato", "suzuki"):
        queue = shop.conversations.queue(shop.viewer(person))
        assert set(queue.counts.values()) == {0}
    assert shop.conversations.forget(shop.workspace, ADDRESS).mails == 0


def test_what_others_wrote_in_the_same_conversation_stays(shop: Shop) -> None:
    shop.opens(mail(1, sender="山田 <yamada@midori.example>", subject="共同の件", text="山田です。"))
    shop.opens(mail(2, sender=TANAKA, references=[1], subject="Re: 共同の件", text="秘密の返事です。"))
    went = shop.conversations.forget(shop.workspace, ADDRESS)
    assert (went.conversations, went.shortened, went.mails) == (0, 1, 1)
    view = shop.opens(mail(1, sender="山田 <yamada@midori.example>", subject="共同の件", text="山田です。"))
    assert view.conversation.mails == 1
    assert view.conversation.customer == "yamada@midori.example"
    private = [ADDRESS.encode(), "秘密".encode(), digest(ADDRESS).encode()]
    left = {key: value for key, value in shop.everything().items() if any(p in key or p in value for p in private)}
    assert left == {}
    again = shop.opens(mail(3, sender="山田 <yamada@midori.example>", references=[1]))
    assert again.conversation.id == view.conversation.id


def test_one_address_of_a_person_with_two_goes_alone(shop: Shop) -> None:
    work = shop.opens(mail("w", sender=TANAKA))
    shop.opens(mail("h", sender="taro <taro@gmail.com>", subject="自宅から"))
    shop.acts(work, MergeCustomers("taro@gmail.com"))
    went = shop.conversations.forget(shop.workspace, "taro@gmail.com")
    assert (went.conversations, went.customers) == (1, 0)
    view = shop.opens(mail("w", sender=TANAKA))
    assert view.customer
    assert view.customer.addresses == (ADDRESS,)
    assert not [
        key for key, value in shop.everything().items() if b"taro@gmail.com" in value or "自宅".encode() in value
    ]

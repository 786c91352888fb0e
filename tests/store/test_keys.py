"""Every key of the store is one of those that are named, and lives as long as is said there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.changes import AddNote, EditCustomer, HandOver, Move, SetDue, SetHold, Take, TakeOver
from server.domain.events import Identity, Pointer
from server.domain.workspace import Viewer
from server.store.keys import FAMILIES, REGISTER, Family, Kind
from tests.contract.office import mail
from tests.store.shop import Shop


def patterns() -> Iterator[tuple[re.Pattern[str], Family]]:
    for family in FAMILIES:
        pattern = re.escape(family.pattern)
        pattern = (
            pattern.replace("<digest>", "[0-9a-f]{32}").replace("<id>", "[a-z][0-9]+").replace("<team>", "[a-z0-9_-]+")
        )
        yield re.compile(re.escape("{w:aoba}:") + re.sub("<[a-z]+>", ".+", pattern)), family


def busy(shop: Shop) -> None:
    """A day at the desk."""
    directory = shop.store.directory
    for number in range(3):
        identity = Identity("google", "aoba.example", f"g{number}", f"new{number}@aoba.example", "新人")
        assert isinstance(directory.viewer(identity), Viewer)
    for n in range(6):
        raw = mail(n, sender=f"客 <c{n % 3}@shop.example>")
        shop.conversations.open_mail(shop.viewer(), shop.placing(raw), Pointer("gmail", "g1", f"msg-f:{n}"))
        shop.opens(raw, "suzuki")
    shop.acts(shop.opens(mail(0)), Take())
    shop.acts(shop.opens(mail(0)), HandOver("suzuki", "お願いします"))
    claim = shop.opens(mail(0)).conversation.claim
    assert claim
    shop.acts(shop.opens(mail(0)), TakeOver("急ぎ", claim.fence))
    shop.acts(shop.opens(mail(1)), AddNote("@鈴木", ("suzuki",)))
    shop.acts(shop.opens(mail(1)), EditCustomer("山田", "", "店", "", ""))
    shop.acts(shop.opens(mail(2)), SetDue(1_000))
    shop.acts(shop.opens(mail(3)), SetHold("customer"))
    shop.acts(shop.opens(mail(4)), Move("hr"))
    shop.opens(mail(7, references=[0, 1], sender="客 <c0@shop.example>"))


def test_every_key_is_of_one_family_and_lives_as_that_says(shop: Shop) -> None:
    busy(shop)
    seen = set()
    for raw in shop.client.scan_iter(count=1000):
        key = raw.decode()
        if key == REGISTER:
            continue
        (family,) = [family for pattern, family in patterns() if pattern.fullmatch(key)]
        seen.add(family.pattern)
        expires = shop.client.ttl(key)
        assert (expires == -1) == (family.lifetime == "kept"), (key, expires, family.lifetime)
        assert not (family.kind is not Kind.RECORD and expires == -1), "a cache that never goes"
    assert len(seen) > 20


def test_no_address_stands_in_a_key(shop: Shop) -> None:
    busy(shop)
    assert not [key for key in shop.client.scan_iter() if b"@" in key]


def test_applying_and_importing_twice_changes_no_key(shop: Shop) -> None:
    mails = [shop.placing(mail(n, sender=f"客 <c{n}@shop{n}.example>")) for n in range(30)]
    first = shop.conversations.ingest(shop.workspace, mails)
    before = shop.everything()
    again = shop.conversations.ingest(shop.workspace, mails)
    assert (first.new, again.new, again.known) == (30, 0, 30)
    assert shop.everything() == before


def test_no_two_families_could_name_the_same_key() -> None:
    beginnings = [family.pattern.partition("<")[0] for family in FAMILIES]
    assert len(set(beginnings)) == len(beginnings)

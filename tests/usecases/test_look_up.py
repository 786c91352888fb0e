"""A look-up: whom a CRM means, by what is known already and by what it answers."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from server.domain.crm import Asked, CrmRef, Entry, Known, Reason, Record, Trouble, Wanted
from server.usecases.look_up import look_up
from tests.standins.crm.memory import MemoryCrm, record

ADDRESS: Final = "tanaka@midori.example"
WANTED: Final = Wanted(addresses=(Asked(ADDRESS),), names=("田中 太郎",), domain="midori.example")
NOW: Final = 1_795_000_000_000


def ref(id_: str) -> CrmRef:
    return CrmRef("x1", "contact", id_)


def looked(crm: MemoryCrm, known: Known = Known(), wanted: Wanted = WANTED, *, again: bool = False) -> Entry:  # noqa: B008 - frozen
    return look_up(crm, "x1", known, wanted, NOW, again=again)


def test_the_one_with_the_address_is_found() -> None:
    entry = looked(MemoryCrm(record(), record("2", addresses=("other@midori.example",))))
    assert (entry.state, entry.reason, entry.record and entry.record.ref) == ("found", Reason.EXACT, ref("1"))


def test_nobody_is_nobody() -> None:
    assert looked(MemoryCrm()).state == "none"


def test_of_several_none_is_loaded() -> None:
    crm = MemoryCrm(record("1", name="港 一郎"), record("2", name="港 花子"))
    entry = looked(crm)
    assert (entry.state, entry.record, len(entry.candidates)) == ("several", None, 2)
    assert crm.calls["load"] == 0


def test_a_chosen_record_is_loaded_and_nothing_is_searched() -> None:
    crm = MemoryCrm(record(), record("2", addresses=()))
    entry = looked(crm, Known(link=ref("2")))
    assert (entry.reason, entry.record and entry.record.ref) == (Reason.CHOSEN, ref("2"))
    assert crm.calls["find"] == 0


def test_a_chosen_record_that_is_gone_leaves_the_search() -> None:
    assert looked(MemoryCrm(record()), Known(link=ref("9"))).reason == Reason.EXACT


def test_who_it_is_not_is_never_shown_but_can_be_linked_again() -> None:
    entry = looked(MemoryCrm(record()), Known(unlike=frozenset({ref("1")})))
    assert (entry.state, entry.record) == ("several", None)
    assert [one.ref for one in entry.candidates] == [ref("1")]


def test_a_record_found_before_is_loaded_by_its_id() -> None:
    crm = MemoryCrm(record())
    before = looked(crm)
    crm.calls.clear()
    assert looked(crm, Known(entry=before)).record == before.record
    assert crm.calls == {"load": 1}
    assert looked(crm, Known(entry=before), again=True).record == before.record
    assert crm.calls == {"load": 2, "find": 1}


def test_a_record_that_has_lost_the_address_is_searched_anew() -> None:
    crm = MemoryCrm(record())
    before = looked(crm)
    crm.records = {"1": record(addresses=("someone@else.example",)), "2": record("2")}
    entry = looked(crm, Known(entry=before))
    assert entry.record
    assert entry.record.ref == ref("2")


def test_a_record_of_the_same_mailbox_is_not_searched_for_again() -> None:
    wanted = Wanted((Asked("tanaka.taro@gmail.com"), Asked("tanakataro@gmail.com", Reason.SUBADDRESS)), ("田中 太郎",))
    crm = MemoryCrm(record(addresses=("t.anaka.taro+shop@googlemail.com",)))
    crm.impostor = True  # searches in words, as some do
    before = looked(crm, wanted=wanted)
    assert before.reason == Reason.SUBADDRESS
    crm.calls.clear()
    assert looked(crm, Known(entry=before), wanted=wanted).record == before.record
    assert crm.calls == {"load": 1}


def test_a_record_that_turns_out_to_be_anothers_is_not_shown() -> None:
    class Mixed(MemoryCrm):
        def load(self, ref: CrmRef) -> Record:
            return msgspec.structs.replace(super().load(ref), name="別の 人", addresses=("someone@else.example",))

    entry = looked(Mixed(record()))
    assert (entry.state, entry.record) == ("several", None)


def test_a_crm_that_answers_with_another_record_is_not_believed() -> None:
    crm = MemoryCrm()
    crm.records = {"1": record("7")}
    entry = looked(crm, Known(link=ref("1")))
    assert (entry.state, entry.record, entry.trouble) == ("failed", None, "garbled")


@pytest.mark.parametrize("trouble", ["down", "slow", "busy", "refused", "garbled", "broken"])
def test_what_was_known_outlives_a_failure(trouble: Trouble) -> None:
    crm = MemoryCrm(record())
    before = msgspec.structs.replace(looked(crm), at=NOW - 60_000)
    crm.trouble = trouble
    entry = looked(crm, Known(entry=before))
    assert (entry.record, entry.at, entry.trouble, entry.tried) == (before.record, NOW - 60_000, trouble, NOW)
    first = looked(crm)
    assert (first.state, first.at, first.trouble) == ("failed", 0, trouble)


def test_addresses_of_an_earlier_mail_are_asked_for_again() -> None:
    crm = MemoryCrm(record(addresses=("reply@midori.example",)))
    with_reply = Wanted(
        (*WANTED.addresses, Asked("reply@midori.example", Reason.REPLY_TO)), WANTED.names, WANTED.domain
    )
    before = looked(crm, wanted=with_reply)
    assert before.reason == Reason.REPLY_TO
    assert looked(crm, Known(entry=before), again=True).reason == Reason.REPLY_TO

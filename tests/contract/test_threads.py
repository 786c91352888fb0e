"""One conversation for every client: found by ids, whatever the order of arrival."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.office import Button, Office, mail


def test_a_reply_finds_its_conversation_in_the_other_client(office: Office, clients: tuple[str, str]) -> None:
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    question = sato.opens(mail(1))
    answer = suzuki.opens(mail(2, sender="support@aoba.example", to="tanaka@midori.example", references=[1]))
    thanks = suzuki.opens(mail(3, references=[1, 2]))
    assert question.conversation == answer.conversation == thanks.conversation


def test_ids_are_the_same_however_they_are_written(office: Office, clients: tuple[str, str]) -> None:
    """Brackets, case of the domain, folding, stray blanks."""
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    first = sato.opens(mail(1))
    folded = mail(2).replace(
        b"Message-ID: <2@mail.example>", b"Message-ID: <2@mail.example>\r\nReferences:\r\n\t< 1@MAIL.Example >"
    )
    assert suzuki.opens(folded).conversation == first.conversation


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([1, 2, 3, 4, 5]), start=st.integers(0, 10**9))
def test_a_thread_is_one_conversation_in_any_order_of_arrival(office: Office, order: list[int], start: int) -> None:
    """A chain where each mail names only the one before it, as some clients do."""
    sato, suzuki = office.at_gmail("sato@aoba.example"), office.at_outlook("suzuki@aoba.example")
    person = f"客 <c{start}@shop{start}.example>"
    chain = {
        n: mail(f"{start}-{n}", sender=person, references=[f"{start}-{n - 1}"] if n > 1 else []) for n in range(1, 6)
    }
    for turn, n in enumerate(order):
        (sato if turn % 2 else suzuki).opens(chain[n])
    assert len({sato.opens(raw).conversation for raw in chain.values()}) == 1


def test_a_merge_keeps_the_older_claim_and_can_be_undone_for_good(office: Office, clients: tuple[str, str]) -> None:
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    older = sato.opens(mail(1, subject="一件目"))
    sato.clicks(older.button("take"))
    newer = suzuki.opens(mail(2, subject="二件目"))
    suzuki.clicks(newer.button("take"))
    suzuki.clicks(newer.button("note"), {"note": "二件目のメモ"})
    proof = mail(3, references=[1, 2], date="Fri, 20 Nov 2026 12:00:00 +0900")
    merged = sato.opens(proof)
    assert merged.conversation == older.conversation == suzuki.opens(mail(2, subject="二件目")).conversation
    assert merged.has("release")
    assert "二件目のメモ" in merged.text
    question = sato.clicks(merged.button("ask", what="unmerge"))
    parts = [one for one in question.buttons if one.name == "unmerge"]
    sato.clicks(parts[0])
    assert suzuki.opens(mail(2, subject="二件目")).conversation == newer.conversation
    assert "二件目のメモ" in suzuki.opens(mail(2, subject="二件目")).text
    assert "二件目のメモ" not in sato.opens(mail(1, subject="一件目")).text
    again = mail(4, references=[1, 2], date="Fri, 20 Nov 2026 13:00:00 +0900")
    sato.opens(again)
    assert suzuki.opens(mail(2, subject="二件目")).conversation == newer.conversation


def test_a_mail_without_an_id_is_the_same_in_both_clients_and_says_so(office: Office, clients: tuple[str, str]) -> None:
    raw = mail("", subject="Re: 見積もりの件")
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    first, second = sato.opens(raw), suzuki.opens(raw)
    assert first.conversation == second.conversation
    assert "Message-ID" in first.text


def test_a_colleague_of_the_customer_joins_the_thread_a_free_mail_stranger_does_not(
    office: Office, client: str
) -> None:
    sato = office.at(client, "sato@aoba.example")
    first = sato.opens(mail(1))
    colleague = sato.opens(mail(2, sender="山田 <yamada@midori.example>", references=[1]))
    assert colleague.conversation == first.conversation
    free = sato.opens(mail(3, sender="A <a@gmail.com>"))
    other = sato.opens(mail(4, sender="B <b@gmail.com>", references=[3]))
    assert free.conversation != other.conversation


def test_a_thousand_references_and_a_loop_are_harmless(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    first = sato.opens(mail(1))
    many = sato.opens(mail(2, references=[1, *(f"x{n}" for n in range(998)), 2]))
    assert many.status == 200
    assert many.conversation == first.conversation
    loop = sato.opens(mail(3, references=[3, 3]))
    assert loop.has("take")


def test_a_stale_token_of_a_merged_part_still_leads_to_the_whole(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    sato.opens(mail(1))
    newer = sato.opens(mail(2))
    note: Button = newer.button("note")
    sato.opens(mail(3, references=[1, 2]))
    assert "結合後のメモ" in sato.clicks(note, {"note": "結合後のメモ"}).text
    assert "結合後のメモ" in sato.opens(mail(1)).text

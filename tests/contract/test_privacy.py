"""A mail that is not the team's stays private; a private team's mail stays in the team."""

from __future__ import annotations

import redis

from server.usecases.apply import apply
from tests.contract.office import Office, Screen, dumps, mail

SECRET = "給与の改定について"


def keys_of(office: Office) -> set[bytes]:
    """Return every key in the store."""
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    return set(client.scan_iter(count=1000))


def says_nothing(screen: Screen, *secrets: str) -> bool:
    """Whether none of these words is anywhere in the answer, drawn or not."""
    return not any(secret in dumps(screen.body) for secret in secrets)


def test_a_private_mail_is_not_kept_nor_shown(office: Office, client: str) -> None:
    raw = mail(1, sender="友人 <friend@personal.example>", to="sato@aoba.example", subject=SECRET)
    sato = office.at(client, "sato@aoba.example")
    sato.goes_home()
    before = keys_of(office)
    card = sato.opens(raw)
    assert card.status == 200
    assert card.has("adopt")
    assert says_nothing(card, SECRET, "friend@")
    assert keys_of(office) == before


def test_a_private_mail_becomes_the_teams_when_its_owner_says_so(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1, sender="友人 <friend@personal.example>", to="sato@aoba.example", subject="個人宛のご相談")
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    joined = sato.clicks(sato.opens(raw).button("adopt"), mail=raw)
    assert joined.has("take")
    assert sato.opens(raw).has("take")
    answer = mail(2, sender="友人 <friend@personal.example>", subject="Re: 個人宛のご相談", references=[1])
    assert suzuki.opens(answer).has("take")
    assert "(2)" in suzuki.opens(answer).text


def test_an_answer_to_the_agent_alone_joins_the_teams_thread_of_the_same_customer(
    office: Office, clients: tuple[str, str]
) -> None:
    team = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    suzuki.clicks(suzuki.opens(team).button("take"))
    personal = mail(2, to="sato@aoba.example", references=[1])
    assert "鈴木" in sato.opens(personal).text
    stranger = mail(3, sender="他人 <other@elsewhere.example>", to="sato@aoba.example", references=[1])
    assert sato.opens(stranger).has("adopt")


def test_a_mail_to_two_teams_belongs_to_the_first_and_is_one_conversation(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1, to="sales@aoba.example, support@aoba.example")
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    assert "佐藤" in suzuki.opens(raw).text
    (conversation,) = [key for key in keys_of(office) if b":c:" in key]
    stored = office.store.library.client.get(conversation)
    assert isinstance(stored, bytes)
    assert stored.index(b"sales") < stored.index(b"support")


def test_a_private_teams_mail_is_its_members_only_whoever_opens_it_first(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1, sender="応募者 <applicant@personal.example>", to="hr@aoba.example", subject=SECRET)
    member, outsider = office.at(clients[0], "yamamoto@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    assert says_nothing(outsider.opens(raw), SECRET)
    member.clicks(member.opens(raw).button("note"), {"note": "面接は来週です"})
    calm = outsider.opens(raw)
    assert says_nothing(calm, SECRET, "面接は来週です", "applicant@")
    assert not calm.has("take")
    assert "面接は来週です" in member.opens(raw).text


def test_a_private_teams_history_is_hidden_from_others(office: Office, clients: tuple[str, str]) -> None:
    person = "応募者 <applicant@personal.example>"
    member, outsider = office.at(clients[0], "yamamoto@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    member.opens(mail(1, sender=person, to="hr@aoba.example", subject=SECRET))
    order = mail(2, sender=person, subject="商品の問い合わせ")
    assert says_nothing(outsider.opens(order), SECRET)
    assert SECRET in member.opens(order).text


def test_an_answer_to_the_private_team_does_not_join_the_open_thread(office: Office, clients: tuple[str, str]) -> None:
    """The same customer, the same thread, another circle: two conversations, in both orders of opening."""
    open_mail, private = mail(1, subject="見積もり"), mail(2, to="hr@aoba.example", subject=SECRET, references=[1])
    member, outsider = office.at(clients[0], "yamamoto@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    outsider.opens(open_mail)
    member.opens(private)
    assert says_nothing(outsider.opens(open_mail), SECRET)
    assert says_nothing(outsider.opens(private), SECRET)
    later = mail(3, subject="見積もりの続き", references=[1, 2])
    assert says_nothing(outsider.opens(later), SECRET)


def test_a_notice_answered_by_strangers_is_as_many_conversations(office: Office, clients: tuple[str, str]) -> None:
    """A Bcc notice: every answer refers to it, none to another."""
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.opens(
        mail("notice", sender="support@aoba.example", to="support@aoba.example", subject="メンテナンスのお知らせ")
    )
    answers = [
        mail(f"a{n}", sender=f"Person {n} <p{n}@company{n}.example>", subject=f"Re: 回答{n}番", references=["notice"])
        for n in range(50)
    ]
    for answer in answers[:25]:
        sato.opens(answer)
    for answer in answers[25:]:
        suzuki.opens(answer)
    conversations = [key for key in keys_of(office) if b":c:" in key]
    assert len(conversations) == 51
    assert says_nothing(suzuki.opens(answers[0]), "回答1番", "p1@", "company7.example")
    taken = sato.clicks(sato.opens(answers[3]).button("take"))
    assert taken.has("release")
    assert suzuki.opens(answers[4]).has("take")


def test_a_forged_reference_opens_nobodys_history(office: Office, clients: tuple[str, str]) -> None:
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    real = sato.opens(mail(1, subject="契約金額の件"))
    sato.clicks(real.button("note"), {"note": "値引きは10%まで"})
    forged = suzuki.opens(mail(2, sender="悪意 <evil@attacker.example>", subject="Re: 契約金額の件", references=[1]))
    assert says_nothing(forged, "値引きは10%まで", "midori.example")
    assert forged.has("take")


def test_the_same_id_with_another_sender_and_date_is_another_mail(office: Office, clients: tuple[str, str]) -> None:
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(mail(1, subject="本物")).button("note"), {"note": "内密の値引き"})
    twin = mail(1, subject="偽物", sender="悪意 <evil@attacker.example>", date="Sat, 21 Nov 2026 09:00:00 +0900")
    card = suzuki.opens(twin)
    assert says_nothing(card, "内密の値引き", "本物")
    assert "内密の値引き" in sato.opens(mail(1, subject="本物")).text


def test_subject_alone_never_joins(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    sato.clicks(sato.opens(mail(1, subject="ご注文について")).button("take"))
    assert sato.opens(mail(2, subject="Re: ご注文について")).has("take")


def test_moving_to_a_private_team_hides_it_and_the_next_mail_starts_anew(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1, subject=SECRET)
    member, outsider = office.at(clients[0], "yamamoto@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    question = member.clicks(member.opens(raw).button("ask", what="move"))
    member.clicks(question.button("move"), {"team": "hr"})
    assert says_nothing(outsider.opens(raw), SECRET)
    follow = outsider.opens(mail(2, subject="その後いかがでしょうか", references=[1]))
    assert follow.has("take")
    assert says_nothing(follow, SECRET)


def test_another_workspaces_conversation_cannot_be_reached(office: Office, client: str) -> None:
    """A second company on the same service: its agents get neither cards nor clicks of the first."""
    other = """
[workspace]
id = "kita"
name = "北商店"
google_domains = ["kita.example"]
entra_tenants = ["77777777-6f0e-4b0e-9d3c-52a1a7f1c002"]
open_to_domain = true
[[team]]
id = "support"
name = "窓口"
addresses = ["help@kita.example"]
"""
    apply(office.store.directory, other)
    sato = office.at(client, "sato@aoba.example")
    raw = mail(1, subject=SECRET)
    card = sato.opens(raw)
    there = {"domain": "kita.example"} if client == "gmail" else {"tenant": "77777777-6f0e-4b0e-9d3c-52a1a7f1c002"}
    spy = office.at(client, "spy@kita.example", **there)
    assert says_nothing(spy.opens(raw), "midori.example", SECRET) or spy.opens(raw).has("adopt")
    refused = spy.clicks(card.button("take"))
    assert refused.status in {200, 403}
    assert says_nothing(refused, SECRET, "tanaka")
    assert sato.opens(raw).has("take")

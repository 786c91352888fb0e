"""A claim stops the second reply, whichever clients the two agents use."""

from __future__ import annotations

from tests.contract.office import Office, mail


def test_one_takes_the_other_is_stopped(office: Office, clients: tuple[str, str]) -> None:
    """Both open the same mail; one claims it; the other's stale button changes nothing and says who and since when."""
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    first, second = sato.opens(raw), suzuki.opens(raw)
    assert "田中 太郎" in first.text
    assert "田中 太郎" in second.text
    taken = sato.clicks(first.button("take"))
    assert taken.has("release")
    refused = suzuki.clicks(second.button("take"))
    assert "佐藤" in refused.text
    assert not refused.has("take")
    assert refused.has("ask")
    assert "佐藤" in suzuki.opens(raw).text


def test_a_replayed_click_is_one_change(office: Office, client: str) -> None:
    """Both hosts send clicks again."""
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example")
    card = sato.opens(raw)
    for _ in range(3):
        noted = sato.clicks(card.button("note"), {"note": "電話しました"})
        assert noted.text.count("電話しました") == 1


def test_taking_over_needs_a_reason_and_tells_the_former_owner(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    question = suzuki.clicks(suzuki.opens(raw).button("ask", what="take_over"))
    asked_again = suzuki.clicks(question.button("take_over"), {"reason": "  "})
    assert asked_again.has("take_over")
    taken = suzuki.clicks(question.button("take_over"), {"reason": "お急ぎのため"})
    assert taken.has("release")
    told = sato.opens(raw)
    assert "鈴木" in told.text
    assert "お急ぎのため" in told.text
    again = sato.opens(raw)
    assert again.text.count("お急ぎのため") < told.text.count("お急ぎのため")


def test_a_take_over_of_a_lease_that_changed_hands_is_stale_and_keeps_the_reason(office: Office, client: str) -> None:
    """The fence: the reason was given for another colleague's claim."""
    raw = mail(1)
    sato, suzuki, ito = (office.at(client, f"{name}@aoba.example") for name in ("sato", "suzuki", "ito"))
    sato.clicks(sato.opens(raw).button("take"))
    question = suzuki.clicks(suzuki.opens(raw).button("ask", what="take_over"))
    ito_asks = ito.clicks(ito.opens(raw).button("ask", what="take_over"))
    ito.clicks(ito_asks.button("take_over"), {"reason": "先に対応します"})
    refused = suzuki.clicks(question.button("take_over"), {"reason": "代わりに返信します"})
    assert "伊藤" in refused.text
    assert "代わりに返信します" in "".join(refused.fields.values())
    assert "伊藤" in sato.opens(raw).text


def test_a_claim_without_activity_ends_and_says_so(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    office.later(29)
    assert not suzuki.opens(raw).has("take")
    office.later(2)
    card = suzuki.opens(raw)
    assert "佐藤" in card.text
    assert suzuki.clicks(card.button("take")).has("release")


def test_looking_at_it_keeps_ones_own_claim(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    office.later(20)
    sato.opens(raw)
    office.later(20)
    assert not suzuki.opens(raw).has("take")


def test_a_reply_being_written_holds_longer_and_is_shown(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("start_reply"))
    assert "返信" in suzuki.opens(raw).text
    office.later(100)
    assert not suzuki.opens(raw).has("take")
    office.later(25)
    assert suzuki.opens(raw).has("take")


def test_done_ends_the_claim_and_anybody_can_reopen(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    mine = sato.clicks(sato.opens(raw).button("take"))
    sato.clicks(mine.button("status", status="done"))
    card = suzuki.opens(raw)
    assert "対応済" in card.text
    assert "佐藤" in card.text
    reopened = suzuki.clicks(card.button("status", status="todo"))
    assert "未対応" in reopened.text


def test_a_new_mail_of_the_customer_reopens_and_makes_done_stale(office: Office, client: str) -> None:
    """The agent finishes what they have seen, not what came meanwhile."""
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    mine = sato.clicks(sato.opens(raw).button("take"))
    done = mine.button("status", status="done")
    suzuki.opens(mail(2, references=[1], date="Fri, 20 Nov 2026 11:00:00 +0900"))
    refused = sato.clicks(done)
    assert refused.has("release")
    assert "対応済" not in refused.words
    finished = sato.clicks(refused.button("status", status="done"))
    assert "対応済" in finished.text
    card = suzuki.opens(mail(3, references=[1], date="Sun, 22 Nov 2037 11:00:00 +0900"))
    assert "未対応" in card.text


def test_handing_over_gives_the_claim_and_puts_it_on_their_home_card(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1, subject="保守契約の更新")
    sato, suzuki = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "suzuki@aoba.example")
    suzuki.goes_home()
    mine = sato.clicks(sato.opens(raw).button("take"))
    question = sato.clicks(mine.button("ask", what="hand_over"))
    handed = sato.clicks(question.button("hand_over"), {"to": "suzuki", "word": "お願いします"})
    assert not handed.has("release") or handed.has("ask")
    assert "保守契約の更新" in suzuki.goes_home().text
    assert suzuki.opens(raw).has("release")


def test_a_lead_may_end_a_colleagues_claim_an_agent_may_not(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    suzuki.clicks(suzuki.opens(raw).button("take"))
    lead = sato.opens(raw)
    released = sato.clicks(lead.button("release", others="1"))
    assert released.has("take")
    sato.clicks(released.button("take"))
    assert not any(one.args.get("others") for one in suzuki.opens(raw).buttons)

"""Whose record it is: each way a customer can be known, each way a CRM can mislead."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.domain.conversation import Customer, Message
from server.domain.crm import Asked, Candidate, CrmRef, Reason, RecordKind, Wanted
from server.domain.matching import MOST_ASKED, judge, trusted, wanted

TARO = "taro.tanaka@hokuto-foods.example"
INFO = "info@minato-print.example"


def mail(sender: str, name: str = "", via: str = "", also: tuple[tuple[str, str], ...] = ()) -> Message:
    return Message("m1", "c1", sender, name, 0, "in", via=via, also=also)


def customer(*addresses: str, name: str = "", reading: str = "") -> Customer:
    return Customer("k1", name=name, reading=reading, addresses=addresses)


def person(number: int, name: str, *addresses: str, kind: RecordKind = "contact") -> Candidate:
    return Candidate(CrmRef("hs", kind, str(number)), name, addresses=addresses)


def company(number: int, name: str, domain: str = "", *addresses: str) -> Candidate:
    return Candidate(CrmRef("hs", "company", str(number)), name, addresses=addresses, domain=domain)


def asked(found: Wanted) -> list[tuple[str, str]]:
    return [(one.email, one.how.value) for one in found.addresses]


def judged(look: Wanted, *found: Candidate) -> list[tuple[str, str]]:
    return [(one.ref.id, one.reason.value if one.reason else "") for one in judge(look, found)]


def shown(look: Wanted, *found: Candidate, refused: Sequence[CrmRef] = ()) -> str:
    one = trusted(judge(look, found), look, frozenset(refused))
    return one.ref.id if one else ""


def test_the_conversations_own_address_is_asked_for_first_then_the_persons_others() -> None:
    look = wanted(customer("t@old.example", TARO, name="田中 太郎"), mail(TARO, "田中"))
    assert asked(look) == [(TARO, "exact"), ("t@old.example", "alias")]
    assert look.names == ("田中", "田中 太郎")
    assert look.domain == "hokuto-foods.example"


def test_the_address_of_the_conversation_goes_before_the_writers() -> None:
    look = wanted(customer(TARO, "t@old.example"), mail("t@old.example"), own=TARO)
    assert asked(look) == [(TARO, "exact"), ("t@old.example", "alias")]


def test_a_plus_tag_is_left_out_where_the_provider_ignores_it_as_one_more_address() -> None:
    assert asked(wanted(customer("taro+shop@outlook.com"), None)) == [
        ("taro+shop@outlook.com", "exact"),
        ("taro@outlook.com", "subaddress"),
    ]


def test_a_plus_tag_at_a_companys_own_server_is_another_address() -> None:
    assert asked(wanted(customer("taro+shop@hokuto-foods.example"), None)) == [
        ("taro+shop@hokuto-foods.example", "exact")
    ]


def test_dots_are_left_out_for_gmail_only() -> None:
    assert asked(wanted(customer("t.anaka+shop@googlemail.com"), None)) == [
        ("t.anaka+shop@googlemail.com", "exact"),
        ("t.anaka@googlemail.com", "subaddress"),
        ("tanaka@gmail.com", "subaddress"),
    ]
    assert asked(wanted(customer("t.anaka@outlook.com"), None)) == [("t.anaka@outlook.com", "exact")]


@pytest.mark.parametrize("how", ["reply_to", "behalf", "form"])
def test_how_the_customer_was_found_is_kept_with_their_address(how: str) -> None:
    assert asked(wanted(customer(TARO), mail(TARO, via=how))) == [(TARO, how)]


def test_reply_to_and_on_behalf_are_asked_for_after_the_persons_own() -> None:
    look = wanted(
        customer(TARO, "t@old.example"),
        mail(TARO, also=(("boss@hokuto-foods.example", "behalf"), ("r@x.example", "reply_to"))),
    )
    assert [how for _, how in asked(look)] == ["exact", "alias", "reply_to", "behalf"]


def test_another_writer_of_the_conversation_adds_nothing_to_the_customer() -> None:
    look = wanted(
        customer(TARO, name="田中 太郎"), mail("other@x.example", "別人", also=(("r@x.example", "reply_to"),))
    )
    assert asked(look) == [(TARO, "exact")]
    assert look.names == ("田中 太郎",)


def test_free_mail_gives_no_company() -> None:
    assert wanted(customer("hanako.suzuki@gmail.com"), None).domain == ""


def test_somebody_without_an_address_is_looked_for_by_nothing() -> None:
    assert wanted(customer(name="田中 太郎"), None) == Wanted(names=("田中 太郎",))


def test_one_query_is_never_too_long() -> None:
    assert len(wanted(customer(*(f"t{n}@x.example" for n in range(50))), None).addresses) == MOST_ASKED


LOOK = wanted(customer(TARO, "tanaka@old.example", name="田中 太郎", reading="たなか たろう"), mail(TARO))


def test_the_exact_address_is_shown_without_asking() -> None:
    assert judged(LOOK, person(1, "誰か", TARO.upper())) == [("1", "exact")]
    assert shown(LOOK, person(1, "誰か", TARO)) == "1"


def test_an_alias_counts_less_than_the_address_itself() -> None:
    both = person(1, "田中 太郎", "tanaka@old.example"), person(2, "田中 太郎", TARO)
    assert judged(LOOK, *both) == [("2", "exact"), ("1", "alias")]
    assert shown(LOOK, *both) == "2"
    assert shown(LOOK, both[0]) == "1"


def test_a_record_under_another_form_of_the_mailbox_is_found() -> None:
    look = wanted(customer("hanako.suzuki@gmail.com"), None)
    assert judged(look, person(1, "鈴木 花子", "hanakosuzuki+crm@googlemail.com")) == [("1", "subaddress")]


def test_another_customers_data_has_no_reason_and_is_dropped() -> None:
    assert judged(LOOK, person(1, "田中 太郎", "someone@else.example"), person(2, "", "")) == []


@pytest.mark.parametrize(
    "longer", [f"x{TARO}", f"{TARO}.evil.example", "tanaka@hokuto-foods.example", f"{TARO}@x.example"]
)
def test_a_part_of_the_address_is_not_the_address(longer: str) -> None:
    assert judged(LOOK, person(1, "鈴木", longer)) == []


def test_of_several_at_one_address_the_one_with_the_name_is_shown() -> None:
    people = person(1, "港 一郎", INFO), person(2, "港 花子", INFO)
    assert shown(wanted(customer(INFO, name="港 花子"), None), *people) == "2"
    assert shown(wanted(customer(INFO, name="港"), None), *people) == ""
    assert shown(wanted(customer(INFO), None), *people) == ""
    assert shown(wanted(customer(INFO, name="港 花子"), mail(INFO, "港 一郎")), *people) == "1"


def test_several_records_of_one_person_are_for_somebody_to_choose_from() -> None:
    twins = person(1, "田中 太郎", TARO), person(2, "Taro Tanaka", TARO), person(3, "田中", TARO, kind="lead")
    assert shown(LOOK, *twins) == ""
    assert [one for one, _ in judged(LOOK, *twins)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "name",
    [
        "タナカ タロウ",
        "ﾀﾅｶ ﾀﾛｳ",
        "Taro Tanaka",
        "田中\u3000太郎 様",
        "㈱北都フーズ 田中太郎",
        "(株)北都フーズ 太郎 田中",
    ],
)
def test_a_name_is_recognised_among_others_however_it_is_written(name: str) -> None:
    assert shown(LOOK, person(1, "港 一郎", TARO), person(2, name, TARO)) == "2"


def test_a_family_name_behind_the_companys_tells_people_at_one_address_apart() -> None:
    look = wanted(customer(INFO), mail(INFO, "みなと印刷 田中"))
    found = [
        replace(person(at, name, INFO), company="みなと印刷株式会社")
        for at, name in enumerate(("港 花子", "田中 太郎"))
    ]
    assert shown(look, *found) == "1"


def test_a_name_with_an_at_sign_is_a_name_still() -> None:
    assert wanted(customer(INFO), mail(INFO, "田中太郎@みなと印刷")).names == ("田中太郎@みなと印刷",)
    assert wanted(customer(INFO), mail(INFO, INFO)).names == ()


def test_a_name_at_the_same_company_is_proposed_and_never_shown_unasked() -> None:
    colleague = person(1, "田中 太郎", "t.tanaka@hokuto-foods.example")
    assert judged(LOOK, colleague) == [("1", "name")]
    assert shown(LOOK, colleague) == ""
    assert judged(LOOK, person(2, "田中 次郎", "j.tanaka@hokuto-foods.example")) == []


def test_the_domain_leads_to_the_company_and_never_to_a_person() -> None:
    found = company(1, "北都フーズ株式会社", "hokuto-foods.example"), person(2, "佐藤 葵", "aoi@hokuto-foods.example")
    assert judged(LOOK, *found) == [("1", "domain")]
    assert shown(LOOK, *found) == "1"


def test_two_companies_of_one_domain_are_told_apart_by_nobody_but_the_agent() -> None:
    assert (
        shown(LOOK, company(1, "北都", "hokuto-foods.example"), company(2, "北都 東京", "www.hokuto-foods.example"))
        == ""
    )


def test_a_person_goes_before_the_company_with_the_same_address() -> None:
    look = wanted(customer(INFO, name="港 花子"), None)
    found = company(1, "みなと印刷", "minato-print.example", INFO), person(2, "港 花子", INFO)
    assert shown(look, *found) == "2"
    assert judged(look, found[0]) == [("1", "exact")]


def test_free_mail_domains_never_join() -> None:
    look = Wanted((Asked("hanako.suzuki@gmail.com"),), ("鈴木 花子",), "gmail.com")
    assert judged(look, company(1, "Gmail", "gmail.com"), person(2, "鈴木 花子", "other@gmail.com")) == []


@pytest.mark.parametrize("how", [Reason.REPLY_TO, Reason.BEHALF, Reason.FORM])
def test_an_address_that_a_mail_only_names_is_not_believed_against_the_name(how: Reason) -> None:
    look = Wanted((Asked(TARO, how),), ("田中 太郎",))
    assert shown(look, person(1, "田中 太郎", TARO)) == "1"
    assert shown(look, person(1, "Taro Tanaka", TARO)) == "1"
    assert shown(look, person(1, "鈴木 花子", TARO)) == ""


def test_a_record_that_was_taken_off_is_not_shown_again_by_itself() -> None:
    found = person(1, "田中 太郎", TARO), company(2, "北都フーズ", "hokuto-foods.example")
    assert shown(LOOK, *found, refused=[found[0].ref]) == "2"
    assert shown(LOOK, found[0], refused=[found[0].ref]) == ""


def test_one_record_found_twice_is_one() -> None:
    assert judged(LOOK, person(1, "田中 太郎", TARO), person(1, "田中 太郎", "tanaka@old.example")) == [("1", "exact")]


ADDRESSES = st.sampled_from(
    [
        TARO,
        "tanaka@old.example",
        "x" + TARO,
        "a@gmail.com",
        "b@hokuto-foods.example",
        INFO,
        "",
        "no address",
        "@gmail.com",
    ]
)
FOUND = st.lists(
    st.builds(
        Candidate,
        st.builds(CrmRef, st.just("hs"), st.sampled_from(["contact", "lead", "company"]), st.sampled_from("123")),
        st.sampled_from(["", "田中 太郎", "Taro Tanaka", "港 花子", "北都フーズ株式会社"]),
        addresses=st.lists(ADDRESSES, max_size=3).map(tuple),
        domain=st.sampled_from(["", "gmail.com", "hokuto-foods.example", "HOKUTO-FOODS.example", "."]),
    ),
    max_size=6,
)


@given(FOUND, st.randoms())
def test_the_order_of_what_was_found_does_not_matter(found: list[Candidate], random: object) -> None:
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis types its random as an object
    assert judge(LOOK, found) == judge(LOOK, mixed)
    assert trusted(judge(LOOK, found), LOOK) == trusted(judge(LOOK, mixed)[::-1], LOOK)


@given(FOUND)
def test_nobody_is_trusted_without_an_asked_address_or_domain(found: list[Candidate]) -> None:
    one = trusted(judge(LOOK, found), LOOK)
    if one:
        assert set(one.addresses) & {each.email for each in LOOK.addresses} or (
            one.ref.kind == "company"
            and LOOK.domain in {one.domain.lower(), *(a.rpartition("@")[2] for a in one.addresses)}
        )


@given(FOUND)
def test_judging_twice_changes_nothing(found: list[Candidate]) -> None:
    assert judge(LOOK, judge(LOOK, found)) == judge(LOOK, found)

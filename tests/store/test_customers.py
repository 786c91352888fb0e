"""One person, several addresses: corrected once, for everybody."""

from __future__ import annotations

from server.domain.changes import EditCustomer, MergeCustomers, SplitAddress
from server.domain.conversation import View
from tests.contract.office import mail
from tests.store.shop import Shop

WORK, HOME = "田中 太郎 <tanaka@midori.example>", "taro <taro@gmail.com>"


def both(shop: Shop) -> tuple[View, View]:
    return shop.opens(mail("work", sender=WORK)), shop.opens(mail("home", sender=HOME))


def history(view: View) -> set[str]:
    return {row.conversation.id for row in view.history}


def test_two_addresses_become_one_person_with_one_history_for_everybody(shop: Shop) -> None:
    work, home = both(shop)
    acted = shop.acts(work, MergeCustomers("taro@gmail.com"))
    assert acted.code == "ok"
    for person in ("sato", "suzuki"):
        for raw, other in ((mail("work", sender=WORK), home), (mail("home", sender=HOME), work)):
            view = shop.opens(raw, person)
            assert view.customer
            assert set(view.customer.addresses) == {"tanaka@midori.example", "taro@gmail.com"}
            assert view.customer.name == "田中 太郎"
            assert other.conversation.id in history(view)


def test_an_address_that_never_wrote_can_be_added_and_is_known_when_it_does(shop: Shop) -> None:
    work = shop.opens(mail("work", sender=WORK))
    shop.acts(work, MergeCustomers("taro@gmail.com"))
    home = shop.opens(mail("home", sender=HOME))
    assert home.customer
    assert home.customer.name == "田中 太郎"
    assert work.conversation.id in history(home)


def test_merging_again_or_with_itself_changes_nothing(shop: Shop) -> None:
    work, _ = both(shop)
    once = shop.acts(work, MergeCustomers("taro@gmail.com")).view
    for address in ("taro@gmail.com", "tanaka@midori.example"):
        again = shop.acts(once, MergeCustomers(address))
        assert again.code == "ok"
        assert again.view.customer == once.customer
        once = again.view


def test_splitting_an_address_off_gives_it_its_own_record_and_history(shop: Shop) -> None:
    work, home = both(shop)
    merged = shop.acts(work, MergeCustomers("taro@gmail.com")).view
    split = shop.acts(merged, SplitAddress("taro@gmail.com"))
    assert split.code == "ok"
    assert split.view.customer
    assert split.view.customer.addresses == ("tanaka@midori.example",)
    assert home.conversation.id not in history(split.view)
    apart = shop.opens(mail("home", sender=HOME))
    assert apart.customer
    assert (apart.customer.addresses, apart.customer.name) == (("taro@gmail.com",), "taro")
    assert history(apart) == set()


def test_only_an_address_of_the_record_can_be_split_off_and_never_the_last(shop: Shop) -> None:
    work, _ = both(shop)
    for address in ("taro@gmail.com", "tanaka@midori.example", "nobody@x.example"):
        assert shop.acts(work, SplitAddress(address)).code == "unknown_value"


def test_what_a_colleague_has_written_holds_for_everybody_and_no_mail_changes_it(shop: Shop) -> None:
    work = shop.opens(mail("work", sender=WORK))
    shop.acts(work, EditCustomer("田中 太郎", "たなか たろう", "みどり商会", "購買課", "木曜は休み"))
    later = shop.opens(mail("later", sender="田中 太郎 (株式会社みどり) <tanaka@midori.example>"), "suzuki")
    assert later.customer
    assert (later.customer.name, later.customer.reading, later.customer.note) == (
        "田中 太郎",
        "たなか たろう",
        "木曜は休み",
    )
    colleague = shop.opens(mail("c", sender="山田 <yamada@midori.example>"))
    assert colleague.company
    assert colleague.company.name == "みどり商会"


def test_the_best_name_of_the_mails_is_the_customers_until_somebody_writes_one(shop: Shop) -> None:
    names = []
    for number, sender in enumerate(
        ("tanaka@midori.example", "Taro <tanaka@midori.example>", WORK, "T <tanaka@midori.example>")
    ):
        view = shop.opens(mail(number, sender=sender))
        assert view.customer
        names.append(view.customer.name)
    assert names == ["", "Taro", "田中 太郎", "田中 太郎"]

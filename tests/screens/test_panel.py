"""What the customer section shows of CRMs, and what it must never show."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cards.model import Action, Button, Buttons, Card, Fact, Facts, Link, Row, Show, Trend
from server.domain.conversation import Customer, View
from server.domain.crm import Ability, Connection, CrmRef, Entry, Item, Money, Reason, Record, Sight
from server.domain.events import Place
from server.domain.outcomes import Seen
from server.domain.workspace import Viewer
from server.screens import show
from server.screens.amounts import money, number
from server.screens.gallery import AOBA, NOW, SATO, outcomes, standard
from server.screens.gallery_crm import HUBSPOT, KINTONE
from tests.screens.drawing import section, state

REF = CrmRef("hubspot", "contact", "1")
WORKSPACE = replace(AOBA, connections=(HUBSPOT, KINTONE))


def found(connection: str = "hubspot", **fields: object) -> Entry:
    record = Record(ref=replace(REF, connection=connection), **fields)  # type: ignore[arg-type]  # fields by name
    return Entry(connection=connection, at=NOW - 300_000, state="found", record=record, reason=Reason.EXACT)


def card_of(*entries: Entry, panel: tuple[str, ...] = (), language: str = "ja", **view: object) -> Card:
    workspace = replace(WORKSPACE, panel=panel)
    seen: View = replace(replace(standard(), crm=Sight(entries)), **view)
    viewer = Viewer(workspace, workspace.person_by_id["sato"], provider="google")
    effect = show(Seen(seen), viewer, Place(language, "Asia/Tokyo"))
    assert isinstance(effect, Show)
    return effect.card


def facts(card: Card, *, shown: bool = False) -> list[Fact]:
    customer = section(card, "customer")
    blocks = customer.blocks[: customer.shown] if shown else customer.blocks
    return [fact for block in blocks if isinstance(block, Facts) for fact in block.items]


def value(card: Card, label: str) -> str:
    return next((fact.value for fact in facts(card) if fact.label == label), "")


def said(card: Card) -> list[str]:
    return [
        " / ".join(filter(None, (block.above, block.text, block.below)))
        for block in section(card, "customer").blocks
        if isinstance(block, Row)
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1200000", "JPY", "¥1,200,000"),
        ("1200000.00", "JPY", "¥1,200,000"),
        ("1200.4", "JPY", "¥1,200"),
        ("99.50", "USD", "$99.50"),
        ("99.00", "USD", "$99"),
        ("-5.5", "EUR", "-€5.50"),
        ("12.345", "KWD", "KWD 12.345"),
        ("80", "CHF", "CHF 80"),
        ("1200", "", "1,200"),
        ("-0.1", "JPY", "¥0"),
        ("NaN", "JPY", ""),
        ("Infinity", "JPY", ""),
        ("1E+999999", "JPY", ""),
        ("abc", "JPY", ""),
        ("", "USD", ""),
    ],
)
def test_an_amount_is_written_as_its_currency_is(amount: str, currency: str, written: str) -> None:
    assert money(Money(amount, currency)) == written


@given(st.decimals(allow_nan=True, allow_infinity=True), st.text(max_size=4))
def test_no_amount_breaks_a_card(amount: Decimal, currency: str) -> None:
    assert len(money(Money(str(amount), currency))) < 60


def test_a_number_has_decimals_only_when_it_is_small() -> None:
    assert [number(one) for one in (0, 1, 2.25, 9.96, 41.7, 1200)] == ["0", "1", "2.2", "10", "42", "1,200"]


def test_the_first_four_fields_are_open_and_the_rest_folded() -> None:
    card = card_of(found(plan="年間", owner="伊藤", value=Money("1000", "JPY"), renewal="2027-09-30", health=80))
    assert [fact.label for fact in facts(card, shown=True)] == ["プラン", "担当", "累計取引額", "健全度"]
    assert value(card, "更新日") == "2027年9月30日"


def test_fields_and_order_are_the_workspaces() -> None:
    entry = found(plan="年間", owner="伊藤", phone="03-0000-0001", health=5)
    labels = [fact.label for fact in facts(card_of(entry, panel=("phone", "of a later release", "plan")), shown=True)]
    assert labels[:2] == ["電話", "プラン"]
    assert "担当" not in labels
    assert not [line for line in said(card_of(entry, panel=("phone",))) if "健全度" in line]


def test_a_role_that_the_workspace_does_not_show_stands_nowhere() -> None:
    calm = replace(standard().customer or Customer("k1"), role="")
    entry = found(role="購買部長", plan="年間")
    assert "購買部長" in card_of(entry, customer=calm).header.subtitle
    card = card_of(entry, customer=calm, panel=("plan",))
    assert "購買部長" not in card.header.subtitle
    assert value(card, "役職") == ""


def test_values_come_from_the_first_crm_that_has_them() -> None:
    card = card_of(found(plan="年間"), found("kintone", plan="月間", owner="伊藤"))
    assert (value(card, "プラン"), value(card, "担当")) == ("年間", "伊藤")


def test_a_company_speaks_only_where_its_people_have_nothing() -> None:
    firm = replace(found(), record=Record(ref=CrmRef("hubspot", "company", "9"), plan="法人", owner="伊藤"))
    card = card_of(firm, found("kintone", plan="個人"))
    assert (value(card, "プラン"), value(card, "担当")) == ("個人", "伊藤")


def test_nothing_empty_is_shown() -> None:
    labels = {fact.label for fact in facts(card_of(found()))}
    assert labels == {"会社", "役職", "メール", "備考", "ふりがな", "言語"}


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("2026-04-01", "2027-03-31", "2026年4月1日 – 2027年3月31日"),
        ("", "2027-03-31", "2027年3月31日まで"),
        ("2026-04-01", "", "2026年4月1日から"),
        ("来月", "", "来月から"),
        ("", "", ""),
    ],
)
def test_contract_dates_are_words(start: str, end: str, written: str) -> None:
    assert value(card_of(found(contract_start=start, contract_end=end)), "契約") == written


def test_long_values_are_cut() -> None:
    card = card_of(found(plan="長" * 500, more={"名" * 100: "値" * 900}))
    assert all(len(fact.label) <= 24 and len(fact.value) <= 240 for fact in facts(card))


def test_the_header_has_what_the_team_does_not_know() -> None:
    entry = found(name="Emma Wilson", reading="エマ", company="Harbour Books", role="Purchasing")
    nobody = Customer("k1", addresses=("emma@harbour.example",))
    header = card_of(entry, customer=nobody, company=None).header
    assert (header.title, header.subtitle) == ("Emma Wilson 様", "エマ · Harbour Books · Purchasing")
    ours = card_of(entry).header
    assert (ours.title, ours.subtitle) == ("田中 太郎 様", "たなか たろう · みどり食品株式会社 · 購買課 課長")


def test_a_company_gives_no_person_a_name() -> None:
    firm = replace(
        found(), reason=Reason.DOMAIN, record=Record(ref=CrmRef("hubspot", "company", "9"), name="北都フーズ")
    )
    nobody = Customer("k1", addresses=("who@hokuto.example",))
    card = card_of(firm, customer=nobody, company=None)
    assert card.header.title == "tanaka@midori.example"
    assert "北都フーズ" in card.header.subtitle
    assert "HubSpot · 5分前 / 北都フーズ · 同じ会社のドメイン" in said(card)


def test_the_trend_is_a_picture_with_its_numbers_in_words() -> None:
    card = card_of(found(value=Money("6", "USD"), trend=(1.0, 2.0, 3.5)))
    (trend,) = [block for block in section(card, "customer").blocks if isinstance(block, Trend)]
    assert trend == Trend((1.0, 2.0, 3.5), "月ごと (古い順): $1、$2、$3.50")
    assert not [
        block
        for few in ((), (1.0, 2.0))
        for block in section(card_of(found(trend=few)), "customer").blocks
        if isinstance(block, Trend)
    ]


def test_signs_say_their_numbers() -> None:
    lines = said(state("crm-leaving"))
    assert lines[:5] == [
        "契約は2026年10月31日に終了しています",
        "未解決の苦情 1件、最も古いものは11月8日(日)から",
        "CRMの健全度: 100点中18点",
        "注文アプリの利用が減っています: 月 42 → 14 回",
        "これまで140日やり取りがありません (前回: 7月3日(金))",
    ]


def test_the_mail_at_hand_is_no_earlier_contact_but_the_mails_before_it_are() -> None:
    quiet = found(last_contact=NOW - 200 * 86_400_000)
    assert not [line for line in said(card_of(quiet)) if "やり取りがありません" in line]
    assert [line for line in said(card_of(quiet, history=())) if "やり取りがありません" in line]


def test_what_is_open_is_counted_once_over_records() -> None:
    items = (Item("deal", "d1", "a", open=True), Item("ticket", "t1", "b", open=True), Item("order", "o1", "c"))
    card = card_of(found(items=items), replace(found("kintone"), record=found(items=items).record))
    assert value(card, "未完了") == "商談 1 · 問い合わせ 1"


def test_source_age_and_reason_stand_with_a_way_into_the_crm() -> None:
    card = card_of(found(url="https://crm.aoba.example/1"))
    row = next(block for block in section(card, "customer").blocks if isinstance(block, Row))
    assert (row.text, row.below) == ("HubSpot · 5分前", "アドレスが一致")
    assert row.button
    assert row.button.target == Link("https://crm.aoba.example/1")
    english = card_of(found(url="https://crm.aoba.example/1"), language="en")
    assert "HubSpot · 5 min ago / same address" in said(english)


@pytest.mark.parametrize("url", ["", "http://crm.aoba.example/1", "javascript:alert(1)", "mailto:a@b.example", "x"])
def test_only_https_leads_out(url: str) -> None:
    card = card_of(found(url=url, items=(Item("deal", "1", "商談", url=url),)))
    assert "Link(" not in str(section(card, "customer")) + str(section(card, "history"))


def test_a_dead_crm_says_what_is_wrong_and_of_when_the_rest_is() -> None:
    old = replace(found("kintone", plan="年間"), at=NOW - 30 * 60_000, trouble="down")
    card = card_of(old)
    assert said(card)[-1] == "顧客管理 (kintone) に接続できません。 / 10:02 時点の内容です。"
    assert value(card, "プラン") == "年間"


def test_a_crm_that_is_left_alone_says_until_when() -> None:
    card = state("crm-broken")
    assert "顧客管理 (kintone) が応答しません。10:40 以降にもう一度読み込めます。" in said(card)


def test_whoever_is_not_among_the_workspaces_own_records_costs_no_line() -> None:
    own = Connection("own", "builtin", "Sobani")
    workspace = replace(WORKSPACE, connections=(own, HUBSPOT))
    nobody = Entry(connection="own", at=NOW, state="none", tried=NOW)
    seen = replace(standard(), crm=Sight((nobody, found(plan="年間"))))
    effect = show(Seen(seen), Viewer(workspace, workspace.person_by_id["sato"]), Place("ja", "Asia/Tokyo"))
    assert isinstance(effect, Show)
    card = effect.card
    assert not [one for one in said(card) if "Sobani" in one]
    assert value(card, "プラン") == "年間"


@pytest.mark.parametrize("name", ["crm-broken", "crm-broken-with-old"])
def test_a_crm_that_is_left_alone_can_be_asked_again_where_the_card_says_so(name: str) -> None:
    rows = [one for one in section(state(name), "customer").blocks if isinstance(one, Row)]
    row = next(one for one in rows if one.text.startswith("顧客管理 (kintone) が応答しません"))
    assert row.button == Button("もう一度", Action("crm_look", {"connection": "kintone"}))


def test_what_is_being_read_can_be_had_by_a_refresh_where_nothing_comes_by_itself() -> None:
    in_gmail, in_outlook = (
        [
            row
            for row in section(state(name), "customer").blocks
            if isinstance(row, Row) and row.below == "読み込んでいます"
        ]
        for name in ("crm-pending", "crm-pending-outlook")
    )
    assert [row.button is not None for row in in_gmail] == [True, True]
    assert [row.button is not None for row in in_outlook] == [False]


def test_a_connection_that_is_off_or_gone_shows_nothing() -> None:
    off = replace(WORKSPACE, connections=(replace(HUBSPOT, off=True),))
    seen = replace(standard(), crm=Sight((found(plan="年間"), found("gone", plan="月間"))))
    effect = show(Seen(seen), Viewer(off, off.person_by_id["sato"]), Place("ja", "Asia/Tokyo"))
    assert isinstance(effect, Show)
    assert value(effect.card, "プラン") == ""
    assert said(effect.card) == []


def test_without_a_crm_nothing_is_different() -> None:
    plain = show(Seen(standard()), SATO, Place("ja", "Asia/Tokyo"))
    empty = show(Seen(replace(standard(), crm=Sight())), SATO, Place("ja", "Asia/Tokyo"))
    assert isinstance(plain, Show)
    assert isinstance(empty, Show)
    assert section(plain.card, "customer") == section(empty.card, "customer")


def test_hostile_words_stay_words() -> None:
    card = state("crm-hostile")
    assert not [block for block in section(card, "customer").blocks if isinstance(block, Buttons) and not block.items]
    assert "javascript:alert(1)'" not in str(card).replace("[a](javascript:alert(1))", "")


def test_every_action_of_the_crm_is_in_the_gallery() -> None:
    drawn = {
        action.name
        for name in outcomes()
        if name.startswith(("crm-", "ask-crm"))
        for block in _values(state(name))
        if isinstance(action := block, Action)
    }
    assert {"crm_link", "crm_unlink", "crm_log", "crm_unlog", "crm_look", "crm_create", "ask", "history"} <= drawn


def _values(value: object) -> list[object]:
    if isinstance(value, tuple):
        return [found for one in value for found in _values(one)]
    fields = getattr(type(value), "__slots__", ())
    return [value, *(found for name in fields for found in _values(getattr(value, name)))]


def test_a_connection_that_can_do_little_offers_little() -> None:
    bare = Connection("hubspot", "http", "社内台帳", abilities=(Ability.DEALS,))
    workspace = replace(AOBA, connections=(bare,))
    seen = replace(standard(), crm=Sight((found(),)))
    effect = show(Seen(seen), Viewer(workspace, workspace.person_by_id["sato"]), Place("ja", "Asia/Tokyo"))
    assert isinstance(effect, Show)
    rows = [block for block in section(effect.card, "customer").blocks if isinstance(block, Buttons)]
    assert [one.label for one in (*rows[0].items, *rows[0].menu)] == ["別の人です", "今すぐ読み直す"]

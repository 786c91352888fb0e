from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import CrmError, CrmRef, Money, Record
from server.gateways.crm.mapping import READERS, Fields, fields, phrases, words

EMPTY = Record(ref=CrmRef("c1", "contact", "1"))


def test_a_line_of_the_panel_and_a_label_of_the_teams_own_are_told_apart() -> None:
    read = fields("plan = plan_name\n\n 担当店舗 = Shop.Name \n", {"role": "jobtitle"})
    assert read == Fields({"role": "jobtitle", "plan": "plan_name"}, {"担当店舗": "Shop.Name"})
    assert read.names() == ("jobtitle", "plan_name", "Shop.Name")


def test_nothing_on_the_right_takes_a_default_away() -> None:
    assert fields("role =", {"role": "jobtitle"}) == Fields({}, {})


@pytest.mark.parametrize("written", ["plan", "= plan", "plan = a b", "plan = 'x'", "plan = 1x", "plan = x;y"])
def test_what_is_no_line_is_named_by_its_number(written: str) -> None:
    with pytest.raises(CrmError) as caught:
        fields(f"role = jobtitle\n{written}", {})
    assert caught.value.why == "mapping"
    assert "line 2" in str(caught.value)


def test_each_line_is_read_as_what_it_is() -> None:
    said = {
        "p": "<b>Pro</b>",
        "d": 1806451200000,
        "v": "1200000.00",
        "h": 130,
        "t": "1, 2;3",
        "u": "輸出;印刷",
        "x": " 東京 ",
    }
    read = fields("plan=p\ncontract_end=d\nvalue=v\nhealth=h\ntrend=t\nunused=u\n支店=x", {})
    record = read.fill(EMPTY, said.get, "JPY")
    assert (record.plan, record.contract_end, record.value) == ("Pro", "2027-03-31", Money("1200000", "JPY"))
    assert (record.health, record.trend, record.unused) == (100, (1.0, 2.0, 3.0), ("輸出", "印刷"))
    assert record.more == {"支店": "東京"}


def test_an_empty_field_takes_nothing_away_and_a_health_of_none_left_is_known() -> None:
    known = Record(ref=EMPTY.ref, phone="03", last_contact=5)
    read = fields("phone=p\nlast_contact=l\nhealth=h\n支店=x", {})
    assert read.fill(known, {"p": "", "l": None, "x": ""}.get) == known
    assert read.fill(known, {"h": "0"}.get).health == 0


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(junk, st.sampled_from([*READERS, "value", "label"]))
def test_whatever_a_field_holds_a_record_comes_of_it(value: object, line: str) -> None:
    record = fields(f"{line} = f", {}).fill(EMPTY, lambda _: value, "JPY")
    assert record.ref == EMPTY.ref
    assert record.health is None or 0 <= record.health <= 100


def test_words_are_divided_by_commas_and_blanks_phrases_by_commas_alone() -> None:
    assert words(" x_email2, x_email3、x_email4\nx_email5 ,") == ("x_email2", "x_email3", "x_email4", "x_email5")
    assert phrases(" Needs Attention , 苦情、クレーム,") == ("Needs Attention", "苦情", "クレーム")
    assert words(" ,") == phrases("") == ()

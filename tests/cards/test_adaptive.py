"""Cards as the Outlook pane gets them, held against the published language."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import adaptive, gallery
from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Header,
    Link,
    Option,
    Row,
    Section,
    Text,
    Timeline,
    Tone,
)
from tests.cards import generated
from tests.cards.adaptive_authority import complaints, objects

ICONS_URL = "https://sobani.example/icons"
PICTURES_URL = "https://sobani.example/pictures"


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


def draw(card: Card) -> adaptive.Json:
    return adaptive.render(card, seal=seal, icons_url=ICONS_URL, pictures_url=PICTURES_URL)


def draw_blocks(*blocks: Block) -> list[adaptive.Json]:
    body = draw(Card("test", Header("見出し"), (Section(blocks),)))["body"]
    assert isinstance(body, list)
    items: list[adaptive.Json] = body[1]["items"]
    return items


@pytest.mark.parametrize("name", gallery.cards())
def test_the_language_has_every_card_of_the_gallery(name: str) -> None:
    assert complaints(draw(gallery.cards()[name])) == []


@given(generated.cards)
@generated.patient
def test_every_card_can_be_drawn_in_the_language(card: Card) -> None:
    drawn = draw(card)
    assert complaints(drawn) == []
    json.dumps(drawn, ensure_ascii=False).encode()


@given(generated.cards)
@generated.patient
def test_equal_cards_give_equal_json(card: Card) -> None:
    assert json.dumps(draw(card)) == json.dumps(draw(card))


def test_a_click_carries_the_sealed_action_and_what_it_needs() -> None:
    needs = ("reason", "until")
    button = Button("保留にする", Action("hold", {"secret": "x"}), needs=needs)
    items = draw_blocks(DateTime("until", "いつまで"), Buttons((button,)))
    assert items[-1] == {
        "type": "ActionSet",
        "actions": [
            {
                "type": "Action.Execute",
                "verb": "hold",
                "data": {"a": "sealed-hold", "needs": ["reason", "until.date"]},
                "title": "保留にする",
            }
        ],
    }


def test_a_click_that_wants_the_attachments_says_so() -> None:
    drawn = draw_blocks(Buttons((Button("記録", Action("log"), files=True), Button("開く", Link("https://x.example")))))
    assert [node["data"] for node in objects(drawn) if "data" in node] == [{"a": "sealed-log", "files": True}]


def test_only_the_first_filled_button_is_filled() -> None:
    two = (Button("一", Action("a"), filled=True), Button("二", Action("b"), filled=True))
    assert [node["title"] for node in objects(draw_blocks(Buttons(two))) if "style" in node] == ["一"]


def test_a_link_that_may_not_be_opened_cannot_be_clicked() -> None:
    (drawn,) = draw_blocks(Buttons((Button("危ない", Link("javascript:alert(1)")),)))
    assert drawn["actions"] == [
        {"type": "Action.OpenUrl", "title": "危ない", "url": "https://", "isEnabled": False},
    ]


def test_a_short_menu_is_the_renderers_own_and_a_long_one_a_fold() -> None:
    two, four = (tuple(Button(f"{n}番", Action("x")) for n in range(count)) for count in (2, 4))
    (short,) = draw_blocks(Buttons(two, two))
    assert [action.get("mode", "primary") for action in objects(short["actions"])] == ["primary"] * 2 + [
        "secondary"
    ] * 2
    row, fold = draw_blocks(Buttons(two, four, "操作"))
    assert [action["title"] for action in objects(row["actions"])] == ["0番", "1番", "⋯"]
    assert fold["isVisible"] is False
    assert [node["title"] for node in objects(fold["items"]) if "title" in node] == [
        "0番",
        "1番",
        "2番",
        "3番",
        "閉じる",
    ]


def test_the_folded_part_of_a_section_keeps_its_name_across_redraws() -> None:
    card = Card(
        "test", Header("t"), (Section((Text("一"), Text("二")), "メモ", collapsible=True, shown=1, id="notes"),)
    )
    hidden = {node["id"]: node["isVisible"] for node in objects(draw(card)) if "isVisible" in node}
    assert hidden == {"notes.more": False, "notes.close": False}


def test_a_row_that_can_be_clicked_is_a_link_of_its_own() -> None:
    (drawn,) = draw_blocks(Row("納期の件", target=Action("open")))
    (run,) = [node for node in objects(drawn) if node["type"] == "TextRun"]
    assert run["selectAction"] == {
        "type": "Action.Execute",
        "verb": "open",
        "data": {"a": "sealed-open"},
        "title": "納期の件",
    }


def test_a_row_of_a_list_is_cut_where_other_rows_wrap() -> None:
    cut, whole = draw_blocks(Row("件名" * 40, one_line=True), Row("件名" * 40))
    texts = [[node["text"] for node in objects(one) if "text" in node] for one in (cut, whole)]
    assert texts == [["件名" * 17 + "件…"], ["件名" * 40]]


def test_hostile_text_calls_no_function_and_hides_nothing() -> None:
    written = json.dumps(draw(gallery.cards()["hostile"]), ensure_ascii=False)
    shown = [str(node["text"]) for node in objects(draw(gallery.cards()["hostile"])) if "text" in node]
    assert not any("{{DATE" in text for text in shown)
    assert not re.search("[\u200b\u202a-\u202e\u0000-\u001f\ud800-\udfff]", written)


def test_every_tone_of_a_notice_has_its_own_container() -> None:
    styles = [
        node["style"] for node in objects(draw(gallery.cards()["notice"])) if str(node.get("id")).startswith("notice")
    ]
    assert styles == ["emphasis", "emphasis", "accent", "good", "warning", "attention", "warning"]
    assert len(Tone) == 6


def test_several_selected_options_are_one_value() -> None:
    options = (Option("a", "A", selected=True), Option("b", "B"), Option("c", "C", selected=True))
    one, many = draw_blocks(Choice("one", "一つ", options), Choice("many", "いくつか", options, many=True))
    assert (one["value"], many["value"]) == ("a", "a,c")


def test_nothing_empty_is_drawn() -> None:
    empty = (Text(""), Row(""), Timeline(()), Buttons(()), Choice("c", "x", ()))
    body = draw(Card("test", Header("t"), (Section(empty), Section(()))))["body"]
    assert isinstance(body, list)
    assert len(body) == 1


@given(st.datetimes().map(lambda time: time.isoformat()[:16]))
def test_a_time_comes_back_as_it_was_given(value: str) -> None:
    date, time = draw_blocks(DateTime("until", "期限", value))
    inputs = {str(date["id"]): str(date["value"]), str(time["id"]): str(time["value"]), "note": "x"}
    assert adaptive.joined(inputs) == {"until": value, "note": "x"}


def test_a_date_without_a_time_is_the_beginning_of_that_day_and_no_date_is_nothing() -> None:
    assert adaptive.joined({"until.date": "2026-05-10", "until.time": ""}) == {"until": "2026-05-10T00:00"}
    assert adaptive.joined({"until.date": "2026-05-10"}) == {"until": "2026-05-10T00:00"}
    assert adaptive.joined({"until.date": "", "until.time": "10:00"}) == {"until": ""}
    assert adaptive.joined({"until.time": "10:00"}) == {}

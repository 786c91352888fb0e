"""Cards as Gmail gets them, held against Google's own schemas and documented limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given

from cards import gallery, google
from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Entry,
    Field,
    Header,
    Option,
    Row,
    Section,
    Text,
    Timeline,
    Tone,
)
from tests.cards import generated
from tests.cards.google_authorities import complaints, objects

ACTION_URL = "https://sobani.example/gmail/action"
ICONS_URL = "https://sobani.example/icons"
PICTURES_URL = "https://sobani.example/pictures"


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


def draw(card: Card) -> google.Json:
    return google.render(card, seal=seal, action_url=ACTION_URL, icons_url=ICONS_URL, pictures_url=PICTURES_URL)


def draw_blocks(*blocks: Block) -> google.Json:
    drawn = draw(Card("test", Header("見出し"), (Section(blocks),)))
    assert isinstance(drawn["sections"], list)
    first: google.Json = drawn["sections"][0]
    return first


def buttons_of(drawn: Mapping[str, object]) -> list[str]:
    return [str(node["text"]) for key, node in objects(drawn) if key in {"buttons", "button"}]


def count_widgets(drawn: Mapping[str, object]) -> int:
    return sum(len(widgets) for _, node in objects(drawn) if isinstance(widgets := node.get("widgets"), list))


@pytest.mark.parametrize("name", gallery.cards())
def test_google_accepts_every_card_of_the_gallery(name: str) -> None:
    assert complaints(draw(gallery.cards()[name])) == []


@given(generated.cards)
@generated.patient
def test_every_card_can_be_drawn_and_google_accepts_it(card: Card) -> None:
    drawn = draw(card)
    assert complaints(drawn) == []
    json.dumps(drawn).encode()


@given(generated.cards)
@generated.patient
def test_equal_cards_give_equal_json(card: Card) -> None:
    assert json.dumps(draw(card)) == json.dumps(draw(card))


def test_a_click_carries_the_sealed_action_and_nothing_else() -> None:
    drawn = draw_blocks(Buttons((Button("担当する", Action("take", {"secret": "x"}), needs=("reason",), files=True),)))
    action = {
        "function": ACTION_URL,
        "parameters": [{"key": "a", "value": "sealed-take"}],
        "persistValues": True,
        "requiredWidgets": ["reason"],
    }
    assert drawn == {
        "widgets": [{"buttonList": {"buttons": [{"text": "担当する", "onClick": {"action": action}}]}}],
    }


def test_only_the_first_filled_button_is_filled() -> None:
    two = (Button("一", Action("a"), filled=True), Button("二", Action("b"), filled=True))
    drawn = draw_blocks(Buttons(two))
    assert [node["text"] for _, node in objects(drawn) if "color" in node] == ["一"]


def test_a_row_of_a_list_is_cut_where_other_rows_wrap() -> None:
    drawn = draw_blocks(Row("件名 " * 40, one_line=True), Row("件名 " * 40))
    assert [node["wrapText"] for _, node in objects(drawn) if "wrapText" in node] == [False, True]


def test_a_link_that_may_not_be_opened_cannot_be_clicked() -> None:
    drawn = draw(gallery.cards()["buttons"])
    assert "javascript" not in json.dumps(drawn)
    dangerous = [node for _, node in objects(drawn) if node.get("text") == "危ないリンク"]
    assert dangerous == [{"text": "危ないリンク", "disabled": True}]


def test_hostile_text_is_nowhere_markup_and_loses_nothing_readable() -> None:
    drawn = draw(gallery.cards()["hostile"])
    read_as_html = [str(node["text"]) for key, node in objects(drawn) if key in {"textParagraph", "decoratedText"}]
    assert read_as_html
    assert all("&lt;b&gt;太字" in text and "<script" not in text for text in read_as_html)
    written = json.dumps(drawn, ensure_ascii=False)
    assert not re.search("[\u200b\u202a-\u202e\u0000-\u001f\ud800-\udfff]", written)


def test_colours_can_be_read_on_white() -> None:
    for tone, color in google.COLORS.items():
        assert contrast(color, "#ffffff") >= 4.5, tone


def test_every_tone_but_the_neutral_one_has_a_colour() -> None:
    assert set(google.COLORS) == set(Tone) - {Tone.NEUTRAL}


def test_a_section_with_too_many_rows_keeps_its_buttons_and_says_what_is_missing() -> None:
    drawn = draw(gallery.cards()["many-rows"])
    assert count_widgets(drawn) == 100
    assert buttons_of(drawn) == ["残す"]
    assert "textInput" in json.dumps(drawn)
    sections = drawn["sections"]
    assert isinstance(sections, list)
    assert sections[0] == {"widgets": [{"decoratedText": {"text": "先頭", "wrapText": True}}]}
    assert sections[-1]["widgets"][-1]["textParagraph"]["text"] == (
        '<font color="#5f6368">ほか204件はここに表示していません。<br>表示していない欄: お客様 &lt;b&gt;</font>'
    )


@pytest.mark.parametrize("rows", [98, 99, 100, 101])
@pytest.mark.parametrize("later", [0, 1, 2])
def test_nothing_is_dropped_before_the_hundredth_widget_and_never_in_silence(rows: int, later: int) -> None:
    entries = Timeline(tuple(Entry(str(number), "") for number in range(rows)))
    sections = (Section((entries,)), *(Section((Text("x"),), title="後") for _ in range(later)))
    drawn = json.dumps(draw(Card("test", Header("t"), sections)), ensure_ascii=False)
    said = "表示していない" in drawn or "表示していません" in drawn
    assert said == (rows + later > 100)
    assert drawn.count('"decoratedText"') + drawn.count('"textParagraph"') == min(100, rows + later)


def test_a_collapsible_section_counts_widgets_not_blocks() -> None:
    newest = Timeline(tuple(Entry(str(number), "") for number in range(3)))
    card = Card("test", Header("t"), (Section((newest, Text("古い")), collapsible=True, shown=1),))
    sections = draw(card)["sections"]
    assert isinstance(sections, list)
    assert sections[0]["collapsible"] is True
    assert sections[0]["uncollapsibleWidgetsCount"] == 3


@pytest.mark.parametrize("shown", [1, 2, 9])
def test_a_section_with_nothing_to_hide_does_not_fold(shown: int) -> None:
    card = Card("test", Header("t"), (Section((Text("一"),), collapsible=True, shown=shown),))
    assert "collapsible" not in json.dumps(draw(card))


def test_a_hundred_options_are_drawn_and_the_selected_one_is_among_them() -> None:
    options = tuple(Option(str(number), f"{number}番", selected=number == 150) for number in range(300))
    drawn = draw_blocks(Choice("who", "担当者", options))
    items = [node for key, node in objects(drawn) if key == "items"]
    assert len(items) == 100
    assert items[-1] == {"text": "150番", "value": "150", "selected": True}


def test_a_time_is_sent_as_the_agents_wall_clock() -> None:
    drawn = draw_blocks(DateTime("until", "期限", "1970-01-02T00:01"), DateTime("broken", "期限", "明日"))
    assert [node.get("valueMsEpoch") for key, node in objects(drawn) if key == "dateTimePicker"] == ["86460000", None]


def test_what_stood_in_a_field_comes_back_as_it_was() -> None:
    drawn = draw_blocks(Field("text", "本文", "一\n<b>二</b>", multiline=True, max_length=100))
    assert drawn["widgets"] == [
        {
            "textInput": {
                "name": "text",
                "label": "本文",
                "type": "MULTIPLE_LINE",
                "validation": {"characterLimit": 100},
                "value": "一\n<b>二</b>",
            }
        }
    ]


def test_nothing_empty_is_drawn() -> None:
    empty = (Text(""), Row(""), Timeline(()), Buttons(()), Choice("c", "x", ()))
    assert draw(Card("test", Header("t"), (Section(empty), Section(())))) == {
        "name": "test",
        "header": {"title": "t"},
        "sections": [],
    }


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast of two colours written as #rrggbb."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""Draws a Card as Google Workspace card JSON (google.apps.card.v1), for Gmail.

Documented limits of the host are kept by construction: 100 widgets, 100 options, string parameters, a title always.
Texts pass through `cards.escape`; what the renderer adds itself is the only markup there is.
"""

from __future__ import annotations

from datetime import UTC
from typing import assert_never

from cards import escape
from cards.inputs import MAX_OPTIONS, at_most, moment
from cards.kept import Raw, no_raw
from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Entry,
    Facts,
    Field,
    Header,
    Icon,
    Kept,
    Link,
    Notice,
    Row,
    Seal,
    Section,
    Text,
    Timeline,
    Tone,
    Trend,
)
from cards.trend import name_of
from cards.words import Words, words

Json = dict[str, object]

MAX_WIDGETS = 100
ROOM_FOR_THE_REST = 40  # widgets of a card outside of its lasting sections
MAX_NAMED = 10  # titles in the line that stands for what did not fit

# Google draws cards on white and turns them dark by itself; every colour has a contrast of at least 4.5:1 there.
COLORS = {
    Tone.SUBTLE: "#5f6368",
    Tone.ACCENT: "#0b57d0",
    Tone.GOOD: "#146c2e",
    Tone.WARNING: "#8a5300",
    Tone.DANGER: "#b3261e",
}
_PLAIN = {tone: (f'<font color="{COLORS[tone]}">', "</font>") if tone in COLORS else ("", "") for tone in Tone}
_STRONG = {tone: (f"<b>{before}", f"{after}</b>") for tone, (before, after) in _PLAIN.items()}
_NEUTRAL = Tone.NEUTRAL  # a member looked up on its class costs ten times as much in Python 3.11
_SUBTLE_BEFORE, _SUBTLE_AFTER = _PLAIN[Tone.SUBTLE]
_NOTICE_ICON = {
    Tone.NEUTRAL: Icon.INFO,
    Tone.SUBTLE: Icon.INFO,
    Tone.ACCENT: Icon.INFO,
    Tone.GOOD: Icon.INFO,
    Tone.WARNING: Icon.WARNING,
    Tone.DANGER: Icon.WARNING,
}
_INPUTS = ("buttonList", "textInput", "selectionInput", "dateTimePicker")


def render(
    card: Card, *, seal: Seal, action_url: str, icons_url: str, pictures_url: str = "", raw: Raw = no_raw
) -> Json:
    """The card as a dict for `pushCard` or `updateCard`. Clicks go to `action_url`, icons come from `icons_url`.

    Without a `pictures_url` the words of a picture are drawn in its place.
    """
    drawing = _Drawing(seal, action_url, icons_url, pictures_url, words(card.language))
    sections: list[_Drawn] = []
    drawn: list[object] = []
    widgets = 0
    for section in card.sections:
        if isinstance(section, Kept):  # keep() sees to it that the rest of a card fits beside it
            drawn.append(raw(section.filled(seal)))
            widgets += section.widgets
        elif (one := drawing.section(section)) is not None:
            sections.append(one)
            drawn.append({**one[0], "widgets": one[1]})
            widgets += len(one[1])
    if widgets > MAX_WIDGETS:
        drawn = [{**frame, "widgets": those} for frame, those in _fit(sections, drawing.words)]
    return {"name": card.name, "header": drawing.header(card.header), "sections": drawn}


def lasting(
    card: Card, *, seal: Seal, action_url: str, icons_url: str, pictures_url: str = ""
) -> tuple[list[Json], int]:
    """The card's lasting sections alone, and how many widgets they are; none when they leave too little room for the rest."""
    drawing = _Drawing(seal, action_url, icons_url, pictures_url, words(card.language))
    ours = [section for section in card.sections if isinstance(section, Section) and section.lasting]
    sections = [drawn for section in ours if (drawn := drawing.section(section))]
    widgets = sum(len(those) for _, those in sections)
    if widgets > MAX_WIDGETS - ROOM_FOR_THE_REST:
        return [], 0
    return [{**frame, "widgets": those} for frame, those in sections], widgets


_Drawn = tuple[Json, list[Json]]
"""A section without its widgets, and its widgets."""


class _Drawing:
    """What one drawing needs everywhere: the seal, the addresses, the words, and whether a filled button was drawn."""

    __slots__ = ("action_url", "drawn_icons", "filled", "icons", "pictures", "seal", "words")

    def __init__(self, seal: Seal, action_url: str, icons_url: str, pictures_url: str, words_: Words) -> None:
        self.seal = seal
        self.action_url = action_url
        self.icons = icons_url + "/"
        self.pictures = pictures_url
        self.words = words_
        self.filled = False
        self.drawn_icons: dict[Icon, Json] = {}

    def header(self, header: Header) -> Json:
        drawn: Json = {"title": escape.line(header.title, escape.TITLE).strip() or self.words.untitled}
        if subtitle := escape.line(header.subtitle, escape.SUBTITLE):
            drawn["subtitle"] = subtitle
        if header.icon is not None:
            drawn["imageUrl"] = self.icons + header.icon + ".png"
        return drawn

    def section(self, section: Section) -> _Drawn | None:
        widgets = self.blocks(section.blocks[: section.shown] if section.collapsible else section.blocks)
        frame: Json = {}
        if title := escape.html_line(section.title, escape.TITLE):
            frame["header"] = title
        if section.collapsible and (folded := self.blocks(section.blocks[section.shown :])):
            frame["collapsible"] = True
            frame["uncollapsibleWidgetsCount"] = len(widgets)
            widgets += folded
        return (frame, widgets) if widgets else None

    def blocks(self, blocks: tuple[Block, ...]) -> list[Json]:
        """The widgets of some blocks: mostly one each, for a timeline one an entry, for an empty block none."""
        widgets: list[Json] = []
        for block in blocks:
            match block:
                case Row():
                    if (row := self.row(block)) is not None:
                        widgets.append(row)
                case Text():
                    text = escape.html(block.text, escape.PARAGRAPH)
                    if text:
                        if block.tone is not _NEUTRAL or block.strong:
                            before, after = (_STRONG if block.strong else _PLAIN)[block.tone]
                            text = f"{before}{text}{after}"
                        paragraph: Json = {"text": text}
                        if block.lines > 0:
                            paragraph["maxLines"] = block.lines
                        widgets.append({"textParagraph": paragraph})
                case Timeline():
                    widgets.extend(map(self.entry, block.entries))
                case Buttons():
                    buttons = [self.button(button) for button in block.items]
                    if block.menu:
                        buttons.append(self.menu(block))
                    if buttons:
                        widgets.append({"buttonList": {"buttons": buttons}})
                case Facts():
                    if block.items:
                        widgets.append({"textParagraph": {"text": _facts(block)}})
                case Trend():
                    if block.values:
                        widgets.append(self.trend(block))
                case Notice():
                    widgets.append(self.notice(block))
                case Field():
                    widgets.append(self.field(block))
                case Choice():
                    if block.options:
                        widgets.append(_choice(block))
                case DateTime():
                    widgets.append(_date_time(block))
                case _:
                    assert_never(block)
        return widgets

    def row(self, row: Row) -> Json | None:
        text, above, below = row.text, row.above, row.below
        if not escape.harmless(above + text + below):
            text = escape.html(text, escape.LINE)
            above = escape.label(above, escape.LABEL)
            below = escape.label(below, escape.LABEL)
        if not text:
            if not above and not below:
                return None
            text = "—"
        if row.tone is not _NEUTRAL or row.strong:
            before, after = (_STRONG if row.strong else _PLAIN)[row.tone]
            text = f"{before}{text}{after}"
        drawn: Json = {"text": text, "wrapText": not row.one_line}
        if row.icon is not None:
            drawn["startIcon"] = self.drawn_icons.get(row.icon) or self.icon(row.icon)
        if above:
            drawn["topLabel"] = above
        if below:
            drawn["bottomLabel"] = below
        if row.button is not None:
            drawn["button"] = self.button(row.button)
        if row.target is not None and (click := self.click(row.target, ())):
            drawn["onClick"] = click
        return {"decoratedText": drawn}

    def entry(self, entry: Entry) -> Json:
        title, detail, snippet = entry.title, entry.detail, entry.snippet
        if not escape.harmless(title + detail + snippet):
            title = escape.html_line(title, escape.LINE)
            detail = escape.label(detail, escape.LABEL)
            snippet = escape.label(snippet, escape.LABEL)
        drawn: Json = {"text": title or "—", "startIcon": self.drawn_icons.get(entry.icon) or self.icon(entry.icon)}
        if detail:
            drawn["topLabel"] = detail
        if snippet:
            drawn["bottomLabel"] = snippet
        if entry.target is not None and (click := self.click(entry.target, ())):
            drawn["onClick"] = click
        return {"decoratedText": drawn}

    def notice(self, notice: Notice) -> Json:
        before, after = _STRONG[notice.tone]
        drawn: Json = {
            "text": f"{before}{escape.html(notice.text, escape.LINE)}{after}",
            "wrapText": True,
            "startIcon": self.icon(_NOTICE_ICON[notice.tone]),
        }
        if notice.button is not None:
            drawn["button"] = self.button(notice.button)
        return {"decoratedText": drawn}

    def trend(self, trend: Trend) -> Json:
        if not self.pictures:
            said = escape.html_line(trend.words, escape.LINE) or "—"
            return {"textParagraph": {"text": f"{_SUBTLE_BEFORE}{said}{_SUBTLE_AFTER}"}}
        url = f"{self.pictures}/trend/{name_of(trend.values)}.png"
        return {"image": {"imageUrl": url, "altText": escape.line(trend.words, escape.LINE)}}

    def field(self, field: Field) -> Json:
        drawn: Json = {
            "name": field.name,
            "label": escape.line(field.label, escape.LABEL) or self.words.field,
            "type": "MULTIPLE_LINE" if field.multiline else "SINGLE_LINE",
            "validation": {"characterLimit": field.max_length},
        }
        if value := escape.typed(field.value, field.max_length, multiline=field.multiline):
            drawn["value"] = value
        if hint := escape.line(field.hint, escape.LABEL):
            drawn["hintText"] = hint
        return {"textInput": drawn}

    def button(self, button: Button) -> Json:
        drawn: Json = {"text": escape.label(button.label, escape.BUTTON) or "…"}
        if click := self.click(button.target, button.needs):
            drawn["onClick"] = click
        if not button.enabled or not click:
            drawn["disabled"] = True
        if button.filled and not self.filled:
            self.filled = True
            # Google's own blue (#0b57d0); the host puts white text on it. A colour is what makes a button filled:
            # Button.type is not for add-ons.
            drawn["color"] = {"red": 0.043, "green": 0.341, "blue": 0.816}
        return drawn

    def menu(self, buttons: Buttons) -> Json:
        items: list[Json] = []
        for button in buttons.menu:
            item: Json = {"text": escape.label(button.label, escape.BUTTON) or "…"}
            if click := self.click(button.target, button.needs):
                item["onClick"] = click
            if not button.enabled or not click:
                item["disabled"] = True
            items.append(item)
        name = escape.label(buttons.menu_label, escape.BUTTON) or self.words.menu
        return {"text": "⋯", "altText": name, "onClick": {"overflowMenu": {"items": items}}}

    def click(self, target: Action | Link, needs: tuple[str, ...]) -> Json:
        """What a click does; {} for an address that may not be opened."""
        if isinstance(target, Action):
            action: Json = {
                "function": self.action_url,
                "parameters": [{"key": "a", "value": self.seal(target)}],
                # Without it Gmail empties the fields at a click, also when the answer is only a toast.
                "persistValues": True,
            }
            if needs:
                action["requiredWidgets"] = list(needs)
            return {"action": action}
        url = escape.link(target.url)
        return {"openLink": {"url": url}} if url else {}

    def icon(self, icon: Icon) -> Json:
        """Drawn once a card, for all rows that have it: what is drawn is only ever written out."""
        drawn: Json = {"iconUrl": self.icons + icon + ".png"}
        if alt := self.words.icons.get(icon):
            drawn["altText"] = alt
        self.drawn_icons[icon] = drawn
        return drawn


def _facts(facts: Facts) -> str:
    return "<br>".join(
        f"{_SUBTLE_BEFORE}{escape.html_line(fact.label, escape.FACT_LABEL)}{_SUBTLE_AFTER}"
        f"&nbsp; {escape.html(fact.value, escape.FACT_VALUE)}"
        for fact in facts.items
    )


def _choice(choice: Choice) -> Json:
    items: list[Json] = []
    chosen = False
    for option in at_most(choice.options, MAX_OPTIONS):
        item: Json = {"text": escape.label(option.label, escape.OPTION) or option.value, "value": option.value}
        if option.selected and (choice.many or not chosen):
            chosen = True
            item["selected"] = True
        items.append(item)
    drawn: Json = {"name": choice.name, "type": "CHECK_BOX" if choice.many else "DROPDOWN", "items": items}
    if label := escape.line(choice.label, escape.LABEL):
        drawn["label"] = label
    return {"selectionInput": drawn}


def _date_time(picker: DateTime) -> Json:
    drawn: Json = {"name": picker.name, "type": "DATE_AND_TIME"}
    if label := escape.line(picker.label, escape.LABEL):
        drawn["label"] = label
    # The picker shows "a calendar date and time in UTC" (DateTimePicker.valueMsEpoch): the agent's wall clock is
    # sent as if it were UTC, and comes back the same way.
    if (time := moment(picker.value)) is not None:
        drawn["valueMsEpoch"] = str(int(time.replace(tzinfo=UTC).timestamp()) * 1000)
        # Without an offset of its own a preset is drawn in the reader's zone, and 14:30 would show as 23:30 in Tokyo.
        drawn["timezoneOffsetDate"] = 0
    return {"dateTimePicker": drawn}


def _fit(sections: list[_Drawn], words_: Words) -> list[_Drawn]:
    """Keeps to 100 widgets: the section that crosses the limit loses rows, later ones are named in a last line.

    Left alone, Gmail drops the crossing section and all after it without a word, their buttons too.
    """
    room = MAX_WIDGETS
    kept: list[_Drawn] = []
    for index, (frame, widgets) in enumerate(sections):
        later = sections[index + 1 :]
        if len(widgets) + bool(later) <= room:
            kept.append((frame, widgets))
            room -= len(widgets)
            continue
        rest = _without_rows(widgets, room - 1)
        if rest:
            kept.append((frame, rest))
        said = []
        if hidden := len(widgets) - len(rest):
            said.append(words_.hidden_rows.format(count=hidden))
        if titles := [title for other, _ in later if isinstance(title := other.get("header"), str)]:
            said.append(words_.hidden_sections.format(titles=", ".join(titles[:MAX_NAMED])))
        kept.append(({}, [{"textParagraph": {"text": _SUBTLE_BEFORE + "<br>".join(said) + _SUBTLE_AFTER}}]))
        break
    return kept


def _without_rows(widgets: list[Json], room: int) -> list[Json]:
    """The first widgets that fit, where those that act or take input come before those that only tell."""
    acting = [index for index, widget in enumerate(widgets) if any(kind in widget for kind in _INPUTS)][:room]
    telling = [index for index, widget in enumerate(widgets) if not any(kind in widget for kind in _INPUTS)]
    return [widgets[index] for index in sorted(acting + telling[: room - len(acting)])]

"""Draws a Card as an Adaptive Card 1.5, for the Outlook task pane.

Only elements of the published 1.5 schema, and text that is never Markdown: the pane leaves `onProcessMarkdown` unset.
What a click sends: `data.a` is the sealed action, `data.needs` the inputs that must not be empty for it, and every input
of the card under its id. With `data.files` the pane sends the open mail's attachments along. Inputs are never `isRequired`: that would hold back the other buttons of the card too.
No `lang`: adaptivecards 3.0.6 uses it for its DATE() function alone, and reports it as invalid in every second card (the
expression it tests it with is a global one, and remembers where it stopped).
"""

from __future__ import annotations

from collections.abc import Mapping
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

SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.5"
MAX_ACTIONS = 5  # of one ActionSet, in the renderer's own settings; it counts those of the menu too

_COLORS = {Tone.ACCENT: "accent", Tone.GOOD: "good", Tone.WARNING: "warning", Tone.DANGER: "attention"}
_STYLES = {
    Tone.NEUTRAL: "emphasis",
    Tone.SUBTLE: "emphasis",
    Tone.ACCENT: "accent",
    Tone.GOOD: "good",
    Tone.WARNING: "warning",
    Tone.DANGER: "attention",
}
# Copying one of these and setting its text costs half of writing the dict out.
_TEXT: dict[Tone, Json] = {
    tone: {
        "type": "TextBlock",
        "text": "",
        "wrap": True,
        **({"color": _COLORS[tone]} if tone in _COLORS else {}),
        **({"isSubtle": True} if tone is Tone.SUBTLE else {}),
    }
    for tone in Tone
}
_ONE_LINE = 36
"""Characters that one or two lines of a narrow pane hold, whatever the alphabet."""

_STRONG_TEXT: dict[Tone, Json] = {tone: {**text, "weight": "bolder"} for tone, text in _TEXT.items()}
_ROW_TEXT: dict[Tone, Json] = {tone: {**text, "spacing": "none"} for tone, text in _TEXT.items()}
_STRONG_ROW_TEXT: dict[Tone, Json] = {tone: {**text, "spacing": "none"} for tone, text in _STRONG_TEXT.items()}
_RUN: dict[bool, dict[Tone, Json]] = {
    strong: {
        tone: {key: value for key, value in text.items() if key != "wrap"} | {"type": "TextRun"}
        for tone, text in texts.items()
    }
    for strong, texts in ((False, _TEXT), (True, _STRONG_TEXT))
}
_TITLE: Json = {"type": "TextBlock", "text": "", "spacing": "none"}
_SMALL: Json = {"type": "TextBlock", "text": "", "wrap": True, "size": "small", "isSubtle": True, "spacing": "none"}
_DETAIL: Json = {**_SMALL, "wrap": False}
_SNIPPET: Json = {**_SMALL, "maxLines": 2}
# The section whose first line the pane says aloud when it is another: who has the mail.
_SPOKEN = "state"
_DATE = ".date"
_TIME = ".time"


def render(card: Card, *, seal: Seal, icons_url: str, pictures_url: str = "", raw: Raw = no_raw) -> Json:
    """The card as a dict. Icons come from `icons_url`; where clicks go is the pane's business.

    Without a `pictures_url` the words of a picture are drawn in its place.
    """
    drawing = _Drawing(card, seal, icons_url, pictures_url)
    body: list[object] = [drawing.header(card.header)]
    for index, section in enumerate(card.sections):
        if isinstance(section, Kept):
            body.append(raw(section.filled(seal)))
        elif (drawn := drawing.section(section, index)) is not None:
            body.append(drawn)
    return {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "body": body,
    }


def lasting(card: Card, *, seal: Seal, icons_url: str, pictures_url: str = "") -> list[Json]:
    """The card's lasting sections alone."""
    drawing = _Drawing(card, seal, icons_url, pictures_url)
    drawn = (
        drawing.section(section, index)
        for index, section in enumerate(card.sections)
        if isinstance(section, Section) and section.lasting
    )
    return [one for one in drawn if one is not None]


def joined(inputs: Mapping[str, str]) -> dict[str, str]:
    """What the pane sends of a card's inputs, with the two halves of each DateTime put together under its name.

    A date without a time means the beginning of that day; a time without a date means nothing.
    """
    values = {name: value for name, value in inputs.items() if not name.endswith((_DATE, _TIME))}
    for name, date in inputs.items():
        if name.endswith(_DATE):
            whole = name.removesuffix(_DATE)
            values[whole] = f"{date}T{inputs.get(whole + _TIME) or '00:00'}" if date else ""
    return values


class _Drawing:
    """What one drawing needs everywhere: the seal, the pictures, the words, and whether a filled button was drawn."""

    __slots__ = (
        "dates",
        "filled",
        "here",
        "icons",
        "notices",
        "pictures",
        "pictures_url",
        "seal",
        "section_ids",
        "words",
    )

    def __init__(self, card: Card, seal: Seal, icons_url: str, pictures_url: str) -> None:
        self.seal = seal
        self.icons = icons_url + "/"
        self.pictures_url = pictures_url
        self.words: Words = words(card.language)
        self.filled = False
        self.notices = 0
        self.here = ""
        self.pictures: dict[Icon, Json] = {}
        self.section_ids: set[str] = set()
        self.dates = frozenset(
            block.name for section in card.plain for block in section.blocks if isinstance(block, DateTime)
        )

    def header(self, header: Header) -> Json:
        texts: list[Json] = [
            {
                "type": "TextBlock",
                "text": escape.adaptive_line(header.title, escape.TITLE).strip() or self.words.untitled,
                "wrap": True,
                "style": "heading",
                "size": "medium",
                "weight": "bolder",
            }
        ]
        if subtitle := escape.adaptive_line(header.subtitle, escape.SUBTITLE):
            texts.append({"type": "TextBlock", "text": subtitle, "wrap": True, "isSubtle": True, "spacing": "none"})
        if header.icon is None:
            return {"type": "Container", "items": texts}
        columns = [self.column(header.icon, "32px"), {"type": "Column", "width": "stretch", "items": texts}]
        return {"type": "ColumnSet", "columns": columns}

    def section(self, section: Section, index: int) -> Json | None:
        self.here = section.id or f"section{index}"
        blocks = section.blocks
        shown = self.blocks(blocks[: section.shown] if section.collapsible else blocks)
        folded = self.blocks(blocks[section.shown :]) if section.collapsible else []
        if not shown and not folded:
            return None
        items: list[Json] = []
        title = escape.adaptive_line(section.title, escape.TITLE)
        if title:
            items.append(
                {"type": "TextBlock", "text": title, "wrap": True, "style": "heading", "weight": "bolder"},
            )
        items += shown
        if folded:
            items += self.folded(self.unique(self.here), title, folded)
        drawn: Json = {"type": "Container", "separator": True, "spacing": "medium", "items": items}
        if section.id == _SPOKEN:
            drawn["id"] = _SPOKEN
        return drawn

    def folded(self, name: str, title: str, items: list[Json]) -> list[Json]:
        """The hidden part of a section, with its two buttons; `{name}.more` is what the pane keeps open."""
        more, opener, closer = f"{name}.more", f"{name}.open", f"{name}.close"
        open_ = _toggle(self.words.more, _shows(more), _hides(opener), _shows(closer))
        close = _toggle(self.words.less, _hides(more), _shows(opener), _hides(closer))
        if title:  # tells a screen reader which of the equal buttons this is
            open_["tooltip"] = f"{title}: {self.words.more}"
            close["tooltip"] = f"{title}: {self.words.less}"
        return [
            {"type": "Container", "id": more, "isVisible": False, "items": items},
            {"type": "ActionSet", "id": opener, "actions": [open_]},
            {"type": "ActionSet", "id": closer, "isVisible": False, "actions": [close]},
        ]

    def unique(self, name: str) -> str:
        while name in self.section_ids:
            name += "+"
        self.section_ids.add(name)
        return name

    def blocks(self, blocks: tuple[Block, ...]) -> list[Json]:
        """The elements of some blocks: mostly one each, for an empty block none."""
        items: list[Json] = []
        for block in blocks:
            match block:
                case Row():
                    if (row := self.row(block)) is not None:
                        items.append(row)
                case Text():
                    text = escape.adaptive(block.text, escape.PARAGRAPH)
                    if text:
                        drawn = (_STRONG_TEXT if block.strong else _TEXT)[block.tone].copy()
                        drawn["text"] = text
                        if block.lines > 0:
                            drawn["maxLines"] = block.lines
                        items.append(drawn)
                case Timeline():
                    items.extend(map(self.entry, block.entries))
                case Buttons():
                    items.extend(self.buttons(block))
                case Facts():
                    if block.items:
                        items.append({"type": "FactSet", "facts": _facts(block)})
                case Trend():
                    if block.values:
                        items.append(self.trend(block))
                case Notice():
                    items.append(self.notice(block))
                case Field():
                    items.append(self.field(block))
                case Choice():
                    if block.options:
                        items.append(self.choice(block))
                case DateTime():
                    items.extend(self.date_time(block))
                case _:
                    assert_never(block)
        return items

    def row(self, row: Row) -> Json | None:
        text, above, below = row.text, row.above, row.below
        if row.one_line and len(text) > _ONE_LINE:
            # Text that can be clicked is a RichTextBlock, for which Adaptive Cards know no greatest number of lines.
            text = escape.cut(text, _ONE_LINE)
        if not escape.harmless(above + text + below):
            text = escape.adaptive(text, escape.LINE)
            above = escape.adaptive_line(above, escape.LABEL)
            below = escape.adaptive_line(below, escape.LABEL)
        texts: list[Json] = []
        if above:
            texts.append(drawn := _SMALL.copy())
            drawn["text"] = above
        if text:
            if row.target is not None and (action := self.action(row.target, ())):
                texts.append(_linked(_RUN[row.strong][row.tone].copy(), text, action))
            else:
                texts.append(drawn := (_STRONG_ROW_TEXT if row.strong else _ROW_TEXT)[row.tone].copy())
                drawn["text"] = text
        if below:
            texts.append(drawn := _SMALL.copy())
            drawn["text"] = below
        if not texts:
            return None
        if row.icon is None and row.button is None:
            return {"type": "Container", "spacing": "small", "items": texts}
        return self.beside(row.icon, texts, row.button)

    def entry(self, entry: Entry) -> Json:
        title, detail, snippet = entry.title, entry.detail, entry.snippet
        if not escape.harmless(title + detail + snippet):
            title = escape.adaptive_line(title, escape.LINE)
            detail = escape.adaptive_line(detail, escape.LABEL)
            snippet = escape.adaptive_line(snippet, escape.LABEL)
        texts: list[Json] = []
        if detail:
            texts.append(drawn := _DETAIL.copy())
            drawn["text"] = detail
        if entry.target is not None and (action := self.action(entry.target, ())):
            texts.append(_linked({"type": "TextRun"}, title or "—", action))
        else:
            texts.append(drawn := _TITLE.copy())
            drawn["text"] = title or "—"
        if snippet:
            texts.append(drawn := _SNIPPET.copy())
            drawn["text"] = snippet
        return self.beside(entry.icon, texts)

    def notice(self, notice: Notice) -> Json:
        """The pane announces containers whose id begins with "notice"."""
        self.notices += 1
        text = escape.adaptive(notice.text, escape.LINE) or "—"
        items: list[Json] = [{"type": "TextBlock", "text": text, "wrap": True, "weight": "bolder"}]
        if notice.button is not None:
            items.append({"type": "ActionSet", "actions": [self.button(notice.button)]})
        return {"type": "Container", "id": f"notice{self.notices}", "style": _STYLES[notice.tone], "items": items}

    def trend(self, trend: Trend) -> Json:
        if not self.pictures_url:
            return {**_SMALL, "text": escape.adaptive_line(trend.words, escape.LINE) or "—"}
        url = f"{self.pictures_url}/trend/{name_of(trend.values)}.png"
        return {"type": "Image", "url": url, "altText": escape.line(trend.words, escape.LINE), "size": "stretch"}

    def field(self, field: Field) -> Json:
        drawn: Json = {
            "type": "Input.Text",
            "id": field.name,
            "label": escape.line(field.label, escape.LABEL) or self.words.field,
            "maxLength": field.max_length,
            "errorMessage": self.words.fill_in,
        }
        if field.multiline:
            drawn["isMultiline"] = True
        if value := escape.typed(field.value, field.max_length, multiline=field.multiline):
            drawn["value"] = value
        if hint := escape.line(field.hint, escape.LABEL):
            drawn["placeholder"] = hint
        return drawn

    def choice(self, choice: Choice) -> Json:
        options = list(at_most(choice.options, MAX_OPTIONS))
        drawn: Json = {
            "type": "Input.ChoiceSet",
            "id": choice.name,
            "label": escape.line(choice.label, escape.LABEL) or self.words.field,
            "style": "expanded" if choice.many else "compact",
            "choices": [
                {"title": escape.line(option.label, escape.OPTION) or option.value, "value": option.value}
                for option in options
            ],
            "errorMessage": self.words.fill_in,
        }
        if choice.many:
            drawn["isMultiSelect"] = True
            drawn["wrap"] = True
        selected = [option.value for option in options if option.selected]
        if selected:
            drawn["value"] = ",".join(selected) if choice.many else selected[0]
        return drawn

    def date_time(self, picker: DateTime) -> list[Json]:
        """Two inputs, since 1.5 has none for both; `joined` puts their values together again."""
        label = escape.line(picker.label, escape.LABEL) or self.words.field
        date: Json = {"type": "Input.Date", "id": picker.name + _DATE, "label": label}
        time: Json = {"type": "Input.Time", "id": picker.name + _TIME, "label": self.words.time_of.format(label=label)}
        date["errorMessage"] = time["errorMessage"] = self.words.fill_in
        if (value := moment(picker.value)) is not None:
            date["value"], time["value"] = value.isoformat()[:10], value.isoformat()[11:16]
        return [date, time]

    def buttons(self, block: Buttons) -> list[Json]:
        """Verbs in a row and the rest behind "⋯": the renderer's own menu, or a fold when a set would hold too many."""
        actions = [self.button(button) for button in block.items]
        menu = [self.button(button) for button in block.menu]
        if len(actions) + len(menu) <= MAX_ACTIONS:
            return _sets([*actions, *({**action, "mode": "secondary"} for action in menu)])
        if not menu:
            return _sets(actions)
        name = self.unique(f"{self.here}.menu")
        label = escape.line(block.menu_label, escape.BUTTON) or self.words.menu
        opener: Json = {**_toggle("⋯", _shows(name)), "tooltip": label}
        entries = [*menu, {**_toggle(self.words.less, _hides(name)), "tooltip": f"{label}: {self.words.less}"}]
        folded: Json = {
            "type": "Container",
            "id": name,
            "isVisible": False,
            "spacing": "small",
            # A set each: a set is one row, and a menu is a list.
            "items": [{"type": "ActionSet", "spacing": "small", "actions": [entry]} for entry in entries],
        }
        return [*_sets([*actions, opener]), folded]

    def button(self, button: Button) -> Json:
        label = escape.line(button.label, escape.BUTTON) or "…"
        drawn = self.action(button.target, button.needs, files=button.files)
        if not drawn:  # an address that may not be opened
            return {"type": "Action.OpenUrl", "title": label, "url": "https://", "isEnabled": False}
        drawn["title"] = label
        if not button.enabled:
            drawn["isEnabled"] = False
        if button.filled and not self.filled:
            self.filled = True
            drawn["style"] = "positive"
        return drawn

    def action(self, target: Action | Link, needs: tuple[str, ...], *, files: bool = False) -> Json:
        """What a click does; {} for an address that may not be opened."""
        if isinstance(target, Action):
            data: Json = {"a": self.seal(target)}
            if needs:
                data["needs"] = [name + _DATE if name in self.dates else name for name in needs]
            if files:
                data["files"] = True
            return {"type": "Action.Execute", "verb": target.name, "data": data}
        url = escape.link(target.url)
        return {"type": "Action.OpenUrl", "url": url} if url else {}

    def beside(self, icon: Icon | None, texts: list[Json], button: Button | None = None) -> Json:
        """Texts with a picture before them and a button after them."""
        columns: list[Json] = []
        if icon is not None:
            columns.append(self.pictures.get(icon) or self.picture(icon))
        columns.append({"type": "Column", "width": "stretch", "items": texts})
        if button is not None:
            action_set: Json = {"type": "ActionSet", "actions": [self.button(button)]}
            columns.append(
                {"type": "Column", "width": "auto", "verticalContentAlignment": "center", "items": [action_set]}
            )
        return {"type": "ColumnSet", "spacing": "small", "columns": columns}

    def picture(self, icon: Icon) -> Json:
        """Drawn once a card, for all rows that have it: what is drawn is only ever written out."""
        drawn = self.pictures[icon] = self.column(icon, "20px")
        return drawn

    def column(self, icon: Icon, size: str) -> Json:
        image: Json = {
            "type": "Image",
            "url": self.icons + icon + ".png",
            "width": size,
            "height": size,
            "altText": self.words.icons.get(icon, ""),
        }
        return {"type": "Column", "width": "auto", "items": [image]}


def _linked(run: Json, text: str, action: Json) -> Json:
    """A text as a link: a whole row that can be clicked is no control to office.js."""
    # The renderer reads a text run's newlines as spaces; a link is one line by nature.
    run["text"] = action["title"] = text
    run["selectAction"] = action
    return {"type": "RichTextBlock", "spacing": "none", "inlines": [run]}


def _toggle(title: str, *targets: Json) -> Json:
    return {"type": "Action.ToggleVisibility", "title": title, "targetElements": list(targets)}


def _shows(name: str) -> Json:
    return {"elementId": name, "isVisible": True}


def _hides(name: str) -> Json:
    return {"elementId": name, "isVisible": False}


def _sets(actions: list[Json]) -> list[Json]:
    return [
        {"type": "ActionSet", "actions": actions[start : start + MAX_ACTIONS]}
        for start in range(0, len(actions), MAX_ACTIONS)
    ]


def _facts(facts: Facts) -> list[Json]:
    return [
        {
            "title": escape.adaptive_line(fact.label, escape.FACT_LABEL) or "—",
            "value": escape.adaptive(fact.value, escape.FACT_VALUE) or "—",
        }
        for fact in facts.items
    ]

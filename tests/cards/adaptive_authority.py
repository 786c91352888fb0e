"""The part of Adaptive Cards 1.5 that the product uses, as a closed table written from Microsoft's documentation.

The published schema is on no package registry; the renderer itself is the second authority (test_adaptive_renderer).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Json = Mapping[str, object]

_BOOLEAN = {True, False}
_SPACING = {"default", "none", "small", "medium", "large", "extraLarge", "padding"}
_COLOR = {"default", "dark", "light", "accent", "good", "warning", "attention"}
_STYLE = {"default", "emphasis", "good", "attention", "warning", "accent"}
_ELEMENT: dict[str, object] = {"id": str, "isVisible": _BOOLEAN, "separator": _BOOLEAN, "spacing": _SPACING}
_TEXT: dict[str, object] = {
    "text": str,
    "color": _COLOR,
    "isSubtle": _BOOLEAN,
    "size": {"default", "small", "medium", "large", "extraLarge"},
    "weight": {"default", "lighter", "bolder"},
}
_INPUT: dict[str, object] = {**_ELEMENT, "label": str, "errorMessage": str, "isRequired": _BOOLEAN}
_ACTION: dict[str, object] = {
    "title": str,
    "tooltip": str,
    "isEnabled": _BOOLEAN,
    "mode": {"primary", "secondary"},
    "style": {"default", "positive", "destructive"},
}
_PIXELS = re.compile(r"\d+px")
_ELEMENTS = "elements"
_ACTIONS = "actions"

PROPERTIES: dict[str, dict[str, object]] = {
    "AdaptiveCard": {"$schema": str, "version": {"1.5"}, "body": _ELEMENTS},
    "TextBlock": {**_ELEMENT, **_TEXT, "wrap": _BOOLEAN, "maxLines": int, "style": {"default", "heading"}},
    "RichTextBlock": {**_ELEMENT, "inlines": {"TextRun"}},
    "TextRun": {**_TEXT, "selectAction": _ACTIONS},
    "FactSet": {**_ELEMENT, "facts": {"title": str, "value": str}},
    "Container": {**_ELEMENT, "items": _ELEMENTS, "style": _STYLE},
    "ColumnSet": {**_ELEMENT, "columns": {"Column"}},
    "Column": {
        **_ELEMENT,
        "items": _ELEMENTS,
        "width": {"auto", "stretch"},
        "verticalContentAlignment": {"top", "center", "bottom"},
    },
    "Image": {**_ELEMENT, "url": str, "altText": str, "width": _PIXELS, "height": _PIXELS, "size": {"stretch"}},
    "ActionSet": {**_ELEMENT, "actions": _ACTIONS},
    "Input.Text": {**_INPUT, "value": str, "placeholder": str, "maxLength": int, "isMultiline": _BOOLEAN},
    "Input.ChoiceSet": {
        **_INPUT,
        "value": str,
        "choices": {"title": str, "value": str},
        "style": {"compact", "expanded"},
        "isMultiSelect": _BOOLEAN,
        "wrap": _BOOLEAN,
    },
    "Input.Date": {**_INPUT, "value": re.compile(r"\d{4}-\d\d-\d\d")},
    "Input.Time": {**_INPUT, "value": re.compile(r"\d\d:\d\d")},
    "Action.Execute": {**_ACTION, "verb": str, "data": dict, "associatedInputs": {"auto", "none"}},
    "Action.OpenUrl": {**_ACTION, "url": str},
    "Action.ToggleVisibility": {**_ACTION, "targetElements": list},
}
REQUIRED = {
    "AdaptiveCard": {"version", "body"},
    "TextBlock": {"text"},
    "TextRun": {"text"},
    "FactSet": {"facts"},
    "Container": {"items"},
    "Image": {"url", "altText"},
    "ActionSet": {"actions"},
    "Input.Text": {"id", "label"},
    "Input.ChoiceSet": {"id", "label", "choices"},
    "Input.Date": {"id", "label"},
    "Input.Time": {"id", "label"},
    "Action.Execute": {"title", "verb", "data"},
    "Action.OpenUrl": {"title", "url"},
    "Action.ToggleVisibility": {"title", "targetElements"},
}


def complaints(card: Json) -> list[str]:
    """Return everything that is wrong with a card; an empty list is a card of the published language."""
    found = list(_by_table(card, "card"))
    ids = [str(node["id"]) for node in objects(card) if "id" in node]
    found += [f"the id {name} is used twice" for name in {name for name in ids if ids.count(name) > 1}]
    for node in objects(card):
        targets = node.get("targetElements", [])
        assert isinstance(targets, list)
        names = [target if isinstance(target, str) else target["elementId"] for target in targets]
        found += [f"toggles {name}, which is not there" for name in names if name not in ids]
        if node.get("type") == "ActionSet":
            actions = node["actions"]
            assert isinstance(actions, list)
            if not 0 < len(actions) <= 5:
                found.append(f"{len(actions)} actions in one set")
    if sum(node.get("style") == "positive" for node in objects(card)) > 1:
        found.append("two filled buttons")
    return found


def objects(node: object) -> Iterator[Json]:
    """Return every typed object in a card."""
    if isinstance(node, Mapping):
        if "type" in node:
            yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for item in node:
            yield from objects(item)


def _by_table(node: Json, where: str) -> Iterator[str]:
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in PROPERTIES:
        yield f"{where}: unknown type {kind}"
        return
    yield from (f"{where}: {kind} lacks {name}" for name in REQUIRED.get(kind, set()) - set(node))
    for key, value in node.items():
        if key == "type":
            continue
        if key not in PROPERTIES[kind]:
            yield f"{where}: {kind} has no {key}"
        else:
            yield from _by_rule(PROPERTIES[kind][key], value, f"{where}.{key}")


def _by_rule(rule: object, value: object, where: str) -> Iterator[str]:
    match rule, value:
        case (("elements" | "actions"), list()) if value:
            for index, item in enumerate(value):
                yield from _by_table(item, f"{where}[{index}]")
        case "actions", dict():
            yield from _by_table(value, where)
        case set(), list() if value:
            yield from (f"{where}: {item['type']}" for item in value if item["type"] not in rule)
            for index, item in enumerate(value):
                yield from _by_table(item, f"{where}[{index}]")
        case dict(), list() if value:
            yield from (f"{where}: {item}" for item in value if set(item) != set(rule) or "" in item.values())
        case set(), (str() | bool()):
            if value not in rule:
                yield f"{where}: {value}"
        case re.Pattern(), str():
            if not rule.fullmatch(value):
                yield f"{where}: {value}"
        case type(), _ if isinstance(value, rule):
            if value == "" and not where.endswith(".altText"):
                yield f"{where}: empty"
        case _:
            yield f"{where}: {value!r}"

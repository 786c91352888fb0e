"""What Google itself says of a card: its protobuf, its discovery document, and the limits of its guides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from importlib import resources

from google.apps.card_v1.types.card import Card as CardMessage
from google.protobuf import json_format  # type: ignore[import-untyped]  # protobuf ships no type hints

Json = Mapping[str, object]

_MARKUP = {"b", "font", "br"}


def complaints(card: Json) -> list[str]:
    """Return everything that is wrong with a card; an empty list is a card that Gmail documents."""
    return [*_by_protobuf(card), *_by_discovery("GoogleAppsCardV1Card", card, "card"), *_by_guides(card)]


def _by_protobuf(card: Json) -> Iterator[str]:
    try:
        # The parser's own type hints ask for a mutable message; it only reads the dictionary.
        json_format.ParseDict(dict(card), CardMessage.pb(CardMessage()), ignore_unknown_fields=False)
    except json_format.ParseError as error:
        yield f"protobuf: {error}"


@cache
def _schemas() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    document = resources.files("googleapiclient.discovery_cache").joinpath("documents", "chat.v1.json")
    schemas: Mapping[str, Mapping[str, Mapping[str, object]]] = json.loads(document.read_text("utf-8"))["schemas"]
    return schemas


def _by_discovery(name: str, value: object, where: str) -> Iterator[str]:
    """Discovery schemas read as closed: a property that is not named is refused, and so is another spelling."""
    if not isinstance(value, Mapping):
        yield f"{where}: not an object"
        return
    properties = _schemas()[name]["properties"]
    for key, item in value.items():
        if key in properties:
            yield from _by_property(properties[key], item, f"{where}.{key}")
        else:
            yield f"{where}: {name} has no {key}"


def _by_property(schema: object, value: object, where: str) -> Iterator[str]:
    assert isinstance(schema, Mapping)
    if "$ref" in schema:
        yield from _by_discovery(schema["$ref"], value, where)
        return
    match schema["type"], value:
        case "array", list():
            for index, item in enumerate(value):
                yield from _by_property(schema["items"], item, f"{where}[{index}]")
        case "string", str():
            if "enum" in schema and value not in schema["enum"]:
                yield f"{where}: {value} is not among {schema['enum']}"
        case ("boolean", bool()) | ("integer", int()) | ("number", float()):
            pass
        case kind, _:
            yield f"{where}: {value!r} is no {kind}"


def _by_guides(card: Json) -> Iterator[str]:
    """Limits that the schemas cannot say: workspace-restrictions and the reference's prose."""
    sections = card["sections"]
    assert isinstance(sections, list)
    if len(sections) > 100:
        yield f"{len(sections)} sections"
    if (widgets := sum(len(section["widgets"]) for section in sections)) > 100:
        yield f"{widgets} widgets"
    if any(not section["widgets"] for section in sections):
        yield "a section without widgets"
    names: list[object] = []
    filled = 0
    for key, node in objects(card):
        names += [node["name"]] if key in {"textInput", "selectionInput", "dateTimePicker"} else []
        filled += "color" in node
        yield from _by_object(key, node)
    if len(names) != len(set(names)):
        yield f"inputs share a name: {names}"
    if filled > 1:
        yield f"{filled} filled buttons"


def _by_object(key: str, node: Json) -> Iterator[str]:
    def text(name: str) -> str:
        value = node.get(name, "")
        return value if isinstance(value, str) else ""

    if key == "header" and not text("title"):
        yield "a header without a title"
    if key in {"buttons", "button"} and not text("text"):
        yield "a button without a text"
    if key in {"buttons", "button", "overflowMenu.items"} and "onClick" not in node and not node.get("disabled"):
        yield "a button that does nothing"
    if key == "textInput" and not (text("name") and text("label")):
        yield "a text input without a name or a label"
    if key == "selectionInput":
        items = node["items"]
        assert isinstance(items, list)
        if not 0 < len(items) <= 100:
            yield f"{len(items)} options"
        if node["type"] == "DROPDOWN" and sum("selected" in item for item in items) > 1:
            yield "two selected in a drop-down"
    if key == "openLink" and not re.match(r"(https?://|mailto:|tel:)", text("url")):
        yield f"a link to {text('url')}"
    for name in ("imageUrl", "iconUrl"):
        if name in node and not re.fullmatch(r"https://.*\.png", text(name)):
            yield f"{name} {text(name)}"
    if key in {"textParagraph", "decoratedText"}:
        yield from (f"markup <{tag}>" for tag in _tags(text("text")) - _MARKUP)
        if not text("text"):
            yield f"{key} without a text"
    if "header" in node and isinstance(node["header"], str):
        yield from (f"markup <{tag}> in a section's title" for tag in _tags(text("header")))
    for name in ("topLabel", "bottomLabel"):
        if re.search("[<&]", text(name)):
            yield f"{name} that could be read as markup"


def objects(node: object, key: str = "") -> Iterator[tuple[str, Json]]:
    """Return every object in a JSON value with the key it stands under; items of a list stand under the list's."""
    if isinstance(node, Mapping):
        yield key, node
        for name, value in node.items():
            yield from objects(value, f"{key}.{name}" if key == "overflowMenu" else name)
    elif isinstance(node, list):
        for item in node:
            yield from objects(item, key)


def _tags(text: str) -> set[str]:
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return reader.found


class _Tags(HTMLParser):
    """Collect the names of all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)

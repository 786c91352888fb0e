"""All cards and all states of the screens, in both renderings: what the gallery page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from cards import adaptive, google
from cards.gallery import cards
from cards.model import Action, AskConsent, Effect, Insert, OpenPage, Show, StartReply, Toast, Verdict
from server.screens.gallery import states


def rendered(language: str, public_url: str) -> Sequence[Mapping[str, object]]:
    """Name, toast and both renderings of every example. Their buttons do nothing: nobody sealed them."""
    shown: list[tuple[str, str, Effect]] = [("screen", name, effect) for name, effect in states(language).items()]
    shown += [("block", name, Show(replace(card, language=language))) for name, card in cards().items()]
    return [_entry(kind, name, effect, public_url) for kind, name, effect in shown]


def _entry(kind: str, name: str, effect: Effect, public_url: str) -> Mapping[str, object]:
    icons_url, pictures_url = f"{public_url}/icons", f"{public_url}/pictures"
    match effect:
        case Show(card=card, toast=toast) | StartReply(card=card, toast=toast):
            pass
        case Toast(text=text) | Insert(text=text):
            return {"kind": kind, "name": name, "toast": text}
        case Verdict(decision=decision, sentence=sentence):
            return {"kind": kind, "name": name, "toast": f"{decision}: {sentence}"}
        case OpenPage() | AskConsent():
            return {"kind": kind, "name": name, "toast": ""}
        case _:
            assert_never(effect)
    return {
        "kind": kind,
        "name": name,
        "toast": toast,
        "google": google.render(
            card,
            seal=_unsealed,
            action_url=f"{public_url}/gmail/action",
            icons_url=icons_url,
            pictures_url=pictures_url,
        ),
        "adaptive": adaptive.render(card, seal=_unsealed, icons_url=icons_url, pictures_url=pictures_url),
    }


def _unsealed(action: Action) -> str:
    return f"gallery:{action.name}"

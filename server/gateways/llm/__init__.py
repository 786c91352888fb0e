"""A language model behind any endpoint that speaks OpenAI's protocol. Off unless a base URL and a model are set."""

from __future__ import annotations

from server.replies.polish import LanguageModel


def connect(base_url: str, api_key: str, model: str, *, limit: float = 10.0) -> LanguageModel | None:
    """Return the model of the settings, or None when they name none. No call is made."""
    if not base_url or not model:
        return None
    from server.gateways.llm.client import Endpoint  # noqa: PLC0415 - openai takes a second to import; most need none of it

    return Endpoint(base_url, api_key, model, limit=limit)

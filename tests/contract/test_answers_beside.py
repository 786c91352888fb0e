"""What goes with an answer: benefits within limits, solved conversations, templates beside a compose window, a language model."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from server.app import create_app
from server.domain.workspace import Viewer
from server.gateways.google.gmail import GmailApi
from server.replies.embedding import Embedder
from server.usecases.apply import apply
from tests.contract.answers import UPSET, WHERE, asks, opened, written
from tests.contract.conftest import WORKSPACE
from tests.contract.office import Agent, Office, Screen, dumps
from tests.standins import entra, llm
from tests.standins.crm.memory import record
from tests.standins.google import fails

BENEFIT = """
[[benefit]]
id = "coupon"
name = { ja = "次回10%割引クーポン", en = "10% off the next order" }
code = "THANKS-10"
"""


def typed(screen: Screen) -> tuple[str, str]:
    """Return the field of the reply and what stands in it."""
    return next((name, text) for name, text in screen.fields.items() if name.startswith("reply_text"))


def changes(office: Office, more: str) -> None:
    """Apply the company's file with more in it."""
    applied = apply(office.store.directory, WORKSPACE.format(tenant=entra.TENANT) + more)
    _, revision = office.store.directory.described(applied.workspace.id)
    office.store.directory.notice(applied.workspace, revision)


def apologises(office: Office, agent: Agent, raw: bytes) -> tuple[Screen, Screen]:
    """Write the apology; the card on which it is written before and after the benefit was offered."""
    editor = agent.clicks(agent.opens(raw).button("write", kind="upset"), mail=raw)
    name, text = typed(editor)
    if not editor.has("offer"):
        return editor, editor
    return editor, agent.clicks(editor.button("offer"), {name: text, "reply_to": "everyone"}, mail=raw)


def test_a_benefit_goes_with_an_apology_and_never_twice_within_a_month(
    answering: Office, client: str, embedder: Embedder
) -> None:
    changes(answering, BENEFIT)
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, UPSET)
    opened(answering, embedder, agent, raw)
    _, offered = apologises(answering, agent, raw)
    name, text = typed(offered)
    assert "THANKS-10" in text
    assert text.index("THANKS-10") < text.rindex("\n\n")  # before the closing words
    assert not offered.has("offer")
    done = agent.clicks(offered.button("start_reply"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert "THANKS-10" in written(answering, done, client)
    # The same customer again: it is not offered, and typing its code is refused.
    second = asks(2, UPSET, subject="また")
    opened(answering, embedder, agent, second)
    editor, _ = apologises(answering, agent, second)
    assert not editor.has("offer")
    name, text = typed(editor)
    refused = agent.clicks(
        editor.button("start_reply"), {name: f"{text}\nTHANKS-10", "reply_to": "everyone"}, mail=second
    )
    assert "reply" not in refused.body
    assert f"{text}\nTHANKS-10" in refused.fields.values()
    # A month later it may be given again.
    answering.later(31 * 24 * 60)
    editor, _ = apologises(answering, agent, second)
    assert editor.has("offer")


def test_a_draft_that_could_not_be_made_has_taught_and_given_nothing(answering: Office, embedder: Embedder) -> None:
    changes(answering, BENEFIT)
    agent = answering.at_gmail("sato@aoba.example")
    raw = asks(1, UPSET)
    opened(answering, embedder, agent, raw)
    _, offered = apologises(answering, agent, raw)
    name, text = typed(offered)
    answering.google.faults["drafts.create"] = fails(500)
    failed = agent.clicks(offered.button("start_reply"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert not answering.google.drafts
    assert not failed.has("unpick")
    del answering.google.faults["drafts.create"]
    editor, offered = apologises(answering, agent, raw)
    assert editor.has("offer")
    name, text = typed(offered)
    done = agent.clicks(offered.button("start_reply"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert "THANKS-10" in written(answering, done, "gmail")
    assert agent.opens(raw).has("unpick")


@pytest.mark.parametrize("unused", [(), ("定期便",)])
def test_a_companys_help_page_stands_in_answers_of_its_category(
    answering: Office, client: str, embedder: Embedder, unused: tuple[str, ...]
) -> None:
    """A feature's page only where the CRM says that the customer has it and has never used it."""
    page = 'category = "shipping_status"\ntitle = "配送について"\nurl = "https://help.aoba.example/ja/shipping"\n'
    regular = 'category = "shipping_status"\ntitle = "定期便"\nurl = "https://help.aoba.example/ja/regular"\nfeature = "定期便"\n'
    changes(answering, f"\n[[help]]\n{page}\n[[help]]\n{regular}")
    answering.has_a_crm(record(unused=unused))
    workspace = answering.store.directory.workspace("aoba")
    assert workspace
    one = answering.store.answers.all(workspace)["where"]
    linked = msgspec.structs.replace(one, body=f"{one.body}\n\n{{{{ help_links }}}}")
    answering.store.answers.save(Viewer(workspace, workspace.person_by_id["sato"]), linked, 1, "")
    answering.reads(embedder)
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(answering, embedder, agent, raw)
    used = agent.clicks(card.button("start_reply", template="where"), mail=raw)
    text = written(answering, used, client)
    assert "配送について: https://help.aoba.example/ja/shipping" in text
    assert ("https://help.aoba.example/ja/regular" in text) == bool(unused)


def test_a_solved_conversation_like_the_open_one_is_shown_with_what_answered_it(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    first = asks(1, WHERE, sender="山田 花子 <hanako@shop.example>", subject="荷物の行方")
    card = opened(answering, embedder, agent, first)
    agent.clicks(card.button("start_reply", template="where"), mail=first)
    agent.clicks(agent.opens(first).button("status", status="done"), mail=first)
    answering.reads(embedder)
    second = asks(
        2,
        "注文した荷物が今どこにあるのか、配送の状況を教えていただけますか。",
        sender="鈴木 一 <hajime@other.example>",
        subject="配送",
    )
    shown = opened(answering, embedder, agent, second)
    assert "荷物の行方" in shown.text
    # Reopened, it is no solution any more.
    agent.clicks(agent.opens(first).button("status", status="todo"), mail=first)
    assert "荷物の行方" not in agent.opens(second).text


def test_a_private_teams_solutions_are_shown_to_nobody_else(answering: Office, embedder: Embedder) -> None:
    yamamoto, sato = answering.at_gmail("yamamoto@aoba.example"), answering.at_gmail("sato@aoba.example")
    secret = asks(1, WHERE, sender="応募 <a@b.example>", to="hr@aoba.example", subject="秘密の件")
    opened(answering, embedder, yamamoto, secret)
    yamamoto.clicks(yamamoto.opens(secret).button("take"), mail=secret)
    yamamoto.clicks(yamamoto.opens(secret).button("status", status="done"), mail=secret)
    answering.reads(embedder)
    shown = opened(answering, embedder, sato, asks(2, WHERE, sender="鈴木 一 <hajime@other.example>"))
    assert "秘密の件" not in dumps(shown.body)


def test_templates_are_found_and_inserted_beside_a_compose_window(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    opened(answering, embedder, agent, asks(1, WHERE))
    window = ("tanaka@midori.example",)
    card = agent.composes(*window)
    found = agent.clicks_beside(card.button("find"), {"find": "領収書", "category": "all"}, *window)
    assert "領収書の発行" in found.text
    assert "配送状況のご案内" not in found.text
    inserted = agent.clicks_beside(found.button("insert", template="invoice"), {}, *window)
    assert "田中 太郎 様" in dumps(inserted.body)
    assert "佐藤 美咲" in dumps(inserted.body)
    nothing = agent.clicks_beside(card.button("find"), {"find": "ないことば", "category": "all"}, *window)
    assert not [one for one in nothing.buttons if one.name == "insert" and one.args.get("template")]


def test_what_is_written_beside_a_compose_window_is_checked(answering: Office, client: str, embedder: Embedder) -> None:
    agent = answering.at(client, "sato@aoba.example")
    opened(answering, embedder, agent, asks(1, WHERE))
    window = ("tanaka@midori.example",)
    card = agent.composes(*window)
    wrong = "鈴木 花子 様\n\nお世話になっております。青葉商事の佐藤です。\n\n了解しました。{{ order_number }}の件は明日ご連絡いたします。"
    checked = agent.clicks_beside(card.button("check_text"), {"reply_text": wrong}, *window)
    assert checked.has("replace_text")
    mended = agent.clicks_beside(checked.button("replace_text"), {"reply_text": wrong}, *window)
    assert typed(mended)[1] != wrong


@pytest.fixture
def model() -> Iterator[llm.Model]:
    with llm.model() as running:
        yield running


@pytest.fixture
def with_model(answering: Office, model: llm.Model, gmail_api: GmailApi) -> Iterator[Office]:
    """Return the office whose replies a language model may rewrite."""
    changed = dataclasses.replace(
        answering.settings, llm_url=model.url, llm_key=llm.KEY, llm_model=llm.MODEL, llm_seconds=2
    )
    answering.app = create_app(changed, answering.store, gmail_api).test_client()
    yield answering
    for one in threading.enumerate():  # a call that was given up ends by itself
        if one.name == "language-model":
            one.join(5)


def test_a_language_model_is_offered_only_where_one_is_configured(
    answering: Office, client: str, embedder: Embedder
) -> None:
    agent = answering.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(answering, embedder, agent, raw)
    assert not agent.clicks(card.button("write", template="where"), mail=raw).has("rewrite")


def test_a_reply_is_polished_without_its_names_leaving(
    with_model: Office, client: str, embedder: Embedder, model: llm.Model
) -> None:
    agent = with_model.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(with_model, embedder, agent, raw)
    editor = agent.clicks(card.button("write", template="where"), mail=raw)
    name, text = typed(editor)
    polished = agent.clicks(editor.button("rewrite", task="polish"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert typed(polished)[1]
    (call,) = model.calls
    assert "田中" not in call.text
    assert "佐藤" not in call.text


def test_a_model_that_is_slow_leaves_the_text_as_it_was(
    with_model: Office, client: str, embedder: Embedder, model: llm.Model
) -> None:
    model.behaviour = llm.sleeps
    agent = with_model.at(client, "sato@aoba.example")
    raw = asks(1, WHERE)
    card = opened(with_model, embedder, agent, raw)
    editor = agent.clicks(card.button("write", template="where"), mail=raw)
    name, text = typed(editor)
    begun = time.monotonic()
    same = agent.clicks(editor.button("rewrite", task="polish"), {name: text, "reply_to": "everyone"}, mail=raw)
    assert time.monotonic() - begun < 15
    assert typed(same)[1] == text

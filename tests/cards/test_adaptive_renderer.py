"""Cards as Microsoft's own renderer reads them, in a real browser: the version that the pane ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from cards import adaptive, gallery
from cards.model import Action
from tests import chromium

RENDERER = (
    Path(__file__).parents[2] / "server/hosts/outlook/taskpane/node_modules/adaptivecards/dist/adaptivecards.min.js"
)
DRAW = """
(json) => {
  const said = [];
  const card = new AdaptiveCards.AdaptiveCard();
  const context = new AdaptiveCards.SerializationContext(new AdaptiveCards.Version(1, 5));
  card.parse(json, context);
  for (let index = 0; index < context.eventCount; index++) said.push(context.getEventAt(index).message);
  for (const event of card.validateProperties().validationEvents) said.push(event.message);
  const drawn = card.render();
  document.body.replaceChildren(drawn);
  return {
    said,
    text: drawn.innerText,
    headings: [...drawn.querySelectorAll('[role=heading]')].map((heading) => heading.innerText),
    buttons: [...drawn.querySelectorAll('button')].map((button) => button.innerText),
    foreign: drawn.querySelectorAll('script, iframe, b, i, img:not([src^="https://s.example/i/"])').length,
    unlabelled: [...drawn.querySelectorAll('input, textarea, select')].filter(
      (input) => !input.labels?.length && !input.getAttribute('aria-labelledby') && !input.getAttribute('aria-label'),
    ).length,
  };
}
"""

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Return a page of a browser that has read the renderer and reaches nothing else."""
    if not RENDERER.exists():
        pytest.fail(f"{RENDERER} is missing: run `npm ci` in server/hosts/outlook/taskpane, or `make setup`")
    browser = chromium.find()
    assert browser is not None, "no Chromium: run `python -m tests.chromium`, or name one in SOBANI_CHROMIUM"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = running.new_page()
        page.route("**/*", lambda route: route.abort())
        page.add_script_tag(path=RENDERER)
        yield page
        running.close()


def seal(action: Action) -> str:
    return f"sealed-{action.name}"


@pytest.mark.parametrize("name", gallery.cards())
def test_the_renderer_has_nothing_to_say_against_a_card(page: Page, name: str) -> None:
    drawn = page.evaluate(DRAW, adaptive.render(gallery.cards()[name], seal=seal, icons_url="https://s.example/i"))
    assert drawn["said"] == []
    assert drawn["foreign"] == 0
    assert drawn["unlabelled"] == 0
    assert drawn["headings"]


def test_text_is_shown_letter_by_letter(page: Page) -> None:
    drawn = page.evaluate(DRAW, adaptive.render(gallery.cards()["hostile"], seal=seal, icons_url="https://s.example/i"))
    assert '<script>alert("x")</script><b>太字</b>' in drawn["text"]
    assert "**強調** [link](https://evil.example)" in drawn["text"]
    assert "&lt;i&gt; &amp;amp;" in drawn["text"]
    assert "2026-05-10T10:00:00Z" in drawn["text"]


def test_the_message_card_shows_what_an_agent_looks_for(page: Page) -> None:
    drawn = page.evaluate(DRAW, adaptive.render(gallery.cards()["message"], seal=seal, icons_url="https://s.example/i"))
    assert drawn["headings"] == ["田中 太郎 様", "お客様", "これまでのやり取り (12)", "メモ (1)"]
    assert drawn["buttons"][:4] == ["違う", "担当する", "返信を作成", "..."]
    assert "5月10日" in drawn["text"]


def test_opening_a_folded_section_shows_its_rest(page: Page) -> None:
    card = adaptive.render(gallery.cards()["message"], seal=seal, icons_url="https://s.example/i")
    assert "03-0000-0000" not in page.evaluate(DRAW, card)["text"]
    page.get_by_role("button", name="さらに表示").first.click()
    assert page.get_by_text("03-0000-0000").is_visible()
    page.get_by_role("button", name="閉じる").first.click()
    assert not page.get_by_text("03-0000-0000").is_visible()


def test_a_click_hands_over_the_sealed_action_and_what_was_typed(page: Page) -> None:
    page.evaluate(DRAW, adaptive.render(gallery.cards()["inputs"], seal=seal, icons_url="https://s.example/i"))
    page.evaluate(
        "() => { AdaptiveCards.AdaptiveCard.onExecuteAction = (action) => { window.clicked = action.data; }; }"
    )
    page.get_by_label("理由", exact=True).fill("休暇のため")
    page.get_by_role("button", name="保存する").click()
    clicked = page.evaluate("() => window.clicked")
    assert {key: clicked[key] for key in ("a", "needs", "reason", "hold", "tags")} == {
        "a": "sealed-save",
        "needs": ["reason", "until.date"],
        "reason": "休暇のため",
        "hold": "b",
        "tags": "b,d",
    }
    inputs = {name: value for name, value in clicked.items() if name not in {"a", "needs"}}
    assert adaptive.joined(inputs)["until"] == "2026-05-10T14:30"
    json.dumps(clicked)

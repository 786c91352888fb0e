"""What axe-core finds wrong with a page or a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Frame, Page

from server.hosts.outlook.pane import FOLDER

AXE: Final[Path] = FOLDER / "node_modules/axe-core/axe.min.js"

# Nobody reads what passed, nor the selectors of its elements; to find those takes axe three quarters of its time.
_RUN: Final = """async (only) => {
    const options = { iframes: false, resultTypes: ["violations"], selectors: false };
    if (only.length > 0) options.runOnly = only;
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}"""


def complaints(page: Page | Frame, *, only: Sequence[str] = ()) -> list[str]:
    """A line for each; `only` names axe's tags of rules. Frames within are not looked into."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(
            AXE.read_text(encoding="utf-8") + ";0"
        )  # the page's policy keeps scripts out that do not come by the debugger
    found: Any = page.evaluate(_RUN, list(only))
    return [str(line) for line in found]

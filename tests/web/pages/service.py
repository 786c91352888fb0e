"""A copy of the service with all four pages, over a real store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from werkzeug.test import TestResponse

from server.domain.events import Identity
from tests.web.crm_desk import ITO, CrmDesk
from tests.web.customers_desk import Desk as CustomersDesk
from tests.web.second_screen import Browser
from tests.web.template_desk import Desk as TemplatesDesk

PAGES: Final = ("queue", "templates", "crm", "customers")
FORM_PAGES: Final = ("templates", "crm", "customers")
POSTS: Final = {
    "queue": ("leave", "enter"),
    "templates": ("new", "edit/t1", "preview", "archive/t1", "restore/t1", "import", "import/commit", "leave"),
    "crm": ("new/kintone", "edit/x1", "test/x1", "switch/x1", "hook/x1", "remove/x1", "panel", "leave"),
    "customers": ("import", "import/look", "import/commit", "keys", "keys/end/k1", "leave"),
}
"""Everything that changes something."""
WORK: Final = {"templates": "new", "crm": "new/kintone", "customers": "keys"}
"""A form of each page."""
TSUBAME: Final = """
[workspace]
id = "tsubame"
name = "つばめ商会"
google_domains = ["tsubame.example"]

[[team]]
id = "support"
name = "窓口"
addresses = ["help@tsubame.example"]
default = true

[[person]]
id = "mori"
name = "森 薫"
emails = ["mori@tsubame.example"]
role = "admin"
"""
MORI: Final = Identity("google", "tsubame.example", "g-mori", "mori@tsubame.example", "森 薫")


@dataclass
class Service(CrmDesk, TemplatesDesk, CustomersDesk):
    """Each desk adds its page."""

    def opens(self, identity: Identity = ITO, language: str = "ja", workspace: str = "aoba") -> Browser:
        """Somebody's browser, signed in."""
        browser = self.browser(self.sessions.begin(workspace, identity, "Asia/Tokyo"))
        browser.language = language
        return browser


def submit(browser: Browser, path: str, fields: Any = None, **headers: str) -> TestResponse:
    """What a form of our own page sends."""
    return browser.client.post(
        path,
        base_url=browser.public_url,
        data=fields or {},
        headers={"Origin": browser.public_url, "Accept-Language": browser.language, **headers},
    )

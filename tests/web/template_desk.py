"""The templates' page over a real store, and templates that are there already."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from server.domain.events import Identity
from server.domain.template import Template
from server.web import templates
from tests.store.shop import Shop
from tests.web.second_screen import SATO, Browser, Copy

YAMAMOTO: Final = Identity("google", "aoba.example", "g-yamamoto", "yamamoto@aoba.example", "山本 恵")
HR_DESK: Final = Identity("google", "aoba.example", "g-hr", "hr@aoba.example")
GREETING: Final = "{{ customer_name }}\n\nお世話になっております。{{ our_company }}の{{ agent_name }}です。\n\nご注文 {{ order_number }} について確認いたしました。\n"


@dataclass
class Desk(Copy):
    """A copy of the service with both pages."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.app.register_blueprint(
            templates.blueprint(
                self.public_url,
                self.sessions,
                self.store.directory,
                self.store.answers,
                self.store.conversations,
                self.counted.append,
                time.time,
            )
        )

    def signs_in(self, identity: Identity = SATO, language: str = "ja") -> Browser:
        browser = self.browser()
        browser.language = language
        assert browser.enters(self.link(identity)).status_code == 200
        return browser


def template(id_: str = "", **other: Any) -> Template:
    return Template(
        **{"id": id_, "title": "配送状況のご案内", "body": GREETING, "category": "shipping_status", **other}
    )


def saved(shop: Shop, one: Template, person: str = "sato", why: str = "") -> Template:
    """A template that is there already."""
    code, found_ = shop.store.answers.save(shop.viewer(person), one, one.version, why)
    assert code == "ok"
    return found_

"""The customers' page over a real store, and an administrator before it."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from server.domain.events import Identity
from server.store.api_keys import RedisApiKeys
from server.store.own import RedisOwn
from server.web import customers
from tests.web.second_screen import Browser, Copy

ITO: Final = Identity("google", "aoba.example", "g-ito", "ito@aoba.example", "伊藤 大輔")
FILE: Final = """顧客番号,氏名,メール,席数,備考
c-1,田中 太郎,taro@hokuto.example,3,<b>大切</b>
c-2,港 一郎,info@minato.example,,=1+1
c-3,社内,support@aoba.example,,
"""


@dataclass
class Desk(Copy):
    """A copy of the service with both pages."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.own = RedisOwn(self.store.library, lambda *_: None)
        self.keys = RedisApiKeys(self.store.library, partial(secrets.token_urlsafe, 32), time.time)
        self.app.register_blueprint(
            customers.blueprint(
                self.public_url,
                self.sessions,
                self.store.directory,
                self.own,
                self.keys,
                self.counted.append,
                time.time,
            )
        )

    def signs_in(self, identity: Identity = ITO, language: str = "ja") -> Browser:
        browser = self.browser()
        browser.language = language
        assert browser.enters(self.link(identity)).status_code == 200
        return browser


def submit(browser: Browser, path: str, fields: Any = None, **headers: str) -> TestResponse:
    """What a form of our own page sends."""
    return browser.client.post(
        f"/customers{path}",
        base_url=browser.public_url,
        data=fields or {},
        headers={"Origin": browser.public_url, "Accept-Language": browser.language, **headers},
    )


def upload(browser: Browser, data: bytes) -> TestResponse:
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="c.csv"\r\n\r\n'
    return browser.client.post(
        "/customers/import",
        base_url=browser.public_url,
        data=head.encode() + data + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Origin": browser.public_url, "Accept-Language": browser.language},
    )


def fields_of(answer: TestResponse) -> MultiDict[str, str]:
    """The page's own form, as a browser would send it."""
    inside = answer.text[answer.text.index("<main") :]
    found: MultiDict[str, str] = MultiDict()
    for name, value in re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', inside):
        found.add(name, unescape(value))
    for name, options in re.findall('<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        chosen = re.search('value="([^"]*)" selected', options)
        found.add(name, chosen[1] if chosen else "")
    return found

from __future__ import annotations

import http.client
import json
from urllib.request import Request as Call
from urllib.request import urlopen

import pytest

from tests.standins.crm.server import Answer, Request, Vendor, says


class Shop(Vendor):
    def answer(self, request: Request) -> Answer:
        return says({"path": request.path, "q": request.param("q"), "sent": request.json if request.body else None})


def test_it_answers_and_remembers() -> None:
    with Shop() as shop:
        call = Call(f"{shop.url}/a%20b?q=%E7%94%B0", data=b'{"n": 1}', headers={"X-Key": "k"})  # noqa: S310 - the loopback
        with urlopen(call, timeout=5) as answer:  # noqa: S310 - the loopback
            assert json.load(answer) == {"path": "/a b", "q": "田", "sent": {"n": 1}}
    (asked,) = shop.calls
    assert (asked.method, asked.target, asked.headers["x-key"]) == ("POST", "/a%20b?q=%E7%94%B0", "k")
    assert shop.sent > 0


def test_it_misbehaves_as_often_as_it_is_told_and_only_where() -> None:
    with Shop() as shop:
        shop.misbehave("429", times=2, retry_after=7, when=lambda request: request.path == "/a")
        connection = http.client.HTTPConnection(shop.url.removeprefix("http://"), timeout=5)
        seen = []
        for path in ("/a", "/b", "/a", "/a"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            seen.append((answer.status, answer.getheader("Retry-After")))
        connection.close()
    assert seen == [(429, "7"), (200, None), (429, "7"), (200, None)]
    assert [call.path for call in shop.misbehaved] == ["/a", "/a"]
    assert shop.connections == 1


def test_its_own_faults_are_the_tests() -> None:
    class Broken(Vendor):
        def answer(self, request: Request) -> Answer:
            raise KeyError(request.path)

    with pytest.raises(KeyError), Broken() as broken, pytest.raises(OSError):
        urlopen(broken.url, timeout=5)  # noqa: S310 - the loopback

"""The API: what is pushed is there, twice is once, a wrong row says which field, and nobody comes without a key."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.serving import make_server

from server.domain.crm import Money
from server.domain.own import Customer, Order, Subscription
from server.store.api_keys import A_MINUTE
from server.web import api
from server.web.api.openapi import OPERATIONS
from server.web.api.problems import TITLES
from server.web.api.shapes import MAX_ROWS, CustomerFields
from server.wiring import open_store
from tests.web.api.desk import PUBLIC, Caller, callers


@pytest.fixture
def caller(redis_url: str) -> Iterator[Caller]:
    yield from callers(redis_url)


TARO: Final[dict[str, Any]] = {
    "name": "田中 太郎",
    "reading": "たなか たろう",
    "addresses": ["Taro@Hokuto.example"],
    "plan": "Standard",
    "contract_end": "2027-03-31",
    "features": ["請求書", "CSV 出力"],
    "value": {"amount": "1200000.00", "currency": "JPY"},
    "health": 0,
    "last_contact": "2026-05-10T10:00:00+09:00",
    "more": {"担当店舗": "札幌"},
}
ORDER: Final[dict[str, Any]] = {
    "customer": "c-1",
    "id": "o-1",
    "title": "鶏の骨 20 kg",
    "at": "2026-05-01T09:00:00Z",
    "amount": {"amount": "5400", "currency": "JPY"},
    "open": True,
}


def problem(answer: Any, code: str) -> Any:
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.json["status"] == answer.status_code == TITLES[code][0]
    return answer.json.get("errors", [])


# Customers


def test_a_customer_is_made_found_and_shown(caller: Caller) -> None:
    made = caller.put("c-1", **TARO)
    assert made.status_code == 201
    assert made.json == {
        **TARO,
        "id": "c-1",
        "kind": "contact",
        "addresses": ["taro@hokuto.example"],
        "value": {"amount": "1200000", "currency": "JPY"},
        "last_contact": "2026-05-10T01:00:00Z",
    }
    assert caller.send("GET", "/customers?address=TARO@hokuto.example").json == {"customers": [made.json]}
    assert caller.send("GET", "/customers/c-1").json == {
        "customer": made.json, "orders": [], "subscriptions": [], "events": [], "usage": [], "incomplete": [],
    }  # fmt: skip
    assert caller.touched == ["taro@hokuto.example"]


def test_putting_twice_is_putting_once(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    caller.touched.clear()
    again = caller.put("c-1", **TARO)
    assert again.status_code == 200
    assert caller.touched == []
    assert caller.own.known("aoba", ["c-1"])[0].version == 1


def test_put_takes_back_what_is_left_out_and_patch_does_not(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    patched = caller.send(
        "PATCH", "/customers/c-1", {"plan": "Pro", "health": None, "more": {"担当店舗": None, "席": "3"}}
    )
    assert patched.json["plan"] == "Pro"
    assert patched.json["name"] == "田中 太郎"
    assert "health" not in patched.json
    assert patched.json["more"] == {"席": "3"}
    assert caller.put("c-1", name="太郎").json == {"id": "c-1", "kind": "contact", "name": "太郎"}
    assert caller.send("PATCH", "/customers/new", {"name": "花子"}).status_code == 201


def test_what_comes_out_can_be_sent_in_again(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    shown = caller.send("GET", "/customers/c-1").json["customer"]
    assert caller.rows("customers", shown)["same"] == 1


def test_an_id_may_have_any_letters(caller: Caller) -> None:
    for id_ in ("顧客/1", "a b", "a%2Fb", "?x", "#1", "https://shop.example//1"):
        quoted = quote(id_, safe="")
        assert caller.send("PUT", f"/customers/{quoted}", {"name": id_}).json["id"] == id_
        assert caller.send("GET", f"/customers/{quoted}").json["customer"]["name"] == id_


def test_a_plus_sign_in_an_address_is_not_lost(caller: Caller) -> None:
    caller.put("c-1", addresses=["taro+shop@hokuto.example"])
    caller.put("c-2", addresses=["shop@hokuto.example"])
    found = caller.send("GET", "/customers?address=taro%2Bshop@hokuto.example").json["customers"]
    assert [one["id"] for one in found] == ["c-1"]
    problem(caller.send("GET", "/customers?address=taro+shop@hokuto.example"), "invalid")


def test_who_is_removed_is_gone_with_everything(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    caller.rows("orders", ORDER)
    assert caller.send("DELETE", "/customers/c-1").status_code == 204
    problem(caller.send("DELETE", "/customers/c-1"), "not_found")
    problem(caller.send("GET", "/customers/c-1"), "not_found")
    assert caller.send("GET", "/customers?address=taro@hokuto.example").json == {"customers": []}
    assert [row["status"] for row in caller.rows("orders", ORDER)["rows"]] == ["wrong"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"nmae": "x"}, "$.nmae"),
        ({"name": 1}, "$.name"),
        ({"name": "x" * 201}, "$.name"),
        ({"value": {"amount": "1.5"}}, "$.value.currency"),
        ({"value": {"amount": "１", "currency": "JPY"}}, "$.value.amount"),
        ({"value": {"amount": "1.5", "currency": "JPY"}}, "$.value"),
        ({"addresses": ["a@b.example", "nobody"]}, "$.addresses"),
        ({"addresses": ["a@b.example", 2]}, "$.addresses[1]"),
        ({"addresses": ["support@aoba.example"]}, "$.addresses"),
        ({"domain": "aoba.example"}, "$.domain"),
        ({"domain": "not a domain"}, "$.domain"),
        ({"url": "javascript:alert(1)"}, "$.url"),
        ({"health": 101}, "$.health"),
        ({"contract_end": "2026/05/10"}, "$.contract_end"),
        ({"contract_start": "2026-05-10", "contract_end": "2026-05-09"}, "$.contract_end"),
        ({"last_contact": "2026-05-10T10:00:00"}, "$.last_contact"),
        ({"last_contact": "0001-01-01T00:00:00+14:00"}, "$.last_contact"),
        ({"more": {"a": 1}}, "$.more[...]"),
        ({"kind": "dog"}, "$.kind"),
    ],
)
def test_a_field_that_cannot_be_kept_is_named_and_nothing_is_written(
    caller: Caller, fields: dict[str, Any], path: str
) -> None:
    (one,) = problem(caller.put("c-1", **fields), "invalid")
    assert one["path"] == path
    assert one["detail"]
    report = caller.rows("customers", {"id": "c-2"}, {"id": "c-1", **fields})
    assert (report["new"], report["wrong"]) == (1, 1)
    assert report["rows"][1]["path"] == path.replace("$", "$.customers[1]")
    assert caller.own.load("aoba", "c-1") is None


# Rows


def test_rows_are_reported_one_by_one(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    report = caller.rows("orders", ORDER, {**ORDER, "customer": "none"}, {**ORDER, "at": "gestern"}, "x", ORDER)
    assert [row["status"] for row in report["rows"]] == ["new", "wrong", "wrong", "wrong", "same"]
    assert [row["row"] for row in report["rows"]] == [0, 1, 2, 3, 4]
    assert [row.get("path") for row in report["rows"]][1:4] == [
        "$.orders[1].customer", "$.orders[2].at", "$.orders[3]",
    ]  # fmt: skip
    assert {key: report[key] for key in ("new", "changed", "same", "wrong")} == {
        "new": 1, "changed": 0, "same": 1, "wrong": 3,
    }  # fmt: skip


def test_everything_that_belongs_to_a_customer_is_kept_and_shown(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    caller.touched.clear()
    subscription = {
        "customer": "c-1", "id": "s-1", "title": "Standard", "start": "2026-04-01",
        "amount": {"amount": "9800", "currency": "JPY"}, "period": "month",
    }  # fmt: skip
    event = {"customer": "c-1", "id": "e-1", "title": "解約ページを開いた", "at": "2026-05-02T00:00:00Z"}
    usage = {"customer": "c-1", "feature": "請求書", "month": "2026-04", "count": 12.0}
    caller.rows("orders", ORDER)
    caller.rows("subscriptions", subscription)
    caller.rows("events", event)
    caller.rows("usage", usage, {**usage, "month": "2026-05", "count": 3, "last": "2026-05-09T00:00:00Z"})
    assert caller.touched == ["taro@hokuto.example"] * 4
    whole = caller.own.load("aoba", "c-1")
    assert whole
    assert whole.orders == (
        Order(id="o-1", title="鶏の骨 20 kg", at=1_777_626_000_000, amount=Money("5400", "JPY"), open=True),
    )
    assert whole.subscriptions == (
        Subscription(id="s-1", title="Standard", start="2026-04-01", amount=Money("9800", "JPY")),
    )
    assert whole.used[0].months == {"2026-04": 12, "2026-05": 3}
    shown = caller.send("GET", "/customers/c-1").json
    assert shown["orders"] == [ORDER]
    for name in ("orders", "subscriptions", "events", "usage"):
        assert caller.rows(name, *shown[name])["same"] == len(shown[name]), "what comes out can be sent in again"


def test_a_customer_who_comes_twice_in_one_request_is_written_in_that_order(caller: Caller) -> None:
    report = caller.rows("customers", {"id": "a", "name": "x", "plan": "P"}, {"id": "b"}, {"id": "a", "name": "y"})
    assert [row["status"] for row in report["rows"]] == ["new", "new", "changed"]
    (held,) = caller.own.known("aoba", ["a"])
    assert held.customer
    assert (held.customer.name, held.customer.plan) == ("y", "P")


def test_others_who_write_at_the_same_moment_lose_nothing(caller: Caller) -> None:
    """Twelve writers each set a label of their own: each write must see the others'."""

    def write(number: int) -> None:
        answer = caller.app.test_client().patch(
            "/api/v1/customers/c-1",
            json={"more": {f"{number}": "x"}},
            headers={"Authorization": f"Bearer {caller.token}"},
        )
        assert answer.status_code in {200, 201}, answer.text

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (held,) = caller.own.known("aoba", ["c-1"])
    assert held.customer
    assert set(held.customer.more) == {str(number) for number in range(6)}


def test_a_thousand_rows_are_taken_and_no_more(caller: Caller) -> None:
    rows = [{"id": f"c-{n}", "addresses": [f"c{n}@many.example"]} for n in range(MAX_ROWS + 1)]
    (one,) = problem(caller.send("POST", "/customers", {"customers": rows}), "invalid")
    assert one["path"] == "$.customers"
    assert caller.rows("customers", *rows[:MAX_ROWS])["new"] == MAX_ROWS


# Doors


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"{", "malformed", None),
        (b"\xff", "malformed", None),
        (b'"' + b"[" * 5_000, "malformed", None),
        (b'{"customers": {"id": "a"}}', "invalid", "$[...]"),
        (b'{"orders": []}', "invalid", "$"),
        (b"{}", "invalid", "$"),
        (b"[]", "invalid", "$"),
        (b'{"customers": [], "orders": []}', "invalid", "$"),
        (b'{"customers": ["' + b"x" * 1_000_001 + b'"]}', "too_large", None),
    ],
)
def test_a_body_that_is_none_is_refused_as_a_whole(caller: Caller, body: bytes, code: str, path: str | None) -> None:
    errors = problem(caller.send("POST", "/customers", body), code)
    assert [one["path"] for one in errors] == ([path] if path else [])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5),
    st.sampled_from(CustomerFields.__struct_fields__),
)
def test_no_value_in_any_field_breaks_it(caller: Caller, value: Any, field: str) -> None:
    assert caller.put("c-1", **{field: value}).status_code in {200, 201, 422}
    assert caller.send("GET", "/customers/c-1").status_code in {200, 404}


def test_a_form_of_a_page_elsewhere_is_refused(caller: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        problem(caller.send("POST", "/customers", b'{"customers": []}', **{"Content-Type": kind}), "not_json")


@pytest.mark.parametrize("how", ["", "Bearer", "Bearer x", "Basic {}", "{}"])
def test_nobody_comes_without_a_key(caller: Caller, how: str) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{id}", "c-1")
        answer = caller.send(operation.method.upper(), path, Authorization=how.format(caller.token))
        problem(answer, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_ended_key_opens_nothing(caller: Caller) -> None:
    assert caller.put("c-1", name="x").status_code == 201
    caller.keys.revoke("aoba", "k1")
    problem(caller.put("c-1", name="y"), "unauthenticated")


def test_a_key_opens_its_own_workspace_only(caller: Caller) -> None:
    caller.put("c-1", **TARO)
    caller.token = caller.keys.issue("other", "theirs", "x") or ""
    problem(caller.send("GET", "/customers/c-1"), "unauthenticated")  # there is no such workspace


def test_a_key_that_asks_too_often_is_told_when_to_come_again(caller: Caller) -> None:
    caller.store.library.client.set("{w:aoba}:ar:k1", A_MINUTE, ex=30)
    answer = caller.put("c-1", name="x")
    problem(answer, "busy")
    assert 25 <= int(answer.headers["Retry-After"]) <= 30


def test_what_is_not_there_is_said_in_the_same_form(caller: Caller) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/orders"), ("GET", "/")):
        problem(caller.send(method, path), "not_found")


def test_a_store_that_does_not_answer_is_said(caller: Caller, tmp_path_factory: pytest.TempPathFactory) -> None:
    cut_off = open_store(f"unix://{tmp_path_factory.mktemp('none')}/socket")
    helpless = Caller(caller.store, cut_off)
    problem(helpless.put("c-1", name="x"), "unavailable")
    assert "problems.RecordsUnavailable" in helpless.counted
    cut_off.library.client.close()


def test_nothing_private_is_counted_or_logged(caller: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    caller.put("c-1", **TARO)
    caller.put("c-1", addresses=["secret-name"])
    caller.send("GET", "/customers", Authorization=f"Bearer {caller.token}x")
    said = "".join(capfd.readouterr()) + "".join(caller.counted)
    assert caller.token.rpartition(".")[2] not in said
    for private in ("taro", "田中", "secret-name"):
        assert private not in said


# The description


def test_the_description_names_every_route_and_nothing_else(caller: Caller) -> None:
    described = caller.send("GET", "/openapi.json", Authorization="").json
    assert described["servers"] == [{"url": f"{PUBLIC}/api/v1"}]
    there = {
        (method.lower(), re.sub("<[^>]*>", "{id}", rule.rule.removeprefix(api.PREFIX)))
        for rule in caller.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if "_rest" not in rule.arguments and "openapi" not in rule.rule
    }
    items = {("post", f"/{name}") for name in ("orders", "subscriptions", "events", "usage")}
    there = (there - {("post", "/{id}")}) | items
    assert {(method, path) for path, methods in described["paths"].items() for method in methods} == there
    text = json.dumps(described)
    for reference in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert reference in described["components"]["schemas"]
    assert "a@b" not in text


def test_it_works_over_a_real_socket(caller: Caller) -> None:
    server = make_server("127.0.0.1", 0, caller.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/api/v1/customers/c-1",
            data=msgspec.json.encode(TARO),
            method="PUT",
            headers={"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own address
            assert answer.status == 201
            assert json.load(answer)["name"] == "田中 太郎"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    (held,) = caller.own.known("aoba", ["c-1"])
    assert isinstance(held.customer, Customer)
    assert held.customer.addresses == ("taro@hokuto.example",)

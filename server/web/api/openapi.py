"""The API's description in OpenAPI 3.1, made of the types that decode its requests, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from server.web.api.problems import TITLES
from server.web.api.shapes import (
    CustomerFields,
    CustomerRow,
    Customers,
    Events,
    Found,
    Orders,
    Problem,
    Profile,
    Report,
    Subscriptions,
    Usage,
)


class Operation(NamedTuple):
    """One method at one address."""

    method: str
    path: str
    summary: str
    takes: type[msgspec.Struct] | None
    gives: Mapping[int, type[msgspec.Struct] | None]
    query: str = ""


_ROW: Final = "Rows are written one by one: a wrong one is reported and stops no other. At most 1,000 rows, 1 MB."

OPERATIONS: Final = (
    Operation(
        "put", "/customers/{id}", "Keep a customer as it is in the request; what is left out is taken back.",
        CustomerFields, {200: CustomerRow, 201: CustomerRow},
    ),
    Operation(
        "patch", "/customers/{id}", "Keep what the request says of a customer; the rest stays. Who is not there is made.",
        CustomerFields, {200: CustomerRow, 201: CustomerRow},
    ),
    Operation("get", "/customers/{id}", "A customer with everything that is kept.", None, {200: Profile}),
    Operation("delete", "/customers/{id}", "Remove a customer with everything.", None, {204: None}),
    Operation("get", "/customers", "Customers who have an address.", None, {200: Found}, query="address"),
    Operation("post", "/customers", f"Many customers; each as with PATCH. {_ROW}", Customers, {200: Report}),
    Operation("post", "/orders", f"Orders, by the caller's ids; a whole order each. {_ROW}", Orders, {200: Report}),
    Operation("post", "/subscriptions", f"Subscriptions, as orders. {_ROW}", Subscriptions, {200: Report}),
    Operation("post", "/events", f"What happened elsewhere, as orders. {_ROW}", Events, {200: Report}),
    Operation("post", "/usage", f"How often a feature was used in a month. {_ROW}", Usage, {200: Report}),
)  # fmt: skip


def document(address: str) -> dict[str, Any]:
    """Return the description; `address` is where the API is reached."""
    types = [one for operation in OPERATIONS for one in (operation.takes, *operation.gives.values()) if one]
    unique: list[type[msgspec.Struct]] = list(dict.fromkeys([*types, Problem]))
    schemas, components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
    schema: dict[type[msgspec.Struct], Any] = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sobani", "version": "1", "summary": "Push customers to where the mail is answered."},
        "servers": [{"url": address}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key that an administrator makes on the customers' page.",
                }
            },
        },
    }


def _operation(operation: Operation, schema: Mapping[type[msgspec.Struct], Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(status): {
            "description": "Done.",
            **({"content": {"application/json": {"schema": schema[body]}}} if body else {}),
        }
        for status, body in operation.gives.items()
    }
    problem = {"application/problem+json": {"schema": schema[Problem]}}
    for status, title in TITLES.values():
        if operation.takes or status not in {400, 413, 415}:
            answers[str(status)] = {"description": title, "content": problem}
    found: dict[str, Any] = {
        "operationId": f"{operation.method}_{operation.path.strip('/').replace('/', '_').replace('{id}', 'one')}",
        "summary": operation.summary,
        "responses": answers,
    }
    text = {"type": "string"}
    if "{id}" in operation.path:
        found["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": text}]
    if operation.query:
        found["parameters"] = [{"name": operation.query, "in": "query", "required": True, "schema": text}]
    if operation.takes:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema[operation.takes]}},
        }
    return found

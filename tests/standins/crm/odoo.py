"""Odoo as an outsider sees it: XML-RPC (`release` up to 18, still there in 19 to 21), JSON-2 (from 19 on), a few models and their methods.

Built from addons/rpc/controllers (xmlrpc.py, json2.py), odoo/http.py (Json2Dispatcher) and the documents that server.gateways.crm.odoo_rpc
names; what is not needed here is left out. `fields` say what each model has; to take a module away, take its model away.
"""

from __future__ import annotations

import fnmatch
import re
import threading
import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.standins.crm.server import Answer, Request, Vendor, says

KEY: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
LOGIN: Final = "sobani@aoba.example"
DATABASE: Final = "aoba"
_USER: Final = 7

_MAIL = {"message_ids": "one2many"}
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "res.partner": {
        "name": "char", "email": "char", "email_normalized": "char", "phone": "char", "parent_id": "many2one", "child_ids": "one2many",
        "commercial_partner_id": "many2one", "commercial_company_name": "char", "company_name": "char", "is_company": "boolean",
        "user_id": "many2one", "website": "char", "type": "selection", "function": "char", "comment": "html", "currency_id": "many2one",
        "total_invoiced": "monetary", "category_id": "many2many", "active": "boolean", "write_date": "datetime",
        "x_plan": "selection", "x_contract_end": "date", "x_score": "integer", "x_email2": "char",
    },
    "res.partner.category": {"name": "char", "display_name": "char"},
    "res.company": {"name": "char", "currency_id": "many2one"},
    "crm.lead": {
        "name": "char", "contact_name": "char", "partner_name": "char", "partner_id": "many2one", "email_from": "char", "email_normalized": "char",
        "phone": "char", "function": "char", "description": "html", "type": "selection", "stage_id": "many2one", "probability": "float",
        "date_closed": "datetime", "expected_revenue": "monetary", "company_currency": "many2one", "user_id": "many2one",
        "write_date": "datetime", "active": "boolean",
    },
    "helpdesk.ticket": {
        "name": "char", "ticket_ref": "char", "partner_id": "many2one", "partner_email": "char", "partner_name": "char", "stage_id": "many2one",
        "user_id": "many2one", "priority": "selection", "close_date": "datetime", "ticket_type_id": "many2one", "write_date": "datetime",
        "description": "html",
    },
    "sale.order": {
        "name": "char", "state": "selection", "partner_id": "many2one", "amount_total": "monetary", "currency_id": "many2one",
        "date_order": "datetime", "user_id": "many2one",
    },
    "mail.message": {
        "date": "datetime", "subject": "char", "preview": "char", "body": "html", "author_id": "many2one", "message_type": "selection",
        "model": "char", "res_id": "integer", "message_id": "char", "subtype_id": "many2one", "attachment_ids": "many2many",
    },
    "ir.attachment": {"name": "char", "datas": "binary", "mimetype": "char", "res_model": "char", "res_id": "integer"},
}  # fmt: skip
_CHOICES: Final[Mapping[tuple[str, str], Sequence[tuple[str, str]]]] = {
    ("sale.order", "state"): (
        ("draft", "Quotation"),
        ("sent", "Quotation Sent"),
        ("sale", "Sales Order"),
        ("cancel", "Cancelled"),
    ),
    ("mail.message", "message_type"): (
        ("email", "Incoming Email"),
        ("comment", "Comment"),
        ("notification", "System notification"),
    ),
    ("res.partner", "x_plan"): (("std", "Standard"), ("pro", "Professional")),
    ("helpdesk.ticket", "priority"): (
        ("0", "Low priority"),
        ("1", "Medium priority"),
        ("2", "High priority"),
        ("3", "Urgent"),
    ),
    ("crm.lead", "type"): (("lead", "Lead"), ("opportunity", "Opportunity")),
}
_RELATIONS: Final = {"category_id": "res.partner.category", "attachment_ids": "ir.attachment"}


class Wrong(Exception):
    """An exception of Odoo: its class, its words."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


_STATUS: Final = {
    "odoo.exceptions.AccessDenied": 403,
    "odoo.exceptions.AccessError": 403,
    "odoo.exceptions.MissingError": 404,
    "odoo.exceptions.UserError": 422,
    "odoo.exceptions.ValidationError": 422,
    "werkzeug.exceptions.NotFound": 404,
    "werkzeug.exceptions.Unauthorized": 401,
    "werkzeug.exceptions.UnprocessableEntity": 422,
}
_FAULT: Final = {
    "odoo.exceptions.AccessDenied": 3,
    "odoo.exceptions.AccessError": 4,
    "odoo.exceptions.MissingError": 2,
    "odoo.exceptions.UserError": 2,
    "odoo.exceptions.ValidationError": 2,
}

Row = dict[str, Any]


class Odoo(Vendor):
    """One database on one server."""

    def __init__(self, release: int = 19) -> None:
        super().__init__()
        self.release = release
        self.keys = {KEY}
        self.databases = {DATABASE}
        self.many = False  # the host has several databases, so a caller has to name one
        self.closed: set[str] = set()  # models that this user has no right to
        self.types: dict[str, dict[str, str]] = {model: dict(fields) for model, fields in _TYPES.items()}
        self.rows: dict[str, dict[int, Row]] = {model: {} for model in _TYPES}
        self.mailed: list[str] = []  # addresses that Odoo would have written to
        self._changing = threading.Lock()

    # ------------------------------------------------------------------ what it holds

    def add(self, model: str, key: int, /, **fields: Any) -> int:
        """A record as the database has it."""
        row: Row = {"id": key, **{name: _nothing(kind) for name, kind in self.types[model].items()}, **fields}
        if "active" in row:
            row["active"] = fields.get("active", True)
        if model == "res.partner":
            row["type"] = row["type"] or "contact"
            row["email_normalized"] = _normal(row["email"])
            parent = row["parent_id"]
            top = self.rows[model][parent[0]]["commercial_partner_id"] if parent else [key, row["name"]]
            row["commercial_partner_id"] = [key, row["name"]] if row["is_company"] else top
            row["commercial_company_name"] = (
                row["commercial_partner_id"][1] if parent or row["is_company"] else row["company_name"]
            )
        if model == "crm.lead":
            row["email_normalized"] = _normal(row["email_from"])
        if model == "mail.message" and not row["preview"]:
            row["preview"] = re.sub(r"<[^>]*>", "", row["body"] or "")[:190]
        row["display_name"] = row.get("name") or f"{model},{key}"
        self.rows[model][key] = row
        return key

    def uninstall(self, model: str) -> None:
        del self.rows[model], self.types[model]

    # ------------------------------------------------------------------ HTTP

    def answer(self, request: Request) -> Answer:
        if request.path == "/web/version" and self.release >= 19:
            return says({"version_info": [self.release, 0, 0, "final", 0, ""], "version": f"{self.release}.0"})
        if request.path.startswith("/json/2/") and self.release >= 19:
            return self._json(request)
        if request.path.startswith("/xmlrpc/2/") and self.release < 22:
            return self._xml(request)
        return Answer(
            404, b"<!doctype html>\n<title>404 Not Found</title>", {"Content-Type": "text/html; charset=utf-8"}
        )

    def error(self, status: int, request: Request) -> Answer:
        if not request.path.startswith("/json/2/"):
            page = f"<!doctype html>\n<html lang=en>\n<title>{status}</title>"
            return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
        name, message = {
            401: ("werkzeug.exceptions.Unauthorized", "Invalid apikey"),
            403: ("odoo.exceptions.AccessDenied", "Access Denied"),
            404: ("odoo.exceptions.MissingError", "Record does not exist or has been deleted."),
            409: ("odoo.exceptions.LockError", "Cannot grab a lock on records"),
            429: ("werkzeug.exceptions.TooManyRequests", "Too many requests"),
        }.get(status, ("psycopg2.OperationalError", "could not connect to server"))
        return _json_error(Wrong(name, message), status)

    def _json(self, request: Request) -> Answer:
        _, _, _, model, method = request.path.split("/", 4)
        try:
            self._let_in(request)
            named = request.json
            ids = named.pop("ids", [])
            return says(self._call(model, method, ids, named, listed=True))
        except Wrong as wrong:
            return _json_error(wrong, _STATUS.get(wrong.name, 500))

    def _let_in(self, request: Request) -> None:
        if self.many and request.headers.get("x-odoo-database") not in self.databases:
            raise Wrong("werkzeug.exceptions.NotFound", "The requested URL was not found on the server.")
        key = re.fullmatch(r"bearer\s+(.+)", request.headers.get("authorization", ""), re.IGNORECASE)
        if key is None or key[1] not in self.keys:
            raise Wrong("werkzeug.exceptions.Unauthorized", "Invalid apikey")

    def _xml(self, request: Request) -> Answer:
        parameters, method = xmlrpc.client.loads(request.body)
        try:
            said = self._service(request.path.rpartition("/")[2], str(method), list(parameters))
            body = xmlrpc.client.dumps((said,), methodresponse=True, allow_none=False)
        except Wrong as wrong:
            code = _FAULT.get(wrong.name, 1)
            text = (
                wrong.message
                if code > 1
                else f"Traceback (most recent call last):\n  ...\n{wrong.name}: {wrong.message}\n"
            )
            body = xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True)
        return Answer(
            200,
            f"<?xml version='1.0'?>\n{body.partition('?>')[2].lstrip()}".encode(),
            {"Content-Type": "text/xml; charset=utf-8"},
        )

    def _service(self, service: str, method: str, arguments: list[Any]) -> Any:
        if (service, method) == ("common", "version"):
            return {
                "server_version": f"{self.release}.0",
                "server_version_info": [self.release, 0, 0, "final", 0, ""],
                "server_serie": f"{self.release}.0",
                "protocol_version": 1,
            }
        database, who, key, *rest = arguments
        if database not in self.databases:
            raise Wrong(
                "psycopg2.OperationalError",
                f'connection to server failed: FATAL:  database "{database}" does not exist',
            )
        if (service, method) == ("common", "authenticate"):
            return _USER if who == LOGIN and key in self.keys else False
        if (service, method) != ("object", "execute_kw"):
            raise Wrong("KeyError", method)
        if who != _USER or key not in self.keys:
            raise Wrong("odoo.exceptions.AccessDenied", "Access Denied")
        model, name, placed, named = rest
        if name == "create":
            return self._call(model, name, [], {"vals_list": placed[0], **named}, listed=isinstance(placed[0], list))
        return self._call(model, name, placed[0] if placed else [], dict(named), listed=False)

    # ------------------------------------------------------------------ models

    def _call(self, model: str, method: str, ids: list[int], named: dict[str, Any], *, listed: bool) -> Any:
        if model not in self.types:
            if listed and self.release >= 19:
                raise Wrong("werkzeug.exceptions.NotFound", f"the model {model!r} does not exist")
            raise Wrong("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        context = named.pop("context", {})
        if context.get("lang") not in {None, "en_US", "ja_JP"}:
            raise Wrong("odoo.exceptions.UserError", f"Invalid language code: {context['lang']}")
        if method == "fields_get":
            return self._fields(model, **named)
        if model in self.closed:
            raise Wrong("odoo.exceptions.AccessError", f"You are not allowed to access '{model}' ({model}) records.")
        with self._changing:
            match method:
                case "search_read":
                    return self._search_read(model, context, **named)
                case "create":
                    made = [self._create(model, context, fields) for fields in named["vals_list"]]
                    return made if listed else made[0]
                case "unlink":
                    return self._unlink(model, ids)
                case "message_post":
                    made_ = self._message_post(model, ids, context, **named)
                    return [made_] if self.release >= 19 else made_
                case _:
                    raise Wrong(
                        "werkzeug.exceptions.NotFound" if listed else "AttributeError",
                        f"The method '{model}.{method}' does not exist",
                    )

    def _fields(self, model: str, allfields: Sequence[str] = (), attributes: Sequence[str] = ()) -> Any:
        found: dict[str, Any] = {}
        for name, kind in self.types[model].items():
            if not allfields or name in allfields:
                said: dict[str, Any] = {"type": kind}
                if (model, name) in _CHOICES:
                    said["selection"] = [list(choice) for choice in _CHOICES[model, name]]
                if name in _RELATIONS:
                    said["relation"] = _RELATIONS[name]
                found[name] = {key: value for key, value in said.items() if not attributes or key in attributes}
        return found

    def _search_read(
        self,
        model: str,
        context: Mapping[str, Any],
        domain: list[Any],
        fields: list[str],
        limit: int = 0,
        order: str = "",
    ) -> list[Row]:
        for name in fields:
            if name not in {"id", "display_name", *self.types[model]}:
                raise Wrong("builtins.ValueError", f"Invalid field '{name}' on model '{model}'")
        rows = [row for row in self.rows[model].values() if self.impostor or self._matches(model, row, domain)]
        if "active" in self.types[model] and context.get("active_test", True):
            rows = [row for row in rows if row["active"] is not False]
        for part in reversed([part for part in order.split(",") if part]):
            name, _, way = part.strip().partition(" ")
            down = way.lower() == "desc"
            # PostgreSQL: what is empty comes first when the order goes down, last when it goes up.
            rows.sort(key=lambda row: (row[name] is False, row[name] or ""), reverse=down)
        if self.impostor:
            rows = [row for row in rows if row.get("name") == "別人 次郎"] or rows[-1:]
        return [
            {name: row.get(name, False) for name in dict.fromkeys(["id", *fields])} for row in rows[: limit or None]
        ]

    def _matches(self, model: str, row: Row, domain: list[Any]) -> bool:
        if "|" not in domain:
            return all(self._holds(model, row, *term) for term in domain if term != "&")
        stack: list[bool] = []
        for term in reversed(domain):
            if term == "&":
                stack.append(stack.pop() & stack.pop())
            elif term == "|":
                stack.append(stack.pop() | stack.pop())
            else:
                stack.append(self._holds(model, row, *term))
        return all(stack)

    def _holds(self, model: str, row: Row, name: str, operator: str, value: Any) -> bool:
        if name != "id" and name not in self.types[model]:
            raise Wrong(
                "builtins.ValueError", f"Invalid field {model}.{name} in leaf ({name!r}, {operator!r}, {value!r})"
            )
        has = row[name]
        one = has[0] if self.types[model].get(name) == "many2one" and has else has
        partners = self.rows["res.partner"]
        match operator:
            case "=":
                return bool(one == value)
            case "<":
                return bool(one < value)
            case "in":
                return one in value
            case "not in":
                return one not in value
            case "ilike":
                return isinstance(one, str) and value.lower() in one.lower()
            case "=ilike" | "=like":
                pattern = re.sub(r"([\[\]?*])", r"[\1]", value).replace("%", "*").replace("_", "?")
                return isinstance(one, str) and fnmatch.fnmatchcase(one.lower(), pattern.lower())
            case "child_of":
                while one and one not in value:
                    one = partners[one]["parent_id"] and partners[one]["parent_id"][0]
                return bool(one)
            case "parent_of":
                above = list(value)
                while (key := above[-1]) in partners and partners[key]["parent_id"]:
                    above.append(partners[key]["parent_id"][0])
                return one in above
            case _:
                raise Wrong("builtins.ValueError", f"Invalid operator {operator!r}")

    def _create(self, model: str, context: Mapping[str, Any], fields: Row) -> int:
        for name in fields:
            if name not in self.types[model]:
                raise Wrong("builtins.ValueError", f"Invalid field '{name}' on model '{model}'")
        key = max(self.rows[model], default=100) + 1
        partner = fields.get("partner_id")
        named = {**fields, **({"partner_id": [partner, self.rows["res.partner"][partner]["name"]]} if partner else {})}
        if isinstance(named.get("parent_id"), int):
            named["parent_id"] = [named["parent_id"], self.rows["res.partner"][named["parent_id"]]["name"]]
        if model == "helpdesk.ticket" and not context.get("tracking_disable"):
            self.mailed.append(str(fields.get("partner_email", "")))
        return self.add(model, key, **named)

    def _unlink(self, model: str, ids: Sequence[int]) -> bool:
        if any(key not in self.rows[model] for key in ids):
            raise Wrong(
                "odoo.exceptions.MissingError",
                f"Record does not exist or has been deleted.\n(Record: {model}({ids},), User: {_USER})",
            )
        for key in ids:
            del self.rows[model][key]
        return True

    def _message_post(self, model: str, ids: Sequence[int], context: Mapping[str, Any], **named: Any) -> int:
        if len(ids) != 1 or ids[0] not in self.rows[model]:
            raise Wrong("odoo.exceptions.MissingError", "Record does not exist or has been deleted.")
        known = {
            "body",
            "subject",
            "message_type",
            "subtype_xmlid",
            "message_id",
            "attachment_ids",
            "date",
            "body_is_html",
        }
        if self.release < 17:
            known.discard("body_is_html")
        if unknown := set(named) - known:
            raise Wrong(
                "builtins.ValueError", f"Those values are not supported when posting or notifying: {', '.join(unknown)}"
            )
        body = named.pop("body", "")
        if self.release >= 17 and not named.pop("body_is_html", False):
            body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if named.pop("subtype_xmlid", "") != "mail.mt_note":
            self.mailed.append(str(self.rows[model][ids[0]]["email"]))
        key = max(self.rows["mail.message"], default=100) + 1
        return self.add("mail.message", key, model=model, res_id=ids[0], body=body, author_id=[3, "Sobani"], **named)


def _json_error(wrong: Wrong, status: int) -> Answer:
    body = {
        "name": wrong.name,
        "message": wrong.message,
        "arguments": [wrong.message, status],
        "context": {},
        "debug": f"Traceback (most recent call last):\n  ...\n{wrong.name}: {wrong.message}\n",
    }
    return says(body, status)


def _nothing(kind: str) -> Any:
    return {"many2many": [], "one2many": [], "integer": 0, "float": 0.0, "monetary": 0.0}.get(kind, False)


def _normal(email: Any) -> Any:
    found = re.search(r"[^\s<>,;\"]+@[^\s<>,;\"]+", email) if email else None
    return found[0].lower() if found else False

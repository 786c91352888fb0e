"""A HubSpot account as its published documents describe it: objects with associations, search with its limits, errors with category and correlationId."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from hubspot.utils.signature import Signature

from tests.standins.crm.server import Answer, Request, Vendor, says

TOKEN: Final = "pat-na1-11111111-2222-3333-4444-555555555555"
SECRET: Final = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
REFRESH: Final = "na1-refresh-1"
PORTAL: Final = 62515
_CORRELATION: Final = "aeb5f871-7f07-4993-9211-075dc63e7cbf"
_PAGE: Final = 100  # associations said with a record
_CREATED: Final = "2026-04-01T00:00:00.000Z"

CONTACT: Final = (
    "firstname", "lastname", "email", "hs_additional_emails", "company", "jobtitle", "phone", "mobilephone", "total_revenue",
    "associatedcompanyid", "hubspot_owner_id", "hs_merged_object_ids", "hs_email_domain", "notes_last_contacted", "work_email",
    "plan_name", "contract_start", "contract_end", "furigana", "score", "products", "monthly_value", "lifecyclestage",
)  # fmt: skip
_PROPERTIES: Final[Mapping[str, Sequence[str]]] = {
    "contacts": CONTACT,
    "companies": (
        "name", "domain", "hs_additional_domains", "hubspot_owner_id", "hs_merged_object_ids", "total_revenue", "phone", "support_plan",
        "notes_last_contacted",
    ),
    "deals": (
        "dealname", "amount", "dealstage", "pipeline", "hs_is_closed", "deal_currency_code", "hubspot_owner_id", "description",
    ),
    "tickets": (
        "subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category", "hubspot_owner_id",
    ),
    "orders": (
        "hs_order_name", "hs_total_price", "hs_currency_code", "hs_fulfillment_status", "hs_external_order_status", "hubspot_owner_id",
    ),
    "notes": ("hs_note_body", "hs_timestamp", "hubspot_owner_id", "hs_body_preview"),
    "emails": (
        "hs_email_subject", "hs_email_text", "hs_email_direction", "hs_email_status", "hs_email_headers", "hs_timestamp",
        "hs_attachment_ids", "hubspot_owner_id", "hs_body_preview",
    ),
    "calls": ("hs_call_title", "hs_call_body", "hs_timestamp", "hubspot_owner_id", "hs_body_preview"),
    "meetings": ("hs_meeting_title", "hs_meeting_body", "hs_timestamp", "hubspot_owner_id", "hs_body_preview"),
}  # fmt: skip
_ALWAYS: Final = ("hs_object_id", "createdate", "hs_createdate", "hs_lastmodifieddate", "lastmodifieddate")
# "Associations", default types from the new object's side.
_TYPES: Final = {
    ("emails", "contacts"): {198},
    ("emails", "companies"): {186},
    ("tickets", "contacts"): {16},
    ("tickets", "companies"): {26, 339},
    ("deals", "contacts"): {3},
    ("deals", "companies"): {5, 341},
    ("contacts", "companies"): {1, 279},
}
_SINGULAR: Final = {"contacts": "contact", "companies": "company", "deals": "deal", "tickets": "ticket"}


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def told(status: int, category: str, message: str, **more: object) -> Answer:
    """An error as HubSpot writes it."""
    body = {"status": "error", "message": message, "correlationId": _CORRELATION, "category": category, **more}
    return says(body, status)


class HubSpotAccount(Vendor):
    """One account. `put` and `tie` fill it; `objects` and `files` hold what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.refresh = REFRESH
        self.renewals = 0
        self.rotates = False  # whether a renewal makes the old refresh token invalid
        self.missing_scopes: set[str] = set()  # types that the app may not read
        self.objects: dict[str, dict[str, dict[str, str | None]]] = {of: {} for of in _PROPERTIES}
        self.files: dict[str, bytes] = {}
        self._ties: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._next = 9000

    # ------------------------------------------------------------------ filling

    def put(self, of: str, number: str, /, **properties: str | None) -> str:
        """Keep an object."""
        known = {
            "hs_object_id": number,
            "createdate": _CREATED,
            "hs_createdate": _CREATED,
            "hs_lastmodifieddate": _CREATED,
        }
        self.objects[of][number] = {**known, **properties}
        return number

    def tie(self, of: str, number: str, to: str, others: Iterable[str]) -> None:
        """Associate, in both directions."""
        for other in others:
            self._ties.setdefault((of, number), {}).setdefault(to, []).append(other)
            self._ties.setdefault((to, other), {}).setdefault(of, []).append(number)

    def crowd(self, contact: str, mails: Mapping[str, dict[str, str | None]]) -> None:
        """Give a contact more mails than anybody reads."""
        self.objects["emails"].update(mails)
        self._ties.setdefault(("contacts", contact), {})["emails"] = list(mails)
        self._ties.update({("emails", number): {"contacts": [contact]} for number in mails})

    def tied(self, of: str, number: str, to: str) -> list[str]:
        """Ids of the associated objects that still exist."""
        return [one for one in self._ties.get((of, number), {}).get(to, []) if one in self.objects[to]]

    # ------------------------------------------------------------------ answering

    def error(self, status: int, request: Request) -> Answer:
        """Bodies as in "Error handling" and "API usage guidelines"."""
        match status:
            case 401:
                return told(
                    401, "INVALID_AUTHENTICATION", "Authentication credentials not found. This API supports OAuth 2.0."
                )
            case 403:
                scopes = [
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": ["tickets"]},
                    }
                ]
                return told(
                    403,
                    "MISSING_SCOPES",
                    "This app hasn't been granted all required scopes to make this call.",
                    errors=scopes,
                )
            case 404:
                return told(404, "OBJECT_NOT_FOUND", "resource not found")
            case 409:
                return told(409, "CONFLICT", "Contact already exists. Existing ID: 101")
            case 429:
                body = {
                    "status": "error",
                    "message": "You have reached your ten_secondly_rolling limit.",
                    "errorType": "RATE_LIMIT",
                    "correlationId": _CORRELATION,
                    "policyName": "TEN_SECONDLY_ROLLING",
                    "requestId": "4d1bb5aa",
                }
                return says(body, 429)
            case _:
                return told(status, "SERVER_ERROR", "internal error")

    def answer(self, request: Request) -> Answer:
        try:
            return self._answer(request)
        except _Refused as refused:
            return refused.answer

    def _answer(self, request: Request) -> Answer:
        if request.path == "/oauth/2026-03/token":
            return self._renew(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self.error(401, request)
        for pattern, method, name in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                handler: Callable[..., Answer] = getattr(self, name)
                return handler(request, *found.groups())
        return told(404, "OBJECT_NOT_FOUND", f"Unable to route {request.path}")

    def _renew(self, request: Request) -> Answer:
        form = request.form
        if (
            form.get("grant_type") != "refresh_token"
            or form.get("client_secret") != SECRET
            or form.get("refresh_token") != self.refresh
        ):
            return says(
                {
                    "status": "BAD_REFRESH_TOKEN",
                    "message": "missing or invalid refresh token",
                    "correlationId": _CORRELATION,
                },
                400,
            )
        self.renewals += 1
        self.token = f"oauth-{self.renewals}"
        if self.rotates:
            self.refresh = f"na1-refresh-{self.renewals + 1}"
        return says(
            {
                "access_token": self.token,
                "refresh_token": self.refresh,
                "expires_in": 1800,
                "token_type": "bearer",
                "token_use": "access_token",
                "hub_id": PORTAL,
            }
        )

    # ------------------------------------------------------------------ objects

    def _one(self, request: Request, of: str, key: str) -> Answer:
        self._allowed(of)
        by = request.param("idProperty")
        number = self._by(of, by, key) if by else self._heir(of, key)
        if self.impostor:
            number = next((other for other in self.objects[of] if other != number), number)
        if number is None:
            return self.error(404, request)
        asked = [part for name, value in request.query if name == "properties" for part in value.split(",")]
        with_ = [part for name, value in request.query if name == "associations" for part in value.split(",")]
        return says(self._shown(of, number, asked, with_))

    def _list(self, request: Request, of: str) -> Answer:
        self._allowed(of)
        for name, value in request.query:
            if name == "associations":
                self._allowed(value)
        numbers = list(self.objects[of])[: int(request.param("limit") or 10)]
        return says({"results": [self._shown(of, number, []) for number in numbers]})

    def _batch(self, request: Request, of: str) -> Answer:
        self._allowed(of)
        body = request.json
        inputs = [one["id"] for one in body["inputs"]]
        if len(inputs) > 100:
            return told(
                400,
                "VALIDATION_ERROR",
                "The maximum number of inputs supported in a batch request for property histories is 100.",
            )
        by = body.get("idProperty")
        numbers = {key: self._by(of, by, key) if by else self._heir(of, key) for key in inputs}
        if self.impostor:
            numbers = {key: next(iter(self.objects[of]), None) for key in inputs}
        found = [self._shown(of, number, body["properties"]) for number in dict.fromkeys(numbers.values()) if number]
        lost = [key for key, number in numbers.items() if number is None]
        answer: dict[str, object] = {
            "status": "COMPLETE",
            "results": found,
            "startedAt": _CREATED,
            "completedAt": _CREATED,
        }
        if not lost:
            return says(answer)
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some objects",
            "context": {"ids": lost},
        }
        return says({**answer, "numErrors": 1, "errors": [error]}, 207)

    def _search(self, request: Request, of: str) -> Answer:
        self._allowed(of)
        body = request.json
        groups = body["filterGroups"]
        filters = [one for group in groups for one in group["filters"]]
        if len(groups) > 5 or len(filters) > 18 or any(len(group["filters"]) > 6 for group in groups):
            return told(400, "VALIDATION_ERROR", "filterGroups: too many")
        if body["limit"] > 200 or len(body["sorts"]) > 1:
            return told(400, "VALIDATION_ERROR", "limit or sorts")
        for one in filters:
            name = one["propertyName"]
            if not name.startswith("associations.") and name not in (*_PROPERTIES[of], *_ALWAYS):
                return told(400, "VALIDATION_ERROR", f"There was a problem with the request. {name} does not exist")
        hits = [
            number
            for number in self.objects[of]
            if any(all(self._meets(of, number, one) for one in group["filters"]) for group in groups)
        ]
        if self.impostor:
            hits = list(self.objects[of])[-1:]
        for sort in body["sorts"]:
            hits.sort(
                key=lambda number: self.objects[of][number].get(sort["propertyName"]) or "",
                reverse=sort["direction"] == "DESCENDING",
            )
        shown = [self._shown(of, number, body["properties"]) for number in hits[: body["limit"]]]
        more = {"paging": {"next": {"after": str(body["limit"])}}} if len(hits) > body["limit"] else {}
        return says({"total": len(hits), "results": shown, **more})

    def _meets(self, of: str, number: str, one: Mapping[str, Any]) -> bool:
        name = str(one["propertyName"])
        if name.startswith("associations."):
            whose = next(plural for plural, word in _SINGULAR.items() if word == name.partition(".")[2])
            return str(one["value"]) in self._ties.get((of, number), {}).get(whose, [])
        own = self.objects[of][number]
        value = (own.get(name) or "").lower()
        if name == "hs_email_domain":
            value = (own.get("email") or "").rpartition("@")[2]
        match one["operator"]:
            case "EQ":
                # Seen by users of HubSpot: an address is also found among the further ones.
                return value == str(one["value"]).lower()
            case "IN":
                return value in one["values"]  # as documented: values in upper case find nothing
            case "CONTAINS_TOKEN":
                return str(one["value"]).lower() in re.split(r"[;\s]+", value)
            case _:
                return False

    def _create(self, request: Request, of: str) -> Answer:
        body = request.json
        for name in body["properties"]:
            if name not in _PROPERTIES[of]:
                invalid = f'Property values were not valid: [{{"isValid":false,"message":"Property \\"{name}\\" does not exist","error":"PROPERTY_DOESNT_EXIST"}}]'
                return told(400, "VALIDATION_ERROR", invalid)
        if of == "contacts" and (known := self._by(of, "email", body["properties"].get("email", ""))):
            return told(409, "CONFLICT", f"Contact already exists. Existing ID: {known}")
        for one in body["associations"]:
            to = next((kind for kind in ("contacts", "companies") if str(one["to"]["id"]) in self.objects[kind]), None)
            types = {kind["associationTypeId"] for kind in one["types"]}
            if to is None or not types <= _TYPES[of, to]:
                return told(400, "VALIDATION_ERROR", "One or more associations are not valid")
        self._next += 1
        number = self.put(of, str(self._next), **body["properties"])
        for one in body["associations"]:
            target = str(one["to"]["id"])
            self.tie(of, number, "contacts" if target in self.objects["contacts"] else "companies", [target])
        return says(self._shown(of, number, []), 201)

    def _archive(self, _: Request, of: str, number: str) -> Answer:
        self.objects[of].pop(number, None)
        return Answer(204)

    def _shown(self, of: str, number: str, properties: Iterable[str], with_: Iterable[str] = ()) -> dict[str, object]:
        own = self.objects[of][number]
        known = [name for name in (*_ALWAYS, *properties) if name in _PROPERTIES[of] or name in _ALWAYS]
        said: dict[str, object] = {
            "id": number,
            "properties": {name: own.get(name) for name in dict.fromkeys(known)},
            "createdAt": _CREATED,
            "updatedAt": _CREATED,
            "archived": False,
        }
        linked: dict[str, object] = {}
        for to in with_:
            if to in self.missing_scopes or not (ids := self.tied(of, number, to)):
                continue
            kind = f"{_SINGULAR.get(of, of)}_to_{_SINGULAR.get(to, to)}"
            # One line for each label: an association with two is said twice.
            lines = [{"id": one, "type": label} for one in ids for label in (kind, f"{kind}_unlabeled")][: _PAGE * 2]
            page = {"paging": {"next": {"after": "x", "link": f"{self.url}/next"}}} if len(ids) > _PAGE else {}
            linked[to] = {"results": lines, **page}
        return {**said, "associations": linked} if linked else said

    def _by(self, of: str, name: str, key: str) -> str | None:
        wanted = key.lower()
        matches = (
            number for number, own in self.objects[of].items() if wanted and (own.get(name) or "").lower() == wanted
        )
        return next(matches, None)

    def _heir(self, of: str, number: str) -> str | None:
        """A contact that was merged away answers with the one it went into."""
        if number in self.objects[of]:
            return number
        return next(
            (
                heir
                for heir, own in self.objects[of].items()
                if number in (own.get("hs_merged_object_ids") or "").split(";")
            ),
            None,
        )

    def _allowed(self, of: str) -> None:
        if of in self.missing_scopes:
            raise _Refused(self.error(403, Request("GET", "", "", [], {}, b"")))

    # ------------------------------------------------------------------ the rest

    def _account(self, _: Request) -> Answer:
        return says(
            {
                "portalId": PORTAL,
                "accountType": "STANDARD",
                "timeZone": "Asia/Tokyo",
                "companyCurrency": "JPY",
                "additionalCurrencies": [],
                "utcOffset": "+09:00",
                "utcOffsetMilliseconds": 32400000,
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "na1",
            }
        )

    def _owners(self, _: Request) -> Answer:
        self._allowed("owners")
        owner = {
            "id": "7",
            "email": "akiko@aoba.example",
            "firstName": "明子",
            "lastName": "佐藤",
            "userId": 17,
            "archived": False,
        }
        nameless = {
            "id": "8",
            "email": "ken@aoba.example",
            "firstName": "",
            "lastName": "",
            "userId": 18,
            "archived": False,
        }
        return says({"results": [owner, nameless]})

    def _pipelines(self, _: Request, of: str) -> Answer:
        stages = {
            "deals": [
                {
                    "id": "appointmentscheduled",
                    "label": "商談予約",
                    "displayOrder": 0,
                    "metadata": {"isClosed": "false", "probability": "0.2"},
                },
                {
                    "id": "closedwon",
                    "label": "受注",
                    "displayOrder": 1,
                    "metadata": {"isClosed": "true", "probability": "1.0"},
                },
            ],
            "tickets": [
                {
                    "id": "1",
                    "label": "新規",
                    "displayOrder": 0,
                    "metadata": {"ticketState": "OPEN", "isClosed": "false"},
                },
                {
                    "id": "4",
                    "label": "クローズ",
                    "displayOrder": 1,
                    "metadata": {"ticketState": "CLOSED", "isClosed": "true"},
                },
            ],
        }[of]
        return says(
            {
                "results": [
                    {"id": "0" if of == "tickets" else "default", "label": "既定", "displayOrder": 0, "stages": stages}
                ]
            }
        )

    def _names(self, _: Request, of: str) -> Answer:
        return says(
            {
                "results": [
                    {"name": name, "label": name, "type": "string", "fieldType": "text"}
                    for name in (*_PROPERTIES[of], *_ALWAYS)
                ]
            }
        )

    def _belongs(self, request: Request, of: str, to: str) -> Answer:
        results, lost = [], []
        for one in request.json["inputs"]:
            ids = self.tied(of, one["id"], to)
            if ids:
                results.append(
                    {"from": {"id": one["id"]}, "to": [{"id": other, "type": f"{of}_to_{to}"} for other in ids]}
                )
            else:
                lost.append(one["id"])
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "context": {"fromObjectId": lost},
        }
        body = {"status": "COMPLETE", "results": results, "startedAt": _CREATED, "completedAt": _CREATED}
        return says({**body, "numErrors": 1, "errors": [error]}, 207) if lost else says(body)

    def _upload(self, request: Request) -> Answer:
        if not request.headers["content-type"].startswith("multipart/form-data") or b'"PRIVATE"' not in request.body:
            return told(400, "VALIDATION_ERROR", "options are missing")
        self._next += 1
        self.files[str(self._next)] = request.body
        return says({"id": str(self._next), "access": "PRIVATE"}, 201)

    def _delete_file(self, request: Request, number: str) -> Answer:
        return self.error(404, request) if self.files.pop(number, None) is None else Answer(204)


_OF: Final = "(" + "|".join(_PROPERTIES) + ")"
_ROUTES: Final = (
    (rf"/crm/v3/objects/{_OF}/search", "POST", "_search"),
    (rf"/crm/v3/objects/{_OF}/batch/read", "POST", "_batch"),
    (rf"/crm/v3/objects/{_OF}", "POST", "_create"),
    (rf"/crm/v3/objects/{_OF}", "GET", "_list"),
    (rf"/crm/v3/objects/{_OF}/([^/]+)", "GET", "_one"),
    (rf"/crm/v3/objects/{_OF}/([^/]+)", "DELETE", "_archive"),
    (r"/crm/v3/associations/(\w+)/(\w+)/batch/read", "POST", "_belongs"),
    (r"/crm/v3/pipelines/(deals|tickets)", "GET", "_pipelines"),
    (r"/crm/v3/properties/(\w+)", "GET", "_names"),
    (r"/crm/v3/owners/", "GET", "_owners"),
    (r"/account-info/v3/details", "GET", "_account"),
    (r"/files/v3/files", "POST", "_upload"),
    (r"/files/v3/files/(\d+)", "DELETE", "_delete_file"),
)


def event(kind: str, number: int, **more: object) -> dict[str, object]:
    """One event of a webhook, as documented."""
    return {
        "eventId": 100,
        "subscriptionId": 12345,
        "portalId": PORTAL,
        "appId": 54321,
        "occurredAt": 1_779_000_000_000,
        "subscriptionType": kind,
        "attemptNumber": 0,
        "objectId": number,
        "changeSource": "CRM_UI",
        **more,
    }


def signed(events: object, at: int, *, url: str, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    """Headers and body of a delivery at that time, signed by HubSpot's own client."""
    body = json.dumps(events).encode()
    signature = Signature.get_signature(secret, body.decode(), "v3", url, "POST", str(at))
    return {"x-hubspot-request-timestamp": str(at), "x-hubspot-signature-v3": signature}, body


@cache
def _many() -> Mapping[str, dict[str, str | None]]:
    return {
        str(100_000 + n): {
            "hs_email_subject": f"Mail {n}",
            "hs_timestamp": str(1_700_000_000_000 + n * 60_000),
            "hs_createdate": _CREATED,
        }
        for n in range(10_000)
    }


def cast() -> HubSpotAccount:
    """An account with the customers that all stand-ins share."""
    account = HubSpotAccount()
    account.put(
        "companies",
        "501",
        name="北都フーズ株式会社",
        domain="hokuto-foods.example",
        support_plan="プレミアム",
        hubspot_owner_id="7",
    )
    account.put(
        "contacts",
        "101",
        firstname="太郎",
        lastname="田中",
        email="taro.tanaka@hokuto-foods.example",
        hs_additional_emails="t.tanaka@hokuto-foods.example;tanaka@hokuto.example",
        jobtitle="購買部長",
        phone="03-0000-0000",
        associatedcompanyid="501",
        hubspot_owner_id="7",
        total_revenue="3600000",
        plan_name="スタンダード",
        contract_start="2026-04-01",
        contract_end="1806451200000",
        furigana="たなか たろう",
        monthly_value="100000,120000",
    )
    account.put(
        "deals",
        "301",
        dealname="春の増量",
        amount="1200000",
        dealstage="appointmentscheduled",
        pipeline="default",
        hs_is_closed="false",
        hubspot_owner_id="7",
        hs_lastmodifieddate="2026-05-10T01:02:03.456Z",
    )
    account.put(
        "tickets",
        "401",
        subject="納品数が違う",
        hs_pipeline="0",
        hs_pipeline_stage="1",
        hs_ticket_priority="HIGH",
        hubspot_owner_id="8",
        hs_lastmodifieddate="2026-05-12T00:00:00Z",
    )
    account.put(
        "tickets",
        "402",
        subject="請求書の宛名",
        hs_pipeline="0",
        hs_pipeline_stage="4",
        hs_ticket_priority="LOW",
        hs_lastmodifieddate="2026-03-01T00:00:00Z",
    )
    account.put(
        "orders",
        "601",
        hs_order_name="注文 1001",
        hs_total_price="98000.00",
        hs_currency_code="JPY",
        hs_external_order_status="出荷済み",
        hs_lastmodifieddate="2026-04-20T00:00:00Z",
    )
    account.put(
        "notes",
        "701",
        hs_note_body="<p>増量を<b>検討</b>中</p>",
        hs_timestamp="2026-05-11T03:00:00Z",
        hubspot_owner_id="7",
    )
    account.put(
        "emails",
        "801",
        hs_email_subject="お見積もりの件",
        hs_timestamp="2026-05-09T03:00:00Z",
        hs_email_direction="INCOMING_EMAIL",
    )
    account.put("calls", "901", hs_call_title="価格の相談", hs_timestamp="2026-05-08T03:00:00Z")
    for whose, number in (("contacts", "101"), ("companies", "501")):
        account.tie(whose, number, "deals", ["301"])
        account.tie(whose, number, "tickets", ["401", "402"])
        account.tie(whose, number, "orders", ["601"])
    for of, number in (("notes", "701"), ("emails", "801"), ("calls", "901")):
        account.tie("contacts", "101", of, [number])
    account.tie("contacts", "101", "companies", ["501"])
    # Addresses are unique in HubSpot: a shared one is the further address of the second.
    account.put(
        "contacts", "102", firstname="一郎", lastname="港", email="info@minato-print.example", company="みなと印刷"
    )
    account.put(
        "contacts",
        "103",
        firstname="花子",
        lastname="港",
        email="hanako@minato-print.example",
        work_email="info@minato-print.example",
        company="みなと印刷",
    )
    account.put("contacts", "104", firstname="<b>花子</b>", lastname="鈴木", email="hanako.suzuki@gmail.com")
    account.put(
        "notes",
        "702",
        hs_note_body="<div>色が<br>違う<script>alert(1)</script></div>",
        hs_timestamp="2026-05-01T00:00:00Z",
    )
    account.tie("contacts", "104", "notes", ["702"])
    account.put("contacts", "105", firstname="Busy", lastname="Many", email="busy@many.example")
    account.crowd("105", _many())
    return account

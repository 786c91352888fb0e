"""Zendesk as an outsider sees it: users with identities, organisations, tickets, imports, uploads, OAuth's tokens; and a search that lags.

Built from developer.zendesk.com (the pages that server.gateways.crm.zendesk names). `unindexed` holds ids of users that the search does not
know yet.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping
from typing import Any, Final

from tests.standins.crm.server import Answer, Request, Vendor, says

LOGIN: Final = "agent@aoba.example"
TOKEN: Final = "6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv"
WEBHOOK: Final = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="

_AGENT: Final = 900
Row = dict[str, Any]


class Zendesk(Vendor):
    """One account."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = {TOKEN}  # of the API, for LOGIN
        self.bearers: set[str] = set()
        self.refreshes: dict[str, str] = {}  # refresh token -> the access token it is worth
        self.users: dict[int, Row] = {}
        self.identities: dict[int, list[Row]] = {}
        self.organizations: dict[int, Row] = {}
        self.tickets: dict[int, Row] = {}
        self.fields: dict[str, list[str]] = {"user": ["plan"], "organization": ["contract_end", "plan"]}
        self.unindexed: set[int] = set()
        self.administrator = True
        self.sideloads = True  # identities come along with users
        self.idempotent: dict[str, int] = {}
        self.uploads: dict[str, bytes] = {}
        self.names: dict[str, str] = {}  # of the uploads
        self.mailed: list[str] = []  # addresses that Zendesk would have written to
        self._changing = threading.Lock()
        self.user(_AGENT, "佐藤 花", LOGIN, role="admin")

    # ------------------------------------------------------------------ what it holds

    def user(self, key: int, name: str, email: str, *further: str, **fields: Any) -> int:
        """A user with addresses; more of the JSON format's properties as keywords."""
        self.users[key] = {
            "id": key, "url": f"{self.url}/api/v2/users/{key}.json", "name": name, "email": email, "created_at": "2026-01-05T01:00:00Z",
            "updated_at": "2026-11-01T01:00:00Z", "time_zone": "Tokyo", "phone": None, "locale": "ja", "organization_id": None,
            "role": "end-user", "verified": True, "external_id": None, "tags": [], "alias": None, "active": True, "shared": False,
            "suspended": False, "last_login_at": None, "signature": None, "details": "", "notes": "", "user_fields": {"plan": None}, **fields,
        }  # fmt: skip
        self.identities[key] = [
            {
                "id": key * 10 + place,
                "user_id": key,
                "type": "email",
                "value": one,
                "verified": True,
                "primary": place == 0,
            }
            for place, one in enumerate((email, *further))
        ]
        return key

    def organization(self, key: int, name: str, *domains: str, **fields: Any) -> int:
        """An organisation."""
        self.organizations[key] = {
            "id": key, "url": f"{self.url}/api/v2/organizations/{key}.json", "name": name, "domain_names": list(domains), "details": "",
            "notes": "", "tags": [], "external_id": None, "group_id": None, "shared_tickets": False, "shared_comments": False,
            "created_at": "2025-04-01T00:00:00Z", "updated_at": "2026-04-01T00:00:00Z",
            "organization_fields": {"contract_end": None, "plan": None}, **fields,
        }  # fmt: skip
        return key

    def ticket(self, key: int, requester: int, subject: str, **fields: Any) -> int:
        """A ticket."""
        self.tickets[key] = {
            "id": key, "url": f"{self.url}/api/v2/tickets/{key}.json", "external_id": None, "via": {"channel": "email"}, "type": None,
            "created_at": "2026-10-01T00:00:00Z", "updated_at": "2026-10-02T00:00:00Z", "subject": subject, "raw_subject": subject,
            "description": "", "priority": None, "status": "open", "requester_id": requester, "submitter_id": requester, "assignee_id": None,
            "organization_id": self.users[requester]["organization_id"], "tags": [], "is_public": True, "custom_fields": [],
            "satisfaction_rating": {"score": "unoffered"}, **fields,
        }  # fmt: skip
        return key

    # ------------------------------------------------------------------ HTTP

    def error(self, status: int, request: Request) -> Answer:
        body: object = {
            401: {"error": "Couldn't authenticate you"},
            403: {
                "error": {
                    "title": "Forbidden",
                    "message": "You do not have access to this page. Please contact the account owner.",
                }
            },
            404: {"error": "RecordNotFound", "description": "Not found"},
            409: {"error": "RecordStale", "description": "The resource has changed since it was read"},
            429: {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"},
        }.get(status, {"error": {"title": "Internal error", "message": "Something went wrong"}})
        if status == 503:
            return Answer(503, b"<html><h1>Service Unavailable</h1></html>", {"Content-Type": "text/html"})
        return says(body, status)

    def answer(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v2/").removesuffix(".json")
        if request.path == "/oauth/tokens":
            return self._tokens(request)
        if not request.path.startswith("/api/v2/"):
            return Answer(404, b"<html></html>", {"Content-Type": "text/html"})
        if not self._knows(request.headers.get("authorization", "")):
            return self.error(401, request)
        with self._changing:
            for pattern, method, make in _ROUTES:
                if method == request.method and (found := re.fullmatch(pattern, path)):
                    answer: Answer = getattr(self, make)(request, *map(int, found.groups()))
                    return answer
        return says({"error": "InvalidEndpoint", "description": "Not found"}, 404)

    def _knows(self, authorization: str) -> bool:
        kind, _, said = authorization.partition(" ")
        if kind == "Bearer":
            return said in self.bearers
        try:
            who, _, token = base64.b64decode(said).decode().partition("/token:")
        except ValueError:
            return False
        return kind == "Basic" and who == LOGIN and token in self.tokens

    def _tokens(self, request: Request) -> Answer:
        said = request.json
        if said.get("grant_type") != "refresh_token" or said.get("refresh_token") not in self.refreshes:
            return says(
                {"error": "invalid_grant", "error_description": "The provided authorization grant is invalid"}, 400
            )
        fresh = self.refreshes.pop(said["refresh_token"])
        self.bearers.add(fresh)
        self.refreshes["second"] = f"{fresh}-2"
        return says(
            {
                "access_token": fresh,
                "refresh_token": "second",
                "token_type": "bearer",
                "scope": "read write",
                "expires_in": 1800,
            }
        )

    # ------------------------------------------------------------------ users

    def _search_users(self, request: Request) -> Answer:
        words = request.param("query").lower()
        rows = [
            row
            for key, row in self.users.items()
            if key not in self.unindexed and (self.impostor or words in f"{row} {self.identities[key]}".lower())
        ]
        if self.impostor:
            rows = [row for row in rows if row["name"] == "別人 次郎"]
        return self._with_identities(
            request, {"users": rows, "count": len(rows), "next_page": None, "previous_page": None}
        )

    def _with_identities(self, request: Request, said: Row) -> Answer:
        wanted = request.param("include").split(",")
        rows = said["users"] if "users" in said else [said["user"]]
        if "identities" in wanted and self.sideloads:
            said["identities"] = [one for row in rows for one in self.identities[row["id"]]]
        if "organizations" in wanted:
            said["organizations"] = [
                self.organizations[row["organization_id"]] for row in rows if row["organization_id"]
            ]
        return says(said)

    def _recent(self, request: Request) -> Answer:
        if not self.administrator:
            return self.error(403, request)
        assert request.param("start_time").isdecimal()
        rows = [self.users[key] for key in sorted(self.unindexed)]
        return self._with_identities(request, {"users": rows, "after_cursor": None, "end_of_stream": True})

    def _me(self, request: Request) -> Answer:
        return says({"user": self.users[_AGENT]})

    def _user(self, request: Request, key: int) -> Answer:
        if key not in self.users:
            return self.error(404, request)
        if self.impostor:
            key = next(other for other, row in self.users.items() if row["name"] == "別人 次郎")
        return self._with_identities(request, {"user": self.users[key]})

    def _identities(self, request: Request, key: int) -> Answer:
        return says({"identities": self.identities[key], "count": len(self.identities[key])})

    def _new_user(self, request: Request) -> Answer:
        said = request.json["user"]
        if any(one["value"] == said["email"].lower() for rows in self.identities.values() for one in rows):
            details = {
                "email": [
                    {
                        "description": f"Email: {said['email']} is already being used by another user",
                        "error": "DuplicateValue",
                    }
                ]
            }
            return says({"error": "RecordInvalid", "description": "Record validation errors", "details": details}, 422)
        if not said.pop("skip_verify_email", False):
            self.mailed.append(said["email"])
        key = self.user(max(self.users) + 1, **said)
        self.unindexed.add(key)
        return says({"user": self.users[key]}, 201)

    def _user_fields(self, request: Request) -> Answer:
        return says({"user_fields": [{"key": key, "title": key} for key in self.fields["user"]]})

    def _organization_fields(self, request: Request) -> Answer:
        return says({"organization_fields": [{"key": key, "title": key} for key in self.fields["organization"]]})

    # ------------------------------------------------------------------ organisations

    def _search(self, request: Request) -> Answer:
        found = re.fullmatch(r'type:organization "([^"]+)"', request.param("query"))
        rows = [row for row in self.organizations.values() if found and (self.impostor or found[1] in str(row))]
        return says({"results": [{**row, "result_type": "organization"} for row in rows], "count": len(rows)})

    def _organization(self, request: Request, key: int) -> Answer:
        return (
            says({"organization": self.organizations[key]}) if key in self.organizations else self.error(404, request)
        )

    # ------------------------------------------------------------------ tickets

    def _requested(self, request: Request, key: int) -> Answer:
        return self._tickets(request, {"requester_id": key})

    def _of_organization(self, request: Request, key: int) -> Answer:
        return self._tickets(request, {"organization_id": key})

    def _tickets(self, request: Request, wanted: Mapping[str, int]) -> Answer:
        rows = [
            row
            for row in self.tickets.values()
            if self.impostor or all(row[name] == key for name, key in wanted.items())
        ]
        if by := request.param("sort_by"):
            rows.sort(key=lambda row: row[by], reverse=request.param("sort_order") == "desc")
        page = rows[: int(request.param("per_page") or 100)]
        who = {row["assignee_id"] for row in page} | {row["requester_id"] for row in page}
        said: Row = {
            "tickets": page,
            "count": len(rows),
            "next_page": None if len(page) == len(rows) else f"{self.url}/next",
        }
        if request.param("include") == "users":
            said["users"] = [self.users[key] for key in sorted(who - {None})]
        return says(said)

    def _by_external_id(self, request: Request) -> Answer:
        rows = [row for row in self.tickets.values() if row["external_id"] == request.param("external_id")]
        return says({"tickets": rows, "count": len(rows), "next_page": None})

    def _new_ticket(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key", "")
        if key in self.idempotent:
            return says({"ticket": self.tickets[self.idempotent[key]]}, 201, {"x-idempotency-lookup": "hit"})
        said = request.json["ticket"]
        if said["requester_id"] not in self.users:
            return self._no_requester()
        comment = said.pop("comment")
        if comment.get("public", True):
            self.mailed.append(self.users[said["requester_id"]]["email"])
        number = self._add(said, comment)
        self.idempotent[key] = number
        return says({"ticket": self.tickets[number]}, 201, {"x-idempotency-lookup": "miss"})

    def _import(self, request: Request) -> Answer:
        if not self.administrator:
            return self.error(403, request)
        said = request.json["ticket"]
        if said["requester_id"] not in self.users:
            return self._no_requester()
        return says({"ticket": self.tickets[self._add(said, said.pop("comments")[0])]}, 201)

    def _no_requester(self) -> Answer:
        details = {"requester": [{"description": "Requester: is invalid", "error": "InvalidValue"}]}
        return says({"error": "RecordInvalid", "description": "Record validation errors", "details": details}, 422)

    def _add(self, said: Row, comment: Row) -> int:
        requester = said.pop("requester_id")
        number = max(self.tickets, default=35_000) + 1
        text = comment.get("value") or comment.get("body")
        return self.ticket(
            number,
            requester,
            said.pop("subject"),
            description=text,
            is_public=comment.get("public", True),
            comment=comment,
            **said,
        )

    def _delete(self, request: Request, key: int) -> Answer:
        if key not in self.tickets:
            return self.error(404, request)
        del self.tickets[key]
        return Answer(204)

    def _upload(self, request: Request) -> Answer:
        token = f"up{len(self.uploads)}"
        self.uploads[token] = request.body
        self.names[token] = request.param("filename")
        return says({"upload": {"token": token, "attachment": {"file_name": request.param("filename")}}}, 201)


_ROUTES: Final = (
    (r"users/search", "GET", "_search_users"),
    (r"incremental/users/cursor", "GET", "_recent"),
    (r"users/me", "GET", "_me"),
    (r"users/(\d+)", "GET", "_user"),
    (r"users/(\d+)/identities", "GET", "_identities"),
    (r"users", "POST", "_new_user"),
    (r"user_fields", "GET", "_user_fields"),
    (r"organization_fields", "GET", "_organization_fields"),
    (r"search", "GET", "_search"),
    (r"organizations/(\d+)", "GET", "_organization"),
    (r"users/(\d+)/tickets/requested", "GET", "_requested"),
    (r"organizations/(\d+)/tickets", "GET", "_of_organization"),
    (r"tickets", "GET", "_by_external_id"),
    (r"tickets", "POST", "_new_ticket"),
    (r"imports/tickets", "POST", "_import"),
    (r"tickets/(\d+)", "DELETE", "_delete"),
    (r"uploads", "POST", "_upload"),
)

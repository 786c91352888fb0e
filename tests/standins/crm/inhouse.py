"""A CRM that a team has made itself, for the mapped look-up: plain JSON, searched by a part of the address as django-crm does."""

from __future__ import annotations

from typing import Any, Final

from tests.standins.crm.server import Answer, Request, Vendor, says

TOKEN: Final = "Token 0123456789-of-the-house"
PAGE: Final = 50


class Inhouse(Vendor):
    """`people` and what belongs to them by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.people: dict[int, dict[str, Any]] = {}
        self.items: dict[str, dict[int, list[dict[str, Any]]]] = {
            "deals": {},
            "tickets": {},
            "orders": {},
            "activities": {},
        }

    def add(self, id_: int, **fields: Any) -> None:
        """A person."""
        self.people[id_] = {"id": id_, **fields}

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != self.token:
            return self.error(401, request)
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["api", "contacts"] or len(parts) > 3:
            return self.error(404, request)
        if len(parts) == 2:
            asked = request.param("email").lower()
            found = [one for one in self.people.values() if self.impostor or asked in one["email"].lower()]
            if self.impostor:
                found = [one for one in found if asked not in one["email"]][:1]
            return says({"count": len(found), "next": None, "results": found[:PAGE]})
        id_ = int(parts[2]) if parts[2].isdecimal() else 0
        if self.impostor:
            id_ = next(other for other in self.people if other != id_)
        if id_ not in self.people:
            return self.error(404, request)
        items = {name: of.get(id_, [])[:PAGE] for name, of in self.items.items()}
        return says({"contact": self.people[id_], **items})

    def error(self, status: int, request: Request) -> Answer:
        """As Django REST framework writes them."""
        return says(
            {"detail": {401: "Invalid token.", 404: "Not found."}.get(status, "A server error occurred.")}, status
        )

"""HubSpot's webhooks: who may send them, and of what they speak.

Sources, read November 2026 on developers.hubspot.com: "Validating requests" (signature v3 over method, URI with twelve escapes undone, body and
time; older than five minutes is refused) and "Webhooks" (a list of up to 100 events; ten more tries within 24 hours; several accounts that
have the app send to one address).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.json import Decoder

from server.domain.crm import CrmError, Delivery, ForgedDelivery
from server.gateways.crm import values

SKEW_MS: Final = 5 * 60_000
_ID: Final = re.compile(r"[0-9]{1,20}")
_NAMED: Final = {
    "contact": "contacts", "company": "companies", "deal": "deals", "ticket": "tickets",
    "0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets",
}  # fmt: skip


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """One event of a webhook; what is named differently in the two generations of subscriptions is here by both names."""

    subscription_type: str
    event_id: object = 0
    portal_id: object = 0
    occurred_at: object = 0
    object_id: object = 0
    object_type_id: str | None = ""
    property_name: str | None = None
    property_value: object = None
    association_type: str | None = ""
    from_object_id: object = 0
    to_object_id: object = 0
    from_object_type_id: str | None = ""
    to_object_type_id: str | None = ""
    primary_object_id: object = 0
    merged_object_ids: list[object] = []
    new_object_id: object = 0

    @property
    def id(self) -> str:
        """The same for another try. eventId alone is not unique; attemptNumber says only which try it is."""
        parts = (self.event_id, self.subscription_type, self.object_id, self.occurred_at, self.property_name)
        return ".".join(values.ident(part) for part in parts)


_EVENTS: Final = Decoder(list[Event])


def read(body: bytes) -> Sequence[Event]:
    """The events of a delivery. Raises CrmError("garbled")."""
    return values.decode(body, _EVENTS)


# "Validating requests": these and no others are decoded before the hash is taken.
_DECODED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


def signature(method: str, url: str, body: bytes, timestamp: str, secret: str) -> str:
    """What X-HubSpot-Signature-v3 must be."""
    uri = re.sub("%[0-9A-Fa-f]{2}", lambda found: _DECODED.get(found[0].upper(), found[0]), url)
    source = f"{method}{uri}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), source, "sha256")).decode()


def verify(delivery: Delivery, secret: str) -> None:
    """Hold a delivery against the app's client secret. Raises ForgedDelivery, CrmError("unset")."""
    if not secret:
        raise CrmError("unset", "webhooks need the app's client secret")
    timestamp = delivery.headers.get("x-hubspot-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{10,16}", timestamp) or abs(delivery.at - int(timestamp)) > SKEW_MS:
        raise ForgedDelivery("older than five minutes, or without a time")
    expected = signature(delivery.method, delivery.url, delivery.body, timestamp, secret)
    if not hmac.compare_digest(expected.encode(), delivery.headers.get("x-hubspot-signature-v3", "").encode()):
        raise ForgedDelivery("the signature is not HubSpot's")


def touched(event: Event) -> Iterable[tuple[str, str]]:
    """Type and id of all that an event speaks of."""
    word, _, what = event.subscription_type.partition(".")
    of = _NAMED.get(event.object_type_id or word)
    named: list[tuple[str | None, object]] = [(of, event.object_id)]
    if what == "associationChange":
        sides = [*(event.association_type or "").lower().split("_to_"), "", ""]
        named = [
            (_NAMED.get(event.from_object_type_id or sides[0]), event.from_object_id),
            (_NAMED.get(event.to_object_type_id or sides[1]), event.to_object_id),
        ]
    if what == "merge":
        named += [(of, one) for one in (event.primary_object_id, event.new_object_id, *event.merged_object_ids)]
    for kind, number in named:
        written = values.ident(number)
        if kind and _ID.fullmatch(written) and written != "0":
            yield kind, written

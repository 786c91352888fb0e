"""Zendesk's webhooks: who may send them, and of whom they speak.

Read for this (developer.zendesk.com): Webhooks, "Verifying": base64(HMAC-SHA256(secret, X-Zendesk-Webhook-Signature-Timestamp + body)); "Webhook
event types": `id`, `subject` ("zen:user:65..."), `detail`. What a trigger sends is the team's own JSON: {"requester_id": "{{ticket.requester.id}}"}.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final

from server.domain.crm import CrmError, CrmRef, Delivery, ForgedDelivery, Moved
from server.gateways.crm import values
from server.gateways.crm.zendesk_api import NUMBER

_SKEW_MS: Final = 5 * 60_000


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """What X-Zendesk-Webhook-Signature must be."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, "sha256")).decode()


def verify(delivery: Delivery, secret: str) -> None:
    """Hold a delivery against the webhook's secret. Raises ForgedDelivery, CrmError("unset")."""
    if not secret:
        raise CrmError("unset", "webhook")
    timestamp = delivery.headers.get("x-zendesk-webhook-signature-timestamp", "")
    if abs(delivery.at - values.moment(timestamp)) > _SKEW_MS:
        raise ForgedDelivery("older than five minutes, or without a time")
    expected = signature(timestamp, delivery.body, secret)
    if not hmac.compare_digest(expected.encode(), delivery.headers.get("x-zendesk-webhook-signature", "").encode()):
        raise ForgedDelivery("the signature is not Zendesk's")


def moved(delivery: Delivery, connection: str) -> Moved:
    """Whom a delivery speaks of. Raises CrmError("garbled")."""
    said = values.decode(delivery.body, values.OBJECT)
    detail = values.obj(said.get("detail")) or said
    _, kind, key = (*values.text(said.get("subject")).split(":"), "", "", "")[:3]
    people = [values.ident(detail.get("requester_id")), key if kind == "user" else ""]
    companies = [values.ident(detail.get("organization_id")), key if kind == "organization" else ""]
    refs = [CrmRef(connection, "contact", one) for one in people if NUMBER.fullmatch(one)]
    refs += [CrmRef(connection, "company", one) for one in companies if NUMBER.fullmatch(one)]
    event = (
        values.ident(said.get("id")) if kind else values.ident(delivery.headers.get("x-zendesk-webhook-invocation-id"))
    )
    return Moved(
        ids=(event,) if event else (),
        refs=tuple(dict.fromkeys(refs)),
        addresses=values.addresses(detail.get("email"), values.at(detail, "requester", "email")),
    )

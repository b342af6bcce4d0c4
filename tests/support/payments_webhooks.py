"""Webhooks for tests: events in Stripe's format, and signatures made by Stripe's own library."""

from __future__ import annotations

from typing import Any

import msgspec
from stripe import WebhookSignature

from common.clock import new_id

SECRET = "whsec_of_the_tests"  # noqa: S105 - opens nothing
ROUTE = "POST /payments/webhooks/stripe"
SUCCEEDED = "payment_intent.succeeded"
FAILED = "payment_intent.payment_failed"
REFUNDED = "charge.refunded"


def provider_event(
    kind: str, order_id: str, *, event_id: str | None = None, **subject: object
) -> bytes:
    """The body of an event about an order's charge; `subject` adds to the object it is about."""
    names = {"order_id": order_id, "charge": f"charge-{order_id}"}
    about: dict[str, Any] = {"id": f"pi_{order_id}", "metadata": names, **subject}
    return msgspec.json.encode(
        {
            "id": event_id or f"evt_{new_id()}",
            "object": "event",
            "type": kind,
            "created": 1795490000,
            "data": {"object": about},
        }
    )


def signature(body: bytes, moment: float, *, secret: str = SECRET) -> str:
    """The header of a webhook that is sent at that moment (Unix seconds)."""
    header: str = WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=int(moment)
    )
    return header

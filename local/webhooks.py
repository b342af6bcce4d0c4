"""The payment provider's webhooks, as the sandbox signs them, for a running shop."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from local.http import Caller
from local.shop import Shop

PATH = "/payments/webhooks/stripe"


def tell(shop: Shop, event: Mapping[str, object], *, secret: str | None = None) -> tuple[int, Any]:
    """Send the event, signed with the shop's own secret or another; gives status and answer."""
    moment = int(time.time())
    content = f"{moment}.{json.dumps(event)}".encode()
    key = (secret or _secret(shop)).encode()
    signature = hmac.new(key, content, hashlib.sha256).hexdigest()
    with Caller(shop.base_url) as provider:
        headers = {"stripe-signature": f"t={moment},v1={signature}"}
        return provider.send("POST", PATH, event, headers)


def succeeded(order_id: str) -> dict[str, object]:
    """The event of an order's charge that went well."""
    intent = {
        "id": f"pi_{order_id}",
        "metadata": {"order_id": order_id, "charge": f"charge-{order_id}"},
    }
    kind = "payment_intent.succeeded"
    return {"id": f"evt_{order_id}", "type": kind, "data": {"object": intent}}


def _secret(shop: Shop) -> str:
    arn = shop.deployment.named("payments-webhook-secret").outputs["arn"]
    found = shop.cloud.client("secretsmanager").get_secret_value(SecretId=arn)
    return str(found["SecretString"])

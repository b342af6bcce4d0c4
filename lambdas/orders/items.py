"""How orders' things are kept in its table: keys, items, and the writes of a transaction.

ORDER#<order id>  ORDER             an order; in `by_customer`, and in `open` while it waits
ORDER#<order id>  STEP#<event id>   a timeline entry, which also marks the event as seen
IDEMPOTENCY#<customer>#<digest>  CLAIM
PRODUCT#<product id>  PRODUCT       the replica of inventory's catalogue
OUTBOX#<event id>  EVENT            see `common.outbox`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from common.dynamo import to_item
from orders.models import Claim, Order, Product, Step
from orders.ports import Change
from orders.transitions import OPEN

BY_CUSTOMER = "by_customer"
BY_DEADLINE = "open"
STEP_PREFIX = "STEP#"
_NEW = "attribute_not_exists(pk)"

Key = dict[str, str]


def order_key(order_id: str) -> Key:
    """Key of an order."""
    return {"pk": f"ORDER#{order_id}", "sk": "ORDER"}


def claim_key(claim: Claim) -> Key:
    """Key of an idempotency key's claim."""
    return {"pk": f"IDEMPOTENCY#{claim.customer_id}#{claim.key_digest}", "sk": "CLAIM"}


def product_key(product_id: str) -> Key:
    """Key of a product's replica."""
    return {"pk": f"PRODUCT#{product_id}", "sk": "PRODUCT"}


def step_item(order_id: str, step: Step) -> dict[str, object]:
    """The item of a timeline entry."""
    key = {"pk": f"ORDER#{order_id}", "sk": f"{STEP_PREFIX}{step.event_id}"}
    return {**key, "kind": "step", **msgspec.to_builtins(step)}


def claim_item(claim: Claim) -> dict[str, object]:
    """The item of a claim.

    It has the customer's id in its key alone: `customer_id` would be half a key of `by_customer`.
    """
    fields = msgspec.to_builtins(claim)
    return {**claim_key(claim), "kind": "claim", "claim": fields, "expires_at": claim.expires_at}


def claim_of(item: Mapping[str, Any]) -> Claim:
    """The claim of its item."""
    return msgspec.convert(item["claim"], Claim)


def product_item(product: Product) -> dict[str, object]:
    """The item of a product."""
    return {
        **product_key(product.product_id),
        "kind": "product",
        **msgspec.to_builtins(product),
    }


def put_order(table: str, order: Order) -> dict[str, Any]:
    """Put an order that is not there yet."""
    item = {
        **order_key(order.order_id),
        "kind": "order",
        "open": "1",
        **msgspec.to_builtins(order),
    }
    return {"Put": {"TableName": table, "Item": to_item(item), "ConditionExpression": _NEW}}


def put_step(table: str, order_id: str, step: Step) -> dict[str, Any]:
    """Put a timeline entry that is not there yet."""
    item = to_item(step_item(order_id, step))
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": _NEW}}


def update_order(table: str, change: Change) -> dict[str, Any]:
    """Set what differs, on condition that status and address are still those of `change.before`.

    A change takes its time when it is decided. One that was written since makes it be decided
    again, so that a timeline tells changes in the order in which they were made.
    """
    before, after = msgspec.to_builtins(change.before), msgspec.to_builtins(change.after)
    differing = {key: value for key, value in after.items() if before.get(key) != value}
    names = {
        "#status": "status",
        "#shipping_address": "shipping_address",
        **{f"#{key}": key for key in differing},
    }
    expression = "SET " + ", ".join(f"#{key} = :{key}" for key in differing)
    if change.before.status in OPEN and change.after.status not in OPEN:
        names["#open"] = "open"
        expression += " REMOVE #open"
    values = {":was": before["status"], ":address_was": before["shipping_address"]}
    return {
        "Update": {
            "TableName": table,
            "Key": to_item(order_key(change.before.order_id)),
            "UpdateExpression": expression,
            "ConditionExpression": "#status = :was AND #shipping_address = :address_was",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(
                {**values, **{f":{key}": value for key, value in differing.items()}}
            ),
        }
    }


def held(token: str) -> dict[str, Any]:
    """The condition that a claim is incomplete and held with `token`."""
    return {
        "ConditionExpression": "#claim.#token = :token AND attribute_not_exists(#claim.#answer)",
        "ExpressionAttributeNames": {"#claim": "claim", "#token": "token", "#answer": "answer"},
        "ExpressionAttributeValues": to_item({":token": token}),
    }


def complete_claim(table: str, claim: Claim) -> dict[str, Any]:
    """Replace the claim by its complete form while it is still held with the same token."""
    item = to_item(claim_item(claim))
    return {"Put": {"TableName": table, "Item": item, **held(claim.token)}}

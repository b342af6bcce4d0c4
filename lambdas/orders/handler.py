"""The functions of orders: `http` (API Gateway), `events` (its queue), `sweep` (every minute)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from common.errors import MalformedError
from common.events import Envelope, decode_data
from common.http import Request, Response, http_handler
from common.observability import metrics, span
from common.paging import page_limit
from common.queues import queue_handler
from orders import bootstrap
from orders.facts import OBSERVED, fact_of
from orders.models import MAX_KEY_LENGTH, OrderView, PlaceOrder, Product, ShippingAddress
from orders.placing import Caller


class SweepError(RuntimeError):
    """Some overdue orders could not be cancelled; the next run tries them again."""


def place_order(request: Request) -> Response:
    """`POST /orders`."""
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise MalformedError(
            f"the header Idempotency-Key has {len(key)} characters; send 1 to {MAX_KEY_LENGTH}, "
            f"a fresh key for each order"
        )
    caller = Caller(
        customer_id=request.customer_id,
        idempotency_key=key,
        correlation_id=request.correlation_id,
    )
    placed = bootstrap.placing().place(request.json(PlaceOrder), caller)
    headers = {"location": f"/orders/{placed.order_id}"}
    if placed.replayed:
        headers["idempotent-replayed"] = "true"
    return Response(
        status=placed.answer.status,
        body=msgspec.Raw(placed.answer.body.encode()),
        headers=headers,
    )


def list_orders(request: Request) -> Response:
    """`GET /orders`."""
    found, next_cursor = bootstrap.orders().page(
        request.customer_id, request.query.get("cursor"), page_limit(request.query)
    )
    items = [OrderView.of(order) for order in found]
    return Response(body={"items": items, "next_cursor": next_cursor})


def read_order(request: Request) -> Response:
    """`GET /orders/{order_id}`."""
    order = bootstrap.orders().read(request.customer_id, request.path["order_id"])
    return Response(body=OrderView.of(order))


def read_timeline(request: Request) -> Response:
    """`GET /orders/{order_id}/timeline`."""
    return Response(body=bootstrap.orders().timeline(request.customer_id, request.path["order_id"]))


def read_receipt(request: Request) -> Response:
    """`GET /orders/{order_id}/receipt`: a link, since a redirect would take the token along."""
    lifetime = timedelta(seconds=bootstrap.receipts_environment().orders_receipt_link_seconds)
    link = bootstrap.receipts().link(request.customer_id, request.path["order_id"], lifetime)
    return Response(body=link, headers={"cache-control": "no-store"})


def change_address(request: Request) -> Response:
    """`PUT /orders/{order_id}/shipping-address`."""
    order = bootstrap.orders().change_address(
        request.customer_id, request.path["order_id"], request.json(ShippingAddress)
    )
    return Response(body=OrderView.of(order))


def cancel_order(request: Request) -> Response:
    """`POST /orders/{order_id}/cancel`."""
    order = bootstrap.orders().cancel(
        request.customer_id, request.path["order_id"], request.correlation_id
    )
    return Response(body=OrderView.of(order))


ROUTES = {
    "POST /orders": place_order,
    "GET /orders": list_orders,
    "GET /orders/{order_id}": read_order,
    "GET /orders/{order_id}/timeline": read_timeline,
    "GET /orders/{order_id}/receipt": read_receipt,
    "PUT /orders/{order_id}/shipping-address": change_address,
    "POST /orders/{order_id}/cancel": cancel_order,
}
http = http_handler("orders", ROUTES)


def observe(envelope: Envelope) -> None:
    """Record what another service says about an order."""
    bootstrap.orders().observe(fact_of(envelope))


def learn_product(envelope: Envelope) -> None:
    """Keep the replica of inventory's catalogue."""
    bootstrap.orders().learn_product(decode_data(envelope, Product))


def issue_receipt(envelope: Envelope) -> None:
    """Write the receipt of an order that orders itself has confirmed, or cancelled later."""
    if envelope.order_id is None:
        raise ValueError(f"{envelope.type} {envelope.id} names no order; its order_id must be set")
    bootstrap.receipts().issue(envelope.order_id)


EVENTS = {
    **dict.fromkeys(OBSERVED, observe),
    **dict.fromkeys(("OrderConfirmed", "OrderCancelled"), issue_receipt),
    "ProductChanged": learn_product,
}
events = queue_handler("orders", EVENTS)


@metrics.log_metrics
def sweep(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Cancel what is past its deadline; raises SweepError when an order could not be."""
    with span("orders sweep"):
        swept = bootstrap.orders().cancel_overdue()
    metrics.add_metric(name="OrdersOverdue", unit="Count", value=swept.cancelled)
    if swept.failed:
        raise SweepError(f"{swept.failed} overdue orders were not cancelled; the log names each")
    return {"cancelled": swept.cancelled}

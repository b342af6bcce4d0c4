"""What a producer sends, each consumer can read: now, and when the producer adds to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from common.events import EventData, decode_data, decode_envelope
from components.inventory import Inventory
from components.microservice import Microservice
from components.notifications import Notifications
from components.orders import Orders
from components.payments import Payments
from inventory.models import PlacedOrder
from notifications.templates import TEMPLATES
from orders.facts import OBSERVED, fact_of
from orders.models import (
    PaymentDeclinedView,
    PaymentView,
    Product,
    StockRejectedView,
    StockReleasedView,
    StockReservedView,
)
from payments.models import OrderPlacedView
from tests.support.event_examples import BY_TYPE, EXAMPLES, example_event
from tools.event_schemas import consumers

COMPONENTS: Mapping[str, type[Microservice[Any]]] = {
    "orders": Orders,
    "inventory": Inventory,
    "payments": Payments,
    "notifications": Notifications,
}


class Nothing(msgspec.Struct, frozen=True):
    """The view of a consumer to whom the envelope says enough."""


VIEWS: Mapping[tuple[str, str], type[msgspec.Struct]] = {
    ("orders", "OrderConfirmed"): Nothing,
    ("orders", "OrderCancelled"): Nothing,
    ("orders", "StockReserved"): StockReservedView,
    ("orders", "StockRejected"): StockRejectedView,
    ("orders", "StockReleased"): StockReleasedView,
    ("orders", "PaymentCaptured"): PaymentView,
    ("orders", "PaymentDeclined"): PaymentDeclinedView,
    ("orders", "PaymentRefunded"): PaymentView,
    ("orders", "ProductChanged"): Product,
    ("inventory", "OrderPlaced"): PlacedOrder,
    ("inventory", "OrderConfirmed"): Nothing,
    ("inventory", "OrderCancelled"): Nothing,
    ("payments", "OrderPlaced"): OrderPlacedView,
    ("payments", "StockReserved"): Nothing,
    ("payments", "StockRejected"): Nothing,
    ("payments", "OrderCancelled"): Nothing,
    **{("notifications", kind): template.view for kind, template in TEMPLATES.items()},
}
SENSITIVE = re.compile(r"(card|pan|cvc|cvv|iban|holder|cardholder|address|email|phone|password)s?")


def next_version(data: EventData) -> str:
    """The event as the next version of its producer might send it: more fields everywhere."""

    def grown(value: Any) -> Any:
        if isinstance(value, dict):
            more = {key: grown(entry) for key, entry in value.items()}
            return {**more, "added_later": {"nested": [1, None]}}
        return [grown(entry) for entry in value] if isinstance(value, list) else value

    sent = grown(msgspec.json.decode(example_event(data).encode()))
    return msgspec.json.encode({**sent, "version": data.version + 1}).decode()


def fields(struct: type[msgspec.Struct]) -> Iterator[str]:
    """The names of a struct's fields and of all structs within."""
    for name, definition in msgspec.json.schema(struct)["$defs"].items():
        yield from (f"{name}.{field}" for field in definition.get("properties", {}))


def test_every_consumed_event_has_its_view_here() -> None:
    consumed = {(service, kind) for service, kinds in consumers().items() for kind in kinds}
    assert set(VIEWS) == consumed


@pytest.mark.parametrize("service", COMPONENTS)
def test_a_service_handles_exactly_what_its_queue_is_subscribed_to(service: str) -> None:
    component = COMPONENTS[service]
    subscribed = object.__new__(component).consumed_events
    assert sorted(subscribed) == sorted(consumers()[service])


@pytest.mark.parametrize(("service", "kind"), VIEWS)
def test_a_consumer_reads_what_the_producer_sends(service: str, kind: str) -> None:
    view = VIEWS[service, kind]
    sent = example_event(BY_TYPE[kind])
    read = decode_data(decode_envelope(sent.encode()), view)
    for field in msgspec.structs.fields(view):
        given = msgspec.to_builtins(getattr(BY_TYPE[kind], field.name))
        assert _narrowed(given, msgspec.to_builtins(getattr(read, field.name))) is True


@pytest.mark.parametrize(("service", "kind"), VIEWS)
def test_a_consumer_reads_the_next_version_with_fields_it_does_not_know(
    service: str, kind: str
) -> None:
    view = VIEWS[service, kind]
    now = decode_data(example_event(BY_TYPE[kind]), view)
    later = decode_envelope(next_version(BY_TYPE[kind]))
    assert later.version == BY_TYPE[kind].version + 1
    assert decode_data(later, view) == now


@pytest.mark.parametrize("kind", OBSERVED)
def test_orders_makes_a_fact_of_every_event_it_observes_whatever_its_version(kind: str) -> None:
    now = example_event(BY_TYPE[kind])
    later = msgspec.structs.replace(decode_envelope(next_version(BY_TYPE[kind])), id=now.id)
    assert fact_of(later) == fact_of(now)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_notifications_tells_of_every_event_whatever_its_version(kind: str) -> None:
    later = decode_envelope(next_version(BY_TYPE[kind]))
    assert TEMPLATES[kind].render(later) == TEMPLATES[kind].render(example_event(BY_TYPE[kind]))


@pytest.mark.parametrize("data", EXAMPLES, ids=BY_TYPE)
def test_no_event_has_a_field_for_cards_or_persons(data: EventData) -> None:
    words = [(name, word) for name in fields(type(data)) for word in name.split(".")[1].split("_")]
    assert words
    assert [name for name, word in words if SENSITIVE.fullmatch(word)] == []


def test_the_search_for_sensitive_fields_finds_them() -> None:
    for name in ("card", "card_number", "cvc", "billing_address", "emails", "phone_number"):
        assert any(SENSITIVE.fullmatch(word) for word in name.split("_"))
    for name in ("expires_at", "payment_token", "company", "product_id"):
        assert not any(SENSITIVE.fullmatch(word) for word in name.split("_"))


def _narrowed(given: Any, read: Any) -> bool:
    """Whether `read` is `given` with nothing changed, though parts of it may be left out."""
    if isinstance(read, dict):
        return all(_narrowed(given[key], value) for key, value in read.items())
    if isinstance(read, list | tuple):
        return len(given) == len(read) and all(map(_narrowed, given, read))
    return bool(given == read)

"""Each service alone, and under a name that is not its class's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import settings
from components import inventory, notifications, orders, payments
from components.blocks.grants import Grant
from components.platform import Platform
from settings import Settings
from tests.support import harness
from tests.support.blocks import network, platform
from tests.support.configuration import selected, stack_config
from tests.support.harness import Built
from tests.support.relations import ALARM, SERVICES

NAME = "shop-floor"


def make_orders(on: Platform, values: Settings) -> object:
    return orders.Orders(
        NAME,
        orders.OrdersArgs(
            platform=on,
            settings=values.orders,
            relay=values.relay,
            availability=Grant(statements=()),
            confirmation_seconds=30,
        ),
    )


def make_payments(on: Platform, values: Settings) -> object:
    return payments.Payments(
        NAME,
        payments.PaymentsArgs(platform=on, settings=values.payments, relay=values.relay),
    )


def make_inventory(on: Platform, values: Settings) -> object:
    return inventory.Inventory(
        NAME,
        inventory.InventoryArgs(platform=on, settings=values.inventory, relay=values.relay),
    )


def make_notifications(on: Platform, values: Settings) -> object:
    return notifications.Notifications(
        NAME, notifications.NotificationsArgs(platform=on, settings=values.notifications)
    )


MAKERS: dict[str, Callable[[Platform, Settings], object]] = {
    "orders": make_orders,
    "payments": make_payments,
    "inventory": make_inventory,
    "notifications": make_notifications,
}


@pytest.fixture(scope="module")
def values() -> Settings:
    """The dev stack's settings."""
    with selected(stack_config("dev")):
        return settings.load()


@pytest.fixture(params=SERVICES)
def alone(request: pytest.FixtureRequest, values: Settings) -> Built:
    """One service as the only one of its stack."""
    make = MAKERS[request.param]
    return harness.build(lambda: make(platform(network()), values)).under(NAME)


def test_a_service_names_all_its_parts_after_its_own_name(alone: Built) -> None:
    parts = [resource.name for resource in alone if resource.name != NAME]

    assert [name for name in parts if not name.startswith(f"{NAME}-")] == []


def test_a_service_names_and_tags_what_it_owns_after_its_own_name(alone: Built) -> None:
    owned = [resource.inputs for resource in alone if "tags" in resource.inputs]

    assert {inputs["tags"]["service"] for inputs in owned} == {NAME}


def test_a_service_brings_its_alarms_wherever_it_stands(alone: Built) -> None:
    for kind in ("dead-letters", "oldest-message", "errors", "throttles", "latency"):
        assert [alarm for alarm in alone.of_type(ALARM) if alarm.name.endswith(f"-{kind}")], kind

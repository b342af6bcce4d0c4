"""What a message costs the worker is measured with the worker of the shop."""

from __future__ import annotations

import tomllib

import pytest

from local.shop import Shop
from tests.local.customers import eventually
from tools.scaling.measure import PRODUCT, as_toml, measure

pytestmark = pytest.mark.xdist_group("local")

ORDERS = 25


def test_the_worker_handles_what_it_is_measured_with(shop: Shop) -> None:
    before = sold(shop)
    measured = measure(shop, ORDERS)

    assert measured.messages == 2 * ORDERS
    assert measured.cpu_ms_per_message > 0
    eventually(lambda: sold(shop) == before + ORDERS, "every order is reserved and committed", 10)
    assert tomllib.loads(as_toml(measured))["messages"] == 2 * ORDERS


def sold(shop: Shop) -> int:
    """Pieces of the product that orders took for good."""
    item = shop.cloud.client("dynamodb").get_item(
        TableName=shop.deployment.output("inventory_table_name"),
        Key={"pk": {"S": f"PRODUCT#{PRODUCT}"}, "sk": {"S": "PRODUCT"}},
    )
    return int(item.get("Item", {}).get("sold", {"N": "0"})["N"])

"""The payment provider's webhooks to the running shop."""

from __future__ import annotations

import pytest

from local import webhooks
from local.http import Caller
from local.shop import Shop
from tests.local.customers import eventually, new_product, order_body, place, read

pytestmark = pytest.mark.xdist_group("local")


def test_a_signed_webhook_settles_a_charge_and_a_forged_one_is_refused(
    shop: Shop, alice: Caller
) -> None:
    product = new_product(shop, pieces=1)
    order = place(alice, order_body(product, payment_token="tok_timeout"))  # noqa: S106 - as it says

    def unclear() -> bool:
        status, payment = alice.send("GET", f"/payments/{order}")
        return status == 200 and payment["status"] in ("UNKNOWN", "CAPTURED")

    eventually(unclear, "nobody knows whether the order is paid")
    event = webhooks.succeeded(order)

    status, problem = webhooks.tell(shop, event, secret="of somebody else")  # noqa: S106 - forged
    assert (status, problem["title"]) == (400, "Malformed request")
    assert [webhooks.tell(shop, event) for _ in range(2)] == [(200, {"received": True})] * 2
    assert read(alice, f"/payments/{order}")["status"] == "CAPTURED"

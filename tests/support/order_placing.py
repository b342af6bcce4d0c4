"""Placing orders, for tests: the logic with a store in memory and inventory's canned answer."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from common.clock import new_id
from orders.placing import Caller, OrderPlacing, Placed
from tests.support.orders import LAMP, MUG, CannedInquiry, Clock, InMemoryOrderStore, place_order
from tests.support.payloads import CUSTOMER

LINES = [{"product_id": "mug", "quantity": 2}, {"product_id": "lamp", "quantity": 1}]


class Shop:
    """The logic, its store, and inventory's answer."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = InMemoryOrderStore(MUG, LAMP)
        self.inquiry = CannedInquiry()
        self.counted: Counter[str] = Counter()
        self.placing = OrderPlacing(
            self.store,
            self.inquiry,
            deadline=timedelta(seconds=600),
            clock=self.clock,
            new_id=new_id,
            count=lambda name: self.counted.update([name]),
        )

    def place(
        self, *, key: str = "key-1", customer_id: str = CUSTOMER, **changes: object
    ) -> Placed:
        caller = Caller(
            customer_id=customer_id, idempotency_key=key, correlation_id="correlation-1"
        )
        return self.placing.place(place_order(**changes), caller)

    def crash(self) -> str:
        """A request claims the key `key-1`, chooses an order id, and dies; that id."""

        def die() -> None:
            raise KeyboardInterrupt

        self.store.interruptions.append(die)
        with pytest.raises(KeyboardInterrupt):
            self.place()
        (claim,) = self.store.claims.values()
        return claim.order_id

"""DynamoDB as orders' store: one table, whose items `orders.items` describes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import islice

import msgspec

from common.dynamo import to_item
from common.events import Envelope
from common.outbox import outbox_put
from common.table import Table
from orders import items
from orders.models import Claim, Order, Product, Step
from orders.ports import Change, Position, Written

_DEADLINE_PAGE = 100


class DynamoOrderStore:
    """An `OrderStore` and `OrderDesk`; see `orders.ports`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._name = table.name

    def order(self, order_id: str) -> Order | None:
        """One consistent read."""
        item = self._table.get(items.order_key(order_id))
        return None if item is None else msgspec.convert(item, Order)

    def history(self, order_id: str) -> tuple[Order, list[Step]] | None:
        """One consistent query: an order and its entries are one item collection."""
        found = self._table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": items.order_key(order_id)["pk"]}),
            ConsistentRead=True,
        )
        order, steps = None, []
        for item in found:
            if item["sk"].startswith(items.STEP_PREFIX):
                steps.append(msgspec.convert(item, Step))
            else:
                order = msgspec.convert(item, Order)
        return None if order is None else (order, steps)

    def orders_of(
        self, customer_id: str, after: Position | None, limit: int
    ) -> tuple[list[Order], bool]:
        """One query of the index `by_customer`, which follows the table within moments.

        The customer is the caller's own and not the cursor's, whatever the cursor says.
        """
        paging = {}
        if after is not None:
            start = {
                **items.order_key(after.order_id),
                "customer_id": customer_id,
                "created_at": after.created_at,
            }
            paging = {"ExclusiveStartKey": to_item(start)}
        found = self._table.query(
            IndexName=items.BY_CUSTOMER,
            KeyConditionExpression="customer_id = :customer",
            ExpressionAttributeValues=to_item({":customer": customer_id}),
            ScanIndexForward=False,
            Limit=limit + 1,
            **paging,
        )
        orders = [msgspec.convert(item, Order) for item in islice(found, limit + 1)]
        return orders[:limit], len(orders) > limit

    def apply(self, change: Change) -> Written:
        """One transaction, or one conditional put where nothing but an entry is new."""
        order_id = change.before.order_id
        marker, *others = change.steps
        if change.before == change.after:
            novel = self._table.put(
                items.step_item(order_id, marker),
                ConditionExpression="attribute_not_exists(pk)",
            )
            return Written.DONE if novel else Written.SEEN
        failed = self._table.transact(
            items.put_step(self._name, order_id, marker),
            items.update_order(self._name, change),
            *(items.put_step(self._name, order_id, step) for step in others),
            *(outbox_put(self._name, event) for event in change.events),
        )
        if not failed:
            return Written.DONE
        return Written.SEEN if 0 in failed else Written.LOST

    def overdue(self, moment: str, limit: int) -> list[str]:
        """A query of the sparse index `open`, the earliest deadline first."""
        found = self._table.query(
            IndexName=items.BY_DEADLINE,
            KeyConditionExpression="#open = :open AND deadline_at <= :moment",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_item({":open": "1", ":moment": moment}),
            Limit=min(limit, _DEADLINE_PAGE),
        )
        return [item["pk"].removeprefix("ORDER#") for item in islice(found, limit)]

    def save_product(self, product: Product) -> bool:
        """A put that never replaces a revision as new."""
        return self._table.put(
            items.product_item(product),
            ConditionExpression="attribute_not_exists(pk) OR #revision < :revision",
            ExpressionAttributeNames={"#revision": "revision"},
            ExpressionAttributeValues=to_item({":revision": product.revision}),
        )

    def claim(self, claim: Claim, now: datetime) -> bool:
        """A conditional put; the table's TTL deletes late, so the condition checks it as well."""
        return self._table.put(
            items.claim_item(claim),
            ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
            ExpressionAttributeValues=to_item({":now": int(now.timestamp())}),
        )

    def claim_like(self, claim: Claim) -> Claim | None:
        """One consistent read."""
        item = self._table.get(items.claim_key(claim))
        return None if item is None else items.claim_of(item)

    def take_over(self, claim: Claim, token: str) -> bool:
        """A put on condition of the former holder's token."""
        return self._table.put(items.claim_item(claim), **items.held(token))

    def release(self, claim: Claim) -> None:
        """A delete on condition of the claim's own token."""
        self._table.delete(items.claim_key(claim), **items.held(claim.token))

    def products(self, product_ids: Collection[str]) -> dict[str, Product]:
        """One read of all of them."""
        found = self._table.get_many([items.product_key(each) for each in product_ids])
        return {item["product_id"]: msgspec.convert(item, Product) for item in found}

    def place(self, order: Order, step: Step, event: Envelope, completed: Claim) -> bool:
        """One transaction of order, entry, event and claim."""
        failed = self._table.transact(
            items.put_order(self._name, order),
            items.put_step(self._name, order.order_id, step),
            outbox_put(self._name, event),
            items.complete_claim(self._name, completed),
        )
        return not failed

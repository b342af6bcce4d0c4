"""Messages that nobody can handle, and messages that nobody fetches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from local.deployment import Registration
from local.http import Caller
from local.ordering import order_body, place
from tools.alarms.emitted import SECONDS_OF_A_SECOND
from tools.alarms.faults.breaks import LONG_AGO, refused, send, stopped
from tools.alarms.faults.fault import Fault
from tools.alarms.scene import PRODUCT, Scene, await_, pause

_QUEUE = "aws:sqs/queue:Queue"
_TRIGGER = "aws:lambda/eventSourceMapping:EventSourceMapping"
_VISIBILITY, _REDRIVE = "VisibilityTimeout", "RedrivePolicy"
_SECONDS = "visibilityTimeoutSeconds"
_POISON = '{"type": "OrderPlaced"}'
_WORKER_ROLE = "inventory-worker-task-role"
_POLL_SECONDS = 3.2
"""Longer than a poll of the worker: one that has begun keeps to what the queue said then."""
_ORDERS, _DECLINED = 25, 4
_BODY = order_body(PRODUCT, 1, "tok_approved")
_SEEN_SECONDS = 0.6
"""Long enough for the emulator to be looked at twice."""


def consumed(scene: Scene) -> list[Registration]:
    """The queues with dead letters: those that a service works off."""
    return [queue for queue in scene.registered(_QUEUE) if queue.inputs.get("redrivePolicy")]


def _poison(scene: Scene) -> None:
    sqs, dead = scene.client("sqs"), _dead_letters(scene)
    with _delivered_once(scene):
        for queue in consumed(scene):
            send(scene, queue.outputs["url"], _POISON, 1)
        await_(lambda: all(scene.waiting(url) for url in dead), "every queue has dead letters")
    with scene.reading():
        pause(_SEEN_SECONDS)
    for url in dead:
        sqs.purge_queue(QueueUrl=url)


def _dead_letters(scene: Scene) -> list[str]:
    names = [queue.name.removesuffix("-queue") + "-dead-letters" for queue in consumed(scene)]
    return [str(scene.named(name)["url"]) for name in names]


@contextmanager
def _delivered_once(scene: Scene) -> Iterator[None]:
    """A message has one delivery to be handled and not several, with pauses between them."""
    usual = {
        queue.outputs["url"]: {_VISIBILITY: str(queue.outputs[_SECONDS]), _REDRIVE: redrive}
        for queue in consumed(scene)
        if (redrive := str(queue.inputs["redrivePolicy"]))
    }
    for url, attributes in usual.items():
        once = json.dumps({**json.loads(attributes[_REDRIVE]), "maxReceiveCount": 1})
        _change(scene, url, {_VISIBILITY: "0", _REDRIVE: once})
    try:
        with refused(scene, [_WORKER_ROLE], "sqs:ChangeMessageVisibility"):
            pause(_POLL_SECONDS)
            yield
    finally:
        for url, attributes in usual.items():
            _change(scene, url, attributes)


def _change(scene: Scene, url: str, attributes: Mapping[str, str]) -> None:
    scene.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)


def _not_fetched(scene: Scene) -> None:
    """Orders are taken, nobody works on them, and their deadline comes."""
    oldest = max(stack.threshold(_of(queue)) for stack in scene.stacks for queue in consumed(scene))
    with _nobody_fetches(scene):
        for queue in consumed(scene):
            send(scene, queue.outputs["url"], _POISON, 1)
        with scene.customer() as customer:
            orders = [str(place(customer, _BODY)[1]["order_id"]) for _ in range(_ORDERS)]
        pause(oldest / SECONDS_OF_A_SECOND)
        for _ in range(2):
            with scene.reading():
                pause(_SEEN_SECONDS)
        with scene.reading():
            _let_deadlines_pass(scene, orders)
            scene.invoke("orders-sweep")
        for queue in consumed(scene):
            scene.client("sqs").purge_queue(QueueUrl=queue.outputs["url"])


def _of(queue: Registration) -> str:
    return queue.name.removesuffix("-queue") + "-oldest-message"


@contextmanager
def _nobody_fetches(scene: Scene) -> Iterator[None]:
    """The queues' triggers are off, and the worker stands still."""
    client = scene.client("lambda")
    arns = {queue.outputs["arn"] for queue in consumed(scene)}
    triggers = [
        each.id for each in scene.registered(_TRIGGER) if each.inputs["eventSourceArn"] in arns
    ]
    for id in triggers:
        client.update_event_source_mapping(UUID=id, Enabled=False)
    try:
        with stopped(scene.shop.process("worker")):
            yield
    finally:
        for id in triggers:
            client.update_event_source_mapping(UUID=id, Enabled=True)


def _let_deadlines_pass(scene: Scene, orders: Sequence[str]) -> None:
    client, table = scene.client("dynamodb"), scene.shop.deployment.output("orders_table_name")
    for order in orders:
        client.update_item(
            TableName=table,
            Key={"pk": {"S": f"ORDER#{order}"}, "sk": {"S": "ORDER"}},
            UpdateExpression="SET deadline_at = :past",
            ExpressionAttributeValues={":past": {"S": LONG_AGO}},
        )


def _declined(scene: Scene) -> None:
    body = order_body(PRODUCT, 1, "tok_declined")
    for _ in range(3):
        with scene.reading(), scene.customer() as customer:
            orders = [str(place(customer, body)[1]["order_id"]) for _ in range(_DECLINED)]
            for order in orders:
                await_(partial(_cancelled, customer, order), f"order {order} is cancelled")


def _cancelled(customer: Caller, order: str) -> bool:
    return bool(customer.send("GET", f"/orders/{order}")[1]["status"] == "CANCELLED")


FAULTS = (
    Fault(
        name="poison",
        what="a message in each queue that its service cannot read",
        proves=("*-events-dead-letters",),
        happen=_poison,
    ),
    Fault(
        name="not-fetched",
        what="nobody fetches messages, and orders come to their deadline",
        proves=("*-events-oldest-message", "operations-orders-slo-confirmation-*"),
        happen=_not_fetched,
    ),
    Fault(
        name="declined",
        what="every card is declined",
        proves=("operations-orders-business-anomaly",),
        happen=_declined,
    ),
)

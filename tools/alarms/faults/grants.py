"""What IAM or the database refuses, and events that cannot leave for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from local.live import Listener, RefusedError
from local.ordering import order_body, place
from tools.alarms.faults.breaks import LONG_AGO, refused
from tools.alarms.faults.fault import Fault
from tools.alarms.scene import PRODUCT, Scene, await_, side_by_side

_TRIGGER = "aws:lambda/eventSourceMapping:EventSourceMapping"
_SOCKETS = "notifications-alerts-socket-errors"
_REQUESTS, _AT_ONCE = 25, 5
"""More than a promise asks for before it says anything."""
_DATABASE, _APPLICATION = "payments", "payments_app"
_RELAYS = ("orders-outbox-relay", "inventory-outbox-relay")
_SWEEPS = (*_RELAYS, "payments-sweep")
_BY_AGE = "MaximumRecordAgeInSeconds"
_HIDDEN_SECONDS = 1
"""Age at which the stream gives a record up during the fault."""


def _no_data(scene: Scene) -> None:
    roles = ("orders-http-role", "notifications-http-role", "inventory-api-task-role")
    with scene.customer() as customer:
        order = str(place(customer, order_body(PRODUCT, 1, "tok_approved"))[1]["order_id"])
        tickets = [customer.send("POST", "/notifications/tickets")[1] for _ in range(2)]
    paths = (f"/orders/{order}", f"/payments/{order}", "/notifications", f"/products/{PRODUCT}")
    with refused(scene, roles, "dynamodb:*"), _database_refuses(scene):
        for ticket in tickets:
            with scene.reading():
                side_by_side(partial(_ask, scene), paths * _REQUESTS, _AT_ONCE)
                _look_on(ticket)


def _ask(scene: Scene, path: str) -> None:
    with scene.customer() as customer:
        customer.send("GET", path)


def _look_on(ticket: Mapping[str, str]) -> None:
    with suppress(RefusedError):
        Listener.connect(ticket["url"], ticket["ticket"]).close()


@contextmanager
def _database_refuses(scene: Scene) -> Iterator[None]:
    """Nobody of payments comes in, and who is in is sent out."""
    out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
    with scene.shop.database.connect("postgres") as connection:
        connection.execute(f"ALTER ROLE {_APPLICATION} NOLOGIN")
        connection.execute(out, [_APPLICATION])
        try:
            yield
        finally:
            connection.execute(f"ALTER ROLE {_APPLICATION} LOGIN")


def _undeliverable(scene: Scene) -> None:
    roles = ("orders-outbox-relay-role", "inventory-outbox-relay-role", "payments-sweep-role")
    with ExitStack() as broken:
        broken.enter_context(refused(scene, roles, "sns:Publish"))
        broken.enter_context(_given_up_soon(scene))
        _write_events(scene)
        _await_given_up(scene)
        _make_old(scene)
        for _ in range(2):
            with scene.reading():
                for sweep in _SWEEPS:
                    scene.invoke(sweep)
    for relay in _RELAYS:
        scene.client("sqs").purge_queue(QueueUrl=scene.named(_failures(relay))["url"])


def _write_events(scene: Scene) -> None:
    """An order and a changed product: one event in each table's outbox."""
    details = {"name": "Mug", "unit_price": 1000, "currency": "EUR", "active": True}
    with scene.customer() as customer, scene.back_office() as admin:
        place(customer, order_body(PRODUCT, 1, "tok_approved"))
        admin.send("PUT", f"/products/{PRODUCT}", {**details, "name": "Another mug"})


@contextmanager
def _given_up_soon(scene: Scene) -> Iterator[None]:
    client, usual = scene.client("lambda"), {}
    for each in scene.registered(_TRIGGER):
        if age := each.inputs.get("maximumRecordAgeInSeconds"):
            usual[each.id] = int(age)
            client.update_event_source_mapping(UUID=each.id, **{_BY_AGE: _HIDDEN_SECONDS})
    try:
        yield
    finally:
        for id, age in usual.items():
            client.update_event_source_mapping(UUID=id, **{_BY_AGE: age})


def _await_given_up(scene: Scene) -> None:
    urls = [scene.named(_failures(relay))["url"] for relay in _RELAYS]
    await_(lambda: all(scene.waiting(url) for url in urls), "the streams give up")


def _failures(relay: str) -> str:
    return relay.removesuffix("-relay") + "-failures"


def _make_old(scene: Scene) -> None:
    """What waits has waited since long ago; a payment's event waits again."""
    client = scene.client("dynamodb")
    for table in ("orders-data-table", "inventory-data-table"):
        name = scene.named(table)["name"]
        waiting = client.scan(TableName=name, FilterExpression="attribute_exists(unpublished)")
        for item in waiting["Items"]:
            client.put_item(TableName=name, Item={**item, "occurred_at": {"S": LONG_AGO}})
    with scene.shop.database.connect(_DATABASE) as connection:
        connection.execute(
            "UPDATE ledger.outbox SET published_at = NULL, created_at = %s, envelope ="
            " jsonb_set(envelope::jsonb, '{occurred_at}', to_jsonb(%s::text))::json"
            " WHERE event_id = (SELECT min(event_id) FROM ledger.outbox)",
            [LONG_AGO, LONG_AGO],
        )


FAULTS = (
    Fault(
        name="no-data",
        what="no service that answers customers may touch its data",
        proves=("*-slo-availability-*", "inventory-api-errors", _SOCKETS),
        happen=_no_data,
    ),
    Fault(
        name="undeliverable",
        what="the topic refuses events, and those that wait are old",
        proves=("*-relay-behind", "*-relay-failures"),
        happen=_undeliverable,
    ),
)

"""Asking inventory: Cloud Map is emulated, the instance is a real HTTP server on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from common import aws
from common.errors import UnavailableError
from common.observability import span
from orders.availability import (
    FAILURES,
    FRESH_SECONDS,
    CloudMapDirectory,
    InventoryInquiry,
    NoAnswerError,
)
from orders.models import OrderLine
from tests.support.orders_dynamo import ENVIRONMENT, orders_shop
from tests.support.payloads import TRACEPARENT

LINES = (OrderLine(product_id="mug", quantity=2, unit_price=1250),)
ENOUGH = b'{"available": true, "shortages": []}'
SHORT = b'{"available": false, "shortages": [{"product_id": "mug", "requested": 2}]}'


class Inventory:
    """Answers `POST /availability` with `answers` in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = [(200, ENOUGH)]
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        inventory = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                headers = {key.lower(): value for key, value in self.headers.items()}
                inventory.asked.append((self.path, headers, json.loads(self.rfile.read(length))))
                answers = inventory.answers
                status, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]


@pytest.fixture
def inventory() -> Iterator[Inventory]:
    running = Inventory()
    thread = Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


class CloudMap:
    """`DiscoverInstances`, with what it answers in `instances`; None for no answer."""

    def __init__(self, *instances: Mapping[str, Any]) -> None:
        self.instances: list[Mapping[str, Any]] | None = list(instances)
        self.asked: list[dict[str, str]] = []

    def discover_instances(self, **question: str) -> dict[str, Any]:
        self.asked.append(question)
        if self.instances is None:
            raise ConnectTimeoutError(endpoint_url="https://servicediscovery")
        return {"Instances": self.instances}


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _instance(port: int | None, *, health: str = "HEALTHY", ip: str = "127.0.0.1") -> Any:
    attributes = {"AWS_INSTANCE_IPV4": ip}
    if port is not None:
        attributes["AWS_INSTANCE_PORT"] = str(port)
    return {"InstanceId": f"task-{port}", "HealthStatus": health, "Attributes": attributes}


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def directory_of(stopwatch: Stopwatch) -> Callable[[CloudMap], CloudMapDirectory]:
    return lambda cloud_map: CloudMapDirectory(
        cloud_map, namespace="test", service="inventory", default_port=8080, clock=stopwatch
    )


DirectoryOf = Callable[[CloudMap], CloudMapDirectory]


def test_a_load_balancer_that_stands_for_all_instances_is_asked_by_its_name(
    directory_of: DirectoryOf,
) -> None:
    alias = {"AWS_ALIAS_DNS_NAME": "internal-inventory.eu-west-1.elb.amazonaws.com"}
    directory = directory_of(CloudMap({"InstanceId": "balancer", "Attributes": alias}))

    assert directory.pick() == "internal-inventory.eu-west-1.elb.amazonaws.com:8080"


def test_an_address_is_used_for_ten_seconds(
    directory_of: DirectoryOf, stopwatch: Stopwatch
) -> None:
    cloud_map = CloudMap(_instance(1))
    directory = directory_of(cloud_map)

    picked = [directory.pick(), directory.pick()]
    cloud_map.instances = [_instance(2)]
    picked.append(directory.pick())
    stopwatch.seconds = FRESH_SECONDS
    picked.append(directory.pick())

    assert picked == ["127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:2"]
    assert cloud_map.asked[0] == {
        "NamespaceName": "test",
        "ServiceName": "inventory",
        "HealthStatus": "ALL",
    }


def test_an_unhealthy_instance_is_never_picked(directory_of: DirectoryOf) -> None:
    directory = directory_of(
        CloudMap(_instance(1, health="UNHEALTHY"), _instance(2), _instance(3, health="UNKNOWN"))
    )

    assert {directory.pick() for _ in range(64)} == {"127.0.0.1:2", "127.0.0.1:3"}


def test_an_instance_registered_without_a_port_listens_on_the_configured_one(
    directory_of: DirectoryOf,
) -> None:
    assert directory_of(CloudMap(_instance(None, ip="10.0.0.7"))).pick() == "10.0.0.7:8080"


def test_the_last_good_answer_serves_while_cloud_map_is_down(
    directory_of: DirectoryOf, stopwatch: Stopwatch
) -> None:
    cloud_map = CloudMap(_instance(1))
    directory = directory_of(cloud_map)
    directory.pick()
    cloud_map.instances = None
    stopwatch.seconds = FRESH_SECONDS

    assert [directory.pick(), directory.pick()] == ["127.0.0.1:1", "127.0.0.1:1"]
    assert len(cloud_map.asked) == 2


def test_without_any_answer_so_far_there_is_no_instance(directory_of: DirectoryOf) -> None:
    cloud_map = CloudMap()
    directory = directory_of(cloud_map)

    with pytest.raises(NoAnswerError, match="names no healthy instance"):
        directory.pick()
    cloud_map.instances = None
    with pytest.raises(NoAnswerError, match="names no healthy instance"):
        directory.pick()

    cloud_map.instances = [_instance(1)]
    assert directory.pick() == "127.0.0.1:1"


@pytest.mark.parametrize(("body", "available"), [(ENOUGH, True), (SHORT, False)])
def test_inventory_is_asked_for_the_orders_lines(
    directory_of: DirectoryOf, inventory: Inventory, body: bytes, available: bool
) -> None:
    inventory.answers = [(200, body)]
    inquiry = InventoryInquiry(directory_of(CloudMap(_instance(inventory.port))), 5.0)

    assert inquiry.available(LINES, "my-correlation") is available

    ((path, headers, asked),) = inventory.asked
    assert path == "/availability"
    assert asked == {"lines": [{"product_id": "mug", "quantity": 2}]}
    assert headers["content-type"] == "application/json"


def test_trace_and_correlation_id_travel_along(
    directory_of: DirectoryOf, inventory: Inventory
) -> None:
    inquiry = InventoryInquiry(directory_of(CloudMap(_instance(inventory.port))), 5.0)

    with span("test", traceparent=TRACEPARENT):
        inquiry.available(LINES, "my-correlation")

    headers = inventory.asked[0][1]
    assert headers["x-correlation-id"] == "my-correlation"
    assert headers["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]


def test_one_failure_is_tried_again_with_fresh_addresses(
    directory_of: DirectoryOf, inventory: Inventory
) -> None:
    inventory.answers = [(503, b"{}"), (200, SHORT)]
    cloud_map = CloudMap(_instance(inventory.port))
    inquiry = InventoryInquiry(directory_of(cloud_map), 5.0)

    assert inquiry.available(LINES, "my-correlation") is False
    assert len(inventory.asked) == 2
    assert len(cloud_map.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [(500, ENOUGH), (422, b"{}"), (302, b""), (200, b"no json"), (200, b'{"available": "yes"}')],
)
def test_what_is_no_answer_is_given_up_after_two_attempts(
    directory_of: DirectoryOf, inventory: Inventory, answer: tuple[int, bytes]
) -> None:
    inventory.answers = [answer]
    inquiry = InventoryInquiry(directory_of(CloudMap(_instance(inventory.port))), 5.0)

    with pytest.raises(UnavailableError, match="inventory does not answer"):
        inquiry.available(LINES, "my-correlation")

    assert len(inventory.asked) == 2


def test_after_five_orders_without_an_answer_inventory_is_left_alone(
    directory_of: DirectoryOf, inventory: Inventory
) -> None:
    inventory.answers = [(500, b"")]
    inquiry = InventoryInquiry(directory_of(CloudMap(_instance(inventory.port))), 5.0)

    for _ in range(FAILURES + 3):
        with pytest.raises(UnavailableError):
            inquiry.available(LINES, "my-correlation")

    assert len(inventory.asked) == 2 * FAILURES


def test_an_instance_where_nobody_listens_is_no_answer(directory_of: DirectoryOf) -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = closed.server_address[1]
    closed.server_close()
    inquiry = InventoryInquiry(directory_of(CloudMap(_instance(port))), 5.0)

    with pytest.raises(UnavailableError):
        inquiry.available(LINES, "my-correlation")


def test_an_order_asks_the_instance_that_cloud_map_names(
    monkeypatch: pytest.MonkeyPatch, inventory: Inventory
) -> None:
    inventory.answers = [(200, SHORT)]
    with orders_shop(monkeypatch) as shop:
        _register(inventory.port)

        assert shop.place()["availability"] == "short"

    assert len(inventory.asked) == 1


def test_an_order_is_taken_while_cloud_map_knows_no_inventory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with orders_shop(monkeypatch) as shop:
        assert shop.place()["availability"] == "unknown"


def _register(port: int) -> None:
    client = aws.client("servicediscovery")
    operation = client.create_http_namespace(Name=ENVIRONMENT["INVENTORY_NAMESPACE_NAME"])
    targets = client.get_operation(OperationId=operation["OperationId"])["Operation"]["Targets"]
    service = client.create_service(
        Name=ENVIRONMENT["INVENTORY_SERVICE_NAME"], NamespaceId=targets["NAMESPACE"]
    )
    client.register_instance(
        ServiceId=service["Service"]["Id"],
        InstanceId="task-1",
        Attributes={"AWS_INSTANCE_IPV4": "127.0.0.1", "AWS_INSTANCE_PORT": str(port)},
    )

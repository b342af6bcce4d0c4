"""`pulumi up` publishes and moves nothing; the release step moves, and neither undoes the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.http import Caller
from local.opened import OpenShop, open_shop
from tests.engine.conftest import RunningCloud
from tests.local.customers import eventually, order_body, place
from tests.support.engine import Project
from tools.release.__main__ import main as release

HTTP = "storefront-local-orders-http"
ROLES = ("http", "events", "sweep")
WORKER = "storefront-local-inventory-worker"
TASK = {"create-replacement", "replace", "delete-replaced"}


def serving(cloud: RunningCloud) -> tuple[str, dict[str, float]]:
    """The version that the alias of the order API names, and its weights."""
    found = cloud.aws.client("lambda").get_alias(FunctionName=HTTP, Name="live")
    weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return found["FunctionVersion"], weights


def worker(cloud: RunningCloud) -> dict[str, Any]:
    """The worker's service."""
    ecs = cloud.aws.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (found,) = ecs.describe_services(cluster=cluster, services=[WORKER])["services"]
    return dict(found)


def confirmed(shop: OpenShop) -> None:
    """An order placed now is confirmed."""
    with Caller(shop.base_url, shop.tokens.alice) as alice:
        order = f"/orders/{place(alice, order_body('mug', 1))}"
        eventually(
            lambda: alice.send("GET", order)[1]["status"] == "CONFIRMED",
            "the order is confirmed",
            seconds=30,
        )


def test_an_up_leaves_traffic_where_it_is_during_a_rollout_and_after_it(
    start_cloud: Callable[[str], RunningCloud], project: Callable[..., Project]
) -> None:
    cloud = start_cloud("us-east-1")
    stack = project("local", cloud=cloud.file)
    stack.up()
    assert serving(cloud) == ("1", {})

    stack.configure("orders:deadline_seconds", "240")
    published = stack.up().changes()
    assert published == {("update", f"orders-{role}-function") for role in ROLES}
    assert serving(cloud) == ("1", {})

    cloud.aws.client("lambda").update_alias(
        FunctionName=HTTP, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )
    stack.configure("orders:deadline_seconds", "250")
    assert stack.up().changes() == published
    assert serving(cloud) == ("1", {"2": 0.1})
    running = worker(cloud)["taskDefinition"]
    stack.refresh()
    stack.configure("inventory:sweep_interval_seconds", "7")
    replaced = stack.up().changes()
    assert replaced == {(op, "inventory-worker-task") for op in TASK}
    assert worker(cloud)["taskDefinition"] == running
    assert serving(cloud) == ("1", {"2": 0.1})

    assert release(["local"]) == 0
    assert serving(cloud) == ("3", {})
    assert worker(cloud)["taskDefinition"] == running.replace(":1", ":2")
    stack.refresh()
    assert stack.preview().changes() == set()
    confirmed(open_shop(cloud.aws, stack.outputs()))

    assert release(["local", "--service", "orders", "--back"]) == 0
    assert serving(cloud) == ("2", {})

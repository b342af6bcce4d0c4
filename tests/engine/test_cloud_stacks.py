"""dev and prod, deployed onto the embedded AWS of their own region."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local.provider.wire import UNKNOWN
from tests.engine.conftest import ON_THIS_MACHINE, RunningCloud
from tests.support.engine import Project, Run

Start = Callable[[str], RunningCloud]
REGION = "eu-west-1"
PROTECTION = (
    *("orders:table_deletion_protected", "inventory:table_deletion_protected"),
    *("notifications:table_deletion_protected", "payments:database_deletion_protected"),
    *("api:users_deletion_protected", "keys:deletion_protected"),
)
HOLDS_DATA = {
    *("orders-data-table", "inventory-data-table", "notifications-inbox-table"),
    *("payments-data-cluster", "edge-users-pool"),
    *("key-key", "orders-key-key", "inventory-key-key"),
    *("notifications-key-key", "payments-key-key"),
}


def require_known_names(planned: list[dict[str, Any]]) -> None:
    """A name that a preview does not know cannot be reviewed, and may replace what it names."""
    unknown = [
        resource["urn"].rpartition("::")[2]
        for resource in planned
        if resource.get("inputs", {}).get("name") == UNKNOWN
    ]
    assert unknown == []


def require_no_output_as_text(stack: Project) -> None:
    """The SDK's warning stands where an output was used as a plain string."""
    for resource in stack.state()["resources"]:
        assert "Calling __str__ on an Output" not in json.dumps(resource), resource["urn"]


def deploy(stack: Project) -> Run:
    """Everything is created, and a second look finds nothing to do."""
    created = stack.up()
    assert {step.op for step in created.steps} == {"create"}
    require_no_output_as_text(stack)
    assert stack.preview().changes() == set()
    return created


def test_dev_lives_from_preview_to_destroy(
    start_cloud: Start, project: Callable[..., Project]
) -> None:
    cloud = start_cloud(REGION)
    stack = project("dev", cloud=cloud.file, overrides=ON_THIS_MACHINE)

    created = deploy(stack)
    assert "recorded, not created" in created.output
    stack.destroy("--skip-preview")

    assert cloud.contents() == cloud.empty


def test_prod_keeps_its_data_until_its_protection_is_lifted(
    start_cloud: Start, project: Callable[..., Project]
) -> None:
    cloud = start_cloud(REGION)
    stack = project("prod", cloud=cloud.file, overrides=ON_THIS_MACHINE)
    require_known_names(stack.planned())
    deploy(stack)
    before = cloud.contents()

    stopped = stack.destroy(code=None)

    assert stopped.code != 0
    protected = [name for name in HOLDS_DATA if f"::{name}" in stopped.output]
    assert set(protected) == HOLDS_DATA
    assert "cannot be deleted" in stopped.output
    assert cloud.contents() == before

    for key in PROTECTION:
        stack.configure(key, "false")
    assert {name for _, name in stack.up().changes()} == HOLDS_DATA
    stack.destroy("--skip-preview")
    assert cloud.contents() == cloud.empty

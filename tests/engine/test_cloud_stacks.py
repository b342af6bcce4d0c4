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
    *("orders:receipts_deletion_protected", "backups:locked"),
)
PROTECTED_ON_AWS = {
    *("orders-data-table", "inventory-data-table", "notifications-inbox-table"),
    *("payments-data-cluster", "edge-users-pool", "orders-receipts-bucket", "backups-vault"),
}
HOLDS_DATA = PROTECTED_ON_AWS | {
    *("key-key", "orders-key-key", "inventory-key-key"),
    *("notifications-key-key", "payments-key-key"),
}


STRIPE = {
    f"payments:{key}_secret_arn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{key}"
    for key in ("stripe", "webhook")
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


def protected(stack: Project) -> set[str]:
    """What the engine refuses to delete, by logical name."""
    return {
        resource["urn"].rpartition("::")[2]
        for resource in stack.state()["resources"]
        if resource.get("protect")
    }


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


def test_nothing_is_deployed_while_the_stack_file_holds_placeholders(
    start_cloud: Start, project: Callable[..., Project]
) -> None:
    cloud = start_cloud(REGION)
    host = {key: value for key, value in ON_THIS_MACHINE.items() if key != "inventory:image"}
    stack = project("prod", cloud=cloud.file, overrides=host)
    keys = ("payments:stripe_secret_arn", "payments:webhook_secret_arn", "inventory:image")

    shown = stack.preview()
    refused = stack.up(code=None)

    assert refused.code != 0
    for key in keys:
        assert f"{key} = " in shown.output
        assert f"{key} = " in refused.output
    assert cloud.contents() == cloud.empty


def test_prod_keeps_its_data_until_its_protection_is_lifted(
    start_cloud: Start, project: Callable[..., Project]
) -> None:
    cloud = start_cloud(REGION)
    stack = project("prod", cloud=cloud.file, overrides={**ON_THIS_MACHINE, **STRIPE})
    require_known_names(stack.planned())
    deploy(stack)
    before = cloud.contents()

    stopped = stack.destroy(code=None)

    assert stopped.code != 0
    assert "orders-data-table" in stopped.output
    assert "cannot be deleted" in stopped.output
    assert protected(stack) >= HOLDS_DATA
    assert cloud.contents() == before

    for key in PROTECTION:
        stack.configure(key, "false")
    lifted = stack.up().changes()
    assert lifted == {("update", name) for name in PROTECTED_ON_AWS} | {("delete", "backups-lock")}
    assert protected(stack) == set()
    stack.destroy("--skip-preview")
    assert cloud.contents() == cloud.empty

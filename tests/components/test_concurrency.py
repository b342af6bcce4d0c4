"""Every function is called by its alias of a published version, with the instances it is given."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support import harness
from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.relations import ALIAS, FUNCTION

PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
SERVICES = ("orders", "payments", "notifications")


def test_a_function_publishes_versions_and_its_alias_begins_with_the_first(shop: Built) -> None:
    for function in shop.of_type(FUNCTION):
        (alias,) = (a for a in shop.of_type(ALIAS) if a.parent == function.parent)
        assert function.inputs["publish"] is True
        assert alias.inputs["functionName"] == function.inputs["name"]
        assert alias.inputs["functionVersion"] == function.outputs["version"]


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_instances_are_reserved_as_the_settings_say(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    expected = {
        f"{service}-{role}-function": int(config[f"{service}:{role}_concurrency_reserved"])
        for service in SERVICES
        for role in ("http", "events")
    }
    reserved = {
        function.name: function.inputs["reservedConcurrentExecutions"]
        for function in stacks[stack].of_type(FUNCTION)
    }

    assert reserved == {**dict.fromkeys(reserved, -1), **expected}


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_instances_wait_warm_as_the_settings_say(stacks: Mapping[str, Built], stack: str) -> None:
    config = stack_config(stack)
    wanted = {
        f"{service}-http-provisioned": int(config[f"{service}:http_concurrency_provisioned"])
        for service in SERVICES
    }
    found = {
        resource.name: resource.inputs["provisionedConcurrentExecutions"]
        for resource in stacks[stack].of_type(PROVISIONED)
    }

    assert found == {name: count for name, count in wanted.items() if count}


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_snapshots_are_taken_as_the_settings_say(stacks: Mapping[str, Built], stack: str) -> None:
    config = stack_config(stack)
    snapped = {
        function.name
        for function in stacks[stack].of_type(FUNCTION)
        if function.inputs.get("snapStart") == {"applyOn": "PublishedVersions"}
    }

    assert snapped == {
        f"{service}-http-function"
        for service in SERVICES
        if config[f"{service}:http_snap_start"] == "true"
    }


def test_what_waits_warm_is_the_version_that_serves(ready_packages: None) -> None:
    built = harness.build_stack("dev", notifications__http_concurrency_provisioned="3")
    warm = built.named("notifications-http-provisioned")

    assert warm.inputs["qualifier"] == built.named("notifications-http-alias").inputs["name"]
    assert warm.inputs["functionName"] == "storefront-dev-notifications-http"
    assert warm.inputs["provisionedConcurrentExecutions"] == 3


def test_a_reservation_of_none_stops_the_function(ready_packages: None) -> None:
    built = harness.build_stack("dev", orders__http_concurrency_reserved="0")

    assert built.named("orders-http-function").inputs["reservedConcurrentExecutions"] == 0

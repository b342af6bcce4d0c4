"""The program publishes; releases move traffic, in steps that alarms can take back."""

from __future__ import annotations

from tests.support.harness import Built
from tests.support.relations import ALIAS


def test_once_made_an_alias_is_moved_by_releases_alone(shop: Built) -> None:
    assert {alias.ignores for alias in shop.of_type(ALIAS)} == {
        ("functionVersion", "routingConfig")
    }


def test_once_made_a_service_is_moved_by_releases_alone(shop: Built) -> None:
    services = shop.of_type("aws:ecs/service:Service")

    assert {service.ignores for service in services} == {
        ("desiredCount", "loadBalancers", "taskDefinition")
    }


def test_old_task_definitions_are_kept_to_go_back_to(shop: Built) -> None:
    definitions = shop.of_type("aws:ecs/taskDefinition:TaskDefinition")

    assert [task.name for task in definitions if task.inputs["skipDestroy"] is not True] == []


def test_a_migration_runs_the_newest_version_whatever_serves(shop: Built) -> None:
    migrate = shop.named("payments-migrate-function")

    assert shop.named("payments-migration").inputs["qualifier"] == migrate.outputs["version"]

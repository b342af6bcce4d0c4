"""Every function has a role, a log and a package of its own, and the variables it reads."""

from __future__ import annotations

import json

import msgspec
import pytest

from common import env
from notifications.env import NotificationsEnvironment
from orders.env import InventoryEnvironment, OrdersEnvironment
from payments.env import LedgerEnvironment, MigrationEnvironment, ProcessingEnvironment
from relay.env import RelayEnvironment
from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.relations import (
    FLOW_LOG,
    FUNCTION,
    POLICY,
    PROXY,
    ROLE,
    SELECTION,
    behind,
    called,
    environment,
)

READS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "orders-http-function": (OrdersEnvironment, InventoryEnvironment),
    "orders-events-function": (OrdersEnvironment,),
    "orders-sweep-function": (OrdersEnvironment,),
    "orders-outbox-relay-function": (RelayEnvironment,),
    "inventory-outbox-relay-function": (RelayEnvironment,),
    "payments-http-function": (LedgerEnvironment,),
    "payments-events-function": (LedgerEnvironment, ProcessingEnvironment),
    "payments-sweep-function": (LedgerEnvironment, ProcessingEnvironment),
    "payments-migrate-function": (MigrationEnvironment,),
    "notifications-http-function": (NotificationsEnvironment,),
    "notifications-events-function": (NotificationsEnvironment,),
}
IN_THE_VPC = {
    "orders-http-function": "orders-http",
    "payments-http-function": "payments-functions",
    "payments-events-function": "payments-functions",
    "payments-sweep-function": "payments-functions",
    "payments-migrate-function": "payments-migration",
}
TIMEOUTS = {
    "orders-http-function": "orders:http_timeout_seconds",
    "orders-events-function": "orders:events_timeout_seconds",
    "orders-sweep-function": "orders:events_timeout_seconds",
    "orders-outbox-relay-function": "relay:timeout_seconds",
    "inventory-outbox-relay-function": "relay:timeout_seconds",
    "payments-http-function": "payments:http_timeout_seconds",
    "payments-events-function": "payments:events_timeout_seconds",
    "notifications-http-function": "notifications:http_timeout_seconds",
    "notifications-events-function": "notifications:events_timeout_seconds",
}


def test_a_function_runs_under_a_role_of_its_own(shop: Built) -> None:
    functions = shop.of_type(FUNCTION)
    roles = [behind(shop, function.inputs["role"]) for function in functions]

    assert {role.type for role in roles} == {ROLE}
    assert [role.parent for role in roles] == [function.parent for function in functions]


def test_no_role_is_shared_or_idle(shop: Built) -> None:
    tasks = shop.of_type("aws:ecs/taskDefinition:TaskDefinition")
    taken = [function.inputs["role"] for function in shop.of_type(FUNCTION)]
    taken += [task.inputs[key] for task in tasks for key in ("taskRoleArn", "executionRoleArn")]
    taken += [proxy.inputs["roleArn"] for proxy in shop.of_type(PROXY)]
    taken += [selection.inputs["iamRoleArn"] for selection in shop.of_type(SELECTION)]
    taken += [log.inputs["iamRoleArn"] for log in shop.of_type(FLOW_LOG)]

    assert sorted(taken) == sorted(role.outputs["arn"] for role in shop.of_type(ROLE))


def test_a_role_has_one_inline_policy_made_beside_it(shop: Built) -> None:
    policies = {policy.inputs["role"]: policy.parent for policy in shop.of_type(POLICY)}
    roles = {role.outputs["name"]: role.parent for role in shop.of_type(ROLE)}

    assert len(shop.of_type(POLICY)) == len(roles)
    assert policies == roles


def test_nothing_else_gives_a_role_permissions(shop: Built) -> None:
    kinds = {resource.type for resource in shop if resource.type.startswith("aws:iam/")}
    managed = [resource.name for resource in shop.of_type("aws:iam/policy:Policy")]

    assert kinds == {ROLE, POLICY, "aws:iam/policy:Policy"}
    assert managed == ["boundary-policy"]
    assert [role.name for role in shop.of_type(ROLE) if "managedPolicyArns" in role.inputs] == []


def test_only_the_service_that_runs_it_may_take_a_role(shop: Built) -> None:
    takers = {
        FUNCTION: "lambda.amazonaws.com",
        PROXY: "rds.amazonaws.com",
        SELECTION: "backup.amazonaws.com",
        FLOW_LOG: "vpc-flow-logs.amazonaws.com",
    }
    for role in shop.of_type(ROLE):
        siblings = {resource.type for resource in shop if resource.parent == role.parent}
        (expected,) = [taker for kind, taker in takers.items() if kind in siblings] or [
            "ecs-tasks.amazonaws.com"
        ]
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": expected},
        }, role.name


def test_a_function_is_not_created_before_its_policy(shop: Built) -> None:
    for function in shop.of_type(FUNCTION):
        (policy,) = [
            resource.urn for resource in shop.of_type(POLICY) if resource.parent == function.parent
        ]
        assert policy in function.dependencies, function.name


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_function_logs_where_lambda_looks_for_as_long_as_configured(
    stacks: dict[str, Built], stack: str
) -> None:
    built = stacks[stack]
    days = int(stack_config(stack)["platform:log_retention_days"])
    for function in built.of_type(FUNCTION):
        (group,) = [
            resource
            for resource in built.of_type("aws:cloudwatch/logGroup:LogGroup")
            if resource.parent == function.parent
        ]
        assert group.inputs["name"] == f"/aws/lambda/{function.inputs['name']}"
        assert group.inputs["retentionInDays"] == days
        assert function.inputs["loggingConfig"]["logGroup"] == group.inputs["name"]


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_every_log_is_kept_as_long_as_configured(stacks: dict[str, Built], stack: str) -> None:
    groups = stacks[stack].of_type("aws:cloudwatch/logGroup:LogGroup")

    assert {group.inputs["retentionInDays"] for group in groups} == {
        int(stack_config(stack)["platform:log_retention_days"])
    }


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_function_times_out_as_configured(stacks: dict[str, Built], stack: str) -> None:
    config = stack_config(stack)
    found = {
        function.name: function.inputs["timeout"] for function in stacks[stack].of_type(FUNCTION)
    }

    assert found.pop("payments-migrate-function") == 300
    assert found.pop("payments-sweep-function") == 300
    assert found == {name: int(config[key]) for name, key in TIMEOUTS.items()}


def test_a_function_runs_the_package_its_handler_is_in(shop: Built) -> None:
    for function in shop.of_type(FUNCTION):
        package = function.inputs["handler"].split(".")[0]
        assert function.inputs["code"].path == f"/packages/{package}.zip"
        assert function.inputs["sourceCodeHash"] == f"{package}-sha256"


def test_a_function_gets_every_variable_it_reads(shop: Built) -> None:
    assert {function.name for function in shop.of_type(FUNCTION)} == set(READS)
    for name, models in READS.items():
        variables = environment(shop.named(name))
        for model in models:
            env.load(model, variables)


def test_a_function_says_which_service_it_is_and_how_much_it_logs(shop: Built) -> None:
    for function in shop.of_type(FUNCTION):
        variables = environment(function)
        assert variables["POWERTOOLS_SERVICE_NAME"] == function.inputs["tags"]["service"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Storefront"
        assert variables["POWERTOOLS_LOG_LEVEL"] == "INFO"


def test_only_what_reaches_into_the_vpc_runs_there_and_in_private(shop: Built) -> None:
    inside = {
        function.name: function.inputs["vpcConfig"]
        for function in shop.of_type(FUNCTION)
        if "vpcConfig" in function.inputs
    }
    subnets = shop.named("network-vpc").outputs["privateSubnetIds"]
    provided = [group for group in shop if group.name == "network-payments-provider-group"]
    also_outside = {"payments-events-function", "payments-sweep-function"} if provided else set()

    assert set(inside) == set(IN_THE_VPC)
    for name, config in inside.items():
        group = shop.named(f"network-{IN_THE_VPC[name]}-group")
        assert config["subnetIds"] == subnets
        assert config["securityGroupIds"][0] == f"securityGroup-{group.inputs['name']}"
        assert len(config["securityGroupIds"]) == 1 + (name in also_outside)


def test_every_function_is_traced(shop: Built) -> None:
    modes = {function.inputs["tracingConfig"]["mode"] for function in shop.of_type(FUNCTION)}

    assert modes == {"Active"}


def test_dev_and_prod_run_on_what_their_packages_are_built_for(stacks: dict[str, Built]) -> None:
    for stack in ("dev", "prod"):
        for function in stacks[stack].of_type(FUNCTION):
            assert function.inputs["runtime"] == "python3.13"
            assert function.inputs["architectures"] == ["arm64"]


def test_a_schedule_runs_its_function_and_nobody_elses_rule_may(shop: Built) -> None:
    targets = shop.of_type("aws:cloudwatch/eventTarget:EventTarget")
    permissions = [
        permission
        for permission in shop.of_type("aws:lambda/permission:Permission")
        if permission.inputs["principal"] == "events.amazonaws.com"
    ]
    runs = {
        (called(shop, target.inputs["arn"]).outputs["name"], target.inputs["rule"])
        for target in targets
    }
    allowed = {
        (
            permission.inputs["function"],
            behind(shop, permission.inputs["sourceArn"]).outputs["name"],
        )
        for permission in permissions
    }

    assert runs == allowed
    assert {function.split("-", 2)[2] for function, _ in runs} == {
        "orders-sweep",
        "orders-relay",
        "inventory-relay",
        "payments-sweep",
    }


def test_sweeps_run_each_minute_and_that_of_payments_as_configured(
    stacks: dict[str, Built],
) -> None:
    for stack, built in stacks.items():
        every = stack_config(stack)["payments:sweep_interval_minutes"]
        found = {
            rule.name: rule.inputs["scheduleExpression"]
            for rule in built.of_type("aws:cloudwatch/eventRule:EventRule")
        }
        assert found.pop("payments-sweep-rule") == (
            "rate(1 minute)" if every == "1" else f"rate({every} minutes)"
        )
        assert set(found.values()) == {"rate(1 minute)"}


def test_the_schema_is_migrated_when_the_database_can_be_reached_and_before_events_flow(
    shop: Built,
) -> None:
    migration = shop.named("payments-migration")
    needed = {
        shop.named(name).urn
        for name in (
            "payments-data-writer",
            "payments-migrate-function",
            "network-payments-migration-to-payments-database-5432",
            "network-payments-database-from-payments-migration-5432",
            *(
                endpoint.name
                for endpoint in shop
                if endpoint.name.startswith(
                    ("network-endpoints-secretsmanager", "network-payments-migration-https-out")
                )
            ),
        )
    }

    assert needed <= set(migration.dependencies)
    assert (
        migration.inputs["functionName"] == shop.named("payments-migrate-function").inputs["name"]
    )
    environment = shop.named("boundary-policy").inputs["tags"]["environment"]
    assert migration.inputs["triggers"] == {
        "code": "payments-sha256",
        "connections_max": stack_config(environment)["payments:database_connections_max"],
        "database": shop.named("payments-data-cluster").outputs["clusterResourceId"],
    }
    assert migration.urn in shop.named("payments-events-trigger").dependencies

"""What roles may do is exact: every action and resource is in a reviewed list."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.components.expected_policies import POLICIES, Expected
from tests.support import harness
from tests.support.configuration import stack_config
from tests.support.harness import ACCOUNT, REGION, Built
from tests.support.relations import POLICY, statements

STAR_RESOURCES = {
    "FindLogs": ["logs:DescribeLogGroups"],
    "Discover": ["servicediscovery:DiscoverInstances"],
    "ListStreams": ["dynamodb:ListStreams"],
    "NetworkInterfaces": [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "RegistryLogin": ["ecr:GetAuthorizationToken"],
    "Trace": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "Unsubscribe": ["sns:Unsubscribe"],
}
"""Actions that AWS cannot restrict to a resource, by the statement they stand in."""

PREFIXES = ("ReadReceipts", "WriteReceipts", "SendAlerts", "CloseAlerts", "ProtectTask")
"""Statements about the objects below a prefix; connections and tasks, whose names AWS chooses."""
INLINE_POLICY_CHARACTERS = 10_240
SIGNING_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:webhook"
STRIPE_KEY = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:stripe"
_SHORT = (
    (rf"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/storefront-dev-", "table "),
    (rf"arn:aws:sqs:{REGION}:{ACCOUNT}:storefront-dev-", "queue "),
    (rf"arn:aws:sns:{REGION}:{ACCOUNT}:storefront-dev-", "topic "),
    (r"arn:aws:s3:::storefront-dev-", "bucket "),
    (rf"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:(.+):\*", r"log \1"),
    (r"arn:aws:", ""),
)


def all_statements(built: Built) -> list[tuple[str, dict[str, Any]]]:
    return [
        (policy.name, statement)
        for policy in built.of_type(POLICY)
        for statement in statements(policy)
    ]


def shortened(arn: str) -> str:
    for pattern, short in _SHORT:
        arn, found = re.subn(f"^{pattern}", short, arn)
        if found:
            break
    return arn


def summary(statement: dict[str, Any]) -> tuple[str, str]:
    """`<service>: <actions>` and the resources of a statement."""
    services = {action.split(":")[0] for action in statement["Action"]}
    (service,) = services
    actions = sorted(action.split(":")[1] for action in statement["Action"])
    kept_out = [f"all but {arn}" for arn in statement.get("NotResource", [])]
    resources = [shortened(arn) for arn in statement.get("Resource", [])] + kept_out
    return f"{service}: {' '.join(actions)}", ", ".join(resources)


def granted(built: Built) -> dict[str, Expected]:
    return {
        policy.name: {entry["Sid"]: summary(entry) for entry in statements(policy)}
        for policy in built.of_type(POLICY)
    }


def test_every_role_of_dev_may_do_exactly_what_was_reviewed(dev: Built) -> None:
    assert granted(dev) == POLICIES


PROVIDER_KEY = "ReadProviderKey"
ONLY_IN_SOME_STACKS = {"backups-policy", "network-flows-policy", "payments-data-proxy-policy"}
ASKING = ("orders-http-policy", {"AskThroughMesh", "Discover"})
"""The one role that asks inventory, and the two ways; see test_mesh."""


@pytest.mark.parametrize("stack", ["prod", "local"])
def test_roles_may_do_the_same_in_every_stack_but_use_keys_and_ask_inventory(
    stacks: dict[str, Built], stack: str
) -> None:
    def actions(built: Built) -> list[tuple[str, str, list[str]]]:
        return [
            (name, entry["Sid"], entry["Action"])
            for name, entry in all_statements(built)
            if entry["Sid"] != PROVIDER_KEY
            and not entry["Sid"].startswith("Key")
            and name not in ONLY_IN_SOME_STACKS
            and not (name == ASKING[0] and entry["Sid"] in ASKING[1])
        ]

    assert actions(stacks[stack]) == actions(stacks["dev"])


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_providers_key_is_read_where_stripe_is_the_provider(
    stacks: dict[str, Built], stack: str
) -> None:
    readers = {
        name for name, entry in all_statements(stacks[stack]) if entry["Sid"] == PROVIDER_KEY
    }

    stripe = stack_config(stack)["payments:provider"] == "stripe"
    assert readers == ({"payments-events-policy", "payments-sweep-policy"} if stripe else set())


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_component_says_what_its_policies_will_allow_before_anything_exists(
    stacks: dict[str, Built], stack: str
) -> None:
    """A policy of a first preview is unknown as a whole; its component's input is not."""
    built = stacks[stack]
    unsaid = [
        (policy.name, entry["Sid"])
        for policy in built.of_type(POLICY)
        for entry in statements(policy)
        if (entry["Sid"], entry["Action"])
        not in [
            (said["Sid"], said["Action"])
            for said in built.at(policy.parent).inputs.get("iamStatements", [])
        ]
    ]

    assert unsaid == []


def test_what_a_component_says_holds_no_resource_that_aws_names(dev: Built) -> None:
    said = [entry for found in dev for entry in found.inputs.get("iamStatements", [])]

    assert said
    assert {resource for entry in said for resource in entry.get("Resource", [])} == {"*"}


def test_statements_only_allow(shop: Built) -> None:
    assert {statement["Effect"] for _, statement in all_statements(shop)} == {"Allow"}


def test_no_statement_allows_a_pattern_of_actions(shop: Built) -> None:
    wild = [
        (name, action)
        for name, statement in all_statements(shop)
        for action in statement["Action"]
        if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action)
    ]

    assert wild == []


def test_only_actions_that_know_no_resource_are_allowed_on_all(shop: Built) -> None:
    starred = {
        statement["Sid"]: statement["Action"]
        for _, statement in all_statements(shop)
        if "*" in statement.get("Resource", [])
    }

    said = {statement["Sid"] for _, statement in all_statements(shop)}
    absent = {"Discover", "FindLogs"} - said
    assert starred == {sid: STAR_RESOURCES[sid] for sid in STAR_RESOURCES.keys() - absent}


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_finding_a_service_is_limited_to_that_service(stacks: dict[str, Built], stack: str) -> None:
    (found,) = [
        statement
        for _, statement in all_statements(stacks[stack])
        if statement["Sid"] == "Discover"
    ]
    namespace = stacks[stack].named("inventory-discovery-namespace").inputs["name"]

    assert found["Condition"] == {
        "StringEquals": {
            "servicediscovery:NamespaceName": namespace,
            "servicediscovery:ServiceName": "inventory",
        }
    }


def test_no_resource_is_a_pattern_but_what_is_below_one_named_thing(
    stacks: dict[str, Built],
) -> None:
    for stack in ("dev", "prod"):
        wild = {
            statement["Sid"]
            for _, statement in all_statements(stacks[stack])
            for arn in statement.get("Resource", [])
            if "*" in arn and arn != "*"
        }
        backups = {"Snapshots", "TableBackups"}
        assert wild == {"Logs", *PREFIXES} | backups, stack


def test_only_text_messages_are_allowed_by_exception_and_never_to_a_topic(shop: Built) -> None:
    exceptions = {
        (name, statement["Sid"], *statement["Action"], *statement["NotResource"])
        for name, statement in all_statements(shop)
        if "NotResource" in statement
    }

    assert exceptions == {
        ("notifications-events-policy", "SendTextMessages", "sns:Publish", "arn:*:sns:*:*:*")
    }


def test_sids_are_as_iam_takes_them_and_unique_in_a_policy(shop: Built) -> None:
    for policy in shop.of_type(POLICY):
        sids = [statement["Sid"] for statement in statements(policy)]
        assert [sid for sid in sids if not re.fullmatch(r"[0-9A-Za-z]+", sid)] == [], policy.name
        assert len(set(sids)) == len(sids), policy.name


def test_an_inline_policy_is_no_longer_than_iam_takes(shop: Built) -> None:
    lengths = [len(policy.inputs["policy"]) for policy in shop.of_type(POLICY)]

    assert max(lengths) <= INLINE_POLICY_CHARACTERS


def test_every_granted_table_queue_topic_and_log_is_in_the_stack(shop: Built) -> None:
    known = {resource.outputs["arn"] for resource in shop if "arn" in resource.outputs}
    for name, statement in all_statements(shop):
        for arn in statement.get("Resource", []):
            base = re.sub(r"/(index|stream|backup)/.*|:\*$", "", arn)
            if base.split(":")[2:3] in (["dynamodb"], ["sqs"], ["sns"], ["logs"]):
                assert base in known, name


def test_the_key_of_a_real_provider_is_readable_where_charges_are_made_and_only_then(
    ready_packages: None, dev: Built
) -> None:
    real = harness.build_stack(
        "dev",
        network__nat_strategy="Single",
        payments__provider="stripe",
        payments__stripe_secret_arn=STRIPE_KEY,
        payments__webhook_secret_arn=SIGNING_SECRET,
    )
    readers = [name for name, entry in all_statements(real) if entry["Sid"] == "ReadProviderKey"]
    named = [
        function.name
        for function in real.of_type("aws:lambda/function:Function")
        if function.inputs["environment"]["variables"].get("PAYMENTS_STRIPE_SECRET_ARN")
        == STRIPE_KEY
    ]

    assert readers == ["payments-events-policy", "payments-sweep-policy"]
    assert named == ["payments-events-function", "payments-sweep-function"]
    assert granted(real)["payments-events-policy"]["ReadProviderKey"] == (
        "secretsmanager: GetSecretValue",
        f"secretsmanager:{REGION}:{ACCOUNT}:secret:stripe",
    )
    assert granted(real)["payments-http-policy"]["ReadWebhook"] == (
        "secretsmanager: GetSecretValue",
        f"secretsmanager:{REGION}:{ACCOUNT}:secret:webhook",
    )
    assert real.named("payments-http-function").inputs["environment"]["variables"][
        "PAYMENTS_WEBHOOK_SECRET_ARN"
    ] == (SIGNING_SECRET)
    assert "payments-webhook-secret" not in {resource.name for resource in real}
    assert "ReadProviderKey" not in {entry["Sid"] for _, entry in all_statements(dev)}


def test_only_the_http_function_of_payments_reads_what_proves_webhooks(shop: Built) -> None:
    readers = {name for name, entry in all_statements(shop) if entry["Sid"] == "ReadWebhook"}

    assert readers == {"payments-http-policy"}


def test_a_sandbox_provider_reads_no_key_even_if_one_is_configured(ready_packages: None) -> None:
    built = harness.build_stack("dev", payments__stripe_secret_arn=STRIPE_KEY)

    assert granted(built) == POLICIES

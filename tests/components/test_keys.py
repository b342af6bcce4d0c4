"""Each key encrypts one domain, and who touches what it encrypts may use it, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.configuration import ROOT, stack_config
from tests.support.harness import ACCOUNT, Built, Resource
from tests.support.iam import allows
from tests.support.key_table import key_table
from tests.support.relations import (
    ALARM,
    FUNCTION,
    POLICY,
    QUEUE,
    SERVICES,
    TABLE,
    behind,
    statements,
)

KEY = "aws:kms/key:Key"
RULE = "aws:cloudwatch/eventRule:EventRule"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
TOPIC = "aws:sns/topic:Topic"
OBJECTS = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
CLUSTER = "aws:rds/cluster:Cluster"
VAULT = "aws:backup/vault:Vault"
BEFORE_THE_API = ("edge-cdn", "edge-global", "edge-pages", "edge-web-acl")
WITH_KEYS = ("dev", "prod")
SEND = {"kms:Decrypt", "kms:GenerateDataKey"}
NEEDED = {
    "backup:CopyIntoBackupVault": SEND,
    "dynamodb:CreateBackup": SEND,
    "dynamodb:StartAwsBackupJob": SEND,
    "s3:PutObject": {"kms:GenerateDataKey"},
    "sqs:SendMessage": SEND,
    "sns:Publish": SEND,
    "sns:Subscribe": set[str](),
}
"""What an action needs of the key of its resource, unless it is to decrypt. RDS has a grant."""


@pytest.fixture
def stacks(stacks: Mapping[str, Built]) -> Mapping[str, Built]:
    """All stacks without what stands before the API: the keys of public pages and of us-east-1
    are in `test_cdn`."""
    return {
        name: Built(
            resources=tuple(each for each in built if not each.name.startswith(BEFORE_THE_API)),
            outputs=built.outputs,
        )
        for name, built in stacks.items()
    }


def keys_of(resource: Resource) -> list[str | None]:
    """The ARNs of the keys that encrypt a resource, None where it names none."""
    inputs = resource.inputs
    found: dict[str, list[str | None]] = {
        TABLE: [inputs.get("serverSideEncryption", {}).get("kmsKeyArn")],
        QUEUE: [inputs.get("kmsMasterKeyId")],
        TOPIC: [inputs.get("kmsMasterKeyId")],
        LOGS: [inputs.get("kmsKeyId")],
        VAULT: [inputs.get("kmsKeyArn")],
        "aws:secretsmanager/secret:Secret": [inputs.get("kmsKeyId")],
        CLUSTER: [inputs.get("kmsKeyId"), inputs.get("masterUserSecretKmsKeyId")],
        FUNCTION: [inputs.get("kmsKeyArn")],
        OBJECTS: [
            rule.get("applyServerSideEncryptionByDefault", {}).get("kmsMasterKeyId")
            for rule in inputs.get("rules", [])
        ],
    }
    return found.get(resource.type, [])


def domain_of(built: Built, resource: Resource) -> str:
    """The service that a resource is tagged with, or what it stands beside is."""
    beside = [each for each in built if each.parent == resource.parent and "tags" in each.inputs]
    tags = resource.inputs.get("tags") or beside[0].inputs["tags"]
    service: str = tags["service"]
    return service


def key_of_domain(built: Built, domain: str) -> str:
    elsewhere = {"platform": "key-key", "api": "key-key", "backups": "vault-key"}
    name = elsewhere.get(domain, f"{domain}-key-key")
    arn: str = built.named(name).outputs["arn"]
    return arn


def behind_request(built: Built, arn: str) -> Resource | None:
    """The encrypted resource that an IAM statement names, as a whole or in part."""
    for resource in built:
        names = [resource.outputs.get("arn"), f"arn:aws:s3:::{resource.inputs.get('bucket')}"]
        names += [secret["secretArn"] for secret in resource.outputs.get("masterUserSecrets", [])]
        named = any(name and arn.startswith(name) for name in names)
        if named and keys_of(resource) and resource.type != LOGS:
            return resource
    return None


def needs(built: Built) -> Iterator[tuple[str, str, str, str]]:
    """Policy, key action, key and service: what roles need to use keys."""
    region = stack_config(built.named("key-key").inputs["tags"]["environment"])["aws:region"]
    for policy in built.of_type(POLICY):
        for statement in statements(policy):
            for action in statement["Action"]:
                for arn in statement.get("Resource", []):
                    resource = behind_request(built, arn)
                    if resource is None or action.startswith("kms:"):
                        continue
                    user = "dynamodb" if resource.type == VAULT else action.split(":")[0]
                    via = f"{user}.{region}.amazonaws.com"
                    key = keys_of(resource)[-1]
                    assert key, resource.name
                    unless_told = set() if action.startswith("rds:") else {"kms:Decrypt"}
                    for needed in NEEDED.get(action, unless_told):
                        yield policy.name, needed, key, via


def admits(built: Built, key: str, service: str, context: Mapping[str, str]) -> bool:
    """Whether the key's own policy lets an AWS service encrypt and decrypt."""
    document = json.loads(behind(built, key).inputs["policy"])
    own = [entry for entry in document["Statement"] if entry["Principal"] == {"Service": service}]
    return all(allows({"Statement": own}, action, key, context) for action in SEND)


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_everything_at_rest_is_encrypted_by_its_domains_key(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    checked = 0
    for resource in built:
        for key in keys_of(resource):
            domain = "platform" if resource.type == LOGS else domain_of(built, resource)
            assert key == key_of_domain(built, domain), resource.name
            checked += 1
    assert checked > 40


def test_without_keys_of_our_own_nothing_names_one(stacks: Mapping[str, Built]) -> None:
    built = stacks["local"]

    assert [r.name for r in built for key in keys_of(r) if key is not None] == []
    assert built.of_type(KEY) == []
    assert [r.name for r in built.of_type(POLICY) if "KeyOrders" in r.inputs["policy"]] == []


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_role_may_use_the_key_of_everything_it_may_use(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    found = set(needs(built))
    documents = {
        policy.name: json.loads(policy.inputs["policy"]) for policy in built.of_type(POLICY)
    }
    refused = [
        (policy, action, key, via)
        for policy, action, key, via in found
        if not allows(documents[policy], action, key, {"kms:ViaService": via})
    ]

    assert refused == []
    assert len(found) > 20


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_role_may_use_no_key_beyond_that(stacks: Mapping[str, Built], stack: str) -> None:
    built = stacks[stack]
    granted = {
        (policy.name, action, key, statement["Condition"]["StringEquals"]["kms:ViaService"])
        for policy in built.of_type(POLICY)
        for statement in statements(policy)
        for action in statement["Action"]
        for key in statement.get("Resource", [])
        if action in SEND
    }

    assert granted - set(needs(built)) == set()


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_backups_alone_lend_keys_those_of_what_they_copy_and_of_the_vault(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    lent = {
        (policy.name, action, key)
        for policy in built.of_type(POLICY)
        for statement in statements(policy)
        for action in statement["Action"]
        for key in statement.get("Resource", [])
        if action.startswith("kms:") and action not in SEND
    }

    assert lent == {
        ("backups-policy", action, key_of_domain(built, domain))
        for action in ("kms:CreateGrant", "kms:DescribeKey")
        for domain in (*SERVICES, "backups")
    }


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_key_admits_the_topic_that_fills_the_queues_under_it(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    for subscription in built.of_type("aws:sns/topicSubscription:TopicSubscription"):
        (key,) = keys_of(behind(built, subscription.inputs["endpoint"]))
        topic = subscription.inputs["topic"]
        assert key
        assert admits(built, key, "sns.amazonaws.com", {"aws:SourceArn": topic})
        assert not admits(built, key, "sns.amazonaws.com", {"aws:SourceArn": f"{topic}-other"})
        assert not admits(built, key, "sns.amazonaws.com", {})


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_key_admits_the_rules_whose_runs_may_end_in_a_queue_under_it(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    rules = {rule.inputs["name"]: rule for rule in built.of_type(RULE)}
    for target in built.of_type("aws:cloudwatch/eventTarget:EventTarget"):
        (key,) = keys_of(behind(built, target.inputs["deadLetterConfig"]["arn"]))
        rule = rules[target.inputs["rule"]]
        arn = rule.outputs["arn"]
        assert key
        assert admits(built, key, "events.amazonaws.com", {"aws:SourceArn": arn})
        other = arn.replace(f"-{rule.inputs['tags']['service']}-", "-other-")
        assert not admits(built, key, "events.amazonaws.com", {"aws:SourceArn": other})


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_the_key_of_a_topic_admits_the_alarms_that_publish_to_it(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    for alarm in built.of_type(ALARM):
        for topic in alarm.inputs["alarmActions"]:
            (key,) = keys_of(behind(built, topic))
            assert key
            context = {"aws:SourceArn": alarm.outputs["arn"]}
            assert admits(built, key, "cloudwatch.amazonaws.com", context), alarm.name
            other = {"aws:SourceArn": alarm.outputs["arn"].replace(ACCOUNT, "999999999999")}
            assert not admits(built, key, "cloudwatch.amazonaws.com", other)


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_the_key_of_logs_admits_each_log_group_and_no_other(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    service = f"logs.{stack_config(stack)['aws:region']}.amazonaws.com"
    name = "kms:EncryptionContext:aws:logs:arn"
    for group in built.of_type(LOGS):
        (key,) = keys_of(group)
        assert key
        assert admits(built, key, service, {name: group.outputs["arn"]}), group.name
        other = group.outputs["arn"].replace("storefront-", "other-")
        assert not admits(built, key, service, {name: other})


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_key_policy_admits_the_account_and_exactly_these_services(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    logs = f"logs.{stack_config(stack)['aws:region']}.amazonaws.com"
    services = {
        key.name: [entry["Principal"].get("Service") for entry in statements(key)]
        for key in built.of_type(KEY)
    }

    assert services == {
        "vault-key": [None],
        "key-key": [None, "cloudwatch.amazonaws.com", logs],
        **{f"{s}-key-key": [None, "sns.amazonaws.com", "events.amazonaws.com"] for s in SERVICES},
    }
    for key in built.of_type(KEY):
        account, *others = statements(key)
        assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert account["Action"] == "kms:*"
        assert [entry["Sid"] for entry in others if not entry["Condition"]] == []


@pytest.mark.parametrize("stack", WITH_KEYS)
def test_a_key_rotates_and_can_be_brought_back_as_configured(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    for key in stacks[stack].of_type(KEY):
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["rotationPeriodInDays"] == int(config["keys:rotation_days"])
        assert key.inputs["deletionWindowInDays"] == int(config["keys:deletion_window_days"])
        assert key.inputs["multiRegion"] is False
        assert key.protected is (config["keys:deletion_protected"] == "true")


def test_a_key_is_found_by_its_domains_name(dev: Built) -> None:
    names: dict[str, Any] = {
        alias.inputs["targetKeyId"]: alias.inputs["name"]
        for alias in dev.of_type("aws:kms/alias:Alias")
    }

    assert sorted(names.values()) == sorted(
        f"alias/storefront-dev-{domain}" for domain in (*SERVICES, "backups", "platform")
    )
    assert set(names) == {key.outputs["keyId"] for key in dev.of_type(KEY)}


def test_the_document_lists_each_key_with_what_it_encrypts_and_who_may_use_it(
    stacks: Mapping[str, Built],
) -> None:
    document = (ROOT / "docs" / "security.md").read_text()

    assert key_table(stacks["prod"]) in document, "copy the table above into docs/security.md"

"""Topics, events and the policies that say who may send: nothing lost, nobody unknown."""

from __future__ import annotations

from collections.abc import Iterator

from policy.reading import Reader
from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, IN_PROD, MEDIUM, Case, rule
from policy.rules.statements import allowed, is_source, principals, required
from policy.rules.types import (
    BUCKET_POLICY,
    EVENT_TARGET,
    KEY,
    QUEUE,
    QUEUE_POLICY,
    SUBSCRIPTION,
    TOPIC,
    TOPIC_POLICY,
)

_IAM = f"{DOCS}IAM/latest/UserGuide/"
_REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
_SECRET_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 - a type token
_SENDERS = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:principalorgid"}
"""Condition keys that tie a request to somebody."""


@rule(
    TOPIC,
    severity=MEDIUM,
    levels=IN_PROD,
    remedy="Set kmsMasterKeyId to a key that the publishing services may use.",
    reference=f"{DOCS}sns/latest/dg/sns-server-side-encryption.html",
)
def topic_encrypted(case: Case) -> Iterator[str]:
    """Messages in a topic are encrypted by a key."""
    key = case.props.text("kmsMasterKeyId")
    if not key:
        yield f"kmsMasterKeyId is {key}"


@rule(
    SUBSCRIPTION,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Give the subscription a redrivePolicy with a dead-letter queue.",
    reference=f"{DOCS}sns/latest/dg/sns-dead-letter-queues.html",
    protocols=("sqs", "lambda", "http", "https", "firehose"),
)
def subscription_dead_letters(case: Case) -> Iterator[str]:
    """A message that a topic cannot deliver is kept."""
    if case.props.text("protocol") not in case.settings["protocols"]:
        return
    redrive = case.props.document("redrivePolicy")
    if redrive is None or not redrive.text("deadLetterTargetArn"):
        yield "no redrivePolicy names a dead-letter queue"


@rule(
    EVENT_TARGET,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set deadLetterConfig.arn to a queue.",
    reference=f"{DOCS}eventbridge/latest/userguide/eb-rule-dlq.html",
)
def event_target_dead_letters(case: Case) -> Iterator[str]:
    """An event that a rule cannot deliver is kept."""
    queue = case.props.text("deadLetterConfig.arn")
    if not queue:
        yield f"deadLetterConfig.arn is {queue}"


@rule(
    QUEUE_POLICY,
    TOPIC_POLICY,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add a condition on aws:SourceArn or aws:SourceAccount to the statement.",
    reference=f"{_IAM}confused-deputy.html",
)
def resource_policy_source(case: Case) -> Iterator[str]:
    """A service may send for our resources alone, not for those of whoever asks it to."""
    for statement in allowed(case.props.document("policy")):
        services = principals(statement, "Service")
        if services and not _names_source(statement):
            yield f"{', '.join(services)} may act for anybody: no condition names the source"


@rule(
    QUEUE_POLICY,
    TOPIC_POLICY,
    BUCKET_POLICY,
    _REPOSITORY_POLICY,
    _SECRET_POLICY,
    KEY,
    QUEUE,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Name the principals, or tie the statement to an account or organization.",
    reference=f"{_IAM}reference_policies_elements_principal.html",
)
def no_public_principal(case: Case) -> Iterator[str]:
    """No queue, topic, bucket, repository, secret or key is open to everybody."""
    if case.resource.type in (KEY, QUEUE) and not case.props.has("policy"):
        return
    for statement in allowed(case.props.document("policy")):
        if statement.has("NotPrincipal"):
            yield "NotPrincipal allows all other principals"
        if _is_public(statement):
            yield "Principal * is everybody, and no condition names whom it means"


def _is_public(statement: Reader) -> bool:
    return "*" in principals(statement, "AWS") and not _names_source(statement)


def _names_source(statement: Reader) -> bool:
    return any(values and all(map(is_source, values)) for values in required(statement, _SENDERS))

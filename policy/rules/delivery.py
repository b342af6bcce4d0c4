"""What operations need of every resource: owners, alarms, approvals, names that fit."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import ALWAYS, DOCS, HIGH, IN_PROD, LOW, MEDIUM, Case, rule
from policy.rules.queues import is_dead_letter_queue
from policy.rules.types import (
    COMPOSITE_ALARM,
    FUNCTION,
    KEY,
    LOG_GROUP,
    METRIC_ALARM,
    QUEUE,
    ROLE,
    TABLE,
    TOPIC,
)

_PIPELINE = "aws:codepipeline/pipeline:Pipeline"
NAME_LIMITS = {
    FUNCTION: 64,
    LOG_GROUP: 512,
    METRIC_ALARM: 255,
    QUEUE: 80,
    ROLE: 64,
    TABLE: 255,
    TOPIC: 256,
    "aws:lb/loadBalancer:LoadBalancer": 32,
    "aws:lb/targetGroup:TargetGroup": 32,
    "aws:vpclattice/service:Service": 40,
    "aws:vpclattice/serviceNetwork:ServiceNetwork": 63,
}
"""Longest name in characters (AWS service quotas)."""
TAGGED = (
    *(FUNCTION, KEY, LOG_GROUP, QUEUE, ROLE, TABLE, TOPIC),
    "aws:ecs/cluster:Cluster",
    "aws:ecs/service:Service",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:rds/cluster:Cluster",
    "aws:s3/bucket:Bucket",
)


@rule(
    _PIPELINE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add a stage with a manual approval before the one that deploys to production.",
    reference=f"{DOCS}codepipeline/latest/userguide/approvals.html",
    production="prod",
)
def pipeline_approval(case: Case) -> Iterator[str]:
    """Nothing reaches production that nobody has let through."""
    approved = False
    for stage in case.props.parts("stages"):
        name = stage.text("name") or ""
        actions = stage.parts("actions")
        approved = approved or any(action.text("category") == "Approval" for action in actions)
        if case.settings["production"] in name.lower() and not approved:
            yield f"stage {name} comes before any approval"


@rule(
    _PIPELINE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set encryptionKey of every artifact store to a key of your own.",
    reference=f"{DOCS}codepipeline/latest/userguide/S3-artifact-encryption.html",
)
def pipeline_artifacts_encrypted(case: Case) -> Iterator[str]:
    """What will be deployed is encrypted by a key whose use the owner decides."""
    stores = case.props.parts("artifactStores")
    if not stores:
        yield "there are no artifactStores"
    for store in stores:
        if not store.text("encryptionKey.id"):
            yield f"encryptionKey.id is {store.text('encryptionKey.id')}"


@rule(
    QUEUE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add a MetricAlarm on the metric of the queue.",
    reference=f"{DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html",
    whole_stack=True,
)
def queue_alarm(case: Case) -> Iterator[str]:
    """Somebody is told when messages wait too long, and when one is a dead letter."""
    dead = is_dead_letter_queue(case.resource, case.stack)
    needed = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
    if needed not in _watched(case):
        yield f"no alarm looks at {needed}"


@rule(
    FUNCTION,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add a MetricAlarm on each of these metrics of the function.",
    reference=f"{DOCS}lambda/latest/dg/monitoring-metrics.html",
    whole_stack=True,
)
def function_alarm(case: Case) -> Iterator[str]:
    """Somebody is told when a function fails, and when it is not let run."""
    if missing := {"Errors", "Throttles"} - _watched(case):
        yield f"no alarm looks at {', '.join(sorted(missing))}"


def _watched(case: Case) -> set[str | None]:
    """The metrics of the resource that alarms look at, alone or in an expression."""
    alone = case.stack.users(case.resource, "dimensions", METRIC_ALARM)
    combined = case.stack.users(case.resource, "metricQueries", METRIC_ALARM)
    queries = (query for alarm in combined for query in alarm.props.parts("metricQueries"))
    return {alarm.props.text("metricName") for alarm in alone} | {
        query.text("metric.metricName") for query in queries
    }


@rule(
    METRIC_ALARM,
    severity=MEDIUM,
    levels=IN_PROD,
    remedy="Set alarmActions to the ARN of the alarm topic, or name the alarm in a composite alarm "
    "that has them, and leave actionsEnabled true.",
    reference=f"{DOCS}AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    whole_stack=True,
)
def alarm_has_action(case: Case) -> Iterator[str]:
    """An alarm reaches somebody: by itself, or by a composite alarm that has it in its rule."""
    composed = any(
        alarm.props.any_text("alarmActions")
        for alarm in case.stack.users(case.resource, "alarmRule", COMPOSITE_ALARM)
    )
    if not composed and not case.props.any_text("alarmActions"):
        yield "alarmActions is empty"
    if case.props.flag("actionsEnabled") is False:
        yield "actionsEnabled is False"


@rule(
    *TAGGED,
    severity=LOW,
    levels=ALWAYS,
    remedy="Pass the tags of the resource's scope.",
    reference=f"{DOCS}whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    required=("project", "environment", "service", "cost-center", "managed-by"),
)
def required_tags(case: Case) -> Iterator[str]:
    """Everything that costs money or holds data says whose it is."""
    tags = case.props.part("tags")
    missing = [name for name in case.settings["required"] if not tags.text_named(name)]
    if missing:
        yield f"tags lack {', '.join(missing)}"


@rule(
    *NAME_LIMITS,
    severity=LOW,
    levels=ALWAYS,
    remedy="Take the name from one function that knows the limit of its kind.",
    reference=f"{DOCS}general/latest/gr/aws-service-information.html",
)
def name_within_limit(case: Case) -> Iterator[str]:
    """A name fits, in the stack with the longest name too."""
    name, limit = case.props.text("name") or "", NAME_LIMITS[case.resource.type]
    if len(name) > limit:
        yield f"name has {len(name)} characters, more than {limit}"

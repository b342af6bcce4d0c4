"""What a million orders add to a stack: what one was counted to use, at the stack's prices.

They are spread over a month, so what is charged by time and not by order counts as if somebody
bought all the time: a database that would pause stays awake, and keys are asked for all month.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.cost.graph import HOURS, SECONDS, Graph, Resource, named
from tools.cost.prices import Table
from tools.cost.rules import CLUSTER, FUNCTION, database, invocations

Use = tuple[Resource | None, str, float]
"""Whose it is, the price's name, and how many units; nobody's own is the platform's."""

_TABLE = "aws:dynamodb/table:Table"
_QUEUE = "aws:sqs/queue:Queue"
_TOPIC = "aws:sns/topic:Topic"
_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_ACL = "aws:wafv2/webAcl:WebAcl"
_MILLION = 1_000_000
_GB = 1024**3


def uses(graph: Graph, table: Table) -> Iterator[Use]:
    """Everything that a million orders are charged for."""
    yield from _functions(graph)
    yield from _tables(graph)
    yield from _messages(graph)
    yield from _requests(graph, table)
    yield from _logs(graph, table)
    yield from _databases(graph, table)
    yield from _keys(graph, table)


def _functions(graph: Graph) -> Iterator[Use]:
    for name, amount in graph.units.under("invocations").items():
        function = named(graph, FUNCTION, name)
        for price, quantity in invocations(function, amount, graph.units.spent(name)):
            yield function, price, quantity


def _tables(graph: Graph) -> Iterator[Use]:
    backed_up = bool(graph.of_type("aws:backup/vault:Vault"))
    for kind in ("writes", "reads"):
        for name, amount in graph.units.under(kind).items():
            if name != "*":
                yield named(graph, _TABLE, name), f"dynamodb-{kind}", amount
    for name, stored in graph.units.under("stored-bytes").items():
        table = named(graph, _TABLE, name)
        kept = stored * _MILLION / _GB
        yield table, "dynamodb-storage", kept
        if (table.inputs.get("pointInTimeRecovery") or {}).get("enabled"):
            yield table, "dynamodb-recovery", kept
        if backed_up:
            yield table, "backup-dynamodb", kept


def _messages(graph: Graph) -> Iterator[Use]:
    units = graph.units
    for name, amount in units.under("deliveries").items():
        yield named(graph, _QUEUE, name), "sqs-requests", amount
    taken = 2 * units.amount("queue-batches") + units.amount("worker-receives")
    asked = sum(
        amount for action, amount in units.under("calls").items() if action.startswith("sqs:")
    )
    yield None, "sqs-requests", taken + asked
    published = units.amount("calls/sns:Publish") + units.amount("calls/sns:PublishBatch")
    yield None, "sns-requests", published


def _requests(graph: Graph, table: Table) -> Iterator[Use]:
    units = graph.units
    requests = units.amount("http-requests")
    yield None, "http-api-requests", requests
    yield None, "websocket-messages", units.amount("calls/execute-api:ManageConnections")
    yield None, "websocket-minutes", table.habit("page-minutes")
    for distribution in graph.of_type(_DISTRIBUTION):
        yield distribution, "cdn-requests", requests
        yield distribution, "cdn-gb", units.amount("answer-bytes") * _MILLION / _GB
    for acl in graph.of_type(_ACL):
        yield acl, "web-acl-requests", requests
    for balancer in graph.of_type("aws:lb/loadBalancer:LoadBalancer"):
        connections = requests * _MILLION / table.habit("connections-per-lcu-second")
        yield balancer, "alb-lcu-hours", connections / 3600
    yield None, "s3-puts", units.amount("calls/s3:PutObject")
    yield None, "s3-gets", units.amount("calls/s3:GetObject") + units.amount("receipt-downloads")
    yield None, "secret-requests", units.amount("calls/secretsmanager:GetSecretValue")
    yield None, "discovery-requests", units.amount("calls/servicediscovery:DiscoverInstances")


def _logs(graph: Graph, table: Table) -> Iterator[Use]:
    requests = graph.units.amount("http-requests") * _MILLION / _GB
    yield None, "log-gb", graph.units.amount("log-bytes") * _MILLION / _GB
    yield None, "log-gb", requests * table.habit("access-log-bytes")
    for logged in graph.of_type("aws:cloudwatch/logDeliverySource:LogDeliverySource"):
        yield logged, "log-gb", requests * table.habit("cdn-log-bytes")
    for logged in graph.of_type("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"):
        yield logged, "log-gb", requests * table.habit("web-acl-log-bytes")


def _databases(graph: Graph, table: Table) -> Iterator[Use]:
    for cluster in graph.of_type(CLUSTER):
        yield cluster, "aurora-io-requests", graph.units.amount("database-writes")
    for instance in graph.of_type(_INSTANCE):
        cluster = graph.referred(CLUSTER, "name", instance.inputs["clusterIdentifier"])
        if not cluster.inputs["serverlessv2ScalingConfiguration"]["minCapacity"]:
            idle = sum(quantity for _, quantity in database(instance, graph, table))
            yield instance, "aurora-acu-hours", max(0.0, HOURS * table.habit("awake-acu") - idle)


def _keys(graph: Graph, table: Table) -> Iterator[Use]:
    """Requests to the keys of what encrypts with data keys; dead-letter queues stay empty."""
    asked = SECONDS / table.habit("data-key-seconds") * table.habit("data-key-users") / _MILLION
    encrypted = [
        *(found for found in graph.of_type(_TOPIC) if found.inputs.get("kmsMasterKeyId")),
        *(
            found
            for found in graph.of_type(_QUEUE)
            if found.inputs.get("kmsMasterKeyId") and found.inputs.get("redrivePolicy")
        ),
        *(
            found
            for found in graph.of_type(_TABLE)
            if (found.inputs.get("serverSideEncryption") or {}).get("kmsKeyArn")
        ),
    ]
    for found in encrypted:
        yield found, "kms-requests", asked

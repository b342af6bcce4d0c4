"""What a shop emitted, as samples of metrics whose dimensions are the names in the program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tools.cloudwatch.series import Metric, Sample

Names = Mapping[tuple[str, str], str]
"""The name in the program, by a dimension and the name or id on AWS."""
Held = tuple[str, str, Mapping[str, Any]]
"""A resource's type, its name in the program, and its outputs with its `id`."""

SECONDS_OF_A_SECOND = 60
"""A second that a message waits here stands for so many: the shop is quicker than its alarms."""
_AGE = "ApproximateAgeOfOldestMessage"
_HELD = {
    "FunctionName": ("aws:lambda/function:Function", "name"),
    "QueueName": ("aws:sqs/queue:Queue", "name"),
    "TableName": ("aws:dynamodb/table:Table", "name"),
    "LoadBalancer": ("aws:lb/loadBalancer:LoadBalancer", "arnSuffix"),
    "ApiId": ("aws:apigatewayv2/api:Api", "id"),
    "ServiceName": ("aws:ecs/service:Service", "name"),
    "ClusterName": ("aws:ecs/cluster:Cluster", "name"),
    "DBClusterIdentifier": ("aws:rds/cluster:Cluster", "clusterIdentifier"),
    "BackupVaultName": ("aws:backup/vault:Vault", "name"),
    "DistributionId": ("aws:cloudfront/distribution:Distribution", "id"),
    "WebACL": ("aws:wafv2/webAcl:WebAcl", "name"),
    "Service": ("aws:vpclattice/service:Service", "name"),
}
_SAME_EVERYWHERE = frozenset(("service", "currency", "Stage", "Region", "Rule"))


class UnnamedError(ValueError):
    """A dimension that belongs to nothing in the program."""


def names_of(resources: Iterable[Held]) -> Names:
    """The names of everything that a dimension may be about."""
    known = list(resources)
    return {
        (dimension, str(outputs[output])): name
        for dimension, (wanted, output) in _HELD.items()
        for kind, name, outputs in known
        if kind == wanted
    }


def named(metric: Metric, names: Names) -> Metric:
    """The metric with the program's names; raises UnnamedError."""
    dimensions = {key: _named(key, value, names) for key, value in metric.dimensions}
    return replace(metric, dimensions=frozenset(dimensions.items()))


def measured(lines: Iterable[str], names: Names) -> Iterator[Sample]:
    """The samples that `local/metrics.py` wrote down."""
    for line in lines:
        told = json.loads(line)
        metric = Metric.of(told["namespace"], told["name"], told["dimensions"])
        value = told["value"] * (SECONDS_OF_A_SECOND if metric.name == _AGE else 1)
        yield Sample(named(metric, names), told["at"], value)


def logged(lines: Iterable[str]) -> Iterator[Sample]:
    """The samples of log lines in CloudWatch's embedded metric format; other lines have none."""
    for line in lines:
        if '"_aws"' in line:
            yield from _embedded(json.loads(line[line.index("{") :]))


def noted(samples: Iterable[Sample], names: Names) -> Iterator[Sample]:
    """Samples that were taken beside the shop, with the program's names."""
    for sample in samples:
        yield replace(sample, metric=named(sample.metric, names))


def _embedded(told: Mapping[str, Any]) -> Iterator[Sample]:
    at = told["_aws"]["Timestamp"] / 1000
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            given = {key: str(told[key]) for key in dimensions}
            for described in directive["Metrics"]:
                metric = Metric.of(directive["Namespace"], described["Name"], given)
                values = told[described["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield Sample(metric, at, float(value))


def _named(key: str, value: str, names: Names) -> str:
    if key in _SAME_EVERYWHERE:
        return value
    if (key, value) not in names:
        raise UnnamedError(
            f"dimension {key} is {value!r}, which no resource has: "
            "add its type to _HELD in tools/alarms/emitted.py"
        )
    return names[key, value]

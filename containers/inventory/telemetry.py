"""Counting in a process of many threads.

Powertools' `metrics` collects in one place until a Lambda invocation ends. Here nothing ends
and threads share, so each count is a line of its own, written whole.
"""

from __future__ import annotations

import json
import sys

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)


def count(name: str) -> None:
    """Add one to the metric `name`: a line in CloudWatch's embedded metric format.

    Namespace and service come from POWERTOOLS_METRICS_NAMESPACE and POWERTOOLS_SERVICE_NAME.
    """
    metric = AmazonCloudWatchEMFProvider()
    metric.add_metric(name=name, unit="Count", value=1)
    sys.stdout.write(json.dumps(metric.serialize_metric_set()) + "\n")

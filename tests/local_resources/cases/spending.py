"""Cases of budgets and of cost anomaly detection."""

from __future__ import annotations

from typing import Any

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import Stack, unique

MONITOR = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"


def _warning(kind: str, percent: int) -> dict[str, Any]:
    return {
        "notificationType": kind,
        "comparisonOperator": "GREATER_THAN",
        "threshold": percent,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": ["owner@example.com"],
    }


def _threshold(dollars: str) -> dict[str, Any]:
    return {
        "dimension": {
            "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "matchOptions": ["GREATER_THAN_OR_EQUAL"],
            "values": [dollars],
        }
    }


def _monitor(_: Stack) -> Properties:
    return {
        "name": unique("monitor"),
        "monitorType": "CUSTOM",
        "monitorSpecification": '{"Tags": {"Key": "environment", "Values": ["dev"]}}',
        "tags": {"service": "spending"},
    }


CASES = (
    Case(
        resource_type="aws:budgets/budget:Budget",
        inputs=lambda _: {
            "name": unique("budget"),
            "budgetType": "COST",
            "limitAmount": "100",
            "limitUnit": "USD",
            "timeUnit": "MONTHLY",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:environment$dev"]}],
            "notifications": [_warning("ACTUAL", 80), _warning("FORECASTED", 100)],
            "tags": {"service": "spending"},
        },
        change={
            "limitAmount": "200",
            "notifications": [_warning("ACTUAL", 90)],
            "tags": {"tier": "1"},
        },
        outputs=("arn", "accountId"),
    ),
    Case(
        resource_type=MONITOR,
        inputs=_monitor,
        change={"name": "another"},
        outputs=("arn",),
        survives=True,
    ),
    Case(
        resource_type="aws:costexplorer/anomalySubscription:AnomalySubscription",
        inputs=lambda stack: {
            "name": unique("subscription"),
            "frequency": "DAILY",
            "monitorArnLists": [stack.make(MONITOR, **_monitor(stack))["arn"]],
            "subscribers": [{"type": "EMAIL", "address": "owner@example.com"}],
            "thresholdExpression": _threshold("20"),
            "tags": {"service": "spending"},
        },
        change={"thresholdExpression": _threshold("50")},
        outputs=("arn",),
        survives=True,
    ),
)

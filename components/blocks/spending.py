"""What an environment may spend: a budget, and a watch for costs that nobody expected.

Both look at what carries the environment's tag, so that two environments may share an account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Scope

_ENVIRONMENT = "environment"
_WARNINGS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kind of spending, and percent of the limit."""


@dataclass(frozen=True, kw_only=True)
class SpendingArgs:
    """Arguments of `Spending`."""

    scope: Scope
    """names and tags, and the environment whose costs are watched"""
    monthly_limit_usd: int
    """US dollars that a month may cost"""
    anomaly_usd: int
    """US dollars above the pattern from which somebody is told"""
    email: str
    """address that is told"""


class Spending(pulumi.ComponentResource):
    """Tells an address when the month's limit comes near, and when costs leave their pattern."""

    def __init__(
        self, name: str, args: SpendingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Spending", name, {}, opts)
        self._name = name
        self._args = args
        self._scope = args.scope
        self._create_budget()
        self._create_subscription(self._create_monitor())
        self.register_outputs({})

    def _create_budget(self) -> None:
        aws.budgets.Budget(
            f"{self._name}-budget",
            name=self._scope.physical("budget"),
            budget_type="COST",
            limit_amount=str(self._args.monthly_limit_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=[
                {"name": "TagKeyValue", "values": [f"user:{_ENVIRONMENT}${self._environment}"]}
            ],
            notifications=[
                {
                    "notification_type": kind,
                    "comparison_operator": "GREATER_THAN",
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": [self._args.email],
                }
                for kind, percent in _WARNINGS
            ],
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_monitor(self) -> pulumi.Output[str]:
        watched = {"Tags": {"Key": _ENVIRONMENT, "Values": [self._environment]}}
        monitor = aws.costexplorer.AnomalyMonitor(
            f"{self._name}-monitor",
            name=self._scope.physical("anomaly_monitor"),
            monitor_type="CUSTOM",
            monitor_specification=json.dumps(watched),
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return monitor.arn

    def _create_subscription(self, monitor: pulumi.Output[str]) -> None:
        aws.costexplorer.AnomalySubscription(
            f"{self._name}-subscription",
            name=self._scope.physical("anomaly_subscription"),
            frequency="DAILY",
            monitor_arn_lists=[monitor],
            subscribers=[{"type": "EMAIL", "address": self._args.email}],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [str(self._args.anomaly_usd)],
                }
            },
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    @property
    def _environment(self) -> str:
        return self._scope.environment

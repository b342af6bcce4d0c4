"""AWS WAF before CloudFront: what is known to be bad, and who asks too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.keys import Key
from components.naming import Scope

WINDOW_SECONDS = 300
MACHINE_FACTOR = 10
_Counted: TypeAlias = "aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementArgsDict"
_UNLOGGED_HEADERS = ("authorization", "cookie", "stripe-signature")
_COUNTED = ("SizeRestrictions_BODY",)
"""Refuses bodies over 8 KB, which orders and payment events may have: services bound them."""


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """Arguments of `WebAcl`."""

    scope: Scope
    """names and tags"""
    rate_limit: int
    """requests of one address in five minutes, 10 or more"""
    blocked_alarm_count: int
    """requests blocked in five minutes, twice in a row, that raise an alarm"""
    log_retention_days: int
    """days that logs are kept"""
    log_key: Key
    """encrypts logs"""
    machine_path: str
    """what few machines call often: there an address may do `MACHINE_FACTOR` times as much"""


class WebAcl(pulumi.ComponentResource):
    """Belongs to CloudFront, so its provider must be one of us-east-1."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:WebAcl", name, {}, opts)
        self._name = name
        self._args = args
        self.acl = self._create_acl()
        self._log()
        self.arn = self.acl.arn
        self.register_outputs({"arn": self.arn})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """More is blocked than a few strangers explain: an attack, or customers by mistake."""
        return (
            AlarmSpec(
                role="blocked",
                description="The firewall blocks many requests.",
                runbook="edge-blocked",
                namespace="AWS/WAFV2",
                metric="BlockedRequests",
                dimensions={"WebACL": self._args.scope.physical("web_acl"), "Rule": "ALL"},
                statistic="Sum",
                threshold=self._args.blocked_alarm_count,
                period=WINDOW_SECONDS,
                periods=2,
                datapoints=2,
            ),
        )

    def _create_acl(self) -> aws.wafv2.WebAcl:
        scope = self._args.scope
        return aws.wafv2.WebAcl(
            f"{self._name}-acl",
            name=scope.physical("web_acl"),
            description="What may reach the shop",
            scope="CLOUDFRONT",
            default_action={"allow": {}},
            rules=[
                _managed(0, "AWSManagedRulesAmazonIpReputationList"),
                self._everybody(1),
                _managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
                _managed(3, "AWSManagedRulesCommonRuleSet", _COUNTED),
                self._machine(4),
            ],
            visibility_config=_visible(scope.physical("web_acl")),
            tags=scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _everybody(self, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
        others: _Counted = {"not_statement": {"statement": _path(self._args.machine_path)}}
        return _rate("rate", priority, self._args.rate_limit, others)

    def _machine(self, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
        limit = self._args.rate_limit * MACHINE_FACTOR
        return _rate("machines", priority, limit, _path(self._args.machine_path))

    def _log(self) -> None:
        """AWS asks for a log group whose name begins with `aws-waf-logs-`."""
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"aws-waf-logs-{self._args.scope.physical('web_acl')}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.log_key.arn,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{self._name}-logging",
            resource_arn=self.acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[{"query_string": {}}, *map(_header, _UNLOGGED_HEADERS)],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _rate(
    name: str,
    priority: int,
    limit: int,
    counted: _Counted,
) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": name,
        "priority": priority,
        "action": {"block": {"custom_response": {"response_code": 429}}},
        "statement": {
            "rate_based_statement": {
                "limit": limit,
                "aggregate_key_type": "IP",
                "evaluation_window_sec": WINDOW_SECONDS,
                "scope_down_statement": counted,
            }
        },
        "visibility_config": _visible(name),
    }


def _path(path: str) -> _Counted:
    return {
        "byte_match_statement": {
            "field_to_match": {"uri_path": {}},
            "positional_constraint": "EXACTLY",
            "search_string": path,
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _header(name: str) -> aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgsDict:
    return {"single_header": {"name": name}}


def _managed(
    priority: int, group: str, counted: Sequence[str] = ()
) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": group,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "rule_action_overrides": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in counted
                ],
            }
        },
        "visibility_config": _visible(group),
    }


def _visible(metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgsDict:
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": False,
    }

"""Access logs of a CloudFront distribution, without what may be secret in a request."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.keys import Key
from components.naming import Scope

_FIELDS = [
    *("timestamp", "x-edge-location", "cs-method", "cs-uri-stem", "sc-status", "time-taken"),
    *("sc-bytes", "cs-bytes", "x-edge-result-type", "x-edge-detailed-result-type"),
    *("x-edge-request-id", "c-ip", "cs-protocol", "ssl-protocol", "cs(User-Agent)"),
]
"""Neither query strings nor cookies; `c-ip` tells who attacks."""


@dataclass(frozen=True, kw_only=True)
class CdnLogsArgs:
    """Arguments of `CdnLogs`."""

    scope: Scope
    """names and tags"""
    distribution_arn: pulumi.Input[str]
    """whose requests are logged"""
    log_retention_days: int
    """days that logs are kept"""
    log_key: Key
    """encrypts logs"""


class CdnLogs(pulumi.ComponentResource):
    """CloudFront delivers logs from us-east-1, so its provider must be one of us-east-1."""

    def __init__(
        self, name: str, args: CdnLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:CdnLogs", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        physical = args.scope.physical("log_delivery")
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/vendedlogs/cloudfront/{physical}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_key.arn,
            tags=args.scope.tags,
            opts=own,
        )
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-source",
            name=physical,
            log_type="ACCESS_LOGS",
            resource_arn=args.distribution_arn,
            tags=args.scope.tags,
            opts=own,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-destination",
            name=physical,
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": group.arn},
            tags=args.scope.tags,
            opts=own,
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=_FIELDS,
            tags=args.scope.tags,
            opts=own,
        )
        self.register_outputs({})

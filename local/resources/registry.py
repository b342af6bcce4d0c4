"""Which handler serves which resource type."""

from __future__ import annotations

from functools import cache

from local.resources import (
    apigatewayv2,
    backup,
    budgets,
    cloudfront,
    cloudwatch,
    cognito,
    dynamodb,
    ec2,
    ecs,
    events,
    flow_logs,
    iam,
    integrations,
    kms,
    lambda_,
    lambda_triggers,
    lb,
    lb_rules,
    log_delivery,
    provider,
    rds,
    rds_groups,
    rds_proxy,
    recorded,
    routing,
    s3,
    s3_objects,
    secretsmanager,
    servicediscovery,
    sns,
    sqs,
    ssm,
    vpc,
    wafv2,
)
from local.resources.base import ResourceHandler, UnhandledTypeError
from local.resources.reporting import Reporting

_MODULES = (
    apigatewayv2,
    backup,
    budgets,
    cloudfront,
    cloudwatch,
    cognito,
    dynamodb,
    ec2,
    ecs,
    events,
    flow_logs,
    iam,
    integrations,
    kms,
    lambda_,
    lambda_triggers,
    lb,
    lb_rules,
    log_delivery,
    provider,
    rds,
    rds_groups,
    rds_proxy,
    recorded,
    routing,
    s3,
    s3_objects,
    secretsmanager,
    servicediscovery,
    sns,
    sqs,
    ssm,
    vpc,
    wafv2,
)


@cache
def handlers() -> dict[str, ResourceHandler]:
    """All handlers by type token."""
    return {
        handler.type_token: Reporting(handler) for module in _MODULES for handler in module.HANDLERS
    }


def handler_for(type_token: str) -> ResourceHandler:
    """The handler of a type; raises `UnhandledTypeError` naming a type nobody handles."""
    try:
        return handlers()[type_token]
    except KeyError:
        raise UnhandledTypeError(
            f"no handler for resource type {type_token!r}: the local run cannot create it. Add a "
            "class that `handles` it to its service's module in local/resources/, name the "
            "module in local/resources/registry.py, and give the type a life-cycle case in "
            "tests/local_resources/."
        ) from None

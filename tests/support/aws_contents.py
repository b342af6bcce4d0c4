"""What the embedded AWS holds, by kind: so that a test can say that nothing was left or doubled.

Task definitions are not in it: the program keeps them when it replaces or destroys one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from local.resources import Cloud

Contents = dict[str, list[str]]
_LISTS: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
    ("table", "dynamodb", "list_tables", "TableNames", "", {}),
    ("topic", "sns", "list_topics", "Topics", "TopicArn", {}),
    ("subscription", "sns", "list_subscriptions", "Subscriptions", "Endpoint", {}),
    ("queue", "sqs", "list_queues", "QueueUrls", "", {}),
    ("function", "lambda", "list_functions", "Functions", "FunctionName", {}),
    (
        *("mapping", "lambda", "list_event_source_mappings", "EventSourceMappings"),
        *("FunctionArn", {}),
    ),
    ("role", "iam", "list_roles", "Roles", "RoleName", {}),
    ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {"MaxRecords": 100}),
    ("rule", "events", "list_rules", "Rules", "Name", {}),
    ("api", "apigatewayv2", "get_apis", "Items", "Name", {}),
    ("user pool", "cognito-idp", "list_user_pools", "UserPools", "Name", {"MaxResults": 50}),
    ("vpc", "ec2", "describe_vpcs", "Vpcs", "CidrBlock", {}),
    ("subnet", "ec2", "describe_subnets", "Subnets", "CidrBlock", {}),
    ("security group", "ec2", "describe_security_groups", "SecurityGroups", "GroupName", {}),
    ("route table", "ec2", "describe_route_tables", "RouteTables", "VpcId", {}),
    ("internet gateway", "ec2", "describe_internet_gateways", "InternetGateways", "", {}),
    ("address", "ec2", "describe_addresses", "Addresses", "Domain", {}),
    ("load balancer", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName", {}),
    ("target group", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName", {}),
    ("cluster", "ecs", "list_clusters", "clusterArns", "", {}),
    ("namespace", "servicediscovery", "list_namespaces", "Namespaces", "Name", {}),
    ("discovered service", "servicediscovery", "list_services", "Services", "Name", {}),
    ("database", "rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", {}),
    ("instance", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier", {}),
    ("secret", "secretsmanager", "list_secrets", "SecretList", "ARN", {}),
)
"""Kind, service, operation, member of the answer, what names one of them, arguments."""


def contents(cloud: Cloud) -> Contents:
    """The names of everything there is, sorted, by kind; kinds without any are left out."""
    found = {kind: names_of(cloud, kind) for kind, *_ in _LISTS}
    found["nat gateway"] = sorted(
        gateway["SubnetId"]
        for gateway in cloud.client("ec2").describe_nat_gateways()["NatGateways"]
        if gateway["State"] not in ("deleting", "deleted")
    )
    found["route"] = _of_each(cloud, found["api"], _routes)
    return {kind: names for kind, names in found.items() if names}


def names_of(cloud: Cloud, kind: str) -> list[str]:
    """The names of everything of one kind."""
    (listed,) = (each for each in _LISTS if each[0] == kind)
    _, service, operation, member, name, arguments = listed
    return _names(getattr(cloud.client(service), operation)(**arguments), member, name)


def _names(answer: dict[str, Any], member: str, name: str) -> list[str]:
    entries: Iterable[Any] = answer.get(member) or []
    return sorted(str(entry[name]) if name else str(entry) for entry in entries)


def _of_each(cloud: Cloud, apis: list[str], find: Callable[[Any, str], list[str]]) -> list[str]:
    gateway = cloud.client("apigatewayv2")
    ids = [api["ApiId"] for api in gateway.get_apis()["Items"]] if apis else []
    return sorted(name for id in ids for name in find(gateway, id))


def _routes(gateway: Any, api: str) -> list[str]:
    return [route["RouteKey"] for route in gateway.get_routes(ApiId=api)["Items"]]

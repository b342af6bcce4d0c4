"""Physical names fit AWS's limits and alphabets whatever the stack is called; tags are whole."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from components import naming
from tests.support import harness
from tests.support.configuration import ROOT, stack_config
from tests.support.harness import Built, Resource
from tests.support.relations import ALIAS

LONG = "a-stack-that-somebody-gave-a-name-of-sixty-characters-and-more"

_MESH = r"[a-z0-9](?!.*--)[a-z0-9-]+[a-z0-9]"
_LABEL = r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]*[a-zA-Z0-9]"
NAMES: dict[str, tuple[str, int, str]] = {
    "aws:appautoscaling/policy:Policy": ("name", 256, r".+"),
    "aws:apigatewayv2/api:Api": ("name", 128, r".+"),
    "aws:apigatewayv2/authorizer:Authorizer": ("name", 128, r".+"),
    "aws:apigatewayv2/stage:Stage": ("name", 128, r"\$default|live"),
    "aws:apigatewayv2/vpcLink:VpcLink": ("name", 128, r".+"),
    "aws:backup/plan:Plan": ("name", 50, r"[a-zA-Z0-9_.-]+"),
    "aws:backup/selection:Selection": ("name", 50, r"[a-zA-Z0-9_.-]+"),
    "aws:backup/vault:Vault": ("name", 50, r"[a-zA-Z0-9_-]{2,}"),
    "aws:budgets/budget:Budget": ("name", 100, r"[^:\\]+"),
    "aws:cloudfront/originAccessControl:OriginAccessControl": ("name", 64, r".+"),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": ("name", 128, r"[\w-]+"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("alarmName", 255, r".+"),
    "aws:cloudwatch/dashboard:Dashboard": ("dashboardName", 255, r"[\w-]+"),
    "aws:cloudwatch/eventRule:EventRule": ("name", 64, r"[.\-_A-Za-z0-9]+"),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": ("name", 60, r"[\w-]+"),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": ("name", 60, r"[\w-]+"),
    "aws:cloudwatch/logGroup:LogGroup": ("name", 512, r"[.\-_/#A-Za-z0-9]+"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255, r".+"),
    "aws:cloudwatch/queryDefinition:QueryDefinition": ("name", 255, r"[^:*|]+"),
    "aws:cognito/resourceServer:ResourceServer": ("name", 256, r"[\w\s+=,.@-]+"),
    "aws:cognito/userPool:UserPool": ("name", 128, r"[\w\s+=,.@-]+"),
    "aws:cognito/userPoolClient:UserPoolClient": ("name", 128, r"[\w\s+=,.@-]+"),
    "aws:cognito/userPoolDomain:UserPoolDomain": ("domain", 63, r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"),
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": ("name", 1024, r".+"),
    "aws:costexplorer/anomalySubscription:AnomalySubscription": ("name", 1024, r".+"),
    "aws:dynamodb/table:Table": ("name", 255, r"[a-zA-Z0-9_.-]{3,}"),
    "aws:ec2/securityGroup:SecurityGroup": ("name", 255, r"(?!sg-)[a-zA-Z0-9 ._\-]+"),
    "aws:ecs/cluster:Cluster": ("name", 255, r"[a-zA-Z0-9_-]+"),
    "aws:ecs/service:Service": ("name", 255, r"[a-zA-Z0-9_-]+"),
    "aws:ecs/taskDefinition:TaskDefinition": ("family", 255, r"[a-zA-Z0-9_-]+"),
    "aws:iam/policy:Policy": ("name", 128, r"[\w+=,.@-]+"),
    "aws:iam/role:Role": ("name", 64, r"[\w+=,.@-]+"),
    "aws:lambda/alias:Alias": ("name", 128, r"(?!\d+$)[a-zA-Z0-9-_]+"),
    "aws:kms/alias:Alias": ("name", 256, r"alias/(?!aws/)[a-zA-Z0-9/_-]+"),
    "aws:lambda/function:Function": ("name", 64, r"[a-zA-Z0-9-_]+"),
    "aws:lb/loadBalancer:LoadBalancer": (
        "name",
        32,
        r"(?!internal-)[a-zA-Z0-9][a-zA-Z0-9-]*(?<!-)",
    ),
    "aws:lb/targetGroup:TargetGroup": ("name", 32, r"[a-zA-Z0-9][a-zA-Z0-9-]*(?<!-)"),
    "aws:rds/cluster:Cluster": ("clusterIdentifier", 63, _LABEL),
    "aws:rds/clusterInstance:ClusterInstance": ("identifier", 63, _LABEL),
    "aws:rds/proxy:Proxy": ("name", 63, _LABEL),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": ("name", 255, _LABEL),
    "aws:rds/subnetGroup:SubnetGroup": ("name", 255, r"[a-z0-9 _.-]+"),
    "aws:secretsmanager/secret:Secret": ("name", 512, r"[\w/+=.@-]+(?<!-.{6})"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": (
        "name",
        253,
        r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+",
    ),
    "aws:servicediscovery/service:Service": ("name", 63, r"[a-z0-9-]+"),
    "aws:sns/topic:Topic": ("name", 256, r"[a-zA-Z0-9_-]+"),
    "aws:sqs/queue:Queue": ("name", 80, r"[a-zA-Z0-9_-]+"),
    "aws:vpclattice/listener:Listener": ("name", 63, rf"(?!listener-){_MESH}"),
    "aws:vpclattice/listenerRule:ListenerRule": ("name", 63, rf"(?!rule-){_MESH}"),
    "aws:vpclattice/service:Service": ("name", 40, rf"(?!svc-){_MESH}"),
    "aws:vpclattice/serviceNetwork:ServiceNetwork": ("name", 63, _MESH),
    "aws:vpclattice/targetGroup:TargetGroup": ("name", 128, rf"(?!tg-){_MESH}"),
    "aws:wafv2/webAcl:WebAcl": ("name", 128, r"[\w-]+"),
}
"""The property that names a resource, its limit and its alphabet, from the services' references."""


@pytest.fixture(scope="module")
def long() -> Built:
    """Production's configuration as a stack with a long name."""
    with harness.ready_packages():
        return harness.build_stack("prod", name=LONG)


def names(built: Built) -> Iterator[tuple[Resource, str]]:
    for resource in built:
        if resource.type in NAMES:
            yield resource, resource.inputs[NAMES[resource.type][0]]


def sdk_class(token: str) -> type:
    """The class of the SDK that registers resources of this type."""
    package, module, _ = token.replace("/", ":").split(":")[:3]
    name = token.split(":")[-1]
    home = f"pulumi_{package}.{'lambda_' if module == 'lambda' else module}"
    found: type = getattr(importlib.import_module(home), name)
    return found


def accepts(token: str, argument: str) -> bool:
    parameters = inspect.signature(vars(sdk_class(token))["_internal_init"]).parameters
    return argument in parameters


def test_the_table_of_names_covers_every_type_that_can_be_named(dev: Built) -> None:
    nameable = {
        resource.type
        for resource in dev
        if resource.type.startswith("aws:") and accepts(resource.type, "name")
    }
    named_by_aws = {"aws:iam/rolePolicy:RolePolicy"}

    assert nameable - named_by_aws <= set(NAMES)


def test_every_name_is_given_and_not_left_to_chance(shop: Built) -> None:
    for resource in shop:
        if resource.type in NAMES:
            assert NAMES[resource.type][0] in resource.inputs, resource.name


def test_every_name_fits_its_service(shop: Built) -> None:
    for resource, name in names(shop):
        _, limit, alphabet = NAMES[resource.type]
        assert len(name) <= limit, name
        assert re.fullmatch(alphabet, name), name


def test_every_name_fits_its_service_when_the_stack_has_a_long_name(long: Built) -> None:
    for resource, name in names(long):
        _, limit, alphabet = NAMES[resource.type]
        assert len(name) <= limit, name
        assert re.fullmatch(alphabet, name), name


def test_names_stay_apart_when_they_are_cut(long: Built) -> None:
    found = Counter(
        (resource.type, name) for resource, name in names(long) if resource.type != ALIAS
    )

    assert [key for key, count in found.items() if count > 1] == []
    assert long.counts() == harness.build_stack("prod").counts()


def test_every_resource_that_can_carry_tags_carries_the_five(shop: Built) -> None:
    checked = 0
    for resource in shop:
        if not resource.type.startswith("aws:") or not accepts(resource.type, "tags"):
            continue
        checked += 1
        assert set(resource.inputs.get("tags", {})) == {
            "project",
            "environment",
            "service",
            "cost-center",
            "managed-by",
        }, resource.name

    assert checked > 100


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_tags_say_which_stack_pays_and_which_service_it_is(
    stacks: dict[str, Built], stack: str
) -> None:
    for resource in stacks[stack]:
        tags = resource.inputs.get("tags")
        if tags is None:
            continue
        assert tags["project"] == "storefront"
        assert tags["environment"] == stack
        assert tags["cost-center"] == stack_config(stack)["platform:cost_center"]
        assert tags["managed-by"] == "pulumi"


@pytest.mark.parametrize("service", ["orders", "payments", "inventory", "notifications"])
def test_what_a_service_owns_is_tagged_with_it(shop: Built, service: str) -> None:
    tags = [
        resource.inputs["tags"] for resource in shop.under(service) if "tags" in resource.inputs
    ]

    assert {tag["service"] for tag in tags} == {service}


def test_what_nobody_owns_alone_is_tagged_with_the_part_of_the_platform(shop: Built) -> None:
    vpc = shop.named("network-vpc").inputs["tags"]
    edge = {r.inputs["tags"]["service"] for r in shop.under("edge") if "tags" in r.inputs}

    assert vpc["service"] == "platform"
    assert edge == {"api", "users", *("edge" for _ in shop.of_type("storefront:blocks:Abroad"))}


def test_every_kind_of_name_with_a_limit_is_used_and_no_other() -> None:
    asked = {
        call.args[0].value
        for path in (ROOT / "components").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "physical"
        and isinstance(call.args[0], ast.Constant)
    }

    assert asked == set(naming.LIMITS)

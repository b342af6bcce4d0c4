"""The mesh: who may ask inventory through it, what, and by which way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.credentials import ReadOnlyCredentials

from common import env
from common.errors import UnavailableError
from orders.availability import PATH, InventoryInquiry
from orders.env import DirectoryEnvironment, InventoryEnvironment
from orders.mesh import SignedWay
from orders.models import OrderLine
from tests.support import harness
from tests.support.configuration import stack_config
from tests.support.harness import ACCOUNT, Built, Resource
from tests.support.lattice import REGION, Caller, Service, served
from tests.support.relations import POLICY, environment, statements

POLICY_CHARACTERS = 10_000
KEYS = ReadOnlyCredentials("AKIDORDERS", "secret", "token", None)
LINES = (OrderLine(product_id="mug", quantity=2, unit_price=1250),)
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DIRECTORY = {"INVENTORY_NAMESPACE_NAME", "INVENTORY_SERVICE_NAME", "INVENTORY_PORT"}


@pytest.fixture
def prod(stacks: Mapping[str, Built]) -> Built:
    return stacks["prod"]


def lattice(built: Built) -> set[str]:
    return {resource.name for resource in built if resource.type.startswith("aws:vpclattice/")}


def policy_of(built: Built, name: str) -> dict[str, Any]:
    (statement,) = statements(built.named(name))
    return statement


def ways(built: Built) -> tuple[set[str], set[str]]:
    """The statements and variables by which orders reaches inventory."""
    sids = {entry["Sid"] for entry in statements(built.named("orders-http-policy"))}
    told = environment(built.named("orders-http-function"))
    variables = {name for name in told if name.startswith("INVENTORY_")}
    return sids & {"AskThroughMesh", "Discover"}, variables - {"INVENTORY_TIMEOUT_SECONDS"}


def test_the_mesh_is_where_the_setting_says(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        assert bool(lattice(built)) is (stack_config(stack)["mesh:enabled"] == "true"), stack


def test_the_setting_alone_makes_the_mesh_and_switches_the_way(ready_packages: None) -> None:
    on = harness.build_stack("dev", mesh__enabled="true")
    off = harness.build_stack("prod", mesh__enabled="false")

    assert len(lattice(on)) == 11
    assert ways(on) == ({"AskThroughMesh"}, {"INVENTORY_MESH_URL"})
    assert lattice(off) == set()
    assert ways(off) == ({"Discover"}, DIRECTORY)


def test_orders_may_reach_the_mesh_by_every_kind_of_address_it_has(ready_packages: None) -> None:
    both = harness.build_stack("dev", mesh__enabled="true")
    egress = [each.inputs for each in both.of_type(EGRESS) if "prefixListId" in each.inputs]
    lists = {each["prefixListId"] for each in egress if "to mesh" in each["description"]}

    assert lists == {
        f"pl-com.amazonaws.{REGION}.vpc-lattice",
        f"pl-com.amazonaws.{REGION}.ipv6.vpc-lattice",
    }


def test_orders_has_one_way_to_inventory_and_no_other(stacks: Mapping[str, Built]) -> None:
    assert ways(stacks["dev"]) == ways(stacks["local"]) == ({"Discover"}, DIRECTORY)
    assert ways(stacks["prod"]) == ({"AskThroughMesh"}, {"INVENTORY_MESH_URL"})


def test_orders_is_told_what_it_reads(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        told = environment(built.named("orders-http-function"))
        read = env.load(InventoryEnvironment, told)
        assert (read.inventory_mesh_url is None) is (stack != "prod")
        if stack != "prod":
            named = env.load(DirectoryEnvironment, told)
            namespace = built.named("inventory-discovery-namespace").inputs["name"]
            assert named.inventory_namespace_name == namespace
            assert (named.inventory_service_name, named.inventory_port) == ("inventory", 8080)


def test_the_url_is_https_at_the_name_that_lattice_gave(prod: Built) -> None:
    (entry,) = prod.named("inventory-mesh-service").outputs["dnsEntries"]

    told = environment(prod.named("orders-http-function"))

    assert told["INVENTORY_MESH_URL"] == f"https://{entry['domainName']}"


def test_only_the_role_of_the_order_api_may_ask_and_only_for_availability(prod: Built) -> None:
    service = prod.named("inventory-mesh-service")
    role = prod.named("orders-http-role").outputs["arn"]

    assert (
        prod.named("inventory-mesh-policy").inputs["resourceIdentifier"] == (service.outputs["arn"])
    )
    assert policy_of(prod, "inventory-mesh-policy") == {
        "Sid": "Ask",
        "Effect": "Allow",
        "Principal": {"AWS": [role]},
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": f"{service.outputs['arn']}/availability",
        "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "POST"}},
    }


def test_nobody_else_is_granted_a_way_into_the_mesh(prod: Built) -> None:
    granted = [
        (policy.name, statement["Action"], statement["Resource"])
        for policy in prod.of_type(POLICY)
        for statement in statements(policy)
        if any(action.startswith("vpc-lattice") for action in statement["Action"])
    ]

    service = prod.named("inventory-mesh-service").outputs["arn"]
    assert granted == [
        ("orders-http-policy", ["vpc-lattice-svcs:Invoke"], [f"{service}/availability"])
    ]


def test_the_network_lets_in_the_own_account_from_the_own_vpc(prod: Built) -> None:
    network = prod.named("mesh-network").outputs["arn"]

    assert prod.named("mesh-policy").inputs["resourceIdentifier"] == network
    assert policy_of(prod, "mesh-policy") == {
        "Sid": "OwnAccountFromOwnVpc",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "vpc-lattice-svcs:SourceVpc": prod.named("network-vpc").outputs["vpcId"]
            }
        },
    }


def test_neither_network_nor_service_takes_a_request_without_a_signature(prod: Built) -> None:
    for name in ("mesh-network", "inventory-mesh-service"):
        assert prod.named(name).inputs["authType"] == "AWS_IAM"


@pytest.mark.parametrize("name", ["mesh-policy", "inventory-mesh-policy"])
def test_a_policy_is_as_lattice_takes_it(prod: Built, name: str) -> None:
    document = prod.named(name).inputs["policy"]

    assert "\n" not in document
    assert len(document) <= POLICY_CHARACTERS
    assert json.loads(document)["Version"] == "2012-10-17"


def id_of(resource: Resource) -> str:
    kind = resource.type.rpartition("/")[2].partition(":")[0]
    return f"{kind}-{resource.inputs['name']}"


def test_the_service_is_in_the_network_and_the_network_in_the_vpc(prod: Built) -> None:
    network = id_of(prod.named("mesh-network"))
    membership = prod.named("inventory-mesh-membership").inputs
    vpc = prod.named("mesh-vpc").inputs

    assert membership["serviceNetworkIdentifier"] == vpc["serviceNetworkIdentifier"] == network
    assert membership["serviceIdentifier"] == id_of(prod.named("inventory-mesh-service"))
    assert vpc["vpcIdentifier"] == prod.named("network-vpc").outputs["vpcId"]
    assert vpc["securityGroupIds"] == [id_of(prod.named("network-mesh-entry-group"))]


def test_one_request_is_forwarded_to_the_balancer_and_everything_else_is_404(prod: Built) -> None:
    targets = prod.named("inventory-mesh-targets")
    target = prod.named("inventory-mesh-target")
    listener = prod.named("inventory-mesh-listener")
    rule = prod.named("inventory-mesh-operation").inputs
    service = id_of(prod.named("inventory-mesh-service"))
    entry = prod.named("inventory-entry-listener")

    assert (listener.inputs["protocol"], listener.inputs["port"]) == ("HTTPS", 443)
    assert listener.inputs["defaultAction"] == {"fixedResponse": {"statusCode": 404}}
    assert rule["listenerIdentifier"] == listener.outputs["listenerId"]
    assert listener.inputs["serviceIdentifier"] == rule["serviceIdentifier"] == service
    path = {"caseSensitive": True, "match": {"exact": "/availability"}}
    assert rule["match"] == {"httpMatch": {"method": "POST", "pathMatch": path}}
    assert rule["action"] == {
        "forward": {"targetGroups": [{"targetGroupIdentifier": id_of(targets), "weight": 100}]}
    }
    assert targets.inputs["type"] == "ALB"
    assert targets.inputs["config"] == {
        "port": entry.inputs["port"],
        "protocol": "HTTP",
        "protocolVersion": "HTTP1",
        "vpcIdentifier": prod.named("network-vpc").outputs["vpcId"],
    }
    assert target.inputs["targetGroupIdentifier"] == id_of(targets)
    assert target.inputs["target"] == {
        "id": prod.named("inventory-entry-balancer").outputs["arn"],
        "port": entry.inputs["port"],
    }
    assert entry.urn in target.dependencies


def test_every_request_is_logged_as_long_as_other_logs_are_kept(prod: Built) -> None:
    logs = prod.named("mesh-access-logs")
    subscription = prod.named("mesh-access-log").inputs

    assert subscription["resourceIdentifier"] == prod.named("mesh-network").outputs["arn"]
    assert subscription["destinationArn"] == logs.outputs["arn"]
    assert logs.inputs["name"].startswith("/aws/vendedlogs/vpc-lattice/")
    days = int(stack_config("prod")["platform:log_retention_days"])
    assert logs.inputs["retentionInDays"] == days


def test_failed_refused_and_slow_requests_raise_alarms(prod: Built) -> None:
    watched = {
        (alarm.inputs["metricName"], alarm.inputs.get("statistic", "p99"))
        for alarm in prod.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        if alarm.inputs.get("namespace") == "AWS/VpcLattice"
        and alarm.inputs["dimensions"] == {"Service": id_of(prod.named("inventory-mesh-service"))}
    }

    assert watched == {
        ("HTTPCode_5XX_Count", "Sum"),
        ("HTTPCode_4XX_Count", "Sum"),
        ("RequestTime", "p99"),
    }
    latency = prod.named("inventory-mesh-latency").inputs
    assert latency["threshold"] == int(stack_config("prod")["inventory:alarm_latency_ms"])


@pytest.mark.parametrize(
    ("role", "refused"),
    [("orders-http", []), ("orders-sweep", ["may not POST"]), ("inventory-api-task", ["may not"])],
)
def test_what_orders_signs_is_what_the_deployed_policies_let_in(
    prod: Built, monkeypatch: pytest.MonkeyPatch, role: str, refused: list[str]
) -> None:
    caller = Caller(
        credentials=KEYS,
        role_arn=prod.named(f"{role}-role").outputs["arn"],
        may=[entry for entry in statements(prod.named(f"{role}-policy")) if "Resource" in entry],
    )
    service = Service(
        arn=prod.named("inventory-mesh-service").outputs["arn"],
        policy=statements(prod.named("inventory-mesh-policy")),
        callers=[caller],
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    session = botocore.session.get_session()
    session.set_credentials(KEYS.access_key, KEYS.secret_key, KEYS.token)

    with served(service):
        inquiry = InventoryInquiry(SignedWay(session, service.url), 5.0)
        if not refused:
            assert inquiry.available(LINES, "my-correlation") is True
        else:
            with pytest.raises(UnavailableError, match="answers 403"):
                inquiry.available(LINES, "my-correlation")

    assert service.asked[0].path == PATH
    assert all(said in service.refused[0] for said in refused)
    assert bool(service.refused) is bool(refused)

"""inventory on EKS: the same service, and nothing else in the program changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.blocks.kubernetes.platform import KEDA_VERSION
from tests.support import harness
from tests.support.harness import Built, Resource
from tests.support.relations import ALARM, POLICY, behind

ROLES = ("api", "worker")
CUSTOM = "kubernetes:eks.amazonaws.com/v1:TargetGroupBinding"
SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject"


@pytest.fixture(scope="module")
def eks() -> Built:
    """Production with inventory on EKS."""
    with harness.ready_packages():
        return harness.build_stack("prod", inventory__platform="eks")


@pytest.fixture(scope="module")
def ecs() -> Built:
    """Production as it is."""
    with harness.ready_packages():
        return harness.build_stack("prod")


def spec(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = resource.inputs["spec"]
    return found


def pod(built: Built, role: str) -> dict[str, Any]:
    template: dict[str, Any] = spec(built.named(f"inventory-{role}-deployment"))["template"]["spec"]
    return template


def test_everything_outside_of_inventory_is_as_it_was(eks: Built, ecs: Built) -> None:
    def outside(built: Built) -> set[tuple[str, str]]:
        inside = {resource.urn for resource in built.under("inventory")}
        return {(each.type, each.name) for each in built if each.urn not in inside}

    way = {
        resource
        for resource in outside(eks) ^ outside(ecs)
        if not resource[1].startswith("network-orders-http-to-")
    }
    assert way == set()


@pytest.mark.parametrize(
    "name",
    ["inventory-data-table", "inventory-events-queue", "inventory-entry-balancer"],
)
def test_table_queue_and_balancer_are_the_same(eks: Built, ecs: Built, name: str) -> None:
    assert eks.named(name).inputs == ecs.named(name).inputs


@pytest.mark.parametrize("name", ["inventory-entry-targets", "inventory-entry-alternate"])
def test_the_targets_are_the_same_and_name_the_cluster_that_may_fill_them(
    eks: Built, ecs: Built, name: str
) -> None:
    cluster = eks.named("inventory-kubernetes-cluster").inputs["name"]
    before = ecs.named(name).inputs

    assert eks.named(name).inputs == {
        **before,
        "tags": {**before["tags"], "eks:eks-cluster-name": cluster},
    }


def test_nodes_carry_no_tag_that_auto_mode_may_not_set(eks: Built) -> None:
    assert "tags" not in spec(eks.named("inventory-platform-node-class"))
    assert eks.of_type("aws:eks/accessEntry:AccessEntry") == []


def test_the_alarms_have_the_same_names(eks: Built, ecs: Built) -> None:
    assert {alarm.inputs["name"] for alarm in eks.of_type(ALARM)} == {
        alarm.inputs["name"] for alarm in ecs.of_type(ALARM)
    }


def test_nothing_of_ecs_is_left(eks: Built) -> None:
    assert [each.name for each in eks if each.type.startswith("aws:ecs/")] == []


def test_aws_runs_nodes_storage_and_balancing(eks: Built) -> None:
    cluster = eks.named("inventory-kubernetes-cluster").inputs

    assert cluster["computeConfig"]["enabled"] is True
    assert cluster["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert cluster["kubernetesNetworkConfig"] == {"elasticLoadBalancing": {"enabled": True}}
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["vpcConfig"]["endpointPrivateAccess"] is True
    assert cluster["vpcConfig"]["endpointPublicAccess"] is False
    assert cluster["vpcConfig"]["subnetIds"] == eks.named("network-vpc").outputs["privateSubnetIds"]


def test_the_clusters_api_is_public_for_named_addresses_alone() -> None:
    with harness.ready_packages():
        built = harness.build_stack(
            "prod", inventory__platform="eks", inventory__kubernetes_access_cidrs="203.0.113.0/24"
        )
    access = built.named("inventory-kubernetes-cluster").inputs["vpcConfig"]

    assert (access["endpointPublicAccess"], access["publicAccessCidrs"]) == (
        True,
        ["203.0.113.0/24"],
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_can_change_nothing_about_itself(eks: Built, role: str) -> None:
    template = pod(eks, role)
    (container,) = template["containers"]

    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert template["securityContext"]["runAsNonRoot"] is True
    assert template["securityContext"]["runAsUser"] == 10001
    assert template["automountServiceAccountToken"] is False
    assert "@sha256:" in container["image"]


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_has_the_variables_and_grants_of_the_task(eks: Built, ecs: Built, role: str) -> None:
    (container,) = pod(eks, role)["containers"]
    (task,) = json.loads(ecs.named(f"inventory-{role}-task").inputs["containerDefinitions"])
    granted = json.loads(eks.named(f"inventory-{role}-pod-policy").inputs["policy"])
    of_task = json.loads(ecs.named(f"inventory-{role}-task-policy").inputs["policy"])
    of_ecs = {"ProtectTask"} if role == "worker" else set()

    assert container["env"] == task["environment"]
    assert {entry["Sid"] for entry in of_task["Statement"]} >= of_ecs
    assert granted["Statement"] == [
        entry for entry in of_task["Statement"] if entry["Sid"] not in of_ecs
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_acts_as_its_own_role(eks: Built, role: str) -> None:
    identity = eks.named(f"inventory-kubernetes-{role}-identity").inputs
    account = eks.named(f"inventory-{role}-account").inputs["metadata"]

    assert behind(eks, identity["roleArn"]).name == f"inventory-{role}-pod-role"
    assert (identity["namespace"], identity["serviceAccount"]) == (
        account["namespace"],
        account["name"],
    )
    assert pod(eks, role)["serviceAccountName"] == account["name"]


def test_the_api_stands_behind_the_same_targets_and_has_no_other_way_in(eks: Built) -> None:
    binding = spec(eks.named("inventory-api-targets"))
    traffic = spec(eks.named("inventory-api-traffic"))
    worker = spec(eks.named("inventory-worker-traffic"))

    assert binding["targetGroupARN"] == eks.named("inventory-entry-targets").outputs["arn"]
    assert binding["serviceRef"] == {"name": "api", "port": 8080}
    assert [rule["ports"] for rule in traffic["ingress"]] == [[{"port": 8080}]]
    assert worker["ingress"] == []


def test_cloud_map_names_the_balancer_under_the_same_name(eks: Built, ecs: Built) -> None:
    service = eks.named("inventory-discovery-service")
    instance = eks.named("inventory-discovery-balancer").inputs

    assert service.inputs["name"] == ecs.named("inventory-discovery-service").inputs["name"]
    assert service.inputs["dnsConfig"]["routingPolicy"] == "WEIGHTED"
    assert instance["serviceId"] == f"service-{service.inputs['name']}"
    assert instance["attributes"] == {
        "AWS_ALIAS_DNS_NAME": eks.named("inventory-entry-balancer").outputs["dnsName"]
    }


def test_deployments_scale_by_cpu_and_the_worker_by_its_queue_too(eks: Built) -> None:
    api, worker = (spec(eks.named(f"inventory-{role}-scaling")) for role in ROLES)

    assert [trigger["type"] for trigger in api["triggers"]] == ["cpu"]
    assert [trigger["type"] for trigger in worker["triggers"]] == ["cpu", "aws-sqs-queue"]
    assert (
        worker["triggers"][1]["metadata"]["queueURL"]
        == (eks.named("inventory-events-queue").outputs["url"])
    )
    assert (worker["minReplicaCount"], worker["maxReplicaCount"]) == (3, 24)


def test_the_autoscaler_is_pinned_and_reads_the_length_of_one_queue(eks: Built) -> None:
    release = eks.named("inventory-platform-keda").inputs
    (policy,) = (
        each for each in eks.of_type(POLICY) if each.name == "inventory-platform-autoscaler-policy"
    )
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]

    assert (release["chart"], release["version"]) == ("keda", KEDA_VERSION)
    assert statement["Action"] == ["sqs:GetQueueAttributes"]
    assert statement["Resource"] == [eks.named("inventory-events-queue").outputs["arn"]]


def test_nodes_stand_in_the_groups_that_the_balancer_may_reach(eks: Built) -> None:
    groups = spec(eks.named("inventory-platform-node-class"))["securityGroupSelectorTerms"]
    tasks = eks.named("network-inventory-tasks-group")

    assert {"id": f"securityGroup-{tasks.inputs['name']}"} in groups
    assert len(groups) == 2


@pytest.mark.parametrize("role", ROLES)
def test_a_container_that_hangs_is_started_again(eks: Built, ecs: Built, role: str) -> None:
    (hosted,) = pod(eks, role)["containers"]
    (task,) = json.loads(ecs.named(f"inventory-{role}-task").inputs["containerDefinitions"])

    assert ["CMD", *hosted["livenessProbe"]["exec"]["command"]] == task["healthCheck"]["command"]

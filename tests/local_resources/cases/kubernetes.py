"""Cases of EKS, which is recorded."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import unique

_ROLE = "arn:aws:iam::000000000000:role/nodes"


def _cluster() -> Properties:
    return {
        "name": unique("cluster"),
        "version": "1.34",
        "roleArn": "arn:aws:iam::000000000000:role/cluster",
        "accessConfig": {"authenticationMode": "API"},
        "computeConfig": {"enabled": True, "nodePools": ["system"], "nodeRoleArn": _ROLE},
        "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"], "endpointPrivateAccess": True},
        "tags": {"service": "inventory"},
    }


def _identity() -> Properties:
    return {
        "clusterName": "shop",
        "namespace": "inventory",
        "serviceAccount": unique("account"),
        "roleArn": _ROLE,
    }


CASES = (
    Case(
        resource_type="aws:eks/cluster:Cluster",
        inputs=lambda _: _cluster(),
        change={"version": "1.35"},
        outputs=("arn", "endpoint"),
        survives=True,
    ),
    Case(
        resource_type="aws:eks/accessEntry:AccessEntry",
        inputs=lambda _: {"clusterName": unique("shop"), "principalArn": _ROLE, "type": "EC2"},
        change={"tags": {"tier": "1"}},
        survives=True,
    ),
    Case(
        resource_type="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        inputs=lambda _: {
            "clusterName": unique("shop"),
            "principalArn": _ROLE,
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
            "accessScope": {"type": "cluster"},
        },
        survives=True,
    ),
    Case(
        resource_type="aws:eks/addon:Addon",
        inputs=lambda _: {
            "clusterName": unique("shop"),
            "addonName": "metrics-server",
            "resolveConflictsOnUpdate": "OVERWRITE",
        },
        change={"resolveConflictsOnUpdate": "PRESERVE"},
        survives=True,
    ),
    Case(
        resource_type="aws:eks/podIdentityAssociation:PodIdentityAssociation",
        inputs=lambda _: _identity(),
        change={"roleArn": "arn:aws:iam::000000000000:role/other"},
        outputs=("associationId",),
        survives=True,
    ),
)

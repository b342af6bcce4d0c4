"""EKS: all of it is recorded, since no pod would run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from local.resources.base import Cloud, Properties
from local.resources.recording import Recorded
from local.resources.shapes import Api

Outputs = Callable[[Cloud, Properties], Properties]


def _cluster(cloud: Cloud, inputs: Properties) -> Properties:
    name = inputs["name"]
    return {
        "id": name,
        "arn": f"arn:aws:eks:{cloud.region}:{cloud.account_id}:cluster/{name}",
        "endpoint": f"https://{name}.{cloud.region}.eks.amazonaws.com",
        "certificateAuthority": {"data": ""},
    }


def _joined(*parts: str) -> Outputs:
    """An id of the inputs that never change, as the AWS provider forms it."""
    return lambda _, inputs: {"id": ":".join(inputs[part] for part in parts)}


def _identity(_: Cloud, inputs: Properties) -> Properties:
    where = f"{inputs['clusterName']}/{inputs['namespace']}/{inputs['serviceAccount']}"
    return {"id": where, "associationId": where}


def _recorded(kind: str, operation: str, api: Api, outputs: Outputs, *replace_on: str) -> Recorded:
    return Recorded(
        handles=f"aws:eks/{kind[0].lower()}{kind[1:]}:{kind}",
        reason="no Kubernetes runs here",
        api=api,
        operation=operation,
        outputs=outputs,
        replace_on=frozenset(replace_on),
    )


_VPC: Final = {"vpcConfig": "resourcesVpcConfig"}
_ON_CLUSTER: Final = Api("eks")

TYPES: Final = (
    _recorded("Cluster", "CreateCluster", Api("eks", renamed=_VPC), _cluster, "name", "roleArn"),
    _recorded(
        "AccessEntry",
        "CreateAccessEntry",
        _ON_CLUSTER,
        _joined("clusterName", "principalArn"),
        *("clusterName", "principalArn", "type"),
    ),
    _recorded(
        "AccessPolicyAssociation",
        "AssociateAccessPolicy",
        _ON_CLUSTER,
        _joined("clusterName", "principalArn", "policyArn"),
        *("clusterName", "principalArn", "policyArn", "accessScope"),
    ),
    _recorded(
        "Addon",
        "CreateAddon",
        Api(
            "eks",
            renamed={"resolveConflictsOnCreate": "resolveConflicts"},
            provider_only=frozenset({"preserve", "resolveConflictsOnUpdate"}),
        ),
        _joined("clusterName", "addonName"),
        *("clusterName", "addonName"),
    ),
    _recorded(
        "PodIdentityAssociation",
        "CreatePodIdentityAssociation",
        _ON_CLUSTER,
        _identity,
        *("clusterName", "namespace", "serviceAccount"),
    ),
)

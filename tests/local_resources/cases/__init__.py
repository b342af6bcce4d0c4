"""A life-cycle case for every resource type the local run handles."""

from tests.local_resources.cases import (
    apis,
    backups,
    compute,
    containers,
    databases,
    edge,
    identity,
    kubernetes,
    mesh,
    messaging,
    network,
    spending,
    storage,
    ways_out,
    without_aws,
)
from tests.local_resources.cases.case import Case

CASES: tuple[Case, ...] = (
    *apis.CASES,
    *backups.CASES,
    *compute.CASES,
    *containers.CASES,
    *edge.CASES,
    *databases.CASES,
    *identity.CASES,
    *kubernetes.CASES,
    *mesh.CASES,
    *messaging.CASES,
    *network.CASES,
    *spending.CASES,
    *storage.CASES,
    *ways_out.CASES,
    *without_aws.CASES,
)

__all__ = ["CASES", "Case"]

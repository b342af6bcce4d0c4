"""Types the embedded AWS cannot hold: their requests are built and validated, and not sent.

`HANDLERS` is the one reviewed list of them, EKS's in `eks.TYPES`, VPC Lattice's in `lattice.TYPES`,
domains' in `recorded_edge.TYPES`, cost
anomalies' in `recorded_spending.TYPES`. Each says why it is here; a type leaves the list when the
emulator learns it.
"""

from __future__ import annotations

from local.resources import eks, lattice, recorded_edge, recorded_spending
from local.resources.base import Cloud, Properties
from local.resources.recording import Recorded
from local.resources.shapes import Api


def _vpc_link(cloud: Cloud, inputs: Properties) -> Properties:
    id = f"link-{inputs['name']}"
    return {"id": id, "arn": f"arn:aws:apigateway:{cloud.region}::/vpclinks/{id}"}


def _scalable_target(cloud: Cloud, inputs: Properties) -> Properties:
    prefix = f"arn:aws:application-autoscaling:{cloud.region}:{cloud.account_id}"
    return {"id": inputs["resourceId"], "arn": f"{prefix}:scalable-target/recorded"}


def _scaling_policy(cloud: Cloud, inputs: Properties) -> Properties:
    prefix = f"arn:aws:autoscaling:{cloud.region}:{cloud.account_id}:scalingPolicy:recorded"
    resource = f"resource/{inputs['serviceNamespace']}/{inputs['resourceId']}"
    return {
        "id": inputs["name"],
        "arn": f"{prefix}:{resource}:policyName/{inputs['name']}",
        "alarmArns": [],
    }


def _vault_lock(cloud: Cloud, inputs: Properties) -> Properties:
    vault = inputs["backupVaultName"]
    arn = f"arn:aws:backup:{cloud.region}:{cloud.account_id}:backup-vault:{vault}"
    return {"id": vault, "backupVaultArn": arn}


def _query_definition(cloud: Cloud, inputs: Properties) -> Properties:
    id = f"recorded-{inputs['name']}"
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account_id}:query-definition:{id}"
    return {"id": id, "queryDefinitionId": id, "arn": arn}


_NO_AUTOSCALING = "MiniStack has no application-autoscaling"

HANDLERS = (
    Recorded(
        handles="aws:apigatewayv2/vpcLink:VpcLink",
        reason="MiniStack has no VPC links; integrations behind one become HTTP proxies",
        api=Api("apigatewayv2"),
        operation="CreateVpcLink",
        outputs=_vpc_link,
        replace_on=frozenset({"securityGroupIds", "subnetIds"}),
    ),
    Recorded(
        handles="aws:appautoscaling/target:Target",
        reason=_NO_AUTOSCALING,
        api=Api("application-autoscaling"),
        operation="RegisterScalableTarget",
        outputs=_scalable_target,
        replace_on=frozenset({"resourceId", "scalableDimension", "serviceNamespace"}),
    ),
    Recorded(
        handles="aws:appautoscaling/policy:Policy",
        reason=_NO_AUTOSCALING,
        api=Api("application-autoscaling", renamed={"name": "PolicyName"}),
        operation="PutScalingPolicy",
        outputs=_scaling_policy,
        replace_on=frozenset({"name", "resourceId", "scalableDimension", "serviceNamespace"}),
    ),
    Recorded(
        handles="aws:cloudwatch/queryDefinition:QueryDefinition",
        reason="MiniStack saves no queries",
        api=Api("logs"),
        operation="PutQueryDefinition",
        outputs=_query_definition,
    ),
    *eks.TYPES,
    *lattice.TYPES,
    *recorded_edge.TYPES,
    *recorded_spending.TYPES,
    Recorded(
        handles="aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        reason="MiniStack has no vault locks",
        api=Api("backup"),
        operation="PutBackupVaultLockConfiguration",
        outputs=_vault_lock,
        replace_on=frozenset({"backupVaultName", "changeableForDays"}),
    ),
)

"""Cases of what leaves nothing on the embedded AWS: recorded types and explicit providers."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import Stack, unique

TARGET = "aws:appautoscaling/target:Target"


def target_inputs(_: Stack) -> Properties:
    """An ECS service that scales from one to four tasks."""
    return {
        "serviceNamespace": "ecs",
        "resourceId": "service/shop/inventory-api",
        "scalableDimension": "ecs:service:DesiredCount",
        "minCapacity": 1,
        "maxCapacity": 4,
    }


def _policy(stack: Stack) -> Properties:
    target = {key: value for key, value in target_inputs(stack).items() if "Capacity" not in key}
    return {
        **target,
        "name": unique("policy"),
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 60,
            "scaleInCooldown": 300,
            "predefinedMetricSpecification": {
                "predefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    }


CASES = (
    Case(
        resource_type="aws:apigatewayv2/vpcLink:VpcLink",
        inputs=lambda _: {
            "name": unique("link"),
            "securityGroupIds": ["sg-1"],
            "subnetIds": ["subnet-1", "subnet-2"],
            "tags": {"service": "inventory"},
        },
        change={"name": "renamed"},
        outputs=("arn",),
        survives=True,
    ),
    Case(
        resource_type="aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        inputs=lambda _: {
            "backupVaultName": unique("vault"),
            "minRetentionDays": 35,
            "maxRetentionDays": 365,
        },
        change={"maxRetentionDays": 400},
        outputs=("backupVaultArn",),
        survives=True,
    ),
    Case(
        resource_type=TARGET,
        inputs=target_inputs,
        change={"maxCapacity": 8},
        outputs=("arn",),
        survives=True,
    ),
    Case(
        resource_type="aws:appautoscaling/policy:Policy",
        inputs=_policy,
        change={"targetTrackingScalingPolicyConfiguration": {"targetValue": 70}},
        outputs=("arn",),
        survives=True,
    ),
    Case(
        resource_type="pulumi:providers:aws",
        inputs=lambda _: {"region": "us-east-1"},
        change={"region": "us-west-2"},
        survives=True,
    ),
)

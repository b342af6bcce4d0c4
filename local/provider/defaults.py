"""The values that the AWS provider itself fills in for inputs that a program leaves out.

They are the static defaults of the provider's own schema, for the types that our program
registers. What AWS decides is no default: it shows in the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from local.resources import Properties

_MANAGED: Final = {"description": "Managed by Pulumi"}

DEFAULTS: Final[Mapping[str, Properties]] = {
    "aws:apigatewayv2/api:Api": {
        "apiKeySelectionExpression": "$request.header.x-api-key",
        "routeSelectionExpression": "$request.method $request.path",
    },
    "aws:apigatewayv2/integration:Integration": {
        "connectionType": "INTERNET",
        "payloadFormatVersion": "1.0",
    },
    "aws:apigatewayv2/route:Route": {"apiKeyRequired": False, "authorizationType": "NONE"},
    "aws:apigatewayv2/stage:Stage": {"autoDeploy": False},
    "aws:cloudwatch/eventRule:EventRule": {"eventBusName": "default", "forceDestroy": False},
    "aws:cloudwatch/eventTarget:EventTarget": {"eventBusName": "default", "forceDestroy": False},
    "aws:cloudwatch/logGroup:LogGroup": {"retentionInDays": 0, "skipDestroy": False},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "actionsEnabled": True,
        "treatMissingData": "missing",
    },
    "aws:dynamodb/table:Table": {"billingMode": "PROVISIONED"},
    "aws:ec2/securityGroup:SecurityGroup": {**_MANAGED, "revokeRulesOnDelete": False},
    "aws:ecs/service:Service": {
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "enableEcsManagedTags": False,
        "schedulingStrategy": "REPLICA",
        "waitForSteadyState": False,
    },
    "aws:ecs/taskDefinition:TaskDefinition": {"skipDestroy": False, "trackLatest": False},
    "aws:iam/role:Role": {
        "forceDetachPolicies": False,
        "maxSessionDuration": 3600,
        "path": "/",
    },
    "aws:lambda/eventSourceMapping:EventSourceMapping": {"enabled": True},
    "aws:lambda/function:Function": {
        "memorySize": 128,
        "packageType": "Zip",
        "publish": False,
        "reservedConcurrentExecutions": -1,
        "skipDestroy": False,
        "timeout": 3,
    },
    "aws:lambda/invocation:Invocation": {
        "lifecycleScope": "CREATE_ONLY",
        "qualifier": "$LATEST",
        "terraformKey": "tf",
    },
    "aws:lb/loadBalancer:LoadBalancer": {
        "clientKeepAlive": 3600,
        "desyncMitigationMode": "defensive",
        "dropInvalidHeaderFields": False,
        "enableDeletionProtection": False,
        "enableHttp2": True,
        "idleTimeout": 60,
        "preserveHostHeader": False,
        "xffHeaderProcessingMode": "append",
    },
    "aws:lb/targetGroup:TargetGroup": {
        "deregistrationDelay": 300,
        "lambdaMultiValueHeadersEnabled": False,
        "slowStart": 0,
        "targetType": "instance",
    },
    "aws:rds/cluster:Cluster": {
        "backupRetentionPeriod": 1,
        "engineMode": "provisioned",
        "performanceInsightsEnabled": False,
        "skipFinalSnapshot": False,
    },
    "aws:rds/clusterInstance:ClusterInstance": {
        "autoMinorVersionUpgrade": True,
        "promotionTier": 0,
    },
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _MANAGED,
    "aws:rds/subnetGroup:SubnetGroup": _MANAGED,
    "aws:sns/topic:Topic": {"contentBasedDeduplication": False, "fifoTopic": False},
    "aws:sns/topicSubscription:TopicSubscription": {
        "confirmationTimeoutInMinutes": 1,
        "endpointAutoConfirms": False,
        "rawMessageDelivery": False,
    },
    "aws:sqs/queue:Queue": {
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {},
}
"""Type → property → default."""


def with_defaults(token: str, given: Properties) -> Properties:
    """`given`, and the type's default for each property that it lacks."""
    missing: dict[str, Any] = {
        key: value for key, value in DEFAULTS.get(token, {}).items() if given.get(key) is None
    }
    return {**given, **missing}

"""Cases of Lambda, DynamoDB and CloudWatch."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

import pulumi

from local.resources import Properties
from tests.local_resources.cases.case import Case, allow, permit
from tests.local_resources.stack import Stack, unique

FUNCTION = "aws:lambda/function:Function"
ROLE = "aws:iam/role:Role"
TABLE = "aws:dynamodb/table:Table"
ECHO = "def handle(event, context):\n    return event\n"


def function_inputs(stack: Stack, source: str = ECHO) -> Properties:
    """The inputs of a function whose module `main` is `source`; its role may do everything."""
    role = stack.make(ROLE, name=unique("role"), assumeRolePolicy=allow("lambda.amazonaws.com"))
    everything = permit("*", "*")
    stack.make("aws:iam/rolePolicy:RolePolicy", name="all", role=role["name"], policy=everything)
    return {
        "name": unique("function"),
        "role": role["arn"],
        "code": archive(stack, source),
        "handler": "main.handle",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "memorySize": 256,
        "timeout": 10,
        "publish": True,
        "environment": {"variables": {"ORDERS_TABLE_NAME": "orders"}},
        "tracingConfig": {"mode": "Active"},
        "tags": {"service": "orders"},
    }


def archive(stack: Stack, source: str) -> pulumi.FileArchive:
    """A zip with `source` as module `main`; it goes when the stack closes."""
    directory = tempfile.TemporaryDirectory(prefix="storefront-code-")
    stack.on_close(directory.cleanup)
    path = Path(directory.name) / "code.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("main.py", source)
    return pulumi.FileArchive(str(path))


def _table(_: Stack) -> Properties:
    return {
        "name": unique("table"),
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
        "attributes": [
            {"name": name, "type": "S"} for name in ("pk", "sk", "unpublished", "occurred_at")
        ],
        "globalSecondaryIndexes": [
            {
                "name": "unpublished",
                "hashKey": "unpublished",
                "rangeKey": "occurred_at",
                "projectionType": "ALL",
            }
        ],
        "streamEnabled": True,
        "streamViewType": "NEW_IMAGE",
        "ttl": {"attributeName": "expires_at", "enabled": True},
        "pointInTimeRecovery": {"enabled": True},
        "serverSideEncryption": {"enabled": True},
        "deletionProtectionEnabled": False,
        "tags": {"service": "orders"},
    }


def _function(stack: Stack) -> Properties:
    dead = stack.make("aws:sqs/queue:Queue", name=unique("dead"))
    return {
        **function_inputs(stack),
        "deadLetterConfig": {"targetArn": dead["arn"]},
        "reservedConcurrentExecutions": 5,
    }


def _alias(stack: Stack) -> Properties:
    function = stack.make(FUNCTION, **function_inputs(stack))
    return {"name": "live", "functionName": function["name"], "functionVersion": "1"}


def _permission(stack: Stack) -> Properties:
    function = stack.make(FUNCTION, **function_inputs(stack))
    return {
        "action": "lambda:InvokeFunction",
        "function": function["name"],
        "principal": "events.amazonaws.com",
        "sourceArn": "arn:aws:events:us-east-1:000000000000:rule/sweep",
    }


def _queue_mapping(stack: Stack) -> Properties:
    return {
        "functionName": stack.make(FUNCTION, **function_inputs(stack))["arn"],
        "eventSourceArn": stack.make(
            "aws:sqs/queue:Queue", name=unique("queue"), visibilityTimeoutSeconds=60
        )["arn"],
        "batchSize": 10,
        "maximumBatchingWindowInSeconds": 0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 4},
        "tags": {"service": "orders"},
    }


def _stream_mapping(stack: Stack) -> Properties:
    failed = stack.make("aws:sqs/queue:Queue", name=unique("failed"))
    inserts = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"unpublished": {"S": ["1"]}}}}
    return {
        "functionName": stack.make(FUNCTION, **function_inputs(stack))["arn"],
        "eventSourceArn": stack.make(TABLE, **_table(stack))["streamArn"],
        "startingPosition": "TRIM_HORIZON",
        "batchSize": 100,
        "bisectBatchOnFunctionError": True,
        "maximumRetryAttempts": 5,
        "filterCriteria": {"filters": [{"pattern": json.dumps(inserts)}]},
        "destinationConfig": {"onFailure": {"destinationArn": failed["arn"]}},
    }


def _provisioned(stack: Stack) -> Properties:
    function = stack.make(FUNCTION, **function_inputs(stack))
    return {
        "functionName": function["name"],
        "qualifier": function["version"],
        "provisionedConcurrentExecutions": 1,
    }


def _invocation(stack: Stack) -> Properties:
    function = stack.make(FUNCTION, **function_inputs(stack))
    return {"functionName": function["name"], "input": "{}", "triggers": {"code": "1"}}


def _alarm(_: Stack) -> Properties:
    return {
        "name": unique("alarm"),
        "alarmDescription": "Oldest message is too old",
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 2,
        "metricName": "ApproximateAgeOfOldestMessage",
        "namespace": "AWS/SQS",
        "period": 60,
        "statistic": "Maximum",
        "threshold": 120,
        "treatMissingData": "notBreaching",
        "dimensions": {"QueueName": "orders"},
        "alarmActions": ["arn:aws:sns:us-east-1:000000000000:alarms"],
        "tags": {"service": "orders"},
    }


def _composite(stack: Stack) -> Properties:
    alarm = stack.make("aws:cloudwatch/metricAlarm:MetricAlarm", **_alarm(stack))
    return {
        "alarmName": unique("composite"),
        "alarmRule": f'ALARM("{alarm["name"]}")',
        "tags": {"service": "orders"},
    }


def _dashboard(_: Stack) -> Properties:
    text = {"type": "text", "x": 0, "y": 0, "width": 6, "height": 3}
    body = {"widgets": [{**text, "properties": {"markdown": "Orders"}}]}
    return {"dashboardName": unique("dashboard"), "dashboardBody": json.dumps(body)}


CASES = (
    Case(
        resource_type=TABLE,
        inputs=_table,
        change={
            "streamEnabled": False,
            "pointInTimeRecovery": {"enabled": False},
            "tags": {"tier": "1"},
        },
        outputs=("arn", "streamArn", "streamLabel"),
    ),
    Case(
        resource_type=FUNCTION,
        inputs=_function,
        change={
            "timeout": 20,
            "environment": {"variables": {"ORDERS_TABLE_NAME": "other"}},
            "reservedConcurrentExecutions": 2,
            "tags": {"tier": "1"},
        },
        outputs=("arn", "invokeArn", "version", "qualifiedArn", "sourceCodeHash", "lastModified"),
    ),
    Case(
        resource_type="aws:lambda/alias:Alias",
        inputs=_alias,
        change={"description": "What customers call"},
        outputs=("arn", "invokeArn"),
    ),
    Case(
        resource_type="aws:lambda/permission:Permission",
        inputs=_permission,
        outputs=("statementId",),
    ),
    Case(
        resource_type="aws:lambda/eventSourceMapping:EventSourceMapping",
        inputs=_queue_mapping,
        change={"batchSize": 5, "scalingConfig": {"maximumConcurrency": 2}},
        outputs=("uuid", "arn", "functionArn", "state"),
    ),
    Case(
        resource_type="aws:lambda/eventSourceMapping:EventSourceMapping",
        inputs=_stream_mapping,
        change={"batchSize": 50, "maximumRetryAttempts": 3},
        outputs=("uuid", "arn", "functionArn", "state"),
    ),
    Case(
        resource_type="aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        inputs=_provisioned,
        change={"provisionedConcurrentExecutions": 2},
    ),
    Case(
        resource_type="aws:lambda/invocation:Invocation",
        inputs=_invocation,
        change={"terraformKey": "again"},
        outputs=("result",),
        survives=True,
    ),
    Case(
        resource_type="aws:cloudwatch/metricAlarm:MetricAlarm",
        inputs=_alarm,
        change={"threshold": 60, "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        inputs=_composite,
        change={"alarmDescription": "Orders suffer"},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:cloudwatch/dashboard:Dashboard",
        inputs=_dashboard,
        change={"dashboardBody": '{"widgets": []}'},
        outputs=("dashboardArn",),
    ),
    Case(
        resource_type="aws:cloudwatch/queryDefinition:QueryDefinition",
        inputs=lambda _: {
            "name": unique("query"),
            "queryString": "fields @message",
            "logGroupNames": ["/aws/lambda/orders-http"],
        },
        change={"queryString": "fields @message | sort @timestamp"},
        outputs=("queryDefinitionId",),
        survives=True,
    ),
    Case(
        resource_type="aws:cloudwatch/logGroup:LogGroup",
        inputs=lambda _: {
            "name": f"/aws/lambda/{unique('group')}",
            "retentionInDays": 7,
            "tags": {"service": "orders"},
        },
        change={"retentionInDays": 14, "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
)

"""A role does no more than its boundary says, whatever it is granted."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.resources import Properties
from tests.local_resources.cases.case import allow
from tests.local_resources.stack import Stack
from tests.support import harness
from tests.support.blocks import SCOPE, boundary

pytestmark = pytest.mark.xdist_group("ministack")
_ROLE = "aws:iam/role:Role"
_QUEUE = "aws:sqs/queue:Queue"
_GRANTED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["sqs:SendMessage", "sqs:DeleteQueue", "iam:CreateRole"],
                "Resource": "*",
            }
        ],
    }
)


@pytest.fixture
def bounded(stack: Stack) -> Properties:
    """A role with everything in `_GRANTED`, within the shop's boundary."""
    document = harness.build(lambda: boundary(region=stack.cloud.region)).named("boundary-policy")
    policy = stack.make("aws:iam/policy:Policy", **document.inputs)
    return role(stack, permissionsBoundary=policy["arn"])


def role(stack: Stack, **more: str) -> Properties:
    return stack.make(
        _ROLE,
        name=SCOPE.physical("role", "granted"),
        assumeRolePolicy=allow("lambda.amazonaws.com"),
        inlinePolicies=[{"name": "granted", "policy": _GRANTED}],
        **more,
    )


def acting_as(stack: Stack, role: Properties, service: str) -> Any:
    session = stack.cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="test")
    keys = session["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.cloud.endpoint,
        region_name=stack.cloud.region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    code: str = error.value.response["Error"]["Code"]
    return code


def test_what_is_granted_and_inside_is_done(stack: Stack, bounded: Properties) -> None:
    own = stack.make(_QUEUE, name=SCOPE.physical("queue", "own"))

    sent = acting_as(stack, bounded, "sqs").send_message(QueueUrl=own["url"], MessageBody="a")

    assert sent["MessageId"]


def test_what_is_granted_and_outside_is_denied(stack: Stack, bounded: Properties) -> None:
    own = stack.make(_QUEUE, name=SCOPE.physical("queue", "own"))
    foreign = stack.make(_QUEUE, name="of-somebody-else")
    sqs = acting_as(stack, bounded, "sqs")
    iam = acting_as(stack, bounded, "iam")

    denied = (
        refusal(sqs.send_message, QueueUrl=foreign["url"], MessageBody="a"),
        refusal(sqs.delete_queue, QueueUrl=own["url"]),
        refusal(iam.create_role, RoleName="a", AssumeRolePolicyDocument=allow("ec2.amazonaws.com")),
    )

    assert all("AccessDenied" in code for code in denied), denied


def test_the_same_grants_without_a_boundary_are_not_denied(stack: Stack) -> None:
    foreign = stack.make(_QUEUE, name="of-somebody-else")

    sent = acting_as(stack, role(stack), "sqs").send_message(
        QueueUrl=foreign["url"], MessageBody="a"
    )

    assert sent["MessageId"]

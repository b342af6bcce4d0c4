"""Cases of SQS, SNS and EventBridge."""

from __future__ import annotations

import json

from local.resources import Properties
from tests.local_resources.cases.case import Case, permit
from tests.local_resources.stack import Stack, unique

QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
RULE = "aws:cloudwatch/eventRule:EventRule"


def _queue(stack: Stack) -> Properties:
    dead = stack.make(QUEUE, name=unique("dead"), messageRetentionSeconds=1_209_600)
    redrive = {"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 5}
    return {
        "name": unique("queue"),
        "visibilityTimeoutSeconds": 120,
        "receiveWaitTimeSeconds": 20,
        "redrivePolicy": json.dumps(redrive),
        "sqsManagedSseEnabled": True,
        "tags": {"service": "orders"},
    }


def _queue_policy(stack: Stack) -> Properties:
    queue = stack.make(QUEUE, name=unique("queue"))
    policy = permit("sqs:SendMessage", queue["arn"], Principal='{"Service": "sns.amazonaws.com"}')
    return {"queueUrl": queue["url"], "policy": policy}


def _redrive_allow(stack: Stack) -> Properties:
    source, dead = (stack.make(QUEUE, name=unique("queue")) for _ in range(2))
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [source["arn"]]}
    return {"queueUrl": dead["url"], "redriveAllowPolicy": json.dumps(allowed)}


def _redrive(stack: Stack) -> Properties:
    source, dead = (stack.make(QUEUE, name=unique("queue")) for _ in range(2))
    redrive = {"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 3}
    return {"queueUrl": source["url"], "redrivePolicy": json.dumps(redrive)}


def _topic_policy(stack: Stack) -> Properties:
    topic = stack.make(TOPIC, name=unique("topic"))
    policy = permit("sns:Publish", topic["arn"], Principal='{"AWS": "000000000000"}')
    return {"arn": topic["arn"], "policy": policy}


def _subscription(stack: Stack) -> Properties:
    return {
        "topic": stack.make(TOPIC, name=unique("topic"))["arn"],
        "protocol": "sqs",
        "endpoint": stack.make(QUEUE, name=unique("queue"))["arn"],
        "filterPolicy": json.dumps({"type": ["OrderPlaced"]}),
        "rawMessageDelivery": True,
    }


def _target(stack: Stack) -> Properties:
    return {
        "rule": stack.make(RULE, name=unique("rule"), scheduleExpression="rate(1 hour)")["name"],
        "arn": stack.make(QUEUE, name=unique("queue"))["arn"],
        "input": '{"source": "schedule"}',
        "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 2},
    }


CASES = (
    Case(
        resource_type=QUEUE,
        inputs=_queue,
        change={"visibilityTimeoutSeconds": 60, "tags": {"service": "payments", "tier": "1"}},
        outputs=("arn", "url", "tagsAll"),
    ),
    Case(
        resource_type="aws:sqs/queuePolicy:QueuePolicy",
        inputs=_queue_policy,
        change={"policy": permit("sqs:SendMessage", "*", Principal='{"AWS": "000000000000"}')},
    ),
    Case(
        resource_type="aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
        inputs=_redrive_allow,
        change={"redriveAllowPolicy": '{"redrivePermission": "denyAll"}'},
    ),
    Case(resource_type="aws:sqs/redrivePolicy:RedrivePolicy", inputs=_redrive),
    Case(
        resource_type=TOPIC,
        inputs=lambda _: {"name": unique("topic"), "tags": {"service": "shop"}},
        change={"displayName": "Shop", "tags": {"tier": "1"}},
        outputs=("arn", "owner"),
    ),
    Case(
        resource_type="aws:sns/topicPolicy:TopicPolicy",
        inputs=_topic_policy,
        change={"policy": permit("sns:Publish", "*", Principal='{"AWS": "000000000000"}')},
        outputs=("owner",),
    ),
    Case(
        resource_type="aws:sns/topicSubscription:TopicSubscription",
        inputs=_subscription,
        change={"filterPolicy": '{"type": ["OrderCancelled"]}'},
        outputs=("arn", "ownerId"),
    ),
    Case(
        resource_type=RULE,
        inputs=lambda _: {
            "name": unique("rule"),
            "scheduleExpression": "rate(1 minute)",
            "description": "Sweeps",
            "tags": {"service": "orders"},
        },
        change={"scheduleExpression": "rate(5 minutes)", "state": "DISABLED"},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:cloudwatch/eventTarget:EventTarget",
        inputs=_target,
        change={"input": '{"source": "other"}'},
        outputs=("targetId",),
    ),
)

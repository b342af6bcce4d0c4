"""Ways to break something for as long as a block lasts."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from local.processes import TaskProcess
from tools.alarms.scene import Scene

LONG_AGO = "2020-01-01T00:00:00.000Z"
"""When something is said to have happened that is to be old."""
_POLICY = "refused-by-a-fault"


@contextmanager
def refused(scene: Scene, roles: Sequence[str], *actions: str) -> Iterator[None]:
    """During the block IAM denies the actions to the roles with these names in the program."""
    iam = scene.client("iam")
    deny = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    names = [scene.named(role)["name"] for role in roles]
    for name in names:
        iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=document)
    try:
        yield
    finally:
        for name in names:
            iam.delete_role_policy(RoleName=name, PolicyName=_POLICY)


@contextmanager
def stopped(process: TaskProcess) -> Iterator[None]:
    """It does nothing during the block."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def send(scene: Scene, url: str, body: str, count: int) -> None:
    """So many messages of the same body, ten at the most."""
    entries = [{"Id": str(number), "MessageBody": body} for number in range(count)]
    scene.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)

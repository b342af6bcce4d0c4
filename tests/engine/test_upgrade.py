"""The states of earlier programs preview against today's without losing data.

`states/prod-<commit>.json` is what the program of that commit left on the embedded AWS, with
endpoints, paths and secrets replaced; `-data` holds only what holds data, and what that is part of.
They are never made again from a later program: what they hold is what people have deployed. After
976fd23 the notifications' table was renamed, with an alias.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.project import readable_state
from tests.engine.conftest import ON_THIS_MACHINE
from tests.support.engine import Project

STATES = sorted((Path(__file__).parent / "states").glob("prod-*.json"))
HOLDS_DATA = {
    "aws:cognito/userPool:UserPool",
    "aws:dynamodb/table:Table",
    "aws:rds/cluster:Cluster",
    "aws:rds/clusterInstance:ClusterInstance",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:sqs/queue:Queue",
}
NEW = {
    *("edge-cdn-logs-logs", "edge-web-acl-logs", "mesh-access-logs", "network-flows-group"),
    "notifications-live-access-logs",
    *("payments-data-proxy-logs", "payments-data-reader-1"),
}
"""What holds data and was added since; everything else that is created would be a rename."""
DESTRUCTIVE = ("create-replacement", "delete", "delete-replaced", "discard", "replace")


@pytest.mark.parametrize("state", STATES, ids=[state.stem for state in STATES])
def test_an_upgrade_from_an_earlier_state_keeps_what_holds_data(
    state: Path, project: Callable[..., Project]
) -> None:
    stack = project("prod", overrides=ON_THIS_MACHINE)
    (stack.directory / "given.json").write_text(readable_state(state, stack.directory, "prod"))
    stack.pulumi("stack", "import", "--file", "given.json")

    steps = stack.preview().steps

    holding = [step for step in steps if step.type in HOLDS_DATA]
    assert {step.type for step in holding} == HOLDS_DATA
    assert [(step.op, step.name) for step in holding if step.op in DESTRUCTIVE] == []
    created = {step.name for step in holding if step.op == "create"}
    assert created - NEW == set()

"""A creation that fails, a secret that must not be seen, and what lifted protection leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.engine.conftest import RunningCloud
from tests.support.engine import Project
from tests.support.programs import STACK, write_program

Start = Callable[[str], RunningCloud]
_KEYS = """
    hash_key="pk", attributes=[{"name": "pk", "type": "S"}], billing_mode="PAY_PER_REQUEST"
"""


def test_a_failing_creation_leaves_the_rest_deployed_and_says_what_to_do(
    start_cloud: Start, project: Callable[..., Project], tmp_path: Path
) -> None:
    cloud = start_cloud("us-east-1")
    dynamodb = cloud.aws.client("dynamodb")
    dynamodb.create_table(
        TableName="taken",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    program = write_program(
        tmp_path / "program",
        f"""
        queue = aws.sqs.Queue("queue", name="beside")
        table = aws.dynamodb.Table("table", name="taken", {_KEYS.strip()})
        aws.sqs.Queue("after", name="after", tags={{"table": table.arn}})
        """,
    )
    stack = project(STACK, cloud=cloud.file, program=program)

    failed = stack.up(code=None)

    assert failed.code != 0
    assert "cannot create aws:dynamodb/table:Table 'table'" in failed.output
    assert "ResourceInUseException" in failed.output
    assert "Correct the resource's inputs in its component" in failed.output
    held = {resource["urn"].rpartition("::")[2] for resource in stack.state()["resources"]}
    assert "queue" in held
    assert not held & {"table", "after"}

    dynamodb.delete_table(TableName="taken")
    assert stack.up().changes() == {("create", "table"), ("create", "after")}
    assert stack.preview().changes() == set()


def test_a_misspelt_property_fails_the_preview_with_what_was_meant(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    program = write_program(
        tmp_path / "program",
        f'aws.dynamodb.Table("t", name="t", point_in_time_recovery={{"enabledd": True}}, '
        f"{_KEYS.strip()})",
    )

    failed = project(STACK, program=program).preview(code=None)

    assert failed.code != 0
    assert "pointInTimeRecovery.enabledd" in failed.output
    assert "did you mean 'enabled'?" in failed.output


def test_a_secret_is_seen_nowhere(
    start_cloud: Start, project: Callable[..., Project], tmp_path: Path
) -> None:
    cloud = start_cloud("us-east-1")
    program = write_program(
        tmp_path / "program",
        """
        key = pulumi.Config().require_secret("key")
        held = aws.secretsmanager.Secret("held", name="held")
        aws.secretsmanager.SecretVersion("value", secret_id=held.id, secret_string=key)
        aws.ssm.Parameter("parameter", name="/tiny/key", type="SecureString", value=key)
        aws.sqs.Queue("queue", name="tiny", tags={"key": key})
        pulumi.export("key", key)
        """,
    )
    stack = project(STACK, cloud=cloud.file, program=program)
    secret = "correct-horse-battery-staple"  # noqa: S105 - what must not be seen
    stack.pulumi("config", "set", "--secret", "tiny:key", secret)

    shown = [
        stack.preview("--diff").output,
        stack.up("--diff").output,
        stack.refresh().output,
        stack.preview("--diff").output,
        json.dumps(stack.state()),
        stack.pulumi("stack", "output").output,
        *(log.read_text() for log in stack.directory.glob("events-*.json")),
        *(file.read_text() for file in (stack.directory / "state").rglob("*.json*")),
    ]

    assert [text for text in shown if secret in text] == []
    assert stack.outputs() == {"key": secret}
    manager = cloud.aws.client("secretsmanager")
    assert manager.get_secret_value(SecretId="held")["SecretString"] == secret


def test_data_outlives_a_protection_that_only_the_state_lost(
    start_cloud: Start, project: Callable[..., Project], tmp_path: Path
) -> None:
    """`pulumi state unprotect --all` is one mistake; three locks take three."""
    cloud = start_cloud("us-east-1")
    program = write_program(
        tmp_path / "program",
        """
        from components.blocks.table import Table, TableArgs
        from components.naming import Scope

        scope = Scope(project="tiny", environment="tiny", cost_center="tests", service="shop")
        Table("data", TableArgs(scope=scope, variable="T", deletion_protected=True))
        """,
    )
    stack = project(STACK, cloud=cloud.file, program=program)
    stack.up()
    tables = cloud.contents()["table"]

    assert "cannot be deleted" in stack.destroy(code=None).output
    stack.pulumi("state", "unprotect", "--all", "--yes")
    stack.destroy()

    assert cloud.contents()["table"] == tables

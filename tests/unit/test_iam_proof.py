"""Grants against calls, on stacks of one role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ministack.core import iam_evaluator as evaluator

from local import calls as recorder
from tools.iam import behalf, proof, report
from tools.iam.proof import Call, Explanation, ExplanationError, Proof, Row, prove

QUEUE = "arn:aws:sqs:us-east-1:1:orders"
TABLE = "arn:aws:dynamodb:us-east-1:1:table/orders"
STREAM = f"{TABLE}/stream/1"


@dataclass(frozen=True)
class Registered:
    """What the proof reads of a resource."""

    type: str
    name: str
    inputs: dict[str, Any] = field(default_factory=dict)


def stack(
    *statements: dict[str, Any], taken_by: str = "lambda.amazonaws.com", **function: Any
) -> list[Registered]:
    """A role `orders-http` with these statements, and the function that has it."""
    document = {"Statement": [{"Sid": str(at), **found} for at, found in enumerate(statements)]}
    return [
        Registered(
            "aws:iam/role:Role",
            "orders-http-role",
            {"name": "shop-orders-http", "assumeRolePolicy": f'{{"Service": "{taken_by}"}}'},
        ),
        Registered(
            "aws:iam/rolePolicy:RolePolicy",
            "orders-http-policy",
            {"role": "shop-orders-http", "policy": json.dumps(document)},
        ),
        Registered(
            "aws:lambda/function:Function",
            "orders-http-function",
            {"name": "http", "role": "arn:aws:iam::1:role/shop-orders-http", **function},
        ),
    ]


def trigger(source: str, **inputs: Any) -> Registered:
    """What makes the function be called."""
    function = "arn:aws:lambda:us-east-1:1:function:http:live"
    return Registered(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "trigger",
        {"functionName": function, "eventSourceArn": source, **inputs},
    )


def granted(*actions: str, on: str = TABLE, **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Action": list(actions), "Resource": [on], **more}


def call(action: str, resource: str = TABLE, *, allowed: bool = True) -> Call:
    """What the role did."""
    return Call("shop-orders-http", action, resource, allowed)


def judged(
    registered: list[Registered],
    *calls: Call,
    explanations: tuple[Explanation, ...] = (),
    others: Mapping[str, list[Registered]] | None = None,
) -> Proof:
    stacks = {"local": registered, **(others or {})}
    return prove(stacks, "local", calls, behalf.load(), explanations)


def row(found: Proof) -> Row:
    (only,) = found.rows
    return only


def test_a_grant_is_used_when_its_role_makes_the_call_on_its_resource() -> None:
    found = judged(stack(granted("dynamodb:GetItem")), call("dynamodb:GetItem"))

    assert row(found).used == [f"dynamodb:GetItem on {TABLE}"]
    assert not found.failed


@pytest.mark.parametrize(
    "made",
    [
        call("dynamodb:PutItem"),
        call("dynamodb:GetItem", f"{TABLE}-2"),
        Call("shop-orders-events", "dynamodb:GetItem", TABLE, True),
    ],
)
def test_another_call_uses_no_grant_and_lacks_one(made: Call) -> None:
    found = judged(stack(granted("dynamodb:GetItem")), made)

    rows = {each.role: each for each in found.rows}
    assert rows["orders-http"].unused == [f"dynamodb:GetItem on {TABLE} (local)"]
    assert [line for each in found.rows for line in each.missing] == [
        f"{made.action} on {made.resource}, which no statement grants"
    ]
    assert found.failed


def test_each_resource_of_a_statement_is_a_grant_of_its_own() -> None:
    statement = {"Action": ["dynamodb:Query"], "Resource": [f"{TABLE}/index/a", f"{TABLE}/index/b"]}

    found = judged(stack(statement), call("dynamodb:Query", f"{TABLE}/index/b"))

    assert row(found).unused == [f"dynamodb:Query on {TABLE}/index/a (local)"]


def test_all_but_some_resources_is_a_grant_on_the_others() -> None:
    statement = {"Action": ["sns:Publish"], "NotResource": ["arn:*:sns:*:*:*"]}

    assert row(judged(stack(statement), call("sns:Publish", "*"))).used
    assert row(judged(stack(statement), call("sns:Publish", "arn:aws:sns:a:1:t"))).unused


def test_a_refused_call_is_missing_though_a_statement_names_it() -> None:
    refused = call("dynamodb:GetItem", allowed=False)

    found = judged(stack(granted("dynamodb:GetItem")), refused)

    assert row(found).missing == [f"dynamodb:GetItem on {TABLE}, refused"]
    assert found.failed


@pytest.mark.parametrize(
    ("action", "on", "function", "triggers"),
    [
        ("logs:PutLogEvents", "log", {}, []),
        ("xray:PutTraceSegments", "*", {"tracingConfig": {"mode": "Active"}}, []),
        ("ec2:CreateNetworkInterface", "*", {"vpcConfig": {"subnetIds": ["a"]}}, []),
        ("sqs:ReceiveMessage", QUEUE, {}, [trigger(QUEUE)]),
        ("dynamodb:GetRecords", STREAM, {}, [trigger(STREAM)]),
        (
            "sqs:SendMessage",
            QUEUE,
            {},
            [trigger(STREAM, destinationConfig={"onFailure": {"destinationArn": QUEUE}})],
        ),
    ],
)
def test_what_aws_does_as_a_role_needs_no_call_where_it_does_so(
    action: str, on: str, function: dict[str, Any], triggers: list[Registered]
) -> None:
    statement = granted(action, on=on)

    does = judged([*stack(statement, **function), *triggers])
    does_not = judged(stack(statement))

    assert len(row(does).on_behalf) == 1
    assert does_not.failed or action.startswith("logs:")


def test_a_service_does_its_own_work_as_a_role_that_only_it_takes() -> None:
    statement = granted("dynamodb:CreateBackup")

    assert row(judged(stack(statement, taken_by="backup.amazonaws.com"))).on_behalf
    assert row(judged(stack(statement, taken_by="notbackup.amazonaws.com"))).unused


def by_way_of(service: str, on: str = "key") -> dict[str, Any]:
    condition = {"StringEquals": {"kms:ViaService": service}}
    return granted("kms:Decrypt", on=on, Condition=condition)


@pytest.mark.parametrize(
    ("statement", "action", "needed"),
    [
        (by_way_of("dynamodb.us-east-1.amazonaws.com"), "dynamodb:GetItem", True),
        (by_way_of("dynamodb.us-east-1.amazonaws.com"), "sqs:SendMessage", False),
        (by_way_of("*.amazonaws.com"), "dynamodb:GetItem", False),
        (by_way_of("dynamodb.us-east-1.amazonaws.com", on="key/*"), "dynamodb:GetItem", False),
        (granted("kms:Decrypt", on="key"), "dynamodb:GetItem", False),
    ],
)
def test_a_key_is_used_on_behalf_of_a_role_only_by_way_of_a_service_that_it_uses(
    statement: dict[str, Any], action: str, needed: bool
) -> None:
    found = row(judged(stack(statement, granted(action, on="thing"))))

    assert [entry for entry in found.on_behalf if "kms" in entry] != [] or not needed
    assert [entry for entry in found.unused if "kms" in entry] != [] or needed


@pytest.mark.parametrize(
    ("user", "needed"), [("cluster-1/app", True), ("cluster-1/other", False), ("*/*", False)]
)
def test_a_database_is_entered_only_as_the_role_that_the_function_is_told(
    user: str, needed: bool
) -> None:
    statement = granted("rds-db:connect", on=f"arn:aws:rds-db:eu-west-1:1:dbuser:{user}")
    told: dict[str, Any] = {"environment": {"variables": {"SHOP_DATABASE_USER": "app"}}}

    assert bool(row(judged(stack(statement, **told))).on_behalf) is needed


def test_another_queue_than_the_trigger_s_is_not_polled_for_a_function() -> None:
    found = judged([*stack(granted("sqs:ReceiveMessage", on=f"{QUEUE}-2")), trigger(QUEUE)])

    assert row(found).unused


def test_an_unused_grant_may_be_explained_and_an_explanation_must_be_needed() -> None:
    why = Explanation(role="orders-http", action="dynamodb:GetItem", reason="tested elsewhere")
    statement = granted("dynamodb:GetItem")

    explained = judged(stack(statement), explanations=(why,))
    unneeded = judged(stack(statement), call("dynamodb:GetItem"), explanations=(why,))

    assert row(explained).explained == [f"dynamodb:GetItem on {TABLE}: tested elsewhere"]
    assert not explained.failed
    assert unneeded.unneeded == ["dynamodb:GetItem of orders-http"]
    assert unneeded.failed


def test_a_grant_of_another_stack_is_judged_by_the_same_grant_of_the_running_one() -> None:
    elsewhere = granted("dynamodb:GetItem", on=TABLE.replace("us-east-1", "eu-west-1"))
    secret = granted("secretsmanager:GetSecretValue", on="arn:aws:secretsmanager:a:1:secret:b")

    found = judged(
        stack(granted("dynamodb:GetItem")),
        call("dynamodb:GetItem"),
        others={"prod": stack(elsewhere, secret)},
    )

    assert len(row(found).used) == 1
    assert row(found).unused == [
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:a:1:secret:b (prod)"
    ]


def test_the_report_names_role_grant_and_remedy() -> None:
    found = judged(stack(granted("dynamodb:GetItem")), call("dynamodb:PutItem"))

    table = report.as_table(found)

    assert f"orders-http never uses dynamodb:GetItem on {TABLE} (local): take it" in table
    assert f"orders-http calls dynamodb:PutItem on {TABLE}, which no statement grants: " in table
    assert json.loads(report.as_json(found))["failed"] is True


def test_calls_are_read_with_batches_as_the_action_they_are_on_aws(tmp_path: Path) -> None:
    with (tmp_path / "calls").open("w") as file:
        ledger = recorder.Ledger(file)
        for _ in range(2):
            ledger.write("shop-orders-http", "sqs:DeleteMessageBatch", QUEUE, True)
        ledger.write("shop-orders-http", "sqs:DeleteMessage", QUEUE, True)

    assert len((tmp_path / "calls").read_text().splitlines()) == 2
    assert proof.read_calls(tmp_path / "calls") == [call("sqs:DeleteMessage", QUEUE)]


def test_every_decision_about_a_role_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arns = {"root": "arn:aws:iam::1:root", "held": "arn:aws:sts::1:assumed-role/orders-http/http"}
    monkeypatch.setattr(evaluator, "resolve_caller_identity", lambda key: {"userArn": arns[key]})
    monkeypatch.setattr(
        evaluator, "enforce", lambda key, action, *rest, **named: "no" if "Put" in action else None
    )
    with (tmp_path / "calls").open("w") as file:
        recorder.record(recorder.Ledger(file))
        evaluator.enforce("root", "dynamodb:GetItem", "dynamodb", "a", resource_arn=TABLE)
        evaluator.enforce("held", "dynamodb:GetItem", "dynamodb", "a", resource_arn=TABLE)
        answered = evaluator.enforce(
            "held", "dynamodb:PutItem", "dynamodb", "a", resource_arn=TABLE
        )

    assert answered == "no"
    assert proof.read_calls(tmp_path / "calls") == [
        Call("orders-http", "dynamodb:GetItem", TABLE, True),
        Call("orders-http", "dynamodb:PutItem", TABLE, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[[explanation]]\nrole = "a"\naction = "b"',
        '[[explanation]]\nrole = "a"\naction = "b"\nreason = ""',
        '[[explanation]]\nrole = "a"\naction = "b"\nreason = "c"\nuntil = "d"',
    ],
)
def test_an_explanation_says_all_it_must_and_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "explanations.toml").write_text(text)

    with pytest.raises(ExplanationError, match="it must say action, reason, role"):
        proof.read_explanations(tmp_path / "explanations.toml")


def test_whatever_aws_does_as_a_role_is_written_by_aws_itself() -> None:
    for entry in behalf.load():
        assert entry.source.startswith("https://docs.aws.amazon.com/")
        assert entry.actions
        assert entry.what

"""Statements under parliament: those of our stacks, and some that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.policy.conftest import Stacks
from tests.policy.resources import registered
from tools.iam import lint
from tools.iam.lint import Explanation, Finding

pytestmark = pytest.mark.xdist_group("recorded")
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"


def found(statement: dict[str, Any], kind: str = "iam/rolePolicy:RolePolicy") -> list[Finding]:
    """What parliament says of a policy of one statement."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "A", "Effect": "Allow", **statement}],
    }
    return lint.findings([registered(f"aws:{kind}", "policy", {"policy": json.dumps(document)})])


def test_every_statement_of_dev_and_prod_is_right_or_explained(stacks: Stacks) -> None:
    said = lint.findings([one for found in stacks.values() for one in found])

    assert lint.judged(said, lint.load()) == []


@pytest.mark.parametrize(
    ("statement", "issue", "actions"),
    [
        ({"Action": ["sqs:SendMesage"], "Resource": [QUEUE]}, "UNKNOWN_ACTION", ()),
        ({"Action": ["nothing:Do"], "Resource": [QUEUE]}, "UNKNOWN_PREFIX", ()),
        (
            {"Action": ["sqs:SendMessage", "dynamodb:GetItem"], "Resource": [QUEUE]},
            "RESOURCE_MISMATCH",
            ("dynamodb:GetItem",),
        ),
        ({"Action": ["sqs:SendMessage"], "Resource": ["*"]}, "RESOURCE_STAR", ("sqs:SendMessage",)),
        (
            {
                "Action": ["sqs:SendMessage"],
                "Resource": [QUEUE],
                "Condition": {"StringEquals": {"s3:prefix": "a"}},
            },
            "UNKNOWN_CONDITION_FOR_ACTION",
            (),
        ),
    ],
)
def test_a_wrong_statement_is_named(
    statement: dict[str, Any], issue: str, actions: tuple[str, ...]
) -> None:
    (only,) = found(statement)

    assert (only.resource, only.sid, only.issue) == ("policy", "A", issue)
    assert only.actions == actions
    (line,) = lint.judged([only], [])
    assert line.startswith(f"policy, statement A: {issue}")


def test_the_policy_of_a_resource_is_linted_too() -> None:
    statement = {
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMesage",
        "Resource": QUEUE,
    }

    assert [one.issue for one in found(statement, "sqs/queuePolicy:QueuePolicy")] == [
        "UNKNOWN_ACTION"
    ]


def test_an_explanation_covers_the_actions_it_names_and_must_be_needed() -> None:
    star = found({"Action": ["sqs:SendMessage"], "Resource": ["*"]})

    def judged(*actions: str) -> list[str]:
        entry = Explanation(sid="A", issue="RESOURCE_STAR", actions=actions, reason="tested")
        return lint.judged(star, [entry])

    assert judged("sqs:SendMessage") == []
    assert len(judged("sqs:ReceiveMessage")) == 2


def test_an_explanation_says_all_it_must(tmp_path: Path) -> None:
    (tmp_path / "lint.toml").write_text('[[explanation]]\nsid = "A"\nissue = "B"')

    with pytest.raises(lint.LintError, match="it must say actions, issue, reason, sid"):
        lint.load(tmp_path / "lint.toml")

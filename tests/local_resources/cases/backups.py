"""Cases of AWS Backup."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case, allow
from tests.local_resources.stack import Stack, unique

VAULT = "aws:backup/vault:Vault"
PLAN = "aws:backup/plan:Plan"


def _plan(stack: Stack) -> Properties:
    return {
        "name": unique("plan"),
        "rules": [_rule(str(stack.make(VAULT, name=unique("vault"))["name"]), 7)],
        "tags": {"service": "backups"},
    }


def _rule(vault: str, days: int) -> Properties:
    return {
        "ruleName": "weekly",
        "targetVaultName": vault,
        "schedule": "cron(0 3 ? * SUN *)",
        "startWindow": 60,
        "completionWindow": 480,
        "lifecycle": {"deleteAfter": days + 90, "coldStorageAfter": days},
        "recoveryPointTags": {"service": "backups"},
    }


def _selection(stack: Stack) -> Properties:
    role = stack.make(
        "aws:iam/role:Role", name=unique("role"), assumeRolePolicy=allow("backup.amazonaws.com")
    )
    return {
        "name": unique("selection"),
        "planId": stack.make(PLAN, **_plan(stack))["id"],
        "iamRoleArn": role["arn"],
        "resources": ["arn:aws:dynamodb:us-east-1:000000000000:table/orders"],
    }


CASES = (
    Case(
        resource_type=VAULT,
        inputs=lambda _: {
            "name": unique("vault"),
            "forceDestroy": True,
            "tags": {"service": "backups"},
        },
        change={"tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type=PLAN,
        inputs=_plan,
        change={"rules": [_rule("another", 30)], "tags": {"tier": "1"}},
        outputs=("arn", "version"),
    ),
    Case(
        resource_type="aws:backup/selection:Selection",
        inputs=_selection,
    ),
)

"""No role of the shop may do more than it does, and none lacks anything."""

from __future__ import annotations

import json

import pytest

from tools.iam.__main__ import proven
from tools.iam.report import as_json

pytestmark = pytest.mark.xdist_group("local")


def test_every_grant_is_used_needed_by_aws_or_explained() -> None:
    told = json.loads(as_json(proven()))

    wrong = {
        role: {kind: row[kind] for kind in ("unused", "missing") if row[kind]}
        for role, row in told["roles"].items()
    }
    assert {role: kinds for role, kinds in wrong.items() if kinds} == {}
    assert told["unneeded_explanations"] == []
    used = {role for role, row in told["roles"].items() if row["used"]}
    assert used >= {"orders-http", "inventory-worker-task", "payments-migrate", "orders-sweep"}

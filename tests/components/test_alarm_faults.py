"""Every alarm of dev and prod is proven by a fault, or it is said why none can."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest

from tests.support.harness import Built
from tests.support.relations import ALARM
from tools.alarms.faults import FAULTS
from tools.alarms.proof import reasons


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_an_alarm_has_a_fault_or_a_reason_and_not_both(
    stacks: Mapping[str, Built], stack: str
) -> None:
    unprovable = reasons()

    wrong = [
        alarm.name
        for alarm in stacks[stack].of_type(ALARM)
        if any(fault.is_to_fire(alarm.name) for fault in FAULTS)
        is any(fnmatchcase(alarm.name, pattern) for pattern in unprovable)
    ]

    assert wrong == [], "name it in a fault of tools/alarms/faults, or in unprovable.toml"

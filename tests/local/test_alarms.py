"""Every alarm of dev and prod fires when the shop is really broken, and none when it is not."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.alarms.__main__ import proven
from tools.alarms.report import report

pytestmark = pytest.mark.xdist_group("alarms")


def test_every_alarm_fires_for_its_fault_and_is_silent_in_a_healthy_shop() -> None:
    verdicts = proven()

    assert [f"{each.alarm}: {each.wrong}" for each in verdicts if each.wrong] == []
    fired = Counter(each.alarm.split("-")[1] for each in verdicts if each.fired_by)
    assert fired["dev"] > 50
    assert fired["prod"] > 100
    assert list(report(verdicts))[-1].endswith("silent when healthy")

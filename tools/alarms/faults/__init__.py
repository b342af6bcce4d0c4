"""What is broken; each fault names the alarms that it proves."""

from __future__ import annotations

from tools.alarms.faults import containers, functions, grants, queues
from tools.alarms.faults.fault import Fault

ALONE: tuple[Fault, ...] = (*queues.FAULTS, *grants.FAULTS, *functions.FAULTS)
"""One after the other."""
BESIDE: tuple[tuple[Fault, ...], ...] = (containers.FAULTS, (functions.SLOW_RELEASE,))
"""After them, side by side, for none touches what the others break."""
FAULTS: tuple[Fault, ...] = (*ALONE, *(fault for lane in BESIDE for fault in lane))

"""The program of the tools account; what it imports stands beside its folder, not inside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from delivery.program import deliver

deliver()

"""How property tests run: the same examples every time, none timed, nothing left on disk."""

from __future__ import annotations

from hypothesis import settings

repeatable = settings(deadline=None, derandomize=True, database=None)

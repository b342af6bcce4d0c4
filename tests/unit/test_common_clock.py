"""Identifiers stay unique where many instances start from one snapshot."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from uuid_utils import reseed_rng

from common import clock


def load_anew() -> None:
    """Run the module's code once more, apart from the one that everybody has imported."""
    spec = importlib.util.spec_from_file_location("clock_again", clock.__file__)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_an_instance_restored_from_a_snapshot_draws_its_own_random_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restored: list[Callable[[], object]] = []
    runtime = ModuleType("snapshot_restore_py")
    runtime.__dict__["register_after_restore"] = restored.append
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)

    load_anew()

    assert restored == [reseed_rng]


def test_nothing_is_asked_of_a_runtime_without_snapshots() -> None:
    load_anew()

    assert "snapshot_restore_py" not in sys.modules

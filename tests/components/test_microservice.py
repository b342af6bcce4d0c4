"""A service without one of its parts cannot be written: the type says so."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from components import inventory, notifications, orders, payments
from components.microservice import Microservice
from components.orders import Orders
from tests.support.configuration import ROOT

PARTS = ("_create_compute", "_create_datastore", "_create_queue", "consumed_events", "indicators")
USES = """

class Worker:
    def alarms(self) -> tuple[AlarmSpec, ...]:
        return ()


def one() -> Compute:
    return (Worker(),)


def several() -> Compute:
    return (Worker(), Worker(), Worker())


def none() -> Compute:
    return ()


def unwatched() -> Compute:
    return ("a workload without alarms",)
"""


def what_compute_is() -> str:
    """The declarations of `Compute` alone: the whole module would take mypy a minute."""
    declared = [
        node
        for file in ("blocks/alarms.py", "microservice.py")
        for node in ast.parse((ROOT / "components" / file).read_text()).body
        if (isinstance(node, ast.ClassDef) and node.name == "Watched")
        or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "Compute")
    ]
    assert len(declared) == 2
    head = "from typing import Protocol, TypeAlias\n\n\nclass AlarmSpec: ...\n\n\n"
    return head + "\n\n\n".join(ast.unparse(node) for node in declared)


def test_a_service_must_say_how_each_of_its_parts_is_made() -> None:
    assert Microservice.__abstractmethods__ == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_a_service_without_one_part_cannot_be_made(part: str) -> None:
    lacking = type("Lacking", (Orders,), {part: getattr(Microservice, part)})

    with pytest.raises(TypeError, match=f"abstract class Lacking .*{part}"):
        lacking("orders", None)


def test_no_service_overrides_how_parts_are_put_together() -> None:
    for service in (
        orders.Orders,
        payments.Payments,
        inventory.Inventory,
        notifications.Notifications,
    ):
        assert "_alarm_specs" not in vars(service)
        assert issubclass(service, Microservice)


def test_a_service_without_compute_or_with_unwatched_compute_is_a_type_error(
    tmp_path: Path,
) -> None:
    source = what_compute_is() + USES
    snippet = tmp_path / "snippet.py"
    snippet.write_text(source)
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", snippet.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    refused = [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line]

    assert [source.splitlines()[int(number) - 1].strip() for number in refused] == [
        "return ()",
        'return ("a workload without alarms",)',
    ], done.stdout + done.stderr

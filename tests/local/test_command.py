"""`python -m local` from outside: whatever ends it, it leaves nothing behind."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.command import ROOT, Run

pytestmark = pytest.mark.xdist_group("local")
_FOLDERS = ("components", "containers", "lambdas", "local", "settings", "tools")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_as_soon_as_it_runs_leaves_nothing(
    run: Callable[..., Run], number: signal.Signals, code: int
) -> None:
    up = run("up")
    up.wait_for_directory()

    up.process.send_signal(number)

    assert up.end() == (code, f"stopping: {number.name}\n")
    up.assert_nothing_is_left()


def test_ctrl_c_while_the_program_runs_leaves_nothing(run: Callable[..., Run]) -> None:
    up = run("up")
    up.wait_for("PostgreSQL is up")

    up.process.send_signal(signal.SIGINT)

    assert up.end() == (130, "stopping: SIGINT\n")
    up.assert_nothing_is_left()


def test_a_second_ctrl_c_does_not_disturb_the_first(run: Callable[..., Run]) -> None:
    up = run("up")
    up.wait_for("PostgreSQL is up")

    up.process.send_signal(signal.SIGINT)
    up.wait_for("stopping")
    up.process.send_signal(signal.SIGINT)

    assert up.end() == (130, "")
    up.assert_nothing_is_left()


def test_ctrl_c_in_the_open_shop_leaves_nothing(run: Callable[..., Run]) -> None:
    up = run("up")
    up.wait_for("export SHOP=")
    up.wait_for("Ctrl-C")

    up.process.send_signal(signal.SIGINT)

    assert up.end() == (130, "stopping: SIGINT\n")
    up.assert_nothing_is_left()


def test_a_run_that_is_killed_leaves_nothing(run: Callable[..., Run]) -> None:
    up = run("up")
    up.wait_for("PostgreSQL is up")

    up.process.kill()

    assert up.end()[0] == -signal.SIGKILL
    up.assert_nothing_is_left()


def test_the_death_of_the_embedded_aws_ends_the_run(run: Callable[..., Run]) -> None:
    up = run("up")
    up.wait_for("PostgreSQL is up")

    for process in up.processes():
        if any(part.endswith("local/embedded.py") for part in process.cmdline()):
            process.kill()

    code, output = up.end()
    assert code == 1
    assert output.startswith("the embedded AWS ended with code -9")
    up.assert_nothing_is_left()


def test_a_port_in_use_is_a_clear_error(run: Callable[..., Run]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = run("up", "--port", str(port))

        code, output = up.end()

    assert code == 1
    assert output.splitlines()[-1].startswith(f"port {port} is in use: ")
    up.assert_nothing_is_left()


def test_a_missing_grant_is_named_with_service_role_and_action(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    for file in (*ROOT.glob("*.py"), *ROOT.glob("Pulumi*.yaml")):
        shutil.copy(file, tmp_path)
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    component = tmp_path / "components" / "inventory.py"
    whole = "self._grant_stock(_EXPIRING)"
    less = 'self.datastore.grant("Inventory", ["GetItem", "PutItem"], ["expiring"])'
    written = component.read_text()
    assert whole in written
    component.write_text(written.replace(whole, less))

    code, output = run("demo", root=tmp_path).end()

    last = output.splitlines()[-1]
    assert code == 1, output
    assert last.startswith("demo failed: inventory stopped: AccessDenied for role "), output
    assert last.endswith("storefront-local-inventory-worker-task, action dynamodb:UpdateItem")

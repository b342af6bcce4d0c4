"""`python -m local` from outside: whatever ends it, it leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.local.customers import eventually

pytestmark = pytest.mark.xdist_group("local")
_ROOT = Path(__file__).parents[2]
_SECONDS = 120
_FOLDERS = ("components", "containers", "lambdas", "local", "tools")


class Run:
    """A command that runs with `temporary` for its temporary files."""

    def __init__(self, temporary: Path, *arguments: str, root: Path = _ROOT) -> None:
        self._temporary = temporary
        self.process = subprocess.Popen(  # noqa: S603 - the command under test
            [sys.executable, "-m", "local", *arguments],
            cwd=root,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, words: str) -> None:
        """Read its output up to a line with `words`."""
        assert self.process.stdout
        read = []
        for line in self.process.stdout:
            read.append(line)
            if words in line:
                return
        pytest.fail(f"no line had {words!r}:\n{''.join(read)}")

    def wait_for_directory(self) -> None:
        """Wait until it has begun."""
        eventually(lambda: any(self._temporary.iterdir()), "the run has a directory")

    def end(self) -> tuple[int, str]:
        """Its exit code and the rest of its output."""
        output, _ = self.process.communicate(timeout=_SECONDS)
        return self.process.returncode, output

    def processes(self) -> list[psutil.Process]:
        """Everything that still runs and uses the temporary directory, the command aside."""
        return [
            process
            for process in psutil.process_iter()
            if process.pid != self.process.pid and self._uses(process)
        ]

    def assert_nothing_is_left(self) -> None:
        """Fails when a process or a file of the run is there a while after its end."""
        eventually(lambda: not self.processes(), "all processes of the run have ended", seconds=5)
        assert list(self._temporary.iterdir()) == []

    def _uses(self, process: psutil.Process) -> bool:
        try:
            temporary = process.environ().get("TMPDIR", "")
            return temporary.startswith(str(self._temporary)) and (
                process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory with a name short enough for the path of a Unix socket in it."""
    with tempfile.TemporaryDirectory(prefix="sf-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def run(temporary: Path) -> Iterator[Callable[..., Run]]:
    """Starts commands, and ends what a failed test has left."""
    runs: list[Run] = []

    def start(*arguments: str, root: Path = _ROOT) -> Run:
        runs.append(Run(temporary, *arguments, root=root))
        return runs[-1]

    yield start
    for started in runs:
        started.process.kill()
        started.process.communicate()


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
        if "ministack" in process.cmdline():
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
    for file in (*_ROOT.glob("*.py"), *_ROOT.glob("Pulumi*.yaml")):
        shutil.copy(file, tmp_path)
    for folder in _FOLDERS:
        shutil.copytree(_ROOT / folder, tmp_path / folder)
    component = tmp_path / "components" / "inventory.py"
    before, name, grant = component.read_text().partition("def _worker_grant")
    assert '"UpdateItem"' in grant
    component.write_text(before + name + grant.replace(', "UpdateItem"', "", 1))

    code, output = run("demo", root=tmp_path).end()

    last = output.splitlines()[-1]
    assert code == 1, output
    assert last.startswith("demo failed: inventory stopped: AccessDenied for role "), output
    assert last.endswith("storefront-local-inventory-worker-task, action dynamodb:UpdateItem")

"""No process and no directory outlives a run, however the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.children import Child, Children
from local.errors import LocalRunError

_SECONDS = 10.0
_SLEEPS = "import time; time.sleep(600)"
_AWAKE = f"print('awake', flush=True); {_SLEEPS}"
_WITH_GRANDCHILD = (
    "import subprocess, sys\n"
    f"other = subprocess.Popen([sys.executable, '-c', {_SLEEPS!r}])\n"
    "print(other.pid, flush=True)\n"
    "other.wait()\n"
)
_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"  # noqa: E501
_RUN_THAT_IS_KILLED = """\
import os, signal, sys
from pathlib import Path
from local.children import Children

children = Children()
child = children.start(
    "sleeper", [sys.executable, "-c", sys.argv[1]],
    environment=os.environ, directory=children.directory, log=children.directory / "log",
)
print(children.directory, child.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.stop()


def test_every_process_of_a_run_ends_with_it(children: Children) -> None:
    child = _start(children, _WITH_GRANDCHILD)
    grandchild = int(_first_line(child))

    children.stop()

    assert not child.alive
    _await_end(grandchild)


def test_the_directory_goes_with_the_run(children: Children) -> None:
    (children.directory / "nested").mkdir()
    (children.directory / "nested" / "file").write_text("left")

    children.stop()

    assert not children.directory.exists()


def test_a_child_that_ignores_its_signal_is_killed(children: Children) -> None:
    child = _start(children, _DEAF, ends_with=signal.SIGTERM)
    assert _first_line(child) == "deaf"

    children.stop()

    assert child.process.returncode == -signal.SIGKILL


def test_a_child_may_end_by_its_own_signal(children: Children) -> None:
    """Where the tests are a job in the background, a shell has had them ignore this signal."""
    heeding = f"import signal; signal.signal(signal.SIGQUIT, signal.SIG_DFL); {_AWAKE}"
    child = _start(children, heeding, ends_with=signal.SIGQUIT)
    assert _first_line(child) == "awake"

    children.stop()

    assert child.process.returncode == -signal.SIGQUIT


def test_what_a_killed_child_leaves_behind_ends_too(children: Children) -> None:
    child = _start(children, _WITH_GRANDCHILD)
    grandchild = int(_first_line(child))
    os.kill(child.process.pid, signal.SIGKILL)

    children.stop()

    _await_end(grandchild)


def test_no_child_is_born_after_the_end(children: Children) -> None:
    children.stop()

    with pytest.raises(LocalRunError, match="the run has ended"):
        _start(children, _SLEEPS)


def test_a_second_stop_does_nothing(children: Children) -> None:
    children.stop()
    children.stop()

    assert not children.directory.exists()


def test_two_threads_may_stop_a_run(children: Children) -> None:
    child = _start(children, _SLEEPS)
    threads = [threading.Thread(target=children.stop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not child.alive
    assert not children.directory.exists()


def test_a_run_whose_guardian_was_killed_still_cleans_up(children: Children) -> None:
    child = _start(children, _SLEEPS)
    os.kill(children.guardian_pid, signal.SIGKILL)

    children.stop()

    assert not child.alive
    assert not children.directory.exists()


def test_a_run_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    finished = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _RUN_THAT_IS_KILLED, _SLEEPS],
        env={**os.environ, "PYTHONPATH": str(root), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    directory, child = finished.stdout.split()

    assert finished.returncode == -signal.SIGKILL
    assert Path(directory).parent == tmp_path
    _await_end(int(child))
    _await(lambda: not Path(directory).exists())


def test_a_dead_child_is_reported_with_its_last_lines(children: Children) -> None:
    child = _start(children, "print('cannot go on'); raise SystemExit(3)")
    child.process.wait(_SECONDS)

    with pytest.raises(LocalRunError, match="cannot go on\nsleeper ended with code 3"):
        child.require_alive()


def _start(children: Children, program: str, ends_with: signal.Signals = signal.SIGKILL) -> Child:
    return children.start(
        "sleeper",
        [sys.executable, "-c", program],
        environment=os.environ,
        directory=children.directory,
        log=children.directory / "sleeper.log",
        ends_with=ends_with,
    )


def _first_line(child: Child) -> str:
    _await(lambda: child.log.read_text().endswith("\n"))
    return child.log.read_text().strip()


def _await_end(pid: int) -> None:
    _await(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def _await(reached: object) -> None:
    assert callable(reached)
    pause = threading.Event()
    deadline = time.monotonic() + _SECONDS
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        pause.wait(0.02)

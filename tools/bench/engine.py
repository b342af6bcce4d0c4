"""The real Pulumi engine: preview of prod, `up` of local, and what each further service costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import yaml

from engine.cli import Cli, find
from engine.project import copy_project
from tools.bench.figures import Figure

_ROOT = Path(__file__).parents[2]
_SERVICES = (4, 8, 16)
_SECONDS = 600
_PROGRAM = """
import sys
sys.path.insert(0, {root!r})
import packages, settings
from components import notifications
from components.blocks.function import Code
from components.platform import create_platform

config = settings.load()
target = packages.Target("host", "host")
built = packages.build("notifications", target)
platform = create_platform(
    "storefront",
    "bench",
    config,
    runtime=target.runtime,
    architecture=target.instruction_set,
    package=lambda service: Code(path=str(built.path), sha256=built.sha256),
)
for number in range({services}):
    notifications.Notifications(
        f"service{{number}}",
        notifications.NotificationsArgs(platform=platform, settings=config.notifications),
    )
"""


def measure() -> Iterator[Figure]:
    """Seconds of the commands that people type, and the provider's memory."""
    began = time.perf_counter()
    cli = find(_say)
    yield Figure(name="finding the CLI (built before)", value=time.perf_counter() - began, unit="s")
    with tempfile.TemporaryDirectory(prefix="sf-") as name:
        directory = Path(name)
        prod = _Stack(cli, directory / "prod", "prod", None)
        prod.run("preview")
        yield _timed("pulumi preview of prod, packages built", prod.run("preview"), 15)
    with _cloud() as (cloud, memory), tempfile.TemporaryDirectory(prefix="sf-") as name:
        local = _Stack(cli, Path(name) / "local", "local", cloud)
        yield _timed("pulumi up of local", local.run("up", "--yes", "--skip-preview"), 20)
        again = local.run("up", "--yes", "--skip-preview")
        yield _timed("pulumi up of local, nothing to do", again, 8)
        yield Figure(name="provider memory after both", value=memory(), unit="MB", limit=300)
        yield Figure(
            name="  plugin process, at its most", value=local.plugin_mb, unit="MB", limit=300
        )
    yield from _growing(cli)


def _growing(cli: Cli) -> Iterator[Figure]:
    for services in _SERVICES:
        with _cloud() as (cloud, _), tempfile.TemporaryDirectory(prefix="sf-") as name:
            program = Path(name) / "program"
            program.mkdir()
            _write(program, services)
            stack = _Stack(cli, Path(name) / "stack", "bench", cloud, program)
            took = stack.run("up", "--yes", "--skip-preview")
            yield _timed(f"pulumi up of {services} services", took)
            yield Figure(name="  per service", value=took / services, unit="s")


class _Stack:
    """A stack with a state of its own."""

    def __init__(
        self, cli: Cli, directory: Path, stack: str, cloud: str | None, program: Path = _ROOT
    ) -> None:
        (directory / "state").mkdir(parents=True)
        copy_project(program, stack, directory)
        self.plugin_mb = 0.0
        self._cli = cli
        self._directory = directory
        own = {
            "PULUMI_BACKEND_URL": (directory / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            **({"STOREFRONT_CLOUD": cloud} if cloud else {}),
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "STOREFRONT_"))}
        self._environment = {**kept, **own, **cli.environment({**kept, **own})}
        self.run("stack", "init", stack)

    def run(self, *command: str) -> float:
        """Seconds that the command took; raises RuntimeError with what it said if it failed."""
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the CLI that was found
            [str(self._cli.path), *command, "--non-interactive"],
            cwd=self._directory,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watching = threading.Thread(target=self._watch, args=(process,), daemon=True)
        watching.start()
        output, _ = process.communicate(timeout=_SECONDS)
        if process.returncode:
            raise RuntimeError(f"pulumi {' '.join(command)} failed:\n{output}")
        return time.perf_counter() - began

    def _watch(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            try:
                children = psutil.Process(process.pid).children(recursive=True)
                plugins = [each for each in children if "local.provider" in each.cmdline()]
                used = sum(each.memory_full_info().pss for each in plugins) / 1_000_000
                self.plugin_mb = max(self.plugin_mb, used)
            except psutil.Error:
                pass
            time.sleep(0.5)


@contextmanager
def _cloud() -> Iterator[tuple[str, Callable[[], float]]]:
    """An empty cloud: the file that describes it, and the memory of the process that serves it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "cloud"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("make cloud says nothing")
        line = next(line for line in process.stdout if "STOREFRONT_CLOUD=" in line)
        threading.Thread(target=process.stdout.read, daemon=True).start()
        serving = psutil.Process(process.pid)
        yield (
            line.strip().partition("=")[2],
            lambda: float(serving.memory_full_info().pss / 1_000_000),
        )
    finally:
        process.terminate()
        process.wait()


def _write(program: Path, services: int) -> None:
    settings = yaml.safe_load((_ROOT / "Pulumi.local.yaml").read_text())
    project = yaml.safe_load((_ROOT / "Pulumi.yaml").read_text())
    project["runtime"]["options"]["virtualenv"] = str(_ROOT / ".venv")
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    (program / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": settings["config"]}))
    (program / "__main__.py").write_text(_PROGRAM.format(root=str(_ROOT), services=services))


def _timed(name: str, seconds: float, limit: float | None = None) -> Figure:
    return Figure(name=name, value=seconds, unit="s", limit=limit)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")

"""Builds the pinned Pulumi CLI from its source, once for all clones.

The result goes to a folder of the cache that is named after everything that decides it: go.mod,
go.sum, the flags and the machine. Nobody sees it half-done: it is built beside, verified, renamed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import EngineError
from engine.folders import TICK_SECONDS, Say, alone, cache
from engine.interrupts import held
from engine.toolchain import HERE, find_go, go_environment

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_END_SECONDS = 5.0
_LAST_LINES = 40


def pinned() -> str:
    """The version that go.mod pins, such as 3.245.0."""
    pattern = r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)"
    return str(re.findall(pattern, (HERE / "go.mod").read_text())[0])


def _flags() -> list[str]:
    """Without its version the Automation API refuses the CLI."""
    return ["-trimpath", "-buildvcs=false", "-ldflags", f"-s -w -X {_VERSION_VARIABLE}={pinned()}"]


def folder(environ: Mapping[str, str]) -> Path:
    """Where the CLI built from this go.mod on this machine is, or will be."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((HERE / name).read_bytes())
    machine = f"{sys.platform}-{platform.machine()}"
    digest.update("\0".join([*_flags(), machine]).encode())
    return cache(environ) / f"pulumi-{pinned()}-{machine}-{digest.hexdigest()[:16]}"


def version_of(cli: str | Path) -> str:
    """What `pulumi version` says, without the v; empty when it cannot be run."""
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        asked = subprocess.run(  # noqa: S603 - the CLI in question
            [cli, "version"], env=quiet, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if asked.returncode else asked.stdout.strip().removeprefix("v")


def built(environ: Mapping[str, str], say: Say) -> Path:
    """The path of the pinned CLI, built when it is not there or does not run.

    Raises EngineError when it cannot be built.
    """
    target = folder(environ) / "pulumi"
    if version_of(target) == pinned():
        return target
    with alone(target.parent, f"builds the Pulumi CLI {pinned()}", say):
        if version_of(target) != pinned():
            _remove_leftovers(target.parent)
            _build(find_go(environ, say), target, environ, say)
    return target


def _remove_leftovers(parent: Path) -> None:
    """What a build left that was killed and could not tidy up; the lock is held."""
    for left in parent.glob("part.*"):
        shutil.rmtree(left, ignore_errors=True)


def _build(go: str, target: Path, environ: Mapping[str, str], say: Say) -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="part.", dir=target.parent) as part:
        given = {**go_environment(environ), "GOTMPDIR": part}
        say(f"building the Pulumi CLI {pinned()} with {go}; this takes minutes, once")
        listed = _run([go, "list", "-deps", PACKAGE], given, say, "downloading its sources")
        packages = [line for line in listed if " " not in line]
        binary = str(Path(part) / "pulumi")
        command = [go, "build", "-v", *_flags(), "-o", binary, PACKAGE]
        _run(command, given, say, "compiling", len(packages))
        said = version_of(binary)
        if said != pinned():
            raise EngineError(
                f"the CLI just built says that its version is {said or 'nothing'!r} and go.mod "
                f"pins {pinned()}: run go clean -cache, then make engine"
            )
        Path(binary).replace(target)
    say(f"the Pulumi CLI {pinned()} is ready after {time.monotonic() - started:.0f} s")


def _run(
    command: list[str], environ: Mapping[str, str], say: Say, what: str, total: int = 0
) -> list[str]:
    """The lines that `command` prints; says every few seconds how far it is."""
    started = told = time.monotonic()
    lines: list[str] = []
    with _process(command, environ) as (process, arriving):
        while True:
            now = time.monotonic()
            if now - told >= TICK_SECONDS:
                count = f", {len(lines)} of at most {total} packages" if total else ""
                say(f"{what}: {now - started:.0f} s{count}")
                told = now
            with suppress(queue.Empty):
                line = arriving.get(timeout=0.5)
                if line is None:
                    break
                lines.append(line)
        if process.wait():
            raise EngineError(
                f"{what} failed: {_reason(lines)}; check the network and what go env GOPROXY names"
            )
    return lines


def _reason(lines: list[str]) -> str:
    """What Go said last that is more than a package's name."""
    said = [line.strip() for line in lines[-_LAST_LINES:] if " " in line.strip()]
    return (said or ["go gave no reason"])[-1].rstrip(".")


@contextmanager
def _process(
    command: list[str], environ: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[str], queue.SimpleQueue[str | None]]]:
    """`command` in a process group of its own, which has ended when the block has."""
    process: subprocess.Popen[str] | None = None
    try:
        with held():
            process = _start(command, environ)
        arriving: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(process, arriving), daemon=True).start()
        yield process, arriving
    finally:
        if process is not None:
            _end(process)


def _start(command: list[str], environ: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - Go, with our own arguments
        command,
        cwd=HERE,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _read(process: subprocess.Popen[str], arriving: queue.SimpleQueue[str | None]) -> None:
    if process.stdout:
        with process.stdout:
            for line in process.stdout:
                arriving.put(line.rstrip("\n"))
    arriving.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    """SIGTERM to the group while it runs, then SIGKILL to what is left of it."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

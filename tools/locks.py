"""The hash-pinned requirements: `make lock` writes them, `--check` tells whether they are current.

Each requirements.in has a requirements.txt beside it. The development lock covers them all but
Go's, and the others are compiled with it as a constraint, so that a version is the same wherever
it appears.
A lock's header carries a digest of its inputs, so that checking needs no index.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import package_index

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
GO = "engine/go-requirements.in"
"""What builds the Pulumi CLI where there is no Go; in no environment, so in no other lock."""


@dataclass(frozen=True)
class Lock:
    """One lock file and what it is compiled from; paths are relative to the root."""

    target: str
    sources: tuple[str, ...]
    constraint: str | None = None


def locks(root: Path) -> list[Lock]:
    """Every lock of the repository, the development lock first."""
    services = sorted(
        path.relative_to(root).as_posix()
        for folder in ("lambdas", "containers")
        for path in (root / folder).glob("*/requirements.in")
        if path.parent.name != "common"
    )
    dev = Lock("requirements-dev.txt", ("requirements-dev.in", *services))
    others = ["requirements.in", "tools/uv-requirements.in", *services]
    go = Lock(_lock_of(GO), (GO,))
    return [dev, *(Lock(_lock_of(source), (source,), dev.target) for source in others), go]


def _lock_of(source: str) -> str:
    return source.removesuffix(".in") + ".txt"


def _inputs(root: Path, source: str) -> Iterator[Path]:
    path = (root / source).resolve()
    yield path
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            yield from _inputs(root, os.path.relpath(path.parent / line[3:].strip(), root))


def _header(root: Path, lock: Lock) -> str:
    digest = hashlib.sha256()
    for source in lock.sources:
        for path in _inputs(root, source):
            digest.update(path.read_bytes())
    return (
        f"# Written by `make lock` from {' '.join(lock.sources)}.\n"
        f"# Digest of its inputs: {digest.hexdigest()}\n"
    )


def stale(root: Path) -> list[str]:
    """The locks that are missing, or whose inputs have changed since they were written."""
    found = []
    for lock in locks(root):
        target = root / lock.target
        if not target.exists() or not target.read_text().startswith(_header(root, lock)):
            found.append(lock.target)
    return found


def compile_lock(root: Path, lock: Lock, *, upgrade: bool) -> None:
    """Write `lock`; versions it already pins stay unless `upgrade`.

    Raises subprocess.CalledProcessError when uv finds no solution; uv has then said why.
    """
    flags, environ = package_index.for_uv(sys.executable, os.environ)
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", *flags]
    command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
    command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--upgrade"] if upgrade else []
    command += ["--constraint", lock.constraint] if lock.constraint else []
    target = root / lock.target
    subprocess.run(  # noqa: S603 - uv, with our own arguments
        [*command, "--output-file", lock.target, *lock.sources],
        check=True,
        cwd=root,
        env=environ,
        stdout=subprocess.DEVNULL,
    )
    target.write_text(_header(root, lock) + target.read_text())


def main() -> int:
    """Exit status 1 when a lock is stale (`--check`) or cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m tools.locks", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale lock")
    parser.add_argument("--upgrade", action="store_true", help="move to the newest versions")
    options = parser.parse_args()
    if options.check:
        names = stale(ROOT)
        if names:
            sys.stderr.write(f"stale: {', '.join(names)}; run make lock\n")
        return 1 if names else 0
    try:
        for lock in locks(ROOT):
            compile_lock(ROOT, lock, upgrade=options.upgrade)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())

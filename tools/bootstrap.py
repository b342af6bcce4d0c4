"""Makes .venv hold exactly what the locks pin; every make target that needs it runs this first.

Standard library only, and nothing that Python 3.6 could not load, so that an interpreter that is
too old still gets to say so. Whatever stops it is one sentence with the remedy, and exit status 1.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST = (3, 11)
UV_LOCK = "tools/uv-requirements.txt"
LOCK = "requirements-dev.txt"


class SetupError(Exception):
    """This machine cannot hold the environment yet; the message says what to do."""


def _newer_python() -> str:
    names = (f"python3.{minor}" for minor in range(14, OLDEST[1] - 1, -1))
    for path in filter(None, map(shutil.which, names)):
        version = subprocess.run(  # noqa: S603 - a Python on PATH
            [path, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        if version.returncode == 0:
            return f"run make PYTHON={path}"
    return "install one and run make PYTHON=python3.13"


def check_interpreter() -> None:
    """Raise SetupError when this interpreter is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"{sys.executable} is Python {have} and the shop needs 3.11 or later: {_newer_python()}"
        )
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        raise SetupError(
            f"{sys.executable} cannot make virtual environments, because its venv or ensurepip "
            f"module is missing: install it (on Debian and Ubuntu: apt install {package})"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"setup: {text}\n")
    sys.stdout.flush()


@contextmanager
def _alone(root: Path) -> "Iterator[None]":
    """Hold the repository's folder locked, so that two makes set up one after the other."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _interpreter() -> str:
    return f"{os.path.realpath(sys.executable)} {sys.version}".replace("\n", " ")


def fingerprint(root: Path) -> str:
    """What a whole environment of `root` is marked with: its locks and its interpreter."""
    content = b"".join((root / name).read_bytes() for name in (UV_LOCK, LOCK))
    return f"{hashlib.sha256(content).hexdigest()}\n{_interpreter()}\n"


def _run(what: str, command: "list[str]", environ: "dict[str, str]") -> None:
    done = subprocess.run(  # noqa: S603 - pip and uv, with our own arguments
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        from tools.package_index import failure

        raise SetupError(f"{what} failed: {failure(done.stdout)}")


def _create(venv: Path) -> None:
    _say(f"virtual environment in {venv.name}, Python {sys.version.split()[0]}")
    made = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode:
        reason = (made.stdout.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(
            f"{sys.executable} -m venv failed ({reason.rstrip('.')}): repair or reinstall that "
            f"Python, or choose another with make PYTHON=python3.13"
        )


def _install(root: Path, venv: Path) -> None:
    from tools.package_index import for_pip, for_uv

    python = str(venv / "bin" / "python")
    count = sum("==" in line for line in (root / LOCK).read_text().splitlines())
    _say(f"{count} pinned packages")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    _run(
        "installing uv with pip",
        [*pip, "--require-hashes", "--requirement", str(root / UV_LOCK)],
        for_pip(os.environ),
    )
    flags, environ = for_uv(python, os.environ)
    uv = [str(venv / "bin" / "uv"), "pip", "sync", "--quiet", "--python", python, *flags]
    _run("installing with uv", [*uv, "--require-hashes", str(root / LOCK)], environ)


def _compile(root: Path, venv: Path) -> None:
    """Compile libraries and program once and side by side, also where Python writes no bytecode.

    Left out are tools that run rarely, and what does not compile (templates) is no matter.
    """
    packages = next((venv / "lib").glob("python3.*")) / "site-packages"
    ours = (root / name for name in ("local", "components", "containers", "lambdas", "settings"))
    seldom = r"/site-packages/(debugpy|mypy|mypyc|pip|pygments|setuptools|virtualenv)/"
    command = [str(venv / "bin" / "python"), "-m", "compileall", "-qq", "-j", "0", "-x", seldom]
    folders = [str(folder) for folder in (packages, *ours, *root.glob("*.py"))]
    subprocess.run([*command, *folders], check=False)  # noqa: S603 - the environment's Python


def prepare(root: Path) -> None:
    """Bring `root`/.venv up to date; its `.complete` file exists only while it is whole.

    Raises SetupError when it cannot, and leaves no half-made environment.
    """
    venv = root / ".venv"
    stamp = venv / ".complete"
    check_interpreter()
    with _alone(root):
        wanted = fingerprint(root)
        present = stamp.read_text() if stamp.exists() else ""
        if present == wanted:
            stamp.touch()
            return
        started = time.monotonic()
        stamp.unlink(missing_ok=True)
        try:
            if present.splitlines()[1:] != wanted.splitlines()[1:]:
                _create(venv)
            _install(root, venv)
            _compile(root, venv)
        except BaseException:
            shutil.rmtree(venv, ignore_errors=True)
            raise
        finished = stamp.with_suffix(".part")
        finished.write_text(wanted)
        finished.rename(stamp)
        _say(f"done in {time.monotonic() - started:.0f} s")


def main() -> int:
    """Exit status: 0 ready, 1 with one sentence on stderr, 130 interrupted."""
    try:
        prepare(Path(__file__).resolve().parent.parent)
    except SetupError as error:
        sys.stderr.write(f"setup: {error}.\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

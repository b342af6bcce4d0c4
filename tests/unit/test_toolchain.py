"""The toolchain: set-up from nothing and its three refusals, the locks, and who checks what."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tools import bootstrap, locks, package_index

ROOT = locks.ROOT
PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;]+)", re.MULTILINE)

# Interpreters that are not as they should be, run by the one that runs the tests.
TOO_OLD = """
import runpy, sys
sys.version_info = (3, 9, 1, "final", 0)
runpy.run_module("tools.bootstrap", run_name="__main__", alter_sys=True)
"""
WITHOUT_ENSUREPIP = """
import importlib.util, runpy
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "ensurepip" else find(name)
runpy.run_module("tools.bootstrap", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what set-up needs, without an environment."""
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy(ROOT / name, root / name)
    return root


_OUTSIDE_MAKE = {
    name: value
    for name, value in os.environ.items()
    if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
}


def run(
    root: Path, *command: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=root,
        env={**_OUTSIDE_MAKE, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def refused_with_one_sentence(done: subprocess.CompletedProcess[str], clone: Path) -> str:
    """The sentence of a set-up that was refused as it should be."""
    assert done.returncode == 1
    assert not (clone / ".venv").exists()
    assert done.stderr.startswith("setup: ")
    assert done.stderr.endswith(".\n")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_python_that_is_too_old_is_refused_with_its_version(clone: Path) -> None:
    sentence = refused_with_one_sentence(run(clone, sys.executable, "-c", TOO_OLD), clone)

    assert "is Python 3.9.1 and the shop needs 3.11 or later" in sentence
    assert "make PYTHON=" in sentence


def test_a_python_without_venv_is_refused_with_the_package_to_install(clone: Path) -> None:
    done = run(clone, sys.executable, "-c", WITHOUT_ENSUREPIP)
    sentence = refused_with_one_sentence(done, clone)

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt install python{version}-venv" in sentence


def test_an_index_that_cannot_be_reached_is_refused_and_leaves_nothing_behind(clone: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    done = run(clone, sys.executable, "-m", "tools.bootstrap", environ=nowhere)

    assert "the package index cannot be reached" in refused_with_one_sentence(done, clone)


def test_a_python_that_does_not_exist_is_named(clone: Path) -> None:
    done = run(clone, "make", "check-lint", "PYTHON=no-such-python")

    assert done.returncode != 0
    assert done.stderr.startswith("setup: there is no no-such-python: install Python 3.11")


def test_set_up_waits_for_another_set_up(clone: Path) -> None:
    descriptor = os.open(clone, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "tools.bootstrap"],
        cwd=clone,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=1)
        assert not (clone / ".venv").exists()
    finally:
        waiting.kill()
        waiting.communicate()
        os.close(descriptor)


def test_an_environment_that_is_whole_is_not_touched(clone: Path) -> None:
    complete = clone / ".venv/.complete"
    complete.parent.mkdir()
    complete.write_text(bootstrap.fingerprint(clone))
    done = run(clone, sys.executable, "-m", "tools.bootstrap")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in complete.parent.iterdir()] == [".complete"]


def test_every_command_has_one_line_of_help() -> None:
    done = run(ROOT, "make")
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    phony = re.search(r"^\.PHONY: (.*?) \$\(CHECKS\) (.*)$", makefile, re.M)

    assert phony is not None
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert all(make == "make" and told for make, _, told in lines)
    assert sorted(command for _, command, _ in lines) == sorted(
        [*phony[1].split(), *phony[2].split()]
    )
    assert run(ROOT, "make", "help").stdout == done.stdout


def test_a_port_is_asked_for_only_when_it_is_given() -> None:
    assert run(ROOT, "make", "-n", "up", "PORT=8080").stdout.endswith("local up --port 8080\n")
    assert run(ROOT, "make", "-n", "up").stdout.strip().endswith("local up")


def test_pre_commit_runs_exactly_the_parts_of_make_check() -> None:
    written = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"] for repo in written["repos"] for hook in repo["hooks"]]
    checks = re.search(r"^CHECKS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert checks is not None
    assert hooks == [f"make {name}" for name in checks[1].split()]


def test_the_locks_are_current() -> None:
    assert locks.stale(ROOT) == []


def test_a_changed_input_makes_its_locks_stale_and_no_others(tmp_path: Path) -> None:
    for lock in locks.locks(ROOT):
        for name in {lock.target, *lock.sources, "lambdas/common/requirements.in"}:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    with (tmp_path / "lambdas/payments/requirements.in").open("a") as changed:
        changed.write("another-library\n")

    assert locks.stale(tmp_path) == ["requirements-dev.txt", "lambdas/payments/requirements.txt"]


def test_a_library_has_one_version_in_all_locks() -> None:
    everything = set(PIN.findall((ROOT / "requirements-dev.txt").read_text()))

    for lock in locks.locks(ROOT):
        pins = set(PIN.findall((ROOT / lock.target).read_text()))
        assert pins, lock.target
        assert pins <= everything or lock.sources == (locks.GO,), lock.target


def test_every_pin_has_a_hash_and_no_lock_names_a_host() -> None:
    for lock in locks.locks(ROOT):
        text = (ROOT / lock.target).read_text()
        assert "://" not in text, lock.target
        for name, _ in PIN.findall(text):
            pinned = re.search(rf"^{re.escape(name)}==.*\\\n +--hash=sha256:", text, re.MULTILINE)
            assert pinned, f"{lock.target}: {name}"


def test_uv_gets_the_index_that_pip_is_configured_for(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://index.example/simple\n"
        "[install]\nfind-links =\n  /wheels/a\n  /wheels/b\nno-index = true\n"
    )
    environ = {"PIP_CONFIG_FILE": str(config), "PIP_CERT": "/certificates.pem"}
    flags, given = package_index.for_uv(sys.executable, environ)

    assert flags == ["--no-index"]
    assert given["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert given["UV_FIND_LINKS"] == "/wheels/a,/wheels/b"
    assert given["SSL_CERT_FILE"] == "/certificates.pem"


def test_a_setting_of_uv_wins_over_the_one_of_pip() -> None:
    environ = {"PIP_INDEX_URL": "https://pip.example", "UV_INDEX_URL": "https://uv.example"}
    _, given = package_index.for_uv(sys.executable, {**environ, "PIP_CONFIG_FILE": os.devnull})

    assert given["UV_INDEX_URL"] == "https://uv.example"
    assert "UV_DEFAULT_INDEX" not in given


def test_pip_gets_the_index_that_only_uv_is_configured_for() -> None:
    given = package_index.for_pip({"UV_DEFAULT_INDEX": "https://uv.example"})
    both = package_index.for_pip(
        {"UV_INDEX_URL": "https://uv.example", "PIP_INDEX_URL": "https://a"}
    )

    assert given["PIP_INDEX_URL"] == "https://uv.example"
    assert both["PIP_INDEX_URL"] == "https://a"


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("error: Failed to fetch\n cause: dns error: no such host", "cannot be reached"),
        ("cause: invalid peer certificate: UnknownIssuer", "cannot be reached"),
        (
            "  \N{MULTIPLICATION SIGN} No solution found\n  ╰─▶ Because a has no wheels, b.",
            "Because a has no wheels, b;",
        ),
        ("ERROR: No matching distribution found for uv", "No matching distribution found for uv;"),
        ("", "no reason given;"),
    ],
)
def test_a_failed_installation_is_told_in_one_line(output: str, says: str) -> None:
    sentence = package_index.failure(output)

    assert says in sentence
    assert "\n" not in sentence

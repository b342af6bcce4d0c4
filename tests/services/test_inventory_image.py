"""inventory's image: a linter has no objection, and the files it is made of are enough to run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pathspec
import pytest

from tests.support.configuration import ROOT
from tests.support.inventory_processes import PATIENCE, free_port, process_of, read_until
from tools import package_index

DOCKERFILE = ROOT / "containers" / "inventory" / "Dockerfile"
BIN = Path(sys.executable).parent


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: name and arguments, continuation lines joined."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage, its FROM first."""
    found: list[list[tuple[str, str]]] = []
    for instruction in instructions():
        if instruction[0] == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def sent() -> Iterator[Path]:
    """The files that BuildKit sends: those that the ignore file does not hold back."""
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    ignored = pathspec.PathSpec.from_lines("gitignore", lines)
    for folder in ("lambdas", "containers"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT)
            if path.is_file() and not ignored.match_file(name):
                yield name


def copied(folder: Path) -> None:
    """What the build stage copies from the context, in `folder`."""
    for name, rest in stages()[0]:
        if name == "COPY":
            source, target = shlex.split(rest)
            for file in sent():
                if file == Path(source) or Path(source) in file.parents:
                    to = (
                        folder
                        / target
                        / (file.relative_to(source) if source != str(file) else file.name)
                    )
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / file, to)


def installed(folder: Path) -> None:
    """What the build stage installs with pip, by uv and for this machine."""
    (run,) = (rest for name, rest in stages()[0] if name == "RUN" and "pip install" in rest)
    kept = (
        "--require-hashes",
        "--only-binary=:all:",
        "--target packages",
        "--requirement requirements.txt",
    )
    assert all(option in run for option in kept), run
    flags, environ = package_index.for_uv(sys.executable, os.environ)
    command = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", sys.executable, *flags]
    subprocess.run(  # noqa: S603 - uv, with our own arguments
        [*command, *shlex.split(" ".join(kept))], cwd=folder, env=environ, check=True
    )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the last stage takes over as `/app`."""
    folder = tmp_path_factory.mktemp("image")
    copied(folder)
    installed(folder)
    assert ("COPY", "--from=build /app/packages /app") in stages()[-1]
    return folder / "packages"


def test_the_linter_has_no_objection() -> None:
    done = subprocess.run(  # noqa: S603 - the pinned linter
        [BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_both_stages_stand_on_one_base_named_by_its_digest() -> None:
    (base,) = (rest for name, rest in instructions() if name == "ARG")

    assert re.fullmatch(r"BASE_IMAGE=python:3\.13-slim@sha256:[0-9a-f]{64}", base)
    assert [stage[0] for stage in stages()] == [
        ("FROM", "${BASE_IMAGE} AS build"),
        ("FROM", "${BASE_IMAGE}"),
    ]


def test_the_result_holds_no_installer_and_runs_as_nobody() -> None:
    last = stages()[-1]
    runs = [rest for name, rest in last if name == "RUN"]

    assert runs == ["python -m pip uninstall --yes --quiet --root-user-action=ignore pip"]
    assert ("USER", "10001:10001") in last
    assert last[-1] == ("CMD", '["python", "-m", "inventory.api"]')


def test_the_image_is_made_of_code_and_locks_alone() -> None:
    kinds = {path.suffix for path in sent()}

    assert kinds == {".py", ".txt"}


def test_the_api_runs_from_the_files_of_the_image_alone(image: Path) -> None:
    port = free_port()
    environment = {"INVENTORY_PORT": str(port), "INVENTORY_HOST": "127.0.0.1"}
    with process_of("inventory.api", environment, paths=[image], flags=["-S"]) as process:
        read_until("api started", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output


def test_the_worker_starts_from_the_files_of_the_image_alone(image: Path) -> None:
    with process_of("inventory.worker", {}, paths=[image], flags=["-S"]) as process:
        output, _ = process.communicate(timeout=PATIENCE)

    assert "missing required field `inventory_queue_url`" in output

"""Finding the Pulumi CLI and building it, with a go and a pulumi that only pretend."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import build
from engine.cli import LANGUAGE, PLUGINS, Cli, find
from engine.errors import EngineError
from engine.toolchain import needed
from tools.locks import ROOT

_PULUMI = "#!/bin/sh\necho v{version}\n"
_GO = """#!/bin/sh
echo "$1" >> "{calls}"
case "$1" in
  env) echo go{version} ;;
  list) echo one; echo two ;;
  build)
    {build}
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho v{makes}\\n' > "$2"
    chmod +x "$2" ;;
esac
"""


class Machine:
    """A machine with its own PATH and folders."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.said: list[str] = []
        self.environ = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "UV_HTTP_RETRIES": "0",
        }

    def install(self, name: str, script: str) -> Path:
        """An executable on PATH."""
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def install_go(
        self, *, version: str = "1.26.8", build_step: str = ":", makes: str = ""
    ) -> None:
        """A go whose build step is `build_step` and whose pulumi says the version `makes`."""
        made = makes or build.pinned()
        script = _GO.format(calls=self.calls, version=version, build=build_step, makes=made)
        self.install("go", script)

    def find(self) -> Cli:
        """What is found here."""
        return find(self.said.append, self.environ)

    def builds(self) -> int:
        """How often go was asked to build."""
        return self.calls.read_text().split().count("build") if self.calls.exists() else 0

    def start(self) -> subprocess.Popen[str]:
        """`python -m engine path` in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "engine", "path"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self) -> list[Path]:
        """What lies in the CLI's folder."""
        return list(build.folder(self.environ).iterdir())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _await(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 20 s"
        time.sleep(0.02)


def test_a_pulumi_on_path_that_is_recent_enough_is_used(machine: Machine) -> None:
    installed = machine.install("pulumi", _PULUMI.format(version="3.200.0"))

    assert machine.find() == Cli(installed, "3.200.0", from_source=False)
    assert machine.said == []


@pytest.mark.parametrize("version", ["3.199.9", "2.999.0", ""])
def test_a_pulumi_that_is_too_old_is_named_and_another_is_built(
    machine: Machine, version: str
) -> None:
    installed = machine.install("pulumi", _PULUMI.format(version=version))
    machine.install_go()
    found = machine.find()

    assert (found.version, found.from_source) == (build.pinned(), True)
    assert f"{installed} is Pulumi {version or 'of no known version'}" in machine.said[0]
    assert "3.200.0 is needed" in machine.said[0]


def test_the_cli_is_built_once(machine: Machine) -> None:
    machine.install_go()
    first, second = machine.find(), machine.find()

    assert first == second
    assert machine.builds() == 1
    assert machine.files() == [first.path]


def test_what_an_earlier_build_put_on_path_does_not_count_as_installed(machine: Machine) -> None:
    machine.install_go()
    machine.environ.update(machine.find().environment(machine.environ))

    assert machine.find().from_source


def test_a_broken_cli_in_the_cache_is_built_again(machine: Machine) -> None:
    machine.install_go()
    path = machine.find().path
    path.write_text("not a program")

    assert build.version_of(machine.find().path) == build.pinned()
    assert machine.builds() == 2


def test_a_cli_of_another_version_than_the_pinned_one_is_not_kept(machine: Machine) -> None:
    machine.install_go(makes="9.9.9")
    with pytest.raises(EngineError, match=r"says that its version is '9\.9\.9' and go\.mod pins"):
        machine.find()

    assert machine.files() == []


def test_a_build_that_fails_says_why_and_leaves_nothing(machine: Machine) -> None:
    machine.install_go(build_step="echo some/package; echo 'no space left' >&2; exit 1")
    with pytest.raises(EngineError, match=r"compiling failed: no space left; .* install Pulumi"):
        machine.find()

    assert machine.files() == []


def test_an_old_go_is_named_and_not_used(machine: Machine) -> None:
    machine.install_go(version="1.24.9")
    with pytest.raises(EngineError, match="the package index cannot be reached"):
        machine.find()

    assert "is Go 1.24.9, " + ".".join(map(str, needed())) + " is needed" in machine.said[0]
    assert machine.builds() == 0


def test_without_pulumi_go_and_index_one_sentence_says_what_to_install(machine: Machine) -> None:
    process = machine.start()
    output, errors = process.communicate(timeout=60)

    assert (process.returncode, output) == (1, "")
    sentence = errors.splitlines()[-1]
    assert sentence.startswith("engine: no recent enough Pulumi is on PATH, and Go cannot be")
    assert sentence.endswith(
        "install Pulumi 3.200.0 or later (pulumi.com/docs/install) and put it on PATH."
    )
    assert "Traceback" not in errors


def test_two_at_once_build_one_cli(machine: Machine) -> None:
    machine.install_go(build_step="sleep 2")
    processes = [machine.start(), machine.start()]
    answers = [process.communicate(timeout=60) for process in processes]

    assert answers[0][0] == answers[1][0] == f"{build.folder(machine.environ) / 'pulumi'}\n"
    assert machine.builds() == 1
    assert sum("waiting for another process that builds" in errors for _, errors in answers) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_ends_go_and_leaves_nothing(
    machine: Machine, tmp_path: Path, number: signal.Signals
) -> None:
    machine.install_go(build_step=f"sleep 60 & echo $! > {tmp_path}/sleeper; wait")
    process = machine.start()
    _await(lambda: (tmp_path / "sleeper").exists() and (tmp_path / "sleeper").read_text())
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)

    assert (process.returncode, output) == (128 + number, "")
    assert "Traceback" not in errors
    assert machine.files() == []
    sleeper = int((tmp_path / "sleeper").read_text())
    _await(lambda: _is_gone(sleeper))


def _is_gone(pid: int) -> bool:
    """A zombie is gone: who adopts it takes note later."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_a_killed_build_left_is_removed_by_the_next(machine: Machine) -> None:
    machine.install_go()
    left = build.folder(machine.environ) / "part.killed"
    left.mkdir(parents=True)
    (left / "pulumi").write_text("half")

    assert machine.files() == [left]
    assert [machine.find().path] == machine.files()


def test_a_cli_built_here_gets_our_language_host_last_and_a_folder_of_its_own(
    machine: Machine,
) -> None:
    own = machine.install("pulumi-language-python", "#!/bin/sh\n").parent
    given = Cli(Path("/cache/pulumi"), "3.245.0", from_source=True).environment(machine.environ)

    path = given["PATH"].split(":")
    assert path == ["/cache", str(PLUGINS), str(own), "/usr/bin", "/bin", str(LANGUAGE)]
    assert given["PULUMI_HOME"] == f"{machine.environ['XDG_STATE_HOME']}/storefront/pulumi/home"
    again = {**machine.environ, **given}
    assert Cli(Path("/cache/pulumi"), "3.245.0", from_source=True).environment(again) == {
        name: value
        for name, value in given.items()
        if name not in ("PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE")
    }


def test_an_installed_pulumi_keeps_its_own_language_host_and_folder(machine: Machine) -> None:
    machine.install("pulumi-language-python", "#!/bin/sh\n")
    given = Cli(machine.bin / "pulumi", "3.250.0", from_source=False).environment(machine.environ)

    assert str(LANGUAGE) not in given["PATH"].split(":")
    assert "PULUMI_HOME" not in given


def test_an_installed_pulumi_without_a_language_host_gets_ours(machine: Machine) -> None:
    given = Cli(machine.bin / "pulumi", "3.250.0", from_source=False).environment(machine.environ)

    assert given["PATH"].split(":")[-1] == str(LANGUAGE)


def test_the_callers_backend_is_left_alone_and_gets_no_passphrase_of_ours(machine: Machine) -> None:
    machine.environ["PULUMI_BACKEND_URL"] = "s3://state"
    given = Cli(Path("/cache/pulumi"), "3.245.0", from_source=True).environment(machine.environ)

    assert not {"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"} & set(given)


def test_the_export_lines_are_for_a_shell_and_progress_is_not_among_them(machine: Machine) -> None:
    machine.install_go()
    machine.environ["XDG_STATE_HOME"] = str(machine.bin.parent / "it's a state")
    script = f'eval "$({sys.executable} -m engine env)" && pulumi && echo "$PULUMI_BACKEND_URL"'
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", "-c", script],
        cwd=ROOT,
        env=machine.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    stacks = machine.bin.parent / "it's a state/storefront/pulumi/stacks"
    assert done.stdout == f"v{build.pinned()}\n{stacks.as_uri()}\n"
    assert stacks.is_dir()
    assert "engine: building the Pulumi CLI" in done.stderr

"""The language host over gRPC, as the engine drives it, without the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

from tests.support.language_host import HOST, Engine, Host
from tools.locks import ROOT


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    running = Host(Engine(), tmp_path)
    yield running
    running.stop()


def _await_file(path: Path) -> str:
    deadline = time.monotonic() + 30
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"{path} was not written within 30 s"
        time.sleep(0.02)
    return path.read_text()


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while not _is_gone(pid):
        assert time.monotonic() < deadline, f"process {pid} runs on"
        time.sleep(0.02)


def test_a_program_runs_with_everything_that_the_request_says(host: Host) -> None:
    response = host.run()

    assert (response.error, response.bail, host.engine.logged) == ("", False, [])
    outputs = host.engine.outputs
    assert dict(outputs.pop("word"))["value"] == "hush"
    assert list(outputs.pop("where")) == ["shop", "dev", "us"]
    assert list(outputs.pop("arguments")) == ["--fast"]
    assert outputs == {
        "number": 0.0,
        "dry": True,
        "folder": str(host.folder),
        "path": os.environ.get("PYTHONPATH", "none"),
    }
    assert host.stop()[0] == "one line of output\n"


def test_an_exception_is_logged_with_the_programs_own_frames_and_bails(host: Host) -> None:
    response = host.run("raise ValueError('broken')")

    assert (response.error, response.bail) == ("", True)
    [logged] = host.engine.logged
    assert logged.startswith("Program failed with an unhandled exception:\nTraceback")
    assert logged.rstrip().endswith("ValueError: broken")
    assert logged.count("  File ") == 1
    assert f'File "{host.folder}/__main__.py", line 5, in <module>' in logged


def test_a_run_error_is_logged_without_a_traceback_and_bails(host: Host) -> None:
    response = host.run("raise pulumi.RunError('number is 0; it must be positive')")

    assert (response.error, response.bail) == ("", True)
    assert host.engine.logged == ["number is 0; it must be positive"]


def test_an_exit_code_of_the_program_is_reported(host: Host) -> None:
    response = host.run("sys.exit(3)")

    assert (response.error, response.bail) == ("Program exited with non-zero exit code: 3", False)


def test_a_killed_program_is_reported_with_its_signal(host: Host) -> None:
    assert host.run("os.kill(os.getpid(), 9)").error == "Program was ended by SIGKILL"


def test_a_folder_without_a_program_is_named(host: Host) -> None:
    request = host.request()
    (host.folder / "__main__.py").unlink()

    assert host.runtime.Run(request, timeout=60).bail
    assert host.engine.logged == [
        f"there is no Python program in {host.folder}: it needs a __main__.py"
    ]


def test_a_module_of_this_repository_is_not_found_by_another_program(host: Host) -> None:
    host.run("import settings")

    assert "ModuleNotFoundError: No module named 'settings'" in host.engine.logged[0]


def test_the_projects_own_environment_is_used_and_a_missing_one_is_named(host: Host) -> None:
    (host.folder / "own").symlink_to(Path(sys.prefix))
    about = host.runtime.About(language_pb2.AboutRequest(info=host.info(virtualenv="own")))

    assert about.executable == f"{host.folder}/own/bin/python"
    assert about.version == sys.version.split()[0]
    assert "virtualenv 'none' of the project" in host.run(virtualenv="none").error


@pytest.mark.parametrize(
    ("number", "alone"),
    [
        (signal.SIGINT, False),
        (signal.SIGTERM, False),
        (signal.SIGINT, True),
        (signal.SIGTERM, True),
    ],
)
def test_the_end_in_the_middle_of_a_program_is_silent_and_leaves_no_process(
    host: Host, number: int, *, alone: bool
) -> None:
    write = "open('pid', 'w').write(str(os.getpid()))"
    finish = "open('tidied', 'w').write('yes')"
    call = host.runtime.Run.future(
        host.request(f"{write}\nimport time\ntry:\n  time.sleep(60)\nfinally:\n  {finish}")
    )
    pid = int(_await_file(host.folder / "pid"))

    assert host.stop(number, alone=alone) == ("one line of output\n", "")
    assert call.exception() or call.result().error
    assert _is_gone(pid)
    if alone or number == signal.SIGINT:
        assert (host.folder / "tidied").exists()


def test_a_cancelled_run_ends_its_program(host: Host) -> None:
    write = "open('pid', 'w').write(str(os.getpid()))"
    call = host.runtime.Run.future(host.request(f"{write}\nimport time; time.sleep(60)"))
    pid = int(_await_file(host.folder / "pid"))
    call.cancel()

    _await_end(pid)


def test_a_cancelled_engine_interrupts_the_program(host: Host) -> None:
    write = "open('pid', 'w').write(str(os.getpid()))"
    call = host.runtime.Run.future(host.request(f"{write}\nimport time; time.sleep(60)"))
    pid = int(_await_file(host.folder / "pid"))
    host.runtime.Cancel(empty_pb2.Empty(), timeout=20)

    _await_end(pid)
    assert call.result().error == "Program exited with non-zero exit code: 130"


def _analyzer(host: Host, program: str) -> Any:
    (host.folder / "__main__.py").write_text(program)
    return host.runtime.RunPlugin(
        language_pb2.RunPluginRequest(
            pwd=str(host.folder),
            args=[host.address],
            env=["PATH=/usr/bin:/bin", "GREETING=good day"],
            kind="analyzer",
            info=host.info(),
        ),
        timeout=60,
    )


def test_a_policy_packs_output_is_streamed_as_it_comes_then_its_exit_code(host: Host) -> None:
    program = (
        "import os, sys, time\nsys.stdout.write(f'{os.environ[\"GREETING\"]} {sys.argv[1]}\\n')\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "sys.stderr.write('trouble\\n'); sys.exit(7)"
    )
    answers = _analyzer(host, program)

    assert next(answers).stdout == f"good day {host.address}\n".encode()
    (host.folder / "go").touch()
    assert next(answers).stderr == b"trouble\n"
    assert [answer.exitcode for answer in answers] == [7]


def test_a_cancelled_policy_pack_ends(host: Host) -> None:
    answers = _analyzer(host, "import os, time\nprint(os.getpid())\ntime.sleep(60)")
    pid = int(next(answers).stdout)
    answers.cancel()

    _await_end(pid)


def test_another_kind_of_plugin_is_refused_by_name(host: Host) -> None:
    request = language_pb2.RunPluginRequest(kind="resource", info=host.info())
    with pytest.raises(grpc.RpcError, match="a plugin of kind 'resource' is not run"):
        next(host.runtime.RunPlugin(request, timeout=20))


def test_nothing_is_required_or_installed_and_dependencies_are_those_of_the_environment(
    host: Host,
) -> None:
    info = host.info()
    packages = host.runtime.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info))
    said = host.runtime.InstallDependencies(language_pb2.InstallDependenciesRequest(info=info))
    every, direct = (
        {
            item.name
            for item in host.runtime.GetProgramDependencies(
                language_pb2.GetProgramDependenciesRequest(info=info, transitiveDependencies=all_)
            ).dependencies
        }
        for all_ in (True, False)
    )

    assert (list(packages.packages), list(packages.specs)) == ([], [])
    assert b"make" in b"".join(answer.stdout for answer in said)
    assert {"pulumi", "pytest"} <= every
    assert "pulumi_awsx" in direct
    assert "pulumi" not in direct


def test_the_host_ends_when_the_engine_is_gone(host: Host, tmp_path: Path) -> None:
    port = tmp_path / "port"
    wait = f"while [ ! -s {port} ]; do sleep 0.1; done"
    script = f"{HOST} {host.address} > {port} & echo $!; {wait}"
    started = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    pid = int(started.stdout)

    try:
        _await_end(pid)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["language/pulumi-language-python", "plugins/pulumi-resource-aws"])
def test_a_plugin_without_the_environment_says_what_to_run(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "engine" / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes((ROOT / "engine" / name).read_bytes())
    copy.chmod(0o755)
    done = subprocess.run([copy], capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{copy.name}: there is no {tmp_path}/.venv/bin/python: run make engine in {tmp_path}.\n"
    )

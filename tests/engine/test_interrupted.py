"""What is interrupted goes on with the next `up`: nothing is lost, nothing is there twice."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.engine.conftest import RunningCloud
from tests.local.customers import eventually
from tests.support.aws_contents import names_of
from tests.support.engine import Project
from tests.support.programs import STACK, write_program

Interrupt = Callable[[int], None]


def interrupt(stack: Project, cloud: RunningCloud, kind: str, count: int, end: Interrupt) -> str:
    """Start `up`, and end it once the cloud holds `count` of a kind; gives what it said."""
    process = stack.start("up", "--yes", "--skip-preview")
    eventually(
        lambda: len(names_of(cloud.aws, kind)) >= count or process.poll() is not None,
        f"there are {count} of {kind}",
        seconds=120,
    )
    assert process.poll() is None, process.communicate()[0]
    end(process.pid)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0, output
    return str(output)


def press_ctrl_c(pid: int) -> None:
    psutil.Process(pid).send_signal(signal.SIGINT)


def kill_the_provider(pid: int) -> None:
    plugins = [
        child
        for child in psutil.Process(pid).children(recursive=True)
        if "local.provider" in child.cmdline()
    ]
    assert plugins
    for plugin in plugins:
        plugin.kill()


def test_an_interrupted_up_goes_on_without_an_orphan_or_a_duplicate(
    start_cloud: Callable[[str], RunningCloud], project: Callable[..., Project]
) -> None:
    cloud = start_cloud("us-east-1")
    stack = project("local", cloud=cloud.file)

    interrupt(stack, cloud, "queue", 3, press_ctrl_c)
    interrupt(stack, cloud, "alarm", 12, kill_the_provider)
    interrupt(stack, cloud, "function", 8, kill_the_provider)
    stack.up()

    assert stack.preview().changes() == set()
    held = {kind: sorted(names) for kind, names in cloud.contents().items()}
    assert [
        kind for kind in ("table", "queue", "api") if len(set(held[kind])) < len(held[kind])
    ] == []
    stack.destroy("--skip-preview")
    assert cloud.contents() == cloud.empty


NAMELESS = """
for number in range(60):
    aws.ec2.Vpc(f"vpc-{number}", cidr_block=f"10.{number}.0.0/16")
"""
"""Nothing about a VPC is unique: whoever creates it twice has two."""


def test_what_a_killed_provider_was_creating_is_there_once(
    start_cloud: Callable[[str], RunningCloud], project: Callable[..., Project], tmp_path: Path
) -> None:
    cloud = start_cloud("us-east-1")
    program = write_program(tmp_path / "program", NAMELESS)
    stack = project(STACK, cloud=cloud.file, program=program)

    interrupt(stack, cloud, "vpc", 15, kill_the_provider)
    interrupt(stack, cloud, "vpc", 40, kill_the_provider)
    stack.up()

    held = cloud.contents()["vpc"]
    assert (len(held), len(set(held))) == (61, 61)
    stack.destroy()
    assert cloud.contents() == cloud.empty


def test_what_a_killed_provider_was_creating_goes_with_a_destroy(
    start_cloud: Callable[[str], RunningCloud], project: Callable[..., Project], tmp_path: Path
) -> None:
    cloud = start_cloud("us-east-1")
    program = write_program(tmp_path / "program", NAMELESS)
    stack = project(STACK, cloud=cloud.file, program=program)

    interrupt(stack, cloud, "vpc", 15, kill_the_provider)
    stack.destroy()

    eventually(lambda: cloud.contents() == cloud.empty, "nothing is left", seconds=10)

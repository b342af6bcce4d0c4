"""`make release STACK=dev`: brings into service what `pulumi up` has published.

Functions go by their alias, containers by their service; SERVICE=orders takes one service alone.
With BACK=1 each goes back, at once, to what was before it. AT_ONCE=1 leaves CodeDeploy out: no
steps, and no alarm that takes the release back. With `STOREFRONT_CLOUD` set it is the cloud of
`make cloud`, which has no CodeDeploy: everything moves at once there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.cloud_file import VARIABLE, load
from local.errors import LocalRunError
from tools.release import found, moving
from tools.release.found import Clients
from tools.release.moving import ReleaseError

ROOT = Path(__file__).resolve().parents[2]
_CALLS = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be moved, and how."""

    clients: Clients
    prefix: str
    """of the names of its functions and services"""
    application: str
    """CodeDeploy's; empty where the stack has none"""
    hook: str
    """the smoke test's name; empty where the stack asks none"""


def release(target: Target) -> Iterator[str]:
    """Move what is not the newest, and wait; a line for each. Raises ReleaseError."""
    behind = [
        function
        for function in found.functions(target.clients, target.prefix)
        if function.serving != function.newest
    ]
    if target.application:
        shifts = [
            moving.shift(target.clients, target.application, target.hook, function, function.newest)
            for function in behind
        ]
        yield from moving.await_shifts(target.clients, shifts)
    else:
        for function in behind:
            yield moving.move_alias(target.clients, function, function.newest)
    for service in found.services(target.clients, target.prefix):
        if service.serving != service.newest:
            yield moving.move_service(target.clients, service, service.newest)
            if target.application:
                yield moving.await_service(target.clients, service)


def take_back(target: Target) -> Iterator[str]:
    """Move everything to what was before it, at once; a line for each."""
    for function in found.functions(target.clients, target.prefix):
        if function.shifting:
            yield moving.move_alias(target.clients, function, function.serving)
        elif function.previous is not None:
            yield moving.move_alias(target.clients, function, function.previous)
    for service in found.services(target.clients, target.prefix):
        if service.previous is not None:
            yield moving.move_service(target.clients, service, service.previous)


def main(arguments: list[str]) -> int:
    """0 when all has moved; 1 with one sentence when something was refused or taken back."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("stack", help="the environment, e.g. dev")
    parser.add_argument("--service", default="", help="this service alone, e.g. orders")
    parser.add_argument("--back", action="store_true", help="back to what was before, at once")
    parser.add_argument("--at-once", action="store_true", help="without CodeDeploy and its steps")
    given = parser.parse_args(arguments)
    moved = 0
    try:
        target = _target(given.stack, given.service, at_once=given.at_once)
        for line in take_back(target) if given.back else release(target):
            sys.stdout.write(f"{line}\n")
            moved += 1
    except (ReleaseError, LocalRunError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"release: {moved} moved, then: {error}\n")
        return 1
    sys.stdout.write(f"{moved} moved\n")
    return 0


def _target(stack: str, service: str, *, at_once: bool) -> Target:
    config = _config(stack)
    release_scope = f"storefront-{stack}-release"
    by_steps = config["delivery:codedeploy_enabled"] == "true" and not at_once
    deployed = by_steps and VARIABLE not in os.environ
    hooked = config["delivery:rollout_hooked"] == "true"
    return Target(
        clients=_clients(config["aws:region"]),
        prefix=f"storefront-{stack}-{service}-" if service else f"storefront-{stack}-",
        application=release_scope if deployed else "",
        hook=f"{release_scope}-hook" if deployed and hooked else "",
    )


def _config(stack: str) -> dict[str, str]:
    path = ROOT / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        raise ReleaseError(f"stack {stack!r} has no {path.name}; name one of dev, prod, local")
    config: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))["config"]
    return config


def _clients(region: str) -> Clients:
    if VARIABLE in os.environ:
        return load().client

    def client(service: str) -> Any:
        return boto3.client(service, region_name=region, config=_CALLS)

    return client


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

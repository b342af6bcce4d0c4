"""`make cloud`: the embedded AWS and PostgreSQL, for `pulumi up` to deploy onto.

Whatever it deploys, the containers of its ECS services run here, and follow what ECS says.
"""

from __future__ import annotations

from pathlib import Path

from local import cloud_file
from local.agent import Agent
from local.children import Children
from local.console import Say
from local.foundation import Foundation
from local.provider.service import serve
from local.resources import Cloud
from local.resources.base import ROOT_CREDENTIALS


def cloud(children: Children, say: Say, port: int | None, region: str) -> int:
    """Start it and serve until the process is told to stop; raises LocalRunError."""
    foundation = Foundation(children, region)
    started = foundation.start(port, say)
    provider = serve(started.seen_from)
    path = children.directory / "cloud.json"
    run = foundation.embedded.run
    cloud_file.write(path, started, run, foundation.database, provider.address)
    agent = Agent.of(started, children, say)
    agent.follow()
    try:
        for line in instructions(started, path):
            say(line)
        foundation.wait()
    finally:
        agent.stop()
        provider.stop()
    return 0


def instructions(cloud: Cloud, path: Path) -> list[str]:
    """Lines to paste into another terminal; each works as it is printed."""
    return [
        "",
        "The cloud is empty. In another terminal:",
        "",
        f"export {cloud_file.VARIABLE}={path}",
        f"export AWS_ENDPOINT_URL={cloud.endpoint}",
        f"export AWS_REGION={cloud.region} AWS_DEFAULT_REGION={cloud.region}",
        *(f"export {name.upper()}={value}" for name, value in ROOT_CREDENTIALS.items()),
        "",
        'eval "$(make -s engine)"',
        "pulumi stack select --create local",
        "pulumi up",
        "make open",
        "",
        "Ctrl-C ends it all, and what was deployed with it.",
    ]

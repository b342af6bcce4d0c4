"""A stack as a step of the pipeline has it: with its real state, where `PULUMI_BACKEND_URL` is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config

from engine.cli import PLUGINS, Cli, find
from engine.errors import EngineError
from local.cloud_file import VARIABLE, load
from tools.delivery.errors import DeliveryError

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "policy"
_CALLS = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"})
_ACQUISITION = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"


class Stack:
    """Runs the Pulumi CLI for one stack; `directory` is the project's."""

    def __init__(
        self, name: str, cli: Cli, environment: Mapping[str, str], directory: Path = ROOT
    ) -> None:
        self.name = name
        self._cli = cli
        self._environment = environment
        self._directory = directory

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """Standard output of the command, once it has succeeded; raises DeliveryError.

        Unless `quiet` both streams are shown while it runs, and the answer is empty.
        """
        command = [str(self._cli.path), *arguments, "--stack", self.name, "--non-interactive"]
        done = subprocess.run(  # noqa: S603 - the CLI that was found
            command,
            cwd=self._directory,
            env=dict(self._environment),
            check=False,
            text=True,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
        )
        if done.returncode:
            told = f": {_last_words(done.stderr or done.stdout)}" if quiet else ""
            raise DeliveryError(f"pulumi {arguments[0]} of {self.name} failed{told}")
        return done.stdout or ""


def opened(name: str, packages: Path | None = None) -> Stack:
    """The stack whose file is beside the program; `packages` is what `make package` left.

    Raises DeliveryError where there is no such stack or no CLI.
    """
    configuration(name)
    try:
        cli = find(_say)
    except EngineError as error:
        raise DeliveryError(str(error)) from error
    environment = surroundings(cli, os.environ)
    if packages is not None:
        environment["XDG_CACHE_HOME"] = str(packages.resolve())
    return Stack(name, cli, environment)


def configuration(stack: str) -> Mapping[str, str]:
    """The settings in a stack's file; raises DeliveryError where there is none."""
    path = ROOT / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))
        raise DeliveryError(f"STACK={stack!r} has no {path.name}; name one of {', '.join(known)}")
    config: Mapping[str, str] = yaml.safe_load(path.read_text("utf-8"))["config"]
    return config


def surroundings(cli: Cli, environ: Mapping[str, str]) -> dict[str, str]:
    """What the CLI is run with: for the embedded AWS our own plugins, else Pulumi's."""
    together = {**environ, **cli.environment(environ)}
    if environ.get(VARIABLE):
        return together
    entries = together["PATH"].split(os.pathsep)
    together["PATH"] = os.pathsep.join(entry for entry in entries if entry != str(PLUGINS))
    together.pop(_ACQUISITION)
    return together


def configured(image: Path | None) -> Sequence[str]:
    """What `make image` has built, as configuration of the stack."""
    if image is None:
        return ()
    return ("--config", f"inventory:image={image.read_text('utf-8').strip()}")


def _last_words(text: str) -> str:
    return " ".join(text.strip().splitlines()[-3:]) or "it said nothing"


def _say(line: str) -> None:
    sys.stderr.write(f"delivery: {line}\n")
    sys.stderr.flush()


def client(service: str, stack: str, **options: Any) -> Any:
    """A client of AWS in the stack's region; of `make cloud` where `STOREFRONT_CLOUD` names one."""
    if os.environ.get(VARIABLE):
        return load().client(service)
    region = configuration(stack)["aws:region"]
    return boto3.client(service, region_name=region, config=_CALLS.merge(Config(**options)))

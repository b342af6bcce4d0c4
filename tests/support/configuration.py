"""Stack configurations as data: what a file says, and where files and settings differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pulumi
import yaml
from pulumi.runtime import settings as runtime

ROOT = Path(__file__).parents[2]


def stack_config(environment: str) -> dict[str, str]:
    """The configuration in `Pulumi.<environment>.yaml`, as the engine hands it to a program."""
    loaded = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())["config"]
    return {key: _as_text(value) for key, value in loaded.items()}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def unread(configured: Iterable[str], read: Collection[str]) -> set[str]:
    """The configured keys that nothing reads."""
    return set(configured) - set(read)


def unset(configured: Iterable[str], read: Collection[str]) -> set[str]:
    """The keys that are read and not configured."""
    return set(read) - set(configured)


def only_in_one(first: Iterable[str], second: Iterable[str]) -> set[str]:
    """The keys that one of two configurations has."""
    return set(first) ^ set(second)


@contextmanager
def selected(config: dict[str, str], stack: str = "dev") -> Iterator[None]:
    """Makes `config` the configuration that `pulumi.Config` reads, for a stack of that name."""
    runtime.reset_options(project="storefront", stack=stack)
    pulumi.runtime.set_all_config(config)
    try:
        yield
    finally:
        pulumi.runtime.set_all_config({})
        runtime.reset_options()

"""What git says of the commit that is delivered: `make alone SERVICE=orders`, `make tag`.

A tag `released-<time>` marks each commit that reached prod; comparisons begin at the newest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from components.delivery.pipelines import SERVICES
from tools.delivery.errors import DeliveryError, step

ROOT = Path(__file__).resolve().parents[2]
RELEASED = "released-"
_ASIDE = ("docs/**", "CHANGELOG.md")
"""What is never deployed."""


def elsewhere(changed: Iterable[str], service: str) -> list[str]:
    """Those changed files that belong to more than the service."""
    own = (SERVICES[service], *_ASIDE)
    return [path for path in changed if not any(_matches(path, pattern) for pattern in own)]


def alone(service: str, root: Path = ROOT) -> str:
    """Raises DeliveryError where the commits since the last release changed more."""
    if service not in SERVICES:
        raise DeliveryError(f"SERVICE={service!r} must be one of {', '.join(SERVICES)}")
    base = last_release(root)
    if not base:
        raise DeliveryError("nothing was released yet: the pipeline main must deliver first")
    others = elsewhere(_git(root, "diff", "--name-only", f"{base}..HEAD").split(), service)
    if others:
        shown = ", ".join(others[:5]) + (" ..." if len(others) > 5 else "")
        raise DeliveryError(
            f"since {base} more than {service} has changed ({shown}): the pipeline main delivers it"
        )
    return f"since {base} only {service} has changed"


def last_release(root: Path = ROOT) -> str:
    """The newest tag of a release below this commit; empty where there is none."""
    tags = _git(root, "tag", "--merged", "HEAD", "--list", f"{RELEASED}*", "--sort=-refname")
    return tags.split()[0] if tags.split() else ""


def tag(now: datetime, root: Path = ROOT) -> str:
    """Mark this commit as released, here and at the origin; once, however often it is asked."""
    if found := _git(root, "tag", "--points-at", "HEAD", "--list", f"{RELEASED}*").split():
        name = found[0]
    else:
        name = f"{RELEASED}{now:%Y%m%dT%H%M%SZ}"
        _git(root, "tag", name)
    _git(root, "push", "--quiet", "origin", f"refs/tags/{name}")
    return name


def _matches(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern.replace("/**", "/*"))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607 - the build's own git
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeliveryError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """0 when it is so, or was done; 1 with one sentence."""
    parser = argparse.ArgumentParser(prog="repository", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("alone").add_argument("service")
    commands.add_parser("tag")
    commands.add_parser("last-release")
    given = parser.parse_args(arguments)
    if given.command == "alone":
        return step("alone", lambda: alone(given.service))
    if given.command == "tag":
        return step("tag", lambda: tag(datetime.now(UTC)))
    return step("last-release", lambda: last_release() or "HEAD")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

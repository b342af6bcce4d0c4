"""`make package OUT=dist`: every function's package, built once and taken along to all stages.

They lie as in the cache of `packages.py`, named after what they are made from: a stage that has the
folder as its cache builds nothing, and one whose inputs changed would build anew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import packages
from tools.delivery.errors import DeliveryError, step
from tools.delivery.stack import configuration

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("dev", "prod")


def targets() -> set[packages.Target]:
    """What the stacks that are delivered run their functions on."""
    return {_target(stack) for stack in STACKS}


def services() -> list[str]:
    """The services that are functions."""
    found = [path.parent.name for path in (ROOT / "lambdas").glob("*/requirements.txt")]
    return sorted(found)


def build_all(out: Path, built_for: set[packages.Target]) -> list[packages.Package]:
    """Every service's package for every target, below `out`."""
    cache = out / "storefront" / "packages"
    return [
        packages.build(service, target, cache=cache)
        for target in sorted(built_for, key=str)
        for service in services()
    ]


def main(arguments: list[str]) -> int:
    """0 when all packages are there."""
    parser = argparse.ArgumentParser(prog="package", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--host", action="store_true", help="for this interpreter alone")
    given = parser.parse_args(arguments)

    def body() -> str:
        chosen = {packages.Target(packages.HOST, packages.HOST)} if given.host else targets()
        try:
            built = build_all(given.out, chosen)
        except packages.PackageError as error:
            raise DeliveryError(str(error)) from error
        return "\n".join(f"{package.path.name} {package.sha256}" for package in built)

    return step("package", body)


def _target(stack: str) -> packages.Target:
    config = configuration(stack)
    return packages.Target(
        config["platform:package_python"], config["platform:package_architecture"]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

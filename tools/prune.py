"""`make prune STACK=dev`: deletes function versions that nobody calls, but for the newest ones.

`pulumi up` publishes a version with every change and deletes none; AWS keeps 75 GB of them.
A version that an alias names, with or without a weight, stays whatever its age.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEPT = 5
_CALLS = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"})


def outdated(published: Iterable[int], called: Collection[int], keep: int) -> list[int]:
    """The versions, oldest first, that are neither called nor among the `keep` newest."""
    newest_last = sorted(published)
    return [
        version
        for version in newest_last[: max(0, len(newest_last) - keep)]
        if version not in called
    ]


def prune(client: Any, prefix: str, keep: int) -> Iterator[str]:
    """Delete what is outdated of every function whose name begins with `prefix`; yields each."""
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name.startswith(prefix):
                for version in outdated(_published(client, name), _called(client, name), keep):
                    client.delete_function(FunctionName=name, Qualifier=str(version))
                    yield f"{name}:{version}"


def _published(client: Any, function: str) -> Iterator[int]:
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    for page in pages:
        yield from (int(each["Version"]) for each in page["Versions"] if each["Version"].isdigit())


def _called(client: Any, function: str) -> set[int]:
    named: set[str] = set()
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            named.add(alias["FunctionVersion"])
            named.update(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {})
    return {int(version) for version in named if version.isdigit()}


def main(arguments: list[str]) -> int:
    """0 when all that is outdated has gone; 1 with one sentence when AWS refused."""
    parser = argparse.ArgumentParser(prog="prune", description=__doc__)
    parser.add_argument("stack", help="the environment, e.g. dev")
    parser.add_argument("--keep", type=int, default=KEPT, help=f"newest versions kept ({KEPT})")
    given = parser.parse_args(arguments)
    if given.keep < 1:
        sys.stderr.write(f"prune: --keep {given.keep}: must be at least 1; the newest serves\n")
        return 1
    gone = 0
    try:
        client = boto3.client("lambda", config=_CALLS)
        for version in prune(client, f"storefront-{given.stack}-", given.keep):
            sys.stdout.write(f"deleted {version}\n")
            gone += 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(
            f"prune: {gone} versions deleted, then AWS refused: {error}. Check credentials and "
            "AWS_REGION, then run it again: it goes on where it stopped.\n"
        )
        return 1
    sys.stdout.write(
        f"{gone} versions of {given.stack} deleted, the newest {given.keep} and all called kept\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

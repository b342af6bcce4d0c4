"""`make watch`: finds executions that stand still, and a night in which drift was not looked for.

`PIPELINES` is how the names of our pipelines begin, `STUCK_MINUTES` how long an execution may run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.delivery.pipelines import SERVICES
from tools.delivery.errors import DeliveryError, step

NAMES = ("main", "drift", *SERVICES)
NIGHTLY = "drift"
_NIGHT = timedelta(hours=26)
"""A day, and time for the build."""
_CALLS = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"})

Execution = Mapping[str, Any]
"""As CodePipeline lists it: `status`, `startTime`, `pipelineExecutionId`."""


def problems(
    name: str, executions: Iterable[Execution], now: datetime, longest: timedelta
) -> Iterator[str]:
    """What is wrong with the executions of one pipeline, newest first."""
    found = list(executions)
    for execution in found:
        running = now - execution["startTime"]
        if execution["status"] in ("InProgress", "Stopping") and running > longest:
            yield (
                f"{name}: execution {execution['pipelineExecutionId']} has run for "
                f"{running.total_seconds() / 60:.0f} minutes; stop it, and see its stage"
            )
    if name == NIGHTLY and found and now - found[0]["startTime"] > _NIGHT:
        yield f"{name}: did not run last night; look at its schedule"


def watch(client: Any, prefix: str, longest: timedelta, now: datetime) -> str:
    """Look at every pipeline; raises DeliveryError with all that is wrong."""
    wrong: list[str] = []
    for name in NAMES:
        try:
            listed = client.list_pipeline_executions(pipelineName=f"{prefix}{name}", maxResults=20)
        except (BotoCoreError, ClientError) as error:
            wrong.append(f"{name}: could not be looked at: {error}")
            continue
        wrong.extend(problems(name, listed["pipelineExecutionSummaries"], now, longest))
    if wrong:
        raise DeliveryError("\n  ".join(["docs/runbooks/pipeline-stuck.md", *wrong]))
    return f"{len(NAMES)} pipelines, none stands still"


def main() -> int:
    """0 when nothing stands still; 1 with what does."""

    def body() -> str:
        missing = [name for name in ("PIPELINES", "STUCK_MINUTES") if not os.environ.get(name)]
        if missing:
            raise DeliveryError(f"{', '.join(missing)} must be set, as the step's project does")
        longest = timedelta(minutes=int(os.environ["STUCK_MINUTES"]))
        client = boto3.client("codepipeline", config=_CALLS)
        return watch(client, os.environ["PIPELINES"], longest, datetime.now(UTC))

    return step("watch", body)


if __name__ == "__main__":
    sys.exit(main())

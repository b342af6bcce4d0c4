"""What AWS does as a role, without a call of the role's own code: a short list, each with a source.

An entry holds where its condition does: `Situation` reads from the same registrations whether a
function is traced, stands in a VPC, is triggered by a queue. `taken by <service>` is for roles that
an AWS service takes to do its own work.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.iam.grants import ROLE, Grant, Registered, grants

FILE = Path(__file__).with_name("behalf.toml")
_FUNCTION = "aws:lambda/function:Function"
_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_USER_VARIABLE = "_DATABASE_USER"
_TAKEN_BY = "taken by "


@dataclass(frozen=True, kw_only=True)
class Behalf:
    """Actions that AWS takes as a role, when, and where that is written."""

    when: str
    actions: tuple[str, ...]
    what: str
    source: str


class Situation:
    """What the roles of one stack are for."""

    def __init__(self, registered: Sequence[Registered]) -> None:
        self._functions: dict[str, Mapping[str, Any]] = {}
        self._sources: dict[str, set[str]] = defaultdict(set)
        self._destinations: dict[str, set[str]] = defaultdict(set)
        self._trusts = {
            str(found.inputs["name"]): str(found.inputs["assumeRolePolicy"])
            for found in registered
            if found.type == ROLE
        }
        self._services: dict[str, set[str]] = defaultdict(set)
        for granted in grants(registered):
            self._services[granted.physical].add(granted.action.partition(":")[0])
        names: dict[str, str] = {}
        for found in registered:
            if found.type == _FUNCTION:
                role = _last(found.inputs["role"])
                names[found.inputs["name"]] = role
                self._functions[role] = found.inputs
        for found in registered:
            if found.type == _MAPPING:
                role = names[_function(str(found.inputs["functionName"]))]
                self._sources[role].add(found.inputs["eventSourceArn"])
                failed = (found.inputs.get("destinationConfig") or {}).get("onFailure") or {}
                self._destinations[role] |= {failed["destinationArn"]} if failed else set()
        self._executing = {
            _last(found.inputs["executionRoleArn"]) for found in registered if found.type == _TASK
        }
        self._holds: dict[str, Callable[[Grant], bool]] = {
            "function": lambda grant: grant.physical in self._functions,
            "traced function": self._traced,
            "function in a VPC": lambda grant: bool(self._of(grant).get("vpcConfig")),
            "queue trigger": lambda grant: self._about(grant, self._sources, ":sqs:"),
            "stream trigger": lambda grant: self._about(grant, self._sources, ":dynamodb:"),
            "failure destination": lambda grant: self._about(grant, self._destinations, ":"),
            "task execution role": lambda grant: grant.physical in self._executing,
            "database login": self._logs_in,
            "key by way of a service": self._through_a_service,
        }

    def holds(self, when: str, grant: Grant) -> bool:
        """Whether a condition holds for the role of a grant, and for its resource."""
        if when.startswith(_TAKEN_BY):
            return f'"{when.removeprefix(_TAKEN_BY)}"' in self._trusts[grant.physical]
        return self._holds[when](grant)

    def _of(self, grant: Grant) -> Mapping[str, Any]:
        return self._functions.get(grant.physical, {})

    def _traced(self, grant: Grant) -> bool:
        return (self._of(grant).get("tracingConfig") or {}).get("mode") == "Active"

    def _logs_in(self, grant: Grant) -> bool:
        """A function as the database role that its variables name; a proxy as those it serves."""
        variables = (self._of(grant).get("environment") or {}).get("variables", {})
        users = {value for key, value in variables.items() if key.endswith(_USER_VARIABLE)}
        by_proxy = self.holds(f"{_TAKEN_BY}rds.amazonaws.com", grant)
        return grant.concrete and (by_proxy or _last(grant.resource) in users)

    def _through_a_service(self, grant: Grant) -> bool:
        """By a role that may use the service which holds the data."""
        return grant.concrete and grant.via.partition(".")[0] in self._services[grant.physical]

    def _about(self, grant: Grant, held: Mapping[str, set[str]], kind: str) -> bool:
        arns = held.get(grant.physical, ())
        return any(kind in arn and grant.about(arn) for arn in arns)


def load(path: Path = FILE) -> list[Behalf]:
    """The list."""
    return [
        Behalf(
            when=entry["when"],
            actions=tuple(entry["actions"]),
            what=entry["what"],
            source=entry["source"],
        )
        for entry in tomllib.loads(path.read_text("utf-8"))["behalf"]
    ]


def on_behalf(grant: Grant, situation: Situation, listed: Sequence[Behalf]) -> Behalf | None:
    """The entry that says why AWS itself needs a grant."""
    for entry in listed:
        if grant.action in entry.actions and situation.holds(entry.when, grant):
            return entry
    return None


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _function(arn: str) -> str:
    """The name in a function's ARN, or in the ARN of one of its aliases."""
    return arn.partition(":function:")[2].partition(":")[0] or arn

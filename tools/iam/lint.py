"""Every statement of every policy of dev and prod, under parliament: actions that do not exist,
resources of another service, conditions that never hold.

`python -m tools.iam.lint`; exit status 1 where a finding is not explained in `lint.toml`, or an
explanation explains none. parliament says nothing of `Action: "*"`: the policy pack does.
"""

from __future__ import annotations

import importlib.resources
import json
import sys
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.iam.grants import Registered
from tools.policy import recording

STACKS = ("dev", "prod")
EXPLANATIONS = Path(__file__).with_name("lint.toml")
_TRUST = "assumeRolePolicy"
_KEYS = ("aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy")
_THIS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
"""What `*` is in a key's policy: that very key."""
_DETAIL_CHARACTERS = 200


class LintError(ValueError):
    """The file of explanations does not say what it must."""


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """What is wrong with a statement: parliament's name for it, and the actions concerned."""

    resource: str
    sid: str
    issue: str
    actions: tuple[str, ...]
    detail: str

    def __str__(self) -> str:
        return f"{self.resource}, statement {self.sid}: {self.issue} {self.detail}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a finding about a statement of this name is right as it is."""

    sid: str
    issue: str
    actions: tuple[str, ...]
    reason: str

    def explains(self, finding: Finding) -> bool:
        """Whether it says so of all that was found."""
        same = (self.sid, self.issue) == (finding.sid, finding.issue)
        return same and all(
            any(fnmatchcase(action, pattern) for pattern in self.actions)
            for action in finding.actions
        )


def findings(registered: Sequence[Registered]) -> list[Finding]:
    """What parliament says of each statement of each policy."""
    return sorted(
        {
            found
            for resource in registered
            for document in _documents(resource)
            for at, statement in enumerate(document["Statement"])
            for found in _of_statement(resource.name, at, statement)
        }
    )


def judged(found: Sequence[Finding], listed: Sequence[Explanation]) -> list[str]:
    """What is wrong: findings that nothing explains, explanations of nothing."""
    unexplained = [one for one in found if not any(entry.explains(one) for entry in listed)]
    unneeded = [entry for entry in listed if not any(entry.explains(one) for one in found)]
    return [
        *(f"{one}: correct it, or explain it in tools/iam/lint.toml" for one in unexplained),
        *(
            f"{one.issue} of {one.sid} is explained and found no more: remove it"
            for one in unneeded
        ),
    ]


def load(path: Path = EXPLANATIONS) -> list[Explanation]:
    """The explanations in a file; raises LintError."""
    listed = tomllib.loads(path.read_text("utf-8")).get("explanation", [])
    for number, entry in enumerate(listed, 1):
        if set(entry) != {"sid", "issue", "actions", "reason"} or not entry["reason"]:
            raise LintError(
                f"{path}: explanation {number} has {', '.join(sorted(entry))}; "
                "it must say actions, issue, reason, sid"
            )
    return [Explanation(**{**entry, "actions": tuple(entry["actions"])}) for entry in listed]


def _documents(resource: Registered) -> Iterator[dict[str, Any]]:
    for name, value in resource.inputs.items():
        if name.lower().endswith("policy") and name != _TRUST and isinstance(value, str):
            document = json.loads(value)
            for statement in document.get("Statement", ()):
                if resource.type in _KEYS and statement["Resource"] == "*":
                    statement["Resource"] = _THIS_KEY
            if "Statement" in document:
                yield document


def _of_statement(resource: str, at: int, statement: dict[str, Any]) -> Iterator[Finding]:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for found in _parliament().analyze_policy_string(json.dumps(document)).findings:
        detail = found.detail if isinstance(found.detail, list) else []
        yield Finding(
            resource=resource,
            sid=statement.get("Sid", str(at)),
            issue=found.issue,
            actions=tuple(sorted(one if isinstance(one, str) else one["action"] for one in detail)),
            detail=str(found.detail or "")[:_DETAIL_CHARACTERS],
        )


@cache
def _parliament() -> Any:
    """The library, which asks `pkg_resources` for two files of its own (its issue 247): setuptools
    has that module no longer, so one that answers just this stands in. It closes no file, and its
    strings have escapes that Python warns of."""
    stand_in = ModuleType("pkg_resources")
    vars(stand_in)["resource_filename"] = lambda package, name: str(
        importlib.resources.files(package) / name
    )
    sys.modules.setdefault("pkg_resources", stand_in)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import parliament.policy
    return parliament


def main() -> int:
    """Exit status 1 when a finding is not explained."""
    registered = [found for stack in STACKS for found in recording.record(stack)]
    found = findings(registered)
    wrong = judged(found, load())
    statements = sum(
        len(document["Statement"]) for one in registered for document in _documents(one)
    )
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(
        f"lint: {statements} statements of {', '.join(STACKS)}, {len(found)} findings, "
        f"{len(wrong)} unexplained\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

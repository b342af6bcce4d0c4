"""The table of keys in docs/security.md, from what a stack registers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.harness import Built, Resource
from tests.support.relations import POLICY, statements

KEY = "aws:kms/key:Key"
HEAD = (
    "Key",
    "What it encrypts",
    "AWS services that use it by themselves",
    "Roles that may use it",
)


def key_table(built: Built) -> str:
    """One row for each key: names are logical names, without their kind."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(built, key) for key in built.of_type(KEY))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(built: Built, key: Resource) -> tuple[str, ...]:
    arn = key.outputs["arn"]
    return (
        f"`{key.inputs['tags']['service']}`",
        _listed(_encrypted(built, arn)),
        _listed(entry["Principal"]["Service"] for entry in statements(key)[1:]),
        _listed(_roles(built, arn)),
    )


def _encrypted(built: Built, arn: str) -> Iterator[str]:
    for resource in built:
        if resource.type != "aws:cloudwatch/logGroup:LogGroup" and _names(resource.inputs, arn):
            yield resource.name
    if any(
        _names(group.inputs, arn) for group in built.of_type("aws:cloudwatch/logGroup:LogGroup")
    ):
        yield "all log groups"


def _names(inputs: object, arn: str) -> bool:
    """Whether a key's ARN is a value of the inputs, and not only part of a policy's text."""
    if isinstance(inputs, dict):
        return any(_names(value, arn) for value in inputs.values())
    if isinstance(inputs, list):
        return any(_names(value, arn) for value in inputs)
    return inputs == arn


def _roles(built: Built, arn: str) -> Iterator[str]:
    for policy in built.of_type(POLICY):
        uses = [
            _use(action, entry)
            for entry in statements(policy)
            for action in entry["Action"]
            if arn in entry.get("Resource", []) and action != "kms:DescribeKey"
        ]
        if uses:
            yield f"{policy.name.removesuffix('-policy')} ({', '.join(sorted(uses))})"


def _use(action: str, entry: dict[str, dict[str, dict[str, str]]]) -> str:
    if action == "kms:CreateGrant":
        return "lends it to AWS services"
    service = entry["Condition"]["StringEquals"]["kms:ViaService"].split(".")[0]
    return f"{action.removeprefix('kms:')} by {service}"


def _listed(names: Iterator[str]) -> str:
    return "<br>".join(sorted(names)) or "none"

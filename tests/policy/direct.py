"""Asks a rule without a process, for the many questions of mutants and of Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pulumi_policy import (
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _NotApplicableError
from pulumi_policy.proxy import unknown_checking_proxy

from policy import running
from policy.exemptions import Exemptions
from policy.rule import Rule
from policy.unknowns import Unknowns
from tests.policy.fixtures import NOT_EVALUATED, PASSED, VIOLATED
from tools.policy.recording import Registration

_OPTIONS: Any = PolicyResourceOptions(False, [], None, [], None, [], None)  # type: ignore[arg-type]


def outcome(
    rule: Rule, resources: Sequence[Registration], settings: Mapping[str, Any] | None = None
) -> str:
    """What the rule decides about the resources."""
    lines, unknown = _asked(rule, resources, settings)
    return VIOLATED if lines else NOT_EVALUATED if unknown else PASSED


def said(rule: Rule, resources: Sequence[Registration]) -> list[str]:
    """What the rule says of the resources, as the engine would hear it."""
    return _asked(rule, resources, None)[0]


def _asked(
    rule: Rule, resources: Sequence[Registration], settings: Mapping[str, Any] | None
) -> tuple[list[str], bool]:
    lines: list[str] = []
    unknowns = Unknowns()
    policy = running.policy(rule, "prod", Exemptions(), unknowns)

    def report(message: str, urn: str | None = None) -> None:
        lines.append(message)

    if isinstance(policy, ResourceValidationPolicy):
        for found in resources:
            with suppress(_NotApplicableError):
                policy.validate(_one(found, settings), report)
    elif isinstance(policy, StackValidationPolicy):
        with suppress(_NotApplicableError):
            policy.validate(StackValidationArgs(_all(resources), settings), report)
    return lines, bool(unknowns.summary())


def _one(found: Registration, settings: Mapping[str, Any] | None) -> ResourceValidationArgs:
    props = unknown_checking_proxy(found.inputs)
    return ResourceValidationArgs(
        found.type, props, found.urn, found.name, _OPTIONS, None, settings
    )


def _all(registrations: Sequence[Registration]) -> list[PolicyResource]:
    found = {
        one.urn: PolicyResource(
            one.type,
            unknown_checking_proxy(one.outputs),
            one.urn,
            one.name,
            _OPTIONS,
            None,
            None,
            [],
            {},
        )
        for one in registrations
    }
    for one in registrations:
        for name, urns in one.depends_on.items():
            found[one.urn].property_dependencies[name] = [
                found[urn] for urn in urns if urn in found
            ]
    return list(found.values())

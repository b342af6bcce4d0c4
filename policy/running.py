"""Rules as the engine takes them: every answer is a violation, a pass, an exemption, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from policy import settings
from policy.exemptions import Exemptions
from policy.reading import Reader, WrongTypeError, raw
from policy.repairs import REPAIRS
from policy.rule import Case, Resource, Rule, Stack
from policy.unknowns import NOT_EVALUATED, Unknowns

EXEMPT = "exempt: "


def policy(rule: Rule, environment: str, exemptions: Exemptions, unknowns: Unknowns) -> Policy:
    """The rule at the level of an environment; what it cannot judge is noted in `unknowns`."""
    described: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level(environment),
        "severity": rule.severity,
        "remediation_steps": rule.remedy,
        "url": rule.reference,
        "tags": rule.tags,
        "config_schema": settings.schema(rule),
    }
    judging = _Judging(rule, exemptions, unknowns)
    if rule.whole_stack:
        return StackValidationPolicy(validate=judging.stack, **described)
    return ResourceValidationPolicy(
        validate=judging.resource, remediate=REPAIRS.get(rule.name), **described
    )


@dataclass(frozen=True)
class _Judging:
    """One rule over what the engine shows it."""

    rule: Rule
    exemptions: Exemptions
    unknowns: Unknowns

    def resource(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        """A resource as it is registered; the engine hears why when it was not judged."""
        if not self.rule.judges(args.resource_type, args.props):
            return
        resource = Resource(type=args.resource_type, urn=args.urn, props=Reader(args.props))
        case = Case(resource=resource, stack=Stack(), settings=args.get_config())
        if left := self._judged(case, report):
            args.not_applicable(left)

    def stack(self, args: StackValidationArgs, report: ReportViolation) -> None:
        """All resources once they are registered; the engine hears which were not judged."""
        stack = stack_of(args)
        cases = [
            Case(resource=resource, stack=stack, settings=args.get_config())
            for resource in stack.of_type(*self.rule.types)
        ]
        if left := list(filter(None, (self._judged(case, report) for case in cases))):
            args.not_applicable("; ".join(left))

    def _judged(self, case: Case, report: ReportViolation) -> str:
        """Report what is wrong; why the resource is not judged, empty when it is."""
        rule, urn = self.rule, case.resource.urn

        def say(sentence: str) -> None:
            report(f"{sentence} See {rule.reference}", urn)

        left = judged(rule, case, self.exemptions, say)
        if left.startswith(NOT_EVALUATED):
            self.unknowns.note(rule.name, urn)
        return left


def judged(rule: Rule, case: Case, exempt: Exemptions, say: Callable[[str], None]) -> str:
    """Say what is wrong with a resource; why it is not judged, empty when it is."""
    resource = case.resource
    try:
        for problem in problems(rule, case):
            if exempt.covering(rule.name, resource.name):
                return f"{EXEMPT}{resource.urn}"
            say(f"{rule.name}: {resource.name}: {problem}. {rule.remedy}")
    except UnknownValueError as error:
        exempt.undecided(rule.name, resource.name)
        return f"{NOT_EVALUATED}{resource.urn} {'.'.join(error.props)}"
    return ""


def stack_of(args: StackValidationArgs) -> Stack:
    """The engine's resources as rules see them."""
    return Stack(
        resources=tuple(
            Resource(
                type=found.resource_type,
                urn=found.urn,
                props=Reader(_given(found)),
                depends_on={
                    name: tuple(source.urn for source in sources)
                    for name, sources in found.property_dependencies.items()
                },
            )
            for found in args.resources
        )
    )


def _given(found: PolicyResource) -> Mapping[str, Any]:
    """The properties without those that AWS alone will fill in.

    The engine shows a stack's rules what resources will be, not what the program gave: in a preview
    a property that was left out may be unknown. What was given and is unknown stems from something.
    """
    left_out = {
        name
        for name in found.props
        if not found.property_dependencies.get(name) and not _is_known(found.props, name)
    }
    if not left_out:
        return found.props
    kept = {name: value for name, value in raw(found.props).items() if name not in left_out}
    return unknown_checking_proxy(kept)


def _is_known(props: Mapping[str, Any], name: str) -> bool:
    try:
        props[name]
    except UnknownValueError:
        return False
    return True


def problems(rule: Rule, case: Case) -> Iterator[str]:
    """What is wrong; a rule that breaks is a violation too, since it has proven nothing."""
    configured: Mapping[str, Any] = case.settings
    refused = list(settings.problems(rule, configured))
    yield from refused
    if refused:
        return
    full = Case(resource=case.resource, stack=case.stack, settings={**rule.settings, **configured})
    try:
        yield from rule.judge(full)
    except UnknownValueError:
        raise
    except WrongTypeError as error:
        yield str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not pass
        yield f"the rule itself failed: {type(error).__name__}: {error}"

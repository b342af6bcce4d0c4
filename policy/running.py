"""Rules as the engine takes them: every answer is a violation, a pass, an exemption, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_policy import (
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UnknownValueError

from policy import settings
from policy.exemptions import Exemptions
from policy.reading import Reader, WrongTypeError
from policy.repairs import REPAIRS
from policy.rule import Case, Resource, Rule, Stack

EXEMPT = "exempt: "


def policy(rule: Rule, environment: str, exemptions: Exemptions) -> Policy:
    """The rule at the level of an environment."""
    described: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level(environment),
        "severity": rule.severity,
        "remediation_steps": rule.remedy,
        "url": rule.reference,
        "tags": [rule.domain, *rule.types],
        "config_schema": settings.schema(rule),
    }
    if rule.whole_stack:
        return StackValidationPolicy(validate=_of_stack(rule, exemptions), **described)
    return ResourceValidationPolicy(
        validate=_of_resource(rule, exemptions), remediate=REPAIRS.get(rule.name), **described
    )


def _of_resource(
    rule: Rule, exemptions: Exemptions
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in rule.types:
            return
        resource = Resource(type=args.resource_type, urn=args.urn, props=Reader(args.props))
        case = Case(resource=resource, stack=Stack(), settings=args.get_config())
        if _judged(rule, case, exemptions, report):
            args.not_applicable(f"{EXEMPT}{resource.urn}")

    return validate


def _of_stack(
    rule: Rule, exemptions: Exemptions
) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = stack_of(args)
        exempt, unknown = [], []
        for resource in stack.of_type(*rule.types):
            case = Case(resource=resource, stack=stack, settings=args.get_config())
            try:
                if _judged(rule, case, exemptions, report):
                    exempt.append(resource.urn)
            except UnknownValueError as error:
                unknown.append(f"{resource.urn} {'.'.join(error.props)}")
        told = [f"{EXEMPT}{', '.join(exempt)}"] if exempt else []
        if unknown:
            raise UnknownValueError(UNKNOWN_OBJECT_VALUE, [", ".join(unknown), *told])
        if told:
            args.not_applicable(told[0])

    return validate


def stack_of(args: StackValidationArgs) -> Stack:
    """The engine's resources as rules see them."""
    return Stack(
        resources=tuple(
            Resource(
                type=found.resource_type,
                urn=found.urn,
                props=Reader(found.props),
                depends_on={
                    name: tuple(source.urn for source in sources)
                    for name, sources in found.property_dependencies.items()
                },
            )
            for found in args.resources
        )
    )


def _judged(rule: Rule, case: Case, exemptions: Exemptions, report: ReportViolation) -> bool:
    """Report what is wrong; whether the resource is exempt from what would be reported."""
    name = case.resource.name
    try:
        for problem in problems(rule, case):
            if exemptions.covering(rule.name, name):
                return True
            text = f"{rule.name}: {name}: {problem}. {rule.remedy} See {rule.reference}"
            report(text, case.resource.urn)
    except UnknownValueError:
        exemptions.undecided(rule.name, name)
        raise
    return False


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

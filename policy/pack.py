"""The pack: every rule as a CrossGuard policy, at the levels of one environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UnknownValueError

from policy.reading import Reader, WrongTypeError
from policy.rule import Resource, Rule, Stack
from policy.rules import compute, data, delivery, identity, messaging

NAME = "storefront"
DOMAINS: tuple[ModuleType, ...] = (data, messaging, compute, identity, delivery)
_AS_DEV = ("dev", "local")


def rules() -> list[Rule]:
    """Every rule, by domain and in the order of its module."""
    return [
        value for module in DOMAINS for value in vars(module).values() if isinstance(value, Rule)
    ]


def environment_of(stack: str) -> str:
    """`dev` for the stacks that nobody's customers use; anything else is judged as `prod`."""
    return "dev" if stack in _AS_DEV else "prod"


def policies(environment: str) -> list[Policy]:
    """The rules as the engine takes them."""
    return [_policy(rule, environment) for rule in rules()]


def serve(stack: str) -> None:
    """Answer the engine until it ends this process."""
    PolicyPack(name=NAME, policies=policies(environment_of(stack)))


def _policy(rule: Rule, environment: str) -> Policy:
    described: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level(environment),
        "severity": rule.severity,
        "remediation_steps": rule.remedy,
        "url": rule.reference,
        "tags": [rule.domain, *rule.types],
    }
    if rule.whole_stack:
        return StackValidationPolicy(validate=_stack_validation(rule), **described)
    return ResourceValidationPolicy(validate=_resource_validation(rule), **described)


def _resource_validation(rule: Rule) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not rule.covers(args.resource_type):
            return
        resource = Resource(type=args.resource_type, urn=args.urn, props=Reader(args.props))
        for problem in _problems(rule, resource, Stack(), args.get_config()):
            report(_message(rule, resource, problem), None)

    return validate


def _stack_validation(rule: Rule) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = _stack(args)
        unknown: list[str] = []
        for resource in stack.resources:
            if not rule.covers(resource.type):
                continue
            try:
                for problem in _problems(rule, resource, stack, args.get_config()):
                    report(_message(rule, resource, problem), resource.urn)
            except UnknownValueError as error:
                unknown.append(f"{resource.urn} {'.'.join(error.props)}")
        if unknown:
            raise UnknownValueError(UNKNOWN_OBJECT_VALUE, [", ".join(unknown)])

    return validate


def _stack(args: StackValidationArgs) -> Stack:
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


def _problems(
    rule: Rule, resource: Resource, stack: Stack, configured: Mapping[str, Any]
) -> Iterator[str]:
    """What is wrong; a rule that breaks is a violation too, since it has proven nothing."""
    try:
        yield from rule.judge(resource, stack, {**rule.settings, **configured})
    except UnknownValueError:
        raise
    except WrongTypeError as error:
        yield str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not pass
        yield f"the rule itself failed: {type(error).__name__}: {error}"


def _message(rule: Rule, resource: Resource, problem: str) -> str:
    return f"{rule.name}: {resource.name}: {problem}. {rule.remedy} See {rule.reference}"

"""The pack: every rule as a CrossGuard policy, at the levels of one environment."""

from __future__ import annotations

from types import ModuleType

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policy import engine_calls, exemptions, running, stacks
from policy.rule import Rule
from policy.rules import (
    buckets,
    containers,
    databases,
    delivery,
    edge,
    functions,
    identity,
    queues,
    tables,
    topics,
)
from policy.unknowns import Unknowns

NAME = "storefront"
EXEMPTIONS_RULE = "exemptions-are-needed"
UNKNOWNS_RULE = "not-evaluated"
DOMAINS: tuple[ModuleType, ...] = (
    *(tables, buckets, databases),
    *(queues, topics),
    *(functions, containers),
    *(edge, identity, delivery),
)


def rules() -> list[Rule]:
    """Every rule, by domain and in the order of its module."""
    return [
        value for module in DOMAINS for value in vars(module).values() if isinstance(value, Rule)
    ]


def policies(environment: str, exempt: exemptions.Exemptions, unknowns: Unknowns) -> list[Policy]:
    """The rules as the engine takes them; last, those that look at all that the others said."""
    found = [running.policy(rule, environment, exempt, unknowns) for rule in rules()]
    names = [policy.name for policy in found]
    return [*found, _exemptions_are_needed(names, exempt), _not_evaluated(unknowns)]


def serve() -> None:
    """Answer the engine until it ends this process; raises ExemptionError or StacksError.

    The levels are those of prod until the engine has named the stack.
    """
    unknowns = Unknowns()
    served = policies("prod", exemptions.load(), unknowns)
    as_dev = stacks.load()

    def begin(stack: str) -> None:
        unknowns.forget()
        environment = "dev" if stack in as_dev else "prod"
        for policy, rule in zip(served, rules(), strict=False):
            policy.enforcement_level = rule.level(environment)

    engine_calls.listen(begin, [policy.name for policy in served])
    PolicyPack(name=NAME, policies=served)


def _exemptions_are_needed(names: list[str], exempt: exemptions.Exemptions) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for problem in exempt.problems(names):
            report(f"{EXEMPTIONS_RULE}: {problem}. Remove or renew it in exemptions.toml", None)

    return StackValidationPolicy(
        name=EXEMPTIONS_RULE,
        description="Every exemption names a rule, is needed, and has not expired.",
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=Severity.MEDIUM,
        remediation_steps="Remove the exemption, or renew it with a reason.",
        url="policy/exemptions.toml",
        tags=["pack"],
    )


def _not_evaluated(unknowns: Unknowns) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        if summary := unknowns.summary():
            report(f"{UNKNOWNS_RULE}: {summary}. pulumi up makes them once it knows", None)

    return StackValidationPolicy(
        name=UNKNOWNS_RULE,
        description="What a rule could not judge, because a value is unknown, is counted.",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
        severity=Severity.LOW,
        remediation_steps="Nothing; or judge the stack with its values known, as under mocks.",
        url="https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
        tags=["pack"],
    )

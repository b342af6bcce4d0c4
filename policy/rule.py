"""What a rule is: a small function, and what people need to know when it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policy.reading import Reader

__all__ = [
    "ADVISORY",
    "CRITICAL",
    "HIGH",
    "LOW",
    "MANDATORY",
    "MEDIUM",
    "Resource",
    "Rule",
    "Stack",
    "rule",
]

ADVISORY = EnforcementLevel.ADVISORY
MANDATORY = EnforcementLevel.MANDATORY
CRITICAL = Severity.CRITICAL
HIGH = Severity.HIGH
MEDIUM = Severity.MEDIUM
LOW = Severity.LOW


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource: its type token, URN and properties, and the URNs that a property stems from."""

    type: str
    urn: str
    props: Reader
    depends_on: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All resources of a stack; a rule about one resource alone sees an empty one."""

    resources: Sequence[Resource] = ()

    def of_type(self, token: str) -> list[Resource]:
        """The resources of one type."""
        return [resource for resource in self.resources if resource.type == token]

    def stems_from(self, resource: Resource, property_name: str, token: str) -> list[Resource]:
        """The resources of type `token` that went into a property, which may be unknown."""
        urns = resource.depends_on.get(property_name, ())
        return [found for found in self.of_type(token) if found.urn in urns]


Judge = Callable[[Resource, Stack, Mapping[str, Any]], Iterator[str]]
"""Yields what is wrong with the resource, one sentence each, and nothing when it is right."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A judge, what it judges, and how strictly it is taken."""

    name: str
    description: str
    domain: str
    types: tuple[str, ...]
    severity: Severity
    remedy: str
    reference: str
    dev: EnforcementLevel
    prod: EnforcementLevel
    whole_stack: bool
    settings: Mapping[str, Any]
    judge: Judge

    def level(self, environment: str) -> EnforcementLevel:
        """How strictly the rule is taken in `dev` or `prod`."""
        return self.dev if environment == "dev" else self.prod

    def covers(self, token: str) -> bool:
        """Whether the rule judges resources of this type."""
        return token in self.types


def rule(
    *types: str,
    severity: Severity,
    remedy: str,
    reference: str,
    dev: EnforcementLevel,
    prod: EnforcementLevel,
    whole_stack: bool = False,
    **settings: Any,
) -> Callable[[Judge], Rule]:
    """Make a rule of a function: its name in kebab-case, its docstring the description.

    `settings` are what a stack may configure, with their defaults.
    """

    def made(judge: Judge) -> Rule:
        return Rule(
            name=judge.__name__.replace("_", "-"),
            description=" ".join((judge.__doc__ or "").split()),
            domain=judge.__module__.rpartition(".")[2],
            types=types,
            severity=severity,
            remedy=remedy,
            reference=reference,
            dev=dev,
            prod=prod,
            whole_stack=whole_stack,
            settings=settings,
            judge=judge,
        )

    return made

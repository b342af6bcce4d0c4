"""What a rule is: a small function, and what people need to know when it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policy.reading import Reader

ADVISORY = EnforcementLevel.ADVISORY
MANDATORY = EnforcementLevel.MANDATORY
ALWAYS = (MANDATORY, MANDATORY)
"""Mandatory in dev and prod: where a mistake is never right."""
IN_PROD = (ADVISORY, MANDATORY)
"""Advisory in dev, mandatory in prod."""
ADVISED = (ADVISORY, ADVISORY)
"""Advisory in both."""
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
DOCS = "https://docs.aws.amazon.com/"


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

    def stems_from(self, source: Resource, property_name: str) -> bool:
        """Whether `source` went into a property, which itself may be unknown."""
        return source.urn in self.depends_on.get(property_name, ())


_STANDS_FOR = {"aws:lambda/alias:Alias": "functionName"}
"""Types that others name in place of a resource, and the property it went into."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All resources of a stack; a rule about one resource alone sees an empty one."""

    resources: Sequence[Resource] = ()

    def of_type(self, *tokens: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for resource in self.resources if resource.type in tokens]

    def sources(self, resource: Resource, property_name: str, *tokens: str) -> list[Resource]:
        """The resources of these types that went into a property of `resource`."""
        origins = self._origins(resource, property_name)
        return [found for found in self.of_type(*tokens) if found.urn in origins]

    def users(self, resource: Resource, property_name: str, *tokens: str) -> list[Resource]:
        """The resources of these types that have `resource` in a property."""
        return [
            found for found in self.of_type(*tokens) if found.stems_from(resource, property_name)
        ]

    def unresolved(self, resource: Resource, property_name: str) -> str:
        """The text of a property that went in from no resource of the stack; else empty.

        Raises UnknownValueError when it is unknown.
        """
        origins = resource.depends_on.get(property_name, ())
        if any(found.urn in origins for found in self.resources):
            return ""
        return resource.props.text(property_name) or ""

    def _origins(self, resource: Resource, property_name: str) -> set[str]:
        origins = set(resource.depends_on.get(property_name, ()))
        for alias in self.of_type(*_STANDS_FOR):
            if alias.urn in origins:
                origins.update(alias.depends_on.get(_STANDS_FOR[alias.type], ()))
        return origins


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a rule is asked: a resource, the stack around it, and what the stack configured."""

    resource: Resource
    stack: Stack
    settings: Mapping[str, Any]

    @property
    def props(self) -> Reader:
        """The resource's properties."""
        return self.resource.props


Judge = Callable[[Case], Iterator[str]]
"""Yields what is wrong with the resource, one sentence each, and nothing when it is right."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A judge, what it judges, and how strictly it is taken."""

    name: str
    description: str
    domain: str
    types: tuple[str, ...]
    severity: Severity
    levels: tuple[EnforcementLevel, EnforcementLevel]
    remedy: str
    reference: str
    whole_stack: bool
    component_input: str
    settings: Mapping[str, Any]
    judge: Judge

    def judges(self, token: str, props: Mapping[str, Any]) -> bool:
        """Whether a resource of that type and with these properties concerns the rule."""
        return token in self.types or self.component_input in tuple(props)

    @property
    def tags(self) -> list[str]:
        """Its domain and what it judges: type tokens, and `input:<name>`."""
        inputs = [f"input:{self.component_input}"] if self.component_input else []
        return [self.domain, *self.types, *inputs]

    def level(self, environment: str) -> EnforcementLevel:
        """How strictly the rule is taken in `dev` or `prod`."""
        dev, prod = self.levels
        return dev if environment == "dev" else prod


def rule(
    *types: str,
    severity: Severity,
    levels: tuple[EnforcementLevel, EnforcementLevel],
    remedy: str,
    reference: str,
    whole_stack: bool = False,
    component_input: str = "",
    **settings: Any,
) -> Callable[[Judge], Rule]:
    """Make a rule of a function: its name in kebab-case, its docstring the description.

    `levels` are those of dev and prod; `settings` are what a stack may configure, with their
    defaults. A rule about the `whole_stack` also sees the other resources. Whatever has the
    `component_input` is judged too: a component that says what its resources will hold.
    """

    def made(judge: Judge) -> Rule:
        return Rule(
            name=judge.__name__.replace("_", "-"),
            description=" ".join((judge.__doc__ or "").split()),
            domain=judge.__module__.rpartition(".")[2],
            types=types,
            severity=severity,
            levels=levels,
            remedy=remedy,
            reference=reference,
            whole_stack=whole_stack,
            component_input=component_input,
            settings=settings,
            judge=judge,
        )

    return made

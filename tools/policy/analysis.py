"""Has the pack judge recorded registrations, as the engine would, and sorts what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

from tools.policy.recording import Registration

_EXEMPT = "exempt: "
_NOT_EVALUATED = "not evaluated: "


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule said of one resource."""

    rule: str
    mandatory: bool
    resource: str
    message: str


@dataclass(kw_only=True)
class Verdict:
    """What all rules said of all resources."""

    violations: list[Finding] = field(default_factory=list)
    not_evaluated: list[Finding] = field(default_factory=list)
    exempt: list[Finding] = field(default_factory=list)

    @property
    def failures(self) -> list[Finding]:
        """The violations that stop a deployment."""
        return [found for found in self.violations if found.mandatory]

    def add(self, answer: Any, resource: str = "") -> None:
        """Sort one answer of the pack, which is about `resource` unless it names another."""
        for said in answer.diagnostics:
            self.violations.append(
                Finding(
                    rule=said.policyName,
                    mandatory=said.enforcementLevel == analyzer_pb2.MANDATORY,
                    resource=said.urn or resource,
                    message=said.message.partition("\n")[2] or said.message,
                )
            )
        for said in answer.not_applicable:
            for reason in said.reason.split("; "):
                self._add_left(said.policy_name, reason)

    def _add_left(self, rule: str, reason: str) -> None:
        """Sort a resource that was not judged, by what the pack says why."""
        kinds = {_NOT_EVALUATED: self.not_evaluated, _EXEMPT: self.exempt}
        for prefix, findings in kinds.items():
            if reason.startswith(prefix):
                urn, _, why = reason.removeprefix(prefix).partition(" ")
                findings.append(Finding(rule=rule, mandatory=False, resource=urn, message=why))


def judge(pack: Any, registrations: Sequence[Registration]) -> Verdict:
    """Every rule over every registration: first one by one, then the stack as a whole."""
    verdict = Verdict()
    for found in registrations:
        request = analyzer_pb2.AnalyzeRequest(
            type=found.type, name=found.name, urn=found.urn, properties=found.input_struct
        )
        verdict.add(pack.Analyze(request), found.urn)
    resources = [_of_stack(found) for found in registrations]
    verdict.add(pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)))
    return verdict


def described(pack: Any) -> list[Any]:
    """What the pack says of its rules."""
    return list(pack.GetAnalyzerInfo(empty_pb2.Empty()).policies)


def _of_stack(found: Registration) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=found.type,
        name=found.name,
        urn=found.urn,
        parent=found.parent,
        properties=found.output_struct,
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for name, urns in found.depends_on.items()
        },
    )

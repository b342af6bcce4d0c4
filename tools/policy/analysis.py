"""Has the pack judge recorded registrations, as the engine would, and sorts what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

from tools.policy.recording import Registration

_UNKNOWN = "can't run policy "
_EXEMPT = "exempt: "
_URN = re.compile(r"urn:pulumi:[^\s,]+")


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
            finding = Finding(
                rule=said.policyName,
                mandatory=said.enforcementLevel == analyzer_pb2.MANDATORY,
                resource=said.urn or resource,
                message=said.message.partition("\n")[2] or said.message,
            )
            if said.message.startswith(_UNKNOWN):
                unknown, _, exempt = said.message.partition(f".{_EXEMPT}")
                named = [resource] if resource else _URN.findall(unknown)
                self.not_evaluated += [replace(finding, resource=urn) for urn in named]
                self.exempt += [replace(finding, resource=urn) for urn in _URN.findall(exempt)]
            else:
                self.violations.append(finding)
        for said in answer.not_applicable:
            if said.reason.startswith(_EXEMPT):
                self.exempt += [
                    Finding(rule=said.policy_name, mandatory=False, resource=urn, message="")
                    for urn in _URN.findall(said.reason)
                ]


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

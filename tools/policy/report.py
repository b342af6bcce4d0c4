"""What the pack said of a stack, as rows; and the rows as a table, JSON, SARIF or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from tools.policy.analysis import Finding, Verdict
from tools.policy.recording import Registration

_LEVELS = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.DISABLED: "disabled",
    analyzer_pb2.MANDATORY: "mandatory",
    analyzer_pb2.REMEDIATE: "remediate",
}
_COLUMNS = (
    *("stack", "rule", "level", "checked", "passed", "violated", "not evaluated", "exempt"),
)
_COMPONENTS = ("pulumi:", "storefront:", "awsx:")
"""What has no properties of its own at AWS: components, and the stack itself."""
_SARIF_LEVELS = {"mandatory": "error", "advisory": "warning", "remediate": "error"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one rule went in one stack; `checked` is the sum of the four that follow it."""

    stack: str
    rule: str
    level: str
    checked: int
    passed: int
    violated: int
    not_evaluated: int
    exempt: int

    def cells(self) -> list[str]:
        """The row as text, in the order of the columns."""
        return [str(value) for value in asdict(self).values()]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One stack under all rules."""

    stack: str
    rows: list[Row]
    verdict: Verdict
    rules: list[Any]
    unjudged: dict[str, int]
    """How many resources there are of each type that no rule is about."""

    @property
    def failed(self) -> bool:
        """Whether the stack may not be deployed."""
        return bool(self.verdict.failures)


def report(
    stack: str, rules: Sequence[Any], registrations: Sequence[Registration], verdict: Verdict
) -> Report:
    """The rows of a stack, in the order of the rules."""
    rows = [_row(stack, rule, registrations, verdict) for rule in rules]
    unjudged = _unjudged(rules, registrations)
    return Report(stack=stack, rows=rows, verdict=verdict, rules=list(rules), unjudged=unjudged)


def _unjudged(rules: Sequence[Any], registrations: Sequence[Registration]) -> dict[str, int]:
    judged = {tag for rule in rules if level(rule) != "disabled" for tag in rule.tags}
    kinds = Counter(found.type for found in registrations)
    left = {kind for kind in kinds if kind not in judged and not kind.startswith(_COMPONENTS)}
    return {kind: kinds[kind] for kind in sorted(left)}


def _row(stack: str, rule: Any, registrations: Sequence[Registration], verdict: Verdict) -> Row:
    def resources(findings: list[Finding]) -> set[str]:
        return {found.resource for found in findings if found.rule == rule.name}

    checked = set() if level(rule) == "disabled" else _concerned(rule, registrations)
    violated = resources(verdict.violations)
    unknown = resources(verdict.not_evaluated) - violated
    exempt = resources(verdict.exempt)
    return Row(
        stack=stack,
        rule=rule.name,
        level=level(rule),
        checked=len(checked | violated),
        passed=len(checked - violated - unknown - exempt),
        violated=len(violated),
        not_evaluated=len(unknown),
        exempt=len(exempt),
    )


def _concerned(rule: Any, registrations: Sequence[Registration]) -> set[str]:
    return {
        found.urn
        for found in registrations
        if {found.type, *(f"input:{name}" for name in found.inputs)} & set(rule.tags)
    }


def level(rule: Any) -> str:
    """The rule's level in words, which a configuration may have changed."""
    return _LEVELS[rule.enforcementLevel]


def as_table(reports: Sequence[Report]) -> str:
    """Aligned columns, then what is wrong, mandatory first."""
    lines = [list(_COLUMNS), *(row.cells() for found in reports for row in found.rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(_COLUMNS))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([*text, "", *_sentences(reports), *_left(reports), *_sums(reports)])


def as_markdown(reports: Sequence[Report]) -> str:
    """A table of what is not simply right, and the sentences, for a pull request."""
    rows = [row for found in reports for row in found.rows if row.checked != row.passed]
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    lines += [f"| {' | '.join(row.cells())} |" for row in rows]
    listed = [f"- {sentence}" for sentence in _sentences(reports)]
    left = [f"- {sentence}" for sentence in _left(reports)]
    return "\n".join(["## Policies", "", *_sums(reports), "", *lines, "", *listed, *left])


def as_json(reports: Sequence[Report]) -> str:
    """Rows and findings by stack."""
    found = {
        report.stack: {
            "failed": report.failed,
            "rows": [asdict(row) for row in report.rows],
            "violations": [asdict(finding) for finding in report.verdict.violations],
            "not_evaluated": [asdict(finding) for finding in report.verdict.not_evaluated],
            "exempt": [asdict(finding) for finding in report.verdict.exempt],
            "unjudged": report.unjudged,
        }
        for report in reports
    }
    return json.dumps(found, indent=2)


def as_sarif(reports: Sequence[Report]) -> str:
    """SARIF 2.1.0: one run per stack, resources as logical locations."""
    runs = [
        {
            "automationDetails": {"id": f"policy/{report.stack}"},
            "tool": {"driver": {"name": "storefront-policy", "rules": _sarif_rules(report)}},
            "results": [_sarif_result(finding) for finding in report.verdict.violations],
        }
        for report in reports
    ]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": runs}, indent=2)


FORMATS: dict[str, Callable[[Sequence[Report]], str]] = {
    "table": as_table,
    "json": as_json,
    "sarif": as_sarif,
    "markdown": as_markdown,
}


def _sarif_rules(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.description},
            "help": {"text": rule.remediation_steps},
            **({"helpUri": rule.url} if rule.url.startswith("https://") else {}),
            "defaultConfiguration": {"level": _SARIF_LEVELS.get(level(rule), "none")},
        }
        for rule in report.rules
    ]


def _sarif_result(finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "level": "error" if finding.mandatory else "warning",
        "message": {"text": finding.message},
        "locations": [
            {
                "logicalLocations": [
                    {"fullyQualifiedName": finding.resource, "kind": "resource"},
                ]
            }
        ],
    }


def _sentences(reports: Sequence[Report]) -> list[str]:
    found = [(report.stack, one) for report in reports for one in report.verdict.violations]
    found.sort(key=lambda pair: not pair[1].mandatory)
    return [
        f"{stack} {'mandatory' if finding.mandatory else 'advisory'} {finding.message}"
        for stack, finding in found
    ]


def _left(reports: Sequence[Report]) -> list[str]:
    return [
        f"{report.stack}: no rule is about {sum(report.unjudged.values())} resources of "
        f"{len(report.unjudged)} types; --format json names them"
        for report in reports
        if report.unjudged
    ]


def _sums(reports: Sequence[Report]) -> list[str]:
    return [
        f"{report.stack}: {len(report.rows)} rules, "
        f"{sum(row.checked for row in report.rows)} checks, "
        f"{sum(row.passed for row in report.rows)} passed, "
        f"{sum(row.violated for row in report.rows)} violated "
        f"({len({(one.rule, one.resource) for one in report.verdict.failures})} mandatory), "
        f"{sum(row.not_evaluated for row in report.rows)} not evaluated, "
        f"{sum(row.exempt for row in report.rows)} exempt"
        for report in reports
    ]

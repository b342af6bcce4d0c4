"""docs/policies.md, from what the pack says of itself; `--check` tells whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from tools.policy import analysis, process
from tools.policy.report import level

PAGE = process.ROOT / "docs" / "policies.md"
_INTRODUCTION = """# Policies

Written by `python -m tools.policy.docs` from the rules in `policy/rules/`; do not edit.

`make policy` judges dev and prod offline: it records what the program registers under mocks and has
the pack, as a process, judge it over gRPC as the engine does. `pulumi preview --policy-pack policy`
runs the same pack in the engine. A rule that cannot know, because a value is unknown in a preview,
is *not evaluated*: it never passes, and the advisory rule `not-evaluated` counts all such checks in
one line. A rule that breaks is a violation.

In a first preview many documents are unknown, since they hold ARNs that AWS has yet to give. What
our components will grant is known all the same, from their input `iamStatements`: the rules on
statements judge it (`input:iamStatements` below). `make policy` knows the documents themselves, and
`pulumi up` has them judged before it creates the resource.

The stacks `dev` and `local` are judged at the levels of dev, every other at those of prod. A stack
changes levels and settings with a JSON file, `pulumi preview --policy-pack policy
--policy-pack-config <file>` or `python -m tools.policy --config <file>`:
`{"log-retention": "remediate", "database-backups": {"enforcementLevel": "mandatory", "days": 14}}`.
What no rule knows is refused. Exemptions stand in `policy/exemptions.toml`, with a reason, an owner
and an expiry; an expired one fails, and so does one that nothing needs any more.
"""


def page() -> str:
    """The whole page."""
    with process.running("dev") as dev, process.running("prod") as prod:
        rules = list(zip(analysis.described(dev), analysis.described(prod), strict=True))
    lines = [_INTRODUCTION]
    for domain, group in groupby(rules, key=lambda pair: pair[0].tags[0]):
        lines.append(f"## {domain.capitalize()}\n")
        for dev_rule, prod_rule in group:
            lines += [*_described(dev_rule, prod_rule), ""]
    return "\n".join(lines).rstrip() + "\n"


def _described(dev: Any, prod: Any) -> Iterator[str]:
    severity = analyzer_pb2.PolicySeverity.Name(dev.severity).rpartition("_")[2].lower()
    yield f"### {dev.name}\n"
    yield f"{dev.description}\n"
    yield f"- Level: {level(dev)} in dev, {level(prod)} in prod; severity {severity}"
    if types := dev.tags[1:]:
        yield f"- Judges: {', '.join(f'`{name}`' for name in types)}"
    yield f"- Remedy: {dev.remediation_steps}"
    if dev.configSchema.properties:
        settings = json_format.MessageToDict(dev.configSchema.properties)
        shown = (f"`{name}` = `{_short(found['default'])}`" for name, found in settings.items())
        yield f"- Settings: {', '.join(sorted(shown))}"
    yield f"- Reference: {dev.url}"


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def main() -> int:
    """Exit status 1 when the page is not what the rules say (`--check`)."""
    parser = argparse.ArgumentParser(prog="python -m tools.policy.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    sys.stderr.write("docs/policies.md is stale; run python -m tools.policy.docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""Copies of the program in which somebody made one mistake, for what must notice it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.configuration import ROOT

_NO_PROGRAM = ("engine", "htmlcov", "local", "tests")
_FILES = ("*.py", "Pulumi*.yaml", "requirements*")


@dataclass(frozen=True, kw_only=True)
class Breakage:
    """A mistake: what one file says instead, and the rule and resources that name it."""

    file: str
    good: str
    bad: str
    rule: str
    resource: str
    remedy: str

    def __str__(self) -> str:
        return self.rule


BREAKAGES = (
    Breakage(
        file="components/blocks/queue.py",
        good="""            redrive_policy=pulumi.Output.json_dumps(
                {
                    "deadLetterTargetArn": self.dead_letters.arn,
                    "maxReceiveCount": self._args.max_receives,
                }
            ),
""",
        bad="",
        rule="queue-dead-letters",
        resource="orders-events-queue",
        remedy="Give the queue a redrivePolicy with the ARN of a dead-letter queue.",
    ),
    Breakage(
        file="components/blocks/security_group.py",
        good="""            f"{other.label} to {self.label}",
            referenced_security_group_id=other.group_id,
""",
        bad="""            f"{other.label} to {self.label}",
            cidr_ipv4="0.0.0.0/0",
""",
        rule="no-open-ingress",
        resource="network-inventory-tasks-from-inventory-balancer-8080",
        remedy="Name the security group or the addresses that may come in.",
    ),
    Breakage(
        file="components/blocks/topic.py",
        good='self._grant("Publish", "sns:Publish")',
        bad='self._grant("Publish", "sns:Publish", "s3:*")',
        rule="no-star-actions",
        resource="orders-outbox-relay",
        remedy="Name the actions one by one.",
    ),
)


def broken_program(breakage: Breakage, directory: Path) -> Path:
    """The program with that mistake, beside the environment and the policy pack it needs."""
    root = directory / "program"
    root.mkdir()
    for folder in ROOT.iterdir():
        if folder.is_dir() and folder.name not in _NO_PROGRAM and folder.name[0] not in "._":
            shutil.copytree(
                folder, root / folder.name, ignore=shutil.ignore_patterns("__pycache__")
            )
    for pattern in _FILES:
        for file in ROOT.glob(pattern):
            shutil.copy(file, root)
    (root / ".venv").symlink_to(sys.prefix)
    target = root / breakage.file
    source = target.read_text()
    if source.count(breakage.good) != 1:
        raise LookupError(f"{breakage.file} does not hold this once: {breakage.good}")
    target.write_text(source.replace(breakage.good, breakage.bad))
    return root

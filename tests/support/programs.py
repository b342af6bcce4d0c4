"""Small Pulumi programs that tests write, on the interpreter and components of this repository."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import yaml

from tests.support.configuration import ROOT

STACK = "tiny"


def write_program(directory: Path, source: str, region: str = "us-east-1") -> Path:
    """A project whose program is `source`, with `pulumi` and `pulumi_aws as aws` imported."""
    directory.mkdir(exist_ok=True)
    environment = str(Path(sys.prefix))
    runtime = {"name": "python", "options": {"virtualenv": environment}}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "tiny", "runtime": runtime}))
    config = {"aws:region": region}
    (directory / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))
    head = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nimport pulumi\nimport pulumi_aws as aws\n"
    )
    (directory / "__main__.py").write_text(head + dedent(source))
    return directory

"""`python -m tools.delivery.as_role COMMAND...`: runs it by the role that `DELIVERY_ROLE` names.

Without that variable it runs as the surroundings are. A profile renews the role's credentials for
as long as the command runs; exported once, they would end after an hour.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

VARIABLE = "DELIVERY_ROLE"
_PROFILE = "delivery"


def profile(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The variables by which AWS's clients take the role; nothing where none is named."""
    role = environ.get(VARIABLE)
    if not role:
        return {}
    lines = (
        f"[profile {_PROFILE}]",
        f"role_arn = {role}",
        "credential_source = EcsContainer",
        f"role_session_name = {environ.get('CODEBUILD_BUILD_NUMBER', 'delivery')}",
        "",
    )
    config = directory / "aws-config"
    config.write_text("\n".join(lines))
    return {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": _PROFILE}


def main(command: Sequence[str]) -> int:
    """The command's exit code."""
    with tempfile.TemporaryDirectory(prefix="delivery-") as directory:
        environment = {**os.environ, **profile(os.environ, Path(directory))}
        return subprocess.run(  # noqa: S603 - what the Makefile names
            command, env=environment, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A copy of the project for one run: the program stays where it is, its configuration does not.

Stack files name the secrets provider and hold secrets. Their copy has a passphrase provider and
placeholders, so that a run needs no credentials and changes no tracked file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PLACEHOLDER = "placeholder"
_SECRETS_PROVIDER = frozenset({"encryptedkey", "encryptionsalt", "secretsprovider"})
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret


class ProjectError(Exception):
    """There is no such stack or state; the message says which there are."""


def copy_project(
    root: Path, stack: str, directory: Path, overrides: Mapping[str, str] | None = None
) -> None:
    """Write Pulumi.yaml and Pulumi.<stack>.yaml of `root` to `directory`; raises ProjectError.

    `overrides` replace configuration values by key.
    """
    source = root / f"Pulumi.{stack}.yaml"
    if not source.is_file():
        known = sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))
        raise ProjectError(
            f"stack {stack!r}: there is no {source.name}; there is {', '.join(known)}"
        )
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    project["main"] = str(root)
    options = project["runtime"]["options"]
    options["virtualenv"] = str(root / options["virtualenv"])
    settings = yaml.safe_load(source.read_text())
    kept = {key: value for key, value in settings.items() if key not in _SECRETS_PROVIDER}
    kept["config"] = {
        **{key: _without_secret(value) for key, value in settings["config"].items()},
        **(overrides or {}),
    }
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    (directory / source.name).write_text(yaml.safe_dump(kept))


def readable_state(source: Path, directory: Path, stack: str) -> str:
    """An exported state for the copy in `directory`: its secrets are placeholders.

    The stack must have been initialised there, with a passphrase. Raises ProjectError.
    """
    try:
        state = json.loads(source.read_text())
        deployment = state["deployment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"state {source}: must be what pulumi stack export writes: {error}"
        ) from error
    salt = yaml.safe_load((directory / f"Pulumi.{stack}.yaml").read_text())["encryptionsalt"]
    deployment["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    return json.dumps(_without_ciphertext(state))


def _without_secret(value: Any) -> Any:
    """A configuration value; `{secure: <ciphertext>}` becomes a placeholder."""
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            return PLACEHOLDER
        return {key: _without_secret(item) for key, item in value.items()}
    return [_without_secret(item) for item in value] if isinstance(value, list) else value


def _without_ciphertext(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return {_SIGNATURE: _SECRET, "plaintext": json.dumps(PLACEHOLDER)}
        return {key: _without_ciphertext(item) for key, item in value.items()}
    return [_without_ciphertext(item) for item in value] if isinstance(value, list) else value

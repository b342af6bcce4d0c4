"""The copy of a project needs no credentials, and says of its stack what the original says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.project import PLACEHOLDER, ProjectError, copy_project, readable_state
from tests.support.configuration import ROOT

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of one


def project(root: Path, stack: dict[str, Any]) -> Path:
    root.mkdir()
    options = {"virtualenv": ".venv"}
    described = {"name": "shop", "runtime": {"name": "python", "options": options}}
    (root / "Pulumi.yaml").write_text(yaml.safe_dump(described))
    (root / "Pulumi.prod.yaml").write_text(yaml.safe_dump(stack))
    return root


def copied(tmp_path: Path, stack: dict[str, Any], **overrides: str) -> dict[str, Any]:
    root, directory = project(tmp_path / "root", stack), tmp_path / "copy"
    directory.mkdir()
    copy_project(root, "prod", directory, overrides)
    found: dict[str, Any] = yaml.safe_load((directory / "Pulumi.prod.yaml").read_text())
    return found


def test_the_secrets_provider_stays_behind_and_values_come_along(tmp_path: Path) -> None:
    stack = {
        "secretsprovider": "awskms://alias/key?region=eu-west-1",
        "encryptedkey": "abc",
        "encryptionsalt": "v1:abc",
        "config": {"orders:deadline_seconds": 0, "aws:region": "eu-west-1"},
    }

    assert copied(tmp_path, stack) == {"config": stack["config"]}


def test_a_secret_becomes_a_placeholder_wherever_it_stands(tmp_path: Path) -> None:
    secure = {"secure": "v1:ciphertext"}
    stack = {"config": {"a:one": secure, "a:nested": {"keys": [secure, {"deep": secure}]}}}

    assert copied(tmp_path, stack) == {
        "config": {
            "a:one": PLACEHOLDER,
            "a:nested": {"keys": [PLACEHOLDER, {"deep": PLACEHOLDER}]},
        }
    }


def test_a_value_can_be_overridden(tmp_path: Path) -> None:
    found = copied(tmp_path, {"config": {"a:b": "1", "a:c": "2"}}, **{"a:b": "9"})

    assert found["config"] == {"a:b": "9", "a:c": "2"}


def test_the_program_stays_where_it_is(tmp_path: Path) -> None:
    copied(tmp_path, {"config": {}})

    found = yaml.safe_load((tmp_path / "copy" / "Pulumi.yaml").read_text())
    assert found["main"] == str(tmp_path / "root")
    assert found["runtime"]["options"]["virtualenv"] == str(tmp_path / "root" / ".venv")


def test_a_stack_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"stack 'staging'.*dev, local, prod"):
        copy_project(ROOT, "staging", tmp_path)


def test_the_secrets_of_a_state_become_placeholders(tmp_path: Path) -> None:
    secret = {SIGNATURE: SECRET, "ciphertext": "v1:abc"}
    exported = {
        "version": 3,
        "deployment": {
            "secrets_providers": {"type": "cloud"},
            "resources": [{"outputs": {"password": secret, "name": "db"}}],
        },
    }
    (tmp_path / "state.json").write_text(json.dumps(exported))

    (tmp_path / "Pulumi.prod.yaml").write_text("encryptionsalt: v1:salt")

    read = json.loads(readable_state(tmp_path / "state.json", tmp_path, "prod"))

    provider = {"type": "passphrase", "state": {"salt": "v1:salt"}}
    assert read["deployment"]["secrets_providers"] == provider
    outputs = read["deployment"]["resources"][0]["outputs"]
    assert outputs["name"] == "db"
    assert outputs["password"] == {SIGNATURE: SECRET, "plaintext": '"placeholder"'}


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_what_is_no_exported_state_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    with pytest.raises(ProjectError, match="pulumi stack export"):
        readable_state(tmp_path / "state.json", tmp_path, "prod")

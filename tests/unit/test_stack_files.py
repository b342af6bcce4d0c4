"""Each stack says where its secrets are encrypted: in its own account, or on this machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.support.configuration import ROOT


def stack_file(stack: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    return found


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_cloud_stack_encrypts_with_a_key_of_its_own_in_its_own_region(stack: str) -> None:
    found = stack_file(stack)
    region = found["config"]["aws:region"]

    assert found["secretsprovider"] == (
        f"awskms://alias/storefront-{stack}-secrets?region={region}"
    )
    assert "encryptionsalt" not in found


def test_the_local_stack_needs_a_passphrase_and_nobody_elses_key() -> None:
    found = stack_file("local")

    assert "secretsprovider" not in found
    assert found["encryptionsalt"].startswith("v1:")


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_values_are_written_as_pulumi_writes_them(stack: str) -> None:
    """Then `pulumi config set` changes one line, and not the file."""
    lines = (ROOT / f"Pulumi.{stack}.yaml").read_text().splitlines()
    values = [line.split(": ", 1)[1] for line in lines if re.match(r" {2}\S+: ", line)]

    assert values
    assert [value for value in values if re.fullmatch(r"-?[0-9.]+|true|false", value)] == []

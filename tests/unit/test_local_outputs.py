"""The stack's outputs come from the CLI or a file, and what is wrong with them is said."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from local.errors import LocalRunError
from local.opened import open_shop
from local.outputs import output, read_outputs
from local.resources import Cloud


def test_outputs_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text('{"api_url": "http://127.0.0.1:1/api"}')

    assert read_outputs(str(tmp_path / "outputs.json"), "local") == {
        "api_url": "http://127.0.0.1:1/api"
    }


def test_outputs_are_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"api_url": "x"}'))

    assert read_outputs("-", "local") == {"api_url": "x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("pulumi", "not JSON"), ("[]", "must be a JSON object"), ("{}", "run pulumi up first")],
)
def test_what_is_no_outputs_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "outputs.json").write_text(text)

    with pytest.raises(LocalRunError, match=message):
        read_outputs(str(tmp_path / "outputs.json"), "local")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError, match="cannot be read: No such file"):
        read_outputs(str(tmp_path / "none.json"), "local")


def test_without_the_cli_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalRunError, match="no pulumi on PATH: paste eval"):
        read_outputs(None, "local")


@pytest.mark.parametrize("code", [0, 255])
def test_the_cli_is_asked_for_the_stacks_outputs_with_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f'#!/bin/sh\necho "{{\\"asked\\": \\"$*\\"}}"\nexit {code}\n')
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    if code:
        with pytest.raises(LocalRunError, match="outputs of stack local; has pulumi up run"):
            read_outputs(None, "local")
    else:
        asked = "stack output --json --show-secrets --stack local"
        assert read_outputs(None, "local") == {"asked": asked}


def test_an_output_that_the_program_does_not_export_is_named() -> None:
    with pytest.raises(LocalRunError, match="does not export 'api_url'"):
        output({}, "api_url")


def test_a_stack_in_a_region_where_no_containers_run_is_refused() -> None:
    cloud = Cloud(endpoint="http://127.0.0.1:9", region="us-east-1", account_id="000000000000")

    with pytest.raises(LocalRunError, match="make cloud REGION=eu-west-1"):
        open_shop(cloud, {"user_pool_id": "eu-west-1_abc"})

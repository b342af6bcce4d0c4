"""What is secret on the way in is secret on the way out, wherever it shows."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from local.provider import wire

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of one
ARCHIVE = {SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "1", "path": "/a.zip"}


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def sealed(inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    secrets = wire.Secrets()
    secrets.open(wire.struct(inputs))
    return wire.plain(secrets.seal(outputs))


def test_secrets_are_opened_at_any_depth() -> None:
    message = wire.struct({"a": secret("x"), "b": {"c": [secret("y")]}, "d": 1.0})

    assert wire.Secrets().open(message) == {"a": "x", "b": {"c": ["y"]}, "d": 1}


@pytest.mark.parametrize(
    ("inputs", "outputs", "marked"),
    [
        ({"key": secret("hunter2")}, {"key": "hunter2", "arn": "arn"}, {"key"}),
        (
            {"tags": {"key": secret("hunter2")}},
            {"tags": {"key": "hunter2"}, "tagsAll": {"key": "hunter2"}, "arn": "a"},
            {"tags", "tagsAll"},
        ),
        ({"key": secret("hunter2")}, {"url": "https://hunter2@host"}, {"url"}),
        ({"size": secret(3)}, {"size": 3, "count": 3}, {"size"}),
        ({"key": secret("")}, {"other": "anything"}, set()),
        ({"key": secret(wire.UNKNOWN)}, {"key": wire.UNKNOWN, "arn": wire.UNKNOWN}, {"key"}),
    ],
)
def test_an_output_that_shows_a_secret_is_one(
    inputs: dict[str, Any], outputs: dict[str, Any], marked: set[str]
) -> None:
    found = sealed(inputs, outputs)

    assert {k for k, v in found.items() if isinstance(v, dict) and SIGNATURE in v} == marked
    assert {name: found[name]["value"] for name in marked} == {n: outputs[n] for n in marked}


def test_a_message_loses_its_secrets() -> None:
    secrets = wire.Secrets()
    secrets.open(wire.struct({"a": secret("hunter2"), "b": secret("hunter22")}))

    assert secrets.redact("hunter22 and hunter2") == "[secret] and [secret]"


def test_a_handler_gets_files_and_the_engine_gets_its_own_back() -> None:
    given = wire.for_handler({"code": ARCHIVE, "name": "f"})

    assert isinstance(given["code"], pulumi.FileArchive)
    assert given["code"].path == "/a.zip"
    assert wire.from_handler({**given, "arn": "a"}, {"code": ARCHIVE}) == {
        "code": ARCHIVE,
        "name": "f",
        "arn": "a",
    }

"""AWS clients: every call ends, and every process has one client per service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common import aws


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


def test_a_service_has_one_client() -> None:
    assert aws.client("dynamodb") is aws.client("dynamodb")
    assert aws.client("dynamodb") is not aws.client("sns")


def test_every_call_ends() -> None:
    config = aws.client("dynamodb").meta.config

    assert (config.connect_timeout, config.read_timeout) == (1.0, 3.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_a_caller_in_a_hurry_waits_less() -> None:
    config = aws.client("sns", 0.5, connect_timeout=0.25, attempts=1).meta.config

    assert (config.connect_timeout, config.read_timeout) == (0.25, 0.5)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}


def test_the_endpoint_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert aws.client("dynamodb").meta.endpoint_url == "http://127.0.0.1:4566"

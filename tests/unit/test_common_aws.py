"""AWS clients: every call ends, and every process has one client per service."""

from __future__ import annotations

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

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


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "servicediscovery", "sns"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_a_model_is_what_botocore_reads(service: str, kind: str) -> None:
    whole = Loader().load_service_model(service, kind)

    assert aws.Models().load_service_model(service, kind) == whole


@pytest.mark.parametrize("name", ["endpoints", "partitions", "_retry", "sdk-default-configuration"])
def test_other_data_is_what_botocore_reads(name: str) -> None:
    assert aws.Models().load_data(name) == Loader().load_data(name)


def test_a_file_that_is_not_there_is_nothing() -> None:
    assert aws.ModelFiles().load_file("/nowhere/service-2") is None


def test_every_service_of_botocore_is_available() -> None:
    services = botocore.session.get_session().get_available_services()

    assert set(services) <= set(aws.session().get_available_services())


def test_a_service_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownServiceError, match="dynamo-db"):
        aws.client("dynamo-db")


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("sqs", "sqs.eu-west-1.api.aws"),
        ("sns", "sns.eu-west-1.api.aws"),
        ("servicediscovery", "servicediscovery.eu-west-1.api.aws"),
        ("dynamodb", "dynamodb.eu-west-1.amazonaws.com"),
        ("s3", "s3.eu-west-1.amazonaws.com"),
    ],
)
def test_over_ipv6_only_what_has_a_gateway_endpoint_is_called_over_ipv4(
    monkeypatch: pytest.MonkeyPatch, service: str, host: str
) -> None:
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    monkeypatch.setattr(aws, "session", botocore.session.get_session)

    assert aws.client(service).meta.endpoint_url == f"https://{host}"

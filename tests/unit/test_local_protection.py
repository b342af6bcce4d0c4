"""The agent beside a task, as the local run serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inventory.protection import EcsAgent, RefusedError
from local import protection as module
from local.protection import Protections
from local.resources import Cloud
from tests.support.containers import TASK

CREDENTIALS = {"AccessKeyId": "key"}
WORKER = replace(TASK, service_arn="arn:aws:ecs:us-east-1:1:service/shop/worker")


class FakeEcs:
    """Remembers what it was asked, and refuses when told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refuses = False

    def update_task_protection(self, **request: Any) -> None:
        if self.refuses:
            answer = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
            raise ClientError(answer, "UpdateTaskProtection")
        self.asked.append(request)


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> FakeEcs:
    fake = FakeEcs()

    def client_as(self: Cloud, service: str, credentials: Mapping[str, str]) -> FakeEcs:
        assert (service, credentials) == ("ecs", CREDENTIALS)
        return fake

    monkeypatch.setattr(Cloud, "client_as", client_as)
    return fake


@pytest.fixture
def protections() -> Iterator[Protections]:
    served = Protections(Cloud(endpoint="http://127.0.0.1:9", region="us-east-1", account_id="1"))
    yield served
    served.close()


def test_ecs_is_asked_with_the_role_of_the_task(ecs: FakeEcs, protections: Protections) -> None:
    uri = protections.admit(WORKER, CREDENTIALS)
    EcsAgent(uri).protect(True)

    (request,) = ecs.asked
    assert request["tasks"] == [request["cluster"]]
    assert request["tasks"][0].startswith("arn:aws:ecs:us-east-1:1:task/shop/")
    assert (request["protectionEnabled"], request["expiresInMinutes"]) == (True, 10)


def test_a_task_is_protected_until_it_is_released(ecs: FakeEcs, protections: Protections) -> None:
    uri, other = (protections.admit(WORKER, CREDENTIALS) for _ in range(2))
    EcsAgent(uri).protect(True)
    assert (protections.protects(uri), protections.protects(other)) == (True, False)
    EcsAgent(uri).protect(False)

    assert not protections.protects(uri)


def test_a_protection_that_nobody_releases_ends(
    ecs: FakeEcs, protections: Protections, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = protections.admit(WORKER, CREDENTIALS)
    EcsAgent(uri).protect(True)
    later = monotonic() + 600
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: later))

    assert not protections.protects(uri)


def test_a_role_that_may_not_is_told(ecs: FakeEcs, protections: Protections) -> None:
    ecs.refuses = True
    uri = protections.admit(WORKER, CREDENTIALS)

    with pytest.raises(RefusedError, match="AccessDeniedException"):
        EcsAgent(uri).protect(True)
    assert not protections.protects(uri)


def test_an_address_of_no_task_is_refused(ecs: FakeEcs, protections: Protections) -> None:
    uri = protections.admit(WORKER, CREDENTIALS)

    with pytest.raises(RefusedError, match="400"):
        EcsAgent(uri + "0").protect(True)

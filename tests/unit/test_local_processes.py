"""A container is run as its task definition says, and started again when it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.emulators import clean_environment, require_free
from local.errors import LocalRunError
from local.monitor import Deployment, Registration
from local.processes import Supervisor, TaskProcess, folder_of, tasks_of
from tests.local.customers import eventually

_DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "image",
    [
        f"inventory@{_DIGEST}",
        f"local/inventory@{_DIGEST}",
        f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/storefront/inventory@{_DIGEST}",
        f"registry:5000/storefront-inventory@{_DIGEST}",
        "storefront-inventory:1.4",
    ],
)
def test_an_image_is_found_by_the_end_of_its_repository(tmp_path: Path, image: str) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "Dockerfile").touch()

    assert folder_of(image, tmp_path) == "inventory"


def test_an_image_that_nobody_builds_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError, match="'shop/billing:1'"):
        folder_of("shop/billing:1", tmp_path)


def test_a_task_is_read_from_what_the_program_registered() -> None:
    task = tasks_of(_deployment(desired=1))[0]

    assert task.service == "shop-local-stock"
    assert task.command == ("python", "-m", "stock.api")
    assert task.environment == {"STOCK_PORT": "8080", "STOCK_TABLE_NAME": "stock"}
    assert (task.container_port, task.role_arn) == (8080, "arn:role")
    assert (task.registry_arn, task.listener_arn) == ("arn:registry/srv-1", "arn:listener")


def test_a_service_has_as_many_tasks_as_it_desires() -> None:
    assert len(tasks_of(_deployment(desired=3))) == 3


def test_a_service_of_an_unknown_task_definition_is_an_error() -> None:
    deployment = _deployment(desired=1)
    deployment.registrations = [
        entry for entry in deployment.registrations if "taskDefinition:" not in entry.type
    ]

    with pytest.raises(LocalRunError, match="'arn:task:1'"):
        tasks_of(deployment)


def test_children_get_nothing_of_the_users_aws_set_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")

    environment = clean_environment(tmp_path)

    assert "production" not in environment.values()
    assert not {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "HTTP_PROXY"} & environment.keys()
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == environment["AWS_CONFIG_FILE"]
    assert environment["AWS_CONFIG_FILE"] == "/dev/null"


@pytest.mark.parametrize("port", [0, 80, 70_000])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(LocalRunError, match=f"port {port}: must be from 1024 to 65535"):
        require_free(port)


class FakeProcess(TaskProcess):
    """A container that ends at once, and runs after its first restart."""

    def __init__(self) -> None:
        self.task = tasks_of(_deployment(desired=1))[0]
        self.restarts = 0
        self.ending = ""
        self.calls: list[str] = []

    @property
    def alive(self) -> bool:
        return self.calls == ["stop", "start"]

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def last_words(self) -> str:
        return "ended with code 3: out of paper"


def test_a_container_that_ended_is_reported_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("local.processes._PAUSE_MAX_SECONDS", 0.0)
    said: list[str] = []
    process = FakeProcess()
    supervisor = Supervisor([process], said.append)

    supervisor.start()
    eventually(lambda: process.alive and len(said) == 2, "it runs again")
    supervisor.stop()

    assert said == [
        "shop-local-stock ended with code 3: out of paper\nshop-local-stock starts again in 0 s",
        "shop-local-stock runs again (restart 1)",
    ]


def test_a_start_with_a_container_that_ended_is_no_start() -> None:
    process = FakeProcess()

    with pytest.raises(LocalRunError, match="shop-local-stock ended with code 3: out of paper"):
        process.require_unbroken()


def _deployment(desired: int) -> Deployment:
    container = {
        "name": "api",
        "image": "shop/stock:1",
        "command": ["python", "-m", "stock.api"],
        "portMappings": [{"containerPort": 8080}],
        "environment": [
            {"name": "STOCK_PORT", "value": "8080"},
            {"name": "STOCK_TABLE_NAME", "value": "stock"},
        ],
    }
    target = {"targetGroupArn": "arn:targets", "containerName": "api", "containerPort": 8080}
    return Deployment(
        registrations=[
            _registration(
                "aws:ecs/taskDefinition:TaskDefinition",
                {"containerDefinitions": json.dumps([container]), "taskRoleArn": "arn:role"},
                {"arn": "arn:task:1"},
            ),
            _registration(
                "aws:lb/listener:Listener",
                {"defaultActions": [{"type": "forward", "targetGroupArn": "arn:targets"}]},
                {"arn": "arn:listener"},
            ),
            _registration(
                "aws:ecs/service:Service",
                {"loadBalancers": [target], "serviceRegistries": {"registryArn": _REGISTRY}},
                {
                    "name": "shop-local-stock",
                    "taskDefinition": "arn:task:1",
                    "desiredCount": desired,
                },
            ),
        ]
    )


_REGISTRY = "arn:registry/srv-1"


def _registration(token: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> Registration:
    return Registration(
        type=token,
        name=token,
        id=token,
        recorded=False,
        inputs=inputs,
        outputs=outputs,
        seconds=0.0,
    )

"""A container is run as its task definition says, and started again when it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.children import Children
from local.emulators import clean_environment, require_free
from local.errors import LocalRunError
from local.processes import TaskProcess, folder_of
from tests.support.containers import TASK, FakeProcess, cloud_of_roles

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


def test_a_container_that_ended_once_is_broken() -> None:
    process = FakeProcess(TASK, "a", broken=False, calls=[])
    process.start()
    process.require_unbroken()

    process.ending = "ended with code 3: out of paper"

    with pytest.raises(LocalRunError, match="stock ended with code 3: out of paper"):
        process.require_unbroken()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role_arn": None}, "stock:1 has no taskRoleArn"),
        ({"command": ()}, "stock:1 gives container api no command"),
        ({"environment": {}}, "stock opens port 8080, and no variable"),
        ({"image": "shop/billing:1"}, "'shop/billing:1'"),
    ],
)
def test_a_task_that_cannot_run_here_says_why(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "containers" / "stock").mkdir(parents=True)
    (tmp_path / "containers" / "stock" / "Dockerfile").touch()
    children = Children()
    try:
        process = TaskProcess(replace(TASK, **change), cloud_of_roles(), children, tmp_path)
        with pytest.raises(LocalRunError, match=message):
            process.start()
    finally:
        children.stop()

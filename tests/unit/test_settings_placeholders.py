"""What the stack files hold in place of their owner's values is previewed and never deployed."""

from __future__ import annotations

import pytest

import settings
from settings import SettingsError, reading
from settings.placeholders import engine_listens
from tests.support.configuration import selected, stack_config

OWN = {
    "inventory:image": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:{'a' * 64}",
    "payments:stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe",
    "payments:webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook",
}


def deploy(monkeypatch: pytest.MonkeyPatch, stack: str, **changes: str) -> list[str]:
    """The problems of settings that an engine is about to deploy."""
    monkeypatch.setattr(reading, "engine_listens", lambda: True)
    with selected({**stack_config(stack), **changes}, stack):
        try:
            settings.load()
        except SettingsError as error:
            return error.problems
    return []


def test_each_placeholder_of_prod_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = deploy(monkeypatch, "prod")
    assert sorted(problem.partition(" = ")[0] for problem in problems) == sorted(OWN)
    assert all("is a placeholder; set your own before pulumi up" in each for each in problems)


def test_own_values_are_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deploy(monkeypatch, "prod", **OWN) == []


@pytest.mark.parametrize(
    "image",
    [
        f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:{'a' * 64}",
        f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:{'0' * 64}",
    ],
)
def test_half_of_an_image_is_a_placeholder(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    (problem,) = deploy(monkeypatch, "prod", **{**OWN, "inventory:image": image})
    assert problem.startswith("inventory:image = ")


def test_placeholders_are_told_beside_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = deploy(monkeypatch, "dev", **{"orders:deadline_seconds": "soon"})
    assert [problem.partition(" = ")[0] for problem in problems] == [
        "orders:deadline_seconds",
        "inventory:image",
    ]


def test_the_local_stack_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deploy(monkeypatch, "local") == []


def test_a_run_without_an_engine_is_no_deployment() -> None:
    with selected(stack_config("prod"), "prod"):
        assert not engine_listens()

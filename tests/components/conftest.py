"""Each stack is built once per session; tests only read what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.support import harness
from tests.support.delivery import build_delivery
from tests.support.harness import Built

STACKS = ("dev", "prod", "local")


@pytest.fixture
def ready_packages() -> Iterator[None]:
    """Nothing is downloaded and no zip is made."""
    with harness.ready_packages():
        yield


@pytest.fixture(scope="session")
def stacks() -> Mapping[str, Built]:
    """All stacks, by name."""
    with harness.ready_packages():
        return {name: harness.build_stack(name) for name in STACKS}


@pytest.fixture(params=STACKS)
def shop(request: pytest.FixtureRequest, stacks: Mapping[str, Built]) -> Built:
    """One stack after the other."""
    return stacks[request.param]


@pytest.fixture
def dev(stacks: Mapping[str, Built]) -> Built:
    """The dev stack, for what is the same in all."""
    return stacks["dev"]


@pytest.fixture(scope="session")
def delivery() -> Built:
    """The tools account."""
    return build_delivery()

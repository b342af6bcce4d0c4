"""One running shop for all tests of this folder, its customers, and commands."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.http import Caller
from local.shop import Shop
from tests.local.command import ROOT, Run


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A shop that runs for the session."""
    with Shop.start() as running:
        running.all_warm()
        yield running


@pytest.fixture
def alice(shop: Shop) -> Iterator[Caller]:
    """A customer."""
    with Caller(shop.base_url, shop.tokens.alice) as caller:
        yield caller


@pytest.fixture
def bob(shop: Shop) -> Iterator[Caller]:
    """Another customer."""
    with Caller(shop.base_url, shop.tokens.bob) as caller:
        yield caller


@pytest.fixture
def admin(shop: Shop) -> Iterator[Caller]:
    """The back office."""
    with Caller(shop.base_url, shop.tokens.admin) as caller:
        yield caller


@pytest.fixture
def stranger(shop: Shop) -> Iterator[Caller]:
    """Somebody without a token."""
    with Caller(shop.base_url) as caller:
        yield caller


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory with a name short enough for the path of a Unix socket in it."""
    with tempfile.TemporaryDirectory(prefix="sf-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def run(temporary: Path) -> Iterator[Callable[..., Run]]:
    """Starts commands, and ends what a failed test has left."""
    runs: list[Run] = []

    def start(*arguments: str, root: Path = ROOT) -> Run:
        runs.append(Run(temporary, *arguments, root=root))
        return runs[-1]

    yield start
    for started in runs:
        started.process.kill()
        started.process.communicate()

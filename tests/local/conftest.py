"""One running shop for all tests of this folder, and its customers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.http import Caller
from local.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A shop that runs for the session."""
    with Shop.start() as running:
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

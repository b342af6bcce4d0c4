"""How many of the ledger's connections the functions may hold at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

import settings
from settings import PaymentsSettings
from settings.payments import connections_wanted, sweeps_at_once
from tests.support.configuration import selected, stack_config


def payments_of(stack: str) -> PaymentsSettings:
    """What the stack's file says."""
    with selected(stack_config(stack), stack):
        return settings.load().payments


@pytest.fixture(scope="module")
def prod() -> PaymentsSettings:
    """payments in prod: behind a proxy."""
    return payments_of("prod")


@pytest.mark.parametrize(("minutes", "sweeps"), [(1, 5), (2, 3), (5, 1), (1440, 1)])
def test_sweeps_overlap_when_they_take_longer_than_their_interval(
    prod: PaymentsSettings, minutes: int, sweeps: int
) -> None:
    assert sweeps_at_once(replace(prod, sweep_interval_minutes=minutes)) == sweeps


def test_each_instance_that_may_run_holds_one(prod: PaymentsSettings) -> None:
    assert connections_wanted(prod) == 20 + 30 + 5
    assert connections_wanted(replace(prod, http_concurrency_reserved=0)) == 30 + 5
    assert connections_wanted(replace(prod, events_concurrency_max=7)) == 20 + 7 + 5


def test_without_a_proxy_those_of_the_version_before_count_unless_they_are_given_back(
    prod: PaymentsSettings,
) -> None:
    direct = replace(prod, database_proxied=False)

    assert connections_wanted(direct) == 2 * 55
    assert connections_wanted(replace(direct, database_capacity_min_acu=0)) == 55


@pytest.mark.parametrize("stack", ["local", "dev", "prod"])
def test_what_may_run_fits_the_connections(stack: str) -> None:
    payments = payments_of(stack)

    assert 0 < connections_wanted(payments) <= payments.database_connections_max

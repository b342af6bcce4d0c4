"""Rules across the values of payments: charges, and the database that they are kept in."""

from __future__ import annotations

import math
from collections.abc import Iterator

from settings.model import PaymentsSettings

CHARGE_SECONDS = 45
"""What one charge may take: three calls to the provider (11 s each), the ledger and the topic."""
SWEEP_TIMEOUT_SECONDS = 300
"""How long one sweep may run, while the schedule begins others."""
VERSIONS_CONNECTED = 2
"""After a release, instances of the version before hold theirs until Lambda ends them."""
CONNECTIONS_PER_ACU = 162
CONNECTIONS_MOST = 4500
CONNECTIONS_MOST_IF_SMALL = 1800
"""What is planned with: Aurora PostgreSQL offers 189 connections for one ACU of the largest
capacity and 5,000 at the most, 2,000 where the smallest is below one. A part is left to RDS, the
migration and whoever has to look.
"""
CANNOT_PAUSE = ("16.0", "16.1", "16.2")
"""Versions from before Aurora could pause."""
RESUME_SECONDS = 20
"""How long a connection waits for a database that resumes, as payments' code does: about 15 s."""
READ_SECONDS = 5
"""What reading a payment may take."""
DAY_MINUTES = 1440


def sweeps_at_once(payments: PaymentsSettings) -> int:
    """Sweeps that may run side by side, when each takes all the time that it has."""
    return math.ceil(SWEEP_TIMEOUT_SECONDS / (60 * payments.sweep_interval_minutes))


def connections_wanted(payments: PaymentsSettings) -> int:
    """Connections that the functions may hold at once: one for each instance that may run.

    Webhooks are requests too. The migration has a role of its own. Behind a proxy an idle instance
    holds none, and where the database pauses it gives its own back; elsewhere it keeps it.
    """
    running = (
        payments.http_concurrency_reserved
        + payments.events_concurrency_max
        + sweeps_at_once(payments)
    )
    given_back = payments.database_proxied or payments.database_capacity_min_acu == 0
    return running if given_back else VERSIONS_CONNECTED * running


def charge_contradictions(payments: PaymentsSettings) -> Iterator[str]:
    """What a charge's time and provider ask for."""
    if payments.events_timeout_seconds < CHARGE_SECONDS:
        yield (
            f"payments:events_timeout_seconds = {payments.events_timeout_seconds}: must be at "
            f"least {CHARGE_SECONDS}, or a slow provider outlives the function; raise it"
        )
    if payments.charge_stale_seconds <= payments.events_timeout_seconds:
        yield (
            f"payments:charge_stale_seconds = {payments.charge_stale_seconds}: must be longer than "
            f"payments:events_timeout_seconds = {payments.events_timeout_seconds}, or a charge is "
            f"called stale while it is being made; raise it"
        )
    if payments.provider == "stripe" and not payments.stripe_secret_arn:
        yield (
            "payments:stripe_secret_arn = '': payments:provider = 'stripe' needs the secret that "
            "holds Stripe's API key; store it in Secrets Manager and set its ARN"
        )
    if payments.provider == "stripe" and not payments.webhook_secret_arn:
        yield (
            "payments:webhook_secret_arn = '': payments:provider = 'stripe' needs the secret that "
            "holds its webhook endpoint's signing secret; store it in Secrets Manager and set its "
            "ARN"
        )


def database_contradictions(payments: PaymentsSettings) -> Iterator[str]:
    """What the ledger's capacity, connections and pause ask of each other."""
    if payments.database_capacity_min_acu > payments.database_capacity_max_acu:
        yield (
            f"payments:database_capacity_min_acu = {payments.database_capacity_min_acu:g}: must "
            f"not exceed payments:database_capacity_max_acu = "
            f"{payments.database_capacity_max_acu:g}; lower it"
        )
    yield from _connection_contradictions(payments)
    if payments.database_capacity_min_acu == 0:
        yield from _pause_contradictions(payments)


def _connection_contradictions(payments: PaymentsSettings) -> Iterator[str]:
    if payments.http_concurrency_reserved < 0:
        yield (
            f"payments:http_concurrency_reserved = {payments.http_concurrency_reserved}: must be 0 "
            f"or more, or requests open connections that nobody has planned; reserve a number"
        )
    elif payments.database_connections_max < (wanted := connections_wanted(payments)):
        yield (
            f"payments:database_connections_max = {payments.database_connections_max}: must be at "
            f"least {wanted} for payments:http_concurrency_reserved = "
            f"{payments.http_concurrency_reserved}, payments:events_concurrency_max = "
            f"{payments.events_concurrency_max} and {sweeps_at_once(payments)} sweeps at once; "
            f"raise it, or lower one of them"
        )
    small = payments.database_capacity_min_acu < 1
    offered = min(
        int(payments.database_capacity_max_acu * CONNECTIONS_PER_ACU),
        CONNECTIONS_MOST_IF_SMALL if small else CONNECTIONS_MOST,
    )
    if payments.database_connections_max > offered:
        yield (
            f"payments:database_connections_max = {payments.database_connections_max}: must be at "
            f"most {offered} with payments:database_capacity_max_acu = "
            f"{payments.database_capacity_max_acu:g}, or the server refuses what the role is "
            f"promised; lower it, or raise the capacity"
        )


def _pause_contradictions(payments: PaymentsSettings) -> Iterator[str]:
    """What a database that pauses at zero asks of the rest."""
    paused = "payments:database_capacity_min_acu = 0"
    if payments.database_proxied:
        yield (
            f"payments:database_proxied = True: a proxy holds connections, so that with {paused} "
            f"the database never pauses; set the capacity to 0.5 or more, or leave out the proxy"
        )
    if payments.database_engine_version in CANNOT_PAUSE:
        yield (
            f"payments:database_engine_version = {payments.database_engine_version!r}: must be "
            f"16.3 or later with {paused}; raise it, or set the capacity to 0.5 or more"
        )
    if payments.sweep_interval_minutes < DAY_MINUTES:
        yield (
            f"payments:sweep_interval_minutes = {payments.sweep_interval_minutes}: must be "
            f"{DAY_MINUTES} with {paused}, or the sweep keeps the database awake (each event "
            f"sweeps too); raise it, or set the capacity to 0.5 or more"
        )
    for name, work_seconds in (("http", READ_SECONDS), ("events", CHARGE_SECONDS)):
        timeout, least = getattr(payments, f"{name}_timeout_seconds"), RESUME_SECONDS + work_seconds
        if timeout < least:
            yield (
                f"payments:{name}_timeout_seconds = {timeout}: must be at least {least} with "
                f"{paused}, or the function ends before a paused database has resumed; raise it"
            )

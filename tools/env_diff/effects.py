"""What follows from settings: both stacks, and variants of them, in processes side by side.

A variant is a stack of which a few settings have the other environment's values. Names are whole
here, since the end of a shortened one says which environment it is of.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from unittest import mock

from local.sdk import import_by_class
from tools.cost import prices, units
from tools.cost.estimate import by_resource, estimate
from tools.env_diff.exchange import DEV, PROD, Exchange, Stacks
from tools.env_diff.properties import Change, Resource, changes, nameless
from tools.policy import recording

_COMPONENTS = ("pulumi:", "storefront:")
_OBJECTS_BETWEEN_COLLECTIONS = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Usd:
    """US dollars."""

    month: float
    """with nobody buying"""
    million: float
    """of a million orders"""

    def __sub__(self, other: Usd) -> Usd:
        return Usd(month=self.month - other.month, million=self.million - other.million)

    def __add__(self, other: Usd) -> Usd:
        return Usd(month=self.month + other.month, million=self.million + other.million)


NOTHING = Usd(month=0.0, million=0.0)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What a stack registers and costs."""

    name: str
    resources: Mapping[str, Resource]
    """by URN, without the environment's name"""
    costs: Mapping[str, Usd]
    """by URN; under an empty one what no resource is charged for by itself"""

    @property
    def usd(self) -> Usd:
        """All of it."""
        return sum(self.costs.values(), NOTHING)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an exchange makes differ."""

    exchange: Exchange
    changed: frozenset[Change]
    costs: Mapping[str, Usd]
    """what prod's values cost more than dev's, by URN"""

    @property
    def usd(self) -> Usd:
        """All of it."""
        return sum(self.costs.values(), NOTHING)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Both stacks, and what follows from each exchange."""

    dev: Stack
    prod: Stack
    renamed: Stack
    """prod's settings in an environment named dev"""
    effects: Sequence[Effect]


def measure(stacks: Stacks, exchanges: Sequence[Exchange], say: Callable[[str], None]) -> Measured:
    """Record and price everything, as many processes side by side as there are cores."""
    with ProcessPoolExecutor(
        os.cpu_count(), mp_context=get_context("spawn"), initializer=_prepare
    ) as pool:
        say(f"recording {len(exchanges) + 3} stacks, {os.cpu_count()} side by side")
        dev, prod, renamed = pool.map(_record, (DEV, PROD, DEV), ({}, {}, dict(stacks[PROD])))
        follow = partial(_follow, {DEV: dev, PROD: prod}, stacks)
        effects = list(_told(pool.map(follow, exchanges), len(exchanges), say))
    return Measured(dev=dev, prod=prod, renamed=renamed, effects=effects)


def _told(found: Iterator[Effect], count: int, say: Callable[[str], None]) -> Iterator[Effect]:
    for number, effect in enumerate(found, 1):
        if number % 20 == 0:
            say(f"{number} of {count} settings")
        yield effect


def _prepare() -> None:
    """To look for garbage takes a third as long as to make a stack: once for a few is enough."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    import_by_class()


def _follow(stacks: Mapping[str, Stack], settings: Stacks, exchange: Exchange) -> Effect:
    base = stacks[exchange.changed_in]
    varied = _record(exchange.changed_in, exchange.changed(settings))
    dev, prod = (varied, base) if exchange.changed_in == PROD else (base, varied)
    differences = {
        urn: prod.costs.get(urn, NOTHING) - dev.costs.get(urn, NOTHING)
        for urn in {*dev.costs, *prod.costs}
    }
    return Effect(
        exchange=exchange,
        changed=frozenset(changes(dev.resources, prod.resources)),
        costs={urn: usd for urn, usd in differences.items() if usd != NOTHING},
    )


def _record(name: str, changed: Mapping[str, str]) -> Stack:
    with (
        mock.patch("components.naming.shorten", lambda name, limit: name),
        mock.patch("components.blocks.generated_secret.new_value", lambda: "generated"),
    ):
        registrations = recording.run(name, changed)
    region = {**recording.configuration(name), **changed}["aws:region"]
    priced = estimate(name, region, registrations, prices.load(), units.load())
    fixed, variable = by_resource(priced.fixed), by_resource(priced.variable)
    costs = {
        nameless(urn): Usd(month=fixed.get(urn, 0.0), million=variable.get(urn, 0.0))
        for urn in {*fixed, *variable}
    }
    return Stack(name=name, resources=_comparable(registrations), costs=costs)


def _comparable(registrations: Sequence[recording.Registration]) -> dict[str, Resource]:
    return {
        nameless(found.urn): Resource(
            type=found.type,
            name=found.name,
            properties=nameless({**found.inputs, "protect": found.protected}),
        )
        for found in registrations
        if not found.type.startswith(_COMPONENTS)
    }

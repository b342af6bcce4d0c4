"""The price table: what AWS asks for a unit, where, since when, and who says so."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.toml")
TYPES = Path(__file__).with_name("types.toml")
HABITS = Path(__file__).with_name("habits.toml")
LIST_REGION = "us-east-1"
"""Where a price is taken from when the stack's region has none of its own."""
_EVERYWHERE = "global"


class PriceError(ValueError):
    """Something costs an amount that nobody wrote down."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one unit costs in US dollars."""

    name: str
    service: str
    """the AWS service that charges it, as it is shown"""
    unit: str
    region: str
    """where it holds; `global` where AWS has one price"""
    usd: float
    source: str
    date: date
    verified: bool
    """whether it was read in its source, or remembered"""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """All prices, the types that have none of their own, and AWS's habits."""

    prices: Mapping[tuple[str, str], Price]
    free: Mapping[str, str]
    """reasons by resource type"""
    by_use: Mapping[str, Sequence[str]]
    """names of prices by resource type"""
    habits: Mapping[str, float]

    def price(self, name: str, region: str) -> Price:
        """The region's price, else us-east-1's; raises PriceError when there is neither."""
        for where in (region, _EVERYWHERE, LIST_REGION):
            if found := self.prices.get((name, where)):
                return found
        raise PriceError(
            f"there is no price {name!r} for {region} or {LIST_REGION}: "
            f"add a [[price]] with its source and date to {PRICES.name}"
        )

    def habit(self, name: str) -> float:
        """How much AWS does by itself; raises PriceError when nobody wrote it down."""
        if name not in self.habits:
            raise PriceError(f"there is no habit {name!r}: add it with its source to {HABITS.name}")
        return self.habits[name]


def load(prices: Path = PRICES, types: Path = TYPES, habits: Path = HABITS) -> Table:
    """The tables in the files; raises PriceError naming what an entry lacks."""
    found = [_price(entry, prices) for entry in _read(prices)["price"]]
    kinds = _read(types)
    silent = sorted(type for type, reason in kinds["free"].items() if not reason.strip())
    if silent:
        raise PriceError(f"{types.name}: {', '.join(silent)} must say why it is free")
    table = Table(
        prices={(price.name, price.region): price for price in found},
        free=kinds["free"],
        by_use=kinds["by_use"],
        habits={entry["name"]: entry["value"] for entry in _read(habits)["habit"]},
    )
    for names in table.by_use.values():
        for name in names:
            table.price(name, LIST_REGION)
    return table


def replaced(table: Table, name: str, *, region: str, usd: float) -> Table:
    """The table with another price in one region."""
    price = dataclasses.replace(table.price(name, region), region=region, usd=usd)
    return dataclasses.replace(table, prices={**table.prices, (name, region): price})


def _price(entry: dict[str, Any], path: Path) -> Price:
    try:
        price = Price(**entry)
    except TypeError as error:
        raise PriceError(f"{path.name}: price {entry.get('name')!r}: {error}") from error
    if price.usd < 0 or not price.source or not isinstance(price.date, date):
        raise PriceError(
            f"{path.name}: price {price.name!r} must have usd of 0 or more, a source and a date"
        )
    return price


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))

"""Environment variables as one validated value."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from common.env import ConfigurationError, load


class Settings(msgspec.Struct):
    """Some variables."""

    shop_name: str
    shop_seconds: Annotated[int, msgspec.Meta(ge=0)] = 60
    shop_ratio: float = 0.5


def test_variables_are_read_as_the_types_of_their_fields() -> None:
    environ = {"SHOP_NAME": "mugs", "SHOP_SECONDS": "30", "SHOP_RATIO": "0.25", "OTHER": "x"}

    assert load(Settings, environ) == Settings("mugs", 30, 0.25)


def test_a_configured_zero_survives() -> None:
    assert load(Settings, {"SHOP_NAME": "mugs", "SHOP_SECONDS": "0"}).shop_seconds == 0


def test_a_name_of_digits_stays_a_text() -> None:
    assert load(Settings, {"SHOP_NAME": "007"}).shop_name == "007"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_NAME", "from outside")

    assert load(Settings).shop_name == "from outside"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "missing required field `shop_name`"),
        ({"SHOP_NAME": "mugs", "SHOP_SECONDS": "soon"}, r"shop_seconds"),
        ({"SHOP_NAME": "mugs", "SHOP_SECONDS": "-1"}, r">= 0 - at `\$.shop_seconds`"),
    ],
)
def test_a_variable_that_is_missing_or_wrong_is_named(environ: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load(Settings, environ)

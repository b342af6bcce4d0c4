"""A service's environment variables as one validated value, read once at cold start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class ConfigurationError(RuntimeError):
    """A function was deployed with an environment it cannot run in."""


def load(model: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Fill `model` from variables named as its fields in upper case.

    Raises ConfigurationError naming the variable that is missing or does not fit.
    """
    source = os.environ if environ is None else environ
    present = {
        field.name: source[field.name.upper()]
        for field in msgspec.structs.fields(model)
        if field.name.upper() in source
    }
    try:
        return msgspec.convert(present, model, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"environment of {model.__module__}: {error}; variables are the field names "
            f"in upper case"
        ) from error

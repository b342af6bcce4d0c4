"""Handlers of the resource types our program registers, one module per AWS service."""

from local.resources.base import (
    Cloud,
    Created,
    Database,
    Properties,
    ResourceError,
    ResourceHandler,
    UnhandledTypeError,
)
from local.resources.functions import invoke
from local.resources.registry import handler_for, handlers

__all__ = [
    "Cloud",
    "Created",
    "Database",
    "Properties",
    "ResourceError",
    "ResourceHandler",
    "UnhandledTypeError",
    "handler_for",
    "handlers",
    "invoke",
]

"""The one error that the local run ends with."""

from __future__ import annotations


class LocalRunError(Exception):
    """The local run cannot go on; the message says what, why and what to do."""

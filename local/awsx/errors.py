"""What the component refuses."""

from __future__ import annotations


class ArgumentError(ValueError):
    """An argument the component does not take; says its value, the rule and the remedy."""

    def __init__(self, path: str, value: object, rule: str, remedy: str) -> None:
        self.path = path
        self.reason = f"{rule}; {remedy}"
        super().__init__(f"{path} = {value!r}: {self.reason}")

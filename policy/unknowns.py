"""What no rule could judge, because a value is unknown: counted, and said in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

NOT_EVALUATED = "not evaluated: "


def not_judged(*path: str) -> UnknownValueError:
    """What a rule raises about a property that names something which the stack does not hold."""
    return UnknownValueError(UNKNOWN_STRING_VALUE, list(path))


@dataclass
class Unknowns:
    """The checks that wait for a value, since the last time somebody asked."""

    _checks: set[tuple[str, str]] = field(default_factory=set)

    def note(self, rule: str, resource: str) -> None:
        """A rule could not judge a resource, by its URN."""
        self._checks.add((rule, resource))

    def forget(self) -> None:
        """Begin anew, for another stack."""
        self._checks.clear()

    def summary(self) -> str:
        """`<n> checks wait …: <rule> <n>, …`, and begin anew; empty when there are none."""
        rules = Counter(rule for rule, _ in self._checks)
        self.forget()
        if not rules:
            return ""
        counted = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
        return f"{rules.total()} checks wait for values that nobody knows yet: {counted}"

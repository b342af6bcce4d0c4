"""The verdicts as lines: one for each alarm, and a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.alarms.proof import Verdict


def report(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What fired by what, what is not provable here, what is wrong, and how many of how many."""
    for verdict in sorted(verdicts, key=lambda each: (bool(each.wrong), each.alarm)):
        if verdict.wrong:
            yield f"wrong {verdict.alarm}: {verdict.wrong}"
        elif verdict.unprovable:
            yield f"not provable here {verdict.alarm}: {verdict.unprovable}"
        else:
            yield f"fired {verdict.alarm} by {verdict.fired_by}"
    fired = sum(bool(verdict.fired_by) for verdict in verdicts)
    aside = sum(bool(verdict.unprovable) for verdict in verdicts)
    rang = any("healthy" in verdict.wrong for verdict in verdicts)
    silent = "not silent" if rang else "silent"
    yield f"fired {fired} of {len(verdicts)}, {aside} not provable here, {silent} when healthy"

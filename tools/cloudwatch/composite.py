"""Rules of composite alarms: states of other alarms, joined by AND, OR and NOT."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tools.cloudwatch.states import State

_CALL = re.compile(r"\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*[\"']?([^\"'()]+?)[\"']?\s*\)")
_WORD = re.compile(r"\b(AND|OR|NOT)\b")


class RuleError(ValueError):
    """A rule that is not understood, or that names an alarm which is not there."""


def state_of(rule: str, states: Mapping[str, State]) -> State:
    """ALARM where the rule holds, else OK; `states` are those of the alarms by name or ARN."""
    parts = _CALL.split(rule)
    names = {f"_{place}": (parts[place], parts[place + 1]) for place in range(1, len(parts), 3)}
    text = ""
    for place, part in enumerate(parts):
        if place % 3 == 0:
            text += _WORD.sub(lambda found: f" {found[0].lower()} ", part)
        elif place % 3 == 1:
            text += f"_{place}"
    try:
        tree = ast.parse(" ".join(text.split()), mode="eval")
    except SyntaxError as error:
        raise RuleError(f"{rule!r} is no rule: {error.msg}") from error
    return State.ALARM if _holds(tree.body, names, states, rule) else State.OK


def _holds(
    node: ast.expr, names: Mapping[str, tuple[str, str]], states: Mapping[str, State], rule: str
) -> bool:
    match node:
        case ast.Name(id=id) if id in names:
            wanted, alarm = names[id]
            name = alarm.rpartition(":alarm:")[2]
            if name not in states:
                raise RuleError(f"{rule!r} names alarm {name!r}, which is not defined")
            return states[name] is State(wanted)
        case ast.Name(id="TRUE" | "FALSE" as word):
            return word == "TRUE"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand, names, states, rule)
        case ast.BoolOp(op=op, values=values):
            decide = all if isinstance(op, ast.And) else any
            return decide([_holds(value, names, states, rule) for value in values])
    raise RuleError(
        f"{ast.unparse(node)!r} in {rule!r} is unknown: "
        "use ALARM(), OK(), INSUFFICIENT_DATA(), AND, OR, NOT"
    )

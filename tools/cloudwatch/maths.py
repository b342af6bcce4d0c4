"""Metric maths, as far as alarms here use it; what is not known is refused by its name.

The grammar of the arithmetic is Python's, so its parser reads it.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence

from tools.cloudwatch.series import Points

_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "&&": "and", "||": "or"}
_WORD = re.compile(r"\b(?:AND|OR|NOT)\b|&&|\|\|")
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "MAX": max,
    "MIN": min,
    "AVG": lambda values: math.fsum(values) / len(values),
}


class MathsError(ValueError):
    """An expression that is not understood here."""


def evaluate(expression: str, metrics: Mapping[str, Points], periods: int) -> Points:
    """The expression's value in each of `periods` periods; missing where an operand is."""
    text = _WORD.sub(lambda found: f" {_WORDS[found[0]]} ", expression).strip()
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise MathsError(f"{expression!r} is no expression: {error.msg}") from error
    return _Reading(metrics, periods, expression).of(tree.body)


def names(expression: str) -> set[str]:
    """Every word of an expression: ids of metrics, of other expressions, functions."""
    return set(re.findall(r"\w+", expression))


class _Reading:
    """The walk through one expression."""

    def __init__(self, metrics: Mapping[str, Points], periods: int, expression: str) -> None:
        self._metrics = metrics
        self._periods = periods
        self._expression = expression

    def of(self, node: ast.expr) -> Points:
        match node:
            case ast.Constant(value=int() | float() as value):
                return (float(value),) * self._periods
            case ast.Name(id=name) if name in self._metrics:
                return self._metrics[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._each([operand], lambda values: -values[0])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._each([operand], lambda values: float(not values[0]))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._each([left, right], _arithmetic(_ARITHMETIC[type(op)]))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                compare = _COMPARISONS[type(op)]
                return self._each([left, right], lambda values: float(compare(*values)))
            case ast.BoolOp(op=op, values=operands):
                decide = all if isinstance(op, ast.And) else any
                return self._each(operands, lambda values: float(decide(values)))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
        raise MathsError(
            f"{ast.unparse(node)!r} in {self._expression!r} is unknown here: "
            "use a metric's id, arithmetic, a comparison, IF, FILL, SUM, MAX, MIN or AVG"
        )

    def _call(self, name: str, arguments: list[ast.expr]) -> Points:
        match name, arguments:
            case "IF", [condition, then, otherwise]:
                chosen = zip(*map(self.of, (condition, then, otherwise)), strict=True)
                return tuple(None if c is None else (t if c else o) for c, t, o in chosen)
            case "FILL", [metric, ast.Name(id="REPEAT")]:
                return _repeated(self.of(metric))
            case "FILL", [metric, value]:
                filled = zip(self.of(metric), self.of(value), strict=True)
                return tuple(other if point is None else point for point, other in filled)
            case (("SUM" | "MAX" | "MIN" | "AVG"), [ast.List(elts=metrics)]):
                columns = zip(*map(self.of, metrics), strict=True)
                present = ([value for value in column if value is not None] for column in columns)
                return tuple(_AGGREGATES[name](values) if values else None for values in present)
        raise MathsError(
            f"{name} with {len(arguments)} arguments in {self._expression!r} is unknown here: "
            "add it to tools/cloudwatch/maths.py"
        )

    def _each(
        self, operands: Sequence[ast.expr], function: Callable[[list[float]], float | None]
    ) -> Points:
        columns = zip(*map(self.of, operands), strict=True)
        return tuple(None if None in column else function(list(column)) for column in columns)


def _arithmetic(function: Callable[[float, float], float]) -> Callable[[list[float]], float | None]:
    def calculated(values: list[float]) -> float | None:
        try:
            return function(*values)
        except ZeroDivisionError:
            return None

    return calculated


def _repeated(points: Points) -> Points:
    last, repeated = None, []
    for point in points:
        last = last if point is None else point
        repeated.append(last)
    return tuple(repeated)

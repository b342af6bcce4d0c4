"""Rules made wrong on purpose, one small change each.

Of every rule: conditions flipped, comparisons negated and moved by one, `and` and `or` exchanged,
limits moved by one, a missing property taken for the opposite, and another level.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from policy.reading import Reader
from policy.rule import ADVISED, ALWAYS, Case, Judge, Rule

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}
_BY_ONE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True)
class Mutant:
    """A rule and what was done to it."""

    rule: Rule
    change: str


def mutants(rule: Rule, entry: dict[str, Any]) -> list[Mutant]:
    """Every mutant of a rule; `entry` are its fixtures, which name the property it judges."""
    found = [Mutant(replace(rule, judge=judge), change) for judge, change in _rewritten(rule)]
    for name, value in rule.settings.items():
        if isinstance(value, int):
            found += [
                Mutant(
                    replace(rule, settings={**rule.settings, name: value + step}),
                    f"{name} {step:+}",
                )
                for step in (-1, 1)
            ]
    inside = {"of", "json"} & set(entry) or any(map(str.isdigit, entry.get("at", "")))
    if "at" in entry and not inside:
        found.append(Mutant(_missing_mistaken(rule, entry), "missing property mistaken"))
    levels = ADVISED if rule.levels != ADVISED else ALWAYS
    return [*found, Mutant(replace(rule, levels=levels), "wrong level")]


def _missing_mistaken(rule: Rule, entry: dict[str, Any]) -> Rule:
    *parents, last = entry["at"].split(".")
    good = entry.get("missing", "violated") == "violated"

    def judge(case: Case) -> Iterator[str]:
        if _is_missing(case.props, parents, last):
            yield from () if good else ("missing",)
        else:
            yield from rule.judge(case)

    return replace(rule, judge=judge)


def _is_missing(reader: Reader, parents: list[str], last: str) -> bool:
    try:
        holder = reader.part(".".join(parents)) if parents else reader
        return last not in list(holder.names())
    except ValueError:
        return False


def _rewritten(rule: Rule) -> Iterator[tuple[Judge, str]]:
    source = textwrap.dedent(inspect.getsource(rule.judge))
    for number, (change, _) in enumerate(_sites(ast.parse(source))):
        tree = ast.parse(source)
        list(_sites(tree))[number][1]()
        function = tree.body[0]
        assert isinstance(function, ast.FunctionDef)
        function.decorator_list = []
        names = dict(vars(sys.modules[rule.judge.__module__]))
        exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), names)  # noqa: S102 - ours
        yield names[function.name], f"{change} in line {number}"


def _sites(tree: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """What may be changed in a function, and the change itself, to be made at most once."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            yield "condition flipped", partial(_flip, node)
        elif isinstance(node, ast.comprehension):
            for index in range(len(node.ifs)):
                yield "filter flipped", partial(_flip_filter, node, index)
        elif isinstance(node, ast.BoolOp):
            yield "and/or exchanged", partial(_exchange, node)
        elif isinstance(node, ast.Compare):
            for index, operator in enumerate(node.ops):
                for table, change in ((_OPPOSITE, "negated"), (_BY_ONE, "moved by one")):
                    if type(operator) in table:
                        yield change, partial(_swap, node, index, table)


def _flip(node: ast.If | ast.IfExp) -> None:
    node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)


def _flip_filter(node: ast.comprehension, index: int) -> None:
    node.ifs[index] = ast.UnaryOp(op=ast.Not(), operand=node.ifs[index])


def _exchange(node: ast.BoolOp) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _swap(node: ast.Compare, index: int, table: dict[type[ast.cmpop], type[ast.cmpop]]) -> None:
    node.ops[index] = table[type(node.ops[index])]()

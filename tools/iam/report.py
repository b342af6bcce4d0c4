"""The proof as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from tools.iam.proof import Proof, Row

_COLUMNS = ("role", "granted", "used", "on its behalf", "explained", "unused", "missing")


def as_table(proof: Proof) -> str:
    """A line for each role, then what is wrong, with what to do about it."""
    lines = [list(_COLUMNS), *(_cells(row) for row in proof.rows), _sums(proof)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(_COLUMNS))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([*table, "", *_sentences(proof)])


def as_json(proof: Proof) -> str:
    """Every grant by role and by what became of it."""
    roles = {row.role: {**asdict(row), "granted": row.granted} for row in proof.rows}
    found = {"failed": proof.failed, "roles": roles, "unneeded_explanations": proof.unneeded}
    return json.dumps(found, indent=2)


FORMATS: dict[str, Callable[[Proof], str]] = {"table": as_table, "json": as_json}


def _cells(row: Row) -> list[str]:
    kinds = (row.used, row.on_behalf, row.explained, row.unused, row.missing)
    return [row.role, str(row.granted), *(str(len(kind)) for kind in kinds)]


def _sums(proof: Proof) -> list[str]:
    columns = zip(*(map(int, _cells(row)[1:]) for row in proof.rows), strict=True)
    return ["all roles", *(str(sum(column)) for column in columns)]


def _sentences(proof: Proof) -> list[str]:
    if not proof.failed:
        return ["every grant is used, needed by AWS itself or explained; no call lacks one"]
    return [
        *(
            f"{row.role} never uses {grant}: take it from the component, or say in "
            "tools/iam/explanations.toml why it is there"
            for row in proof.rows
            for grant in row.unused
        ),
        *(
            f"{row.role} calls {call}: give the component the grant"
            for row in proof.rows
            for call in row.missing
        ),
        *(
            f"the explanation for {explanation} explains nothing any more: remove it"
            for explanation in proof.unneeded
        ),
    ]

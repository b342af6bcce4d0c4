"""The fixtures as cases: what each entry of fixtures/*.yaml says, and what follows from it.

`good` are the properties of a resource that passes (`good_too` and `other`: that pass, that fail).
`at` is the property that is judged, in the resource or in the one that `of` names; `bad` and `fine`
are values for it. It is also taken away, made null, unknown, another type and a list in a list;
for a rule about the whole stack also *left to AWS*: unknown, and made from nothing.
`json` names the property that holds its document as text. `with` are other resources, `links` which
of them went into a property; `alone` is the outcome without them, `linked` passes,
`violated_when_linked` does not, `unresolved` names what the stack does not hold. `configured` are
settings of the rule, with the outcome.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from policy import pack
from tools.policy.recording import Registration

FOLDER = Path(__file__).parent / "fixtures"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
VIOLATED, PASSED, NOT_EVALUATED = "violated", "passed", "not evaluated"
KINDS = ("passing", "failing", "missing", "null", "unknown", "wrong type", "nested list")
_WRONG = {"of another": ["type"]}
RULES = {rule.name: rule for rule in pack.rules()}


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """A stack of few resources, the first of them judged by one rule."""

    rule: str
    kind: str
    outcome: str
    resources: list[Registration] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}"


def entries() -> dict[str, dict[str, Any]]:
    """What the files say of each rule."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text())
    return found


def fixtures() -> list[Fixture]:
    """Every case of every rule."""
    return [case for name, entry in entries().items() for case in _cases(name, entry)]


def _cases(name: str, entry: dict[str, Any]) -> Iterator[Fixture]:
    def case(kind: str, outcome: str, **changed: Any) -> Fixture:
        return Fixture(
            rule=name, kind=kind, outcome=outcome, resources=_stack(name, {**entry, **changed})
        )

    yield case("passing", PASSED)
    yield from (case("passing", PASSED, good=props) for props in entry.get("good_too", ()))
    yield from (case("failing", VIOLATED, good=props) for props in entry.get("other", ()))
    yield from (case("passing", PASSED, good={}, **found) for found in entry.get("linked", ()))
    for found in entry.get("violated_when_linked", ()):
        yield case("failing", VIOLATED, good={}, **found)
    for found in entry.get("unresolved", ()):
        yield case("unknown", NOT_EVALUATED, **found)
    if "alone" in entry:
        kind = "passing" if entry["alone"] == PASSED else "failing"
        yield case(kind, entry["alone"], **{"with": {}, "links": {}})
    for left_out, outcome in entry.get("without", {}).items():
        kept = {key: found for key, found in entry["with"].items() if key != left_out}
        yield case("failing", outcome, **{"with": kept})
    for document in entry.get("other_with", ()):
        yield case("failing", VIOLATED, **_replaced(entry, entry["json"], document))
    for found in entry.get("other_types", ()):
        kind = {PASSED: "passing", VIOLATED: "failing"}.get(found["outcome"], "unknown")
        yield case(kind, found["outcome"], type=found["type"], good=found["props"])
    for found in entry.get("configured", ()):
        kind = "passing" if found["outcome"] == PASSED else "failing"
        changed = case(kind, found["outcome"], **{"good": found.get("props", entry["good"])})
        yield replace(changed, settings=found["settings"])
    if "at" in entry:
        yield from _edges(name, entry, case)


def _edges(name: str, entry: dict[str, Any], case: Any) -> Iterator[Fixture]:
    path = ".".join(part for part in (entry.get("json"), entry["at"]) if part)
    whole = entry.get("json", path)
    missing = entry.get("missing", VIOLATED)
    good = _value(_holder(entry)["props"], path)
    yield from (case("failing", VIOLATED, **_replaced(entry, path, bad)) for bad in entry["bad"])
    yield from (case("passing", PASSED, **_replaced(entry, path, v)) for v in entry.get("fine", ()))
    yield case("missing", missing, **_replaced(entry, path, _MISSING))
    yield case("null", missing, **_replaced(entry, path, None))
    unknown = _replaced(entry, whole, UNKNOWN)
    yield case("unknown", NOT_EVALUATED, **_stemming(entry, unknown, whole.partition(".")[0]))
    if RULES[name].whole_stack and "." not in whole and whole not in _holder(entry)["links"]:
        yield case("left to AWS", missing, **unknown)
    yield case("wrong type", VIOLATED, **_replaced(entry, path, entry.get("wrong", _WRONG)))
    yield case("nested list", VIOLATED, **_replaced(entry, path, [[good]]))


_MISSING = object()


def _holder(entry: dict[str, Any]) -> dict[str, Any]:
    """The resource that is judged: its properties, and what went into them."""
    found = entry["with"][entry["of"]] if "of" in entry else {**entry, "props": entry["good"]}
    return {"props": found["props"], "links": found.get("links", {})}


def _stemming(entry: dict[str, Any], changed: dict[str, Any], name: str) -> dict[str, Any]:
    """With a resource that the unknown property was made from, as all that a program gives is."""
    links = {name: "source", **_holder(entry)["links"]}
    others = {**changed["with"], "source": {"type": "aws:ssm/parameter:Parameter", "props": {}}}
    if "of" not in entry:
        return {**changed, "with": others, "links": links}
    return {**changed, "with": {**others, entry["of"]: {**others[entry["of"]], "links": links}}}


def _replaced(entry: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy({"good": entry["good"], "with": entry.get("with", {})})
    props = changed["with"][entry["of"]]["props"] if "of" in entry else changed["good"]
    *parents, last = path.split(".")
    holder = _value(props, ".".join(parents))
    key = int(last) if isinstance(holder, list) else last
    if value is _MISSING:
        del holder[key]
    else:
        holder[key] = value
    return changed


def _value(props: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        props = props[int(part)] if isinstance(props, list) else props[part]
    return props


def _stack(name: str, entry: dict[str, Any]) -> list[Registration]:
    others = entry.get("with") or {}
    kind = entry.get("type", RULES[name].types[0])
    subject = {"type": kind, "props": entry["good"], "links": entry.get("links", {})}
    named = {"subject": subject, **others}
    urns = {key: f"urn:pulumi:prod::shop::{found['type']}::{key}" for key, found in named.items()}
    encoded = entry.get("json")
    holder = entry.get("of", "subject")
    return [
        Registration(
            type=found["type"],
            name=key,
            urn=urns[key],
            parent="",
            inputs=(props := _encoded(found["props"], encoded if key == holder else None)),
            outputs=props,
            depends_on={name: [urns[to]] for name, to in found.get("links", {}).items()},
        )
        for key, found in named.items()
    ]


def _encoded(props: dict[str, Any], name: str | None) -> dict[str, Any]:
    if name is None or isinstance(props.get(name), (str, type(None))):
        return props
    return {**props, name: json.dumps(props[name])}

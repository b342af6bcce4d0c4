"""Reads the selected stack's configuration, and reports every problem at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import pulumi

from settings.contradictions import CONTRADICTIONS
from settings.model import Settings
from settings.placeholders import engine_listens, placeholders
from settings.rules import Contradiction, Rule

Model = TypeVar("Model")


class SettingsError(Exception):
    """The stack's configuration breaks rules; the message lists all of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__(
            f"Pulumi.{pulumi.get_stack()}.yaml has {count}:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )


def keys(of: type = Settings) -> Iterator[str]:
    """Every key that reading `of` reads, as it stands in the stack file."""
    for namespace, model in get_type_hints(of).items():
        for field in dataclasses.fields(model):
            yield f"{namespace}:{field.name}"


def load() -> Settings:
    """Read the selected stack's configuration; raises SettingsError with every problem."""
    return read(Settings, CONTRADICTIONS)


def read(of: type[Model], contradictory: Iterable[Contradiction]) -> Model:
    """Read a class whose fields are one dataclass for each namespace, as `Settings` is.

    Raises SettingsError with every problem, those across values too.
    """
    problems: list[str] = []
    sections = {
        namespace: _read_section(namespace, model, problems)
        for namespace, model in get_type_hints(of).items()
    }
    for contradictions, namespaces in contradictory:
        involved = [sections[namespace] for namespace in namespaces]
        if None not in involved:
            problems.extend(contradictions(*involved))
    if engine_listens():
        _report_placeholders(sections, problems)
    if problems:
        raise SettingsError(problems)
    return of(**sections)


def _report_placeholders(sections: dict[str, Any], problems: list[str]) -> None:
    """A preview is shown with them, since it changes nothing."""
    read = [(name, section) for name, section in sections.items() if section]
    found = [problem for name, section in read for problem in placeholders(name, section)]
    if not pulumi.runtime.is_dry_run():
        problems.extend(found)
    elif found:
        pulumi.log.warn("pulumi up will refuse:\n" + "\n".join(found))


def _read_section(namespace: str, model: type, problems: list[str]) -> Any:
    config = pulumi.Config(namespace)
    hints = get_type_hints(model, include_extras=True)
    values = {}
    before = len(problems)
    for field in dataclasses.fields(model):
        kind, rule = _kind_and_rule(hints[field.name])
        values[field.name] = _read(config, field.name, kind, rule, problems)
    return model(**values) if len(problems) == before else None


def _kind_and_rule(hint: Any) -> tuple[type, Rule | None]:
    if get_origin(hint) is Annotated:
        kind, rule = get_args(hint)
        return kind, rule
    return hint, None


def _read(
    config: pulumi.Config, name: str, kind: type, rule: Rule | None, problems: list[str]
) -> Any:
    key = f"{config.name}:{name}"
    remedy = f"set it: pulumi config set {key} VALUE"
    read: dict[type, Callable[[str], Any]] = {
        int: config.require_int,
        float: config.require_float,
        bool: config.require_bool,
        str: config.require,
    }
    try:
        value = read[kind](name)
    except pulumi.ConfigMissingError:
        problems.append(f"{key} is missing: {rule.text if rule else _KINDS[kind]}; {remedy}")
        return None
    except pulumi.ConfigTypeError as error:
        problems.append(f"{key} = {error.value!r}: {_KINDS[kind]}; {remedy}")
        return None
    if rule and not rule.holds(value):
        problems.append(f"{key} = {value!r}: {rule.text}; {remedy}")
        return None
    return value


_KINDS = {int: "must be a whole number", float: "must be a number", bool: "must be true or false"}

"""The schema of every event, and who sends and reads it, written from the code to docs/events.

`python -m tools.event_schemas` writes; `--check` writes nothing and fails when a file is stale.
A producer's `events.py` declares its events; a consumer's `EVENTS` maps a type to what it does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

if TYPE_CHECKING:
    from common.events import EventData

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("docs/events")
BASE = "https://storefront.example/events"
PRODUCERS = ("orders", "inventory", "payments")
CONSUMERS = {
    "orders": "orders.handler",
    "inventory": "inventory.worker",
    "payments": "payments.handler",
    "notifications": "notifications.handler",
}
_FORMATS = {
    "id": ("uuid", "UUIDv7; the same whenever the event is delivered again"),
    "occurred_at": ("date-time", "RFC 3339 in UTC"),
}
_INTRODUCTION = """\
# Events

Written by `python -m tools.event_schemas` from the services' `events.py` and `EVENTS`.

Every event is one JSON document, delivered raw, with the message attributes `type` and `version`
that subscription filters read, and `traceparent` where there is a trace. It may arrive twice, late
and in any order: `id` tells repetitions. A field may be added at any time; a reader of version N
accepts version N+1. Amounts are whole minor units with an ISO 4217 currency. No event holds
cardholder data: a payment method is its provider's token.

| Event | Version | Producer | Consumers |
|---|---|---|---|
"""


def producers() -> dict[type[EventData], str]:
    """The class of every event's data, with the service that produces it."""
    base = _imported("common.events").EventData
    return {
        value: service
        for service in PRODUCERS
        for value in vars(_imported(f"{service}.events")).values()
        if isinstance(value, type) and issubclass(value, base) and value is not base
    }


def consumers() -> dict[str, frozenset[str]]:
    """The types that each service does something with."""
    return {service: frozenset(_imported(module).EVENTS) for service, module in CONSUMERS.items()}


def schema(data: type[EventData]) -> dict[str, Any]:
    """JSON Schema 2020-12 of the envelope around `data`."""
    name, version = data.__name__, data.version
    envelope = msgspec.defstruct(
        f"{name}Event",
        list(_envelope_fields(data)),
        kw_only=True,
        namespace={"__doc__": f"{name}, version {version}, in its envelope."},
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}/{_file_name(data)}",
        **msgspec.json.schema(envelope),
    }


def documents() -> dict[str, str]:
    """Every file of docs/events by name, with its content."""
    produced = producers()
    files = {
        _file_name(data): json.dumps(schema(data), indent=2, ensure_ascii=False) + "\n"
        for data in produced
    }
    return {**files, "README.md": _INTRODUCTION + "".join(_rows(produced, consumers()))}


def stale(root: Path) -> list[str]:
    """Paths below `root` that differ from the code: missing, changed, or of a former event."""
    current = documents()
    folder = root / FOLDER
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    changed = {
        name
        for name, content in current.items()
        if name not in there or (folder / name).read_text("utf-8") != content
    }
    return sorted((FOLDER / name).as_posix() for name in changed | (there - set(current)))


def write(root: Path) -> None:
    """Make docs/events below `root` what the code says."""
    current = documents()
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in current:
            path.unlink()
    for name, content in current.items():
        (folder / name).write_text(content, "utf-8")


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Exit status 1 when `--check` finds a stale file."""
    parser = argparse.ArgumentParser(prog="python -m tools.event_schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale file")
    if not parser.parse_args(arguments).check:
        write(root)
        return 0
    names = stale(root)
    if names:
        sys.stderr.write(f"stale: {', '.join(names)}; run python -m tools.event_schemas\n")
    return 1 if names else 0


def _imported(module: str) -> Any:
    for folder in ("lambdas", "containers"):
        if str(ROOT / folder) not in sys.path:
            sys.path.append(str(ROOT / folder))
    return import_module(module)


def _file_name(data: type[EventData]) -> str:
    return f"{data.__name__}.v{data.version}.json"


def _envelope_fields(data: type[EventData]) -> Iterator[tuple[str, Any]]:
    special: dict[str, Any] = {
        "type": Literal[data.__name__],
        "version": Literal[data.version],
        "data": data,
    }
    for field in msgspec.structs.fields(_imported("common.events").Envelope):
        kind = special.get(field.name, field.type)
        if field.name in _FORMATS:
            form, meaning = _FORMATS[field.name]
            meta = msgspec.Meta(description=meaning, extra_json_schema={"format": form})
            kind = Annotated[kind, meta]
        yield field.name, kind


def _rows(
    produced: Mapping[type[EventData], str], consumed: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    for data, producer in sorted(produced.items(), key=lambda item: item[0].__name__):
        name = data.__name__
        readers = ", ".join(service for service, types in consumed.items() if name in types)
        link = f"[{name}]({_file_name(data)})"
        yield f"| {link} | {data.version} | {producer} | {readers} |\n"


if __name__ == "__main__":
    sys.exit(main())

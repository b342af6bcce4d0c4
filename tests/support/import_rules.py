"""Who may import whom (DESIGN, section 3), as data, and the walk that checks it.

A module belongs to the first layer whose pattern its dotted name matches. It may import the
standard library and what its layer lists: a package or module with all below it. `{service}` is
the module's own top package.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

SOURCE_ROOTS = ("lambdas", "containers", ".")
_LEFT_OUT = {"build", "dist", "node_modules", "htmlcov"}
_SERVICES = ("orders", "payments", "notifications", "relay", "inventory")
ANYTHING = "*"


@dataclass(frozen=True)
class Layer:
    """Modules that obey the same rule; `never` wins over `may`."""

    name: str
    modules: tuple[str, ...]
    may: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def _in_each_service(*names: str) -> tuple[str, ...]:
    return tuple(f"{service}.{name}" for service in _SERVICES for name in names)


_PURE_COMMON = tuple(
    f"common.{name}"
    for name in ("clock", "errors", "events", "money", "observability", "paging", "text")
)
_EDGE_COMMON = (
    *_PURE_COMMON,
    "common.dynamo",
    "common.http",
    "common.origin",
    "common.outbox",
    "common.queues",
    "common.sockets",
)
_DOMAIN = ("{service}.models", "{service}.ports", "{service}.events", "{service}.transitions")
_ADAPTERS = tuple(
    f"{{service}}.{name}"
    for name in (
        "alerts",
        "availability",
        "connections",
        "consumer",
        "database",
        "iam",
        "items",
        "mesh",
        "migrator",
        "protection",
        "publisher",
        "roles",
        "secret",
        "shelf",
        "store",
        "stripe_provider",
        "stripe_webhook",
        "table",
        "writes",
    )
)
_EDGES = tuple(
    f"{{service}}.{name}" for name in ("api", "bootstrap", "edge", "handler", "telemetry", "worker")
)
_PLAN_OF_AWSX = tuple(f"local.awsx.{name}" for name in ("addresses", "arguments", "errors", "plan"))

LAYERS = (
    Layer("tests", ("tests", "tests.*"), (ANYTHING,), ("__main__",)),
    Layer("composition root", ("__main__",), ("settings", "components", "packages", "pulumi")),
    Layer(
        "settings",
        ("settings", "settings.*"),
        (
            *("settings", "components.addressing", "components.backlog", "components.rollout"),
            "pulumi",
        ),
    ),
    Layer("packages", ("packages",), ("tools.package_index",)),
    Layer(
        "naming and arithmetic",
        (
            *("components", "components.addressing", "components.backlog", "components.naming"),
            "components.rollout",
        ),
    ),
    Layer(
        "blocks of Kubernetes",
        ("components.blocks.kubernetes", "components.blocks.kubernetes.*"),
        ("components.blocks", "components.naming", "pulumi", "pulumi_kubernetes"),
    ),
    Layer(
        "blocks",
        ("components.blocks", "components.blocks.*"),
        (
            *("components.blocks", "components.addressing", "components.backlog"),
            *("components.naming", "components.rollout"),
            *("pulumi", "pulumi_aws", "pulumi_awsx"),
        ),
    ),
    Layer(
        "platform",
        ("components.platform",),
        (
            *("components.blocks", "components.naming", "components.rollout", "settings"),
            *("pulumi", "pulumi_aws"),
        ),
    ),
    Layer(
        "microservice",
        ("components.microservice",),
        ("components.blocks", "components.naming", "components.platform", "pulumi", "pulumi_aws"),
    ),
    Layer(
        "plan of the delivery",
        tuple(f"components.delivery.{name}" for name in ("plan", "steps", "pipelines")),
        tuple(f"components.delivery.{name}" for name in ("plan", "steps")),
    ),
    Layer(
        "delivery component",
        ("components.delivery", "components.delivery.*"),
        (
            *("components.blocks", "components.delivery", "components.naming"),
            *("pulumi", "pulumi_aws"),
        ),
    ),
    Layer("program of the tools account", ("delivery.__main__",), ("delivery.program",)),
    Layer("settings of the tools account", ("delivery.settings",), ("settings",)),
    Layer(
        "composition root of the tools account",
        ("delivery", "delivery.*"),
        (
            *("components.blocks", "components.delivery", "components.naming", "delivery"),
            "pulumi",
        ),
    ),
    Layer(
        "service component",
        ("components.*",),
        (
            *("components.microservice", "components.platform", "components.blocks"),
            *("components.backlog", "components.naming", "components.rollout", "settings"),
            *("pulumi", "pulumi_aws"),
        ),
    ),
    Layer(
        "common",
        ("common", "common.*"),
        (
            *("common", "msgspec", "aws_lambda_powertools", "botocore", "opentelemetry"),
            *("pybreaker", "snapshot_restore_py", "tenacity", "uuid_utils"),
        ),
    ),
    Layer("service package", _SERVICES),
    Layer("models", _in_each_service("models"), ("msgspec", "common.clock", "common.text")),
    Layer("events", _in_each_service("events"), ("msgspec", "common.events")),
    Layer("env", _in_each_service("env"), ("msgspec",)),
    Layer("ports", _in_each_service("ports"), ("msgspec", "common.events", "{service}.models")),
    Layer(
        "status machine",
        _in_each_service("transitions"),
        ("msgspec", "common.events", "{service}.models", "{service}.events"),
    ),
    Layer("bootstrap", _in_each_service("bootstrap"), ("common", "{service}")),
    Layer(
        "adapter",
        _in_each_service(*(name.removeprefix("{service}.") for name in _ADAPTERS)),
        (
            *("common", *_DOMAIN, *_ADAPTERS),
            *("botocore", "msgspec", "psycopg", "stripe", "tenacity", "urllib3"),
        ),
    ),
    Layer(
        "container entry",
        (
            "inventory.api",
            "inventory.worker",
            "inventory.edge",
            "inventory.health",
            "inventory.telemetry",
        ),
        ("msgspec", "starlette", "uvicorn", "aws_lambda_powertools", *_EDGE_COMMON, "{service}"),
        ("{service}.store", "{service}.table", "{service}.writes"),
    ),
    Layer(
        "handler",
        _in_each_service("handler"),
        ("msgspec", *_EDGE_COMMON, "{service}"),
        tuple(name for name in _ADAPTERS if name != "{service}.migrator"),
    ),
    Layer(
        "logic",
        _in_each_service("*"),
        ("msgspec", *_PURE_COMMON, "{service}"),
        ("{service}.env", *_EDGES, *_ADAPTERS),
    ),
    Layer("plan of awsx", _PLAN_OF_AWSX, _PLAN_OF_AWSX),
    Layer("local run", ("local", "local.*"), (ANYTHING,), ("__main__", "tests")),
    Layer("operator's tool", ("tools.prune",), ("boto3", "botocore")),
    Layer(
        "release step",
        ("tools.release", "tools.release.*"),
        ("tools.release", "local.cloud_file", "local.errors", "boto3", "botocore", "yaml"),
    ),
    Layer(
        "benchmark of the local run",
        ("tools.bench.*",),
        ("tools", "local", "engine", "psutil", "yaml"),
    ),
    Layer(
        "policy runs",
        ("tools.policy", "tools.policy.*"),
        ("tools", "packages", "grpc", "google.protobuf", "pulumi", "yaml"),
    ),
    Layer("measurement of a worker", ("tools.scaling.measure",), ("tools", "local", "psutil")),
    Layer(
        "scaling simulation",
        ("tools.scaling", "tools.scaling.*"),
        ("tools", "components.backlog", "inventory.consumer", "inventory.protection", "svg"),
    ),
    Layer("IAM proof", ("tools.iam", "tools.iam.*"), ("tools", "local", "parliament")),
    Layer("proof of alarms", ("tools.alarms", "tools.alarms.*"), ("tools", "local", "psutil")),
    Layer("costs", ("tools.cost", "tools.cost.*"), ("tools", "local")),
    Layer(
        "differences between environments",
        ("tools.env_diff", "tools.env_diff.*"),
        ("tools", "local.sdk", "settings", "pulumi"),
    ),
    Layer(
        "restore's checks", ("tools.restore.books", "tools.restore.agreement"), ("tools.restore",)
    ),
    Layer(
        "restore",
        ("tools.restore", "tools.restore.*"),
        ("tools.restore", "local", "boto3", "psycopg"),
    ),
    Layer(
        "graph of the pipelines",
        tuple(f"tools.delivery.{name}" for name in ("account", "buildspec", "errors", "graph")),
        ("tools.delivery", "yaml"),
    ),
    Layer(
        "steps of the pipelines",
        ("tools.delivery", "tools.delivery.*"),
        (
            *("tools.delivery", "components.delivery.pipelines", "engine.cli", "engine.errors"),
            *("local.cloud_file", "packages", "boto3", "botocore", "cyclonedx", "packageurl"),
            "yaml",
        ),
    ),
    Layer("event schemas", ("tools.event_schemas",), ("msgspec", "common", *_SERVICES)),
    Layer("tools", ("tools", "tools.*"), ("tools",)),
    Layer(
        "policy offline",
        ("policy.under_mocks",),
        ("policy", "pulumi_policy", "pulumi", "yaml"),
    ),
    Layer("policy", ("policy", "policy.*"), ("policy", "pulumi_policy", "grpc")),
    Layer("program executor", ("engine.program",), ("pulumi",)),
    Layer("engine's Go", ("engine.toolchain",), ("engine", "tools.package_index")),
    Layer(
        "engine",
        ("engine", "engine.*"),
        ("engine", "grpc", "google.protobuf", "pulumi.runtime.proto", "yaml"),
    ),
)
"""First match wins. A service's file that is in no layer by name is logic: no I/O, no edges."""


def violations(root: Path, layers: tuple[Layer, ...] = LAYERS) -> list[str]:
    """Every import below `root` that no rule allows, with file, line, layer and remedy."""
    modules = dict(_modules(root))
    found = []
    for name, path in sorted(modules.items()):
        layer = next((layer for layer in layers if _belongs(name, layer)), None)
        where = path.relative_to(root)
        if layer is None:
            found.append(f"{where}: {name} is in no layer; declare it in LAYERS")
            continue
        for line, target in _imports(path, name, modules):
            if not _allowed(target, name.split(".")[0], layer):
                found.append(f"{where}:{line}: {name} ({layer.name}) may not import {target}")
    return found


def _modules(root: Path) -> Iterator[tuple[str, Path]]:
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).parts
        if any(part.startswith(".") or part in _LEFT_OUT for part in parts):
            continue
        names = [*parts[:-1], path.stem]
        if names[0] in SOURCE_ROOTS:
            names = names[1:]
        if len(names) > 1 and names[-1] == "__init__":
            names = names[:-1]
        yield ".".join(names), path


def _belongs(name: str, layer: Layer) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in layer.modules)


def _allowed(target: str, service: str, layer: Layer) -> bool:
    def covered_by(prefixes: tuple[str, ...]) -> bool:
        full = [prefix.replace("{service}", service) for prefix in prefixes]
        return any(target == prefix or target.startswith(f"{prefix}.") for prefix in full)

    if covered_by(layer.never):
        return False
    if target.split(".")[0] in sys.stdlib_module_names and target != "__main__":
        return True
    return ANYTHING in layer.may or covered_by(layer.may)


def _imports(path: Path, name: str, modules: Mapping[str, Path]) -> Iterator[tuple[int, str]]:
    """Line and dotted target of each import, those inside functions too.

    `from package import module` targets the module, anything else the module it is taken from.
    """
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            for alias in node.names:
                member = f"{base}.{alias.name}"
                yield node.lineno, member if member in modules else base
        elif isinstance(node, ast.Call) and (target := _dynamic_target(node)):
            yield node.lineno, target


def _base(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def _dynamic_target(node: ast.Call) -> str | None:
    function = node.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called not in {"import_module", "__import__"} or not node.args:
        return None
    first = node.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None

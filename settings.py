"""The only reader of `pulumi.Config`: one frozen dataclass per configuration namespace.

Each field is the key `<namespace>:<field>` of `Pulumi.<stack>.yaml`. `load()` reports every
problem at once, each with key, value, rule and remedy.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pulumi


class SettingsError(Exception):
    """The stack's configuration breaks rules; the message lists all of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__(
            f"Pulumi.{pulumi.get_stack()}.yaml has {count}:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )


@dataclass(frozen=True)
class Rule:
    """What a value must satisfy, and how the rule reads in a message."""

    holds: Callable[[Any], bool]
    text: str


def between(low: float, high: float) -> Rule:
    """A number from `low` to `high`, both included."""
    return Rule(lambda value: low <= value <= high, f"must be from {low:g} to {high:g}")


def one_of(*choices: object) -> Rule:
    """One of the listed values."""
    return Rule(lambda value: value in choices, f"must be one of {', '.join(map(str, choices))}")


def matching(pattern: str, meaning: str) -> Rule:
    """A text that matches `pattern` as a whole."""
    return Rule(lambda value: re.fullmatch(pattern, value) is not None, f"must be {meaning}")


Memory = Annotated[int, between(128, 10_240)]
Timeout = Annotated[int, between(1, 300)]
HttpTimeout = Annotated[int, between(1, 29)]
MaxReceives = Annotated[int, between(3, 10)]
MaxConcurrency = Annotated[int, between(2, 1000)]
AlarmAge = Annotated[int, between(10, 3600)]
AlarmLatency = Annotated[int, between(50, 30_000)]
RetentionDays = Annotated[int, one_of(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 731)]


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    """The provider's own namespace."""

    region: Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region such as eu-west-1")]


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """What every service shares."""

    cost_center: Annotated[str, matching(r"[a-z0-9-]{1,64}", "1 to 64 of a-z, 0-9 and -")]
    log_level: Annotated[str, one_of("DEBUG", "INFO", "WARNING", "ERROR")]
    log_retention_days: RetentionDays
    package_python: Annotated[str, matching(r"host|3\.1[1-4]", "host, or 3.11 to 3.14")]
    package_architecture: Annotated[str, one_of("host", "arm64", "x86_64")]
    alarm_email: Annotated[str, matching(r"|[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address or empty")]


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The VPC that payments, inventory and the order API live in."""

    cidr_block: Annotated[str, matching(r"(\d{1,3}\.){3}\d{1,3}/1[6-9]", "an IPv4 block, /16 to /19")]
    zones_count: Annotated[int, between(2, 3)]
    nat_strategy: Annotated[str, one_of("Single", "OnePerAz")]


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """The public HTTP API and its callers."""

    access_token_minutes: Annotated[int, between(5, 1440)]
    throttle_rate: Annotated[int, between(1, 10_000)]
    throttle_burst: Annotated[int, between(1, 5_000)]


@dataclass(frozen=True, kw_only=True)
class RelaySettings:
    """The relay functions, one per table with an outbox."""

    function_memory_mb: Memory
    timeout_seconds: Timeout
    grace_seconds: Annotated[int, between(5, 3600)]


@dataclass(frozen=True, kw_only=True)
class OrdersSettings:
    """orders."""

    function_memory_mb: Memory
    http_timeout_seconds: HttpTimeout
    events_timeout_seconds: Timeout
    events_concurrency_max: MaxConcurrency
    queue_max_receives: MaxReceives
    table_deletion_protected: bool
    deadline_seconds: Annotated[int, between(60, 86_400)]
    availability_timeout_seconds: Annotated[float, between(0.05, 5)]
    alarm_message_age_seconds: AlarmAge
    alarm_latency_ms: AlarmLatency


@dataclass(frozen=True, kw_only=True)
class PaymentsSettings:
    """payments."""

    function_memory_mb: Memory
    http_timeout_seconds: HttpTimeout
    events_timeout_seconds: Timeout
    events_concurrency_max: MaxConcurrency
    queue_max_receives: MaxReceives
    provider: Annotated[str, one_of("sandbox", "stripe")]
    stripe_secret_arn: Annotated[
        str, matching(r"|arn:aws[a-z-]*:secretsmanager:\S+", "a Secrets Manager ARN or empty")
    ]
    charge_stale_seconds: Annotated[int, between(10, 3600)]
    sweep_interval_minutes: Annotated[int, between(1, 1440)]
    database_engine_version: Annotated[str, matching(r"1[6-9]\.\d+", "16.x or later")]
    database_capacity_min_acu: Annotated[float, between(0, 256)]
    database_capacity_max_acu: Annotated[float, between(1, 256)]
    database_backup_days: Annotated[int, between(1, 35)]
    database_deletion_protected: bool
    alarm_message_age_seconds: AlarmAge
    alarm_latency_ms: AlarmLatency


@dataclass(frozen=True, kw_only=True)
class InventorySettings:
    """inventory."""

    image: Annotated[
        str, matching(r"\S+@sha256:[0-9a-f]{64}", "an image by digest: repository@sha256:<64 hex>")
    ]
    api_tasks_count: Annotated[int, between(1, 100)]
    worker_tasks_count: Annotated[int, between(1, 100)]
    task_cpu_units: Annotated[int, one_of(256, 512, 1024, 2048, 4096)]
    task_memory_mb: Annotated[int, between(512, 30_720)]
    queue_max_receives: MaxReceives
    visibility_timeout_seconds: Annotated[int, between(30, 900)]
    table_deletion_protected: bool
    reservation_ttl_seconds: Annotated[int, between(60, 172_800)]
    sweep_interval_seconds: Annotated[int, between(1, 300)]
    alarm_message_age_seconds: AlarmAge
    alarm_latency_ms: AlarmLatency


@dataclass(frozen=True, kw_only=True)
class NotificationsSettings:
    """notifications."""

    function_memory_mb: Memory
    http_timeout_seconds: HttpTimeout
    events_timeout_seconds: Timeout
    events_concurrency_max: MaxConcurrency
    queue_max_receives: MaxReceives
    table_deletion_protected: bool
    alarm_message_age_seconds: AlarmAge
    alarm_latency_ms: AlarmLatency


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an environment decides; a field's name is its configuration namespace."""

    aws: AwsSettings
    platform: PlatformSettings
    network: NetworkSettings
    api: ApiSettings
    relay: RelaySettings
    orders: OrdersSettings
    payments: PaymentsSettings
    inventory: InventorySettings
    notifications: NotificationsSettings


def keys() -> Iterator[str]:
    """Every key `load()` reads, as it stands in the stack file."""
    for namespace, model in get_type_hints(Settings).items():
        for field in dataclasses.fields(model):
            yield f"{namespace}:{field.name}"


def load() -> Settings:
    """Read the selected stack's configuration; raises SettingsError with every problem."""
    problems: list[str] = []
    sections = {
        namespace: _read_section(namespace, model, problems)
        for namespace, model in get_type_hints(Settings).items()
    }
    if problems:
        raise SettingsError(problems)
    settings = Settings(**sections)
    if problems := list(_contradictions(settings)):
        raise SettingsError(problems)
    return settings


def _read_section(namespace: str, model: type, problems: list[str]) -> Any:
    config = pulumi.Config(namespace)
    hints = get_type_hints(model, include_extras=True)
    values = {}
    before = len(problems)
    for field in dataclasses.fields(model):
        kind, rule = _kind_and_rule(hints[field.name])
        values[field.name] = _read(config, namespace, field.name, kind, rule, problems)
    return model(**values) if len(problems) == before else None


def _kind_and_rule(hint: Any) -> tuple[type, Rule | None]:
    if get_origin(hint) is Annotated:
        kind, rule = get_args(hint)
        return kind, rule
    return hint, None


def _read(
    config: pulumi.Config, namespace: str, name: str, kind: type, rule: Rule | None,
    problems: list[str],
) -> Any:
    key = f"{namespace}:{name}"
    read: dict[type, Callable[[str], Any]] = {
        int: config.require_int,
        float: config.require_float,
        bool: config.require_bool,
        str: config.require,
    }
    try:
        value = read[kind](name)
    except pulumi.ConfigMissingError:
        example = f"{rule.text}" if rule else f"a {kind.__name__}"
        problems.append(f"{key} is missing: {example}; set it: pulumi config set {key} VALUE")
        return None
    except pulumi.ConfigTypeError as error:
        problems.append(
            f"{key} = {error.value!r}: must be {_article(kind)}; set it: pulumi config set {key} VALUE"
        )
        return None
    if rule and not rule.holds(value):
        problems.append(f"{key} = {value!r}: {rule.text}; set it: pulumi config set {key} VALUE")
        return None
    return value


def _article(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _contradictions(settings: Settings) -> Iterator[str]:
    orders, inventory, payments = settings.orders, settings.inventory, settings.payments
    if inventory.reservation_ttl_seconds <= orders.deadline_seconds:
        yield (
            f"inventory:reservation_ttl_seconds = {inventory.reservation_ttl_seconds}: must be "
            f"longer than orders:deadline_seconds = {orders.deadline_seconds}, or stock is given "
            f"back while its order can still be confirmed; raise it"
        )
    if payments.provider == "stripe" and not payments.stripe_secret_arn:
        yield (
            "payments:stripe_secret_arn = '': payments:provider = 'stripe' needs the secret that "
            "holds Stripe's API key; store it in Secrets Manager and set its ARN"
        )
    if payments.database_capacity_min_acu > payments.database_capacity_max_acu:
        yield (
            f"payments:database_capacity_min_acu = {payments.database_capacity_min_acu:g}: must "
            f"not exceed payments:database_capacity_max_acu = "
            f"{payments.database_capacity_max_acu:g}; lower it"
        )
    if orders.availability_timeout_seconds * 2 >= orders.http_timeout_seconds:
        yield (
            f"orders:availability_timeout_seconds = {orders.availability_timeout_seconds:g}: two "
            f"attempts must fit in orders:http_timeout_seconds = {orders.http_timeout_seconds}; "
            f"lower it"
        )
    if settings.api.throttle_burst < settings.api.throttle_rate / 2:
        yield (
            f"api:throttle_burst = {settings.api.throttle_burst}: must be at least half of "
            f"api:throttle_rate = {settings.api.throttle_rate}, or steady traffic is refused; "
            f"raise it"
        )

"""What an environment decides: one frozen dataclass per configuration namespace.

Each field is the key `<namespace>:<field>` of `Pulumi.<stack>.yaml`, annotated with its rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from components.addressing import NARROWEST, WIDEST, ZONES_MAX
from settings.delivery import DeliverySettings
from settings.rules import FARGATE_MB, between, half_steps, ipv4_block, matching, one_of

Memory = Annotated[int, between(128, 10_240)]
Timeout = Annotated[int, between(1, 300)]
_STRIPE_ARN = r"|arn:aws[a-z-]*:secretsmanager:\S+"
_BLOCK = r"\d+(\.\d+){3}/([89]|[12]\d|3[012])"
_BLOCKS = rf"|{_BLOCK}( {_BLOCK})*"
Reserved = Annotated[int, between(-1, 1000)]
"""Instances of a function; -1 shares the account's, 0 stops the function."""
Objective = Annotated[float, between(94, 99.99)]
"""Percent. Below 94 the fastest burn rate would need more than 100 % of the requests to fail."""
_DOMAIN = r"|[a-z0-9-]+(\.[a-z0-9-]+)+"
_ORIGIN = r"(https://[a-z0-9-]+(\.[a-z0-9-]+)+|http://localhost)(:[0-9]+)?"
_ORIGINS = rf"|{_ORIGIN}(,{_ORIGIN})*"
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 731)
RetentionDays = Annotated[int, one_of(*RETENTION_DAYS)]


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
    alarm_email: Annotated[str, matching(r"|[^@\s]+@[^@\s]+\.[^@\s]+", "an address or empty")]


@dataclass(frozen=True, kw_only=True)
class KeysSettings:
    """The keys that encrypt at rest: one for each service's data, one for topics and logs."""

    customer_managed: bool
    logs_encrypted: bool
    rotation_days: Annotated[int, between(90, 2560)]
    deletion_window_days: Annotated[int, between(7, 30)]
    deletion_protected: bool
    secrets_recovery_days: Annotated[int, one_of(0, 7, 14, 30)]


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The VPC that payments, inventory and the order API live in."""

    cidr_block: Annotated[str, ipv4_block(WIDEST, NARROWEST)]
    zones_count: Annotated[int, between(2, ZONES_MAX)]
    nat_strategy: Annotated[str, one_of("None", "Single", "OnePerAz")]
    aws_apis_through: Annotated[str, one_of("endpoints", "ipv6", "nat")]
    endpoint_zones_count: Annotated[int, between(1, ZONES_MAX)]
    flow_log_retention_days: Annotated[int, one_of(0, *RETENTION_DAYS)]


@dataclass(frozen=True, kw_only=True)
class MeshSettings:
    """VPC Lattice between services; without it they find each other through Cloud Map."""

    enabled: bool


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """The public HTTP API and its callers."""

    access_token_minutes: Annotated[int, between(5, 1440)]
    throttle_rate: Annotated[int, between(1, 10_000)]
    throttle_burst: Annotated[int, between(1, 5_000)]
    users_deletion_protected: bool
    admin_sign_in: bool


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """What stands before the API."""

    cors_origins: Annotated[str, matching(_ORIGINS, "https:// origins joined by commas, or empty")]
    cdn_enabled: bool
    price_class: Annotated[str, one_of("PriceClass_100", "PriceClass_200", "PriceClass_All")]
    rate_limit_per_5_minutes: Annotated[int, between(10, 2_000_000_000)]
    alarm_blocked_per_5_minutes: Annotated[int, between(1, 1_000_000_000)]
    alarm_failing_percent: Annotated[float, between(0.1, 100)]
    origin_secret_generation: Annotated[int, between(1, 100_000)]
    domain_name: Annotated[str, matching(_DOMAIN, "a lower-case domain name, or empty")]
    zone_id: Annotated[str, matching(r"|Z[A-Z0-9]{5,31}", "the id of a Route 53 zone, or empty")]
    origin_certificate_arn: Annotated[
        str, matching(r"|arn:aws[a-z-]*:acm:us-east-1:\S+", "an ARN of ACM in us-east-1, or empty")
    ]
    origin_truststore_uri: Annotated[
        str, matching(r"|s3://[a-z0-9.-]+/\S+", "s3://<bucket>/<key>, or empty")
    ]


@dataclass(frozen=True, kw_only=True)
class RelaySettings:
    """The relay functions, one per table with an outbox."""

    function_memory_mb: Memory
    timeout_seconds: Timeout
    grace_seconds: Annotated[int, between(5, 3600)]
    alarm_behind_seconds: Annotated[int, between(60, 86_400)]


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What every service decides."""

    queue_max_receives: Annotated[int, between(3, 10)]
    alarm_message_age_seconds: Annotated[int, between(10, 3600)]
    alarm_latency_ms: Annotated[int, between(50, 30_000)]


@dataclass(frozen=True, kw_only=True)
class FunctionsSettings(ServiceSettings):
    """What a service made of functions decides."""

    function_memory_mb: Memory
    http_timeout_seconds: Annotated[int, between(1, 29)]
    events_timeout_seconds: Timeout
    events_concurrency_max: Annotated[int, between(2, 1000)]
    events_concurrency_reserved: Reserved
    http_concurrency_reserved: Reserved
    http_concurrency_provisioned: Annotated[int, between(0, 1000)]
    http_snap_start: bool


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """What a service with a table decides; the units and the use count when it is provisioned."""

    table_deletion_protected: bool
    table_billing: Annotated[str, one_of("on_demand", "provisioned")]
    table_capacity_min_units: Annotated[int, between(1, 40_000)]
    table_capacity_max_units: Annotated[int, between(1, 40_000)]
    table_capacity_target_percent: Annotated[int, between(20, 90)]


@dataclass(frozen=True, kw_only=True)
class OrdersSettings(FunctionsSettings, TableSettings):
    """orders."""

    deadline_seconds: Annotated[int, between(60, 86_400)]
    availability_timeout_seconds: Annotated[float, between(0.05, 5)]
    receipt_link_seconds: Annotated[int, between(10, 3600)]
    receipts_deletion_protected: bool
    receipts_noncurrent_days: Annotated[int, between(1, 3650)]
    receipts_expire_days: Annotated[int, between(0, 7300)]


@dataclass(frozen=True, kw_only=True)
class PaymentsSettings(FunctionsSettings):
    """payments."""

    provider: Annotated[str, one_of("sandbox", "stripe")]
    stripe_secret_arn: Annotated[str, matching(_STRIPE_ARN, "a Secrets Manager ARN or empty")]
    webhook_secret_arn: Annotated[str, matching(_STRIPE_ARN, "a Secrets Manager ARN or empty")]
    charge_stale_seconds: Annotated[int, between(10, 3600)]
    sweep_interval_minutes: Annotated[int, between(1, 1440)]
    database_engine_version: Annotated[str, matching(r"1[6-9]\.\d+", "16.x or later")]
    database_capacity_min_acu: Annotated[float, half_steps(0, 256)]
    database_capacity_max_acu: Annotated[float, half_steps(1, 256)]
    database_readers_count: Annotated[int, between(0, 2)]
    database_proxied: bool
    database_connections_max: Annotated[int, between(5, 5000)]
    database_backup_days: Annotated[int, between(1, 35)]
    database_deletion_protected: bool


@dataclass(frozen=True, kw_only=True)
class InventorySettings(ServiceSettings, TableSettings):
    """inventory."""

    platform: Annotated[str, one_of("ecs", "eks")]
    kubernetes_version: Annotated[str, matching(r"1\.\d\d", "1.31 or later")]
    kubernetes_access_cidrs: Annotated[str, matching(_BLOCKS, "IPv4 blocks with spaces, or empty")]
    image: Annotated[str, matching(r"\S+@sha256:[0-9a-f]{64}", "repository@sha256:<64 hex digits>")]
    api_tasks_count: Annotated[int, between(1, 100)]
    worker_tasks_count: Annotated[int, between(1, 100)]
    api_tasks_max_count: Annotated[int, between(1, 1000)]
    worker_tasks_max_count: Annotated[int, between(1, 1000)]
    cpu_target_percent: Annotated[int, between(20, 90)]
    backlog_delay_seconds: Annotated[float, between(0.5, 600)]
    worker_rate_per_second: Annotated[int, between(1, 100_000)]
    task_cpu_units: Annotated[int, one_of(*FARGATE_MB)]
    task_memory_mb: Annotated[int, between(512, 30_720)]
    spot_percent: Annotated[int, between(0, 100)]
    on_demand_base_count: Annotated[int, between(0, 100)]
    visibility_timeout_seconds: Annotated[int, between(30, 900)]
    reservation_ttl_seconds: Annotated[int, between(60, 172_800)]
    sweep_interval_seconds: Annotated[int, between(1, 300)]


@dataclass(frozen=True, kw_only=True)
class NotificationsSettings(FunctionsSettings, TableSettings):
    """notifications."""

    live_ticket_seconds: Annotated[int, between(5, 300)]
    live_connections_max: Annotated[int, between(1, 50)]
    live_throttle_rate: Annotated[int, between(1, 10_000)]
    live_throttle_burst: Annotated[int, between(1, 5_000)]


@dataclass(frozen=True, kw_only=True)
class BackupsSettings:
    """What is kept apart from the data itself."""

    enabled: bool
    daily_days: Annotated[int, between(1, 365)]
    weekly_days: Annotated[int, between(7, 3650)]
    weekly_cold_after_days: Annotated[int, between(0, 3650)]
    locked: bool


@dataclass(frozen=True, kw_only=True)
class SpendingSettings:
    """What a month may cost, and who is told; in US dollars, as AWS bills."""

    enabled: bool
    monthly_limit_usd: Annotated[int, between(1, 1_000_000)]
    anomaly_usd: Annotated[int, between(1, 100_000)]
    email: Annotated[str, matching(r"|[^@\s]+@[^@\s]+\.[^@\s]+", "an address or empty")]


@dataclass(frozen=True, kw_only=True)
class ObservabilitySettings:
    """What is promised of the services, and how their alarms and metrics are put together."""

    composites_enabled: bool
    slo_enabled: bool
    availability_objective_percent: Objective
    latency_objective_percent: Objective
    confirmation_objective_percent: Objective
    confirmation_seconds: Annotated[int, between(1, 3600)]
    slo_events_min: Annotated[int, between(1, 100_000)]
    anomaly_enabled: bool
    anomaly_band_width: Annotated[float, between(0.5, 10)]
    dashboards_enabled: bool
    queries_saved: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an environment decides; a field's name is its configuration namespace."""

    aws: AwsSettings
    platform: PlatformSettings
    keys: KeysSettings
    network: NetworkSettings
    mesh: MeshSettings
    api: ApiSettings
    edge: EdgeSettings
    relay: RelaySettings
    orders: OrdersSettings
    payments: PaymentsSettings
    inventory: InventorySettings
    notifications: NotificationsSettings
    delivery: DeliverySettings
    backups: BackupsSettings
    spending: SpendingSettings
    observability: ObservabilitySettings

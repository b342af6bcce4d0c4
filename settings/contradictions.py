"""Rules across the values of an environment: what must agree, and how a message says it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from components import addressing
from settings.data import backup_contradictions, spending_contradictions, table_contradictions
from settings.model import (
    ApiSettings,
    AwsSettings,
    EdgeSettings,
    FunctionsSettings,
    InventorySettings,
    KeysSettings,
    NetworkSettings,
    NotificationsSettings,
    ObservabilitySettings,
    OrdersSettings,
    PaymentsSettings,
    PlatformSettings,
    RelaySettings,
)
from settings.payments import charge_contradictions, database_contradictions
from settings.rollouts import rollout_contradictions
from settings.rules import FARGATE_MB, Contradiction

SWEEPS_SECONDS = 120
"""Two runs of the sweep that publishes what the stream lost."""
DEPLOYING_FACTOR = 2
"""Tasks that run at once during a deployment, new ones beside the old, for each that is wanted."""


def _platform_contradictions(platform: PlatformSettings) -> Iterator[str]:
    if (platform.package_python == "host") != (platform.package_architecture == "host"):
        yield (
            f"platform:package_python = {platform.package_python!r}: must be host exactly when "
            f"platform:package_architecture = {platform.package_architecture!r} is; set both to "
            f"host, or neither"
        )


def _keys_contradictions(
    keys: KeysSettings,
    orders: OrdersSettings,
    payments: PaymentsSettings,
    inventory: InventorySettings,
    notifications: NotificationsSettings,
) -> Iterator[str]:
    if keys.logs_encrypted and not keys.customer_managed:
        yield (
            "keys:logs_encrypted = True: must be false where keys:customer_managed = False, since "
            "there is no key to encrypt logs with; change one of the two"
        )
    protected = (
        orders.table_deletion_protected
        or payments.database_deletion_protected
        or inventory.table_deletion_protected
        or notifications.table_deletion_protected
    )
    if keys.customer_managed and protected and not keys.deletion_protected:
        yield (
            "keys:deletion_protected = False: must be true where a table or the ledger is "
            "protected, since data without its key is lost; set it to true"
        )


def _api_contradictions(api: ApiSettings) -> Iterator[str]:
    if api.throttle_burst < api.throttle_rate / 2:
        yield (
            f"api:throttle_burst = {api.throttle_burst}: must be at least half of "
            f"api:throttle_rate = {api.throttle_rate}, or steady traffic is refused; raise it"
        )


def _edge_contradictions(edge: EdgeSettings, keys: KeysSettings) -> Iterator[str]:
    if edge.cdn_enabled and not keys.customer_managed:
        yield (
            "edge:cdn_enabled = True: CloudFront reads pages under a customer managed key, and "
            "keys:customer_managed = False; enable it, or disable the CDN"
        )
    needs = ("zone_id", "origin_certificate_arn", "origin_truststore_uri")
    if edge.domain_name and not edge.cdn_enabled:
        yield (
            f"edge:domain_name = {edge.domain_name!r}: is CloudFront's, and edge:cdn_enabled = "
            f"False; enable it, or leave the domain empty"
        )
    for name in needs:
        if edge.domain_name and not getattr(edge, name):
            yield (
                f"edge:{name} = '': edge:domain_name = {edge.domain_name!r} needs it; set it as "
                f"docs/edge.md says, or leave the domain empty"
            )
        if getattr(edge, name) and not edge.domain_name:
            yield (
                f"edge:{name} = {getattr(edge, name)!r}: has no use while edge:domain_name = ''; "
                f"set the domain, or leave both empty"
            )


def _orders_contradictions(orders: OrdersSettings) -> Iterator[str]:
    if orders.availability_timeout_seconds * 2 >= orders.http_timeout_seconds:
        yield (
            f"orders:availability_timeout_seconds = {orders.availability_timeout_seconds:g}: two "
            f"attempts must fit in orders:http_timeout_seconds = {orders.http_timeout_seconds}; "
            f"lower it"
        )


def _concurrency_contradictions(service: str, values: FunctionsSettings) -> Iterator[str]:
    provisioned, reserved = values.http_concurrency_provisioned, values.http_concurrency_reserved
    if values.http_snap_start and provisioned:
        yield (
            f"{service}:http_snap_start = True: not with {service}:http_concurrency_provisioned = "
            f"{provisioned}, AWS has one or the other; set the former to false or the latter to 0"
        )
    if 0 <= reserved < provisioned:
        yield (
            f"{service}:http_concurrency_provisioned = {provisioned}: must not exceed "
            f"{service}:http_concurrency_reserved = {reserved}; lower it, or raise the latter"
        )
    if 0 <= values.events_concurrency_reserved < values.events_concurrency_max:
        yield (
            f"{service}:events_concurrency_reserved = {values.events_concurrency_reserved}: must "
            f"be at least {service}:events_concurrency_max = {values.events_concurrency_max}, or "
            f"messages are received only to be throttled; raise it, or set it to -1"
        )


def _inventory_contradictions(
    inventory: InventorySettings, orders: OrdersSettings
) -> Iterator[str]:
    if inventory.reservation_ttl_seconds <= orders.deadline_seconds:
        yield (
            f"inventory:reservation_ttl_seconds = {inventory.reservation_ttl_seconds}: must be "
            f"longer than orders:deadline_seconds = {orders.deadline_seconds}, or stock is given "
            f"back while its order can still be confirmed; raise it"
        )
    if inventory.task_memory_mb not in (sizes := FARGATE_MB[inventory.task_cpu_units]):
        yield (
            f"inventory:task_memory_mb = {inventory.task_memory_mb}: must be one of "
            f"{', '.join(map(str, sizes))} with inventory:task_cpu_units = "
            f"{inventory.task_cpu_units}; change one of the two"
        )


def _network_contradictions(network: NetworkSettings) -> Iterator[str]:
    if network.aws_apis_through == "nat" and network.nat_strategy == "None":
        yield (
            "network:aws_apis_through = 'nat': network:nat_strategy = 'None' makes no NAT gateway; "
            "set the latter to Single or OnePerAz, or the former to endpoints or ipv6"
        )
    if network.endpoint_zones_count > network.zones_count:
        yield (
            f"network:endpoint_zones_count = {network.endpoint_zones_count}: must not exceed "
            f"network:zones_count = {network.zones_count}; lower it"
        )


def _relay_contradictions(relay: RelaySettings) -> Iterator[str]:
    if relay.alarm_behind_seconds < (least := relay.grace_seconds + SWEEPS_SECONDS):
        yield (
            f"relay:alarm_behind_seconds = {relay.alarm_behind_seconds}: must be at least {least} "
            f"with relay:grace_seconds = {relay.grace_seconds}, or events that the sweep publishes "
            f"in time raise an alarm; raise it"
        )


def _provider_contradictions(network: NetworkSettings, payments: PaymentsSettings) -> Iterator[str]:
    if payments.provider == "stripe" and network.nat_strategy == "None":
        yield (
            "payments:provider = 'stripe': Stripe is reached over IPv4 alone, and "
            "network:nat_strategy = 'None' leaves no way out; set the latter to Single or OnePerAz"
        )


def _secret_contradictions(aws: AwsSettings, payments: PaymentsSettings) -> Iterator[str]:
    for name in ("stripe_secret_arn", "webhook_secret_arn"):
        arn: str = getattr(payments, name)
        if arn and arn.split(":")[3] != aws.region:
            yield (
                f"payments:{name} = {arn!r}: must be in aws:region = {aws.region!r}, where the "
                f"functions read it; replicate the secret, and set that ARN"
            )


def _address_contradictions(
    network: NetworkSettings, inventory: InventorySettings
) -> Iterator[str]:
    tasks = DEPLOYING_FACTOR * (inventory.api_tasks_max_count + inventory.worker_tasks_max_count)
    fitting = addressing.plan(network.cidr_block, network.zones_count).tasks_max
    if tasks > fitting:
        yield (
            f"inventory:api_tasks_max_count = {inventory.api_tasks_max_count} and "
            f"inventory:worker_tasks_max_count = {inventory.worker_tasks_max_count}: a deployment "
            f"runs {tasks} tasks, and network:cidr_block = {network.cidr_block!r} has addresses "
            f"for {fitting} while one of its {network.zones_count} zones is lost; run fewer tasks, "
            f"or set a wider block in a new environment"
        )


def _scaling_contradictions(inventory: InventorySettings) -> Iterator[str]:
    for role in ("api", "worker"):
        least: int = getattr(inventory, f"{role}_tasks_count")
        most: int = getattr(inventory, f"{role}_tasks_max_count")
        if most < least:
            yield (
                f"inventory:{role}_tasks_max_count = {most}: must be at least "
                f"inventory:{role}_tasks_count = {least}; raise it"
            )


def _backlog_contradictions(inventory: InventorySettings) -> Iterator[str]:
    if inventory.backlog_delay_seconds >= inventory.alarm_message_age_seconds:
        yield (
            f"inventory:backlog_delay_seconds = {inventory.backlog_delay_seconds:g}: must be less "
            f"than inventory:alarm_message_age_seconds = {inventory.alarm_message_age_seconds}, or "
            f"the alarm fires before tasks are added; lower it"
        )
    if inventory.visibility_timeout_seconds >= inventory.alarm_message_age_seconds:
        yield (
            f"inventory:visibility_timeout_seconds = {inventory.visibility_timeout_seconds}: must "
            f"be less than inventory:alarm_message_age_seconds = "
            f"{inventory.alarm_message_age_seconds}, or what a lost task had in hand comes back "
            f"too late; lower it"
        )


def _spot_contradictions(inventory: InventorySettings) -> Iterator[str]:
    if inventory.spot_percent and inventory.platform == "eks":
        yield (
            f"inventory:spot_percent = {inventory.spot_percent}: must be 0 with inventory:platform "
            f"= 'eks', whose nodes are on demand; set it to 0"
        )
    if inventory.spot_percent and not inventory.on_demand_base_count:
        yield (
            f"inventory:on_demand_base_count = 0: must be at least 1 with inventory:spot_percent = "
            f"{inventory.spot_percent}, or the service ends when AWS takes its spot capacity back; "
            f"raise it"
        )


def _observability_contradictions(observability: ObservabilitySettings) -> Iterator[str]:
    for name in ("slo_enabled", "anomaly_enabled"):
        if getattr(observability, name) and not observability.composites_enabled:
            yield (
                f"observability:{name} = True: only composite alarms notify of it, and "
                f"observability:composites_enabled = False; set the latter to true, or the former "
                f"to false"
            )


CONTRADICTIONS: tuple[Contradiction, ...] = (
    (_platform_contradictions, ("platform",)),
    (_keys_contradictions, ("keys", "orders", "payments", "inventory", "notifications")),
    (_api_contradictions, ("api",)),
    (_edge_contradictions, ("edge", "keys")),
    (_orders_contradictions, ("orders",)),
    (_relay_contradictions, ("relay",)),
    (charge_contradictions, ("payments",)),
    (database_contradictions, ("payments",)),
    *(
        (partial(_concurrency_contradictions, service), (service,))
        for service in ("orders", "payments", "notifications")
    ),
    (_inventory_contradictions, ("inventory", "orders")),
    (_network_contradictions, ("network",)),
    (_provider_contradictions, ("network", "payments")),
    (_secret_contradictions, ("aws", "payments")),
    (_address_contradictions, ("network", "inventory")),
    (_scaling_contradictions, ("inventory",)),
    (_backlog_contradictions, ("inventory",)),
    (_spot_contradictions, ("inventory",)),
    (table_contradictions, ("orders", "inventory", "notifications")),
    (
        rollout_contradictions,
        ("delivery", "orders", "payments", "inventory", "notifications"),
    ),
    (backup_contradictions, ("backups",)),
    (spending_contradictions, ("spending",)),
    (_observability_contradictions, ("observability",)),
)

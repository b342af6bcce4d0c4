"""The composition root: reads the settings, builds the components, wires and exports them."""

from __future__ import annotations

import functools

import pulumi

import packages
import settings
from components import inventory, notifications, orders, payments
from components.blocks.function import Code, FunctionDefaults
from components.blocks.network import Network, NetworkArgs
from components.blocks.topic import Topic, TopicArgs
from components.edge import Edge, EdgeArgs
from components.microservice import Platform
from components.naming import Scope

config = settings.load()
scope = Scope(
    project=pulumi.get_project(),
    environment=pulumi.get_stack(),
    cost_center=config.platform.cost_center,
    service="platform",
)
target = packages.Target(config.platform.package_python, config.platform.package_architecture)


@functools.cache
def package(service: str) -> Code:
    built = packages.build(service, target)
    return Code(path=str(built.path), sha256=built.sha256)


network = Network("network", NetworkArgs(scope=scope, **vars(config.network)))
events = Topic("events", TopicArgs(scope=scope, role="events", variable="EVENTS_TOPIC_ARN"))
alarms = Topic("alarms", TopicArgs(scope=scope, role="alarms", email=config.platform.alarm_email))

platform = Platform(
    scope=scope,
    region=config.aws.region,
    functions=FunctionDefaults(
        runtime=target.runtime,
        architecture=target.instruction_set,
        log_level=config.platform.log_level,
        log_retention_days=config.platform.log_retention_days,
    ),
    network=network,
    events=events,
    alarms=alarms,
    package=package,
)

stock = inventory.Inventory(
    "inventory",
    inventory.InventoryArgs(platform=platform, settings=config.inventory, relay=config.relay),
)
sales = orders.Orders(
    "orders",
    orders.OrdersArgs(
        platform=platform,
        settings=config.orders,
        relay=config.relay,
        availability=stock.grant_availability(),
    ),
)
ledger = payments.Payments(
    "payments", payments.PaymentsArgs(platform=platform, settings=config.payments)
)
inbox = notifications.Notifications(
    "notifications",
    notifications.NotificationsArgs(platform=platform, settings=config.notifications),
)

edge = Edge(
    "edge",
    EdgeArgs(
        platform=platform,
        settings=config.api,
        resource_server=inventory.RESOURCE_SERVER,
        machine_scopes=[inventory.WRITE_SCOPE],
    ),
)
edge.api.serve_function("orders", sales.http, orders.ROUTES)
edge.api.serve_function("payments", ledger.http, payments.ROUTES)
edge.api.serve_function("notifications", inbox.http, notifications.ROUTES)
edge.api.serve_listener("inventory", stock.balancer.listener_arn, inventory.ROUTES)
stock.admit_to_balancer(edge.link_group)
stock.admit_to_tasks(sales.group)

pulumi.export("api_url", edge.api.url)
pulumi.export("user_pool_id", edge.users.pool_id)
pulumi.export("shop_client_id", edge.users.shop_client.id)
pulumi.export("back_office_client_id", edge.users.back_office_client.id)
pulumi.export("back_office_client_secret", edge.users.back_office_client.client_secret)
pulumi.export("orders_table_name", sales.datastore.name)
pulumi.export("inventory_table_name", stock.datastore.name)

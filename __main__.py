"""The composition root: reads the settings, builds the components, wires and exports them."""

from __future__ import annotations

import functools

import pulumi

import packages
import settings
from components import inventory, notifications, orders, payments
from components.backups import create_backups
from components.blocks.function import Code
from components.edge import Edge, EdgeArgs
from components.operations import create_operations
from components.platform import create_platform
from components.spending import create_spending

config = settings.load()
target = packages.Target(config.platform.package_python, config.platform.package_architecture)


@functools.cache
def package(service: str) -> Code:
    built = packages.build(service, target)
    return Code(path=str(built.path), sha256=built.sha256)


platform = create_platform(
    pulumi.get_project(),
    pulumi.get_stack(),
    config,
    runtime=target.runtime,
    architecture=target.instruction_set,
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
        confirmation_seconds=config.observability.confirmation_seconds,
    ),
)
ledger = payments.Payments(
    "payments",
    payments.PaymentsArgs(platform=platform, settings=config.payments, relay=config.relay),
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
        edge=config.edge,
        resource_server=inventory.RESOURCE_SERVER,
        machine_scopes=[inventory.WRITE_SCOPE],
        webhook_path=payments.WEBHOOK_PATH,
        socket_url=inbox.live.url,
    ),
)
edge.api.serve_function("orders", sales.http, orders.ROUTES)
edge.api.serve_function("payments", ledger.http, payments.ROUTES)
edge.api.serve_function("notifications", inbox.http, notifications.ROUTES)
edge.api.serve_listener("inventory", stock.balancer.listener_arn, inventory.ROUTES)
edge.open()
stock.admit_to_balancer(edge.link_group)
stock.admit_caller(sales.http, sales.group)
create_backups(
    platform,
    config.backups,
    tables=[sales.datastore, stock.datastore, inbox.datastore],
    databases=[ledger.datastore],
)
create_spending(platform, config.spending)
create_operations(
    platform,
    config.observability,
    [stock.watched(), sales.watched(sales.confirmations), ledger.watched(), inbox.watched()],
)

pulumi.export("api_url", edge.url)
pulumi.export("alerts_url", inbox.live.url)
pulumi.export("user_pool_id", edge.users.pool_id)
pulumi.export("shop_client_id", edge.users.shop_client.id)
pulumi.export("back_office_client_id", edge.users.back_office_client.id)
pulumi.export("back_office_client_secret", edge.users.back_office_client.client_secret)
pulumi.export("orders_table_name", sales.datastore.name)
pulumi.export("inventory_table_name", stock.datastore.name)

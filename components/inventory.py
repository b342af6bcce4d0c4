"""inventory: ECS Fargate and DynamoDB. Knows the products, reserves and gives back stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.container_service import (
    ON_DEMAND,
    SPOT,
    Capacity,
    ContainerService,
    ContainerServiceArgs,
)
from components.blocks.discovery import Discovery, DiscoveryArgs
from components.blocks.endpoints import CLOUD_MAP, DYNAMODB, FARGATE, SQS
from components.blocks.function import Function
from components.blocks.grants import Grant
from components.blocks.http_api import Route
from components.blocks.load_balancer import LISTENER_PORT, LoadBalancer, LoadBalancerArgs
from components.blocks.mesh_service import MeshService, MeshServiceArgs, Operation
from components.blocks.network import SecurityGroup
from components.blocks.outbox_relay import OUTBOX_INDEX, OutboxRelay, OutboxRelayArgs
from components.blocks.queue import Queue
from components.blocks.table import Index, Table, TableArgs
from components.blocks.workload import Exposure, Scaling
from components.microservice import Compute, Microservice, capacity_of
from components.naming import image_repository_arn
from components.platform import Platform
from settings import InventorySettings, RelaySettings

RESOURCE_SERVER = "inventory"
WRITE_SCOPE = "stock.write"
_ADMIN = f"{RESOURCE_SERVER}/{WRITE_SCOPE}"
ROUTES = (
    Route(key="GET /products", scope=None, share=0.5),
    Route(key="GET /products/{product_id}", scope=None, share=0.5),
    Route(key="PUT /products/{product_id}", scope=_ADMIN, share=0.1),
    Route(key="POST /products/{product_id}/stock-adjustments", scope=_ADMIN, share=0.1),
)
PORT = 8080
HEALTH_PATH = "/health"
AVAILABILITY = Operation(method="POST", path="/availability")
_CATALOGUE = Index(name="catalogue", hash_key="catalogue", range_key="product_id")
_EXPIRING = Index(name="expiring", hash_key="expiring", range_key="reserved_until")


@dataclass(frozen=True, kw_only=True)
class InventoryArgs:
    """Arguments of `Inventory`."""

    platform: Platform
    """what the service stands on"""
    settings: InventorySettings
    """the environment's values"""
    relay: RelaySettings
    """the relay's values"""


class Inventory(Microservice[Table]):
    """An API and a worker from one image; the `admit_…` methods let others call the API."""

    balancer: LoadBalancer
    discovery: Discovery
    mesh_service: MeshService | None

    def __init__(
        self, name: str, args: InventoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._args = args
        network, scope = args.platform.network, args.platform.scope.of(name)
        self._balancer_group = network.security_group(
            scope, "balancer", "The load balancer of the inventory API"
        )
        self._tasks_group = network.security_group(scope, "tasks", "The tasks of inventory")
        self._balancer_group.allow_to(self._tasks_group, PORT)
        network.allow_apis(self._tasks_group, DYNAMODB, SQS, *FARGATE)
        super().__init__(name, args.platform, opts)

    @property
    def consumed_events(self) -> tuple[str, ...]:
        return ("OrderCancelled", "OrderConfirmed", "OrderPlaced")

    def grant_availability(self) -> Grant:
        """Ask the API what could be reserved; it takes `admit_caller` as well."""
        return (
            self.mesh_service.grant_invoke()
            if self.mesh_service
            else self.discovery.grant_discover()
        )

    def admit_caller(self, function: Function, group: SecurityGroup) -> None:
        """Let `function`, a member of `group`, ask by the way that `grant_availability` names."""
        if self.platform.mesh and self.mesh_service:
            self.platform.mesh.admit(group)
            self.mesh_service.authorize(function.iam_role.arn)
        else:
            self.platform.network.allow_apis(group, CLOUD_MAP)
            group.allow_to(self._tasks_group, PORT)

    def admit_to_balancer(self, group: SecurityGroup) -> None:
        """Let members of `group` call the API through its load balancer."""
        group.allow_to(self._balancer_group, LISTENER_PORT)

    def _create_datastore(self) -> Table:
        return Table(
            f"{self.name}-data",
            TableArgs(
                scope=self.scope,
                variable="INVENTORY_TABLE_NAME",
                deletion_protected=self._args.settings.table_deletion_protected,
                key=self.key,
                capacity=capacity_of(self._args.settings),
                indexes=[OUTBOX_INDEX, _CATALOGUE, _EXPIRING],
                streamed=True,
            ),
            self._own(),
        )

    def _create_queue(self) -> Queue:
        settings = self._args.settings
        return self._create_events_queue(
            settings, settings.visibility_timeout_seconds, variable="INVENTORY_QUEUE_URL"
        )

    def _create_compute(self) -> Compute:
        settings = self._args.settings
        cluster = aws.ecs.Cluster(
            f"{self.name}-cluster",
            name=self.scope.physical("cluster"),
            settings=[{"name": "containerInsights", "value": "enabled"}],
            tags=self.scope.tags,
            opts=self._own(),
        )
        self._capacity = self._create_capacity(cluster)
        self.balancer = self._create_balancer()
        self.discovery = self._create_discovery()
        self.mesh_service = self._create_mesh_service()
        api = self._create_container(
            "api",
            cluster,
            settings.api_tasks_count,
            self._scaling(settings.api_tasks_max_count),
            [self._grant_stock(_CATALOGUE), *self.platform.edge_grants()],
            {},
            Exposure(
                port=PORT,
                port_variable="INVENTORY_PORT",
                health_command=["python", "-m", "inventory.health", str(PORT)],
                health_path=HEALTH_PATH,
                balancer=self.balancer,
                discovery=self.discovery,
            ),
        )
        worker = self._create_container(
            "worker",
            cluster,
            settings.worker_tasks_count,
            self._scaling(settings.worker_tasks_max_count, self.queue.name),
            [self._grant_stock(_EXPIRING), self.queue.grant_poll()],
            {"INVENTORY_SWEEP_SECONDS": str(settings.sweep_interval_seconds)},
        )
        asked = (self.mesh_service,) if self.mesh_service else ()
        return (api, worker, self._create_relay(), *asked)

    def _grant_stock(self, index: Index) -> Grant:
        return self.datastore.grant(
            "Inventory",
            ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"],
            indexes=[index.name],
        )

    def _create_balancer(self) -> LoadBalancer:
        return LoadBalancer(
            f"{self.name}-entry",
            LoadBalancerArgs(
                scope=self.scope,
                role="api",
                network=self.platform.network,
                group=self._balancer_group,
                target_port=PORT,
                health_path=HEALTH_PATH,
                latency_alarm_ms=self._args.settings.alarm_latency_ms,
            ),
            self._own(),
        )

    def _create_mesh_service(self) -> MeshService | None:
        mesh = self.platform.mesh
        if mesh is None:
            return None
        mesh.lead_to(self._balancer_group)
        return MeshService(
            f"{self.name}-mesh",
            MeshServiceArgs(
                scope=self.scope,
                mesh=mesh,
                balancer=self.balancer,
                operation=AVAILABILITY,
                variable="INVENTORY_MESH_URL",
                latency_alarm_ms=self._args.settings.alarm_latency_ms,
            ),
            self._own(),
        )

    def _create_discovery(self) -> Discovery:
        return Discovery(
            f"{self.name}-discovery",
            DiscoveryArgs(
                scope=self.scope,
                vpc_id=self.platform.network.vpc_id,
                service_name="inventory",
                port=PORT,
                variable_prefix="INVENTORY",
            ),
            self._own(),
        )

    def _create_container(
        self,
        role: str,
        cluster: aws.ecs.Cluster,
        tasks_count: int,
        scaling: Scaling,
        grants: list[Grant],
        environment: Mapping[str, str],
        exposure: Exposure | None = None,
    ) -> ContainerService:
        settings, platform = self._args.settings, self.platform
        ttl = {"INVENTORY_RESERVATION_TTL_SECONDS": str(settings.reservation_ttl_seconds)}
        return ContainerService(
            f"{self.name}-{role}",
            ContainerServiceArgs(
                scope=self.scope,
                role=role,
                cluster=cluster,
                network=platform.network,
                group=self._tasks_group,
                image=settings.image,
                image_repository_arn=image_repository_arn(settings.image),
                command=["python", "-m", f"inventory.{role}"],
                cpu_units=settings.task_cpu_units,
                memory_mb=settings.task_memory_mb,
                tasks_count=tasks_count,
                scaling=scaling,
                log_level=platform.functions.log_level,
                log_retention_days=platform.functions.log_retention_days,
                log_key=platform.functions.log_key,
                region=platform.region,
                boundary=platform.boundary,
                grants=grants,
                environment={**ttl, **environment},
                exposure=exposure,
                capacity=Capacity(
                    spot_percent=settings.spot_percent,
                    on_demand_base=settings.on_demand_base_count,
                    providers=self._capacity,
                ),
            ),
            self._own(),
        )

    def _scaling(self, tasks_max: int, queue_name: pulumi.Input[str] | None = None) -> Scaling:
        settings = self._args.settings
        return Scaling(
            tasks_max=tasks_max,
            cpu_percent=settings.cpu_target_percent,
            backlog_messages=settings.backlog_target_messages,
            queue_name=queue_name,
        )

    def _create_capacity(self, cluster: aws.ecs.Cluster) -> list[pulumi.Resource]:
        if self._args.settings.spot_percent == 0:
            return []
        return [
            aws.ecs.ClusterCapacityProviders(
                f"{self.name}-capacity",
                cluster_name=cluster.name,
                capacity_providers=[ON_DEMAND, SPOT],
                opts=self._own(),
            )
        ]

    def _create_relay(self) -> OutboxRelay:
        return OutboxRelay(
            f"{self.name}-outbox",
            OutboxRelayArgs(
                scope=self.scope,
                defaults=self.platform.functions,
                code=self.platform.package("relay"),
                table=self.datastore,
                topic=self.platform.events,
                memory_mb=self._args.relay.function_memory_mb,
                timeout_seconds=self._args.relay.timeout_seconds,
                grace_seconds=self._args.relay.grace_seconds,
                undelivered=self.queue,
                key=self.key,
            ),
            self._own(),
        )

"""inventory: ECS Fargate and DynamoDB. Knows the products, reserves and gives back stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components import backlog
from components.blocks.container_host import container_host
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
from components.blocks.slo import Indicator
from components.blocks.table import Index, Table, TableArgs
from components.blocks.workload import (
    ContainerHost,
    ContainerHostArgs,
    Exposure,
    Scaling,
    WorkloadArgs,
)
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
            return
        self.platform.network.allow_apis(group, CLOUD_MAP)
        if self._balanced:
            self.admit_to_balancer(group)
        else:
            group.allow_to(self._tasks_group, PORT)

    def admit_to_balancer(self, group: SecurityGroup) -> None:
        """Let members of `group` call the API through its load balancer."""
        group.allow_to(self._balancer_group, LISTENER_PORT)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self.balancer.indicators()

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
        host = self._create_host()
        self._balanced = host.balanced
        self.balancer = self._create_balancer()
        self.discovery = self._create_discovery()
        self.mesh_service = self._create_mesh_service()
        api = host.run(f"{self.name}-api", self._describe_api())
        worker = host.run(f"{self.name}-worker", self._describe_worker(host))
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
                cluster_name=self.scope.physical("kubernetes_cluster") if self._balanced else "",
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
        discovery = Discovery(
            f"{self.name}-discovery",
            DiscoveryArgs(
                scope=self.scope,
                vpc_id=self.platform.network.vpc_id,
                service_name="inventory",
                port=LISTENER_PORT if self._balanced else PORT,
                balanced=self._balanced,
                variable_prefix="INVENTORY",
            ),
            self._own(),
        )
        if self._balanced:
            discovery.publish(self.balancer.balancer.dns_name)
        return discovery

    def _create_host(self) -> ContainerHost:
        settings, platform = self._args.settings, self.platform
        return container_host(
            self,
            self.name,
            ContainerHostArgs(
                platform=settings.platform,
                scope=self.scope,
                network=platform.network,
                group=self._tasks_group,
                region=platform.region,
                boundary=platform.boundary,
                queue=self.queue,
                log_retention_days=platform.functions.log_retention_days,
                log_key=platform.functions.log_key,
                spot_percent=settings.spot_percent,
                on_demand_base=settings.on_demand_base_count,
                version=settings.kubernetes_version,
                access_cidrs=settings.kubernetes_access_cidrs.split(),
            ),
        )

    def _describe_api(self) -> WorkloadArgs:
        settings = self._args.settings
        return self._describe(
            "api",
            tasks_count=settings.api_tasks_count,
            scaling=self._scaling(settings.api_tasks_max_count),
            grants=[self._grant_stock(_CATALOGUE), *self.platform.edge_grants()],
            port_variable="INVENTORY_PORT",
            exposure=Exposure(
                health_path=HEALTH_PATH, balancer=self.balancer, discovery=self.discovery
            ),
        )

    def _describe_worker(self, host: ContainerHost) -> WorkloadArgs:
        settings = self._args.settings
        return self._describe(
            "worker",
            tasks_count=settings.worker_tasks_count,
            scaling=self._scaling(settings.worker_tasks_max_count, self.queue),
            grants=[
                self._grant_stock(_EXPIRING),
                self.queue.grant_poll(),
                host.grant_protection(),
            ],
            port_variable="INVENTORY_HEALTH_PORT",
            environment={"INVENTORY_SWEEP_SECONDS": str(settings.sweep_interval_seconds)},
        )

    def _describe(
        self,
        role: str,
        *,
        tasks_count: int,
        scaling: Scaling,
        grants: list[Grant],
        port_variable: str,
        environment: Mapping[str, str] | None = None,
        exposure: Exposure | None = None,
    ) -> WorkloadArgs:
        settings, platform = self._args.settings, self.platform
        ttl = {"INVENTORY_RESERVATION_TTL_SECONDS": str(settings.reservation_ttl_seconds)}
        return WorkloadArgs(
            scope=self.scope,
            role=role,
            image=settings.image,
            image_repository_arn=image_repository_arn(settings.image),
            command=["python", "-m", f"inventory.{role}"],
            port=PORT,
            port_variable=port_variable,
            health_command=["python", "-m", "inventory.health", str(PORT)],
            cpu_units=settings.task_cpu_units,
            memory_mb=settings.task_memory_mb,
            tasks_count=tasks_count,
            scaling=scaling,
            log_level=platform.functions.log_level,
            boundary=platform.boundary,
            grants=grants,
            environment={**ttl, **(environment or {})},
            exposure=exposure,
        )

    def _scaling(self, tasks_max: int, queue: Queue | None = None) -> Scaling:
        settings = self._args.settings
        return Scaling(
            tasks_max=tasks_max,
            cpu_percent=settings.cpu_target_percent,
            backlog_messages=backlog.acceptable(
                settings.backlog_delay_seconds, settings.worker_rate_per_second
            ),
            queue=queue,
        )

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
                behind_alarm_seconds=self._args.relay.alarm_behind_seconds,
                undelivered=self.queue,
                key=self.key,
            ),
            self._own(),
        )

"""ECS clusters, task definitions and services: their records, not the containers themselves."""

from __future__ import annotations

import json
from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, text


class Cluster(Lifecycle):
    """A cluster; its id is its ARN."""

    handles = "aws:ecs/cluster:Cluster"
    replace_on = frozenset({"name"})
    tags_by = "arn"
    api = Api("ecs", renamed={"name": "clusterName"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateCluster", named)["cluster"]["clusterArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("ecs").describe_clusters(
            clusters=[id], include=["SETTINGS", "CONFIGURATIONS"]
        )
        found = [cluster for cluster in answer["clusters"] if cluster["status"] == "ACTIVE"]
        if not found:
            return None
        reflected = self.api.reflect(state, found[0])
        return {**reflected, "name": found[0]["clusterName"], "arn": id}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call_with_known(cloud, "UpdateCluster", inputs, cluster=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ecs").delete_cluster(cluster=id)


class ClusterCapacityProviders(Lifecycle):
    """What a cluster's services may run on; its id is the cluster's name."""

    handles = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    replace_on = frozenset({"clusterName"})
    api = Api("ecs")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._put(cloud, inputs["clusterName"], inputs)
        return str(inputs["clusterName"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        for found in cloud.client("ecs").describe_clusters(clusters=[id])["clusters"]:
            if found["status"] == "ACTIVE" and found["capacityProviders"]:
                return {"clusterName": id, "capacityProviders": found["capacityProviders"]}
        return None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, id, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self._put(cloud, id, {})

    def _put(self, cloud: Cloud, cluster: str, inputs: Properties) -> None:
        providers = {"capacityProviders": [], "defaultCapacityProviderStrategies": [], **inputs}
        strategy = self.api.member(
            cloud,
            "PutClusterCapacityProviders",
            "defaultCapacityProviderStrategy",
            providers["defaultCapacityProviderStrategies"],
        )
        cloud.client("ecs").put_cluster_capacity_providers(
            cluster=cluster,
            capacityProviders=providers["capacityProviders"],
            defaultCapacityProviderStrategy=strategy,
        )


class TaskDefinition(Lifecycle):
    """One revision of a task definition; its id is the family. Every change is a new revision."""

    handles = "aws:ecs/taskDefinition:TaskDefinition"
    replace_on = frozenset(
        {
            "containerDefinitions",
            "cpu",
            "ephemeralStorage",
            "executionRoleArn",
            "family",
            "ipcMode",
            "memory",
            "networkMode",
            "pidMode",
            "placementConstraints",
            "proxyConfiguration",
            "requiresCompatibilities",
            "runtimePlatform",
            "taskRoleArn",
            "volumes",
        }
    )
    tags_by = "arn"
    api = Api(
        "ecs",
        renamed={"ephemeralStorage.sizeInGib": "sizeInGiB"},
        provider_only=frozenset({"containerDefinitions", "skipDestroy", "trackLatest"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        containers = json.loads(text(inputs["containerDefinitions"]))
        self.api.call(cloud, "RegisterTaskDefinition", inputs, containerDefinitions=containers)
        return str(inputs["family"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        wanted = state.get("arn") or id
        answer = cloud.client("ecs").describe_task_definition(taskDefinition=wanted)
        found = answer["taskDefinition"]
        if found["status"] != "ACTIVE":
            return None
        arn = found["taskDefinitionArn"]
        return {
            **self.api.reflect(state, found),
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "revision": found["revision"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`: an update stays with its revision."""
        return {"arn": state["arn"]}

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; a revision that the program keeps stays, as on AWS."""
        if not state.get("skipDestroy"):
            cloud.client("ecs").deregister_task_definition(taskDefinition=state["arn"])


class Service(Lifecycle):
    """A service; its id is its ARN."""

    handles = "aws:ecs/service:Service"
    replace_on = frozenset({"name", "cluster", "launchType", "schedulingStrategy"})
    tags_by = "arn"
    api = Api(
        "ecs",
        renamed={
            "name": "serviceName",
            "capacityProviderStrategies": "capacityProviderStrategy",
            "orderedPlacementStrategies": "placementStrategy",
        },
        provider_only=frozenset(
            {
                "alarms",
                "deploymentCircuitBreaker",
                "deploymentConfiguration",
                "deploymentMaximumPercent",
                "deploymentMinimumHealthyPercent",
                "forceDelete",
                "forceNewDeployment",
                "networkConfiguration",
                "sigintRollback",
                "triggers",
                "waitForSteadyState",
            }
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        more = self._nested(cloud, "CreateService", inputs)
        answer = self.api.call(cloud, "CreateService", named, **more)
        return str(answer["service"]["serviceArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        where = {"cluster": state["cluster"]} if state.get("cluster") else {}
        answer = cloud.client("ecs").describe_services(services=[id], **where)
        found = [service for service in answer["services"] if service["status"] == "ACTIVE"]
        if not found:
            return None
        same_cluster = {key: value for key, value in state.items() if key != "cluster"}
        return {
            **self.api.reflect(same_cluster, found[0]),
            "name": found[0]["serviceName"],
            "arn": id,
            "desiredCount": found[0]["desiredCount"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        more = self._nested(cloud, "UpdateService", inputs)
        known = {key: value for key, value in inputs.items() if key != "cluster"}
        if inputs.get("cluster"):
            more["cluster"] = inputs["cluster"]
        self.api.call_with_known(cloud, "UpdateService", known, service=id, **more)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        where = {"cluster": state["cluster"]} if state.get("cluster") else {}
        cloud.client("ecs").delete_service(service=id, force=True, **where)

    def _nested(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        """The members whose properties Pulumi has at the service's top level."""
        more: dict[str, Any] = {}
        deployment = {
            **(inputs.get("deploymentConfiguration") or {}),
            "alarms": inputs.get("alarms"),
            "deploymentCircuitBreaker": inputs.get("deploymentCircuitBreaker"),
            "maximumPercent": inputs.get("deploymentMaximumPercent"),
            "minimumHealthyPercent": inputs.get("deploymentMinimumHealthyPercent"),
        }
        if any(value is not None for value in deployment.values()):
            more["deploymentConfiguration"] = Api("ecs").member(
                cloud, operation, "deploymentConfiguration", deployment
            )
        if network := inputs.get("networkConfiguration"):
            public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
            awsvpc = {**network, "assignPublicIp": public}
            more["networkConfiguration"] = {"awsvpcConfiguration": awsvpc}
        return more


HANDLERS = (Cluster(), ClusterCapacityProviders(), TaskDefinition(), Service())

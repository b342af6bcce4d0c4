"""Aurora: clusters and instances on the embedded AWS, the data in the local PostgreSQL server.

The emulator has no database behind a cluster. The one that `Cloud.database` stands for gets the
cluster's master user and database, and its address is the cluster's endpoint.
"""

from __future__ import annotations

import json
from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, picked

_PROVIDER_ONLY: Final = frozenset(
    {"allowMajorVersionUpgrade", "applyImmediately", "finalSnapshotIdentifier", "forceDestroy"}
    | {"clusterIdentifierPrefix", "clusterMembers", "identifierPrefix", "skipFinalSnapshot"}
)
_SHARED_NAMES: Final = {
    "clusterIdentifier": "DBClusterIdentifier",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
}


class Cluster(Lifecycle):
    """An Aurora cluster; its id is its identifier."""

    handles = "aws:rds/cluster:Cluster"
    replace_on = frozenset(
        {"clusterIdentifier", "databaseName", "dbSubnetGroupName", "engine", "masterUsername"}
        | {"storageEncrypted", "kmsKeyId"}
    )
    tags_by = "arn"
    api = Api(
        "rds",
        renamed={
            **_SHARED_NAMES,
            "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
            "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
            "masterPassword": "MasterUserPassword",
        },
        provider_only=_PROVIDER_ONLY,
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        cluster = str(inputs.get("clusterIdentifier") or physical_name(name, {}))
        named = {**inputs, "clusterIdentifier": cluster}
        self.api.call(cloud, "CreateDBCluster", named)
        return cluster

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._open_database(cloud, id, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = _cluster(cloud, id)
        database = cloud.database
        endpoint = database.host if database else found["Endpoint"]
        answer = {
            **found,
            "EnableIAMDatabaseAuthentication": found.get("IAMDatabaseAuthenticationEnabled", False),
        }
        held = {"availabilityZones", "databaseName", "dbSubnetGroupName"}
        held |= {"enabledCloudwatchLogsExports", "vpcSecurityGroupIds"}
        names = {"masterUsername": "MasterUsername", "engineVersion": "EngineVersion"}
        return {
            **self.api.reflect({k: v for k, v in state.items() if k not in held}, answer),
            **picked(found, names),
            "clusterIdentifier": id,
            "arn": found["DBClusterArn"],
            "endpoint": endpoint,
            "readerEndpoint": database.host if database else found.get("ReaderEndpoint", endpoint),
            "port": database.port if database else found["Port"],
            "clusterResourceId": found["DbClusterResourceId"],
            "engineVersionActual": found["EngineVersion"],
            "hostedZoneId": found.get("HostedZoneId", ""),
            "masterUserSecrets": _secrets(found),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        fixed = {*self.replace_on, "enabledCloudwatchLogsExports", "port", "tags"}
        given = {key: value for key, value in inputs.items() if key not in fixed}
        if given.get("engineVersion") == state.get("engineVersion"):
            given.pop("engineVersion", None)
        major = bool(inputs.get("allowMajorVersionUpgrade"))
        self.api.call_with_known(
            cloud,
            "ModifyDBCluster",
            given,
            DBClusterIdentifier=id,
            ApplyImmediately=True,
            AllowMajorVersionUpgrade=major,
        )
        if inputs.get("masterPassword") != state.get("masterPassword"):
            self._open_database(cloud, id, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; the local database stays: it goes with the server."""
        final = state.get("finalSnapshotIdentifier")
        keep = {} if state.get("skipFinalSnapshot") else {"FinalDBSnapshotIdentifier": final}
        cloud.client("rds").delete_db_cluster(
            DBClusterIdentifier=id, SkipFinalSnapshot=not keep, **keep
        )

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {"clusterIdentifier": state["clusterIdentifier"]}

    def _open_database(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """Give the local server the cluster's master user and database."""
        if cloud.database is None:
            return
        username, password = inputs.get("masterUsername"), inputs.get("masterPassword")
        for secret in _secrets(_cluster(cloud, id)):
            client = cloud.client("secretsmanager")
            held = client.get_secret_value(SecretId=secret["secretArn"])["SecretString"]
            username, password = json.loads(held)["username"], json.loads(held)["password"]
        if username and password:
            cloud.database.create_master(username, password)
            if inputs.get("databaseName"):
                cloud.database.create_database(inputs["databaseName"], username)


class ClusterInstance(Lifecycle):
    """An instance of a cluster; its id is its identifier."""

    handles = "aws:rds/clusterInstance:ClusterInstance"
    replace_on = frozenset({"clusterIdentifier", "engine", "identifier", "availabilityZone"})
    tags_by = "arn"
    api = Api(
        "rds",
        renamed={
            **_SHARED_NAMES,
            "identifier": "DBInstanceIdentifier",
            "instanceClass": "DBInstanceClass",
            "caCertIdentifier": "CACertificateIdentifier",
        },
        provider_only=_PROVIDER_ONLY,
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        instance = str(inputs.get("identifier") or physical_name(name, {}))
        self.api.call(cloud, "CreateDBInstance", {**inputs, "identifier": instance})
        return instance

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=id)
        found = answer["DBInstances"][0]
        members = _cluster(cloud, state["clusterIdentifier"])["DBClusterMembers"]
        writers = {m["DBInstanceIdentifier"] for m in members if m["IsClusterWriter"]}
        database = cloud.database
        endpoint = found.get("Endpoint", {})
        held = ("dbSubnetGroupName", "dbParameterGroupName")
        return {
            **self.api.reflect({k: v for k, v in state.items() if k not in held}, found),
            "identifier": id,
            "arn": found["DBInstanceArn"],
            "dbiResourceId": found["DbiResourceId"],
            "endpoint": database.host if database else endpoint.get("Address", ""),
            "port": database.port if database else endpoint.get("Port", 0),
            "engineVersionActual": found["EngineVersion"],
            "storageEncrypted": found.get("StorageEncrypted", False),
            "writer": id in writers,
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        fixed = {*self.replace_on, "engineVersion", "tags", "dbSubnetGroupName"}
        given = {key: value for key, value in inputs.items() if key not in fixed}
        self.api.call_with_known(
            cloud, "ModifyDBInstance", given, DBInstanceIdentifier=id, ApplyImmediately=True
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("rds").delete_db_instance(DBInstanceIdentifier=id, SkipFinalSnapshot=True)

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {"identifier": state["identifier"]}


def _cluster(cloud: Cloud, id: str) -> dict[str, Any]:
    answer = cloud.client("rds").describe_db_clusters(DBClusterIdentifier=id)
    found: dict[str, Any] = answer["DBClusters"][0]
    return found


def _secrets(cluster: dict[str, Any]) -> list[Properties]:
    names = {"secretArn": "SecretArn", "secretStatus": "SecretStatus", "kmsKeyId": "KmsKeyId"}
    secret = cluster.get("MasterUserSecret")
    return [picked(secret, names)] if secret else []


HANDLERS = (Cluster(), ClusterInstance())

"""RDS subnet groups and cluster parameter groups."""

from __future__ import annotations

from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_DESCRIPTION: Final = "Managed by Pulumi"


class SubnetGroup(Lifecycle):
    """The subnets of a database; its id is its name."""

    handles = "aws:rds/subnetGroup:SubnetGroup"
    replace_on = frozenset({"name", "namePrefix"})
    tags_by = "arn"
    api = Api(
        "rds",
        renamed={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
        provider_only=frozenset({"namePrefix"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        group = physical_name(name, inputs)
        named = {"description": _DESCRIPTION, **inputs, "name": group}
        self.api.call(cloud, "CreateDBSubnetGroup", named)
        return group

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("rds").describe_db_subnet_groups(DBSubnetGroupName=id)
        found = answer["DBSubnetGroups"][0]
        subnets = [subnet["SubnetIdentifier"] for subnet in found["Subnets"]]
        return {
            **self.api.reflect(state, {**found, "SubnetIds": subnets}),
            "name": id,
            "arn": found["DBSubnetGroupArn"],
            "description": found["DBSubnetGroupDescription"],
            "vpcId": found.get("VpcId", ""),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call_with_known(cloud, "ModifyDBSubnetGroup", {**inputs, "name": id})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("rds").delete_db_subnet_group(DBSubnetGroupName=id)


class ClusterParameterGroup(Lifecycle):
    """The parameters of a cluster; its id is its name."""

    handles = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
    replace_on = frozenset({"name", "namePrefix", "family", "description"})
    tags_by = "arn"
    api = Api(
        "rds",
        renamed={"name": "DBClusterParameterGroupName", "family": "DBParameterGroupFamily"},
        provider_only=frozenset({"namePrefix", "parameters"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        group = physical_name(name, inputs)
        named = {"description": _DESCRIPTION, **inputs, "name": group}
        self.api.call(cloud, "CreateDBClusterParameterGroup", named)
        return group

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._set(cloud, id, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("rds").describe_db_cluster_parameter_groups(
            DBClusterParameterGroupName=id
        )
        found = answer["DBClusterParameterGroups"][0]
        return {
            **self.api.reflect(state, found),
            "name": id,
            "arn": found["DBClusterParameterGroupArn"],
            "description": found["Description"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        wanted = {parameter["name"] for parameter in inputs.get("parameters") or []}
        gone = [p for p in state.get("parameters") or [] if p["name"] not in wanted]
        if gone:
            cloud.client("rds").reset_db_cluster_parameter_group(
                DBClusterParameterGroupName=id,
                Parameters=[
                    {"ParameterName": parameter["name"], "ApplyMethod": "immediate"}
                    for parameter in gone
                ],
            )
        self._set(cloud, id, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("rds").delete_db_cluster_parameter_group(DBClusterParameterGroupName=id)

    def _set(self, cloud: Cloud, group: str, inputs: Properties) -> None:
        parameters: list[dict[str, Any]] = [
            {
                "ParameterName": parameter["name"],
                "ParameterValue": str(parameter["value"]),
                "ApplyMethod": parameter.get("applyMethod") or "immediate",
            }
            for parameter in inputs.get("parameters") or []
        ]
        if parameters:
            cloud.client("rds").modify_db_cluster_parameter_group(
                DBClusterParameterGroupName=group, Parameters=parameters
            )


HANDLERS = (SubnetGroup(), ClusterParameterGroup())

"""RDS proxies. The emulator has nothing behind one: its endpoint leads to the local PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_GROUP: Final = "default"


class Proxy(Lifecycle):
    """A proxy; its id is its name."""

    handles = "aws:rds/proxy:Proxy"
    replace_on = frozenset(
        {"name", "engineFamily", "vpcSubnetIds", "endpointNetworkType"}
        | {"targetConnectionNetworkType"}
    )
    tags_by = "arn"
    api = Api("rds", renamed={"name": "DBProxyName", "auths": "Auth"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        proxy = physical_name(name, inputs)
        self.api.call(cloud, "CreateDBProxy", {**inputs, "name": proxy})
        return proxy

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("rds").describe_db_proxies(DBProxyName=id)["DBProxies"][0]
        database = cloud.database
        return {
            **self.api.reflect(state, found),
            "name": id,
            "arn": found["DBProxyArn"],
            "endpoint": database.host if database else found["Endpoint"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        given = {key: value for key, value in inputs.items() if key not in self.replace_on}
        self.api.call_with_known(
            cloud,
            "ModifyDBProxy",
            given,
            DBProxyName=id,
            SecurityGroups=inputs.get("vpcSecurityGroupIds") or [],
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("rds").delete_db_proxy(DBProxyName=id)


class ProxyDefaultTargetGroup(Lifecycle):
    """The pool that every proxy has; its id is the proxy's name. It goes with the proxy."""

    handles = "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup"
    replace_on = frozenset({"dbProxyName"})
    api = Api("rds", provider_only=frozenset({"connectionPoolConfig.initQuery"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._set(cloud, inputs)
        return str(inputs["dbProxyName"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("rds").describe_db_proxy_target_groups(DBProxyName=id)
        found = answer["TargetGroups"][0]
        return {
            **self.api.reflect(state, found),
            "name": found["TargetGroupName"],
            "arn": found["TargetGroupArn"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._set(cloud, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; AWS has no call for it."""

    def _set(self, cloud: Cloud, inputs: Properties) -> None:
        self.api.call_with_known(
            cloud,
            "ModifyDBProxyTargetGroup",
            {key: value for key, value in inputs.items() if key != "name"},
            TargetGroupName=_GROUP,
        )


class ProxyTarget(Lifecycle):
    """What a proxy leads to; its id is `<proxy>/<group>/<type>/<cluster or instance>`."""

    handles = "aws:rds/proxyTarget:ProxyTarget"
    replace_on = frozenset(
        {"dbProxyName", "targetGroupName", "dbClusterIdentifier", "dbInstanceIdentifier"}
    )
    api = Api("rds")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        cloud.client("rds").register_db_proxy_targets(**_target(inputs))
        kind = "TRACKED_CLUSTER" if "dbClusterIdentifier" in inputs else "RDS_INSTANCE"
        return "/".join(
            (inputs["dbProxyName"], inputs["targetGroupName"], kind, _identifier(inputs))
        )

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("rds").describe_db_proxy_targets(DBProxyName=state["dbProxyName"])
        known = {
            name
            for target in answer["Targets"]
            for name in (target.get("RdsResourceId"), target.get("TrackedClusterId"))
        }
        return {"rdsResourceId": _identifier(state)} if _identifier(state) in known else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; every input needs a new target."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("rds").deregister_db_proxy_targets(**_target(state))


def _identifier(inputs: Properties) -> str:
    return str(inputs.get("dbClusterIdentifier") or inputs["dbInstanceIdentifier"])


def _target(inputs: Properties) -> dict[str, Any]:
    members = {
        "dbClusterIdentifier": "DBClusterIdentifiers",
        "dbInstanceIdentifier": "DBInstanceIdentifiers",
    }
    given = {member: [inputs[key]] for key, member in members.items() if inputs.get(key)}
    return {
        "DBProxyName": inputs["dbProxyName"],
        "TargetGroupName": inputs["targetGroupName"],
        **given,
    }


HANDLERS = (Proxy(), ProxyDefaultTargetGroup(), ProxyTarget())

"""DynamoDB tables."""

from __future__ import annotations

from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_APART: Final = frozenset(
    {
        "hashKey",
        "rangeKey",
        "attributes",
        "globalSecondaryIndexes",
        "localSecondaryIndexes",
        "streamEnabled",
        "streamViewType",
        "ttl",
        "pointInTimeRecovery",
        "readCapacity",
        "writeCapacity",
    }
)
"""Properties whose request members are built here, because AWS arranges them otherwise."""

_CHANGED_IN_PLACE: Final = (
    "billingMode",
    "deletionProtectionEnabled",
    "serverSideEncryption",
    "tableClass",
)


class Table(Lifecycle):
    """A table; its id is its name."""

    handles = "aws:dynamodb/table:Table"
    replace_on = frozenset({"name", "hashKey", "rangeKey", "localSecondaryIndexes"})
    tags_by = "arn"
    api = Api(
        "dynamodb",
        renamed={
            "name": "TableName",
            "serverSideEncryption": "SSESpecification",
            "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
        },
        provider_only=_APART,
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {"billingMode": "PROVISIONED", **inputs, "name": physical_name(name, inputs)}
        self.api.call(
            cloud,
            "CreateTable",
            named,
            AttributeDefinitions=_attributes(inputs),
            KeySchema=_keys(inputs),
            **_indexes(inputs),
            **_stream(inputs),
            **_throughput(named),
        )
        return str(named["name"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        cloud.client("dynamodb").get_waiter("table_exists").wait(TableName=id)
        self._settle(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        table = cloud.client("dynamodb").describe_table(TableName=id)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        stream = table.get("StreamSpecification", {})
        enabled = bool(stream.get("StreamEnabled"))
        return {
            "name": table["TableName"],
            "arn": table["TableArn"],
            "hashKey": keys["HASH"],
            **({"rangeKey": keys["RANGE"]} if "RANGE" in keys else {}),
            "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "deletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
            "streamEnabled": enabled,
            **({"streamViewType": stream["StreamViewType"]} if enabled else {}),
            "streamArn": table.get("LatestStreamArn", "") if enabled else "",
            "streamLabel": table.get("LatestStreamLabel", "") if enabled else "",
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        changed: Properties = {
            key: inputs[key]
            for key in _CHANGED_IN_PLACE
            if key in inputs and inputs[key] != state.get(key)
        }
        more = _throughput({**state, **inputs})
        if more == _throughput(state):
            more = {}
        if _stream(inputs) != _stream(state):
            more |= _stream(inputs) or {"StreamSpecification": {"StreamEnabled": False}}
        if changed or more:
            self.api.call(cloud, "UpdateTable", {"name": id, **changed}, **more)
        self._change_indexes(cloud, id, state, inputs)
        self._settle(cloud, id, state, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("dynamodb").delete_table(TableName=id)

    def _change_indexes(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        old = {index["name"]: index for index in state.get("globalSecondaryIndexes") or []}
        new = {index["name"]: index for index in inputs.get("globalSecondaryIndexes") or []}
        stale = [name for name in old if old[name] != new.get(name)]
        fresh = [name for name in new if new[name] != old.get(name)]
        steps = [{"Delete": {"IndexName": name}} for name in stale]
        steps += [{"Create": _index(new[name])} for name in fresh]
        for step in steps:
            cloud.client("dynamodb").update_table(
                TableName=id,
                AttributeDefinitions=_attributes(inputs),
                GlobalSecondaryIndexUpdates=[step],
            )

    def _settle(self, cloud: Cloud, table: str, state: Properties, inputs: Properties) -> None:
        client = cloud.client("dynamodb")
        ttl = inputs.get("ttl")
        if ttl and ttl != state.get("ttl"):
            client.update_time_to_live(
                TableName=table,
                TimeToLiveSpecification={
                    "AttributeName": ttl["attributeName"],
                    "Enabled": ttl.get("enabled", True),
                },
            )
        recovery = inputs.get("pointInTimeRecovery")
        if recovery and recovery != state.get("pointInTimeRecovery"):
            specification = {"PointInTimeRecoveryEnabled": recovery["enabled"]}
            if days := recovery.get("recoveryPeriodInDays"):
                specification["RecoveryPeriodInDays"] = int(days)
            client.update_continuous_backups(
                TableName=table, PointInTimeRecoverySpecification=specification
            )


def _attributes(inputs: Properties) -> list[dict[str, str]]:
    return [
        {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
        for attribute in inputs["attributes"]
    ]


def _keys(keyed: Properties) -> list[dict[str, str]]:
    kinds = {"hashKey": "HASH", "rangeKey": "RANGE"}
    single = [
        {"AttributeName": keyed[key], "KeyType": kind}
        for key, kind in kinds.items()
        if keyed.get(key)
    ]
    return single or [
        {"AttributeName": key["attributeName"], "KeyType": key["keyType"]}
        for key in keyed.get("keySchemas") or []
    ]


def _index(index: Properties) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    throughput = (
        _throughput({"billingMode": "PROVISIONED", **index}) if _has_capacity(index) else {}
    )
    return {
        "IndexName": index["name"],
        "KeySchema": _keys(index),
        "Projection": projection,
        **throughput,
    }


def _indexes(inputs: Properties) -> dict[str, Any]:
    kinds = ("globalSecondaryIndexes", "localSecondaryIndexes")
    shared = {"localSecondaryIndexes": {"hashKey": inputs.get("hashKey")}}
    return {
        kind[0].upper() + kind[1:]: [_index({**shared.get(kind, {}), **index}) for index in given]
        for kind in kinds
        if (given := inputs.get(kind))
    }


def _stream(inputs: Properties) -> dict[str, Any]:
    if not inputs.get("streamEnabled"):
        return {}
    return {
        "StreamSpecification": {
            "StreamEnabled": True,
            "StreamViewType": inputs["streamViewType"],
        }
    }


def _throughput(inputs: Properties) -> dict[str, Any]:
    if inputs["billingMode"] != "PROVISIONED":
        return {}
    return {
        "ProvisionedThroughput": {
            "ReadCapacityUnits": int(inputs["readCapacity"]),
            "WriteCapacityUnits": int(inputs["writeCapacity"]),
        }
    }


def _has_capacity(index: Properties) -> bool:
    return bool(index.get("readCapacity") or index.get("writeCapacity"))


HANDLERS = (Table(),)

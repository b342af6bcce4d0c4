"""Secrets and their versions."""

from __future__ import annotations

import base64
from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, text


class Secret(Lifecycle):
    """A secret without a value; its id is its ARN."""

    handles = "aws:secretsmanager/secret:Secret"
    replace_on = frozenset({"name", "namePrefix"})
    tags_by = "arn"
    api = Api(
        "secretsmanager",
        renamed={"replicas": "AddReplicaRegions"},
        provider_only=frozenset({"namePrefix", "policy", "recoveryWindowInDays"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateSecret", named)["ARN"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._allow(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = cloud.client("secretsmanager").describe_secret(SecretId=id)
        if found.get("DeletedDate"):
            return None
        return {**self.api.reflect(state, found), "name": found["Name"], "arn": id}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        keys = ("description", "kmsKeyId")
        given = {key: inputs[key] for key in keys if key in inputs}
        if given:
            self.api.call(cloud, "UpdateSecret", given, SecretId=id)
        self._allow(cloud, id, state, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        days = int(state.get("recoveryWindowInDays", 30))
        window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        cloud.client("secretsmanager").delete_secret(SecretId=id, **window)

    def _allow(self, cloud: Cloud, arn: str, state: Properties, inputs: Properties) -> None:
        client = cloud.client("secretsmanager")
        if inputs.get("policy"):
            client.put_resource_policy(SecretId=arn, ResourcePolicy=text(inputs["policy"]))
        elif state.get("policy"):
            client.delete_resource_policy(SecretId=arn)


class SecretVersion(Lifecycle):
    """A value of a secret; its id is `<secret ARN>|<version id>`."""

    handles = "aws:secretsmanager/secretVersion:SecretVersion"
    replace_on = frozenset(
        {"secretId", "secretString", "secretBinary", "secretStringWo", "secretStringWoVersion"}
    )
    api = Api("secretsmanager")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        stages = {"VersionStages": s} if (s := inputs.get("versionStages")) else {}
        version = cloud.client("secretsmanager").put_secret_value(
            SecretId=inputs["secretId"], **_value(inputs), **stages
        )
        return f"{version['ARN']}|{version['VersionId']}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        arn, _, version = id.partition("|")
        found = cloud.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)
        return {
            "arn": arn,
            "secretArn": arn,
            "versionId": version,
            "versionStages": found["VersionStages"],
            "hasSecretStringWo": "secretStringWo" in state,
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Nothing changes in place: a new value is a new version."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; the current version cannot lose its stage and goes with it."""
        arn, _, version = id.partition("|")
        client = cloud.client("secretsmanager")
        for stage in state.get("versionStages") or []:
            if stage != "AWSCURRENT":
                client.update_secret_version_stage(
                    SecretId=arn, VersionStage=stage, RemoveFromVersionId=version
                )


def _value(inputs: Properties) -> dict[str, Any]:
    if inputs.get("secretBinary"):
        return {"SecretBinary": base64.b64decode(inputs["secretBinary"])}
    return {"SecretString": inputs.get("secretString") or inputs["secretStringWo"]}


HANDLERS = (Secret(), SecretVersion())

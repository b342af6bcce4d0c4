"""KMS keys and aliases."""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, same, text

_GONE = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


class Key(Lifecycle):
    """A key; its id is the key id. Deleting one schedules its end, as on AWS."""

    handles = "aws:kms/key:Key"
    replace_on = frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion"})
    tags_by = "id"
    api = Api(
        "kms",
        renamed={
            "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck",
            "customerMasterKeySpec": "KeySpec",
        },
        provider_only=frozenset(
            {"deletionWindowInDays", "enableKeyRotation", "isEnabled", "rotationPeriodInDays"}
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        return str(self.api.call(cloud, "CreateKey", inputs)["KeyMetadata"]["KeyId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._settle(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        client = cloud.client("kms")
        found = client.describe_key(KeyId=id)["KeyMetadata"]
        if found["KeyState"] in _GONE:
            return None
        policy = client.get_key_policy(KeyId=id, PolicyName="default")["Policy"]
        given = state.get("policy")
        rotation = client.get_key_rotation_status(KeyId=id)
        return {
            **self.api.reflect(state, found),
            "arn": found["Arn"],
            "keyId": id,
            "policy": given if given is not None and same(given, policy) else policy,
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "isEnabled": found["Enabled"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        client = cloud.client("kms")
        if inputs.get("description", "") != state.get("description", ""):
            client.update_key_description(KeyId=id, Description=inputs.get("description", ""))
        if inputs.get("policy") and inputs["policy"] != state.get("policy"):
            client.put_key_policy(KeyId=id, PolicyName="default", Policy=text(inputs["policy"]))
        self._settle(cloud, id, state, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        client = cloud.client("kms")
        if client.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] not in _GONE:
            days = int(state.get("deletionWindowInDays", 30))
            client.schedule_key_deletion(KeyId=id, PendingWindowInDays=days)

    def _settle(self, cloud: Cloud, key: str, state: Properties, inputs: Properties) -> None:
        client = cloud.client("kms")
        rotates, rotated = (bool(side.get("enableKeyRotation")) for side in (inputs, state))
        if rotates and not rotated:
            days = inputs.get("rotationPeriodInDays")
            more = {"RotationPeriodInDays": int(days)} if days else {}
            client.enable_key_rotation(KeyId=key, **more)
        elif rotated and not rotates:
            client.disable_key_rotation(KeyId=key)
        enabled, was_enabled = (side.get("isEnabled", True) for side in (inputs, state))
        if enabled != was_enabled:
            (client.enable_key if enabled else client.disable_key)(KeyId=key)


class Alias(Lifecycle):
    """A key's name; its id is the alias."""

    handles = "aws:kms/alias:Alias"
    replace_on = frozenset({"name", "namePrefix"})
    api = Api("kms", renamed={"name": "AliasName"}, provider_only=frozenset({"namePrefix"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        alias = inputs.get("name") or physical_name(f"alias/{name}", inputs)
        self.api.call(cloud, "CreateAlias", {**inputs, "name": alias})
        return str(alias)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        pages = cloud.client("kms").get_paginator("list_aliases").paginate()
        aliases = [alias for page in pages for alias in page["Aliases"]]
        found = next((alias for alias in aliases if alias["AliasName"] == id), None)
        if found is None:
            return None
        prefix = found["AliasArn"].removesuffix(id)
        target = f"{prefix}key/{found['TargetKeyId']}"
        return {"name": id, "arn": found["AliasArn"], "targetKeyArn": target}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        cloud.client("kms").update_alias(AliasName=id, TargetKeyId=inputs["targetKeyId"])

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("kms").delete_alias(AliasName=id)


HANDLERS = (Key(), Alias())

"""IAM roles and policies."""

from __future__ import annotations

import json
from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, text

_UNKNOWN_CONDITION_KEYS = ("servicediscovery:NamespaceName", "servicediscovery:ServiceName")
"""The emulator takes a condition on a key it does not know for one that fails."""
_POLICY_VARIABLE = "${"
"""The emulator does not fill in policy variables; it has one account, which they would compare."""
BATCHES = {
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:SendMessage": "sqs:SendMessageBatch",
}
"""The emulator takes a batch for an action of its own; to AWS it is the action itself."""


def evaluable(document: Any) -> dict[str, Any]:
    """A policy as the emulator understands it: conditions and batch actions are translated."""
    policy: dict[str, Any] = json.loads(text(document))
    for statement in policy.get("Statement", []):
        named = statement.get("Action", [])
        actions = [named] if isinstance(named, str) else named
        if batches := [BATCHES[action] for action in actions if action in BATCHES]:
            statement["Action"] = [*actions, *batches]
        conditions = {
            operator: {
                key: value
                for key, value in tests.items()
                if key not in _UNKNOWN_CONDITION_KEYS and _POLICY_VARIABLE not in str(value)
            }
            for operator, tests in statement.pop("Condition", {}).items()
        }
        if known := {operator: tests for operator, tests in conditions.items() if tests}:
            statement["Condition"] = known
    return policy


class Role(Lifecycle):
    """A role; its id is its name."""

    handles = "aws:iam/role:Role"
    replace_on = frozenset({"name", "namePrefix", "path"})
    tags_by = "name"
    api = Api(
        "iam",
        renamed={
            "name": "RoleName",
            "assumeRolePolicy": "AssumeRolePolicyDocument",
        },
        provider_only=frozenset(
            {"namePrefix", "forceDetachPolicies", "managedPolicyArns", "inlinePolicies"}
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        role = physical_name(name, inputs)
        self.api.call(cloud, "CreateRole", {**inputs, "name": role})
        return role

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._settle(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        role = cloud.client("iam").get_role(RoleName=id)["Role"]
        boundary = role.pop("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {
            **self.api.reflect(state, {**role, "PermissionsBoundary": boundary}),
            "name": id,
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "maxSessionDuration": role["MaxSessionDuration"],
            "path": role["Path"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        client = cloud.client("iam")
        client.update_assume_role_policy(
            RoleName=id, PolicyDocument=text(inputs["assumeRolePolicy"])
        )
        self.api.call_with_known(cloud, "UpdateRole", {**inputs, "name": id})
        boundary = inputs.get("permissionsBoundary")
        if boundary:
            client.put_role_permissions_boundary(RoleName=id, PermissionsBoundary=boundary)
        elif state.get("permissionsBoundary"):
            client.delete_role_permissions_boundary(RoleName=id)
        self._settle(cloud, id, state, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        client = cloud.client("iam")
        for arn in state.get("managedPolicyArns") or []:
            client.detach_role_policy(RoleName=id, PolicyArn=arn)
        for policy in state.get("inlinePolicies") or []:
            client.delete_role_policy(RoleName=id, PolicyName=policy["name"])
        client.delete_role(RoleName=id)

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """See `Lifecycle.retag`: IAM names the kind of resource in its calls."""
        client = cloud.client("iam")
        if gone := sorted(old.keys() - new.keys()):
            client.untag_role(RoleName=resource, TagKeys=gone)
        if new:
            client.tag_role(RoleName=resource, Tags=_tags(new))

    def _settle(self, cloud: Cloud, role: str, state: Properties, inputs: Properties) -> None:
        client = cloud.client("iam")
        old, new = (set(side.get("managedPolicyArns") or []) for side in (state, inputs))
        for arn in old - new:
            client.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in new - old:
            client.attach_role_policy(RoleName=role, PolicyArn=arn)
        old, new = (
            {p["name"] for p in side.get("inlinePolicies") or []} for side in (state, inputs)
        )
        for gone in old - new:
            client.delete_role_policy(RoleName=role, PolicyName=gone)
        for policy in inputs.get("inlinePolicies") or []:
            client.put_role_policy(
                RoleName=role, PolicyName=policy["name"], PolicyDocument=text(policy["policy"])
            )


class RolePolicy(Lifecycle):
    """A policy inside a role; its id is `<role>:<name>`."""

    handles = "aws:iam/rolePolicy:RolePolicy"
    replace_on = frozenset({"name", "namePrefix", "role"})
    api = Api("iam", renamed={"policy": "PolicyDocument"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        policy = physical_name(name, inputs)
        self._put(cloud, inputs["role"], policy, inputs["policy"])
        return f"{inputs['role']}:{policy}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        role, _, policy = id.partition(":")
        answer = cloud.client("iam").get_role_policy(RoleName=role, PolicyName=policy)
        answer["PolicyDocument"] = _as_given(answer["PolicyDocument"], state)
        return {**self.api.reflect(state, answer), "name": policy, "role": role}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        role, _, policy = id.partition(":")
        self._put(cloud, role, policy, inputs["policy"])

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        role, _, policy = id.partition(":")
        cloud.client("iam").delete_role_policy(RoleName=role, PolicyName=policy)

    def _put(self, cloud: Cloud, role: str, name: str, document: Any) -> None:
        cloud.client("iam").put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps(evaluable(document))
        )


class RolePolicyAttachment(Lifecycle):
    """A managed policy attached to a role; its id is `<role>/<policy ARN>`."""

    handles = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    replace_on = frozenset({"role", "policyArn"})
    api = Api("iam", renamed={"role": "RoleName"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self.api.call(cloud, "AttachRolePolicy", inputs)
        return f"{inputs['role']}/{inputs['policyArn']}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        role, _, arn = id.partition("/")
        attached = cloud.client("iam").list_attached_role_policies(RoleName=role)
        arns = {policy["PolicyArn"] for policy in attached["AttachedPolicies"]}
        return {"role": role, "policyArn": arn} if arn in arns else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Nothing changes in place: both inputs need a new attachment."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        role, _, arn = id.partition("/")
        cloud.client("iam").detach_role_policy(RoleName=role, PolicyArn=arn)


class Policy(Lifecycle):
    """A managed policy; its id is its ARN."""

    handles = "aws:iam/policy:Policy"
    replace_on = frozenset({"name", "namePrefix", "path", "description"})
    tags_by = "arn"
    api = Api(
        "iam",
        renamed={"name": "PolicyName", "policy": "PolicyDocument"},
        provider_only=frozenset({"namePrefix", "delayAfterPolicyCreationInMs"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        document = json.dumps(evaluable(inputs["policy"]))
        named = {**inputs, "name": physical_name(name, inputs), "policy": document}
        return str(self.api.call(cloud, "CreatePolicy", named)["Policy"]["Arn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("iam")
        policy = client.get_policy(PolicyArn=id)["Policy"]
        version = client.get_policy_version(PolicyArn=id, VersionId=policy["DefaultVersionId"])
        document = _as_given(version["PolicyVersion"]["Document"], state)
        return {
            **self.api.reflect(state, {**policy, "PolicyDocument": document}),
            "name": policy["PolicyName"],
            "arn": id,
            "path": policy["Path"],
            "policyId": policy["PolicyId"],
            "attachmentCount": policy["AttachmentCount"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        client = cloud.client("iam")
        document = evaluable(inputs["policy"])
        if document != evaluable(state["policy"]):
            self._drop_versions(cloud, id)
            client.create_policy_version(
                PolicyArn=id, PolicyDocument=json.dumps(document), SetAsDefault=True
            )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self._drop_versions(cloud, id)
        cloud.client("iam").delete_policy(PolicyArn=id)

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """See `Lifecycle.retag`: IAM names the kind of resource in its calls."""
        client = cloud.client("iam")
        if gone := sorted(old.keys() - new.keys()):
            client.untag_policy(PolicyArn=resource, TagKeys=gone)
        if new:
            client.tag_policy(PolicyArn=resource, Tags=_tags(new))

    def _drop_versions(self, cloud: Cloud, arn: str) -> None:
        client = cloud.client("iam")
        for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def _as_given(document: Properties, state: Properties) -> Properties:
    """The policy as the program wrote it, when the emulator holds its translation."""
    if document != evaluable(state.get("policy", "{}")):
        return document
    given: Properties = json.loads(text(state["policy"]))
    return given


def _tags(tags: Properties) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


HANDLERS = (Role(), RolePolicy(), RolePolicyAttachment(), Policy())

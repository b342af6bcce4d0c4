"""Cognito user pools, their clients, resource servers, domains and groups."""

from __future__ import annotations

from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, picked


class UserPool(Lifecycle):
    """A user pool; its id is the pool id."""

    handles = "aws:cognito/userPool:UserPool"
    replace_on = frozenset({"aliasAttributes", "schemas", "usernameAttributes"})
    tags_by = "arn"
    api = Api(
        "cognito-idp",
        renamed={"name": "PoolName", "tags": "UserPoolTags"},
        provider_only=frozenset(
            {"passwordPolicy", "signInPolicy", "softwareTokenMfaConfiguration"}
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        more = self._policies(cloud, "CreateUserPool", inputs)
        answer = self.api.call(cloud, "CreateUserPool", _without_mfa(named), **more)
        return str(answer["UserPool"]["Id"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._set_mfa(cloud, id, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        pool = cloud.client("cognito-idp").describe_user_pool(UserPoolId=id)["UserPool"]
        own_schema = {key: state[key] for key in ("schemas",) if key in state}
        policies = self.api.reflect(
            {key: state[key] for key in ("passwordPolicy", "signInPolicy") if key in state},
            pool.get("Policies", {}),
        )
        reflected = self.api.reflect(state, {**pool, "PoolName": pool["Name"]})
        computed = {
            "domain": "Domain",
            "customDomain": "CustomDomain",
            "estimatedNumberOfUsers": "EstimatedNumberOfUsers",
            "mfaConfiguration": "MfaConfiguration",
            "deletionProtection": "DeletionProtection",
        }
        return {
            **reflected,
            **policies,
            **own_schema,
            **picked(pool, computed),
            "name": pool["Name"],
            "arn": pool["Arn"],
            "endpoint": f"cognito-idp.{cloud.region}.amazonaws.com/{id}",
            "creationDate": pool["CreationDate"].isoformat(),
            "lastModifiedDate": pool["LastModifiedDate"].isoformat(),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        more = self._policies(cloud, "UpdateUserPool", inputs)
        inputs = {key: value for key, value in inputs.items() if key not in ("tags", "schemas")}
        known = _without_mfa(inputs)
        self.api.call_with_known(cloud, "UpdateUserPool", known, UserPoolId=id, **more)
        self._set_mfa(cloud, id, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cognito-idp").delete_user_pool(UserPoolId=id)

    def _policies(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        given = {key: inputs[key] for key in ("passwordPolicy", "signInPolicy") if key in inputs}
        plain = Api("cognito-idp")
        return {"Policies": plain.member(cloud, operation, "Policies", given)} if given else {}

    def _set_mfa(self, cloud: Cloud, pool: str, inputs: Properties) -> None:
        mode = inputs.get("mfaConfiguration", "OFF")
        token = inputs.get("softwareTokenMfaConfiguration")
        if mode == "OFF" and not token:
            return
        more = {"SoftwareTokenMfaConfiguration": {"Enabled": token["enabled"]}} if token else {}
        cloud.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=pool, MfaConfiguration=mode, **more
        )


class UserPoolClient(Lifecycle):
    """An app client; its id is the client id."""

    handles = "aws:cognito/userPoolClient:UserPoolClient"
    replace_on = frozenset({"userPoolId", "generateSecret"})
    api = Api("cognito-idp", renamed={"name": "ClientName"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        client = self.api.call(cloud, "CreateUserPoolClient", named)["UserPoolClient"]
        return str(client["ClientId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("cognito-idp").describe_user_pool_client(
            UserPoolId=state["userPoolId"], ClientId=id
        )["UserPoolClient"]
        return {
            **self.api.reflect(state, found),
            "name": found["ClientName"],
            "clientSecret": found.get("ClientSecret", ""),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call_with_known(cloud, "UpdateUserPoolClient", inputs, ClientId=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cognito-idp").delete_user_pool_client(
            UserPoolId=state["userPoolId"], ClientId=id
        )


class ResourceServer(Lifecycle):
    """The scopes of an API; its id is `<pool id>|<identifier>`."""

    handles = "aws:cognito/resourceServer:ResourceServer"
    replace_on = frozenset({"identifier", "userPoolId"})
    api = Api("cognito-idp")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        self.api.call(cloud, "CreateResourceServer", named)
        return f"{inputs['userPoolId']}|{inputs['identifier']}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        pool, _, identifier = id.partition("|")
        found = cloud.client("cognito-idp").describe_resource_server(
            UserPoolId=pool, Identifier=identifier
        )["ResourceServer"]
        scopes = [f"{identifier}/{scope['ScopeName']}" for scope in found.get("Scopes", [])]
        return {
            **self.api.reflect(state, found),
            "name": found["Name"],
            "scopeIdentifiers": scopes,
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call(cloud, "UpdateResourceServer", inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        pool, _, identifier = id.partition("|")
        cloud.client("cognito-idp").delete_resource_server(UserPoolId=pool, Identifier=identifier)


class UserPoolDomain(Lifecycle):
    """The domain of a pool's sign-in pages; its id is the domain."""

    handles = "aws:cognito/userPoolDomain:UserPoolDomain"
    replace_on = frozenset({"domain", "userPoolId"})
    api = Api("cognito-idp", provider_only=frozenset({"certificateArn"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self.api.call(cloud, "CreateUserPoolDomain", inputs, **_certificate(inputs))
        return str(inputs["domain"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("cognito-idp").describe_user_pool_domain(Domain=id)
        found = answer["DomainDescription"]
        if not found:
            return None
        names = {"cloudfrontDistribution": "CloudFrontDistribution", "version": "Version"}
        return {
            **self.api.reflect(state, found),
            **picked(found, names),
            "awsAccountId": found.get("AWSAccountId", cloud.account_id),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call(cloud, "UpdateUserPoolDomain", inputs, **_certificate(inputs))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cognito-idp").delete_user_pool_domain(
            Domain=id, UserPoolId=state["userPoolId"]
        )


class UserGroup(Lifecycle):
    """A group of users; its id is `<pool id>/<name>`. The emulator cannot change one."""

    handles = "aws:cognito/userGroup:UserGroup"
    replace_on = frozenset({"name", "userPoolId", "description", "precedence", "roleArn"})
    api = Api("cognito-idp", renamed={"name": "GroupName"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        group = physical_name(name, inputs)
        self.api.call(cloud, "CreateGroup", {**inputs, "name": group})
        return f"{inputs['userPoolId']}/{group}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        pool, _, group = id.partition("/")
        found = cloud.client("cognito-idp").get_group(UserPoolId=pool, GroupName=group)["Group"]
        return {**self.api.reflect(state, found), "name": group}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Nothing changes in place: the embedded AWS has no UpdateGroup."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        pool, _, group = id.partition("/")
        cloud.client("cognito-idp").delete_group(UserPoolId=pool, GroupName=group)


def _without_mfa(inputs: Properties) -> Properties:
    """MFA is set by a call of its own, since a pool cannot be created with it switched on."""
    return {key: value for key, value in inputs.items() if key != "mfaConfiguration"}


def _certificate(inputs: Properties) -> dict[str, Any]:
    arn = inputs.get("certificateArn")
    return {"CustomDomainConfig": {"CertificateArn": arn}} if arn else {}


HANDLERS = (UserPool(), UserPoolClient(), ResourceServer(), UserPoolDomain(), UserGroup())

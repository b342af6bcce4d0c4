"""Cognito: customers who sign in, and machines that act for the back office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.protection import data_options
from components.naming import Scope, account_of

CUSTOMER_SCOPE = "aws.cognito.signin.user.admin"
"""The scope that Cognito puts in every access token of a person who signed in."""


@dataclass(frozen=True, kw_only=True)
class UserPoolArgs:
    """Arguments of `UserPool`."""

    scope: Scope
    """names and tags"""
    region: str
    """AWS region, for the issuer's URL"""
    access_token_minutes: int
    """life of an access token"""
    deletion_protected: bool
    """whether AWS refuses to delete the pool"""
    admin_sign_in: bool
    """whether AWS credentials may sign a customer in with the password: for people who try it"""
    resource_server: str
    """identifier that machine scopes begin with"""
    machine_scopes: Sequence[str]
    """scopes of the resource server, without its identifier"""


class UserPool(pulumi.ComponentResource):
    """One pool; a public client for the shop and a confidential one for the back office."""

    pool_id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    audiences: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: UserPoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:UserPool", name, {}, opts)
        self._name = name
        self._args = args
        self.pool = self._create_pool()
        self.domain = self._create_domain()
        self.resource_server = self._create_resource_server()
        self.shop_client = self._create_shop_client()
        self.back_office_client = self._create_back_office_client()
        self.pool_id = self.pool.id
        self.issuer = pulumi.Output.format(
            "https://cognito-idp.{0}.amazonaws.com/{1}", args.region, self.pool_id
        )
        self.audiences = [self.shop_client.id, self.back_office_client.id]
        self.register_outputs({"pool_id": self.pool_id})

    def _create_pool(self) -> aws.cognito.UserPool:
        return aws.cognito.UserPool(
            f"{self._name}-pool",
            name=self._args.scope.physical("user_pool"),
            username_attributes=["email"],
            auto_verified_attributes=["email"],
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration={"enabled": True},
            password_policy={
                "minimum_length": 12,
                "require_lowercase": True,
                "require_numbers": True,
                "require_symbols": False,
                "require_uppercase": True,
                "temporary_password_validity_days": 1,
            },
            deletion_protection="ACTIVE" if self._args.deletion_protected else "INACTIVE",
            tags=self._args.scope.tags,
            opts=data_options(self, self._args.deletion_protected),
        )

    def _create_domain(self) -> aws.cognito.UserPoolDomain:
        return aws.cognito.UserPoolDomain(
            f"{self._name}-domain",
            domain=self.pool.arn.apply(self._domain_name),
            user_pool_id=self.pool.id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _domain_name(self, pool_arn: str) -> str:
        """A prefix that no other account has taken: they share one namespace in a region."""
        return self._args.scope.physical("user_pool_domain", account_of(pool_arn))

    def _create_resource_server(self) -> aws.cognito.ResourceServer:
        return aws.cognito.ResourceServer(
            f"{self._name}-resource-server",
            identifier=self._args.resource_server,
            name=self._args.resource_server,
            user_pool_id=self.pool.id,
            scopes=[
                {"scope_name": scope, "scope_description": f"{self._args.resource_server} {scope}"}
                for scope in self._args.machine_scopes
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_shop_client(self) -> aws.cognito.UserPoolClient:
        return aws.cognito.UserPoolClient(
            f"{self._name}-shop-client",
            name=self._args.scope.physical("user_pool_client", "shop"),
            user_pool_id=self.pool.id,
            explicit_auth_flows=[
                *(["ALLOW_ADMIN_USER_PASSWORD_AUTH"] if self._args.admin_sign_in else []),
                "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_USER_SRP_AUTH",
            ],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=self._args.access_token_minutes,
            token_validity_units={"access_token": "minutes"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_back_office_client(self) -> aws.cognito.UserPoolClient:
        scopes = [f"{self._args.resource_server}/{scope}" for scope in self._args.machine_scopes]
        return aws.cognito.UserPoolClient(
            f"{self._name}-back-office-client",
            name=self._args.scope.physical("user_pool_client", "back-office"),
            user_pool_id=self.pool.id,
            generate_secret=True,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["client_credentials"],
            allowed_oauth_scopes=scopes,
            access_token_validity=self._args.access_token_minutes,
            token_validity_units={"access_token": "minutes"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.resource_server]),
        )

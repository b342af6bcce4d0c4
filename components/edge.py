"""The way in: who may call the shop, and the API they call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.http_api import HttpApi, HttpApiArgs
from components.blocks.network import Network
from components.blocks.user_pool import UserPool, UserPoolArgs
from components.naming import Scope
from settings import ApiSettings


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """Arguments of `Edge`."""

    scope: Scope
    """names and tags of the environment"""
    settings: ApiSettings
    """the environment's values"""
    network: Network
    """where private listeners stand"""
    region: str
    """AWS region"""
    log_retention_days: int
    """days that access logs are kept"""
    resource_server: str
    """identifier that machine scopes begin with"""
    machine_scopes: Sequence[str]
    """scopes of the resource server, without its identifier"""


class Edge(pulumi.ComponentResource):
    """`users` signs tokens, `api` takes requests; `link_group` is where the API's calls inward
    come from."""

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:edge:Edge", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.users = UserPool(
            "users",
            UserPoolArgs(
                scope=args.scope.of("users"),
                region=args.region,
                access_token_minutes=args.settings.access_token_minutes,
                resource_server=args.resource_server,
                machine_scopes=args.machine_scopes,
            ),
            own,
        )
        scope = args.scope.of("api")
        self.link_group = args.network.security_group(
            scope, "link", "Requests that the public API sends inward"
        )
        self.api = HttpApi(
            "api",
            HttpApiArgs(
                scope=scope,
                network=args.network,
                link_group=self.link_group,
                issuer=self.users.issuer,
                audiences=self.users.audiences,
                throttle_rate=args.settings.throttle_rate,
                throttle_burst=args.settings.throttle_burst,
                log_retention_days=args.log_retention_days,
            ),
            own,
        )
        self.register_outputs({"url": self.api.url})

"""The way in: who may call the shop, and the API they call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.http_api import HttpApi, HttpApiArgs
from components.blocks.user_pool import UserPool, UserPoolArgs
from components.platform import Platform
from settings import ApiSettings, EdgeSettings


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """Arguments of `Edge`."""

    platform: Platform
    """what the edge stands on"""
    settings: ApiSettings
    """the environment's values for the API and its callers"""
    edge: EdgeSettings
    """the environment's values for what stands before the API"""
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
        platform = args.platform
        self.users = UserPool(
            f"{name}-users",
            UserPoolArgs(
                scope=platform.scope.of("users"),
                region=platform.region,
                access_token_minutes=args.settings.access_token_minutes,
                deletion_protected=args.settings.users_deletion_protected,
                resource_server=args.resource_server,
                machine_scopes=args.machine_scopes,
            ),
            own,
        )
        scope = platform.scope.of("api")
        self.link_group = platform.network.security_group(
            scope, "link", "Requests that the public API sends inward"
        )
        self.api = HttpApi(
            f"{name}-api",
            HttpApiArgs(
                scope=scope,
                network=platform.network,
                link_group=self.link_group,
                issuer=self.users.issuer,
                audiences=self.users.audiences,
                throttle_rate=args.settings.throttle_rate,
                throttle_burst=args.settings.throttle_burst,
                cors_origins=[each for each in args.edge.cors_origins.split(",") if each],
                log_retention_days=platform.functions.log_retention_days,
                log_key=platform.functions.log_key,
            ),
            own,
        )
        self.register_outputs({"url": self.api.url})

    def open(self) -> None:
        """Serve what the API was given to serve; once, after the last route."""
        self.api.open()

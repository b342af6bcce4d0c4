"""An API Gateway HTTP API: JWT authorizer, routes to functions and to a private listener."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.function import Function
from components.blocks.keys import Key, arn_of
from components.blocks.network import Network, SecurityGroup
from components.naming import Scope

_ACCESS_LOG = (
    '{"request_id":"$context.requestId","route":"$context.routeKey","status":"$context.status",'
    '"latency_ms":"$context.responseLatency","integration_ms":"$context.integrationLatency",'
    '"subject":"$context.authorizer.claims.sub","error":"$context.error.message"}'
)

_CORRELATION = "x-correlation-id"
_PREFLIGHT_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Route:
    """`<METHOD> <path>`, and the scope a token must hold; no scope means no token is needed."""

    key: str
    scope: str | None
    share: float = 0.25
    """the part of the API's throttle that the route may use up, 0 to 1"""


@dataclass(frozen=True, kw_only=True)
class HttpApiArgs:
    """Arguments of `HttpApi`."""

    scope: Scope
    """names and tags"""
    network: Network
    """where private listeners stand"""
    link_group: SecurityGroup
    """the group that requests to private listeners come from"""
    issuer: pulumi.Input[str]
    """who signs tokens"""
    audiences: Sequence[pulumi.Input[str]]
    """client ids that tokens may be for"""
    throttle_rate: int
    """requests per second, steady"""
    throttle_burst: int
    """requests at once"""
    cors_origins: Sequence[str]
    """origins whose pages may call the API, exact; empty: none may"""
    endpoint_disabled: bool
    """whether the API answers under a domain of its own only"""
    log_retention_days: int
    """days that access logs are kept"""
    log_key: Key | None = None
    """customer managed key of the access logs"""


class HttpApi(pulumi.ComponentResource):
    """One API with a `$default` stage; every route without a scope is public by intent.

    `open` comes last: AWS takes a throttle for a route that exists only.
    """

    url: pulumi.Output[str]
    host: pulumi.Output[str]
    stage: aws.apigatewayv2.Stage

    def __init__(
        self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:HttpApi", name, {}, opts)
        self._name = name
        self._args = args
        self.api = self._create_api()
        self.authorizer = self._create_authorizer()
        self.link = self._create_link()
        self._served: list[tuple[Route, aws.apigatewayv2.Route]] = []
        self.url = self.api.api_endpoint
        self.host = self.url.apply(_host)
        self.register_outputs({"url": self.url})

    @property
    def paths(self) -> list[str]:
        """Path patterns that cover every route served so far, and what lies below them."""
        return sorted({f"/{route.key.split('/')[1]}*" for route, _ in self._served})

    def serve_function(self, service: str, function: Function, routes: Sequence[Route]) -> None:
        """Answer `routes` with `function`."""
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-{service}-integration",
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.invoke_arn,
            payload_format_version="2.0",
            opts=pulumi.ResourceOptions(parent=self),
        )
        function.admit(
            f"{self._name}-{service}-permission",
            "apigateway.amazonaws.com",
            pulumi.Output.concat(self.api.execution_arn, "/*"),
            pulumi.ResourceOptions(parent=self),
        )
        self._create_routes(integration, routes)

    def serve_listener(
        self, service: str, listener_arn: pulumi.Input[str], routes: Sequence[Route]
    ) -> None:
        """Answer `routes` with what stands behind a private load balancer's listener.

        The backend reads the caller's scopes from `x-caller-scope`, which callers cannot set.
        """
        secured = [route for route in routes if route.scope]
        public = [route for route in routes if not route.scope]
        for suffix, chosen, scope_header in (
            ("secured", secured, {"overwrite:header.x-caller-scope": _CALLER_SCOPE}),
            ("public", public, {"remove:header.x-caller-scope": "''"}),
        ):
            integration = aws.apigatewayv2.Integration(
                f"{self._name}-{service}-{suffix}-integration",
                api_id=self.api.id,
                integration_type="HTTP_PROXY",
                integration_method="ANY",
                integration_uri=listener_arn,
                connection_type="VPC_LINK",
                connection_id=self.link.id,
                payload_format_version="1.0",
                timeout_milliseconds=10_000,
                request_parameters=scope_header,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self._create_routes(integration, chosen)

    def _create_routes(
        self, integration: aws.apigatewayv2.Integration, routes: Sequence[Route]
    ) -> None:
        for route in routes:
            created = aws.apigatewayv2.Route(
                f"{self._name}-route-{_slug(route.key)}",
                api_id=self.api.id,
                route_key=route.key,
                target=pulumi.Output.concat("integrations/", integration.id),
                authorization_type="JWT" if route.scope else "NONE",
                authorizer_id=self.authorizer.id if route.scope else None,
                authorization_scopes=[route.scope] if route.scope else None,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self._served.append((route, created))

    def _create_api(self) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            name=self._args.scope.physical("api"),
            protocol_type="HTTP",
            cors_configuration=self._cors(),
            disable_execute_api_endpoint=self._args.endpoint_disabled or None,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_authorizer(self) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            f"{self._name}-authorizer",
            api_id=self.api.id,
            name=self._args.scope.physical("authorizer"),
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={
                "issuer": self._args.issuer,
                "audiences": list(self._args.audiences),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_link(self) -> aws.apigatewayv2.VpcLink:
        return aws.apigatewayv2.VpcLink(
            f"{self._name}-link",
            name=self._args.scope.physical("vpc_link"),
            subnet_ids=self._args.network.private_subnet_ids,
            security_group_ids=[self._args.link_group.group_id],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _cors(self) -> aws.apigatewayv2.ApiCorsConfigurationArgsDict | None:
        if not self._args.cors_origins:
            return None
        return {
            "allow_origins": list(self._args.cors_origins),
            "allow_methods": ["GET", "POST", "PUT"],
            "allow_headers": ["authorization", "content-type", "idempotency-key", _CORRELATION],
            "expose_headers": [_CORRELATION],
            "allow_credentials": False,
            "max_age": _PREFLIGHT_SECONDS,
        }

    def open(self) -> None:
        """Serve the routes there are, each within its throttle; once, after the last of them."""
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-access-logs",
            name=f"/aws/apigateway/{self._args.scope.physical('api')}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.stage = aws.apigatewayv2.Stage(
            f"{self._name}-stage",
            api_id=self.api.id,
            name="$default",
            auto_deploy=True,
            access_log_settings={"destination_arn": logs.arn, "format": _ACCESS_LOG},
            default_route_settings={
                "throttling_rate_limit": self._args.throttle_rate,
                "throttling_burst_limit": self._args.throttle_burst,
            },
            route_settings=[
                {
                    "route_key": route.key,
                    "throttling_rate_limit": _part(self._args.throttle_rate, route.share),
                    "throttling_burst_limit": _part(self._args.throttle_burst, route.share),
                }
                for route, _ in self._served
            ],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[created for _, created in self._served]
            ),
        )


_CALLER_SCOPE = "$context.authorizer.claims.scope"


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _part(whole: int, share: float) -> int:
    """At least one request: AWS takes 0 for a route that serves nobody."""
    return max(1, round(whole * share))


def _slug(route_key: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", route_key.lower()))

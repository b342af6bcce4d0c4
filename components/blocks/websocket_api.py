"""An API Gateway WebSocket API: a function admits connections, who has a grant sends to them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.api_domain import ApiDomain, ApiDomainArgs, Domain
from components.blocks.function import Function
from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.naming import Scope

_ACCESS_LOG = (
    '{"request_id":"$context.requestId","route":"$context.routeKey","status":"$context.status",'
    '"event":"$context.eventType","connection_id":"$context.connectionId",'
    '"connected_at":"$context.connectedAt","error":"$context.error.message"}'
)
"""Neither path nor query: a ticket is in the query."""
_STAGE = "live"
_OK = "200"


@dataclass(frozen=True, kw_only=True)
class WebSocketApiArgs:
    """Arguments of `WebSocketApi`."""

    scope: Scope
    """names and tags"""
    role: str
    """what travels: alerts"""
    throttle_rate: int
    """connections and messages per second, steady"""
    throttle_burst: int
    """connections and messages at once"""
    log_retention_days: int
    """days that access logs are kept"""
    log_key: Key | None = None
    """customer managed key of the access logs"""
    connections_variable: str
    """environment variable that tells a sender where API Gateway takes messages"""
    domain: Domain | None = None
    """the name that clients connect to; without one API Gateway's own"""


class WebSocketApi(pulumi.ComponentResource):
    """`url` is where clients connect. What they send is acknowledged by nobody and costs no
    function; it only keeps a connection from idling out."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: WebSocketApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:WebSocketApi", name, {}, opts)
        self._name = name
        self._args = args
        self.api = self._create_api()
        self.stage = self._create_stage()
        self.url = self._name_it(args.domain) if args.domain else self.stage.invoke_url
        self._ignore_messages()
        self.register_outputs({"url": self.url})

    def admit_by(self, function: Function) -> None:
        """Ask `function` about every connection that comes, and tell it of those that end."""
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-integration",
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.invoke_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        function.admit(
            f"{self._name}-permission",
            "apigateway.amazonaws.com",
            pulumi.Output.concat(self.api.execution_arn, "/*"),
            pulumi.ResourceOptions(parent=self),
        )
        for route in ("connect", "disconnect"):
            self._create_route(route, integration)

    def grant_send(self) -> Grant:
        """Send to connections."""
        return self._grant("Send", "POST")

    def grant_close(self) -> Grant:
        """End connections."""
        return self._grant("Close", "DELETE")

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Connections that fail on our side."""
        return (
            AlarmSpec(
                role=f"{self._args.role}-socket-errors",
                description="Connections for live alerts fail.",
                runbook="live-alerts",
                namespace="AWS/ApiGateway",
                metric="IntegrationError",
                dimensions={"ApiId": self.api.id, "Stage": _STAGE},
                statistic="Sum",
                threshold=0,
                periods=3,
                datapoints=2,
            ),
        )

    def _grant(self, verb: str, method: str) -> Grant:
        connections = pulumi.Output.concat(self.stage.execution_arn, f"/{method}/@connections/*")
        sid = f"{verb}{self._args.role.title().replace('-', '')}"
        return Grant(
            statements=(
                Statement(
                    sid=sid, actions=("execute-api:ManageConnections",), resources=(connections,)
                ),
            ),
            environment={
                self._args.connections_variable: self.stage.invoke_url.apply(_management_url)
            },
        )

    def _create_api(self) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            name=self._args.scope.physical("api", self._args.role),
            protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.action",
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_stage(self) -> aws.apigatewayv2.Stage:
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-access-logs",
            name=f"/aws/apigateway/{self._args.scope.physical('api', self._args.role)}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.apigatewayv2.Stage(
            f"{self._name}-stage",
            api_id=self.api.id,
            name=_STAGE,
            auto_deploy=True,
            access_log_settings={"destination_arn": logs.arn, "format": _ACCESS_LOG},
            default_route_settings={
                "data_trace_enabled": False,
                "logging_level": "OFF",
                "throttling_rate_limit": self._args.throttle_rate,
                "throttling_burst_limit": self._args.throttle_burst,
            },
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _name_it(self, domain: Domain) -> pulumi.Output[str]:
        named = ApiDomain(
            f"{self._name}-name",
            ApiDomainArgs(
                scope=self._args.scope,
                domain=domain,
                api_id=self.api.id,
                stage=self.stage.name,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.concat("wss://", named.host)

    def _ignore_messages(self) -> None:
        nobody = aws.apigatewayv2.Integration(
            f"{self._name}-nobody",
            api_id=self.api.id,
            integration_type="MOCK",
            request_templates={_OK: '{"statusCode":200}'},
            template_selection_expression=_OK,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._create_route("default", nobody)

    def _create_route(self, route: str, integration: aws.apigatewayv2.Integration) -> None:
        aws.apigatewayv2.Route(
            f"{self._name}-route-{route}",
            api_id=self.api.id,
            route_key=f"${route}",
            target=pulumi.Output.concat("integrations/", integration.id),
            authorization_type="NONE",
            opts=pulumi.ResourceOptions(parent=self),
        )


def _management_url(url: str) -> str:
    """`wss://...` as `https://...`, and where there is no TLS `ws://...` as `http://...`."""
    return f"http{url.removeprefix('ws')}"

"""Cases of API Gateway's HTTP APIs."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import Stack, unique

API = "aws:apigatewayv2/api:Api"
LISTENER_ARN = (
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/inventory/1234/5678"
)


def _api(_: Stack) -> Properties:
    return {
        "name": unique("api"),
        "protocolType": "HTTP",
        "description": "The shop",
        "corsConfiguration": {
            "allowOrigins": ["https://shop.example"],
            "allowMethods": ["GET", "POST"],
            "maxAge": 300,
        },
        "tags": {"service": "shop"},
    }


def _stage(stack: Stack) -> Properties:
    return {
        "apiId": stack.make(API, **_api(stack))["id"],
        "name": "$default",
        "autoDeploy": True,
        "defaultRouteSettings": {"throttlingBurstLimit": 100, "throttlingRateLimit": 50},
        "accessLogSettings": {
            "destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:api",
            "format": '{"requestId": "$context.requestId"}',
        },
        "tags": {"service": "shop"},
    }


def _integration(stack: Stack) -> Properties:
    return {
        "apiId": stack.make(API, **_api(stack))["id"],
        "integrationType": "HTTP_PROXY",
        "integrationMethod": "ANY",
        "connectionType": "VPC_LINK",
        "connectionId": "abcdef",
        "integrationUri": LISTENER_ARN,
        "description": "Inventory",
        "requestParameters": {
            "overwrite:header.x-caller-scope": "$context.authorizer.claims.scope"
        },
        "timeoutMilliseconds": 5000,
    }


def _route(stack: Stack) -> Properties:
    return {
        "apiId": stack.make(API, **_api(stack))["id"],
        "routeKey": "PUT /products/{product_id}",
        "authorizationType": "JWT",
        "authorizationScopes": ["inventory/stock.write"],
        "authorizerId": "abcdef",
        "target": "integrations/abcdef",
    }


def _authorizer(stack: Stack) -> Properties:
    return {
        "apiId": stack.make(API, **_api(stack))["id"],
        "name": "customers",
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"audiences": ["shop"], "issuer": "https://issuer.example"},
    }


CASES = (
    Case(
        resource_type=API,
        inputs=_api,
        change={"description": "The other shop", "tags": {"tier": "1"}},
        outputs=("arn", "apiEndpoint", "executionArn"),
    ),
    Case(
        resource_type="aws:apigatewayv2/stage:Stage",
        inputs=_stage,
        change={"defaultRouteSettings": {"throttlingBurstLimit": 10, "throttlingRateLimit": 5}},
        outputs=("arn", "executionArn", "invokeUrl"),
    ),
    Case(
        resource_type="aws:apigatewayv2/integration:Integration",
        inputs=_integration,
        change={"timeoutMilliseconds": 3000},
    ),
    Case(
        resource_type="aws:apigatewayv2/route:Route",
        inputs=_route,
        change={"authorizationScopes": ["inventory/stock.read"]},
    ),
    Case(
        resource_type="aws:apigatewayv2/authorizer:Authorizer",
        inputs=_authorizer,
        change={"jwtConfiguration": {"audiences": ["a", "b"], "issuer": "https://issuer.example"}},
    ),
)

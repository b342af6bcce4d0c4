"""A small HTTP API with a user pool, as the shop has one."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from local.resources import Cloud, Properties
from local.resources.integrations import linked_integrations
from tests.local_resources.stack import Stack, unique

API = "aws:apigatewayv2/api:Api"
SCOPE = "inventory/stock.write"
_PASSWORD = "Correct-horse-7"  # noqa: S105  # of a user of the embedded AWS


@dataclass(frozen=True)
class Answer:
    """Status and JSON body of an HTTP answer."""

    status: int
    body: Any


class Shop:
    """An API on `$default` whose JWT authorizer trusts a pool with one customer and one admin."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.api = stack.make(API, name=unique("api"), protocolType="HTTP")
        stack.make(
            "aws:apigatewayv2/stage:Stage",
            apiId=self.api["id"],
            name="$default",
            autoDeploy=True,
        )
        self._pool = stack.make("aws:cognito/userPool:UserPool", name=unique("pool"))
        stack.make(
            "aws:cognito/resourceServer:ResourceServer",
            name="Inventory",
            identifier="inventory",
            userPoolId=self._pool["id"],
            scopes=[{"scopeName": "stock.write", "scopeDescription": "Change stock"}],
        )
        self._web = self._client(explicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
        self._office = self._client(
            generateSecret=True,
            allowedOauthFlows=["client_credentials"],
            allowedOauthFlowsUserPoolClient=True,
            allowedOauthScopes=[SCOPE],
        )
        self._authorizer = stack.make(
            "aws:apigatewayv2/authorizer:Authorizer",
            apiId=self.api["id"],
            name="pool",
            authorizerType="JWT",
            identitySources=["$request.header.Authorization"],
            jwtConfiguration={
                "issuer": f"https://{self._pool['endpoint']}",
                "audiences": [self._web["id"], self._office["id"]],
            },
        )

    def integrate(self, **inputs: Any) -> Properties:
        """An integration of the API."""
        return self._stack.make(
            "aws:apigatewayv2/integration:Integration", apiId=self.api["id"], **inputs
        )

    def route(self, key: str, integration: Properties, *, scopes: list[str] | None = None) -> None:
        """A route for whoever has a token, with one of `scopes` if there are any."""
        self._stack.make(
            "aws:apigatewayv2/route:Route",
            apiId=self.api["id"],
            routeKey=key,
            target=f"integrations/{integration['id']}",
            authorizationType="JWT",
            authorizerId=self._authorizer["id"],
            authorizationScopes=scopes or [],
        )

    def customer_token(self) -> str:
        """The access token of a new customer who signed in with a password."""
        cognito = self._stack.cloud.client("cognito-idp")
        name = unique("customer")
        cognito.admin_create_user(
            UserPoolId=self._pool["id"], Username=name, MessageAction="SUPPRESS"
        )
        cognito.admin_set_user_password(
            UserPoolId=self._pool["id"], Username=name, Password=_PASSWORD, Permanent=True
        )
        answer = cognito.initiate_auth(
            ClientId=self._web["id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": _PASSWORD},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def admin_token(self) -> str:
        """The access token of the back office, by its client's credentials."""
        pair = f"{self._office['id']}:{self._office['clientSecret']}"
        answer = _send(
            urllib.request.Request(  # noqa: S310  # loopback
                f"{self._stack.cloud.endpoint}/oauth2/token",
                data=urllib.parse.urlencode(
                    {"grant_type": "client_credentials", "scope": SCOPE}
                ).encode(),
                headers={
                    "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
        )
        return str(answer.body["access_token"])

    def request(self, method: str, path: str, token: str | None = None, **headers: str) -> Answer:
        """Call the API as its endpoint says."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return _send(
            urllib.request.Request(  # noqa: S310  # loopback
                f"{self.api['apiEndpoint']}{path}", method=method, headers={**named, **bearer}
            )
        )

    def _client(self, **inputs: Any) -> Properties:
        return self._stack.make(
            "aws:cognito/userPoolClient:UserPoolClient",
            name=unique("client"),
            userPoolId=self._pool["id"],
            **inputs,
        )


def lead(cloud: Cloud, listener: str, url: str) -> int:
    """Point the integrations behind the listener at `url`; gives their number."""
    links = [link for link in linked_integrations(cloud) if link.listener_arn == listener]
    for link in links:
        link.point(cloud, url)
    return len(links)


def _send(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # loopback
            return Answer(answer.status, json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.load(error))

"""HTTP and WebSocket APIs: the API itself, its stages, routes and authorizers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class HttpApi(Lifecycle):
    """An HTTP or WebSocket API; its id is the API id, its endpoint the URL that works here."""

    handles = "aws:apigatewayv2/api:Api"
    replace_on = frozenset({"protocolType"})
    tags_by = "arn"
    api = Api("apigatewayv2", provider_only=frozenset({"failOnWarnings"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateApi", named)["ApiId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("apigatewayv2").get_api(ApiId=id)
        gateway = f"arn:aws:execute-api:{cloud.region}:{cloud.account_id}"
        return {
            **self.api.reflect(state, found),
            "name": found["Name"],
            "arn": _arn(cloud, id),
            "apiEndpoint": endpoint(cloud, id, state["protocolType"]),
            "executionArn": f"{gateway}:{id}",
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        client = cloud.client("apigatewayv2")
        self.api.call_with_known(cloud, "UpdateApi", inputs, ApiId=id)
        if state.get("corsConfiguration") and not inputs.get("corsConfiguration"):
            client.delete_cors_configuration(ApiId=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("apigatewayv2").delete_api(ApiId=id)


class PartOfApi(Lifecycle):
    """A part of an API that is created, read, updated and deleted by one operation each."""

    replace_on = frozenset({"apiId"})
    noun: str
    """The part's name in the operations: Route → CreateRoute, GetRoute, RouteId."""

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        answer = self.api.call(cloud, f"Create{self.noun}", self.arranged(name, inputs))
        return str(answer[self.key])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = self.api.call(cloud, f"Get{self.noun}", **self.at(id, state))
        return self.api.reflect(state, found)

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        arranged = self.arranged("", inputs)
        self.api.call_with_known(cloud, f"Update{self.noun}", arranged, **self.at(id, state))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self.api.call(cloud, f"Delete{self.noun}", **self.at(id, state))

    def arranged(self, name: str, inputs: Properties) -> Properties:
        """The inputs in the arrangement that AWS wants."""
        return inputs

    @property
    def key(self) -> str:
        """The member that holds the part's id."""
        return f"{self.noun}Id"

    def at(self, id: str, state: Properties) -> dict[str, Any]:
        """The members that identify the part in a request."""
        return {"ApiId": state["apiId"], self.key: id}


class Stage(PartOfApi):
    """A stage; its id is its name."""

    handles = "aws:apigatewayv2/stage:Stage"
    replace_on = frozenset({"apiId", "name"})
    tags_by = "arn"
    noun = "Stage"
    key = "StageName"
    api = Api("apigatewayv2", renamed={"name": "StageName"})

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        api = state["apiId"]
        scheme = cloud.client("apigatewayv2").get_api(ApiId=api)["ProtocolType"]
        routes = {key: state[key] for key in ("routeSettings",) if key in state}
        gateway = f"arn:aws:execute-api:{cloud.region}:{cloud.account_id}"
        return {
            **super().observe(cloud, id, state),
            **routes,
            "name": id,
            "arn": f"{_arn(cloud, api)}/stages/{id}",
            "executionArn": f"{gateway}:{api}/{id}",
            "invokeUrl": f"{endpoint(cloud, api, scheme)}/{'' if id == '$default' else id}",
        }

    def arranged(self, name: str, inputs: Properties) -> Properties:
        """Route settings by route key, as AWS keeps them."""
        routes = {
            route["routeKey"]: {key: value for key, value in route.items() if key != "routeKey"}
            for route in inputs.get("routeSettings") or []
        }
        named = {**inputs, "name": physical_name(name, inputs)}
        return {**named, "routeSettings": routes} if routes else named


class Route(PartOfApi):
    """A route; its id is the route id."""

    handles = "aws:apigatewayv2/route:Route"
    noun = "Route"
    api = Api("apigatewayv2")

    def arranged(self, name: str, inputs: Properties) -> Properties:
        """Request parameters by name, as AWS keeps them."""
        required = {
            parameter["requestParameterKey"]: {"Required": parameter["required"]}
            for parameter in inputs.get("requestParameters") or []
        }
        return {**inputs, "requestParameters": required} if required else inputs


class Authorizer(PartOfApi):
    """An authorizer; its id is the authorizer id."""

    handles = "aws:apigatewayv2/authorizer:Authorizer"
    noun = "Authorizer"
    api = Api("apigatewayv2")

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("apigatewayv2").get_authorizer(**self.at(id, state))
        return {**self.api.reflect(state, found), "name": found["Name"]}

    def arranged(self, name: str, inputs: Properties) -> Properties:
        """The inputs with a name."""
        return {**inputs, "name": physical_name(name, inputs)}


def endpoint(cloud: Cloud, api: str, protocol: str) -> str:
    """The URL of an API without its stage: `$default` is served right below it."""
    scheme = "ws" if protocol == "WEBSOCKET" else "http"
    return f"{scheme}://{urlsplit(cloud.endpoint).netloc}/_aws/execute-api/{api}"


def _arn(cloud: Cloud, api: str) -> str:
    return f"arn:aws:apigateway:{cloud.region}::/apis/{api}"


HANDLERS = (HttpApi(), Stage(), Route(), Authorizer())

"""Integrations of HTTP and WebSocket APIs, through a VPC link or not.

The embedded AWS has no VPC: an integration that reaches a listener through a VPC link becomes a
plain HTTP proxy. It answers 502 until it is pointed at the process that stands behind the listener.
Its description remembers the listener.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from local.resources.apigatewayv2 import PartOfApi
from local.resources.base import Cloud, Properties
from local.resources.shapes import Api, picked

NOWHERE: Final = "http://127.0.0.1:9"
"""Where a linked integration points until its process is up: nothing listens on that port."""

_LINKED: Final = re.compile(r" ?\[VPC link to (?P<listener>[^\]]+)\]$")


class Integration(PartOfApi):
    """What a route calls; its id is the integration id."""

    handles = "aws:apigatewayv2/integration:Integration"
    replace_on = frozenset({"apiId", "integrationType", "integrationSubtype"})
    noun = "Integration"
    api = Api("apigatewayv2", renamed={"timeoutMilliseconds": "TimeoutInMillis"})

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("apigatewayv2").get_integration(**self.at(id, state))
        if linked := _LINKED.search(found.get("Description", "")):
            found["IntegrationUri"] = linked["listener"]
            found["ConnectionType"] = "VPC_LINK"
            found["Description"] = _LINKED.sub("", found["Description"])
        kept = {key: state[key] for key in ("responseParameters",) if key in state}
        computed = {"connectionType": "ConnectionType", "timeoutMilliseconds": "TimeoutInMillis"}
        return {**self.api.reflect(state, found), **picked(found, computed), **kept}

    def arranged(self, name: str, inputs: Properties) -> Properties:
        """Response parameters by status, and a VPC link as an HTTP proxy."""
        arranged = dict(inputs)
        if responses := inputs.get("responseParameters"):
            arranged["responseParameters"] = {
                response["statusCode"]: response["mappings"] for response in responses
            }
        if inputs.get("connectionType") == "VPC_LINK":
            note = f"[VPC link to {inputs['integrationUri']}]"
            arranged["description"] = f"{inputs.get('description', '')} {note}".strip()
            arranged |= {"connectionType": "INTERNET", "integrationUri": NOWHERE}
            arranged.pop("connectionId", None)
            arranged.pop("tlsConfig", None)
        return arranged

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; a linked integration stays pointed at its process."""
        before = cloud.client("apigatewayv2").get_integration(**self.at(id, state))
        super().change(cloud, id, state, inputs)
        if state.get("integrationUri") == inputs.get("integrationUri") and _linked(before):
            _point(cloud, state["apiId"], id, before["IntegrationUri"])


@dataclass(frozen=True, kw_only=True)
class LinkedIntegration:
    """An integration that reaches a listener through a VPC link."""

    api: str
    id: str
    listener_arn: str
    url: str
    """where it points now: a process, or `NOWHERE`"""

    def point(self, cloud: Cloud, url: str) -> None:
        """Send its requests to `url`, e.g. `http://127.0.0.1:8001`."""
        _point(cloud, self.api, self.id, url)


def linked_integrations(cloud: Cloud) -> list[LinkedIntegration]:
    """Every integration behind a VPC link."""
    client = cloud.client("apigatewayv2")
    return [
        LinkedIntegration(
            api=api["ApiId"],
            id=integration["IntegrationId"],
            listener_arn=listener,
            url=integration["IntegrationUri"],
        )
        for api in client.get_apis()["Items"]
        for integration in client.get_integrations(ApiId=api["ApiId"])["Items"]
        if (listener := _linked(integration))
    ]


def _linked(integration: dict[str, Any]) -> str | None:
    linked = _LINKED.search(integration.get("Description", ""))
    return linked["listener"] if linked else None


def _point(cloud: Cloud, api: str, integration: str, url: str) -> None:
    cloud.client("apigatewayv2").update_integration(
        ApiId=api, IntegrationId=integration, IntegrationUri=url
    )


HANDLERS = (Integration(),)

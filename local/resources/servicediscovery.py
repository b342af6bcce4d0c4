"""Cloud Map namespaces and services."""

from __future__ import annotations

import threading
from typing import Any, Final

from local.resources.base import Cloud, Properties, ResourceError
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_POLLS: Final = 100
_POLL_SECONDS: Final = 0.05


class _Namespace(Lifecycle):
    """A namespace; its id is the namespace id."""

    tags_by = "arn"
    operation: str
    updates: str

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        started = self.api.call(cloud, self.operation, named)["OperationId"]
        return str(_finished(cloud, started)["Targets"]["NAMESPACE"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("servicediscovery").get_namespace(Id=id)["Namespace"]
        details = found.get("Properties", {})
        zone = details.get("DnsProperties", {}).get("HostedZoneId")
        http = details.get("HttpProperties", {}).get("HttpName", found["Name"])
        return {
            **self.api.reflect(state, found),
            "name": found["Name"],
            "arn": found["Arn"],
            **({"hostedZone": zone} if zone else {"httpName": http}),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        if inputs.get("description") != state.get("description"):
            text = inputs.get("description", "")
            self.api.call(cloud, self.updates, Id=id, Namespace={"Description": text})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("servicediscovery").delete_namespace(Id=id)


class HttpNamespace(_Namespace):
    """A namespace that is asked through the API only."""

    handles = "aws:servicediscovery/httpNamespace:HttpNamespace"
    replace_on = frozenset({"name"})
    api = Api("servicediscovery")
    operation, updates = "CreateHttpNamespace", "UpdateHttpNamespace"


class PrivateDnsNamespace(_Namespace):
    """A namespace with a private hosted zone."""

    handles = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
    replace_on = frozenset({"name", "vpc"})
    api = Api("servicediscovery")
    operation, updates = "CreatePrivateDnsNamespace", "UpdatePrivateDnsNamespace"


class Service(Lifecycle):
    """A service of a namespace; its id is the service id."""

    handles = "aws:servicediscovery/service:Service"
    replace_on = frozenset({"name", "namespaceId", "type", "healthCheckCustomConfig"})
    tags_by = "arn"
    api = Api("servicediscovery", provider_only=frozenset({"forceDestroy"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        within = (inputs.get("dnsConfig") or {}).get("namespaceId")
        named = {"namespaceId": within, **inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateService", named)["Service"]["Id"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("servicediscovery").get_service(Id=id)["Service"]
        return {**self.api.reflect(state, found), "name": found["Name"], "arn": found["Arn"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        keys = ("description", "dnsConfig", "healthCheckConfig")
        given = {key: inputs[key] for key in keys if key in inputs}
        change: Any = self.api.member(cloud, "UpdateService", "Service", _changeable(given))
        cloud.client("servicediscovery").update_service(Id=id, Service=change)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; a service of `forceDestroy` takes its instances with it."""
        client = cloud.client("servicediscovery")
        if state.get("forceDestroy"):
            for instance in client.list_instances(ServiceId=id)["Instances"]:
                client.deregister_instance(ServiceId=id, InstanceId=instance["Id"])
        client.delete_service(Id=id)


class Instance(Lifecycle):
    """An instance that the program itself registers; its id is the instance's."""

    handles = "aws:servicediscovery/instance:Instance"
    replace_on = frozenset({"instanceId", "serviceId"})
    api = Api("servicediscovery")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self.change(cloud, inputs["instanceId"], {}, inputs)
        return str(inputs["instanceId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("servicediscovery").get_instance(
            ServiceId=state["serviceId"], InstanceId=id
        )["Instance"]
        return {**state, "instanceId": id, "attributes": found["Attributes"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`: registered again, it has the new attributes."""
        cloud.client("servicediscovery").register_instance(
            ServiceId=inputs["serviceId"], InstanceId=id, Attributes=inputs["attributes"]
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("servicediscovery").deregister_instance(
            ServiceId=state["serviceId"], InstanceId=id
        )


def _changeable(given: Properties) -> Properties:
    records = (given.get("dnsConfig") or {}).get("dnsRecords")
    return {**given, "dnsConfig": {"dnsRecords": records}} if records else given


def _finished(cloud: Cloud, operation: str) -> Properties:
    """The operation once it has ended; raises `ResourceError` if it fails or never ends."""
    pause = threading.Event()
    for _ in range(_POLLS):
        answer = cloud.client("servicediscovery").get_operation(OperationId=operation)
        found: Properties = answer["Operation"]
        if found["Status"] == "SUCCESS":
            return found
        if found["Status"] == "FAIL":
            break
        pause.wait(_POLL_SECONDS)
    raise ResourceError(
        f"Cloud Map operation {operation} ended {found['Status']}: {found.get('ErrorMessage')}. "
        "Correct the namespace in its component."
    )


HANDLERS = (HttpNamespace(), Instance(), PrivateDnsNamespace(), Service())

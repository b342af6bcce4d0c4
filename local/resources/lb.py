"""Load balancers, target groups and listeners."""

from __future__ import annotations

from typing import Any, Final

from local.resources.attributes import Attributes
from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_LOAD_BALANCER: Final = Attributes(
    texts={
        "desyncMitigationMode": "routing.http.desync_mitigation_mode",
        "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
    },
    numbers={
        "clientKeepAlive": "client_keep_alive.seconds",
        "idleTimeout": "idle_timeout.timeout_seconds",
    },
    flags={
        "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
        "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
        "enableDeletionProtection": "deletion_protection.enabled",
        "enableHttp2": "routing.http2.enabled",
        "enableWafFailOpen": "waf.fail_open.enabled",
        "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    },
)
_TARGET_GROUP: Final = Attributes(
    texts={"loadBalancingAlgorithmType": "load_balancing.algorithm.type"},
    numbers={
        "deregistrationDelay": "deregistration_delay.timeout_seconds",
        "slowStart": "slow_start.duration_seconds",
    },
)
ACTIONS: Final = {
    "fixedResponse": "FixedResponseConfig",
    "redirect": "RedirectConfig",
    "forward": "ForwardConfig",
    "forward.targetGroups.arn": "TargetGroupArn",
    "forward.stickiness": "TargetGroupStickinessConfig",
    "forward.stickiness.duration": "DurationSeconds",
}
"""Actions of listeners and of their rules, as AWS names them."""


class LoadBalancer(Lifecycle):
    """A load balancer; its id is its ARN."""

    handles = "aws:lb/loadBalancer:LoadBalancer"
    replace_on = frozenset({"name", "namePrefix", "internal", "loadBalancerType"})
    tags_by = "arn"
    api = Api(
        "elbv2",
        renamed={"loadBalancerType": "Type"},
        provider_only=frozenset({"internal", "namePrefix", *_LOAD_BALANCER.known}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        scheme = "internal" if inputs.get("internal") else "internet-facing"
        answer = self.api.call(cloud, "CreateLoadBalancer", named, Scheme=scheme)
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        _set(cloud, "load_balancer", id, _LOAD_BALANCER.request(_only(_LOAD_BALANCER, inputs)))

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("elbv2")
        found = client.describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"][0]
        kept = {key: state[key] for key in _LOAD_BALANCER.known if key in state}
        attributes = _get(client.describe_load_balancer_attributes(LoadBalancerArn=id))
        return {
            **self.api.reflect({k: v for k, v in state.items() if k != "subnets"}, found),
            **{k: v for k, v in _LOAD_BALANCER.reflect(kept, attributes).items() if k in kept},
            "name": found["LoadBalancerName"],
            "arn": id,
            "arnSuffix": id.partition(":loadbalancer/")[2],
            "dnsName": found["DNSName"],
            "zoneId": found.get("CanonicalHostedZoneId", ""),
            "vpcId": found.get("VpcId", ""),
            "internal": found["Scheme"] == "internal",
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        client = cloud.client("elbv2")
        if inputs.get("subnets") != state.get("subnets"):
            client.set_subnets(LoadBalancerArn=id, Subnets=inputs["subnets"])
        if inputs.get("securityGroups") != state.get("securityGroups"):
            client.set_security_groups(LoadBalancerArn=id, SecurityGroups=inputs["securityGroups"])
        changed = _LOAD_BALANCER.changed(state, _only(_LOAD_BALANCER, inputs))
        _set(cloud, "load_balancer", id, changed)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("elbv2").delete_load_balancer(LoadBalancerArn=id)


class TargetGroup(Lifecycle):
    """A target group; its id is its ARN."""

    handles = "aws:lb/targetGroup:TargetGroup"
    replace_on = frozenset({"name", "namePrefix", "port", "protocol", "targetType", "vpcId"})
    tags_by = "arn"
    api = Api(
        "elbv2",
        provider_only=frozenset(
            {"healthCheck", "lambdaMultiValueHeadersEnabled", "namePrefix", *_TARGET_GROUP.known}
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        answer = self.api.call(cloud, "CreateTargetGroup", named, **_health_check(inputs))
        return str(answer["TargetGroups"][0]["TargetGroupArn"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        _set(cloud, "target_group", id, _TARGET_GROUP.request(_only(_TARGET_GROUP, inputs)))

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("elbv2")
        found = client.describe_target_groups(TargetGroupArns=[id])["TargetGroups"][0]
        attributes = _get(client.describe_target_group_attributes(TargetGroupArn=id))
        kept = {key: state[key] for key in _TARGET_GROUP.known if key in state}
        return {
            **self.api.reflect(state, found),
            **{k: v for k, v in _TARGET_GROUP.reflect(kept, attributes).items() if k in kept},
            "name": found["TargetGroupName"],
            "arn": id,
            "arnSuffix": id.rpartition(":")[2],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        if inputs.get("healthCheck") != state.get("healthCheck"):
            check = _health_check(inputs)
            cloud.client("elbv2").modify_target_group(TargetGroupArn=id, **check)
        changed = _TARGET_GROUP.changed(state, _only(_TARGET_GROUP, inputs))
        _set(cloud, "target_group", id, changed)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("elbv2").delete_target_group(TargetGroupArn=id)


class Listener(Lifecycle):
    """A listener; its id is its ARN."""

    handles = "aws:lb/listener:Listener"
    replace_on = frozenset({"loadBalancerArn"})
    tags_by = "arn"
    api = Api(
        "elbv2",
        renamed={f"defaultActions.{key}": value for key, value in ACTIONS.items()},
        provider_only=frozenset({"certificateArn"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        given = _arranged(inputs)
        answer = self.api.call(cloud, "CreateListener", given, **_certificate(inputs))
        return str(answer["Listeners"][0]["ListenerArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = cloud.client("elbv2").describe_listeners(ListenerArns=[id])["Listeners"]
        return {**self.api.reflect(state, found[0]), "arn": id} if found else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        more, given = _certificate(inputs), _arranged(inputs)
        self.api.call_with_known(cloud, "ModifyListener", given, ListenerArn=id, **more)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("elbv2").delete_listener(ListenerArn=id)


def _arranged(inputs: Properties) -> Properties:
    return {**inputs, "defaultActions": with_one_group(inputs["defaultActions"])}


def with_one_group(actions: list[Properties]) -> list[Properties]:
    """The actions with the heaviest of weighted target groups as the only one, beside the weights:
    the embedded AWS forgets those."""
    arranged = []
    for action in actions:
        groups = (action.get("forward") or {}).get("targetGroups") or []
        if groups and not action.get("targetGroupArn"):
            heaviest = max(groups, key=lambda group: group.get("weight") or 0)
            action = {**action, "targetGroupArn": heaviest["arn"]}
        arranged.append(action)
    return arranged


def _health_check(inputs: Properties) -> dict[str, Any]:
    check = inputs.get("healthCheck") or {}
    numbers = {
        "healthyThreshold": "HealthyThresholdCount",
        "interval": "HealthCheckIntervalSeconds",
        "timeout": "HealthCheckTimeoutSeconds",
        "unhealthyThreshold": "UnhealthyThresholdCount",
    }
    texts = {
        "path": "HealthCheckPath",
        "port": "HealthCheckPort",
        "protocol": "HealthCheckProtocol",
    }
    request: dict[str, Any] = {numbers[key]: int(check[key]) for key in numbers if check.get(key)}
    request |= {texts[key]: str(check[key]) for key in texts if check.get(key)}
    if check.get("matcher"):
        request["Matcher"] = {"HttpCode": str(check["matcher"])}
    if check.get("enabled") is not None:
        request["HealthCheckEnabled"] = check["enabled"]
    return request


def _certificate(inputs: Properties) -> dict[str, Any]:
    arn = inputs.get("certificateArn")
    return {"Certificates": [{"CertificateArn": arn}]} if arn else {}


def _only(attributes: Attributes, inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key in attributes.known}


def _set(cloud: Cloud, kind: str, arn: str, attributes: dict[str, str]) -> None:
    if attributes:
        modify = getattr(cloud.client("elbv2"), f"modify_{kind}_attributes")
        subject = "".join(word.capitalize() for word in f"{kind}_arn".split("_"))
        pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
        modify(**{subject: arn, "Attributes": pairs})


def _get(answer: Properties) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in answer["Attributes"]}


HANDLERS = (LoadBalancer(), TargetGroup(), Listener())

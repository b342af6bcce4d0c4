"""VPC Lattice: all of it is recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Final

from local.resources.base import Cloud, Properties
from local.resources.recording import Recorded
from local.resources.shapes import Api

Outputs = Callable[[Cloud, Properties], Properties]

_DIGITS: Final = 17
_KINDS: Final = {
    "als": "accesslogsubscription",
    "listener": "listener",
    "rule": "rule",
    "sn": "servicenetwork",
    "snsa": "servicenetworkserviceassociation",
    "snva": "servicenetworkvpcassociation",
    "svc": "service",
    "tg": "targetgroup",
}
"""What ARNs call the things, by the prefix of their ids."""


def _numbered(prefix: str, *identity: str) -> Outputs:
    """Outputs of what AWS calls `<prefix>-<digits>`: digits of the inputs that never change."""

    def outputs(cloud: Cloud, inputs: Properties) -> Properties:
        text = json.dumps([prefix, *(inputs[name] for name in identity)])
        id = f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"
        kind = _KINDS[prefix]
        arn = f"arn:aws:vpc-lattice:{cloud.region}:{cloud.account_id}:{kind}/{id}"
        return {"id": id, "arn": arn}

    return outputs


def _service(cloud: Cloud, inputs: Properties) -> Properties:
    numbered = _numbered("svc", "name")(cloud, inputs)
    domain = f"{inputs['name']}-{numbered['id']}.vpc-lattice-svcs.{cloud.region}.on.aws"
    return {**numbered, "dnsEntries": [{"domainName": domain, "hostedZoneId": "Z0"}]}


def _listener(cloud: Cloud, inputs: Properties) -> Properties:
    numbered = _numbered("listener", "serviceIdentifier", "name")(cloud, inputs)
    return {**numbered, "listenerId": numbered["id"]}


def _attached(_: Cloud, inputs: Properties) -> Properties:
    return {"id": f"{inputs['targetGroupIdentifier']}/{inputs['target']['id']}"}


def _policy(_: Cloud, inputs: Properties) -> Properties:
    return {"id": inputs["resourceIdentifier"], "state": "Active"}


def _recorded(kind: str, operation: str, outputs: Outputs, *replace_on: str) -> Recorded:
    return Recorded(
        handles=f"aws:vpclattice/{kind[0].lower()}{kind[1:]}:{kind}",
        reason="MiniStack has no VPC Lattice",
        api=Api("vpc-lattice", renamed={"name": "name"}),
        operation=operation,
        outputs=outputs,
        replace_on=frozenset(replace_on),
    )


_VPC: Final = ("serviceNetworkIdentifier", "vpcIdentifier")
_MEMBER: Final = ("serviceIdentifier", "serviceNetworkIdentifier")
_LISTENER: Final = ("serviceIdentifier", "name", "port", "protocol")
_RULE: Final = ("serviceIdentifier", "listenerIdentifier", "name")
_LOG: Final = ("destinationArn", "resourceIdentifier")

TYPES: Final = (
    _recorded("ServiceNetwork", "CreateServiceNetwork", _numbered("sn", "name"), "name"),
    _recorded(
        "ServiceNetworkVpcAssociation",
        "CreateServiceNetworkVpcAssociation",
        _numbered("snva", *_VPC),
        *_VPC,
    ),
    _recorded("Service", "CreateService", _service, "name"),
    _recorded(
        "ServiceNetworkServiceAssociation",
        "CreateServiceNetworkServiceAssociation",
        _numbered("snsa", *_MEMBER),
        *_MEMBER,
    ),
    _recorded("TargetGroup", "CreateTargetGroup", _numbered("tg", "name"), "name", "type"),
    _recorded(
        "TargetGroupAttachment", "RegisterTargets", _attached, "target", "targetGroupIdentifier"
    ),
    _recorded("Listener", "CreateListener", _listener, *_LISTENER),
    _recorded("ListenerRule", "CreateRule", _numbered("rule", *_RULE), *_RULE),
    _recorded("AuthPolicy", "PutAuthPolicy", _policy, "resourceIdentifier"),
    _recorded(
        "AccessLogSubscription", "CreateAccessLogSubscription", _numbered("als", *_LOG), *_LOG
    ),
)

"""Cost anomaly detection: recorded, as `local.resources.recorded` says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.recording import Recorded
from local.resources.shapes import Api

_NO_COSTS = "MiniStack has no Cost Explorer, and nothing costs anything there"
_SPECIFICATION = "monitorSpecification"


@dataclass(frozen=True)
class _Wrapped(Api):
    """Requests that hold everything in one member, except the tags, and text as a structure."""

    member_name: str = ""

    def request(
        self,
        cloud: Cloud,
        operation: str,
        properties: Mapping[str, Any],
        *,
        only_known: bool = False,
    ) -> Properties:
        """See `Api.request`."""
        held = {key: value for key, value in properties.items() if key != "tags"}
        if _SPECIFICATION in held:
            held[_SPECIFICATION] = json.loads(held[_SPECIFICATION])
        wrapped = {self.member_name: held, "resourceTags": properties.get("tags")}
        return super().request(cloud, operation, wrapped, only_known=only_known)


def _outputs(kind: str) -> Any:
    def outputs(cloud: Cloud, inputs: Properties) -> Properties:
        arn = f"arn:aws:ce::{cloud.account_id}:{kind}/{inputs['name']}"
        return {"id": arn, "arn": arn}

    return outputs


TYPES = (
    Recorded(
        handles="aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        reason=_NO_COSTS,
        api=_Wrapped(
            "ce",
            renamed={"anomalyMonitor.name": "MonitorName"},
            member_name="anomalyMonitor",
        ),
        operation="CreateAnomalyMonitor",
        outputs=_outputs("anomalymonitor"),
        replace_on=frozenset({"monitorType", "monitorDimension", "monitorSpecification"}),
    ),
    Recorded(
        handles="aws:costexplorer/anomalySubscription:AnomalySubscription",
        reason=_NO_COSTS,
        api=_Wrapped(
            "ce",
            renamed={"anomalySubscription.name": "SubscriptionName"},
            member_name="anomalySubscription",
        ),
        operation="CreateAnomalySubscription",
        outputs=_outputs("anomalysubscription"),
        replace_on=frozenset({"name"}),
    ),
)

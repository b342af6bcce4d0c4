"""What passes a VPC, written down."""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.ec2 import arn_of, tagged
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api, picked


class FlowLog(Lifecycle):
    """A flow log of a VPC; its id is the flow log's. The emulator writes nothing into it."""

    handles = "aws:ec2/flowLog:FlowLog"
    replace_on = frozenset(
        {"iamRoleArn", "logDestination", "logDestinationType", "logFormat"}
        | {"maxAggregationInterval", "trafficType", "vpcId"}
    )
    tags_by = "id"
    api = Api(
        "ec2",
        renamed={"iamRoleArn": "DeliverLogsPermissionArn"},
        provider_only=frozenset({"tags", "vpcId"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        of = {"ResourceType": "VPC", "ResourceIds": [inputs["vpcId"]]}
        more = {**of, **tagged("vpc-flow-log", inputs)}
        return str(self.api.call(cloud, "CreateFlowLogs", inputs, **more)["FlowLogIds"][0])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`; the emulator keeps neither role nor interval."""
        found = cloud.client("ec2").describe_flow_logs(FlowLogIds=[id])["FlowLogs"]
        if not found:
            return None
        names = {
            "logDestination": "LogDestination",
            "logDestinationType": "LogDestinationType",
            "trafficType": "TrafficType",
            "vpcId": "ResourceId",
        }
        return {**picked(found[0], names), "arn": arn_of(cloud, id)}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_flow_logs(FlowLogIds=[id])


HANDLERS = (FlowLog(),)

"""CloudWatch alarms and dashboards, and log groups."""

from __future__ import annotations

from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class MetricAlarm(Lifecycle):
    """An alarm over one metric or an expression; its id is its name."""

    handles = "aws:cloudwatch/metricAlarm:MetricAlarm"
    replace_on = frozenset({"name"})
    tags_by = "arn"
    api = Api(
        "cloudwatch",
        renamed={
            "name": "AlarmName",
            "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
        },
        provider_only=frozenset({"metricQueries"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        alarm = physical_name(name, inputs)
        self._put(cloud, {**inputs, "name": alarm})
        return alarm

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = cloud.client("cloudwatch").describe_alarms(
            AlarmNames=[id], AlarmTypes=["MetricAlarm"]
        )["MetricAlarms"]
        if not found:
            return None
        reflected = self.api.reflect(state, found[0])
        return {**reflected, "name": id, "arn": found[0]["AlarmArn"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, {key: value for key, value in inputs.items() if key != "tags"})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        queries = [_query(query) for query in inputs.get("metricQueries") or []]
        more = {"Metrics": queries} if queries else {}
        self.api.call(cloud, "PutMetricAlarm", inputs, **more)


class CompositeAlarm(Lifecycle):
    """An alarm over other alarms; its id is its name."""

    handles = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    replace_on = frozenset({"alarmName"})
    tags_by = "arn"
    api = Api("cloudwatch", provider_only=frozenset({"actionsSuppressor"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._put(cloud, inputs)
        return str(inputs["alarmName"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = cloud.client("cloudwatch").describe_alarms(
            AlarmNames=[id], AlarmTypes=["CompositeAlarm"]
        )["CompositeAlarms"]
        if not found:
            return None
        return {**self.api.reflect(state, found[0]), "arn": found[0]["AlarmArn"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, {key: value for key, value in inputs.items() if key != "tags"})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        suppressor = inputs.get("actionsSuppressor")
        more = (
            {
                "ActionsSuppressor": suppressor["alarm"],
                "ActionsSuppressorExtensionPeriod": int(suppressor["extensionPeriod"]),
                "ActionsSuppressorWaitPeriod": int(suppressor["waitPeriod"]),
            }
            if suppressor
            else {}
        )
        self.api.call(cloud, "PutCompositeAlarm", inputs, **more)


class Dashboard(Lifecycle):
    """A dashboard; its id is its name."""

    handles = "aws:cloudwatch/dashboard:Dashboard"
    replace_on = frozenset({"dashboardName"})
    api = Api("cloudwatch")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self.api.call(cloud, "PutDashboard", inputs)
        return str(inputs["dashboardName"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        dashboard = cloud.client("cloudwatch").get_dashboard(DashboardName=id)
        arn = f"arn:aws:cloudwatch::{cloud.account_id}:dashboard/{id}"
        return {**self.api.reflect(state, dashboard), "dashboardArn": arn}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call(cloud, "PutDashboard", inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("cloudwatch").delete_dashboards(DashboardNames=[id])


class LogGroup(Lifecycle):
    """A log group; its id is its name."""

    handles = "aws:cloudwatch/logGroup:LogGroup"
    replace_on = frozenset({"name", "namePrefix", "logGroupClass"})
    tags_by = "arn"
    api = Api(
        "logs",
        renamed={"name": "logGroupName"},
        provider_only=frozenset({"namePrefix", "retentionInDays", "skipDestroy"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        group = physical_name(name, inputs)
        self.api.call(cloud, "CreateLogGroup", {**inputs, "name": group})
        return group

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._retain(cloud, id, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("logs").describe_log_groups(logGroupNamePrefix=id)
        group = next((g for g in answer["logGroups"] if g["logGroupName"] == id), None)
        if group is None:
            return None
        return {
            **self.api.reflect(state, group),
            "name": id,
            "arn": group["arn"].removesuffix(":*"),
            "retentionInDays": group.get("retentionInDays", 0),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._retain(cloud, id, inputs)
        key = inputs.get("kmsKeyId")
        if key != state.get("kmsKeyId"):
            client = cloud.client("logs")
            if key:
                client.associate_kms_key(logGroupName=id, kmsKeyId=key)
            else:
                client.disassociate_kms_key(logGroupName=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("logs").delete_log_group(logGroupName=id)

    def _retain(self, cloud: Cloud, group: str, inputs: Properties) -> None:
        days = int(inputs.get("retentionInDays", 0))
        if days:
            cloud.client("logs").put_retention_policy(logGroupName=group, retentionInDays=days)
        else:
            cloud.client("logs").delete_retention_policy(logGroupName=group)


def _query(query: Properties) -> dict[str, Any]:
    """A metric query as AWS arranges it: the metric's statistic stands beside the metric."""
    names = {"id": "Id", "label": "Label", "expression": "Expression", "accountId": "AccountId"}
    request: dict[str, Any] = {
        member: query[key] for key, member in names.items() if query.get(key) is not None
    }
    if query.get("returnData") is not None:
        request["ReturnData"] = query["returnData"]
    if query.get("period") is not None:
        request["Period"] = int(query["period"])
    if metric := query.get("metric"):
        dimensions = metric.get("dimensions") or {}
        request["MetricStat"] = {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metricName"],
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            },
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
            **({"Unit": metric["unit"]} if metric.get("unit") else {}),
        }
    return request


HANDLERS = (MetricAlarm(), CompositeAlarm(), Dashboard(), LogGroup())

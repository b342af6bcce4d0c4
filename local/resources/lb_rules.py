"""Rules of load balancers' listeners."""

from __future__ import annotations

from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.lb import ACTIONS, with_one_group
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api

_CONDITIONS: Final = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}


class ListenerRule(Lifecycle):
    """A rule of a listener; its id is its ARN."""

    handles = "aws:lb/listenerRule:ListenerRule"
    replace_on = frozenset({"listenerArn"})
    tags_by = "arn"
    api = Api(
        "elbv2",
        renamed={f"actions.{key}": value for key, value in ACTIONS.items()},
        provider_only=frozenset({"conditions"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        conditions = _conditions(cloud, inputs)
        answer = self.api.call(cloud, "CreateRule", _arranged(inputs), Conditions=conditions)
        return str(answer["Rules"][0]["RuleArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = cloud.client("elbv2").describe_rules(RuleArns=[id])["Rules"]
        if not found:
            return None
        reflected = self.api.reflect(state, found[0])
        return {**reflected, "arn": id, "priority": int(found[0]["Priority"])}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        conditions = _conditions(cloud, inputs)
        given = _arranged(inputs)
        self.api.call_with_known(cloud, "ModifyRule", given, RuleArn=id, Conditions=conditions)
        if inputs.get("priority") != state.get("priority"):
            moved = [{"RuleArn": id, "Priority": int(inputs["priority"])}]
            cloud.client("elbv2").set_rule_priorities(RulePriorities=moved)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("elbv2").delete_rule(RuleArn=id)


def _arranged(inputs: Properties) -> Properties:
    return {**inputs, "actions": with_one_group(inputs["actions"])}


def _conditions(cloud: Cloud, inputs: Properties) -> list[dict[str, Any]]:
    """Conditions with the field that AWS wants named beside its configuration."""
    named = Api("elbv2", renamed={key: f"{key.removesuffix('s')}Config" for key in _CONDITIONS})
    return [
        {
            "Field": _CONDITIONS[key],
            **named.member(cloud, "CreateRule", "Conditions", {key: _values(key, value)})[0],
        }
        for condition in inputs["conditions"]
        for key, value in condition.items()
        if value is not None
    ]


def _values(key: str, value: Any) -> Any:
    return {"values": value} if key == "queryStrings" else value


HANDLERS = (ListenerRule(),)

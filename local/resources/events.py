"""EventBridge rules and their targets."""

from __future__ import annotations

import secrets

from local.resources.base import Cloud, Properties, ResourceError
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class EventRule(Lifecycle):
    """A schedule or an event pattern; its id is its name."""

    handles = "aws:cloudwatch/eventRule:EventRule"
    replace_on = frozenset({"name", "namePrefix", "eventBusName"})
    tags_by = "arn"
    api = Api("events", provider_only=frozenset({"namePrefix", "isEnabled", "forceDestroy"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        rule = physical_name(name, inputs)
        self._put(cloud, {**inputs, "name": rule})
        return rule

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        rule = cloud.client("events").describe_rule(Name=id, **_bus(state))
        return {
            **self.api.reflect(state, rule),
            "name": id,
            "arn": rule["Arn"],
            "state": rule["State"],
            "eventBusName": rule.get("EventBusName", "default"),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, {key: value for key, value in inputs.items() if key != "tags"})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("events").delete_rule(Name=id, **_bus(state))

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        switched_off = inputs.get("isEnabled") is False and "state" not in inputs
        more = {"State": "DISABLED"} if switched_off else {}
        self.api.call(cloud, "PutRule", inputs, **more)


class EventTarget(Lifecycle):
    """What a rule calls; its id is `<rule>-<target id>`."""

    handles = "aws:cloudwatch/eventTarget:EventTarget"
    replace_on = frozenset({"rule", "eventBusName", "targetId"})
    api = Api(
        "events",
        renamed={
            "targetId": "Id",
            "inputTransformer.inputPaths": "InputPathsMap",
        },
        provider_only=frozenset({"rule", "eventBusName", "forceDestroy"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        target = inputs.get("targetId") or f"{name}-{secrets.token_hex(4)}"
        self._put(cloud, target, inputs)
        return f"{inputs['rule']}-{target}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        wanted = _target_id(id, state)
        answer = cloud.client("events").list_targets_by_rule(Rule=state["rule"], **_bus(state))
        target = next((t for t in answer["Targets"] if t["Id"] == wanted), None)
        return None if target is None else {**self.api.reflect(state, target), "targetId": wanted}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, _target_id(id, state), inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("events").remove_targets(
            Rule=state["rule"], Ids=[_target_id(id, state)], **_bus(state)
        )

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {"targetId": state["targetId"]}

    def _put(self, cloud: Cloud, target: str, inputs: Properties) -> None:
        answer = cloud.client("events").put_targets(
            Rule=inputs["rule"],
            Targets=self.api.member(cloud, "PutTargets", "Targets", {**inputs, "targetId": target}),
            **_bus(inputs),
        )
        if answer.get("FailedEntryCount"):
            raise ResourceError(
                f"EventBridge refused target {target!r} of rule {inputs['rule']!r}: "
                f"{answer['FailedEntries']}. Correct the target in its component."
            )


def _bus(state: Properties) -> dict[str, str]:
    return {"EventBusName": state["eventBusName"]} if state.get("eventBusName") else {}


def _target_id(id: str, state: Properties) -> str:
    return id.removeprefix(f"{state['rule']}-")


HANDLERS = (EventRule(), EventTarget())

"""What surrounds a Lambda function: aliases, permissions, event sources, invocations."""

from __future__ import annotations

import json
import secrets
from typing import Final

from local.resources.base import Cloud, Created, Properties, ResourceError, ResourceHandler
from local.resources.lambda_ import invoke_arn
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, picked


class Alias(Lifecycle):
    """An alias of a function; its id is its ARN."""

    handles = "aws:lambda/alias:Alias"
    replace_on = frozenset({"name", "functionName"})
    api = Api("lambda")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateAlias", named)["AliasArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        function, _, name = id.rpartition(":")
        alias = cloud.client("lambda").get_alias(FunctionName=function, Name=name)
        return {
            **self.api.reflect(state, alias),
            "name": name,
            "arn": id,
            "invokeArn": invoke_arn(cloud, id),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call(cloud, "UpdateAlias", {"routingConfig": {}, **inputs})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        function, _, name = id.rpartition(":")
        cloud.client("lambda").delete_alias(FunctionName=function, Name=name)

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {key: state[key] for key in ("name", "functionName")}


class Permission(Lifecycle):
    """A statement in a function's policy; its id is the statement's id. It never changes."""

    handles = "aws:lambda/permission:Permission"
    replace_on = frozenset(
        {
            "action",
            "eventSourceToken",
            "function",
            "functionUrlAuthType",
            "invokedViaFunctionUrl",
            "principal",
            "principalOrgId",
            "qualifier",
            "sourceAccount",
            "sourceArn",
            "statementId",
            "statementIdPrefix",
        }
    )
    api = Api(
        "lambda",
        renamed={"function": "FunctionName", "principalOrgId": "PrincipalOrgID"},
        provider_only=frozenset({"statementIdPrefix"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        prefix = inputs.get("statementIdPrefix") or f"{name}-"
        statement = str(inputs.get("statementId") or f"{prefix}{secrets.token_hex(4)}")
        self.api.call(cloud, "AddPermission", {**inputs, "statementId": statement})
        return statement

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        policy = json.loads(cloud.client("lambda").get_policy(**_subject(state))["Policy"])
        known = any(statement["Sid"] == id for statement in policy["Statement"])
        return {"statementId": id} if known else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Nothing changes in place: every input needs a new statement."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("lambda").remove_permission(StatementId=id, **_subject(state))


_READS: Final = {
    "dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
    "sqs": ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage"),
}
"""What a function's role must allow before AWS maps a source to it, by the source's service."""


class EventSourceMapping(Lifecycle):
    """A queue or stream that feeds a function; its id is its UUID.

    The emulator reads the source as root: whether the function's role may is asked here.
    """

    handles = "aws:lambda/eventSourceMapping:EventSourceMapping"
    replace_on = frozenset({"eventSourceArn", "startingPosition", "startingPositionTimestamp"})
    api = Api(
        "lambda",
        renamed={"destinationConfig.onFailure.destinationArn": "Destination"},
        provider_only=frozenset({"useResourceTimeoutForPropagation"}),
    )
    tags_by = "arn"

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`; raises `ResourceError` for a role that AWS would refuse."""
        _require_readable(cloud, inputs["functionName"], inputs["eventSourceArn"])
        return str(self.api.call(cloud, "CreateEventSourceMapping", inputs)["UUID"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        mapping = cloud.client("lambda").get_event_source_mapping(UUID=id)
        arn = f"arn:aws:lambda:{cloud.region}:{cloud.account_id}:event-source-mapping:{id}"
        inputs = {key: value for key, value in state.items() if key != "functionName"}
        return {
            **self.api.reflect(inputs, mapping),
            **picked(mapping, {"batchSize": "BatchSize", "state": "State"}),
            "uuid": id,
            "arn": mapping.get("EventSourceMappingArn", arn),
            "functionArn": mapping["FunctionArn"],
            "lastModified": mapping["LastModified"].isoformat(),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call_with_known(cloud, "UpdateEventSourceMapping", inputs, UUID=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("lambda").delete_event_source_mapping(UUID=id)


def _require_readable(cloud: Cloud, function: str, source: str) -> None:
    service = source.split(":")[2]
    found = cloud.client("lambda").get_function_configuration(FunctionName=function)
    role = found["Role"]
    session = f"{role.rpartition('/')[2]}/{found['FunctionName']}"
    for action in _READS.get(service, ()):
        resource = "*" if action == "ListStreams" else source
        answer = cloud.client("iam").simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[f"{service}:{action}"], ResourceArns=[resource]
        )
        if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
            raise ResourceError(
                f"arn:aws:sts::{cloud.account_id}:assumed-role/{session} is not authorized "
                f"to perform: {service}:{action} on {source}. AWS checks that before it maps a "
                "source to a function: give the function the grant of its source."
            )


class ProvisionedConcurrencyConfig(Lifecycle):
    """Instances kept warm for a version or alias; its id is `<function>,<qualifier>`."""

    handles = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
    replace_on = frozenset({"functionName", "qualifier"})
    api = Api("lambda", provider_only=frozenset({"skipDestroy"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self.api.call(cloud, "PutProvisionedConcurrencyConfig", inputs)
        return f"{inputs['functionName']},{inputs['qualifier']}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        function, _, qualifier = id.rpartition(",")
        found = cloud.client("lambda").get_provisioned_concurrency_config(
            FunctionName=function, Qualifier=qualifier
        )
        requested = found["RequestedProvisionedConcurrentExecutions"]
        return {"provisionedConcurrentExecutions": requested}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call(cloud, "PutProvisionedConcurrencyConfig", inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        function, _, qualifier = id.rpartition(",")
        cloud.client("lambda").delete_provisioned_concurrency_config(
            FunctionName=function, Qualifier=qualifier
        )


class Invocation(ResourceHandler):
    """A call of a function at its creation; other input or triggers make it a new one."""

    handles = "aws:lambda/invocation:Invocation"
    replace_on = frozenset({"functionName", "input", "qualifier", "triggers"})

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`; raises `ResourceError` with the function's own error."""
        qualifier = inputs.get("qualifier") or "$LATEST"
        id = f"{inputs['functionName']}_{qualifier}_{name}"
        return Created(id, {**inputs, "id": id, "result": _invoke(cloud, inputs)})

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """The last result: an invocation leaves nothing on AWS that could go."""
        return state

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """See `ResourceHandler.update`: nothing that is left to change calls the function."""
        return {**inputs, "id": id, "result": state["result"]}

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Nothing to delete: what the function did stays."""


def _invoke(cloud: Cloud, inputs: Properties) -> str:
    function = inputs["functionName"]
    answer = cloud.client("lambda").invoke(
        FunctionName=function,
        Qualifier=inputs.get("qualifier") or "$LATEST",
        Payload=inputs["input"].encode(),
    )
    result = str(answer["Payload"].read().decode())
    if "FunctionError" in answer:
        raise ResourceError(
            f"function {function} failed ({answer['FunctionError']}): {result}. Correct the "
            "function; the error text is its own."
        )
    return result


def _subject(state: Properties) -> dict[str, str]:
    qualified = {"Qualifier": state["qualifier"]} if state.get("qualifier") else {}
    return {"FunctionName": state["function"], **qualified}


HANDLERS = (
    Alias(),
    Permission(),
    EventSourceMapping(),
    ProvisionedConcurrencyConfig(),
    Invocation(),
)

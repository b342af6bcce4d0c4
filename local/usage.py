"""The embedded AWS, writing down what AWS would charge for: `python -I local/usage.py <file>`.

One JSON line for each call of a role, each invocation with its milliseconds, each message that is
received or delivered, and the units that DynamoDB's answer says a request consumed.
A script and not a module, as `local/calls.py` is.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
import zlib
from pathlib import Path
from typing import Any, TextIO

from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import dynamodb, sns, sqs

_CAPACITY = "ReturnConsumedCapacity"
_TOLD = "ConsumedCapacity"
_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"))
_READS = frozenset(("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"))


class Meter:
    """Lines in a file: what, of what, how much."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, what: str, of: str, amount: float = 1, **more: Any) -> None:
        """Note that something happened."""
        self._file.write(json.dumps({"what": what, "of": of, "amount": amount, **more}) + "\n")


def watch(meter: Meter) -> None:
    """Have everything that is charged for noted from now on."""
    _watch_calls(meter)
    _watch_tables(meter)
    _watch_functions(meter)
    _watch_messages(meter)


def _watch_calls(meter: Meter) -> None:
    decide = iam_evaluator.enforce

    def enforce(access_key: str, action: str, *rest: Any, **named: Any) -> Any:
        identity = iam_evaluator.resolve_caller_identity(access_key) or {}
        _, assumed, session = str(identity.get("userArn", "")).partition(":assumed-role/")
        if assumed:
            resource = str(named.get("resource_arn", "*"))
            meter.write("call", action, role=session.partition("/")[0], resource=resource)
        return decide(access_key, action, *rest, **named)

    iam_evaluator.enforce = enforce


def _watch_tables(meter: Meter) -> None:
    handle = dynamodb.handle_request

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> Any:
        action = str(headers.get("x-amz-target", "")).rpartition(".")[2]
        if action not in _WRITES | _READS:
            return await handle(method, path, headers, body, query_params)
        asked = {**json.loads(body), _CAPACITY: "TOTAL"}
        status, answered, content = await handle(
            method, path, headers, json.dumps(asked).encode(), query_params
        )
        answer = json.loads(content)
        kind = "writes" if action in _WRITES else "reads"
        for used in _listed(answer.pop(_TOLD, [])):
            meter.write(kind, used["TableName"], used["CapacityUnits"])
        if status >= 400 and kind == "writes":
            meter.write(kind, str(asked.get("TableName", "*")), 1)
        told = json.dumps(answer).encode()
        return status, {**answered, "x-amz-crc32": str(zlib.crc32(told))}, told

    dynamodb.handle_request = handle_request


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told]


def _watch_functions(meter: Meter) -> None:
    invoke = lambda_runtime.Worker.invoke

    def timed(worker: Any, event: Any, *rest: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return invoke(worker, event, *rest, **named)
        finally:
            spent = (time.perf_counter() - began) * 1000
            records = event.get("Records", []) if isinstance(event, dict) else []
            source = str(records[0].get("eventSource", "")) if records else ""
            meter.write("invocation", worker.func_name, 1, ms=spent, source=source)

    lambda_runtime.Worker.invoke = timed


def _watch_messages(meter: Meter) -> None:
    receive, deliver = sqs._act_receive_message, sns._deliver_to_sqs

    async def receive_message(data: Any, url: str) -> Any:
        answer = await receive(data, url)
        queue = str(data.get("QueueUrl", url)).rpartition("/")[2]
        meter.write("receive", queue, len(answer.get("Messages", [])))
        return answer

    def deliver_to_sqs(endpoint: str, *rest: Any, **named: Any) -> Any:
        meter.write("delivery", endpoint.rpartition(":")[2])
        return deliver(endpoint, *rest, **named)

    sqs._HANDLERS["ReceiveMessage"] = receive_message
    sns._deliver_to_sqs = deliver_to_sqs


def main() -> None:
    """Become the embedded AWS."""
    file = Path(sys.argv.pop(1)).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - to its end
    watch(Meter(file))
    runpy.run_path(str(Path(__file__).with_name("embedded.py")), run_name="__main__")


if __name__ == "__main__":
    main()

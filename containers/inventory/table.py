"""The calls that inventory makes to DynamoDB: bounded retries of what is only busy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from common.dynamo import from_item, to_item
from common.errors import UnavailableError

_CONDITION = "ConditionalCheckFailed"
_FINE = "None"
_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY_CALLS = {
    "TransactionInProgressException",
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}

T = TypeVar("T")


class TableBusyError(UnavailableError):
    """Another transaction holds an item, or the table is throttled; soon it may work."""


class Table:
    """One DynamoDB table with keys `pk` and `sk`, spoken to in plain values.

    Every method raises UnavailableError when the table does not answer or stays busy.
    """

    def __init__(self, client: Any, name: str, *, attempts: int = 8) -> None:
        self.name = name
        self._client = client
        self._retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_random_exponential(multiplier=0.01, max=0.2),
            retry=tenacity.retry_if_exception_type(TableBusyError),
            reraise=True,
        )

    def transact(self, *writes: Mapping[str, Any]) -> frozenset[int]:
        """Write all or nothing: the positions whose condition failed, none when written."""
        return self._call(lambda: self._transact(writes))

    def get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        """The item of that key as the last write left it."""
        answer = self._call(
            lambda: self._client.get_item(
                TableName=self.name, Key=to_item(key), ConsistentRead=True
            )
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Collection[Mapping[str, str]]) -> list[dict[str, Any]]:
        """The items of at most 100 keys that exist, in any order, from one request."""
        return self._call(lambda: self._get_many([to_item(key) for key in keys]))

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """The items of a query in order, page after page as they are needed."""
        paging: dict[str, Any] = {}
        while True:
            answer = self._call(
                lambda: self._client.query(TableName=self.name, **(request | paging))  # noqa: B023 - called at once
            )
            yield from map(from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            paging = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _transact(self, writes: tuple[Mapping[str, Any], ...]) -> frozenset[int]:
        try:
            self._client.transact_write_items(TransactItems=list(writes))
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            failed = frozenset(
                position for position, code in enumerate(reasons) if code == _CONDITION
            )
            others = set(reasons) - {_CONDITION, _FINE}
            if others - _BUSY:
                raise
            if others:
                raise TableBusyError(f"table {self.name}: {', '.join(sorted(others))}") from error
            return failed
        return frozenset()

    def _get_many(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = {self.name: {"Keys": keys, "ConsistentRead": True}}
        answer = self._client.batch_get_item(RequestItems=asked)
        if answer.get("UnprocessedKeys"):
            raise TableBusyError(f"table {self.name} read only a part of {len(keys)} items")
        return [from_item(item) for item in answer["Responses"].get(self.name, [])]

    def _call(self, call: Callable[[], T]) -> T:
        def attempt() -> T:
            try:
                return call()
            except ClientError as error:
                if error.response["Error"]["Code"] in _BUSY_CALLS:
                    raise TableBusyError(f"table {self.name}: {error}") from error
                raise
            except BotoCoreError as error:
                raise UnavailableError(f"table {self.name} does not answer: {error}") from error

        return self._retrying(attempt)

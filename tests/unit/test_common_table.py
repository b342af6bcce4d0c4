"""What a table's caller learns of each thing DynamoDB may answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from common.errors import UnavailableError
from common.table import Table

WRITE: dict[str, Any] = {"Put": {"TableName": "mugs", "Item": {"pk": {"S": "a"}}}}
KEY = {"pk": "a", "sk": "b"}


@pytest.fixture
def dynamodb() -> Any:
    return botocore.session.Session().create_client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no key of anything
    )


@pytest.fixture
def stub(dynamodb: Any) -> Iterator[Stubber]:
    with Stubber(dynamodb) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def table(dynamodb: Any) -> Table:
    return Table(dynamodb, "mugs", attempts=3)


def _cancel(stub: Stubber, *codes: str) -> None:
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_a_transaction_that_was_written_failed_nowhere(stub: Stubber, table: Table) -> None:
    stub.add_response("transact_write_items", {}, {"TransactItems": [WRITE, WRITE]})

    assert table.transact(WRITE, WRITE) == frozenset()


def test_the_positions_whose_condition_failed_are_told(stub: Stubber, table: Table) -> None:
    _cancel(stub, "None", "ConditionalCheckFailed", "ConditionalCheckFailed")

    assert table.transact(WRITE, WRITE, WRITE) == {1, 2}


def test_a_transaction_in_conflict_or_throttled_is_tried_again(stub: Stubber, table: Table) -> None:
    _cancel(stub, "None", "TransactionConflict")
    _cancel(stub, "ThrottlingError", "ConditionalCheckFailed")
    stub.add_response("transact_write_items", {})

    assert table.transact(WRITE, WRITE) == frozenset()


def test_conflicts_without_end_are_unavailable(stub: Stubber, table: Table) -> None:
    for _ in range(3):
        _cancel(stub, "TransactionConflict")

    with pytest.raises(UnavailableError, match="table mugs: TransactionConflict"):
        table.transact(WRITE)


def test_a_transaction_cancelled_for_our_own_fault_is_raised(stub: Stubber, table: Table) -> None:
    _cancel(stub, "ValidationError")

    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.transact(WRITE)


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_a_condition_that_failed_is_told(stub: Stubber, table: Table, operation: str) -> None:
    write = getattr(table, operation.removesuffix("_item"))
    stub.add_response(operation, {})
    stub.add_client_error(operation, "ConditionalCheckFailedException")

    assert write(KEY, ConditionExpression="attribute_exists(pk)")
    assert not write(KEY, ConditionExpression="attribute_exists(pk)")


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_a_busy_table_is_asked_again(stub: Stubber, table: Table, code: str) -> None:
    stub.add_client_error("get_item", code)
    stub.add_response("get_item", {"Item": {"pk": {"S": "a"}}})

    assert table.get(KEY) == {"pk": "a"}


def test_an_error_of_ours_is_raised_at_once(stub: Stubber, table: Table) -> None:
    stub.add_client_error("put_item", "ValidationException")

    with pytest.raises(ClientError, match="ValidationException"):
        table.put(KEY)


def test_an_item_that_is_not_there_is_none(stub: Stubber, table: Table) -> None:
    stub.add_response("get_item", {})

    assert table.get(KEY) is None


def test_a_partial_answer_is_asked_for_again(stub: Stubber, table: Table) -> None:
    unread = {"mugs": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}
    stub.add_response("batch_get_item", {"Responses": {"mugs": []}, "UnprocessedKeys": unread})
    stub.add_response("batch_get_item", {"Responses": {"mugs": [{"pk": {"S": "a"}}]}})

    assert table.get_many([KEY]) == [{"pk": "a"}]


def test_a_query_goes_on_to_its_end(stub: Stubber, table: Table) -> None:
    last = {"pk": {"S": "a"}}
    stub.add_response("query", {"Items": [{"pk": {"S": "a"}}], "LastEvaluatedKey": last})
    stub.add_response(
        "query",
        {"Items": [{"pk": {"S": "b"}}]},
        {"TableName": "mugs", "IndexName": "by_colour", "ExclusiveStartKey": last},
    )

    assert list(table.query(IndexName="by_colour")) == [{"pk": "a"}, {"pk": "b"}]


def test_a_table_that_does_not_answer_is_unavailable(dynamodb: Any, table: Table) -> None:
    def time_out(**kwargs: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    dynamodb.meta.events.register("before-call.dynamodb", time_out)

    with pytest.raises(UnavailableError, match="table mugs does not answer"):
        table.get(KEY)

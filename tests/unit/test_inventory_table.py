"""The table adapter's answers to what DynamoDB says when it is busy, slow or refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from common.errors import UnavailableError
from inventory.table import Table

WRITE: dict[str, Any] = {"Put": {"TableName": "inventory", "Item": {"pk": {"S": "a"}}}}


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


def _cancel(stub: Stubber, *codes: str) -> None:
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_the_positions_whose_condition_failed_are_told(dynamodb: Any, stub: Stubber) -> None:
    _cancel(stub, "None", "ConditionalCheckFailed", "ConditionalCheckFailed")

    assert Table(dynamodb, "inventory").transact(WRITE, WRITE, WRITE) == {1, 2}


def test_a_conflict_with_another_transaction_is_tried_again(dynamodb: Any, stub: Stubber) -> None:
    _cancel(stub, "None", "TransactionConflict")
    _cancel(stub, "ThrottlingError", "None")
    stub.add_response("transact_write_items", {})

    assert Table(dynamodb, "inventory", attempts=3).transact(WRITE, WRITE) == frozenset()


def test_a_condition_is_not_believed_while_another_item_is_in_conflict(
    dynamodb: Any, stub: Stubber
) -> None:
    _cancel(stub, "TransactionConflict", "ConditionalCheckFailed")
    _cancel(stub, "ConditionalCheckFailed", "ConditionalCheckFailed")

    assert Table(dynamodb, "inventory", attempts=2).transact(WRITE, WRITE) == {0, 1}


def test_conflicts_without_end_are_given_up(dynamodb: Any, stub: Stubber) -> None:
    _cancel(stub, "TransactionConflict")
    _cancel(stub, "TransactionConflict")

    with pytest.raises(UnavailableError, match="TransactionConflict"):
        Table(dynamodb, "inventory", attempts=2).transact(WRITE)


def test_a_transaction_that_can_never_work_is_not_tried_again(dynamodb: Any, stub: Stubber) -> None:
    _cancel(stub, "ValidationError", "TransactionConflict")

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        Table(dynamodb, "inventory").transact(WRITE, WRITE)


def test_a_request_still_in_progress_is_tried_again(dynamodb: Any, stub: Stubber) -> None:
    stub.add_client_error("transact_write_items", "TransactionInProgressException")
    stub.add_response("transact_write_items", {})

    assert Table(dynamodb, "inventory", attempts=2).transact(WRITE) == frozenset()


def test_a_refusal_is_the_operators_to_see(dynamodb: Any, stub: Stubber) -> None:
    stub.add_client_error("get_item", "AccessDeniedException", "role may not dynamodb:GetItem")

    with pytest.raises(ClientError, match="role may not dynamodb:GetItem"):
        Table(dynamodb, "inventory").get({"pk": "a", "sk": "b"})


def test_a_table_that_does_not_answer_is_unavailable(dynamodb: Any) -> None:
    def never_answers(**event: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    dynamodb.meta.events.register("before-call.dynamodb.GetItem", never_answers)

    with pytest.raises(UnavailableError, match="inventory does not answer"):
        Table(dynamodb, "inventory").get({"pk": "a", "sk": "b"})


def test_a_partial_batch_is_read_again(dynamodb: Any, stub: Stubber) -> None:
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    partial = {"Responses": {}, "UnprocessedKeys": {"inventory": {"Keys": [key]}}}
    stub.add_response("batch_get_item", partial)
    stub.add_response("batch_get_item", {"Responses": {"inventory": [key]}})

    table = Table(dynamodb, "inventory", attempts=2)
    assert table.get_many([{"pk": "a", "sk": "b"}]) == [{"pk": "a", "sk": "b"}]


def test_a_query_goes_on_where_the_page_before_ended(dynamodb: Any, stub: Stubber) -> None:
    last = {"pk": {"S": "1"}, "sk": {"S": "x"}}
    asked = {"TableName": "inventory", "IndexName": "catalogue"}
    stub.add_response("query", {"Items": [{"pk": {"S": "1"}}], "LastEvaluatedKey": last}, asked)
    stub.add_response(
        "query", {"Items": [{"pk": {"S": "2"}}]}, {**asked, "ExclusiveStartKey": last}
    )

    found = Table(dynamodb, "inventory").query(IndexName="catalogue")
    assert [item["pk"] for item in found] == ["1", "2"]

"""What the local run changes in MiniStack still fits the MiniStack that is pinned."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import ministack
import pytest
from botocore.loaders import Loader
from ministack.core import iam_evaluator
from ministack.services import dynamodb, lambda_svc, sts

from local.embedded import (
    WHOLE,
    MetadataLoader,
    drawn,
    invoked_by_weight,
    read_once,
    remembered,
    undisturbed,
    weighted,
)

PACKAGE = Path(inspect.getfile(ministack)).parent
MODELS = Path(inspect.getfile(botocore)).parent / "data"
ONLY_METADATA = {"core/responses.py", "core/router.py"}
SHAPES = {"services/cloudfront.py"}


@pytest.mark.parametrize("service", ["dynamodb", "ec2", "iam", "lambda", "sqs"])
def test_a_service_keeps_its_metadata_and_nothing_else(service: str) -> None:
    whole = Loader().load_service_model(service, "service-2")
    lean = Loader(file_loader=MetadataLoader()).load_service_model(service, "service-2")

    assert lean["metadata"] == whole["metadata"]
    assert lean["operations"] == {}
    assert "shapes" not in lean


@pytest.mark.parametrize("service", sorted(WHOLE))
def test_a_service_whose_shapes_are_read_stays_whole(service: str) -> None:
    whole = Loader().load_service_model(service, "service-2")

    assert Loader(file_loader=MetadataLoader()).load_service_model(service, "service-2") == whole


def test_other_data_is_loaded_as_it_is() -> None:
    assert MetadataLoader().load_file(str(MODELS / "endpoints"))["version"] == 3
    assert MetadataLoader().load_file(str(MODELS / "nothing")) is None


def test_every_model_tells_its_protocol() -> None:
    for model in MODELS.glob("*/*/service-2.json.gz"):
        name = str(model).removesuffix(".json.gz")
        if model.parts[-3] not in WHOLE:
            assert "protocol" in MetadataLoader().load_file(name)["metadata"]


def test_the_emulator_reads_models_where_it_is_known_to() -> None:
    asking = {
        str(module.relative_to(PACKAGE))
        for module in PACKAGE.rglob("*.py")
        if "get_service_model(" in module.read_text()
    }
    assert asking == ONLY_METADATA | SHAPES
    for module in ONLY_METADATA:
        asks = (PACKAGE / module).read_text()
        assert "operation_model(" not in asks
        assert "shape_for(" not in asks


def test_a_look_that_another_thread_disturbs_finds_nothing() -> None:
    looks = []

    def look() -> None:
        looks.append(1)
        raise RuntimeError("dictionary changed size during iteration")

    undisturbed(look)()

    assert looks == [1]


def test_the_emulator_looks_for_expired_sessions_before_it_adds_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(sts, "_evict_expired_sessions", lambda: looks.append(1))

    sts.register_session("ASIATEST", {})
    sts._sessions.pop("ASIATEST")

    assert looks == [1]


def test_a_text_is_read_once_and_its_reader_may_change_what_it_got() -> None:
    read: list[object] = []

    def parse(document: object) -> list[object]:
        read.append(document)
        return [document]

    reading = read_once(parse)
    reading("one").append("mine")

    assert reading("one") == ["one"]
    assert reading({"of": "parts"}) == reading({"of": "parts"})
    assert read == ["one", {"of": "parts"}, {"of": "parts"}]


def test_the_answers_that_are_kept_depend_on_nothing_but_their_text() -> None:
    check = inspect.signature(dynamodb._condition_syntax_error)
    read = inspect.signature(iam_evaluator.parse_policy_document)

    assert list(check.parameters) == ["expr", "slot"]
    assert list(read.parameters) == ["doc"]
    for function in (dynamodb._condition_syntax_error, iam_evaluator.parse_policy_document):
        known = {"_COND_TOKEN_RE", "_COND_KEYWORDS", "_ConditionSyntaxError", "_COND_COMPARATORS"}
        outside = inspect.getclosurevars(function).globals
        assert set(outside) <= known | {"ParsedStatement", "json"}


ALIASES: dict[str, dict[str, Any]] = {
    "live": {
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.2}},
    },
    "plain": {"FunctionVersion": "1"},
}


@pytest.mark.parametrize(
    ("chance", "version"), [(0.0, "2"), (0.09, "2"), (0.1, "3"), (0.29, "3"), (0.31, "1"), (1, "1")]
)
def test_a_call_by_an_alias_goes_where_its_weights_say(chance: float, version: str) -> None:
    assert drawn(ALIASES["live"], chance) == version
    assert drawn(ALIASES["plain"], chance) == "1"


def test_only_an_alias_is_taken_for_a_version() -> None:
    def resolve(function: Any, qualifier: str | None) -> Any:
        return qualifier

    by_weight = weighted(resolve, lambda: 0.05)
    asked = (None, "$LATEST", "7", "plain", "live")

    assert [by_weight({"aliases": ALIASES}, name) for name in asked] == [
        *(None, "$LATEST", "7", "1", "2")
    ]
    assert by_weight(None, "live") == "live"


@pytest.mark.parametrize(("path", "query"), [("live", None), (None, {"Qualifier": ["live"]})])
def test_an_invocation_by_an_alias_goes_where_its_weights_say(
    path: str | None, query: dict[str, list[str]] | None
) -> None:
    async def invoke(name: str, event: Any, headers: Any, version: Any, asked: Any) -> Any:
        return version

    only_new = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}}
    by_weight = invoked_by_weight(invoke, lambda name: {"live": only_new})

    assert asyncio.run(by_weight("orders", {}, {}, path, query)) == "2"
    assert asyncio.run(by_weight("orders", {}, {}, "1", None)) == "1"
    assert asyncio.run(by_weight("orders", {}, {}, None, None)) is None


def test_the_emulator_resolves_aliases_and_invokes_as_is_expected_here() -> None:
    resolve = inspect.signature(lambda_svc._effective_func_record_for_qualifier)
    invoke = inspect.signature(lambda_svc._invoke)

    assert list(resolve.parameters) == ["func", "qualifier"]
    assert list(invoke.parameters) == ["name", "event", "headers", "path_qualifier", "query_params"]


def test_of_a_transaction_its_digest_is_kept_and_knows_it_again() -> None:
    kept: dict[str, dict[str, Any]] = {}
    request = {"TransactItems": [{"Put": {"Item": {"pk": {"S": "1"}}}}]}
    remembered(kept.__setitem__)("token", {"signature": request, "response": {}})

    signature = kept["token"]["signature"]
    assert signature == {"TransactItems": [{"Put": {"Item": {"pk": {"S": "1"}}}}]}
    assert signature != {"TransactItems": [{"Put": {"Item": {"pk": {"S": "2"}}}}]}
    assert "pk" not in repr(vars(signature))


def test_the_embedded_aws_keeps_transactions_where_the_digest_takes_their_place() -> None:
    assert set(inspect.signature(dynamodb._txn_token_store).parameters) == {"crt", "entry"}

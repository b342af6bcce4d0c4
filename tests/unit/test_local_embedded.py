"""What the local run changes in MiniStack still fits the MiniStack that is pinned."""

from __future__ import annotations

import inspect
from pathlib import Path

import botocore
import botocore.session
import ministack
import pytest
from botocore.loaders import Loader
from ministack.core import iam_evaluator
from ministack.services import dynamodb, sts

from local.embedded import WHOLE, MetadataLoader, read_once, undisturbed

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

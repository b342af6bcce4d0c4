"""What the local run changes in MiniStack still fits the MiniStack that is pinned."""

from __future__ import annotations

import inspect
from pathlib import Path

import botocore
import botocore.session
import ministack
import pytest
from botocore.loaders import Loader
from ministack.services import sts

from local.embedded import WHOLE, MetadataLoader, undisturbed

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

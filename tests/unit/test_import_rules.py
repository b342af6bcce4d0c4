"""Who may import whom: the repository obeys, and a breach is found wherever it is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.import_rules import LAYERS, violations

ROOT = Path(__file__).parents[2]


def plant(root: Path, path: str, source: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)


def test_nobody_imports_what_the_design_forbids() -> None:
    assert violations(ROOT) == []


def test_the_walk_sees_every_folder_of_code() -> None:
    """A walk that found nothing would find no breach either."""
    everything = violations(ROOT, ())
    for known in ("__main__.py", "lambdas/relay/logic.py", "containers/inventory/api.py"):
        assert any(line.startswith(f"{known}: ") for line in everything)


@pytest.mark.parametrize(
    ("path", "source", "breach"),
    [
        ("lambdas/orders/logic.py", "import pulumi", "import pulumi"),
        ("lambdas/orders/logic.py", "import botocore.session", "import botocore.session"),
        ("lambdas/orders/logic.py", "from orders.store import X", "import orders.store"),
        ("lambdas/orders/logic.py", "from orders import store", "import orders.store"),
        ("lambdas/orders/logic.py", "from . import store", "import orders.store"),
        ("lambdas/orders/logic.py", "from .store import X", "import orders.store"),
        ("lambdas/orders/logic.py", "from common.aws import client", "import common.aws"),
        ("lambdas/orders/logic.py", "import payments.models", "import payments.models"),
        ("lambdas/orders/anything_new.py", "import psycopg", "import psycopg"),
        ("lambdas/orders/models.py", "from orders.ports import X", "import orders.ports"),
        ("lambdas/orders/models.py", "import pydantic", "import pydantic"),
        ("lambdas/orders/ports.py", "from orders.logic import X", "import orders.logic"),
        ("lambdas/orders/handler.py", "from orders.store import X", "import orders.store"),
        ("lambdas/orders/handler.py", "import boto3", "import boto3"),
        ("lambdas/orders/store.py", "from orders.logic import X", "import orders.logic"),
        ("lambdas/orders/bootstrap.py", "from local import up", "import local"),
        ("lambdas/orders/bootstrap.py", "from payments.store import X", "import payments.store"),
        ("lambdas/common/aws.py", "import boto3", "import boto3"),
        ("lambdas/common/aws.py", "from orders.models import X", "import orders.models"),
        ("containers/inventory/api.py", "from inventory.store import X", "import inventory.store"),
        ("containers/inventory/logic.py", "import starlette", "import starlette"),
        ("components/orders.py", "from components.payments import X", "components.payments"),
        ("components/orders.py", "from components import payments", "components.payments"),
        ("components/blocks/table.py", "import components.microservice", "components.microservice"),
        ("components/blocks/table.py", "from settings import X", "import settings"),
        ("components/naming.py", "import pulumi", "import pulumi"),
        ("settings/model.py", "from components import naming", "import components"),
        ("__main__.py", "import pulumi_aws", "import pulumi_aws"),
        ("components/edge.py", "import __main__", "import __main__"),
        ("tests/unit/test_x.py", "import __main__", "import __main__"),
        ("tools/locks.py", "import local.up", "import local.up"),
        ("local/up.py", "from tests.support import harness", "import tests.support"),
        ("policy/rules.py", "import pulumi_aws", "import pulumi_aws"),
        ("engine/host.py", "import pulumi.runtime", "import pulumi.runtime"),
        ("lambdas/orders/logic.py", "def f():\n    import stripe", "import stripe"),
        ("lambdas/orders/logic.py", "if T:\n    from local import up", "import local"),
        ("lambdas/orders/logic.py", "import_module('stripe')", "import stripe"),
        ("lambdas/orders/logic.py", "importlib.import_module('stripe')", "import stripe"),
        ("somewhere/new.py", "", "somewhere.new is in no layer"),
    ],
)
def test_a_planted_breach_is_found(tmp_path: Path, path: str, source: str, breach: str) -> None:
    for module in (
        "lambdas/orders/store.py",
        "components/payments.py",
        "lambdas/orders/__init__.py",
    ):
        plant(tmp_path, module, "")
    plant(tmp_path, path, source)
    (found,) = violations(tmp_path)
    assert found.startswith(f"{path}:")
    assert breach in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("lambdas/orders/handler.py", "from orders import bootstrap\nfrom orders.logic import X"),
        ("lambdas/orders/logic.py", "import json\nfrom orders.ports import X\nimport msgspec"),
        ("lambdas/orders/store.py", "import botocore\nfrom orders.models import X"),
        ("lambdas/payments/store.py", "import psycopg\nfrom common.table import Table"),
        ("components/orders.py", "from components.blocks.table import X\nimport pulumi_aws as a"),
        ("__main__.py", "from components import orders\nimport settings, packages, pulumi"),
        ("tests/unit/test_x.py", "import local.up, components.orders, orders.store"),
        ("local/up.py", "import botocore, pulumi, components.orders"),
        (".venv/lib/x.py", "import anything_at_all"),
    ],
)
def test_what_the_design_allows_is_no_breach(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)
    assert violations(tmp_path) == []


def test_no_layer_is_declared_twice() -> None:
    names = [layer.name for layer in LAYERS]
    assert len(names) == len(set(names))

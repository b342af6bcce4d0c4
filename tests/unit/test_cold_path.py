"""What a cold start loads: module counts, never times, which vary by 40 % on one machine.

Each function's module is imported in a fresh interpreter, and what its first call needs is built
as the first call builds it: clients, store and logic, without any network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = frozenset(
    {
        "_pytest",
        "boto3",
        "components",
        "hypothesis",
        "inventory",
        "local",
        "moto",
        "pkg_resources",
        "pulumi",
        "pulumi_aws",
        "pydantic",
        "pytest",
        "requests",
        "setuptools",
        "settings",
        "starlette",
        "stripe",
        "tests",
        "uvicorn",
    }
)
PROBE = """
import json, socket, sys

def refuse(*arguments):
    raise OSError("a cold start may not use the network")

socket.socket.connect = refuse
handler = __import__(sys.argv[1] + ".handler", fromlist=["handler"])
imported = sorted(sys.modules)
aws = sys.modules.get("common.aws")
clients = aws.client.cache_info().currsize if aws else 0
for build in sys.argv[2:]:
    getattr(handler.bootstrap, build)()
print(json.dumps({"imported": imported, "built": sorted(sys.modules), "clients": clients}))
"""
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "cold",
    "POWERTOOLS_METRICS_NAMESPACE": "Storefront",
    "EVENTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:events",
}


@dataclass(frozen=True)
class Service:
    """A service's budgets, its variables, and the functions of its bootstrap, by entry point.

    `import_limit` counts modules after the import of the handler, `call_limit` after its building.
    """

    import_limit: int
    call_limit: int
    environment: Mapping[str, str]
    builds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SERVICES = {
    "orders": Service(
        480,
        490,
        {
            "ORDERS_TABLE_NAME": "orders",
            "ORDERS_DEADLINE_SECONDS": "600",
            "ORDERS_RECEIPTS_BUCKET_NAME": "receipts",
            "ORDERS_RECEIPT_LINK_SECONDS": "60",
            "INVENTORY_NAMESPACE_NAME": "storefront.internal",
            "INVENTORY_SERVICE_NAME": "inventory",
            "INVENTORY_PORT": "8080",
            "INVENTORY_TIMEOUT_SECONDS": "1",
        },
        {"http": ("orders", "placing", "receipts"), "events": ("orders", "receipts")},
    ),
    "payments": Service(
        520,
        600,
        {
            "PAYMENTS_DATABASE_HOST": "localhost",
            "PAYMENTS_DATABASE_PORT": "5432",
            "PAYMENTS_DATABASE_NAME": "payments",
            "PAYMENTS_DATABASE_USER": "payments_app",
            "PAYMENTS_DATABASE_PAUSES": "true",
            "PAYMENTS_PROVIDER": "sandbox",
            "PAYMENTS_CHARGE_STALE_SECONDS": "60",
        },
        {"http": ("ledger",), "events": ("payments",), "sweep": ("sweeper",)},
    ),
    "notifications": Service(
        480,
        480,
        {
            "NOTIFICATIONS_TABLE_NAME": "notifications",
            "NOTIFICATIONS_ALERTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts",
            "NOTIFICATIONS_CONNECTIONS_URL": "https://live.example.com/live",
            "NOTIFICATIONS_ALERTS_URL": "wss://live.example.com/live",
            "NOTIFICATIONS_TICKET_SECONDS": "30",
            "NOTIFICATIONS_CONNECTIONS_MAX": "10",
        },
        {"http": ("inbox", "preference_desk", "live_desk"), "events": ("notifier",)},
    ),
    "relay": Service(
        480,
        480,
        {"RELAY_TABLE_NAME": "orders", "RELAY_GRACE_SECONDS": "60"},
        {"handle": ("relay",)},
    ),
}
"""In payments' first call psycopg, which imports asyncio, meets botocore."""
ENTRY_POINTS = [(service, entry) for service in SERVICES for entry in SERVICES[service].builds]


@dataclass(frozen=True)
class Loaded:
    """The modules loaded by the import and after the building, and clients made by the import."""

    imported: list[str]
    built: list[str]
    clients: int


@cache
def loaded_by(service: str, entry: str) -> Loaded:
    """What a fresh process loads until the first call of that entry point can do its work."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", PROBE, service, *SERVICES[service].builds[entry]],
        env={**ENVIRONMENT, **SERVICES[service].environment, "PYTHONPATH": str(ROOT / "lambdas")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return Loaded(**json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("service", "entry"), ENTRY_POINTS)
def test_a_handler_imports_no_more_modules_than_its_budget(service: str, entry: str) -> None:
    assert len(loaded_by(service, entry).imported) <= SERVICES[service].import_limit


@pytest.mark.parametrize(("service", "entry"), ENTRY_POINTS)
def test_the_first_call_needs_no_more_modules_than_its_budget(service: str, entry: str) -> None:
    assert len(loaded_by(service, entry).built) <= SERVICES[service].call_limit


@pytest.mark.parametrize(("service", "entry"), ENTRY_POINTS)
def test_the_first_call_loads_nothing_heavy(service: str, entry: str) -> None:
    tops = {module.split(".")[0] for module in loaded_by(service, entry).built}
    assert tops & FORBIDDEN == set()


@pytest.mark.parametrize(("service", "entry"), ENTRY_POINTS)
def test_importing_a_handler_builds_no_client(service: str, entry: str) -> None:
    assert loaded_by(service, entry).clients == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_loads_no_other_service(service: str) -> None:
    others = {*SERVICES, "inventory"} - {service}
    for entry in SERVICES[service].builds:
        loaded = {module.split(".")[0] for module in loaded_by(service, entry).built}
        assert loaded & others == set()


def test_every_service_is_measured() -> None:
    folders = {path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py")}
    assert folders == set(SERVICES)

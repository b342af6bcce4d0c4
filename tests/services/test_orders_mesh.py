"""Asking inventory through the mesh: signed as orders, let in as orders, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
import urllib3
from botocore.credentials import ReadOnlyCredentials

from common import env
from common.env import ConfigurationError
from common.errors import UnavailableError
from common.observability import span
from orders import bootstrap, mesh
from orders.availability import PATH, InventoryInquiry
from orders.env import InventoryEnvironment
from orders.models import OrderLine
from tests.support.lattice import REGION, Caller, Service, served
from tests.support.orders_dynamo import orders_shop
from tests.support.payloads import TRACEPARENT

LINES = (OrderLine(product_id="mug", quantity=2, unit_price=1250),)
SERVICE = "arn:aws:vpc-lattice:eu-west-1:123456789012:service/svc-0123456789abcdef0"
ORDERS = "arn:aws:iam::123456789012:role/orders-http"
RESOURCE = f"{SERVICE}{PATH}"
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": [ORDERS]},
    "Action": "vpc-lattice-svcs:Invoke",
    "Resource": RESOURCE,
    "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "POST"}},
}
MAY = {"Effect": "Allow", "Action": ["vpc-lattice-svcs:Invoke"], "Resource": [RESOURCE]}
KEYS = ReadOnlyCredentials("AKIDORDERS", "orders-secret", "orders-token", None)
CALLER = Caller(credentials=KEYS, role_arn=ORDERS, may=[MAY])


@pytest.fixture
def inventory() -> Iterator[Service]:
    with served(Service(arn=SERVICE, policy=[ALLOW], callers=[CALLER])) as running:
        yield running


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> botocore.session.Session:
    """A process that runs as orders."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    found = botocore.session.get_session()
    found.set_credentials(KEYS.access_key, KEYS.secret_key, KEYS.token)
    return found


@pytest.fixture
def inquiry(inventory: Service, session: botocore.session.Session) -> InventoryInquiry:
    return InventoryInquiry(mesh.SignedWay(session, inventory.url), 5.0)


@pytest.mark.parametrize("available", [True, False])
def test_inventory_is_asked_for_the_orders_lines_and_believed(
    inquiry: InventoryInquiry, inventory: Service, available: bool
) -> None:
    inventory.answer = json.dumps({"available": available}).encode()

    assert inquiry.available(LINES, "my-correlation") is available

    (asked,) = inventory.asked
    assert (asked.method, asked.path) == ("POST", "/availability")
    assert json.loads(asked.body) == {"lines": [{"product_id": "mug", "quantity": 2}]}
    assert inventory.refused == []


def test_trace_and_correlation_id_travel_along_signed(
    inquiry: InventoryInquiry, inventory: Service
) -> None:
    with span("test", traceparent=TRACEPARENT):
        inquiry.available(LINES, "my-correlation")

    headers = inventory.asked[0].headers
    assert headers["x-correlation-id"] == "my-correlation"
    assert headers["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "traceparent", "x-amz-security-token", "x-correlation-id"} <= set(signed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Principal": {"AWS": ["arn:aws:iam::123456789012:role/other"]}}, "may not POST"),
        ({"Resource": f"{SERVICE}/products"}, "may not POST /availability"),
        ({"Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}}}, "may not"),
        ({"Action": "vpc-lattice-svcs:Connect"}, "may not POST"),
        ({"Effect": "Deny"}, "may not POST"),
    ],
)
def test_what_the_policy_does_not_allow_is_no_answer(
    inquiry: InventoryInquiry, inventory: Service, change: dict[str, Any], says: str
) -> None:
    inventory.policy = [{**ALLOW, **change}]

    with pytest.raises(UnavailableError, match="answers 403"):
        inquiry.available(LINES, "my-correlation")

    assert says in inventory.refused[0]
    assert len(inventory.asked) == 2


def test_a_role_without_a_grant_of_its_own_is_refused(
    inquiry: InventoryInquiry, inventory: Service
) -> None:
    inventory.callers = [replace(CALLER, may=[])]

    with pytest.raises(UnavailableError, match="answers 403"):
        inquiry.available(LINES, "my-correlation")


def test_another_secret_of_the_same_key_is_refused(
    inquiry: InventoryInquiry, inventory: Service
) -> None:
    forged = ReadOnlyCredentials(KEYS.access_key, "another", KEYS.token, None)
    inventory.callers = [replace(CALLER, credentials=forged)]

    with pytest.raises(UnavailableError, match="answers 403"):
        inquiry.available(LINES, "my-correlation")

    assert inventory.refused[0] == "the signature is of another request"


def test_an_unsigned_request_is_refused(inventory: Service) -> None:
    answer = urllib3.request("POST", f"{inventory.url}/availability", body=b"{}", retries=False)

    assert answer.status == 403
    assert inventory.refused == ["the request is not signed"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/products"), ("PUT", PATH)])
def test_a_signature_opens_no_other_method_and_no_other_path(
    inquiry: InventoryInquiry, inventory: Service, method: str, path: str
) -> None:
    inquiry.available(LINES, "my-correlation")

    stolen = replace(inventory.asked[0], method=method, path=path)

    assert inventory.refusal(stolen) == "the signature is of another request"


def test_a_process_without_a_role_gets_no_answer_and_sends_nothing(
    inventory: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = botocore.session.get_session()
    monkeypatch.setattr(bare, "get_credentials", lambda: None)

    with pytest.raises(UnavailableError, match="Unable to locate credentials"):
        InventoryInquiry(mesh.SignedWay(bare, inventory.url), 5.0).available(LINES, "mine")

    assert inventory.asked == []


def test_an_order_asks_through_the_mesh_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, session: botocore.session.Session, inventory: Service
) -> None:
    inventory.answer = b'{"available": false}'
    monkeypatch.setenv("INVENTORY_MESH_URL", inventory.url)
    monkeypatch.setattr(bootstrap, "session", lambda: session)

    with orders_shop(monkeypatch) as shop:
        assert shop.place()["availability"] == "short"

    assert inventory.refused == []
    assert len(inventory.asked) == 1


def test_an_order_is_taken_while_the_mesh_refuses(
    monkeypatch: pytest.MonkeyPatch, session: botocore.session.Session, inventory: Service
) -> None:
    inventory.policy = []
    monkeypatch.setenv("INVENTORY_MESH_URL", inventory.url)
    monkeypatch.setattr(bootstrap, "session", lambda: session)

    with orders_shop(monkeypatch) as shop:
        assert shop.place()["availability"] == "unknown"

    assert inventory.refused == [f"{ORDERS} may not POST /availability"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://inventory.on.aws",
        "inventory.on.aws",
        "https://inventory.on.aws/",
        "http://127.0.0.1",
    ],
)
def test_a_url_that_would_show_the_signature_or_has_a_path_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("INVENTORY_TIMEOUT_SECONDS", "1")
    monkeypatch.setenv("INVENTORY_MESH_URL", url)

    with pytest.raises(ConfigurationError, match="inventory_mesh_url"):
        env.load(InventoryEnvironment)

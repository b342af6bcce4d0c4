"""docs/openapi.yaml against the code, both ways: routes, scopes, bodies, limits, problems."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import components.inventory
import components.notifications
import components.orders
import components.payments
import inventory.api
import notifications.handler
import orders.handler
import payments.handler
from common.errors import ServiceError
from common.http import problem
from common.paging import PAGE_DEFAULT, PAGE_MAX
from inventory.api import STOCK_SCOPE, routes
from inventory.catalogue import Catalogue
from inventory.models import PRODUCT_ID, ProductDetails, StockAdjustment
from notifications.models import Page, Preferences, Ticket
from orders.models import (
    MAX_KEY_LENGTH,
    PAYMENT_TOKEN,
    OrderView,
    PlaceOrder,
    ReceiptLink,
    ShippingAddress,
    Timeline,
)
from payments.models import PaymentView
from payments.webhooks import ProviderEvent
from tests.support.inventory import Clock, InMemoryStockStore, product
from tests.support.openapi import (
    examples,
    model_schema,
    names,
    operations,
    parameter,
    plain,
    resolved,
    spec,
    success,
)

INTERNAL = {"POST /availability"}
SIGNED = "POST /payments/webhooks/stripe"
BODIES: Mapping[str, type[msgspec.Struct]] = {
    "POST /orders": PlaceOrder,
    "PUT /orders/{order_id}/shipping-address": ShippingAddress,
    SIGNED: ProviderEvent,
    "PUT /notifications/preferences": Preferences,
    "PUT /products/{product_id}": ProductDetails,
    "POST /products/{product_id}/stock-adjustments": StockAdjustment,
}
ANSWERS: Mapping[str, type[msgspec.Struct]] = {
    "POST /orders": OrderView,
    "GET /orders/{order_id}": OrderView,
    "PUT /orders/{order_id}/shipping-address": OrderView,
    "POST /orders/{order_id}/cancel": OrderView,
    "GET /orders/{order_id}/timeline": Timeline,
    "GET /orders/{order_id}/receipt": ReceiptLink,
    "GET /payments/{order_id}": PaymentView,
    "GET /notifications": Page,
    "GET /notifications/preferences": Preferences,
    "PUT /notifications/preferences": Preferences,
    "POST /notifications/tickets": Ticket,
}
PAGED = ("GET /orders", "GET /notifications", "GET /products")
BEYOND_THE_TYPE = {
    "payment_token": {"pattern": f"^{PAYMENT_TOKEN.pattern}$"},
    "quantity": {"not": {"const": 0}},
}
"""Rules that a model checks in code, as the document must put them."""


def test_the_document_is_valid_openapi() -> None:
    assert spec()["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(spec()).iter_errors()) == []


def test_a_document_that_is_not_valid_is_noticed() -> None:
    broken = json.loads(json.dumps(spec()))
    del broken["info"]["title"]
    (error,) = OpenAPIV31SpecValidator(broken).iter_errors()
    assert "'title' is a required property" in str(error)


def test_every_route_of_the_code_is_described_and_every_description_is_served() -> None:
    catalogue = Catalogue(InMemoryStockStore(), clock=Clock())
    served = {
        *orders.handler.ROUTES,
        *payments.handler.ROUTES,
        *payments.handler.PUBLIC_ROUTES,
        *notifications.handler.ROUTES,
        *(set(routes(catalogue)) - INTERNAL),
    }
    assert set(operations()) == served


def test_what_is_described_is_what_the_gateway_routes_with_the_same_scope() -> None:
    routed = {
        route.key: route.scope
        for service in (
            components.orders,
            components.payments,
            components.notifications,
            components.inventory,
        )
        for route in service.ROUTES
    }
    described = {}
    for key, operation in operations().items():
        scopes = [
            scope
            for entry in operation["security"]
            for granted in entry.values()
            for scope in granted
        ]
        assert len(scopes) <= 1
        described[key] = scopes[0] if scopes else None
    assert described == routed
    assert STOCK_SCOPE in described.values()


def test_machines_and_customers_have_their_own_scheme() -> None:
    schemes = spec()["components"]["securitySchemes"]
    flow = schemes["backOffice"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == {STOCK_SCOPE}
    for operation in operations().values():
        for entry in operation["security"]:
            ((scheme, scopes),) = entry.items()
            assert scheme == ("backOffice" if STOCK_SCOPE in scopes else "customer")


def test_every_body_is_described_and_every_described_body_has_its_model() -> None:
    assert {key for key, value in operations().items() if "requestBody" in value} == set(BODIES)


@pytest.mark.parametrize("key", BODIES)
def test_a_body_has_the_fields_and_limits_of_its_model(key: str) -> None:
    described = plain(operations()[key]["requestBody"]["content"]["application/json"]["schema"])
    expected = model_schema(BODIES[key])
    for name, rule in BEYOND_THE_TYPE.items():
        if name in expected["properties"]:
            expected["properties"][name] |= rule
    assert described == expected


@pytest.mark.parametrize("key", ANSWERS)
def test_an_answer_has_the_fields_of_its_model(key: str) -> None:
    assert names(plain(success(key))) == names(model_schema(ANSWERS[key]))


@pytest.mark.parametrize("name", ["status", "cancel_reason", "availability"])
def test_an_order_s_choices_are_those_of_the_code(name: str) -> None:
    described = plain(success("GET /orders/{order_id}"))["properties"][name]
    assert described == model_schema(OrderView)["properties"][name]


def test_a_payment_s_statuses_are_those_of_the_code() -> None:
    described = plain(success("GET /payments/{order_id}"))["properties"]["status"]
    assert described == model_schema(PaymentView)["properties"]["status"]


def test_the_messages_are_those_that_notifications_sends() -> None:
    message = success("GET /notifications")["properties"]["items"]["items"]
    assert set(message["properties"]["type"]["enum"]) == set(notifications.handler.EVENTS)


def test_a_list_of_orders_holds_orders() -> None:
    page = success("GET /orders")
    assert page["properties"]["items"]["items"] == success("GET /orders/{order_id}")


def test_a_product_is_described_as_it_is_shown() -> None:
    shown = inventory.api._shown(product("mug", 5, reserved=1))
    for schema in (
        success("GET /products/{product_id}"),
        success("GET /products")["properties"]["items"]["items"],
    ):
        assert set(schema["properties"]) == set(schema["required"]) == set(shown)
        assert list(OAS31Validator(schema).iter_errors(shown)) == []


@pytest.mark.parametrize("key", PAGED)
def test_a_list_is_paged_as_all_lists_are(key: str) -> None:
    assert parameter(key, "limit")["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": PAGE_MAX,
        "default": PAGE_DEFAULT,
    }
    assert parameter(key, "cursor")["in"] == "query"
    assert set(success(key)["required"]) == {"items", "next_cursor"}


def test_only_placing_takes_an_idempotency_key_and_requires_it() -> None:
    takers = [
        key
        for key, operation in operations().items()
        if any(entry["name"] == "Idempotency-Key" for entry in operation["parameters"])
    ]
    assert takers == ["POST /orders"]
    header = parameter("POST /orders", "Idempotency-Key")
    assert (header["in"], header["required"]) == ("header", True)
    assert header["schema"] == {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH}


def test_a_path_s_parameters_are_those_in_its_template() -> None:
    for key, operation in operations().items():
        described = {entry["name"] for entry in operation["parameters"] if entry["in"] == "path"}
        assert described == {part[1:-1] for part in key.split("/") if part.startswith("{")}
    schema = parameter("GET /products/{product_id}", "product_id")["schema"]
    assert schema["pattern"] == PRODUCT_ID.pattern.replace(r"\Z", "$")


def test_every_kind_of_problem_is_described() -> None:
    def kinds(error: type[ServiceError]) -> Iterator[ServiceError]:
        if not error.__module__.startswith("tests"):
            yield error("detail", errors=["one"])
        for narrower in error.__subclasses__():
            yield from kinds(narrower)

    schema = resolved(spec()["components"]["schemas"]["Problem"], spec())
    bodies = [problem(error, "correlation-1").body for error in kinds(ServiceError)]
    assert {body["type"] for body in bodies} == set(schema["properties"]["type"]["enum"])
    for body in bodies:
        assert set(body) == set(schema["properties"])
        assert list(OAS31Validator(schema).iter_errors(body)) == []


@pytest.mark.parametrize("key", sorted(operations()))
def test_an_operation_says_what_may_go_wrong(key: str) -> None:
    operation = operations()[key]
    expected = {"429", "500", "503"}
    expected |= {"401", "403"} if operation["security"] else set()
    if key == SIGNED:
        expected |= {"400", "413"}
    elif "requestBody" in operation or key in PAGED:
        expected |= {"400", "422"}
    assert expected <= set(operation["responses"])


def test_operations_have_names_of_their_own() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(ids) == len(set(ids))


def test_every_example_fits_its_schema() -> None:
    checked = list(examples())
    assert len(checked) >= 40
    for where, schema, example in checked:
        errors = [error.message for error in OAS31Validator(schema).iter_errors(example)]
        assert errors == [], where

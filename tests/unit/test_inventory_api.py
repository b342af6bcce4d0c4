"""inventory's HTTP API over ASGI: what each request is answered, with what status and body."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from inventory.api import create_app, routes
from inventory.catalogue import Catalogue
from tests.support.inventory import Clock, InMemoryStockStore, assert_problem, product

ADMIN = {"x-caller-scope": "openid inventory/stock.write"}
MUG = {"name": "Mug", "unit_price": 1250, "currency": "EUR", "active": True}
ADJUSTMENT = {"adjustment_id": "019ab000-0000-7000-8000-000000000001", "quantity": 5}


@pytest.fixture
def store() -> InMemoryStockStore:
    return InMemoryStockStore(product("mug", 4, reserved=1), product("tea", 2))


@pytest.fixture
def api(store: InMemoryStockStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Storefront")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "inventory")
    with TestClient(create_app(Catalogue(store, clock=Clock()))) as client:
        yield client


def test_anyone_may_read_a_product(api: TestClient) -> None:
    answer = api.get("/products/mug")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"product_id": "mug", **MUG, "available": 4, "reserved": 1}


def test_anyone_may_page_through_the_products(api: TestClient) -> None:
    first = api.get("/products", params={"limit": "1"}).json()
    second = api.get("/products", params={"limit": "1", "cursor": first["next_cursor"]}).json()

    assert [item["product_id"] for item in first["items"] + second["items"]] == ["mug", "tea"]
    assert second["next_cursor"] is None


def test_a_tampered_cursor_is_refused(api: TestClient) -> None:
    cursor = api.get("/products", params={"limit": "1"}).json()["next_cursor"]

    answer = api.get("/products", params={"cursor": cursor[::-1]})

    assert_problem(answer, 400, "malformed-request")


@pytest.mark.parametrize("limit", ["0", "51", "-1", "ten", "", "500000"])
def test_a_page_has_1_to_50_products(api: TestClient, limit: str) -> None:
    body = assert_problem(api.get("/products", params={"limit": limit}), 422, "invalid-request")
    assert body["errors"] == [f"limit = {limit!r}: must be a whole number from 1 to 50"]


@pytest.mark.parametrize("limit", ["1", "50"])
def test_the_smallest_and_the_largest_page_are_served(api: TestClient, limit: str) -> None:
    assert api.get("/products", params={"limit": limit}).status_code == 200


@pytest.mark.parametrize("product_id", ["cup", "NOT-AN-ID", "a%0a"])
def test_an_unknown_product_is_not_found(api: TestClient, product_id: str) -> None:
    assert_problem(api.get(f"/products/{product_id}"), 404, "not-found")


def test_an_administrator_creates_a_product(api: TestClient, store: InMemoryStockStore) -> None:
    answer = api.put("/products/cup", json=MUG, headers={**ADMIN, "x-correlation-id": "seed-0001"})

    assert answer.status_code == 201
    assert answer.json() == {"product_id": "cup", **MUG, "available": 0, "reserved": 0}
    assert [event.correlation_id for event in store.outbox] == ["seed-0001"]


def test_an_administrator_changes_a_product(api: TestClient) -> None:
    answer = api.put("/products/mug", json={**MUG, "unit_price": 0}, headers=ADMIN)

    assert answer.status_code == 200
    assert answer.json()["unit_price"] == 0
    assert answer.json()["available"] == 4


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "m" * 201},
        *({"name": f"mug{mark}"} for mark in ("\0", "\n", "\x1b", "\x85", "\u2028")),
        {"unit_price": -1},
        {"unit_price": 12.5},
        {"unit_price": "1250"},
        {"unit_price": 10**13},
        {"currency": "eur"},
        {"currency": "EUR\n"},
        {"currency": "EURO"},
        {"active": "yes"},
        {"active": None},
        {"colour": "red"},
    ],
)
def test_details_that_break_a_rule_are_refused(
    api: TestClient, store: InMemoryStockStore, change: dict[str, object]
) -> None:
    answer = api.put("/products/cup", json={**MUG, **change}, headers=ADMIN)

    (field,) = change
    assert field in assert_problem(answer, 422, "invalid-request")["errors"][0]
    assert store.outbox == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/products/mug%0a"),
        ("POST", "/products/mug%0a/stock-adjustments"),
        ("POST", "/products/mug/stock-adjustments%0a"),
        ("GET", "/products/mug%0a"),
        ("GET", "/products%0a"),
    ],
)
def test_a_path_that_ends_in_a_line_break_is_no_other_path(
    api: TestClient, store: InMemoryStockStore, method: str, path: str
) -> None:
    before = store.product("mug")
    body = ADJUSTMENT if "adjust" in path else {**MUG, "name": "Cup"}

    answer = api.request(method, path, json=body, headers=ADMIN)

    assert_problem(answer, 404, "not-found")
    assert store.product("mug") == before


def test_values_of_one_name_are_joined_as_the_gateway_joins_them(api: TestClient) -> None:
    answer = api.get("/products?limit=2&limit=3")

    assert assert_problem(answer, 422, "invalid-request")["errors"] == [
        "limit = '2,3': must be a whole number from 1 to 50"
    ]


@pytest.mark.parametrize("missing", sorted(MUG))
def test_every_detail_is_required(api: TestClient, missing: str) -> None:
    body = {name: value for name, value in MUG.items() if name != missing}

    answer = api.put("/products/cup", json=body, headers=ADMIN)

    assert missing in assert_problem(answer, 422, "invalid-request")["errors"][0]


def test_an_id_that_breaks_the_rule_is_refused(api: TestClient) -> None:
    answer = api.put("/products/Mug", json=MUG, headers=ADMIN)
    assert "must be 1 to 64" in assert_problem(answer, 422, "invalid-request")["detail"]


def test_an_administrator_adjusts_stock_once_per_id(api: TestClient) -> None:
    answers = [
        api.post("/products/mug/stock-adjustments", json=ADJUSTMENT, headers=ADMIN)
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["available"] for answer in answers] == [9, 9]


@pytest.mark.parametrize(
    ("product_id", "change", "status", "kind"),
    [
        ("mug", {"quantity": -5}, 409, "conflict"),
        ("cup", {}, 404, "not-found"),
        ("mug", {"quantity": 0}, 422, "invalid-request"),
        ("mug", {"quantity": 1_000_001}, 422, "invalid-request"),
        ("mug", {"adjustment_id": "first"}, 422, "invalid-request"),
        ("mug", {"reason": "found"}, 422, "invalid-request"),
    ],
)
def test_an_adjustment_that_breaks_a_rule_is_refused(
    api: TestClient, product_id: str, change: dict[str, object], status: int, kind: str
) -> None:
    path = f"/products/{product_id}/stock-adjustments"
    assert_problem(api.post(path, json={**ADJUSTMENT, **change}, headers=ADMIN), status, kind)


def test_an_adjustment_id_with_another_quantity_is_refused(api: TestClient) -> None:
    path = "/products/mug/stock-adjustments"
    api.post(path, json=ADJUSTMENT, headers=ADMIN)

    answer = api.post(path, json={**ADJUSTMENT, "quantity": 6}, headers=ADMIN)

    assert_problem(answer, 422, "invalid-request")
    assert api.get("/products/mug").json()["available"] == 9


@pytest.mark.parametrize(
    "scope", [None, "", "openid", "inventory/stock.writer", "inventory/stock.write,openid"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", "/products/mug", MUG), ("POST", "/products/mug/stock-adjustments", ADJUSTMENT)],
)
def test_only_the_stock_scope_may_change_anything(
    api: TestClient,
    store: InMemoryStockStore,
    scope: str | None,
    method: str,
    path: str,
    body: dict[str, object],
) -> None:
    before = dict(store.catalogue)
    headers = {} if scope is None else {"x-caller-scope": scope}

    answer = api.request(method, path, json=body, headers=headers)

    assert "inventory/stock.write" in assert_problem(answer, 403, "forbidden")["detail"]
    assert (store.catalogue, store.outbox) == (before, [])


def test_availability_is_told_line_by_line(api: TestClient) -> None:
    lines = [{"product_id": "mug", "quantity": 5}, {"product_id": "tea", "quantity": 2}]

    answer = api.post("/availability", json={"lines": lines})

    assert answer.status_code == 200
    assert answer.json() == {
        "available": False,
        "shortages": [{"product_id": "mug", "requested": 5, "available": 4}],
    }


def test_an_order_that_fits_is_available(api: TestClient) -> None:
    lines = [{"product_id": "mug", "quantity": 4}]
    answer = api.post("/availability", json={"lines": lines})
    assert answer.json() == {"available": True, "shortages": []}


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"product_id": f"p{number}", "quantity": 1} for number in range(26)],
        [{"product_id": "mug", "quantity": 0}],
        [{"product_id": "Mug", "quantity": 1}],
        [{"product_id": "mug"}],
    ],
)
def test_a_question_that_breaks_a_rule_is_refused(api: TestClient, lines: object) -> None:
    assert_problem(api.post("/availability", json={"lines": lines}), 422, "invalid-request")


def test_every_route_can_be_listed_for_the_api_document() -> None:
    assert list(routes(Catalogue(InMemoryStockStore(), clock=Clock()))) == [
        "GET /products",
        "GET /products/{product_id}",
        "PUT /products/{product_id}",
        "POST /products/{product_id}/stock-adjustments",
        "POST /availability",
    ]

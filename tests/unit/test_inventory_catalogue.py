"""Products: revisions, pages, adjustments, availability."""

from __future__ import annotations

import msgspec
import pytest

from common.errors import (
    ConflictError,
    InvalidError,
    MalformedError,
    NotFoundError,
    UnavailableError,
)
from common.paging import encode_cursor
from inventory.catalogue import Catalogue
from inventory.models import AvailabilityQuestion, Line, Shortage, StockAdjustment
from tests.support.inventory import DETAILS, FIRST_ADJUSTMENT, Clock, InMemoryStockStore, product

DEARER = msgspec.structs.replace(DETAILS, unit_price=1400)


def _adjust(catalogue: Catalogue, quantity: int, *, product_id: str = "mug") -> int:
    adjustment = StockAdjustment(adjustment_id=FIRST_ADJUSTMENT, quantity=quantity)
    return catalogue.adjust(product_id, adjustment).available


def test_a_new_product_has_no_stock_and_is_told_as_revision_1() -> None:
    store = InMemoryStockStore()

    saved, created = Catalogue(store, clock=Clock()).save("mug", DETAILS, "correlation-1")

    assert created
    assert (saved.available, saved.reserved, saved.revision) == (0, 0, 1)
    (event,) = store.outbox
    assert (event.type, event.order_id, event.correlation_id) == (
        "ProductChanged",
        None,
        "correlation-1",
    )
    assert msgspec.json.decode(event.data) == {
        "product_id": "mug",
        "name": "Mug",
        "unit_price": 1250,
        "currency": "EUR",
        "active": True,
        "revision": 1,
    }


def test_a_change_keeps_the_stock_and_counts_the_revision() -> None:
    store = InMemoryStockStore(product("mug", 4, reserved=2))

    saved, created = Catalogue(store, clock=Clock()).save("mug", DEARER, "correlation-1")

    assert not created
    assert (saved.details, saved.revision) == (DEARER, 2)
    assert (saved.available, saved.reserved) == (4, 2)


def test_the_same_details_again_change_nothing_and_tell_nobody() -> None:
    store = InMemoryStockStore(product("mug", 4))

    saved, created = Catalogue(store, clock=Clock()).save("mug", DETAILS, "correlation-1")

    assert (saved, created) == (product("mug", 4), False)
    assert store.outbox == []


def test_two_changes_at_once_get_two_revisions() -> None:
    store = InMemoryStockStore(product("mug", 4))
    catalogue = Catalogue(store, clock=Clock())
    cheaper = msgspec.structs.replace(DETAILS, unit_price=1100)
    store.meanwhile = [lambda: catalogue.save("mug", cheaper, "correlation-2")]

    saved, _ = catalogue.save("mug", DEARER, "correlation-1")

    assert (saved.details, saved.revision) == (DEARER, 3)
    assert [msgspec.json.decode(event.data)["revision"] for event in store.outbox] == [2, 3]


def test_a_product_that_changes_at_every_attempt_is_said_to_be_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = InMemoryStockStore()
    monkeypatch.setattr(store, "save", lambda *args: False)

    with pytest.raises(UnavailableError, match="mug keeps changing"):
        Catalogue(store, clock=Clock()).save("mug", DETAILS, "correlation-1")


@pytest.mark.parametrize("product_id", ["", "-mug", "Mug", "mug ", "mug\n", "m" * 65, "müg"])
def test_an_id_that_breaks_the_rule_names_no_product(product_id: str) -> None:
    catalogue = Catalogue(InMemoryStockStore(product(product_id, 1)), clock=Clock())

    with pytest.raises(InvalidError, match="must be 1 to 64"):
        catalogue.save(product_id, DETAILS, "correlation-1")
    with pytest.raises(NotFoundError):
        catalogue.product(product_id)


def test_pages_show_every_product_once_in_order() -> None:
    names = [f"product-{number}" for number in range(5)]
    catalogue = Catalogue(
        InMemoryStockStore(*(product(name, 1) for name in reversed(names))), clock=Clock()
    )

    shown: list[list[str]] = []
    cursor = None
    while True:
        page, cursor = catalogue.page(cursor, 2)
        shown.append([entry.product_id for entry in page])
        if cursor is None:
            break

    assert shown == [names[:2], names[2:4], names[4:]]


def test_a_full_last_page_has_no_cursor() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 1), product("tea", 1)), clock=Clock())

    page, cursor = catalogue.page(None, 2)

    assert len(page) == 2
    assert cursor is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "mug",
        encode_cursor("products", ["Mug"]),
        encode_cursor("products", ["mug", "tea"]),
        encode_cursor("orders of alice", ["mug"]),
    ],
)
def test_a_text_that_no_page_gave_is_no_cursor(cursor: str) -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 1)), clock=Clock())

    with pytest.raises(MalformedError, match="start without a cursor"):
        catalogue.page(cursor, 2)


def test_an_adjustment_is_made_once() -> None:
    store = InMemoryStockStore(product("mug", 4))
    catalogue = Catalogue(store, clock=Clock())

    assert _adjust(catalogue, 3) == 7
    assert _adjust(catalogue, 3) == 7


def test_a_repeated_adjustment_is_answered_even_when_it_would_not_fit_any_more() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 4)), clock=Clock())

    assert _adjust(catalogue, -3) == 1
    assert _adjust(catalogue, -3) == 1


def test_an_adjustment_id_stands_for_one_product_and_quantity() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 4), product("tea", 4)), clock=Clock())
    _adjust(catalogue, 3)

    with pytest.raises(InvalidError, match="use a new adjustment_id"):
        _adjust(catalogue, 2)
    with pytest.raises(InvalidError, match="use a new adjustment_id"):
        _adjust(catalogue, 3, product_id="tea")


def test_stock_never_goes_below_zero() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 4)), clock=Clock())

    with pytest.raises(ConflictError, match="mug has 4 available; -5"):
        _adjust(catalogue, -5)
    assert catalogue.product("mug").available == 4


def test_an_unknown_product_has_no_stock_to_adjust() -> None:
    catalogue = Catalogue(InMemoryStockStore(), clock=Clock())

    with pytest.raises(NotFoundError, match="'mug'"):
        _adjust(catalogue, 5)


def test_an_adjustment_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="quantity = 0"):
        StockAdjustment(adjustment_id=FIRST_ADJUSTMENT, quantity=0)


def test_availability_names_each_line_that_lacks_pieces() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 4), product("tea", 1)), clock=Clock())

    question = AvailabilityQuestion(
        (Line("mug", 3), Line("tea", 2), Line("cup", 1), Line("mug", 1))
    )

    assert catalogue.availability(question) == (Shortage("tea", 2, 1), Shortage("cup", 1, 0))


def test_an_order_of_all_there_is_can_be_had() -> None:
    catalogue = Catalogue(InMemoryStockStore(product("mug", 4)), clock=Clock())

    assert catalogue.availability(AvailabilityQuestion((Line("mug", 4),))) == ()

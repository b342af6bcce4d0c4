"""What inventory decides about products: their details, their stock, what can be ordered."""

from __future__ import annotations

from common.errors import (
    ConflictError,
    InvalidError,
    MalformedError,
    NotFoundError,
    UnavailableError,
)
from common.events import Envelope, new_event
from common.paging import decode_cursor, encode_cursor
from inventory.events import ProductChanged
from inventory.logic import ATTEMPTS, Clock, merged, shortages_of
from inventory.models import (
    PRODUCT_ID,
    AvailabilityQuestion,
    Product,
    ProductDetails,
    RecordedAdjustment,
    Shortage,
    StockAdjustment,
)
from inventory.ports import ProductStore, Written

_LIST = "products"


class Catalogue:
    """Products as customers see them and administrators change them."""

    def __init__(self, store: ProductStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def product(self, product_id: str) -> Product:
        """Raises NotFoundError when there is no such product."""
        known = PRODUCT_ID.fullmatch(product_id) and self._store.product(product_id)
        if not known:
            raise NotFoundError(f"there is no product {product_id!r}")
        return known

    def page(self, cursor: str | None, limit: int) -> tuple[list[Product], str | None]:
        """At most `limit` products behind `cursor`, and the cursor of the page after, if any.

        Raises MalformedError for a cursor that no page gave.
        """
        after = None if cursor is None else _product_in(cursor)
        found = list(self._store.products(after, limit + 1))
        page = found[:limit]
        return page, encode_cursor(_LIST, [page[-1].product_id]) if len(found) > limit else None

    def save(
        self, product_id: str, details: ProductDetails, correlation_id: str
    ) -> tuple[Product, bool]:
        """Create the product or change its details; the second value says whether it is new.

        The same details again change nothing and tell nobody. Raises InvalidError for an id that
        breaks the rule, UnavailableError when others keep changing the product meanwhile.
        """
        if not PRODUCT_ID.fullmatch(product_id):
            rule = "1 to 64 of a-z, 0-9 and -, the first not -"
            raise InvalidError(f"product_id {product_id!r} must be {rule}; choose another")
        for _ in range(ATTEMPTS):
            known = self._store.product(product_id)
            if known is not None and known.details == details:
                return known, False
            revision = known.revision + 1 if known else 1
            event = self._changed(product_id, details, revision, correlation_id)
            if self._store.save(product_id, details, revision, event):
                return self.product(product_id), known is None
        raise UnavailableError(f"product {product_id} keeps changing; try again")

    def adjust(self, product_id: str, adjustment: StockAdjustment) -> Product:
        """Change the pieces available, once per `adjustment_id`; the product after it.

        Raises NotFoundError, ConflictError when fewer than zero would be left, InvalidError when
        the id was used for another adjustment.
        """
        self.product(product_id)
        match self._store.adjust(product_id, adjustment):
            case Written.SEEN:
                self._require_same(product_id, adjustment)
            case Written.SHORT:
                available = self.product(product_id).available
                raise ConflictError(
                    f"product {product_id} has {available} available; {adjustment.quantity} "
                    f"would leave fewer than 0: take fewer"
                )
        return self.product(product_id)

    def availability(self, question: AvailabilityQuestion) -> tuple[Shortage, ...]:
        """The lines that could not be reserved now; none when the whole order could."""
        lines = merged(question.lines)
        return shortages_of(lines, self._store.available([line.product_id for line in lines]))

    def _require_same(self, product_id: str, adjustment: StockAdjustment) -> None:
        asked = RecordedAdjustment(product_id=product_id, quantity=adjustment.quantity)
        if self._store.adjustment(str(adjustment.adjustment_id)) != asked:
            raise InvalidError(
                f"adjustment {adjustment.adjustment_id} was made with another product or "
                f"quantity; use a new adjustment_id"
            )

    def _changed(
        self, product_id: str, details: ProductDetails, revision: int, correlation_id: str
    ) -> Envelope:
        data = ProductChanged(
            product_id=product_id,
            name=details.name,
            unit_price=details.unit_price,
            currency=details.currency,
            active=details.active,
            revision=revision,
        )
        return new_event(data, occurred_at=self._clock(), correlation_id=correlation_id)


def _product_in(cursor: str) -> str:
    position = decode_cursor(_LIST, cursor)
    if len(position) != 1 or not PRODUCT_ID.fullmatch(position[0]):
        raise MalformedError("the cursor is not one this list gave; start without a cursor")
    return position[0]

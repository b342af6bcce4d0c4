"""What customers may send."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from orders.models import MAX_LINES, OrderView, PlaceOrder, ShippingAddress
from tests.support.orders import ADDRESS, order, place_body


def _line(product_id: object = "mug", quantity: object = 1, **more: object) -> dict[str, object]:
    return {"product_id": product_id, "quantity": quantity, **more}


def _address(**changes: object) -> dict[str, object]:
    return {**ADDRESS, **changes}


def _without(body: dict[str, Any], field: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != field}


BROKEN_BODIES: dict[str, tuple[object, str]] = {
    "no object": ([], "Expected `object`, got `array`"),
    "no lines": (_without(place_body(), "lines"), "missing required field `lines`"),
    "no address": (_without(place_body(), "shipping_address"), "required field `shipping_add"),
    "no token": (_without(place_body(), "payment_token"), "required field `payment_token`"),
    "unknown field": (place_body(coupon="x"), "unknown field `coupon`"),
    "zero lines": (place_body(lines=[]), "length >= 1 - at `$.lines`"),
    "26 lines": (
        place_body(lines=[_line(f"p{at}") for at in range(MAX_LINES + 1)]),
        "length <= 25 - at `$.lines`",
    ),
    "lines are no list": (place_body(lines=_line()), "Expected `array`, got `object`"),
    "price from the client": (place_body(lines=[_line(unit_price=1)]), "field `unit_price`"),
    "product twice": (place_body(lines=[_line(), _line()]), "lines name mug more than once"),
    "empty product": (place_body(lines=[_line("")]), "length >= 1 - at `$.lines[0].product_id`"),
    "long product": (place_body(lines=[_line("p" * 65)]), "length <= 64"),
    "quantity 0": (place_body(lines=[_line(quantity=0)]), "`int` >= 1 - at `$.lines[0].quantity`"),
    "quantity 101": (place_body(lines=[_line(quantity=101)]), "`int` <= 100"),
    "quantity -1": (place_body(lines=[_line(quantity=-1)]), "`int` >= 1"),
    "quantity 1.5": (place_body(lines=[_line(quantity=1.5)]), "Expected `int`, got `float`"),
    "quantity '1'": (place_body(lines=[_line(quantity="1")]), "Expected `int`, got `str`"),
    "quantity true": (place_body(lines=[_line(quantity=True)]), "Expected `int`, got `bool`"),
    "quantity null": (place_body(lines=[_line(quantity=None)]), "Expected `int`, got `null`"),
}

BROKEN_ADDRESSES: dict[str, tuple[object, str]] = {
    **{
        f"no {field}": (_without(ADDRESS, field), f"missing required field `{field}`")
        for field in ADDRESS
    },
    **{
        f"empty {field}": (_address(**{field: ""}), f"at `$.{field}`")
        for field in (*ADDRESS, "line2")
    },
    **{
        f"blank {field}": (_address(**{field: "  "}), f"at `$.{field}`")
        for field in (*ADDRESS, "line2")
    },
    **{
        f"long {field}": (_address(**{field: "x" * 101}), f"at `$.{field}`")
        for field in (*ADDRESS, "line2")
    },
    **{
        f"{field} with {mark!r}": (_address(**{field: f"a{mark}b"}), f"at `$.{field}`")
        for field in ("name", "line2", "postal_code")
        for mark in ("\0", "\n", "\x1b", "\x7f", "\x85", "\u2028")
    },
    "country in small letters": (_address(country="gb"), "at `$.country`"),
    "country of three letters": (_address(country="GBR"), "at `$.country`"),
    "country with a line": (_address(country="GB\n"), "at `$.country`"),
    "long postal code": (_address(postal_code="1" * 21), "length <= 20"),
    "unknown field": (_address(line_2="x"), "unknown field `line_2`"),
}


@pytest.mark.parametrize(("body", "says"), BROKEN_BODIES.values(), ids=BROKEN_BODIES)
def test_an_order_that_breaks_a_rule_is_refused_and_told_why(body: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(msgspec.json.encode(body), type=PlaceOrder)

    assert says in str(refused.value)


@pytest.mark.parametrize(("body", "says"), BROKEN_ADDRESSES.values(), ids=BROKEN_ADDRESSES)
def test_an_address_that_breaks_a_rule_is_refused_and_told_why(body: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(msgspec.json.encode(body), type=ShippingAddress)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    "token",
    ["", "abc", "tok_", "tok_a\n", "tok_ä", "tok_" + "a" * 65, "pm_" + "a" * 65, "pm_a_b", "TOK_a"],
)
def test_what_is_no_providers_token_is_refused(token: str) -> None:
    body = msgspec.json.encode(place_body(payment_token=token))

    with pytest.raises(msgspec.ValidationError, match="payment_token is not a payment provider"):
        msgspec.json.decode(body, type=PlaceOrder)


@pytest.mark.parametrize(
    "number",
    ["4242424242424242", "tok_4242424242424242", "pm_378282246310005", "tok_4242_4242_4242_4242"],
)
def test_a_card_number_is_refused_and_not_repeated(number: str) -> None:
    body = msgspec.json.encode(place_body(payment_token=number))

    with pytest.raises(msgspec.ValidationError, match="never a card number") as refused:
        msgspec.json.decode(body, type=PlaceOrder)

    assert number not in str(refused.value)


@pytest.mark.parametrize(
    "token", ["tok_approved", "tok_1NvkTL2eZvKYlo2CXm6vJm3r", "pm_1MqLiJLkdIwHu7ixUEgbFdYF"]
)
def test_providers_tokens_are_accepted(token: str) -> None:
    body = msgspec.json.encode(place_body(payment_token=token))

    assert msgspec.json.decode(body, type=PlaceOrder).payment_token == token


def test_as_many_lines_and_pieces_as_allowed_are_accepted() -> None:
    lines = [_line(f"p{at}", 100) for at in range(MAX_LINES)]

    accepted = msgspec.json.decode(msgspec.json.encode(place_body(lines=lines)), type=PlaceOrder)

    assert len(accepted.lines) == MAX_LINES


def test_a_customer_sees_the_order_and_nothing_else() -> None:
    view = msgspec.json.decode(msgspec.json.encode(OrderView.of(order())))

    assert set(view) == {
        "order_id", "status", "lines", "total", "currency", "shipping_address", "created_at",
        "refunded",
    }  # fmt: skip
    assert view["shipping_address"] == ADDRESS


def test_a_cancelled_order_shows_its_reason() -> None:
    cancelled = order(status="CANCELLED", cancel_reason="deadline")

    assert msgspec.to_builtins(OrderView.of(cancelled))["cancel_reason"] == "deadline"

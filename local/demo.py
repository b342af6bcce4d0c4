"""`make demo`: four orders as customers place them over HTTP, and what became of each."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from local.children import Children
from local.console import Say, faint, good
from local.errors import LocalRunError
from local.http import Caller
from local.live import Alert, Listener, listen
from local.ordering import order_body, place
from local.shop import Shop
from local.stories import (
    LAST_SPAN,
    LOOK_SECONDS,
    PAID,
    PRODUCER,
    STORIES,
    TOLD,
    Patience,
    Story,
    StoryError,
    answer_of,
)
from local.traces import drawn, orphans, spans_of, trace_of


def demo(children: Children, say: Say, port: int | None) -> int:
    """0 when every order ended as it should; raises LocalRunError, whose last line says why not."""
    began = time.perf_counter()
    try:
        shop = Shop.start(port, say, children)
    except LocalRunError as error:
        raise LocalRunError(f"the shop did not open\ndemo failed: {error}") from error
    try:
        _tell_all(shop, say)
        shop.all_warm()
    except LocalRunError as error:
        raise LocalRunError(f"every order ended as it should\ndemo failed: {error}") from error
    except StoryError as error:
        why = shop.why_stopped(error.suspect)
        raise LocalRunError(f"{error}\ndemo failed: {why}") from error
    except OSError as error:
        why = shop.why_stopped(f"nobody answered: {error}")
        raise LocalRunError(f"demo failed: {why}") from error
    if refused := shop.refused():
        raise LocalRunError(f"every order ended as it should\ndemo failed: {refused}")
    say(f"\n{shop.counts()}, open after {shop.seconds:.1f} s")
    say(good(f"demo passed: {len(STORIES)} orders in {time.perf_counter() - began:.1f} s"))
    return 0


def _tell_all(shop: Shop, say: Say) -> None:
    with Caller(shop.base_url, shop.tokens.alice) as alice, listen(alice) as listener:
        before = _stock(alice)
        orders = {_tell(alice, story, shop, say): story for story in STORIES}
        _show_inbox(alice, orders, shop, say)
        _show_live(listener, orders, shop, say)
        _show_receipt(alice, next(iter(orders)), shop, say)
        _show_stock(before, _stock(alice), say)
        _show_trace(next(iter(orders)), shop, say)


def _tell(alice: Caller, story: Story, shop: Shop, say: Say) -> str:
    """Place the story's order and follow it to its end; gives the order's id."""
    began = time.perf_counter()
    body = order_body(story.product_id, story.quantity, story.payment_token)
    placed = answer_of(place(alice, body), "orders")
    order = str(placed["order_id"])
    if story.then_cancel:
        _follow(alice, order, PAID, "CONFIRMED", Patience(shop))
        answer_of(alice.send("POST", f"/orders/{order}/cancel"), "orders")
    steps = _follow(alice, order, story.steps, story.status, Patience(shop))
    _show(story, steps, time.perf_counter() - began, say)
    return order


def _follow(
    alice: Caller, order: str, wanted: Sequence[str], status: str, patience: Patience
) -> list[dict[str, Any]]:
    """The timeline, once every wanted step is in it and the order has its status."""
    while True:
        seen = answer_of(alice.send("GET", f"/orders/{order}/timeline"), "orders")["steps"]
        known = {step["step"] for step in seen}
        missing = [step for step in wanted if step not in known]
        now = answer_of(alice.send("GET", f"/orders/{order}"), "orders")["status"]
        if not missing and now == status:
            return list(seen)
        if not patience.lasts():
            raise StoryError(
                f"order {order} is {now} and not {status}; its timeline: "
                f"{', '.join(step['step'] for step in seen)}",
                _suspect(missing, now),
            )


def _suspect(missing: Sequence[str], status: str) -> str:
    if not missing:
        return f"orders stopped: the status is {status}"
    word = next(word for word in PRODUCER if missing[0].startswith(word))
    return f"{PRODUCER[word]} stopped: there was no {missing[0]}"


def _show(story: Story, steps: list[dict[str, Any]], seconds: float, say: Say) -> None:
    pieces = f"{story.quantity} x {story.product_id}, {story.payment_token}"
    say(f"\n{story.title}: {pieces}: {good(story.status)} in {seconds:.2f} s")
    for step in steps:
        detail = ", ".join(f"{key} {value}" for key, value in step["detail"].items())
        say(f"  {step['at']}  {step['step']:<16} {faint(detail)}".rstrip())


def _show_inbox(alice: Caller, orders: dict[str, Story], shop: Shop, say: Say) -> None:
    """Wait until the customer was told of everything, and print it."""
    wanted = _wanted(orders)
    patience = Patience(shop)
    while True:
        items = answer_of(alice.send("GET", "/notifications?limit=50"), "notifications")["items"]
        missing = wanted - {(item["order_id"], item["type"]) for item in items}
        if not missing:
            break
        if not patience.lasts():
            raise StoryError(
                f"the inbox lacks {sorted(missing)}", "notifications stopped: a message is missing"
            )
    say("\nAlice's inbox, newest first")
    for item in items:
        say(f"  {item['occurred_at']}  {item['text']}")


def _wanted(orders: dict[str, Story]) -> set[tuple[str, str]]:
    """The order and type of each message that the customer must get."""
    return {
        (order, step) for order, story in orders.items() for step in story.steps if step in TOLD
    }


def _show_live(listener: Listener, orders: dict[str, Story], shop: Shop, say: Say) -> None:
    """Wait until the customer who looked on was told of everything, and print it with delays."""
    patience = Patience(shop)
    while True:
        alerts = list(listener.alerts)
        told = {(alert.message["order_id"], alert.message["type"]) for alert in alerts}
        if not (missing := _wanted(orders) - told):
            break
        if not patience.lasts():
            raise StoryError(
                f"no live alert told of {sorted(missing)}",
                "notifications stopped: a live alert is missing",
            )
    say("\nLive alerts, by WebSocket, and how long after the event each arrived")
    for alert in alerts:
        say(f"  {_delay(alert):6.3f} s  {alert.message['type']:<16} {alert.message['order_id']}")


def _delay(alert: Alert) -> float:
    return alert.received_at - datetime.fromisoformat(alert.message["occurred_at"]).timestamp()


def _show_receipt(alice: Caller, order: str, shop: Shop, say: Say) -> None:
    """Download the receipt of the first order by its link, as a browser would: without a token."""
    _follow(alice, order, ("ReceiptIssued",), "CONFIRMED", Patience(shop))
    link = answer_of(alice.send("GET", f"/orders/{order}/receipt"), "orders")
    with urllib.request.urlopen(link["url"], timeout=LOOK_SECONDS) as answer:  # noqa: S310 - loopback
        page = answer.read().decode()
    if order not in page:
        raise StoryError(
            f"the receipt of order {order} does not name it: {page}",
            "orders stopped: the receipt is wrong",
        )
    say(f"\nReceipt of order {order}: {len(page)} characters by a link until {link['expires_at']}")


def _show_trace(order: str, shop: Shop, say: Say) -> None:
    """Wait for the last span of the first order, and print its trace as a tree."""
    patience = Patience(shop)
    while True:
        trace = trace_of(spans_of(shop.log_lines()), order)
        if LAST_SPAN in {span.name for span in trace} and not orphans(trace):
            break
        if not patience.lasts():
            raise StoryError(
                f"the trace of order {order} has {len(trace)} spans, of which "
                f"{len(orphans(trace))} lack their parent; the last must be {LAST_SPAN}",
                "tracing stopped: a span is missing",
            )
    say(f"\nTrace {trace[0].trace_id} of order {order}: when each span began, and its length")
    for line in drawn(trace):
        say(f"  {line}")


def _stock(alice: Caller) -> dict[str, int]:
    items = answer_of(alice.send("GET", "/products?limit=50"), "inventory")["items"]
    return {item["product_id"]: item["available"] for item in items}


def _show_stock(before: dict[str, int], after: dict[str, int], say: Say) -> None:
    say("\nStock before and after")
    for product, count in before.items():
        say(f"  {product:<10} {count:>4} {after[product]:>4}")
    for story in STORIES:
        left = before[story.product_id] - story.sold
        if after[story.product_id] != left:
            raise StoryError(
                f"{story.product_id}: {after[story.product_id]} are left, and not {left}",
                "inventory stopped: the stock is wrong",
            )

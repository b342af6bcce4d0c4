"""`make up`: the shop, and what a new user needs to play with it."""

from __future__ import annotations

from local.children import Children
from local.console import Say
from local.shop import Shop


def up(children: Children, say: Say, port: int | None) -> int:
    """Start the shop and serve until the process is told to stop; raises LocalRunError."""
    shop = Shop.start(port, say, children)
    say(f"{shop.seconds:6.2f} s  the shop is open; {shop.counts()}")
    for line in instructions(shop):
        say(line)
    shop.wait()
    return 0


def instructions(shop: Shop) -> list[str]:
    """Lines to paste into another terminal; each works as it is printed."""
    order = (
        '{"lines":[{"product_id":"mug","quantity":2}],"payment_token":"tok_approved",'
        '"shipping_address":{"name":"Alice","line1":"1 Main Street","city":"Bern",'
        '"postal_code":"3000","country":"CH"}}'
    )
    return [
        "",
        "In another terminal:",
        "",
        f"export SHOP={shop.base_url}",
        f"export ALICE={shop.tokens.alice}",
        f"export BOB={shop.tokens.bob}",
        f"export ADMIN={shop.tokens.admin}",
        "",
        'curl "$SHOP/products"',
        'curl -X POST "$SHOP/orders" -H "Authorization: Bearer $ALICE" '
        f"-H \"Idempotency-Key: my-first-order\" -d '{order}'",
        'curl "$SHOP/orders" -H "Authorization: Bearer $ALICE"',
        'curl "$SHOP/notifications" -H "Authorization: Bearer $ALICE"',
        "",
        f"The embedded AWS is {shop.cloud.endpoint} (key and secret: test). Ctrl-C ends it all.",
    ]

"""`make up`: the shop, and what a new user needs to play with it."""

from __future__ import annotations

from local.children import Children
from local.console import Say
from local.opened import instructions
from local.shop import Shop


def up(children: Children, say: Say, port: int | None) -> int:
    """Start the shop and serve until the process is told to stop; raises LocalRunError."""
    shop = Shop.start(port, say, children)
    say(f"{shop.seconds:6.2f} s  the shop is open; {shop.counts()}")
    for line in instructions(shop.base_url, shop.tokens):
        say(line)
    say(f"The embedded AWS is {shop.cloud.endpoint} (key and secret: test). Ctrl-C ends it all.")
    shop.all_warm()
    shop.wait()
    return 0

"""`make open`: makes a shop that `pulumi up` has deployed usable as `make up` does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local import seed
from local.cloud_file import load
from local.console import Say, step
from local.errors import LocalRunError
from local.http import Caller
from local.outputs import STACK, Outputs, output, read_outputs
from local.resources import Cloud
from local.warm import Waking, known

_ANSWER_SECONDS = 60
_POLL_SECONDS = 0.1
_THREADS = 16


@dataclass(frozen=True, kw_only=True)
class OpenShop:
    """A shop that takes orders."""

    base_url: str
    """where customers call; `curl "$SHOP/products"` works"""
    tokens: seed.Tokens
    cloud: Cloud
    """the root's view of the embedded AWS"""


def open_shop(cloud: Cloud, outputs: Outputs, say: Say = lambda line: None) -> OpenShop:
    """Customers with tokens, products in stock, functions warm; raises LocalRunError.

    Safe to repeat: who is there gets a new token, and a product that had its first stock keeps
    what is left of it.
    """
    _require_same_region(cloud, output(outputs, "user_pool_id"))
    base_url = output(outputs, "api_url").rstrip("/")
    with ThreadPoolExecutor(_THREADS) as pool:
        waking = Waking(pool, known(cloud))
        waking.find(base_url)
        with step("customers have tokens", say):
            tokens = seed.sign_in(cloud, outputs)
        with step("containers are healthy", say):
            _await_products(base_url)
        with step("products are in stock, functions are warm", say):
            waking.visit(base_url, tokens.alice)
            table = output(outputs, "orders_table_name")
            seed.stock_products(base_url, tokens, seed.PRODUCTS, table, cloud)
            waking.wait()
    return OpenShop(base_url=base_url, tokens=tokens, cloud=cloud)


def open_deployed(say: Say, file: str | None) -> int:
    """Open what is deployed on the cloud that `STOREFRONT_CLOUD` names; raises LocalRunError.

    `file`: where the outputs are, if not asked from the CLI.
    """
    cloud = load()
    shop = open_shop(cloud, read_outputs(file, STACK), say)
    for line in instructions(shop.base_url, shop.tokens):
        say(line)
    say(f"The embedded AWS is {cloud.endpoint}; Ctrl-C in the terminal of make cloud ends it.")
    return 0


def instructions(base_url: str, tokens: seed.Tokens) -> Sequence[str]:
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
        f"export SHOP={base_url}",
        f"export ALICE={tokens.alice}",
        f"export BOB={tokens.bob}",
        f"export ADMIN={tokens.admin}",
        "",
        'curl "$SHOP/products"',
        'curl -X POST "$SHOP/orders" -H "Authorization: Bearer $ALICE" '
        f"-H \"Idempotency-Key: my-first-order\" -d '{order}'",
        'curl "$SHOP/orders" -H "Authorization: Bearer $ALICE"',
        'curl "$SHOP/notifications" -H "Authorization: Bearer $ALICE"',
        "",
    ]


def _require_same_region(cloud: Cloud, user_pool: str) -> None:
    """A pool's id begins with its region; the containers run where make cloud looks for them."""
    region = user_pool.partition("_")[0]
    if region != cloud.region:
        raise LocalRunError(
            f"the stack is in {region} and make cloud runs the containers of {cloud.region}: "
            f"start it with make cloud REGION={region}, or set aws:region"
        )


def _await_products(base_url: str) -> None:
    """The containers come up a moment after their services: the agent of `make cloud` polls."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while (answer := _products(base_url)) != "200":
        if time.monotonic() > deadline:
            raise LocalRunError(
                f"GET {base_url}/products still answers {answer} after {_ANSWER_SECONDS} s: "
                "the terminal of make cloud says which container does not start"
            )
        time.sleep(_POLL_SECONDS)


def _products(base_url: str) -> str:
    try:
        with Caller(base_url) as anybody:
            return str(anybody.send("GET", "/products")[0])
    except (OSError, ValueError) as error:
        return f"nothing ({error})"

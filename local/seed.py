"""What a shop needs before its first customer: customers with tokens, products with stock."""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.errors import LocalRunError
from local.http import Caller
from local.outputs import Outputs, output
from local.resources import Cloud

ADMIN_SCOPE = "inventory/stock.write"
_FIRST_STOCK = uuid.UUID("5a3f6d3c-2b1e-4c0e-9a54-8f1f4a3f7d10")
_CATALOGUE_SECONDS = 20
_POLL_SECONDS = 0.04


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of the seeded catalogue; the price is in minor units of `currency`."""

    product_id: str
    name: str
    unit_price: int
    stock: int
    currency: str = "EUR"


PRODUCTS = (
    Product(product_id="mug", name="Mug", unit_price=1250, stock=100),
    Product(product_id="notebook", name="Notebook", unit_price=690, stock=100),
    Product(product_id="tea", name="Green tea, 100 g", unit_price=990, stock=100),
    Product(product_id="lamp", name="Desk lamp, the last one", unit_price=8900, stock=1),
)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Access tokens: two customers and the back office."""

    alice: str
    bob: str
    admin: str


def sign_in(cloud: Cloud, outputs: Outputs) -> Tokens:
    """Create the customers who are not there yet, and give everybody a new access token."""
    with ThreadPoolExecutor(3) as pool:
        alice = pool.submit(_customer_token, cloud, outputs, "alice")
        bob = pool.submit(_customer_token, cloud, outputs, "bob")
        admin = pool.submit(_admin_token, cloud, outputs)
        return Tokens(alice=alice.result(), bob=bob.result(), admin=admin.result())


def _customer_token(cloud: Cloud, outputs: Outputs, name: str) -> str:
    cognito = cloud.client("cognito-idp")
    pool = output(outputs, "user_pool_id")
    email, password = f"{name}@example.com", f"Aa1{secrets.token_urlsafe(18)}"
    _create_user(cognito, pool, email)
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=email, Password=password, Permanent=True
    )
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=output(outputs, "shop_client_id"),
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def _create_user(cognito: Any, pool: str, email: str) -> None:
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
            MessageAction="SUPPRESS",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "UsernameExistsException":
            raise


def _admin_token(cloud: Cloud, outputs: Outputs) -> str:
    client = output(outputs, "back_office_client_id")
    secret = output(outputs, "back_office_client_secret")
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{cloud.endpoint}/oauth2/token",
        data=urllib.parse.urlencode(
            {"grant_type": "client_credentials", "scope": ADMIN_SCOPE}
        ).encode(),
        headers={
            "authorization": f"Basic {basic}",
            "content-type": "application/x-www-form-urlencoded",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return str(json.loads(answer.read())["access_token"])


def stock_products(
    base_url: str, tokens: Tokens, products: Sequence[Product], orders_table: str, cloud: Cloud
) -> None:
    """Put products and their stock through the shop's API, and wait until orders knows them.

    A product's stock is an adjustment whose id is made from the product's: done once, however
    often it is asked for.
    """
    with ThreadPoolExecutor(len(products)) as pool:
        for done in [pool.submit(_put, base_url, tokens.admin, product) for product in products]:
            done.result()
    _await_catalogue(cloud, orders_table, products)


def _put(base_url: str, token: str, product: Product) -> None:
    with Caller(base_url, token) as admin:
        details: Mapping[str, object] = {
            "name": product.name,
            "unit_price": product.unit_price,
            "currency": product.currency,
            "active": True,
        }
        _expect(admin.send("PUT", f"/products/{product.product_id}", details))
        path = f"/products/{product.product_id}/stock-adjustments"
        change = {"adjustment_id": str(_first_stock(product)), "quantity": product.stock}
        _expect(admin.send("POST", path, change))


def _first_stock(product: Product) -> uuid.UUID:
    return uuid.uuid5(_FIRST_STOCK, product.product_id)


def _expect(answer: tuple[int, object]) -> None:
    status, body = answer
    if status not in (200, 201):
        raise LocalRunError(f"inventory refused the catalogue with {status}: {body}")


def _await_catalogue(cloud: Cloud, table: str, products: Sequence[Product]) -> None:
    """ProductChanged travels through outbox, relay, topic and queue like every event."""
    missing = {product.product_id for product in products}
    deadline = time.monotonic() + _CATALOGUE_SECONDS
    while missing:
        if time.monotonic() > deadline:
            raise LocalRunError(
                f"orders did not learn of {sorted(missing)} within {_CATALOGUE_SECONDS} s: "
                f"relay or orders stopped"
            )
        time.sleep(_POLL_SECONDS)
        missing -= _known(cloud, table, missing)


def _known(cloud: Cloud, table: str, product_ids: set[str]) -> set[str]:
    keys = [{"pk": {"S": f"PRODUCT#{each}"}, "sk": {"S": "PRODUCT"}} for each in product_ids]
    answer = cloud.client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys}})
    found = answer["Responses"].get(table, [])
    return {item["pk"]["S"].removeprefix("PRODUCT#") for item in found}

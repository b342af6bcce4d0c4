"""`python -m inventory.api`: products for everyone, stock for administrators.

SIGTERM or SIGINT: no more connections are taken, requests at hand are answered, exit code 0.
"""

from __future__ import annotations

import signal
import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette

from common.errors import ForbiddenError
from common.http import Request, Response, Route
from common.observability import logger
from common.paging import page_limit
from inventory import bootstrap
from inventory.catalogue import Catalogue
from inventory.edge import application
from inventory.models import AvailabilityQuestion, Product, ProductDetails, StockAdjustment

STOCK_SCOPE = "inventory/stock.write"
INTERNAL = frozenset({"POST /availability"})
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 5


def _require_stock_scope(request: Request) -> None:
    """The gateway writes this header over whatever the client sent, from the verified token."""
    if STOCK_SCOPE not in request.headers.get("x-caller-scope", "").split():
        raise ForbiddenError(f"this needs a token with the scope {STOCK_SCOPE}")


def _shown(product: Product) -> dict[str, Any]:
    details = product.details
    return {
        "product_id": product.product_id,
        "name": details.name,
        "unit_price": details.unit_price,
        "currency": details.currency,
        "active": details.active,
        "available": product.available,
        "reserved": product.reserved,
    }


def routes(catalogue: Catalogue) -> dict[str, Route]:
    """What the API serves, keyed as in API Gateway: `GET /products/{product_id}`."""

    def list_products(request: Request) -> Response:
        limit = page_limit(request.query)
        products, next_cursor = catalogue.page(request.query.get("cursor"), limit)
        items = [_shown(product) for product in products]
        return Response(body={"items": items, "next_cursor": next_cursor})

    def get_product(request: Request) -> Response:
        return Response(body=_shown(catalogue.product(request.path["product_id"])))

    def put_product(request: Request) -> Response:
        _require_stock_scope(request)
        product, created = catalogue.save(
            request.path["product_id"], request.json(ProductDetails), request.correlation_id
        )
        return Response(status=201 if created else 200, body=_shown(product))

    def adjust_stock(request: Request) -> Response:
        _require_stock_scope(request)
        adjustment = request.json(StockAdjustment)
        return Response(body=_shown(catalogue.adjust(request.path["product_id"], adjustment)))

    def ask_availability(request: Request) -> Response:
        shortages = catalogue.availability(request.json(AvailabilityQuestion))
        return Response(body={"available": not shortages, "shortages": shortages})

    return {
        "GET /products": list_products,
        "GET /products/{product_id}": get_product,
        "PUT /products/{product_id}": put_product,
        "POST /products/{product_id}/stock-adjustments": adjust_stock,
        "POST /availability": ask_availability,
    }


def create_app(catalogue: Catalogue) -> Starlette:
    """The ASGI application; it holds nothing but `catalogue`."""
    return application("inventory", routes(catalogue), INTERNAL)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once connections are taken."""
        await super().startup(sockets)
        logger.info("api started", extra={"host": self.config.host, "port": self.config.port})


def main() -> None:
    """Serve until a signal asks to stop.

    uvicorn raises the signal again when it is done, which must not end the process by it. Its
    idle connections outlive those of a load balancer (60 s), so that none is reused as it closes.
    """
    for asked_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked_to_stop, lambda number, frame: None)
    environment = bootstrap.api_environment()
    config = uvicorn.Config(
        create_app(bootstrap.catalogue()),
        host=environment.inventory_host,
        port=environment.inventory_port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Server(config).run()


if __name__ == "__main__":
    main()

"""An API made by the handlers works at the endpoint they give."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.local_resources.cases.compute import FUNCTION, function_inputs
from tests.local_resources.shop import SCOPE, Answer, Shop, lead
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")

WHO = """
import json
def handle(event, context):
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    seen = {"path": event["rawPath"], "scope": claims["scope"]}
    return {"statusCode": 201, "body": json.dumps(seen)}
"""


class _Container(BaseHTTPRequestHandler):
    """Stands for the container: answers with the path and the scope it was told."""

    def do_GET(self) -> None:
        """Answer as JSON."""
        seen = {"path": self.path, "scope": self.headers.get("x-caller-scope")}
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def container() -> Iterator[str]:
    """The URL of a process that answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Container) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def listener() -> str:
    """The ARN of a listener that nothing else uses."""
    prefix = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app"
    return f"{prefix}/{unique('inventory')}/1234/5678"


def _linked(shop: Shop, listener: str) -> None:
    integration = shop.integrate(
        integrationType="HTTP_PROXY",
        integrationMethod="ANY",
        connectionType="VPC_LINK",
        connectionId="link",
        integrationUri=listener,
        payloadFormatVersion="1.0",
        requestParameters={"overwrite:header.x-caller-scope": "$context.authorizer.claims.scope"},
    )
    shop.route("GET /products/{product_id}", integration, scopes=[SCOPE])


def test_a_signed_in_customer_reaches_the_function(stack: Stack) -> None:
    shop = Shop(stack)
    function = stack.make(FUNCTION, **function_inputs(stack, WHO))
    integration = shop.integrate(
        integrationType="AWS_PROXY",
        integrationUri=function["invokeArn"],
        payloadFormatVersion="2.0",
    )
    shop.route("GET /orders", integration)

    answer = shop.request("GET", "/orders", shop.customer_token())

    scope = "aws.cognito.signin.user.admin"
    assert answer == Answer(201, {"path": "/orders", "scope": scope})


def test_nobody_without_a_token_reaches_the_function(stack: Stack) -> None:
    shop = Shop(stack)
    function = stack.make(FUNCTION, **function_inputs(stack, WHO))
    integration = shop.integrate(
        integrationType="AWS_PROXY",
        integrationUri=function["invokeArn"],
        payloadFormatVersion="2.0",
    )
    shop.route("GET /orders", integration)

    assert shop.request("GET", "/orders").status == 401
    assert shop.request("GET", "/orders", "not.a.token").status == 401


def test_a_scope_that_a_route_asks_for_is_the_admins_and_not_the_customers(
    stack: Stack, listener: str, container: str
) -> None:
    shop = Shop(stack)
    _linked(shop, listener)
    lead(stack.cloud, listener, container)

    admin = shop.request("GET", "/products/p-1", shop.admin_token(), x_caller_scope="forged")

    assert admin == Answer(200, {"path": "/products/p-1", "scope": SCOPE})
    assert shop.request("GET", "/products/p-1", shop.customer_token()).status == 403


def test_an_integration_behind_a_vpc_link_answers_502_until_its_process_is_up(
    stack: Stack, listener: str, container: str
) -> None:
    shop = Shop(stack)
    _linked(shop, listener)
    token = shop.admin_token()

    before = shop.request("GET", "/products/p-1", token).status
    count = lead(stack.cloud, listener, container)

    assert before == 502
    assert count == 1
    assert shop.request("GET", "/products/p-1", token).status == 200

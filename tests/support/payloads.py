"""What AWS hands to a Lambda function: API Gateway requests, SQS batches, schedules.

The shapes are AWS's own, shortened only where a field never varies.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from common.clock import new_id
from common.events import Envelope

ACCOUNT = "123456789012"
REGION = "eu-west-1"
CUSTOMER = "5e5a2f1c-0d5c-4f6b-9f57-2a1d3c7b9e01"
OTHER_CUSTOMER = "8c0f7a52-7c1e-4f0e-8a54-6a7d0c1b2f02"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def http_event(
    route_key: str,
    *,
    body: object = None,
    customer_id: str | None = CUSTOMER,
    headers: Mapping[str, str] | None = None,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    encoded: bool = False,
) -> dict[str, Any]:
    """A request as an HTTP API sends it (payload format 2.0), after its JWT authorizer.

    `body` is sent as it is when it is text, else as JSON; `encoded` sends it in base64, as API
    Gateway does for binary content. Without `customer_id` no authorizer was at work.
    """
    method, template = route_key.split(" ")
    raw_path = template.format(**(path or {}))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": "&".join(f"{key}={value}" for key, value in (query or {}).items()),
        "headers": {**_HEADERS, **(headers or {})},
        "requestContext": _request_context(route_key, method, raw_path),
        "isBase64Encoded": encoded,
    }
    if customer_id is not None:
        claims = {"sub": customer_id, "token_use": "access", "scope": "shop/customer"}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    if path:
        event["pathParameters"] = dict(path)
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
        event["body"] = base64.b64encode(text.encode()).decode() if encoded else text
    return event


_DOMAIN = f"abc123.execute-api.{REGION}.amazonaws.com"
_HEADERS = {
    "accept": "*/*",
    "content-type": "application/json",
    "host": _DOMAIN,
    "user-agent": "storefront-tests",
    "x-forwarded-for": "203.0.113.7",
}


def _request_context(route_key: str, method: str, path: str) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT,
        "apiId": "abc123",
        "domainName": _DOMAIN,
        "domainPrefix": "abc123",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": "storefront-tests",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": route_key,
        "stage": "$default",
        "time": "24/Nov/2026:03:11:00 +0000",
        "timeEpoch": 1795490000000,
    }


def socket_event(route_key: str, connection_id: str, **query: str) -> dict[str, Any]:
    """What a WebSocket API sends when a connection comes (`query` is its own) or goes."""
    event: dict[str, Any] = {
        "requestContext": {
            "apiId": "ws123",
            "connectedAt": 1795490000000,
            "connectionId": connection_id,
            "domainName": f"ws123.execute-api.{REGION}.amazonaws.com",
            "eventType": route_key.removeprefix("$").upper(),
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "storefront-tests"},
            "messageDirection": "IN",
            "requestId": "JKJaXmPLvHcESHA=",
            "requestTimeEpoch": 1795490000000,
            "routeKey": route_key,
            "stage": "live",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    return event


def answer_of(answer: Mapping[str, Any]) -> tuple[int, Any]:
    """Status and decoded JSON body of what a function gave back to API Gateway."""
    return answer["statusCode"], msgspec.json.decode(answer["body"])


def sqs_record(
    message: Envelope | str,
    *,
    message_id: str | None = None,
    traceparent: str | None = None,
    receives: int = 1,
) -> dict[str, Any]:
    """One record of a batch: an event under raw message delivery, or any text."""
    attributes: dict[str, Any] = {}
    if isinstance(message, Envelope):
        attributes["type"] = _attribute("String", message.type)
        attributes["version"] = _attribute("Number", str(message.version))
    if traceparent:
        attributes["traceparent"] = _attribute("String", traceparent)
    return {
        "messageId": message_id or new_id(),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": message.encode() if isinstance(message, Envelope) else message,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1795490000000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795490000012",
        },
        "messageAttributes": attributes,
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events",
        "awsRegion": REGION,
    }


def sqs_event(*messages: Envelope | str | Mapping[str, Any]) -> dict[str, Any]:
    """A batch of records; a message is an event, a text, or a record of `sqs_record`."""
    return {
        "Records": [
            sqs_record(message) if isinstance(message, Envelope | str) else dict(message)
            for message in messages
        ]
    }


def schedule_event() -> dict[str, Any]:
    """What an EventBridge rule with a rate sends."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-11-24T03:11:00Z",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"],
        "detail": {},
    }


def _attribute(kind: str, value: str) -> dict[str, Any]:
    return {
        "stringValue": value,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": kind,
    }

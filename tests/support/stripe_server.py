"""Stripe's API on loopback, as far as payments uses it: intents, refunds, idempotency keys.

Answers have Stripe's own shapes, shortened. Card tokens decide: tok_declined has no funds,
tok_stolen needs an action of the customer, tok_unknown does not exist, tok_slow stays processing.
Amounts under 50 are too small; there is no currency XXX.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, dict[str, Any]]


class FakeStripe:
    """The account behind the server. `faults` are for the next requests, one each:

    `None` none, `500` fails after doing nothing, `409` the key is in use, `401` the key is wrong,
    `429` too many requests, `"late"` does it and stays silent, `"deaf"` stays silent, `"overtaken"`
    does it after another process has charged every intent.
    """

    def __init__(self) -> None:
        self.now = 0
        self.page = 100
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.faults: list[int | str | None] = []
        self.refund_status = "succeeded"
        self.searchable = True
        self.released = threading.Event()
        self._answers: dict[str, Answer] = {}
        self._tokens: dict[str, str] = {}

    @property
    def charged(self) -> int:
        """How many intents have taken money."""
        return sum(intent["status"] == "succeeded" for intent in self.intents.values())

    def forget_keys(self) -> None:
        """A day passes: idempotency keys expire."""
        self._answers.clear()

    def answer(self, method: str, path: str, form: dict[str, str], key: str | None) -> Answer:
        """Status and body of one request."""
        self.requests.append(f"{method} {path}")
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return _error(fault, *_FAULTS[fault])
        if fault == "deaf":
            self.released.wait()
            return _error(500, "api_error")
        if fault == "overtaken":
            for intent in self.intents.values():
                intent["status"] = "succeeded"
        if key is not None and key in self._answers:
            return self._answers[key]
        answer = self._do(method, path.removeprefix("/v1/").split("/"), form)
        if key is not None:
            self._answers[key] = answer
        if fault == "late":
            self.released.wait()
        return answer

    def _do(self, method: str, path: list[str], form: dict[str, str]) -> Answer:
        match method, path:
            case "POST", ["payment_intents"]:
                return self._create(form)
            case "GET", ["payment_intents"]:
                return self._list(int(form["created[gte]"]), form.get("starting_after"))
            case "GET", ["payment_intents", "search"]:
                return self._search(form["query"])
            case "GET", ["payment_intents", intent_id]:
                return 200, self.intents[intent_id]
            case "POST", ["payment_intents", intent_id, "confirm"]:
                return self._confirm(self.intents[intent_id])
            case "POST", ["payment_intents", intent_id, "cancel"]:
                return self._cancel(self.intents[intent_id])
            case "POST", ["refunds"]:
                return self._refund(form)
            case "GET", ["refunds"]:
                made = self.refunds[form["payment_intent"]]
                return 200, {"object": "list", "url": "/v1/refunds", "data": [made]}
            case _:
                return _error(404, "invalid_request_error")

    def _create(self, form: dict[str, str]) -> Answer:
        token = form.get("payment_method") or form["payment_method_data[card][token]"]
        if token.endswith("_unknown"):
            param = "payment_method" if token.startswith("pm_") else "payment_method_data[card]"
            return _error(400, "invalid_request_error", "resource_missing", param)
        if form["currency"] == "xxx":
            return _error(400, "invalid_request_error", param="currency")
        if int(form["amount"]) < 50:
            return _error(400, "invalid_request_error", "amount_too_small", "amount")
        intent = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "created": self.now,
            "amount": int(form["amount"]),
            "currency": form["currency"],
            "metadata": {
                name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")
            },
            "status": "requires_confirmation",
            "last_payment_error": None,
        }
        self._tokens[str(intent["id"])] = token
        self.intents[str(intent["id"])] = intent
        return 200, dict(intent)

    def _confirm(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] != "requires_confirmation":
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state")
        codes = {"tok_declined": "card_declined", "tok_stolen": "authentication_required"}
        code = codes.get(self._tokens[intent["id"]])
        if code:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"type": "card_error", "code": code}
            return _error(402, "card_error", code, decline_code="insufficient_funds")
        slow = self._tokens[intent["id"]] == "tok_slow"
        intent["status"] = "processing" if slow else "succeeded"
        return 200, dict(intent)

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] == "succeeded":
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state")
        intent["status"] = "canceled"
        return 200, dict(intent)

    def _list(self, since: int, after: str | None) -> Answer:
        newest_first = [
            intent for intent in reversed(self.intents.values()) if intent["created"] >= since
        ]
        names = [intent["id"] for intent in newest_first]
        start = names.index(after) + 1 if after else 0
        data = newest_first[start : start + self.page]
        more = start + self.page < len(newest_first)
        body = {"object": "list", "url": "/v1/payment_intents", "has_more": more, "data": data}
        return 200, body

    def _search(self, query: str) -> Answer:
        found = [
            intent
            for intent in self.intents.values()
            if query == f"metadata['charge']:'{intent['metadata']['charge']}'" and self.searchable
        ]
        return 200, {"object": "search_result", "url": "/v1", "has_more": False, "data": found}

    def _refund(self, form: dict[str, str]) -> Answer:
        intent_id = form["payment_intent"]
        if intent_id in self.refunds:
            return _error(400, "invalid_request_error", "charge_already_refunded")
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": self.intents[intent_id]["amount"],
            "payment_intent": intent_id,
            "status": self.refund_status,
        }
        self.refunds[intent_id] = refund
        return 200, dict(refund)


_FAULTS: dict[int, tuple[str, ...]] = {
    401: ("invalid_request_error",),
    409: ("idempotency_error", "idempotency_key_in_use"),
    429: ("invalid_request_error", "lock_timeout"),
    500: ("api_error",),
}


def _error(
    status: int,
    kind: str,
    code: str | None = None,
    param: str | None = None,
    *,
    decline_code: str | None = None,
) -> Answer:
    error = {"type": kind, "message": "so says the test"}
    given = {"code": code, "param": param, "decline_code": decline_code}
    return status, {"error": error | {name: value for name, value in given.items() if value}}


@contextmanager
def stripe_server() -> Iterator[tuple[FakeStripe, str]]:
    """A fresh account and the base address of its API."""
    account = FakeStripe()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET", urlsplit(self.path).query)

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self._serve("POST", self.rfile.read(length).decode())

        def log_message(self, format: str, *args: object) -> None:
            return

        def _serve(self, method: str, form: str) -> None:
            key = self.headers.get("idempotency-key") if method == "POST" else None
            path = urlsplit(self.path).path
            status, body = account.answer(method, path, dict(parse_qsl(form)), key)
            content = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield account, f"http://127.0.0.1:{server.server_port}"
    finally:
        account.released.set()
        server.shutdown()
        thread.join()
        server.server_close()

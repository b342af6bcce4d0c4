"""A stand-in for VPC Lattice: it verifies who signed a request, and asks a policy.

It recomputes the signature with botocore from what arrived, with the secret that it knows of the
caller's key, and evaluates policies as data: the caller's own and the service's must both allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

Statements = Sequence[Mapping[str, Any]]
REGION = "eu-west-1"
SIGNING_NAME = "vpc-lattice-svcs"
SKEW_MAX = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<scope>\d{8}/[\w-]+/[\w-]+/aws4_request), "
    r"SignedHeaders=(?P<signed>[\w;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Credentials that exist, whose they are, and what their owner may do by itself."""

    credentials: ReadOnlyCredentials
    role_arn: str
    may: Statements


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class Service:
    """A service whose `policy` decides; `answer` is what stands behind it says."""

    arn: str
    policy: Statements
    callers: Sequence[Caller] = ()
    answer: bytes = b'{"available": true}'
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    """everything that arrived"""
    refused: list[str] = field(default_factory=list)
    """why requests were refused"""

    def refusal(self, asked: Asked) -> str:
        """Why the request is refused; empty: it is let through."""
        try:
            caller = self._signer(asked)
        except LookupError as error:
            return str(error)
        mine = any(self._allows(entry, asked) for entry in caller.may)
        theirs = any(
            caller.role_arn in entry["Principal"]["AWS"] and self._allows(entry, asked)
            for entry in self.policy
        )
        return "" if mine and theirs else f"{caller.role_arn} may not {asked.method} {asked.path}"

    def _allows(self, statement: Mapping[str, Any], asked: Asked) -> bool:
        actions, resources = statement["Action"], statement["Resource"]
        known = {"vpc-lattice-svcs:RequestMethod": asked.method}
        wanted = statement.get("Condition", {"StringEquals": {}})["StringEquals"]
        return (
            statement["Effect"] == "Allow"
            and "vpc-lattice-svcs:Invoke" in ([actions] if isinstance(actions, str) else actions)
            and f"{self.arn}{asked.path}"
            in ([resources] if isinstance(resources, str) else resources)
            and all(known.get(key) == value for key, value in wanted.items())
        )

    def _signer(self, asked: Asked) -> Caller:
        found = _AUTHORIZATION.fullmatch(asked.headers.get("authorization", ""))
        if found is None:
            raise LookupError("the request is not signed")
        key = found["key"]
        for caller in self.callers:
            if caller.credentials.access_key == key:
                self._verify(asked, found, caller.credentials)
                return caller
        raise LookupError(f"nobody has the key {key}")

    def _verify(self, asked: Asked, found: re.Match[str], credentials: ReadOnlyCredentials) -> None:
        stamp, signed = asked.headers["x-amz-date"], found["signed"].split(";")
        scope = f"{stamp[:8]}/{REGION}/{SIGNING_NAME}/aws4_request"
        if found["scope"] != scope:
            raise LookupError(f"the request is signed for {found['scope']}")
        if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(signed):
            raise LookupError(f"the signature covers {signed} only")
        if asked.headers["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD":
            raise LookupError("Lattice takes no signature of a body")
        if asked.headers.get("x-amz-security-token") != credentials.token:
            raise LookupError("the token is not of this key")
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - signed_at) > SKEW_MAX:
            raise LookupError(f"the signature is of {stamp}")
        given = {name: asked.headers[name] for name in signed}
        request = AWSRequest(asked.method, f"http://{given['host']}{asked.path}", headers=given)
        request.context["timestamp"] = stamp
        signer = SigV4Auth(credentials, SIGNING_NAME, REGION)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        if signer.signature(text, request) != found["signature"]:
            raise LookupError("the signature is of another request")


@contextmanager
def served(service: Service) -> Iterator[Service]:
    """The service on a port of this machine, at its `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(method=self.command, path=self.path, headers=headers, body=body)
            service.asked.append(asked)
            refusal = service.refusal(asked)
            if refusal:
                service.refused.append(refusal)
            answer = json.dumps({"message": refusal}).encode() if refusal else service.answer
            self.send_response(403 if refusal else 200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the name that the base class calls

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
